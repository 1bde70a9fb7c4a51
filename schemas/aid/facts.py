"""The facts that assistance is decided by: asked at the kitchen table, or told by the file, or both."""

from typing import Final

import msgspec

from schemas.aid.grounds import (
    BelowDisposableIncome,
    BelowLine,
    Dwells,
    Ground,
    NobodyEmployed,
    OfMember,
    OfSomebody,
    OwnIncomeBelowLine,
    Receives,
    RigidShareAbove,
)
from schemas.aid.standards import IncomeLine
from schemas.aid.traits import AllOf, AnyOf, Disabled, Not, Perhaps, Reached, Says, Tagged, Trait

ON_43: Final = "民发〔2021〕43号第五条"
ON_57: Final = "民发〔2021〕57号第八条"


class Fact(msgspec.Struct, frozen=True):
    """`name`: the screening's field where it is `asked`. `of_member`: it is about one who may apply alone."""

    name: str
    zh: str
    en: str
    ground: Ground | None = None
    asked: bool = True
    of_member: bool = False


_IS_ELDER: Final = Reached("extreme_poverty_elder")
_IS_UNDER_16: Final = Not(Reached("extreme_poverty_minor"))
# Who is in extreme poverty already stays in it until 18.
_STAYS: Final = AllOf((Tagged(("extreme_poverty",)), Not(Reached("extreme_poverty_minor_stays"))))
_IS_CHILD: Final = Not(Reached("child"))
_IS_ABLE: Final[Trait] = AllOf(
    (
        Reached("able_from"),
        Not(Reached("able_until")),
        Not(Says("work", ("unable", "student", "retired"), "就业情况", "Work")),
    )
)
_IS_JOBLESS: Final = Says("work", ("unemployed",), "就业情况", "Work")
_IS_IN_SCHOOL: Final = Says("work", ("student",), "就业情况", "Work")
_IS_GRAVELY_ILL: Final = Says("health", ("grave",), "健康状况", "Health")
# 智力 5, 精神 6, 肢体 4, 视力 1, 多重 7 (GB/T 26341)
_IS_SEVERE: Final = AnyOf((Disabled(("1", "2")), Disabled(("3",), ("5", "6"))))
_CANNOT_WORK: Final = AnyOf(
    (
        _IS_ELDER,
        _IS_UNDER_16,
        _STAYS,
        Disabled(("1", "2", "3"), ("5", "6")),
        Disabled(("1", "2"), ("4",)),
        Disabled(("1",), ("1",)),
        # The list does not name several disabilities together: the province says which count.
        Perhaps(Disabled(("1", "2"), ("7",))),
    )
)

FACTS: Final[dict[str, Fact]] = {
    fact.name: fact
    for fact in (
        Fact(
            "below_minimum_line",
            "人均收入低于当地低保标准",
            "Income a head below the local minimum line",
            BelowLine(IncomeLine.MINIMUM),
        ),
        Fact(
            "below_edge_line",
            "人均收入低于低保标准 1.5 倍",
            "Income a head below 1.5 times the minimum line",
            BelowLine(IncomeLine.EDGE),
        ),
        Fact(
            "below_disposable_income",
            "人均收入低于当地上年度人均可支配收入",
            "Income a head below last year's disposable income of the region",
            BelowDisposableIncome(),
        ),
        Fact("assets_within_limits", "财产符合规定", "Assets within the limits"),
        Fact(
            "alone_severely_disabled_or_ill",
            "有可单独申请的重残或重病成员",
            "A severely disabled or gravely ill member who may apply alone",
            OfMember(AnyOf((_IS_SEVERE, _IS_GRAVELY_ILL)), ON_57),
            of_member=True,
        ),
        Fact(
            "elder_disabled_or_under_16",
            "有 60 岁以上、残疾或未满 16 周岁成员",
            "A member of 60 or over, disabled, or under 16",
            OfMember(AnyOf((_IS_ELDER, _IS_UNDER_16, _STAYS, Disabled())), ON_43),
            of_member=True,
        ),
        Fact(
            "no_ability_to_work",
            "该成员无劳动能力",
            "That member cannot work",
            OfMember(_CANNOT_WORK, ON_43),
            of_member=True,
        ),
        Fact(
            "no_income",
            "该成员无生活来源",
            "That member has no income",
            OwnIncomeBelowLine(),
            of_member=True,
        ),
        Fact(
            "no_able_supporter",
            "该成员的赡养、抚养、扶养人无履行能力",
            "Nobody is able to support that member",
            of_member=True,
        ),
        Fact("disaster_struck", "遭受自然灾害", "Hit by a natural disaster"),
        Fact("heavy_medical_cost", "医疗费用负担重", "Heavy medical cost"),
        Fact("pupil_or_student", "有在校学生", "A pupil or student", OfSomebody(_IS_IN_SCHOOL)),
        Fact(
            "disabled_child",
            "有残疾儿童",
            "A disabled child",
            OfSomebody(AllOf((_IS_CHILD, Disabled()))),
        ),
        Fact(
            "housing_difficulty",
            "住房困难或危房",
            "No fit dwelling",
            Dwells(("owned_dangerous", "none")),
        ),
        Fact(
            "jobless_able_member",
            "有劳动能力成员失业",
            "A jobless member who is able to work",
            OfSomebody(AllOf((_IS_ABLE, _IS_JOBLESS))),
        ),
        Fact("nobody_employed", "零就业家庭", "Nobody is employed", NobodyEmployed(_IS_ABLE, _IS_JOBLESS)),
        Fact("sudden_hardship", "遭遇突发事件、意外伤害或重病", "Sudden event, accident or grave illness"),
        Fact(
            "rigid_spending",
            "必需支出超出承受能力",
            "Unavoidable spending beyond its means",
            RigidShareAbove(),
        ),
        Fact("unmet_by_policy", "有政策未覆盖的需求", "Needs that no policy meets"),
        Fact(
            "on_minimum_living",
            "已享受低保或特困供养",
            "On the minimum living allowance or in extreme poverty already",
            Receives(("minimum_living", "extreme_poverty")),
            asked=False,
        ),
    )
}
