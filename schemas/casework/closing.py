"""The end of a case (结案), and what is looked after when it has ended (跟进)."""

from datetime import date
from typing import Annotated

from schemas.casework.of_case import CASE, OPEN, CaseMethod, OfCase
from schemas.codes import CodeTable
from schemas.declare import LATEST, SUPERVISOR, TEXT, field
from schemas.rules import NotBefore


class ClosingReason(CodeTable, zh="结案原因", en="Why the case was closed"):
    """Why the work ended."""

    REACHED = "reached", "目标达成", "Its goals were reached"
    WISHED = "wished", "服务对象要求结束", "The person wished it"
    MOVED = "moved", "迁出服务区域", "The person moved away"
    DIED = "died", "服务对象去世", "The person died"
    PASSED_ON = "passed_on", "已转介其他机构", "Another agency took it over"
    UNREACHABLE = "unreachable", "失去联系", "The person could not be reached"
    OTHER = "other", "其他", "Other"


class Satisfaction(CodeTable, zh="满意度", en="Satisfaction"):
    """How those served found the service."""

    VERY_SATISFIED = "very_satisfied", "非常满意", "Very satisfied"
    SATISFIED = "satisfied", "满意", "Satisfied"
    FAIR = "fair", "一般", "Fair"
    DISSATISFIED = "dissatisfied", "不满意", "Dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied", "非常不满意", "Very dissatisfied"


class Closing(OfCase, collection="closing", zh="结案记录", en="Closing of a case"):
    """How a case ended. What the person thought of it is theirs to say and is read where the case is read."""

    reason: Annotated[ClosingReason, field("结案原因", "Reason", privacy=OPEN, merge=LATEST)]
    summary: Annotated[
        str | None, field("服务总结", "Summary", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    satisfaction: Annotated[
        Satisfaction | None, field("服务对象满意度", "Satisfaction", privacy=CASE, merge=LATEST)
    ] = None
    said: Annotated[
        str | None,
        field("服务对象的意见", "What the person said of it", privacy=CASE, merge=TEXT, max_length=1000),
    ] = None
    follow_up_on: Annotated[
        date | None, field("首次跟进日期", "First follow-up on", privacy=OPEN, merge=LATEST)
    ] = None
    approved_on: Annotated[
        date | None, field("督导审核日期", "Approved on", privacy=OPEN, merge=LATEST, by=SUPERVISOR)
    ] = None
    opinion: Annotated[
        str | None,
        field("督导意见", "Supervisor's opinion", privacy=CASE, merge=TEXT, max_length=2000, by=SUPERVISOR),
    ] = None


class SinceThen(CodeTable, zh="结案后状况", en="How things are since the closing"):
    """Whether what was reached has lasted."""

    BETTER = "better", "继续好转", "Better still"
    KEPT = "kept", "保持稳定", "As at the closing"
    SLIPPING = "slipping", "有所反复", "Slipping"
    WORSE = "worse", "明显变差，建议重新开启", "Worse: the case should be reopened"


class FollowUp(
    OfCase,
    collection="follow_up",
    zh="结案跟进",
    en="Follow-up",
    rules=(
        NotBefore(
            ("next_on", "on"),
            "下次跟进日期早于本次，请核对",
            "The next follow-up lies before this one: check both days",
        ),
    ),
):
    """One look at how somebody is after the case was closed. Without `next_on` it is the last one."""

    method: Annotated[CaseMethod | None, field("跟进方式", "How", privacy=OPEN, merge=LATEST)] = None
    state: Annotated[SinceThen | None, field("结案后状况", "How things are", privacy=CASE, merge=LATEST)] = (
        None
    )
    text: Annotated[str | None, field("跟进情况", "Findings", privacy=CASE, merge=TEXT, max_length=2000)] = (
        None
    )
    next_on: Annotated[date | None, field("下次跟进日期", "Next follow-up", privacy=OPEN, merge=LATEST)] = (
        None
    )
