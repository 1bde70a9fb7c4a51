"""What could not be applied is seen by author and supervisor, who put it right or let it go."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from schemas.problems import Problem
from sync import quarantine
from sync.history import history_of
from sync.quarantine import Kept
from sync.wire import Result
from tests.sync.changes import new_id
from tests.sync.pushing import Device, Office, edit, leaf, sheet


async def seen_by(device: Device) -> list[Kept]:
    async with device.pool.acquire() as connection, connection.transaction():
        listed = await quarantine.list_open(connection, device.account, device.clearance.supervised)
        return listed.changes


async def retry(device: Device, change: str, repaired: dict[str, Any] | None = None) -> Result:
    raw = None if repaired is None else msgspec.json.encode(repaired)
    pushed = await quarantine.retry(
        device.pool, device.account, device.access_of(), device.auditor, UUID(change), raw, "en"
    )
    return pushed.results[0]


async def dismiss(device: Device, change: str) -> None:
    await quarantine.dismiss(
        device.pool, device.account, device.access_of(), device.auditor, UUID(change), "en"
    )


def supervisor(office: Office, *areas: UUID) -> Device:
    return office.device(*areas, supervised=areas)


async def test_author_and_supervisor_see_it_as_it_came_and_nobody_else_does(office: Office) -> None:
    area, elsewhere = await office.area(), await office.area()
    author, bad = office.device(area), sheet(area, set={"danger": "enormous"})
    await author.push(bad)
    for device in (author, supervisor(office, area)):
        (kept,) = await seen_by(device)
        assert kept.sent is not None
        assert msgspec.json.decode(kept.sent) == bad
        assert (kept.outcome, kept.problem.type) == ("rejected", "change-invalid")
    for device in (office.device(area), supervisor(office, elsewhere)):
        assert await seen_by(device) == []
        for act in (retry, dismiss):
            with pytest.raises(Problem) as raised:
                await act(device, bad["id"])
            assert raised.value.kind.type == "not-found"
    with pytest.raises(Problem) as raised:
        await retry(author, str(new_id()))
    assert raised.value.kind.type == "not-found"


async def test_work_of_a_stranger_is_seen_by_its_author_alone(office: Office) -> None:
    area = await office.area()
    stranger = office.device()
    await stranger.push(sheet(area))
    assert len(await seen_by(stranger)) == 1
    assert await seen_by(supervisor(office, area)) == []


async def test_what_is_not_json_is_shown_as_text(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    await device.push(b'{"id":"%s","at":"\xe7\x8e"}' % str(new_id()).encode())
    (kept,) = await seen_by(device)
    assert kept.sent is None
    assert kept.text is not None


async def test_what_a_supervisor_puts_right_stays_its_authors_work(office: Office) -> None:
    area = await office.area()
    author, boss = office.device(area), supervisor(office, area)
    bad = sheet(area, set={"danger": "enormous", "title": "一"})
    await author.push(bad)
    right = {**bad, "set": {**bad["set"], "danger": "high"}}
    assert (await retry(boss, bad["id"], right)).outcome == "applied"
    assert (await office.values(bad["record"]))["danger"] == "high"
    (kept,) = await office.quarantine("applied")
    assert msgspec.json.decode(kept["payload"]) == bad
    assert msgspec.json.decode(kept["repaired"]) == right
    assert kept["settled_by"] == boss.account
    async with office.application.acquire() as connection, connection.transaction():
        ((entry,), _) = await history_of(connection, UUID(bad["record"]), boss.clearance)
    assert (entry.account, entry.device, entry.let_through_by) == (author.account, author.by, boss.account)
    assert entry.set["danger"] == "high"
    assert await seen_by(author) == []
    again = await author.one(bad)
    assert (again.outcome, again.repeated) == ("applied", True)


async def test_a_form_that_is_refused_as_well_is_not_kept(office: Office) -> None:
    area = await office.area()
    author = office.device(area)
    bad = sheet(area, set={"danger": "enormous"})
    await author.push(bad)
    result = await retry(author, bad["id"], {**bad, "set": {**bad["set"], "danger": "huge", "hours": "3"}})
    assert result.problem is not None
    assert [error["pointer"] for error in result.problem.errors] == ["/set/danger", "/set/hours"]
    (kept,) = await seen_by(author)
    assert [error["pointer"] for error in kept.problem.errors] == ["/set/danger"]
    assert kept.repaired is None


async def test_a_form_that_has_to_wait_is_kept_and_goes_on_by_itself(office: Office) -> None:
    area, parent = await office.area(), new_id()
    author = office.device(area)
    bad = leaf(area, "nowhere")
    await author.push(bad)
    result = await retry(author, bad["id"], {**bad, "set": {"sheet": str(parent), "text": "改"}})
    assert result.outcome == "parked"
    await office.device(area).push(sheet(area, parent))
    assert (await office.values(bad["record"]))["text"] == "改"
    assert (await office.history(bad["record"]))[0]["account"] == author.account


async def test_what_follows_a_repaired_change_goes_on(office: Office) -> None:
    area = await office.area()
    author = office.device(area)
    bad = sheet(area, set={"danger": "enormous"})
    child = leaf(area, bad["record"])
    following = edit(bad, 0, set={"title": "二"}, after=bad["id"])
    results = await author.push(bad, following, child)
    assert [result.outcome for result in results] == ["rejected", "parked", "parked"]
    await retry(author, bad["id"], {**bad, "set": {**bad["set"], "danger": "low"}})
    assert (await office.values(bad["record"]))["title"] == "二"
    assert await office.exists(child["record"])
    assert not await office.quarantine()


async def test_a_supervisor_lets_through_what_came_after_access_had_ended(office: Office) -> None:
    area = await office.area()
    late, boss = office.device(ended=(area,)), supervisor(office, area)
    work = sheet(area)
    assert (await late.one(work)).outcome == "rejected"
    assert (await retry(late, work["id"])).outcome == "rejected"
    assert (await retry(boss, work["id"])).outcome == "applied"
    (row,) = await office.history(work["record"])
    assert row["account"] == late.account


async def test_a_supervisor_of_both_areas_lets_a_move_through(office: Office) -> None:
    here, there = await office.area(), await office.area()
    author = office.device(here)
    made = sheet(here)
    move = edit(made, 0, op="move", to=there)
    results = await author.push(made, move)
    assert [result.outcome for result in results] == ["applied", "rejected"]
    assert (await retry(supervisor(office, here), move["id"])).outcome == "rejected"
    assert (await retry(supervisor(office, here, there), move["id"])).outcome == "applied"
    assert (await office.row(made["record"]))["area"] == there


async def test_late_work_on_a_moved_file_is_let_through_by_the_supervisor_of_its_new_place(
    office: Office,
) -> None:
    here, there = await office.area(), await office.area()
    mover, late = office.device(here, there), office.device(here)
    made = sheet(here)
    work = edit(made, 0, set={"note": "甲。"})
    await mover.push(made, edit(made, 0, op="move", to=there))
    await late.push(work)
    boss = supervisor(office, here, there)
    assert [str(kept.change) for kept in await seen_by(boss)] == [work["id"]]
    assert (await retry(boss, work["id"])).outcome == "applied"
    assert (await office.values(made["record"]))["note"] == "甲。"


async def test_a_group_is_taken_up_whole(office: Office) -> None:
    area, group = await office.area(), new_id()
    author = office.device(area)
    good, bad = sheet(area, group=group), sheet(area, group=group, set={"danger": "enormous"})
    await author.push(good, bad)
    assert (await retry(author, good["id"])).outcome == "rejected"
    right = {**bad, "set": {**bad["set"], "danger": "low"}}
    without_group = {**right, "group": None}
    assert (await retry(author, bad["id"], without_group)).outcome == "rejected"
    assert (await retry(author, bad["id"], right)).outcome == "applied"
    assert await office.exists(good["record"])
    assert not await office.quarantine()


async def test_what_is_let_go_stays_on_record_and_holds_up_nothing(office: Office) -> None:
    area = await office.area()
    author = office.device(area)
    made = sheet(area)
    rev = (await author.one(made)).rev
    assert rev
    bad = edit(made, rev, set={"subject": "李某"})
    following = edit(made, rev, set={"title": "二"}, after=bad["id"])
    await author.push(bad, following)
    boss = supervisor(office, area)
    await dismiss(boss, bad["id"])
    assert (await office.values(made["record"]))["title"] == "二"
    assert not await office.quarantine()
    (gone,) = await office.quarantine("dismissed")
    assert (str(gone["change"]), gone["settled_by"]) == (bad["id"], boss.account)
    again = await author.one(bad)
    assert (again.outcome, again.repeated) == ("rejected", True)
    with pytest.raises(Problem):
        await dismiss(boss, bad["id"])


async def test_a_group_is_let_go_whole(office: Office) -> None:
    area, group = await office.area(), new_id()
    author = office.device(area)
    good, bad = sheet(area, group=group), sheet(area, group=group, set={"danger": "enormous"})
    await author.push(good, bad)
    await dismiss(author, bad["id"])
    assert len(await office.quarantine("dismissed")) == 2


async def test_a_change_under_a_used_id_is_put_right_under_another(office: Office) -> None:
    area = await office.area()
    author = office.device(area)
    made, other = sheet(area), sheet(area, set={"title": "二"})
    await author.push(made)
    twin = {**other, "id": made["id"]}
    await author.push(twin)
    still = await retry(author, made["id"])
    assert still.problem is not None
    assert still.problem.type == "change-id-reused"
    assert (await retry(author, made["id"], other)).outcome == "applied"
    assert (await office.values(other["record"]))["title"] == "二"
    assert not await office.quarantine()


async def test_an_older_value_put_right_late_does_not_undo_its_authors_newer_one(office: Office) -> None:
    area = await office.area()
    author = office.device(area)
    made = sheet(area)
    rev = (await author.one(made)).rev
    assert rev
    old = edit(made, rev, set={"title": "旧", "danger": "enormous", "note": "甲。"})
    await author.push(old)
    await author.push(edit(made, rev, set={"title": "新", "danger": "low", "note": "乙。"}))
    result = await retry(author, old["id"], {**old, "set": {"title": "旧", "danger": "high", "note": "甲。"}})
    assert result.outcome == "merged"
    values = await office.values(made["record"])
    assert (values["title"], values["danger"], values["note"]) == ("新", "low", "乙。")


async def test_pages_of_quarantine_follow_each_other(office: Office) -> None:
    area = await office.area()
    author = office.device(area)
    bad = [sheet(area, set={"danger": "?"}) for _ in range(5)]
    await author.push(*bad)
    found: list[str] = []
    async with office.application.acquire() as connection, connection.transaction():
        after = 0
        while page := (await quarantine.list_open(connection, author.account, (), after, limit=2)).changes:
            found += [str(kept.change) for kept in page]
            after = page[-1].no
    assert found == [change["id"] for change in bad]
