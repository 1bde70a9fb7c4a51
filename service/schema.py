"""Bringing a database to the newest schema. Every start of the server does it."""

import asyncio
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from service import role
from service.database import check_version, connect
from service.settings import ROOT

LOCK = 0x6C69616E646F6E67  # "liandong"


class CannotMigrate(Exception):
    """The database has a schema that this version does not know. The message says what to do."""


async def migrate(url: str) -> list[str]:
    """Run the migrations that the database at `url` lacks; the revisions that were run, in order.

    Then the role that the server works as gets its rights, where this login may give them (service/role.py).
    Several processes may start at once: one migrates, the others wait and then find nothing to do.
    Raises CannotMigrate, DatabaseTooOld, and what asyncpg raises.
    """
    if await current_revision(url) == newest_revision() and await _is_settled(url):
        return []  # also what lets a server start with a role that may not change tables
    guard = await connect(url, statement_timeout="0", idle_in_transaction_session_timeout="0")
    try:
        # Polled, not waited for in the server: a statement that waits holds a snapshot, and a migration's
        # CREATE INDEX CONCURRENTLY waits for every snapshot.
        while not await guard.fetchval("select pg_try_advisory_lock($1)", LOCK):
            await asyncio.sleep(0.2)
        ran = await _upgrade(url)
        await role.settle(guard)
        return ran
    finally:
        await guard.close()


async def _is_settled(url: str) -> bool:
    connection = await connect(url)
    try:
        return await role.is_settled(connection)
    finally:
        await connection.close()


async def current_revision(url: str) -> str | None:
    """The revision that the database is at; None for an empty one."""
    connection = await connect(url)
    try:
        check_version(connection)
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("select version_num from alembic_version")
        return revision
    finally:
        await connection.close()


def newest_revision() -> str | None:
    """The revision that this version of Liandong needs."""
    return _scripts().get_current_head()


def engine(url: str) -> AsyncEngine:
    """SQLAlchemy's view of `url`, by the same rules as the pool's. For migrations only: without timeouts."""

    async def open_connection() -> Any:
        return await connect(url, statement_timeout="0", idle_in_transaction_session_timeout="0")

    return create_async_engine("postgresql+asyncpg://", async_creator=open_connection, poolclass=NullPool)


async def _upgrade(url: str) -> list[str]:
    database = engine(url)
    try:
        async with database.begin() as connection:
            return await connection.run_sync(_upgrade_on)
    finally:
        await database.dispose()


def _upgrade_on(connection: sqlalchemy.Connection) -> list[str]:
    scripts = _scripts()
    before = MigrationContext.configure(connection).get_current_revision()
    try:
        lacking = [script.revision for script in scripts.iterate_revisions("head", before or "base")]
    except RevisionError as error:
        raise CannotMigrate(
            f"数据库的结构版本 {before} 比本程序新；请升级本程序 "
            f"(the database is at revision {before}, which this version does not know: upgrade Liandong)"
        ) from error
    config = _config()
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, "head")
    return lacking[::-1]


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
