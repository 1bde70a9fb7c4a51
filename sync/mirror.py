"""The book that the server keeps for a device whose own library keeps none: what it holds, and what is new.

Our own clients carry a cursor and know of parts, drops and resets. A library that an app already has (RxDB,
WatermelonDB) knows whole documents, removals, and one number or token that says how far it has come. So for
such a device the server keeps what our clients keep themselves: a cursor, and for each record that the device
was told of a number, `seq`, that grows with everything that changes for it. What a device lacks is then what
has a higher number than the one that it shows, live or gone. Nothing of content is in the book.

`advance` reads on from the cursor by the same statements as `POST /sync`, without the content, and gives
every record that is named a new number: one that was delivered, and one of which something had to be let go.
Where access ended, the records there are looked at in the same snapshot: what is still read of them is told
anew, and the rest is gone. `page` and `documents` then read the records as the caller reads them at that
moment, and only while nothing has changed in what the caller may read: so a document never shows less, or
more, than what the book goes on to tell of. What has moved since is told by a later number.

Numbers are times in microseconds, at least. What is restored from a backup gives higher ones than were given
before, and a number from before is known by that (`Book.knows`): such a device is told everything again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Policy
from schemas.privacy import NO_CLASSES
from schemas.problems import PASSING_TROUBLE, Problem
from sync import copies, pull_store
from sync import mirror_store as store
from sync.asking import AccessOf
from sync.audit import PERSONAL, Auditor, Reading
from sync.confine import confine
from sync.cursor import Cursor, CursorError, moment_of, opened, sealed
from sync.exchange import Device, Terms
from sync.mirror_store import Book, Row, Taken
from sync.place_store import place_in
from sync.plan import is_as_told, plan
from sync.pull import Ask, Pulled, pulled_idly, pulled_within
from sync.scope import Access, Clearance, Place
from sync.statement import Connection
from sync.wire import MAX_LIMIT, Entry, ResetReason

_TRIES = 8
_WAIT_SECONDS = 0.05
_LONGEST_WAIT = 30.0

_NOWHERE = UUID(int=0)

_decode = msgspec.json.Decoder(Entry).decode


class Document(msgspec.Struct, frozen=True):
    """A record whole, as one person reads it now.

    `data`: the declared fields that have a value, sets in order. `reads`: the classes that they read of it,
    whether or not something is in them; `rev`: the newest position of those. `shows`: the classes of which
    something is in it.
    """

    collection: str
    id: UUID
    area: UUID
    case: UUID | None
    rev: int
    data: dict[str, Any]
    reads: int
    shows: int = NO_CLASSES
    is_deleted: bool = False


class Told(NamedTuple):
    """One piece of news: the record as it is read now, or None where the device is to let go of it."""

    seq: int
    collection: str
    id: UUID
    area: UUID
    document: Document | None


class Page(NamedTuple):
    """News in order. `seq`: show it to be told what comes behind. `is_last`: there is nothing there now.

    `is_anew`: the number shown was of no use, and these are the first of all.
    """

    told: list[Told]
    seq: int
    is_last: bool
    is_anew: bool


async def advance(pool: asyncpg.Pool, device: Device, access_of: AccessOf, terms: Terms) -> Book:
    """Write into the book of `device` all that is new for it, and give how it stands then.

    Two requests of one device at once: in one process the second waits, and in two the later one finds that
    it was, and reads on from there. Raises `Problem` for who may not come in or holds too many areas.
    """
    async with _turn_of(device.no), pool.acquire() as connection:
        while True:
            book = await store.book(connection, device.no)
            if book is None:
                await store.begin(connection, device.no)
                continue
            after = await _read_on(connection, device, book, access_of, terms)
            if after is not None:
                return after


async def page(
    pool: asyncpg.Pool,
    device: Device,
    after: int,
    collections: Sequence[str],
    limit: int,
    access_of: AccessOf,
    terms: Terms,
    auditor: Auditor,
) -> Page:
    """What is new of `collections` behind the number `after` (0: everything), `limit` pieces unless it ends.

    `after` is a `seq` of an earlier page; one that this book did not give counts as 0. What was read is on
    record when this returns. Raises as `advance`, and PASSING_TROUBLE where access changes all the time.
    """
    for _ in range(_TRIES):
        book = await advance(pool, device, access_of, terms)
        start = after if book.knows(after) else 0
        async with pool.acquire() as connection:
            if not await store.behind(connection, device.no, start, collections, 1):
                return Page([], max(book.last_seq, start), True, start != after)
            async with _as_told(connection, device, access_of, terms) as found:
                if found is None:
                    continue
                start = after if found.book.knows(after) else 0
                told, is_last = await _filled(connection, device, found, start, collections, limit)
            sent = [each.document for each in told if each.document is not None]
            await _account_for(connection, device, sent, auditor)
        seq = max(found.book.last_seq, start) if is_last else told[-1].seq
        return Page(told, seq, is_last, start != after)
    raise Problem(PASSING_TROUBLE)


async def documents(
    pool: asyncpg.Pool,
    device: Device,
    wanted: Mapping[UUID, UUID | None],
    access_of: AccessOf,
    terms: Terms,
) -> dict[UUID, Document]:
    """The records `wanted` as the caller reads them now, deleted ones too; those not read are missing.

    `wanted`: by id, the area that the device says it is in, which is where it is looked for where the book
    does not know better. Whoever sends one calls `account_for` first. Raises as `page`.
    """
    if not wanted:
        return {}
    for _ in range(_TRIES):
        await advance(pool, device, access_of, terms)
        async with (
            pool.acquire() as connection,
            _as_told(connection, device, access_of, terms) as found,
        ):
            if found is not None:
                return await _documents(connection, device, found.access.clearance, wanted)
    raise Problem(PASSING_TROUBLE)


async def account_for(pool: asyncpg.Pool, device: Device, sent: Iterable[Document], auditor: Auditor) -> None:
    """Put on record that the device's owner is about to be sent these documents."""
    async with pool.acquire() as connection:
        await _account_for(connection, device, sent, auditor)


@contextlib.asynccontextmanager
async def taking(pool: asyncpg.Pool, device: Device) -> AsyncIterator[None]:
    """What `device` sent is taken by one request at a time: what a row comes to hangs on the one before it.

    Raises PASSING_TROUBLE where another one takes too long.
    """
    async with _turn_of(-device.no):
        waited = 0.0
        while True:
            async with pool.acquire() as connection:
                await store.begin(connection, device.no)
                if await store.begin_taking(connection, device.no):
                    break
            waited += _WAIT_SECONDS
            if waited > _LONGEST_WAIT:
                raise Problem(PASSING_TROUBLE)
            await asyncio.sleep(_WAIT_SECONDS)
        try:
            yield
        finally:
            async with pool.acquire() as connection:
                await store.end_taking(connection, device.no)


async def taken(pool: asyncpg.Pool, device: Device, records: Collection[UUID]) -> dict[UUID, Taken]:
    """The rows that were taken of the device for these records: how many, and the last."""
    async with pool.acquire() as connection:
        return await store.taken(connection, device.no, records)


async def positions(pool: asyncpg.Pool, device: Device, records: Collection[UUID]) -> dict[UUID, int]:
    """By id, the newest position at which the device was told of these records, as far as it was."""
    async with pool.acquire() as connection:
        found = await store.rows(connection, device.no, records)
    return {id: row.rev for id, row in found.items()}


async def expect(pool: asyncpg.Pool, device: Device, sent: Mapping[UUID, tuple[str, UUID]]) -> None:
    """Note that the device has these records, of (collection, area), before it is decided what becomes of
    them: should access end, it is told that they are gone like everything else."""
    async with pool.acquire() as connection:
        await store.expect(connection, device.no, sent)


async def take(pool: asyncpg.Pool, device: Device, took: Mapping[UUID, Taken]) -> None:
    """Note the rows that were taken, so that they are known when they come again."""
    async with pool.acquire() as connection:
        await store.take(connection, device.no, took)


async def tell_apart(pool: asyncpg.Pool, device: Device, collection: str, there: Mapping[UUID, int]) -> None:
    """Have the book tell of a `collection` that is in no log: what is there now, by id, and as which version.

    What it told of before and is not there any more is gone.
    """
    async with pool.acquire() as connection:
        await store.begin(connection, device.no)
        if (await store.versions(connection, device.no, collection)) == there:
            return
        async with connection.transaction():
            book = await store.hold(connection, device.no)
            assert book is not None
            told = await store.versions(connection, device.no, collection)
            rows = [
                Row(id, collection, _NOWHERE, None, 0, version, False)
                for id, version in there.items()
                if told.get(id) != version
            ]
            rows += [
                Row(id, collection, _NOWHERE, None, 0, version, True)
                for id, version in told.items()
                if id not in there
            ]
            first = max(book.last_seq + 1, await store.now(connection))
            numbered = [row._replace(seq=number) for number, row in enumerate(rows, first)]
            await store.tell(connection, device.no, numbered)
            last_seq = numbered[-1].seq if numbered else book.last_seq
            await store.keep(connection, device.no, book._replace(last_seq=last_seq))


async def page_apart(
    pool: asyncpg.Pool, device: Device, after: int, collection: str, limit: int
) -> tuple[list[Row], int, bool]:
    """News of a collection that is in no log, the number to show next, and whether that is all."""
    async with pool.acquire() as connection:
        book = await store.book(connection, device.no)
        if book is None:
            return [], 0, True
        start = after if book.knows(after) else 0
        rows = await store.behind(connection, device.no, start, [collection], limit + 1)
    if len(rows) > limit:
        return rows[:limit], rows[limit - 1].seq, False
    return rows, max(book.last_seq, start), True


async def last_of(pool: asyncpg.Pool, device: Device, collection: str) -> int:
    """The number of the latest news of `collection` in the book as it stands; 0 where there is none."""
    async with pool.acquire() as connection:
        return await store.last_of(connection, device.no, collection)


_TURNS: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()


@contextlib.asynccontextmanager
async def _turn_of(number: int) -> AsyncIterator[None]:
    """One at a time in this process, so that others wait without a connection."""
    async with _TURNS.setdefault(number, asyncio.Lock()):
        yield


class _Asked:
    """Asks who may do what, and remembers the answer: what is read beside must go by the very same one."""

    def __init__(self, access_of: AccessOf) -> None:
        self._access_of = access_of
        self.access: Access | None = None

    async def __call__(self, connection: Connection) -> Access:
        self.access = await self._access_of(connection)
        return self.access


async def _read_on(
    connection: Connection, device: Device, book: Book, access_of: AccessOf, terms: Terms
) -> Book | None:
    """Take in one page behind the cursor: how the book stands at the end of the log, None before that."""
    ask = Ask(
        _cursor(book, device, terms),
        limit=MAX_LIMIT,
        tombstone_days=terms.tombstone_days,
        journal_days=terms.journal_days,
        is_whole=False,
    )
    rows: list[Row] = []
    pulled = await pulled_idly(connection, ask, access_of)
    if pulled is not None and not pulled.is_new:
        return book
    if pulled is None or pulled.drop:
        asked = _Asked(access_of)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            pulled = await pulled_within(connection, ask, asked)
            assert asked.access is not None
            rows = await _news(connection, device, pulled, asked.access.clearance)
    async with connection.transaction():
        if await store.hold(connection, device.no) != book:
            return None
        now = await _written(connection, device, book, pulled, rows, terms)
    return now if pulled.complete else None


async def _written(
    connection: Connection, device: Device, book: Book, pulled: Pulled, rows: Sequence[Row], terms: Terms
) -> Book:
    """Number the news and note them, together with the cursor behind them."""
    first = max(book.last_seq + 1, moment_of(pulled.now))
    last_seq, since_seq, afresh_from = book.last_seq, book.since_seq, book.afresh_from
    if pulled.reset is not None:
        afresh_from = book.last_seq
        if pulled.reset.reason == "epoch":
            # What the device was told since the backup is nowhere written: it begins again.
            last_seq = since_seq = first
            first += 1
    if rows:
        numbered = [row._replace(seq=number) for number, row in enumerate(rows, first)]
        await store.tell(connection, device.no, numbered)
        last_seq = numbered[-1].seq
    if afresh_from is not None and pulled.complete:
        last_seq = max(last_seq, first - 1)
        last_seq += await store.tell_rest_gone(connection, device.no, afresh_from, last_seq)
        afresh_from = None
    text = sealed(pulled.cursor, account=device.account, key=terms.cursor_key)
    now = Book(text, last_seq, since_seq, afresh_from)
    await store.keep(connection, device.no, now)
    return now


async def _news(connection: Connection, device: Device, pulled: Pulled, clearance: Clearance) -> list[Row]:
    """What a page says of each record that it names or concerns: first what to let go of, then the log."""
    entries = [_decode(raw) for raw in pulled.records]
    delivered = {
        entry.id: Row(entry.id, entry.collection, entry.area, entry.case, 0, entry.rev, entry.deleted)
        for entry in entries
    }
    concerned: dict[UUID, Row] = {}
    if pulled.drop:
        ended = [(drop.area, drop.case) for drop in pulled.drop]
        found = await store.rows_in(connection, device.no, ended, pulled.areas)
        concerned.update((row.record, row) for row in found if row.area != _NOWHERE)
    if pulled.gone:
        known = await store.rows(connection, device.no, [gone.id for gone in pulled.gone])
        concerned.update((id, row) for id, row in known.items() if not row.is_gone)
    left = [row for id, row in concerned.items() if id not in delivered]
    return [*await _looked_at(connection, clearance, left), *delivered.values()]


async def _looked_at(connection: Connection, clearance: Clearance, rows: Iterable[Row]) -> list[Row]:
    """`rows` as they are read now where the book has them: live, or gone."""
    by_area: dict[UUID, list[Row]] = {}
    for row in rows:
        by_area.setdefault(row.area, []).append(row)
    looked: list[Row] = []
    for area, of_area in by_area.items():
        sight = clearance.sight(area)
        found = await pull_store.named(
            connection, area, sight, [row.record for row in of_area], is_whole=False
        )
        seen = {each["id"]: each for each in found if not each["deleted"]}
        for row in of_area:
            if (each := seen.get(row.record)) is not None:
                looked.append(row._replace(rev=each["seen"], case=each["case_id"]))
            elif row.seq or not clearance.holds(area):
                looked.append(row._replace(is_gone=True))
            # Else it was sent by the device and waits for what it belongs to: nobody takes it away.
    return looked


def _cursor(book: Book, device: Device, terms: Terms) -> Cursor | ResetReason | None:
    if book.cursor is None:
        return None
    try:
        return opened(book.cursor, account=device.account, key=terms.cursor_key)
    except CursorError as error:
        return error.reason


class _Standing(NamedTuple):
    """A book, and the access by which it tells everything that there is to tell of access."""

    book: Book
    access: Access


@contextlib.asynccontextmanager
async def _as_told(
    connection: Connection, device: Device, access_of: AccessOf, terms: Terms
) -> AsyncIterator[_Standing | None]:
    """One snapshot in which the book of `device` and what its owner may read agree; None where they do not.

    Access that ends, and comes back before the book is advanced, leaves no trace in it. Were a record read in
    between, nothing would ever tell the device of what it was not shown.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        access = await access_of(connection)
        book = await store.book(connection, device.no)
        cursor = _cursor(book, device, terms) if book is not None else None
        if book is None or not isinstance(cursor, Cursor):
            yield None
            return
        made = plan(cursor, access, wanted=None, arriving=(), today=cursor.day, oldest_day=0)
        if not is_as_told(made, cursor):
            yield None
            return
        await confine(connection, access.clearance.held)
        yield _Standing(book, access)


async def _filled(
    connection: Connection,
    device: Device,
    found: _Standing,
    after: int,
    collections: Sequence[str],
    limit: int,
) -> tuple[list[Told], bool]:
    """News behind `after`, up to `limit`, and whether there are no more.

    A record that has left its place since the book was advanced is passed over: a later number tells of it.
    """
    told: list[Told] = []
    while len(told) < limit:
        asked = limit - len(told)
        rows = await store.behind(connection, device.no, after, collections, asked)
        live: dict[UUID, list[UUID]] = {}
        for row in rows:
            if not row.is_gone:
                live.setdefault(row.area, []).append(row.record)
        read: dict[UUID, Document] = {}
        for area, ids in live.items():
            read |= await _read(connection, found.access.clearance, area, ids)
        for row in rows:
            document = read.get(row.record)
            if row.is_gone:
                told.append(Told(row.seq, row.collection, row.record, row.area, None))
            elif document is not None and not document.is_deleted:
                told.append(Told(row.seq, row.collection, row.record, row.area, document))
        if len(rows) < asked:
            return told, True
        after = rows[-1].seq
    return told, not await store.behind(connection, device.no, after, collections, 1)


async def _documents(
    connection: Connection,
    device: Device,
    clearance: Clearance,
    wanted: Mapping[UUID, UUID | None],
) -> dict[UUID, Document]:
    known = await store.rows(connection, device.no, wanted)
    places: dict[UUID, list[UUID]] = {}
    for id, said in wanted.items():
        area = known[id].area if id in known and known[id].seq else said
        if area is not None:
            places.setdefault(area, []).append(id)
    found: dict[UUID, Document] = {}
    for area, ids in places.items():
        found |= await _read(connection, clearance, area, ids)
    held = clearance.held
    elsewhere = [row for row in await pull_store.held(connection, held, wanted) if row["id"] not in found]
    for area in sorted({row["area"] for row in elsewhere}):
        ids = [row["id"] for row in elsewhere if row["area"] == area]
        found |= await _read(connection, clearance, area, ids)
    return found


async def _read(
    connection: Connection, clearance: Clearance, area: UUID, ids: Collection[UUID]
) -> dict[UUID, Document]:
    """The records `ids` of `area`, as far as they are read."""
    sight = clearance.sight(area)
    splicer = pull_store.splicer(connection, area, sight)
    rows = await pull_store.named(connection, area, sight, ids)
    places = {
        row["id"]: place_in(row, area)
        for row in await pull_store.held(connection, [area], [row["id"] for row in rows])
    }
    found: dict[UUID, Document] = {}
    for row in rows:
        raw, shows = splicer.entry(row)
        entry = _decode(raw)
        found[entry.id] = Document(
            entry.collection,
            entry.id,
            area,
            entry.case,
            entry.rev,
            whole(entry.collection, entry.data),
            clearance.reads(places.get(entry.id, Place(area, row["case_id"]))),
            shows,
            entry.deleted,
        )
    return found


def whole(collection: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `data` that this catalogue declares and that have a value, sets in order.

    The schemas of these libraries are closed: a field that only a newer server knows must not reach them.
    """
    declared = COLLECTIONS[collection].fields
    found: dict[str, Any] = {}
    for name, value in data.items():
        field = declared.get(name)
        if field is None or value is None:
            continue
        found[name] = sorted(value) if field.policy is Policy.UNION else value
    return found


async def _account_for(
    connection: Connection, device: Device, sent: Iterable[Document], auditor: Auditor
) -> None:
    reading: Reading = {}
    for document in sent:
        if personal := document.shows & PERSONAL:
            reading.setdefault(document.area, {})[document.id] = personal
    if reading:
        await auditor.read(connection, "sync", reading, copies.device_key(device.no, 0))
