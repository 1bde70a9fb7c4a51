"""The signs by which an elder's risk rises: a default of this program, for the office to confirm."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from schemas.conditions import All, Is
from schemas.declare import Declaration
from schemas.elders.ability import AbilityLevel
from schemas.elders.assessment import ElderAssessment
from schemas.elders.circumstances import ElderCircumstances, LivingWith
from schemas.elders.visit import ElderVisit, EmergencyContact, HealthChange, Medicine
from schemas.needs import Risk
from schemas.risk import DEFAULT, RiskVerdict, risk_by, sign
from schemas.verdict import Ruled
from schemas.visit import Contact, Level

DECLARED: Final[Mapping[str, Declaration]] = {
    record.declaration.collection: record.declaration
    for record in (ElderVisit, ElderAssessment, ElderCircumstances)
}

_LEVELS: Final = ("food", "heating", "gas", "fire_hazards", "fall_hazards", "mood", "money", "fraud")
_GREATLY_IMPAIRED: Final = (AbilityLevel.SEVERE.code, AbilityLevel.COMPLETE.code)


def _visited(risk: Risk, field: str, *codes: str) -> Ruled:
    return sign(risk, f"elder_visit.{field}", *codes)


ELDER_SIGNS: Final[tuple[Ruled, ...]] = (
    *(_visited(Risk.EMERGENCY, name, Level.DANGER.code) for name in _LEVELS),
    _visited(Risk.HIGH, "health_change", HealthChange.SUDDEN.code),
    _visited(Risk.HIGH, "medicine", Medicine.SHORT.code),
    _visited(Risk.HIGH, "mood", Level.CONCERN.code),
    Ruled(
        Risk.HIGH,
        All(
            (
                Is("elder_assessment.level", _GREATLY_IMPAIRED),
                Is("elder_circumstances.living", (LivingWith.ALONE.code,)),
            )
        ),
        DEFAULT,
    ),
    *(_visited(Risk.MEDIUM, name, Level.CONCERN.code) for name in _LEVELS if name != "mood"),
    _visited(Risk.MEDIUM, "mood", Level.WATCH.code),
    _visited(Risk.MEDIUM, "health_change", HealthChange.WORSE.code),
    _visited(Risk.MEDIUM, "medicine", Medicine.IRREGULAR.code),
    _visited(Risk.MEDIUM, "contact_with_children", Contact.NEVER.code),
    _visited(Risk.MEDIUM, "emergency_contact", EmergencyContact.NONE.code, EmergencyContact.UNREACHABLE.code),
    sign(Risk.MEDIUM, "elder_assessment.level", *_GREATLY_IMPAIRED),
)


def elder_risk(records: Mapping[str, Mapping[str, Any]], on: date, recorded: Risk | None) -> RiskVerdict:
    """An elder's risk by the newest visit, assessment and circumstances, and what was `recorded`."""
    return risk_by(ELDER_SIGNS, records, on, DECLARED, recorded)
