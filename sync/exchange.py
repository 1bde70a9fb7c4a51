"""One exchange with a device: first what it sends is committed, then what it lacks is read.

This is `POST /sync` without HTTP. The order matters (protocol.md): a phone is told to let go of a file only
after the work that it still had for it has arrived.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from schemas.problems import OTHER_ACCOUNT
from sync import copies
from sync.cursor import Cursor, CursorError, opened, sealed
from sync.pull import Ask, Pulled, pull
from sync.push import Pushed, push, read_changes
from sync.scope import AccessOf
from sync.wire import (
    ProblemDetail,
    ResetReason,
    Result,
    SyncRequest,
    SyncResponse,
)


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
    language: str = "zh",
) -> SyncResponse:
    """Take the changes of `request`, then answer with one page. Raises `Problem`."""
    cursor = _opened(request.cursor, device, terms)
    known = cursor if isinstance(cursor, Cursor) else None
    pushed = Pushed([])
    if cursor == "other-account":
        pushed.results = _returned(request.changes, device, language)
    elif request.changes:
        copy = await _copy(pool, device, known)
        by = copies.device_key(device.no, copy)
        pushed = await push(pool, request.changes, device.account, by, access_of, language)
        await committed(pushed)
    ask = Ask(
        cursor,
        areas=request.areas,
        limit=request.limit,
        verify=request.verify,
        arriving=pushed.arriving,
        pushed=pushed.touched,
        as_sent=pushed.as_sent,
        tombstone_days=terms.tombstone_days,
        journal_days=terms.journal_days,
    )
    pulled = await pull(pool, ask, access_of)
    text = await _cursor_text(pool, device, request, known, pulled, terms)
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


async def _copy(pool: asyncpg.Pool, device: Device, cursor: Cursor | None) -> int:
    async with pool.acquire() as connection:
        return copies.copy_of(await copies.copies(connection, device.no), cursor)


def _returned(changes: Collection[msgspec.Raw], device: Device, language: str) -> list[Result]:
    """The phone holds another person's files, so its outbox is that person's too: nothing of it is stored
    as this one's. It stays with the phone until its author signs in."""
    problem = ProblemDetail(OTHER_ACCOUNT.type, OTHER_ACCOUNT.zh if language == "zh" else OTHER_ACCOUNT.en)
    items = read_changes(changes, device.account, "", datetime.now(UTC), language)
    return [Result(item.id, "retry", problem=problem) for item in items]


async def _cursor_text(
    pool: asyncpg.Pool,
    device: Device,
    request: SyncRequest,
    shown: Cursor | None,
    pulled: Pulled,
    terms: Terms,
) -> str:
    if not pulled.is_new and request.cursor is not None and not request.changes:
        return request.cursor
    given = secrets.randbits(63)
    async with pool.acquire() as connection:
        copy = copies.copy_of(await copies.copies(connection, device.no), shown)
        await copies.give(connection, device.no, copy, shown.nonce if shown else 0, given)
    return sealed(
        pulled.cursor._replace(copy=copy, nonce=given), account=device.account, key=terms.cursor_key
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
