"""Deliberation (协商议事): what residents talk over, propose and vote on, and what came of it."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from schemas.annotations import Account, Ref, entry
from schemas.codes import CodeTable, StateTable, Unit
from schemas.declare import COUNTER, FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.governance.space import PublicSpace
from schemas.masks import NAME, NOTHING
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED, PARTS

OPEN, BASIC = Privacy.OPEN, Privacy.BASIC


class DeliberationKind(CodeTable, zh="议事形式", en="Kind of deliberation"):
    """Who meets in which form."""

    RESIDENTS_MEETING = "residents_meeting", "居民会议", "Residents' meeting"
    DEPUTIES_MEETING = "deputies_meeting", "居民代表会议", "Meeting of residents' deputies"
    COUNCIL = "council", "居民议事会", "Residents' council"
    HEARING = "hearing", "听证会", "Hearing"
    YARD = "yard", "院落楼栋议事", "Meeting of a yard or house"
    OWNERS = "owners", "业主协商", "Owners"
    ROUND_TABLE = "round_table", "圆桌会", "Round table of all concerned"


class DeliberationTopic(CodeTable, zh="议题类别", en="Subject of a deliberation"):
    """What it is about."""

    ENVIRONMENT = "environment", "环境卫生", "Environment"
    PARKING = "parking", "停车管理", "Parking"
    PROPERTY = "property", "物业管理", "Management of the buildings"
    RENOVATION = "renovation", "老旧小区改造、加装电梯", "Renovation and lifts"
    SAFETY = "safety", "公共安全", "Safety"
    ELDERS = "elders", "养老服务", "Services for elders"
    CHILDREN = "children", "儿童服务", "Services for children"
    CULTURE = "culture", "文体活动", "Culture and sports"
    NEIGHBOURS = "neighbours", "邻里纠纷", "Disputes between neighbours"
    CONVENTION = "convention", "居民公约", "The residents' convention"
    MONEY = "money", "公共资金使用", "Use of common money"
    OTHER = "other", "其他", "Other"


class DeliberatingSide(CodeTable, zh="参会方", en="Who takes part in a deliberation"):
    """The sides that a deliberation brings together."""

    RESIDENTS = "residents", "居民", "Residents"
    DEPUTIES = "deputies", "居民代表", "Residents' deputies"
    COMMITTEE = "committee", "社区两委", "Residents' committee and party branch"
    STREET = "street", "街道", "Street office"
    PROPERTY = "property", "物业", "Managers of the buildings"
    OWNERS = "owners", "业委会", "Owners' committee"
    ORGANISATIONS = "organisations", "社会组织", "Organisations"
    COMPANIES = "companies", "驻区单位商户", "Companies and shops"
    WORTHIES = "worthies", "社区贤达", "Worthies"
    EXPERTS = "experts", "专业人士", "Experts"
    WORKERS = "workers", "社工", "Social workers"


class Attending(msgspec.Struct):
    """How many came of one side."""

    side: Annotated[DeliberatingSide, entry("参会方", "Side")]
    count: Annotated[int, entry("人数", "People", minimum=0, maximum=10_000, unit=Unit.PERSON)]


class DeliberationState(
    StateTable, zh="议事状态", en="State of the deliberation", initial=("called", "held")
):
    """One that nobody called in writing may be entered when it was held."""

    CALLED = "called", "已召集", "Called", ("held", "cancelled")
    HELD = "held", "已召开", "Held", ("announced",)
    ANNOUNCED = "announced", "结果已公示", "Result announced"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class Deliberation(
    Record,
    collection="deliberation",
    zh="议事协商",
    en="Deliberation",
    rules=(
        NotBefore(
            ("announced_on", "on"),
            "公示日期早于召开日期，请核对",
            "Announced before it was held: check both days",
        ),
    ),
):
    """One meeting. What was proposed and how it was voted on are records of their own (`Proposal`)."""

    title: Annotated[str, field("议题", "Subject", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)]
    on: Annotated[date, field("召开日期", "Day", privacy=OPEN, merge=LATEST)]
    state: Annotated[DeliberationState, field("状态", "State", privacy=OPEN, merge=STATES)]
    by: Annotated[Ref[Account], field("记录人", "Written down by", privacy=OPEN, merge=FIXED)]
    kind: Annotated[DeliberationKind | None, field("议事形式", "Kind", privacy=OPEN, merge=LATEST)] = None
    topics: Annotated[frozenset[DeliberationTopic], field("议题类别", "About", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    place: Annotated[str | None, field("地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = None
    space: Annotated[
        Ref[PublicSpace] | None, field("使用的公共空间", "Public space used", privacy=OPEN, merge=LATEST)
    ] = None
    entitled: Annotated[
        int | None,
        field(
            "应到人数",
            "Entitled to come",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = None
    attending: Annotated[
        tuple[Attending, ...],
        field("参会情况", "Attending", privacy=OPEN, merge=LATEST, max_items=20, sample=PARTS),
    ] = ()
    chair: Annotated[
        str | None,
        field("主持人", "Chair", privacy=BASIC, merge=LATEST, mask=NAME, max_length=50, sample=DROPPED),
    ] = None
    minutes: Annotated[
        str | None,
        # Who said what among neighbours is for those who were there.
        field(
            "会议记录",
            "Minutes",
            privacy=BASIC,
            merge=TEXT,
            mask=NOTHING,
            max_length=4000,
            sample=DROPPED,
        ),
    ] = None
    result: Annotated[str | None, field("议事结果", "Result", privacy=OPEN, merge=TEXT, max_length=2000)] = (
        None
    )
    announced_on: Annotated[date | None, field("公示日期", "Announced on", privacy=OPEN, merge=LATEST)] = None
    photos: Annotated[
        frozenset[UUID],
        field("照片", "Photos", privacy=BASIC, merge=UNION, mask=NOTHING, sample=DROPPED),
    ] = frozenset()


class ProposalState(StateTable, zh="提案状态", en="State of the proposal", initial=("raised",)):
    """What was put off comes up again. What was adopted is carried out, or it is said why not."""

    RAISED = "raised", "已提出", "Raised", ("deferred", "adopted", "rejected", "withdrawn")
    DEFERRED = "deferred", "暂缓，再议", "Put off", ("raised", "withdrawn")
    REJECTED = "rejected", "未通过", "Rejected"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"
    ADOPTED = "adopted", "已通过", "Adopted", ("under_way", "dropped")
    UNDER_WAY = "under_way", "落实中", "Being carried out", ("done", "dropped")
    DONE = "done", "已落实", "Carried out"
    DROPPED = "dropped", "未能落实", "Not carried out"


class Proposal(Record, collection="proposal", zh="议事提案", en="Proposal"):
    """Something that was proposed in a deliberation. Votes are counted by several people, who add theirs."""

    deliberation: Annotated[
        Ref[Deliberation], field("所属议事", "Deliberation", privacy=OPEN, merge=FIXED, parent=True)
    ]
    text: Annotated[
        str, field("提案内容", "Proposal", privacy=OPEN, merge=LATEST, min_length=1, max_length=1000)
    ]
    state: Annotated[ProposalState, field("状态", "State", privacy=OPEN, merge=STATES)]
    raised_by: Annotated[
        DeliberatingSide | None, field("提出方", "Raised by", privacy=OPEN, merge=LATEST)
    ] = None
    proposer: Annotated[
        str | None,
        field("提案人", "Proposer", privacy=BASIC, merge=LATEST, mask=NAME, max_length=50, sample=DROPPED),
    ] = None
    votes_for: Annotated[
        int,
        field(
            "赞成票",
            "Votes for",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    votes_against: Annotated[
        int,
        field(
            "反对票",
            "Votes against",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    abstained: Annotated[
        int,
        field(
            "弃权票",
            "Abstained",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    owner: Annotated[
        str | None,
        field("落实责任方", "Who carries it out", privacy=OPEN, merge=LATEST, max_length=100),
    ] = None
    due_on: Annotated[date | None, field("落实期限", "Due on", privacy=OPEN, merge=LATEST)] = None
    done_on: Annotated[date | None, field("落实日期", "Done on", privacy=OPEN, merge=LATEST)] = None
    outcome: Annotated[
        str | None, field("落实情况", "Outcome", privacy=OPEN, merge=TEXT, max_length=2000)
    ] = None
