"""Who is what to whom in a family (家庭关系): the lines of its genogram (schemas/casework/genogram.py)."""

from datetime import date
from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import CodeTable
from schemas.declare import FIXED, LATEST, TEXT, Record, field
from schemas.household import Household
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import Differ, NotBefore
from schemas.treatment import DROPPED

OPEN, CASE = Privacy.OPEN, Privacy.CASE


class Tie(CodeTable, zh="亲属关系", en="Tie of kinship"):
    """What the first person is to the second. Of couples it is the same both ways."""

    PARENT = "parent", "亲生父母", "Parent by birth"
    ADOPTIVE_PARENT = "adoptive_parent", "养父母", "Parent by adoption"
    STEP_PARENT = "step_parent", "继父母", "Step-parent"
    FOSTER_PARENT = "foster_parent", "寄养照护人", "Foster parent"
    MARRIED = "married", "夫妻", "Married"
    COHABITING = "cohabiting", "同居", "Living together"
    DIVORCED = "divorced", "离异", "Divorced"
    SEPARATED = "separated", "分居", "Living apart"
    SIBLING = "sibling", "兄弟姐妹", "Brother or sister"


class Closeness(CodeTable, zh="关系亲疏", en="Closeness"):
    """How two people stand to each other, as a genogram draws it."""

    CLOSE = "close", "亲密", "Close"
    ORDINARY = "ordinary", "一般", "Ordinary"
    DISTANT = "distant", "疏远", "Distant"
    TENSE = "tense", "紧张", "Tense"
    BROKEN = "broken", "断绝往来", "Broken off"
    OVER_CLOSE = "over_close", "过度依赖", "Too close"


class Kinship(
    Record,
    collection="kinship",
    zh="家庭成员关系",
    en="Kinship",
    rules=(
        Differ(
            ("other", "one"), "甲方和乙方是同一人，请核对", "Both are the same person: check whom you meant"
        ),
        NotBefore(
            ("until", "since"),
            "结束日期早于开始日期，请核对",
            "It would end before it began: check both days",
        ),
    ),
):
    """One line between two people of the file, who may have died or live elsewhere.

    That a family lives together its neighbours know; that a child is adopted or a couple parted they may not.
    So all of a line but the family that it is of is for those who work with it.
    """

    household: Annotated[Ref[Household], field("家庭", "Household", privacy=OPEN, merge=FIXED, parent=True)]
    one: Annotated[Ref[Person], field("甲方", "The one", privacy=CASE, merge=FIXED, sample=DROPPED)]
    other: Annotated[Ref[Person], field("乙方", "The other", privacy=CASE, merge=FIXED, sample=DROPPED)]
    tie: Annotated[Tie, field("甲方是乙方的", "What the one is to the other", privacy=CASE, merge=LATEST)]
    since: Annotated[date | None, field("开始日期", "Since", privacy=CASE, merge=LATEST)] = None
    until: Annotated[date | None, field("结束日期", "Until", privacy=CASE, merge=LATEST)] = None
    closeness: Annotated[Closeness | None, field("关系亲疏", "Closeness", privacy=CASE, merge=LATEST)] = None
    note: Annotated[str | None, field("说明", "Note", privacy=CASE, merge=TEXT, max_length=1000)] = None
