"""The server and the people around it, for the tests in Node: they ask for them in lines of JSON.

Started by `office.js`. It serves an empty Liandong of its own on a free port, makes areas and accounts in its
database, and carries Python replicas that take part beside the client libraries. One line asks
(`{"do": "area"}`), one line answers; when no more lines come everything is stopped and removed.
"""

import asyncio
import contextlib
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from service.access import members
from service.access.areas import NewArea, create_areas
from service.access.grants import end, give, grant_numbered
from service.database import open_pool
from service.embedded import EmbeddedPostgres
from service.master_key import load_keyring
from service.settings import Settings
from sync.replica import Backoff, HttpTransport, Replica
from sync.scope import Place
from tests.processes import new_folder
from tests.serving import Installation
from tests.sync.changes import new_id
from tests.world import PASSWORD, PASSWORD_HASH

SETTINGS = {"LIANDONG_SECOND_FACTOR": "off", "LIANDONG_LOG_LEVEL": "warning"}


class Office:
    """What can be asked for. Every method takes the members of its line, and what it gives is the answer."""

    def __init__(self, pool: asyncpg.Pool, folder: Path, address: str) -> None:
        self._pool = pool
        self._folder = folder
        self._address = address
        self._made = 0
        self._replicas: dict[str, Replica] = {}
        self._holding: contextlib.AsyncExitStack | None = None

    async def area(self) -> UUID:
        """A new community."""
        self._made += 1
        id = uuid.uuid4()
        async with self._pool.acquire() as connection:
            area = NewArea(id, None, "community", f"6201{self._made:08}", f"社区 {self._made}")
            await create_areas(connection, [area])
        return id

    async def account(self, role: str, area: str) -> dict[str, Any]:
        """A new account that holds `role` in `area`: what it signs in with, and the number of its grant."""
        self._made += 1
        id, username = uuid.uuid4(), f"person{self._made}"
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, $2, $3, $4)",
                id,
                username,
                f"人员{self._made}",
                PASSWORD_HASH,
            )
            grant, _ = await give(connection, id, role, UUID(area))
        return {"id": id, "username": username, "password": PASSWORD, "grant": grant}

    async def end_grant(self, grant: int) -> None:
        """It ends now."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = await grant_numbered(connection, grant)
            assert found is not None
            await end(connection, found, by=found.account)

    async def join(self, account: str, area: str, case: str) -> None:
        """Somebody works on a file from now on."""
        place = Place(UUID(area), UUID(case))
        async with self._pool.acquire() as connection, connection.transaction():
            await members.give(
                connection, place, UUID(account), "co_worker", confidential=False, by=UUID(account)
            )

    async def leave(self, account: str, area: str, case: str) -> None:
        """Somebody works on a file no longer."""
        async with self._pool.acquire() as connection, connection.transaction():
            await members.end(connection, Place(UUID(area), UUID(case)), UUID(account), by=UUID(account))

    async def hold_up(self, area: str) -> None:
        """Nothing can be written in the area until `let_go`: whoever tries is sent away at once."""
        async with contextlib.AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self._pool.acquire())
            await stack.enter_async_context(connection.transaction())
            await connection.execute("SELECT FROM area WHERE id = $1 FOR UPDATE", UUID(area))
            holder = await connection.fetchval("SELECT pg_backend_pid()")
            sending = asyncio.create_task(self._send_away(holder))
            stack.push_async_callback(_end, sending)
            self._holding = stack.pop_all()

    async def _send_away(self, holder: int) -> None:
        """Those who wait for `holder`, as the database does itself with who waits too long."""
        while True:
            await self._pool.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))",
                holder,
            )
            await asyncio.sleep(0.02)

    async def let_go(self) -> None:
        """Of the area that is held up."""
        assert self._holding is not None
        await self._holding.aclose()

    async def expire_uploads(self, record: str) -> None:
        """The days are over in which files for a record may still come."""
        await self._pool.execute(
            "UPDATE upload SET expires_at = clock_timestamp() - interval '1 second' WHERE record = $1",
            UUID(record),
        )

    async def replica(self, name: str, username: str) -> None:
        """A device that speaks the protocol of sync/README.md, known as `name` from now on."""
        file = self._folder / f"{name}.sqlite"
        transport = HttpTransport(self._address)
        self._replicas[name] = Replica(file, transport, name=name, backoff=Backoff(0.05, 1.0, 8))
        await self._replicas[name].sign_in(username, PASSWORD)

    async def sync(self, name: str) -> None:
        """One full exchange."""
        await self._replicas[name].sync()

    async def create(self, name: str, collection: str, area: str, set: dict[str, Any]) -> UUID:
        """A record made on the device."""
        return self._replicas[name].create(collection, UUID(area), set, id=new_id())

    async def create_many(
        self, name: str, collection: str, area: str, set: dict[str, Any], count: int
    ) -> list[UUID]:
        """As many of them, with a number behind the name."""
        made = [
            self._replicas[name].create(collection, UUID(area), {**set, "name": f"{set['name']}{number}"})
            for number in range(count)
        ]
        await self._replicas[name].sync()
        return made

    async def edit(self, name: str, record: str, **what: Any) -> None:
        """An edit on the device: `set`, `add`, `remove`, `increment`."""
        self._replicas[name].edit(UUID(record), **what)

    async def delete(self, name: str, record: str) -> None:
        """A delete on the device."""
        self._replicas[name].delete(UUID(record))

    async def records(self, name: str, collection: str) -> dict[str, Any]:
        """What the device holds of a collection: its fields by id."""
        return {str(held.id): held.values for held in self._replicas[name].all(collection)}

    async def history(self, record: str) -> list[dict[str, Any]]:
        """What was done to a record: the device that did it, and what came of it."""
        rows = await self._pool.fetch(
            "SELECT device, op, outcome FROM history WHERE record = $1 ORDER BY rev", UUID(record)
        )
        return [dict(row) for row in rows]

    async def quarantine(self) -> list[str]:
        """The records of what was not applied, oldest first."""
        rows = await self._pool.fetch("SELECT record FROM quarantine WHERE state = 'open' ORDER BY no")
        return [str(row["record"]) for row in rows]

    def close(self) -> None:
        for replica in self._replicas.values():
            replica.close()


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _answer(office: Office, line: bytes) -> dict[str, Any]:
    asked = msgspec.json.decode(line)
    do: Callable[..., Awaitable[Any]] = getattr(office, asked.pop("do"))
    try:
        return {"done": await do(**asked)}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


async def _work(installation: Installation, folder: Path, address: str) -> None:
    settings = Settings(data=installation.data)
    url = EmbeddedPostgres(installation.data / "postgres").url("liandong")
    pool = await open_pool(url, 3, load_keyring(settings))
    office = Office(pool, folder, address)
    _say({"address": address})
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        _say(await _answer(office, line))
    office.close()
    await pool.close()


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    with new_folder() as folder:
        folder.chmod(0o711)
        installation = Installation(folder / "data")
        try:
            serving = installation.serve(SETTINGS)
            asyncio.run(_work(installation, folder, serving.address()))
            serving.end(signal.SIGINT)
        finally:
            installation.end()


if __name__ == "__main__":
    main()
