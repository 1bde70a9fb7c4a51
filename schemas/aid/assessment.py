"""What a screening comes to (需求评估): ten dimensions, each scored 0 to 3, and one grade of need.

The grade goes by the sum, and not below what the gravest dimensions ask for: a family that lacks one thing
entirely is not in mild need because it lacks nothing else. A dimension that was not asked is not a nought:
the sum is then a range, and where its ends come to different grades the lower one is said to be a least.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.aid.circumstances import Missing, Said
from schemas.codes import CodeTable, Unit
from schemas.figures import FigureTable


class NeedGrade(CodeTable, zh="需求等级", en="Grade of need", rising=True):
    """How great the need is, all things together."""

    NONE = "none", "暂无明显需求", "None that shows"
    MILD = "mild", "轻度", "Mild"
    MODERATE = "moderate", "中度", "Moderate"
    SEVERE = "severe", "重度", "Severe"


NEED_GRADES: Final = FigureTable(
    "need_grades", "需求等级的最低总分", "The least sum for each grade of need", Unit.POINT, NeedGrade
)
NEED_FLOORS: Final = FigureTable(
    "need_floors",
    "重度困难达到几项即不低于该等级",
    "How many severe dimensions make it no less than a grade",
    Unit.ITEM,
    NeedGrade,
)

DIMENSIONS: Final[dict[str, tuple[str, str]]] = {
    "income": ("收入", "Income"),
    "health": ("健康", "Health"),
    "housing": ("住房", "Housing"),
    "education": ("教育", "Education"),
    "employment": ("就业", "Employment"),
    "care": ("照料", "Care"),
    "safety": ("安全", "Safety"),
    "mental": ("心理", "Mental state"),
    "social": ("社会交往", "Social life"),
    "legal": ("法律", "Legal"),
}
"""The fields of a screening that are scored, with their labels."""
GRAVEST: Final = 3


class Weight(msgspec.Struct, frozen=True):
    """A dimension that adds to the sum."""

    dimension: str
    zh: str
    en: str
    score: int


class NeedAssessment(msgspec.Struct, frozen=True):
    """The sum at least and at most, the grade that is sure, and what weighs most, the gravest first.

    `is_sure`: the dimensions that were not asked could not raise the grade. `raised`: the grade is above that
    of the sum, because of the gravest dimensions.
    """

    least: int
    most: int
    grade: NeedGrade
    is_sure: bool
    is_urgent: bool
    raised: bool
    weights: tuple[Weight, ...]
    missing: tuple[Missing, ...]

    def because(self) -> Said:
        """The grade and what it comes from, in a sentence."""
        points = str(self.least) if self.least == self.most else f"{self.least} 至 {self.most}"
        weights_zh = "、".join(f"{each.zh} {each.score}" for each in self.weights) or "无"
        weights_en = ", ".join(f"{each.en} {each.score}" for each in self.weights) or "none"
        zh = f"{'' if self.is_sure else '至少'}{self.grade.zh}（总分 {points}，主要在：{weights_zh}）"
        en = f"{'' if self.is_sure else 'at least '}{self.grade.en} (sum {points}; {weights_en})"
        if self.raised:
            zh, en = f"{zh}，因有重度困难而上调", f"{en}, raised for what is severe"
        if self.is_urgent:
            zh, en = f"{zh}，需要紧急介入", f"{en}, urgent"
        return Said(zh, en)


def assessed(screening: Mapping[str, Any], on: date) -> NeedAssessment:
    """What the screening, as its fields are stored, comes to by the figures of that day."""
    scores = {name: int(screening[name]) for name in DIMENSIONS if screening.get(name) is not None}
    open_ones = [name for name in DIMENSIONS if name not in scores]
    least = sum(scores.values())
    most = least + GRAVEST * len(open_ones)
    severe = sum(score == GRAVEST for score in scores.values())
    grade = _grade(least, severe, on)
    weights = [Weight(name, *DIMENSIONS[name], score) for name, score in scores.items() if score]
    return NeedAssessment(
        least=least,
        most=most,
        grade=grade,
        is_sure=grade is _grade(most, severe + len(open_ones), on),
        is_urgent=screening.get("urgent") is True,
        raised=grade is not _grade(least, 0, on),
        weights=tuple(sorted(weights, key=lambda each: -each.score)),
        missing=tuple(Missing(f"screening.{name}", *DIMENSIONS[name]) for name in open_ones),
    )


def _grade(points: int, severe: int, on: date) -> NeedGrade:
    """The gravest grade whose sum or whose number of severe dimensions is reached."""
    found = NeedGrade.NONE
    for grade in NeedGrade:
        by_sum, by_severe = NEED_GRADES.value_of(grade.code, on), NEED_FLOORS.value_of(grade.code, on)
        if (by_sum is not None and points >= by_sum) or (by_severe is not None and severe >= by_severe):
            found = grade
    return found
