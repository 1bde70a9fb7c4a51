"""What was done to a record: every change, by whom, when, on which device, and what came of it.

Cut by class like the record itself. A change of which the reader may see no field is left out, and what is
said of one that they see in part follows from that part alone: that something else was changed with it, or
that people disagree on it, is as hard to see as the thing itself.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from schemas.privacy import CLASSES, NO_CLASSES, SEALED
from schemas.problems import NOT_FOUND, Problem
from sync.audit import PERSONAL, Reading
from sync.confine import Confines, confine
from sync.keyring import Keyring, keyring_of
from sync.place_store import COLUMNS, place_in
from sync.record import Stored
from sync.restricting import LEFT
from sync.scope import Clearance
from sync.sealed import met_in_history
from sync.sealing import sent_in
from sync.statement import Connection, statement
from sync.store import PRESENT

_SENT = ", ".join(f"h.sent_{privacy.value}" for privacy in CLASSES)

# Primary key, once an area held.
_WHERE = statement(f"""
    SELECT area, {COLUMNS}, {PRESENT} AS classes,
           stamps -> '/restricted' IS NOT NULL AS is_restricted
    FROM record
    WHERE id = :record AND area = ANY(CAST(:areas AS uuid[]))
    ORDER BY area
""")

# ix_departure_record.
_MOVES = statement("""
    SELECT area, to_area, rev FROM departure WHERE record = :record AND to_area <> area
""")

# ix_history_record_rev; quarantine by primary key, for changes that somebody put right.
_HISTORY = statement(f"""
    SELECT h.area, h.rev, h.change, h.account, h.device, h.op, h.at, h.received_at, h.outcome, {_SENT},
           q.settled_by
    FROM history h
    LEFT JOIN quarantine q ON q.account = h.account AND q.change = h.change AND q.hash = h.hash
    WHERE h.record = :record AND h.area = ANY(CAST(:areas AS uuid[])) AND h.rev > :after
    ORDER BY h.rev
    LIMIT :limit
""")


class Entry(msgspec.Struct, frozen=True):
    """One change, as far as the reader may see it.

    `effect`: what came into force where that is not what was sent. `conflicts`: those that it stands in;
    `resolves`: the one that it decided. `started`: what its values began, such as a mandatory report.
    `let_through_by`: who took it out of quarantine.
    """

    rev: int
    change: UUID
    account: UUID
    device: str
    at: str
    received_at: datetime
    op: str
    outcome: str
    set: dict[str, Any] = {}
    add: dict[str, list[Any]] = {}
    remove: dict[str, list[Any]] = {}
    increment: dict[str, int] = {}
    effect: dict[str, Any] = {}
    conflicts: list[UUID] = []
    resolves: UUID | None = None
    started: list[UUID] = []
    let_through_by: UUID | None = None


class Told(NamedTuple):
    """A page of history, and what of it is to be kept account of before it is sent."""

    entries: list[Entry]
    reading: Reading


class Whereabouts(NamedTuple):
    """Where a record is and was, for one who may see it.

    `reads`: the classes that they may read of it. `until`: the areas that it has been in, each with the
    position at which it last left; None for where it is.
    """

    area: UUID
    reads: int
    until: dict[UUID, int | None]


async def whereabouts(connection: Connection, record: UUID, clearance: Clearance) -> Whereabouts:
    """Where `record` is and was. Raises NOT_FOUND where the holder of `clearance` sees no part of it.

    Of one that is restricted no more is read than everybody is left with. What another area has under the
    same id, which devices choose, is not of it. Run it in a transaction, which may touch these areas then.
    """
    confines = await confine(connection, clearance.held)
    for row in await _WHERE.fetch(connection, record=record, areas=clearance.held):
        place = place_in(row)
        if row["classes"] & (reads := clearance.reads(place)):
            if row["is_restricted"]:
                reads &= LEFT
            return Whereabouts(place.area, reads, await _been(connection, confines, place.area, record))
    raise Problem(NOT_FOUND)


async def whereabouts_of(
    connection: Connection, confines: Confines, record: Stored, clearance: Clearance
) -> Whereabouts:
    """The same of a record that is at hand, with what is put away of it: nothing more is asked about it.

    `confines`: of the transaction, which may touch where the record has been from now on.
    """
    been = await _been(connection, confines, record.area, record.id)
    return Whereabouts(record.area, clearance.reads(record.place), been)


async def _been(
    connection: Connection, confines: Confines, area: UUID, record: UUID
) -> dict[UUID, int | None]:
    """See `Whereabouts.until`. Each area that becomes known may know of one more before it."""
    moves = await _MOVES.fetch(connection, record=record)
    while await confines.widen(connection, {move["area"] for move in moves}):
        moves = await _MOVES.fetch(connection, record=record)
    return _last_positions(area, moves)


async def history_of(
    connection: Connection, record: UUID, clearance: Clearance, after: int = 0, limit: int = 200
) -> Told:
    """The changes of `record` beyond the position `after`, oldest first. Raises NOT_FOUND.

    A record takes its history along when it moves. Run it in a transaction.
    """
    return await history_at(
        connection, record, await whereabouts(connection, record, clearance), after, limit
    )


async def history_at(
    connection: Connection, record: UUID, place: Whereabouts, after: int, limit: int
) -> Told:
    """The same of a record of which it is known where it is and was."""
    keyring = keyring_of(connection)
    found: list[tuple[Entry, int]] = []
    while len(found) < limit:
        rows = await _HISTORY.fetch(
            connection, record=record, areas=list(place.until), after=after, limit=limit
        )
        await met_in_history(connection, rows)
        for row in rows:
            until = place.until[row["area"]]
            if until is None or row["rev"] <= until:
                entry = _entry(row, record, place.reads, keyring)
                if entry is not None:
                    found.append((entry, _classes_of(row) & place.reads))
        if len(rows) < limit:
            break
        after = rows[-1]["rev"]
    told = NO_CLASSES
    for _, classes in found[:limit]:
        told |= classes & PERSONAL
    return Told([entry for entry, _ in found[:limit]], {place.area: {record: told}} if told else {})


def _classes_of(row: asyncpg.Record) -> int:
    return sum(privacy.bit for privacy in CLASSES if row[f"sent_{privacy.value}"] is not None)


def _last_positions(area: UUID, moves: Collection[asyncpg.Record]) -> dict[UUID, int | None]:
    """The areas that a record in `area` has been in, each with the position at which it last left it."""
    last: dict[UUID, int | None] = {area: None}
    ahead = [area]
    while ahead:
        here = ahead.pop()
        for move in moves:
            if move["to_area"] != here or move["area"] == area:
                continue
            known = last.get(move["area"])
            if known is None or known < move["rev"]:
                last[move["area"]] = move["rev"]
                ahead.append(move["area"])
    return last


def _entry(row: asyncpg.Record, record: UUID, reads: int, keyring: Keyring) -> Entry | None:
    said: dict[str, dict[str, Any]] = {}
    resolves = None
    for privacy in CLASSES:
        body = row[f"sent_{privacy.value}"]
        if body is not None and privacy.bit & reads:
            if privacy in SEALED:
                bound = sent_in(row["area"], record, privacy, row["change"], row["rev"])
                body = keyring.unseal(row["area"], body, bound)
            part = msgspec.json.decode(body)
            resolves = part.pop("resolves", resolves)
            for kind, fields in part.items():
                said.setdefault(kind, {}).update(fields)
    if row["op"] == "write" and not said and resolves is None:
        return None
    aside = said.pop("aside", {})
    started = sorted({UUID(record) for record in said.pop("started", {}).values()})
    conflicts = sorted({UUID(conflict) for conflict in aside.values() if conflict is not None})
    outcome = row["outcome"]
    if row["op"] == "write":
        outcome = "conflict" if conflicts else "merged" if "effect" in said else "applied"
    return Entry(
        row["rev"],
        row["change"],
        row["account"],
        row["device"],
        row["at"],
        row["received_at"],
        row["op"],
        outcome,
        **said,
        conflicts=conflicts,
        resolves=None if resolves is None else UUID(resolves),
        started=started,
        let_through_by=row["settled_by"],
    )
