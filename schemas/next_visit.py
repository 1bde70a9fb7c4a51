"""When somebody is to be visited next, and by which rule: the shortest interval that applies to them counts.

Only who was met or spoken with was visited: a door that nobody opened puts nothing off.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from schemas.figures import FigureTable
from schemas.needs import Risk
from schemas.visit import VISIT_INTERVALS, Met

SEEN: Final = frozenset({Met.MET.code, Met.SPOKEN.code})


class NextVisit(msgspec.Struct, frozen=True):
    """`due_on`: the last day in time; that of the asking itself where there was no visit yet."""

    due_on: date
    last_on: date | None
    zh: str
    en: str

    def is_overdue(self, on: date) -> bool:
        """The day has passed."""
        return on > self.due_on


class Interval(msgspec.Struct, frozen=True):
    """So many days by one rule, in words."""

    days: int
    zh: str
    en: str


def last_seen(visits: Iterable[Mapping[str, Any]], on: date) -> date | None:
    """The last day, up to `on`, on which one of these visits met the person; one that does not say did."""
    days = (date.fromisoformat(each["on"]) for each in visits if each.get("met") in (None, *SEEN))
    return max((day for day in days if day <= on), default=None)


def by_risk(risk: Risk | None, on: date) -> Interval | None:
    """What the risk asks for; one that nobody has recorded counts as the lowest. None without a figure."""
    counted = risk or Risk.LOW
    days = VISIT_INTERVALS.value_of(counted.code, on)
    if days is None:
        return None
    if risk is None:
        return Interval(
            days, f"风险等级未评定，按“{counted.zh}”每 {days} 天", f"no risk recorded: {days} days"
        )
    return Interval(days, f"风险等级“{risk.zh}”每 {days} 天", f"a {risk.en.lower()} risk: {days} days")


def next_visit(
    visits: Iterable[Mapping[str, Any]],
    intervals: Iterable[Interval | None],
    on: date,
    monthly: bool = False,
) -> NextVisit | None:
    """The day by which the next visit is due; None where no interval has a figure.

    `monthly`: each calendar month is to have its visit, so it is due by the end of the next one at the
    latest.
    """
    known = [each for each in intervals if each is not None]
    if not known:
        return None
    shortest = min(known, key=lambda each: each.days)
    last = last_seen(visits, on)
    if last is None:
        return NextVisit(on, None, "尚未见到本人，应尽快探访", "Not met yet: to be visited at once")
    due = _days_after(last, shortest.days)
    zh, en = shortest.zh, shortest.en
    if monthly and (end := end_of_next_month(last)) < due:
        due, zh, en = end, "每月至少一次", "once a month at least"
    return NextVisit(
        due,
        last,
        f"上次见到：{last.isoformat()}；{zh}；最迟：{due.isoformat()}",
        f"Last met: {last.isoformat()}; {en}; at the latest: {due.isoformat()}",
    )


def _days_after(day: date, days: int) -> date:
    """Beyond the calendar's end it is its last day: what an office enters may be anything."""
    return day + timedelta(days=days) if days <= (date.max - day).days else date.max


def end_of_next_month(day: date) -> date:
    """The last day of the month after that of `day`; beyond the calendar's end its last day."""
    years, month = divmod(day.month, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    return date(year, month + 1, monthrange(year, month + 1)[1])


def by_group(table: FigureTable, groups: Iterable[Any], on: date) -> list[Interval | None]:
    """What each group asks for; None for one without a figure."""
    found: list[Interval | None] = []
    for group in groups:
        days = table.value_of(group.code, on)
        found.append(
            None
            if days is None
            else Interval(days, f"“{group.zh}”每 {days} 天", f"{group.en.lower()}: {days} days")
        )
    return found
