"""What volunteers' records come to: who may serve, who has a place, what counts, what is left of it."""

import secrets as random_bytes
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.civil import BEIJING
from schemas.figure_tables import TABLES
from schemas.figures.office import installed
from schemas.figures.own import office_figures
from schemas.volunteers.check_in import (
    CheckedAs,
    Direction,
    checked,
    code_at,
    proof_of,
    step_at,
    typed_code,
)
from schemas.volunteers.hours import CountedAs, counted, minutes_of
from schemas.volunteers.minors import MayServe, judged, may_serve
from schemas.volunteers.places import PlaceAs, placed
from schemas.volunteers.recording import recorded_by, recording
from schemas.volunteers.time_bank import MovedAs, accounts

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=BEIJING)
MINUTE = timedelta(minutes=1)


def at(clock: str, day: date = DAY) -> str:
    """A moment of the day, as a phone in China writes it."""
    return f"{day.isoformat()}T{clock}:00+08:00"


# Minors


@pytest.mark.parametrize(
    ("born", "consent", "may"),
    [
        # 民法典 art. 17, 1259: eighteen is reached on the birthday, and that day counts.
        ("2008-11-20", None, MayServe.YES),
        ("2008-11-21", None, MayServe.CONSENT_MISSING),
        ("2008-11-21", "2026-11-20", MayServe.YES),
        ("2008-11-21", "2026-11-21", MayServe.CONSENT_MISSING),  # given the day after
        (None, None, MayServe.AGE_NOT_KNOWN),
        (None, "2026-01-01", MayServe.YES),
        ("1950-01-01", None, MayServe.YES),
    ],
)
def test_who_is_under_eighteen_serves_with_a_guardians_consent(
    born: str | None, consent: str | None, may: MayServe
) -> None:
    assert may_serve({"birth_date": born, "guardian_consent_on": consent}, DAY) is may


def test_who_left_serves_up_to_the_day_of_leaving() -> None:
    gone = {"birth_date": "1950-01-01", "left_on": "2026-11-20"}
    assert may_serve(gone, DAY) is MayServe.YES
    assert may_serve(gone, DAY + timedelta(days=1)) is MayServe.LEFT


def test_the_answer_names_the_facts_and_the_law() -> None:
    said = judged({"birth_date": "2012-05-01"}, DAY)
    assert "2012-05-01" in said.zh and "2012-05-01" in said.en and "民法典" in said.source


# Places


def sign_up(volunteer: str, clock: str, state: str = "signed_up") -> dict[str, Any]:
    return {"volunteer": volunteer, "signed_up_at": at(clock), "state": state}


def stand(places: int | None, volunteers: dict[str, Any] | None = None, **sign_ups: Any) -> dict[str, Any]:
    """What each sign-up comes to, by its id."""
    found = placed({"on": DAY.isoformat(), "places": places}, sign_ups, volunteers or {})
    assert {each.sign_up for each in found} == sign_ups.keys()
    return {each.sign_up: (each.as_, each.number) for each in found}


def test_who_signs_up_beyond_the_places_waits_in_order_and_nobody_is_lost() -> None:
    found = stand(2, a=sign_up("甲", "09:00"), c=sign_up("丙", "08:00"), b=sign_up("乙", "10:00"))
    assert found == {"c": (PlaceAs.PLACE, 1), "a": (PlaceAs.PLACE, 2), "b": (PlaceAs.WAITING, 1)}


def test_a_withdrawal_lets_the_first_who_waits_move_up() -> None:
    found = stand(1, a=sign_up("甲", "08:00", "withdrawn"), b=sign_up("乙", "09:00"))
    assert found == {"a": (PlaceAs.OUT, None), "b": (PlaceAs.PLACE, 1)}


def test_who_was_confirmed_is_moved_by_no_sign_up_that_arrives_late() -> None:
    found = stand(1, a=sign_up("甲", "08:00"), b=sign_up("乙", "09:00", "confirmed"))
    assert found == {"b": (PlaceAs.PLACE, 1), "a": (PlaceAs.WAITING, 1)}


def test_that_two_organisers_confirmed_too_many_is_shown() -> None:
    found = stand(1, a=sign_up("甲", "08:00", "confirmed"), b=sign_up("乙", "09:00", "confirmed"))
    assert found == {"a": (PlaceAs.PLACE, 1), "b": (PlaceAs.OVER, 2)}


def test_who_signs_up_on_two_phones_has_one_place() -> None:
    found = stand(2, a=sign_up("甲", "08:00"), b=sign_up("甲", "09:00"), c=sign_up("乙", "10:00"))
    assert found == {"a": (PlaceAs.PLACE, 1), "b": (PlaceAs.TWICE, None), "c": (PlaceAs.PLACE, 2)}


def test_a_child_without_consent_takes_no_place_until_it_is_given() -> None:
    child = {"甲": {"birth_date": "2012-05-01"}}
    signed = {"a": sign_up("甲", "08:00"), "b": sign_up("乙", "09:00")}
    assert stand(1, child, **signed)["a"] == (PlaceAs.NO_CONSENT, None)
    assert stand(1, child, **signed)["b"] == (PlaceAs.PLACE, 1)
    consented = {"甲": {"birth_date": "2012-05-01", "guardian_consent_on": "2026-11-01"}}
    assert stand(1, consented, **signed)["a"] == (PlaceAs.PLACE, 1)


def test_without_a_number_of_places_everybody_has_one() -> None:
    assert stand(None, a=sign_up("甲", "08:00"), b=sign_up("乙", "09:00"))["b"] == (PlaceAs.PLACE, 2)


SIGN_UPS = st.dictionaries(
    st.sampled_from("abcdefghij"),
    st.builds(
        sign_up,
        st.sampled_from("甲乙丙丁戊"),
        st.sampled_from(["08:00", "08:30", "09:00"]),
        st.sampled_from(["signed_up", "confirmed", "declined", "withdrawn"]),
    ),
)


@given(SIGN_UPS, st.integers(1, 4), st.randoms())
def test_every_sign_up_stands_somewhere_and_every_phone_says_the_same(
    sign_ups: dict[str, Any], places: int, shuffle: Any
) -> None:
    activity = {"on": DAY.isoformat(), "places": places}
    found = placed(activity, sign_ups, {})
    assert sorted(each.sign_up for each in found) == sorted(sign_ups)
    in_place = [each.volunteer for each in found if each.as_ is PlaceAs.PLACE]
    assert len(in_place) == len(set(in_place)) <= places
    if any(each.as_ is PlaceAs.WAITING for each in found):
        assert len(in_place) == places
    order = list(sign_ups.items())
    shuffle.shuffle(order)
    assert placed(activity, dict(order), {}) == found


# Checking in

ACTIVITY, VOLUNTEER = "0192f0c0-0000-7000-8000-000000000001", "0192f0c0-0000-7000-8000-000000000002"
SECRET = "0123456789abcdef0123456789abcdef01234567"


def check_in(clock: str, shown: str | None = None, **others: Any) -> dict[str, Any]:
    """An attendance whose phone was shown the code of the organiser's clock `shown`, and wrote its own."""
    moment = at(clock)
    code = code_at(SECRET, ACTIVITY, step_at(datetime.fromisoformat(at(shown or clock))))
    proof = proof_of(code, Direction.IN, ACTIVITY, VOLUNTEER, moment)
    made = {"activity": ACTIVITY, "volunteer": VOLUNTEER, "checked_in_at": moment, "check_in_proof": proof}
    return made | others


def how(attendance: dict[str, Any], *secrets: str, arrived: str | None = None) -> CheckedAs:
    moment = None if arrived is None else datetime.fromisoformat(arrived)
    return checked(attendance, Direction.IN, secrets or [SECRET], moment).as_


def test_a_proof_of_the_code_that_was_shown_is_checked() -> None:
    assert how(check_in("09:00")) is CheckedAs.CHECKED


def test_a_code_is_another_one_each_minute_and_at_each_activity() -> None:
    steps = [code_at(SECRET, ACTIVITY, step) for step in range(100)]
    assert len(set(steps)) == 100
    assert code_at(SECRET, VOLUNTEER, 1) != code_at(SECRET, ACTIVITY, 1)
    assert step_at(datetime.fromisoformat(at("09:01"))) == step_at(datetime.fromisoformat(at("09:00"))) + 1


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        # Five minutes of difference between clocks are allowed, and the minute in which the code is shown.
        ("08:54", CheckedAs.CHECKED),
        ("08:53", CheckedAs.WRONG),
        ("09:06", CheckedAs.CHECKED),
        ("09:07", CheckedAs.WRONG),
    ],
)
def test_clocks_may_differ_by_as_much_as_is_declared(shown: str, expected: CheckedAs) -> None:
    assert how(check_in("09:00", shown)) is expected


def test_by_how_much_the_clocks_differ_is_said() -> None:
    assert checked(check_in("09:00", "09:04"), Direction.IN, [SECRET]).clock_error == 3


@pytest.mark.parametrize(
    "others",
    [
        {"volunteer": ACTIVITY},
        {"activity": VOLUNTEER},
        {"checked_in_at": at("09:01")},
        {"check_in_proof": "0" * 32},
    ],
)
def test_a_proof_is_of_no_use_for_anybody_or_anything_else(others: dict[str, Any]) -> None:
    assert how(check_in("09:00", **others)) is CheckedAs.WRONG


def test_a_proof_of_coming_is_none_of_going() -> None:
    came = check_in("09:00")
    went = came | {"checked_out_at": came["checked_in_at"], "check_out_proof": came["check_in_proof"]}
    assert checked(went, Direction.OUT, [SECRET]).as_ is CheckedAs.WRONG


def test_a_code_of_any_organiser_is_good() -> None:
    assert how(check_in("09:00"), "f" * 40, SECRET) is CheckedAs.CHECKED
    assert how(check_in("09:00"), "f" * 40) is CheckedAs.WRONG


def test_without_the_secret_it_is_not_known_and_without_a_proof_not_checked() -> None:
    assert checked(check_in("09:00"), Direction.IN, None).as_ is CheckedAs.NOT_KNOWN
    assert checked(check_in("09:00"), Direction.IN, []).as_ is CheckedAs.NOT_KNOWN
    assert checked({}, Direction.IN, [SECRET]).as_ is CheckedAs.NOT_CHECKED


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [(at("09:00", date(2026, 11, 27)), CheckedAs.CHECKED), (at("09:01", date(2026, 11, 27)), CheckedAs.LATE)],
)
def test_what_was_written_offline_may_arrive_for_a_week(arrived: str, expected: CheckedAs) -> None:
    assert how(check_in("09:00"), arrived=arrived) is expected


def test_an_office_that_allows_more_is_heeded() -> None:
    row = '[[figure]]\nkey = "clock_error"\nvalue = 20\nsource = "通知"\n'
    with installed(office_figures({"check_in.toml": row.encode()}, TABLES)):
        assert how(check_in("09:00", "09:21")) is CheckedAs.CHECKED
        assert how(check_in("09:00", "09:22")) is CheckedAs.WRONG


def test_a_code_may_be_typed_in_pieces() -> None:
    code = code_at(SECRET, ACTIVITY, 7)
    typed = " ".join(code[place : place + 4].upper() for place in range(0, len(code), 4))
    assert typed_code(typed) == code


@given(st.integers(0, 2**20), st.integers(0, 2**20))
def test_codes_of_two_secrets_have_nothing_in_common(step: int, other: int) -> None:
    assert code_at(random_bytes.token_hex(20), ACTIVITY, step) != code_at(SECRET, ACTIVITY, other)


# Hours

DONE = {"on": DAY.isoformat(), "state": "done"}
ACTIVITIES = {name: DONE for name in "XYZ"}


def attended(activity: str, came: str | None = None, went: str | None = None, **more: Any) -> dict[str, Any]:
    moments = {"arrived_at": came, "left_at": went}
    times = {name: at(clock) for name, clock in moments.items() if clock is not None}
    return {"activity": activity, "volunteer": "甲", **times, **more}


def count(activities: dict[str, Any] = ACTIVITIES, /, **attendances: Any) -> dict[str, Any]:
    """What each attendance comes to, by its id."""
    return {each.attendance: (each.minutes, each.as_) for each in counted("甲", attendances, activities)}


@pytest.mark.parametrize(
    ("attendance", "minutes", "how"),
    [
        (attended("X", "09:00", "11:00"), 120, CountedAs.PRESENT),
        (attended("X", "09:00", "11:00", minutes=90), 90, CountedAs.NOTED),
        (attended("X", "09:00", "11:00", minutes=150), 120, CountedAs.BOUNDED),
        (attended("X", "09:00", "11:00", minutes=90, recognised_minutes=60), 60, CountedAs.RECOGNISED),
        (attended("X", "09:00", "11:00", recognised_minutes=0), 0, CountedAs.RECOGNISED),
        (attended("X", "09:00", "11:00", recognised_minutes=121), 120, CountedAs.BOUNDED),
        (attended("X", "11:00", "09:00", minutes=60), 0, CountedAs.BACKWARDS),
        (attended("X", "09:00"), 0, CountedAs.NO_TIMES),
        (attended("X", "09:00", recognised_minutes=45), 45, CountedAs.RECOGNISED),
        (attended("X", minutes=30), 30, CountedAs.NOTED),
        (attended("X", checked_in_at=at("09:00"), checked_out_at=at("10:00")), 60, CountedAs.PRESENT),
        (
            attended("X", "09:10", checked_in_at=at("09:00"), checked_out_at=at("10:00")),
            50,
            CountedAs.PRESENT,
        ),
        (attended("W", "09:00", "11:00"), 0, CountedAs.NO_ACTIVITY),
    ],
)
def test_what_counts_of_an_attendance(attendance: dict[str, Any], minutes: int, how: CountedAs) -> None:
    assert count(a=attendance) == {"a": (minutes, how)}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("planned", (0, CountedAs.NOT_OVER)),
        ("under_way", (0, CountedAs.NOT_OVER)),
        ("cancelled", (0, CountedAs.CANCELLED)),
        ("done", (60, CountedAs.PRESENT)),
        ("recorded", (60, CountedAs.PRESENT)),
    ],
)
def test_only_what_was_held_counts(state: str, expected: tuple[int, CountedAs]) -> None:
    assert count({"X": DONE | {"state": state}}, a=attended("X", "09:00", "10:00")) == {"a": expected}


def test_an_hour_at_two_activities_counts_once_and_is_shown() -> None:
    found = count(a=attended("X", "09:00", "11:00"), b=attended("Y", "10:00", "12:00"))
    assert found == {"a": (120, CountedAs.PRESENT), "b": (60, CountedAs.OVERLAPPING)}


def test_one_activity_after_the_other_counts_whole() -> None:
    found = count(a=attended("X", "09:00", "11:00"), b=attended("Y", "11:00", "12:00"))
    assert found == {"a": (120, CountedAs.PRESENT), "b": (60, CountedAs.PRESENT)}


def test_an_activity_that_somebody_did_not_serve_at_takes_no_time_from_another() -> None:
    found = count(a=attended("X", "09:00", "11:00", recognised_minutes=0), b=attended("Y", "09:30", "10:30"))
    assert found["b"] == (60, CountedAs.PRESENT)


def test_one_attendance_that_two_phones_entered_counts_once() -> None:
    found = count(
        a=attended("X", "09:00", "10:00"), b=attended("X", "09:00", "10:00"), c=attended("X", minutes=60)
    )
    assert found == {
        "a": (60, CountedAs.PRESENT),
        "b": (0, CountedAs.OVERLAPPING),
        "c": (0, CountedAs.TWICE),
    }


def test_more_than_a_day_in_one_go_counts_only_where_the_organiser_says_so() -> None:
    long = attended("X", "09:00") | {"left_at": at("09:01", DAY + timedelta(days=1))}
    assert count(a=long) == {"a": (0, CountedAs.TOO_LONG)}
    assert count(a=long | {"recognised_minutes": 600}) == {"a": (600, CountedAs.RECOGNISED)}


def test_what_was_noted_without_times_is_bounded_by_how_long_the_activity_was() -> None:
    found = count({"X": DONE | {"actual_minutes": 90}}, a=attended("X", minutes=120))
    assert found == {"a": (90, CountedAs.BOUNDED)}


moments = st.integers(0, 36 * 60).map(lambda minutes: (MIDNIGHT + minutes * MINUTE).isoformat())
ATTENDANCES = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.fixed_dictionaries(
        {"activity": st.sampled_from("XYZW"), "volunteer": st.sampled_from(["甲", "甲", "乙"])},
        optional={
            "arrived_at": moments,
            "left_at": moments,
            "checked_in_at": moments,
            "checked_out_at": moments,
            "minutes": st.integers(-60, 3_000),
            "recognised_minutes": st.none() | st.integers(0, 3_000),
        },
    ),
)


def there(attendances: dict[str, Any]) -> set[int]:
    """The minutes in which somebody was anywhere, by their times alone."""
    found: set[int] = set()
    for attendance in attendances.values():
        came = attendance.get("arrived_at", attendance.get("checked_in_at"))
        went = attendance.get("left_at", attendance.get("checked_out_at"))
        if attendance["volunteer"] == "甲" and came is not None and went is not None:
            begin, end = ((datetime.fromisoformat(each) - MIDNIGHT) // MINUTE for each in (came, went))
            found.update(range(begin, end))
    return found


def is_timed(attendance: dict[str, Any]) -> bool:
    return any(attendance.get(each) for each in ("arrived_at", "checked_in_at")) and any(
        attendance.get(each) for each in ("left_at", "checked_out_at")
    )


@given(ATTENDANCES)
def test_hours_are_never_negative_and_never_more_than_somebody_was_there(attendances: dict[str, Any]) -> None:
    found = counted("甲", attendances, ACTIVITIES)
    assert all(each.minutes >= 0 for each in found)
    timed = [each.minutes for each in found if is_timed(attendances[each.attendance])]
    assert sum(timed) <= len(there(attendances))


@given(ATTENDANCES)
def test_every_attendance_of_a_volunteer_is_accounted_for_once(attendances: dict[str, Any]) -> None:
    theirs = sorted(id for id, each in attendances.items() if each["volunteer"] == "甲")
    assert sorted(each.attendance for each in counted("甲", attendances, ACTIVITIES)) == theirs


@given(ATTENDANCES, st.randoms())
def test_in_which_order_attendances_come_in_makes_no_difference(
    attendances: dict[str, Any], shuffle: Any
) -> None:
    order = list(attendances.items())
    shuffle.shuffle(order)
    assert counted("甲", dict(order), ACTIVITIES) == counted("甲", attendances, ACTIVITIES)


@given(ATTENDANCES)
def test_the_same_attendances_entered_once_more_add_nothing(attendances: dict[str, Any]) -> None:
    again = attendances | {f"{id}2": dict(each) for id, each in attendances.items()}
    once = minutes_of(counted("甲", attendances, ACTIVITIES))
    assert minutes_of(counted("甲", again, ACTIVITIES)) == once


@given(ATTENDANCES)
def test_of_days_without_times_no_more_than_a_day_counts(attendances: dict[str, Any]) -> None:
    found = counted("甲", attendances, ACTIVITIES)
    untimed = [each.minutes for each in found if not is_timed(attendances[each.attendance])]
    assert sum(untimed) <= 24 * 60


# The record, within ten working days


@pytest.mark.parametrize(
    ("on", "until"),
    [
        # 民政部令第67号, ten working days; 国办发明电〔2022〕16号: Spring Festival of 2023 is from 21 to 27
        # January, with the 28th and 29th worked.
        ("2023-01-17", "2023-02-03"),
        ("2023-01-06", "2023-01-20"),
        ("2023-01-07", "2023-01-20"),  # a Saturday: counting begins with Monday all the same
        ("2023-03-03", "2023-03-17"),
    ],
)
def test_hours_are_recorded_within_ten_working_days(on: str, until: str) -> None:
    assert recorded_by(date.fromisoformat(on)).day == date.fromisoformat(until)


def test_the_last_day_is_in_time_and_the_next_one_late() -> None:
    activity = {"on": "2023-01-17", "state": "done"}
    (last, next) = (recording(activity, date(2023, 2, day)) for day in (3, 4))
    assert last is not None and next is not None
    assert (last.overdue, next.overdue) == (False, True)
    assert last.source is not None and "67" in last.source


@pytest.mark.parametrize("state", ["planned", "cancelled", "recorded"])
def test_nothing_is_due_of_what_was_not_held_or_is_recorded(state: str) -> None:
    assert recording({"on": "2023-01-17", "state": state}, date(2023, 3, 1)) is None


def test_of_a_year_without_a_calendar_no_day_is_made_up() -> None:
    said = recording({"on": "2040-01-05", "state": "done"}, date(2040, 3, 1))
    assert said is not None and said.due is None and said.overdue is None and "2040" in said.zh


def test_before_the_measures_came_into_force_no_term_is_made_up() -> None:
    said = recording({"on": "2021-01-31", "state": "done"}, date(2021, 3, 1))
    assert said is not None and said.due is None and said.zh


# The time bank


def served(minutes: int, day: int = 1) -> list[Any]:
    activity = {"X": {"on": f"2026-11-{day:02}", "state": "done"}}
    return counted("甲", {"a": {"activity": "X", "volunteer": "甲", "minutes": minutes}}, activity)


def spending(volunteer: str, minutes: int, day: int, to: str | None = None) -> dict[str, Any]:
    kind = "used" if to is None else "given"
    return {"volunteer": volunteer, "minutes": minutes, "on": f"2026-11-{day:02}", "kind": kind, "to": to}


def test_what_is_spent_is_covered_as_far_as_there_is_anything_and_the_rest_shown() -> None:
    account = accounts({"甲": served(100)}, {"p": spending("甲", 60, 2), "q": spending("甲", 60, 3)})["甲"]
    assert (account.used, account.short, account.balance) == (100, 20, 0)
    assert [(line.as_, line.minutes, line.short) for line in account.lines] == [
        (MovedAs.EARNED, 100, 0),
        (MovedAs.USED, 60, 0),
        (MovedAs.USED, 40, 20),
    ]


def test_hours_are_there_on_the_day_on_which_they_were_served_and_not_before() -> None:
    spent = {"p": spending("甲", 60, 4)}
    assert accounts({"甲": served(60, 5)}, spent)["甲"].used == 0
    assert accounts({"甲": served(60, 4)}, spent)["甲"].used == 60


def test_a_gift_reaches_the_other_as_far_as_it_was_covered() -> None:
    found = accounts({"甲": served(50)}, {"p": spending("甲", 80, 2, to="乙"), "q": spending("乙", 50, 3)})
    assert (found["甲"].given, found["甲"].short) == (50, 30)
    assert (found["乙"].received, found["乙"].used, found["乙"].balance) == (50, 50, 0)


SPENT = st.dictionaries(
    st.text("pqrstuv", min_size=1, max_size=2),
    st.builds(
        spending,
        st.sampled_from("甲乙丙"),
        st.integers(1, 300),
        st.integers(1, 28),
        st.none() | st.sampled_from("甲乙丙"),
    ),
)


@given(st.integers(1, 1_000), st.integers(1, 28), SPENT)
def test_no_account_falls_below_nothing_and_no_hours_come_from_nowhere(
    minutes: int, day: int, spent: dict[str, Any]
) -> None:
    found = accounts({"甲": served(minutes, day)}, spent)
    for account in found.values():
        assert account.balance >= 0
        assert all(line.minutes >= 0 and line.short >= 0 for line in account.lines)
    total = sum(account.earned for account in found.values())
    assert total == sum(each.balance + each.used for each in found.values())
    wanted = sum(each["minutes"] for each in spent.values())
    assert wanted == sum(each.used + each.given + each.short for each in found.values())
