"""The case (个案): a piece of professional work with one person, from the first request to the follow-up.

It goes by the stages of MZ/T 094-2017 (社会工作方法 个案工作). The file of a family says who the people are;
a case in it says what is being worked on with one of them, and its plan, notes and evaluation belong to it.
"""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable
from schemas.declare import FIXED, HIGHEST, LATEST, REVIEW, STATES, SUPERVISOR, TEXT, UNION, Record, field
from schemas.needs import Need, Risk
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.treatment import DROPPED

OPEN, CASE, CONFIDENTIAL = Privacy.OPEN, Privacy.CASE, Privacy.CONFIDENTIAL


class CaseStage(
    StateTable,
    zh="个案阶段",
    en="Stage of the case",
    initial=("intake",),
    supervised=("reopened",),
    source="MZ/T 094-2017",
):
    """No stage is left out: whoever was away comes back by assessing anew.

    After a break, and where a closed case is taken up again, what was found out before may be true no longer.
    So both lead to assessing and never straight back to where the work had stood.
    """

    INTAKE = "intake", "接案", "Intake", ("assessing", "suspended", "closed", "transferred")
    ASSESSING = "assessing", "预估", "Assessment", ("planned", "suspended", "closed", "transferred")
    PLANNED = "planned", "计划", "Planned", ("intervening", "suspended", "closed", "transferred")
    INTERVENING = "intervening", "介入", "Intervention", ("evaluating", "suspended", "transferred")
    EVALUATING = (
        "evaluating",
        "评估",
        "Evaluation",
        ("intervening", "closed", "suspended", "transferred"),
    )
    SUSPENDED = "suspended", "暂停", "Suspended", ("assessing", "closed", "transferred")
    CLOSED = "closed", "结案", "Closed", ("following_up", "reopened")
    FOLLOWING_UP = "following_up", "跟进", "Followed up", ("reopened",)
    TRANSFERRED = "transferred", "已转出", "Passed on to another agency", ("reopened",)
    REOPENED = "reopened", "重新开启", "Reopened", ("assessing",)


class CaseKind(CodeTable, zh="个案类型", en="Kind of case"):
    """The field of work it belongs to, and nothing of what is the matter."""

    ASSISTANCE = "assistance", "社会救助", "Social assistance"
    CHILD = "child", "儿童", "Children"
    ELDER = "elder", "老年人", "Elders"
    DISABILITY = "disability", "残疾人", "Disability"
    FAMILY = "family", "婚姻家庭", "Marriage and family"
    HEALTH = "health", "医疗健康", "Health"
    EMPLOYMENT = "employment", "就业", "Employment"
    COMMUNITY = "community", "社区融入", "Community life"
    OTHER = "other", "其他", "Other"


class CaseSource(CodeTable, zh="个案来源", en="How the case came"):
    """Who asked for the work."""

    SELF = "self", "本人或家属求助", "The person or the family asked"
    VISIT = "visit", "走访发现", "Found on a visit"
    COMMITTEE = "committee", "社区转介", "Sent by the residents' committee"
    DEPARTMENT = "department", "部门转介", "Sent by a department"
    AGENCY = "agency", "其他机构转介", "Sent by another agency"
    NEIGHBOURS = "neighbours", "邻里反映", "Told by neighbours"
    OTHER = "other", "其他", "Other"


class Case(Record, collection="case", zh="个案", en="Case"):
    """What is worked on with one person. `others`: who else of the family it is with.

    `lead` answers for the case; who may read the family's file is a matter of its members
    (`/files/{case}/members`), and a hand-over changes both.
    """

    subject: Annotated[
        Ref[Person], field("服务对象", "Person served", privacy=OPEN, merge=FIXED, parent=True)
    ]
    opened_on: Annotated[date, field("接案日期", "Opened on", privacy=OPEN, merge=FIXED)]
    stage: Annotated[CaseStage, field("阶段", "Stage", privacy=OPEN, merge=STATES)]
    kind: Annotated[CaseKind | None, field("个案类型", "Kind", privacy=OPEN, merge=LATEST)] = None
    source: Annotated[CaseSource | None, field("个案来源", "How it came", privacy=OPEN, merge=LATEST)] = None
    lead: Annotated[Ref[Account] | None, field("主责社工", "Lead", privacy=OPEN, merge=REVIEW)] = None
    others: Annotated[
        frozenset[Ref[Person]],
        # Who is seen together would tell a family that knows itself.
        field("一同服务的家庭成员", "Others of the family", privacy=CASE, merge=UNION, sample=DROPPED),
    ] = frozenset()
    risk: Annotated[Risk | None, field("风险等级", "Risk level", privacy=CASE, merge=HIGHEST)] = None
    needs: Annotated[frozenset[Need], field("需求", "Needs", privacy=CASE, merge=UNION)] = frozenset()
    request: Annotated[
        str | None, field("求助问题", "What was asked for", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    assessment: Annotated[
        str | None, field("预估", "Assessment", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    strengths: Annotated[
        str | None, field("优势与资源", "Strengths and resources", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    goals: Annotated[str | None, field("总目标", "Goals", privacy=CASE, merge=TEXT, max_length=2000)] = None
    concerns: Annotated[
        str | None,
        field("需保密的情况", "Confidential concerns", privacy=CONFIDENTIAL, merge=TEXT, max_length=4000),
    ] = None
    opinion: Annotated[
        str | None,
        field(
            "督导意见",
            "Supervisor's opinion",
            privacy=CASE,
            merge=TEXT,
            max_length=2000,
            by=SUPERVISOR,
        ),
    ] = None
