"""Every table of figures there is, by name: what the catalogue ships, and an office may set."""

from typing import Final

from schemas.deadlines import DECISION_DAYS, POSTING_DAYS, PROCEDURE_DAYS
from schemas.elder_visit import ELDER_VISITS
from schemas.figures import FigureTable
from schemas.mandatory_report import REPORT_HOURS
from schemas.retention import RETENTION
from schemas.visit import VISIT_INTERVALS
from schemas.volunteers.figures import CHECK_IN

TABLES: Final[dict[str, FigureTable]] = {
    table.name: table
    for table in (
        VISIT_INTERVALS,
        ELDER_VISITS,
        DECISION_DAYS,
        PROCEDURE_DAYS,
        POSTING_DAYS,
        REPORT_HOURS,
        CHECK_IN,
        RETENTION,
    )
}
