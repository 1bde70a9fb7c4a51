"""The names that people sign in with."""

import unicodedata
from typing import Annotated

import msgspec

LONGEST = 64

# What may be stored and shown: PostgreSQL takes no NUL, people take no other control characters.
_SHOWN = r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z"
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=_SHOWN)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=_SHOWN)]


def login_name(typed: str) -> str:
    """One spelling a person: phones capitalise and widen letters as they like."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()
