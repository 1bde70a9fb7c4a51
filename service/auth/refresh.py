"""Refresh tokens: what they are made of, and what it means when one is shown.

A token is 48 random bytes: 16 that name the family (one sign-in) and stay, 32 that change each time. Kept
are SHA-256 hashes of the family part and of whole tokens. So an old token of a family is recognised by its
family part though not every old hash is kept, and nobody can end a family who never had one of its tokens.

Each token is good once (RFC 9700, 4.14.2). Phones lose answers, so a token that was just replaced may be
shown again while none of its successors was used: it gets one more successor, and whichever of them is used
first ends the others. Anything else shown twice was copied, and the family ends.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec

RETRY_WITHIN: Final = timedelta(seconds=60)
MAX_SUCCESSORS: Final = 8
_FAMILY: Final = 16
_SECRET: Final = 32


class RefreshToken(msgspec.Struct, frozen=True):
    """One token. `text` is for the client alone; the hashes are what we keep."""

    text: str
    family_hash: bytes
    hash: bytes
    family: bytes

    def successor(self) -> "RefreshToken":
        """A new token of the same family."""
        return _token(self.family)


def new_family() -> RefreshToken:
    """The first token of a new family."""
    return _token(secrets.token_bytes(_FAMILY))


def read_token(text: str) -> RefreshToken | None:
    """The token that a client shows; None for what never was one of ours."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(raw) != _FAMILY + _SECRET or base64.urlsafe_b64encode(raw).decode() != text:
        return None
    return _from_bytes(raw)


def _token(family: bytes) -> RefreshToken:
    return _from_bytes(family + secrets.token_bytes(_SECRET))


def _from_bytes(raw: bytes) -> RefreshToken:
    family = raw[:_FAMILY]
    return RefreshToken(
        base64.urlsafe_b64encode(raw).decode(),
        hashlib.sha256(family).digest(),
        hashlib.sha256(raw).digest(),
        family,
    )


class Family(msgspec.Struct, frozen=True):
    """What is kept of a family. `current`: the successors handed out and not yet used, mostly one."""

    current: Sequence[bytes]
    previous: bytes | None
    rotated_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class Showing(Enum):
    """What a token is when it is shown."""

    CURRENT = "current"  # replace it
    RETRY = "retry"  # the answer was lost: give one more successor
    REUSED = "reused"  # it was copied: end the family
    OVER = "over"  # the family has ended or expired


def showing(family: Family, hash: bytes, now: datetime) -> Showing:
    """What it means that a token of `family` with `hash` is shown at `now`."""
    if family.ended_at is not None or family.expires_at <= now:
        return Showing.OVER
    if any(secrets.compare_digest(hash, kept) for kept in family.current):
        return Showing.CURRENT
    if (
        family.previous is not None
        and secrets.compare_digest(hash, family.previous)
        and now < family.rotated_at + RETRY_WITHIN
    ):
        return Showing.RETRY
    return Showing.REUSED
