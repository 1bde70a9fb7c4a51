"""A running application with areas, people and phones, for tests that go through HTTP.

    async def test_something(world: World) -> None:
        community = await world.make_area("community")
        worker = await world.make_account("social_worker", community)
        phone = await world.sign_in(worker)
        answer = await phone.post("/api/v1/sync", json={...})

The application is the real one on a database of its own, called through ASGI in the test's event loop;
only hashing passwords is made cheap.
"""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx
import msgspec
import uvicorn
from litestar import Litestar

from service.access import members
from service.access.areas import Level, NewArea, create_areas
from service.access.grants import give
from service.app import create_app
from service.auth.passwords import Passwords
from service.database import open_pool
from service.settings import Settings
from sync.scope import Place

PASSWORD = "correct horse battery"
_PASSWORDS = Passwords(memory_kib=8, passes=1, lanes=1)
PASSWORD_HASH = _PASSWORDS.hash_of(PASSWORD)


class Person(msgspec.Struct, frozen=True):
    """An account that a test made. `username` is what it signs in with; the password is `PASSWORD`."""

    id: UUID
    username: str
    name: str


class Phone(httpx.AsyncClient):
    """A signed-in device: an HTTP client whose requests carry its access token.

    `answer` is what its latest login or refresh was answered.
    """

    device: UUID
    person: Person
    answer: dict[str, Any]

    def take(self, answer: dict[str, Any]) -> None:
        """Go on with the tokens of `answer`."""
        self.answer = answer
        self.headers["Authorization"] = f"Bearer {answer['access_token']}"


class World:
    """Makes areas, accounts, grants and signed-in phones on `app`. Made by the fixture `world`.

    `pool`: connections of the database's owner, for looking into everything.
    """

    def __init__(self, app: Litestar, pool: asyncpg.Pool, stack: AsyncExitStack) -> None:
        self.app = app
        self.pool = pool
        self._stack = stack
        self._made = 0

    @property
    def application(self) -> asyncpg.Pool:
        """The application's connections, which see what their transaction says that it is about."""
        found: asyncpg.Pool = self.app.state.pool
        return found

    async def make_area(
        self, level: Level = "community", parent: UUID | None = None, name: str | None = None
    ) -> UUID:
        """A new area, below `parent` if one is named."""
        self._made += 1
        id = uuid.uuid4()
        area = NewArea(id, parent, level, f"6201{self._made:08}", name or f"{level} {self._made}")
        async with self.pool.acquire() as connection:
            await create_areas(connection, [area])
        return id

    async def make_account(
        self,
        role: str | None = None,
        *areas: UUID,
        username: str | None = None,
        password: str | None = PASSWORD,
    ) -> Person:
        """A new account that holds `role` in each of `areas`. Nobody signs in where `password` is None."""
        self._made += 1
        id, username, name = uuid.uuid4(), username or f"person{self._made}", f"人员{self._made}"
        await self.pool.execute(
            "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, $2, $3, $4)",
            id,
            username,
            name,
            _hash_of(password),
        )
        person = Person(id, username, name)
        if role is not None:
            for area in areas:
                await self.grant(person, role, area)
        return person

    async def grant(
        self,
        person: Person,
        role: str,
        area: UUID,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """A grant; its number."""
        async with self.pool.acquire() as connection, connection.transaction():
            number, _ = await give(connection, person.id, role, area, since, until)
        return number

    async def join(
        self,
        person: Person,
        area: UUID,
        case: UUID | str,
        kind: str = "co_worker",
        *,
        confidential: bool = False,
        until: datetime | None = None,
    ) -> None:
        """Have `person` work on a file, in this way from now on."""
        place = Place(area, UUID(str(case)))
        async with self.pool.acquire() as connection, connection.transaction():
            await members.give(
                connection, place, person.id, kind, confidential=confidential, by=person.id, until=until
            )

    async def leave(self, person: Person, area: UUID, *cases: UUID | str) -> None:
        """End the work of `person` on files; on all of the area where none are named."""
        named = cases or await self.pool.fetchval(
            "SELECT array_agg(case_id) FROM case_member WHERE area = $1 AND account = $2", area, person.id
        )
        async with self.pool.acquire() as connection, connection.transaction():
            for case in named or ():
                await members.end(connection, Place(area, UUID(str(case))), person.id, by=person.id)

    async def serve(self) -> str:
        """Serve the application on a port of this machine too, until the test ends: its address.

        For what ASGI calls cannot show: streams, connections that break, clients of their own.
        """
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            cast(Any, self.app),
            lifespan="off",
            log_config=None,
            access_log=False,  # as `liandong serve` has it: ours is service/logs.py
            timeout_graceful_shutdown=1,
        )
        server = _Quiet(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))

        async def stop() -> None:
            server.should_exit = True
            await task
            listener.close()

        self._stack.push_async_callback(stop)
        while not server.started:
            await asyncio.sleep(0.005)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def stranger(self, host: str = "192.0.2.1") -> httpx.AsyncClient:
        """A client at the address `host` that has not signed in."""
        return await self._stack.enter_async_context(httpx.AsyncClient(**self._to_app(host)))

    async def sign_in(self, person: Person, device: UUID | None = None, password: str = PASSWORD) -> Phone:
        """A phone of `person`; a new one unless `device` names it."""
        phone = await self._stack.enter_async_context(Phone(**self._to_app()))
        phone.person, phone.device = person, device or uuid.uuid4()
        answer = await phone.post(
            "/api/v1/auth/login", json=login_body(person.username, phone.device, password)
        )
        assert answer.status_code == 200, answer.text
        phone.take(answer.json())
        return phone

    def _to_app(self, host: str = "192.0.2.1") -> dict[str, Any]:
        # Litestar types an application more exactly than httpx asks for.
        transport = httpx.ASGITransport(cast(Any, self.app), raise_app_exceptions=False, client=(host, 1234))
        return {"transport": transport, "base_url": "http://liandong.test"}


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _hash_of(password: str | None) -> str | None:
    if password is None:
        return None
    return PASSWORD_HASH if password == PASSWORD else _PASSWORDS.hash_of(password)


def login_body(username: str, device: UUID, password: str = PASSWORD) -> dict[str, Any]:
    """What `POST /auth/login` takes."""
    return {
        "username": username,
        "password": password,
        "device": {"id": str(device), "name": "小米 14", "platform": "android"},
    }


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[World]:
    """A world on the database that `settings` name, which is migrated and empty."""
    app = create_app(settings)
    app.state.passwords = _PASSWORDS
    started, stopping = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stopping.wait()

    # One task from start to stop, as a server has it: fixtures begin and end in different ones.
    life = asyncio.create_task(live())
    start = asyncio.create_task(started.wait())
    await asyncio.wait([life, start], return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        start.cancel()
        life.result()
    try:
        async with AsyncExitStack() as stack:
            pool = await open_pool(str(settings.database_url), 4, app.state.keyring)
            stack.push_async_callback(pool.close)
            yield World(app, pool, stack)
    finally:
        stopping.set()
        await life


def settings_for(database_url: str, folder: Path, **others: Any) -> Settings:
    """Settings of an application on `database_url` that keeps its files in `folder`.

    No second factor is asked for, unless `second_factor` says so.
    """
    return Settings(data=folder, database_url=database_url, **{"second_factor": "off", **others})
