"""How an elder lives (老年人基本情况): with whom, and where the children are."""

from datetime import date
from typing import Annotated

from schemas.about_person import AboutPerson
from schemas.codes import CodeTable
from schemas.declare import LATEST, TEXT, field
from schemas.privacy import Privacy

CASE, OPEN = Privacy.CASE, Privacy.OPEN


class LivingWith(CodeTable, zh="居住情况", en="With whom"):
    """Who lives in the dwelling day and night."""

    ALONE = "alone", "独自居住", "Alone"
    WITH_SPOUSE = "with_spouse", "与配偶居住", "With the spouse alone"
    WITH_CHILDREN = "with_children", "与子女居住", "With children"
    WITH_GRANDCHILDREN = "with_grandchildren", "与未成年孙辈居住", "With grandchildren under age"
    WITH_OTHERS = "with_others", "与其他亲友居住", "With other relatives or friends"
    WITH_CARER = "with_carer", "与保姆、护工居住", "With a carer"
    INSTITUTION = "institution", "入住养老机构", "In an institution"


class WhereChildrenLive(CodeTable, zh="子女情况", en="Where the children are"):
    """Of the children who are there, the nearest one."""

    TOGETHER = "together", "有子女同住", "One lives here"
    NEARBY = "nearby", "子女在本市居住", "In this city"
    AWAY = "away", "子女均长期在外", "All of them away for long"
    NONE = "none", "无子女", "There are none"


class ElderCircumstances(
    AboutPerson, collection="elder_circumstances", zh="老年人基本情况", en="How an elder lives"
):
    """What is asked once, and again when it changes: which groups an elder is of follows from it."""

    living: Annotated[LivingWith | None, field("居住情况", "With whom", privacy=CASE, merge=LATEST)] = None
    children: Annotated[
        WhereChildrenLive | None, field("子女情况", "Where the children are", privacy=CASE, merge=LATEST)
    ] = None
    only_child_lost: Annotated[
        bool | None,
        field(
            "独生子女死亡或伤残",
            "The only child died or was disabled",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    agreed_to_calls: Annotated[
        bool | None, field("同意电话探访", "Agrees to be called by phone", privacy=CASE, merge=LATEST)
    ] = None
    note: Annotated[str | None, field("补充说明", "Note", privacy=CASE, merge=TEXT, max_length=2000)] = None
    next_on: Annotated[date | None, field("下次核查日期", "Next check", privacy=OPEN, merge=LATEST)] = None
