"""The assessment of guardianship (监护评估): whether those who care for a child want to, can, and do it well.

What the guardian does to the child is confidential, as in a visit; how willing and able they are, everybody
on the file has to know. So there are two results, each worked out within its class, and the graver one counts
(`guardianship`): from the part that one may read nothing can be told of the other.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from schemas.about_person import AboutPerson
from schemas.children.visit import Caregiver, GuardianWish
from schemas.codes import CodeTable
from schemas.computed import Graded
from schemas.conditions import All, AnyOf, Is
from schemas.declare import COMPUTED, LATEST, TEXT, field
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.visit import Level

CASE, CONFIDENTIAL, OPEN = Privacy.CASE, Privacy.CONFIDENTIAL, Privacy.OPEN


class Guardianship(CodeTable, zh="监护状况", en="State of guardianship", rising=True):
    """What the assessment comes to."""

    GOOD = "good", "监护良好", "Good"
    AT_RISK = "at_risk", "监护有风险", "At risk"
    IMPROPER = "improper", "监护不当", "Improper"
    ABSENT = "absent", "监护缺失", "Absent"


class GuardianConduct(CodeTable, zh="不当行为", en="Misconduct", rising=True):
    """What the child, its neighbours, its school or what one sees say of it."""

    NONE = "none", "未发现", "None found"
    SUSPECTED = "suspected", "疑似", "Suspected"
    FOUND = "found", "已发生", "Found"


ABILITIES: Final = ("health", "income", "time", "understanding")
SURROUNDINGS: Final = ("environment", "bond")
MISCONDUCT: Final = ("violence", "neglect", "addiction")
_LEVELS: Final = (*ABILITIES, *SURROUNDINGS)

BY_CARE: Final = Graded(
    (
        ("absent", Is("guardian", (Caregiver.NOBODY.code,))),
        (
            "improper",
            AnyOf(
                (
                    Is("willingness", (GuardianWish.UNWILLING.code,)),
                    *(Is(name, (Level.DANGER.code,)) for name in _LEVELS),
                )
            ),
        ),
        (
            "at_risk",
            AnyOf(
                (
                    Is("willingness", (GuardianWish.STRAINED.code,)),
                    *(Is(name, (Level.CONCERN.code,)) for name in _LEVELS),
                )
            ),
        ),
        (
            "good",
            All(
                (
                    Is("guardian", tuple(each.code for each in Caregiver if each is not Caregiver.NOBODY)),
                    Is("willingness", (GuardianWish.WILLING.code,)),
                    *(Is(name, (Level.GOOD.code, Level.WATCH.code)) for name in _LEVELS),
                )
            ),
        ),
    )
)
"""The first that holds. What is not known yet can only make it worse: good takes every answer."""

BY_CONDUCT: Final = Graded(
    (
        ("improper", AnyOf(tuple(Is(name, (GuardianConduct.FOUND.code,)) for name in MISCONDUCT))),
        ("at_risk", AnyOf(tuple(Is(name, (GuardianConduct.SUSPECTED.code,)) for name in MISCONDUCT))),
        ("good", All(tuple(Is(name, (GuardianConduct.NONE.code,)) for name in MISCONDUCT))),
    )
)


class GuardianshipAssessment(
    AboutPerson,
    collection="guardianship_assessment",
    zh="监护评估",
    en="Assessment of guardianship",
    rules=(
        NotBefore(
            ("next_on", "on"),
            "下次评估日期早于本次，请核对",
            "The next assessment lies before this one: check both days",
        ),
    ),
    about_children=True,
):
    """One look at a child's guardianship in five respects: willingness, ability, conduct, environment, bond.

    Misconduct that was found may have to be reported as well: signs of harm are noted in a visit, which
    starts the mandatory report.
    """

    guardian: Annotated[
        Caregiver | None, field("实际监护人", "Who guards the child", privacy=CASE, merge=LATEST)
    ] = None
    willingness: Annotated[
        GuardianWish | None, field("监护意愿", "Willingness", privacy=CASE, merge=LATEST)
    ] = None
    health: Annotated[Level | None, field("身体和年龄状况", "Health and age", privacy=CASE, merge=LATEST)] = (
        None
    )
    income: Annotated[Level | None, field("经济能力", "Income", privacy=CASE, merge=LATEST)] = None
    time: Annotated[Level | None, field("照料时间", "Time", privacy=CASE, merge=LATEST)] = None
    understanding: Annotated[
        Level | None, field("教养方法", "Understanding of a child's needs", privacy=CASE, merge=LATEST)
    ] = None
    environment: Annotated[Level | None, field("生活环境", "Environment", privacy=CASE, merge=LATEST)] = None
    bond: Annotated[Level | None, field("亲子关系", "Bond", privacy=CASE, merge=LATEST)] = None
    violence: Annotated[
        GuardianConduct | None, field("暴力", "Violence", privacy=CONFIDENTIAL, merge=LATEST)
    ] = None
    neglect: Annotated[
        GuardianConduct | None, field("忽视", "Neglect", privacy=CONFIDENTIAL, merge=LATEST)
    ] = None
    addiction: Annotated[
        GuardianConduct | None,
        field("酗酒、赌博、吸毒", "Drink, gambling or drugs", privacy=CONFIDENTIAL, merge=LATEST),
    ] = None
    result: Annotated[
        Guardianship | None,
        field(
            "监护状况（意愿、能力、环境和关系）",
            "Guardianship by willingness, ability, environment and bond",
            privacy=CASE,
            merge=COMPUTED,
            computed=BY_CARE,
        ),
    ] = None
    conduct: Annotated[
        Guardianship | None,
        field(
            "监护状况（行为）",
            "Guardianship by conduct",
            privacy=CONFIDENTIAL,
            merge=COMPUTED,
            computed=BY_CONDUCT,
        ),
    ] = None
    opinion: Annotated[
        str | None, field("评估意见", "Opinion", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    next_on: Annotated[date | None, field("下次评估日期", "Next assessment", privacy=OPEN, merge=LATEST)] = (
        None
    )


def guardianship(assessment: Mapping[str, Any]) -> Guardianship | None:
    """The graver of the two results, of what the reader holds; None where neither is there.

    Good by one of them alone is not good yet: it stays None until both are known.
    """
    found = [assessment.get(name) for name in ("result", "conduct")]
    gravest = next((each for each in reversed(Guardianship) if each.code in found), None)
    return None if gravest is Guardianship.GOOD and None in found else gravest
