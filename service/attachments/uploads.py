"""Taking a file in pieces: who may send one, how far it has got, and what is done once it is whole.

Who may write a field of a record may send files for it. Of a record that has not arrived yet, or that the
sender sees nothing of, it is asked whether they may make such a one there: so nobody learns which records
there are. Both is asked again with every request.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import msgspec

from schemas.declare import Field
from schemas.privacy import NO_CLASSES
from schemas.problems import (
    AREA_NOT_HELD,
    CHECKSUM_MISMATCH,
    COLLECTION_MISMATCH,
    FILE_TOO_LARGE,
    INVALID,
    NOT_FOUND,
    QUOTA_EXCEEDED,
    RECORD_ERASED,
    RECORD_RESTRICTED,
    UPLOAD_BUSY,
    UPLOAD_EXPIRED,
    UPLOAD_FINISHED,
    UPLOAD_OFFSET,
    WRITE_NOT_ALLOWED,
    FieldProblem,
    Problem,
)
from service.access.store import access_of
from service.attachments import store
from service.attachments.arrival import take_in
from service.attachments.depot import Depot
from service.attachments.fields import field_of_files
from service.attachments.headers import Checksum, Wanted
from service.attachments.part import PIECE, Busy, Gone, Part, arrived
from service.attachments.sealed import UploadHead, opened_upload, sealed_upload
from service.attachments.store import Upload
from service.auth.caller import Caller
from sync.confine import confine
from sync.restricting import LEFT
from sync.scope import Access, Action, Clearance
from sync.sealing import KEY_BYTES, SealingKey
from sync.statement import Connection
from sync.store import lock_areas

_DAY: Final = 24 * 3600


class Cut(Exception):
    """The sender went away in the middle."""


async def begin(
    pool: asyncpg.Pool, depot: Depot, caller: Caller, wanted: Wanted, metadata: str, length: int
) -> Upload:
    """Begin to take a file of `length` bytes; `metadata`: as it was sent.

    Raises FILE_TOO_LARGE, QUOTA_EXCEEDED, INVALID, and what `_check_right` does.
    """
    if length > depot.largest:
        most = depot.largest // 1_000_000
        raise Problem(FILE_TOO_LARGE, f"单个文件最多 {most} MB", f"A file has at most {most} MB")
    if length == 0:
        empty = FieldProblem("/Upload-Length", "range", "文件是空的", "The file is empty")
        raise Problem(INVALID, errors=(empty,))
    field = _field(wanted.collection, wanted.field)
    async with pool.acquire() as connection, connection.transaction():
        held = (await access_of(connection, caller)).clearance
        await confine(connection, [wanted.area], caller.account)
        await _check_right(connection, held, wanted.area, wanted.collection, wanted.record, field)
        if await store.hold_device(connection, caller.device_no) + length > depot.quota:
            most = depot.quota // 1_000_000
            raise Problem(
                QUOTA_EXCEEDED,
                f"每台设备每天最多 {most} MB",
                f"A device sends at most {most} MB a day",
                headers={"Retry-After": str(_DAY)},
            )
        await lock_areas(connection, [wanted.area])
        id = uuid4()
        head = UploadHead(secrets.token_bytes(KEY_BYTES), metadata)
        return await store.begin(
            connection,
            {
                "id": id,
                "area": wanted.area,
                "account": caller.account,
                "device": caller.device_no,
                "record": wanted.record,
                "collection": wanted.collection,
                "field": wanted.field,
                "attachment": wanted.id,
                "length": length,
                "keep_location": wanted.keep_location,
                "head": await sealed_upload(connection, wanted.area, id, head),
            },
            depot.lasts,
        )


class Coming(msgspec.Struct, frozen=True):
    """An upload as its sender finds it."""

    upload: Upload
    head: UploadHead

    @property
    def key(self) -> SealingKey:
        return SealingKey(0, self.head.key)


async def coming(pool: asyncpg.Pool, caller: Caller, id: UUID) -> Coming:
    """The upload `id`, for who began it and may still write there.

    Raises NOT_FOUND, and UPLOAD_EXPIRED.
    """
    async with pool.acquire() as connection, connection.transaction():
        access = await access_of(connection, caller)
        confines = await confine(connection, (), caller.account)
        upload = await store.named(connection, id)
        if upload is None or upload.account != caller.account:
            raise Problem(NOT_FOUND)
        if upload.expires_at < access.now:
            raise Problem(UPLOAD_EXPIRED)
        if upload.finished_at is None:
            await confines.widen(connection, areas=[upload.area])
            await _check_still(connection, access, upload)
        return Coming(upload, await opened_upload(connection, upload.area, upload.id, upload.head))


async def offset_of(pool: asyncpg.Pool, depot: Depot, found: Coming) -> int:
    """How many bytes have arrived. What is whole and was not looked at yet, since we were stopped, is now.

    Raises UPLOAD_BUSY while it is, and what `take_in` does.
    """
    upload = found.upload
    if upload.finished_at is not None:
        return upload.length
    offset = await asyncio.to_thread(arrived, depot.part(upload.id), upload.id, found.key)
    if offset == 0:  # it may just have been taken off the disk
        return upload.length if await _is_finished(pool, upload) else 0
    if offset == upload.length:
        part = await _part(depot, found)
        try:
            if not await _is_finished(pool, upload, part):
                await take_in(pool, depot, upload, found.head, part)
        finally:
            part.close()
    return offset


async def append(
    pool: asyncpg.Pool,
    depot: Depot,
    found: Coming,
    offset: int,
    checksum: Checksum | None,
    body: AsyncIterator[bytes],
    announced: int = 0,
) -> int:
    """Take what `body` brings, from `offset` on; how far the upload has got. `announced`: bytes, if it was.

    What came before a cut stays, but for what cannot be checked. Raises UPLOAD_OFFSET, UPLOAD_BUSY,
    CHECKSUM_MISMATCH, FILE_TOO_LARGE for more than was announced, and, of what is whole, what `take_in` does.
    """
    upload = found.upload
    if upload.finished_at is not None:
        if offset != upload.length:
            raise _elsewhere(upload.length)
        return upload.length
    part = await _part(depot, found)
    try:
        if await _is_finished(pool, upload, part):
            raise _elsewhere(upload.length)
        if offset != part.offset:
            raise _elsewhere(part.offset)
        if announced > upload.length - offset:
            raise _too_much()
        await _take(part, upload.length, checksum, body)
        if part.offset == upload.length:
            await take_in(pool, depot, upload, found.head, part)
        return part.offset
    finally:
        part.close()


async def _take(part: Part, length: int, checksum: Checksum | None, body: AsyncIterator[bytes]) -> None:
    digest = None if checksum is None else checksum.begun()
    left, waiting = length - part.offset, bytearray()

    async def write() -> None:
        content = bytes(waiting[:PIECE])
        del waiting[:PIECE]
        await asyncio.to_thread(part.add, content, on_trial=digest is not None)

    try:
        async for piece in body:
            left -= len(piece)
            if left < 0:
                raise _too_much()
            if digest is not None:
                digest.update(piece)
            waiting += piece
            while len(waiting) >= PIECE:
                await write()
        while waiting:
            await write()
    except Cut:
        if digest is None:
            while waiting:
                await write()
        else:
            await asyncio.to_thread(part.take_back)
        return
    if digest is not None and checksum is not None:
        if digest.digest() != checksum.digest:
            await asyncio.to_thread(part.take_back)
            raise Problem(CHECKSUM_MISMATCH)
        await asyncio.to_thread(part.keep)


async def stop(pool: asyncpg.Pool, depot: Depot, caller: Caller, found: Coming) -> None:
    """Take an upload back. Raises UPLOAD_FINISHED once it has arrived, and UPLOAD_BUSY."""
    upload = found.upload
    if upload.finished_at is not None:
        raise Problem(UPLOAD_FINISHED)
    part = await _part(depot, found)
    try:
        if await _is_finished(pool, upload, part):
            raise Problem(UPLOAD_FINISHED)
        async with pool.acquire() as connection, connection.transaction():
            await confine(connection, [upload.area], caller.account)
            await store.stop(connection, upload.id)
        await asyncio.to_thread(part.remove)
    finally:
        part.close()


async def _part(depot: Depot, found: Coming) -> Part:
    upload = found.upload
    try:
        return await asyncio.to_thread(Part, depot.part(upload.id), upload.id, found.key)
    except Busy:
        raise Problem(UPLOAD_BUSY, headers={"Retry-After": "1"}) from None
    except Gone:
        raise Problem(NOT_FOUND) from None


async def _is_finished(pool: asyncpg.Pool, upload: Upload, part: Part | None = None) -> bool:
    """Whether it has arrived by now, also where we found that it had not and then waited for `part`.

    Raises NOT_FOUND where it was taken back. Either way there is nothing more on the disk.
    """
    async with pool.acquire() as connection, connection.transaction():
        await confine(connection, (), upload.account)
        now = await store.named(connection, upload.id)
    if part is not None and (now is None or now.finished_at is not None):
        await asyncio.to_thread(part.remove)
    if now is None:
        raise Problem(NOT_FOUND)
    return now.finished_at is not None


async def _check_still(connection: Connection, access: Access, upload: Upload) -> None:
    """Raises NOT_FOUND where who began it may write there no longer."""
    field = _field(upload.collection, upload.field)
    try:
        held = access.clearance
        await _check_right(connection, held, upload.area, upload.collection, upload.record, field)
    except Problem:
        raise Problem(NOT_FOUND) from None


async def _check_right(
    connection: Connection, held: Clearance, area: UUID, collection: str, record: UUID, field: Field
) -> None:
    """Raises AREA_NOT_HELD, WRITE_NOT_ALLOWED, and of a record that the holder sees what is wrong with it."""
    bit = field.privacy.bit
    standing = await store.standing(connection, area, record)
    if standing is None or not held.reads(standing.place) & standing.classes:
        if not held.holds(area):
            raise Problem(AREA_NOT_HELD)
        if held.never_written(area, collection, (Action.CREATE,), bit):
            raise Problem(WRITE_NOT_ALLOWED)
        return
    if standing.collection != collection:
        raise Problem(COLLECTION_MISMATCH)
    if held.writes(standing.place, collection, Action.EDIT) & bit == NO_CLASSES:
        raise Problem(WRITE_NOT_ALLOWED)
    if standing.is_erased:
        raise Problem(RECORD_ERASED)
    if standing.is_restricted and bit & ~LEFT:
        raise Problem(RECORD_RESTRICTED)


def _field(collection: str, name: str) -> Field:
    """Raises INVALID for what is no field that files stand in."""
    field = field_of_files(collection, name)
    if field is None:
        none = FieldProblem(
            "/Upload-Metadata/field",
            "unknown",
            "这种记录没有存放文件的这一项",
            "No field of such a record in which files stand: see GET /sync/catalogue",
        )
        raise Problem(INVALID, errors=(none,))
    return field


def _too_much() -> Problem:
    return Problem(FILE_TOO_LARGE, "超出了 Upload-Length", "This is more than Upload-Length announced")


def _elsewhere(offset: int) -> Problem:
    return Problem(
        UPLOAD_OFFSET,
        f"已收到 {offset} 字节",
        f"{offset} bytes have arrived",
        headers={"Upload-Offset": str(offset)},
    )
