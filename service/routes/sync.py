"""The routes that devices sync through: exchange, manifest, stream, long poll and catalogue."""

import asyncio
import contextlib
import functools
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar import Litestar, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter
from litestar.response import Stream

from schemas.catalogue import catalogue_json
from schemas.problems import (
    INVALID,
    NOT_ACCEPTABLE,
    TOO_LARGE,
    TOO_MANY_AREAS,
    FieldProblem,
    Problem,
)
from service import poke
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.database import TROUBLE
from service.http.answer import JSON, MESSAGEPACK, accepted_format, answer, answered
from service.http.body import MESSAGEPACK_TYPES, decoded
from service.http.documents import operation
from service.http.language import language_of
from service.http.poking import tell
from service.http.problems import BODY, CALLING, PASSING, documented
from service.keys import BrokenKeys
from service.persons.extent import CONSENT
from service.persons.restrictions import follow
from sync import epoch
from sync.asking import AccessOf
from sync.exchange import Device, Terms, exchange
from sync.manifest import compare
from sync.plan import hangs_on_day
from sync.push import Pushed
from sync.scope import NO_REACH, Access, Clearance, Touched
from sync.statement import Connection
from sync.sweep import MOST as MOST_SWEPT
from sync.sweep import sweep
from sync.waiting import moved_since
from sync.wire import (
    MAX_AREAS,
    MAX_CHANGES,
    MAX_LIMIT,
    ManifestRequest,
    ManifestResponse,
    SyncRequest,
    SyncResponse,
)

KEEP_SECONDS = 1.0  # how often the high water is written down
SWEEP_SECONDS = 3600.0
RECHECK_SECONDS = 15.0  # how long a stream may go on before access is asked for again
STREAM_SECONDS = 3600.0
LONGEST_WAIT = 55  # under the 60 s after which proxies in front give up

_to_json = msgspec.json.Encoder().encode
_log = structlog.get_logger("sync")


class _LooseRequest(msgspec.Struct, frozen=True):
    """A request in MessagePack; its changes are written as JSON before anything looks at them."""

    schema: int = 1
    cursor: str | None = None
    areas: list[UUID] | None = None
    limit: int = 1_000
    verify: bool = False
    changes: list[Any] = []


class Moved(msgspec.Struct, frozen=True):
    """What a long poll waited for: areas in which something moved; none when the time was up."""

    areas: list[UUID]


@post(
    "/",
    status_code=200,
    summary="同步 Push and pull in one exchange",
    operation_id="sync",
    operation_class=operation(
        takes=SyncRequest, gives=SyncResponse, gives_what="What became of it, and what is new"
    ),
    responses=documented(*CALLING, *BODY, NOT_ACCEPTABLE, TOO_MANY_AREAS),
)
async def sync(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Any]:
    """Take a device's changes, then answer with what it lacks. See the README and the catalogue."""
    asked = _request(await request.body(), request.headers.get("content-type", ""))
    _check(asked)
    media_type = accepted_format(request)

    response = await exchange(
        state.pool,
        Device(caller.account, caller.device_no),
        asked,
        access_for(caller),
        state.terms,
        functools.partial(acknowledge, state),
        accountant_for(caller),
        language_of(request),
    )
    body = _to_json(response)
    if media_type == MESSAGEPACK:
        body = msgspec.msgpack.encode(msgspec.json.decode(body))
    return answer(request, body, media_type)


@post(
    "/manifest",
    status_code=200,
    summary="核对清单 What a device should hold",
    operation_id="manifest",
    operation_class=operation(
        takes=ManifestRequest, gives=ManifestResponse, gives_what="What to store and what to remove"
    ),
    responses=documented(*CALLING, *BODY, NOT_ACCEPTABLE),
)
async def manifest(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Any]:
    """For a device whose digest of an area differs: it lists what it holds and is told what to change."""
    asked = decoded(await request.body(), ManifestRequest, request.headers.get("content-type", ""))
    media_type = accepted_format(request)
    body = _to_json(await compare(state.pool, asked, access_for(caller), accountant_for(caller)))
    if media_type == MESSAGEPACK:
        body = msgspec.msgpack.encode(msgspec.json.decode(body))
    return answer(request, body, media_type)


@get(
    "/catalogue",
    summary="目录 Every record type",
    operation_id="catalogue",
    operation_class=operation(
        gives=dict[str, Any], gives_what="Collections, code tables and rules", media=(JSON,)
    ),
    responses=documented(*CALLING, NOT_ACCEPTABLE),
)
async def the_catalogue(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Any]:
    """Every collection as JSON Schema, with labels, privacy class and merge policy of each field."""
    await _asked(state.pool, caller)
    document, etag = catalogue_json()
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    return answer(request, document, JSON, headers=headers)


@get(
    "/wait",
    summary="等待变化 Wait until something moves",
    operation_id="wait",
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID),
)
async def wait(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    cursor: Annotated[
        str | None, Parameter(description="The cursor of the last exchange", max_length=20_000)
    ] = None,
    seconds: Annotated[int, Parameter(description="How long to wait", ge=0, le=LONGEST_WAIT)] = 25,
) -> Response[Moved]:
    """Answers as soon as an exchange would bring something, at latest after `seconds`."""
    ends = asyncio.get_running_loop().time() + seconds
    with state.pokes.waiting() as waiter:
        while True:
            moved = await moved_since(
                state.pool, cursor, caller.account, state.terms.cursor_key, access_for(caller)
            )
            left = ends - asyncio.get_running_loop().time()
            if moved or left <= 0 or waiter.is_over:
                return answered(request, Moved(moved))
            await waiter.wait(min(left, RECHECK_SECONDS))


@get(
    "/stream",
    summary="变化通知 Pokes as server-sent events",
    operation_id="stream",
    media_type="text/event-stream",
    responses=documented(*CALLING, NOT_ACCEPTABLE),
)
async def stream(state: State, caller: NamedDependency[Caller]) -> Stream:
    """A `poke` event with the area whenever something there moved that the caller is cleared for.

    It says nothing of what moved. The stream ends when access does, and after an hour; open it anew.
    """
    access = await _asked(state.pool, caller)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second: nginx sends on at once
    return Stream(_pokes(state, caller, access), media_type="text/event-stream", headers=headers)


async def _pokes(state: State, caller: Caller, access: Access) -> AsyncIterator[bytes]:
    ends = asyncio.get_running_loop().time() + STREAM_SECONDS
    with state.pokes.waiting() as waiter:
        yield b": open\n\n"
        while asyncio.get_running_loop().time() < ends:
            moved = await waiter.wait(RECHECK_SECONDS)
            if waiter.is_over:
                return
            before = access
            try:
                access = await _asked(state.pool, caller)
            except Problem:
                return
            except TROUBLE:
                return  # the device comes back, and is told what it missed by its cursor
            for area in _to_poke(moved, before, access):
                yield b"event: poke\ndata: %s\n\n" % _to_json({"area": area})
            if moved is None:
                yield b": still here\n\n"


def _to_poke(moved: Touched | None, before: Access, now: Access) -> list[UUID]:
    """The areas to name: what moved within the clearance, and where the clearance itself did.

    With nothing named anything may have moved: every area then. A new day changes what is read of children,
    and what is guarded.
    """
    held, held_before = now.clearance, before.clearance
    if moved is not None and not moved:
        return held.held
    named = [place.area for place, classes in (moved or {}).items() if held.reads(place) & classes]
    changed = [
        area
        for area in dict.fromkeys([*held_before.held, *held.held])
        if held_before.areas.get(area) != held.areas.get(area)
        or held_before.files.get(area) != held.files.get(area)
        or (held_before.today != held.today and _hangs_on_day(held, area))
    ]
    return list(dict.fromkeys([*named, *changed]))


def _hangs_on_day(held: Clearance, area: UUID) -> bool:
    return hangs_on_day(held.areas.get(area, NO_REACH).sight, held.files.get(area, {}).values())


ROUTER = Router(
    "/sync",
    route_handlers=[sync, manifest, the_catalogue, wait, stream],
    dependencies=CALLER,
    security=SECURITY,
    tags=["sync"],
)


async def startup(app: Litestar) -> None:
    """Confirm the epoch, start listening for what moves, and keep the high water."""
    state = app.state
    folder = state.settings.data
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)

    async def confirm(connection: Connection) -> None:
        await epoch.confirm(connection, folder)
        try:
            await state.keyring.prepare(connection)
        except BrokenKeys as error:
            _log.error("the keys of this database cannot be opened", why=str(error))

    async with state.pool.acquire() as connection:
        await confirm(connection)
    state.terms = Terms(
        state["keys"].cursor,
        timedelta(days=state.settings.lease_days),
        state.settings.tombstone_days,
        state.settings.journal_days,
    )
    state.high_water = epoch.HighWater(folder)
    # A database that went away may come back restored: it is asked again with every new connection.
    state.pokes = poke.Pokes(state.settings.database_url, confirm, state.role)
    state.pokes.start()
    state.herald = poke.Herald(state.pool)
    state.background = [
        asyncio.create_task(_keep(state.high_water), name="high water"),
        asyncio.create_task(_sweep(state.pool, timedelta(days=state.terms.tombstone_days)), name="sweep"),
    ]


async def shutdown(app: Litestar) -> None:
    """Let those who wait go, and write down how far was acknowledged."""
    await app.state.herald.stop()
    await app.state.pokes.stop()
    for task in app.state.background:
        task.cancel()
    await asyncio.gather(*app.state.background, return_exceptions=True)
    await app.state.high_water.keep()


async def _keep(high_water: epoch.HighWater) -> None:
    while True:
        await asyncio.sleep(KEEP_SECONDS)
        try:
            await high_water.keep()
        except OSError as error:
            _log.error("cannot write how far was acknowledged", kind=type(error).__name__)


async def _sweep(pool: asyncpg.Pool, term: timedelta) -> None:
    """Every process does it, at its own hour; a row that one of them is at is passed over by the others."""
    while True:
        await asyncio.sleep(random.uniform(0.5, 1.5) * SWEEP_SECONDS)
        try:
            async with pool.acquire() as connection:
                while await sweep(connection, term, datetime.now(UTC)) >= MOST_SWEPT:
                    await asyncio.sleep(1)
        except TROUBLE as error:
            _log.warning("sweep put off", kind=type(error).__name__)


def access_for(caller: Caller) -> AccessOf:
    """What the engine asks, on a connection of its own choice, to learn what `caller` may do."""
    return lambda connection: access_of(connection, caller)


async def acknowledge(state: State, pushed: Pushed) -> None:
    """Something was committed: remember how far, wake who waits, and follow what consents it took back.

    What cannot be followed now is by the next run of `liandong retention`: what was committed stands.
    """
    state.high_water.note(result.rev or 0 for result in pushed.results)
    tell(state, pushed.touched)
    if consents := {id for collection, id in pushed.written if collection == CONSENT}:
        with contextlib.suppress(*PASSING):
            async with state.pool.acquire() as connection:
                touched = await follow(connection, {place.area for place in pushed.touched}, consents)
            tell(state, touched)


async def _asked(pool: asyncpg.Pool, caller: Caller) -> Access:
    async with pool.acquire() as connection:
        return await access_of(connection, caller)


def _request(body: bytes, content_type: str) -> SyncRequest:
    if content_type.partition(";")[0].strip().lower() not in MESSAGEPACK_TYPES:
        return decoded(body, SyncRequest, content_type)
    loose = decoded(body, _LooseRequest, content_type)
    try:
        changes = [msgspec.Raw(_to_json(change)) for change in loose.changes]
    except (TypeError, ValueError, RecursionError, OverflowError):
        raise Problem(
            INVALID,
            "changes 中有 JSON 不能表示的值",
            "Some value in `changes` has no JSON form: send ids and dates as text",
            (FieldProblem("/changes", "type", "类型不对", "not a JSON value"),),
        ) from None
    return SyncRequest(loose.schema, loose.cursor, loose.areas, loose.limit, loose.verify, changes)


def _check(asked: SyncRequest) -> None:
    """What the shapes of protocol.md do not say."""
    if len(asked.changes) > MAX_CHANGES:
        raise Problem(
            TOO_LARGE,
            f"一次最多 {MAX_CHANGES} 条修改，请分批发送",
            f"At most {MAX_CHANGES} changes a call: send the rest in the next one",
            (FieldProblem("/changes", "length", f"最多 {MAX_CHANGES} 条", f"at most {MAX_CHANGES}"),),
        )
    errors = []
    if not 1 <= asked.limit <= MAX_LIMIT:
        errors.append(FieldProblem("/limit", "range", f"应为 1–{MAX_LIMIT}", f"1 to {MAX_LIMIT}"))
    if asked.schema < 1:
        errors.append(FieldProblem("/schema", "range", "目录版本从 1 起", "catalogue versions begin at 1"))
    if asked.areas is not None and len(asked.areas) > MAX_AREAS:
        errors.append(FieldProblem("/areas", "length", f"最多 {MAX_AREAS} 个", f"at most {MAX_AREAS}"))
    if errors:
        raise Problem(INVALID, errors=tuple(errors))
