"""From the cursor shown and the clearance held: what to drop, what to read, where from."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.privacy import ALL_CLASSES, Privacy, class_set
from sync import cursor as cursors
from sync import plan as plans
from sync.cursor import Cursor, epoch_name
from sync.plan import Plan, joined, plan
from sync.scope import Access, Clearance, Reach, always_in
from sync.wire import Drop

EPOCH = UUID(int=5)
A, B, C = UUID(int=101), UUID(int=102), UUID(int=103)
NO = {A: 1, B: 2, C: 3}
TODAY = 20_454
OPEN, CASE = Privacy.OPEN.bit, Privacy.CASE.bit


def track(area: int, classes: int, position: int) -> cursors.Track:
    """The track of somebody who sees these classes of every record."""
    return cursors.Track(area, Reach(classes).sight, position)


def leg(area: UUID, no: int, classes: int, position: int, *, is_main: bool = True) -> plans.Leg:
    """A leg that reads these classes of every record."""
    return plans.Leg(area, no, Reach(classes).sight, position, with_files=is_main)


def access(reads: dict[UUID, int], heads: dict[UUID, int] | None = None) -> Access:
    return Access(
        Clearance({area: Reach(read, read) for area, read in reads.items()}),
        EPOCH,
        dict(NO),
        heads or dict.fromkeys(NO, 1_000),
        datetime(2026, 1, 1, tzinfo=UTC),
    )


def cursor(*tracks: cursors.Track, day: int = TODAY, epoch: UUID = EPOCH) -> Cursor:
    return Cursor(epoch_name(epoch), 0, 1, day * 86_400_000_000, tracks)


def planned(shown: Cursor | None, now: Access, **more: object) -> Plan:
    return plan(
        shown,
        now,
        wanted=more.get("wanted"),  # type: ignore[arg-type]
        arriving=more.get("arriving", ()),  # type: ignore[arg-type]
        today=TODAY,
        oldest_day=TODAY - 365,
    )


def test_a_device_that_holds_nothing_reads_every_area_from_the_start() -> None:
    made = planned(None, access({A: ALL_CLASSES, B: OPEN}))
    assert made.legs == [leg(A, 1, ALL_CLASSES, 0), leg(B, 2, OPEN, 0)]
    assert (made.areas, made.drop, made.reset) == ([A, B], [], None)


def test_a_device_goes_on_where_it_was() -> None:
    made = planned(cursor(track(1, ALL_CLASSES, 700)), access({A: ALL_CLASSES}))
    assert made.legs == [leg(A, 1, ALL_CLASSES, 700)]


def test_an_area_that_ended_is_dropped_whole() -> None:
    made = planned(cursor(track(1, ALL_CLASSES, 700), track(2, OPEN, 5)), access({B: OPEN}))
    assert made.drop == [Drop(A, None, [privacy.value for privacy in Privacy])]
    assert made.areas == [B]


def test_the_drop_waits_while_work_for_the_area_still_arrives() -> None:
    shown = cursor(track(1, ALL_CLASSES, 700))
    made = planned(shown, access({}), arriving={A})
    assert (made.drop, made.areas, made.kept) == ([], [A], [track(1, ALL_CLASSES, 700)])


def test_a_class_gained_is_read_from_the_start_and_costs_the_rest_nothing() -> None:
    made = planned(cursor(track(1, OPEN, 700)), access({A: OPEN | CASE}))
    assert made.legs == [leg(A, 1, OPEN, 700), leg(A, 1, CASE, 0, is_main=False)]


def test_a_class_lost_is_dropped_and_the_rest_read_anew() -> None:
    made = planned(cursor(track(1, OPEN | CASE, 700)), access({A: OPEN}))
    assert made.drop == [Drop(A, None, ["case"])]
    assert made.legs == [leg(A, 1, OPEN, 0)]
    assert made.left_behind == [leg(A, 1, OPEN, 700)]


def test_nothing_is_read_beyond_the_clearance_while_a_drop_waits() -> None:
    made = planned(cursor(track(1, OPEN | CASE, 700)), access({A: OPEN}), arriving={A})
    assert (made.drop, made.legs) == ([], [leg(A, 1, OPEN | CASE, 700)])


def test_access_that_ended_and_came_back_between_two_exchanges_leaves_no_trace() -> None:
    shown = cursor(track(1, ALL_CLASSES, 700))
    made = planned(shown, access({A: ALL_CLASSES}))
    assert (made.drop, made.reset, made.legs) == ([], None, [leg(A, 1, ALL_CLASSES, 700)])


def test_areas_that_were_not_asked_for_stay_as_they_are() -> None:
    shown = cursor(track(1, ALL_CLASSES, 700), track(2, OPEN, 5))
    made = planned(shown, access({A: ALL_CLASSES, B: OPEN, C: OPEN}), wanted=[A])
    assert made.legs == [leg(A, 1, ALL_CLASSES, 700)]
    assert made.kept == [track(2, OPEN, 5)]
    assert made.areas == [A, B, C]


def test_what_is_lost_is_dropped_also_where_it_was_not_asked_for() -> None:
    made = planned(cursor(track(1, OPEN | CASE, 700)), access({A: OPEN, B: OPEN}), wanted=[B])
    assert made.drop == [Drop(A, None, ["case"])]


def test_another_epoch_starts_over() -> None:
    made = planned(cursor(track(1, OPEN, 7), epoch=UUID(int=6)), access({A: OPEN}))
    assert made.reset is not None and made.reset.reason == "epoch"
    assert made.legs == [leg(A, 1, OPEN, 0)]


def test_a_cursor_beyond_the_end_of_a_log_means_that_work_was_lost() -> None:
    made = planned(cursor(track(1, OPEN, 1_001)), access({A: OPEN}))
    assert made.reset is not None and made.reset.reason == "epoch"


def test_a_cursor_from_before_tombstones_were_cleared_starts_over() -> None:
    made = planned(cursor(track(1, OPEN, 7), day=TODAY - 366), access({A: OPEN}))
    assert made.reset is not None and made.reset.reason == "too-old"


def test_tracks_of_an_area_become_one_when_it_was_read_to_its_end() -> None:
    tracks = [track(1, OPEN, 700), track(1, CASE, 300), track(2, OPEN, 5)]
    assert joined(tracks, {1: True, 2: True}) == (track(1, OPEN | CASE, 700), track(2, OPEN, 5))
    assert joined(tracks, {1: False, 2: True}) == tuple(tracks)


def child_officer(today: date, *, areas: tuple[UUID, ...] = (A,)) -> Access:
    """Who reads cases of children alone."""
    now = access({})
    held = Clearance(dict.fromkeys(areas, Reach(OPEN, children=CASE)), today=today)
    return msgspec.structs.replace(now, clearance=held)


SIGHT = Reach(OPEN, children=CASE).sight
BIRTHDAYS = date(2026, 1, 1)


def test_who_came_of_age_is_asked_once_a_day_and_from_where_the_device_is() -> None:
    shown = cursor(cursors.Track(1, SIGHT, 700))._replace(told_day=BIRTHDAYS.toordinal())
    assert planned(shown, child_officer(BIRTHDAYS)).by_day == {}
    made = planned(shown, child_officer(BIRTHDAYS + timedelta(days=1)))
    assert (made.day, made.by_day) == (BIRTHDAYS, {A: plans.ByDay(CASE, False, 700)})


def test_who_came_of_age_is_told_also_where_it_was_not_asked_for() -> None:
    shown = cursor(cursors.Track(1, SIGHT, 700))._replace(told_day=BIRTHDAYS.toordinal())
    made = planned(shown, child_officer(BIRTHDAYS + timedelta(days=1), areas=(A, B)), wanted=[B])
    assert made.by_day == {A: plans.ByDay(CASE, False, 700)}


def test_nobody_is_told_who_came_of_age_while_a_drop_waits() -> None:
    shown = cursor(cursors.Track(1, SIGHT, 700), track(2, OPEN, 5))
    shown = shown._replace(told_day=BIRTHDAYS.toordinal())
    made = planned(shown, child_officer(BIRTHDAYS + timedelta(days=1)), arriving={B})
    assert (made.is_put_off, made.by_day, made.day) == (True, {}, BIRTHDAYS)


def test_who_reads_nothing_for_a_childs_sake_is_never_asked_about_birthdays() -> None:
    assert planned(cursor(track(1, ALL_CLASSES, 700)), access({A: ALL_CLASSES})).by_day == {}


classes = st.sets(st.sampled_from(list(Privacy)), min_size=1).map(class_set)
reaches = st.dictionaries(st.sampled_from([A, B, C]), classes)


@given(reaches, reaches)
def test_after_any_change_of_access_a_device_holds_exactly_what_it_may(
    before: dict[UUID, int], now: dict[UUID, int]
) -> None:
    shown = cursor(*(track(NO[area], read, 500) for area, read in before.items()))
    made = planned(shown, access(now))
    holds = dict(before)
    for drop in made.drop:
        holds[drop.area] &= ~class_set(privacy for privacy in Privacy if privacy.value in drop.classes)
    for each in made.legs:
        if each.position == 0:
            holds[each.area] = holds.get(each.area, 0) | always_in(each.sight)
    assert {area: read for area, read in holds.items() if read} == now
    assert set(made.areas) == set(now)
