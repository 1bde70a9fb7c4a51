"""A pull and a push of a phone that speaks WatermelonDB: its messages, the book, and the engine beneath.

The timestamp of a pull is the number of the book (sync/mirror.py). What the phone is told to let go of, and
from which position its edits count, is the business of `sync.unsent`. A push is taken row by row: one that
cannot be applied is kept in quarantine, as ever, and the phone is told what stands instead; it is never asked
to send the others again for it. Sent again after a lost answer, rows come to the same changes as before.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.problems import Problem
from sync import copies, mirror, store, unsent
from sync.asking import AccessOf
from sync.audit import Auditor
from sync.clients.watermelon import (
    MOST,
    Held,
    Migration,
    Rows,
    Sent,
    change_id,
    changes_of,
    counters,
    edited,
    gathered,
    rows_sent,
    wanted_again,
)
from sync.clock import wall_text
from sync.confine import confine
from sync.exchange import Committed, Device, Terms
from sync.history import history_of
from sync.mirror import Told
from sync.mirror_store import Taken
from sync.push import push
from sync.unsent import Had, Showing

AT_ONCE: Final = 200  # rows that become one push of the engine: two changes each at most
_ALL: Final = tuple(COLLECTIONS)
_HISTORY: Final = 1_000

_to_json = msgspec.json.Encoder().encode


class Pulled(msgspec.Struct, frozen=True):
    """What `pullChanges` gives. `has_more`: synchronize again at once. `experimentalStrategy`: what the phone
    holds besides is of no data set that this server knows, and goes."""

    changes: dict[str, Rows]
    timestamp: int
    has_more: bool
    experimental_strategy: str | msgspec.UnsetType = msgspec.field(
        name="experimentalStrategy", default=msgspec.UNSET
    )


class Taking(msgspec.Struct, frozen=True):
    """What `pushChanges` gives: by table, the ids of rows that could not be taken now, to be sent again."""

    rejected: dict[str, list[str]] = msgspec.field(name="experimentalRejectedIds", default={})


async def pull(
    pool: asyncpg.Pool,
    device: Device,
    showing: Showing,
    migration: Migration | None,
    access_of: AccessOf,
    terms: Terms,
    auditor: Auditor,
) -> Pulled:
    """What is new behind the position that the phone shows. Raises as `sync.mirror.page`."""
    stands = await unsent.begin_pull(pool, device, showing)
    start = showing.seq or 0
    if stands.is_due_anew:
        told, seq = await _all(pool, device, _ALL, access_of, terms, auditor)
        live = [each for each in told if each.document is not None]
        await unsent.end_pull(pool, device, seq, withholds=False, tells_all=True)
        return Pulled(gathered(live), seq, False, "replacement")
    page = await mirror.page(pool, device, start, _ALL, MOST, access_of, terms, auditor)
    told = page.told
    if migration is not None and (wanted := wanted_again(migration)):
        again, _ = await _all(pool, device, tuple(wanted), access_of, terms, auditor)
        told = [*(each for each in again if _is_wanted(each, wanted)), *told]
    has_nothing = showing.seq is None
    is_sent = has_nothing or showing.has_unsent is False
    shown = [
        each
        for each in told
        if each.document is not None or (not has_nothing and (is_sent or each.seq <= stands.gone_seq))
    ]
    withholds = not is_sent and len(shown) < len(told)
    await unsent.end_pull(pool, device, page.seq, withholds=withholds)
    return Pulled(gathered(shown), page.seq, not page.is_last)


def _is_wanted(told: Told, wanted: Mapping[str, frozenset[str] | None]) -> bool:
    if told.document is None:
        return False
    columns = wanted[told.collection]
    return columns is None or not columns.isdisjoint(
        {"case", *told.document.data} if told.document.case else told.document.data
    )


async def _all(
    pool: asyncpg.Pool,
    device: Device,
    collections: tuple[str, ...],
    access_of: AccessOf,
    terms: Terms,
    auditor: Auditor,
) -> tuple[list[Told], int]:
    """Everything of `collections` that the phone is to hold, and the number of the last of it."""
    told: list[Told] = []
    seq, is_last = 0, False
    while not is_last:
        page = await mirror.page(pool, device, seq, collections, MOST, access_of, terms, auditor)
        told += page.told
        seq, is_last = page.seq, page.is_last
    return told, seq


async def push_rows(
    pool: asyncpg.Pool,
    device: Device,
    seq: int,
    changes: Mapping[str, Rows],
    access_of: AccessOf,
    terms: Terms,
    auditor: Auditor,
    committed: Committed,
    language: str = "zh",
) -> Taking:
    """Take all that a phone has, as of the position `seq` that it was just given. Raises as `mirror.page`."""
    sent = rows_sent(changes)
    again: dict[str, list[str]] = {}
    async with mirror.taking(pool, device):
        for start in range(0, len(sent), AT_ONCE):
            rows = sent[start : start + AT_ONCE]
            for row in await _take(pool, device, rows, access_of, terms, auditor, committed, language):
                again.setdefault(row.collection, []).append(row.id)
        if not again:
            records = [row.record for row in sent if row.record is not None]
            await unsent.end_push(pool, device, seq, records)
    return Taking(again)


async def _take(
    pool: asyncpg.Pool,
    device: Device,
    rows: Sequence[Sent],
    access_of: AccessOf,
    terms: Terms,
    auditor: Auditor,
    committed: Committed,
    language: str,
) -> list[Sent]:
    """Take these rows; gives those that are to be sent again."""
    ids = [row.record for row in rows if row.record is not None]
    documents = await mirror.documents(pool, device, dict.fromkeys(ids), access_of, terms)
    known = await unsent.had(pool, device, ids)
    before = await mirror.taken(pool, device, ids)
    at = wall_text(int(datetime.now(UTC).timestamp() * 1000)) + f"-0000-{device.no & 0xFFFF:04x}"

    raws: list[msgspec.Raw] = []
    row_of_change: dict[UUID, Sent] = {}
    took: dict[UUID, Taken] = {}
    made: dict[UUID, tuple[str, UUID]] = {}
    for row in rows:
        held = _held(row, known, documents)
        if held is None and row.kind == "deleted":
            continue  # there is no such record for this phone, and nothing to delete
        last = before.get(row.record, Taken()) if row.record is not None else Taken()
        times = last.times if last.last == row.hash else last.times + 1
        if row.record is not None:
            took[row.record] = Taken(times, row.hash)
        fields = edited(row, held)
        by_others: dict[str, int] = {}
        if held is not None and row.record is not None and (named := counters(row)):
            by_others = await _counted_by_others(pool, device, row.record, held.base, named, access_of)
        names = (change_id(device.no, row, times), change_id(device.no, row, times, "move"))
        for change in changes_of(row, names, held, fields, by_others, at):
            row_of_change[UUID(change["id"])] = row
            raws.append(msgspec.Raw(_to_json(change)))
        if held is None and row.record is not None and (area := _area(row)) is not None:
            made[row.record] = (row.collection, area)

    done = await _done(pool, device, row_of_change)
    new = [raw for raw, id in zip(raws, row_of_change, strict=True) if id not in done]
    if made:
        await mirror.expect(pool, device, made)
    again: list[Sent] = []
    refused: list[UUID] = []
    if new:
        by = copies.device_key(device.no, 0)
        pushed = await push(pool, new, device.account, by, access_of, auditor, language)
        await committed(pushed)
        for result in pushed.results:
            row = row_of_change[result.id]
            if result.outcome == "retry":
                again.append(row)
            elif result.outcome == "rejected" and row.record is not None:
                refused.append(row.record)
    for row in again:
        if row.record is not None:
            took.pop(row.record, None)
    await mirror.take(pool, device, took)
    await unsent.tell_again(pool, device, refused)
    return again


def _held(row: Sent, known: Mapping[UUID, Had], documents: Mapping[UUID, mirror.Document]) -> Held | None:
    if row.record is None or (had := known.get(row.record)) is None:
        return None
    document = documents.get(row.record)
    if document is None:
        return Held(had.area, had.base, {})
    return Held(document.area, had.base, document.data, document.reads)


def _area(row: Sent) -> UUID | None:
    try:
        return UUID(str(row.values.get("area")))
    except ValueError:
        return None


async def _counted_by_others(
    pool: asyncpg.Pool,
    device: Device,
    record: UUID,
    base: int,
    names: Collection[str],
    access_of: AccessOf,
) -> dict[str, int]:
    """What other devices have added to these counters behind `base`."""
    found = dict.fromkeys(names, 0)
    own = copies.device_key(device.no, 0)
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        access = await access_of(connection)
        try:
            told = await history_of(connection, record, access.clearance, base, _HISTORY)
        except Problem:  # it is not there for them any more: what comes of the row is for the engine to say
            return found
    for entry in told.entries:
        if entry.device != own:
            for name in names:
                found[name] += entry.increment.get(name, 0)
    return found


async def _done(pool: asyncpg.Pool, device: Device, changes: Collection[UUID]) -> set[UUID]:
    """Those that were taken before. They are not sent to the engine again: what goes with a row now, the time
    and the position, is not what went with it then."""
    async with pool.acquire() as connection, connection.transaction():
        await confine(connection, (), device.account)
        keys = [(device.account, change) for change in changes]
        return {change for _, change in await store.receipts(connection, keys)}
