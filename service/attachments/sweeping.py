"""Clearing away what is left of files: uploads whose time is up, contents that nothing names any more.

Every process of a server does it now and then, and whoever erases records does it at once. Two at it do no
harm: what one has is passed over by the other.
"""

import asyncio
import random
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from litestar import Litestar

from schemas.problems import Problem
from service.attachments import store
from service.attachments.arrival import take_in
from service.attachments.depot import Depot, depot_for
from service.attachments.part import Busy, Gone, Part, arrived
from service.attachments.sealed import opened_upload
from service.attachments.store import Upload
from service.database import TROUBLE
from sync.confine import confine_to_all
from sync.sealing import SealBroken, SealingKey
from sync.statement import Connection

SWEEP_SECONDS: Final = 600.0
AT_ONCE: Final = 200
STRAY_SECONDS: Final = 3600.0  # a file on disk that no upload is known of may have been made just now

_log = structlog.get_logger("attachments")


async def startup(app: Litestar) -> None:
    """Open the depot, and sweep while the server runs."""
    state = app.state
    state.depot = depot_for(state.settings)
    term = timedelta(days=state.settings.tombstone_days)
    state.sweeping = asyncio.create_task(_sweep_on(state.pool, state.depot, term), name="attachments")


async def shutdown(app: Litestar) -> None:
    """Stop."""
    app.state.sweeping.cancel()
    await asyncio.gather(app.state.sweeping, return_exceptions=True)


async def _sweep_on(pool: asyncpg.Pool, depot: Depot, term: timedelta) -> None:
    while True:
        try:
            await sweep(pool, depot, term)
        except (*TROUBLE, Problem) as error:
            _log.warning("sweep put off", kind=type(error).__name__)
        await asyncio.sleep(random.uniform(0.5, 1.5) * SWEEP_SECONDS)


async def sweep(pool: asyncpg.Pool, depot: Depot, term: timedelta) -> None:
    """Take in what is whole, clear away what has expired, and remove contents that are to go.

    `term`: for how long a file waits for its record.
    """
    await _take_in_the_whole(pool, depot)
    await _stop_expired(pool, depot)
    await _remove_strays(pool, depot)
    async with pool.acquire() as connection:
        async with connection.transaction():
            await confine_to_all(connection)
            await store.forget_orphans(connection, term)
        await remove_leaving(connection, depot)


async def remove_leaving(connection: Connection, depot: Depot) -> None:
    """Remove the contents that were let go of. Raises UNAVAILABLE where the storage is away."""
    after = ""
    while addresses := await store.leaving(connection, after, AT_ONCE):
        for address in addresses:
            async with connection.transaction():
                await store.hold(connection, [address])
                await confine_to_all(connection)
                if not await store.is_used(connection, address):
                    await depot.contents.remove(address)
                await store.left(connection, address)
        after = addresses[-1]


async def _take_in_the_whole(pool: asyncpg.Pool, depot: Depot) -> None:
    """What was whole when a server was stopped, and whose sender believes that it has arrived."""
    after = UUID(int=0)
    while True:
        async with pool.acquire() as connection, connection.transaction():
            await confine_to_all(connection)
            found = await store.unfinished(connection, after, AT_ONCE)
        if not found:
            return
        for upload in found:
            await _take_in_if_whole(pool, depot, upload)
        after = found[-1].id


async def _take_in_if_whole(pool: asyncpg.Pool, depot: Depot, upload: Upload) -> None:
    path = depot.part(upload.id)
    if not path.exists():
        return
    try:
        async with pool.acquire() as connection, connection.transaction():
            head = await opened_upload(connection, upload.area, upload.id, upload.head)
        key = SealingKey(0, head.key)
        if await asyncio.to_thread(arrived, path, upload.id, key) < upload.length:
            return
        part = await asyncio.to_thread(Part, path, upload.id, key)
        try:
            if part.offset == upload.length:
                await take_in(pool, depot, upload, head, part)
        finally:
            part.close()
    except (Busy, Gone):
        return
    except (Problem, SealBroken) as error:
        _log.warning("an upload was not taken in", kind=type(error).__name__)


async def _stop_expired(pool: asyncpg.Pool, depot: Depot) -> None:
    while True:
        async with pool.acquire() as connection, connection.transaction():
            await confine_to_all(connection)
            found = await store.expired(connection, AT_ONCE)
            for upload in found:
                await store.stop(connection, upload.id)
        for upload in found:
            await asyncio.to_thread(_unlinked, depot.part(upload.id))
        if len(found) < AT_ONCE:
            return


async def _remove_strays(pool: asyncpg.Pool, depot: Depot) -> None:
    """What lies on disk of files that have arrived, and of uploads that there are no more: stopped just as
    their file was made, or erased."""
    made = await asyncio.to_thread(_parts_in, depot.uploads)
    async with pool.acquire() as connection, connection.transaction():
        await confine_to_all(connection)
        arrivals = await store.arrivals(connection, list(made))
    before = time.time() - STRAY_SECONDS
    for id, at in made.items():
        if arrivals.get(id, at < before):
            await asyncio.to_thread(_unlinked, depot.part(id))


def _parts_in(folder: Path) -> dict[UUID, float]:
    """By upload, when what lies there was written."""
    found = {}
    for path in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            found[UUID(path.stem)] = path.stat().st_mtime
    return found


def _unlinked(path: Path) -> None:
    path.unlink(missing_ok=True)
