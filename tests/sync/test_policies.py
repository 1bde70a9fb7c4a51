"""A transaction is shown the rows that it said it is about, and no others, whatever it asks for."""

import contextlib
import io
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

import service.audit.tables
import service.auth.tables
import service.numbers.tables
import service.persons.tables
import service.samples.tables  # noqa: F401  these declare their tables on METADATA
from schemas.privacy import ALL_CLASSES
from sync import pull_store
from sync.confine import confine
from sync.policies import POLICIES, WITHOUT_CONTENT
from sync.scope import Reach
from sync.tables import METADATA
from tests.sending import PDF, about, sent
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World


class Filled(NamedTuple):
    """A database with something in every table. The record `moved` went from `here` to `there`."""

    world: World
    here: UUID
    there: UUID
    account: UUID
    moved: UUID


@pytest.fixture
async def filled(world: World) -> Filled:
    street = await world.make_area("street")
    here, there = await world.make_area(parent=street), await world.make_area(parent=street)
    person = await world.make_account("supervisor", street)
    phone = Shelf(await world.sign_in(person))
    moved, family = new_id(), new_id()
    await phone.settle(household(here, moved), household(here, family), household(there))
    base = phone.records[str(moved)]["rev"]
    await phone.settle(change("household", moved, here, op="move", to=there, base=base))
    await phone.settle(change("household", new_id(), here, set={"members": "?"}))
    worker = await world.sign_in(await world.make_account("social_worker", here))
    emergency = {"reason": "有人受伤，须立即联系家属"}
    answer = await worker.post(f"/api/v1/files/{family}/break-glass", json=emergency)
    assert answer.status_code == 201, answer.text
    someone = new_id()
    await phone.settle(
        change("person", someone, here, set={"household": str(family), "name": "张三", "health": "good"})
    )
    for path in ("erase", "holds", "restriction"):
        answer = await phone.phone.post(f"/api/v1/people/{someone}/{path}", json=emergency)
        assert answer.is_success, answer.text
    await sent(phone.phone, PDF, **about(new_id(), here))
    await phone.settle(*(household(here) for _ in range(5)))
    evaluator = await world.make_account("evaluator", street)
    rule = {"collections": ["household"], "size": 20}
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    order = {"account": str(evaluator.id), "area": str(street), "until": until, "rule": rule}
    bureau = await world.sign_in(await world.make_account("city_officer", street))
    answer = await bureau.post("/api/v1/samples", json=order)
    assert answer.status_code == 201, answer.text
    asked = {"area": str(street), "collection": "household"}
    answer = await bureau.get("/api/v1/numbers", params=asked)
    assert answer.status_code == 200, answer.text
    return Filled(world, here, there, person.id, moved)


@pytest.fixture
async def role(filled: Filled) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the server."""
    async with filled.world.application.acquire() as connection:
        yield connection


async def count(connection: Any, table: str) -> int:
    found: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return found


def test_every_table_is_protected_or_known_to_hold_no_content() -> None:
    assert POLICIES.keys() | WITHOUT_CONTENT == METADATA.tables.keys()
    assert not POLICIES.keys() & WITHOUT_CONTENT


@pytest.mark.parametrize("table", POLICIES)
async def test_without_a_scope_there_are_no_rows(
    filled: Filled, role: asyncpg.Connection, table: str
) -> None:
    assert await count(filled.world.pool, table) > 0
    assert await count(role, table) == 0


WAYS_AROUND = {
    "a table of one's own": "CREATE TEMP TABLE taken AS SELECT * FROM {table}",
    "a view": "CREATE TEMP VIEW seen AS SELECT * FROM {table}; CREATE TEMP TABLE taken AS SELECT * FROM seen",
    "a function of the definer": """
        CREATE FUNCTION pg_temp.peek() RETURNS SETOF public.{table} LANGUAGE sql SECURITY DEFINER
        AS 'SELECT * FROM {table}';
        CREATE TEMP TABLE taken AS SELECT * FROM pg_temp.peek()
    """,
    "a block": "DO $$ BEGIN CREATE TEMP TABLE taken AS SELECT * FROM {table}; END $$",
    "a cursor": "DECLARE peek SCROLL CURSOR WITH HOLD FOR SELECT * FROM {table}; FETCH ALL FROM peek",
    "what was prepared": """
        PREPARE peek AS SELECT * FROM {table};
        CREATE TEMP TABLE taken AS EXECUTE peek;
        DEALLOCATE peek
    """,
    "what it learnt for its plans": """
        CREATE TEMP TABLE taken AS
        SELECT CAST(most_common_vals AS text) FROM pg_stats WHERE tablename = '{table}'
    """,
}


@pytest.mark.parametrize("way", WAYS_AROUND)
async def test_no_way_around_gives_rows_without_a_scope(
    filled: Filled, role: asyncpg.Connection, way: str
) -> None:
    for table in POLICIES:
        await filled.world.pool.execute(f"ANALYZE {table}")
        statement = WAYS_AROUND[way].format(table=table)
        transaction = role.transaction()
        await transaction.start()
        done = await role.execute(statement)
        found = await count(role, "taken") if "taken" in statement else int(done.rpartition(" ")[2])
        assert found == 0, table
        await transaction.rollback()


@pytest.mark.parametrize("table", POLICIES)
async def test_nothing_is_copied_out_without_a_scope(
    filled: Filled, role: asyncpg.Connection, table: str
) -> None:
    taken = io.BytesIO()
    await role.copy_from_query(f"SELECT * FROM {table}", output=taken)
    with contextlib.suppress(asyncpg.FeatureNotSupportedError):  # of a table with policies as such
        await role.copy_from_table(table, output=taken)
    assert taken.getvalue() == b""


@pytest.mark.parametrize("table", POLICIES)
async def test_nothing_is_changed_or_removed_without_a_scope(
    filled: Filled, role: asyncpg.Connection, table: str
) -> None:
    before = await filled.world.pool.fetch(f"SELECT t.*::text FROM {table} t ORDER BY 1")
    (column,) = await filled.world.pool.fetch(
        "SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0"
        " AND attidentity = '' ORDER BY attnum LIMIT 1",
        table,
    )
    for statement in (
        f"UPDATE {table} SET {column['name']} = {column['name']}",
        f"DELETE FROM {table}",
        f"MERGE INTO {table} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    ):
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            assert (await role.execute(statement)).endswith(" 0"), statement
    assert await filled.world.pool.fetch(f"SELECT t.*::text FROM {table} t ORDER BY 1") == before


@pytest.mark.parametrize("table", POLICIES)
async def test_an_empty_scope_is_nothing(filled: Filled, role: asyncpg.Connection, table: str) -> None:
    async with role.transaction():
        await confine(role)
        await role.execute("SET LOCAL liandong.areas = ''; SET LOCAL liandong.accounts = ''")
        assert await count(role, table) == 0
    async with role.transaction():
        await role.execute("SET LOCAL liandong.areas = '{}'; SET LOCAL liandong.accounts = '{}'")
        assert await count(role, table) == 0


@pytest.mark.parametrize("table", ["record", "history", "quarantine", "audit"])
async def test_the_scope_of_one_area_shows_that_area(
    filled: Filled, role: asyncpg.Connection, table: str
) -> None:
    expected = await filled.world.pool.fetchval(f"SELECT count(*) FROM {table} WHERE area = $1", filled.here)
    async with role.transaction():
        await confine(role, [filled.here])
        assert await count(role, table) == expected > 0
        assert await role.fetchval(f"SELECT count(*) FROM {table} WHERE area <> $1", filled.here) == 0


async def test_where_a_record_came_from_is_known_where_it_is(
    filled: Filled, role: asyncpg.Connection
) -> None:
    async with role.transaction():
        await confine(role, [filled.there])
        assert await role.fetchval("SELECT record FROM departure") == filled.moved
        assert await role.fetchval("SELECT count(*) FROM history WHERE area = $1", filled.here) == 0


@pytest.mark.parametrize("table", ["history", "quarantine", "audit"])
async def test_ones_own_work_is_in_ones_own_scope(
    filled: Filled, role: asyncpg.Connection, table: str
) -> None:
    async with role.transaction():
        await confine(role, account=filled.account)
        assert await count(role, table) > 0
    async with role.transaction():
        await confine(role, account=uuid.uuid4())
        assert await count(role, table) == 0


async def test_a_scope_ends_with_its_transaction(filled: Filled, role: asyncpg.Connection) -> None:
    async with role.transaction():
        await confine(role, [filled.here], filled.account)
        assert await count(role, "record") > 0
    assert await count(role, "record") == 0


INSERTS = {
    "record": """
        INSERT INTO record (area, id, collection, rev, deleted, stamps)
        VALUES ($1, gen_random_uuid(), 'household', 1, false, '{}')
    """,
    "history": """
        INSERT INTO history (area, rev, change, account, device, record, collection, op, base, at,
                             received_at, outcome, record_rev, hash)
        VALUES ($1, 1, gen_random_uuid(), gen_random_uuid(), '1', gen_random_uuid(), 'household', 'write',
                0, '', now(), 'applied', 1, '')
    """,
    "departure": """
        INSERT INTO departure (area, rev, record, collection, classes, to_area)
        VALUES ($1, 1, gen_random_uuid(), 'household', 1, gen_random_uuid())
    """,
    "quarantine": """
        INSERT INTO quarantine (account, change, hash, device, area, outcome, problem, payload, sight,
                                pen, case_sight, case_pen, received_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), '', '1', $1, 'rejected', '{}', '', 1, 1, 0, 0, now())
    """,
}


@pytest.mark.parametrize("table", INSERTS)
async def test_what_lies_outside_the_scope_is_not_written(
    filled: Filled, role: asyncpg.Connection, table: str
) -> None:
    async with role.transaction():
        await confine(role, [filled.here])
        await role.execute(INSERTS[table], filled.here)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with role.transaction():
            await confine(role, [filled.here])
            await role.execute(INSERTS[table], filled.there)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await role.execute(INSERTS[table], filled.here)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET rev = rev + 1",
        "DELETE FROM record",
        "DELETE FROM departure",
        "UPDATE quarantine SET state = 'dismissed'",
    ],
)
async def test_what_lies_outside_the_scope_is_not_changed(role: asyncpg.Connection, statement: str) -> None:
    assert (await role.execute(statement)).endswith(" 0")


async def test_a_record_is_not_carried_out_of_the_scope(filled: Filled, role: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with role.transaction():
            await confine(role, [filled.here])
            await role.execute("UPDATE record SET area = $1", filled.there)


async def test_statements_keep_their_indexes(filled: Filled, role: asyncpg.Connection) -> None:
    await filled.world.pool.execute(
        """
        INSERT INTO record (area, id, collection, rev, deleted, stamps)
        SELECT ($1::uuid[])[1 + n % 2], gen_random_uuid(), 'household', n, false, '{}'
        FROM generate_series(1, 20000) n
        """,
        [filled.here, filled.there],
    )
    await filled.world.pool.execute("ANALYZE record")
    page = pull_store._page((Reach(ALL_CLASSES, guarded=ALL_CLASSES).sight, ()), True).sql
    async with role.transaction():
        await confine(role, [filled.here, filled.there])
        await role.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await role.execute(f"PREPARE page (bigint, uuid, bigint, bigint) AS {page}")
        rows = await role.fetch(f"EXPLAIN EXECUTE page (0, '{filled.here}', 19000, 200)")
        await role.execute("DEALLOCATE page")
    plan = "\n".join(row[0] for row in rows)
    assert "ix_record_area_rev" in plan
    assert "hashed SubPlan" in plan
    assert "Sort" not in plan and "Seq Scan" not in plan
