"""Worthies (社区贤达): residents whom others listen to, and who come to carry things themselves (骨干)."""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable
from schemas.declare import FIXED, LATEST, REVIEW, STATES, TEXT, UNION, Record, field
from schemas.forms import PHONE
from schemas.masks import NAME, NOTHING, WHOLE
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.treatment import DROPPED

OPEN, BASIC, CONTACT, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT, Privacy.CASE


class Esteem(CodeTable, zh="贤达类型", en="What a worthy is listened to for"):
    """What somebody has done, knows or is."""

    PARTY_MEMBER = "party_member", "老党员", "Long-standing party member"
    RETIRED_OFFICIAL = "retired_official", "退休干部", "Retired official"
    TEACHER = "teacher", "教师", "Teacher"
    DOCTOR = "doctor", "医务人员", "Doctor or nurse"
    LAWYER = "lawyer", "法律工作者", "Lawyer"
    CRAFTSPERSON = "craftsperson", "能工巧匠", "Craftsperson"
    ARTIST = "artist", "文艺骨干", "Artist"
    BUSINESS = "business", "商户企业主", "Shop or business owner"
    VETERAN = "veteran", "退役军人", "Veteran"
    HOUSE_HEAD = "house_head", "楼栋长", "Head of a house"
    VOLUNTEER = "volunteer", "志愿服务骨干", "Leading volunteer"
    MEDIATOR = "mediator", "邻里调解能手", "Mediator between neighbours"
    OTHER = "other", "其他", "Other"


class PublicTask(CodeTable, zh="参与事务", en="What a worthy takes part in"):
    """Public matters that they have a hand in."""

    DELIBERATION = "deliberation", "议事协商", "Deliberation"
    MEDIATION = "mediation", "矛盾调解", "Mediation"
    PATROL = "patrol", "治安巡防", "Watching over the streets"
    ENVIRONMENT = "environment", "环境监督", "Environment"
    ELDERS = "elders", "为老服务", "Service to elders"
    CHILDREN = "children", "儿童关爱", "Care for children"
    CULTURE = "culture", "文体带动", "Culture and sports"
    PUBLICITY = "publicity", "政策宣讲", "Making policies known"
    ORGANISATION = "organisation", "发起社区社会组织", "Starting an organisation"


class WorthyState(StateTable, zh="培养阶段", en="How far a worthy takes part", initial=("found",)):
    """From being found to carrying things: nobody becomes a backbone without having taken part."""

    FOUND = "found", "已发现", "Found", ("invited", "left")
    INVITED = "invited", "已邀请", "Invited", ("taking_part", "left")
    TAKING_PART = "taking_part", "参与公共事务", "Takes part", ("backbone", "left")
    BACKBONE = "backbone", "社区治理骨干", "Backbone of the community", ("left",)
    LEFT = "left", "已退出", "Left", ("invited",)


class Worthy(Record, collection="worthy", zh="社区贤达", en="Worthy"):
    """A resident who might take part, or does. `person`: their own file, where there is one."""

    found_on: Annotated[date, field("发现日期", "Found on", privacy=OPEN, merge=FIXED)]
    state: Annotated[WorthyState, field("培养阶段", "How far", privacy=OPEN, merge=STATES)]
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
    by: Annotated[Ref[Account], field("联系人", "Looked after by", privacy=OPEN, merge=FIXED)]
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
    esteem: Annotated[
        frozenset[Esteem], field("贤达类型", "Listened to for", privacy=BASIC, merge=UNION, mask=WHOLE)
    ] = frozenset()
    tasks: Annotated[frozenset[PublicTask], field("参与事务", "Takes part in", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    phone: Annotated[str | None, field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE)] = None
    expertise: Annotated[
        str | None,
        field("专长", "Expertise", privacy=BASIC, merge=LATEST, mask=NOTHING, max_length=200, sample=DROPPED),
    ] = None
    trained_on: Annotated[date | None, field("最近培训日期", "Trained on", privacy=OPEN, merge=LATEST)] = None
    left_on: Annotated[date | None, field("退出日期", "Left on", privacy=OPEN, merge=LATEST)] = None
    note: Annotated[str | None, field("备注", "Note", privacy=CASE, merge=TEXT, max_length=2000)] = None
