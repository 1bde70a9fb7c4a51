"""Connections to PostgreSQL.

Rows carry stored JSON to the wire and back untouched, so `json` is bytes here, both ways and in arrays;
nothing on the way parses it. The rules for who uses these connections:

- Session state ends with the transaction (`SET LOCAL`, transaction locks). Connections go back to the pool
  without the usual `RESET ALL`, which would cost a round trip on every request.
- LISTEN and session locks take a connection of their own, from `connect`.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import asyncpg

from sync.attempts import AWAY
from sync.keyring import Keyring

T = TypeVar("T")

OLDEST_VERSION = 15
AWAY_SECONDS = 30.0
SERVER_SETTINGS: Mapping[str, str] = {
    "application_name": "liandong",
    "timezone": "UTC",
    "jit": "off",  # compiling costs more than it saves on statements that touch a few hundred rows
    "lock_timeout": "10s",  # a push waits for another push of its area, never for one that hangs
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",  # a process that stopped mid-push must not hold its areas
}

TROUBLE: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection that is cut between two messages of one query ends in
    OSError,
    TimeoutError,
)
"""What work in the background goes on after: a database that is away now is there again later."""


class DatabaseTooOld(Exception):
    """The server is a PostgreSQL that lacks what the statements need."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    keyring: Keyring | None = None  # see sync.keyring.keyring_of

    def get_reset_query(self) -> str:
        return ""


async def open_pool(
    url: str, size: int = 10, keyring: Keyring | None = None, **server_settings: str
) -> asyncpg.Pool:
    """A pool of at most `size` connections to `url`; the version is checked before it is handed out.

    `keyring`: the keys of what is sealed, which then can be read and written over these connections.
    `server_settings` come on top of ours, as the role that service/role.py finds. Raises DatabaseTooOld, and
    what asyncpg raises when nobody answers there.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        connection_class=_Connection,
        server_settings={**SERVER_SETTINGS, **server_settings},
        init=functools.partial(_prepare, keyring=keyring),
        max_inactive_connection_lifetime=600,
    )
    try:
        async with pool.acquire() as connection:
            check_version(connection)
            if keyring is not None:
                await keyring.prepare(connection)
    except BaseException:
        await pool.close()
        raise
    return pool


async def connect(url: str, keyring: Keyring | None = None, **server_settings: str) -> asyncpg.Connection:
    """One connection outside any pool, set up as the pool's are. `server_settings` override ours."""
    connection = await asyncpg.connect(
        url, connection_class=_Connection, server_settings={**SERVER_SETTINGS, **server_settings}
    )
    await _prepare(connection, keyring)
    if keyring is not None:
        await keyring.prepare(connection)
    return connection


async def until_it_answers(begin: Callable[[], Awaitable[T]]) -> T:
    """What `begin` gives, begun anew while the database is only just being started again.

    A process that begins meanwhile would end all of the server. For `AWAY_SECONDS`; then what `begin` raises
    is raised, as is at once what waiting does not mend.
    """
    deadline = time.monotonic() + AWAY_SECONDS
    while True:
        try:
            return await begin()
        except AWAY:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.2)


def check_version(connection: Any) -> None:
    """Raises DatabaseTooOld unless the server behind `connection` is PostgreSQL 15 or newer."""
    version = connection.get_server_version()
    if version.major < OLDEST_VERSION:
        found = f"{version.major}.{version.minor}"
        raise DatabaseTooOld(
            f"需要 PostgreSQL {OLDEST_VERSION} 或更新版本，DATABASE_URL 指向的是 {found} "
            f"(DATABASE_URL leads to PostgreSQL {found}; {OLDEST_VERSION} or newer is needed)"
        )


async def _prepare(connection: Any, keyring: Keyring | None = None) -> None:
    connection.keyring = keyring
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=_unchanged, decoder=_unchanged
    )


def _unchanged(document: bytes) -> bytes:
    return document
