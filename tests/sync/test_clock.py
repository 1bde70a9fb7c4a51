"""The clock that orders edits never runs backwards, and cannot be used to win every merge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import Clock, clamp, wall_text

NOW = 1_790_000_000_000  # milliseconds
walls = st.integers(min_value=0, max_value=4_000_000_000_000)


@given(st.lists(walls, min_size=2, max_size=50))
def test_every_reading_is_later_than_those_before_whatever_the_phones_time_does(times: list[int]) -> None:
    clock = Clock("1f3c")
    readings = [clock.now(wall) for wall in times]
    assert readings == sorted(set(readings))


@given(walls, walls)
def test_what_is_written_after_an_edit_was_seen_is_later_than_it(seen_at: int, now: int) -> None:
    seen = Clock("ffff").now(seen_at)
    clock = Clock("0000")
    clock.observe(seen)
    assert clock.now(now)[:29] > seen[:29]


def test_a_full_counter_moves_on_to_the_next_millisecond() -> None:
    clock = Clock("1f3c", f"{wall_text(NOW)}-ffff-0000")
    assert clock.now(NOW) == f"{wall_text(NOW + 1)}-0000-1f3c"


def test_a_clock_goes_on_from_its_last_reading_after_a_restart() -> None:
    first = Clock("1f3c").now(NOW)
    assert Clock("1f3c", first).now(NOW - 86_400_000) > first


@given(st.integers(min_value=1, max_value=10 * 366 * 86_400_000))
def test_a_clock_that_is_ahead_counts_as_the_moment_of_receipt(ahead: int) -> None:
    assert clamp(Clock("1f3c").now(NOW + ahead), NOW) == f"{wall_text(NOW)}-0000-1f3c"


@given(st.integers(min_value=0, max_value=10 * 366 * 86_400_000))
def test_a_clock_that_is_behind_is_left_as_it_is(behind: int) -> None:
    at = Clock("1f3c").now(NOW - behind)
    assert clamp(at, NOW) == at


def test_the_edits_of_a_phone_that_is_ahead_stay_in_their_order() -> None:
    clock = Clock("1f3c", f"{wall_text(NOW + 10_000_000)}-0000-1f3c")
    edits = [clock.now(NOW) for _ in range(3)]
    assert [clamp(at, NOW) for at in edits] == sorted({clamp(at, NOW) for at in edits})


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "2026-11-20",
        "2026-11-20T03:14:15.926Z",
        "2026-11-20T03:14:15.926Z-0000-1F3C",
        "2026-11-20T03:14:15.926+08:00-0000-1f3c",
        "2026-02-30T03:14:15.926Z-0000-1f3c",
        "2026-11-20T25:14:15.926Z-0000-1f3c",
        "2026-11-20T03:14:15.926Z-0000-1f3c\n",
        "２０２６-11-20T03:14:15.926Z-0000-1f3c",
    ],
)
def test_what_is_no_clock_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        clamp(wrong, NOW)
