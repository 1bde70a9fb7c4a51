"""From which day on somebody is so old."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.age import OF_AGE, age_on, birthday
from schemas.children.visit import ChildVisit
from schemas.declare import WrongDeclaration
from schemas.person import Person


def test_a_birthday_is_the_same_day_of_a_later_year() -> None:
    assert birthday(date(2008, 11, 25), OF_AGE) == date(2026, 11, 25)


def test_who_was_born_on_a_leap_day_has_it_on_the_first_of_march() -> None:
    assert birthday(date(2008, 2, 29), OF_AGE) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 20) == date(2028, 2, 29)


def test_a_day_beyond_the_calendar_is_its_last() -> None:
    assert birthday(date(9990, 1, 1), OF_AGE) == date.max


@given(st.dates(max_value=date(9000, 1, 1)), st.integers(1, 120))
def test_nobody_is_older_the_day_before(born: date, years: int) -> None:
    before = birthday(born, years) - timedelta(days=1)
    assert before.year - born.year - ((before.month, before.day) < (born.month, born.day)) == years - 1


@pytest.mark.parametrize(
    ("on", "age"), [("2026-03-16", 13), ("2026-03-17", 14), ("2026-12-31", 14), ("2027-03-16", 14)]
)
def test_years_are_full_on_the_birthday(on: str, age: int) -> None:
    assert age_on(date(2012, 3, 17), date.fromisoformat(on)) == age


@given(st.dates(), st.dates(), st.integers(0, 120))
def test_who_is_born_later_is_never_of_age_earlier(one: date, other: date, years: int) -> None:
    assert birthday(min(one, other), years) <= birthday(max(one, other), years)


def test_a_person_goes_by_their_birth_date_and_a_visit_by_whom_it_is_to() -> None:
    assert Person.declaration.born == "birth_date"
    assert ChildVisit.declaration.about_children and ChildVisit.declaration.born is None


@pytest.mark.parametrize("field", ["resident_id", "name", "nothing"])
def test_nobody_is_a_child_by_what_is_no_day_or_kept_closely(field: str) -> None:
    with pytest.raises(WrongDeclaration, match="birth date"):

        class Card(Person, collection="card", zh="卡片", en="Card", born=field):
            """A person who is a child by something else."""


def test_a_record_is_not_about_two_children() -> None:
    with pytest.raises(WrongDeclaration, match="not both"):

        class Card(Person, collection="card", zh="卡", en="Card", born="birth_date", about_children=True):
            """A child, and about another."""
