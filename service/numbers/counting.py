"""A month's counts of one collection: counted once, kept for good, told to each as far as they may know.

What is hidden is decided for the whole tree at once and is the same for everybody, whatever part of it they
ask for: two who put together what they were told know no more than each. That an area's number is hidden may
so be due to another area, which the reader does not hold; nothing of either follows from it, and it changes
with nothing that is written later. Only who may read the records themselves of all that they ask about is
told every number.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.civil import BEIJING, civil_date
from service.numbers.published import EMPTY, PUBLISHED, values_of
from service.numbers.suppress import hidden, sums

CLOSES_AFTER: Final = timedelta(hours=1)
"""A month is counted when it has been over for so long that no change is under way that was taken in it."""


class Counts(msgspec.Struct, frozen=True):
    """The counts of a month: what lies in each area itself, in all and by each field, and what is hidden."""

    parents: dict[UUID, UUID | None]
    totals: dict[UUID, int]
    tables: dict[str, dict[UUID, dict[str, int]]]
    hidden_areas: frozenset[UUID]
    hidden_cells: dict[str, list[tuple[UUID, str]]]


class Count(msgspec.Struct, frozen=True):
    """A number; `suppressed`: it is null because it, or one that it would give away, is below five."""

    count: int | None
    suppressed: bool


class ByValue(msgspec.Struct, frozen=True):
    """The records with one value of the field; null: where it is not filled in."""

    value: str | None
    count: int | None
    suppressed: bool


class OfArea(NamedTuple):
    """What an area and all below it come to."""

    area: UUID
    total: Count
    values: list[ByValue]


def counted(
    parents: Mapping[UUID, UUID | None],
    collection: str,
    records: Iterable[tuple[UUID, Mapping[str, Any]]],
) -> Counts:
    """`records`, each with the area that it lies in and its open values, as they are to be kept."""
    totals = dict.fromkeys(parents, 0)
    tables = {
        field: {area: dict.fromkeys(values_of(collection, field), 0) for area in parents}
        for field in PUBLISHED[collection]
    }
    for area, values in records:
        totals[area] += 1
        for field, table in tables.items():
            value = values.get(field)
            by_value = table[area]
            by_value[value if isinstance(value, str) and value in by_value else EMPTY] += 1
    found = hidden(parents, totals, tables)
    cells = {field: sorted(of_field) for field, of_field in found.cells.items()}
    return Counts(dict(parents), totals, tables, found.areas, cells)


def told(counts: Counts, by: str | None, areas: Iterable[UUID], is_exact: bool) -> list[OfArea]:
    """What somebody is told of `areas`. `is_exact`: they may read the records themselves.

    Raises LookupError for a field that the month was not counted by.
    """
    totals = sums(counts.parents, counts.totals)
    columns: dict[str, dict[UUID, int]] = {}
    cells: frozenset[tuple[UUID, str]] = frozenset()
    if by is not None:
        table = counts.tables[by]
        values = list(next(iter(table.values())))
        columns = {
            value: sums(counts.parents, {area: of_area[value] for area, of_area in table.items()})
            for value in values
        }
        cells = frozenset(counts.hidden_cells[by])
    found = []
    for area in areas:
        is_hidden = area in counts.hidden_areas
        total = Count(*_told(totals[area], is_hidden and not is_exact))
        of_values = [
            ByValue(
                value or None, *_told(column[area], (is_hidden or (area, value) in cells) and not is_exact)
            )
            for value, column in columns.items()
        ]
        found.append(OfArea(area, total, of_values))
    return found


def _told(number: int, is_hidden: bool) -> tuple[int | None, bool]:
    return (None, True) if is_hidden else (number, False)


def last_closed(now: datetime) -> str:
    """The latest month that is over, `2026-10`."""
    here = civil_date(now - CLOSES_AFTER)
    return f"{here.year}-{here.month - 1:02}" if here.month > 1 else f"{here.year - 1}-12"


def stretch_of(month: str) -> tuple[datetime, datetime]:
    """When a month begins, and when the next one does."""
    year, number = (int(part) for part in month.split("-"))
    begin = datetime(year, number, 1, tzinfo=BEIJING)
    return begin, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=BEIJING)
