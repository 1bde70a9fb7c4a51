"""A session that makes policies known (政策宣讲): who held it, on which, with what, before how many."""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import COUNTER, FIXED, LATEST, TEXT, UNION, Record, field
from schemas.privacy import Privacy

OPEN, CASE = Privacy.OPEN, Privacy.CASE


class PolicyTopic(CodeTable, zh="宣讲政策", en="Policy made known"):
    """Assistance by its kinds, and what goes with it."""

    MINIMUM_LIVING = "minimum_living", "最低生活保障", "Minimum living allowance"
    EXTREME_POVERTY = "extreme_poverty", "特困人员救助供养", "Support for people in extreme poverty"
    LOW_INCOME = "low_income", "低保边缘和刚性支出困难家庭", "Families of low income"
    DISASTER_RELIEF = "disaster_relief", "受灾人员救助", "Disaster relief"
    MEDICAL = "medical", "医疗救助", "Medical assistance"
    EDUCATION = "education", "教育救助", "Education assistance"
    HOUSING = "housing", "住房救助", "Housing assistance"
    EMPLOYMENT = "employment", "就业救助", "Employment assistance"
    TEMPORARY = "temporary", "临时救助", "Temporary assistance"
    SOCIAL_FORCE = "social_force", "社会力量参与", "Help from society"
    DISABILITY = "disability", "残疾人两项补贴", "The two allowances for disabled people"
    CHILDREN = "children", "儿童福利和未成年人保护", "Children's welfare and protection"
    ELDERS = "elders", "养老服务和老年人优待", "Services for elders"
    OTHER = "other", "其他政策", "Other"


class SessionForm(CodeTable, zh="宣讲形式", en="Form of the session"):
    """How people were reached."""

    LECTURE = "lecture", "集中宣讲", "A talk"
    STALL = "stall", "设点咨询", "A stall"
    DOOR_TO_DOOR = "door_to_door", "入户宣传", "Door to door"
    ONLINE = "online", "线上宣传", "Online"
    POSTERS = "posters", "张贴和发放", "Posters and leaflets"
    ACTIVITY = "activity", "结合活动", "At another activity"


class Material(CodeTable, zh="宣传材料", en="Material"):
    """What was handed out or shown."""

    LEAFLET = "leaflet", "宣传单", "Leaflet"
    BROCHURE = "brochure", "政策手册", "Brochure"
    POSTER = "poster", "海报展板", "Poster"
    CARD = "card", "联系卡", "Contact card"
    SLIDES = "slides", "课件", "Slides"
    VIDEO = "video", "视频", "Video"
    LARGE_PRINT = "large_print", "大字版材料", "Large print"
    OTHER_LANGUAGE = "other_language", "少数民族语言材料", "In a language of a minority"


class PolicySession(Record, collection="policy_session", zh="政策宣讲", en="Policy session"):
    """One session. Heads and copies are counted by several people at once, so they add up."""

    on: Annotated[date, field("宣讲日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("宣讲人", "Held by", privacy=OPEN, merge=FIXED)]
    title: Annotated[str, field("主题", "Title", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)]
    policies: Annotated[
        frozenset[PolicyTopic], field("宣讲政策", "Policies made known", privacy=OPEN, merge=UNION)
    ] = frozenset()
    form: Annotated[SessionForm | None, field("宣讲形式", "Form", privacy=OPEN, merge=LATEST)] = None
    place: Annotated[str | None, field("地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = None
    with_whom: Annotated[
        str | None, field("联合单位", "Held together with", privacy=OPEN, merge=LATEST, max_length=100)
    ] = None
    materials: Annotated[frozenset[Material], field("宣传材料", "Materials", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    copies: Annotated[
        int,
        field("发放份数", "Copies handed out", privacy=OPEN, merge=COUNTER, minimum=0, maximum=100_000),
    ] = 0
    headcount: Annotated[
        int,
        field(
            "参加人数",
            "People reached",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    enquiries: Annotated[
        int,
        field(
            "现场咨询人次",
            "Enquiries",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
            unit=Unit.TIME,
        ),
    ] = 0
    questions: Annotated[
        str | None,
        # People ask about their own affairs.
        field("居民提出的问题", "What people asked", privacy=CASE, merge=TEXT, max_length=2000),
    ] = None
