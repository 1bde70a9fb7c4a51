"""The SQL of files: those on their way, those that have arrived, and contents that are to go."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from sync import store as engine
from sync.confine import Confines
from sync.place_store import COLUMNS, place_in
from sync.scope import Place
from sync.statement import Connection, statement

_FOLLOWED: Final = 8  # moves of a record while a file for it was on its way


class Upload(msgspec.Struct, frozen=True):
    """A file on its way."""

    id: UUID
    area: UUID
    account: UUID
    device: int
    record: UUID
    collection: str
    field: str
    attachment: UUID
    length: int
    keep_location: bool
    head: bytes
    made_at: datetime
    expires_at: datetime
    finished_at: datetime | None


class Attachment(msgspec.Struct, frozen=True):
    """A file that belongs to a record; there to be had once it is stored."""

    area: UUID
    record: UUID
    field: str
    id: UUID
    collection: str
    account: UUID
    upload: UUID
    type: str
    size: int
    head: bytes
    address: str
    thumbnail: str | None
    thumbnail_size: int | None
    stored_at: datetime | None = None


class Standing(msgspec.Struct, frozen=True):
    """What is to be known of a record before a file is taken for it. `classes`: of which it has parts."""

    collection: str
    place: Place
    classes: int
    is_erased: bool
    is_restricted: bool


_UPLOAD = ", ".join(Upload.__struct_fields__)
_ATTACHMENT = ", ".join(Attachment.__struct_fields__)

# Primary key.
_STANDING = statement(f"""
    SELECT area, collection, {COLUMNS}, {engine.PRESENT} AS classes,
           stamps -> '/erased' IS NOT NULL AS is_erased, stamps -> '/restricted' IS NOT NULL AS is_restricted
    FROM record
    WHERE area = :area AND id = :record AND NOT deleted
""")

# Two that begin at once from one device wait for each other, or both would find room.
_HOLD_DEVICE = statement("SELECT no FROM device WHERE no = :device FOR NO KEY UPDATE")

# ix_upload_device_made_at.
_SENT = statement("""
    SELECT coalesce(sum(length), 0)
    FROM upload
    WHERE device = :device AND made_at > clock_timestamp() - CAST('1 day' AS interval)
""")

_BEGIN = statement(f"""
    INSERT INTO upload (id, area, account, device, record, collection, field, attachment, length,
                        keep_location, head, expires_at)
    VALUES (:id, :area, :account, :device, :record, :collection, :field, :attachment, :length,
            :keep_location, :head, clock_timestamp() + CAST(:lasts AS interval))
    RETURNING {_UPLOAD}
""")

# Primary key.
_NAMED = statement(f"SELECT {_UPLOAD} FROM upload WHERE id = :id")
_FINISH = statement("UPDATE upload SET finished_at = clock_timestamp() WHERE id = :id")

# ix_attachment_upload. Nothing that it had begun to lay down is left, and its own row goes.
_STOP = statement("""
    WITH stopped AS (
        DELETE FROM upload WHERE id = :id
    ), gone AS (
        DELETE FROM attachment WHERE upload = :id AND stored_at IS NULL
        RETURNING address, thumbnail
    )
    INSERT INTO content_leaving (address)
    SELECT address FROM gone
    UNION
    SELECT thumbnail FROM gone WHERE thumbnail IS NOT NULL
    ON CONFLICT DO NOTHING
""")

# Primary key.
_KEPT = statement(f"""
    SELECT {_ATTACHMENT},
           EXISTS (SELECT FROM upload u WHERE u.id = attachment.upload AND u.finished_at IS NULL) AS is_coming
    FROM attachment
    WHERE area = :area AND record = :record AND field = :field AND id = :id
    FOR UPDATE OF attachment
""")

_KEEP = statement("""
    INSERT INTO attachment (area, record, field, id, collection, account, upload, type, size, head, address,
                            thumbnail, thumbnail_size)
    VALUES (:area, :record, :field, :id, :collection, :account, :upload, :type, :size, :head, :address,
            :thumbnail, :thumbnail_size)
    ON CONFLICT (area, record, field, id) DO UPDATE
    SET upload = excluded.upload, type = excluded.type, size = excluded.size, head = excluded.head,
        address = excluded.address, thumbnail = excluded.thumbnail, thumbnail_size = excluded.thumbnail_size
""")

# ix_attachment_upload.
_STORED = statement("""
    UPDATE attachment SET stored_at = clock_timestamp() WHERE upload = :upload AND address = :address
    RETURNING area
""")

# Primary key, once for each area held.
_WITH_ID = statement(f"""
    SELECT {_ATTACHMENT}
    FROM attachment
    WHERE area = ANY(CAST(:areas AS uuid[])) AND record = :record AND id = :id AND stored_at IS NOT NULL
    ORDER BY area, field
""")

# Who lays something down and who takes it away agree on its address: what is in use is not taken away.
_HOLD = statement("""
    SELECT pg_advisory_xact_lock(hashtextextended(held.address, 7))
    FROM (SELECT unnest(CAST(:addresses AS text[])) AS address ORDER BY 1) held
""")

_LET_GO = statement("""
    INSERT INTO content_leaving (address) SELECT unnest(CAST(:addresses AS text[])) ON CONFLICT DO NOTHING
""")

_LEAVING = statement(
    "SELECT address FROM content_leaving WHERE address > :after ORDER BY address LIMIT :most"
)

# ix_attachment_address, ix_attachment_thumbnail.
_IS_USED = statement("""
    SELECT EXISTS (SELECT FROM attachment WHERE address = :address)
        OR EXISTS (SELECT FROM attachment WHERE thumbnail = :address)
""")

_LEFT = statement("DELETE FROM content_leaving WHERE address = :address")

# ix_upload_expires_at.
_EXPIRED = statement(
    f"SELECT {_UPLOAD} FROM upload WHERE expires_at < clock_timestamp() ORDER BY id LIMIT :most"
)
_UNFINISHED = statement(
    f"SELECT {_UPLOAD} FROM upload WHERE finished_at IS NULL AND id > :after ORDER BY id LIMIT :most"
)
_ARRIVED = statement("""
    SELECT id, finished_at IS NOT NULL AS has_arrived FROM upload WHERE id = ANY(CAST(:ids AS uuid[]))
""")

# What was never laid down and comes no longer. And that of records that never came, or have been swept away
# since; none that is only put away, or may come yet.
_ORPHANS = statement("""
    WITH gone AS (
        DELETE FROM attachment a
        WHERE (a.stored_at IS NULL AND NOT EXISTS (SELECT FROM upload u WHERE u.id = a.upload))
           OR (
              a.made_at < clock_timestamp() - CAST(:term AS interval)
              AND NOT EXISTS (SELECT FROM record r WHERE r.area = a.area AND r.id = a.record)
              AND NOT EXISTS (SELECT FROM restricted_record r WHERE r.area = a.area AND r.id = a.record)
              AND NOT EXISTS (
                  SELECT FROM quarantine q WHERE q.area = a.area AND q.record = a.record AND q.state = 'open'
              )
          )
        RETURNING address, thumbnail
    )
    INSERT INTO content_leaving (address)
    SELECT address FROM gone
    UNION
    SELECT thumbnail FROM gone WHERE thumbnail IS NOT NULL
    ON CONFLICT DO NOTHING
""")


async def standing(connection: Connection, area: UUID, record: UUID) -> Standing | None:
    """What there is of a record in `area`."""
    row = await _STANDING.fetchrow(connection, area=area, record=record)
    if row is None:
        return None
    flags = (row["is_erased"], row["is_restricted"])
    return Standing(row["collection"], place_in(row), row["classes"], *flags)


async def hold_device(connection: Connection, device: int) -> int:
    """How many bytes the device has begun to send within a day; nobody else begins until we have."""
    await _HOLD_DEVICE.fetchval(connection, device=device)
    return int(await _SENT.fetchval(connection, device=device))


async def begin(connection: Connection, upload: dict[str, object], lasts: timedelta) -> Upload:
    """A new one: `upload` are its columns."""
    (row,) = await _BEGIN.fetch(connection, lasts=lasts, **upload)
    return Upload(**row)


async def named(connection: Connection, id: UUID) -> Upload | None:
    """One of them."""
    row = await _NAMED.fetchrow(connection, id=id)
    return None if row is None else Upload(**row)


async def finish(connection: Connection, id: UUID) -> None:
    """It has arrived."""
    await _FINISH.execute(connection, id=id)


async def stop(connection: Connection, id: UUID) -> None:
    """Forget one that has not arrived, or of which nobody will ask any more."""
    await _STOP.execute(connection, id=id)


async def whereabouts(connection: Connection, confines: Confines, area: UUID, record: UUID) -> UUID:
    """Where a record is that was in `area`: there, or where it has gone since; `area` where it never was."""
    at = area
    for _ in range(_FOLLOWED):
        await confines.widen(connection, areas=[at])
        if await _STANDING.fetchrow(connection, area=at, record=record) is not None:
            return at
        moved = await engine.moved(connection, [(at, record)])
        if not moved:
            return at
        at = moved[0]["to_area"]
    return at


async def kept(
    connection: Connection, area: UUID, record: UUID, field: str, id: UUID
) -> tuple[Attachment, bool] | None:
    """The file under this id, locked, and whether the upload that it comes by is under way."""
    row = await _KEPT.fetchrow(connection, area=area, record=record, field=field, id=id)
    if row is None:
        return None
    found = dict(row)
    is_coming = bool(found.pop("is_coming"))
    return Attachment(**found), is_coming


async def keep(connection: Connection, attachment: Attachment) -> None:
    """Say of a file where it will lie, in place of one that never came to lie there."""
    values = msgspec.structs.asdict(attachment)
    del values["stored_at"]
    await _KEEP.execute(connection, **values)


async def stored(connection: Connection, upload: UUID, address: str) -> bool:
    """Say that it lies there. False where there is no such file any more."""
    return await _STORED.fetchval(connection, upload=upload, address=address) is not None


async def with_id(
    connection: Connection, areas: Collection[UUID], record: UUID, id: UUID
) -> list[Attachment]:
    """The files under an id that lie in areas, whichever fields they were sent for."""
    rows = await _WITH_ID.fetch(connection, areas=list(areas), record=record, id=id)
    return [Attachment(**row) for row in rows]


async def hold(connection: Connection, addresses: Collection[str | None]) -> None:
    """Let nobody take away what lies at these addresses, until the transaction ends."""
    await _HOLD.fetch(connection, addresses=[each for each in addresses if each is not None])


async def let_go(connection: Connection, addresses: Collection[str | None]) -> None:
    """Have contents removed, if nothing else is kept of them."""
    await _LET_GO.execute(connection, addresses=[each for each in addresses if each is not None])


async def leaving(connection: Connection, after: str, most: int) -> list[str]:
    """Contents to be removed."""
    return [row["address"] for row in await _LEAVING.fetch(connection, after=after, most=most)]


async def is_used(connection: Connection, address: str) -> bool:
    """Whether a file has its content there."""
    return bool(await _IS_USED.fetchval(connection, address=address))


async def left(connection: Connection, address: str) -> None:
    """It was removed, or is in use."""
    await _LEFT.execute(connection, address=address)


async def expired(connection: Connection, most: int) -> list[Upload]:
    """Uploads whose time is up, arrived or not."""
    return [Upload(**row) for row in await _EXPIRED.fetch(connection, most=most)]


async def unfinished(connection: Connection, after: UUID, most: int) -> list[Upload]:
    """Uploads that have not arrived, by id."""
    return [Upload(**row) for row in await _UNFINISHED.fetch(connection, after=after, most=most)]


async def arrivals(connection: Connection, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Those of `ids` that are uploads, and whether each has arrived."""
    rows = await _ARRIVED.fetch(connection, ids=list(ids))
    return {row["id"]: row["has_arrived"] for row in rows}


async def forget_orphans(connection: Connection, term: timedelta) -> None:
    """Forget files that will never be there, and those older than `term` whose record is not."""
    await _ORPHANS.execute(connection, term=term)
