"""The stages of a case: none is left out, and what each asks for is said."""

from typing import Any

import pytest

from schemas.casework.case import CaseStage
from schemas.casework.group import GroupPhase
from schemas.casework.plan import PlanStepState
from schemas.casework.progress import WANTED, lacks
from schemas.casework.transfer import TransferState, open_tasks
from schemas.codes import States, StateTable, states_of
from schemas.collections import COLLECTIONS
from schemas.governance.organisation import OrganisationState
from schemas.governance.worthy import WorthyState

CASE = states_of(CaseStage)
GOOD_WORK = ("assessing", "planned", "intervening", "evaluating")


def reached(states: States, start: str, without: str) -> set[str]:
    """What can be reached from a state by declared steps that never enter `without`."""
    found, ahead = {start}, [start]
    while ahead:
        for state in states.steps[ahead.pop()] - found - {without}:
            found.add(state)
            ahead.append(state)
    return found


# Which stage lies on every way to which, by MZ/T 094-2017 and the tables of the field.
@pytest.mark.parametrize(
    ("table", "start", "stage", "before"),
    [
        (CaseStage, "intake", "planned", "assessing"),
        (CaseStage, "intake", "intervening", "planned"),
        (CaseStage, "intake", "evaluating", "intervening"),
        (CaseStage, "intake", "following_up", "closed"),
        (CaseStage, "suspended", "planned", "assessing"),
        (CaseStage, "suspended", "intervening", "planned"),
        (CaseStage, "reopened", "intervening", "assessing"),
        (CaseStage, "reopened", "evaluating", "intervening"),
        (CaseStage, "closed", "assessing", "reopened"),
        (CaseStage, "following_up", "assessing", "reopened"),
        (CaseStage, "transferred", "assessing", "reopened"),
        (GroupPhase, "preparing", "mature", "turning"),
        (GroupPhase, "preparing", "ended", "ending"),
        (PlanStepState, "missed", "done", "rescheduled"),
        (TransferState, "proposed", "taken_over", "approved"),
        (OrganisationState, "idea", "recorded", "incubating"),
        (OrganisationState, "idea", "registered", "recorded"),
        (WorthyState, "found", "backbone", "taking_part"),
        (WorthyState, "left", "backbone", "taking_part"),
    ],
)
def test_no_way_leads_past(table: type[StateTable], start: str, stage: str, before: str) -> None:
    assert stage in reached(states_of(table), start, without="")
    assert stage not in reached(states_of(table), start, without=before)


def test_a_case_that_has_been_worked_on_is_evaluated_before_it_is_closed() -> None:
    assert not CASE.allows("intervening", "closed")
    assert CASE.allows("evaluating", "closed")


@pytest.mark.parametrize("stage", ["intake", *GOOD_WORK])
def test_any_case_that_is_open_may_pause_or_be_passed_on(stage: str) -> None:
    assert CASE.allows(stage, "suspended")
    assert CASE.allows(stage, "transferred")


def test_any_organisation_may_dissolve_and_none_comes_back() -> None:
    states = states_of(OrganisationState)
    for state in ("idea", "incubating", "recorded", "registered"):
        assert states.allows(state, "dissolved")
    assert not states.steps["dissolved"]


def test_a_supervisor_alone_takes_up_a_case_again_and_lets_it_change_hands() -> None:
    case, transfer = COLLECTIONS["case"], COLLECTIONS["case_transfer"]
    assert case.written_by_supervisor(["stage"], {"stage": "reopened"}, {"stage": "closed"}) == ["stage"]
    assert case.written_by_supervisor(["stage"], {"stage": "assessing"}, {"stage": "reopened"}) == []
    assert transfer.written_by_supervisor(["state", "tasks"], {"state": "approved"}, {}) == ["state"]


def test_whoever_says_once_more_what_the_supervisor_decided_decides_nothing() -> None:
    case = COLLECTIONS["case"]
    assert case.written_by_supervisor(["stage"], {"stage": "reopened"}, {"stage": "reopened"}) == []


def test_a_field_of_the_supervisors_is_theirs_whatever_is_written() -> None:
    assert COLLECTIONS["case"].written_by_supervisor(["opinion", "goals"], {}, {}) == ["opinion"]


def test_a_state_that_is_the_supervisors_must_be_declared() -> None:
    class Odd(StateTable, zh="状态", en="State", initial=("one",), supervised=("two",)):
        ONE = "one", "一", "One"

    with pytest.raises(ValueError, match="does not declare"):
        states_of(Odd)


# What a stage asks for

STEP: dict[str, Any] = {"due_on": "2026-12-01", "state": "done", "what": "陪同就医"}
WHOLE: dict[str, list[dict[str, Any]]] = {
    "case": [{"request": "照料困难", "assessment": "需社区照顾"}],
    "case_plan": [{"goals": [{"text": "每日有人照看"}], "agreed_on": "2026-11-01"}],
    "plan_step": [STEP],
    "case_note": [{"on": "2026-11-20"}],
    "closing": [{"reason": "reached"}],
    "follow_up": [{"on": "2027-01-20"}],
    "case_transfer": [{"reason": "staff"}],
}


def missing(stage: str, **papers: Any) -> list[tuple[str, str | None]]:
    return [(lack.collection, lack.field) for lack in lacks(stage, {**WHOLE, **papers})]


@pytest.mark.parametrize(
    ("stage", "papers", "wanted"),
    [
        ("assessing", {"case": [{}]}, [("case", "request")]),
        ("assessing", {"case": [{"request": ""}]}, [("case", "request")]),
        ("planned", {"case_plan": []}, [("case_plan", "goals")]),
        ("planned", {"case_plan": [{"goals": []}]}, [("case_plan", "goals")]),
        ("planned", {"case": [{"request": "求助"}]}, [("case", "assessment")]),
        ("intervening", {"case_plan": [{"goals": [1]}]}, [("case_plan", "agreed_on")]),
        ("intervening", {"plan_step": []}, [("plan_step", "due_on")]),
        ("evaluating", {"case_note": []}, [("case_note", "on")]),
        ("closed", {"closing": []}, [("closing", "reason")]),
        ("closed", {"plan_step": [STEP, {**STEP, "state": "due"}]}, [("plan_step", "state")]),
        ("closed", {"plan_step": [{**STEP, "state": "missed"}]}, [("plan_step", "state")]),
        ("closed", {"plan_step": [{**STEP, "state": "dropped"}]}, []),
        ("closed", {"plan_step": []}, []),
        ("following_up", {"follow_up": []}, [("follow_up", "on")]),
        ("transferred", {"case_transfer": []}, [("case_transfer", "reason")]),
    ],
)
def test_what_is_missing_is_named(
    stage: str, papers: dict[str, Any], wanted: list[tuple[str, str | None]]
) -> None:
    assert missing(stage, **papers) == wanted


@pytest.mark.parametrize("stage", [stage.code for stage in CaseStage])
def test_a_case_with_all_its_papers_lacks_nothing(stage: str) -> None:
    assert missing(stage) == []


def test_what_is_asked_for_is_a_field_that_there_is() -> None:
    for wanted in WANTED:
        assert wanted.field in COLLECTIONS[wanted.collection].fields


def test_a_transfer_hands_over_what_is_still_to_do_the_earliest_first() -> None:
    steps = [
        {"what": "联系低保窗口", "due_on": "2026-12-20", "state": "due"},
        {"what": "陪同就医", "due_on": "2026-12-01", "state": "missed"},
        {"what": "入户探访", "due_on": "2026-11-20", "state": "done"},
        {"what": "申请轮椅", "due_on": "2026-12-10", "state": "rescheduled"},
        {"due_on": "2026-12-11", "state": "due"},
    ]
    assert [each["text"] for each in open_tasks(steps)] == ["陪同就医", "申请轮椅", "联系低保窗口"]


def test_what_a_transfer_hands_over_is_as_its_form_has_it() -> None:
    tasks = open_tasks([{"what": "陪同就医", "due_on": "2026-12-01", "state": "due"}])
    assert COLLECTIONS["case_transfer"].problems_in_patch({"tasks": tasks}, {}, {}, {}) == []
