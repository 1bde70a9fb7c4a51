"""Take a device's changes: read what they touch, decide in memory, write in bulk, commit.

Everything that needs no lock (decoding, validation, hashing) is done before any is taken. The number of
statements does not depend on the number of changes.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from schemas.civil import civil_date
from schemas.collections import COLLECTIONS
from schemas.problems import (
    CHANGE_INVALID,
    CHANGE_MALFORMED,
    COLLECTION_UNKNOWN,
    INVALID,
    PASSING_TROUBLE,
    WRITE_NOT_ALLOWED,
    FieldProblem,
    Problem,
)
from sync import attached, clock, sealed, store
from sync.asking import AccessOf
from sync.attempts import PassingTrouble, carried_out
from sync.audit import Auditor, written_by
from sync.batch import Batch
from sync.confine import Confines, confine, known_to
from sync.decide import Refusal, refused_op
from sync.item import ChangeKey, HistoryRow, Item, Key, Left, Read, Rights
from sync.keyring import keyring_of
from sync.place_store import place_in
from sync.reading import (
    agreed,
    historic_fields,
    ids_named,
    parents_wanted,
    redated,
    refiling,
    versions_wanted,
)
from sync.scope import Touched
from sync.sealing import keyed_hash
from sync.starting import IDS_OF_SERVER, may_have_started
from sync.statement import Connection
from sync.wire import Change, ProblemDetail, Result

CLOCKS_APART = timedelta(minutes=10)
"""How far ahead of ours a clock may be that somebody read a time from."""

_read_change = msgspec.json.Decoder(Change).decode
_canonical = msgspec.json.Encoder(order="deterministic").encode


class _Identified(msgspec.Struct):
    id: UUID


class Pushed(msgspec.Struct):
    """What came of a push: the results, the records that stand as sent, and what moved for others to know.

    `arriving`: the areas that the changes name, whatever became of them. `opened`: (area, case) of new files.
    `written`: collection and id of each record that was made or changed, also by what had waited.
    """

    results: list[Result]
    arriving: frozenset[UUID] = frozenset()
    as_sent: dict[Key, tuple[int, int]] = {}
    touched: Touched = {}
    opened: frozenset[tuple[UUID, UUID]] = frozenset()
    written: frozenset[tuple[str, UUID]] = frozenset()


def read_changes(
    raws: Collection[msgspec.Raw], account: UUID, by: str, received: datetime, language: str
) -> list[Item]:
    """Decode, check and hash what a device sent. What is wrong with one change is kept with that change.

    Raises `Problem` only where a change cannot even be named, because it has no usable id.
    """
    received_ms = int(received.timestamp() * 1000)
    items = []
    last = ""
    for index, raw in enumerate(raws):
        item = _item(index, bytes(raw), account, by, received_ms)
        if item.at and item.at[:24] == last[:24] and item.at <= last:
            # Both were ahead of the time of receipt, and clamped to it. They were made in this order.
            item.at = clock.next_after(last)
        last = max(last, item.at)
        items.append(item)
    return items


def _item(index: int, payload: bytes, account: UUID, by: str, received_ms: int) -> Item:
    refusal: Refusal | None = None
    change: Change | None = None
    at = ""
    try:
        change = _read_change(payload)
        id = change.id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refusal = Refusal(CHANGE_MALFORMED, [_unreadable(error)])
        try:
            id = msgspec.json.decode(payload, type=_Identified).id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Problem(
                INVALID,
                "有一条修改没有可用的编号",
                "A change has no usable id: give each one a UUIDv7",
                errors=(_unreadable(error).under(f"/changes/{index}"),),
            ) from None
    if change is None:
        return Item(id, account, by, None, at, payload, hashlib.sha256(payload).digest(), refusal=refusal)
    try:
        at = clock.clamp(change.at, received_ms)
    except ValueError:
        refusal = Refusal(CHANGE_MALFORMED, [_NO_CLOCK])
    is_whole = _is_whole(change)
    if refusal is None and not is_whole:
        refusal = _refusal(change)
    if refusal is None:
        refusal = _ahead(change, received_ms)
    digest = hashlib.sha256(_canonical(change)).digest()
    return Item(id, account, by, change, at, payload, digest, refusal=refusal, is_whole=is_whole)


def _is_whole(change: Change) -> bool:
    """It reads like a new record and is right as one: it need not be looked at field by field as well."""
    if change.base != 0 or change.op != "write" or change.add or change.remove or change.increment:
        return False
    declared = COLLECTIONS.get(change.collection)
    if declared is None or declared.made_by_server or change.record.version == IDS_OF_SERVER:
        return False
    return not declared.problems_in_whole(change.set)


def _unreadable(error: Exception) -> FieldProblem:
    text = str(error)
    message, _, path = text.partition(" - at `$")
    pointer = path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/").replace("/...", "")
    return FieldProblem(pointer, "unreadable", f"无法读取：{message}", message)


def _refusal(change: Change) -> Refusal | None:
    """What can be told of a change without knowing any record."""
    declared = COLLECTIONS.get(change.collection)
    if declared is None:
        return Refusal(COLLECTION_UNKNOWN, [_NO_COLLECTION])
    if declared.made_by_server:
        return Refusal(WRITE_NOT_ALLOWED, [_MADE_BY_SERVER])
    if (refusal := refused_op(change, declared)) is not None:
        return refusal
    problems = list(declared.problems_in_patch(change.set, change.add, change.remove, change.increment))
    if not 0 <= change.base < 2**63:
        problems.append(FieldProblem("/base", "range", "base 超出范围", "base is a rev: 0 or more"))
    if change.base == 0 and change.op == "write" and change.record.version == IDS_OF_SERVER:
        problems.append(_ID_OF_SERVER)
    if change.op == "move" and change.to is None:
        problems.append(FieldProblem("/to", "required", "请说明迁往哪个区域", "Say to which area it moves"))
    if change.op != "write" and (change.set or change.add or change.remove or change.increment):
        problems.append(
            FieldProblem(
                "/op", "alone", "此操作不能同时修改内容", "This op carries no values: send them in a write"
            )
        )
    return Refusal(CHANGE_INVALID, problems) if problems else None


def _ahead(change: Change, received_ms: int) -> Refusal | None:
    """What is said to have happened has, by the time of receipt: a phone's clock is not to be relied on."""
    happened = COLLECTIONS[change.collection].problems_ahead(
        change.set, datetime.fromtimestamp(received_ms / 1000, UTC) + CLOCKS_APART
    )
    return Refusal(CHANGE_INVALID, happened) if happened else None


_NO_CLOCK = FieldProblem(
    "/at", "clock", "时间格式不对", "Not a hybrid logical clock: 2026-11-20T03:14:15.926Z-0000-1f3c"
)
_NO_COLLECTION = FieldProblem(
    "/collection", "unknown", "没有这种记录", "There is no such collection: see GET /sync/catalogue"
)
_ID_OF_SERVER = FieldProblem(
    "/record",
    "id",
    "新记录的编号应为 UUIDv7；第 8 版由服务器使用",
    "A new record's id is a UUIDv7: version 8 is for those that the server starts",
)
_MADE_BY_SERVER = FieldProblem(
    "/collection",
    "made-by-server",
    "此类记录由服务器生成；冲突请用 resolves 处理",
    "The server makes these: decide a conflict by a change of its record with `resolves`",
)


async def push(
    pool: asyncpg.Pool,
    raws: Collection[msgspec.Raw],
    account: UUID,
    by: str,
    access_of: AccessOf,
    auditor: Auditor,
    language: str = "zh",
) -> Pushed:
    """Store a batch of changes. Passing trouble is retried inside and at last said as `retry`.

    Raises `Problem` for a caller who may not come in and for a change that cannot be named.
    """
    if not raws:
        return Pushed([])
    received = datetime.now(UTC)
    items = read_changes(raws, account, by, received, language)

    digests = [item.hash for item in items]

    async def attempt(connection: Connection, extra: set[UUID]) -> Pushed | set[UUID]:
        keyring = keyring_of(connection)
        for item, digest in zip(items, digests, strict=True):
            item.hash = keyed_hash(keyring.hashing, digest)
        positions = await store.lock_areas(connection, areas_named(items) | extra)
        access = await access_of(connection)
        for item in items:
            item.clearance = access.clearance
        confines = await confine(connection, (positions.keys() & known_to(access.clearance)) | extra, account)
        read, beyond = await read_for(connection, items, positions, confines, civil_date(access.now))
        if beyond:
            return beyond
        batch = Batch(read, language)
        batch.decide(items)
        history = await write(connection, batch, received, None)
        await auditor.wrote(connection, received, written_by(batch, history, received), by)
        opened = frozenset((file.area, file.case) for file in batch.opened)
        return Pushed(batch.results, arriving, batch.as_sent(), batch.touched, opened, batch.written)

    arriving = frozenset(item.change.area for item in items if item.change is not None)
    try:
        return await carried_out(pool, attempt)
    except PassingTrouble:
        problem = ProblemDetail(
            PASSING_TROUBLE.type, PASSING_TROUBLE.zh if language == "zh" else PASSING_TROUBLE.en
        )
        return Pushed([Result(item.id, "retry", problem=problem) for item in items], arriving)


def areas_named(items: Collection[Item]) -> set[UUID]:
    """The areas in which deciding `items` may write."""
    changes = [item.change for item in items if item.change is not None]
    return {change.area for change in changes} | {change.to for change in changes if change.to is not None}


async def read_for(
    connection: Connection,
    items: list[Item],
    positions: dict[UUID, int],
    confines: Confines,
    today: date,
) -> tuple[Read, set[UUID]]:
    """Everything that deciding `items` looks at, in a fixed number of statements.

    `positions`: the areas locked. `confines` are widened by the work that waits for these items, and by where
    their records have been and gone. `today`: the day there. Also gives the areas that must be locked too: if
    there are any, begin anew.
    """
    named = ids_named(items)
    keys = {(area, id) for area, wanted in named.items() for id in wanted}
    waited = {
        (item.change.area, id) for item in items if item.change is not None for id in (item.id, item.kept_as)
    }
    groups = {item.change.group for item in items if item.change is not None and item.change.group}
    account = items[0].account
    traces = await store.traces(connection, _changes_named(items), keys | waited, account, groups)
    kept: list[Item] = []
    is_further = traces.waits
    while is_further:  # once, unless something waits, which is of somebody or stands somewhere else
        kept = [_kept_item(row) for row in await store.parked(connection, keys | waited, account, groups)]
        ahead = [item for item in kept if item.waits_for is not None]
        is_further = await confines.widen(connection, areas_named(ahead), {item.account for item in kept})
    given = {_kept_key(item) for item in items if item.quarantined}
    kept = [item for item in kept if _kept_key(item) not in given]
    parked = [item for item in kept if item.waits_for is not None]
    refused_groups = {item.group for item in kept if item.waits_for is None and item.group is not None}
    beyond = areas_named(parked) - positions.keys()
    if beyond:
        return Read(), beyond
    receipts = traces.receipts
    if parked:
        receipts |= await store.receipts(connection, _changes_named(parked))
    for area, wanted in ids_named(parked).items():
        keys.update((area, id) for id in wanted)
    moved: dict[Key, Left] = {}
    looking = keys if traces.moved or parked else set()
    parents_of = parents_wanted([*items, *parked]) if looking else {}
    while looking:
        rows = await store.moved(connection, looking)
        moved.update({(row["area"], row["record"]): _left(row) for row in rows})
        await confines.widen(connection, {row["to_area"] for row in rows})
        looking = {
            (row["to_area"], id)
            for row in rows
            for id in (
                row["record"],
                *may_have_started(row["record"], row["collection"]),
                *parents_of.get(row["record"], ()),
            )
        } - keys
        keys |= looking
    beyond = {left.to for left in moved.values()} - positions.keys()
    if beyond:
        return Read(), beyond
    records = await store.records(connection, keys)
    for key in list(moved):
        if key in records:  # it came back
            del moved[key]
    moves = {item.change.record: item.change.to for item in [*items, *parked] if _moves(item) and item.change}
    moving = {key for key in records if key[1] in moves}
    asked = agreed([*items, *parked], records)
    leaving = moving | asked | refiling([*items, *parked], records) | redated([*items, *parked], records)
    if leaving:
        # Where it goes, part of the family may be already; and what the record belongs to may be there.
        there = {(to, id) for _, id in moving if (to := moves[id]) is not None}
        families = await store.families(connection, leaving | there)
        # Ids are chosen by devices: where the family goes, others may lie under the same ones.
        targets = {to for to in moves.values() if to is not None}
        parents = {parent for key in moving if (parent := records[key].parent) is not None}
        ids = {id for _, id in (*families, *moving)} | parents
        there = (asked | {(to, id) for to in targets for id in ids}) - records.keys()
        if there:
            records.update(await store.records(connection, there))
        records.update(families)
    read = Read(records, receipts, parked, refused_groups, moved, positions=dict(positions), today=today)
    wanted_versions = versions_wanted([*items, *parked], records)
    if wanted_versions:
        wanted_records = {id for _, id in wanted_versions}
        while await confines.widen(connection, await store.been(connection, wanted_records)):
            pass
        read.versions, read.read_whole = await store.versions(connection, wanted_versions, historic_fields())
    return read, set()


def _left(row: asyncpg.Record) -> Left:
    return Left(place_in(row), row["classes"], row["to_area"])


def _kept_key(item: Item) -> tuple[UUID, UUID, bytes]:
    return item.account, item.kept_as, item.hash


def _moves(item: Item) -> bool:
    return item.change is not None and item.change.op == "move"


def _changes_named(items: Collection[Item]) -> set[ChangeKey]:
    """The changes of which it matters whether they were done."""
    keys = {item.key for item in items}
    keys.update(
        (item.account, item.change.after)
        for item in items
        if item.change is not None and item.change.after is not None
    )
    return keys


async def write(
    connection: Connection, batch: Batch, now: datetime, by: UUID | None
) -> Collection[HistoryRow]:
    """Write what a batch came to, and give its history as it was written.

    Kinds of rows that there are none of cost nothing.
    """
    if batch.removed:
        await store.remove_records(connection, batch.removed)
    dirty = batch.dirty
    keys = await sealed.keys_for(connection, dirty, batch.history)
    if dirty:
        await store.write_records(connection, dirty, keys)
    history = sealed.of_history(keyring_of(connection), batch.history, keys)
    if history:
        await store.write_history(connection, history, now, batch.positions)
    quarantine = batch.quarantine
    if quarantine:
        await store.write_quarantine(connection, quarantine, now)
    if batch.settled:
        await store.settle(connection, batch.settled, now, by)
    waiting = batch.still_waiting
    if waiting:
        await store.still_waiting(connection, waiting)
    if batch.departures:
        await store.write_departures(connection, batch.departures)
        await attached.go_along(connection, batch.departures)
    if batch.opened:
        await store.open_files(connection, batch.opened, now)
    if batch.moved_files:
        await store.move_files(connection, batch.moved_files, now)
    return history


def _kept_item(row: Mapping[str, Any]) -> Item:
    """A row of quarantine as it is decided again; where somebody put it right, in that form."""
    received_ms = int(row["received_at"].timestamp() * 1000)
    payload = row["payload"] if row["repaired"] is None else row["repaired"]
    item = _item(0, payload, row["account"], row["device"], received_ms)
    item.kept_as = row["change"]
    item.hash = row["hash"]
    item.rights = Rights(row["sight"], row["pen"], row["case_id"], row["case_sight"], row["case_pen"])
    item.received_on = civil_date(row["received_at"])
    item.waits_for = row["waits_for"]
    item.quarantined = True
    return item


def as_items(rows: Collection[Mapping[str, Any]]) -> list[Item]:
    """Rows of quarantine as items to be decided again."""
    return [_kept_item(row) for row in rows]


def repaired_item(kept: Item, payload: bytes, received: datetime) -> Item:
    """What takes the place of a change in quarantine, as work of the same author on the same device."""
    item = _item(0, payload, kept.account, kept.by, int(received.timestamp() * 1000))
    item.kept_as = kept.kept_as
    item.hash = kept.hash
    item.rights, item.received_on = kept.rights, kept.received_on
    item.quarantined = True
    return item
