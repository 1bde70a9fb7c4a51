"""After a route has committed a change of access: let those who wait know."""

import contextlib
from collections.abc import Mapping
from uuid import UUID

import asyncpg
from litestar.datastructures import State

from service import poke


async def tell(state: State, touched: Mapping[UUID, int]) -> None:
    """Poke the devices concerned. The change stands: a poke that cannot be sent is made up for by itself."""
    if touched:
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            await poke.send(state.pool, touched)
