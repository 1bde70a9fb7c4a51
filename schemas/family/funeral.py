"""Funeral reform made known (殡葬政策宣传): simple and civilised ways of parting (殡葬管理条例)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import COUNTER, FIXED, LATEST, TEXT, UNION, Record, field
from schemas.masks import NOTHING
from schemas.privacy import Privacy
from schemas.treatment import DROPPED

OPEN, BASIC = Privacy.OPEN, Privacy.BASIC


class FuneralTopic(CodeTable, zh="殡葬宣传内容", en="What is made known of funerals", source="殡葬管理条例"):
    """What people are told."""

    SIMPLE = "simple", "丧事简办", "Keeping funerals simple"
    CIVILISED = "civilised", "文明祭扫", "Remembering without fire and litter"
    CREMATION = "cremation", "火化政策", "Cremation"
    ECOLOGICAL = "ecological", "节地生态安葬", "Burial that saves land"
    BENEFITS = "benefits", "惠民殡葬减免", "What is free of charge"
    CEMETERIES = "cemeteries", "公墓与违规建墓", "Cemeteries, and graves that are not allowed"
    SUPERSTITION = "superstition", "反对封建迷信", "Against superstition"
    PAPERS = "papers", "死亡证明与注销户口", "Papers that are needed"


class PublicityForm(CodeTable, zh="宣传形式", en="Form of publicity"):
    """How people are reached."""

    TALK = "talk", "讲座座谈", "Talk"
    STALL = "stall", "设点宣传", "Stall"
    LEAFLETS = "leaflets", "入户发放资料", "Leaflets from door to door"
    BOARD = "board", "宣传栏", "Notice board"
    ONLINE = "online", "线上推送", "Online"
    SHOW = "show", "文艺演出", "Show"
    FAMILY = "family", "治丧家庭指导", "Guidance to a family in mourning"


class FuneralPublicity(Record, collection="funeral_publicity", zh="殡葬政策宣传", en="Funeral publicity"):
    """One occasion, counted and not named: nobody's mourning is on record by it."""

    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("负责社工", "Worker in charge", privacy=OPEN, merge=FIXED)]
    form: Annotated[PublicityForm | None, field("宣传形式", "Form", privacy=OPEN, merge=LATEST)] = None
    place: Annotated[str | None, field("地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = None
    topics: Annotated[frozenset[FuneralTopic], field("宣传内容", "Made known", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
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
    leaflets: Annotated[
        int,
        field(
            "发放资料份数",
            "Leaflets given out",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
        ),
    ] = 0
    families_guided: Annotated[
        int,
        field(
            "指导治丧家庭数",
            "Families guided",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=1_000,
        ),
    ] = 0
    note: Annotated[str | None, field("情况说明", "Note", privacy=OPEN, merge=TEXT, max_length=2000)] = None
    photos: Annotated[
        frozenset[UUID],
        field("照片", "Photos", privacy=BASIC, merge=UNION, mask=NOTHING, sample=DROPPED),
    ] = frozenset()
