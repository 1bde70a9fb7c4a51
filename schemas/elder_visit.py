"""The visit to an elder (老年人探访关爱, 民发〔2022〕73号) who lives alone, is left behind or needs care."""

from typing import Annotated, Final

from schemas.codes import CodeTable, Unit
from schemas.declare import LATEST, field
from schemas.figures import FigureTable
from schemas.visit import CASE, NEXT_AFTER_VISIT, Contact, Level, Visit

ELDER_VISITS: Final = FigureTable(
    "elder_visits",
    "特殊困难老年人探访",
    "Visits to elders in special difficulty",
    Unit.TIME,
)


class HealthChange(CodeTable, zh="健康变化", en="Change of health"):
    """Since the last visit."""

    BETTER = "better", "好转", "Better"
    SAME = "same", "无明显变化", "As before"
    WORSE = "worse", "变差", "Worse"
    SUDDEN = "sudden", "突发疾病或意外", "Sudden illness or accident"


class Medicine(CodeTable, zh="用药情况", en="Medicine"):
    """Whether what was prescribed is there and taken."""

    NONE_NEEDED = "none_needed", "无需用药", "None needed"
    REGULAR = "regular", "按时服药", "Taken as prescribed"
    IRREGULAR = "irregular", "服药不规律", "Taken irregularly"
    SHORT = "short", "缺药", "Runs short"


class EmergencyContact(CodeTable, zh="紧急联系人", en="Emergency contact"):
    """Whether somebody can be called when something happens."""

    REACHABLE = "reachable", "有且可联系", "Reachable"
    UNREACHABLE = "unreachable", "有但联系不上", "Named, but not reachable"
    CHANGED = "changed", "已变更", "Changed"
    NONE = "none", "无", "None"


class ElderVisit(
    Visit, collection="elder_visit", zh="老年人探访", en="Elder visit", rules=(NEXT_AFTER_VISIT,)
):
    """A worker's call on an elder, or a phone call where the elder agreed to one."""

    health_change: Annotated[
        HealthChange | None, field("健康变化", "Change of health", privacy=CASE, merge=LATEST)
    ] = None
    medicine: Annotated[Medicine | None, field("用药情况", "Medicine", privacy=CASE, merge=LATEST)] = None
    food: Annotated[Level | None, field("饮食", "Food", privacy=CASE, merge=LATEST)] = None
    heating: Annotated[Level | None, field("取暖", "Heating", privacy=CASE, merge=LATEST)] = None
    gas: Annotated[Level | None, field("燃气安全", "Gas safety", privacy=CASE, merge=LATEST)] = None
    fire_hazards: Annotated[Level | None, field("火灾隐患", "Fire hazards", privacy=CASE, merge=LATEST)] = (
        None
    )
    fall_hazards: Annotated[Level | None, field("跌倒隐患", "Fall hazards", privacy=CASE, merge=LATEST)] = (
        None
    )
    mood: Annotated[Level | None, field("情绪状态", "Mood", privacy=CASE, merge=LATEST)] = None
    money: Annotated[Level | None, field("经济状况", "Money", privacy=CASE, merge=LATEST)] = None
    fraud: Annotated[Level | None, field("防范诈骗", "Fraud", privacy=CASE, merge=LATEST)] = None
    contact_with_children: Annotated[
        Contact | None, field("与子女联系", "Contact with children", privacy=CASE, merge=LATEST)
    ] = None
    emergency_contact: Annotated[
        EmergencyContact | None, field("紧急联系人", "Emergency contact", privacy=CASE, merge=LATEST)
    ] = None
