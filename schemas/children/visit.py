"""The visit to a child (儿童走访): left behind, in difficulty, de facto unsupported or orphaned."""

from typing import Annotated

from schemas.codes import CodeTable, Unit
from schemas.declare import LATEST, TEXT, UNION, field
from schemas.harm import Harm
from schemas.visit import CASE, CONFIDENTIAL, NEXT_AFTER_VISIT, OPEN, Contact, Level, Visit


class Caregiver(CodeTable, zh="实际照料人", en="Who cares for the child"):
    """Who is there day and night."""

    BOTH_PARENTS = "both_parents", "父母双方", "Both parents"
    FATHER = "father", "父亲", "Father"
    MOTHER = "mother", "母亲", "Mother"
    GRANDPARENTS = "grandparents", "祖父母、外祖父母", "Grandparents"
    RELATIVES = "relatives", "其他亲属", "Other relatives"
    SIBLING = "sibling", "兄弟姐妹", "Brother or sister"
    FOSTER = "foster", "寄养或委托照护人", "Foster or entrusted carer"
    SCHOOL = "school", "寄宿学校", "Boarding school"
    NOBODY = "nobody", "无人照料", "Nobody"


class Schooling(CodeTable, zh="就学情况", en="School attendance"):
    """Whether the child goes to school."""

    REGULAR = "regular", "正常就学", "Regular"
    ABSENT_OFTEN = "absent_often", "经常缺课", "Often absent"
    SUSPENDED = "suspended", "休学", "Suspended"
    DROPPED_OUT = "dropped_out", "辍学", "Dropped out"
    TAUGHT_AT_HOME = "taught_at_home", "送教上门", "Taught at home"
    BELOW_AGE = "below_age", "未到学龄", "Below school age"
    FINISHED = "finished", "已毕业", "Finished school"


class Vaccination(CodeTable, zh="疫苗接种", en="Vaccination"):
    """Against the national programme."""

    COMPLETE = "complete", "已按程序接种", "Complete"
    BEHIND = "behind", "有漏种", "Behind"
    UNKNOWN = "unknown", "不详", "Not known"


class Bullying(CodeTable, zh="欺凌", en="Bullying"):
    """What the child, its carer or its teacher say."""

    NONE = "none", "未发现", "None found"
    SUSPECTED = "suspected", "疑似", "Suspected"
    SUFFERS = "suffers", "遭受欺凌", "Suffers it"
    TAKES_PART = "takes_part", "参与欺凌", "Takes part"


class InternetUse(CodeTable, zh="网络使用", en="Use of the internet"):
    """By what the carer sees."""

    NONE = "none", "基本不用", "Hardly any"
    MODERATE = "moderate", "适度", "Moderate"
    EXCESSIVE = "excessive", "过度", "Excessive"
    RISKY = "risky", "接触不良信息或陌生人", "Harmful content or strangers"


class GuardianWish(CodeTable, zh="监护意愿", en="Guardian's wish to care"):
    """Whether the guardian wants to go on."""

    WILLING = "willing", "愿意", "Willing"
    STRAINED = "strained", "愿意但有困难", "Willing, but strained"
    UNWILLING = "unwilling", "不愿意", "Unwilling"


class Theme(CodeTable, zh="工作主题", en="Theme of work"):
    """What was worked on, by the themes of the pilot plan."""

    SAFETY = "safety", "安全与保护", "Safety and protection"
    MENTAL_HEALTH = "mental_health", "心理健康与社会融入", "Mental health and integration"
    GRANDPARENTS = "grandparents", "隔代教育与支持", "Grandparent education and support"
    POLICY = "policy", "政策法规宣传", "Policy and law"
    GUARDIANSHIP = "guardianship", "监护评估", "Guardianship assessment"
    FAMILY_RELATIONS = "family_relations", "家庭关系", "Family relations"


class ChildVisit(
    Visit,
    collection="child_visit",
    zh="儿童走访",
    en="Child visit",
    rules=(NEXT_AFTER_VISIT,),
    about_children=True,
):
    """A worker's call on a child. Some minutes alone with the child belong to it wherever possible.

    Signs of harm start a mandatory report (强制报告) as soon as they are saved. What others do to a child is
    confidential throughout; who cares for it, and how willingly, everybody who works with it has to know.
    """

    seen_alone_minutes: Annotated[
        int | None,
        field(
            "单独与儿童交谈",
            "Talked with the child alone",
            privacy=CASE,
            merge=LATEST,
            minimum=0,
            maximum=600,
            unit=Unit.MINUTE,
        ),
    ] = None
    caregiver: Annotated[Caregiver | None, field("实际照料人", "Who cares", privacy=CASE, merge=LATEST)] = (
        None
    )
    contact_with_parents: Annotated[
        Contact | None, field("与父母联系", "Contact with parents", privacy=CASE, merge=LATEST)
    ] = None
    schooling: Annotated[
        Schooling | None, field("就学情况", "School attendance", privacy=CASE, merge=LATEST)
    ] = None
    health: Annotated[Level | None, field("健康状况", "Health", privacy=CASE, merge=LATEST)] = None
    vaccination: Annotated[
        Vaccination | None, field("疫苗接种", "Vaccination", privacy=CASE, merge=LATEST)
    ] = None
    home_safety: Annotated[Level | None, field("居家安全", "Home safety", privacy=CASE, merge=LATEST)] = None
    road_safety: Annotated[Level | None, field("交通安全", "Road safety", privacy=CASE, merge=LATEST)] = None
    water_safety: Annotated[Level | None, field("防溺水", "Water safety", privacy=CASE, merge=LATEST)] = None
    fire_safety: Annotated[Level | None, field("用火用电安全", "Fire safety", privacy=CASE, merge=LATEST)] = (
        None
    )
    mood: Annotated[Level | None, field("情绪状态", "Mood", privacy=CASE, merge=LATEST)] = None
    bullying: Annotated[Bullying | None, field("欺凌", "Bullying", privacy=CONFIDENTIAL, merge=LATEST)] = None
    internet_use: Annotated[
        InternetUse | None, field("网络使用", "Use of the internet", privacy=CASE, merge=LATEST)
    ] = None
    money: Annotated[Level | None, field("生活费用", "Money to live on", privacy=CASE, merge=LATEST)] = None
    guardian_health: Annotated[
        Level | None, field("监护人健康", "Guardian's health", privacy=CASE, merge=LATEST)
    ] = None
    guardian_wish: Annotated[
        GuardianWish | None, field("监护意愿", "Guardian's wish to care", privacy=CASE, merge=LATEST)
    ] = None
    themes: Annotated[frozenset[Theme], field("工作主题", "Themes of work", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    harm: Annotated[
        frozenset[Harm],
        field(
            "疑似侵害情形",
            "Signs of harm",
            privacy=CONFIDENTIAL,
            merge=UNION,
            starts="mandatory_report",
        ),
    ] = frozenset()
    harm_seen: Annotated[
        str | None,
        field(
            "疑似侵害的具体情况",
            "What was seen of it",
            privacy=CONFIDENTIAL,
            merge=TEXT,
            max_length=4000,
            starts="mandatory_report",
        ),
    ] = None
