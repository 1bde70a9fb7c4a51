"""Group work (小组工作): a group with an aim, its sessions, and who came to them.

By the phases of MZ/T 095-2017 (社会工作方法 小组工作). In which group somebody sits tells what they struggle
with. So the group itself names nobody, and that somebody came stands in their family's own file, for those
who work on it: it goes with the person when they move, and with their data when it is erased.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable, Unit
from schemas.declare import COUNTER, FIXED, LATEST, STATES, SUPERVISOR, TEXT, UNION, Record, field
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.treatment import DROPPED

OPEN, CASE, CONFIDENTIAL = Privacy.OPEN, Privacy.CASE, Privacy.CONFIDENTIAL


class GroupKind(CodeTable, zh="小组类型", en="Kind of group"):
    """What groups are for."""

    SUPPORT = "support", "支持小组", "Support"
    GROWTH = "growth", "成长小组", "Growth"
    EDUCATION = "education", "教育小组", "Education"
    MUTUAL_HELP = "mutual_help", "互助小组", "Mutual help"
    TREATMENT = "treatment", "治疗小组", "Treatment"
    RECREATION = "recreation", "兴趣小组", "Recreation"


class GroupFor(CodeTable, zh="小组对象", en="For whom a group is"):
    """Whom it is offered to."""

    CHILDREN = "children", "儿童青少年", "Children and youths"
    PARENTS = "parents", "家长", "Parents"
    GRANDPARENTS = "grandparents", "隔代照料者", "Grandparents who bring children up"
    ELDERS = "elders", "老年人", "Elders"
    WOMEN = "women", "妇女", "Women"
    DISABLED = "disabled", "残疾人", "Disabled people"
    CARERS = "carers", "照护者", "Carers"
    LOW_INCOME = "low_income", "低收入居民", "People on low incomes"
    VOLUNTEERS = "volunteers", "志愿者", "Volunteers"
    RESIDENTS = "residents", "一般居民", "Residents"


class GroupPhase(
    StateTable, zh="小组阶段", en="Phase of the group", initial=("preparing",), source="MZ/T 095-2017"
):
    """A group goes through its phases in order; what was to be one may be called off before it has met."""

    PREPARING = "preparing", "筹备期", "Preparing", ("forming", "cancelled")
    FORMING = "forming", "形成期", "Forming", ("turning", "broken_off")
    TURNING = "turning", "转折期", "Turning", ("mature", "broken_off")
    MATURE = "mature", "成熟期", "Mature", ("ending", "broken_off")
    ENDING = "ending", "结束期", "Ending", ("ended",)
    ENDED = "ended", "已结束", "Ended"
    BROKEN_OFF = "broken_off", "中止", "Broken off"
    CANCELLED = "cancelled", "未开组", "Called off"


class GroupWork(Record, collection="group_work", zh="小组", en="Group"):
    """People who meet for some weeks. How many sessions are usual is a figure (`group_sessions`)."""

    title: Annotated[
        str, field("小组名称", "Title", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)
    ]
    phase: Annotated[GroupPhase, field("阶段", "Phase", privacy=OPEN, merge=STATES)]
    opened_on: Annotated[date, field("立项日期", "Planned on", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("带组社工", "Led by", privacy=OPEN, merge=FIXED)]
    kind: Annotated[GroupKind | None, field("小组类型", "Kind", privacy=OPEN, merge=LATEST)] = None
    for_whom: Annotated[frozenset[GroupFor], field("小组对象", "For whom", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    planned_sessions: Annotated[
        int | None,
        field(
            "计划节数",
            "Sessions planned",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=50,
            unit=Unit.TIME,
        ),
    ] = None
    planned_members: Annotated[
        int | None,
        field(
            "计划人数",
            "Members planned",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=200,
            unit=Unit.PERSON,
        ),
    ] = None
    aims: Annotated[str | None, field("目标", "Aims", privacy=OPEN, merge=TEXT, max_length=2000)] = None
    theory: Annotated[
        str | None, field("理论依据", "Theory it rests on", privacy=OPEN, merge=TEXT, max_length=1000)
    ] = None
    evaluation: Annotated[
        str | None, field("小组评估", "Evaluation", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    opinion: Annotated[
        str | None,
        field("督导意见", "Supervisor's opinion", privacy=CASE, merge=TEXT, max_length=2000, by=SUPERVISOR),
    ] = None


class GroupSession(Record, collection="group_session", zh="小组节次", en="Session of a group"):
    """One meeting. `attended` counts all who came, whether or not there is a file of them."""

    group: Annotated[Ref[GroupWork], field("所属小组", "Group", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=LATEST)]
    number: Annotated[
        int | None, field("第几节", "Number", privacy=OPEN, merge=LATEST, minimum=1, maximum=50)
    ] = None
    topic: Annotated[str | None, field("主题", "Topic", privacy=OPEN, merge=LATEST, max_length=100)] = None
    place: Annotated[str | None, field("地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = None
    minutes: Annotated[
        int | None,
        field("时长", "Duration", privacy=OPEN, merge=LATEST, minimum=0, maximum=600, unit=Unit.MINUTE),
    ] = None
    attended: Annotated[
        int,
        field(
            "出席人数",
            "Attended",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=1_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    process: Annotated[
        str | None, field("过程记录", "Process", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    reflection: Annotated[
        str | None, field("工作反思", "Worker's reflection", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    photos: Annotated[frozenset[UUID], field("照片", "Photos", privacy=CASE, merge=UNION, sample=DROPPED)] = (
        frozenset()
    )


class TakingPart(CodeTable, zh="参与程度", en="How somebody took part"):
    """As the worker saw it."""

    ACTIVE = "active", "积极", "Actively"
    WILLING = "willing", "愿意参与", "Willingly"
    QUIET = "quiet", "较沉默", "Quietly"
    UNWILLING = "unwilling", "抗拒", "Unwillingly"
    LEFT_EARLY = "left_early", "提前离开", "Left early"


class GroupAttendance(Record, collection="group_attendance", zh="小组出席", en="Attendance at a group"):
    """That somebody came to a session. It belongs to the person; everybody else sees that they were met."""

    subject: Annotated[Ref[Person], field("组员", "Who came", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    session: Annotated[
        # Of whom it is known which group they sat in, it is known who they are.
        Ref[GroupSession] | None,
        field("小组节次", "Session", privacy=CASE, merge=FIXED, sample=DROPPED),
    ] = None
    took_part: Annotated[
        TakingPart | None, field("参与程度", "How they took part", privacy=CASE, merge=LATEST)
    ] = None
    note: Annotated[str | None, field("个别情况", "Note", privacy=CASE, merge=TEXT, max_length=2000)] = None
    concerns: Annotated[
        str | None,
        field("需保密的情况", "Confidential concerns", privacy=CONFIDENTIAL, merge=TEXT, max_length=2000),
    ] = None
