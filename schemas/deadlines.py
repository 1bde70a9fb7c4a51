"""Time limits of procedures: how long who applies may have to wait."""

from typing import Final

from schemas.assistance import AssistanceKind
from schemas.codes import CodeTable, Unit
from schemas.figures import FigureTable


class Procedure(CodeTable, zh="办理环节", en="Step of a procedure"):
    """What has a time limit of its own beside the decision."""

    MINIMUM_LIVING_EXTENDED = (
        "minimum_living_extended_decision",
        "最低生活保障审核确认（特殊情况延长后）",
        "Decision on the minimum living allowance, extended",
    )
    EXTREME_POVERTY_SURVEY = (
        "extreme_poverty_survey",
        "特困人员调查核实",
        "Survey for support in extreme poverty",
    )
    TEMPORARY_PAPERS = (
        "temporary_papers_after_emergency",
        "临时救助紧急程序后补办手续",
        "Papers of temporary assistance after the emergency",
    )
    VOLUNTEER_RECORD = (
        "volunteer_record_after_activity",
        "志愿服务活动结束后记录",
        "Service record after an activity",
    )


DECISION_DAYS: Final = FigureTable(
    "decision_days",
    "受理后办结时限",
    "Time from receipt to decision, by kind",
    Unit.WORKING_DAY,
    AssistanceKind,
)
PROCEDURE_DAYS: Final = FigureTable(
    "procedure_days", "办理环节时限", "Other time limits of procedures", Unit.WORKING_DAY, Procedure
)
POSTING_DAYS: Final = FigureTable(
    "posting_days", "公示天数", "Days of public posting", Unit.DAY, AssistanceKind
)
