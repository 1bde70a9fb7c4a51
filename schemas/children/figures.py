"""Ages and terms by which children are counted among the groups that the law protects."""

from typing import Final

from schemas.codes import Unit
from schemas.figures import FigureTable

CHILD_AGES: Final = FigureTable(
    "child_ages",
    "儿童类别的年龄界限（未满）",
    "Ages below which children belong to a group",
    Unit.YEAR,
)
CHILD_TERMS: Final = FigureTable(
    "child_terms",
    "父母情形的最短期限",
    "Least term of what keeps a parent from caring",
    Unit.MONTH,
)
