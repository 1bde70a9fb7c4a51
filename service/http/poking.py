"""After a route has committed a change of access: let those who wait know."""

import contextlib

from litestar.datastructures import State

from service import poke
from service.database import TROUBLE
from sync.scope import Touched


async def tell(state: State, touched: Touched) -> None:
    """Poke the devices concerned. The change stands: a poke that cannot be sent is made up for by itself."""
    if touched:
        with contextlib.suppress(*TROUBLE):
            await poke.send(state.pool, touched)
