"""The SQL of an export: what names a person from outside their file, who has seen what, what waits."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from schemas.annotations import ACCOUNT
from schemas.collections import COLLECTIONS
from schemas.privacy import SEALED
from schemas.values import Items, Kind, Reference
from service.persons.store import PERSON
from sync import sealed
from sync.statement import Connection, statement


def _naming(kind: Kind, column: str) -> str | None:
    """What holds of a part whose field of this kind names the person."""
    if isinstance(kind, Reference) and kind.target == PERSON:
        return f"{column} = CAST(:person AS text)"
    if isinstance(kind, Items) and _naming(kind.item, column):
        return f"{column} LIKE '%' || CAST(:person AS text) || '%'"
    return None


def _named_in() -> str:
    found = []
    for name, declared in COLLECTIONS.items():
        for field in declared.fields.values():
            if field.privacy in SEALED or field.parent:
                continue
            condition = _naming(field.kind, f"body_{field.privacy.value} ->> '{field.name}'")
            if condition:
                found.append(f"(collection = '{name}' AND {condition})")
    return " OR ".join(found)


# The areas' records, looked through: seldom asked.
_NAMING = statement(f"""
    SELECT area, id FROM record WHERE area = ANY(CAST(:areas AS uuid[])) AND ({_named_in()})
    ORDER BY area, id
""")

_NAMES = statement("SELECT id, display_name FROM account WHERE id = ANY(CAST(:ids AS uuid[]))")
_AREA_NAMES = statement("SELECT id, name FROM area WHERE id = ANY(CAST(:ids AS uuid[]))")

# ix_audit_area_at, once for all records of the file.
_SEEN = statement("""
    SELECT a.at, a.kind, a.area, a.records, a.detail, account.display_name AS name,
           device.name AS device_name
    FROM audit a
    JOIN account ON account.id = a.account
    LEFT JOIN device ON device.no = CAST(split_part(a.device, '.', 1) AS bigint)
    WHERE a.area = ANY(CAST(:areas AS uuid[])) AND a.records && CAST(:records AS uuid[])
    ORDER BY a.at DESC, a.chain, a.no
    LIMIT :limit
""")

# One's own, and what one supervises. Applied ones stand in the history.
_WAITING = statement("""
    SELECT q.account, q.change, q.hash, q.record, q.collection, q.received_at, q.state, q.problem, q.payload,
           q.repaired
    FROM quarantine q
    WHERE (q.record = ANY(CAST(:records AS uuid[])) OR q.waits_for = ANY(CAST(:records AS uuid[])))
      AND q.state <> 'applied'
      AND (q.account = :account OR q.area = ANY(CAST(:supervised AS uuid[])))
    ORDER BY q.no
""")


async def naming(connection: Connection, person: UUID, areas: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Records in `areas` that name a person without belonging to them, as (area, id)."""
    rows = await _NAMING.fetch(connection, person=str(person), areas=list(areas))
    return [(row["area"], row["id"]) for row in rows]


async def account_names(connection: Connection, ids: Collection[UUID]) -> dict[str, str]:
    """What accounts are called, by id as records have it."""
    return {str(row["id"]): row["display_name"] for row in await _NAMES.fetch(connection, ids=list(ids))}


async def area_names(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """What areas are called."""
    return {row["id"]: row["name"] for row in await _AREA_NAMES.fetch(connection, ids=list(ids))}


async def seen(
    connection: Connection, records: Collection[UUID], areas: Collection[UUID], limit: int
) -> Sequence[asyncpg.Record]:
    """Entries of the audit about any of `records`, the latest first."""
    return await _SEEN.fetch(connection, records=list(records), areas=list(areas), limit=limit)


async def waiting(
    connection: Connection, records: Collection[UUID], account: UUID, supervised: Collection[UUID]
) -> Sequence[dict[str, Any]]:
    """What is kept in quarantine about any of `records`, opened, as far as `account` may see it."""
    rows = await _WAITING.fetch(
        connection, records=list(records), account=account, supervised=list(supervised)
    )
    return [row for row in await sealed.kept(connection, rows) if row["payload"]]  # else it was erased


def accounts_named(kind: Kind, value: Any) -> list[UUID]:
    """The accounts that a value names."""
    if value is None:
        return []
    if isinstance(kind, Items):
        return [id for each in value for id in accounts_named(kind.item, each)]
    return [UUID(value)] if isinstance(kind, Reference) and kind.target == ACCOUNT else []
