"""Community governance as workers and the committee do it, on phones that do not know of each other."""

from typing import Any
from uuid import UUID

from schemas.governance.clashes import Clash, clashes
from schemas.governance.readiness import lacks_to_be_recorded
from schemas.governance.vote import vote
from sync.replica import Replica
from tests.fieldwork.station import TODAY, Station, values_on
from tests.world import Person


def clashes_on(phone: Replica) -> list[Clash]:
    return clashes({str(held.id): held.values for held in phone.all("space_booking")})


def book(phone: Replica, by: Person, area: UUID, space: UUID, begins: int, ends: int) -> UUID:
    begins_at, ends_at = (f"2026-11-27T{hour:02}:00:00+08:00" for hour in (begins, ends))
    form = {
        "space": str(space),
        "state": "asked",
        "by": str(by.id),
        "begins_at": begins_at,
        "ends_at": ends_at,
    }
    return phone.create("space_booking", area, form)


async def test_two_bookings_made_offline_both_stand_and_are_shown_to_clash_until_somebody_moves_one(
    station: Station,
) -> None:
    worker, phone = await station.somebody()
    officer, others = await station.somebody("community_officer")
    hall = phone.create("public_space", station.area, {"name": "议事厅", "kind": "meeting_room"})
    await phone.sync()
    await others.sync()
    mine = book(phone, worker, station.area, hall, 14, 16)
    theirs = book(others, officer, station.area, hall, 15, 17)
    assert clashes_on(phone) == clashes_on(others) == []  # neither can know

    for device in (phone, others, phone):
        await device.sync()
    assert phone.problems() == others.problems() == []
    (clash,) = clashes_on(phone)
    assert [clash] == clashes_on(others)
    assert {clash.first, clash.second} == {str(mine), str(theirs)}

    boss = await station.desk("supervisor")
    read = {str(each): await boss.read(each) for each in (mine, theirs)}
    assert clashes(read) == [clash]
    phone.edit(mine, set={"begins_at": "2026-11-27T13:00:00+08:00", "ends_at": "2026-11-27T15:00:00+08:00"})
    await phone.sync()
    await others.sync()
    assert clashes_on(phone) == clashes_on(others) == []


async def test_of_two_who_move_a_booking_nobody_gets_the_begin_of_one_and_the_end_of_the_other(
    station: Station,
) -> None:
    worker, phone = await station.somebody()
    _, others = await station.somebody("community_officer")
    hall = phone.create("public_space", station.area, {"name": "议事厅", "kind": "meeting_room"})
    booked = book(phone, worker, station.area, hall, 9, 10)
    await phone.sync()
    await others.sync()
    moved = [
        {"begins_at": f"2026-11-{day}T09:00:00+08:00", "ends_at": f"2026-11-{day}T10:00:00+08:00"}
        for day in (28, 29)
    ]
    for device, hours in zip((phone, others), moved, strict=True):
        device.edit(booked, set=hours)
    for device in (phone, others, phone):
        await device.sync()
    hours = values_on(phone, booked)
    assert {name: hours[name] for name in ("begins_at", "ends_at")} in moved


async def test_votes_that_two_people_counted_add_up_and_the_result_is_told_offline(station: Station) -> None:
    worker, phone = await station.somebody()
    _, others = await station.somebody("community_officer")
    meeting = phone.create(
        "deliberation",
        station.area,
        {
            "title": "小区停车",
            "on": TODAY,
            "state": "held",
            "by": str(worker.id),
            "kind": "council",
            "attending": [{"side": "residents", "count": 30}, {"side": "property", "count": 2}],
        },
    )
    proposal = phone.create(
        "proposal",
        station.area,
        {"deliberation": str(meeting), "text": "东侧划停车位二十个", "state": "raised"},
    )
    await phone.sync()
    await others.sync()
    for device, votes in ((phone, 9), (others, 8)):
        device.edit(proposal, increment={"votes_for": votes})
    for device in (phone, others, phone):
        await device.sync()
    told = vote(values_on(phone, meeting), values_on(phone, proposal))
    assert (told.result.code, told.present, told.votes) == ("passed", 32, 17)
    phone.edit(proposal, set={"state": "adopted", "owner": "物业", "due_on": "2026-12-31"})
    phone.edit(meeting, set={"state": "announced", "result": "划停车位二十个。", "announced_on": TODAY})
    await phone.sync()
    read = await (await station.desk("street_officer")).read(proposal)
    assert (read["state"], read["votes_for"]) == ("adopted", 17)


async def test_an_organisation_grows_from_an_idea_to_one_that_is_recorded_with_what_it_was_given(
    station: Station,
) -> None:
    worker, phone = await station.somebody()
    author = {"by": str(worker.id)}
    worthy = phone.create(
        "worthy", station.area, {**author, "found_on": TODAY, "state": "found", "name": "赵桂兰"}
    )
    for state in ("invited", "taking_part", "backbone"):
        phone.edit(worthy, set={"state": state})
    choir = phone.create(
        "community_organisation", station.area, {**author, "name": "金秋合唱队", "state": "idea"}
    )
    assert [each.field for each in lacks_to_be_recorded(values_on(phone, choir))] == [
        "aim",
        "leader",
        "members",
        "place",
        "charter",
    ]
    phone.edit(choir, set={"state": "incubating"}, add={"core": [str(worthy)]})
    support = phone.create(
        "organisation_support",
        station.area,
        {**author, "organisation": str(choir), "on": TODAY, "kind": "papers", "given_by": "社工站"},
    )
    grown: dict[str, Any] = {
        "aim": "丰富老年人生活",
        "leader": "赵桂兰",
        "members": 26,
        "place": "老年活动室",
        "charter": "第一条 本队名称为金秋合唱队。",
    }
    phone.edit(choir, set=grown)
    assert lacks_to_be_recorded(values_on(phone, choir)) == []
    phone.edit(choir, set={"state": "recorded", "recorded_on": TODAY, "record_number": "备〔2026〕3号"})
    await phone.sync()
    assert phone.problems() == []
    boss, street = await station.desk("supervisor"), await station.desk("street_officer")
    assert (await boss.read(choir))["core"] == [str(worthy)]
    assert (await street.read(choir))["record_number"] == "备〔2026〕3号"
    assert (await street.read(choir))["leader"] == "赵**"
    assert (await street.read(support))["organisation"] == str(choir)


async def test_an_organisation_is_not_registered_from_an_idea(station: Station) -> None:
    worker, phone = await station.somebody()
    form = {"by": str(worker.id), "name": "金秋合唱队", "state": "idea"}
    choir = phone.create("community_organisation", station.area, form)
    await phone.sync()
    boss = await station.desk("supervisor")
    assert await boss.write("community_organisation", choir, state="registered") == "transition-not-declared"
    assert await boss.write("community_organisation", choir, credit_code="91350100M000100Y44") == (
        "change-invalid"
    )
