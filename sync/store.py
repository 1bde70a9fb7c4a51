"""The SQL of pushing. Every statement takes a whole batch at once, however many changes it has.

All of them run in one READ COMMITTED transaction that first locks the areas concerned, in id order: with
the lock held, nobody else writes to these areas, so what is read afterwards is the newest there is, and no
two pushes can wait for each other in a circle.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import CLASSES, SEALED, SEARCHABLE
from sync import sealed
from sync.item import (
    ChangeKey,
    DepartureRow,
    HistoryRow,
    Item,
    Key,
    MovedFile,
    OpenedFile,
    QuarantineRow,
    Receipt,
    Version,
)
from sync.keyring import Keyring, keyring_of
from sync.place_store import COLUMNS, guard_between
from sync.record import Stored
from sync.sealed import Keys, Opener
from sync.statement import Connection, statement
from sync.wire import ProblemDetail

_NAMES = [privacy.value for privacy in CLASSES]
_TYPES = ["bytea" if privacy in SEALED else "json" for privacy in CLASSES]
_REVS = ", ".join(f"rev_{name}" for name in _NAMES)
_BODIES = ", ".join(f"body_{name}" for name in _NAMES)
_SENT = ", ".join(f"sent_{name}" for name in _NAMES)
_MOST_VERSIONS = 500
_TOKENS = [f"token_{privacy.value}" for privacy in SEARCHABLE]
PRESENT = " + ".join(
    f"CASE WHEN body_{privacy.value} IS NULL THEN 0 ELSE {privacy.bit} END" for privacy in CLASSES
)
"""The classes that a row has parts of."""
_RECORD = (
    "area, id, collection, case_id, author, parent, child_until, guarded_from, guarded_until, sent, rev, "
    "deleted, stamps, sealed_stamps, "
    f"{', '.join(_TOKENS)}, {_REVS}, {_BODIES}"
)

_AREAS = statement("SELECT id FROM area ORDER BY id")

# By primary key, in id order. NO KEY: other tables may refer to areas meanwhile. The time is the database's,
# in microseconds; `position` is the last one used, so that the next is greatest(last + 1, now).
_LOCK_AREAS = statement("""
    SELECT id,
           greatest(last_rev, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) - 1) AS position
    FROM area
    WHERE id = ANY(CAST(:areas AS uuid[]))
    ORDER BY id
    FOR NO KEY UPDATE
""")

# ix_history_change_account, and the primary key of quarantine. Under the lock: the same change may be coming
# in over two connections.
_SENT_BEFORE = """
    SELECT h.account, h.change, h.hash, h.outcome, h.record_rev AS rev, h.conflicts, NULL AS problem,
           true AS took_effect, true AS settled
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:changes AS uuid[])) AS wanted(account, change)
    JOIN history h ON h.change = wanted.change AND h.account = wanted.account
    UNION ALL
    SELECT q.account, q.change, q.hash, q.outcome, NULL, NULL, q.problem, false, q.state <> 'open'
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:changes AS uuid[])) AS wanted(account, change)
    JOIN quarantine q ON q.account = wanted.account AND q.change = wanted.change
"""
_RECEIPTS = statement(_SENT_BEFORE)

# Besides, whether there is anything at all for `_PARKED` and `_MOVED` to find: almost never, and then neither
# is asked. One row at least.
_TRACES = statement(f"""
    SELECT known.waits, known.moved, sent.*
    FROM (
        SELECT EXISTS (
            SELECT
            FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
            JOIN quarantine q ON q.area = wanted.area AND q.waits_for = wanted.id AND q.state = 'open'
        ) OR EXISTS (
            SELECT
            FROM quarantine q
            WHERE q.account = :account AND q."group" = ANY(CAST(:groups AS uuid[])) AND q.state = 'open'
        ) AS waits,
        EXISTS (
            SELECT
            FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
            JOIN departure d ON d.area = wanted.area AND d.record = wanted.id AND d.to_area <> d.area
        ) AS moved
    ) known
    LEFT JOIN ({_SENT_BEFORE}) sent ON true
""")

_QUARANTINED = (
    "q.account, q.change, q.hash, q.device, q.payload, q.repaired, q.sight, q.pen, q.case_id, q.case_sight, "
    "q.case_pen, q.waits_for, q.received_at"
)

# Followed along the chain: what waits for a record or a change of this batch (ix_quarantine_area_waits_for),
# what is of one group with it (primary key, by account), what waits for that, and so on. Almost always empty.
_PARKED = statement(f"""
    WITH RECURSIVE waiting AS (
        (
            SELECT {_QUARANTINED}, q.no, q.area, q.record, q."group"
            FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
            JOIN quarantine q ON q.area = wanted.area AND q.waits_for = wanted.id AND q.state = 'open'
            UNION ALL
            SELECT {_QUARANTINED}, q.no, q.area, q.record, q."group"
            FROM quarantine q
            WHERE q.account = :account AND q."group" = ANY(CAST(:groups AS uuid[])) AND q.state = 'open'
        )
        UNION
        SELECT q.*
        FROM waiting w
        CROSS JOIN LATERAL (
            SELECT {_QUARANTINED}, q.no, q.area, q.record, q."group"
            FROM quarantine q
            WHERE q.area = w.area AND q.waits_for IN (w.record, w.change) AND q.state = 'open'
            UNION ALL
            SELECT {_QUARANTINED}, q.no, q.area, q.record, q."group"
            FROM quarantine q
            WHERE q.account = w.account AND q."group" = w."group" AND q.state = 'open'
        ) q
    )
    SELECT DISTINCT ON (q.no) {_QUARANTINED}
    FROM waiting q
    ORDER BY q.no
""")

# ix_departure_area_record. The newest departure says where the record went.
_MOVED = statement(f"""
    SELECT DISTINCT ON (d.area, d.record) d.area, d.record, d.collection, d.to_area, d.classes, {COLUMNS}
    FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
    JOIN departure d ON d.area = wanted.area AND d.record = wanted.id AND d.to_area <> d.area
    ORDER BY d.area, d.record, d.rev DESC
""")

# ix_departure_record. As far as it is known: who is confined to where they are now is shown one step back.
_BEEN = statement("""
    SELECT DISTINCT area FROM departure WHERE record = ANY(CAST(:ids AS uuid[]))
""")

# Primary key for the records named; ix_record_area_parent for the conflicts about them.
_RECORDS = statement(f"""
    SELECT {_RECORD}
    FROM record
    WHERE (area, id) IN (SELECT * FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])))
    UNION ALL
    SELECT {", ".join("r." + column for column in _RECORD.split(", "))}
    FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
    JOIN record r ON r.area = wanted.area AND r.parent = wanted.id AND r.collection = 'conflict'
    ORDER BY area, id
""")

# ix_record_area_parent, downwards from a record that moves. Only run where a batch moves something.
_FAMILY = statement(f"""
    WITH RECURSIVE family AS (
        SELECT r.area, r.id
        FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
        JOIN record r ON r.area = wanted.area AND r.parent = wanted.id
        UNION
        SELECT r.area, r.id
        FROM family f
        JOIN record r ON r.area = f.area AND r.parent = f.id
    )
    SELECT {_RECORD}
    FROM record
    WHERE (area, id) IN (SELECT area, id FROM family)
    ORDER BY area, id
""")

# ix_history_record_rev. Only run where people's work meets, to find what each of them started from. Ids are
# chosen by devices: what another area has under the same one counts only if it moved here.
_VERSIONS = statement(f"""
    SELECT h.record, h.rev, h.device, h.area, h.change, {_SENT}
    FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS wanted(area, id)
    CROSS JOIN LATERAL (
        SELECT record, rev, device, area, change, {_SENT}
        FROM history
        WHERE record = wanted.id
          AND (history.area = wanted.area OR EXISTS (
              SELECT 1 FROM departure d
              WHERE d.area = history.area AND d.record = wanted.id AND d.to_area = wanted.area
                AND d.rev >= history.rev
          ))
        ORDER BY rev DESC
        LIMIT {_MOST_VERSIONS}
    ) h
    ORDER BY h.record, h.rev DESC
""")

_RECORD_COLUMNS: list[tuple[str, str]] = [
    ("area", "uuid"),
    ("id", "uuid"),
    ("collection", "text"),
    ("case_id", "uuid"),
    ("author", "uuid"),
    ("parent", "uuid"),
    ("child_until", "date"),
    ("guarded_from", "date"),
    ("guarded_until", "date"),
    ("sent", "boolean"),
    ("rev", "bigint"),
    ("deleted", "boolean"),
    ("stamps", "json"),
    ("sealed_stamps", "bytea"),
    *((name, "bytea") for name in _TOKENS),
    *((f"rev_{name}", "bigint") for name in _NAMES),
    *((f"body_{name}", type) for name, type in zip(_NAMES, _TYPES, strict=True)),
]


def _unnest(columns: Iterable[tuple[str, str]]) -> str:
    """Rows out of one array a column: what carries a batch in one statement."""
    return "unnest(" + ", ".join(f"CAST(:{name} AS {type}[])" for name, type in columns) + ")"


_WRITE_RECORDS = statement(f"""
    INSERT INTO record ({", ".join(name for name, _ in _RECORD_COLUMNS)})
    SELECT * FROM {_unnest(_RECORD_COLUMNS)}
    ON CONFLICT (area, id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name, _ in _RECORD_COLUMNS[3:])}
""")

_HISTORY_COLUMNS: list[tuple[str, str]] = [
    ("area", "uuid"),
    ("rev", "bigint"),
    ("change", "uuid"),
    ("account", "uuid"),
    ("device", "text"),
    ("record", "uuid"),
    ("collection", "text"),
    ("op", "text"),
    ("base", "bigint"),
    ("at", "text"),
    ("outcome", "text"),
    ("record_rev", "bigint"),
    ("hash", "bytea"),
    ("salt", "bytea"),
    ("sealed_digest", "bytea"),
    *((f"sent_{name}", type) for name, type in zip(_NAMES, _TYPES, strict=True)),
]

# An array of arrays cannot be ragged: conflict ids travel as text, {…} as PostgreSQL writes arrays.
# The heads of the logs move along in the same round trip: there is no move without a change.
_WRITE_HISTORY = statement(f"""
    WITH advanced AS (
        UPDATE area SET last_rev = moved.rev
        FROM unnest(CAST(:logs AS uuid[]), CAST(:heads AS bigint[])) AS moved(id, rev)
        WHERE area.id = moved.id
    )
    INSERT INTO history ({", ".join(name for name, _ in _HISTORY_COLUMNS)}, received_at, conflicts)
    SELECT {", ".join("u." + name for name, _ in _HISTORY_COLUMNS)}, :received_at, CAST(u.conflicts AS uuid[])
    FROM {_unnest([*_HISTORY_COLUMNS, ("conflicts", "text")])}
        AS u({", ".join(name for name, _ in _HISTORY_COLUMNS)}, conflicts)
""")

_QUARANTINE_COLUMNS: list[tuple[str, str]] = [
    ("account", "uuid"),
    ("change", "uuid"),
    ("hash", "bytea"),
    ("device", "text"),
    ("area", "uuid"),
    ("record", "uuid"),
    ("collection", "text"),
    ("group", "uuid"),
    ("sight", "integer"),
    ("pen", "integer"),
    ("case_id", "uuid"),
    ("case_sight", "integer"),
    ("case_pen", "integer"),
    ("waits_for", "uuid"),
    ("outcome", "text"),
    ("problem", "bytea"),
    ("payload", "bytea"),
]

_WRITE_QUARANTINE = statement(f"""
    INSERT INTO quarantine ({", ".join(f'"{name}"' for name, _ in _QUARANTINE_COLUMNS)}, received_at)
    SELECT *, :received_at FROM {_unnest(_QUARANTINE_COLUMNS)}
    ON CONFLICT DO NOTHING
""")

_SETTLE = statement("""
    UPDATE quarantine q
    SET state = 'applied', settled_at = :settled_at, settled_by = :settled_by,
        area = coalesce(q.area, done.area)  -- whoever reads there may know who let it through
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:changes AS uuid[]), CAST(:hashes AS bytea[]),
                CAST(:areas AS uuid[])) AS done(account, change, hash, area)
    WHERE q.account = done.account AND q.change = done.change AND q.hash = done.hash
""")

_STILL_WAITING = statement("""
    UPDATE quarantine q
    SET outcome = now_is.outcome, problem = now_is.problem, waits_for = now_is.waits_for, area = now_is.area
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:changes AS uuid[]), CAST(:hashes AS bytea[]),
                CAST(:outcomes AS text[]), CAST(:problems AS bytea[]), CAST(:waits AS uuid[]),
                CAST(:areas AS uuid[])) AS now_is(account, change, hash, outcome, problem, waits_for, area)
    WHERE q.account = now_is.account AND q.change = now_is.change AND q.hash = now_is.hash
      AND q.state = 'open'
""")

_WRITE_DEPARTURES = statement(f"""
    INSERT INTO departure (area, rev, record, collection, {COLUMNS}, classes, to_area)
    SELECT * FROM unnest(CAST(:areas AS uuid[]), CAST(:revs AS bigint[]), CAST(:records AS uuid[]),
                         CAST(:collections AS text[]), CAST(:cases AS uuid[]), CAST(:authors AS uuid[]),
                         CAST(:childhoods AS date[]), CAST(:since AS date[]), CAST(:until AS date[]),
                         CAST(:sent AS boolean[]), CAST(:classes AS integer[]), CAST(:to AS uuid[]))
""")

# Whoever opens a file leads it.
_OPEN_FILES = statement("""
    INSERT INTO case_member (area, case_id, account, kind, confidential, given_rev, given_at, given_by)
    SELECT area, case_id, account, 'lead', true, rev, :now, account
    FROM unnest(CAST(:areas AS uuid[]), CAST(:cases AS uuid[]), CAST(:accounts AS uuid[]),
                CAST(:revs AS bigint[])) AS opened(area, case_id, account, rev)
""")

# ix_case_member_area_case_id. Who works on a file goes on doing so where it went. Nobody waits there for it:
# whatever was given of a file of this id in the new area is over.
_MOVE_FILES = statement("""
    WITH went AS (
        SELECT *
        FROM unnest(CAST(:areas AS uuid[]), CAST(:cases AS uuid[]), CAST(:left AS bigint[]),
                    CAST(:to AS uuid[]), CAST(:arrived AS bigint[]), CAST(:by AS uuid[]))
            AS went(area, case_id, left_rev, to_area, rev, by)
    ), before AS (
        UPDATE case_member m SET ended_rev = went.rev, ended_by = went.by
        FROM went
        WHERE m.area = went.to_area AND m.case_id = went.case_id AND m.ended_rev IS NULL
    ), moved AS (
        UPDATE case_member m SET ended_rev = went.left_rev, ended_by = went.by
        FROM went
        WHERE m.area = went.area AND m.case_id = went.case_id AND m.ended_rev IS NULL
        RETURNING went.to_area, m.case_id, m.account, m.kind, m.confidential, went.rev, m.given_by, m.until,
                  m.reason, m.emergency
    )
    INSERT INTO case_member
        (area, case_id, account, kind, confidential, given_rev, given_by, until, reason, emergency)
    SELECT * FROM moved WHERE until IS NULL OR until > :now
""")

# What became of records by no change takes positions in the log too.
_ADVANCE = statement("UPDATE area SET last_rev = :rev WHERE id = :area")

_REMOVE_RECORDS = statement("""
    DELETE FROM record
    WHERE (area, id) IN (SELECT * FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])))
""")


def record_from(row: asyncpg.Record, keyring: Keyring) -> Stored:
    """A row of `record`, undecoded and as it is sealed."""
    count, first = len(CLASSES), 14 + len(SEARCHABLE)
    values = tuple(row.values())
    return Stored(
        values[0],
        values[1],
        values[2],
        case=values[3],
        author=values[4],
        parent=values[5],
        child_until=values[6],
        guard=guard_between(values[7], values[8]),
        sent=values[9],
        rev=values[10],
        deleted=values[11],
        stamps=values[12],
        sealed_stamps=values[13],
        tokens=values[14:first],
        revs=list(values[first : first + count]),
        bodies=list(values[first + count :]),
        opening=Opener(keyring, values[0], values[1]),
    )


def _pairs(keys: Collection[Key]) -> dict[str, list[UUID]]:
    return {"areas": [area for area, _ in keys], "ids": [id for _, id in keys]}


async def all_areas(connection: Connection) -> list[UUID]:
    """Every area there is."""
    return [row["id"] for row in await _AREAS.fetch(connection)]


async def lock_areas(connection: Connection, areas: Collection[UUID]) -> dict[UUID, int]:
    """Lock the logs of `areas`; gives the position each has reached. Areas that do not exist are left out."""
    return {row["id"]: row["position"] for row in await _LOCK_AREAS.fetch(connection, areas=list(areas))}


class Traces(NamedTuple):
    """What is known of a batch before it is looked at more closely.

    `receipts`: of its changes. `waits`: whether something may wait for it. `moved`: whether a record that it
    names has left its area.
    """

    receipts: dict[ChangeKey, list[Receipt]]
    waits: bool
    moved: bool


async def traces(
    connection: Connection,
    changes: Collection[ChangeKey],
    keys: Collection[Key],
    account: UUID,
    groups: Collection[UUID],
) -> Traces:
    """What was sent before under the ids `changes`, and whether `parked` and `moved` would find anything."""
    rows = await _TRACES.fetch(
        connection, **_changes(changes), **_pairs(keys), account=account, groups=list(groups)
    )
    found = await _receipts(connection, [row for row in rows if row["change"] is not None])
    return Traces(found, rows[0]["waits"], rows[0]["moved"])


async def receipts(connection: Connection, keys: Collection[ChangeKey]) -> dict[ChangeKey, list[Receipt]]:
    """What was sent before under these change ids, by those accounts."""
    return await _receipts(connection, await _RECEIPTS.fetch(connection, **_changes(keys)))


def _changes(keys: Collection[ChangeKey]) -> dict[str, list[UUID]]:
    return {"accounts": [account for account, _ in keys], "changes": [change for _, change in keys]}


async def _receipts(
    connection: Connection, rows: Collection[asyncpg.Record]
) -> dict[ChangeKey, list[Receipt]]:
    found: dict[ChangeKey, list[Receipt]] = {}
    for row in await sealed.kept(connection, rows):
        problem = row["problem"]
        found.setdefault((row["account"], row["change"]), []).append(
            Receipt(
                row["hash"],
                row["outcome"],
                row["rev"],
                row["conflicts"] or [],
                msgspec.json.decode(problem, type=ProblemDetail) if problem else None,
                row["took_effect"],
                row["settled"],
            )
        )
    return found


async def parked(
    connection: Connection, keys: Collection[Key], account: UUID, groups: Collection[UUID]
) -> list[dict[str, Any]]:
    """Changes in quarantine that wait for one of these records or changes, or are of one of these groups of
    `account`, and what waits for them, as they arrived."""
    rows = await _PARKED.fetch(connection, **_pairs(keys), account=account, groups=list(groups))
    return await sealed.kept(connection, rows)


async def moved(connection: Connection, keys: Collection[Key]) -> list[asyncpg.Record]:
    """Where records went that left their area: rows of area, record, to_area, and what they were then."""
    return await _MOVED.fetch(connection, **_pairs(keys))


async def been(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Areas that these records were in before, each as far as the transaction may know of it."""
    return {row["area"] for row in await _BEEN.fetch(connection, ids=list(ids))}


async def records(connection: Connection, keys: Collection[Key]) -> dict[Key, Stored]:
    """The records named, and the conflicts about them."""
    return await _read(connection, await _RECORDS.fetch(connection, **_pairs(keys)))


async def families(connection: Connection, keys: Collection[Key]) -> dict[Key, Stored]:
    """All that belongs to the records named, down to the last visit."""
    return await _read(connection, await _FAMILY.fetch(connection, **_pairs(keys)))


async def _read(connection: Connection, rows: Collection[asyncpg.Record]) -> dict[Key, Stored]:
    keyring = keyring_of(connection)
    found = {(row["area"], row["id"]): record_from(row, keyring) for row in rows}
    await sealed.met(connection, found.values())
    return found


async def versions(
    connection: Connection, keys: Collection[Key], names: frozenset[str]
) -> tuple[dict[tuple[UUID, str], list[Version]], set[UUID]]:
    """Earlier values of the fields `names` of records, newest first; and of which records that is all."""
    found: dict[tuple[UUID, str], list[Version]] = {}
    counts = {id: 0 for _, id in keys}
    rows = await _VERSIONS.fetch(connection, **_pairs(keys))
    keyring = keyring_of(connection)
    await sealed.met_in_history(connection, rows)
    for row in rows:
        record, rev, by, area, change, *sent = row.values()
        counts[record] += 1
        said = sealed.sent_in(keyring, area, record, change, rev, sent)
        for name, version in versions_in(rev, by, said, names):
            found.setdefault((record, name), []).append(version)
    return found, {id for id, count in counts.items() if count < _MOST_VERSIONS}


def versions_in(
    rev: int, by: str, sent_by_class: Collection[bytes | None], names: frozenset[str]
) -> Iterator[tuple[str, Version]]:
    """What one row of history says of the fields `names`."""
    for body in sent_by_class:
        if body is None:
            continue
        part: dict[str, dict[str, Any]] = msgspec.json.decode(body)
        sent, effect, aside = part.get("set", {}), part.get("effect", {}), part.get("aside", {})
        for name in names & (sent.keys() | effect.keys()):
            in_force = effect.get(name, sent.get(name))
            is_aside = name in aside
            is_late = is_aside and aside[name] is None
            yield name, Version(rev, by, sent.get(name, in_force), in_force, is_aside, is_late)


async def write_records(connection: Connection, dirty: Collection[Stored], keys: Keys) -> None:
    """Insert or replace records, whole. `keys`: see `sync.sealed.keys_for`."""
    stored = sealed.of_records(keyring_of(connection), dirty, keys)
    columns: dict[str, list[Any]] = {
        "area": [record.area for record in dirty],
        "id": [record.id for record in dirty],
        "collection": [record.collection for record in dirty],
        "case_id": [record.case for record in dirty],
        "author": [record.author for record in dirty],
        "parent": [record.parent for record in dirty],
        "child_until": [record.child_until for record in dirty],
        "guarded_from": [record.guard and record.guard.since for record in dirty],
        "guarded_until": [record.guard and record.guard.until for record in dirty],
        "sent": [record.sent for record in dirty],
        "rev": [record.rev for record in dirty],
        "deleted": [record.deleted for record in dirty],
        "stamps": [each.stamps for each in stored],
        "sealed_stamps": [each.sealed_stamps for each in stored],
    }
    for index, name in enumerate(_TOKENS):
        columns[name] = [each.tokens[index] for each in stored]
    for index, name in enumerate(_NAMES):
        columns[f"rev_{name}"] = [record.revs[index] for record in dirty]
        columns[f"body_{name}"] = [each.bodies[index] for each in stored]
    await _WRITE_RECORDS.execute(connection, **columns)


async def write_history(
    connection: Connection, rows: Collection[HistoryRow], received_at: datetime, heads: dict[UUID, int]
) -> None:
    """Keep what was done, as `sync.sealed.of_history` gives it, and move the heads of the logs to `heads`."""
    columns: dict[str, list[Any]] = {
        "area": [row.area for row in rows],
        "rev": [row.rev for row in rows],
        "change": [row.item.id for row in rows],
        "account": [row.item.account for row in rows],
        "device": [row.item.by for row in rows],
        "record": [row.record for row in rows],
        "collection": [row.collection for row in rows],
        "op": [row.item.change.op if row.item.change else "write" for row in rows],
        "base": [row.item.change.base if row.item.change else 0 for row in rows],
        "at": [row.item.at for row in rows],
        "outcome": [row.outcome for row in rows],
        "record_rev": [row.record_rev for row in rows],
        "hash": [row.item.hash for row in rows],
        "salt": [row.salt for row in rows],
        "sealed_digest": [row.sealed_digest for row in rows],
        "conflicts": [
            "{" + ",".join(map(str, row.conflicts)) + "}" if row.conflicts else None for row in rows
        ],
    }
    for index, name in enumerate(_NAMES):
        columns[f"sent_{name}"] = [row.sent[index] for row in rows]
    await _WRITE_HISTORY.execute(
        connection, received_at=received_at, logs=list(heads), heads=list(heads.values()), **columns
    )


async def write_quarantine(
    connection: Connection, rows: Collection[QuarantineRow], received_at: datetime
) -> None:
    """Keep what could not be done."""
    changes = [row.item.change for row in rows]
    known = [change.collection if change and change.collection in COLLECTIONS else None for change in changes]
    keeper = await sealed.keeper(connection, 2 * len(rows))
    await _WRITE_QUARANTINE.execute(
        connection,
        received_at=received_at,
        account=[row.item.account for row in rows],
        change=[row.item.id for row in rows],
        hash=[row.item.hash for row in rows],
        device=[row.item.by for row in rows],
        area=[row.area for row in rows],
        record=[change.record if change else None for change in changes],
        collection=known,
        group=[change.group if change else None for change in changes],
        sight=[row.rights.sight for row in rows],
        pen=[row.rights.pen for row in rows],
        case_id=[row.rights.case for row in rows],
        case_sight=[row.rights.case_sight for row in rows],
        case_pen=[row.rights.case_pen for row in rows],
        waits_for=[row.waits_for for row in rows],
        outcome=[row.outcome for row in rows],
        problem=keeper.problems(rows),
        payload=keeper.payloads(rows),
    )


async def settle(connection: Connection, items: Collection[Item], now: datetime, by: UUID | None) -> None:
    """Quarantined changes that took effect after all."""
    await _SETTLE.execute(
        connection,
        settled_at=now,
        settled_by=by,
        accounts=[item.account for item in items],
        changes=[item.kept_as for item in items],
        hashes=[item.hash for item in items],
        areas=[item.change.area if item.change else None for item in items],
    )


async def still_waiting(connection: Connection, rows: Collection[QuarantineRow]) -> None:
    """Quarantined changes that were tried again, with what is wrong now."""
    keeper = await sealed.keeper(connection, len(rows))
    await _STILL_WAITING.execute(
        connection,
        accounts=[row.item.account for row in rows],
        changes=[row.item.kept_as for row in rows],
        hashes=[row.item.hash for row in rows],
        outcomes=[row.outcome for row in rows],
        problems=keeper.problems(rows),
        waits=[row.waits_for for row in rows],
        areas=[row.area for row in rows],
    )


async def write_departures(connection: Connection, rows: Collection[DepartureRow]) -> None:
    """Note what left an area, for the devices that hold it."""
    await _WRITE_DEPARTURES.execute(
        connection,
        areas=[row.place.area for row in rows],
        revs=[row.rev for row in rows],
        records=[row.record for row in rows],
        collections=[row.collection for row in rows],
        cases=[row.place.case for row in rows],
        authors=[row.place.author for row in rows],
        childhoods=[row.place.child_until for row in rows],
        since=[row.place.guard and row.place.guard.since for row in rows],
        until=[row.place.guard and row.place.guard.until for row in rows],
        sent=[row.place.sent for row in rows],
        classes=[row.classes for row in rows],
        to=[row.to for row in rows],
    )


async def remove_records(connection: Connection, keys: Collection[Key]) -> None:
    """Take records out of an area that they have left."""
    await _REMOVE_RECORDS.execute(connection, **_pairs(keys))


async def write_apart(
    connection: Connection,
    area: UUID,
    position: int,
    records: Collection[Stored],
    departures: Collection[DepartureRow] = (),
    removed: Collection[Key] = (),
) -> None:
    """Write what became of records of `area` by no change of theirs, in its log up to `position`.

    `removed` are gone altogether. The area's lock is held.
    """
    if departures:
        await write_departures(connection, departures)
    if removed:
        await remove_records(connection, removed)
    if records:
        await write_records(connection, records, await sealed.keys_for(connection, records, ()))
    if records or removed:
        await _ADVANCE.execute(connection, area=area, rev=position)


async def open_files(connection: Connection, rows: Collection[OpenedFile], now: datetime) -> None:
    """Make whoever opened a file its lead."""
    await _OPEN_FILES.execute(
        connection,
        now=now,
        areas=[row.area for row in rows],
        cases=[row.case for row in rows],
        accounts=[row.account for row in rows],
        revs=[row.rev for row in rows],
    )


async def move_files(connection: Connection, rows: Collection[MovedFile], now: datetime) -> None:
    """Take who works on a file along with it."""
    await _MOVE_FILES.execute(
        connection,
        now=now,
        areas=[row.area for row in rows],
        cases=[row.case for row in rows],
        left=[row.left for row in rows],
        to=[row.to for row in rows],
        arrived=[row.arrived for row in rows],
        by=[row.by for row in rows],
    )
