"""When each kind of assistance may apply: ways, each a list of facts that must all be so.

Said as data, so that phones work it out offline from the catalogue exactly as the server does. Where a paper
names a figure it is in the facts' grounds (`schemas.aid.facts`), not here.
"""

from typing import Final

import msgspec

from schemas.aid.assistance import AssistanceKind, LowIncome
from schemas.aid.facts import FACTS, ON_57
from schemas.codes import CodeTable


class Way(msgspec.Struct, frozen=True):
    """`what` may apply where all of `facts` are so and none of `unless`. `source`: the paper that says it."""

    what: CodeTable
    facts: tuple[str, ...]
    source: str
    unless: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every fact that it turns on."""
        return (*self.facts, *self.unless)

    @property
    def of_member(self) -> bool:
        """Whether it is for one member, of whom all of it must be so, and not for the household."""
        return any(FACTS[name].of_member for name in self.names)


def _649(article: int) -> str:
    return f"国务院令第649号第{article}条"


_RIGID: Final = "刚性支出困难家庭认定办法（民政部，2024年10月）"
_MEDICAL: Final = "国办发〔2021〕42号"

WAYS: Final[tuple[Way, ...]] = (
    Way(AssistanceKind.MINIMUM_LIVING, ("below_minimum_line", "assets_within_limits"), _649(9)),
    Way(
        AssistanceKind.MINIMUM_LIVING,
        ("below_edge_line", "assets_within_limits", "alone_severely_disabled_or_ill"),
        ON_57,
    ),
    Way(
        AssistanceKind.EXTREME_POVERTY,
        ("elder_disabled_or_under_16", "no_ability_to_work", "no_income", "no_able_supporter"),
        "民发〔2021〕43号第四条",
    ),
    Way(AssistanceKind.DISASTER_RELIEF, ("disaster_struck",), _649(20)),
    Way(AssistanceKind.MEDICAL, ("on_minimum_living",), _649(28)),
    Way(AssistanceKind.MEDICAL, ("below_minimum_line", "heavy_medical_cost"), _649(28)),
    Way(AssistanceKind.MEDICAL, ("below_edge_line", "heavy_medical_cost"), _MEDICAL),
    Way(AssistanceKind.EDUCATION, ("on_minimum_living", "pupil_or_student"), _649(33)),
    Way(AssistanceKind.EDUCATION, ("below_minimum_line", "pupil_or_student"), _649(33)),
    Way(AssistanceKind.EDUCATION, ("below_edge_line", "pupil_or_student"), _649(33)),
    Way(AssistanceKind.EDUCATION, ("disabled_child", "pupil_or_student"), _649(33)),
    Way(AssistanceKind.HOUSING, ("on_minimum_living", "housing_difficulty"), _649(37)),
    Way(AssistanceKind.HOUSING, ("below_minimum_line", "housing_difficulty"), _649(37)),
    Way(AssistanceKind.HOUSING, ("below_edge_line", "housing_difficulty"), _649(37)),
    Way(AssistanceKind.EMPLOYMENT, ("on_minimum_living", "jobless_able_member"), _649(42)),
    Way(AssistanceKind.EMPLOYMENT, ("below_minimum_line", "jobless_able_member"), _649(42)),
    Way(AssistanceKind.EMPLOYMENT, ("nobody_employed", "jobless_able_member"), _649(43)),
    Way(AssistanceKind.TEMPORARY, ("sudden_hardship",), _649(47)),
    Way(AssistanceKind.TEMPORARY, ("rigid_spending",), _649(47)),
    Way(AssistanceKind.SOCIAL_FORCE, ("unmet_by_policy",), _649(52)),
    Way(
        LowIncome.EDGE,
        ("below_edge_line", "assets_within_limits"),
        ON_57,
        unless=("below_minimum_line", "on_minimum_living"),
    ),
    Way(
        LowIncome.RIGID_SPENDING,
        ("below_disposable_income", "assets_within_limits", "rigid_spending"),
        _RIGID,
        unless=("below_edge_line", "on_minimum_living"),
    ),
)

WHAT: Final[tuple[CodeTable, ...]] = (*AssistanceKind, *LowIncome)
"""All that is looked at, in the order of the law."""
