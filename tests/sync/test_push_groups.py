"""All changes of a group take effect, or none does."""

from tests.sync.changes import new_id
from tests.sync.pushing import Office, edit, leaf, sheet


async def test_a_group_takes_effect_whole(office: Office) -> None:
    area, group = await office.area(), new_id()
    one, other = sheet(area, group=group), sheet(area, group=group)
    results = await office.device(area).push(one, other)
    assert [result.outcome for result in results] == ["applied", "applied"]


async def test_one_refused_member_keeps_all_of_its_group_and_nobody_else_out(office: Office) -> None:
    area, group = await office.area(), new_id()
    good, alone = sheet(area, group=group), sheet(area)
    bad = sheet(area, group=group, set={"danger": "enormous"})
    results = await office.device(area).push(good, alone, bad)
    assert [result.outcome for result in results] == ["rejected", "applied", "rejected"]
    assert [result.problem.type for result in results if result.problem] == [
        "group-incomplete",
        "change-invalid",
    ]
    assert not await office.exists(good["record"])
    assert [str(row["change"]) for row in await office.quarantine()] == [good["id"], bad["id"]]


async def test_what_a_failed_group_did_to_records_and_conflicts_is_undone(office: Office) -> None:
    area, group = await office.area(), new_id()
    first = sheet(area, set={"tags": ["a"], "note": "甲。"})
    device, other = office.device(area), office.device(area)
    rev = (await device.one(first)).rev
    assert rev
    await other.one(edit(first, rev, set={"guardian": "乙"}))
    before = dict(await office.row(first["record"]))
    results = await device.push(
        edit(first, rev, set={"guardian": "丙", "note": "乙。"}, add={"tags": ["b"]}, group=group),
        edit(first, rev, set={"subject": "李某"}, group=group),
    )
    assert {result.outcome for result in results} == {"rejected"}
    assert dict(await office.row(first["record"])) == before
    assert not await office.conflicts(first["record"])


async def test_members_of_a_group_may_come_in_any_order(office: Office) -> None:
    area, group, household = await office.area(), new_id(), new_id()
    results = await office.device(area).push(
        leaf(area, household, group=group), sheet(area, household, group=group)
    )
    assert [result.outcome for result in results] == ["applied", "applied"]


async def test_a_group_waits_whole_and_goes_on_whole(office: Office) -> None:
    area, group, parent = await office.area(), new_id(), new_id()
    waiting, other = leaf(area, parent, group=group), sheet(area, group=group)
    device = office.device(area)
    results = await device.push(waiting, other)
    assert [result.outcome for result in results] == ["parked", "parked"]
    assert not await office.exists(other["record"])
    await device.push(sheet(area, parent))
    assert await office.exists(waiting["record"])
    assert await office.exists(other["record"])
    assert not await office.quarantine()


async def test_a_group_that_waits_in_two_areas_goes_on_whole(office: Office) -> None:
    here, there = await office.area(), await office.area()
    group, parent = new_id(), new_id()
    waiting, other = leaf(here, parent, group=group), sheet(there, group=group)
    device = office.device(here, there)
    await device.push(waiting, other)
    await office.device(here).push(sheet(here, parent))
    assert await office.exists(waiting["record"])
    assert await office.exists(other["record"])


async def test_a_late_member_of_a_refused_group_does_not_take_effect_alone(office: Office) -> None:
    area, group = await office.area(), new_id()
    device = office.device(area)
    await device.push(sheet(area, group=group, set={"danger": "enormous"}))
    late = sheet(area, group=group)
    result = await device.one(late)
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("rejected", "group-incomplete")
    assert not await office.exists(late["record"])


async def test_a_late_member_of_a_waiting_group_waits_with_it(office: Office) -> None:
    area, group, parent = await office.area(), new_id(), new_id()
    device = office.device(area)
    waiting, late = leaf(area, parent, group=group), sheet(area, group=group)
    await device.push(waiting)
    assert (await device.one(late)).outcome == "parked"
    await device.push(sheet(area, parent))
    assert await office.exists(late["record"])


async def test_another_accounts_group_of_the_same_id_is_another_group(office: Office) -> None:
    area, group = await office.area(), new_id()
    await office.device(area).push(sheet(area, group=group, set={"danger": "enormous"}))
    assert (await office.device(area).one(sheet(area, group=group))).outcome == "applied"


async def test_a_group_sent_again_is_answered_as_the_first_time(office: Office) -> None:
    area, group = await office.area(), new_id()
    device = office.device(area)
    changes = [sheet(area, group=group), sheet(area, group=group)]
    first = await device.push(*changes)
    again = await device.push(*changes, changes[0])
    assert all(result.repeated for result in again)
    assert [result.rev for result in again] == [first[0].rev, first[1].rev, first[0].rev]


async def test_a_member_sent_twice_in_one_call_takes_effect_once(office: Office) -> None:
    area, group = await office.area(), new_id()
    one, other = sheet(area, group=group), sheet(area, group=group)
    results = await office.device(area).push(one, one, other)
    assert [(result.outcome, result.repeated) for result in results] == [
        ("applied", False),
        ("applied", True),
        ("applied", False),
    ]
    assert results[0].rev == results[1].rev


async def test_a_member_under_a_used_id_keeps_its_group_out(office: Office) -> None:
    area, group = await office.area(), new_id()
    device = office.device(area)
    used = sheet(area)
    await device.push(used)
    other = sheet(area, group=group)
    results = await device.push({**sheet(area, group=group), "id": used["id"]}, other)
    assert [result.problem.type for result in results if result.problem] == [
        "change-id-reused",
        "group-incomplete",
    ]
    assert not await office.exists(other["record"])
