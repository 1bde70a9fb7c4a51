"""Keep records out of everybody's reach for a while, with all that is in them (限制处理).

What a person has taken their consent from, or disputes, and must not be erased either, is kept and nothing
else is done with it (个人信息保护法, article 47). Its parts beyond open and basic are put away, so that no
query finds them, and devices are told as of anything that left: they let go of these classes. The record
takes no change meanwhile; what comes waits in quarantine. When it ends the parts are put back and delivered
anew.
"""

from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Final
from uuid import UUID

import asyncpg

from schemas.privacy import CLASSES, SEALED, SEARCHABLE, Privacy, class_set
from sync import sealed, store
from sync.conflict import COLLECTION
from sync.item import DepartureRow, Key
from sync.keyring import Keyring, keyring_of
from sync.place_store import COLUMNS, guard_between
from sync.record import Stored
from sync.scope import Touched, merge_bits
from sync.sealed import Opener
from sync.statement import Connection, statement

LEFT: Final = class_set([Privacy.OPEN, Privacy.BASIC])
"""The classes that are read on as ever."""

_NAMES = [privacy.value for privacy in CLASSES]
_BODIES = ", ".join(f"body_{name}" for name in _NAMES)
_TYPES = ["bytea" if privacy in SEALED else "json" for privacy in CLASSES]
_TOKENS = [f"token_{privacy.value}" for privacy in SEARCHABLE]
_COLUMNS = (
    f"area, id, restriction, collection, parent, {COLUMNS}, deleted, stamps, "
    f"sealed_stamps, {', '.join(_TOKENS)}, {_BODIES}"
)
_VALUES = ", ".join(
    [f":{name}" for name in _TOKENS]
    + [f"CAST(:body_{name} AS {type})" for name, type in zip(_NAMES, _TYPES, strict=True)]
)

_PUT_AWAY = statement(f"""
    INSERT INTO restricted_record ({_COLUMNS})
    VALUES (:area, :id, :restriction, :collection, :parent, :case, :author, :child_until, :since, :until,
            :sent, :deleted, :stamps, :sealed_stamps, {_VALUES})
""")

# ix_restricted_record_restriction.
_TAKE_BACK = statement(f"DELETE FROM restricted_record WHERE restriction = :restriction RETURNING {_COLUMNS}")

# Primary key's area. There are few. What is away as a whole may have a conflict about it that is, too.
_AWAY = statement(f"""
    SELECT {_COLUMNS} FROM restricted_record
    WHERE area = :area
      AND (
          id = ANY(CAST(:ids AS uuid[]))
          OR parent = ANY(CAST(:ids AS uuid[]))
          OR parent IN (
              SELECT id FROM restricted_record WHERE area = :area AND parent = ANY(CAST(:ids AS uuid[]))
          )
      )
    ORDER BY area, id
""")


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
    # By id: in what order rows are read may hang on what was done to others.
    for record in sorted(found.values(), key=attrgetter("id")):
        if record.is_erased or record.is_restricted:
            continue
        leaving = record.classes() & ~LEFT
        if leaving:
            merge_bits(touched, record.place, record.classes())
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
    await store.write_apart(connection, area, position, left, departures, removed)
    return touched


async def release(connection: Connection, area: UUID, ids: Collection[UUID], restriction: int) -> Touched:
    """Put back what `restriction` put away of the records `ids` of `area`. Takes the area's lock.

    What is sealed goes back as it is: it was bound to this record, and it is still here.
    """
    position = (await store.lock_areas(connection, [area]))[area]
    found = await store.records(connection, [(area, id) for id in ids])
    away = {row["id"]: row for row in await _TAKE_BACK.fetch(connection, restriction=restriction)}
    records = {record.id: record for record in found.values() if record.is_restricted}
    keyring = keyring_of(connection)
    records.update({id: _stored(row, keyring) for id, row in away.items() if (area, id) not in found})
    for record in records.values():
        about = found.get((area, record.parent)) if record.parent is not None else None
        if record.collection == COLLECTION and about is not None:
            record.guard = about.guard  # a guardian may have decided meanwhile
    await sealed.met(connection, records.values())
    touched: Touched = {}
    for id, record in sorted(records.items()):
        position += 1
        row = away.get(id)
        if row is None:
            record.release((), record.tokens, position)
        else:
            record.release(_bodies(row), _tokens(row), position)
        merge_bits(touched, record.place, record.classes())
    await store.write_apart(connection, area, position, list(records.values()))
    return touched


async def with_what_is_away(
    connection: Connection, area: UUID, file: Mapping[Key, Stored]
) -> dict[Key, Stored]:
    """`file` with what is put away of its records, and the conflicts about them that are."""
    whole, keyring = dict(file), keyring_of(connection)
    for row in await _AWAY.fetch(connection, area=area, ids=[id for _, id in file]):
        key = (row["area"], row["id"])
        record = whole.get(key)
        if record is None:
            whole[key] = _stored(row, keyring)
        else:
            record.release(_bodies(row), _tokens(row), record.rev)
    await sealed.met(connection, whole.values())
    return whole


async def _put_away(connection: Connection, record: Stored, restriction: int) -> None:
    keys = await sealed.keys_for(connection, [record], ())
    (stored,) = sealed.of_records(keyring_of(connection), [record], keys)
    bodies = {
        f"body_{privacy.value}": None if privacy.bit & LEFT else body
        for privacy, body in zip(CLASSES, stored.bodies, strict=True)
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
        child_until=record.child_until,
        since=record.guard and record.guard.since,
        until=record.guard and record.guard.until,
        sent=record.sent,
        deleted=record.deleted,
        stamps=stored.stamps,
        sealed_stamps=stored.sealed_stamps,
        **dict(zip(_TOKENS, stored.tokens, strict=True)),
        **bodies,
    )


def _bodies(row: asyncpg.Record) -> list[bytes | None]:
    return [row[f"body_{name}"] for name in _NAMES]


def _tokens(row: asyncpg.Record) -> list[bytes | None]:
    return [row[name] for name in _TOKENS]


def _stored(row: asyncpg.Record, keyring: Keyring) -> Stored:
    return Stored(
        row["area"],
        row["id"],
        row["collection"],
        case=row["case_id"],
        author=row["author"],
        parent=row["parent"],
        child_until=row["child_until"],
        guard=guard_between(row["guarded_from"], row["guarded_until"]),
        sent=row["sent"],
        deleted=row["deleted"],
        stamps=row["stamps"],
        sealed_stamps=row["sealed_stamps"],
        tokens=_tokens(row),
        bodies=_bodies(row),
        opening=Opener(keyring, row["area"], row["id"]),
    )
