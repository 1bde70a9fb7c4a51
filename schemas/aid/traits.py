"""What may hold of one person on a day: by age, by disability, by what their record says.

Said as data, so that phones ask it too. None is the answer where the record does not tell.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

import msgspec

from schemas.age import birthday
from schemas.aid.circumstances import Missing
from schemas.aid.standards import AID_AGES
from schemas.values import JsonSchema


class Trait(Protocol):
    """Something that holds of a person, or does not."""

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        """Whether it holds on that day, as far as the record tells."""

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        """What the record would have to say for it to be told."""

    def said(self) -> JsonSchema:
        """The trait for clients, by a stable `trait`."""


_BORN = Missing("person.birth_date", "出生日期", "Birth date")


class Reached(msgspec.Struct, frozen=True):
    """The age that the figure `key` of `aid_ages` names: on that birthday one is of it."""

    key: str

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        born, years = person.get("birth_date"), AID_AGES.value_of(self.key, on)
        if born is None or years is None:
            return None
        return birthday(date.fromisoformat(born), years) <= on

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        return () if person.get("birth_date") is not None else (_BORN,)

    def said(self) -> JsonSchema:
        return {"trait": "reached", "figure": [AID_AGES.name, self.key]}


class Not(msgspec.Struct, frozen=True):
    """The other trait does not hold."""

    trait: Trait

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        found = self.trait.holds(person, on)
        return None if found is None else not found

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        return self.trait.lacks(person)

    def said(self) -> JsonSchema:
        return {"trait": "not", "of": self.trait.said()}


class Says(msgspec.Struct, frozen=True):
    """The record says one of `codes` in `field`."""

    field: str
    codes: tuple[str, ...]
    zh: str
    en: str

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        value = person.get(self.field)
        return None if value is None else value in self.codes

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        if person.get(self.field) is not None:
            return ()
        return (Missing(f"person.{self.field}", self.zh, self.en),)

    def said(self) -> JsonSchema:
        return {"trait": "says", "field": self.field, "codes": list(self.codes)}


class Tagged(msgspec.Struct, frozen=True):
    """Of the groups that the record names, one of `codes`. Which it does not name, nobody is of."""

    codes: tuple[str, ...]

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        return any(code in (person.get("tags") or ()) for code in self.codes)

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        return ()

    def said(self) -> JsonSchema:
        return {"trait": "tagged", "field": "tags", "codes": list(self.codes)}


class Disabled(msgspec.Struct, frozen=True):
    """A certified disability of one of `grades`; of one of `kinds` only, where these are named.

    A certificate is a paper that one has or has not: no kind and no grade on file say that there is none. Of
    one without the other it is not told.
    """

    grades: tuple[str, ...] = ("1", "2", "3", "4")
    kinds: tuple[str, ...] = ()

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        kind, grade = person.get("disability_kind"), person.get("disability_grade")
        if kind is None and grade is None:
            return False
        if grade is not None and grade not in self.grades:
            return False
        if kind is not None and self.kinds and kind not in self.kinds:
            return False
        is_told = (grade is not None or len(self.grades) == 4) and (kind is not None or not self.kinds)
        return True if is_told else None

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        kind, grade = person.get("disability_kind"), person.get("disability_grade")
        if (kind is None) == (grade is None):
            return ()
        name, zh, en = ("grade", "残疾等级", "grade") if grade is None else ("kind", "残疾类别", "kind")
        return (Missing(f"person.disability_{name}", zh, f"The {en} of disability"),)

    def said(self) -> JsonSchema:
        return {"trait": "disabled", "grades": list(self.grades), "kinds": list(self.kinds)}


class Perhaps(msgspec.Struct, frozen=True):
    """Where the other trait holds somebody has to decide: no paper says what follows from it."""

    trait: Trait

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        return None if self.trait.holds(person, on) else False

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        return self.trait.lacks(person)

    def said(self) -> JsonSchema:
        return {"trait": "perhaps", "of": self.trait.said()}


class AnyOf(msgspec.Struct, frozen=True):
    """At least one of the traits holds."""

    traits: tuple[Trait, ...]

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        return any_of(trait.holds(person, on) for trait in self.traits)

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        return tuple(dict.fromkeys(each for trait in self.traits for each in trait.lacks(person)))

    def said(self) -> JsonSchema:
        return {"trait": "any_of", "of": [trait.said() for trait in self.traits]}


class AllOf(msgspec.Struct, frozen=True):
    """Every one of the traits holds."""

    traits: tuple[Trait, ...]

    def holds(self, person: Mapping[str, Any], on: date) -> bool | None:
        return all_of(trait.holds(person, on) for trait in self.traits)

    def lacks(self, person: Mapping[str, Any]) -> tuple[Missing, ...]:
        return tuple(dict.fromkeys(each for trait in self.traits for each in trait.lacks(person)))

    def said(self) -> JsonSchema:
        return {"trait": "all_of", "of": [trait.said() for trait in self.traits]}


def any_of(truths: Iterable[bool | None]) -> bool | None:
    """True where one is; None where none is and one is not told."""
    found: bool | None = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            found = None
    return found


def all_of(truths: Iterable[bool | None]) -> bool | None:
    """False where one is; None where none is and one is not told."""
    found: bool | None = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            found = None
    return found
