"""Bookings that clash, votes that are counted, organisations on their way: golden tables and laws."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.credit_code import is_credit_code
from schemas.governance.clashes import clashes
from schemas.governance.readiness import lacks_to_be_recorded, lacks_to_be_registered
from schemas.governance.vote import LAW, vote

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def booking(begins: float, ends: float, state: str = "confirmed", space: str = "room") -> dict[str, Any]:
    hours = [(DAY + timedelta(hours=each)).isoformat() for each in (begins, ends)]
    return {"space": space, "begins_at": hours[0], "ends_at": hours[1], "state": state}


@pytest.mark.parametrize(
    ("one", "other", "hours"),
    [
        (booking(9, 11), booking(10, 12), (10, 11)),
        (booking(9, 12), booking(10, 11), (10, 11)),
        (booking(9, 11), booking(9, 11), (9, 11)),
        (booking(9, 11), booking(11, 12), None),  # one ends as the other begins
        (booking(9, 11), booking(10, 10), None),  # takes no time
        (booking(9, 11), booking(10, 12, "cancelled"), None),
        (booking(9, 11), booking(10, 12, "refused"), None),
        (booking(9, 11), booking(10, 12, "used"), None),
        (booking(9, 11), booking(10, 12, "asked"), (10, 11)),
        (booking(9, 11), booking(10, 12, space="yard"), None),
    ],
)
def test_two_bookings_clash_where_they_share_hours(
    one: dict[str, Any], other: dict[str, Any], hours: tuple[int, int] | None
) -> None:
    found = clashes({"a": one, "b": other})
    told = [(clash.begins_at, clash.ends_at) for clash in found]
    assert told == ([] if hours is None else [tuple(DAY + timedelta(hours=each) for each in hours)])


def test_a_clash_names_both_and_the_one_that_was_entered_first() -> None:
    (clash,) = clashes({"b": booking(9, 11), "a": booking(10, 12)})
    assert (clash.first, clash.second, clash.space) == ("a", "b", "room")
    assert "两个预约" in clash.zh and "Two bookings" in clash.en


def test_hours_are_compared_whatever_their_offset() -> None:
    here = {**booking(1, 3), "begins_at": "2026-11-20T09:00:00+08:00", "ends_at": "2026-11-20T11:00:00+08:00"}
    assert len(clashes({"a": here, "b": booking(2, 4)})) == 1


hours = st.integers(0, 8)
bookings = st.lists(
    st.builds(
        lambda begins, length, state, space: booking(begins, begins + length, state, space),
        hours,
        st.integers(0, 4),
        st.sampled_from(["asked", "confirmed", "used", "cancelled"]),
        st.sampled_from(["room", "yard"]),
    ),
    max_size=8,
).map(lambda made: {f"b{number}": each for number, each in enumerate(made)})


@given(bookings)
def test_clashes_are_all_pairs_that_share_an_hour_and_no_others(made: dict[str, dict[str, Any]]) -> None:
    def takes(each: dict[str, Any]) -> set[tuple[str, int]]:
        if each["state"] not in ("asked", "confirmed"):
            return set()
        first, last = (datetime.fromisoformat(each[name]) for name in ("begins_at", "ends_at"))
        return {(each["space"], hour) for hour in range(24) if first <= DAY + timedelta(hours=hour) < last}

    wanted = {(a, b) for a in made for b in made if a < b and takes(made[a]) & takes(made[b])}
    assert {(clash.first, clash.second) for clash in clashes(made)} == wanted


# Votes

MEETING = {"kind": "residents_meeting", "on": "2023-05-10", "entitled": 100}


def counted(present: int, agreed: int, against: int = 0, **more: Any) -> Any:
    meeting = {**MEETING, "attending": [{"side": "residents", "count": present}], **more}
    return vote(meeting, {"votes_for": agreed, "votes_against": against})


# 城市居民委员会组织法 of 1990, article 9: 过半数出席；出席人的过半数通过.
@pytest.mark.parametrize(
    ("present", "agreed", "against", "result"),
    [
        (51, 26, 25, "passed"),
        (51, 25, 26, "not_passed"),
        (60, 30, 0, "not_passed"),  # half is not more than half
        (60, 31, 0, "passed"),
        (50, 50, 0, "no_quorum"),  # nor is half of those entitled
        (51, 40, 12, "miscounted"),
        (51, 0, 0, "not_passed"),
    ],
)
def test_a_residents_meeting_decides_by_more_than_half(
    present: int, agreed: int, against: int, result: str
) -> None:
    told = counted(present, agreed, against)
    assert (told.result.code, told.source) == (result, LAW)


def test_since_the_law_was_revised_the_count_is_told_and_that_the_rules_in_force_decide() -> None:
    before, after = counted(51, 30), counted(51, 30, on="2026-01-01")
    assert (before.source, after.source) == (LAW, None)
    assert counted(51, 30, on="2025-12-31").source == LAW
    assert "现行规定" in after.zh and "现行规定" not in before.zh


def test_a_council_has_rules_of_its_own_and_needs_no_quorum_of_the_law() -> None:
    told = counted(10, 6, kind="council", entitled=None)
    assert (told.result.code, told.source) == ("passed", None)


@pytest.mark.parametrize(
    ("meeting", "missing"),
    [
        ({"kind": "residents_meeting", "on": "2023-05-10"}, ("attending", "entitled")),
        ({"kind": "council", "on": "2023-05-10"}, ("attending",)),
        ({"on": "2023-05-10", "attending": []}, ("attending",)),
    ],
)
def test_what_is_not_recorded_is_asked_for(meeting: dict[str, Any], missing: tuple[str, ...]) -> None:
    told = vote(meeting, {"votes_for": 3})
    assert (told.result.code, told.missing) == ("untold", missing)


# Organisations

CHOIR: dict[str, Any] = {
    "name": "金秋合唱队",
    "aim": "丰富老年人生活",
    "leader": "王某",
    "members": 50,
    "place": "活动室",
    "charter": "第一条……",
    "charter_on": "2026-05-01",
}


@pytest.mark.parametrize("field", ["name", "aim", "leader", "members", "place", "charter"])
def test_what_an_organisation_lacks_to_be_recorded_is_named(field: str) -> None:
    assert [each.field for each in lacks_to_be_recorded({**CHOIR, field: None})] == [field]
    assert lacks_to_be_recorded(CHOIR) == []


# 社会团体登记管理条例, article 10: 50 个以上的个人会员, in force since 25 October 1998.
@pytest.mark.parametrize(
    ("members", "on", "wanted"),
    [
        (49, "2026-11-20", ["members"]),
        (50, "2026-11-20", []),
        (49, "1998-10-25", ["members"]),
        (49, "1998-10-24", []),
    ],
)
def test_to_be_registered_it_needs_fifty_members(members: int, on: str, wanted: list[str]) -> None:
    found = lacks_to_be_registered({**CHOIR, "members": members}, date.fromisoformat(on))
    assert [each.field for each in found] == wanted


def test_to_be_registered_its_members_have_adopted_the_charter() -> None:
    found = lacks_to_be_registered({**CHOIR, "charter_on": None}, date(2026, 11, 20))
    assert [each.field for each in found] == ["charter_on"]


# The example that GB 32100-2015 gives in its annex, and slips of the pen.
@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("91350100M000100Y34", False),  # two characters changed places
    ],
)
def test_a_credit_code_checks(code: str, right: bool) -> None:
    assert is_credit_code(code) == right
    problems = COLLECTIONS["community_organisation"].problems_in_patch({"credit_code": code}, {}, {}, {})
    assert [each.code for each in problems] == ([] if right else ["credit_code"])


@pytest.mark.parametrize("code", ["", "91350100m000100y43", "9135010OM000100Y43", "91350100M000100Y4"])
def test_a_credit_code_is_of_its_pattern(code: str) -> None:
    problems = COLLECTIONS["community_organisation"].problems_in_patch({"credit_code": code}, {}, {}, {})
    assert [each.code for each in problems] == ["credit_code"]
