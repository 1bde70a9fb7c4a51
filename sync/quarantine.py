"""What could not be applied: who sees it, and how they put it right or let it go.

Author and supervisor see a change in quarantine and nobody else learns that it is there. Whoever takes it up
lends it their right to write: so a supervisor lets through what came after its author's access had ended. The
author stays the author, the payload stays as it came, and what took its place is the change in history.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import ALL_CLASSES, NO_CLASSES
from schemas.problems import CHANGE_INVALID, NOT_FOUND, UNAVAILABLE, FieldProblem, Problem
from sync import sealed, store
from sync.asking import AccessOf
from sync.attempts import PassingTrouble, carried_out
from sync.audit import PERSONAL, Auditor, Reading, written_by
from sync.batch import Batch
from sync.confine import Confines, confine, known_to
from sync.decide import Refusal
from sync.item import Item
from sync.push import Pushed, areas_named, as_items, read_for, repaired_item, write
from sync.scope import Clearance, merge_bits
from sync.statement import Connection, statement
from sync.wire import ProblemDetail, Result

_ROWS = """
    q.account, q.change, q.hash, q.device, q.area, q.collection, q.record, q."group", q.waits_for, q.outcome,
    q.problem, q.payload, q.repaired, q.sight, q.pen, q.case_id, q.case_sight, q.case_pen, q.received_at,
    q.no
"""

# The primary key, by account; ix_quarantine_area_no. Oldest first, for that is what others wait for.
_OPEN = statement(f"""
    SELECT DISTINCT ON (q.no) {_ROWS}
    FROM (
        SELECT * FROM quarantine WHERE account = :account AND state = 'open' AND no > :after
        UNION ALL
        SELECT * FROM quarantine
        WHERE area = ANY(CAST(:supervised AS uuid[])) AND state = 'open' AND no > :after
    ) q
    ORDER BY q.no
    LIMIT :limit
""")

# One's own first: an id is only its author's, and somebody else may have used the same.
_NAMED = statement(f"""
    SELECT {_ROWS}
    FROM quarantine q
    WHERE q.no = (
        SELECT no FROM quarantine
        WHERE change = :change AND state = 'open'
          AND (account = :account OR area = ANY(CAST(:supervised AS uuid[])))
        ORDER BY account = :account DESC, no
        LIMIT 1
    )
""")

# The primary key, by account.
_WAITING = statement("""
    SELECT DISTINCT record
    FROM quarantine
    WHERE account = :account AND state = 'open' AND waits_for IS NOT NULL
      AND record = ANY(CAST(:records AS uuid[]))
""")

# The primary key, by account.
_MATES = statement(f"""
    SELECT {_ROWS}
    FROM quarantine q
    WHERE q.account = :account AND q."group" = :group AND q.state = 'open' AND q.no <> :no
    ORDER BY q.no
""")

_REPAIR = statement("""
    UPDATE quarantine SET repaired = :repaired
    WHERE account = :account AND change = :change AND hash = :hash
""")

_DISMISS = statement("""
    UPDATE quarantine q SET state = 'dismissed', settled_at = :now, settled_by = :by
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:changes AS uuid[]), CAST(:hashes AS bytea[]))
        AS gone(account, change, hash)
    WHERE q.account = gone.account AND q.change = gone.change AND q.hash = gone.hash
""")


_OTHER_GROUP = FieldProblem(
    "/group",
    "group",
    "这条修改属于一组，更正后须保持同组",
    "It belongs to a group: what takes its place must name the same one",
)


class Kept(msgspec.Struct, frozen=True):
    """One change in quarantine. `sent` is what came, where it is JSON at all; `text` where it is not.

    `no` orders them by arrival and is where the next page begins.
    """

    no: int
    change: UUID
    account: UUID
    device: str
    collection: str | None
    record: UUID | None
    group: UUID | None
    outcome: str
    problem: ProblemDetail
    received_at: datetime
    sent: msgspec.Raw | None = None
    text: str | None = None
    repaired: msgspec.Raw | None = None


class Listed(NamedTuple):
    """A page of quarantine, and what of it is to be kept account of before it is sent."""

    changes: list[Kept]
    reading: Reading


class _Said(msgspec.Struct):
    set: dict[str, msgspec.Raw] = {}
    add: dict[str, msgspec.Raw] = {}
    remove: dict[str, msgspec.Raw] = {}
    increment: dict[str, msgspec.Raw] = {}


_read_said = msgspec.json.Decoder(_Said).decode


async def list_open(
    connection: Connection, account: UUID, supervised: Collection[UUID], after: int = 0, limit: int = 200
) -> Listed:
    """What waits for `account`: their own work, and that of everybody in the areas they supervise.

    Run it in a transaction.
    """
    await confine(connection, supervised, account)
    found = await _OPEN.fetch(
        connection, account=account, supervised=list(supervised), after=after, limit=limit
    )
    rows = await sealed.kept(connection, found)
    reading: Reading = {}
    for row in rows:
        if classes := _classes_in(row) & PERSONAL:
            parts = reading.setdefault(row["area"], {})
            # What names no record is told by its own id.
            read = row["record"] or row["change"]
            merge_bits(parts, read, classes)
    return Listed([_kept(row) for row in rows], reading)


async def waiting(connection: Connection, account: UUID, records: Collection[UUID]) -> set[UUID]:
    """Those of `records` of which a change of `account` waits for what it belongs to. In a transaction."""
    await confine(connection, (), account)
    found = await _WAITING.fetch(connection, account=account, records=list(records))
    return {row["record"] for row in found}


async def retry(
    pool: asyncpg.Pool,
    account: UUID,
    access_of: AccessOf,
    auditor: Auditor,
    change: UUID,
    repaired: bytes | None = None,
    language: str = "zh",
) -> Pushed:
    """Try a change in quarantine again, as it came or in the form `repaired`, with the whole of its group.

    The result says what became of it. A form that is refused as well is not kept, one that has to wait is.
    Where the id has been used for something else, `repaired` gives it another. Raises NOT_FOUND for what the
    caller may not see, and UNAVAILABLE in passing trouble.
    """

    async def attempt(connection: Connection, extra: set[UUID]) -> Pushed | set[UUID]:
        items, positions, held, confines = await _taken_up(
            connection, account, access_of, change, repaired, extra
        )
        for item in items:
            item.clearance = held
        read, beyond = await read_for(connection, items, positions, confines, held.today)
        if beyond:
            return beyond
        batch = Batch(read, language)
        batch.decide(items)
        first, result = items[0], batch.results[0]
        if repaired is not None:
            if result.outcome == "rejected":
                batch.leave_as_kept(first)
            else:
                named = (first.account, first.kept_as, first.hash)
                keeper = await sealed.keeper(connection, 1)
                await _REPAIR.execute(
                    connection,
                    repaired=keeper.sealed("repaired", repaired, *named),
                    **dict(zip(("account", "change", "hash"), named, strict=True)),
                )
        now = datetime.now(UTC)
        history = await write(connection, batch, now, account)
        await auditor.wrote(connection, now, written_by(batch, history, now))
        return Pushed([result], touched=batch.touched, written=batch.written)

    return await _done(pool, attempt)


async def dismiss(
    pool: asyncpg.Pool,
    account: UUID,
    access_of: AccessOf,
    auditor: Auditor,
    change: UUID,
    language: str = "zh",
) -> Pushed:
    """Let a change go, with the whole of its group. It stays on record; what came after it need not wait.

    Raises NOT_FOUND for what the caller may not see, and UNAVAILABLE in passing trouble.
    """

    async def attempt(connection: Connection, extra: set[UUID]) -> Pushed | set[UUID]:
        items, positions, held, confines = await _taken_up(
            connection, account, access_of, change, None, extra
        )
        # Before anything is written: an attempt that lacks a lock begins anew, and what it wrote would stand.
        _, beyond = await read_for(connection, items, positions, confines, held.today)
        if beyond:
            return beyond
        now = datetime.now(UTC)
        await _DISMISS.execute(
            connection,
            now=now,
            by=account,
            accounts=[item.account for item in items],
            changes=[item.kept_as for item in items],
            hashes=[item.hash for item in items],
        )
        read, _ = await read_for(connection, items, positions, confines, held.today)
        batch = Batch(read, language)
        batch.go_on(item.key for item in items)
        history = await write(connection, batch, now, account)
        await auditor.wrote(connection, now, written_by(batch, history, now, items))
        result = Result(change, "rejected")
        return Pushed([result], touched=batch.touched, written=batch.written)

    return await _done(pool, attempt)


async def _taken_up(
    connection: Connection,
    account: UUID,
    access_of: AccessOf,
    change: UUID,
    repaired: bytes | None,
    extra: set[UUID],
) -> tuple[list[Item], dict[UUID, int], Clearance, Confines]:
    """The change and its group, with their areas locked, and what the caller holds. Raises NOT_FOUND."""
    held = (await access_of(connection)).clearance
    confines = await confine(connection, held.supervised, account)
    areas = areas_named(await _items(connection, account, held, change, repaired, confines)) | extra
    positions = await store.lock_areas(connection, areas)
    # Somebody may have taken it up while we waited for the lock; areas it names now are locked all the same,
    # since a change in quarantine keeps its payload.
    held = (await access_of(connection)).clearance
    confines = await confine(connection, held.supervised, account)
    items = await _items(connection, account, held, change, repaired, confines)
    await confines.widen(connection, (positions.keys() & known_to(held)) | extra)
    return items, positions, held, confines


async def _items(
    connection: Connection,
    account: UUID,
    held: Clearance,
    change: UUID,
    repaired: bytes | None,
    confines: Confines,
) -> list[Item]:
    row = await _NAMED.fetchrow(connection, account=account, supervised=list(held.supervised), change=change)
    if row is None:
        raise Problem(NOT_FOUND)
    await confines.widen(connection, accounts=(row["account"],))
    rows = [row]
    if row["group"] is not None:
        rows += await _MATES.fetch(connection, account=row["account"], group=row["group"], no=row["no"])
    first, *mates = as_items(await sealed.kept(connection, rows))
    if repaired is not None:
        first = repaired_item(first, repaired, row["received_at"])
        if first.change is not None and mates and first.change.group != row["group"]:
            first.refusal = Refusal(CHANGE_INVALID, [_OTHER_GROUP])
    return [first, *mates]


async def _done(
    pool: asyncpg.Pool, attempt: Callable[[Connection, set[UUID]], Awaitable[Pushed | set[UUID]]]
) -> Pushed:
    try:
        return await carried_out(pool, attempt)
    except PassingTrouble:
        raise Problem(UNAVAILABLE) from None


def _kept(row: Mapping[str, Any]) -> Kept:
    sent, text = _readable(row["payload"])
    return Kept(
        row["no"],
        row["change"],
        row["account"],
        row["device"],
        row["collection"],
        row["record"],
        row["group"],
        row["outcome"],
        msgspec.json.decode(row["problem"], type=ProblemDetail),
        row["received_at"],
        sent,
        text,
        None if row["repaired"] is None else msgspec.Raw(row["repaired"]),
    )


def _classes_in(row: Mapping[str, Any]) -> int:
    """The classes of what a change says; all of them where that cannot be told."""
    declared = COLLECTIONS.get(row["collection"] or "")
    bits = NO_CLASSES
    for payload in (row["payload"], row["repaired"]):
        if payload is None:
            continue
        try:
            said = _read_said(payload)
        except (ValueError, RecursionError):
            return ALL_CLASSES
        for name in {*said.set, *said.add, *said.remove, *said.increment}:
            bits |= declared.privacy_of(name).bit if declared else ALL_CLASSES
    return bits


def _readable(payload: bytes) -> tuple[msgspec.Raw | None, str | None]:
    try:
        msgspec.json.decode(payload)
        payload.decode()
    except (ValueError, RecursionError):
        return None, payload.decode(errors="replace")
    return msgspec.Raw(payload), None
