"""Volunteer activities (志愿服务活动)."""

from datetime import date, datetime
from typing import Annotated

from schemas.codes import StateTable, Unit
from schemas.declare import COUNTER, LATEST, STATES, TEXT, UNION, Record, field
from schemas.masks import NAME
from schemas.privacy import Privacy
from schemas.treatment import DROPPED
from schemas.volunteers.volunteer import Skill

OPEN, BASIC = Privacy.OPEN, Privacy.BASIC


class ActivityState(StateTable, zh="活动状态", en="State of the activity", initial=("planned", "done")):
    """An activity that nobody planned may be entered when it is over.

    Recorded: hours are in the volunteers' service record, within ten working days after the activity
    (志愿服务记录与证明出具办法, 2020).
    """

    PLANNED = "planned", "已计划", "Planned", ("announced", "under_way", "done", "cancelled")
    ANNOUNCED = "announced", "已发布", "Announced", ("under_way", "done", "cancelled")
    UNDER_WAY = "under_way", "进行中", "Under way", ("done", "cancelled")
    DONE = "done", "已完成", "Done", ("recorded",)
    RECORDED = "recorded", "已记录", "Recorded"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class Activity(Record, collection="activity", zh="志愿服务活动", en="Volunteer activity"):
    """Something that volunteers do together for the community."""

    title: Annotated[
        str, field("活动名称", "Title", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)
    ]
    on: Annotated[date, field("活动日期", "Day", privacy=OPEN, merge=LATEST)]
    state: Annotated[ActivityState, field("状态", "State", privacy=OPEN, merge=STATES)]
    starts_at: Annotated[datetime | None, field("开始时间", "Starts at", privacy=OPEN, merge=LATEST)] = None
    place: Annotated[str | None, field("活动地点", "Place", privacy=OPEN, merge=LATEST, max_length=100)] = (
        None
    )
    organiser: Annotated[
        str | None, field("组织单位", "Organiser", privacy=OPEN, merge=LATEST, max_length=100)
    ] = None
    in_charge: Annotated[
        str | None,
        field(
            "负责人",
            "Person in charge",
            privacy=BASIC,
            merge=LATEST,
            mask=NAME,
            max_length=50,
            sample=DROPPED,
        ),
    ] = None
    content: Annotated[
        str | None, field("服务内容", "Content", privacy=OPEN, merge=TEXT, max_length=2000)
    ] = None
    skills: Annotated[frozenset[Skill], field("所需特长", "Skills asked for", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    places: Annotated[
        int | None,
        field(
            "招募人数",
            "Places for volunteers",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=10_000,
            unit=Unit.PERSON,
        ),
    ] = None
    planned_minutes: Annotated[
        int | None,
        field(
            "计划时长",
            "Planned duration",
            privacy=OPEN,
            merge=LATEST,
            minimum=0,
            maximum=60_000,
            unit=Unit.MINUTE,
        ),
    ] = None
    actual_minutes: Annotated[
        int | None,
        field(
            "实际时长",
            "Actual duration",
            privacy=OPEN,
            merge=LATEST,
            minimum=0,
            maximum=60_000,
            unit=Unit.MINUTE,
        ),
    ] = None
    people_served: Annotated[
        int,
        field(
            "服务人次",
            "People served",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=100_000,
            unit=Unit.PERSON,
        ),
    ] = 0
