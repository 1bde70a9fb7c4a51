"""The plan of a case (服务计划): what is to be reached, how one will know, and the steps there."""

from datetime import date
from typing import Annotated, Final

import msgspec

from schemas.annotations import Account, Ref, entry
from schemas.casework.of_case import CASE, OPEN, OfCase
from schemas.codes import StateTable
from schemas.declare import FIXED, LATEST, STATES, SUPERVISOR, TEXT, Record, field
from schemas.rules import NotBefore
from schemas.treatment import DROPPED


class Goal(msgspec.Struct):
    """Something that person and worker want to reach together, and what will show that it is reached."""

    text: Annotated[str, entry("目标", "Goal", min_length=1, max_length=200)]
    measure: Annotated[str | None, entry("衡量指标", "How it will show", max_length=200)] = None
    until: Annotated[date | None, entry("期限", "Until")] = None


class CasePlan(
    OfCase,
    collection="case_plan",
    zh="个案服务计划",
    en="Case plan",
    rules=(
        NotBefore(
            ("until", "on"),
            "计划结束早于制订日期，请核对",
            "It would end before it was made: check both days",
        ),
    ),
):
    """One plan. A case that is assessed anew gets another one; the steps of the old one stay with it."""

    goals: Annotated[
        tuple[Goal, ...],
        field("目标", "Goals", privacy=CASE, merge=LATEST, max_items=20, sample=DROPPED),
    ] = ()
    approach: Annotated[
        str | None, field("介入策略", "Approach", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    until: Annotated[date | None, field("计划结束日期", "Ends on", privacy=OPEN, merge=LATEST)] = None
    agreed_on: Annotated[
        date | None, field("服务对象同意日期", "Agreed to on", privacy=OPEN, merge=LATEST)
    ] = None
    approved_on: Annotated[
        date | None, field("督导审核日期", "Approved on", privacy=OPEN, merge=LATEST, by=SUPERVISOR)
    ] = None
    opinion: Annotated[
        str | None,
        field("督导意见", "Supervisor's opinion", privacy=CASE, merge=TEXT, max_length=2000, by=SUPERVISOR),
    ] = None


class PlanStepState(StateTable, zh="计划步骤状态", en="State of a plan's step", initial=("due",)):
    """A step that was missed is set for another day before it can be done."""

    DUE = "due", "待完成", "Due", ("done", "missed", "dropped")
    MISSED = "missed", "未按期完成", "Missed", ("rescheduled", "dropped")
    RESCHEDULED = "rescheduled", "已改期", "Set for another day", ("done", "missed", "dropped")
    DONE = "done", "已完成", "Done"
    DROPPED = "dropped", "不再需要", "Not needed any more"


STEPS_TO_DO: Final = frozenset(
    state.code for state in (PlanStepState.DUE, PlanStepState.MISSED, PlanStepState.RESCHEDULED)
)
"""States in which somebody still has to do the step."""


class PlanStep(Record, collection="plan_step", zh="计划步骤", en="Step of a plan"):
    """One thing to do by a day; a record of its own, so that two workers who tick off one each lose none."""

    plan: Annotated[Ref[CasePlan], field("所属计划", "Plan", privacy=OPEN, merge=FIXED, parent=True)]
    due_on: Annotated[date, field("完成期限", "Due on", privacy=OPEN, merge=LATEST)]
    state: Annotated[PlanStepState, field("状态", "State", privacy=OPEN, merge=STATES)]
    what: Annotated[
        str, field("内容", "What is to be done", privacy=CASE, merge=LATEST, min_length=1, max_length=500)
    ]
    by: Annotated[Ref[Account] | None, field("负责人", "Who does it", privacy=OPEN, merge=LATEST)] = None
    done_on: Annotated[date | None, field("完成日期", "Done on", privacy=OPEN, merge=LATEST)] = None
    result: Annotated[
        str | None, field("完成情况", "What came of it", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
