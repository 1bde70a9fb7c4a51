"""Which kinds of assistance a screening's facts suggest: a hint for the worker, never a decision.

Said as data, so that phones work it out offline from the catalogue exactly as the server does. A fact that
is not known yet suggests nothing; what the family is entitled to is decided by the department.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schemas.assistance import AssistanceKind


class Suggestion(msgspec.Struct, frozen=True):
    """`kind` is worth an application where all of `facts` are true."""

    kind: AssistanceKind
    facts: tuple[str, ...]
    source: str


_ORDER_649: Final = "国务院令第649号"

SUGGESTIONS: Final[tuple[Suggestion, ...]] = (
    Suggestion(
        AssistanceKind.MINIMUM_LIVING,
        ("below_minimum_line", "assets_within_limits"),
        "民发〔2021〕57号",
    ),
    Suggestion(
        AssistanceKind.MINIMUM_LIVING,
        ("below_edge_line", "assets_within_limits", "alone_severely_disabled_or_ill"),
        "民发〔2021〕57号",
    ),
    Suggestion(
        AssistanceKind.EXTREME_POVERTY,
        ("elder_disabled_or_under_16", "no_ability_to_work", "no_income", "no_able_supporter"),
        "民发〔2021〕43号",
    ),
    Suggestion(AssistanceKind.DISASTER_RELIEF, ("disaster_struck",), _ORDER_649),
    Suggestion(AssistanceKind.MEDICAL, ("below_minimum_line", "heavy_medical_cost"), _ORDER_649),
    Suggestion(AssistanceKind.MEDICAL, ("below_edge_line", "heavy_medical_cost"), _ORDER_649),
    Suggestion(AssistanceKind.EDUCATION, ("below_minimum_line", "pupil_or_student"), _ORDER_649),
    Suggestion(AssistanceKind.EDUCATION, ("below_edge_line", "pupil_or_student"), _ORDER_649),
    Suggestion(AssistanceKind.EDUCATION, ("disabled_child", "pupil_or_student"), _ORDER_649),
    Suggestion(AssistanceKind.HOUSING, ("below_minimum_line", "housing_difficulty"), _ORDER_649),
    Suggestion(AssistanceKind.HOUSING, ("below_edge_line", "housing_difficulty"), _ORDER_649),
    Suggestion(AssistanceKind.EMPLOYMENT, ("below_minimum_line", "jobless_able_member"), _ORDER_649),
    Suggestion(AssistanceKind.EMPLOYMENT, ("nobody_employed", "jobless_able_member"), _ORDER_649),
    Suggestion(AssistanceKind.TEMPORARY, ("sudden_hardship",), _ORDER_649),
    Suggestion(AssistanceKind.TEMPORARY, ("rigid_spending",), _ORDER_649),
    Suggestion(AssistanceKind.SOCIAL_FORCE, ("unmet_by_policy",), _ORDER_649),
)


def suggested_kinds(screening: Mapping[str, Any]) -> list[AssistanceKind]:
    """The kinds that a screening's facts suggest, each once, in the order of the law."""
    found = {each.kind for each in SUGGESTIONS if all(screening.get(fact) is True for fact in each.facts)}
    return [kind for kind in AssistanceKind if kind in found]
