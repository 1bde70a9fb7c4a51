"""Telling waiting devices, in every process, that something moved.

After a commit the process that made it notifies through PostgreSQL; each process listens on a connection of
its own and wakes those of its waiters who are cleared for what moved. A notification carries areas and
classes, never contents, and losing one costs no more than a poke: devices ask again by themselves.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import asyncpg
import structlog

from service.database import connect
from sync.statement import Connection, statement

CHANNEL = "liandong"
AREAS_A_MESSAGE = 150  # a notification may have 8,000 bytes
RECONNECT_SECONDS = 1.0

_NOTIFY = statement("SELECT pg_notify(CAST(:channel AS text), CAST(:payload AS text))")


async def send(connection: Connection | asyncpg.Pool, touched: Mapping[UUID, int]) -> None:
    """Say that in these areas parts of these classes moved. After the commit, outside any transaction."""
    entries = [f"{area.hex}:{classes}" for area, classes in touched.items()]
    for start in range(0, len(entries), AREAS_A_MESSAGE):
        payload = ",".join(entries[start : start + AREAS_A_MESSAGE])
        if isinstance(connection, asyncpg.Pool):
            async with connection.acquire() as one:
                await _NOTIFY.execute(one, channel=CHANNEL, payload=payload)
        else:
            await _NOTIFY.execute(connection, channel=CHANNEL, payload=payload)


class Waiter:
    """Somebody who waits. `moved` gathers what moved until it is taken."""

    def __init__(self) -> None:
        self._moved: dict[UUID, int] = {}
        self._something = asyncio.Event()
        self.is_over = False

    def wake(self, moved: Mapping[UUID, int]) -> None:
        """Something moved; with nothing named, anything may have."""
        for area, classes in moved.items():
            self._moved[area] = self._moved.get(area, 0) | classes
        self._something.set()

    def end(self) -> None:
        """The process is about to stop."""
        self.is_over = True
        self._something.set()

    async def wait(self, seconds: float) -> dict[UUID, int] | None:
        """What moved, as soon as something does; None when the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._something.wait()
                self._something.clear()
                moved, self._moved = self._moved, {}
                return moved
        return None


class Pokes:
    """One process's listener. `start` it with the application, `stop` it with it."""

    def __init__(
        self,
        url: str,
        on_connect: Callable[[asyncpg.Connection], Awaitable[object]],
        role: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._role = role or {}
        self._on_connect = on_connect
        self._waiters: set[Waiter] = set()
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("poke")

    def start(self) -> None:
        """Listen, and keep listening when the database has been away."""
        self._task = asyncio.create_task(self._listen(), name="poke listener")

    async def stop(self) -> None:
        """Let every waiter go, then stop listening."""
        for waiter in self._waiters:
            waiter.end()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @contextmanager
    def waiting(self) -> Iterator[Waiter]:
        """A waiter, for as long as the block lasts."""
        waiter = Waiter()
        self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)

    @property
    def waiters(self) -> int:
        """How many wait now."""
        return len(self._waiters)

    async def _listen(self) -> None:
        while True:
            try:
                connection = await connect(self._url, **self._role)
                try:
                    ended = asyncio.Event()
                    connection.add_termination_listener(lambda _, ended=ended: ended.set())
                    await self._on_connect(connection)
                    await connection.add_listener(CHANNEL, self._heard)
                    # What was notified while nobody listened is lost: everyone looks for themselves.
                    self._wake({})
                    await ended.wait()
                finally:
                    if not connection.is_closed():
                        await connection.close(timeout=2)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                self._log.warning("database away", kind=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _heard(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._wake(_read(str(payload)))

    def _wake(self, moved: Mapping[UUID, int]) -> None:
        for waiter in self._waiters:
            waiter.wake(moved)


def _read(payload: str) -> dict[UUID, int]:
    pairs: Iterable[list[str]] = (entry.split(":") for entry in payload.split(","))
    return {UUID(hex=area): int(classes) for area, classes in pairs}
