"""Phones are told at once that something moved, and nothing of what."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import httpx
import pytest
import uvicorn
from litestar import Litestar

from service import poke
from service.database import connect
from service.poke import Pokes, Waiter
from sync.scope import Place
from tests.clock import Clock
from tests.sync.changes import change, household
from tests.sync.shelf import Shelf
from tests.world import Phone, World


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test keeps its own."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@asynccontextmanager
async def listening(app: Litestar) -> AsyncIterator[str]:
    """The started `app` on a port of its own: streams need a real connection."""
    server = _Server(
        uvicorn.Config(app, port=0, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


@asynccontextmanager
async def pokes_of(address: str, phone: Phone) -> AsyncIterator[AsyncIterator[UUID]]:
    """The areas that a phone's stream names, one by one."""
    headers = {"Authorization": phone.headers["Authorization"]}
    async with (
        httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client,
        client.stream("GET", "/api/v1/sync/stream") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await anext(lines) == ": open"

        async def named() -> AsyncIterator[UUID]:
            async for line in lines:
                if line.startswith("data: "):
                    yield UUID(json.loads(line[6:])["area"])

        yield named()


async def test_a_colleagues_push_pokes_who_is_cleared_for_it(world: World) -> None:
    area, other = await world.make_area(), await world.make_area()
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", area, other)))
    phone = await world.sign_in(await world.make_account("supervisor", area))
    async with listening(world.app) as address, pokes_of(address, phone) as pokes:
        await writer.exchange(household(other))
        await writer.exchange(household(area))
        assert await asyncio.wait_for(anext(pokes), 5) == area


async def test_what_one_may_not_see_pokes_nobody(world: World) -> None:
    area = await world.make_area()
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    await writer.settle(household(area))
    officer = await world.sign_in(await world.make_account("community_officer", area))
    (id,) = writer.records
    async with listening(world.app) as address, pokes_of(address, officer) as pokes:
        base = writer.records[id]["rev"]
        await writer.exchange(change("household", UUID(id), area, base=base, set={"note": "密"}))
        waiting = asyncio.ensure_future(anext(pokes))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        await writer.exchange(change("household", UUID(id), area, base=base, set={"name": "李家"}))
        assert await asyncio.wait_for(waiting, 5) == area


async def test_what_a_colleague_is_granted_or_loses_pokes_nobody_else(world: World) -> None:
    area = await world.make_area()
    admin = await world.sign_in(await world.make_account("administrator", area))
    colleague = await world.make_account("social_worker", area)
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    phone = await world.sign_in(await world.make_account("social_worker", area))
    account = f"/api/v1/admin/accounts/{colleague.id}"
    async with listening(world.app) as address, pokes_of(address, phone) as pokes:
        given = await admin.post(f"{account}/grants", json={"role": "supervisor", "area": str(area)})
        await admin.delete(f"/api/v1/admin/grants/{given.json()['id']}")
        await admin.post(f"{account}/suspend")
        waiting = asyncio.ensure_future(anext(pokes))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        await writer.exchange(household(area))
        assert await asyncio.wait_for(waiting, 5) == area


@pytest.mark.parametrize("role", ["child_officer", "social_worker"])
async def test_a_new_day_pokes_whom_days_give_and_take_something_and_nobody_else(
    clock: Clock, world: World, role: str
) -> None:
    area, elsewhere = await world.make_area(), await world.make_area()
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", elsewhere)))
    reader = await world.sign_in(await world.make_account(role, area))
    boss = await world.sign_in(await world.make_account("supervisor", area))
    async with (
        listening(world.app) as address,
        pokes_of(address, reader) as pokes,
        pokes_of(address, boss) as others,
    ):
        await clock.forward(days=1)
        await writer.exchange(household(elsewhere))  # has every stream look
        assert await asyncio.wait_for(anext(pokes), 5) == area
        waiting = asyncio.ensure_future(anext(others))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        waiting.cancel()


async def test_a_stream_ends_when_the_device_is_revoked(world: World) -> None:
    area = await world.make_area()
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    phone = await world.sign_in(await world.make_account("supervisor", area))
    async with listening(world.app) as address, pokes_of(address, phone) as pokes:
        await world.pool.execute("UPDATE device SET revoked_at = now() WHERE id = $1", phone.device)
        await writer.exchange(household(area))
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(pokes), 5)


async def test_a_stream_asks_who_is_there(world: World) -> None:
    answer = await (await world.stranger()).get("/api/v1/sync/stream")
    assert (answer.status_code, answer.json()["type"]) == (401, "sign-in-required")


async def test_a_long_poll_answers_when_something_moves(world: World) -> None:
    area = await world.make_area()
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    reader = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    await reader.settle()
    asked = {"cursor": reader.cursor, "seconds": 10}
    waiting = asyncio.create_task(reader.phone.get("/api/v1/sync/wait", params=asked))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await writer.exchange(household(area))
    answer = await asyncio.wait_for(waiting, 5)
    assert answer.json() == {"areas": [str(area)]}


async def test_a_long_poll_answers_at_once_what_moved_before_it(world: World) -> None:
    area = await world.make_area()
    writer = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    reader = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    await reader.settle()
    await writer.exchange(household(area))
    asked = {"cursor": reader.cursor, "seconds": 10}
    answer = await asyncio.wait_for(reader.phone.get("/api/v1/sync/wait", params=asked), 2)
    assert answer.json() == {"areas": [str(area)]}


async def test_a_long_poll_with_nothing_to_say_ends_with_its_time(world: World) -> None:
    reader = Shelf(await world.sign_in(await world.make_account("supervisor", await world.make_area())))
    await reader.settle()
    answer = await reader.phone.get("/api/v1/sync/wait", params={"cursor": reader.cursor, "seconds": 0})
    assert answer.json() == {"areas": []}


async def test_a_long_poll_hears_of_access_that_ended(world: World) -> None:
    area = await world.make_area()
    person = await world.make_account("supervisor", area)
    reader = Shelf(await world.sign_in(person))
    await reader.settle()
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", person.id)
    answer = await reader.phone.get("/api/v1/sync/wait", params={"cursor": reader.cursor, "seconds": 5})
    assert answer.json() == {"areas": [str(area)]}


async def test_a_long_poll_hears_of_an_area_gained_though_it_is_empty(world: World) -> None:
    person = await world.make_account("supervisor", await world.make_area())
    reader = Shelf(await world.sign_in(person))
    await reader.settle()
    gained = await world.make_area()
    await world.grant(person, "supervisor", gained)
    answer = await reader.phone.get("/api/v1/sync/wait", params={"cursor": reader.cursor, "seconds": 5})
    assert answer.json() == {"areas": [str(gained)]}


async def test_listening_goes_on_after_the_connection_was_cut(database_url: str, pool: asyncpg.Pool) -> None:
    confirmed = 0

    async def confirm(_: asyncpg.Connection) -> None:
        nonlocal confirmed
        confirmed += 1

    pokes = Pokes(database_url, confirm)
    pokes.start()
    with pokes.waiting() as waiter:
        assert await waiter.wait(5) == {}, "whoever waits looks for themselves after every (re)connection"
        await pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        assert await waiter.wait(10) == {}
        area = UUID(int=7)
        async with pool.acquire() as connection:
            await poke.send(connection, {Place(area): 3})
        assert await waiter.wait(5) == {Place(area): 3}
    assert confirmed == 2
    await pokes.stop()


async def test_that_anything_may_have_moved_is_not_forgotten_over_what_is_named() -> None:
    named = {Place(UUID(int=7)): 3}
    for first, then in (({}, named), (named, {})):
        waiter = Waiter()
        waiter.wake(first)
        waiter.wake(then)
        assert await waiter.wait(1) == {}, "nothing named: anything"
        waiter.wake(named)
        assert await waiter.wait(1) == named


async def test_many_areas_are_told_in_several_messages(database_url: str) -> None:
    heard: list[str] = []
    connection = await connect(database_url)
    await connection.add_listener(poke.CHANNEL, lambda *message: heard.append(message[-1]))
    await poke.send(connection, {Place(UUID(int=number)): 63 for number in range(400)})
    await connection.execute("SELECT 1")
    assert sum(len(message.split(",")) for message in heard) == 400
    await connection.close()
