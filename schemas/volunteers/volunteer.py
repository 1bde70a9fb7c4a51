"""Volunteers (志愿者), and the record of them that 志愿服务条例 (2017) asks for."""

from datetime import date
from typing import Annotated

import msgspec

from schemas.annotations import Ref, entry
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, LATEST, REVIEW, TEXT, UNION, Record, field
from schemas.forms import PHONE, RESIDENT_ID
from schemas.masks import NAME, NOTHING, WHOLE, YEAR
from schemas.person import Person
from schemas.person_codes import Sex
from schemas.privacy import Privacy
from schemas.rules import BornAsNumbered, SexAsNumbered
from schemas.treatment import DROPPED, FIVE_YEARS, PARTS

OPEN, BASIC, CONTACT = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT
IDENTITY, CASE = Privacy.IDENTITY, Privacy.CASE


class Skill(CodeTable, zh="服务特长", en="Skill"):
    """What a volunteer can give."""

    COMPANY = "company", "陪伴探访", "Company and visits"
    CARE = "care", "生活照料", "Daily care"
    MEDICAL = "medical", "医疗健康", "Medical"
    MENTAL = "mental", "心理疏导", "Counselling"
    LEGAL = "legal", "法律服务", "Legal"
    TEACHING = "teaching", "课业辅导", "Teaching"
    ARTS = "arts", "文体艺术", "Arts and sports"
    REPAIR = "repair", "家电维修", "Repairs"
    HAIRDRESSING = "hairdressing", "理发", "Hairdressing"
    DRIVING = "driving", "驾驶", "Driving"
    EMERGENCY = "emergency", "应急救援", "Emergency relief"
    ENVIRONMENT = "environment", "环境整治", "Environment"
    PUBLICITY = "publicity", "政策宣传", "Publicity"
    SIGN_LANGUAGE = "sign_language", "手语", "Sign language"
    OTHER = "other", "其他", "Other"


class FreeTime(CodeTable, zh="可服务时间", en="Availability"):
    """When a volunteer can be asked to come."""

    WEEKDAY_MORNING = "weekday_morning", "工作日上午", "Weekday mornings"
    WEEKDAY_AFTERNOON = "weekday_afternoon", "工作日下午", "Weekday afternoons"
    WEEKDAY_EVENING = "weekday_evening", "工作日晚上", "Weekday evenings"
    WEEKEND_MORNING = "weekend_morning", "周末上午", "Weekend mornings"
    WEEKEND_AFTERNOON = "weekend_afternoon", "周末下午", "Weekend afternoons"
    WEEKEND_EVENING = "weekend_evening", "周末晚上", "Weekend evenings"
    SCHOOL_HOLIDAYS = "school_holidays", "寒暑假", "School holidays"
    ON_CALL = "on_call", "随叫随到", "At short notice"


class Appraisal(CodeTable, zh="评价", en="Appraisal"):
    """How those served and the organiser found the service."""

    EXCELLENT = "excellent", "优秀", "Excellent"
    GOOD = "good", "良好", "Good"
    FAIR = "fair", "一般", "Fair"
    POOR = "poor", "待改进", "Poor"


class Training(msgspec.Struct):
    """One training that a volunteer took."""

    on: Annotated[date, entry("日期", "Day")]
    topic: Annotated[str, entry("内容", "Topic", min_length=1, max_length=100)]
    minutes: Annotated[int, entry("时长", "Duration", minimum=0, maximum=60_000, unit=Unit.MINUTE)]


class Honour(msgspec.Struct):
    """One award that a volunteer was given."""

    on: Annotated[date, entry("日期", "Day")]
    title: Annotated[str, entry("名称", "Title", min_length=1, max_length=100)]
    granted_by: Annotated[str | None, entry("授予单位", "Granted by", max_length=100)] = None


class Volunteer(
    Record,
    collection="volunteer",
    zh="志愿者",
    en="Volunteer",
    rules=(BornAsNumbered(("birth_date", "resident_id")), SexAsNumbered(("sex", "resident_id"))),
):
    """Somebody who serves without pay; under 18 with the guardian's consent (`schemas.volunteers.minors`)."""

    registered_on: Annotated[date, field("登记日期", "Registered on", privacy=OPEN, merge=FIXED)]
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
    number: Annotated[
        str | None,
        field(
            "志愿者编号",
            "Volunteer's number",
            privacy=BASIC,
            merge=LATEST,
            mask=NOTHING,
            max_length=40,
            sample=DROPPED,
        ),
    ] = None
    person: Annotated[
        Ref[Person] | None,
        field(
            "本社区人员档案",
            "Own file as a resident",
            privacy=BASIC,
            merge=REVIEW,
            mask=NOTHING,
            sample=DROPPED,
        ),
    ] = None
    sex: Annotated[
        Sex | None, field("性别", "Sex", privacy=BASIC, merge=FIXED, mask=WHOLE, correctable=True)
    ] = None
    birth_date: Annotated[
        date | None,
        field("出生日期", "Birth date", privacy=BASIC, merge=REVIEW, mask=YEAR, sample=FIVE_YEARS),
    ] = None
    resident_id: Annotated[
        str | None,
        field("身份证号", "Resident ID number", privacy=IDENTITY, merge=REVIEW, form=RESIDENT_ID),
    ] = None
    phone: Annotated[str | None, field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE)] = None
    skills: Annotated[
        frozenset[Skill], field("服务特长", "Skills", privacy=BASIC, merge=UNION, mask=WHOLE)
    ] = frozenset()
    free_times: Annotated[
        frozenset[FreeTime],
        field("可服务时间", "Availability", privacy=BASIC, merge=UNION, mask=WHOLE),
    ] = frozenset()
    guardian_consent_on: Annotated[
        date | None,
        field(
            "监护人同意日期",
            "Guardian's consent given on",
            privacy=BASIC,
            merge=LATEST,
            mask=NOTHING,
            sample=DROPPED,
        ),
    ] = None
    trainings: Annotated[
        tuple[Training, ...],
        field("培训情况", "Trainings", privacy=BASIC, merge=LATEST, mask=NOTHING, sample=PARTS),
    ] = ()
    honours: Annotated[
        tuple[Honour, ...],
        field("表彰奖励", "Honours", privacy=BASIC, merge=LATEST, mask=NOTHING, sample=DROPPED),
    ] = ()
    appraisal: Annotated[Appraisal | None, field("评价", "Appraisal", privacy=CASE, merge=LATEST)] = None
    left_on: Annotated[date | None, field("退出日期", "Left on", privacy=OPEN, merge=LATEST)] = None
    note: Annotated[str | None, field("备注", "Note", privacy=CASE, merge=TEXT, max_length=2000)] = None
