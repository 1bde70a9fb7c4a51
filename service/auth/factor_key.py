"""The key of second factors: it seals what authenticator apps share with us, and hashes recovery codes.

It lies in the folder of keys and not in the database, so that a copy of the database, such as a backup, lets
nobody make codes. Sealed is by AES-256-GCM with the account as associated data: a secret that is copied to
another account's row does not open there.
"""

import hmac
import secrets
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.keys import BrokenKeys, alone, write_whole

FILE: Final = "second-factor.key"
BYTES: Final = 32
_NONCE: Final = 12
_VERSION: Final = b"\x01"  # of the envelope, so that it can change while old ones are read


class NotOurSeal(Exception):
    """A secret was sealed with another key, or for another account, or was changed."""


class FactorKey:
    """Made by `load_factor_key`."""

    def __init__(self, key: bytes) -> None:
        self._sealing = AESGCM(_derived(key, b"liandong second factor: seal"))
        self._hashing = _derived(key, b"liandong second factor: recovery codes")

    def sealed(self, secret: bytes, account: UUID) -> bytes:
        """`secret` of `account`, to be kept."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._sealing.encrypt(nonce, secret, _VERSION + account.bytes)

    def opened(self, sealed: bytes, account: UUID) -> bytes:
        """The secret. Raises NotOurSeal."""
        version, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if version != _VERSION or len(nonce) != _NONCE:
            raise NotOurSeal
        try:
            return self._sealing.decrypt(nonce, rest, version + account.bytes)
        except InvalidTag:
            raise NotOurSeal from None

    def hash_of(self, recovery_code: str, account: UUID) -> bytes:
        """What is kept of a recovery code of `account`."""
        return hmac.digest(self._hashing, account.bytes + recovery_code.encode(), "sha256")


def load_factor_key(folder: Path) -> FactorKey:
    """The installation's key, made if there is none. Two processes that start at once agree on it.

    Raises BrokenKeys.
    """
    path = folder / FILE
    try:
        if not path.exists():
            with alone(folder):
                if not path.exists():
                    write_whole(path, secrets.token_bytes(BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise BrokenKeys(f"无法读取密钥 {path}：{error.strerror} (cannot read this key)") from error
    if len(key) != BYTES:
        raise BrokenKeys(f"{path} 不完整，请从备份恢复 (this key is cut short: restore it)")
    return FactorKey(key)


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), BYTES, salt=None, info=use).derive(key)
