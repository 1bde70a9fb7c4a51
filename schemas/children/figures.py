"""Ages and terms by which children are counted among the groups that the law protects."""

from typing import Final

from schemas.codes import CodeTable, Unit
from schemas.figures import FigureTable


class ChildAge(CodeTable, zh="儿童年龄界限", en="Ages of children"):
    """Until when somebody counts; on the birthday itself no longer."""

    CHILD = "child", "未成年人", "A child"
    LEFT_BEHIND = "left_behind", "留守儿童", "A left-behind child"


class ChildTerm(CodeTable, zh="父母情形期限", en="Terms of what keeps a parent from caring"):
    """How long it has to last."""

    DETAINED = "detained", "服刑在押、强制隔离戒毒或被限制人身自由", "In prison, rehabilitation or detention"
    OUT_OF_CONTACT = "out_of_contact", "失联", "Out of contact"


CHILD_AGES: Final = FigureTable(
    "child_ages",
    "儿童类别的年龄界限（未满）",
    "Ages below which children belong to a group",
    Unit.YEAR,
    ChildAge,
)
CHILD_TERMS: Final = FigureTable(
    "child_terms",
    "父母情形的最短期限",
    "Least term of what keeps a parent from caring",
    Unit.MONTH,
    ChildTerm,
)
