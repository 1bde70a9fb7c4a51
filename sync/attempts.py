"""One transaction that writes, tried again where the database says that this may help."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

import asyncpg

from sync.statement import Connection

T = TypeVar("T")

ATTEMPTS = 6
_WIDENINGS = 4  # a record that has moved on while we waited for the area it had moved to

# Nothing was stored, and trying again at once may do.
_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    # The same change id came over two connections, for areas that are locked apart.
    asyncpg.UniqueViolationError,
)
AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection that is cut between two messages of one query ends in
    asyncpg.OperatorInterventionError,  # it starts, or ends
    OSError,  # TimeoutError too
)
"""How a database that ends, only just starts, or is cut off shows itself to who asks it something."""

# It went away, perhaps after it committed, or is held up: who sends again is told by the receipts.
_LATER = (
    *AWAY,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
)


class PassingTrouble(Exception):
    """It could not be done just now, or it is not known whether it was."""


async def carried_out(
    pool: asyncpg.Pool, attempt: Callable[[Connection, set[UUID]], Awaitable[T | set[UUID]]]
) -> T:
    """What `attempt` gives, in a transaction. Raises PassingTrouble, and what `attempt` raises.

    `attempt` locks the areas that it is told besides those it knows of. Where it finds that it needs more, it
    gives these instead and begins anew: areas are locked in one order only, before anything is read.
    """
    for number in range(ATTEMPTS):
        try:
            async with pool.acquire() as connection:
                extra: set[UUID] = set()
                for _ in range(_WIDENINGS):
                    async with connection.transaction():
                        done = await attempt(connection, extra)
                    if not isinstance(done, set):
                        return done
                    extra |= done
        except _AGAIN:
            await asyncio.sleep(random.uniform(0, 0.02 * 2**number))
        except _LATER as error:
            raise PassingTrouble from error
    raise PassingTrouble
