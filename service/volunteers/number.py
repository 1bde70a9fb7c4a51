"""The number of a certificate: the record's id and, under a key of ours, a code that nobody else can make.

So whoever was not shown a number finds none by trying, and a number that was made up is told from a true one
without a look at any record. The key is that of the numbers that are looked for, which stays when the keys
that seal are replaced: a certificate of ten years ago is verified as one of today.
"""

import base64
import binascii
import hmac
from typing import Final
from uuid import UUID

_CODE_BYTES: Final = 10
_USE: Final = b"service certificate\0"
_GROUP: Final = 6
LONGEST: Final = 80
"""Of a number, as people type it."""


def number_of(key: bytes, certificate: UUID) -> str:
    """The number of `certificate`, in groups that are read out easily."""
    text = base64.b32encode(certificate.bytes + _code(key, certificate.bytes)).decode().rstrip("=")
    return "-".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))


def certificate_of(key: bytes, number: str) -> UUID | None:
    """The certificate that `number` is of, however it was typed; None for one that we never gave."""
    text = "".join(letter for letter in number.upper() if letter.isascii() and letter.isalnum())
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    if len(raw) != 16 + _CODE_BYTES or not hmac.compare_digest(raw[16:], _code(key, raw[:16])):
        return None
    return UUID(bytes=raw[:16])


def _code(key: bytes, id: bytes) -> bytes:
    return hmac.digest(key, _USE + id, "sha256")[:_CODE_BYTES]
