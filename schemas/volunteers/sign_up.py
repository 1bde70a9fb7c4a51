"""Signing up for a volunteer activity (志愿者报名)."""

from datetime import datetime
from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import StateTable
from schemas.declare import FIXED, STATES, TEXT, Record, field
from schemas.masks import NOTHING
from schemas.privacy import Privacy
from schemas.treatment import DROPPED
from schemas.volunteers.activity import Activity
from schemas.volunteers.volunteer import Volunteer

OPEN, BASIC = Privacy.OPEN, Privacy.BASIC


class SignUpState(StateTable, zh="报名状态", en="State of a sign-up", initial=("signed_up", "confirmed")):
    """That somebody waits is no state: it follows from all sign-ups together (`schemas.volunteers.places`).

    Who was confirmed was told so, and is not moved to the waiting list by whoever signed up before them
    without a network.
    """

    SIGNED_UP = "signed_up", "已报名", "Signed up", ("confirmed", "declined", "withdrawn")
    CONFIRMED = "confirmed", "已确认", "Confirmed", ("declined", "withdrawn")
    DECLINED = "declined", "未录用", "Declined"
    WITHDRAWN = "withdrawn", "已退出", "Withdrawn"


class SignUp(Record, collection="sign_up", zh="志愿服务报名", en="Sign-up"):
    """One volunteer wants to come to one activity. It belongs to the activity.

    Who comes back after withdrawing signs up anew, and has the place of then.
    """

    activity: Annotated[Ref[Activity], field("活动", "Activity", privacy=OPEN, merge=FIXED, parent=True)]
    volunteer: Annotated[
        Ref[Volunteer], field("志愿者", "Volunteer", privacy=OPEN, merge=FIXED, sample=DROPPED)
    ]
    signed_up_at: Annotated[datetime, field("报名时间", "Signed up at", privacy=OPEN, merge=FIXED)]
    state: Annotated[SignUpState, field("状态", "State", privacy=OPEN, merge=STATES)]
    note: Annotated[
        str | None,
        field("备注", "Note", privacy=BASIC, merge=TEXT, mask=NOTHING, max_length=500, sample=DROPPED),
    ] = None
