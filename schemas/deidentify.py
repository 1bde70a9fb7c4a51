"""A record as a sample shows it: each field as its declaration says, and nothing that is not declared.

Pure. What does not look as its kind should (written by a client of another version, say) is left out: a value
that nobody can read is not one that nobody can recognise.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, NamedTuple

from schemas.declare import Declaration, Field
from schemas.privacy import Privacy
from schemas.treatment import Treatment, of_part
from schemas.values import Check, Composite, Items, Kind

Pseudonym = Callable[[str], str]
"""The pseudonym of an id, within one sample."""


class Shown(NamedTuple):
    """`values`: what the sample says of a record. `withheld`: the fields whose words it keeps back."""

    values: dict[str, Any]
    withheld: tuple[str, ...]


def deidentified(declared: Declaration, values: Mapping[str, Any], pseudonym: Pseudonym) -> Shown:
    """`values` of a record, treated field by field."""
    shown: dict[str, Any] = {}
    withheld: list[str] = []
    for name, field in declared.fields.items():
        value = values.get(name)
        if value is None or value == []:
            continue
        if field.treatment is Treatment.WITHHELD:
            withheld.append(name)
            continue
        treated = _treated(field.treatment, field.kind, value, pseudonym)
        if treated is not None:
            shown[name] = treated
    return Shown(shown, tuple(withheld))


def quasi_identifiers(declared: Declaration) -> tuple[Field, ...]:
    """The fields by which somebody who knows a family might find it in a sample.

    Basic facts are what neighbours know of each other (who lives there, how old, on what allowance): all of
    them that a sample shows in any form.
    """
    return tuple(
        field
        for field in declared.fields.values()
        if field.privacy is Privacy.BASIC
        and field.treatment not in (Treatment.DROPPED, Treatment.WITHHELD, Treatment.PSEUDONYM)
    )


def may_be_sampled(declared: Declaration) -> bool:
    """Whether records of a collection can be drawn.

    People made them, that there is one is no secret (it has an open part), and not all of it is left out.
    """
    fields = declared.fields.values()
    return (
        not declared.made_by_server
        and any(field.privacy is Privacy.OPEN and field.required for field in fields)
        and any(field.treatment is not Treatment.DROPPED for field in fields)
    )


def _treated(treatment: Treatment, kind: Kind, value: Any, pseudonym: Pseudonym) -> Any:
    if isinstance(kind, Items) and kind.distinct:
        if type(value) is not list:
            return None
        members = [_treated(treatment, kind.item, each, pseudonym) for each in value]
        return sorted({each for each in members if isinstance(each, str)}) or None
    match treatment:
        case Treatment.KEPT:
            return value if _is_as_declared(kind, value) else None
        case Treatment.PSEUDONYM:
            return pseudonym(value) if type(value) is str else None
        case Treatment.MONTH:
            return value[:7] if _is_as_declared(kind, value) else None
        case Treatment.FIVE_YEARS:
            return _five_years(value) if _is_as_declared(kind, value) else None
        case Treatment.BAND:
            return _band(value) if type(value) is int and value >= 0 else None
        case Treatment.PARTS:
            return _lines(kind, value, pseudonym)
    return None


def _is_as_declared(kind: Kind, value: Any) -> bool:
    assert isinstance(kind, Hashable)  # as every kind is that has no parts
    return _check(kind)(value) is None


@cache
def _check(kind: Kind) -> Check:
    return kind.compiled()


def _five_years(day: str) -> str:
    first = int(day[:4]) // 5 * 5
    return f"{first:04}-{first + 4:04}"


def _band(number: int) -> dict[str, int]:
    """Where on 0, 1, 2, 5, 10, 20, 50 … it lies: `from` that step, `below` the next."""
    if number == 0:
        return {"from": 0, "below": 1}
    decade = 10 ** (len(str(number)) - 1)
    step, following = next(pair for pair in ((5, 10), (2, 5), (1, 2)) if number >= pair[0] * decade)
    return {"from": step * decade, "below": following * decade}


def _lines(kind: Kind, value: Any, pseudonym: Pseudonym) -> list[dict[str, Any]] | None:
    if not isinstance(kind, Items) or not isinstance(kind.item, Composite) or type(value) is not list:
        return None
    parts = kind.item.parts
    lines = []
    for line in value:
        if type(line) is not dict:
            continue
        treated = {
            name: _treated(of_part(part.kind), part.kind, line[name], pseudonym)
            for name, part in parts.items()
            if line.get(name) is not None
        }
        lines.append({name: each for name, each in treated.items() if each is not None})
    return lines
