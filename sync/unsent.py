"""What a phone had when it last had nothing unsent, for libraries that pull first and push then.

WatermelonDB lays what it pulled under what its owner touched, and pushes that next. So the position that a
push names is not what its owner had in front of them: that is what the phone had before the pull, and
before all the pulls whose push did not arrive. The book (sync/mirror.py) keeps that position (`clean_seq`),
and with each record the one that it had there. A phone shows where it stands at each pull, and may say
whether anything on it is unsent (`hasUnsyncedChanges`); then nothing is guessed. One that does not say is
taken to have sent everything before: an edit of somebody else that it pulled between two pushes, of which
the first was lost on its way, then counts as seen.

The same library destroys what it is told is gone with whatever is unsent in it. So what is gone is told only
when the phone has sent what it has: after the next push, or when it says that there is nothing, or once
`WITHHELD_FOR` is over, for a phone that has nothing never pushes. Nothing else of such a record is told
meanwhile.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from sync import mirror_store
from sync.exchange import Device
from sync.mirror_store import Book
from sync.statement import Connection, statement

WITHHELD_FOR: Final = timedelta(minutes=15)


class Unsent(NamedTuple):
    """How a phone stands: see `sync.tables.mirror`."""

    clean_seq: int
    sent_seq: int | None
    gone_seq: int
    withheld_since: datetime | None
    anew_seq: int | None

    @property
    def is_due_anew(self) -> bool:
        """Whether the phone may hold what no book knows of, and has sent what it had: it is told all."""
        return self.anew_seq is not None and self.withheld_since is None


class Showing(NamedTuple):
    """What a phone shows as it pulls: its position (None: it has nothing yet), and whether it has anything
    unsent, if it says so."""

    seq: int | None
    has_unsent: bool | None = None


def at_pull(before: Unsent, book: Book, showing: Showing, now: datetime) -> tuple[Unsent, bool, bool]:
    """How a phone stands as it pulls; whether what it last sent is known to have been answered, and whether
    what was withheld is to be told now."""
    after = before
    seq, has_unsent = showing
    if seq is None:
        return Unsent(0, None, book.last_seq, None, None), True, False
    if not book.knows(seq):
        since = None if has_unsent is False else before.withheld_since or now
        return Unsent(0, None, before.gone_seq, since, before.anew_seq or 0), True, False
    if seq == before.anew_seq:
        after = after._replace(anew_seq=None)
    is_answered = has_unsent is False or (has_unsent is None and seq != before.sent_seq)
    if has_unsent is not True or seq == before.sent_seq:
        after = after._replace(clean_seq=seq)
    if is_answered:
        after = after._replace(sent_seq=None)
    withheld = before.withheld_since
    is_due = withheld is not None and (has_unsent is False or now - withheld >= WITHHELD_FOR)
    if is_due:
        after = after._replace(withheld_since=None)
    return after, is_answered and before.sent_seq is not None, is_due


_UNSENT = "clean_seq, sent_seq, gone_seq, withheld_since, anew_seq"

_READ = statement(f"SELECT {_UNSENT}, clock_timestamp() AS now FROM mirror WHERE device = :device")

_KEEP = statement("""
    UPDATE mirror
    SET clean_seq = :clean_seq, sent_seq = :sent_seq, gone_seq = :gone_seq,
        withheld_since = :withheld_since, anew_seq = :anew_seq
    WHERE device = :device
""")

# Primary key: all that the device has, where it pulls for the first time after a push.
_FORGET = statement("""
    UPDATE mirrored SET row_hash = NULL
    WHERE device = :device AND row_hash IS NOT NULL AND record <> ALL(CAST(:besides AS uuid[]))
""")

# ix_mirrored_device_seq. What is told late is told by a new number, behind which nobody is yet.
_TELL_WITHHELD = statement("""
    UPDATE mirrored
    SET seq = :last_seq + late.number
    FROM (
        SELECT record, row_number() OVER (ORDER BY seq) AS number
        FROM mirrored
        WHERE device = :device AND seq > :gone_seq AND is_gone
    ) late
    WHERE mirrored.device = :device AND mirrored.record = late.record
""")

# Primary key. What was never told is gone then: the device made it, and it is not kept.
_TELL_AGAIN = statement("""
    UPDATE mirrored
    SET seq = :last_seq + again.number, is_gone = is_gone OR seq = 0
    FROM (
        SELECT record, row_number() OVER (ORDER BY seq, record) AS number
        FROM mirrored
        WHERE device = :device AND record = ANY(CAST(:records AS uuid[]))
    ) again
    WHERE mirrored.device = :device AND mirrored.record = again.record
""")

_MOVE_ON = statement("UPDATE mirror SET last_seq = last_seq + :further WHERE device = :device")

# Primary key.
_HAD = statement("""
    SELECT record, area, CASE WHEN m.seq <= mirror.clean_seq THEN m.rev ELSE m.had END AS base, m.is_gone
    FROM mirrored m
    JOIN mirror ON mirror.device = m.device
    WHERE m.device = :device AND m.record = ANY(CAST(:records AS uuid[])) AND m.seq > 0
""")


class Had(NamedTuple):
    """A record that a phone was told of: where it is, the position of it that the phone had when it last had
    nothing unsent, and whether the phone is to let go of it."""

    area: UUID
    base: int
    is_gone: bool


async def begin_pull(pool: asyncpg.Pool, device: Device, showing: Showing) -> Unsent:
    """Note how the phone stands as it pulls, before its book is read on."""
    async with pool.acquire() as connection:
        await mirror_store.begin(connection, device.no)
        async with connection.transaction():
            book, before, now = await _held(connection, device)
            after, is_answered, is_due = at_pull(before, book, showing, now)
            if is_answered:
                await _FORGET.execute(connection, device=device.no, besides=[])
            if is_due:
                after = await _tell_withheld(connection, device, book, after)
            await _keep(connection, device, after)
            return after


async def end_pull(
    pool: asyncpg.Pool, device: Device, told_seq: int, *, withholds: bool, tells_all: bool = False
) -> None:
    """Note what is about to be answered: up to which number, whether something gone was left out
    (`withholds`), and whether the phone is to keep nothing besides (`tells_all`)."""
    async with pool.acquire() as connection, connection.transaction():
        _, before, now = await _held(connection, device)
        after = before
        if withholds:
            after = after._replace(withheld_since=before.withheld_since or now)
        elif before.withheld_since is None:
            after = after._replace(gone_seq=max(before.gone_seq, told_seq))
        if tells_all:
            after = after._replace(anew_seq=told_seq)
        await _keep(connection, device, after)


async def end_push(pool: asyncpg.Pool, device: Device, seq: int, records: list[UUID]) -> None:
    """All that the phone had was taken: `records`, at the position `seq`."""
    async with pool.acquire() as connection, connection.transaction():
        book, before, _ = await _held(connection, device)
        await _FORGET.execute(connection, device=device.no, besides=records)
        after = before._replace(sent_seq=seq, withheld_since=None)
        await _keep(connection, device, await _tell_withheld(connection, device, book, after))


async def tell_again(pool: asyncpg.Pool, device: Device, records: list[UUID]) -> None:
    """Have the phone told once more what these records are, for what it sent of them does not stand."""
    if not records:
        return
    async with pool.acquire() as connection, connection.transaction():
        book, _, _ = await _held(connection, device)
        tag = await _TELL_AGAIN.execute(connection, device=device.no, records=records, last_seq=book.last_seq)
        await _MOVE_ON.execute(connection, device=device.no, further=_count(tag))


async def had(pool: asyncpg.Pool, device: Device, records: list[UUID]) -> dict[UUID, Had]:
    """Of these records, those that the phone was told of."""
    async with pool.acquire() as connection:
        found = await _HAD.fetch(connection, device=device.no, records=records)
    return {row["record"]: Had(row["area"], row["base"], row["is_gone"]) for row in found}


async def _held(connection: Connection, device: Device) -> tuple[Book, Unsent, datetime]:
    """How the book and the phone stand, kept as they are to the end of the transaction; and the time."""
    book = await mirror_store.hold(connection, device.no)
    assert book is not None, "a book is begun before anything is noted"
    row = await _READ.fetchrow(connection, device=device.no)
    assert row is not None
    *unsent, now = row.values()
    return book, Unsent(*unsent), now


async def _keep(connection: Connection, device: Device, now: Unsent) -> None:
    await _KEEP.execute(connection, device=device.no, **now._asdict())


async def _tell_withheld(connection: Connection, device: Device, book: Book, before: Unsent) -> Unsent:
    tag = await _TELL_WITHHELD.execute(
        connection, device=device.no, gone_seq=before.gone_seq, last_seq=book.last_seq
    )
    await _MOVE_ON.execute(connection, device=device.no, further=_count(tag))
    return before._replace(gone_seq=book.last_seq + _count(tag))


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
