"""Our holidays are those that somebody else has read from the same notices."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from schemas.figures import Calendar
from schemas.figures.holidays import SHIPPED

OURS = Calendar(SHIPPED)
YEARS = sorted(OURS.years)


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_a_year_is_as_others_have_it(year: int) -> None:
    day, differing, compared = date(year, 1, 1), [], 0
    while day.year == year and OURS.missing(day) is None:
        if OURS.is_working_day(day) != chinese_calendar.is_workday(day):
            differing.append(day.isoformat())
        compared += 1
        day += timedelta(days=1)
    assert differing == []
    assert compared >= 359  # to Christmas at least
