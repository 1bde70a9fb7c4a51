"""The keys of one installation: files in a folder that only its owner reads.

`token-<time>-<kid>.pem` are Ed25519 keys for access tokens. The newest signs, from when every
process has had time to see it; one that has been replaced verifies until all tokens that it can have signed
have ended, and is then forgotten by itself. `cursor.key`
signs sync cursors. Several servers of one installation share the folder or copies of it; a running server
takes up a new key by itself, so `liandong keys rotate` needs no restart.
"""

import base64
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from service.settings import Settings

CURSOR_FILE = "cursor.key"
CURSOR_BYTES = 32
TIME_FORMAT = "%Y%m%dT%H%M%S%fZ"
SLACK = timedelta(hours=1)  # servers that have not yet taken up the new key, and clocks that differ
LOOK_AGAIN_SECONDS = 5.0
SEEN_BY_ALL = timedelta(seconds=2 * LOOK_AGAIN_SECONDS)


class BrokenKeys(Exception):
    """The folder of keys cannot be read or used. The message says which file and what to do."""


class SigningKey(NamedTuple):
    """What access tokens are signed with."""

    kid: str
    private: Ed25519PrivateKey


class _TokenKey(NamedTuple):
    kid: str
    made: datetime
    private: Ed25519PrivateKey
    public: Ed25519PublicKey


class Keys:
    """The keys in a folder. Made by `load_keys`; looks at the folder again every few seconds, by one stat.

    `cursor` signs sync cursors (HMAC).
    """

    def __init__(self, folder: Path, access_lifetime: timedelta) -> None:
        self._folder = folder
        self._kept = access_lifetime + SLACK
        self._looked = 0.0
        self._folder_changed = -1
        self._tokens: list[_TokenKey] = []
        self._signing: SigningKey
        self._verifying: dict[str, Ed25519PublicKey] = {}
        self.cursor: bytes = b""
        self._look()

    @property
    def signing(self) -> SigningKey:
        """What new access tokens are signed with: the newest key that every process has had time to see."""
        self._look_now_and_then()
        return self._signing

    @property
    def verifying(self) -> Mapping[str, Ed25519PublicKey]:
        """By kid, what a living access token may have been signed with."""
        self._look_now_and_then()
        return self._verifying

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JSON Web Key Set (RFC 7517, RFC 8037)."""
        shared = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA"}
        return {
            "keys": [shared | {"kid": kid, "x": _base64url(_raw(key))} for kid, key in self.verifying.items()]
        }

    def _look_now_and_then(self) -> None:
        if time.monotonic() - self._looked > LOOK_AGAIN_SECONDS:
            self._look()

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            changed = self._folder.stat().st_mtime_ns
            if changed != self._folder_changed:
                self.cursor = (self._folder / CURSOR_FILE).read_bytes()
                # The same objects as before for the same keys: callers compare by identity.
                known = {(key.kid, key.made): key for key in self._tokens}
                read = [_read(path) for path in sorted(self._folder.glob("token-*.pem"))]
                self._tokens = [known.get((key.kid, key.made), key) for key in read]
                self._folder_changed = changed
        except OSError as error:
            raise BrokenKeys(
                f"无法读取密钥 {error.filename}：{error.strerror} (cannot read this key)"
            ) from error
        if not self._tokens or len(self.cursor) != CURSOR_BYTES:
            raise BrokenKeys(
                f"{self._folder} 中的密钥不完整，请从备份恢复 (keys are missing or cut short: restore them)"
            )
        now = datetime.now(UTC)
        seen = [key for key in self._tokens if key.made + SEEN_BY_ALL < now] or self._tokens[:1]
        self._signing = SigningKey(seen[-1].kid, seen[-1].private)
        replaced = zip(self._tokens, self._tokens[1:], strict=False)
        valid = [key for key, successor in replaced if successor.made + self._kept > now] + self._tokens[-1:]
        self._verifying = {key.kid: key.public for key in valid}


def load_keys(settings: Settings) -> Keys:
    """The installation's keys, made if there are none. Two processes that start at once agree on them.

    Raises BrokenKeys.
    """
    folder = settings.keys_folder
    if not any(folder.glob("token-*.pem")) or not (folder / CURSOR_FILE).exists():
        with alone(folder):
            if not (folder / CURSOR_FILE).exists():
                write_whole(folder / CURSOR_FILE, secrets.token_bytes(CURSOR_BYTES))
            if not any(folder.glob("token-*.pem")):
                _make(folder)
    return Keys(folder, timedelta(minutes=settings.access_minutes))


def rotate(settings: Settings) -> str:
    """Make the key that signs from some seconds on, and remove those that no living token was signed with.

    Returns the new key's kid.
    """
    keys = load_keys(settings)
    folder = settings.keys_folder
    with alone(folder):
        made = _make(folder)
        valid = keys.verifying
        for path in folder.glob("token-*.pem"):
            key = _read(path)
            if key.kid not in valid and key.kid != made:
                path.unlink()
    return made


def _make(folder: Path) -> str:
    private = Ed25519PrivateKey.generate()
    # RFC 7638: the thumbprint of the public key is its name, so that no two keys share one.
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{_base64url(_raw(private.public_key()))}"}}'
    kid = hashlib.sha256(members.encode()).hexdigest()[:16]
    made = datetime.now(UTC)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_whole(folder / f"token-{made.strftime(TIME_FORMAT)}-{kid}.pem", pem)
    return kid


def _read(path: Path) -> _TokenKey:
    try:
        _, made, kid = path.stem.split("-")
        private = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 key")
        when = datetime.strptime(made, TIME_FORMAT).replace(tzinfo=UTC)
        return _TokenKey(kid, when, private, private.public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BrokenKeys(
            f"密钥文件 {path} 无法使用，请从备份恢复或移走 (unusable: restore or move it away)"
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """All of `content` under the name `path`, or nothing: also when the power fails."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Only one process at a time makes keys."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
