"""Consent holds on some days and not on others, and below fourteen only a guardian's does."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.age import GUARDIAN_UNTIL, age_on
from schemas.consent import Consent, is_in_force

FORM: dict[str, Any] = {
    "person": "01a00000-0000-7000-8000-000000000001",
    "purpose": "service",
    "given_on": "2026-03-17",
    "method": "paper",
    "by": "01a00000-0000-7000-8000-000000000002",
    "given_by": "person",
}
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


def problems(**fields: Any) -> list[str]:
    return [each.code for each in Consent.declaration.problems_in_whole({**FORM, **fields})]


def test_a_child_under_14_needs_the_guardian() -> None:
    assert problems(under_14=True) == ["guardian_gave"]
    assert problems(under_14=True, given_by="guardian") == []
    assert problems(under_14=False) == []


@pytest.mark.parametrize("field", ["valid_until", "withdrawn_on"])
def test_it_does_not_end_before_it_was_given(field: str) -> None:
    assert problems(**{field: "2026-03-16"}) == ["not_before"]
    assert problems(**{field: "2026-03-17"}) == []


@given(on=DAYS, given_on=DAYS, until=st.none() | DAYS, withdrawn=st.none() | DAYS)
def test_it_holds_from_the_day_it_was_given_until_it_ends_or_is_taken_back(
    on: date, given_on: date, until: date | None, withdrawn: date | None
) -> None:
    form = {
        **FORM,
        "given_on": given_on.isoformat(),
        "valid_until": until and until.isoformat(),
        "withdrawn_on": withdrawn and withdrawn.isoformat(),
    }
    wanted = given_on <= on and (until is None or on <= until) and (withdrawn is None or on < withdrawn)
    assert is_in_force(form, on) == wanted


@given(born=DAYS, given_on=DAYS, giver=st.sampled_from(["person", "guardian", "agent"]))
def test_of_who_was_under_14_by_their_birth_date_only_the_guardians_holds(
    born: date, given_on: date, giver: str
) -> None:
    form = {**FORM, "given_on": given_on.isoformat(), "given_by": giver}
    is_young = age_on(born, given_on) < GUARDIAN_UNTIL
    assert is_in_force(form, given_on, born) == (giver == "guardian" or not is_young)
