"""Records of every collection, filled in from the declarations: something in every class that there is."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from schemas.collections import COLLECTIONS
from schemas.credit_code import CREDIT_CODE, check_character
from schemas.declare import Declaration, Field, Policy, Writers
from schemas.forms import RESIDENT_ID
from schemas.privacy import CLASSES
from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from schemas.rules import Differ
from schemas.values import Code, Composite, Day, Integer, Items, Kind, Mapped, Moment, Number, Reference, Text

# Of everybody: nobody grows up, or becomes a child, by an edit.
BORN: Final = date(1960, 1, 1)
BORN_LATE: Final = date.today().replace(day=1) - timedelta(days=9 * 365)  # a child, for years to come
UNKNOWN: Final = "x_said"  # no server knows it, so it is confidential, on any record

_PLAIN: Final = frozenset({Policy.LATEST, Policy.TEXT, Policy.REVIEW, Policy.HIGHEST})


def in_order() -> list[Declaration]:
    """All that people write, parents before what belongs to them."""
    found: dict[str, Declaration] = {}
    waiting = [each for each in COLLECTIONS.values() if not each.made_by_server]
    while waiting:
        ready = [each for each in waiting if _targets(each) <= found.keys()]
        assert ready, f"no parent is made for {[each.collection for each in waiting]}"
        found.update((each.collection, each) for each in ready)
        waiting = [each for each in waiting if each.collection not in found]
    return list(found.values())


def parent_of(declared: Declaration) -> Field | None:
    """The field that says what a record belongs to."""
    return next((each for each in declared.fields.values() if each.parent), None)


def new_form(
    declared: Declaration, made: Mapping[str, UUID], author: UUID, number: int, born: date = BORN
) -> dict[str, Any]:
    """What a new record says: all that it must, and something of each class. `made`: what it may name."""
    wanted = [each for each in declared.fields.values() if each.required]
    for privacy in CLASSES:
        wanted += [field for field in editable(declared, privacy.value)[:1]]
    if "birth_date" in declared.fields:
        wanted.append(declared.fields["birth_date"])
    form = {each.name: value_of(each, made, author, number, born) for each in wanted}
    for rule in declared.rules:
        if isinstance(rule, Differ) and rule.fields[0] in form:
            form[rule.fields[0]] = str(author)  # somebody else, of whom there is no record
    return {**form, UNKNOWN: f"未知{number}"}


def editable(declared: Declaration, privacy: str) -> list[Field]:
    """The fields of a class that an edit may give another value, whatever else the record says."""
    return [
        each
        for each in declared.fields.values()
        if each.privacy.value == privacy
        and each.policy in _PLAIN
        and not each.parent
        and not each.required
        and each.together is None
        and each.by is not Writers.SUPERVISOR
        and isinstance(each.kind, Text | Integer | Code | Composite)
    ] or [
        each
        for each in declared.fields.values()
        if each.privacy.value == privacy and each.policy in _PLAIN and isinstance(each.kind, Text)
    ]


def edits(
    declared: Declaration, number: int, born: date = BORN
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """For each class and field of it that can be edited, two different edits."""
    for privacy in CLASSES:
        for field in editable(declared, privacy.value):
            one, other = (value_of(field, {}, UUID(int=0), number + step, born) for step in (0, 1))
            yield privacy.value, {"set": {field.name: one}}, {"set": {field.name: other}}
    yield "confidential", {"set": {UNKNOWN: f"另{number}"}}, {"set": {UNKNOWN: f"又{number}"}}


def value_of(field: Field, made: Mapping[str, UUID], author: UUID, number: int, born: date) -> Any:
    """A valid value, another one for another `number`."""
    match field.kind:
        case Text(form=form) if form is RESIDENT_ID:
            return with_check_digit(f"{RESERVED_PREFIX}{born:%Y%m%d}{number % 1000:03}")
        case Day() if field.name == "birth_date":
            return born.isoformat()
    return _value(field.kind, made, author, number)


def _value(kind: Kind, made: Mapping[str, UUID], author: UUID, number: int) -> Any:
    match kind:
        case Text(form=form) if form is CREDIT_CODE:
            body = f"53620103{number:09}"
            return body + check_character(body)
        case Text(form=form) if form is not None:
            return _FORMS[form.name].format(number)
        case Text():
            return f"文字第{number}。"[: kind.max_length]
        case Integer():
            return max(kind.minimum, 0) + number % min(kind.maximum - max(kind.minimum, 0), 50)
        case Number():
            return kind.minimum + (number % 7) * (kind.maximum - kind.minimum) / 8
        case Code():
            members = list(kind.table)
            initial = getattr(kind.table, "initial", None)
            return initial[0] if initial else members[number % len(members)].code
        case Day():
            return (date(2026, 1, 1) + timedelta(days=number % 200)).isoformat()
        case Moment():
            return f"2026-03-01T08:{number % 60:02}:00Z"
        case Reference():
            return str(made.get(kind.target or "", author))
        case Items():
            return [_value(kind.item, made, author, number)]
        case Composite():
            return {
                name: _value(part.kind, made, author, number)
                for name, part in kind.parts.items()
                if part.required
            }
        case Mapped():
            return {}
    return bool(number % 2)


_FORMS: Final = {
    "phone": "139{:08}",
    "community_code": "620103{:06}",
    "month": "2026-03",
    "check_in_secret": "{:040}",
    "check_in_proof": "{:032}",
}


def _targets(declared: Declaration) -> set[str]:
    return {
        each.kind.target
        for each in declared.fields.values()
        if each.required and isinstance(each.kind, Reference) and each.kind.target in COLLECTIONS
    }
