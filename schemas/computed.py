"""Values that follow from others of the same record, so that nobody types them and nobody can bend them.

Said as data, so that phones work them out offline from the catalogue exactly as the server does. The server
stores what it worked out beside the fields that it follows from: a client that knows nothing of these rules
still shows it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import msgspec

from schemas.civil import civil_date
from schemas.conditions import Condition
from schemas.figures import FigureTable
from schemas.values import JsonSchema


class Computed(Protocol):
    """How a field follows from `fields`, which lie in its own class."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it follows from."""

    def value(self, values: Mapping[str, Any]) -> Any:
        """What it comes to; None where that cannot be told of `values`."""

    def said(self) -> JsonSchema:
        """The rule for clients, by a stable `rule`."""


class HoursAfter(msgspec.Struct, frozen=True):
    """So many hours after the moment `field`, as the figure `key` of `figures` said on that day in China."""

    field: str
    figures: FigureTable
    key: str

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def value(self, values: Mapping[str, Any]) -> Any:
        if values.get(self.field) is None:
            return None
        began = datetime.fromisoformat(values[self.field])
        try:
            hours = self.figures.value_of(self.key, civil_date(began))
            return None if hours is None else (began + timedelta(hours=hours)).isoformat()
        except OverflowError:  # the last day that there is
            return None

    def said(self) -> JsonSchema:
        return {"rule": "hours_after", "field": self.field, "figure": [self.figures.name, self.key]}


class Furthest(msgspec.Struct, frozen=True):
    """The last state of which every fact is there: `states` has them in the order of progress.

    Where facts are only ever added a state worked out from them never goes back, and two people who add one
    each without seeing each other have taken it two steps further. A state that is written would have to be
    decided between them.
    """

    states: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, facts in self.states for name in facts))

    def value(self, values: Mapping[str, Any]) -> Any:
        reached = None
        for code, facts in self.states:
            if all(values.get(name) is not None for name in facts):
                reached = code
        return reached

    def said(self) -> JsonSchema:
        return {
            "rule": "furthest",
            "states": [{"code": code, "facts": list(facts)} for code, facts in self.states],
        }


class Graded(msgspec.Struct, frozen=True):
    """The first grade whose condition holds: `grades` has them from the gravest on.

    Of what follows from answers to a form. A grade that cannot be told yet gives way to the next one, for
    what is asked later may make things worse; so the last, the best, is to ask for everything. No condition
    of it may hang on the day: what is computed stays as it is until somebody writes.
    """

    grades: tuple[tuple[str, Condition], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, condition in self.grades for name in condition.facts))

    def value(self, values: Mapping[str, Any]) -> Any:
        for code, condition in self.grades:
            if condition.answer(values.get, date.max).holds:
                return code
        return None

    def said(self) -> JsonSchema:
        return {
            "rule": "graded",
            "grades": [{"code": code, "when": condition.said()} for code, condition in self.grades],
        }


class Sum(msgspec.Struct, frozen=True):
    """The sum of the points that `items` were given; None until each of them was. Their codes are numbers."""

    items: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return self.items

    def value(self, values: Mapping[str, Any]) -> Any:
        points = [values.get(name) for name in self.items]
        return None if None in points else sum(int(each) for each in points if each is not None)

    def said(self) -> JsonSchema:
        return {"rule": "sum", "items": list(self.items)}


class Worsening(msgspec.Struct, frozen=True):
    """What makes a level worse than its points: `by` so many steps, or (None) the worst there is."""

    when: Condition
    by: int | None


class Levelled(msgspec.Struct, frozen=True):
    """The level that a sum of points falls in, made worse by what the sum does not show.

    `figures` has the least points of each level, by its code, from the best on; below all of them lies
    `worst`. Of several `worsened` the one that takes furthest counts, once. Where one takes to the worst the
    points do not matter. As long as one of them is not known, the level is what the others make it.
    """

    points: Sum
    figures: FigureTable
    levels: tuple[str, ...]
    worst: str
    worsened: tuple[Worsening, ...]
    since: date

    @property
    def fields(self) -> tuple[str, ...]:
        asked = (name for each in self.worsened for name in each.when.facts)
        return tuple(dict.fromkeys((*self.points.fields, *asked)))

    def value(self, values: Mapping[str, Any]) -> Any:
        order = (*self.levels, self.worst)
        taken = [
            len(order) if each.by is None else each.by
            for each in self.worsened
            if each.when.answer(values.get, self.since).holds
        ]
        steps = max(taken, default=0)
        if steps >= len(order):
            return self.worst
        points = self.points.value(values)
        if points is None:
            return None
        reached = next(
            (place for place, code in enumerate(self.levels) if self._is_reached(code, points)),
            len(self.levels),
        )
        return order[min(reached + steps, len(self.levels))]

    def _is_reached(self, code: str, points: int) -> bool:
        least = self.figures.value_of(code, self.since)
        return least is not None and points >= least

    def said(self) -> JsonSchema:
        return {
            "rule": "levelled",
            "points": self.points.said(),
            "figures": self.figures.name,
            "levels": list(self.levels),
            "worst": self.worst,
            "worsened": [{"when": each.when.said(), "by": each.by} for each in self.worsened],
            "since": self.since.isoformat(),
        }
