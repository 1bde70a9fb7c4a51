"""The person (人员): somebody of a household."""

from datetime import date
from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, HIGHEST, LATEST, REVIEW, TEXT, UNION, Record, field
from schemas.forms import PHONE, RESIDENT_ID
from schemas.household import Household
from schemas.masks import NAME, NOTHING, WHOLE, YEAR
from schemas.nationality import Nationality
from schemas.needs import Risk
from schemas.person_codes import DisabilityGrade, DisabilityKind, Education, MaritalStatus, Sex
from schemas.privacy import Privacy
from schemas.rules import BornAsNumbered, NotBefore, SexAsNumbered
from schemas.treatment import DROPPED, FIVE_YEARS, MONTH

OPEN, BASIC, CONTACT = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT
IDENTITY, CASE = Privacy.IDENTITY, Privacy.CASE


class Relation(CodeTable, zh="与户主关系", en="Relation to the head"):
    """What somebody is to the head of the household."""

    HEAD = "head", "本人或户主", "Head"
    SPOUSE = "spouse", "配偶", "Spouse"
    SON = "son", "子", "Son"
    DAUGHTER = "daughter", "女", "Daughter"
    GRANDCHILD = "grandchild", "孙子女、外孙子女", "Grandchild"
    PARENT = "parent", "父母", "Parent"
    PARENT_IN_LAW = "parent_in_law", "公婆、岳父母", "Parent-in-law"
    GRANDPARENT = "grandparent", "祖父母、外祖父母", "Grandparent"
    SIBLING = "sibling", "兄弟姐妹", "Brother or sister"
    CHILD_IN_LAW = "child_in_law", "儿媳、女婿", "Child-in-law"
    WARD = "ward", "被监护人", "Ward"
    OTHER = "other", "其他", "Other"


class Work(CodeTable, zh="就业情况", en="Work"):
    """Whether and how somebody earns."""

    EMPLOYED = "employed", "在职", "Employed"
    FLEXIBLE = "flexible", "灵活就业", "Casual work"
    FARMING = "farming", "务农", "Farming"
    AWAY = "away", "外出务工", "Working away from home"
    UNEMPLOYED = "unemployed", "失业", "Unemployed"
    UNABLE = "unable", "无劳动能力", "Unable to work"
    STUDENT = "student", "在校", "In school"
    PRESCHOOL = "preschool", "学龄前", "Below school age"
    RETIRED = "retired", "离退休", "Retired"
    OTHER = "other", "其他", "Other"


class Health(CodeTable, zh="健康状况", en="Health"):
    """In short; what lies behind it belongs into visits and screenings."""

    GOOD = "good", "良好", "Good"
    FAIR = "fair", "一般", "Fair"
    CHRONIC = "chronic", "慢性病", "Chronic illness"
    GRAVE = "grave", "重病", "Grave illness"
    BEDRIDDEN = "bedridden", "长期卧床", "Bedridden"
    UNKNOWN = "unknown", "不详", "Not known"


class Tag(CodeTable, zh="人员类别", en="Group"):
    """The groups of people that visits and services are planned by (children, elders, and others)."""

    LEFT_BEHIND_CHILD = "left_behind_child", "留守儿童", "Left-behind child"
    CHILD_IN_DIFFICULTY = "child_in_difficulty", "困境儿童", "Child in difficulty"
    UNSUPPORTED_CHILD = "unsupported_child", "事实无人抚养儿童", "Child de facto unsupported"
    SCATTERED_ORPHAN = "scattered_orphan", "社会散居孤儿", "Orphan outside institutions"
    MIGRANT_CHILD = "migrant_child", "流动儿童", "Migrant child"
    ELDER_ALONE = "elder_alone", "独居老年人", "Elder living alone"
    EMPTY_NEST = "empty_nest", "空巢老年人", "Empty-nest elder"
    LEFT_BEHIND_ELDER = "left_behind_elder", "留守老年人", "Left-behind elder"
    DISABLED_ELDER = "disabled_elder", "失能老年人", "Elder who lost abilities"
    ONE_CHILD_LOST = "one_child_lost", "计划生育特殊家庭老年人", "Elder of a special family"
    POOR_ELDER = "poor_elder", "经济困难老年人", "Poor elder"
    DISABLED = "disabled", "残疾人", "Disabled person"
    SEVERELY_DISABLED = "severely_disabled", "重度残疾人", "Severely disabled person"
    GRAVELY_ILL = "gravely_ill", "重病患者", "Gravely ill person"
    MINIMUM_LIVING = "minimum_living", "低保对象", "On the minimum living allowance"
    EXTREME_POVERTY = "extreme_poverty", "特困人员", "Person in extreme poverty"
    EDGE = "edge", "低保边缘对象", "On the edge of the minimum line"
    LEFT_BEHIND_WOMAN = "left_behind_woman", "留守妇女", "Left-behind woman"
    JOBLESS = "jobless", "失业人员", "Jobless person"
    VETERAN = "veteran", "退役军人", "Veteran"
    OTHER = "other", "其他", "Other"


class Person(
    Record,
    collection="person",
    zh="人员",
    en="Person",
    born="birth_date",
    rules=(
        BornAsNumbered(("birth_date", "resident_id")),
        SexAsNumbered(("sex", "resident_id")),
        NotBefore(
            ("died_on", "birth_date"),
            "去世日期早于出生日期，请核对",
            "The day of death lies before the day of birth: check both",
        ),
    ),
):
    """Somebody of a household. Who moves out and in elsewhere keeps their record; its household changes."""

    household: Annotated[
        Ref[Household], field("所属家庭", "Household", privacy=OPEN, merge=REVIEW, parent=True)
    ]
    name: Annotated[
        str,
        field(
            "姓名",
            "Name",
            privacy=BASIC,
            merge=LATEST,
            mask=NAME,
            min_length=1,
            max_length=50,
            sample=DROPPED,
        ),
    ]
    sex: Annotated[
        Sex | None, field("性别", "Sex", privacy=BASIC, merge=FIXED, mask=WHOLE, correctable=True)
    ] = None
    birth_date: Annotated[
        date | None,
        field("出生日期", "Birth date", privacy=BASIC, merge=REVIEW, mask=YEAR, sample=FIVE_YEARS),
    ] = None
    resident_id: Annotated[
        str | None,
        field(
            "身份证号",
            "Resident ID number",
            privacy=IDENTITY,
            merge=REVIEW,
            form=RESIDENT_ID,
            searchable=True,
        ),
    ] = None
    nationality: Annotated[
        Nationality | None, field("民族", "Nationality", privacy=BASIC, merge=LATEST, mask=NOTHING)
    ] = None
    phone: Annotated[
        str | None,
        field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE, searchable=True),
    ] = None
    relation: Annotated[
        Relation | None, field("与户主关系", "Relation to the head", privacy=BASIC, merge=LATEST, mask=WHOLE)
    ] = None
    marital: Annotated[
        MaritalStatus | None, field("婚姻状况", "Marital status", privacy=BASIC, merge=LATEST, mask=NOTHING)
    ] = None
    education: Annotated[
        Education | None, field("学历", "Education", privacy=BASIC, merge=LATEST, mask=NOTHING)
    ] = None
    health: Annotated[Health | None, field("健康状况", "Health", privacy=CASE, merge=LATEST)] = None
    disability_kind: Annotated[
        DisabilityKind | None,
        field("残疾类别", "Kind of disability", privacy=CASE, merge=REVIEW, together="disability"),
    ] = None
    disability_grade: Annotated[
        DisabilityGrade | None,
        field("残疾等级", "Grade of disability", privacy=CASE, merge=REVIEW, together="disability"),
    ] = None
    risk: Annotated[Risk | None, field("风险等级", "Risk level", privacy=CASE, merge=HIGHEST)] = None
    risk_note: Annotated[
        str | None, field("风险等级说明", "Why this risk", privacy=CASE, merge=TEXT, max_length=1000)
    ] = None
    work: Annotated[Work | None, field("就业情况", "Work", privacy=BASIC, merge=LATEST, mask=NOTHING)] = None
    own_income_fen: Annotated[
        int | None,
        field(
            "本人月收入",
            "Own income a month",
            privacy=CASE,
            merge=LATEST,
            minimum=0,
            maximum=10**11,
            unit=Unit.FEN,
        ),
    ] = None
    # In prison, long in a monastery, missing: whoever is registered here and is none of the family by law.
    is_counted: Annotated[
        bool | None,
        field("计入共同生活家庭成员", "Counted as living together", privacy=CASE, merge=LATEST),
    ] = None
    tags: Annotated[frozenset[Tag], field("人员类别", "Groups", privacy=BASIC, merge=UNION, mask=WHOLE)] = (
        frozenset()
    )
    died_on: Annotated[
        date | None, field("去世日期", "Died on", privacy=BASIC, merge=REVIEW, mask=YEAR, sample=MONTH)
    ] = None
