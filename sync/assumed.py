"""From a value that a device assumes to the position at which it was in force: the base of what was built.

A client that syncs whole documents says what it took a field to be, and knows no positions. Where that is not
what stands, somebody else has written meanwhile, and the engine must hear of it: so the base is looked for in
the history of the record, field by field. It is the newest position at which the field had the value, or else
one before everything that was written in it since the record was made.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from schemas.privacy import CLASSES
from sync import sealed, store
from sync.asking import AccessOf
from sync.confine import confine
from sync.item import Key, Version
from sync.keyring import keyring_of
from sync.record import CREATION, Stamp, Stored
from sync.statement import statement

Said = dict[str, dict[str, Any]]
"""What one change said: `set`, `add`, `remove`, `increment`, by field."""

FIRST = 1
"""Before everything."""


async def bases(
    pool: asyncpg.Pool, access_of: AccessOf, assumed: Mapping[Key, Mapping[str, Any]]
) -> dict[Key, dict[str, int]]:
    """By record and field, the position at which it had the value that is assumed (None: no value).

    For records of areas that the caller holds. Raises `Problem` for a caller who may not come in.
    """
    if not assumed:
        return {}
    names = frozenset(name for fields in assumed.values() for name in fields)
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        access = await access_of(connection)
        await confine(connection, access.clearance.held)
        records = await store.records(connection, assumed.keys())
        versions, _ = await store.versions(connection, records.keys(), names)
    return {
        key: {
            name: _base(records.get(key), name, value, versions.get((key[1], name), ()))
            for name, value in fields.items()
        }
        for key, fields in assumed.items()
    }


def _base(record: Stored | None, name: str, value: Any, versions: Iterable[Version]) -> int:
    if record is None:
        return FIRST
    stands = record.stamp(name).rev
    for version in versions:
        if version.rev < stands and version.in_force == value:
            return version.rev
    made = Stamp(*record.stamps[CREATION]).rev
    return made if made < stands else max(FIRST, stands - 1)


_OWN = statement(f"""
    SELECT h.record, h.rev, h.area, h.change, {", ".join(f"sent_{privacy.value}" for privacy in CLASSES)}
    FROM unnest(CAST(:ids AS uuid[]), CAST(:since AS bigint[])) AS wanted(id, since)
    JOIN history h ON h.record = wanted.id AND h.rev > wanted.since AND h.device = :by
    ORDER BY h.rev
""")  # ix_history_record_rev


async def own_since(
    pool: asyncpg.Pool, access_of: AccessOf, by: str, since: Mapping[UUID, int]
) -> dict[UUID, list[Said]]:
    """By record, what the device `by` has changed in it behind a position, in order.

    Raises `Problem` for a caller who may not come in.
    """
    if not since:
        return {}
    found: dict[UUID, list[Said]] = {}
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        access = await access_of(connection)
        await confine(connection, access.clearance.held)
        rows = await _OWN.fetch(connection, ids=list(since), since=list(since.values()), by=by)
        await sealed.met_in_history(connection, rows)
        keyring = keyring_of(connection)
        for row in rows:
            record, rev, area, change, *sent = row.values()
            said: Said = {"set": {}, "add": {}, "remove": {}, "increment": {}}
            for body in sealed.sent_in(keyring, area, record, change, rev, sent):
                for kind, values in (msgspec.json.decode(body) if body is not None else {}).items():
                    if kind in said:
                        said[kind].update(values)
            found.setdefault(record, []).append(said)
    return found


async def deletions(pool: asyncpg.Pool, access_of: AccessOf, deleted: Iterable[Key]) -> dict[Key, int]:
    """By deleted record, the position just before it was deleted: what the device had that did not know."""
    keys = list(deleted)
    if not keys:
        return {}
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        access = await access_of(connection)
        await confine(connection, access.clearance.held)
        records = await store.records(connection, keys)
    return {
        key: max(FIRST, record.deletion.rev - 1)
        for key, record in records.items()
        if record.deletion is not None
    }
