"""Counting working days (工作日): weekdays but public holidays, and the weekends worked in exchange.

A time limit in working days begins on the day after receipt (民法典, article 201: the day on which it begins
does not count) and leaves out what is no working day (行政许可法, article 82, says so of the limits of
offices), so that its last day is one by construction. Nobody knows the calendar of a year before the State
Council has published it: what would need one that is not there is said to be unknown, and for which year.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from schemas.figures.holidays import DAY, SHIPPED, SURE_UNTIL, Holiday, with_years_of
from schemas.figures.office import OfficeFigures, of_office


class Reckoned(msgspec.Struct, frozen=True):
    """A day that was counted to; None where the calendar of the year `missing` is not there yet."""

    day: date | None
    missing: int | None = None

    @property
    def zh(self) -> str | None:
        """Why there is none, and what to do."""
        if self.missing is None:
            return None
        return f"{self.missing} 年的节假日安排尚未录入，无法推算；国务院公布后由主管部门录入"

    @property
    def en(self) -> str | None:
        """The same in English."""
        if self.missing is None:
            return None
        return (
            f"The holidays of {self.missing} are not entered yet: the office does so once they are published"
        )


class Calendar:
    """The days of whole years, as the State Council's notices have them."""

    def __init__(self, holidays: Iterable[Holiday]) -> None:
        self.holidays = tuple(holidays)
        self.years = frozenset(holiday.year for holiday in self.holidays)
        self._free = frozenset(day for holiday in self.holidays for day in holiday.free)
        self._worked = frozenset(day for holiday in self.holidays for day in holiday.worked)

    def missing(self, day: date) -> int | None:
        """The year whose calendar would have to be there to know that day; None where it is known.

        The last days of December may still be moved by the notice for the next year.
        """
        if day.year not in self.years:
            return day.year
        if (day.month, day.day) > SURE_UNTIL and day.year + 1 not in self.years:
            return day.year + 1
        return None

    def is_working_day(self, day: date) -> bool | None:
        """Whether offices work on that day; None where it is not known."""
        if self.missing(day) is not None:
            return None
        return day in self._worked or (day.weekday() < 5 and day not in self._free)

    def after_working_days(self, start: date, count: int) -> Reckoned:
        """The last day of a limit of `count` working days, at least one; `start` itself is not counted."""
        if count < 1:
            raise ValueError("a time limit has one working day at least")
        day, left = start, count
        while left:
            if day == date.max:
                return Reckoned(None, day.year)
            day += DAY
            works = self.is_working_day(day)
            if works is None:
                return Reckoned(None, self.missing(day))
            left -= works
        return Reckoned(day)

    def working_day_from(self, day: date) -> Reckoned:
        """That day, or the next on which offices work.

        Where a limit in days ends on a holiday, its last day is the one after (民法典, article 203).
        """
        return Reckoned(day) if self.is_working_day(day) else self.after_working_days(day, 1)

    def working_days_between(self, start: date, end: date) -> int | None:
        """How many there are after `start`, up to and with `end`; None where that is not known."""
        found = 0
        day = start
        while day < end:
            day += DAY
            works = self.is_working_day(day)
            if works is None:
                return None
            found += works
        return found


_made: tuple[OfficeFigures | None, Calendar] = (None, Calendar(SHIPPED))


def calendar() -> Calendar:
    """The calendar that counts in this process: ours, with the years that the office has entered."""
    global _made
    office = of_office()
    known, found = _made
    if known is not office:
        found = Calendar(with_years_of(SHIPPED, office.holidays))
        _made = office, found
    return found
