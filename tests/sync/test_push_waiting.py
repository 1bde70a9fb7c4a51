"""Work that depends on other work waits for it, is kept meanwhile, and goes on by itself."""

import pytest

from schemas.privacy import Privacy
from sync.scope import Reach
from tests.sync.changes import new_id
from tests.sync.pushing import Office, edit, leaf, sheet

OPEN_ONLY = Reach(Privacy.OPEN.bit, Privacy.OPEN.bit)


async def test_a_child_sent_before_its_parent_in_one_call_is_applied(office: Office) -> None:
    area, parent = await office.area(), new_id()
    results = await office.device(area).push(leaf(area, parent), sheet(area, parent))
    assert [result.outcome for result in results] == ["applied", "applied"]
    assert not await office.quarantine()
    assert not await office.quarantine("applied")


async def test_an_edit_sent_before_the_creation_it_follows_is_applied_after_it(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"title": "一"})
    later = edit(made, 0, set={"title": "二"}, after=made["id"])
    results = await office.device(area).push(later, made)
    assert [result.outcome for result in results] == ["applied", "applied"]
    assert (await office.values(made["record"]))["title"] == "二"


@pytest.mark.parametrize("same_device", [True, False])
async def test_a_child_goes_on_when_its_parent_arrives_later(office: Office, same_device: bool) -> None:
    area, parent = await office.area(), new_id()
    mine = office.device(area)
    child = leaf(area, parent)
    result = await mine.one(child)
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("parked", "waits-for-parent")
    assert not await office.exists(child["record"])
    await (mine if same_device else office.device(area)).push(sheet(area, parent))
    assert await office.exists(child["record"])
    (row,) = await office.history(child["record"])
    assert (row["account"], row["device"]) == (mine.account, mine.by)
    again = await mine.one(child)
    assert (again.outcome, again.repeated) == ("applied", True)


async def test_a_whole_chain_goes_on_in_order(office: Office) -> None:
    area, parent = await office.area(), new_id()
    device = office.device(area)
    child = leaf(area, parent, set={"text": "一"})
    second = edit(child, 0, set={"text": "二"}, after=child["id"])
    third = edit(child, 0, set={"text": "三"}, after=second["id"])
    for change in (child, second, third):
        assert (await device.one(change)).outcome == "parked"
    await device.push(sheet(area, parent))
    assert (await office.values(child["record"]))["text"] == "三"
    assert len(await office.history(child["record"])) == 3


async def test_a_change_after_a_refused_one_waits_and_others_do_not(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    rev = (await device.one(made)).rev
    assert rev
    refused = edit(made, rev, set={"subject": "李某"})
    following = edit(made, rev, set={"title": "二"}, after=refused["id"])
    free = edit(made, rev, set={"note": "甲。"})
    results = await device.push(refused, following, free)
    assert [result.outcome for result in results] == ["rejected", "parked", "applied"]
    assert "title" not in await office.values(made["record"])


async def test_a_change_after_one_that_never_came_is_not_held_up(office: Office) -> None:
    area = await office.area()
    assert (await office.device(area).one(sheet(area, after=new_id()))).outcome == "applied"


async def test_what_waited_and_is_refused_at_last_is_kept_as_refused(office: Office) -> None:
    area, parent = await office.area(), new_id()
    device = office.device(area)
    child = leaf(area, parent)
    await device.push(child)
    root = sheet(area)
    await device.push(root, leaf(area, root["record"], parent))  # a leaf, where a sheet was meant
    (waiting,) = await office.quarantine()
    assert (waiting["outcome"], waiting["waits_for"]) == ("rejected", None)
    again = await device.one(child)
    assert again.problem is not None
    assert (again.outcome, again.problem.type, again.repeated) == ("rejected", "change-invalid", True)


async def test_a_child_of_a_record_of_another_collection_is_refused(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    parent = sheet(area)
    child = leaf(area, parent["record"])
    await device.push(parent, child)
    result = await device.one(leaf(area, child["record"]))
    assert result.problem is not None
    assert result.problem.errors[0]["pointer"] == "/set/sheet"


async def test_a_record_that_names_itself_as_its_parent_is_refused(office: Office) -> None:
    area, record = await office.area(), new_id()
    result = await office.device(area).one(leaf(area, record, record))
    assert (result.outcome, result.problem is not None) == ("rejected", True)


async def test_waiting_work_builds_only_on_what_its_author_could_read(office: Office) -> None:
    area = await office.area()
    # An edit of an id that its author does not see waits, as for one that does not exist.
    made = sheet(area)
    stranger = office.device(area, reach=Reach(Privacy.CONTACT.bit, Privacy.OPEN.bit))
    worker = office.device(area)
    rev = (await worker.one(made)).rev
    assert rev
    assert (await stranger.one(edit(made, rev, increment={"hours": 3}))).outcome == "parked"
    await worker.push(edit(made, rev, set={"title": "新"}))
    assert "hours" not in await office.values(made["record"])
    assert len(await office.quarantine()) == 1


async def test_work_that_waited_is_not_confused_with_anothers_change_of_the_same_id(office: Office) -> None:
    area, parent = await office.area(), new_id()
    waiting = leaf(area, parent)
    await office.device(area).push(waiting)
    other = office.device(area)
    results = await other.push(sheet(area, parent), {**sheet(area), "id": waiting["id"]})
    assert [result.outcome for result in results] == ["applied", "applied"]
    assert await office.exists(waiting["record"])


@pytest.mark.parametrize("child_first", [True, False])
async def test_a_child_of_a_record_that_was_deleted_meanwhile_stays_in_either_order(
    office: Office, child_first: bool
) -> None:
    area = await office.area()
    made = sheet(area)
    mine, theirs = office.device(area), office.device(area)
    (created,) = await mine.push(made)
    assert created.rev is not None
    delete = edit(made, created.rev, op="delete")
    child = leaf(area, made["record"])
    work = [(mine, delete), (theirs, child)]
    for device, change in reversed(work) if child_first else work:
        assert (await device.one(change)).outcome == "applied"
    assert await office.exists(child["record"])
    assert (await office.row(made["record"]))["deleted"]
    deleted_at = (await office.row(made["record"]))["rev"]
    assert (await theirs.one(edit(made, deleted_at, op="restore"))).outcome == "applied"
    assert not (await office.row(made["record"]))["deleted"]
    assert not (await office.row(child["record"]))["deleted"]
