"""A file shows who has seen it, and who has written it."""

from typing import Any
from uuid import UUID

import pytest

from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Phone, World

TRAIL = "/api/v1/audit/record"
PERSONAL = {"location": {"longitude": 103.83, "latitude": 36.06}, "note": "独居"}


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


async def trail(phone: Phone, record: UUID, **more: Any) -> list[dict[str, Any]]:
    answer = await phone.get(TRAIL, params={"record": str(record), **more})
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def brief(entries: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    return [(entry["name"], entry["how"], entry["classes"]) for entry in entries]


async def test_it_tells_who_wrote_and_who_was_sent_what(world: World, area: UUID) -> None:
    writer, reader = await shelf_of(world, "supervisor", area), await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, id := new_id(), **PERSONAL))
    await reader.settle()
    entries = await trail(reader.phone, id)
    assert brief(entries) == [
        (reader.phone.person.name, "sync", ["contact", "case"]),
        (writer.phone.person.name, "write", ["open", "basic", "contact", "case"]),
    ]
    assert [entry["wrote"] for entry in entries] == [False, True]
    assert {entry["device_name"] for entry in entries} == {"小米 14"}
    assert len({entry["device"] for entry in entries}) == 2


async def test_what_was_seen_by_other_ways_is_told_as_well(world: World, area: UUID) -> None:
    writer, reader = await shelf_of(world, "supervisor", area), await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, id := new_id(), **PERSONAL))
    await reader.phone.get("/api/v1/sync/history", params={"record": str(id)})
    await reader.phone.post("/api/v1/sync/manifest", json={"area": str(area), "records": {}})
    base = writer.records[str(id)]["rev"]
    await writer.exchange(change("household", id, area, base=base, set={"kind": "?", "note": "改"}))
    await reader.phone.get("/api/v1/sync/quarantine")
    assert [entry["how"] for entry in await trail(writer.phone, id)] == [
        "quarantine",
        "manifest",
        "history",
        "write",
    ]


async def test_each_is_told_of_the_classes_that_they_may_see(world: World, area: UUID) -> None:
    writer, officer = (
        await shelf_of(world, "supervisor", area),
        await shelf_of(world, "community_officer", area),
    )
    other = await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, open_to_both := new_id(), **PERSONAL))
    await writer.settle(household(area, for_workers := new_id(), note="密"))
    await other.settle()
    assert brief(await trail(officer.phone, open_to_both)) == [
        (other.phone.person.name, "sync", ["contact"]),
        (writer.phone.person.name, "write", ["open", "basic", "contact"]),
    ]
    # That a worker was sent a note would tell that there is one.
    assert brief(await trail(officer.phone, for_workers)) == [
        (writer.phone.person.name, "write", ["open", "basic"])
    ]


async def test_a_refused_change_is_not_seen_in_the_trail(world: World, area: UUID) -> None:
    writer = await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, id := new_id()))
    before = await trail(writer.phone, id)
    base = writer.records[str(id)]["rev"]
    said = await writer.exchange(change("household", id, area, base=base, set={"kind": "?"}))
    assert said["results"][0]["outcome"] == "rejected"
    assert await trail(writer.phone, id) == before


async def test_who_may_not_see_the_record_learns_nothing(world: World, area: UUID) -> None:
    writer = await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, id := new_id(), **PERSONAL))
    elsewhere = await shelf_of(world, "supervisor", await world.make_area())
    for phone in (elsewhere.phone, (await shelf_of(world, "administrator", area)).phone):
        foreign = await phone.get(TRAIL, params={"record": str(id)})
        unknown = await phone.get(TRAIL, params={"record": str(new_id())})
        assert (foreign.status_code, foreign.json()) == (404, unknown.json())


async def test_the_trail_goes_along_when_the_record_moves(world: World, area: UUID) -> None:
    there = await world.make_area()
    writer = await shelf_of(world, "supervisor", area, there)
    reader = await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, id := new_id(), **PERSONAL))
    await reader.settle()
    base = writer.records[str(id)]["rev"]
    await writer.settle(change("household", id, area, base=base, op="move", to=there))
    entries = await trail((await shelf_of(world, "supervisor", there)).phone, id)
    assert (reader.phone.person.name, "sync", ["contact", "case"]) in brief(entries)
    # What lies under the same id where it was is another record.
    again = Shelf(reader.phone)
    await again.settle(household(area, id, note="另一户"))
    assert await trail((await shelf_of(world, "supervisor", there)).phone, id) == entries


async def test_the_trail_comes_in_pages(world: World, area: UUID) -> None:
    writer, officer = (
        await shelf_of(world, "supervisor", area),
        await shelf_of(world, "community_officer", area),
    )
    await writer.settle(household(area, id := new_id(), **PERSONAL))
    for number in range(7):
        base = writer.records[str(id)]["rev"]
        # Every other one is hidden from the officer.
        text = {"note": f"{number}"} if number % 2 else {"address": f"{number} 号"}
        await writer.settle(change("household", id, area, base=base, set=text))
    for phone, count in ((writer.phone, 8), (officer.phone, 5)):
        whole = await trail(phone, id)
        assert len(whole) == count
        found: list[dict[str, Any]] = []
        before: dict[str, str] = {}
        while True:
            answer = await phone.get(TRAIL, params={"record": str(id), "limit": 2, **before})
            page = answer.json()
            found += page["entries"]
            if page["next"] is None:
                break
            assert len(page["entries"]) == 2
            before = {"before": page["next"]}
        assert found == whole


@pytest.mark.parametrize(
    "before", ["", "?", "e30=", "WyIyMDI2LTAxLTAxIiwiIiwxXQ==", "\x00", "x" * 201, "W10=", "é"]
)
async def test_a_place_that_no_page_gave_is_refused(world: World, area: UUID, before: str) -> None:
    phone = (await shelf_of(world, "supervisor", area)).phone
    answer = await phone.get(TRAIL, params={"record": str(new_id()), "before": before})
    assert answer.status_code == 422, answer.text
