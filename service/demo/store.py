"""The SQL of loading the demo: whether it is there, and whether there is something else."""

from uuid import UUID, uuid4

from service.access.members import next_position
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

# ix_case_member_account. What a load that was broken off did already stays as it is.
_JOIN = statement("""
    INSERT INTO case_member (area, case_id, account, kind, confidential, given_rev, given_by)
    SELECT :area, case_id, account, 'co_worker', true, :rev, lead
    FROM unnest(CAST(:cases AS uuid[]), CAST(:accounts AS uuid[]), CAST(:leads AS uuid[]))
        AS joined(case_id, account, lead)
    WHERE NOT EXISTS (
        SELECT FROM case_member m
        WHERE m.account = joined.account AND m.area = :area AND m.case_id = joined.case_id
    )
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


async def join(connection: Connection, area: UUID, joining: list[tuple[UUID, UUID, UUID]]) -> None:
    """Have people work on files: (case, account, whose file it is). Run it in a transaction."""
    if joining:
        await _JOIN.execute(
            connection,
            area=area,
            rev=await next_position(connection, area),
            cases=[case for case, _, _ in joining],
            accounts=[account for _, account, _ in joining],
            leads=[lead for _, _, lead in joining],
        )
