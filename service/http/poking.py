"""After a route has committed a change of access: let those who wait know."""

import contextlib

import asyncpg
from litestar.datastructures import State

from service import poke
from sync.scope import Touched


async def tell(state: State, touched: Touched) -> None:
    """Poke the devices concerned. The change stands: a poke that cannot be sent is made up for by itself."""
    if touched:
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            await poke.send(state.pool, touched)
