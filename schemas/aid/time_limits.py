"""By when something has to happen to an application (办理时限), and when to remind somebody of it.

A term says in which states it runs, from which day, for how long by which figure, and what ends it. The day
that the office itself has named (`due_on`) goes before the one that is worked out, which is then said beside
it. Where the figure is the office's and not entered, or next year's holidays are not published, no day is
made up: it says what is missing.

Whether time stands still while the office waits for papers no national paper says: an application is accepted
when it is complete (民发〔2021〕57号), and of what is asked for later nothing is written. Until the office
has entered it (`supplement_counts`) the earlier day counts, and the later one is said beside it.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from schemas.aid.circumstances import Missing, Said, to_be_entered
from schemas.aid.terms import CAUTIOUS, REMINDER_DAYS, SUPPLEMENT_COUNTS, TERMS, Limit, Term
from schemas.codes import CodeTable, Unit
from schemas.deadlines import PROCEDURE_DAYS
from schemas.figures import Figure, FigureTable, Reckoned, calendar


class LimitState(CodeTable, zh="时限状态", en="State of a time limit"):
    """Where a time limit stands on a day."""

    RUNNING = "running", "进行中", "Running"
    SOON = "soon", "即将到期", "Soon over"
    OVERDUE = "overdue", "已超期", "Overdue"
    UNKNOWN = "unknown", "无法推算", "Cannot be worked out"


class TimeLimit(msgspec.Struct, frozen=True):
    """A time limit of one referral, as it stands on a day.

    `due`: the last day, None where it cannot be worked out. `by_rule`: the day that the rule comes to, where
    the office has named another. `if_stopped`: the last day if time stands still while the office waits for
    papers, where nobody has said whether it does.
    """

    limit: Limit
    state: LimitState
    due: date | None = None
    remind_from: date | None = None
    by_rule: date | None = None
    if_stopped: date | None = None
    figure: Figure | None = None
    unit: Unit | None = None
    missing: tuple[Missing, ...] = ()

    def because(self) -> Said:
        """What is due when, and by which figure, in a sentence."""
        return _sentence(self)


def time_limits(referral: Mapping[str, Any], on: date) -> tuple[TimeLimit, ...]:
    """The time limits that run on that day for a referral, as its fields are stored, the soonest first.

    Those that cannot be worked out come last.
    """
    found = [_limit(term, referral, on) for term in TERMS if _runs(term, referral)]
    told = [each for each in found if each is not None]
    return tuple(sorted(told, key=lambda each: each.due or date.max))


def reminders(referral: Mapping[str, Any], on: date) -> tuple[TimeLimit, ...]:
    """Of what somebody is to be reminded on that day: what is soon over, or overdue."""
    return tuple(
        each for each in time_limits(referral, on) if each.state in (LimitState.SOON, LimitState.OVERDUE)
    )


def _runs(term: Term, referral: Mapping[str, Any]) -> bool:
    return (
        referral.get("state") in term.states
        and referral.get("kind") is not None
        and all(referral.get(name) == value for name, value in term.only)
        and (term.done is None or referral.get(term.done) is None)
    )


def _limit(term: Term, referral: Mapping[str, Any], on: date) -> TimeLimit | None:
    start = next((referral[name] for name in term.starts if referral.get(name) is not None), None)
    named = referral.get(term.named) if term.named is not None else None
    table, key, missing = _key(term, referral)
    if start is None:
        lacking = Missing(f"referral.{term.starts[0]}", *_DAYS[term.starts[0]])
        return _unknown(term, named, (lacking,), on)
    began = date.fromisoformat(start)
    figure = table.figure_of(key, began)
    if figure is None and term.named is None:
        return None  # no paper knows of such a limit
    if figure is None or figure.value is None:
        return _unknown(term, named, (to_be_entered(table, key, began),), on)
    due = _after(term, table, began, figure.value)
    stopped, waiting = _waited(term, referral, began, figure.value, on)
    missing += waiting
    if stopped is not None and not waiting:
        due, stopped = stopped, None
    if due.day is None:
        return _unknown(term, named, (*missing, _no_calendar(due)), on, figure, table.unit)
    by_rule = due.day
    last = by_rule if named is None else date.fromisoformat(named)
    return TimeLimit(
        limit=term.limit,
        state=_state(term, last, on),
        due=last,
        remind_from=_remind_from(term, last, on),
        by_rule=by_rule if last != by_rule else None,
        if_stopped=stopped.day if stopped is not None and named is None else None,
        figure=figure,
        unit=table.unit,
        missing=missing,
    )


def _key(term: Term, referral: Mapping[str, Any]) -> tuple[FigureTable, str, tuple[Missing, ...]]:
    missing: list[Missing] = []
    values = dict(referral)
    for name, sooner in CAUTIOUS.items():
        if referral.get(name) is None:
            values[name] = sooner
            if f"{{{name}}}" in term.key:
                missing.append(Missing(f"referral.{name}", "复核类别", "How it is reviewed"))
    if term.longer is not None and referral.get("is_extended") is True:
        longer = term.longer.format_map(values)
        if any(figure.key == longer for figure in PROCEDURE_DAYS.figures):
            return PROCEDURE_DAYS, longer, tuple(missing)
    return term.table, term.key.format_map(values), tuple(missing)


def _waited(
    term: Term, referral: Mapping[str, Any], began: date, days: int, on: date
) -> tuple[Reckoned | None, tuple[Missing, ...]]:
    """The last day if time stood still while papers were waited for, and what is missing to know that.

    None where nothing was waited for, or where it is known that time ran on.
    """
    asked = referral.get("supplement_asked_on")
    if not term.waits or asked is None:
        return None, ()
    kind = referral["kind"]
    counts = SUPPLEMENT_COUNTS.value_of(kind, began)
    if counts == 100:
        return None, ()
    until = date.fromisoformat(referral["supplemented_on"]) if referral.get("supplemented_on") else on
    waited = calendar().working_days_between(date.fromisoformat(asked), until)
    later = (
        Reckoned(None, calendar().missing(until) or until.year)
        if waited is None
        else _working_days_after(began, days + waited)
    )
    if counts is not None:
        return later, ()
    return later, (to_be_entered(SUPPLEMENT_COUNTS, kind, began),)


def _after(term: Term, table: FigureTable, began: date, count: int) -> Reckoned:
    if table.unit is Unit.WORKING_DAY:
        return _working_days_after(began, count)
    if table.unit is Unit.DAY:
        return Reckoned(_days_from(began, count))
    return Reckoned(_months_after(began, count, ends_month=term.ends_month))


def _working_days_after(day: date, count: int) -> Reckoned:
    """The last of so many working days; of none, the day itself."""
    return calendar().after_working_days(day, count) if count else Reckoned(day)


def _days_from(day: date, count: int) -> date:
    """So many days later, or earlier; at the end of the calendar its last day, or its first."""
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return date.max if count > 0 else date.min


def _months_after(day: date, count: int, *, ends_month: bool) -> date:
    """The same day of a later month, or its last where it has none of that number (民法典, article 202)."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if ends_month else min(day.day, last))


def _unknown(
    term: Term,
    named: str | None,
    missing: tuple[Missing, ...],
    on: date,
    figure: Figure | None = None,
    unit: Unit | None = None,
) -> TimeLimit:
    if named is None:
        return TimeLimit(term.limit, LimitState.UNKNOWN, figure=figure, unit=unit, missing=missing)
    last = date.fromisoformat(named)
    return TimeLimit(
        term.limit, _state(term, last, on), last, _remind_from(term, last, on), figure=figure, unit=unit
    )


def _no_calendar(reckoned: Reckoned) -> Missing:
    return Missing(f"holidays.{reckoned.missing}", reckoned.zh or "", reckoned.en or "", by_office=True)


def _remind_from(term: Term, last: date, on: date) -> date:
    return _days_from(last, -(REMINDER_DAYS.value_of(term.limit.code, on) or 0))


def _state(term: Term, last: date, on: date) -> LimitState:
    if on > last:
        return LimitState.OVERDUE
    return LimitState.SOON if on >= _remind_from(term, last, on) else LimitState.RUNNING


_DAYS: Final = {
    "received_on": ("受理日期", "The day of receipt"),
    "emergency_over_on": ("紧急情况解除日期", "The day on which the emergency was over"),
    "decided_on": ("决定日期", "The day of the decision"),
    "told_on": ("告知申请人日期", "The day on which the family was told"),
    "reviewed_on": ("开始享受或复核日期", "The day on which the benefits began, or were reviewed"),
}


def _sentence(each: TimeLimit) -> Said:
    if each.due is None:
        zh = "、".join(one.zh for one in each.missing)
        en = "; ".join(one.en for one in each.missing)
        return Said(
            f"{each.limit.zh}：{each.state.zh}，还需要：{zh}", f"{each.limit.en}: {each.state.en}: {en}"
        )
    zh = f"{each.limit.zh}：{each.due} 前，{each.state.zh}"
    en = f"{each.limit.en}: by {each.due}, {each.state.en}"
    if each.figure is not None and each.unit is not None and each.figure.value is not None:
        value = each.figure.value
        zh += f"（{value} {each.unit.zh}，{each.figure.source or each.figure.standing.zh}）"
        en += f" ({value} {each.unit.en}, {each.figure.source or each.figure.standing.en})"
    if each.by_rule is not None:
        zh, en = f"{zh}；按规定推算为 {each.by_rule}", f"{en}; by the rule {each.by_rule}"
    if each.if_stopped is not None:
        zh += f"；若等待补充材料的时间不计，则为 {each.if_stopped}"
        en += f"; {each.if_stopped} if the wait for papers does not count"
    return Said(zh, en)
