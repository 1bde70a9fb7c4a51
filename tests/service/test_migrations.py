"""Migrations, run in order from nothing, come to exactly what is declared."""

import asyncio
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

import service.audit.tables
import service.auth.tables
import service.numbers.tables
import service.persons.tables
import service.samples.tables  # noqa: F401  these declare their tables on METADATA
import sync.policies  # noqa: F401  declares the policies
from service.database import connect
from service.schema import CannotMigrate, current_revision, engine, migrate, newest_revision
from service.settings import ROOT
from sync.tables import METADATA
from tests.postgres import TestServer

# Everything that PostgreSQL knows of a table, in its own spelling.
COLUMNS = """
    select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attnum,
           pg_get_expr(d.adbin, d.adrelid)
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
      and not a.attisdropped and c.relname <> 'alembic_version'
    order by 1, 2
"""
INDEXES = """
    select pg_get_indexdef(indexrelid) from pg_index join pg_class c on c.oid = indrelid
    where c.relnamespace = 'public'::regnamespace and c.relname <> 'alembic_version'
    order by 1
"""
CONSTRAINTS = """
    select c.relname, k.conname, pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where c.relnamespace = 'public'::regnamespace and c.relname <> 'alembic_version'
    order by 1, 2
"""
POLICIES = """
    select c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polname, p.polcmd, p.polroles,
           pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
    from pg_class c left join pg_policy p on p.polrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and c.relname <> 'alembic_version'
    order by 1, 4
"""
OTHER_OBJECTS = """
    select relkind, relname from pg_class
    where relnamespace = 'public'::regnamespace and relname not like 'alembic_version%'
    union all select 'f', proname from pg_proc where pronamespace = 'public'::regnamespace
    union all select 't', tgname from pg_trigger where not tgisinternal
    order by 1, 2
"""


def revisions() -> list[Script]:
    """All migrations, the oldest first."""
    return list(ScriptDirectory(str(ROOT / "migrations")).walk_revisions())[::-1]


async def catalogue(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def create_declared(url: str) -> None:
    declared = engine(url)
    async with declared.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await declared.dispose()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(COLUMNS, id="columns"),
        pytest.param(INDEXES, id="indexes"),
        pytest.param(CONSTRAINTS, id="constraints"),
        pytest.param(POLICIES, id="policies"),
        pytest.param(OTHER_OBJECTS, id="objects"),
    ],
)
async def test_the_migrated_catalogue_is_the_declared_one(
    postgres: TestServer, database_url: str, query: str
) -> None:
    async with postgres.empty_database() as declared_url:
        await create_declared(declared_url)
        declared = await catalogue(declared_url, query)
    assert declared
    assert await catalogue(database_url, query) == declared


async def test_a_new_migration_would_have_nothing_to_do(database_url: str) -> None:
    def differences(connection: sqlalchemy.Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found: list[Any] = compare_metadata(context, METADATA)
        return found

    migrated = engine(database_url)
    async with migrated.connect() as connection:
        assert await connection.run_sync(differences) == []
    await migrated.dispose()


async def test_migrations_run_in_order_from_empty(postgres: TestServer) -> None:
    async with postgres.empty_database() as url:
        assert await current_revision(url) is None
        assert await migrate(url) == [script.revision for script in revisions()]
        assert await current_revision(url) == newest_revision()


async def test_of_several_servers_that_start_at_once_one_migrates(postgres: TestServer) -> None:
    async with postgres.empty_database() as url:
        ran = await asyncio.gather(*(migrate(url) for _ in range(4)))
    assert sorted(ran) == [[], [], [], [script.revision for script in revisions()]]


async def test_a_migrated_database_is_left_alone(database_url: str) -> None:
    assert await migrate(database_url) == []


def test_migrations_form_one_line() -> None:
    chain = [(script.revision, script.down_revision) for script in revisions()]
    names = [f"{number:04}" for number in range(1, len(chain) + 1)]
    assert chain == list(zip(names, [None, *names[:-1]], strict=True))


@pytest.mark.parametrize("script", revisions(), ids=lambda script: script.revision)
def test_nothing_is_ever_migrated_back(script: Script) -> None:
    """A downgrade would throw away what people wrote since; the way back is the backup."""
    with pytest.raises(NotImplementedError, match="backup"):
        script.module.downgrade()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database_url: str) -> None:
    connection = await connect(database_url)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()
    with pytest.raises(CannotMigrate, match="9999"):
        await migrate(database_url)
    assert await current_revision(database_url) == "9999"
