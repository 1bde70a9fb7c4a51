"""A checkpoint a day, kept by the running server without anybody's doing.

They lie on the server's own disk, where they tell of a database that was tampered with; whoever copies the
folder elsewhere is told of a server that was.
"""

import asyncio
from datetime import UTC, datetime

import asyncpg
import structlog
from litestar import Litestar

from service.audit.checkpoint import keep_daily
from service.database import TROUBLE
from service.keys import BrokenKeys
from service.settings import Settings

LOOK_SECONDS = 600.0

_log = structlog.get_logger("audit")


async def startup(app: Litestar) -> None:
    """Keep today's checkpoint, and each day's while the server runs. Several processes keep one together."""
    await _keep(app.state.pool, app.state.settings)
    app.state.checkpoints = asyncio.create_task(
        _keep_on(app.state.pool, app.state.settings), name="checkpoints"
    )


async def shutdown(app: Litestar) -> None:
    """Stop."""
    app.state.checkpoints.cancel()
    await asyncio.gather(app.state.checkpoints, return_exceptions=True)


async def _keep_on(pool: asyncpg.Pool, settings: Settings) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await _keep(pool, settings)


async def _keep(pool: asyncpg.Pool, settings: Settings) -> None:
    try:
        async with pool.acquire() as connection:
            await keep_daily(connection, settings, datetime.now(UTC))
    except (*TROUBLE, BrokenKeys) as error:
        # Phones come first: what could not be signed today is looked at again in minutes.
        _log.error("checkpoint put off", kind=type(error).__name__)
