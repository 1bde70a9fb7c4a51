"""One exchange with a device: first what it sends is committed, then what it lacks is read.

This is `POST /sync` without HTTP. The order matters (protocol.md): a phone is told to let go of a file only
after the work that it still had for it has arrived. And an answer with something personal in it is given only
once it is on record that it was.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from schemas.problems import OTHER_ACCOUNT
from sync import copies
from sync.asking import AccessOf
from sync.audit import Auditor
from sync.cursor import Cursor, CursorError, opened, sealed
from sync.pull import Ask, Pulled, pull
from sync.push import Pushed, push
from sync.statement import Connection
from sync.wire import (
    ProblemDetail,
    ResetReason,
    Result,
    SyncRequest,
    SyncResponse,
)
from sync.withheld import id_of, withhold


class Device(msgspec.Struct, frozen=True):
    """Who exchanges: an account, on a device known by its short number."""

    account: UUID
    no: int


class Terms(msgspec.Struct, frozen=True):
    """What an installation has settled: the key that signs cursors, and how long things last."""

    cursor_key: bytes
    lease: timedelta
    tombstone_days: int
    journal_days: int


Committed = Callable[[Pushed], Awaitable[None]]
"""Called once what was pushed is committed, before anything is read."""


async def exchange(
    pool: asyncpg.Pool,
    device: Device,
    request: SyncRequest,
    access_of: AccessOf,
    terms: Terms,
    committed: Committed,
    auditor: Auditor,
    language: str = "zh",
) -> SyncResponse:
    """Take the changes of `request`, then answer with one page. Raises `Problem`."""
    cursor = _opened(request.cursor, device, terms)
    known = cursor if isinstance(cursor, Cursor) else None
    pushed, copy = Pushed([]), None
    if request.changes:
        is_borrowed = cursor == "other-account"
        copy, foreign = await _whose(pool, device, known, request.changes, is_borrowed)
        own = [change for change in request.changes if id_of(change) not in foreign]
        by = copies.device_key(device.no, copy)
        pushed = await push(pool, own, device.account, by, access_of, auditor, language)
        if foreign:
            pushed.results = _with_returned(request.changes, foreign, pushed.results, language)
        await committed(pushed)
    ask = Ask(
        cursor,
        areas=request.areas,
        limit=request.limit,
        verify=request.verify,
        arriving=pushed.arriving,
        pushed={place.area for place in pushed.touched},
        opened=pushed.opened,
        as_sent=pushed.as_sent,
        tombstone_days=terms.tombstone_days,
        journal_days=terms.journal_days,
    )
    async with pool.acquire() as connection:
        pulled = await pull(connection, ask, access_of)
        text = await _cursor_text(connection, device, request, known, copy, pulled, terms, auditor)
    return SyncResponse(
        pushed.results,
        pulled.records,
        pulled.gone,
        pulled.drop,
        pulled.areas,
        text,
        pulled.complete,
        pulled.reset,
        pulled.stable,
        pulled.digest,
        _moment(pulled.now),
        _moment(pulled.now + terms.lease),
    )


def _opened(text: str | None, device: Device, terms: Terms) -> Cursor | ResetReason | None:
    if text is None:
        return None
    try:
        return opened(text, account=device.account, key=terms.cursor_key)
    except CursorError as error:
        return error.reason


async def _whose(
    pool: asyncpg.Pool,
    device: Device,
    cursor: Cursor | None,
    changes: Collection[msgspec.Raw],
    is_borrowed: bool,
) -> tuple[int, set[UUID]]:
    """Which copy of the device sends, and which of the changes are another person's."""
    ids = {id for change in changes if (id := id_of(change)) is not None}
    async with pool.acquire() as connection:
        known, foreign = await copies.copies_besides(connection, device.no, device.account, ids)
        if is_borrowed:
            await withhold(connection, device.account, ids)
            foreign = ids
    return copies.copy_of(known, cursor), foreign


def _with_returned(
    changes: Collection[msgspec.Raw], foreign: Collection[UUID], results: Collection[Result], language: str
) -> list[Result]:
    """The results in the order of the changes; what is another person's stays with the phone."""
    problem = ProblemDetail(OTHER_ACCOUNT.type, OTHER_ACCOUNT.zh if language == "zh" else OTHER_ACCOUNT.en)
    of_own = iter(results)
    ids = (id_of(change) for change in changes)
    return [
        next(of_own) if id is None or id not in foreign else Result(id, "retry", problem=problem)
        for id in ids
    ]


async def _cursor_text(
    connection: Connection,
    device: Device,
    request: SyncRequest,
    shown: Cursor | None,
    copy: int | None,
    pulled: Pulled,
    terms: Terms,
    auditor: Auditor,
) -> str:
    if not pulled.is_new and request.cursor is not None and not request.changes:
        return request.cursor
    given = secrets.randbits(63)
    if copy is None:
        copy = copies.copy_of(await copies.copies(connection, device.no), shown)
    if any(pulled.reading.values()):
        # By itself, since it waits for the disk and the other need not: after a crash in between a reading is
        # on record that did not take place.
        await auditor.read(connection, "sync", pulled.reading, copies.device_key(device.no, copy))
    await copies.give(connection, device.no, copy, shown.nonce if shown else 0, given)
    return sealed(
        pulled.cursor._replace(copy=copy, nonce=given), account=device.account, key=terms.cursor_key
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
