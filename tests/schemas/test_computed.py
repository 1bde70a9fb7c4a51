"""Values that follow from others: the same on a phone and on the server, and never typed."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.computed import Furthest, HoursAfter
from schemas.figures import Standing
from schemas.mandatory_report import REPORT_HOURS, ReportState

REPORT = COLLECTIONS["mandatory_report"]
ORDER = [state.code for state in ReportState]
FACTS = ("police_told_at", "civil_affairs_told_at", "taken_up_at", "closed_on", "outcome")
facts = st.sets(st.sampled_from(FACTS))
moments = st.datetimes(timezones=st.timezones()).map(datetime.isoformat)


def state_of(told: set[str]) -> str:
    computed = REPORT.fields["state"].computed
    assert isinstance(computed, Furthest)
    state: str = computed.value(dict.fromkeys(told, "…"))
    return state


@given(facts, facts)
def test_more_facts_never_set_a_report_back(told: set[str], more: set[str]) -> None:
    assert ORDER.index(state_of(told)) <= ORDER.index(state_of(told | more))


@given(facts, facts)
def test_a_report_takes_only_steps_that_its_state_machine_declares(told: set[str], more: set[str]) -> None:
    states = REPORT.fields["state"].states
    assert states is not None
    assert state_of(set()) in states.initial
    assert states.allows(state_of(told), state_of(told | more))


@given(facts)
def test_a_report_is_taken_up_or_closed_only_once_both_authorities_were_told(told: set[str]) -> None:
    if state_of(told) in ("both_told", "taken_up", "closed"):
        assert {"police_told_at", "civil_affairs_told_at"} <= told


def test_every_state_can_be_reached() -> None:
    computed = REPORT.fields["state"].computed
    assert isinstance(computed, Furthest)
    assert [state_of(set(needed)) for _, needed in computed.states] == ORDER


@given(moments | st.just("9999-12-31T23:59:59Z"))
def test_a_deadline_is_so_many_hours_after_the_moment_that_it_counts_from(moment: str) -> None:
    rule = HoursAfter("at", REPORT_HOURS, "both_told")
    found: Any = rule.value({"at": moment})
    try:
        expected = datetime.fromisoformat(moment) + timedelta(hours=24)
    except OverflowError:
        assert found is None
    else:
        assert datetime.fromisoformat(found) == expected


def test_what_it_counts_from_may_be_missing() -> None:
    assert HoursAfter("at", REPORT_HOURS, "both_told").value({}) is None


def test_the_hours_are_marked_as_a_default_since_the_law_says_at_once() -> None:
    (figure,) = REPORT_HOURS.figures
    assert figure.standing is Standing.DEFAULT
