"""Marriage and family counselling (婚姻家庭咨询), premarital guidance (婚前辅导) among it."""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, HIGHEST, LATEST, TEXT, UNION, Record, field
from schemas.needs import Risk
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore

OPEN, CASE, CONFIDENTIAL = Privacy.OPEN, Privacy.CASE, Privacy.CONFIDENTIAL


class CounsellingKind(CodeTable, zh="咨询类型", en="Kind of counselling"):
    """At what point of a family's life it comes."""

    PREMARITAL = "premarital", "婚前辅导", "Before marriage"
    MARRIAGE = "marriage", "婚姻咨询", "Marriage"
    FAMILY = "family", "家庭关系咨询", "Family relations"
    PARENTING = "parenting", "家庭教育指导", "Bringing up children"
    COOLING_OFF = "cooling_off", "离婚冷静期辅导", "In the thirty days before a divorce"
    DIVORCE = "divorce", "离婚后支持", "After a divorce"


class CounsellingTopic(CodeTable, zh="咨询议题", en="Topic of counselling"):
    """What people bring."""

    EXPECTATIONS = "expectations", "婚姻期待与角色", "What is expected of marriage"
    COMMUNICATION = "communication", "沟通方式", "Talking with each other"
    MONEY = "money", "家庭财务", "Money"
    IN_LAWS = "in_laws", "与双方父母的关系", "The parents of both"
    CHILDREN = "children", "子女养育", "Children"
    HEALTH = "health", "婚检与生育健康", "Health before marriage and children"
    INTIMACY = "intimacy", "亲密关系", "Intimacy"
    LAW = "law", "婚姻法律法规", "The law"
    SEPARATION = "separation", "分居与离异", "Parting"
    CUSTODY = "custody", "抚养与探望", "Custody and visits"
    CARE = "care", "赡养照料", "Care for the old"


class WhoCame(CodeTable, zh="到场人员", en="Who came"):
    """With whom the talk was."""

    ONE = "one", "单方", "One of them"
    BOTH = "both", "双方", "Both"
    FAMILY = "family", "多名家庭成员", "Several of the family"


class PassedTo(CodeTable, zh="转介去向", en="Where somebody was sent on to"):
    """Who else helps with a family's trouble."""

    REGISTRY = "registry", "婚姻登记处", "Marriage registry"
    WOMEN = "women", "妇联", "Women's federation"
    COURT = "court", "人民法院", "Court"
    LEGAL_AID = "legal_aid", "法律援助", "Legal aid"
    MEDIATION = "mediation", "人民调解委员会", "Mediation committee"
    POLICE = "police", "公安", "Police"
    HOSPITAL = "hospital", "医院或心理机构", "Hospital or psychologist"
    SHELTER = "shelter", "救助站", "Shelter"


class FamilyCounselling(
    Record,
    collection="family_counselling",
    zh="婚姻家庭咨询",
    en="Family counselling",
    rules=(
        NotBefore(
            ("next_on", "on"),
            "下次咨询日期早于本次，请核对",
            "The next session lies before this one: check both days",
        ),
    ),
):
    """One session. What a couple quarrels about is theirs: which topics, too, lie with the case.

    Violence belongs into `concerns`; of violence against a child a visit starts the mandatory report.
    """

    subject: Annotated[
        Ref[Person], field("咨询对象", "Person counselled", privacy=OPEN, merge=FIXED, parent=True)
    ]
    on: Annotated[date, field("咨询日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("咨询社工", "Counselled by", privacy=OPEN, merge=FIXED)]
    kind: Annotated[CounsellingKind | None, field("咨询类型", "Kind", privacy=CASE, merge=LATEST)] = None
    came: Annotated[WhoCame | None, field("到场人员", "Who came", privacy=CASE, merge=LATEST)] = None
    minutes: Annotated[
        int | None,
        field("时长", "Duration", privacy=OPEN, merge=LATEST, minimum=0, maximum=600, unit=Unit.MINUTE),
    ] = None
    topics: Annotated[frozenset[CounsellingTopic], field("咨询议题", "Topics", privacy=CASE, merge=UNION)] = (
        frozenset()
    )
    risk: Annotated[Risk | None, field("风险等级", "Risk level", privacy=CASE, merge=HIGHEST)] = None
    situation: Annotated[
        str | None, field("咨询情况", "Situation", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    advice: Annotated[
        str | None, field("辅导内容与建议", "Guidance given", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    sent_on_to: Annotated[frozenset[PassedTo], field("转介去向", "Sent on to", privacy=CASE, merge=UNION)] = (
        frozenset()
    )
    concerns: Annotated[
        str | None,
        field("需保密的情况", "Confidential concerns", privacy=CONFIDENTIAL, merge=TEXT, max_length=4000),
    ] = None
    next_on: Annotated[date | None, field("下次咨询日期", "Next session", privacy=OPEN, merge=LATEST)] = None
