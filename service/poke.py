"""Telling waiting devices, in every process, that something moved.

After a commit the process that made it notifies through PostgreSQL; each process listens on a connection of
its own and wakes its waiters, each of whom looks whether they are cleared for what moved. A notification
carries places and classes, never contents, and losing one costs no more than a poke: devices ask again by
themselves.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import asyncpg
import structlog

from service.database import TROUBLE, connect
from sync.place_store import guard_between
from sync.scope import Place, Touched, merge_bits
from sync.statement import Connection, statement

CHANNEL = "liandong"
PLACES_A_MESSAGE = 60  # a notification may have 8,000 bytes
RECONNECT_SECONDS = 1.0

_NOTIFY = statement("""
    SELECT pg_notify(CAST(:channel AS text), payload) FROM unnest(CAST(:payloads AS text[])) AS payload
""")


async def send(connection: Connection, touched: Touched) -> None:
    """Say that at these places parts of these classes moved. After the commit, outside any transaction."""
    entries = [_written(place, classes) for place, classes in touched.items()]
    payloads = [
        ",".join(entries[start : start + PLACES_A_MESSAGE])
        for start in range(0, len(entries), PLACES_A_MESSAGE)
    ]
    await _NOTIFY.fetch(connection, channel=CHANNEL, payloads=payloads)


class Herald:
    """Says what moved soon after it did, without holding up the answer to whoever moved it.

    What moves while one notification is under way goes out with the next: under load many pushes share one.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._moved: Touched = {}
        self._task: asyncio.Task[None] | None = None

    def tell(self, touched: Touched) -> None:
        """At these places parts of these classes moved, and it is committed."""
        if not touched:
            return
        _gather(self._moved, touched)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send(), name="herald")

    async def stop(self) -> None:
        """Say what is still to be said."""
        if self._task is not None:
            await self._task

    async def _send(self) -> None:
        while self._moved:
            moved, self._moved = self._moved, {}
            # The change stands: a poke that cannot be sent is made up for by itself.
            with contextlib.suppress(*TROUBLE):
                async with self._pool.acquire() as connection:
                    await send(connection, moved)


class Waiter:
    """Somebody who waits. What moved is gathered until it is taken."""

    def __init__(self) -> None:
        self._moved: Touched = {}
        self._anything = False  # may have moved, whatever is named besides
        self._something = asyncio.Event()
        self.is_over = False

    def wake(self, moved: Touched) -> None:
        """Something moved; with nothing named, anything may have."""
        _gather(self._moved, moved)
        self._anything |= not moved
        self._something.set()

    def end(self) -> None:
        """The process is about to stop."""
        self.is_over = True
        self._something.set()

    async def wait(self, seconds: float) -> Touched | None:
        """What moved, as soon as something does: nothing named where anything may have. None: time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._something.wait()
                self._something.clear()
                moved = {} if self._anything else self._moved
                self._moved, self._anything = {}, False
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

    async def _listen(self) -> None:
        while True:
            try:
                connection = await connect(self._url, None, **self._role)
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
            except TROUBLE as error:
                self._log.warning("database away", kind=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _heard(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._wake(_read(str(payload)))

    def _wake(self, moved: Touched) -> None:
        for waiter in self._waiters:
            waiter.wake(moved)


def _gather(moved: Touched, more: Touched) -> None:
    for place, classes in more.items():
        merge_bits(moved, place, classes)


def _written(place: Place, classes: int) -> str:
    ids = (place.area.hex, *(id.hex if id is not None else "" for id in (place.case, place.author)))
    guard = place.guard or (None, None)
    days = ("" if day is None else str(day.toordinal()) for day in (place.child_until, *guard))
    return ":".join((*ids, *days, str(int(place.sent)), str(classes)))


def _read(payload: str) -> Touched:
    found: Touched = {}
    for entry in payload.split(","):
        area, case, author, until, *guard, sent, classes = entry.split(":")
        guarded = guard_between(*map(_day, guard))
        place = Place(UUID(hex=area), _id(case), _id(author), _day(until), guarded, sent == "1")
        found[place] = int(classes)
    return found


def _id(text: str) -> UUID | None:
    return UUID(hex=text) if text else None


def _day(text: str) -> date | None:
    return date.fromordinal(int(text)) if text else None
