"""How much of a volunteer's attendances counts as service, and why (志愿服务时长).

Time of actual service counts, without the way there and back (志愿服务记录与证明出具办法, 2020), and never
more of it than the person was there, and no minute twice: who is written down at two activities that overlap
served at one of them at a time. What does not count is shown with the reason, for the organiser to set right;
nothing is dropped. The order in which attendances come in makes no difference.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.civil import civil_date
from schemas.codes import CodeTable
from schemas.values import JsonSchema
from schemas.volunteers.activity import ActivityState

SOURCE: Final = "民政部令第67号 志愿服务记录与证明出具办法（试行）"
DAY_MINUTES: Final = 24 * 60
OVER: Final = frozenset({ActivityState.DONE.code, ActivityState.RECORDED.code})
_MINUTE: Final = timedelta(minutes=1)


class CountedAs(CodeTable, zh="时长认定", en="Why so much of an attendance counts"):
    """What an attendance comes to."""

    PRESENT = "present", "按到离时间计", "The time from coming to going"
    NOTED = "noted", "按登记时长计", "The time that was noted"
    RECOGNISED = "recognised", "按组织者核定计", "The time that the organiser recognised"
    BOUNDED = "bounded", "登记时长超过在场时间，按在场计", "More was noted than they were there"
    OVERLAPPING = "overlapping", "与其他服务时间重叠，重叠部分不重复计", "Overlaps: no minute counts twice"
    TWICE = "twice", "同一活动重复登记", "Entered twice for one activity"
    TOO_LONG = "too_long", "在场超过二十四小时，请核对", "More than a day in one go: check both times"
    BACKWARDS = "backwards", "离开早于到达，请核对", "They left before they came: check both times"
    NO_TIMES = "no_times", "缺到达或离开时间，也未登记时长", "No times are entered, nor how long it was"
    NOT_OVER = "not_over", "活动尚未结束", "The activity is not over yet"
    CANCELLED = "cancelled", "活动已取消", "The activity was cancelled"
    NO_ACTIVITY = "no_activity", "活动记录缺失", "There is no such activity here"


class Counted(msgspec.Struct, frozen=True):
    """What one attendance comes to. `on`: the day it is counted for."""

    attendance: str
    activity: str
    on: date | None
    minutes: int
    as_: CountedAs = msgspec.field(name="as")
    zh: str
    en: str


class _Stay(msgspec.Struct, frozen=True):
    id: str
    activity: str
    on: date
    began: datetime
    ended: datetime
    noted: int | None
    how: CountedAs


def counted(
    volunteer: str, attendances: Mapping[str, Mapping[str, Any]], activities: Mapping[str, Mapping[str, Any]]
) -> list[Counted]:
    """What each attendance of `volunteer` comes to, by day. Both mappings are by id."""
    found: list[Counted] = []
    stays: list[_Stay] = []
    untimed: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = []
    for id, attendance in sorted(attendances.items()):
        if attendance["volunteer"] != volunteer:
            continue
        activity = activities.get(attendance["activity"])
        if activity is None:
            found.append(_counted(id, attendance["activity"], None, 0, CountedAs.NO_ACTIVITY))
            continue
        on = date.fromisoformat(activity["on"])
        if activity["state"] not in OVER:
            cancelled = activity["state"] == ActivityState.CANCELLED.code
            how = CountedAs.CANCELLED if cancelled else CountedAs.NOT_OVER
            found.append(_counted(id, attendance["activity"], on, 0, how))
            continue
        began, ended = present(attendance)
        if began is None or ended is None:
            untimed.append((id, attendance, activity))
        elif ended < began:
            found.append(_counted(id, attendance["activity"], civil_date(began), 0, CountedAs.BACKWARDS))
        else:
            noted, how = _noted(attendance)
            day = civil_date(began)
            stays.append(_Stay(id, attendance["activity"], day, began, ended, noted, how))
    found += _timed(stays)
    found += _untimed(untimed, found)
    return sorted(found, key=lambda each: (each.on or date.min, each.attendance))


def minutes_of(service: list[Counted]) -> int:
    """All that counts, in minutes."""
    return sum(each.minutes for each in service)


def present(attendance: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """From when to when somebody was there: as was written, or where nobody did as the phone checked them."""
    came = attendance.get("arrived_at") or attendance.get("checked_in_at")
    went = attendance.get("left_at") or attendance.get("checked_out_at")
    return (
        None if came is None else datetime.fromisoformat(came),
        None if went is None else datetime.fromisoformat(went),
    )


def _noted(attendance: Mapping[str, Any]) -> tuple[int | None, CountedAs]:
    """What people wrote of how long it was: the organiser's word before what was noted on the spot."""
    recognised = attendance.get("recognised_minutes")
    if recognised is not None:
        return max(0, recognised), CountedAs.RECOGNISED
    noted = attendance.get("minutes") or 0
    return (noted, CountedAs.NOTED) if noted > 0 else (None, CountedAs.PRESENT)


def _timed(stays: list[_Stay]) -> Iterator[Counted]:
    """In the order of coming, each as far as it lies behind the end of all before it."""
    covered: datetime | None = None
    for stay in sorted(stays, key=lambda each: (each.began, each.ended, each.id)):
        begin = stay.began if covered is None else max(stay.began, covered)
        free = max(0, (stay.ended - begin) // _MINUTE)
        whole = (stay.ended - stay.began) // _MINUTE
        wanted = whole if stay.noted is None else min(stay.noted, whole)
        how = stay.how if stay.noted is None or stay.noted <= whole else CountedAs.BOUNDED
        if whole > DAY_MINUTES and stay.how is not CountedAs.RECOGNISED:
            wanted, how = 0, CountedAs.TOO_LONG
        if free < wanted:
            how = CountedAs.OVERLAPPING
        yield _counted(stay.id, stay.activity, stay.on, min(wanted, free), how)
        if wanted:  # of whoever did not serve there no time is taken
            covered = stay.ended if covered is None else max(covered, stay.ended)


def _untimed(
    attendances: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]], timed: list[Counted]
) -> Iterator[Counted]:
    """Those of which nobody knows when it was: once an activity, and a day has twenty-four hours."""
    served = {each.activity for each in timed if each.minutes}
    of_day: dict[date, int] = {}
    for each in timed:
        if each.on is not None:
            of_day[each.on] = of_day.get(each.on, 0) + each.minutes
    for id, attendance, activity in sorted(
        attendances, key=lambda each: (-(_noted(each[1])[0] or 0), each[0])
    ):
        on, named = date.fromisoformat(activity["on"]), attendance["activity"]
        noted, how = _noted(attendance)
        if noted is None:
            yield _counted(id, named, on, 0, CountedAs.NO_TIMES)
        elif named in served:
            yield _counted(id, named, on, 0, CountedAs.TWICE)
        else:
            longest = activity.get("actual_minutes")
            bounded = noted if longest is None else min(noted, longest)
            minutes = min(bounded, max(0, DAY_MINUTES - of_day.get(on, 0)))
            if minutes < noted:
                how = CountedAs.BOUNDED if minutes == bounded else CountedAs.OVERLAPPING
            served.add(named)
            of_day[on] = of_day.get(on, 0) + minutes
            yield _counted(id, named, on, minutes, how)


def _counted(id: str, activity: str, on: date | None, minutes: int, how: CountedAs) -> Counted:
    return Counted(
        id, activity, on, minutes, how, f"计 {minutes} 分钟：{how.zh}", f"{minutes} minutes: {how.en}"
    )


def said() -> JsonSchema:
    """The rule for clients, in the order in which it is asked."""
    return {
        "counts": sorted(OVER),
        "came": ["arrived_at", "checked_in_at"],
        "went": ["left_at", "checked_out_at"],
        "noted": ["recognised_minutes", "minutes"],
        "bounds": ["time_present", "actual_minutes", DAY_MINUTES],
        "no_minute_twice": True,
        "source": SOURCE,
    }
