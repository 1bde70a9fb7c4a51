"""The master key: it wraps the keys that are kept in the database, and is nowhere in there itself.

It lies in the folder of keys, as `master-<time>-<id>.key`, or is given in LIANDONG_MASTER_KEY and then never
touches the disk. The newest wraps, all that are there unwrap; one that has been replaced is kept, for backups
from before hold keys that only it opens. A service that keeps keys (a KMS) takes its place by being a
`sync.keyring.Wrapping`: nothing else asks for the key itself.

Whoever loses it loses all that was sealed: keep a copy apart from the backups of the database.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.keys import TIME_FORMAT, BrokenKeys, alone, write_whole
from service.settings import MASTER_KEY, Settings
from sync.keyring import Keyring, Wrapped

BYTES: Final = 32
_NONCE: Final = 12
_VERSION: Final = b"\x01"  # of the envelope, so that it can change while old ones are read
_PATTERN: Final = "master-*.key"


class MasterKeys:
    """All master keys of an installation, the newest last. Made by `load_master_keys`."""

    def __init__(self, folder: Path | None, given: Mapping[str, bytes]) -> None:
        """`given`: by id, in order. Without a `folder` there are no others."""
        self._folder = folder
        self._keys = dict(given)

    @property
    def ids(self) -> list[str]:
        """Their ids, that of the one which wraps last."""
        return list(self._keys)

    async def wrap(self, key: bytes, bound: bytes) -> Wrapped:
        """See `Wrapping`. The folder is looked at, so that a new master key is used by all from then on."""
        if self._folder is not None:
            self._keys = _read_all(self._folder)
        master = self.ids[-1]
        nonce = secrets.token_bytes(_NONCE)
        cipher = AESGCM(_derived(self._keys[master]))
        return Wrapped(_VERSION + nonce + cipher.encrypt(nonce, key, _VERSION + bound), master)

    async def unwrap(self, wrapped: Wrapped, bound: bytes) -> bytes:
        """See `Wrapping`. Raises BrokenKeys."""
        if wrapped.master not in self._keys and self._folder is not None:
            self._keys = _read_all(self._folder)
        master = self._keys.get(wrapped.master)
        if master is None:
            where = MASTER_KEY.variable if self._folder is None else self._folder / _PATTERN
            raise BrokenKeys(
                f"缺少主密钥 {wrapped.master}，无法打开数据库中的密钥；请恢复到 {where} "
                f"(the master key {wrapped.master} is missing, which opens keys of this database: restore it)"
            )
        version, nonce, rest = wrapped.key[:1], wrapped.key[1 : 1 + _NONCE], wrapped.key[1 + _NONCE :]
        try:
            if version != _VERSION:
                raise InvalidTag
            return AESGCM(_derived(master)).decrypt(nonce, rest, version + bound)
        except (InvalidTag, ValueError):
            raise BrokenKeys(
                f"主密钥 {wrapped.master} 打不开数据库中的一个密钥，该密钥已被改动；请从备份恢复 "
                f"(a key of this database was altered: master key {wrapped.master} does not open it)"
            ) from None


def load_master_keys(settings: Settings) -> MasterKeys:
    """The installation's master keys, made if there are none. Two processes that start at once agree.

    Raises BrokenKeys.
    """
    if settings.master_key is not None:
        return MasterKeys(None, _given(settings.master_key))
    folder = settings.keys_folder
    if not any(folder.glob(_PATTERN)):
        with alone(folder):
            if not any(folder.glob(_PATTERN)):
                _make(folder)
    return MasterKeys(folder, _read_all(folder))


def load_keyring(settings: Settings) -> Keyring:
    """The keys of what is sealed in the database, none of them opened yet. Raises BrokenKeys."""
    return Keyring(load_master_keys(settings))


def new_master_key(settings: Settings) -> str:
    """Make the key that wraps from now on; its id. The ones before stay. Raises BrokenKeys."""
    if settings.master_key is not None:
        raise BrokenKeys(
            f"主密钥由 {MASTER_KEY.variable} 给出：请把新密钥写在旧密钥之前，以逗号分隔，再次运行 "
            f"(the master key is given by {MASTER_KEY.variable}: put the new one before the old one there, "
            f"with a comma between, and run this again)"
        )
    load_master_keys(settings)
    with alone(settings.keys_folder):
        return _make(settings.keys_folder)


def _make(folder: Path) -> str:
    key = secrets.token_bytes(BYTES)
    id = _id_of(key)
    write_whole(folder / f"master-{datetime.now(UTC).strftime(TIME_FORMAT)}-{id}.key", key)
    return id


def _read_all(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        for path in sorted(folder.glob(_PATTERN)):
            key = path.read_bytes()
            if len(key) != BYTES or not path.stem.endswith(f"-{_id_of(key)}"):
                raise BrokenKeys(f"{path} 不完整，请从备份恢复 (this key is altered: restore it)")
            found[_id_of(key)] = key
    except OSError as error:
        raise BrokenKeys(f"无法读取密钥 {error.filename}：{error.strerror} (cannot read this key)") from error
    if not found:
        raise BrokenKeys(f"{folder} 中没有主密钥，请从备份恢复 (the master key is missing: restore it)")
    return found


def _given(text: str) -> dict[str, bytes]:
    """What LIANDONG_MASTER_KEY says: the one that wraps stands first there, and comes last here."""
    found: dict[str, bytes] = {}
    for part in reversed(text.split(",")):
        try:
            key = base64.b64decode(part.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != BYTES:
            raise BrokenKeys(
                f"{MASTER_KEY.variable} 有误，允许：{MASTER_KEY.allowed} "
                f"(wrong setting; allowed: {MASTER_KEY.allowed})"
            )
        found[_id_of(key)] = key
    return found


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"liandong master key: id\0" + key).hexdigest()[:16]


def _derived(key: bytes) -> bytes:
    return HKDF(SHA256(), BYTES, salt=None, info=b"liandong master key: wrap").derive(key)
