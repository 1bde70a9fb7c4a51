"""Which groups of elders in special difficulty somebody belongs to: a hint with its reasons.

Six groups are those of 民发〔2022〕73号; poor elders and elders with a disability are added by the pilot's
plan.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from schemas.conditions import All, AtLeast, Condition, Is, Not, Under
from schemas.declare import Declaration
from schemas.elders.assessment import ElderAssessment
from schemas.elders.circumstances import ElderCircumstances, LivingWith, WhereChildrenLive
from schemas.elders.figures import ELDER_AGES, ELDER_DISABILITY
from schemas.household import Category, Household, Registration
from schemas.person import Person, Tag
from schemas.person_codes import DisabilityGrade
from schemas.verdict import Ruled, Verdict, verdicts

DECLARED: Final[Mapping[str, Declaration]] = {
    record.declaration.collection: record.declaration
    for record in (Person, Household, ElderCircumstances, ElderAssessment)
}

_SPECIAL: Final = "民发〔2022〕73号"
_PLAN: Final = "2022年兰州市三社联动试点工作实施方案"
_LIVING: Final = "elder_circumstances.living"
_CHILDREN: Final = "elder_circumstances.children"
_POOR: Final = (Category.MINIMUM_LIVING.code, Category.EXTREME_POVERTY.code, Category.EDGE.code)
_SEVERE: Final = (DisabilityGrade.FIRST.code, DisabilityGrade.SECOND.code)


def _elder_and(*more: Condition) -> All:
    return All((Not(Under("person.birth_date", ELDER_AGES, "elder")), *more))


ELDER_CATEGORIES: Final[tuple[Ruled, ...]] = (
    Ruled(Tag.ELDER_ALONE, _elder_and(Is(_LIVING, (LivingWith.ALONE.code,))), _SPECIAL),
    Ruled(
        Tag.EMPTY_NEST,
        _elder_and(
            Is(_LIVING, (LivingWith.ALONE.code, LivingWith.WITH_SPOUSE.code)),
            Is(_CHILDREN, (WhereChildrenLive.NEARBY.code, WhereChildrenLive.AWAY.code)),
        ),
        _SPECIAL,
    ),
    Ruled(
        Tag.LEFT_BEHIND_ELDER,
        _elder_and(
            Is("household.kind", (Registration.RURAL.code,)),
            Is(_CHILDREN, (WhereChildrenLive.AWAY.code,)),
            Not(Is(_LIVING, (LivingWith.INSTITUTION.code,))),
        ),
        _SPECIAL,
    ),
    Ruled(
        Tag.DISABLED_ELDER,
        _elder_and(AtLeast("elder_assessment.level", ELDER_DISABILITY, "from_level")),
        _SPECIAL,
    ),
    Ruled(Tag.SEVERELY_DISABLED, _elder_and(Is("person.disability_grade", _SEVERE, False)), _SPECIAL),
    Ruled(Tag.ONE_CHILD_LOST, _elder_and(Is("elder_circumstances.only_child_lost", (True,))), _SPECIAL),
    Ruled(Tag.POOR_ELDER, _elder_and(Is("household.categories", _POOR)), _PLAN),
    Ruled(
        Tag.DISABLED,
        _elder_and(Is("person.disability_grade", tuple(grade.code for grade in DisabilityGrade), False)),
        _PLAN,
    ),
)


def elder_categories(records: Mapping[str, Mapping[str, Any]], on: date) -> list[Verdict]:
    """How somebody stands to each group on that day.

    `records`: of the collections in DECLARED those that are there, the newest check and assessment.
    """
    return verdicts(ELDER_CATEGORIES, records, on, DECLARED)
