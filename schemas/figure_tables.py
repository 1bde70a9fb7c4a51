"""Every table of figures there is, by name: what the catalogue ships, and an office may set."""

from typing import Final

from schemas.aid.assessment import NEED_FLOORS, NEED_GRADES
from schemas.aid.standards import (
    AID_AGES,
    COUNTED_INCOME,
    DISPOSABLE_INCOME,
    INCOME_LINES,
    MEANS_AGE,
    MINIMUM_LINES,
    RIGID_EXPENSES,
    RIGID_SHARE,
)
from schemas.aid.terms import (
    APPEAL_DAYS,
    BENEFIT_MONTHS,
    REMINDER_DAYS,
    REVIEW_MONTHS,
    SUPPLEMENT_COUNTS,
)
from schemas.casework.figures import GROUP_SESSIONS
from schemas.children.figures import CHILD_AGES, CHILD_TERMS
from schemas.deadlines import DECISION_DAYS, POSTING_DAYS, PROCEDURE_DAYS
from schemas.elders.figures import (
    ABILITY_ITEMS,
    ABILITY_LEVELS,
    ACCIDENTS,
    ELDER_AGES,
    ELDER_DISABILITY,
    ELDER_VISITS,
    VISIT_DAYS,
)
from schemas.family.figures import ALLOWANCE_AMOUNTS, ALLOWANCE_TERMS
from schemas.figures import FigureTable
from schemas.governance.figures import ORGANISATION_MEMBERS
from schemas.mandatory_report import REPORT_HOURS
from schemas.retention import RETENTION
from schemas.visit import VISIT_INTERVALS
from schemas.volunteers.figures import CHECK_IN

TABLES: Final[dict[str, FigureTable]] = {
    table.name: table
    for table in (
        VISIT_INTERVALS,
        CHILD_AGES,
        CHILD_TERMS,
        ELDER_VISITS,
        ELDER_AGES,
        ELDER_DISABILITY,
        ABILITY_ITEMS,
        ABILITY_LEVELS,
        ACCIDENTS,
        VISIT_DAYS,
        DECISION_DAYS,
        PROCEDURE_DAYS,
        POSTING_DAYS,
        REPORT_HOURS,
        CHECK_IN,
        RETENTION,
        MINIMUM_LINES,
        INCOME_LINES,
        DISPOSABLE_INCOME,
        COUNTED_INCOME,
        RIGID_EXPENSES,
        RIGID_SHARE,
        MEANS_AGE,
        AID_AGES,
        NEED_GRADES,
        NEED_FLOORS,
        SUPPLEMENT_COUNTS,
        REVIEW_MONTHS,
        BENEFIT_MONTHS,
        APPEAL_DAYS,
        REMINDER_DAYS,
        GROUP_SESSIONS,
        ORGANISATION_MEMBERS,
        ALLOWANCE_TERMS,
        ALLOWANCE_AMOUNTS,
    )
}
