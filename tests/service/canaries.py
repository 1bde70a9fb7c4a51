"""Values that tell where they came from: one for every field, each found again in whatever answer it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from schemas.codes import StateTable
from schemas.credit_code import CREDIT_CODE, check_character
from schemas.declare import Declaration, Field
from schemas.forms import COMMUNITY_CODE, MONTH, PHONE, RESIDENT_ID
from schemas.resident_id import with_check_digit
from schemas.values import (
    Code,
    Composite,
    Day,
    Form,
    Integer,
    Items,
    Kind,
    Moment,
    Number,
    Reference,
    Text,
    YesNo,
)
from schemas.volunteers.check_in import PROOF, SECRET
from tests.sync.changes import new_id

WIDE = 10**9  # numbers with less room are no canaries: they may stand anywhere
LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)  # of what has happened: others lie far ahead

_numbers = count(1)


class Canary(NamedTuple):
    """A value, and the pieces of text by which it is found again; none where any value looks alike."""

    value: Any
    tokens: tuple[str, ...] = ()


def canary(field: Field) -> Canary:
    """A value for `field` that no other has. Raises NotImplementedError for a kind that it knows none of."""
    if field.computed is not None:
        return Canary(None)  # nobody writes it
    if field.happened:
        return _told((LONG_AGO + timedelta(minutes=next(_numbers))).isoformat())
    name = "赵" if field.mask is not None and field.mask.name == "name" else "秘"
    return _of(field.kind, name)


def canaries(declared: Declaration) -> dict[str, Canary]:
    """One for every field, in declared order: later days lie later, so that rules between them hold."""
    return {name: canary(field) for name, field in declared.fields.items()}


def _of(kind: Kind, prefix: str = "秘") -> Canary:
    number = next(_numbers)
    match kind:
        case Text(form=None):
            return _told(f"q{number:05}z", prefix)
        case Text(form=Form() as form):
            return _told(_IN_FORM[form.name](number))
        case Day():
            return _told((date(2040, 1, 1) + timedelta(days=number)).isoformat())
        case Moment():
            return _told((datetime(2040, 1, 1, tzinfo=UTC) + timedelta(minutes=number)).isoformat())
        case Integer(minimum=low, maximum=high):
            return _told(low + WIDE + number) if high - low > 2 * WIDE else Canary(max(low, 1))
        case Number(minimum=low, maximum=high):
            return Canary((low + high) / 2 + 1)
        case Code(table=table) if issubclass(table, StateTable):
            return Canary(table.initial[0])
        case Code(table=table):
            return Canary(next(iter(table)).code)
        case YesNo():
            return Canary(True)
        case Reference(target=None):
            return _told(str(new_id()))
        case Reference():
            return Canary(None)  # whoever plants it knows what there is
        case Items(item=item):
            found = _of(item)
            return Canary([found.value], found.tokens)
        case Composite(parts=parts):
            each = {name: _of(part.kind) for name, part in parts.items()}
            return Canary(
                {name: found.value for name, found in each.items()},
                tuple(token for found in each.values() for token in found.tokens),
            )
    raise NotImplementedError(f"no canary for a {type(kind).__name__}: say one here")


def _told(value: Any, prefix: str = "") -> Canary:
    return Canary(f"{prefix}{value}" if prefix else value, (str(value),))


def number_born(born: str, order: int) -> str:
    """A resident ID number of a woman born on that day; no two of one order are alike."""
    return with_check_digit(f"600000{born.replace('-', '')}{order:02}2")


def credit_code_numbered(number: int) -> str:
    """A unified social credit code that checks, of no real organisation."""
    body = f"53620103{number:09}"
    return body + check_character(body)


_IN_FORM: dict[str, Callable[[int], str]] = {
    PHONE.name: lambda number: f"138{number:08}",
    RESIDENT_ID.name: lambda number: number_born(
        f"{1900 + number % 100}-{number // 100 % 12 + 1:02}-{number // 1200 % 28 + 1:02}", number // 33_600
    ),
    COMMUNITY_CODE.name: lambda number: f"620103{number:06}",
    CREDIT_CODE.name: credit_code_numbered,
    MONTH.name: lambda number: f"{1000 + number % 8_999}-07",
    SECRET.name: lambda number: f"{number:040}",
    PROOF.name: lambda number: f"{number:032}",
}


class Plant(NamedTuple):
    """A record that somebody wrote, and its canaries by field. `author`: what they are called in the test."""

    collection: str
    id: UUID
    author: str
    fields: dict[str, Canary]
    in_file: bool
    is_about_child: bool = False
    is_guarded: bool = False
    is_sent: bool = False
