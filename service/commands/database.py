"""The database that a command works on: the one DATABASE_URL names, or the embedded one, run meanwhile."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext

import asyncpg

from service.database import connect
from service.embedded import EmbeddedPostgres, InUse
from service.embedded_watch import Watch
from service.progress import CONSOLE, progress
from service.rights import ROLE
from service.schema import migrate
from service.settings import Settings

NAME = "liandong"
UNFINISHED = "liandong_new"

Fill = Callable[[str], Awaitable[object]]


@contextmanager
def database(settings: Settings, *, alone: bool = False) -> Iterator[str]:
    """The address of the database; an embedded server that was not running is stopped after the block.

    `alone`: for the server, which shares the embedded one with no other server on its data folder, and starts
    it again should it end. Raises InUse then, and EmbeddedFailed.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = embedded(settings)
    try:
        with progress("启动数据库 starting the database"):
            server.start()
    except InUse:
        if alone or not server.borrow():
            raise
    try:
        with Watch(server) if alone else nullcontext():
            yield server.url(NAME)
    finally:
        server.stop()


def for_the_server(settings: Settings, url: str) -> str:
    """The address that the processes which answer are told, of the database at `url`.

    Of the embedded one that of a login with the rights that they need, and no others.
    """
    return embedded(settings).url(NAME, ROLE) if settings.is_embedded else url


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The embedded server of these settings' data folder, running or not."""
    settings.data.mkdir(mode=0o711, parents=True, exist_ok=True)
    return EmbeddedPostgres(
        settings.data / "postgres",
        # Each process has its pool and listens on one more; the rest is for commands and PostgreSQL itself.
        connections=settings.workers * (settings.pool_size + 1) + 20,
        say=CONSOLE.print,
    )


async def bring_up_to_date(settings: Settings, url: str, fill: Fill | None = None) -> bool:
    """Migrate the database at `url`; an embedded one that does not exist yet is made. Whether it was.

    A new one is built beside, migrated and given to `fill`, and only then gets its name: a first start that
    was killed half-way is simply done again.
    """
    if not settings.is_embedded:
        await migrate(url)
        return False
    if await _exists(url):
        await _migrate_own(url)
        return False
    server = url.replace(f"/{NAME}?", "/postgres?")
    unfinished = url.replace(f"/{NAME}?", f"/{UNFINISHED}?")
    await _run(server, f"drop database if exists {UNFINISHED} with (force)")
    await _run(server, f"create database {UNFINISHED} template template0")
    await _migrate_own(unfinished)
    if fill is not None:
        await fill(unfinished)
    await _run(
        server, f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{UNFINISHED}'"
    )
    await _run(server, f"alter database {UNFINISHED} rename to {NAME}")
    return True


async def _migrate_own(url: str) -> None:
    await migrate(url)
    await _run(url, f"alter role {ROLE} login")  # whoever reaches the socket may log in as anybody already


async def _exists(url: str) -> bool:
    try:
        await (await connect(url)).close()
    except asyncpg.InvalidCatalogNameError:
        return False
    return True


async def _run(url: str, statement: str) -> None:
    connection = await connect(url, statement_timeout="0")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
