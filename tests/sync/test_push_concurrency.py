"""Many connections at once: nothing is lost, doubled, out of order or stuck; trouble is said as `retry`."""

import asyncio
import random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from service.database import open_pool
from service.rights import ROLE
from sync.attempts import PassingTrouble, carried_out
from sync.keyring import Keyring
from sync.statement import Connection
from tests.sync.changes import new_id
from tests.sync.pushing import Device, Office, edit, leaf, sheet


async def test_one_change_over_many_connections_takes_effect_once(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    await device.one(made)
    counted = edit(made, 0, increment={"hours": 1})
    answers = await asyncio.gather(*(device.push(counted, sheet(area)) for _ in range(6)))
    firsts = [results[0] for results in answers]
    assert sorted(result.repeated for result in firsts) == [False] + [True] * 5
    assert {result.outcome for result in firsts} == {"applied"}
    assert len({result.rev for result in firsts}) == 1
    assert (await office.values(made["record"]))["hours"] == 1


async def test_overlapping_batches_in_any_order_take_effect_once(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    made = sheet(area)
    await device.one(made)
    changes = [edit(made, 0, increment={"hours": 1}) for _ in range(20)]
    chance = random.Random(7)
    batches = [chance.sample(changes, 12) for _ in range(8)] + [changes]
    answers = await asyncio.gather(*(device.push(*batch) for batch in batches))
    assert (await office.values(made["record"]))["hours"] == 20
    assert sum(not result.repeated for results in answers for result in results) == 20


async def test_batches_over_areas_in_any_order_do_not_wait_for_each_other_for_ever(office: Office) -> None:
    areas = [await office.area() for _ in range(4)]
    device = office.device(*areas)
    chance = random.Random(7)

    async def write(turns: int) -> None:
        for _ in range(turns):
            results = await device.push(*(sheet(area) for area in chance.sample(areas, 4)))
            assert {result.outcome for result in results} == {"applied"}

    async with asyncio.timeout(60):
        await asyncio.gather(*(write(6) for _ in range(6)))
    assert await office.pool.fetchval("SELECT count(*) FROM record") == 6 * 6 * 4


async def test_positions_become_visible_in_their_order_however_long_a_writer_takes(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    seen: list[int] = []

    async def write(writer: Device) -> None:
        for _ in range(5):
            await writer.push(sheet(area), sheet(area))

    async def watch() -> None:
        while len(seen) < 40:
            rows = await office.pool.fetch(
                "SELECT rev FROM record WHERE area = $1 AND rev > $2 ORDER BY rev",
                area,
                seen[-1] if seen else 0,
            )
            seen.extend(row["rev"] for row in rows)
            await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(watch(), *(write(device) for _ in range(4)))
    rows = await office.pool.fetch("SELECT rev FROM record ORDER BY rev")
    assert seen == [row["rev"] for row in rows]


async def test_the_same_id_for_two_areas_at_once_is_used_once(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    for _ in range(5):
        one = sheet(here)
        other = {**sheet(there), "id": one["id"]}
        answers = await asyncio.gather(device.one(one), device.one(other))
        assert sorted(result.outcome for result in answers) == ["applied", "rejected"]


async def test_moves_to_and_fro_against_edits_lose_nothing(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here)
    child = leaf(here, made["record"])
    await device.push(made, child)

    async def move() -> None:
        for _ in range(5):
            for target, source in ((there, here), (here, there)):
                result = await device.one(edit({**made, "area": str(source)}, 0, op="move", to=target))
                assert result.outcome == "applied"

    async def count(mine: Device) -> None:
        for _ in range(10):
            result = await mine.one(edit(made, 0, increment={"hours": 1}))
            while result.outcome == "retry":
                result = await mine.one(edit(made, 0, increment={"hours": 1}))
            assert result.outcome in ("applied", "merged")

    async with asyncio.timeout(60):
        await asyncio.gather(move(), *(count(office.device(here, there)) for _ in range(3)))
    assert (await office.values(made["record"]))["hours"] == 30


async def test_a_lock_held_too_long_is_answered_as_passing_trouble(
    database_url: str, office: Office, keyring: Keyring
) -> None:
    area = await office.area()
    impatient = await open_pool(database_url, 1, keyring, role=ROLE)
    await impatient.execute("SET lock_timeout = '20ms'")
    async with office.pool.acquire() as holding, holding.transaction():
        await holding.execute("SELECT 1 FROM area WHERE id = $1 FOR UPDATE", area)
        device = office.device(area)
        device.pool = impatient
        made = sheet(area)
        result = await device.one(made)
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("retry", "passing-trouble")
    assert (await device.one(made)).outcome == "applied"
    await impatient.close()


async def test_a_database_that_ends_the_connection_is_answered_as_passing_trouble(office: Office) -> None:
    area = await office.area()
    device = office.device(area)
    async with office.pool.acquire() as holding, holding.transaction():
        await holding.execute("SELECT 1 FROM area WHERE id = $1 FOR UPDATE", area)
        made = sheet(area)
        pushing = asyncio.create_task(device.one(made))
        ended = 0
        while not ended:
            await asyncio.sleep(0.01)
            # Not within the transaction, in which the first look at who is there would be the last.
            ended = await office.pool.fetchval(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database()
                """
            )
        result = await pushing
    assert result.outcome == "retry"
    assert not await office.exists(made["record"])
    assert (await device.one(made)).outcome == "applied"


async def test_a_connection_that_is_cut_between_two_messages_is_passing_trouble(office: Office) -> None:
    async def attempt(_: Connection, __: set[UUID]) -> None:
        raise asyncpg.InternalClientError("got result for unknown protocol state 3")

    with pytest.raises(PassingTrouble):
        await carried_out(office.pool, attempt)


async def test_a_parent_and_its_child_over_two_connections_both_arrive(office: Office) -> None:
    area = await office.area()
    for _ in range(8):
        parent = new_id()
        child = leaf(area, parent)
        await asyncio.gather(office.device(area).one(child), office.device(area).one(sheet(area, parent)))
        assert await office.exists(child["record"])
    assert not await office.quarantine()


async def test_a_batch_takes_the_same_statements_however_many_changes_it_has(
    database_url: str, office: Office, keyring: Keyring
) -> None:
    areas = [await office.area() for _ in range(3)]
    one_connection = await open_pool(database_url, 1, keyring, role=ROLE)
    device, other = office.device(*areas), office.device(*areas)
    device.pool = other.pool = one_connection
    said: list[str] = []
    async with one_connection.acquire() as connection:
        connection._con.add_query_logger(lambda record: said.append(record.query))

    async def statements(by: Device, changes: list[dict[str, Any]]) -> list[str]:
        said.clear()
        await by.push(*changes)
        return list(said)

    taken = []
    for count in (3, 3, 40, 400):  # the first time the driver asks for types as well
        made = [sheet(areas[number % 3], set={"guardian": "甲", "note": "甲。"}) for number in range(count)]
        lost = [edit(each, 1, set={"guardian": "乙", "note": "乙。"}) for each in made]
        bad = [sheet(areas[number % 3], set={"danger": "?"}) for number in range(count)]
        late = [leaf(areas[0], new_id()) for _ in range(count)]
        taken.append(
            [
                await statements(device, made),
                await statements(other, lost),
                await statements(device, bad),
                await statements(device, late),
                await statements(other, [sheet(areas[0], UUID(each["set"]["sheet"])) for each in late]),
            ]
        )
    assert taken[1] == taken[2] == taken[3]
    assert [len(each) for each in taken[1]] == [10, 11, 10, 10, 16]
    await one_connection.close()
