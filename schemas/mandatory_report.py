"""The mandatory report (强制报告): a child may have been harmed, and the authorities must be told at once.

未成年人保护法, article 11, and 高检发〔2020〕9号: whoever works closely with children and finds that one is
or may be harmed, or in danger, reports it to the police at once, and to civil affairs, who answer for its
care.
"""

from datetime import date, datetime
from typing import Annotated, Final

from schemas.annotations import Account, Ref
from schemas.child_visit import ChildVisit
from schemas.codes import CodeTable, StateTable, Unit
from schemas.computed import Furthest, HoursAfter
from schemas.declare import (
    COMPUTED,
    FIXED,
    HIGHEST,
    LATEST,
    READERS,
    SUPERVISOR,
    TEXT,
    UNION,
    Record,
    Start,
    field,
)
from schemas.figures import FigureTable
from schemas.harm import Harm
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore

CONFIDENTIAL = Privacy.CONFIDENTIAL


class ReportState(StateTable, zh="强制报告状态", en="State of the report", initial=("to_report",)):
    """Two authorities are told, in either order; then they take it up. There is no way back."""

    TO_REPORT = (
        "to_report",
        "待报告",
        "To be reported",
        ("police_told", "civil_affairs_told", "both_told", "taken_up", "closed"),
    )
    POLICE_TOLD = (
        "police_told",
        "已报公安，待报民政",
        "Police told, civil affairs to be told",
        ("both_told", "taken_up", "closed"),
    )
    CIVIL_AFFAIRS_TOLD = (
        "civil_affairs_told",
        "已报民政，待报公安",
        "Civil affairs told, police to be told",
        ("both_told", "taken_up", "closed"),
    )
    BOTH_TOLD = "both_told", "公安、民政均已报告", "Both told", ("taken_up", "closed")
    TAKEN_UP = "taken_up", "已受理处置", "Taken up", ("closed",)
    CLOSED = "closed", "已办结", "Closed"


# The law says 立即, at once, and names no hours. This is when a report that has not gone out is overdue.
REPORT_HOURS: Final = FigureTable(
    "report_hours",
    "强制报告最迟时限",
    "When a mandatory report that has not been passed on is overdue",
    Unit.HOUR,
    ReportState,
)


class ReportOutcome(CodeTable, zh="强制报告结果", en="Outcome of the report"):
    """What the authorities came to."""

    PROSECUTED = "prosecuted", "已追究刑事责任", "Prosecuted"
    PUNISHED = "punished", "已给予行政处罚", "Punished by administrative law"
    WARNED = "warned", "已告诫或责令接受家庭教育指导", "Warned, or ordered to take guidance"
    GUARDIAN_CHANGED = "guardian_changed", "监护已变更或由民政代管", "Guardianship changed"
    PROTECTED = "protected", "已采取保护和帮扶措施", "The child is protected and helped"
    NOT_FOUND = "not_found", "经查未发现侵害", "Looked into, no harm found"


class MandatoryReport(
    Record,
    collection="mandatory_report",
    zh="强制报告",
    en="Mandatory report",
    rules=(
        NotBefore(
            ("police_told_at", "found_at"),
            "报公安的时间早于发现时间，请核对",
            "The police were told before it was found: check both times",
        ),
        NotBefore(
            ("civil_affairs_told_at", "found_at"),
            "报民政的时间早于发现时间，请核对",
            "Civil affairs were told before it was found: check both times",
        ),
    ),
    about_children=True,
    permanent=True,
    started=Start(subject="child", source="found_in", by="reported_by", at="found_at", kinds="situations"),
):
    """That a child may have been harmed, and who was told of it when.

    All of it is confidential, that there is a report too: it is there for who wrote it, the lead of the file
    and those whom the lead lets in, the supervisor and the child officer. A visit that notes signs of harm
    starts one by itself. It is permanent, and its state follows from who was told, so that nobody can set it
    back: not by another state, not by emptying what it rests on.
    """

    child: Annotated[Ref[Person], field("儿童", "Child", privacy=CONFIDENTIAL, merge=FIXED, parent=True)]
    reported_by: Annotated[Ref[Account], field("报告人", "Reported by", privacy=CONFIDENTIAL, merge=FIXED)]
    found_at: Annotated[
        datetime, field("发现时间", "Found at", privacy=CONFIDENTIAL, merge=FIXED, happened=True)
    ]
    found_in: Annotated[
        Ref[ChildVisit] | None, field("发现于走访", "Found in the visit", privacy=CONFIDENTIAL, merge=FIXED)
    ] = None
    situations: Annotated[frozenset[Harm], field("情形", "Situations", privacy=CONFIDENTIAL, merge=UNION)] = (
        frozenset()
    )
    account: Annotated[
        str | None,
        field(
            "所见所闻",
            "What was seen and heard",
            privacy=CONFIDENTIAL,
            merge=TEXT,
            min_length=1,
            max_length=4000,
        ),
    ] = None
    in_danger: Annotated[
        bool | None, field("正处于危险中", "In danger now", privacy=CONFIDENTIAL, merge=HIGHEST)
    ] = None
    protection: Annotated[
        str | None,
        field(
            "已采取的保护措施",
            "Steps taken to protect the child",
            privacy=CONFIDENTIAL,
            merge=TEXT,
            min_length=1,
            max_length=2000,
        ),
    ] = None

    police_told_at: Annotated[
        datetime | None,
        field("报公安时间", "Police told at", privacy=CONFIDENTIAL, merge=LATEST, by=READERS, happened=True),
    ] = None
    police_told_to: Annotated[
        str | None,
        field(
            "接报的公安机关及人员",
            "Who of the police was told",
            privacy=CONFIDENTIAL,
            merge=LATEST,
            min_length=1,
            by=READERS,
        ),
    ] = None
    police_receipt: Annotated[
        str | None,
        field(
            "公安接报回执号",
            "Receipt of the police",
            privacy=CONFIDENTIAL,
            merge=LATEST,
            min_length=1,
            by=READERS,
        ),
    ] = None
    civil_affairs_told_at: Annotated[
        datetime | None,
        field(
            "报民政时间",
            "Civil affairs told at",
            privacy=CONFIDENTIAL,
            merge=LATEST,
            by=READERS,
            happened=True,
        ),
    ] = None
    civil_affairs_told_to: Annotated[
        str | None,
        field(
            "接报的民政部门及人员",
            "Who of civil affairs was told",
            privacy=CONFIDENTIAL,
            merge=LATEST,
            min_length=1,
            by=READERS,
        ),
    ] = None
    civil_affairs_receipt: Annotated[
        str | None,
        field(
            "民政接报回执号",
            "Receipt of civil affairs",
            privacy=CONFIDENTIAL,
            merge=LATEST,
            min_length=1,
            by=READERS,
        ),
    ] = None
    taken_up_at: Annotated[
        datetime | None,
        field("受理时间", "Taken up at", privacy=CONFIDENTIAL, merge=LATEST, by=READERS, happened=True),
    ] = None
    taken_up_by: Annotated[
        str | None,
        field(
            "受理单位及人员",
            "Who took it up",
            privacy=CONFIDENTIAL,
            merge=LATEST,
            min_length=1,
            by=READERS,
        ),
    ] = None

    closed_on: Annotated[
        date | None, field("办结日期", "Closed on", privacy=CONFIDENTIAL, merge=LATEST, by=SUPERVISOR)
    ] = None
    outcome: Annotated[
        ReportOutcome | None, field("结果", "Outcome", privacy=CONFIDENTIAL, merge=LATEST, by=SUPERVISOR)
    ] = None
    closing: Annotated[
        str | None,
        field(
            "办结说明",
            "Note on the outcome",
            privacy=CONFIDENTIAL,
            merge=TEXT,
            min_length=1,
            max_length=2000,
            by=SUPERVISOR,
        ),
    ] = None

    state: Annotated[
        ReportState | None,
        field(
            "状态",
            "State",
            privacy=CONFIDENTIAL,
            merge=COMPUTED,
            computed=Furthest(
                (
                    ("to_report", ()),
                    ("police_told", ("police_told_at",)),
                    ("civil_affairs_told", ("civil_affairs_told_at",)),
                    ("both_told", ("police_told_at", "civil_affairs_told_at")),
                    ("taken_up", ("police_told_at", "civil_affairs_told_at", "taken_up_at")),
                    (
                        "closed",
                        ("police_told_at", "civil_affairs_told_at", "taken_up_at", "closed_on", "outcome"),
                    ),
                )
            ),
        ),
    ] = None
    due_at: Annotated[
        datetime | None,
        field(
            "最迟报告时间",
            "To be told by",
            privacy=CONFIDENTIAL,
            merge=COMPUTED,
            computed=HoursAfter("found_at", REPORT_HOURS, "both_told"),
        ),
    ] = None
