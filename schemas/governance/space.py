"""Public spaces (公共空间) and who has them when: rooms and yards for leisure and for talking things over."""

from datetime import datetime
from typing import Annotated, Final

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable, Unit
from schemas.declare import COUNTER, FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.forms import PHONE
from schemas.masks import NAME
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED

OPEN, BASIC, CONTACT = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT


class SpaceKind(CodeTable, zh="公共空间类型", en="Kind of public space"):
    """What residents find there."""

    SERVICE_CENTRE = "service_centre", "党群服务中心", "Service centre"
    STATION = "station", "社工站", "Social work station"
    MEETING_ROOM = "meeting_room", "议事厅", "Room for deliberation"
    ACTIVITY_ROOM = "activity_room", "活动室", "Activity room"
    READING_ROOM = "reading_room", "阅览室", "Reading room"
    CHILDREN = "children", "儿童之家", "Children's room"
    ELDERS = "elders", "老年活动室", "Elders' room"
    CANTEEN = "canteen", "助餐点", "Canteen"
    YARD = "yard", "院落广场", "Yard or square"
    GARDEN = "garden", "社区花园", "Garden"
    OTHER = "other", "其他", "Other"


class Equipment(CodeTable, zh="空间设施", en="Equipment"):
    """What is there to be used."""

    PROJECTOR = "projector", "投影", "Projector"
    SOUND = "sound", "音响", "Sound system"
    TABLES = "tables", "桌椅", "Tables and chairs"
    BOOKS = "books", "图书", "Books"
    TOYS = "toys", "玩具教具", "Toys"
    SPORTS = "sports", "健身器材", "Sports equipment"
    KITCHEN = "kitchen", "厨房", "Kitchen"
    LIFT = "lift", "电梯", "Lift"
    RAMP = "ramp", "无障碍坡道", "Ramp"
    TOILET = "toilet", "无障碍卫生间", "Toilet without barriers"


class PublicSpace(Record, collection="public_space", zh="公共空间", en="Public space"):
    """A place that residents may use. One that is no longer open keeps its bookings."""

    name: Annotated[str, field("名称", "Name", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)]
    kind: Annotated[SpaceKind, field("类型", "Kind", privacy=OPEN, merge=LATEST)]
    place: Annotated[str | None, field("位置", "Where", privacy=OPEN, merge=LATEST, max_length=200)] = None
    area_m2: Annotated[
        int | None,
        field(
            "面积",
            "Floor area",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=100_000,
            unit=Unit.SQUARE_METRE,
        ),
    ] = None
    holds: Annotated[
        int | None,
        field(
            "可容纳人数",
            "Holds",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=10_000,
            unit=Unit.PERSON,
        ),
    ] = None
    equipment: Annotated[frozenset[Equipment], field("设施", "Equipment", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    hours: Annotated[
        str | None, field("开放时间", "Opening hours", privacy=OPEN, merge=LATEST, max_length=200)
    ] = None
    is_open: Annotated[bool | None, field("正在开放", "Open", privacy=OPEN, merge=LATEST)] = None
    keeper: Annotated[
        str | None,
        field("管理人", "Keeper", privacy=BASIC, merge=LATEST, mask=NAME, max_length=50, sample=DROPPED),
    ] = None
    phone: Annotated[str | None, field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE)] = None
    note: Annotated[str | None, field("备注", "Note", privacy=OPEN, merge=TEXT, max_length=2000)] = None


class BookingState(StateTable, zh="预约状态", en="State of the booking", initial=("asked", "confirmed")):
    """A booking that was given up frees the hours; one that was kept says how many came."""

    ASKED = "asked", "已申请", "Asked for", ("confirmed", "cancelled", "refused")
    CONFIRMED = "confirmed", "已确认", "Confirmed", ("used", "not_used", "cancelled")
    USED = "used", "已使用", "Used"
    NOT_USED = "not_used", "未到场", "Nobody came"
    REFUSED = "refused", "未获同意", "Refused"
    CANCELLED = "cancelled", "已取消", "Cancelled"


HOLDS_HOURS: Final = frozenset(state.code for state in (BookingState.ASKED, BookingState.CONFIRMED))
"""States in which a booking stands for hours to come: two of one space must not overlap."""


class BookingFor(CodeTable, zh="使用目的", en="What a space is booked for"):
    """What happens there."""

    ACTIVITY = "activity", "社区活动", "Community activity"
    GROUP = "group", "小组活动", "Group"
    DELIBERATION = "deliberation", "居民议事", "Deliberation"
    MEETING = "meeting", "会议", "Meeting"
    TRAINING = "training", "培训", "Training"
    ORGANISATION = "organisation", "社区社会组织活动", "A community organisation"
    LEISURE = "leisure", "居民休闲", "Leisure"
    OTHER = "other", "其他", "Other"


class SpaceBooking(
    Record,
    collection="space_booking",
    zh="公共空间预约",
    en="Booking of a public space",
    rules=(
        NotBefore(
            ("ends_at", "begins_at"),
            "结束时间早于开始时间，请核对",
            "It would end before it begins: check both times",
        ),
    ),
):
    """Some hours of a space. Begin and end are decided together: those of two bookings would be nobody's.

    Who books offline cannot know of each other. Both bookings stand, and that they clash is shown to whoever
    looks at the space (schemas/governance/clashes.py), for a person to move one.
    """

    space: Annotated[Ref[PublicSpace], field("公共空间", "Space", privacy=OPEN, merge=FIXED, parent=True)]
    begins_at: Annotated[
        datetime, field("开始时间", "Begins at", privacy=OPEN, merge=LATEST, together="hours")
    ]
    ends_at: Annotated[datetime, field("结束时间", "Ends at", privacy=OPEN, merge=LATEST, together="hours")]
    state: Annotated[BookingState, field("状态", "State", privacy=OPEN, merge=STATES)]
    by: Annotated[Ref[Account], field("登记人", "Entered by", privacy=OPEN, merge=FIXED)]
    for_what: Annotated[BookingFor | None, field("使用目的", "For what", privacy=OPEN, merge=LATEST)] = None
    title: Annotated[str | None, field("活动名称", "Title", privacy=OPEN, merge=LATEST, max_length=100)] = (
        None
    )
    expected: Annotated[
        int | None,
        field(
            "预计人数",
            "Expected",
            privacy=OPEN,
            merge=LATEST,
            minimum=1,
            maximum=10_000,
            unit=Unit.PERSON,
        ),
    ] = None
    came: Annotated[
        int,
        field(
            "实到人数",
            "Came",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=10_000,
            unit=Unit.PERSON,
        ),
    ] = 0
    contact: Annotated[
        str | None,
        field(
            "联系人", "Whom to ask for", privacy=BASIC, merge=LATEST, mask=NAME, max_length=50, sample=DROPPED
        ),
    ] = None
    phone: Annotated[str | None, field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE)] = None
    reason: Annotated[
        str | None,
        field("未同意或取消的原因", "Why refused or cancelled", privacy=OPEN, merge=TEXT, max_length=500),
    ] = None
