"""Community work (社区工作): what is done for and with all who live there."""

from datetime import date
from typing import Annotated
from uuid import UUID

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable, Unit
from schemas.declare import COUNTER, FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.governance.organisation import CommunityOrganisation
from schemas.governance.space import PublicSpace
from schemas.masks import NOTHING
from schemas.privacy import Privacy
from schemas.treatment import DROPPED

OPEN, BASIC, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.CASE


class CommunityActivityKind(CodeTable, zh="社区活动类型", en="Kind of community activity"):
    """What it is about, by the plan's fields."""

    FESTIVAL = "festival", "节庆联谊", "Festival"
    CULTURE = "culture", "文体活动", "Culture and sports"
    HEALTH = "health", "健康义诊", "Health"
    SAFETY = "safety", "安全教育", "Safety"
    LAW = "law", "法治宣传", "Law"
    MARRIAGE = "marriage", "婚姻家庭政策宣传", "Marriage and family"
    PARENTING = "parenting", "亲子教育", "Parenting"
    ENVIRONMENT = "environment", "环境整治", "Environment"
    MUTUAL_HELP = "mutual_help", "邻里互助", "Neighbours helping each other"
    CHARITY = "charity", "公益慈善", "Charity"
    PARTY_BUILDING = "party_building", "党建共建", "Party building together"
    SURVEY = "survey", "需求调研", "Survey of needs"
    OTHER = "other", "其他", "Other"


class CommunityActivityState(
    StateTable, zh="社区活动状态", en="State of the community activity", initial=("planned", "held")
):
    """One that nobody planned may be entered when it is over."""

    PLANNED = "planned", "已计划", "Planned", ("approved", "held", "cancelled")
    APPROVED = "approved", "已确认", "Confirmed", ("held", "cancelled")
    HELD = "held", "已开展", "Held", ("evaluated",)
    EVALUATED = "evaluated", "已评估", "Evaluated"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class CommunityActivity(Record, collection="community_activity", zh="社区活动", en="Community activity"):
    """An event with its headcount. Several people count at once: each adds theirs.

    Satisfaction is counted as those who were asked and those of them who were satisfied, so that it stays a
    share of something.
    """

    title: Annotated[
        str, field("活动名称", "Title", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)
    ]
    on: Annotated[date, field("活动日期", "Day", privacy=OPEN, merge=LATEST)]
    state: Annotated[CommunityActivityState, field("状态", "State", privacy=OPEN, merge=STATES)]
    by: Annotated[Ref[Account], field("负责社工", "Worker in charge", privacy=OPEN, merge=FIXED)]
    kind: Annotated[CommunityActivityKind | None, field("活动类型", "Kind", privacy=OPEN, merge=LATEST)] = (
        None
    )
    place: Annotated[str | None, field("活动地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = (
        None
    )
    space: Annotated[
        Ref[PublicSpace] | None, field("使用的公共空间", "Public space used", privacy=OPEN, merge=LATEST)
    ] = None
    organisations: Annotated[
        frozenset[Ref[CommunityOrganisation]],
        field("参与的社区社会组织", "Organisations that took part", privacy=OPEN, merge=UNION),
    ] = frozenset()
    plan: Annotated[str | None, field("活动方案", "Plan", privacy=OPEN, merge=TEXT, max_length=4000)] = None
    headcount: Annotated[
        int,
        field(
            "参与人次",
            "Headcount",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    volunteers: Annotated[
        int,
        field(
            "志愿者人次",
            "Volunteers",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=10_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    asked: Annotated[
        int,
        field(
            "满意度调查人数",
            "Asked whether satisfied",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    satisfied: Annotated[
        int,
        field(
            "满意人数",
            "Of these satisfied",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    evaluation: Annotated[
        str | None, field("活动评估", "Evaluation", privacy=OPEN, merge=TEXT, max_length=4000)
    ] = None
    note: Annotated[str | None, field("内部备注", "Note", privacy=CASE, merge=TEXT, max_length=2000)] = None
    photos: Annotated[
        frozenset[UUID],
        # Faces are known as names are.
        field("照片", "Photos", privacy=BASIC, merge=UNION, mask=NOTHING, sample=DROPPED),
    ] = frozenset()
