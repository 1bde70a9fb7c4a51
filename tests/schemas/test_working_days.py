"""Working days are counted by the State Council's calendar, and never by a guess."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import catalogue
from schemas.figure_tables import TABLES
from schemas.figures import Calendar, Reckoned, WrongFigures, calendar
from schemas.figures.holidays import SHIPPED, Festival, read
from schemas.figures.office import installed
from schemas.figures.own import office_figures

OURS = Calendar(SHIPPED)
FIRST, LAST = date(2022, 1, 1), date(2026, 12, 25)
DAY = timedelta(days=1)
known = st.dates(FIRST, LAST)
counts = st.integers(1, 60)


def reached(start: date, count: int) -> date | None:
    return OURS.after_working_days(start, count).day


# Counted by hand on the calendars of the yearly notices (国务院办公厅关于…年部分节假日安排的通知). The day on
# which a limit begins does not count: 民法典, article 201.
@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        # A week without holidays: Monday the 6th, and the day itself is not counted.
        ("2023-03-06", 1, "2023-03-07"),
        ("2023-03-06", 5, "2023-03-13"),
        # Received on a Friday, on a Saturday, on a Sunday: all three begin on the Monday.
        ("2023-03-10", 1, "2023-03-13"),
        ("2023-03-11", 1, "2023-03-13"),
        ("2023-03-12", 1, "2023-03-13"),
        # Spring Festival of 2023: free from Saturday 21 to Friday 27 January; Saturday and Sunday are worked.
        ("2023-01-19", 1, "2023-01-20"),
        ("2023-01-19", 2, "2023-01-28"),
        ("2023-01-19", 3, "2023-01-29"),
        ("2023-01-19", 4, "2023-01-30"),
        ("2023-01-23", 1, "2023-01-28"),
        # Thirty working days for a decision on 低保 (民发〔2021〕57号), across it: 3 to 20 January are
        # fourteen, 28 January to 3 February seven, and nine more end on Thursday the 16th.
        ("2023-01-02", 14, "2023-01-20"),
        ("2023-01-02", 30, "2023-02-16"),
        # Spring Festival of 2024: Sunday 4 and Sunday 18 February are worked.
        ("2024-02-02", 1, "2024-02-04"),
        ("2024-02-09", 1, "2024-02-18"),
        # Of 2026, nine days: Saturday 14 and Saturday 28 February are worked.
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-02-27", 1, "2026-02-28"),
        # National Day of 2022: free from the 1st to the 7th; Saturday 8 and Sunday 9 October are worked.
        ("2022-09-30", 1, "2022-10-08"),
        ("2022-09-30", 2, "2022-10-09"),
        ("2022-09-30", 3, "2022-10-10"),
        # Of 2023, with Mid-Autumn: free from 29 September to 6 October, then a weekend is worked.
        ("2023-09-28", 1, "2023-10-07"),
        ("2023-09-28", 2, "2023-10-08"),
        # Of 2024: Sunday 29 September and Saturday 12 October are worked.
        ("2024-09-27", 1, "2024-09-29"),
        ("2024-09-27", 3, "2024-10-08"),
        ("2024-10-11", 1, "2024-10-12"),
        # Of 2026: Sunday 20 September is worked, five days before Mid-Autumn.
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-24", 1, "2026-09-28"),
        # The end of the year: 31 December 2022 belongs to the notice for 2023; 2024 has one day.
        ("2022-12-30", 1, "2023-01-03"),
        ("2023-12-29", 1, "2024-01-02"),
        ("2024-12-31", 1, "2025-01-02"),
        ("2025-12-31", 1, "2026-01-04"),
        # Labour Day of 2022: Sunday 24 April and Saturday 7 May are worked.
        ("2022-04-22", 1, "2022-04-24"),
        ("2022-04-29", 1, "2022-05-05"),
        ("2022-05-06", 1, "2022-05-07"),
    ],
)
def test_the_last_day_of_a_time_limit(start: str, count: int, last: str) -> None:
    assert OURS.after_working_days(date.fromisoformat(start), count) == Reckoned(date.fromisoformat(last))


@pytest.mark.parametrize("festival", Festival)
def test_every_year_has_every_festival(festival: Festival) -> None:
    named = [holiday.year for holiday in SHIPPED if festival in holiday.festivals]
    assert named == [2022, 2023, 2024, 2025, 2026]


def test_every_holiday_names_the_notice_of_its_year() -> None:
    for holiday in SHIPPED:
        assert f"国务院办公厅关于{holiday.year}年部分节假日安排的通知" in holiday.source


@given(known, counts)
def test_a_time_limit_ends_on_a_working_day_after_its_beginning(start: date, count: int) -> None:
    day = reached(start, count)
    if day is not None:
        assert day > start and OURS.is_working_day(day)
        assert not any(day in holiday.free for holiday in SHIPPED)


@given(known, known, counts)
def test_who_begins_later_does_not_end_earlier(one: date, other: date, count: int) -> None:
    earlier, later = (reached(start, count) for start in sorted((one, other)))
    if earlier is None:
        assert later is None
    elif later is not None:
        assert earlier <= later


@given(known, counts, counts)
def test_two_limits_one_after_the_other_are_as_long_as_both(start: date, one: int, other: int) -> None:
    first = reached(start, one)
    assert reached(start, one + other) == (None if first is None else reached(first, other))


@given(known, counts)
def test_as_many_working_days_lie_between_as_were_counted(start: date, count: int) -> None:
    day = reached(start, count)
    if day is not None:
        assert OURS.working_days_between(start, day) == count


@given(known, known)
def test_days_between_add_up_and_none_lie_before_the_beginning(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    found = OURS.working_days_between(earlier, later)
    assert found is not None and 0 <= found <= (later - earlier).days
    assert OURS.working_days_between(later, earlier) == 0
    middle = earlier + (later - earlier) // 2
    parts = [OURS.working_days_between(earlier, middle), OURS.working_days_between(middle, later)]
    assert sum(part or 0 for part in parts) == found


@given(known)
def test_a_limit_in_days_that_ends_on_a_holiday_ends_on_the_day_after(day: date) -> None:
    found = OURS.working_day_from(day).day
    if OURS.is_working_day(day):
        assert found == day
    elif found is not None:
        between = (day + DAY * count for count in range((found - day).days))
        assert OURS.is_working_day(found) and not any(OURS.is_working_day(each) for each in between)


@pytest.mark.parametrize("count", [0, -1])
def test_a_limit_of_no_days_is_a_mistake_in_the_program(count: int) -> None:
    with pytest.raises(ValueError, match="one working day at least"):
        OURS.after_working_days(date(2023, 3, 6), count)


# What is not known is said to be unknown.


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        (date(2021, 12, 31), 2021),
        (date(2022, 1, 1), None),
        (date(2026, 12, 25), None),
        # The notice for 2027 may still move the last days of 2026.
        (date(2026, 12, 26), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
        (date(2030, 6, 1), 2030),
    ],
)
def test_a_year_without_a_calendar_is_not_guessed(day: date, missing: int | None) -> None:
    assert OURS.missing(day) == missing
    assert (OURS.is_working_day(day) is None) == (missing is not None)


def test_a_limit_that_runs_into_such_a_year_says_which() -> None:
    assert OURS.after_working_days(date(2026, 12, 24), 1) == Reckoned(date(2026, 12, 25))
    unknown = OURS.after_working_days(date(2026, 12, 25), 1)
    assert unknown == Reckoned(None, 2027)
    assert "2027 年" in (unknown.zh or "") and "2027" in (unknown.en or "")
    assert OURS.working_days_between(date(2026, 12, 24), date(2027, 1, 4)) is None


def test_the_end_of_the_calendar_is_no_exception() -> None:
    assert OURS.after_working_days(date.max, 1).day is None
    assert OURS.working_day_from(date.max).day is None


def test_a_day_that_was_reached_needs_no_reason() -> None:
    found = OURS.after_working_days(date(2023, 3, 6), 1)
    assert (found.zh, found.en) == (None, None)


# An office enters the years to come.

_2027 = {
    "new_year": ("2027-01-01", "2027-01-03", ""),
    "spring_festival": ("2027-02-05", "2027-02-11", "2027-02-14"),
    "qingming": ("2027-04-03", "2027-04-05", ""),
    "labour_day": ("2027-05-01", "2027-05-05", "2027-05-08"),
    "dragon_boat": ("2027-06-09", "2027-06-09", ""),
    "mid_autumn": ("2027-09-15", "2027-09-15", ""),
    "national_day": ("2027-10-01", "2027-10-07", "2027-10-09"),
}


def notice(**changed: tuple[str, str, str]) -> bytes:
    """A notice for 2027 that was made up for these tests, in the form in which an office enters one."""
    return "\n".join(
        f'[[holiday]]\nyear = 2027\nfestivals = ["{festival}"]\nfirst = {first}\nlast = {last}\n'
        f'worked = [{worked}]\nsource = "通知"'
        for festival, (first, last, worked) in {**_2027, **changed}.items()
    ).encode()


def test_an_office_enters_the_year_to_come_and_it_counts() -> None:
    with installed(office_figures({"holidays.toml": notice()}, TABLES)):
        assert calendar().after_working_days(date(2026, 12, 31), 1) == Reckoned(date(2027, 1, 4))
        assert calendar().after_working_days(date(2027, 2, 12), 1) == Reckoned(date(2027, 2, 14))
        assert calendar().missing(date(2027, 12, 26)) == 2028
        assert {holiday.year for holiday in catalogue().rules["holidays"]} == {*range(2022, 2028)}
    assert calendar().missing(date(2027, 1, 4)) == 2027


def test_a_year_of_the_office_takes_the_place_of_ours() -> None:
    moved = notice().replace(b"2027", b"2026")
    moved = moved.replace(b"2026-02-14", b"2026-02-28").replace(b"2026-05-08", b"2026-05-09")
    moved = moved.replace(b"2026-10-09", b"2026-10-10")
    with installed(office_figures({"holidays.toml": moved}, TABLES)):
        assert calendar().is_working_day(date(2026, 9, 25)) is True
        assert calendar().is_working_day(date(2026, 9, 15)) is False
    assert calendar().is_working_day(date(2026, 9, 25)) is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (notice(qingming=("2027-04-05", "2027-04-03", "")), "in that order"),
        (notice(qingming=("2027-04-05", "2027-04-20", "")), "15 days at most"),
        (notice().replace(b"year = 2027", b"year = 0", 1), "year must lie in 2008 to 2999"),
        (notice().replace(b"year = 2027", b"year = 10000", 1), "year must lie in 2008 to 2999"),
        (notice(qingming=("2026-04-03", "2026-04-05", "")), "must lie in 2027"),
        (notice(new_year=("2026-12-25", "2027-01-01", "")), "must lie in 2027"),
        (notice(national_day=("2027-10-01", "2027-10-07", "2026-10-10")), "worked days must lie in 2027"),
        (notice(national_day=("2027-10-01", "2027-10-07", "2027-10-08")), "Saturdays and Sundays"),
        (notice(national_day=("2027-10-01", "2027-10-07", "2027-10-02")), "outside the holiday"),
        (notice(national_day=("2027-10-01", "2027-10-07", "2027-10-09, 2027-10-09")), "each once"),
        (notice(national_day=("2027-10-01", "2027-10-07", '"2027-10-09"')), "Saturdays and Sundays"),
        (notice(dragon_boat=("2027-05-05", "2027-05-06", "")), "2027-05-05 is in row 4 too"),
        (notice(dragon_boat=("2027-06-09", "2027-06-09", "2027-05-08")), "2027-05-08 is in row 4 too"),
        (notice().replace(b'"mid_autumn"', b'"lantern"'), "festivals must be of"),
        (notice().replace(b'["mid_autumn"]', b"[]"), "festivals must be of"),
        (notice().replace(b'["mid_autumn"]', b"[1]"), "festivals must be of"),
        (notice().replace(b'["mid_autumn"]', b'["qingming"]'), "qingming of 2027 must have one row"),
        (notice().rpartition(b"[[holiday]]")[0], "national_day of 2027 must have one row"),
        (notice().replace(b'source = "\xe9\x80\x9a\xe7\x9f\xa5"', b"", 1), "needs source"),
        (b"", "no [[holiday]]"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(WrongFigures) as refused:
        read(text, "holidays.toml")
    assert said in str(refused.value) and "holidays.toml" in str(refused.value)


def test_a_year_that_contradicts_the_next_one_is_refused() -> None:
    rows = notice().replace(b"2027", b"2022").replace(b"2022-02-14", b"2022-02-13")
    rows = rows.replace(b"2022-05-08", b"2022-12-31").replace(b"2022-10-09", b"2022-10-08")
    with pytest.raises(WrongFigures, match="2022-12-31 is decided by the notice for 2023"):
        office_figures({"holidays.toml": rows}, TABLES)
