"""The history of a record says who did what, to those who may see what was done."""

from uuid import UUID

import pytest

from schemas.privacy import Privacy, class_set
from schemas.problems import Problem
from sync.history import Entry, history_of
from sync.scope import Reach
from tests.sync.changes import change, new_id
from tests.sync.pushing import Device, Office, edit, sheet

BASICS = class_set([Privacy.OPEN, Privacy.BASIC])


async def told(device: Device, record: str, after: int = 0, limit: int = 200) -> list[Entry]:
    async with device.pool.acquire() as connection, connection.transaction():
        told = await history_of(connection, UUID(record), device.clearance, after, limit)
        return told.entries


async def test_every_change_is_there_in_order_with_its_author(office: Office) -> None:
    area = await office.area()
    one, other = office.device(area), office.device(area)
    made = sheet(area, set={"title": "一"})
    rev = (await one.one(made)).rev
    assert rev
    await other.one(edit(made, rev, set={"title": "二"}, add={"tags": ["a"]}, increment={"hours": 2}))
    await one.one(edit(made, rev, op="restore"))
    entries = await told(one, made["record"])
    assert [(entry.account, entry.device, entry.op) for entry in entries] == [
        (one.account, one.by, "write"),
        (other.account, other.by, "write"),
        (one.account, one.by, "restore"),
    ]
    assert (entries[1].set, entries[1].add, entries[1].increment) == (
        {"title": "二"},
        {"tags": ["a"]},
        {"hours": 2},
    )


async def test_what_lost_is_told_with_what_stands_and_the_conflict(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    rev = (await device.one(made)).rev
    assert rev
    await office.device(area).one(edit(made, rev, set={"guardian": "甲"}))
    disputed = await office.device(area).one(edit(made, rev, set={"guardian": "乙"}))
    decision = edit(made, disputed.rev or 0, resolves=disputed.conflicts[0])
    await device.one(decision)
    *_, lost, decided = await told(device, made["record"])
    assert (lost.outcome, lost.set, lost.effect) == ("conflict", {"guardian": "乙"}, {"guardian": "甲"})
    assert (lost.conflicts, decided.resolves) == (disputed.conflicts, disputed.conflicts[0])


async def test_changes_of_hidden_parts_leave_no_trace(office: Office) -> None:
    area = await office.area()
    worker, officer = office.device(area), office.device(area, reach=Reach(BASICS, BASICS))
    made = sheet(area, set={"grade": "1", "kind": "a"})
    rev = (await worker.one(made)).rev
    assert rev
    await worker.one(edit(made, rev, set={"note": "甲。"}))
    await office.device(area).one(edit(made, rev, set={"grade": "2", "kind": "b"}))
    mixed = edit(made, rev, set={"title": "一", "grade": "3", "kind": "c"})
    disputed = await office.device(area).one(mixed)
    await worker.one(edit(made, disputed.rev or 0, resolves=disputed.conflicts[0]))
    first, second = await told(officer, made["record"])
    assert set(first.set) == {"subject", "stage"}
    assert (second.set, second.outcome, second.conflicts) == ({"title": "一"}, "applied", [])


async def test_a_record_that_the_reader_does_not_hold_has_no_history(office: Office) -> None:
    area = await office.area()
    made = sheet(area)
    await office.device(area).push(made)
    for device in (office.device(), office.device(await office.area())):
        with pytest.raises(Problem) as raised:
            await told(device, made["record"])
        assert raised.value.kind.type == "not-found"


async def test_a_record_takes_its_history_along(office: Office) -> None:
    areas = [await office.area() for _ in range(3)]
    device = office.device(*areas)
    made = sheet(areas[0])
    record = UUID(made["record"])
    await device.push(made, edit(made, 0, set={"title": "一"}))
    for source, target in ((0, 1), (1, 2), (2, 0), (0, 2)):
        await device.one(change("sheet", record, areas[source], op="move", to=areas[target]))
    entries = await told(office.device(areas[2]), made["record"])
    assert [entry.op for entry in entries] == ["write", "write", "move", "move", "move", "move"]


async def test_a_record_of_the_same_id_elsewhere_gives_no_way_in(office: Office) -> None:
    here, there = await office.area(), await office.area()
    made = sheet(here, set={"title": "秘密"})
    await office.device(here).push(made)
    intruder = office.device(there)
    await intruder.one(sheet(there, UUID(made["record"]), set={"title": "同号"}))
    (entry,) = await told(intruder, made["record"])
    assert entry.set["title"] == "同号"


async def test_pages_of_history_follow_each_other(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area, new_id())
    await device.push(made, *(edit(made, 0, set={"title": str(number)}) for number in range(6)))
    titles: list[str | None] = []
    after = 0
    while page := await told(device, made["record"], after, limit=3):
        titles += [entry.set.get("title") for entry in page]
        after = page[-1].rev
    assert titles == [None, "0", "1", "2", "3", "4", "5"]
