"""Keep records out of everybody's reach for a while, with all that is in them (限制处理).

What a person has taken their consent from, or disputes, and must not be erased either, is kept and nothing
else is done with it (个人信息保护法, article 47). Its parts beyond open and basic are put away, so that no
query finds them, and devices are told as of anything that left: they let go of these classes. The record
takes no change meanwhile; what comes waits in quarantine. When it ends the parts are put back and delivered
anew.
"""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

import asyncpg

from schemas.privacy import CLASSES, Privacy, class_set
from sync import store
from sync.item import DepartureRow, Key
from sync.record import Stored
from sync.scope import Touched
from sync.statement import Connection, statement
from sync.tables import SEALED

LEFT: Final = class_set([Privacy.OPEN, Privacy.BASIC])
"""The classes that are read on as ever."""

_NAMES = [privacy.value for privacy in CLASSES]
_BODIES = ", ".join(f"body_{name}" for name in _NAMES)
_TYPES = ["bytea" if privacy in SEALED else "json" for privacy in CLASSES]
_COLUMNS = f"area, id, restriction, collection, case_id, author, parent, deleted, stamps, {_BODIES}"
_VALUES = ", ".join(f"CAST(:body_{name} AS {type})" for name, type in zip(_NAMES, _TYPES, strict=True))

_PUT_AWAY = statement(f"""
    INSERT INTO restricted_record ({_COLUMNS})
    VALUES (:area, :id, :restriction, :collection, :case, :author, :parent, :deleted, :stamps, {_VALUES})
""")

# ix_restricted_record_restriction.
_TAKE_BACK = statement(f"DELETE FROM restricted_record WHERE restriction = :restriction RETURNING {_COLUMNS}")

# Primary key's area. There are few.
_AWAY = statement(f"""
    SELECT {_COLUMNS} FROM restricted_record
    WHERE area = :area AND (id = ANY(CAST(:ids AS uuid[])) OR parent = ANY(CAST(:ids AS uuid[])))
""")

_ADVANCE = statement("UPDATE area SET last_rev = :rev WHERE id = :area")


async def restrict(connection: Connection, area: UUID, ids: Collection[UUID], restriction: int) -> Touched:
    """Put away what is in the records `ids` of `area`, until `restriction` ends. Takes the area's lock.

    What a conflict about one of them holds goes with it.
    """
    position = (await store.lock_areas(connection, [area]))[area]
    found = await store.records(connection, [(area, id) for id in ids])
    touched: Touched = {}
    departures: list[DepartureRow] = []
    left: list[Stored] = []
    removed: list[Key] = []
    for record in found.values():
        if record.is_erased or record.is_restricted:
            continue
        leaving = record.classes() & ~LEFT
        if leaving:
            touched[record.place] = touched.get(record.place, 0) | record.classes()
            await _put_away(connection, record, restriction)
            position += 1
            departures.append(
                DepartureRow(record.place, position, record.id, record.collection, leaving, area)
            )
        if leaving == record.classes():
            removed.append((area, record.id))
        else:
            position += 1
            record.restrict(LEFT, position)
            left.append(record)
    if departures:
        await store.write_departures(connection, departures)
    if removed:
        await store.remove_records(connection, removed)
    if left:
        await store.write_records(connection, left)
    if left or removed:
        await _ADVANCE.execute(connection, area=area, rev=position)
    return touched


async def release(connection: Connection, area: UUID, ids: Collection[UUID], restriction: int) -> Touched:
    """Put back what `restriction` put away of the records `ids` of `area`. Takes the area's lock."""
    position = (await store.lock_areas(connection, [area]))[area]
    found = await store.records(connection, [(area, id) for id in ids])
    away = {row["id"]: row for row in await _TAKE_BACK.fetch(connection, restriction=restriction)}
    records = {record.id: record for record in found.values() if record.is_restricted}
    records.update({id: _stored(row) for id, row in away.items() if (area, id) not in found})
    touched: Touched = {}
    for id, record in records.items():
        position += 1
        record.release(_bodies(away[id]) if id in away else (), position)
        touched[record.place] = touched.get(record.place, 0) | record.classes()
    if records:
        await store.write_records(connection, list(records.values()))
        await _ADVANCE.execute(connection, area=area, rev=position)
    return touched


async def with_what_is_away(
    connection: Connection, area: UUID, file: Mapping[Key, Stored]
) -> dict[Key, Stored]:
    """`file` with what is put away of its records, and the conflicts about them that are."""
    whole = dict(file)
    for row in await _AWAY.fetch(connection, area=area, ids=[id for _, id in file]):
        key = (row["area"], row["id"])
        record = whole.get(key)
        if record is None:
            whole[key] = _stored(row)
        else:
            record.release(_bodies(row), record.rev)
    return whole


async def _put_away(connection: Connection, record: Stored, restriction: int) -> None:
    bodies = {
        f"body_{privacy.value}": None if privacy.bit & LEFT else body
        for privacy, body in zip(CLASSES, record.bodies, strict=True)
    }
    await _PUT_AWAY.execute(
        connection,
        area=record.area,
        id=record.id,
        restriction=restriction,
        collection=record.collection,
        case=record.case,
        author=record.author,
        parent=record.parent,
        deleted=record.deleted,
        stamps=record.stamps_json,
        **bodies,
    )


def _bodies(row: asyncpg.Record) -> list[bytes | None]:
    return [row[f"body_{name}"] for name in _NAMES]


def _stored(row: asyncpg.Record) -> Stored:
    return Stored(
        row["area"],
        row["id"],
        row["collection"],
        case=row["case_id"],
        author=row["author"],
        parent=row["parent"],
        deleted=row["deleted"],
        stamps=row["stamps"],
        bodies=_bodies(row),
    )
