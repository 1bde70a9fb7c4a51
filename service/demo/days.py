"""The pilot year's days: when people work, when homes could not be visited, and which season it is."""

import random
from datetime import date, datetime, timedelta
from typing import Final

from schemas.civil import BEIJING
from schemas.figures import Calendar
from schemas.figures.holidays import SHIPPED

_CALENDAR: Final = Calendar(SHIPPED)  # what an office has entered since makes no other demo
_SCHOOL_HOLIDAYS: Final = (
    (date(2023, 1, 7), date(2023, 2, 12)),
    (date(2023, 7, 8), date(2023, 8, 27)),
)
# Lanzhou's streets were closed for most of this time; social workers telephoned.
_CLOSED: Final = (date(2022, 10, 10), date(2022, 12, 4))
# 兰州市城市供热: from 1 November to 31 March, begun some days early in cold years.
_HEATING: Final = (date(2022, 10, 27), date(2023, 3, 31))


def is_working_day(day: date) -> bool:
    """Whether offices work: on weekdays but public holidays, and on the weekends worked in exchange."""
    return _CALENDAR.is_working_day(day) is True


def working_day(day: date) -> date:
    """That day, or the next on which people work."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_closed(day: date) -> bool:
    """Homes could not be visited."""
    return _CLOSED[0] <= day <= _CLOSED[1]


def is_heated(day: date) -> bool:
    """The heating season: homes are warm or somebody must ask why not."""
    return _HEATING[0] <= day <= _HEATING[1]


def is_school_holiday(day: date) -> bool:
    """The schools' winter and summer holidays."""
    return any(first <= day <= last for first, last in _SCHOOL_HOLIDAYS)


def after_school(day: date, chance: random.Random) -> datetime:
    """A time of that day when pupils are home."""
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(
        minutes=chance.randint(16 * 60 + 40, 18 * 60 + 50), seconds=chance.randint(0, 59)
    )


def moment_on(day: date, chance: random.Random) -> datetime:
    """A time of the working day, in the morning or the afternoon; visits avoid the noon rest."""
    minutes = chance.randint(8 * 60 + 40, 11 * 60 + 50)
    if chance.random() < 0.55:
        minutes = chance.randint(14 * 60 + 20, 17 * 60 + 50)
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(
        minutes=minutes, seconds=chance.randint(0, 59), milliseconds=chance.randint(0, 999)
    )


def moment_after(day: date, least: int, most: int, chance: random.Random) -> datetime:
    """A time of a working day so many days later."""
    return moment_on(working_day(day + timedelta(days=chance.randint(least, most))), chance)


def office_day(day: date) -> date:
    """That day, or the next Wednesday on which people work: when the committee deals with papers."""
    while day.weekday() != 2 or not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_day_before(day: date) -> date:
    """That day, or the last before it on which people worked."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def working_days_after(day: date, count: int) -> date:
    """The working day that comes `count` working days later."""
    for _ in range(count):
        day = working_day(day + timedelta(days=1))
    return day
