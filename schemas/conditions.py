"""Conditions on what is recorded, said as data and answered with yes, no, or not known yet.

Who belongs to a group that the law protects follows from facts of several records, and a worker in a home
seldom has all of them. So a condition has three answers (after Kleene's strong logic of three values): what
is not recorded makes neither a yes nor a no, unless the other facts are enough by themselves. Each answer
names the facts that it rests on and those that are missing, so that it can be explained, and the next
question asked.

A fact is named by its path: `person.birth_date`, `child_circumstances.father.since`; within one record by the
field alone. A figure that the office has yet to decide is missing as well, as `figures.<table>.<key>`.
Conditions are in the catalogue (`said`), so that phones without a network come to the same answers.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import chain
from typing import Any, Final, Protocol

import msgspec

from schemas.age import birthday
from schemas.figures import FigureTable
from schemas.values import JsonSchema

Known = Callable[[str], Any]
"""What is recorded of a fact, by its path; None where nothing is."""


FIGURES: Final = "figures"
"""What a path begins with that names a figure, and no fact."""


class Answer(msgspec.Struct, frozen=True):
    """`holds`: None where that cannot be told. `facts`: what decided. `missing`: what could still decide."""

    holds: bool | None
    facts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Condition(Protocol):
    """Something that is so, is not so, or cannot be told yet."""

    @property
    def facts(self) -> tuple[str, ...]:
        """All that it may ask for."""

    def answer(self, known: Known, on: date) -> Answer:
        """How it stands by what was known on that day."""

    def said(self) -> JsonSchema:
        """The condition for clients: one key says of which kind."""


def known_in(records: Mapping[str, Mapping[str, Any]]) -> Known:
    """Facts of several records, by collection. A record or a field that is not there is not known."""

    def known(path: str) -> Any:
        found: Any = records
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return known


class Is(msgspec.Struct, frozen=True):
    """The fact is one of `values`, or (of a set) has one of them among its members.

    `if_absent`: the answer where nothing is recorded, of a fact whose absence says something: a certificate
    of disability is a paper that one has or has not.
    """

    fact: str
    values: tuple[str | bool, ...]
    if_absent: bool | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.fact,)

    def answer(self, known: Known, on: date) -> Answer:
        found = known(self.fact)
        if found is None:
            return _not_known(self.fact) if self.if_absent is None else Answer(self.if_absent, self.facts)
        members = found if isinstance(found, list | tuple | set | frozenset) else [found]
        return Answer(any(member in self.values for member in members), self.facts)

    def said(self) -> JsonSchema:
        said: JsonSchema = {"is": self.fact, "values": list(self.values)}
        return said if self.if_absent is None else {**said, "if_absent": self.if_absent}


class AtLeast(msgspec.Struct, frozen=True):
    """A number, or a code that is one, is not below the figure."""

    fact: str
    figures: FigureTable
    key: str

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.fact,)

    def answer(self, known: Known, on: date) -> Answer:
        found, least = known(self.fact), self.figures.value_of(self.key, on)
        if found is None:
            return _not_known(self.fact)
        if least is None:
            return _not_decided(self.figures, self.key)
        return Answer(int(found) >= least, self.facts)

    def said(self) -> JsonSchema:
        return {"at_least": self.fact, "figure": [self.figures.name, self.key]}


class Under(msgspec.Struct, frozen=True):
    """Who was born on the day `born` has not completed so many years. On the birthday they have."""

    born: str
    figures: FigureTable
    key: str

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.born,)

    def answer(self, known: Known, on: date) -> Answer:
        born, years = known(self.born), self.figures.value_of(self.key, on)
        if born is None:
            return _not_known(self.born)
        if years is None:
            return _not_decided(self.figures, self.key)
        return Answer(on < birthday(date.fromisoformat(born), years), self.facts)

    def said(self) -> JsonSchema:
        return {"under": self.born, "figure": [self.figures.name, self.key]}


class Lasts(msgspec.Struct, frozen=True):
    """What began on the day `since` goes on, and is of so many months at least.

    Where it has an end by its papers (`until`), the term counts from the first day on; where it has none, or
    nobody knows it, the months that have passed do.
    """

    since: str
    until: str | None
    figures: FigureTable
    key: str

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.since,) if self.until is None else (self.since, self.until)

    def answer(self, known: Known, on: date) -> Answer:
        since, months = known(self.since), self.figures.value_of(self.key, on)
        until = known(self.until) if self.until is not None else None
        if since is None:
            return _not_known(self.since)
        if months is None:
            return _not_decided(self.figures, self.key)
        begun = date.fromisoformat(since)
        ended = None if until is None else date.fromisoformat(until)
        reached = months_after(begun, months)
        if on < begun or (ended is not None and (on > ended or ended < reached)):
            return Answer(False, self.facts)
        if reached <= on or ended is not None:
            return Answer(True, self.facts if ended is not None else (self.since,))
        if self.until is None:
            return Answer(False, self.facts)
        return Answer(None, (self.since,), (self.until,))

    def said(self) -> JsonSchema:
        return {"lasts": self.since, "until": self.until, "figure": [self.figures.name, self.key]}


class All(msgspec.Struct, frozen=True):
    """Each of them."""

    of: tuple[Condition, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        return _each(each.facts for each in self.of)

    def answer(self, known: Known, on: date) -> Answer:
        return _together([each.answer(known, on) for each in self.of], deciding=False)

    def said(self) -> JsonSchema:
        return {"all": [each.said() for each in self.of]}


class AnyOf(msgspec.Struct, frozen=True):
    """One of them at least."""

    of: tuple[Condition, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        return _each(each.facts for each in self.of)

    def answer(self, known: Known, on: date) -> Answer:
        return _together([each.answer(known, on) for each in self.of], deciding=True)

    def said(self) -> JsonSchema:
        return {"any": [each.said() for each in self.of]}


class Not(msgspec.Struct, frozen=True):
    """The opposite."""

    of: Condition

    @property
    def facts(self) -> tuple[str, ...]:
        return self.of.facts

    def answer(self, known: Known, on: date) -> Answer:
        found = self.of.answer(known, on)
        return Answer(None if found.holds is None else not found.holds, found.facts, found.missing)

    def said(self) -> JsonSchema:
        return {"not": self.of.said()}


def months_after(day: date, months: int) -> date:
    """The day of the same number so many months later; where that month is shorter, its last day's morrow.

    So no month is ever counted before it is over. Beyond the calendar's end it is its last day.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        return date(year, month + 2, 1)  # never beyond December, which has 31 days


def _together(answers: list[Answer], *, deciding: bool) -> Answer:
    """Several answers as one: a single `deciding` one is enough, the other needs all of them."""
    decisive = [each for each in answers if each.holds is deciding]
    if decisive:
        return Answer(deciding, _each(each.facts for each in decisive))
    open_still = [each for each in answers if each.holds is None]
    facts = _each(each.facts for each in answers)
    return Answer(
        None if open_still else not deciding,
        facts,
        _each(each.missing for each in open_still),
    )


def _each(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(groups)))


def _not_known(fact: str) -> Answer:
    return Answer(None, (), (fact,))


def _not_decided(figures: FigureTable, key: str) -> Answer:
    return Answer(None, (), (f"{FIGURES}.{figures.name}.{key}",))
