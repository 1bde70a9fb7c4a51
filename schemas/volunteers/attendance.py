"""Who was at a volunteer activity, from when to when (志愿服务签到)."""

from datetime import datetime
from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import Unit
from schemas.declare import COUNTER, FIXED, LATEST, Record, field
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED
from schemas.volunteers.activity import Activity
from schemas.volunteers.check_in import PROOF
from schemas.volunteers.volunteer import Volunteer

OPEN = Privacy.OPEN


class Attendance(
    Record,
    collection="attendance",
    zh="志愿服务签到",
    en="Attendance",
    rules=(
        NotBefore(
            ("left_at", "arrived_at"),
            "离开时间早于到达时间，请核对",
            "Left before arriving: check both times",
        ),
    ),
):
    """One volunteer at one activity.

    It belongs to the activity: a volunteer may be registered in another community. How much of it counts is
    not written but worked out, by `schemas.volunteers.hours`: `minutes` is what was noted at the activity,
    `recognised_minutes` what the organiser set it right to.

    A phone that was shown the activity's code writes when that was and what proves it
    (`schemas.volunteers.check_in`); the code itself it does not keep.
    """

    activity: Annotated[Ref[Activity], field("活动", "Activity", privacy=OPEN, merge=FIXED, parent=True)]
    volunteer: Annotated[
        Ref[Volunteer],
        # Where and when somebody served would tell who they are.
        field("志愿者", "Volunteer", privacy=OPEN, merge=FIXED, sample=DROPPED),
    ]
    arrived_at: Annotated[datetime | None, field("到达时间", "Arrived at", privacy=OPEN, merge=LATEST)] = None
    left_at: Annotated[datetime | None, field("离开时间", "Left at", privacy=OPEN, merge=LATEST)] = None
    minutes: Annotated[
        int,
        field(
            "服务时长",
            "Time of service",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=60_000,
            unit=Unit.MINUTE,
        ),
    ] = 0
    recognised_minutes: Annotated[
        int | None,
        field(
            "组织者核定时长",
            "Time recognised by the organiser",
            privacy=OPEN,
            merge=LATEST,
            minimum=0,
            maximum=60_000,
            unit=Unit.MINUTE,
        ),
    ] = None
    checked_in_at: Annotated[
        datetime | None,
        field("扫码签到时间", "Checked in at", privacy=OPEN, merge=LATEST, together="check_in"),
    ] = None
    check_in_proof: Annotated[
        str | None,
        field(
            "签到凭证",
            "Proof of checking in",
            privacy=OPEN,
            merge=LATEST,
            together="check_in",
            form=PROOF,
            sample=DROPPED,
        ),
    ] = None
    checked_out_at: Annotated[
        datetime | None,
        field("扫码签退时间", "Checked out at", privacy=OPEN, merge=LATEST, together="check_out"),
    ] = None
    check_out_proof: Annotated[
        str | None,
        field(
            "签退凭证",
            "Proof of checking out",
            privacy=OPEN,
            merge=LATEST,
            together="check_out",
            form=PROOF,
            sample=DROPPED,
        ),
    ] = None
