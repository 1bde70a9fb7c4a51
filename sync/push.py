"""Take a device's changes: read what they touch, decide in memory, write in bulk, commit.

Everything that needs no lock (decoding, validation, hashing) is done before any is taken. The number of
statements does not depend on the number of changes.
"""

import asyncio
import hashlib
import random
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Policy
from schemas.problems import (
    CHANGE_INVALID,
    CHANGE_MALFORMED,
    COLLECTION_UNKNOWN,
    PASSING_TROUBLE,
    WRITE_NOT_ALLOWED,
    FieldProblem,
    Problem,
)
from schemas.problems import INVALID
from sync import clock, conflict, store
from sync.batch import Batch, Item, Key, Read, ids_named, texts_wanted
from sync.decide import Refusal
from sync.scope import Access, AccessOf
from sync.statement import Connection
from sync.wire import Change, ProblemDetail, Result

TEXT_FIELDS = frozenset(
    field.name
    for declared in COLLECTIONS.values()
    for field in declared.fields.values()
    if field.policy is Policy.TEXT
)
ATTEMPTS = 6

_read_change = msgspec.json.Decoder(Change).decode
_canonical = msgspec.json.Encoder(order="deterministic").encode


class _Identified(msgspec.Struct):
    id: UUID


class Pushed(msgspec.Struct):
    """What came of a push: the results, the records that stand as sent, and what moved for others to know.

    `arriving`: the areas that the changes name, whatever became of them.
    """

    results: list[Result]
    arriving: frozenset[UUID] = frozenset()
    as_sent: dict[Key, tuple[int, int]] = {}
    touched: dict[UUID, int] = {}


def read_changes(
    raws: Collection[msgspec.Raw], account: UUID, by: str, received: datetime, language: str
) -> list[Item]:
    """Decode, check and hash what a device sent. What is wrong with one change is kept with that change.

    Raises `Problem` only where a change cannot even be named, because it has no usable id.
    """
    received_ms = int(received.timestamp() * 1000)
    return [_item(index, bytes(raw), account, by, received_ms) for index, raw in enumerate(raws)]


def _item(index: int, payload: bytes, account: UUID, by: str, received_ms: int) -> Item:
    refusal: Refusal | None = None
    change: Change | None = None
    at = ""
    try:
        change = _read_change(payload)
        id = change.id
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refusal = Refusal(CHANGE_MALFORMED, [_unreadable(error)])
        try:
            id = msgspec.json.decode(payload, type=_Identified).id
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Problem(
                INVALID,
                "有一条修改没有可用的编号",
                "A change has no usable id: give each one a UUIDv7",
                errors=(_unreadable(error).under(f"/changes/{index}"),),
            ) from None
    if change is not None:
        try:
            at = clock.clamp(change.at, received_ms)
            refusal = _refusal(change)
        except ValueError:
            refusal = Refusal(
                CHANGE_MALFORMED,
                [
                    FieldProblem(
                        "/at",
                        "clock",
                        "时间格式不对",
                        "Not a hybrid logical clock: 2026-11-20T03:14:15.926Z-0000-1f3c",
                    )
                ],
            )
        payload_hash = hashlib.sha256(_canonical(change)).digest()
    else:
        payload_hash = hashlib.sha256(payload).digest()
    return Item(id, account, by, change, at, payload, payload_hash, clearance=None, refusal=refusal)


def _unreadable(error: Exception) -> FieldProblem:
    text = str(error)
    message, _, path = text.partition(" - at `$")
    pointer = path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/").replace("/...", "")
    return FieldProblem(pointer, "unreadable", f"无法读取：{message}", message)


def _refusal(change: Change) -> Refusal | None:
    """What can be told of a change without knowing any record."""
    if change.collection == conflict.COLLECTION:
        return Refusal(
            WRITE_NOT_ALLOWED,
            [
                FieldProblem(
                    "/collection",
                    "conflict",
                    "冲突请用 resolves 处理",
                    "Decide a conflict by a change of its record with `resolves`",
                )
            ],
        )
    declared = COLLECTIONS.get(change.collection)
    if declared is None:
        return Refusal(
            COLLECTION_UNKNOWN,
            [
                FieldProblem(
                    "/collection",
                    "unknown",
                    "没有这种记录",
                    "There is no such collection: see GET /sync/catalogue",
                )
            ],
        )
    problems = list(declared.problems_in_patch(change.set, change.add, change.remove, change.increment))
    if not 0 <= change.base < 2**63:
        problems.append(FieldProblem("/base", "range", "base 超出范围", "base is a rev: 0 or more"))
    if change.op == "move" and change.to is None:
        problems.append(FieldProblem("/to", "required", "请说明迁往哪个区域", "Say to which area it moves"))
    if change.op != "write" and (change.set or change.add or change.remove or change.increment):
        problems.append(
            FieldProblem(
                "/op", "alone", "此操作不能同时修改内容", "This op carries no values: send them in a write"
            )
        )
    return Refusal(CHANGE_INVALID, problems) if problems else None


async def push(
    pool: asyncpg.Pool,
    raws: Collection[msgspec.Raw],
    account: UUID,
    by: str,
    access_of: AccessOf,
    language: str = "zh",
) -> Pushed:
    """Store a batch of changes. A result for each; passing trouble is retried inside and at last said as `retry`.

    Raises `Problem` for a caller who may not come in and for a change that cannot be named.
    """
    if not raws:
        return Pushed([])
    received = datetime.now(UTC)
    items = read_changes(raws, account, by, received, language)
    for attempt in range(ATTEMPTS):
        try:
            async with pool.acquire() as connection:
                return await _attempt(connection, items, account, access_of, received, language)
        except (
            asyncpg.SerializationError,
            asyncpg.DeadlockDetectedError,
            asyncpg.LockNotAvailableError,
            _AreasMoved,
        ):
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.QueryCanceledError, OSError):
            # The database went away, perhaps after it committed: the phone sends again and receipts tell.
            break
    problem = ProblemDetail(
        PASSING_TROUBLE.type, PASSING_TROUBLE.zh if language == "zh" else PASSING_TROUBLE.en
    )
    return Pushed([Result(item.id, "retry", problem=problem) for item in items], _arriving(items))


class _AreasMoved(Exception):
    """A record has moved to an area that was not locked; `areas` says which to lock as well."""


async def _attempt(
    connection: Connection,
    items: list[Item],
    account: UUID,
    access_of: AccessOf,
    received: datetime,
    language: str,
) -> Pushed:
    extra: set[UUID] = set()
    for _ in range(4):
        async with connection.transaction():
            batch = await _decided(connection, items, account, access_of, language, extra)
            if isinstance(batch, Batch):
                await write(connection, batch, received, None)
                break
        extra |= batch
    else:
        raise _AreasMoved
    assert isinstance(batch, Batch)
    return Pushed(batch.results, _arriving(items), batch.as_sent(), batch.touched)


def _arriving(items: Collection[Item]) -> frozenset[UUID]:
    return frozenset(item.change.area for item in items if item.change is not None)


async def _decided(
    connection: Connection,
    items: list[Item],
    account: UUID,
    access_of: AccessOf,
    language: str,
    extra: set[UUID],
) -> Batch | set[UUID]:
    """The batch decided, or the areas that must be locked too before it can be."""
    changes = [item.change for item in items if item.change is not None]
    areas = (
        {change.area for change in changes}
        | {change.to for change in changes if change.to is not None}
        | extra
    )
    positions = await store.lock_areas(connection, areas)
    access: Access = await access_of(connection)
    for item in items:
        item.clearance = access.clearance
    read = await read_for(connection, items, account, positions)
    beyond = set(read.moved.values()) - positions.keys()
    if beyond:
        return beyond
    batch = Batch(read, language)
    batch.decide(items)
    return batch


async def read_for(
    connection: Connection, items: list[Item], account: UUID, positions: dict[UUID, int]
) -> Read:
    """Everything that deciding `items` looks at, in a fixed number of statements."""
    ids = {item.id for item in items}
    ids.update(
        item.change.after for item in items if item.change is not None and item.change.after is not None
    )
    receipts = await store.receipts(connection, account, ids)
    named = ids_named(items)
    keys = {(area, id) for area, wanted in named.items() for id in wanted}
    waited = {(item.change.area, item.id) for item in items if item.change is not None}
    parked = [_parked_item(row) for row in await store.parked(connection, keys | waited)]
    for area, wanted in ids_named(parked).items():
        keys.update((area, id) for id in wanted)
    moved = {}
    departed = {}
    wanted_keys = keys
    while wanted_keys:
        rows = await store.moved(connection, wanted_keys)
        moved.update({(row["area"], row["record"]): row["to_area"] for row in rows})
        departed.update({(row["area"], row["record"]): row["classes"] for row in rows})
        wanted_keys = {(row["to_area"], row["record"]) for row in rows} - keys
        keys |= wanted_keys
    records = await store.records(connection, keys)
    for key in list(moved):
        if key in records:  # it came back
            del moved[key]
    moving = {
        (record.area, record.id)
        for item in [*items, *parked]
        if item.change is not None and item.change.op == "move"
        for record in records.values()
        if record.id == item.change.record
    }
    if moving:
        records.update(await store.families(connection, moving))
    texts = {}
    wanted_texts = texts_wanted([*items, *parked], records)
    if wanted_texts:
        texts = await store.texts(connection, wanted_texts, TEXT_FIELDS)
    return Read(records, receipts, parked, moved, departed, texts, dict(positions))


async def write(connection: Connection, batch: Batch, now: datetime, by: UUID | None) -> None:
    """Write what a batch came to. Kinds of rows that there are none of cost nothing."""
    removed = batch.removed
    if removed:
        await store.remove_records(connection, removed)
    dirty = list(batch.dirty)
    if dirty:
        await store.write_records(connection, dirty)
    if batch.history:
        await store.write_history(connection, batch.history, now)
    if batch.quarantine:
        await store.write_quarantine(connection, batch.quarantine, now)
    if batch.settled:
        await store.settle(connection, batch.settled, now, by)
    settled = {(item.account, item.id, item.hash) for item in batch.settled}
    waiting = [
        row for row in batch.still_waiting if (row.item.account, row.item.id, row.item.hash) not in settled
    ]
    if waiting:
        await store.still_waiting(connection, waiting)
    if batch.departures:
        await store.write_departures(connection, batch.departures)
    if batch.history or batch.departures:
        await store.advance(connection, batch.positions)


def _parked_item(row: asyncpg.Record) -> Item:
    received_ms = int(row["received_at"].timestamp() * 1000)
    item = _item(0, row["payload"], row["account"], row["device"], received_ms)
    item.hash = row["hash"]
    item.quarantined = True
    return item


def as_items(rows: Collection[asyncpg.Record]) -> list[Item]:
    """Rows of quarantine as items to be decided again."""
    return [_parked_item(row) for row in rows]
