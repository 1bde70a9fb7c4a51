"""The rule that a sample is drawn by: by lot, so many of each collection in each area.

Pure. A lot is the hash of a record's id under the seed of the sample: nobody has a hand in it, and whoever
has the seed can draw again and comes to the same records.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.age import GUARDIAN_UNTIL, age_on
from schemas.collections import COLLECTIONS
from schemas.declare import Declaration
from schemas.deidentify import may_be_sampled, quasi_identifiers
from schemas.treatment import Treatment
from schemas.values import Reference, member_kind

SAMPLED: Final = tuple(sorted(name for name, declared in COLLECTIONS.items() if may_be_sampled(declared)))
"""The collections that can be drawn from."""

PEOPLE: Final[Mapping[str, str]] = {
    collection: name
    for collection, declared in COLLECTIONS.items()
    for name, field in declared.fields.items()
    if field.treatment is Treatment.FIVE_YEARS
}
"""The collections of people, each with its field that says when somebody was born."""


class Rule(msgspec.Struct, frozen=True):
    """Of each of `collections` in each area: `size` records, or `percent` of them (rounded up).

    `children`: also records on people who are under 14, or of whom no day of birth is known. Whoever says so
    answers for it that their guardians have agreed to an evaluation.
    """

    collections: Annotated[list[str], Meta(min_length=1, max_length=200)]
    size: Annotated[int, Meta(ge=1, le=500)] | None = None
    percent: Annotated[int, Meta(ge=1, le=100)] | None = None
    children: bool = False


class Candidate(NamedTuple):
    """A record that might be drawn, with its open values."""

    area: UUID
    id: UUID
    collection: str
    case: UUID | None
    values: dict[str, Any]


def drawn(candidates: Iterable[Candidate], rule: Rule, seed: int) -> list[Candidate]:
    """What the lot falls on.

    Of those in a file by whose facts people are told apart at most one a collection: brothers and sisters
    side by side would be found sooner than each of them.
    """
    strata: dict[tuple[UUID, str], list[Candidate]] = {}
    for each in candidates:
        strata.setdefault((each.area, each.collection), []).append(each)
    chosen: list[Candidate] = []
    for (_, collection), there in sorted(strata.items(), key=lambda stratum: stratum[0]):
        wanted = rule.size if rule.size is not None else math.ceil(len(there) * (rule.percent or 0) / 100)
        tells_apart = bool(quasi_identifiers(COLLECTIONS[collection]))
        files: set[UUID] = set()
        for each in sorted(there, key=lambda one: _lot(seed, one.id)):
            if wanted == 0:
                break
            if tells_apart and each.case is not None:
                if each.case in files:
                    continue
                files.add(each.case)
            chosen.append(each)
            wanted -= 1
    return chosen


def _lot(seed: int, id: UUID) -> bytes:
    return hashlib.sha256(seed.to_bytes(8) + id.bytes).digest()


def is_about_grown_people(candidate: Candidate, grown: Collection[UUID]) -> bool:
    """Whether everybody whom a record is or names is known to be 14 or older: `grown` are those who are."""
    declared = COLLECTIONS[candidate.collection]
    if candidate.collection in PEOPLE and candidate.id not in grown:
        return False
    return all(UUID(id) in grown for id in _people_named(declared, candidate.values))


def grown_among(births: Iterable[tuple[UUID, str | None]], today: date) -> set[UUID]:
    """The ids of people who are 14 or older, all who bear the id: it is the areas that keep ids apart."""
    grown: set[UUID] = set()
    others: set[UUID] = set()
    for id, born in births:
        (grown if is_grown(born, today) else others).add(id)
    return grown - others


def is_grown(born: str | None, today: date) -> bool:
    """Whether somebody born on that day is 14 or older; not where the day is not known or makes no sense."""
    try:
        day = date.fromisoformat(born or "")
    except ValueError:
        return False
    return age_on(day, today) >= GUARDIAN_UNTIL


def _people_named(declared: Declaration, values: dict[str, Any]) -> Iterable[str]:
    for name, field in declared.fields.items():
        kind = member_kind(field.kind)
        if isinstance(kind, Reference) and kind.target in PEOPLE and values.get(name) is not None:
            yield from values[name] if isinstance(values[name], list) else [values[name]]
