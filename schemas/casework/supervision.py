"""Supervision (督导): what an experienced social worker goes through with those who do the work."""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.casework.case import Case
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, LATEST, SUPERVISOR, TEXT, UNION, Record, field
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED

OPEN, CASE = Privacy.OPEN, Privacy.CASE


class SupervisionKind(CodeTable, zh="督导形式", en="Kind of supervision"):
    """With how many it is, and where the supervisor comes from."""

    INDIVIDUAL = "individual", "个别督导", "Individual"
    GROUP = "group", "团体督导", "In a group"
    PEER = "peer", "同辈督导", "Among peers"
    ON_SITE = "on_site", "现场督导", "On the spot"


class SupervisionTopic(CodeTable, zh="督导内容", en="Topic of supervision"):
    """What it is about: the three tasks of supervision, and what they come down to."""

    CASE = "case", "个案", "A case"
    GROUP = "group", "小组", "A group"
    COMMUNITY = "community", "社区工作", "Community work"
    METHODS = "methods", "专业方法", "Methods"
    ETHICS = "ethics", "专业伦理", "Ethics"
    RECORDS = "records", "档案文书", "Records"
    PROJECT = "project", "项目管理", "Running the project"
    STRESS = "stress", "情绪支持", "Stress and support"
    DEVELOPMENT = "development", "职业成长", "Growing in the profession"


class Supervision(
    Record,
    collection="supervision",
    zh="督导记录",
    en="Supervision",
    rules=(
        NotBefore(
            ("next_on", "on"),
            "下次督导日期早于本次，请核对",
            "The next session lies before this one: check both days",
        ),
    ),
):
    """One session, written by the worker who was supervised; the advice is the supervisor's to write.

    So both read all of it, and no colleague does: what a worker asks about is nobody else's. Of a group each
    may write their own. Names of people served do not belong here; `about` says which case it was.
    """

    by: Annotated[Ref[Account], field("受督导社工", "Worker supervised", privacy=OPEN, merge=FIXED)]
    on: Annotated[date, field("督导日期", "Day", privacy=OPEN, merge=FIXED)]
    kind: Annotated[SupervisionKind, field("督导形式", "Kind", privacy=OPEN, merge=LATEST)]
    supervisor: Annotated[
        Ref[Account] | None, field("督导者", "Supervised by", privacy=OPEN, merge=LATEST)
    ] = None
    supervisor_outside: Annotated[
        str | None,
        field("外聘督导", "Supervisor from outside", privacy=CASE, merge=LATEST, max_length=100),
    ] = None
    attended: Annotated[
        frozenset[Ref[Account]], field("参加人员", "Who took part", privacy=OPEN, merge=UNION)
    ] = frozenset()
    topics: Annotated[frozenset[SupervisionTopic], field("督导内容", "Topics", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    minutes: Annotated[
        int | None,
        field("时长", "Duration", privacy=OPEN, merge=LATEST, minimum=0, maximum=1_440, unit=Unit.MINUTE),
    ] = None
    about: Annotated[
        Ref[Case] | None,
        field("涉及个案", "Case it was about", privacy=CASE, merge=LATEST, sample=DROPPED),
    ] = None
    questions: Annotated[
        str | None, field("提出的问题", "What was asked", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    advice: Annotated[
        str | None,
        field("督导建议", "Advice", privacy=CASE, merge=TEXT, max_length=4000, by=SUPERVISOR),
    ] = None
    follow_up: Annotated[
        str | None, field("落实情况", "What came of it", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    next_on: Annotated[date | None, field("下次督导日期", "Next session", privacy=OPEN, merge=LATEST)] = None
