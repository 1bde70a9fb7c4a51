"""How often a child is visited, and what a visit looks at."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from schemas.checks import Checks
from schemas.needs import Risk
from schemas.next_visit import NextVisit, by_risk, next_visit

CHILD_CHECKS: Final = Checks(
    always=(
        "seen_alone_minutes",
        "caregiver",
        "contact_with_parents",
        "schooling",
        "health",
        "vaccination",
        "road_safety",
        "water_safety",
        "mood",
        "bullying",
        "internet_use",
        "money",
        "guardian_health",
        "guardian_wish",
    ),
    at_home=("home_safety", "fire_safety"),
)


def next_child_visit(visits: Iterable[Mapping[str, Any]], risk: Risk | None, on: date) -> NextVisit | None:
    """When a child of this risk is to be visited next; None where the office has yet to say how often."""
    return next_visit(visits, [by_risk(risk, on)], on)
