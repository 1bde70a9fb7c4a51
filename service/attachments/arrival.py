"""What is done with a file that is whole: it is looked at, laid where contents lie, given to its record.

In an order in which no stop loses it or leaves anything for ever. First it stands where its content will lie,
then the content is laid there, then it is said to lie there; only then is what came taken off the disk. Who
was stopped in between finds the upload whole and begins again, the sender by asking how far it has got or
the sweep by itself (service/attachments/sweeping.py).
"""

import asyncio
import io
import secrets
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.collections import COLLECTIONS
from schemas.privacy import SEALED
from schemas.problems import FILE_DIFFERS, NOT_FOUND, UNAVAILABLE, UPLOAD_BUSY, Problem
from service.attachments import store
from service.attachments.contents import CHUNK, Content, address_of, chunks, digest_of
from service.attachments.depot import Depot
from service.attachments.headers import metadata_in
from service.attachments.kinds import PICTURES, type_of
from service.attachments.part import Part, pieces_of
from service.attachments.pictures import Picture, picture_from
from service.attachments.sealed import UploadHead
from service.attachments.store import Attachment, Upload
from service.audit.events import Event, note
from sync.attached import Head, opened_head, sealed_head
from sync.attempts import PassingTrouble, carried_out
from sync.confine import confine
from sync.sealing import KEY_BYTES
from sync.statement import Connection
from sync.store import lock_areas


class _Seen(NamedTuple):
    """What came of looking at a file. `picture`: of one, what is kept of it."""

    type: str
    digest: bytes
    size: int
    picture: Picture | None


async def take_in(pool: asyncpg.Pool, depot: Depot, upload: Upload, said: UploadHead, part: Part) -> None:
    """Have the file belong to its record. `part`: whole, and held by us alone.

    Raises FILE_REFUSED, FILE_DIFFERS, and NOT_FOUND where the record was erased meanwhile: then there is no
    such upload any more. And UPLOAD_BUSY, UNAVAILABLE.
    """
    file = part.reader()
    try:
        async with depot.looking:
            seen = await asyncio.to_thread(_seen, file, upload.keep_location)
        key = secrets.token_bytes(KEY_BYTES) if _is_sealed(upload) else None
        head = Head(key, seen.digest, metadata_in(said.metadata).filename)
        coming = await _announced(pool, upload, seen, head)
        if coming is not None:
            await asyncio.to_thread(_lay_down, depot, coming, head, seen, file)
            await _confirmed(pool, upload, coming)
    except Problem as problem:
        if problem.kind not in (UPLOAD_BUSY, UNAVAILABLE):
            await _stopped(pool, upload)
            await asyncio.to_thread(part.remove)
        raise
    except PassingTrouble:
        raise Problem(UNAVAILABLE, headers={"Retry-After": "5"}) from None
    await asyncio.to_thread(part.remove)


def _seen(file: io.BufferedReader, keep_location: bool) -> _Seen:
    media_type = type_of(file)
    if media_type not in PICTURES:
        return _Seen(media_type, *digest_of(pieces_of(file, CHUNK)), None)
    picture = picture_from(file, media_type, keep_location=keep_location)
    return _Seen(media_type, *digest_of(chunks(picture.content)), picture)


def _is_sealed(upload: Upload) -> bool:
    return COLLECTIONS[upload.collection].privacy_of(upload.field) in SEALED


async def _announced(pool: asyncpg.Pool, upload: Upload, seen: _Seen, head: Head) -> Attachment | None:
    """Say where it will lie. None where it is there already."""
    thumbnail = None
    if seen.picture is not None:
        digest, _ = digest_of(chunks(seen.picture.thumbnail))
        thumbnail = address_of(digest, head.key, 1)

    async def attempt(connection: Connection, extra: set[UUID]) -> Attachment | set[UUID] | None:
        await lock_areas(connection, sorted({upload.area, *extra}))
        confines = await confine(connection, {upload.area, *extra}, upload.account)
        if await store.named(connection, upload.id) is None:
            raise Problem(NOT_FOUND)  # erased with its record
        area = await store.whereabouts(connection, confines, upload.area, upload.record)
        if area != upload.area and area not in extra:
            return {area}
        standing = await store.standing(connection, area, upload.record)
        if standing is not None and standing.is_erased:
            raise Problem(NOT_FOUND)
        where = (area, upload.record, upload.field, upload.attachment)
        found = await store.kept(connection, *where)
        if found is not None:
            before, is_coming = found
            if before.stored_at is not None:
                if (await opened_head(connection, *where, before.head)).digest != seen.digest:
                    raise Problem(FILE_DIFFERS)
                await store.finish(connection, upload.id)
                return None
            if before.upload != upload.id and is_coming:
                raise Problem(UPLOAD_BUSY, headers={"Retry-After": "1"})
            await store.let_go(connection, (before.address, before.thumbnail))
        coming = Attachment(
            *where,
            upload.collection,
            upload.account,
            upload.id,
            seen.type,
            seen.size,
            await sealed_head(connection, *where, head),
            address_of(seen.digest, head.key, 0),
            thumbnail,
            None if seen.picture is None else len(seen.picture.thumbnail),
        )
        await store.hold(connection, (coming.address, coming.thumbnail))
        await store.keep(connection, coming)
        return coming

    return await carried_out(pool, attempt)


def _lay_down(depot: Depot, coming: Attachment, head: Head, seen: _Seen, file: io.BufferedReader) -> None:
    content = content_of(coming, head.key)
    plain: Iterator[bytes] = pieces_of(file, CHUNK)
    if seen.picture is not None:
        plain = chunks(seen.picture.content)
        depot.contents.put(thumbnail_of(coming, head.key), chunks(seen.picture.thumbnail))
    depot.contents.put(content, plain)


def content_of(attachment: Attachment, key: bytes | None) -> Content:
    """The content of a file."""
    return Content(attachment.address, attachment.size, attachment.record, attachment.id, 0, key)


def thumbnail_of(attachment: Attachment, key: bytes | None) -> Content:
    """The small picture of one that has it."""
    assert attachment.thumbnail is not None and attachment.thumbnail_size is not None
    return Content(attachment.thumbnail, attachment.thumbnail_size, attachment.record, attachment.id, 1, key)


async def _confirmed(pool: asyncpg.Pool, upload: Upload, coming: Attachment) -> None:
    """Say that it lies there; where it is to lie there no longer, that it is to go."""

    async def attempt(connection: Connection, extra: set[UUID]) -> bool | set[UUID]:
        await lock_areas(connection, sorted({coming.area, *extra}))
        confines = await confine(connection, {coming.area, *extra}, upload.account)
        area = await store.whereabouts(connection, confines, coming.area, upload.record)
        if area != coming.area and area not in extra:
            return {area}
        if not await store.stored(connection, upload.id, coming.address):
            await store.let_go(connection, (coming.address, coming.thumbnail))
            return False
        await store.finish(connection, upload.id)
        await note(
            connection,
            Event.FILE_ARRIVED,
            upload.account,
            by=upload.account,
            device=upload.device,
            area=area,
            record=upload.record,
            attachment=upload.attachment,
        )
        return True

    if not await carried_out(pool, attempt):
        raise Problem(NOT_FOUND)


async def _stopped(pool: asyncpg.Pool, upload: Upload) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await confine(connection, [upload.area], upload.account)
        await store.stop(connection, upload.id)
