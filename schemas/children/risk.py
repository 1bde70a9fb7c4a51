"""The signs by which a child's risk rises: a default of this program, for the office to confirm."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from schemas.children.guardianship import GuardianConduct, Guardianship, GuardianshipAssessment
from schemas.children.visit import (
    Bullying,
    Caregiver,
    ChildVisit,
    GuardianWish,
    InternetUse,
    Schooling,
    Vaccination,
)
from schemas.declare import Declaration
from schemas.harm import Harm
from schemas.needs import Risk
from schemas.risk import RiskVerdict, risk_by, sign
from schemas.verdict import Ruled
from schemas.visit import Contact, Level

DECLARED: Final[Mapping[str, Declaration]] = {
    record.declaration.collection: record.declaration for record in (ChildVisit, GuardianshipAssessment)
}

_LEVELS: Final = (
    "health",
    "home_safety",
    "road_safety",
    "water_safety",
    "fire_safety",
    "mood",
    "money",
    "guardian_health",
)


def _visited(risk: Risk, field: str, *codes: str) -> Ruled:
    return sign(risk, f"child_visit.{field}", *codes)


def _assessed(risk: Risk, field: str, *codes: str) -> Ruled:
    return sign(risk, f"guardianship_assessment.{field}", *codes)


CHILD_SIGNS: Final[tuple[Ruled, ...]] = (
    _visited(Risk.EMERGENCY, "harm", *(each.code for each in Harm)),
    _visited(Risk.EMERGENCY, "caregiver", Caregiver.NOBODY.code),
    *(_visited(Risk.EMERGENCY, name, Level.DANGER.code) for name in _LEVELS),
    _assessed(Risk.EMERGENCY, "violence", GuardianConduct.FOUND.code),
    _assessed(Risk.EMERGENCY, "result", Guardianship.ABSENT.code),
    _visited(Risk.HIGH, "bullying", Bullying.SUFFERS.code),
    _visited(Risk.HIGH, "schooling", Schooling.DROPPED_OUT.code),
    _visited(Risk.HIGH, "internet_use", InternetUse.RISKY.code),
    _visited(Risk.HIGH, "guardian_wish", GuardianWish.UNWILLING.code),
    _visited(Risk.HIGH, "mood", Level.CONCERN.code),
    _assessed(Risk.HIGH, "result", Guardianship.IMPROPER.code),
    _assessed(Risk.HIGH, "conduct", Guardianship.IMPROPER.code),
    *(_visited(Risk.MEDIUM, name, Level.CONCERN.code) for name in _LEVELS if name != "mood"),
    _visited(Risk.MEDIUM, "mood", Level.WATCH.code),
    _visited(Risk.MEDIUM, "bullying", Bullying.SUSPECTED.code, Bullying.TAKES_PART.code),
    _visited(Risk.MEDIUM, "schooling", Schooling.ABSENT_OFTEN.code, Schooling.SUSPENDED.code),
    _visited(Risk.MEDIUM, "internet_use", InternetUse.EXCESSIVE.code),
    _visited(Risk.MEDIUM, "guardian_wish", GuardianWish.STRAINED.code),
    _visited(Risk.MEDIUM, "contact_with_parents", Contact.NEVER.code),
    _visited(Risk.MEDIUM, "caregiver", Caregiver.SIBLING.code),
    _visited(Risk.MEDIUM, "vaccination", Vaccination.BEHIND.code),
    _assessed(Risk.MEDIUM, "result", Guardianship.AT_RISK.code),
    _assessed(Risk.MEDIUM, "conduct", Guardianship.AT_RISK.code),
)


def child_risk(records: Mapping[str, Mapping[str, Any]], on: date, recorded: Risk | None) -> RiskVerdict:
    """A child's risk by its newest visit and assessment, by collection, and by what was `recorded`."""
    return risk_by(CHILD_SIGNS, records, on, DECLARED, recorded)
