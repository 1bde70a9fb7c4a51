"""By when the hours of an activity must stand in the volunteers' record (志愿服务信息记录期限)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.deadlines import PROCEDURE_DAYS
from schemas.figures import calendar
from schemas.figures.working_days import Reckoned
from schemas.volunteers.activity import ActivityState

KEY: Final = "volunteer_record_after_activity"


class Recording(msgspec.Struct, frozen=True):
    """The last day for it, and whether it has passed; None where the calendar does not say yet."""

    due: date | None
    overdue: bool | None
    zh: str
    en: str
    source: str | None


def recording(activity: Mapping[str, Any], today: date) -> Recording | None:
    """By when the hours of `activity` are to be recorded, while that is still to be done.

    None where there is nothing to do: not held yet, cancelled, recorded already.
    """
    if activity["state"] != ActivityState.DONE.code:
        return None
    on = date.fromisoformat(activity["on"])
    figure = PROCEDURE_DAYS.figure_of(KEY, on)
    source = None if figure is None else figure.source
    until = recorded_by(on)
    if until.day is None:
        zh = until.zh or "记录期限由主管部门确定"
        return Recording(None, None, zh, until.en or "The office decides by when", source)
    overdue = today > until.day
    zh = f"应于 {until.day} 前（含当日）记录服务时长" + ("，已逾期" if overdue else "")
    en = f"Record the hours by {until.day}, that day included" + (": overdue" if overdue else "")
    return Recording(until.day, overdue, zh, en, source)


def recorded_by(on: date) -> Reckoned:
    """The last day on which an activity of the day `on` may be recorded; that day itself does not count."""
    days = PROCEDURE_DAYS.value_of(KEY, on)
    return Reckoned(None) if days is None else calendar().after_working_days(on, days)
