"""Codes on paper, for when the phone with the authenticator is lost: ten, each good once.

Sixteen characters of Crockford's alphabet are 80 bits, more than SP 800-63B-4 asks of a saved recovery code
(64). What is kept of each is an HMAC under a key outside the database (service/auth/factor_key.py): a slow
hash with salts would have to be computed for all ten at every attempt, and would guard a copy of the database
no better.
"""

import re
import secrets
import unicodedata
from typing import Final

HOW_MANY: Final = 10
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH: Final = 16
_GROUP: Final = 4
_MISREAD: Final = str.maketrans({"o": "0", "i": "1", "l": "1"})


def new_codes() -> list[str]:
    """Codes as they are to be written down: `8h2k-mv0c-x7q9-3r5d`."""
    return [_grouped("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))) for _ in range(HOW_MANY)]


def typed_recovery_code(text: str) -> str | None:
    """The code in what a person typed, spelt one way; None if it is none."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_MISREAD)
    bare = re.sub(r"[\s-]", "", folded)
    return _grouped(bare) if len(bare) == _LENGTH and set(bare) <= set(_ALPHABET) else None


def _grouped(bare: str) -> str:
    return "-".join(bare[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
