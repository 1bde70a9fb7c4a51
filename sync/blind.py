"""Looking for a number that is sealed: what stands for it is an HMAC under a key of its own (a blind index).

Who has the database alone can neither read a number from it nor tell whether a number is in there; who has
the key can look for one by an index. It stands beside the part that the number lies in and is asked for only
where that part may be read: that two people have one number, or that a number is here at all, is as personal.

A declaration marks the field (`searchable`). A number stands for itself by its form, whatever the field is
called, so that it is found in every collection.
"""

import hmac
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Field
from schemas.privacy import SEARCHABLE, Privacy
from schemas.values import Text
from sync.record import Stored

_BETWEEN: Final = str.maketrans("", "", " -–—·.()")


def normal(number: str) -> str:
    """`number` as it is compared: without what people write between digits, in narrow capitals."""
    return unicodedata.normalize("NFKC", number).translate(_BETWEEN).upper()


def token(key: bytes, form: str, number: str) -> bytes:
    """What stands for `number`, however it was typed."""
    return hmac.digest(key, b"%b\0%b" % (form.encode(), normal(number).encode()), "sha256")


def tokens(key: bytes, record: Stored) -> list[bytes | None]:
    """What stands for the numbers of `record`, one a class of `SEARCHABLE`. Untouched parts keep theirs."""
    found = list(record.tokens)
    for privacy, field in _searchable(record.collection).items():
        if record.written & privacy.bit:
            value: Any = record.values(privacy).get(field.name)
            found[SEARCHABLE.index(privacy)] = token(key, _form(field), value) if value else None
    return found


def _searchable(collection: str) -> Mapping[Privacy, Field]:
    declared = COLLECTIONS.get(collection)
    return {} if declared is None else _searchable_in(declared)


@cache
def _searchable_in(declared: Declaration) -> Mapping[Privacy, Field]:
    return {field.privacy: field for field in declared.fields.values() if field.searchable}


def _form(field: Field) -> str:
    assert isinstance(field.kind, Text) and field.kind.form is not None  # see schemas/declare.py
    return field.kind.form.name
