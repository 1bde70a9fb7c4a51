"""The SQL of loading the demo: whether it is there, and whether there is something else."""

from uuid import UUID, uuid4

from sync.statement import Connection, statement

# Passwords are set last: until then nobody signs in to half a demo.
_IS_COMPLETE = statement("""
    SELECT password_hash IS NOT NULL FROM account WHERE id = :account
""")

_HAS_OTHERS = statement("""
    SELECT EXISTS (SELECT FROM area WHERE id <> ALL(CAST(:areas AS uuid[])))
        OR EXISTS (SELECT FROM account WHERE id <> ALL(CAST(:accounts AS uuid[])))
""")

# A process that starts makes the row too, whichever is first.
_MARK = statement("""
    INSERT INTO dataset (epoch, demo) VALUES (:epoch, true)
    ON CONFLICT ("only") DO UPDATE SET demo = true
""")

_KNOWN_AREAS = statement("""
    SELECT id FROM area WHERE id = ANY(CAST(:areas AS uuid[]))
""")


async def is_complete(connection: Connection, account: UUID) -> bool:
    """Whether the demo was loaded to its end, of which `account`'s password is the sign."""
    return bool(await _IS_COMPLETE.fetchval(connection, account=account))


async def has_others(connection: Connection, areas: list[UUID], accounts: list[UUID]) -> bool:
    """Whether the database has areas or accounts that are not the demo's."""
    return bool(await _HAS_OTHERS.fetchval(connection, areas=areas, accounts=accounts))


async def mark(connection: Connection) -> None:
    """From now on the database is known to hold the demo (LIANDONG_SECOND_FACTOR asks)."""
    await _MARK.execute(connection, epoch=uuid4())


async def known_areas(connection: Connection, areas: list[UUID]) -> set[UUID]:
    """Those of `areas` that a load that was broken off has made."""
    return {row["id"] for row in await _KNOWN_AREAS.fetch(connection, areas=areas)}
