"""Values that follow from others of the same record, so that nobody types them and nobody can bend them.

Said as data, so that phones work them out offline from the catalogue exactly as the server does. The server
stores what it worked out beside the fields that it follows from: a client that knows nothing of these rules
still shows it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from schemas.civil import civil_date
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
