"""A phone that has nothing but the catalogue comes to the same figures and days as the server.

`Phone` is written from what the catalogue says of itself (`Catalogue` in schemas/catalogue.py), on the
document as it is sent, and calls nothing of ours.
"""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import catalogue_json
from schemas.figure_tables import TABLES
from schemas.figures import calendar
from schemas.figures.office import OfficeFigures, installed
from schemas.figures.own import office_figures
from tests.holidays import made_up_notices

DAY = timedelta(days=1)
CHANGED = """
[[figure]]
key = "low"
value = 61
source = "通知"
since = 2026-01-01
"""
REPLACED = """
[[figure]]
key = "least_a_month"
value = 2
source = "通知"
"""
SET = office_figures(
    {
        "visit_intervals.toml": CHANGED.encode(),
        "elder_visits.toml": REPLACED.encode(),
        "holidays.toml": made_up_notices(2027, 2029),
    },
    TABLES,
)


class Phone:
    """What it was sent, and how it reckons by that."""

    def __init__(self, document: bytes) -> None:
        rules = msgspec.json.decode(document)["rules"]
        self._figures: dict[str, Any] = rules["figures"]
        self._years = {each["year"] for each in rules["holidays"]}
        self._worked = {day for each in rules["holidays"] for day in each["worked"]}
        self._free = [(each["first"], each["last"]) for each in rules["holidays"]]

    def value_of(self, table: str, key: str, on: date) -> int | None:
        rows = [row for row in self._figures[table]["figures"] if row["key"] == key]
        begun = [row for row in rows if row["since"] is None or row["since"] <= on.isoformat()]
        newest = max(begun, key=lambda row: row["since"] or "", default=None)
        return None if newest is None else newest["value"]

    def is_working_day(self, day: date) -> bool | None:
        said = day.isoformat()
        if day.year not in self._years or (said[5:] > "12-25" and day.year + 1 not in self._years):
            return None
        if said in self._worked:
            return True
        return day.isoweekday() <= 5 and not any(first <= said <= last for first, last in self._free)

    def after_working_days(self, start: date, count: int) -> date | None:
        day = start
        while count:
            day += DAY
            works = self.is_working_day(day)
            if works is None:
                return None
            count -= works
        return day


@pytest.fixture(params=[OfficeFigures(), SET], ids=["ours", "an office's"])
def phone(request: pytest.FixtureRequest) -> Any:
    with installed(request.param):
        yield Phone(catalogue_json()[0])


def test_every_figure_is_the_same_on_the_days_about_each_change(phone: Phone) -> None:
    for name, table in TABLES.items():
        changes = {figure.since for figure in table.figures if figure.since} | {date(2023, 3, 1)}
        for key in {figure.key for figure in table.figures}:
            for on in {change + DAY * apart for change in changes for apart in (-1, 0, 1)}:
                assert phone.value_of(name, key, on) == table.value_of(key, on)


def test_every_day_is_the_same_also_where_it_is_not_known(phone: Phone) -> None:
    day = date(2021, 12, 1)
    while day.year < 2031:
        assert phone.is_working_day(day) == calendar().is_working_day(day)
        day += DAY


@given(st.dates(date(2021, 12, 1), date(2027, 2, 1)), st.integers(1, 60))
def test_a_time_limit_ends_on_the_same_day(start: date, count: int) -> None:
    sent = Phone(catalogue_json()[0])
    assert sent.after_working_days(start, count) == calendar().after_working_days(start, count).day
