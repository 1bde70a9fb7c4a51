"""The SQL of the book that is kept for a device (sync/mirror.py)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sync.statement import Connection, statement

TAKING_SECONDS = 90
"""How long one request may take what a device sent before another may: longer than any statement runs."""


class Book(NamedTuple):
    """What is noted of a device as a whole: see `sync.tables.mirror`."""

    cursor: str | None
    last_seq: int
    since_seq: int
    afresh_from: int | None = None

    def knows(self, seq: int) -> bool:
        """Whether `seq` was given for what the device was told by this very book."""
        return self.since_seq <= seq <= self.last_seq


class Row(NamedTuple):
    """What is noted of a record: see `sync.tables.mirrored`."""

    record: UUID
    collection: str
    area: UUID
    case: UUID | None
    seq: int
    rev: int
    is_gone: bool


class Taken(NamedTuple):
    """The rows that were taken of a device for one record: how many, and the hash of the last.

    `assumed`: the hash of what that one took the record to be; `since`: where the record stood when the first
    row came that took it to be so.
    """

    times: int = 0
    last: bytes | None = None
    assumed: bytes | None = None
    since: int = 0


_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
_ROW = "record, collection, area, case_id, seq, rev, is_gone"

# Primary key.
_BOOK = statement("SELECT cursor, last_seq, since_seq, afresh_from FROM mirror WHERE device = :device")

_BEGIN = statement(f"""
    INSERT INTO mirror (device, last_seq, since_seq)
    SELECT :device, now, now FROM (SELECT {_NOW} AS now) AS clock
    ON CONFLICT DO NOTHING
""")

# Two requests of the device may have read on from the same cursor: the second finds here that it came late.
_HOLD = statement("""
    SELECT cursor, last_seq, since_seq, afresh_from FROM mirror WHERE device = :device FOR NO KEY UPDATE
""")

_KEEP = statement("""
    UPDATE mirror
    SET cursor = :cursor, last_seq = :last_seq, since_seq = :since_seq, afresh_from = :afresh_from
    WHERE device = :device
""")

# Primary key.
_TELL = statement("""
    INSERT INTO mirrored (device, record, collection, area, case_id, seq, rev, had, is_gone)
    SELECT :device, record, collection, area, case_id, seq, rev, rev, gone
    FROM unnest(
        CAST(:records AS uuid[]), CAST(:collections AS text[]), CAST(:areas AS uuid[]),
        CAST(:cases AS uuid[]), CAST(:seqs AS bigint[]), CAST(:revs AS bigint[]), CAST(:gone AS boolean[])
    ) AS told(record, collection, area, case_id, seq, rev, gone)
    ON CONFLICT (device, record) DO UPDATE
    SET collection = excluded.collection, area = excluded.area, case_id = excluded.case_id,
        seq = excluded.seq, rev = excluded.rev, is_gone = excluded.is_gone,
        had = CASE
            WHEN mirrored.seq <= (SELECT clean_seq FROM mirror WHERE device = :device) THEN mirrored.rev
            ELSE mirrored.had
        END
""")

# Primary key. What the device sent and was not told of stays: nobody but the device has it. What
# lies in no area is in no log.
_TELL_REST_GONE = statement("""
    UPDATE mirrored
    SET is_gone = true, seq = :last_seq + rest.number
    FROM (
        SELECT record, row_number() OVER (ORDER BY seq) AS number
        FROM mirrored
        WHERE device = :device AND seq BETWEEN 1 AND :afresh_from AND NOT is_gone
          AND area <> '00000000-0000-0000-0000-000000000000'
    ) rest
    WHERE mirrored.device = :device AND mirrored.record = rest.record
""")

# Primary key.
_ROWS = statement(f"""
    SELECT {_ROW} FROM mirrored WHERE device = :device AND record = ANY(CAST(:records AS uuid[]))
""")

# All that the device has. Access ends rarely.
_IN_PLACES = statement("""
    SELECT record, collection, m.area, m.case_id, seq, rev, is_gone
    FROM mirrored m
    WHERE device = :device AND NOT is_gone AND (
        m.area <> ALL(CAST(:held AS uuid[])) OR EXISTS (
            SELECT
            FROM unnest(CAST(:areas AS uuid[]), CAST(:cases AS uuid[])) AS ended(area, case_id)
            WHERE ended.area = m.area AND (ended.case_id IS NULL OR ended.case_id = m.case_id)
        )
    )
    ORDER BY seq, record
""")

# ix_mirrored_device_collection_seq for one collection, ix_mirrored_device_seq for more.
_BEHIND_OF = statement(f"""
    SELECT {_ROW}
    FROM mirrored
    WHERE device = :device AND collection = :collection AND seq > :after
    ORDER BY seq
    LIMIT :limit
""")
_BEHIND = statement(f"""
    SELECT {_ROW}
    FROM mirrored
    WHERE device = :device AND seq > :after AND collection = ANY(CAST(:collections AS text[]))
    ORDER BY seq
    LIMIT :limit
""")

# ix_mirrored_device_collection_seq, from its end.
_LAST_OF = statement("""
    SELECT coalesce(max(seq), 0) FROM mirrored WHERE device = :device AND collection = :collection
""")

_NOW_HERE = statement(f"SELECT {_NOW}")

# ix_mirrored_device_collection_seq.
_VERSIONS = statement("""
    SELECT record, rev FROM mirrored WHERE device = :device AND collection = :collection AND NOT is_gone
""")

_BEGIN_TAKING = statement(f"""
    UPDATE mirror
    SET taking_until = clock_timestamp() + interval '{TAKING_SECONDS} seconds'
    WHERE device = :device AND (taking_until IS NULL OR taking_until < clock_timestamp())
    RETURNING true
""")

_END_TAKING = statement("UPDATE mirror SET taking_until = NULL WHERE device = :device")

# Primary key.
_TAKEN = statement("""
    SELECT record, taken, row_hash, assumed_hash, assumed_since
    FROM mirrored
    WHERE device = :device AND record = ANY(CAST(:records AS uuid[]))
""")

_EXPECT = statement("""
    INSERT INTO mirrored (device, record, collection, area, seq, rev, is_gone)
    SELECT :device, *, 0, 0, false
    FROM unnest(CAST(:records AS uuid[]), CAST(:collections AS text[]), CAST(:areas AS uuid[]))
    ON CONFLICT DO NOTHING
""")

# Primary key.
_TAKE = statement("""
    UPDATE mirrored m
    SET taken = took.times, row_hash = took.last, assumed_hash = took.assumed, assumed_since = took.since
    FROM unnest(
        CAST(:records AS uuid[]), CAST(:times AS bigint[]), CAST(:last AS bytea[]), CAST(:assumed AS bytea[]),
        CAST(:since AS bigint[])
    ) AS took(record, times, last, assumed, since)
    WHERE m.device = :device AND m.record = took.record
""")


async def book(connection: Connection, device: int) -> Book | None:
    """What is noted of `device`; None where none was begun."""
    row = await _BOOK.fetchrow(connection, device=device)
    return None if row is None else Book(*row.values())


async def begin(connection: Connection, device: int) -> None:
    """Begin a book for `device`, unless there is one."""
    await _BEGIN.execute(connection, device=device)


async def hold(connection: Connection, device: int) -> Book | None:
    """What is noted of `device`, and keep others from writing it in this transaction."""
    row = await _HOLD.fetchrow(connection, device=device)
    return None if row is None else Book(*row.values())


async def keep(connection: Connection, device: int, standing: Book) -> None:
    """Note `standing` of `device`."""
    await _KEEP.execute(connection, device=device, **standing._asdict())


async def tell(connection: Connection, device: int, rows: Sequence[Row]) -> None:
    """Note the latest news of records: one row each."""
    if not rows:
        return
    await _TELL.execute(
        connection,
        device=device,
        records=[row.record for row in rows],
        collections=[row.collection for row in rows],
        areas=[row.area for row in rows],
        cases=[row.case for row in rows],
        seqs=[row.seq for row in rows],
        revs=[row.rev for row in rows],
        gone=[row.is_gone for row in rows],
    )


async def tell_rest_gone(connection: Connection, device: int, afresh_from: int, last_seq: int) -> int:
    """Note that what was not told behind `afresh_from` is gone, with numbers after `last_seq`: how many."""
    tag = await _TELL_REST_GONE.execute(connection, device=device, afresh_from=afresh_from, last_seq=last_seq)
    return int(tag.rpartition(" ")[2])


async def rows(connection: Connection, device: int, records: Collection[UUID]) -> dict[UUID, Row]:
    """What is noted of these records, by id."""
    found = await _ROWS.fetch(connection, device=device, records=list(records))
    return {row["record"]: Row(*row.values()) for row in found}


async def rows_in(
    connection: Connection,
    device: int,
    ended: Iterable[tuple[UUID, UUID | None]],
    held: Collection[UUID],
) -> list[Row]:
    """What the device has in these places (an area, or a file in it), and in areas other than `held`."""
    places = list(ended)
    found = await _IN_PLACES.fetch(
        connection,
        device=device,
        areas=[area for area, _ in places],
        cases=[case for _, case in places],
        held=list(held),
    )
    return [Row(*row.values()) for row in found]


async def behind(
    connection: Connection, device: int, after: int, collections: Sequence[str], limit: int
) -> list[Row]:
    """The news with numbers behind `after`, in order."""
    if len(collections) == 1:
        found = await _BEHIND_OF.fetch(
            connection, device=device, collection=collections[0], after=after, limit=limit
        )
    else:
        found = await _BEHIND.fetch(
            connection, device=device, collections=list(collections), after=after, limit=limit
        )
    return [Row(*row.values()) for row in found]


async def last_of(connection: Connection, device: int, collection: str) -> int:
    """The number of the latest news of a record of `collection`; 0 where there is none."""
    found: int = await _LAST_OF.fetchval(connection, device=device, collection=collection)
    return found


async def versions(connection: Connection, device: int, collection: str) -> dict[UUID, int]:
    """What the device has of `collection`, by id, and its position."""
    found = await _VERSIONS.fetch(connection, device=device, collection=collection)
    return {row["record"]: row["rev"] for row in found}


async def now(connection: Connection) -> int:
    """The time, in microseconds since 1970."""
    found: int = await _NOW_HERE.fetchval(connection)
    return found


async def begin_taking(connection: Connection, device: int) -> bool:
    """Have what `device` sends taken by nobody else, unless somebody else is at it."""
    return bool(await _BEGIN_TAKING.fetchval(connection, device=device))


async def end_taking(connection: Connection, device: int) -> None:
    """Let the next one take what `device` sends."""
    await _END_TAKING.execute(connection, device=device)


async def taken(connection: Connection, device: int, records: Collection[UUID]) -> dict[UUID, Taken]:
    """The rows that were taken of the device for these records."""
    found = await _TAKEN.fetch(connection, device=device, records=list(records))
    return {
        row["record"]: Taken(row["taken"], row["row_hash"], row["assumed_hash"], row["assumed_since"])
        for row in found
    }


async def expect(connection: Connection, device: int, sent: Mapping[UUID, tuple[str, UUID]]) -> None:
    """Note that the device has these records, of a collection in an area, whatever becomes of them."""
    await _EXPECT.execute(
        connection,
        device=device,
        records=list(sent),
        collections=[collection for collection, _ in sent.values()],
        areas=[area for _, area in sent.values()],
    )


async def take(connection: Connection, device: int, took: Mapping[UUID, Taken]) -> None:
    """Note which rows were taken last for these records."""
    await _TAKE.execute(
        connection,
        device=device,
        records=list(took),
        times=[each.times for each in took.values()],
        last=[each.last for each in took.values()],
        assumed=[each.assumed for each in took.values()],
        since=[each.since for each in took.values()],
    )
