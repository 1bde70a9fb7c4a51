"""What is on file about a family when its entitlements are worked out, as records hold it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from schemas.figures import FigureTable

Values = Mapping[str, Any]
_NOTHING: Values = {}


class Said(msgspec.Struct, frozen=True):
    """A sentence for people, in both languages."""

    zh: str
    en: str


class Missing(msgspec.Struct, frozen=True):
    """Something that is not known, and who can say it.

    `what`: a field as `person.birth_date`, or a figure as `minimum_lines.620102_urban`. `by_office`: no
    worker can find it out in a home, the office enters it. `person`: of whom, where it is of one.
    """

    what: str
    zh: str
    en: str
    by_office: bool = False
    person: str | None = None


def to_be_entered(table: FigureTable, key: str, on: date) -> Missing:
    """A figure that the office has not entered yet."""
    named = table.code_of(key) or table.figure_of(key, on)
    zh, en = (key, key) if named is None else (named.zh or key, named.en or key)
    return Missing(
        f"{table.name}.{key}",
        f"{table.zh}（{zh}）须由主管部门录入",
        f"The office has to enter: {table.en} ({en})",
        by_office=True,
    )


class Circumstances(msgspec.Struct, frozen=True):
    """The records that a family's entitlements are worked out from, each as its fields are stored.

    `household` and `screening` (the newest) may be None, where a phone does not hold them; `persons` are by
    id. A field that one may not read is missing here, which only makes the answer less certain.
    """

    household: Values | None = None
    persons: Mapping[str, Values] = {}
    screening: Values | None = None

    def home(self) -> Values:
        """The household's fields."""
        return _NOTHING if self.household is None else self.household

    def answers(self) -> Values:
        """The screening's fields."""
        return _NOTHING if self.screening is None else self.screening

    def members(self, on: date) -> dict[str, Values]:
        """Who lives together in the sense of the law on that day: neither dead, nor known not to count."""
        return {id: person for id, person in self.persons.items() if _is_member(person, on)}


def _is_member(person: Values, on: date) -> bool:
    died_on = person.get("died_on")
    is_alive = died_on is None or on < date.fromisoformat(died_on)
    return is_alive and person.get("is_counted") is not False
