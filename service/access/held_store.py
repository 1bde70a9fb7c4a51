"""The SQL of what a device held: who used it, what they were let see meanwhile, and what was sent to it.

What was sent stands in the audit, as far as account is kept of it (`sync.audit.PERSONAL`); a cursor, which
knows the rest, is in the device's own hands.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from sync.statement import Connection, statement


class Holder(msgspec.Struct, frozen=True):
    """An account that signed in on the device: to each it is a device of its own. `since`: the first time."""

    account: UUID
    name: str
    no: int
    device_name: str
    platform: str
    since: datetime
    last_seen_at: datetime
    revoked_at: datetime | None


class Stretch(msgspec.Struct, frozen=True):
    """A time in which a holder was let see an area, by a role, or a file in it, as a member of that kind."""

    area: UUID
    area_name: str
    case: UUID | None
    role: str
    confidential: bool
    since: datetime
    until: datetime | None


class Sent(msgspec.Struct, frozen=True):
    """One answer that was sent to the device, or work that came from it: see `service.audit.chain`."""

    at: datetime
    area: UUID
    records: Sequence[UUID]
    detail: bytes


# ix_device_id.
_HOLDERS = statement("""
    SELECT device.account, account.display_name AS name, device.no, device.name AS device_name,
           device.platform, device.created_at AS since, device.last_seen_at, device.revoked_at
    FROM device
    JOIN account ON account.id = device.account
    WHERE device.id = :device
    ORDER BY device.no
""")

# ix_area_grant_account, then ix_area_ancestors; ix_case_member_account. A position is a time. Most began at
# once, with the first sign-in: in what order these come follows from what is told of them, and from nothing
# else that lies in the tables.
_STRETCHES = statement("""
    SELECT area.id AS area, area.name AS area_name, CAST(NULL AS uuid) AS case, g.role,
           false AS confidential, greatest(g.since, CAST(:since AS timestamptz)) AS since, g.until
    FROM area_grant g
    JOIN area ON area.ancestors @> ARRAY[g.area]
    WHERE g.account = :account AND (g.until IS NULL OR g.until > :since) AND g.since < :until
      AND (g.until IS NULL OR g.since < g.until)
    UNION ALL
    SELECT area.id, area.name, m.case_id, m.kind, m.confidential,
           greatest(m.given_at, CAST(:since AS timestamptz)), least(m.until, ended.at)
    FROM case_member m
    JOIN area ON area.id = m.area
    CROSS JOIN LATERAL (SELECT to_timestamp(m.ended_rev / 1000000.0) AS at) ended
    WHERE m.account = :account AND m.given_at < :until AND coalesce(least(m.until, ended.at) > :since, true)
    ORDER BY area_name, area, since, "case" NULLS FIRST, role, confidential, until NULLS LAST
""")

# ix_audit_area_at, from the first sign-in on. Whoever asks this waits while the entries of the area are
# looked through, as in service/audit/trail.py.
_SENT = statement("""
    SELECT at, area, records, detail
    FROM audit
    WHERE area = ANY(CAST(:areas AS uuid[])) AND at >= :since AND account = :account
      AND kind IN ('sync', 'manifest', 'write', 'attachment') AND split_part(device, '.', 1) = :no
    ORDER BY at, chain, no
""")

# Primary key; ix_departure_area_record for what has left since.
_COLLECTIONS = statement("""
    SELECT id, collection FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND id = ANY(CAST(:ids AS uuid[]))
    UNION
    SELECT record, collection FROM departure
    WHERE area = ANY(CAST(:areas AS uuid[])) AND record = ANY(CAST(:ids AS uuid[]))
""")


async def holders_of(connection: Connection, device: UUID) -> list[Holder]:
    """Who has signed in with this device id."""
    return [Holder(**row) for row in await _HOLDERS.fetch(connection, device=device)]


async def stretches(connection: Connection, holder: Holder, now: datetime) -> list[Stretch]:
    """What the holder was let see since they first signed in, until the device was revoked or `now`."""
    rows = await _STRETCHES.fetch(
        connection, account=holder.account, since=holder.since, until=holder.revoked_at or now
    )
    return [Stretch(**row) for row in rows]


async def sent(connection: Connection, holder: Holder, areas: Collection[UUID]) -> list[Sent]:
    """What of `areas` was sent to the device of `holder` and what came from it, in order."""
    rows: list[asyncpg.Record] = await _SENT.fetch(
        connection, areas=list(areas), since=holder.since, account=holder.account, no=str(holder.no)
    )
    return [Sent(**row) for row in rows]


async def collections(
    connection: Connection, areas: Collection[UUID], ids: Collection[UUID]
) -> dict[UUID, str]:
    """Of which collection records are that lie in `areas`, or left them not long ago."""
    rows = await _COLLECTIONS.fetch(connection, areas=list(areas), ids=list(ids))
    return {row["id"]: row["collection"] for row in rows}
