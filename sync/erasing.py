"""Erase what records hold, for good: what stands in them, their history, and what waits about them.

Run by the tables' owner, for the server's own role can neither change history nor what is kept in quarantine.
A record stays where it is, with what statistics count (schemas/erasure.py) and who made it when, and takes no
further change. Devices are told as of anything that left: they let go of the classes that went, and are
delivered what remains. Disagreements about what is no longer there go altogether.

Of a row of history stays who did what when, and what proves that to the audit (sync/audit.py). What was
sealed goes like all else: to forget a key would not do, for an area has one for everybody in it. Files have
one each, which goes here, and what it opened as soon as this is done (service/attachments/sweeping.py).
"""

from collections.abc import Collection, Iterable
from datetime import date
from operator import attrgetter
from typing import Final
from uuid import UUID

import msgspec

from schemas.civil import civil_date
from schemas.collections import COLLECTIONS
from schemas.erasure import remainder
from schemas.privacy import CLASSES, NO_CLASSES
from schemas.problems import RECORD_ERASED
from sync import attached, conflict, sealed, store
from sync.audit import AREA, HISTORY_COLUMNS, RECORD, REV, Parts, commitments
from sync.confine import rewrite_history
from sync.item import DepartureRow, Key
from sync.minority import UNKNOWN
from sync.record import Stored
from sync.scope import Guard, Touched, merge_bits
from sync.sealing import OVERHEAD
from sync.statement import Connection, statement
from sync.wire import ProblemDetail

_SENT = ", ".join(f"sent_{privacy.value} = NULL" for privacy in CLASSES)
_COLUMNS = ", ".join(f"h.{column}" for column in HISTORY_COLUMNS.split(", "))

# ix_history_record_rev. A record takes its history along, so all that stands under its id is its own, but for
# what an area has where another record lies under it now: ids are chosen by devices.
_HISTORY = statement(f"""
    SELECT {_COLUMNS}
    FROM history h
    WHERE h.record = ANY(CAST(:ids AS uuid[])) AND h.commitments IS NULL
      AND NOT EXISTS (
          SELECT FROM record other
          WHERE other.area = h.area AND other.id = h.record AND other.area <> :area
      )
    ORDER BY h.area, h.rev
    FOR UPDATE OF h
""")

_EMPTY_HISTORY = statement(f"""
    UPDATE history SET hash = '', sealed_digest = NULL, {_SENT}, salt = NULL, commitments = :commitments
    WHERE area = :area AND rev = :rev
""")

# Of these records, and whatever else lies in the area, which is not much: what came for what is held no more
# is known by its problem, and that is sealed. What is empty is empty under its seal.
_QUARANTINE = statement(f"""
    SELECT q.account, q.change, q.hash, q.problem,
           q.record = ANY(CAST(:ids AS uuid[])) OR q.waits_for = ANY(CAST(:ids AS uuid[])) AS is_about
    FROM quarantine q
    WHERE length(q.payload) > {OVERHEAD}
      AND (
          q.record = ANY(CAST(:ids AS uuid[]))
          OR q.waits_for = ANY(CAST(:ids AS uuid[]))
          OR q.area = :area
      )
    ORDER BY q.no
    FOR UPDATE
""")

_EMPTY_QUARANTINE = statement("""
    UPDATE quarantine q
    SET payload = :payload, repaired = NULL, problem = :problem,
        state = CASE q.state WHEN 'open' THEN 'dismissed' ELSE q.state END,
        settled_at = coalesce(q.settled_at, clock_timestamp())
    WHERE q.account = :account AND q.change = :change AND q.hash = :hash
""")

_ERASED_IN = statement("""
    SELECT id FROM record WHERE area = :area AND stamps -> '/erased' IS NOT NULL
""")

# Also what is put away of them (sync/restricting.py), and conflicts about them that are.
_FORGET_RESTRICTED = statement(f"""
    DELETE FROM restricted_record
    WHERE area = :area
      AND (
          id = ANY(CAST(:ids AS uuid[]))
          OR (parent = ANY(CAST(:ids AS uuid[])) AND collection = '{conflict.COLLECTION}')
      )
    RETURNING id, {store.PRESENT} AS classes
""")

# ix_departure_record. What tells no birthday any more, and is told to the same people.
_FORGET_DAYS = statement("""
    UPDATE departure
    SET child_until = CASE WHEN child_until > :today THEN DATE 'infinity' END,
        guarded_from = CASE WHEN guarded_from <= :today AND guarded_until > :today THEN DATE '-infinity' END,
        guarded_until = CASE WHEN guarded_from <= :today AND guarded_until > :today THEN DATE 'infinity' END
    WHERE record = ANY(CAST(:ids AS uuid[])) AND (area = :area OR to_area = :area)
      AND (child_until IS NOT NULL OR guarded_from IS NOT NULL)
""")

_PROBLEM: Final = msgspec.json.encode(ProblemDetail(RECORD_ERASED.type, RECORD_ERASED.zh))


class Erased(msgspec.Struct):
    """What one erasure came to.

    `parts`: by record, the classes that it had, put away or not. `changes`: by area, of which records history
    was emptied. `rows`, `kept`: how many rows of history and changes in quarantine. `touched`: for who waits
    to be told.
    """

    parts: Parts = {}
    changes: dict[UUID, set[UUID]] = {}
    rows: int = 0
    kept: int = 0
    touched: Touched = {}


async def erase(connection: Connection, area: UUID, ids: Collection[UUID]) -> Erased:
    """Erase the records `ids` of `area`. Run it in a transaction that may touch all areas they have been in.

    What was erased before stays as it is; what has come about it since is erased. Takes the area's lock.
    """
    done = Erased()
    today = civil_date(await connection.fetchval("SELECT clock_timestamp()"))
    position = (await store.lock_areas(connection, [area]))[area]
    records = await store.records(connection, [(area, id) for id in ids])
    departures: list[DepartureRow] = []
    emptied: list[Stored] = []
    removed: list[Key] = []
    for record in sorted(records.values(), key=attrgetter("id")):
        classes = record.classes()
        if record.is_erased or classes == NO_CLASSES:
            continue
        merge_bits(done.touched, record.place, classes)
        done.parts[record.id] = classes
        privacy = next(each for each in CLASSES if each.bit & classes)
        record.child_until = _said_of_age(record.child_until, today)
        record.guard = _said_of_guard(record.guard, today)
        leaving = classes if record.collection == conflict.COLLECTION else classes & ~privacy.bit
        if leaving:
            position += 1
            departures.append(
                DepartureRow(record.place, position, record.id, record.collection, leaving, area)
            )
        if record.collection == conflict.COLLECTION:
            removed.append((area, record.id))
            continue
        position += 1
        record.guard, record.sent = None, False  # what is left is guarded from nobody, and no paper
        left = remainder(COLLECTIONS[record.collection], record.values(privacy))
        record.erase(left, privacy, position)
        emptied.append(record)
    await store.write_apart(connection, area, position, emptied, departures, removed)
    for row in await _FORGET_RESTRICTED.fetch(connection, area=area, ids=list(ids)):
        merge_bits(done.parts, row["id"], row["classes"])
    await attached.forget(connection, area, ids)
    await rewrite_history(connection)
    await _FORGET_DAYS.execute(connection, area=area, ids=list(ids), today=today)
    await _empty_history(connection, area, ids, done)
    done.kept = await clear_quarantine(connection, area, ids)
    return done


async def clear_quarantine(connection: Connection, area: UUID, ids: Collection[UUID]) -> int:
    """Empty what waits about the records `ids` of `area`, and what came too late for any erased one there."""
    rows = [
        row
        for row in await sealed.kept(
            connection, await _QUARANTINE.fetch(connection, ids=list(ids), area=area)
        )
        if row["is_about"] or _type_of(row["problem"]) == RECORD_ERASED.type
    ]
    if rows:
        keeper = await sealed.keeper(connection, 2 * len(rows))
        emptied = []
        for row in rows:
            key = {name: row[name] for name in ("account", "change", "hash")}
            payload = keeper.sealed("payload", b"", **key)
            emptied.append({**key, "payload": payload, "problem": keeper.sealed("problem", _PROBLEM, **key)})
        await _EMPTY_QUARANTINE.execute_many(connection, emptied)
    return len(rows)


def _type_of(problem: bytes) -> str:
    return msgspec.json.decode(problem, type=ProblemDetail).type


async def erased_in(connection: Connection, area: UUID) -> list[UUID]:
    """The records of `area` that were erased."""
    return [row["id"] for row in await _ERASED_IN.fetch(connection, area=area)]


def _said_of_age(until: date | None, today: date) -> date | None:
    """What tells no birthday any more, while whoever reads the record for a child's sake goes on doing so."""
    return UNKNOWN if until is not None and today < until else None


def _said_of_guard(guard: Guard | None, today: date) -> Guard | None:
    """What tells no birthday either, while who was shown nothing beyond it goes on being told nothing."""
    return Guard(date.min, date.max) if guard is not None and guard.is_on(today) else None


async def _empty_history(connection: Connection, area: UUID, ids: Iterable[UUID], done: Erased) -> None:
    rows = [tuple(row.values()) for row in await _HISTORY.fetch(connection, ids=list(ids), area=area)]
    for row in rows:
        done.changes.setdefault(row[AREA], set()).add(row[RECORD])
    if rows:
        await _EMPTY_HISTORY.execute_many(
            connection,
            [{"area": row[AREA], "rev": row[REV], "commitments": commitments(row)} for row in rows],
        )
    done.rows = len(rows)
