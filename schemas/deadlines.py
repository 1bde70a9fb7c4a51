"""Time limits of procedures: how long who applies may have to wait."""

from typing import Final

from schemas.assistance import AssistanceKind
from schemas.codes import Unit
from schemas.figures import FigureTable

DECISION_DAYS: Final = FigureTable(
    "decision_days",
    "受理后办结时限",
    "Time from receipt to decision, by kind",
    Unit.WORKING_DAY,
    AssistanceKind,
)
PROCEDURE_DAYS: Final = FigureTable(
    "procedure_days", "办理环节时限", "Other time limits of procedures", Unit.WORKING_DAY
)
POSTING_DAYS: Final = FigureTable(
    "posting_days", "公示天数", "Days of public posting", Unit.DAY, AssistanceKind
)
