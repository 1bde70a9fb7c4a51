"""The server works as a role that owns nothing, may do what it needs, and cannot get any further."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

import service.audit.tables
import service.auth.tables
import service.numbers.tables
import service.persons.tables
import service.samples.tables  # noqa: F401  these declare their tables on METADATA
from service.database import connect, open_pool
from service.rights import RIGHTS, ROLE, wanted
from service.role import NotConfined, for_a_superuser, rights_given, standing, taken_on
from service.schema import migrate
from service.settings import ROOT
from sync.confine import confine
from sync.tables import METADATA
from tests.logins import let_own, new_login
from tests.postgres import TestServer
from tests.serving import Installation, answers


@pytest.fixture
async def server(member_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the server opens it."""
    connection = await connect(member_url, None, **await taken_on(member_url))
    yield connection
    await connection.close()


def test_of_every_table_it_was_decided_what_the_server_may_do_with_it() -> None:
    assert RIGHTS.keys() == METADATA.tables.keys() | {"alembic_version"}


async def test_the_role_has_these_rights_and_no_others(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        assert await rights_given(connection) == wanted()


async def test_the_role_owns_nothing_and_is_held_by_policies(pool: asyncpg.Pool) -> None:
    row = await pool.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = $1", ROLE
    )
    assert tuple(row) == (False, False, False, False)
    assert await pool.fetchval("SELECT count(*) FROM pg_class WHERE relowner = to_regrole($1)", ROLE) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE record DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE record NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY record_all ON record",
        "ALTER POLICY record_all ON record USING (true)",
        "CREATE POLICY everything ON record USING (true)",
        "ALTER TABLE record ADD COLUMN more text",
        "ALTER TABLE record OWNER TO CURRENT_USER",
        "DROP TABLE record",
        "TRUNCATE record",
        "CREATE TABLE another ()",
        "CREATE TRIGGER copies BEFORE INSERT ON record EXECUTE FUNCTION audit_only_grows()",
        "UPDATE history SET account = gen_random_uuid()",
        "DELETE FROM history",
        "TRUNCATE history",
        "UPDATE quarantine SET payload = ''",
        "DELETE FROM quarantine",
        "UPDATE departure SET classes = 0",
        "UPDATE audit SET account = NULL",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DROP TABLE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_only_grows ON audit",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "SET session_replication_role = 'replica'",
        "INSERT INTO area (level, code, name, ancestors) VALUES ('city', '', '', '{}')",
        "UPDATE area SET ancestors = '{}'",
        "UPDATE area_grant SET role = 'supervisor'",
        "DELETE FROM area_grant",
        "UPDATE account SET name = 'another'",
        "DELETE FROM account",
        "UPDATE alembic_version SET version_num = '0000'",
        f"ALTER ROLE {ROLE} BYPASSRLS",
        "CREATE ROLE another SUPERUSER",
    ],
)
async def test_what_the_server_does_not_need_it_may_not_do(
    server: asyncpg.Connection, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await server.execute(statement)


OF_ANY_TABLE = [
    "TRUNCATE {table}",
    "DROP TABLE {table}",
    "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "ALTER TABLE {table} RENAME TO another",
    "ALTER TABLE {table} SET SCHEMA pg_temp",
    "CREATE POLICY everything ON {table} USING (true)",
    "CREATE RULE twice AS ON INSERT TO {table} DO ALSO SELECT 1",
    "CREATE TRIGGER copies BEFORE INSERT ON {table} EXECUTE FUNCTION audit_only_grows()",
    "CREATE INDEX ON {table} ((true))",
    "COMMENT ON TABLE {table} IS 'mine'",
    "COPY {table} FROM PROGRAM 'true'",
    "COPY {table} TO PROGRAM 'cat'",
    "COPY {table} TO '/tmp/taken'",
]


@pytest.mark.parametrize("statement", OF_ANY_TABLE)
async def test_no_table_is_opened_or_altered(server: asyncpg.Connection, statement: str) -> None:
    for table in RIGHTS:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute(statement.format(table=table))


@pytest.mark.parametrize("privilege", ["SELECT", "INSERT", "UPDATE", "DELETE"])
async def test_what_was_not_given_of_a_table_is_refused(server: asyncpg.Connection, privilege: str) -> None:
    columns = await server.fetch(
        "SELECT attname AS name, attrelid::regclass::text AS table FROM pg_attribute"
        " WHERE attrelid = ANY(CAST($1 AS regclass[])) AND attnum > 0 AND NOT attisdropped"
        " AND attidentity = ''",
        list(RIGHTS),
    )
    given = {(right.table, right.column) for right in wanted() if right.privilege == privilege}
    statements = {
        "SELECT": "SELECT {column} FROM {table}",
        "INSERT": "INSERT INTO {table} ({column}) VALUES (NULL)",
        "UPDATE": "UPDATE {table} SET {column} = NULL",
        "DELETE": "DELETE FROM {table} WHERE {column} IS NULL",
    }
    for row in columns:
        table, column = row["table"], row["name"]
        if (table, None) in given or (table, column) in given:
            continue
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute(statements[privilege].format(table=table, column=f'"{column}"'))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_reload_conf()",
        "ALTER SYSTEM SET row_security = off",
        "CREATE EXTENSION dblink",
        "CREATE EVENT TRIGGER heard ON ddl_command_end EXECUTE FUNCTION audit_only_grows()",
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "DROP FUNCTION audit_only_grows() CASCADE",
        "ALTER FUNCTION audit_only_grows() OWNER TO CURRENT_USER",
        "CREATE FUNCTION peek() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
        "CREATE PUBLICATION everything FOR ALL TABLES",
        f"ALTER ROLE {ROLE} SUPERUSER",
        f"GRANT {ROLE} TO {ROLE} WITH ADMIN OPTION",
        "GRANT pg_read_all_data TO CURRENT_USER",
        "SET ROLE pg_read_all_data",
        "SET LOCAL log_statement = 'all'",
    ],
)
async def test_the_machine_and_the_roles_are_out_of_reach(server: asyncpg.Connection, statement: str) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.InvalidGrantOperationError)):
        await server.execute(statement)


async def test_the_owner_cannot_be_become(server: asyncpg.Connection, pool: asyncpg.Pool) -> None:
    owner = await pool.fetchval("SELECT current_user")
    for statement in (f'SET ROLE "{owner}"', f'SET SESSION AUTHORIZATION "{owner}"'):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute(statement)
    for statement in ("RESET ROLE", "SET ROLE NONE"):
        await server.execute(statement)
        assert await server.fetchval("SELECT current_user") != owner
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute("TRUNCATE record")


async def test_turning_row_security_off_gives_an_error_and_no_rows(server: asyncpg.Connection) -> None:
    await server.execute("SET row_security = off")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await server.fetch("SELECT * FROM record")


async def test_rights_that_were_added_or_lost_are_set_right_by_migrating(
    database_url: str, pool: asyncpg.Pool
) -> None:
    await pool.execute(f"GRANT TRUNCATE, UPDATE ON history TO {ROLE}; REVOKE SELECT ON record FROM {ROLE}")
    await migrate(database_url)
    async with pool.acquire() as connection:
        assert await rights_given(connection) == wanted()


async def test_a_server_without_its_rights_says_who_must_do_what(member_url: str, pool: asyncpg.Pool) -> None:
    await pool.execute(f"REVOKE SELECT ON record FROM {ROLE}")
    with pytest.raises(NotConfined, match=r"liandong migrate.*record"):
        await taken_on(member_url)


async def test_an_owner_above_the_policies_works_as_the_role(database_url: str) -> None:
    pool = await open_pool(database_url, 1, None, **await taken_on(database_url))
    assert await pool.fetchval("SELECT current_user") == ROLE
    await pool.close()


@pytest.mark.parametrize("options", ["", "BYPASSRLS"])
async def test_a_login_that_is_neither_owner_nor_member_is_refused(database_url: str, options: str) -> None:
    async with new_login(database_url, options) as url:
        with pytest.raises(NotConfined, match="--print-roles"):
            await taken_on(url)


async def test_an_owner_that_may_not_create_roles_is_held_by_the_policies(postgres: TestServer) -> None:
    async with postgres.empty_database() as url, new_login(url) as owners_url:
        await let_own(url, owners_url)
        await migrate(owners_url)
        assert await taken_on(owners_url) == {}
        owner = await connect(owners_url)
        async with owner.transaction():
            await confine(owner, [await owner.fetchval("SELECT gen_random_uuid()")])
            await owner.execute(
                """
                INSERT INTO record (area, id, collection, rev, deleted, stamps)
                SELECT CAST(area AS uuid), gen_random_uuid(), 'household', 1, false, '{}'
                FROM unnest(CAST(current_setting('liandong.areas') AS text[])) AS area
                """
            )
            assert await owner.fetchval("SELECT count(*) FROM record") == 1
        assert await owner.fetchval("SELECT count(*) FROM record") == 0
        await owner.close()


async def test_what_a_superuser_is_shown_lets_an_owner_work_as_the_role(postgres: TestServer) -> None:
    async with postgres.empty_database() as url, new_login(url) as owners_url:
        await let_own(url, owners_url)
        await migrate(owners_url)
        owner, superuser = await connect(owners_url), await connect(url)
        await superuser.execute(for_a_superuser(await standing(owner)))
        await migrate(owners_url)
        assert await taken_on(owners_url) == {"role": ROLE}
        await owner.close()
        await superuser.close()


async def test_an_owner_above_the_policies_without_the_role_is_refused(postgres: TestServer) -> None:
    async with postgres.empty_database() as url, new_login(url, "BYPASSRLS") as owners_url:
        await let_own(url, owners_url)
        await migrate(owners_url)
        with pytest.raises(NotConfined):
            await taken_on(owners_url)


async def test_the_embedded_database_knows_the_server_as_the_role(installation: Installation) -> None:
    serving = installation.serve()
    assert answers(serving.address())
    logins = await installation.ask(
        "SELECT array_agg(DISTINCT usename::text) FROM pg_stat_activity "
        "WHERE datname = 'liandong' AND pid <> pg_backend_pid()"
    )
    assert logins == [ROLE]
    assert serving.end(signal.SIGINT) == 0


async def test_the_audit_is_not_called_whole_by_who_is_not_shown_all_of_it(
    member_url: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "service", "audit", "verify"]
    environment = {**os.environ, "DATABASE_URL": member_url, "LIANDONG_DATA": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "tables' owner" in done.stderr
