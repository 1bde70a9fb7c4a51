"""The names that people sign in with, and those that they give themselves and their phones."""

import unicodedata
from typing import Annotated, Final

from msgspec import Meta

LONGEST: Final = 64

# No control characters: PostgreSQL takes no NUL, and people see none. Readable for JSON Schema too, which has
# no \Z; the lookahead is for the newline that $ lets stand at the end.
SHOWN: Final = r"^[^\x00-\x1f\x7f]+(?!\n)$"

Line = Annotated[str, Meta(min_length=1, max_length=100, pattern=SHOWN)]
Word = Annotated[str, Meta(min_length=1, max_length=40, pattern=SHOWN)]
Typed = Annotated[str, Meta(min_length=1, max_length=200, pattern=SHOWN)]


def login_name(typed: str) -> str:
    """One spelling a person: phones capitalise and widen letters as they like."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()
