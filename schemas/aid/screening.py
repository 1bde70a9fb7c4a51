"""The household screening (入户评估): what a family lacks, how gravely, and what it may be entitled to."""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable
from schemas.declare import FIXED, HIGHEST, LATEST, TEXT, Record, field
from schemas.household import Household
from schemas.privacy import Privacy

OPEN, CASE = Privacy.OPEN, Privacy.CASE


class Purpose(CodeTable, zh="评估目的", en="Purpose of the screening"):
    """Why the family was screened now."""

    FIRST = "first", "初次摸底", "First survey"
    REGULAR = "regular", "定期复核", "Regular re-check"
    APPLICATION = "application", "救助申请", "Application for assistance"
    EVENT = "event", "突发变故", "Sudden event"
    CLOSING = "closing", "结案评估", "Before closing"


class Severity(CodeTable, zh="困难程度", en="Severity", rising=True):
    """The score 0 to 3 that each dimension is given."""

    NONE = "0", "无困难", "No difficulty"
    MILD = "1", "轻度困难", "Mild"
    MODERATE = "2", "中度困难", "Moderate"
    SEVERE = "3", "重度困难", "Severe"


class Consent(CodeTable, zh="知情同意", en="Consent"):
    """How the family agreed to be asked and recorded (个人信息保护法, articles 13, 29 and 31)."""

    WRITTEN = "written", "书面同意", "In writing"
    SPOKEN = "spoken", "口头同意并记录", "Spoken, and noted"
    GUARDIAN = "guardian", "监护人同意", "By the guardian"
    REFUSED = "refused", "不同意", "Refused"


class Screening(Record, collection="screening", zh="入户评估", en="Household screening"):
    """One visit's answers in ten dimensions, and the facts that assistance is decided by.

    The facts are asked one by one, as no (false), yes (true) or not known yet (empty), because two workers
    often bring different ones. How great the need is (`schemas.aid.assessment`) and which kinds of assistance
    may apply (`schemas.aid.eligibility`) is worked out where it is read and stored nowhere: figures change,
    and so does what else the file says.
    """

    household: Annotated[Ref[Household], field("家庭", "Household", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("评估日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("评估人", "Screened by", privacy=OPEN, merge=FIXED)]
    consent: Annotated[Consent, field("知情同意", "Consent", privacy=OPEN, merge=FIXED)]
    purpose: Annotated[Purpose | None, field("评估目的", "Purpose", privacy=OPEN, merge=LATEST)] = None

    income: Annotated[Severity | None, field("收入", "Income", privacy=CASE, merge=LATEST)] = None
    health: Annotated[Severity | None, field("健康", "Health", privacy=CASE, merge=LATEST)] = None
    housing: Annotated[Severity | None, field("住房", "Housing", privacy=CASE, merge=LATEST)] = None
    education: Annotated[Severity | None, field("教育", "Education", privacy=CASE, merge=LATEST)] = None
    employment: Annotated[Severity | None, field("就业", "Employment", privacy=CASE, merge=LATEST)] = None
    care: Annotated[Severity | None, field("照料", "Care", privacy=CASE, merge=LATEST)] = None
    safety: Annotated[Severity | None, field("安全", "Safety", privacy=CASE, merge=LATEST)] = None
    mental: Annotated[Severity | None, field("心理", "Mental state", privacy=CASE, merge=LATEST)] = None
    social: Annotated[Severity | None, field("社会交往", "Social life", privacy=CASE, merge=LATEST)] = None
    legal: Annotated[Severity | None, field("法律", "Legal", privacy=CASE, merge=LATEST)] = None
    urgent: Annotated[bool | None, field("需要紧急介入", "Urgent", privacy=CASE, merge=HIGHEST)] = None

    below_minimum_line: Annotated[
        bool | None,
        field(
            "人均收入低于当地低保标准",
            "Income a head below the local minimum line",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    below_edge_line: Annotated[
        bool | None,
        field(
            "人均收入低于低保标准 1.5 倍",
            "Income a head below 1.5 times the minimum line",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    below_disposable_income: Annotated[
        bool | None,
        field(
            "人均收入低于当地上年度人均可支配收入",
            "Income a head below last year's disposable income of the region",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    assets_within_limits: Annotated[
        bool | None, field("财产符合规定", "Assets within the limits", privacy=CASE, merge=LATEST)
    ] = None
    alone_severely_disabled_or_ill: Annotated[
        bool | None,
        field(
            "有可单独申请的重残或重病成员",
            "A severely disabled or gravely ill member who may apply alone",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    elder_disabled_or_under_16: Annotated[
        bool | None,
        field(
            "有 60 岁以上、残疾或未满 16 周岁成员",
            "A member of 60 or over, disabled, or under 16",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    no_ability_to_work: Annotated[
        bool | None, field("该成员无劳动能力", "That member cannot work", privacy=CASE, merge=LATEST)
    ] = None
    no_income: Annotated[
        bool | None, field("该成员无生活来源", "That member has no income", privacy=CASE, merge=LATEST)
    ] = None
    no_able_supporter: Annotated[
        bool | None,
        field(
            "该成员的赡养、抚养、扶养人无履行能力",
            "Nobody is able to support that member",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    disaster_struck: Annotated[
        bool | None, field("遭受自然灾害", "Hit by a natural disaster", privacy=CASE, merge=LATEST)
    ] = None
    heavy_medical_cost: Annotated[
        bool | None, field("医疗费用负担重", "Heavy medical cost", privacy=CASE, merge=LATEST)
    ] = None
    pupil_or_student: Annotated[
        bool | None, field("有在校学生", "A pupil or student", privacy=CASE, merge=LATEST)
    ] = None
    disabled_child: Annotated[
        bool | None, field("有残疾儿童", "A disabled child", privacy=CASE, merge=LATEST)
    ] = None
    housing_difficulty: Annotated[
        bool | None, field("住房困难或危房", "No fit dwelling", privacy=CASE, merge=LATEST)
    ] = None
    jobless_able_member: Annotated[
        bool | None,
        field("有劳动能力成员失业", "A jobless member who is able to work", privacy=CASE, merge=LATEST),
    ] = None
    nobody_employed: Annotated[
        bool | None, field("零就业家庭", "Nobody is employed", privacy=CASE, merge=LATEST)
    ] = None
    sudden_hardship: Annotated[
        bool | None,
        field(
            "遭遇突发事件、意外伤害或重病",
            "Sudden event, accident or grave illness",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    rigid_spending: Annotated[
        bool | None,
        field("必需支出超出承受能力", "Unavoidable spending beyond its means", privacy=CASE, merge=LATEST),
    ] = None
    unmet_by_policy: Annotated[
        bool | None,
        field("有政策未覆盖的需求", "Needs that no policy meets", privacy=CASE, merge=LATEST),
    ] = None

    findings: Annotated[
        str | None, field("评估情况", "Findings", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
