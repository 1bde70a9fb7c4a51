"""Community organisations (社区社会组织), from somebody's idea to a body that is recorded or registered.

民发〔2017〕191号: those that fulfil the conditions are registered with civil affairs, the others are recorded
with the street office (备案), which takes care of them.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable, Unit
from schemas.credit_code import CREDIT_CODE
from schemas.declare import FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.forms import PHONE
from schemas.governance.worthy import Worthy
from schemas.masks import NAME, NOTHING
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED

OPEN, BASIC, CONTACT, IDENTITY = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT, Privacy.IDENTITY


class OrganisationKind(
    CodeTable, zh="社区社会组织类型", en="Kind of community organisation", source="民发〔2017〕191号"
):
    """What it does for the community."""

    CHARITY = "charity", "公益慈善", "Charity"
    SERVICE = "service", "生活服务", "Everyday services"
    CULTURE = "culture", "文体活动", "Culture and sports"
    MUTUAL_HELP = "mutual_help", "邻里互助", "Neighbours helping each other"
    MEDIATION = "mediation", "矛盾调解", "Mediation"
    DELIBERATION = "deliberation", "协商议事", "Deliberation"
    ELDERS = "elders", "为老服务", "Service to elders"
    CHILDREN = "children", "儿童关爱", "Care for children"
    ENVIRONMENT = "environment", "环境物业", "Environment and buildings"
    SAFETY = "safety", "平安建设", "Safety"
    FEDERATION = "federation", "社区社会组织联合会", "Federation of organisations"
    OTHER = "other", "其他", "Other"


class OrganisationState(
    StateTable,
    zh="社区社会组织状态",
    en="State of the organisation",
    initial=("idea", "incubating", "recorded", "registered"),
):
    """Those that were there before the work began are entered as they are. Any may dissolve."""

    IDEA = "idea", "构想", "An idea", ("incubating", "dissolved")
    INCUBATING = "incubating", "孵化中", "Being incubated", ("recorded", "dissolved")
    RECORDED = "recorded", "已备案", "Recorded with the street office", ("registered", "dissolved")
    REGISTERED = "registered", "已登记", "Registered with civil affairs", ("dissolved",)
    DISSOLVED = "dissolved", "已解散", "Dissolved"


class CommunityOrganisation(
    Record,
    collection="community_organisation",
    zh="社区社会组织",
    en="Community organisation",
    rules=(
        NotBefore(
            ("registered_on", "recorded_on"),
            "登记日期早于备案日期，请核对",
            "Registered before it was recorded: check both days",
        ),
    ),
):
    """An organisation of residents. Its activities name it (`community_activity.organisations`)."""

    name: Annotated[str, field("名称", "Name", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)]
    state: Annotated[OrganisationState, field("状态", "State", privacy=OPEN, merge=STATES)]
    by: Annotated[Ref[Account], field("培育社工", "Looked after by", privacy=OPEN, merge=FIXED)]
    kind: Annotated[OrganisationKind | None, field("类型", "Kind", privacy=OPEN, merge=LATEST)] = None
    aim: Annotated[str | None, field("宗旨", "What it is for", privacy=OPEN, merge=TEXT, max_length=1000)] = (
        None
    )
    members: Annotated[
        int | None,
        field(
            "成员人数",
            "Members",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = None
    core: Annotated[
        frozenset[Ref[Worthy]],
        field("骨干成员", "Who carries it", privacy=BASIC, merge=UNION, mask=NOTHING, sample=DROPPED),
    ] = frozenset()
    leader: Annotated[
        str | None,
        field("负责人", "Leader", privacy=BASIC, merge=LATEST, mask=NAME, max_length=50, sample=DROPPED),
    ] = None
    phone: Annotated[str | None, field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE)] = None
    place: Annotated[
        str | None, field("活动场所", "Where it meets", privacy=OPEN, merge=LATEST, max_length=200)
    ] = None
    charter: Annotated[str | None, field("章程", "Charter", privacy=OPEN, merge=TEXT, max_length=4000)] = None
    charter_on: Annotated[
        date | None, field("章程通过日期", "Charter adopted on", privacy=OPEN, merge=LATEST)
    ] = None
    founded_on: Annotated[date | None, field("成立日期", "Founded on", privacy=OPEN, merge=LATEST)] = None
    recorded_on: Annotated[date | None, field("备案日期", "Recorded on", privacy=OPEN, merge=LATEST)] = None
    record_number: Annotated[
        str | None, field("备案编号", "Number of the record", privacy=OPEN, merge=LATEST, max_length=50)
    ] = None
    registered_on: Annotated[date | None, field("登记日期", "Registered on", privacy=OPEN, merge=LATEST)] = (
        None
    )
    credit_code: Annotated[
        str | None,
        field(
            "统一社会信用代码",
            "Unified social credit code",
            privacy=OPEN,
            merge=LATEST,
            form=CREDIT_CODE,
            sample=DROPPED,
        ),
    ] = None
    dissolved_on: Annotated[date | None, field("解散日期", "Dissolved on", privacy=OPEN, merge=LATEST)] = None
    papers: Annotated[
        frozenset[UUID],
        field("备案和登记材料", "Papers", privacy=IDENTITY, merge=UNION, mask=NOTHING),
    ] = frozenset()


class SupportKind(CodeTable, zh="支持方式", en="Kind of support"):
    """What an organisation is helped with."""

    MONEY = "money", "资金", "Money"
    SPACE = "space", "场地", "Space"
    EQUIPMENT = "equipment", "物资设备", "Equipment"
    TRAINING = "training", "培训", "Training"
    GUIDANCE = "guidance", "专业指导", "Guidance"
    PAPERS = "papers", "协助建章立制、备案登记", "Help with charter and papers"
    LINKS = "links", "资源链接", "Bringing people together"
    AWARD = "award", "表彰", "Award"


class OrganisationSupport(
    Record, collection="organisation_support", zh="社会组织扶持记录", en="Support to an organisation"
):
    """Something that an organisation was helped with, by whom, and what it was worth."""

    organisation: Annotated[
        Ref[CommunityOrganisation],
        field("社区社会组织", "Organisation", privacy=OPEN, merge=FIXED, parent=True),
    ]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    kind: Annotated[SupportKind, field("支持方式", "Kind", privacy=OPEN, merge=LATEST)]
    by: Annotated[Ref[Account], field("经办人", "Written by", privacy=OPEN, merge=FIXED)]
    given_by: Annotated[
        str | None, field("提供方", "Given by", privacy=OPEN, merge=LATEST, max_length=100)
    ] = None
    amount_fen: Annotated[
        int | None,
        field("金额", "Amount", privacy=OPEN, merge=LATEST, minimum=0, maximum=10**11, unit=Unit.FEN),
    ] = None
    people: Annotated[
        int | None,
        field(
            "受益人数",
            "People reached",
            privacy=OPEN,
            merge=LATEST,
            minimum=0,
            maximum=10_000,
            unit=Unit.PERSON,
        ),
    ] = None
    text: Annotated[str | None, field("内容", "What it was", privacy=OPEN, merge=TEXT, max_length=2000)] = (
        None
    )
