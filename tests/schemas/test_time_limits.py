"""By when something has to happen to an application, across festivals and year ends, and when to remind."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aid.assistance import AssistanceKind
from schemas.aid.referral import Referral, ReferralState
from schemas.aid.terms import TERMS, Limit
from schemas.aid.time_limits import LimitState, TimeLimit, reminders, time_limits
from schemas.declare import Declaration
from schemas.figures import calendar
from tests.schemas.aid import entered, figures

REFERRAL: Declaration = Referral.declaration
days = st.dates(date(2022, 1, 1), date(2026, 12, 31))


def referral(state: str = "received", kind: str = "minimum_living", **fields: Any) -> dict[str, Any]:
    return {"state": state, "kind": kind, **fields}


def limit(what: Limit, of: dict[str, Any], on: date = date(2026, 3, 2)) -> TimeLimit:
    (found,) = (each for each in time_limits(of, on) if each.limit is what)
    return found


# Days counted by hand in the State Council's notices for 2025 and 2026.
GOLDEN = [
    # 57号: 30 working days from receipt. Spring Festival 15 to 23 February, 14 and 28 February worked.
    (Limit.DECISION, referral(received_on="2026-02-02"), "2026-03-20"),
    # 45 where it was extended; Qingming 4 to 6 April.
    (Limit.DECISION, referral(received_on="2026-02-02", is_extended=True), "2026-04-13"),
    # Across the year: 1 to 3 January free, Sunday 4 January worked.
    (Limit.DECISION, referral(received_on="2025-12-15"), "2026-01-27"),
    # 43号: the survey within 15; Sunday 20 September and Saturday 10 October worked, 1 to 7 October free.
    (
        Limit.SURVEY,
        referral(kind="extreme_poverty", received_on="2026-09-18"),
        "2026-10-15",
    ),
    # 23号: papers within 10 after the emergency is over.
    (
        Limit.PAPERS,
        referral("drafted", "temporary", emergency=True, emergency_over_on="2026-09-30"),
        "2026-10-20",
    ),
    # 57号: from the month after the decision.
    (Limit.BENEFIT, referral("approved", decided_on="2026-01-31"), "2026-02-28"),
    (Limit.BENEFIT, referral("approved", decided_on="2026-12-05"), "2027-01-31"),
    # 行政复议法第二十条: 60 days from the day on which one was told.
    (Limit.APPEAL, referral("refused", decided_on="2026-02-20", told_on="2026-03-01"), "2026-04-30"),
    (Limit.APPEAL, referral("refused", decided_on="2026-02-20"), "2026-04-21"),
    # 57号: every 12 months, every 6 where income varies.
    (
        Limit.REVIEW,
        referral("benefits_begun", benefits_begun_on="2024-02-29", review_basis="stable"),
        "2025-02-28",
    ),
    (
        Limit.REVIEW,
        referral("benefits_begun", benefits_begun_on="2026-08-31", review_basis="varying"),
        "2027-02-28",
    ),
    (
        Limit.REVIEW,
        referral(
            "benefits_begun",
            benefits_begun_on="2025-01-10",
            reviewed_on="2026-01-12",
            review_basis="stable",
        ),
        "2027-01-12",
    ),
]


@pytest.mark.parametrize(("what", "of", "due"), GOLDEN)
def test_the_last_day_is_the_one_that_the_papers_come_to(what: Limit, of: dict[str, Any], due: str) -> None:
    assert limit(what, of).due == date.fromisoformat(due)


def test_a_time_limit_names_its_figure_and_its_source() -> None:
    found = limit(Limit.DECISION, referral(received_on="2026-02-02"))
    assert found.figure is not None
    assert (found.figure.value, found.figure.source) == (30, "民发〔2021〕57号")
    assert found.because().zh == "作出决定：2026-03-20 前，进行中（30 工作日，民发〔2021〕57号）"


# Due on 2026-03-20, to be reminded of from seven days before.
STATES = [
    (date(2026, 3, 12), LimitState.RUNNING),
    (date(2026, 3, 13), LimitState.SOON),
    (date(2026, 3, 20), LimitState.SOON),
    (date(2026, 3, 21), LimitState.OVERDUE),
]


@pytest.mark.parametrize(("on", "state"), STATES)
def test_somebody_is_reminded_before_the_last_day_and_it_is_overdue_after_it(
    on: date, state: LimitState
) -> None:
    of = referral(received_on="2026-02-02")
    assert limit(Limit.DECISION, of, on).state is state
    assert bool(reminders(of, on)) == (state is not LimitState.RUNNING)


@pytest.mark.parametrize("kind", [kind.code for kind in AssistanceKind if kind.code != "minimum_living"])
def test_where_the_office_has_not_said_how_long_it_takes_no_day_is_made_up(kind: str) -> None:
    found = limit(Limit.DECISION, referral(kind=kind, received_on="2026-02-02"))
    assert (found.due, found.state) == (None, LimitState.UNKNOWN)
    assert [(each.what, each.by_office) for each in found.missing] == [(f"decision_days.{kind}", True)]


def test_the_office_that_says_how_long_it_takes_is_held_to_it() -> None:
    with entered(figures("decision_days", temporary=7)):
        found = limit(Limit.DECISION, referral(kind="temporary", received_on="2026-03-02"))
    assert found.due == date(2026, 3, 11)


def test_an_office_may_decide_on_the_day_itself() -> None:
    with entered(figures("decision_days", temporary=0)):
        found = limit(Limit.DECISION, referral(kind="temporary", received_on="2026-03-02"))
    assert (found.due, found.state) == (date(2026, 3, 2), LimitState.SOON)


def test_next_years_holidays_that_nobody_knows_yet_are_named_and_not_guessed() -> None:
    found = limit(Limit.DECISION, referral(received_on="2026-12-01"), date(2026, 12, 2))
    assert (found.due, found.state) == (None, LimitState.UNKNOWN)
    assert [each.what for each in found.missing] == ["holidays.2027"]


def test_the_day_that_the_office_has_named_goes_before_and_the_rules_stands_beside_it() -> None:
    found = limit(Limit.DECISION, referral(received_on="2026-02-02", due_on="2026-03-27"))
    assert (found.due, found.by_rule) == (date(2026, 3, 27), date(2026, 3, 20))
    assert "按规定推算为 2026-03-20" in found.because().zh


def test_the_day_that_the_office_has_named_counts_where_no_figure_is_known() -> None:
    found = limit(Limit.DECISION, referral(kind="medical", received_on="2026-02-02", due_on="2026-03-01"))
    assert (found.due, found.state) == (date(2026, 3, 1), LimitState.OVERDUE)


SUPPLEMENTED = referral(
    received_on="2026-03-02", supplement_asked_on="2026-03-09", supplemented_on="2026-03-16"
)


def test_where_nobody_said_whether_time_stands_still_the_earlier_day_counts_and_both_are_told() -> None:
    found = limit(Limit.DECISION, SUPPLEMENTED)
    assert (found.due, found.if_stopped) == (date(2026, 4, 14), date(2026, 4, 21))
    assert [each.what for each in found.missing] == ["supplement_counts.minimum_living"]


@pytest.mark.parametrize(("counts", "due"), [(100, date(2026, 4, 14)), (0, date(2026, 4, 21))])
def test_the_office_says_whether_time_stands_still_while_papers_are_waited_for(
    counts: int, due: date
) -> None:
    with entered(figures("supplement_counts", minimum_living=counts)):
        found = limit(Limit.DECISION, SUPPLEMENTED)
    assert (found.due, found.if_stopped, found.missing) == (due, None, ())


def test_a_wait_into_a_year_that_is_not_known_leaves_the_last_day_open_where_it_stops_time() -> None:
    of = referral(received_on="2026-11-02", supplement_asked_on="2026-11-09", supplemented_on="2026-12-10")
    assert limit(Limit.DECISION, of).due == date(2026, 12, 14)
    with entered(figures("supplement_counts", minimum_living=0)):
        found = limit(Limit.DECISION, of)
    assert (found.due, [each.what for each in found.missing]) == (None, ["holidays.2027"])


def test_papers_that_are_still_waited_for_move_the_later_day_on() -> None:
    of = referral("supplement_asked", received_on="2026-03-02", supplement_asked_on="2026-03-09")
    assert limit(Limit.DECISION, of, date(2026, 3, 16)).if_stopped == date(2026, 4, 21)
    assert limit(Limit.DECISION, of, date(2026, 3, 17)).if_stopped == date(2026, 4, 22)


def test_how_a_grant_is_reviewed_is_asked_for_and_the_sooner_review_counts_meanwhile() -> None:
    found = limit(Limit.REVIEW, referral("benefits_begun", benefits_begun_on="2026-01-10"))
    assert found.due == date(2026, 7, 10)
    assert [each.what for each in found.missing] == ["referral.review_basis"]


def test_help_in_an_emergency_asks_when_it_was_over() -> None:
    of = referral("drafted", "temporary", emergency=True, helped_on="2026-03-01")
    found = limit(Limit.PAPERS, of)
    assert found.state is LimitState.UNKNOWN
    assert [each.what for each in found.missing] == ["referral.emergency_over_on"]


@pytest.mark.parametrize(
    "of",
    [
        referral("drafted", "temporary"),
        referral("drafted", "temporary", emergency=True, papers_completed_on="2026-03-01"),
        referral("drafted", "medical", emergency=True),
    ],
)
def test_no_papers_are_owed_without_an_emergency_or_when_they_are_there(of: dict[str, Any]) -> None:
    assert time_limits(of, date(2026, 3, 2)) == ()


@pytest.mark.parametrize("state", ["drafted", "consented", "sent", "withdrawn", "closed", "appealed"])
def test_nothing_runs_where_no_paper_says_so(state: str) -> None:
    assert time_limits(referral(state, received_on="2026-02-02"), date(2026, 3, 2)) == ()


RUNNING = [
    ("received", [Limit.DECISION]),
    ("supplement_asked", [Limit.DECISION]),
    ("approved", [Limit.BENEFIT]),
    ("refused", [Limit.APPEAL]),
    ("benefits_begun", [Limit.REVIEW]),
]


@pytest.mark.parametrize(("state", "running"), RUNNING)
def test_in_each_state_that_runs_what_is_next(state: str, running: list[Limit]) -> None:
    days = {"received_on": "2026-02-02"}
    if state not in ("received", "supplement_asked"):
        days["decided_on"] = "2026-03-02"
    found = time_limits(referral(state, **days), date(2026, 3, 3))
    assert [each.limit for each in found] == running


def test_a_survey_that_is_done_runs_no_more() -> None:
    of = referral(kind="extreme_poverty", received_on="2026-09-18", surveyed_on="2026-09-28")
    assert {each.limit for each in time_limits(of, date(2026, 9, 29))} == {Limit.DECISION}


@pytest.mark.parametrize("term", TERMS)
def test_terms_speak_of_states_and_days_that_a_referral_has(term: Any) -> None:
    assert set(term.states) <= {state.code for state in ReferralState}
    names = [*term.starts, *(name for name, _ in term.only), term.done, term.named]
    assert {name for name in names if name is not None} <= set(REFERRAL.fields)


@given(days, days)
def test_a_limit_in_working_days_ends_on_one_after_it_began(received: date, on: date) -> None:
    found = limit(Limit.DECISION, referral(received_on=received.isoformat()), on)
    if found.due is not None:
        assert found.due > received and calendar().is_working_day(found.due)
        assert calendar().working_days_between(received, found.due) == 30


@given(days, st.integers(0, 200))
def test_time_only_ever_brings_a_limit_nearer(received: date, later: int) -> None:
    order = [LimitState.RUNNING, LimitState.SOON, LimitState.OVERDUE]
    of = referral("refused", told_on=received.isoformat())
    before, after = (limit(Limit.APPEAL, of, received + timedelta(days=each)) for each in (0, later))
    assert before.due == after.due
    assert order.index(before.state) <= order.index(after.state)


@given(
    st.sampled_from([state.code for state in ReferralState]),
    st.sampled_from([kind.code for kind in AssistanceKind]),
    st.dictionaries(
        st.sampled_from([name for name in REFERRAL.fields if name.endswith("_on")]),
        st.dates().map(date.isoformat),
    ),
    st.dictionaries(st.sampled_from(["emergency", "is_extended"]), st.booleans()),
    st.dates(),
)
def test_whatever_days_somebody_typed_something_is_said(
    state: str, kind: str, typed: dict[str, str], flags: dict[str, bool], on: date
) -> None:
    for each in time_limits({"state": state, "kind": kind, **typed, **flags}, on):
        assert each.because().zh and (each.due is not None or each.missing)
