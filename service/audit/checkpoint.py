"""Checkpoints: where every chain of the audit stood at a moment, signed.

Whoever owns the database can write all of it anew, hashes included. What they cannot do is make it agree with
a checkpoint that somebody else has kept since: so send them away, to another office or a printer. The key is
this installation's own, for nothing else, in `audit.pem` of the folder of keys; who keeps checkpoints should
note the `key` of the first.

A checkpoint is JSON: {"statement": {…}, "key": …, "signature": …}; `key` is the public key and `signature`
that of the bytes of `statement` as they stand (Ed25519, RFC 8032), both in base64. A running server keeps one
a day in the folder `checkpoints` of its data.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from service.keys import BrokenKeys, alone, write_whole
from service.settings import Settings
from sync.statement import Connection, statement

KEY_FILE = "audit.pem"
FOLDER = "checkpoints"

# One statement, so one snapshot: every chain as it stood at `now`.
_HEADS = statement("""
    SELECT chain, no, encode(hash, 'hex') AS hash,
           clock_timestamp() AS now, (SELECT epoch FROM dataset) AS epoch
    FROM audit_head
    ORDER BY chain
""")
_NOW = statement("SELECT clock_timestamp() AS now, (SELECT epoch FROM dataset) AS epoch")


class Statement(msgspec.Struct, frozen=True):
    """What is signed. `heads`: of every chain its id, the number of its last entry, and the hash in hex."""

    made_at: datetime
    epoch: UUID | None
    heads: list[tuple[UUID, int, str]]


class Checkpoint(msgspec.Struct, frozen=True):
    """A statement as it was signed, byte for byte."""

    statement: msgspec.Raw
    key: str
    signature: str


class NoCheckpoint(Exception):
    """A file that is no checkpoint. The message says which."""


def load_key(settings: Settings) -> Ed25519PrivateKey:
    """The key that signs checkpoints; made if there is none. Raises BrokenKeys."""
    path = settings.keys_folder / KEY_FILE
    if not path.exists():
        with alone(settings.keys_folder):
            if not path.exists():
                made = Ed25519PrivateKey.generate()
                write_whole(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 key")
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BrokenKeys(
            f"密钥文件 {path} 无法使用，请从备份恢复 (this key is unusable: restore it from the backup)"
        ) from error
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, as checkpoints carry it."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


async def make(connection: Connection, key: Ed25519PrivateKey) -> bytes:
    """A checkpoint of the audit as it stands, as a file holds it."""
    rows = await _HEADS.fetch(connection)
    moment = rows[0] if rows else await _NOW.fetchrow(connection)
    assert moment is not None  # a SELECT without FROM has one row
    heads = [(row["chain"], row["no"], row["hash"]) for row in rows]
    said = msgspec.json.encode(Statement(moment["now"], moment["epoch"], heads))
    signature = base64.b64encode(key.sign(said)).decode()
    return msgspec.json.encode(Checkpoint(msgspec.Raw(said), public_text(key), signature)) + b"\n"


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file. Raises NoCheckpoint, and OSError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Checkpoint)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoCheckpoint(f"{path} 不是审计检查点 (is no checkpoint of the audit): {error}") from None


def statement_of(checkpoint: Checkpoint, key: Ed25519PublicKey | None = None) -> Statement | None:
    """What a checkpoint says, if it was signed by the key that it names, or by `key`; None otherwise."""
    try:
        raw = base64.b64decode(checkpoint.key, validate=True)
        signer = Ed25519PublicKey.from_public_bytes(raw)
        if key is not None and key != signer:
            return None
        signer.verify(base64.b64decode(checkpoint.signature, validate=True), bytes(checkpoint.statement))
        return msgspec.json.decode(checkpoint.statement, type=Statement)
    except (ValueError, binascii.Error, InvalidSignature, msgspec.DecodeError):
        return None


async def keep_daily(connection: Connection, settings: Settings, today: datetime) -> Path | None:
    """Make the checkpoint of `today`, unless that has been done; where it was put."""
    folder = settings.data / FOLDER
    path = folder / f"audit-{today:%Y-%m-%d}.json"
    if path.exists():
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, await make(connection, load_key(settings)))
    return path


def kept(settings: Settings) -> Sequence[Path]:
    """The daily checkpoints that are still here, the oldest first."""
    return sorted((settings.data / FOLDER).glob("audit-*.json"))
