"""Which groups a child belongs to by the facts of its family: a hint with its reasons, never a recognition.

留守儿童, 困境儿童, 事实无人抚养儿童 and 社会散居孤儿 are different groups with different rights, and a child
may be of several. An orphan is none that is de facto unsupported: where both parents are dead, declared
missing or were never found, the rules for orphans come first.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from schemas.children.circumstances import ChildCircumstances, Circumstance
from schemas.children.figures import CHILD_AGES, CHILD_TERMS
from schemas.children.guardianship import Guardianship, GuardianshipAssessment
from schemas.conditions import All, AnyOf, Condition, Is, Lasts, Not, Under
from schemas.declare import Declaration
from schemas.household import Category, Household, Registration
from schemas.person import Health, Person, Tag
from schemas.person_codes import DisabilityGrade, DisabilityKind
from schemas.verdict import Ruled, Verdict, verdicts

DECLARED: Final[Mapping[str, Declaration]] = {
    record.declaration.collection: record.declaration
    for record in (Person, Household, ChildCircumstances, GuardianshipAssessment)
}

_CHILD: Final = Under("person.birth_date", CHILD_AGES, "child")
# Who was never found counts as who is missing, as provinces have it: else the child would be of no group.
_GONE: Final = (
    Circumstance.DEAD.code,
    Circumstance.DECLARED_MISSING.code,
    Circumstance.NOT_FOUND.code,
)
_GRAVE: Final = (DisabilityGrade.FIRST.code, DisabilityGrade.SECOND.code)
_LESSER: Final = (DisabilityGrade.THIRD.code, DisabilityGrade.FOURTH.code)
_OF_THE_MIND: Final = (DisabilityKind.INTELLECT.code, DisabilityKind.MIND.code)


def _kept_from_caring(parent: str) -> Condition:
    """One of the eight circumstances, each with what makes it count.

    Severe is a disability of grade 1 or 2, and of grade 3 or 4 where it is of intellect or mind; which
    illness is grave the office says, and the worker by its list. Detention and lost contact count from six
    months on.
    """
    of = f"child_circumstances.{parent}"
    detained = (Circumstance.PRISON, Circumstance.REHABILITATION, Circumstance.DETENTION)
    at_once = (Circumstance.GRAVE_ILLNESS, Circumstance.GUARDIANSHIP_REVOKED, Circumstance.DEPORTED)
    return AnyOf(
        (
            Is(f"{of}.circumstance", tuple(each.code for each in at_once)),
            All(
                (
                    Is(f"{of}.circumstance", (Circumstance.SEVERE_DISABILITY.code,)),
                    AnyOf(
                        (
                            Is(f"{of}.disability_grade", _GRAVE),
                            All(
                                (
                                    Is(f"{of}.disability_grade", _LESSER),
                                    Is(f"{of}.disability_kind", _OF_THE_MIND),
                                )
                            ),
                        )
                    ),
                )
            ),
            All(
                (
                    Is(f"{of}.circumstance", tuple(each.code for each in detained)),
                    Lasts(f"{of}.since", f"{of}.until", CHILD_TERMS, "detained"),
                )
            ),
            All(
                (
                    Is(f"{of}.circumstance", (Circumstance.OUT_OF_CONTACT.code,)),
                    Lasts(f"{of}.since", None, CHILD_TERMS, "out_of_contact"),
                )
            ),
        )
    )


def _is(parent: str, codes: tuple[str, ...]) -> Is:
    return Is(f"child_circumstances.{parent}.circumstance", codes)


_LEFT_BEHIND: Final = All(
    (
        Under("person.birth_date", CHILD_AGES, "left_behind"),
        Is("household.kind", (Registration.RURAL.code,)),
        AnyOf(
            (
                All(
                    (
                        Is("child_circumstances.father_away", (True,)),
                        AnyOf(
                            (
                                Is("child_circumstances.mother_away", (True,)),
                                Is("child_circumstances.mother_able", (False,)),
                            )
                        ),
                    )
                ),
                All(
                    (
                        Is("child_circumstances.mother_away", (True,)),
                        Is("child_circumstances.father_able", (False,)),
                    )
                ),
            )
        ),
    )
)

_UNSUPPORTED: Final = All(
    (
        _CHILD,
        AnyOf(
            (
                All((_kept_from_caring("father"), _kept_from_caring("mother"))),
                All((_is("father", _GONE), _kept_from_caring("mother"))),
                All((_kept_from_caring("father"), _is("mother", _GONE))),
            )
        ),
    )
)

_ORPHAN: Final = All(
    (
        _CHILD,
        _is("father", _GONE),
        _is("mother", _GONE),
        Not(Is("child_circumstances.in_institution", (True,))),
    )
)

_POOR: Final = (Category.MINIMUM_LIVING.code, Category.EXTREME_POVERTY.code, Category.EDGE.code)
_IN_NEED_OF_A_GUARDIAN: Final = (Guardianship.IMPROPER.code, Guardianship.ABSENT.code)

_IN_DIFFICULTY: Final = All(
    (
        _CHILD,
        AnyOf(
            (
                Is("household.categories", _POOR),
                Is("person.disability_grade", tuple(grade.code for grade in DisabilityGrade), False),
                Is("person.health", (Health.GRAVE.code, Health.BEDRIDDEN.code)),
                Is("guardianship_assessment.result", _IN_NEED_OF_A_GUARDIAN),
                Is("guardianship_assessment.conduct", _IN_NEED_OF_A_GUARDIAN),
            )
        ),
    )
)

CHILD_CATEGORIES: Final[tuple[Ruled, ...]] = (
    Ruled(Tag.LEFT_BEHIND_CHILD, _LEFT_BEHIND, "国发〔2016〕13号"),
    Ruled(Tag.CHILD_IN_DIFFICULTY, _IN_DIFFICULTY, "国发〔2016〕36号"),
    Ruled(Tag.UNSUPPORTED_CHILD, _UNSUPPORTED, "民发〔2019〕62号、民发〔2020〕125号"),
    Ruled(Tag.SCATTERED_ORPHAN, _ORPHAN, "国办发〔2010〕54号"),
)


def child_categories(records: Mapping[str, Mapping[str, Any]], on: date) -> list[Verdict]:
    """How a child stands to each group on that day.

    `records`: of the collections in DECLARED those that are there: the child's own, its household's, and the
    newest check and assessment.
    """
    return verdicts(CHILD_CATEGORIES, records, on, DECLARED)
