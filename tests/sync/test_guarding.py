"""On which days a child under 14 is guarded, as a law over all that guardians may agree to."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.age import GUARDIAN_UNTIL, birthday
from schemas.consent import is_in_force
from sync.guarding import guarded

TODAY = date(2026, 11, 24)

days = st.integers(-40, 40).map(lambda number: TODAY + timedelta(days=number))
births = st.one_of(
    st.integers(-5, 60).map(lambda ahead: (TODAY + timedelta(days=ahead)).replace(year=TODAY.year - 14)),
    st.dates(date(2000, 1, 1), TODAY),
)


@st.composite
def consents(draw: st.DrawFn) -> dict[str, Any]:
    """Something that somebody agreed to, and until when."""
    given_on = draw(days)
    form: dict[str, Any] = {
        "given_on": given_on.isoformat(),
        "purpose": draw(st.sampled_from(["service", "service", "service", "photos"])),
        "given_by": draw(st.sampled_from(["guardian", "guardian", "guardian", "person", "agent"])),
    }
    for end in ("valid_until", "withdrawn_on"):
        if draw(st.booleans()):
            form[end] = (given_on + timedelta(days=draw(st.integers(0, 30)))).isoformat()
    return form


def stands(agreed: list[dict[str, Any]], born: date, day: date) -> bool:
    """Whether a guardian's consent to social work holds on a day, asked consent by consent."""
    ours = [each for each in agreed if each["purpose"] == "service" and each["given_by"] == "guardian"]
    return any(is_in_force(each, day, born) for each in ours)


@given(births, st.lists(consents(), max_size=4))
def test_today_a_child_under_14_is_guarded_just_where_no_guardians_consent_stands(
    born: date, agreed: list[dict[str, Any]]
) -> None:
    guard = guarded(born, agreed, TODAY)
    is_young = birthday(born, GUARDIAN_UNTIL) > TODAY
    assert (guard is not None and guard.is_on(TODAY)) == (is_young and not stands(agreed, born, TODAY))


@given(births, st.lists(consents(), max_size=4), st.integers(0, 90))
def test_on_no_later_day_is_anything_read_without_a_consent(
    born: date, agreed: list[dict[str, Any]], ahead: int
) -> None:
    day = TODAY + timedelta(days=ahead)
    guard = guarded(born, agreed, TODAY)
    if guard is None or not guard.is_on(day):
        assert stands(agreed, born, day) or birthday(born, GUARDIAN_UNTIL) <= day


@given(births, st.lists(consents(), max_size=4))
def test_from_the_fourteenth_birthday_on_nothing_is_guarded(born: date, agreed: list[dict[str, Any]]) -> None:
    guard = guarded(born, agreed, TODAY)
    assert guard is None or guard.until <= birthday(born, GUARDIAN_UNTIL)


@given(births, st.lists(consents(), max_size=4).flatmap(lambda found: st.permutations(found)))
def test_in_whichever_order_consents_are_read_the_days_are_the_same(
    born: date, agreed: list[dict[str, Any]]
) -> None:
    assert guarded(born, agreed, TODAY) == guarded(born, agreed[::-1], TODAY)
