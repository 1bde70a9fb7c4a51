"""What every visit has in common, whomever it is to."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, HIGHEST, LATEST, TEXT, UNION, Record, field
from schemas.figures import FigureTable
from schemas.needs import Need, Risk
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED

OPEN, CASE, CONFIDENTIAL = Privacy.OPEN, Privacy.CASE, Privacy.CONFIDENTIAL


class VisitKind(CodeTable, zh="探访方式", en="Kind of visit"):
    """Where worker and subject meet."""

    HOME = "home", "入户", "At home"
    PHONE = "phone", "电话", "By phone"
    SCHOOL = "school", "学校", "At school"


class Met(CodeTable, zh="是否见到", en="Met"):
    """Whether the subject was met; visits that met nobody count towards informing the committee."""

    MET = "met", "见到本人", "Met"
    SPOKEN = "spoken", "通话或视频", "Spoken to"
    OTHERS = "others", "仅见到家人", "Met relatives only"
    UNMET = "unmet", "未见到", "Not met"


class Level(CodeTable, zh="情况", en="State of things", rising=True):
    """The answer to a question of a visit's checklist."""

    GOOD = "good", "良好", "Good"
    WATCH = "watch", "需关注", "To be watched"
    CONCERN = "concern", "有问题", "A concern"
    DANGER = "danger", "有危险", "Danger"


class Contact(CodeTable, zh="联系频率", en="How often in contact"):
    """How often relatives who live elsewhere are heard of."""

    DAILY = "daily", "每天", "Daily"
    WEEKLY = "weekly", "每周", "Weekly"
    MONTHLY = "monthly", "每月", "Monthly"
    RARELY = "rarely", "很少", "Rarely"
    NEVER = "never", "没有联系", "Never"
    TOGETHER = "together", "共同居住", "They live together"
    NONE = "none", "无此亲属", "There are none"


VISIT_INTERVALS: Final = FigureTable(
    "visit_intervals",
    "按风险等级的探访间隔",
    "Longest interval between visits, by risk",
    Unit.DAY,
    Risk,
)

NEXT_AFTER_VISIT: Final = NotBefore(
    ("next_on", "on"),
    "下次探访日期早于本次，请核对",
    "The next visit lies before this one: check both days",
)


class Visit(Record):
    """The head and the foot of a visit's form. Concerns of abuse or crime have a place of their own."""

    subject: Annotated[
        Ref[Person], field("探访对象", "Person visited", privacy=OPEN, merge=FIXED, parent=True)
    ]
    on: Annotated[date, field("探访日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("探访人", "Visited by", privacy=OPEN, merge=FIXED)]
    kind: Annotated[VisitKind | None, field("探访方式", "Kind", privacy=OPEN, merge=LATEST)] = None
    place: Annotated[str | None, field("探访地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = (
        None
    )
    met: Annotated[Met | None, field("是否见到", "Met", privacy=OPEN, merge=LATEST)] = None
    next_on: Annotated[date | None, field("下次探访日期", "Next visit", privacy=OPEN, merge=LATEST)] = None
    risk: Annotated[Risk | None, field("风险等级", "Risk level", privacy=CASE, merge=HIGHEST)] = None
    needs: Annotated[frozenset[Need], field("需求", "Needs", privacy=CASE, merge=UNION)] = frozenset()
    findings: Annotated[
        str | None, field("探访情况", "Findings", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    concerns: Annotated[
        str | None,
        field("需保密的情况", "Confidential concerns", privacy=CONFIDENTIAL, merge=TEXT, max_length=4000),
    ] = None
    photos: Annotated[frozenset[UUID], field("照片", "Photos", privacy=CASE, merge=UNION, sample=DROPPED)] = (
        frozenset()
    )
