"""A change takes effect once, however often and in whatever company it is sent; a bad one harms nobody."""

import msgspec
import pytest

from schemas.problems import Problem
from sync.scope import Clearance
from tests.sync.changes import new_id
from tests.sync.pushing import EVERYTHING, Office, edit, sheet


async def test_a_change_sent_again_is_answered_as_the_first_time(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    counted = edit(made, 0, increment={"hours": 2})
    first = await device.push(made, counted)
    again = await device.push(counted, made, counted)
    assert [(result.rev, result.outcome, result.repeated) for result in again] == [
        (first[1].rev, "applied", True),
        (first[0].rev, "applied", True),
        (first[1].rev, "applied", True),
    ]
    assert (await office.values(made["record"]))["hours"] == 2
    assert len(await office.history(made["record"])) == 2


async def test_work_after_a_change_that_is_only_sent_again_does_not_wait(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    await device.push(made)
    results = await device.push(made, edit(made, 0, set={"title": "一"}, after=made["id"]))
    assert [result.outcome for result in results] == ["applied", "applied"]


async def test_a_conflict_sent_again_names_the_same_conflict_and_opens_no_other(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"guardian": "甲"})
    rev = (await office.device(area).one(made)).rev
    assert rev
    await office.device(area).one(edit(made, rev, set={"guardian": "乙"}))
    device, losing = office.device(area), edit(made, rev, set={"guardian": "丙"})
    first, again = await device.one(losing), await device.one(losing)
    assert (again.outcome, again.conflicts, again.repeated) == ("conflict", first.conflicts, True)
    assert len(await office.conflicts(made["record"])) == 1


async def test_the_same_change_said_in_other_words_is_the_same(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    await device.push(made)
    wordy = msgspec.json.format(
        msgspec.json.encode({**made, "group": None, "resolves": None, "base": 0, "add": {}, "op": "write"})
    )
    (again,) = await device.push(wordy)
    assert (again.outcome, again.repeated) == ("applied", True)


@pytest.mark.parametrize("same_call", [True, False])
async def test_a_used_id_with_another_payload_is_refused_and_kept(office: Office, same_call: bool) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area, set={"title": "一"})
    other = {**made, "set": {**made["set"], "title": "二"}}
    if same_call:
        _, result = await device.push(made, other)
    else:
        await device.push(made)
        result = await device.one(other)
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("rejected", "change-id-reused")
    assert (await office.values(made["record"]))["title"] == "一"
    (kept,) = await office.quarantine()
    assert msgspec.json.decode(kept["payload"]) == other
    again = await device.one(other)
    assert (again.outcome, again.repeated) == ("rejected", True)
    assert (await device.one(made)).outcome == "applied"


async def test_an_id_that_somebody_else_used_tells_nothing_of_their_change(office: Office) -> None:
    area = await office.area()
    theirs, mine = sheet(area), sheet(area)
    await office.device(area).push(theirs)
    result = await office.device(area).one({**mine, "id": theirs["id"]})
    assert (result.outcome, result.repeated) == ("applied", False)


async def test_a_bad_change_does_not_hold_up_the_good_ones(office: Office) -> None:
    area, foreign = await office.area(), await office.area()
    device = office.device(area)
    good = [sheet(area) for _ in range(3)]
    bad = [
        sheet(area, set={"danger": "enormous"}),
        {**sheet(area), "collection": "nothing"},
        {**sheet(area), "collection": "a\0b"},
        {**sheet(area), "at": "yesterday"},
        {**sheet(area), "op": "explode"},
        {**sheet(area), "base": -1},
        {**sheet(area), "base": 2**70},
        {**sheet(area), "set": {"title": "a\0b"}},
        {**sheet(area), "set": {"": 1}},
        {**sheet(area), "set": {"/deleted": 1}},
        {**sheet(area), "increment": {"hours": 2**60}},
        {**sheet(area), "add": {"unheard_of": ["a"]}},
        {**sheet(area), "set": []},
        {**sheet(area), "area": "nowhere"},
        {**sheet(area), "record": None},
        {**sheet(area), "op": "delete", "set": {"title": "一"}},
        {**sheet(area), "op": "move"},
        sheet(foreign),
        sheet(new_id()),
        {**sheet(area), "collection": "conflict", "set": {}},
    ]
    results = await device.push(good[0], *bad, *good[1:])
    assert [result.outcome for result in results] == [
        "applied",
        *["rejected"] * len(bad),
        "applied",
        "applied",
    ]
    assert all(result.problem is not None and result.problem.title for result in results[1:-2])
    assert len(await office.quarantine()) == len(bad)
    again = await device.push(*bad)
    assert all((result.outcome, result.repeated) == ("rejected", True) for result in again)
    assert len(await office.quarantine()) == len(bad)


async def test_what_cannot_be_read_but_has_an_id_is_kept_to_the_byte(office: Office) -> None:
    area = await office.area()
    payload = b'{"id":"%s", "collection":  7}' % str(new_id()).encode()
    (result,) = await office.device(area).push(payload)
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("rejected", "change-malformed")
    assert result.problem.errors[0]["pointer"] == "/collection"
    (kept,) = await office.quarantine()
    assert kept["payload"] == payload


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"7", b'{"id": "no"}', b'{"id": null}', b"null"])
async def test_a_change_that_cannot_be_named_is_said_by_its_place(office: Office, payload: bytes) -> None:
    area = await office.area()
    with pytest.raises(Problem) as raised:
        await office.device(area).push(sheet(area), payload)
    assert raised.value.errors[0].pointer.startswith("/changes/1")


async def test_a_part_that_would_grow_too_large_is_refused_and_may_be_made_smaller(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    long = "好" * 20_000
    made = sheet(area, set={f"later_{number}": long for number in range(4)})
    rev = (await device.one(made)).rev
    assert rev
    grown = await device.one(edit(made, rev, set={"later_9": long, "later_8": "短"}))
    assert grown.problem is not None
    assert (grown.outcome, grown.problem.type) == ("rejected", "record-too-large")
    small = await device.one(edit(made, rev, set={"later_0": long[:10_000], "later_1": "短"}))
    assert small.outcome == "applied"
    # The other parts are not full.
    assert (await device.one(edit(made, rev, set={"title": "新"}))).outcome == "applied"


async def test_work_for_an_area_held_no_longer_is_put_before_the_supervisor(office: Office) -> None:
    area = await office.area()
    mine = sheet(area)
    result = await office.device(ended=(area,)).one(mine)
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("rejected", "access-ended")
    (kept,) = await office.quarantine()
    assert (kept["area"], str(kept["change"])) == (area, mine["id"])


async def test_work_of_a_stranger_is_kept_for_its_author_alone(office: Office) -> None:
    area = await office.area()
    stranger = office.device()
    assert not stranger.clearance.holds(area)
    held_and_not = [await stranger.one(sheet(area)), await stranger.one(sheet(new_id()))]
    assert [result.problem and result.problem.type for result in held_and_not] == ["area-not-held"] * 2
    assert [row["area"] for row in await office.quarantine()] == [None, None]


async def test_fields_that_this_server_does_not_know_are_kept(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area, set={"from_the_future": {"a": [1, None]}})
    rev = (await device.one(made)).rev
    assert rev
    await device.one(edit(made, rev, set={"title": "一"}))
    values = await office.values(made["record"])
    assert (values["from_the_future"], values["title"]) == ({"a": [1, None]}, "一")


async def test_positions_rise_with_every_change_and_name_it(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    results = await device.push(*(sheet(area) for _ in range(5)))
    revs = [result.rev or 0 for result in results]
    assert revs == sorted(set(revs))
    assert await office.pool.fetchval("SELECT last_rev FROM area WHERE id = $1", area) >= revs[-1]


async def test_access_is_asked_for_when_the_areas_are_locked(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    device.clearance = Clearance({}, frozenset({area}))
    assert (await device.one(sheet(area))).outcome == "rejected"
    device.clearance = Clearance({area: EVERYTHING})
    assert (await device.one(sheet(area))).outcome == "applied"
