"""A file that moves takes along all that belongs to it, and late work follows it."""

from typing import Any, NamedTuple
from uuid import UUID

from schemas.privacy import Privacy, class_set
from sync import store
from sync.confine import confine
from sync.scope import Reach
from tests.sync.changes import change, new_id
from tests.sync.pushing import Device, Office, edit, leaf, sheet


class Moved(NamedTuple):
    """A sheet with a leaf, gone from `here` to `there`; `rev` is the newest that they had before."""

    device: Device
    made: dict[str, Any]
    child: dict[str, Any]
    here: UUID
    there: UUID
    rev: int


async def moved(office: Office) -> Moved:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here, set={"title": "一"})
    child = leaf(here, made["record"], set={"text": "一"})
    _, last = await device.push(made, child)
    assert last.rev
    result = await device.one(edit(made, last.rev, op="move", to=there))
    assert result.outcome == "applied"
    return Moved(device, made, child, here, there, last.rev)


async def test_a_file_moves_with_all_that_belongs_to_it(office: Office) -> None:
    _, made, child, here, there, rev = await moved(office)
    for each in (made, child):
        row = await office.row(each["record"])
        assert row["area"] == there
        assert row["rev"] > rev
    departures = await office.pool.fetch("SELECT area, record, to_area FROM departure")
    assert {(row["area"], str(row["record"]), row["to_area"]) for row in departures} == {
        (here, made["record"], there),
        (here, child["record"], there),
    }


async def test_conflicts_move_along_and_can_be_decided(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here, set={"guardian": "甲"})
    rev = (await device.one(made)).rev
    assert rev
    await device.one(edit(made, rev, set={"guardian": "乙"}))
    disputed = await office.device(here).one(edit(made, rev, set={"guardian": "丙"}))
    result = await device.one(edit(made, disputed.rev or 0, op="move", to=there))
    assert result.rev
    decision = change(
        "sheet",
        UUID(made["record"]),
        there,
        base=result.rev,
        set={"guardian": "丙"},
        resolves=disputed.conflicts[0],
    )
    assert (await device.one(decision)).outcome == "applied"
    assert not await office.conflicts(made["record"])


async def test_late_edits_follow_a_file_to_where_it_moved(office: Office) -> None:
    _, made, child, here, there, rev = await moved(office)
    late = office.device(here, there)
    results = await late.push(
        edit(made, rev, set={"note": "甲。"}),
        edit(child, rev, set={"text": "二"}),
        leaf(here, made["record"], set={"text": "新"}),
    )
    assert [result.outcome for result in results] == ["applied", "applied", "applied"]
    assert (await office.values(made["record"]))["note"] == "甲。"
    rows = await office.pool.fetch("SELECT DISTINCT area FROM record")
    assert [row["area"] for row in rows] == [there]


async def test_an_edit_based_on_the_old_place_has_not_seen_the_new_ones(office: Office) -> None:
    device, made, _, here, there, rev = await moved(office)
    await device.one(change("sheet", UUID(made["record"]), there, base=rev, set={"guardian": "甲"}))
    late = await office.device(here, there).one(edit(made, rev, set={"guardian": "乙"}))
    assert late.outcome == "conflict"


async def test_late_work_on_a_file_in_an_area_not_held_goes_before_the_supervisor_there(
    office: Office,
) -> None:
    _, made, _, here, there, rev = await moved(office)
    late = office.device(here)
    for work in (edit(made, rev, set={"note": "甲。"}), leaf(here, made["record"])):
        result = await late.one(work)
        assert result.problem is not None
        assert (result.outcome, result.problem.type) == ("rejected", "access-ended")
    assert [row["area"] for row in await office.quarantine()] == [there, there]


async def test_a_file_may_come_back(office: Office) -> None:
    device, made, child, here, there, rev = await moved(office)
    away = {**made, "area": str(there)}
    await device.one(edit(away, rev, op="move", to=here))
    assert (await office.row(child["record"]))["area"] == here
    assert (await device.one(edit(made, rev, set={"note": "甲。"}))).outcome == "applied"
    assert (await device.one(edit(away, rev, set={"note": "甲。"}))).outcome == "applied"


async def test_moves_and_edits_in_one_call(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here)
    results = await device.push(
        made,
        leaf(here, made["record"]),
        edit(made, 0, op="move", to=there),
        edit(made, 0, set={"title": "二"}),
        leaf(here, made["record"]),
        edit({**made, "area": str(there)}, 0, op="move", to=here),
        edit(made, 0, set={"note": "甲。"}),
    )
    assert {result.outcome for result in results} == {"applied"}
    rows = await office.pool.fetch("SELECT DISTINCT area FROM record")
    assert [row["area"] for row in rows] == [here]


async def test_a_move_is_done_once_however_often_it_is_sent(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here)
    await device.one(made)
    move, back = edit(made, 0, op="move", to=there), edit(made, 0, op="move", to=here)
    await device.push(move)
    assert (await device.one(back)).outcome == "applied"
    again = await device.one(move)
    assert (again.outcome, again.repeated) == ("applied", True)
    assert (await office.row(made["record"]))["area"] == here


async def test_a_move_to_where_it_lies_is_done_and_remembered(office: Office) -> None:
    here = await office.area()
    device = office.device(here)
    made = sheet(here)
    move = edit(made, 0, op="move", to=here)
    await device.push(made, move)
    assert (await device.one(move)).repeated


async def test_another_record_of_the_same_id_is_not_overwritten_by_a_move(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    twin = new_id()
    made = sheet(here)
    await device.push(made, leaf(here, made["record"], twin), sheet(there, twin, set={"title": "原"}))
    result = await device.one(edit(made, 0, op="move", to=there))
    assert result.outcome == "rejected"
    row = await office.pool.fetchrow("SELECT collection FROM record WHERE area = $1 AND id = $2", there, twin)
    assert row is not None
    assert row["collection"] == "sheet"


async def test_a_move_needs_the_right_to_write_everything_in_both_areas(office: Office) -> None:
    here, there = await office.area(), await office.area()
    made = sheet(here)
    await office.device(here).one(made)
    basics = class_set([Privacy.OPEN, Privacy.BASIC])
    partly = office.device(here, there, reach=Reach(basics, basics))
    here_only = office.device(here)
    for device in (partly, here_only):
        result = await device.one(edit(made, 0, op="move", to=there))
        assert result.problem is not None
        assert (result.outcome, result.problem.type) == ("rejected", "write-not-allowed")
    assert (await office.row(made["record"]))["area"] == here


async def test_a_move_that_waited_goes_on_although_its_target_was_not_named_again(office: Office) -> None:
    here, there = await office.area(), await office.area()
    record = new_id()
    made = sheet(here, record)
    await office.device(here, there).one(edit(made, 5, op="move", to=there))
    await office.device(here).one(made)
    assert (await office.row(record))["area"] == there


async def test_a_child_is_not_hung_below_a_record_of_another_area(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    one, other = sheet(here), sheet(here)
    child = leaf(here, one["record"])
    await device.push(one, other, child)
    await device.one(edit(other, 0, op="move", to=there))
    result = await device.one(edit(child, 0, set={"sheet": other["record"]}))
    assert result.problem is not None
    assert result.problem.errors[0]["pointer"] == "/set/sheet"


async def test_a_child_given_to_another_record_moves_with_that_one(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    one, other = sheet(here), sheet(here)
    child = leaf(here, one["record"])
    *_, last = await device.push(one, other, child)
    await device.one(edit(child, last.rev or 0, set={"sheet": other["record"]}))
    await device.one(edit(other, 0, op="move", to=there))
    assert (await office.row(child["record"]))["area"] == there
    assert (await office.row(one["record"]))["area"] == here


async def test_waiting_work_goes_on_before_the_file_moves_away(office: Office) -> None:
    here, there = await office.area(), await office.area()
    record = new_id()
    made = sheet(here, record)
    assert (await office.device(here).one(edit(made, 7, set={"title": "二"}))).outcome == "parked"
    await office.device(here, there).push(made, edit(made, 7, op="move", to=there))
    assert (await office.values(record))["title"] == "二"
    assert not await office.quarantine()


async def scattered(office: Office) -> tuple[Device, dict[str, Any], list[dict[str, Any]], UUID]:
    """A sheet and its leaves, which lie in the table in another order than they were made in."""
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here, set={"title": "一"})
    leaves = [leaf(here, made["record"], set={"text": "一"}) for _ in range(8)]
    *_, last = await device.push(made, *leaves)
    # Rows that are written anew go to the end of the table.
    await device.push(*(edit(each, last.rev or 0, set={"text": "二"}) for each in reversed(leaves[:5])))
    return device, made, leaves, there


async def test_in_which_order_a_family_arrives_tells_nothing_of_edits_before(office: Office) -> None:
    device, made, leaves, there = await scattered(office)
    latest = await office.row(leaves[0]["record"])
    await device.one(edit(made, latest["rev"], op="move", to=there))
    arrived = await office.pool.fetch("SELECT id FROM record WHERE collection = 'leaf' ORDER BY rev")
    assert [str(row["id"]) for row in arrived] == sorted(each["record"] for each in leaves)


async def test_records_are_read_in_the_order_of_ids_wherever_they_lie(office: Office) -> None:
    _, made, leaves, _ = await scattered(office)
    file = {(UUID(made["area"]), UUID(made["record"]))}
    async with office.pool.acquire() as connection, connection.transaction():
        await confine(connection, [UUID(made["area"])])
        family = await store.families(connection, file)
        named = await store.records(connection, list(family)[::-1])
    in_order = sorted(UUID(each["record"]) for each in leaves)
    assert [id for _, id in family] == in_order
    assert [id for _, id in named] == in_order
