"""Tombstones go when no device can need them any more, and not before."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sync.sweep import sweep
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World

TERM = timedelta(days=365)


async def deleted_household(world: World) -> tuple[Shelf, UUID]:
    area = await world.make_area()
    phone = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    id = new_id()
    await phone.settle(household(area, id), household(area))
    await phone.settle(change("household", id, area, op="delete", base=phone.records[str(id)]["rev"]))
    return phone, id


async def swept(world: World, later: timedelta) -> int:
    async with world.application.acquire() as connection:
        return await sweep(connection, TERM, datetime.now(UTC) + later)


async def test_a_tombstone_within_its_term_stays(world: World) -> None:
    await deleted_household(world)
    assert await swept(world, TERM) == 0


async def test_a_tombstone_past_its_term_goes_and_its_history_stays(world: World) -> None:
    _, id = await deleted_household(world)
    assert await swept(world, TERM + timedelta(days=3)) == 1
    assert await world.pool.fetchval("SELECT count(*) FROM record") == 1
    assert await world.pool.fetchval("SELECT count(*) FROM history WHERE record = $1", id) == 2


async def test_a_departure_past_its_term_goes(world: World) -> None:
    street = await world.make_area("street")
    here, there = await world.make_area(parent=street), await world.make_area(parent=street)
    phone = Shelf(await world.sign_in(await world.make_account("supervisor", street)))
    id = new_id()
    await phone.settle(household(here, id))
    await phone.settle(change("household", id, here, op="move", to=there, base=phone.records[str(id)]["rev"]))
    assert await swept(world, TERM) == 0
    assert await swept(world, TERM + timedelta(days=3)) == 1
    assert await world.pool.fetchval("SELECT count(*) FROM departure") == 0


async def test_a_digest_is_the_same_before_and_after(world: World) -> None:
    phone, _ = await deleted_household(world)
    before = await phone.settle(verify=True)
    await swept(world, TERM + timedelta(days=3))
    assert (await phone.settle(verify=True))["digest"] == before["digest"]
