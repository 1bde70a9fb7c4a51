"""Over HTTP: who sees what could not be applied, puts it right, and reads what was done to a record."""

from typing import Any
from uuid import UUID

import pytest

from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Phone, World

QUARANTINE = "/api/v1/sync/quarantine"
HISTORY = "/api/v1/sync/history"


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


async def phone_of(world: World, role: str, area: UUID) -> Phone:
    return await world.sign_in(await world.make_account(role, area))


async def refused(phone: Phone, area: UUID) -> dict[str, Any]:
    bad = household(area, kind="seaside")
    said = await Shelf(phone).exchange(bad)
    assert said["results"][0]["outcome"] == "rejected"
    return bad


async def test_the_author_puts_a_refused_change_right(world: World, area: UUID) -> None:
    phone = await phone_of(world, "social_worker", area)
    bad = await refused(phone, area)
    (kept,) = (await phone.get(QUARANTINE)).json()["changes"]
    assert (kept["change"], kept["sent"]["set"]["kind"], kept["problem"]["type"]) == (
        bad["id"],
        "seaside",
        "change-invalid",
    )
    right = {**bad, "set": {**bad["set"], "kind": "urban"}}
    answer = await phone.post(f"{QUARANTINE}/{bad['id']}/retry", json={"change": right})
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "applied"
    assert (await phone.get(QUARANTINE)).json() == {"changes": [], "next": None}


async def test_the_supervisor_sees_it_and_others_do_not(world: World, area: UUID) -> None:
    bad = await refused(await phone_of(world, "social_worker", area), area)
    supervisor = await phone_of(world, "supervisor", area)
    assert [kept["change"] for kept in (await supervisor.get(QUARANTINE)).json()["changes"]] == [bad["id"]]
    for role in ("social_worker", "community_officer", "city_officer", "administrator"):
        other = await phone_of(world, role, area)
        assert (await other.get(QUARANTINE)).json()["changes"] == []
        for path in (f"{QUARANTINE}/{bad['id']}/retry", f"{QUARANTINE}/{bad['id']}/dismiss"):
            foreign = await other.post(path)
            unknown = await other.post(path.replace(bad["id"], str(new_id())))
            assert (foreign.status_code, foreign.json()) == (404, unknown.json())


async def test_a_change_that_was_let_go_waits_no_more(world: World, area: UUID) -> None:
    phone = await phone_of(world, "social_worker", area)
    bad = await refused(phone, area)
    assert (await phone.post(f"{QUARANTINE}/{bad['id']}/dismiss")).status_code == 204
    assert (await phone.get(QUARANTINE)).json()["changes"] == []
    assert (await phone.post(f"{QUARANTINE}/{bad['id']}/dismiss")).status_code == 404


async def test_what_waits_for_a_record_that_moved_away_is_let_go_as_anything_else(
    world: World, area: UUID
) -> None:
    there = await world.make_area()
    boss = Shelf(await world.sign_in(await world.make_account("supervisor", area, there)))
    await boss.settle(household(area, hidden := new_id()), household(area, seen := new_id()))
    guest = await world.make_account()
    await world.join(guest, area, seen)
    phone = await world.sign_in(guest)
    waiting = change("household", hidden, area, base=1, set={"note": "看不见的"})
    assert (await Shelf(phone).exchange(waiting))["results"][0]["outcome"] == "parked"
    base = boss.records[str(hidden)]["rev"]
    await boss.settle(change("household", hidden, area, base=base, op="move", to=there))
    assert (await phone.post(f"{QUARANTINE}/{waiting['id']}/dismiss")).status_code == 204
    assert (await phone.get(QUARANTINE)).json()["changes"] == []
    told = await world.pool.fetchval(
        "SELECT count(*) FROM audit WHERE account = $1 AND detail->>'dismissed' IS NOT NULL", guest.id
    )
    assert told == 1, "it is on record who let it go"


async def test_the_quarantine_comes_in_pages(world: World, area: UUID) -> None:
    phone = await phone_of(world, "social_worker", area)
    sent = [(await refused(phone, area))["id"] for _ in range(5)]
    found, after = [], 0
    while after is not None:
        page = (await phone.get(QUARANTINE, params={"after": after, "limit": 2})).json()
        found += [kept["change"] for kept in page["changes"]]
        after = page["next"]
    assert found == sent


async def test_a_repair_that_cannot_be_read_is_named_and_nothing_is_lost(world: World, area: UUID) -> None:
    phone = await phone_of(world, "social_worker", area)
    bad = await refused(phone, area)
    for body in (b"{", b"[]", b'{"change": '):
        answer = await phone.post(f"{QUARANTINE}/{bad['id']}/retry", content=body)
        assert answer.status_code in (400, 422)
    answer = await phone.post(f"{QUARANTINE}/{bad['id']}/retry", json={"change": {"id": 7}})
    assert answer.status_code in (200, 422)
    assert len((await phone.get(QUARANTINE)).json()["changes"]) == 1


async def test_history_tells_every_change_to_who_may_see_it(world: World, area: UUID) -> None:
    worker = Shelf(await phone_of(world, "social_worker", area))
    id = new_id()
    await worker.settle(household(area, id))
    base = worker.records[str(id)]["rev"]
    await worker.settle(change("household", id, area, base=base, set={"note": "密", "name": "李家"}))
    await worker.settle(change("household", id, area, base=base, set={"note": "密二"}))
    of_worker = (await worker.phone.get(HISTORY, params={"record": str(id)})).json()["entries"]
    assert [entry["set"].get("note") for entry in of_worker] == [None, "密", "密二"]
    officer = await phone_of(world, "community_officer", area)
    of_officer = (await officer.get(HISTORY, params={"record": str(id)})).json()["entries"]
    assert [entry["set"].get("name") for entry in of_officer] == ["王家", "李家"]
    assert "note" not in of_officer[1]["set"]


async def test_history_of_what_one_may_not_see_is_that_of_nothing(world: World, area: UUID) -> None:
    worker = Shelf(await phone_of(world, "social_worker", area))
    id = new_id()
    await worker.settle(household(area, id))
    stranger = await phone_of(world, "social_worker", await world.make_area())
    foreign = await stranger.get(HISTORY, params={"record": str(id)})
    unknown = await stranger.get(HISTORY, params={"record": str(new_id())})
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())


async def test_history_of_no_record_is_told_what_is_missing(world: World, area: UUID) -> None:
    answer = await (await phone_of(world, "social_worker", area)).get(HISTORY)
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == "/record"
