"""The lines and shares that entitlement goes by: tables of figures.

The minimum living line is set by each district for town and country and changes nearly every year, so it is
the office's to enter (`620102_urban` = 城关区城镇). Without it nobody is told that they are below it.
"""

import re
from typing import Any, Final

from schemas.aid.means import ExpenseKind, IncomeKind
from schemas.codes import CodeTable, Unit
from schemas.figures import FigureTable

# GB/T 2260, and which of the two lines of the district.
_DISTRICT: Final = re.compile("[1-9][0-9]{5}_(?:urban|rural)")

MINIMUM_LINES: Final = FigureTable(
    "minimum_lines",
    "最低生活保障标准（每人每月）",
    "Minimum living line, a head and month, by district and town or country",
    Unit.FEN,
    keys=_DISTRICT,
)
DISPOSABLE_INCOME: Final = FigureTable(
    "disposable_income",
    "上年度居民人均可支配收入（每人每月）",
    "Disposable income of last year, a head and month, by district and town or country",
    Unit.FEN,
    keys=_DISTRICT,
)


class IncomeLine(CodeTable, zh="收入线", en="Line of income"):
    """Where a line of income lies, as a share of the minimum living line."""

    MINIMUM = "minimum", "最低生活保障标准", "The minimum living line"
    EDGE = "edge", "最低生活保障边缘家庭收入线", "The line of edge families"


INCOME_LINES: Final = FigureTable(
    "income_lines",
    "收入线占最低生活保障标准的比例",
    "Lines of income, as a share of the minimum living line",
    Unit.PERCENT,
    IncomeLine,
)
COUNTED_INCOME: Final = FigureTable(
    "counted_income",
    "各类收入计入家庭收入的比例",
    "How much of each kind of income counts",
    Unit.PERCENT,
    IncomeKind,
)
RIGID_EXPENSES: Final = FigureTable(
    "rigid_expenses",
    "各类支出计入刚性支出的比例",
    "How much of each kind of expense is rigid spending",
    Unit.PERCENT,
    ExpenseKind,
)
RIGID_SHARE: Final = FigureTable(
    "rigid_share",
    "刚性支出占家庭收入的比例线",
    "The share of income above which rigid spending is a difficulty",
    Unit.PERCENT,
)
MEANS_AGE: Final = FigureTable(
    "means_age", "家庭经济状况核算的有效期", "How old a reckoning of means may be", Unit.MONTH
)
AID_AGES: Final = FigureTable("aid_ages", "救助的年龄界限", "Ages that assistance goes by", Unit.YEAR)


def district_key(household: Any) -> str | None:
    """The key of the lines that apply to a household; None where it does not say where it is, or which."""
    community, kind = household.get("community"), household.get("kind")
    if not isinstance(community, str) or kind not in ("urban", "rural"):
        return None
    return f"{community[:6]}_{kind}"
