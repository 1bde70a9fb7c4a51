"""Sealing: how what is most personal is kept, so that who copies the database reads none of it.

AES-256-GCM. What is stored is a version byte, the id of the key (4 bytes), a nonce (12) and the ciphertext
with its tag. Bound to it, as associated data, is all that says what it is and where it belongs: a part that
is put in another record's row, in another area or under another class does not open there, and neither does
one that was cut short. Nonces are random; a key is replaced long before 2^32 of them are used.

Pure: which key is whose, and where keys are kept, is in sync/keyring.py.
"""

import hmac
import os
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.privacy import CLASSES, SEALED, Privacy

KEY_BYTES: Final = 32
_VERSION: Final = b"\x01"  # of the envelope, so that it can change while old ones are read
_NONCE: Final = 12
_TAG: Final = 16
_KEY_ID_ENDS: Final = 5
_HEAD: Final = _KEY_ID_ENDS + _NONCE
OVERHEAD: Final = _HEAD + _TAG
"""How much longer a thing is when it is sealed."""


class SealBroken(Exception):
    """What is stored does not open: it was altered, cut short or put in another place. Never says more."""

    def __init__(self, bound: bytes) -> None:
        """`bound`: what was to be bound to it, of which only the word is told."""
        self.what = bound.partition(b"\0")[0].decode()
        super().__init__(f"what was sealed as {self.what} does not open")


class SealingKey:
    """One key, ready to be used. `id` stands in whatever it sealed."""

    __slots__ = ("_cipher", "_head", "id")

    def __init__(self, id: int, key: bytes) -> None:
        self.id = id
        self._head = _VERSION + id.to_bytes(_KEY_ID_ENDS - 1)
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, bound: bytes, nonce: bytes) -> bytes:
        """`plain`, to be opened only with the same `bound`. No nonce is ever used twice with one key."""
        head = self._head
        return head + nonce + self._cipher.encrypt(nonce, plain, head + bound)

    def unseal(self, sealed: bytes, bound: bytes) -> bytes:
        """What was sealed. Raises SealBroken."""
        head = self._head
        if len(sealed) < OVERHEAD or sealed[:_KEY_ID_ENDS] != head:
            raise SealBroken(bound)
        try:
            return self._cipher.decrypt(sealed[_KEY_ID_ENDS:_HEAD], sealed[_HEAD:], head + bound)
        except InvalidTag:
            raise SealBroken(bound) from None


def key_id(sealed: bytes) -> int | None:
    """The id of the key that opens it; None for what can be no envelope of ours."""
    if len(sealed) < OVERHEAD or sealed[:1] != _VERSION:
        return None
    return int.from_bytes(sealed[1:_KEY_ID_ENDS])


def nonces(count: int) -> Iterator[bytes]:
    """`count` nonces, drawn at once."""
    drawn = os.urandom(count * _NONCE)
    return iter([drawn[start : start + _NONCE] for start in range(0, len(drawn), _NONCE)])


# What each kind of thing is bound to. The word comes first and ends with a zero byte, the rest is of a fixed
# length: so no two things are bound alike. Classes go by name, which their order in the program is not.


def part_of(area: UUID, record: UUID, privacy: Privacy) -> bytes:
    """The part of a record."""
    return _PART[privacy] + area.bytes + record.bytes


def stamps_of(area: UUID, record: UUID) -> bytes:
    """Those stamps of a record that hold values."""
    return b"stamps\0" + area.bytes + record.bytes


def sent_in(area: UUID, record: UUID, privacy: Privacy, change: UUID, rev: int) -> bytes:
    """What a row of history says of one class."""
    return _SENT[privacy] + area.bytes + record.bytes + change.bytes + rev.to_bytes(8)


def kept_as(column: str, account: UUID, change: UUID, hash: bytes) -> bytes:
    """A column of quarantine."""
    return b"quarantine/%b\0" % column.encode() + account.bytes + change.bytes + hash


def attached_to(area: UUID, record: UUID, field: str, attachment: UUID) -> bytes:
    """What is kept sealed of a file that belongs to a record."""
    return b"attachment\0" + area.bytes + record.bytes + attachment.bytes + field.encode()


def uploaded_as(area: UUID, upload: UUID) -> bytes:
    """What is kept sealed of a file on its way here."""
    return b"upload\0" + area.bytes + upload.bytes


_PART: Final = {privacy: b"part/%b\0" % privacy.value.encode() for privacy in CLASSES}
_SENT: Final = {privacy: b"sent/%b\0" % privacy.value.encode() for privacy in CLASSES}


# Numbers that stand for contents: keyed, or who has a copy of the database could try all ID numbers.


def keyed_hash(key: bytes, digest: bytes) -> bytes:
    """What is kept of a change's digest, to know the same change again."""
    return hmac.digest(key, b"change\0" + digest, "sha256")


def sent_digest(key: bytes, area: UUID, rev: int, change: UUID, sent: Sequence[bytes | None]) -> bytes | None:
    """What stands for the sealed parts of a row of history in the audit; None where it has none.

    `sent`: by class, before it is sealed. Taken over the plain text, it stays true when a key is replaced.
    """
    said = [b"sent\0" + area.bytes + rev.to_bytes(8) + change.bytes]
    for privacy, body in zip(CLASSES, sent, strict=True):
        if body is not None and privacy in SEALED:
            said += [_SENT[privacy], len(body).to_bytes(8), body]
    return hmac.digest(key, b"".join(said), "sha256") if len(said) > 1 else None
