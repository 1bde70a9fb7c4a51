"""The routes of apps that keep their records in RxDB, as its own replications call them.

`/clients/rxdb/{collection}/{pull,push,pullStream}` is for `replicateRxCollection` with the handlers that
RxDB documents, `/clients/rxdb-server/{collection}/{version}/…` for `replicateServer` of rxdb-server. What is
not answered with 200 is answered as text: see `service.http.problems.READ_AS_JSON`. No row of a push is ever
a reason to refuse the others.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter, QueryParameter
from litestar.response import Stream

from schemas.collections import COLLECTIONS
from schemas.problems import (
    CLIENT_OUTDATED,
    INVALID,
    NOT_FOUND,
    PASSING_TROUBLE,
    TOO_MANY_AREAS,
    FieldProblem,
    Problem,
)
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.clients import issues, taking
from service.database import TROUBLE
from service.http.answer import JSON, answer
from service.http.documents import operation
from service.http.language import language_of
from service.http.problems import BODY, CALLING, documented
from service.routes.sync import RECHECK_SECONDS, STREAM_SECONDS, access_for
from sync import mirror
from sync.clients import rxdb
from sync.clients.rxdb import ISSUES, Checkpoint
from sync.clients.whole import Values
from sync.exchange import Device
from sync.wire import MAX_LIMIT

BATCH: Final = 100
"""Documents a page where the client does not say: RxDB's own default."""

_to_json = msgspec.json.Encoder().encode

RxDocument = dict[str, Any]


class DocumentedCheckpoint(msgspec.Struct, frozen=True):
    """Where to go on, in the words of RxDB's documentation. `id` says it all; show both as they are."""

    id: str
    updatedAt: int


class ServerCheckpoint(msgspec.Struct, frozen=True):
    """Where to go on, in the words of rxdb-server."""

    id: str
    lwt: int


class Pulled(msgspec.Struct, frozen=True):
    """As many documents as were asked for, or the last of all."""

    documents: list[RxDocument]
    checkpoint: DocumentedCheckpoint


class ServerPulled(msgspec.Struct, frozen=True):
    """The same for rxdb-server."""

    documents: list[RxDocument]
    checkpoint: ServerCheckpoint


class PushRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document as the device has it, and as it took the server to have it."""

    newDocumentState: RxDocument
    assumedMasterState: RxDocument | None = None


Collection = Annotated[str, Parameter(description="A collection of the catalogue, or `sync_issue`")]
Token = Annotated[
    str | None, QueryParameter(name="id", description="`id` of the last checkpoint", max_length=100)
]
Limit = Annotated[
    int | None, QueryParameter(name="limit", description="Documents a page", ge=1, le=MAX_LIMIT)
]
BatchSize = Annotated[
    int | None,
    QueryParameter(name="batchSize", description="The same, by another name", ge=1, le=MAX_LIMIT),
]

_PULLING = documented(*CALLING, NOT_FOUND, INVALID, TOO_MANY_AREAS, PASSING_TROUBLE, as_text=True)
_PUSHING = documented(*CALLING, *BODY, NOT_FOUND, TOO_MANY_AREAS, PASSING_TROUBLE, as_text=True)
_STREAMING = documented(*CALLING, NOT_FOUND, TOO_MANY_AREAS, PASSING_TROUBLE, as_text=True)


@get(
    "/{collection:str}/pull",
    summary="拉取（RxDB） What is new, for RxDB",
    operation_id="rxdb_pull",
    operation_class=operation(gives=Pulled, gives_what="Documents, and where to go on", media=(JSON,)),
    responses=_PULLING,
)
async def pull(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    collection: FromPath[str],
    token: Token = None,
    limit: Limit = None,
    batch_size: BatchSize = None,
) -> Response[Any]:
    """Documents of a collection that changed behind a checkpoint, and those that are gone (`_deleted`)."""
    _named(collection)
    documents, seq = await _news(state, caller, collection, token, limit or batch_size or BATCH)
    checkpoint = DocumentedCheckpoint(Checkpoint(caller.device_no, seq).token, seq)
    return answer(request, _to_json(Pulled(documents, checkpoint)), JSON)


@post(
    "/{collection:str}/push",
    status_code=200,
    summary="提交（RxDB） What a device wrote, from RxDB",
    operation_id="rxdb_push",
    operation_class=operation(
        takes=list[PushRow],
        gives=list[RxDocument],
        gives_what="What stands instead, of rows that do not stand as sent",
        media=(JSON,),
    ),
    responses=_PUSHING,
)
async def push(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    collection: FromPath[str],
) -> Response[Any]:
    """Take rows, field by field; the answer has the document of each row that does not stand as sent."""
    _named(collection)
    return await _pushed(request, state, caller, collection)


@get(
    "/{collection:str}/pullStream",
    summary="变化通知（RxDB） Pokes for RxDB",
    operation_id="rxdb_stream",
    media_type="text/event-stream",
    responses=_STREAMING,
)
async def stream(state: State, caller: NamedDependency[Caller], collection: FromPath[str]) -> Stream:
    """`"RESYNC"` whenever there is something new in the collection; give it to `stream$` as it is.

    It says nothing of what that is. The stream ends when access does, and after an hour: open it anew, and
    begin with `RESYNC`.
    """
    _named(collection)
    seq = await _newest(state, caller, collection)
    return _streamed(_resyncs(state, caller, collection, seq, ends_at_news=False))


@get(
    "/{collection:str}/schema",
    summary="集合结构（RxDB） The schema of a collection, for RxDB",
    operation_id="rxdb_schema",
    operation_class=operation(gives=dict[str, Any], gives_what="An RxJsonSchema", media=(JSON,)),
    responses=documented(*CALLING, NOT_FOUND, as_text=True),
)
async def schema(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    collection: FromPath[str],
) -> Response[Any]:
    """What to give to `addCollections`, so that no app writes one by hand."""
    _named(collection)
    async with state.pool.acquire() as connection:
        await access_of(connection, caller)
    declared = COLLECTIONS.get(collection)
    said = rxdb.schema_of_issues() if declared is None else rxdb.schema_of(declared)
    return answer(request, _to_json(said), JSON)


Version = Annotated[str, Parameter(description="`version` of the schema")]


@get(
    "/{collection:str}/{version:str}/pull",
    summary="拉取（rxdb-server） What is new, for rxdb-server's client",
    operation_id="rxdb_server_pull",
    operation_class=operation(gives=ServerPulled, gives_what="Documents, and where to go on", media=(JSON,)),
    responses=documented(
        *CALLING, NOT_FOUND, INVALID, TOO_MANY_AREAS, PASSING_TROUBLE, CLIENT_OUTDATED, as_text=True
    ),
)
async def server_pull(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    collection: FromPath[str],
    version: FromPath[str],
    token: Token = None,
    limit: Limit = None,
) -> Response[Any]:
    """As the other pull, with a checkpoint as rxdb-server has them."""
    _named(collection)
    _current(version)
    documents, seq = await _news(state, caller, collection, token, limit or BATCH)
    checkpoint = ServerCheckpoint(Checkpoint(caller.device_no, seq).token, seq)
    return answer(request, _to_json(ServerPulled(documents, checkpoint)), JSON)


@post(
    "/{collection:str}/{version:str}/push",
    status_code=200,
    summary="提交（rxdb-server） What a device wrote, from rxdb-server's client",
    operation_id="rxdb_server_push",
    operation_class=operation(
        takes=list[PushRow],
        gives=list[RxDocument],
        gives_what="What stands instead, of rows that do not stand as sent",
        media=(JSON,),
    ),
    responses=documented(
        *CALLING, *BODY, NOT_FOUND, TOO_MANY_AREAS, PASSING_TROUBLE, CLIENT_OUTDATED, as_text=True
    ),
)
async def server_push(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    collection: FromPath[str],
    version: FromPath[str],
) -> Response[Any]:
    """As the other push. One row that is not allowed does not refuse the rest."""
    _named(collection)
    _current(version)
    return await _pushed(request, state, caller, collection)


@get(
    "/{collection:str}/{version:str}/pullStream",
    summary="变化通知（rxdb-server） A stream that ends when there is something new",
    operation_id="rxdb_server_stream",
    media_type="text/event-stream",
    responses=documented(*CALLING, NOT_FOUND, TOO_MANY_AREAS, PASSING_TROUBLE, CLIENT_OUTDATED, as_text=True),
)
async def server_stream(
    state: State, caller: NamedDependency[Caller], collection: FromPath[str], version: FromPath[str]
) -> Stream:
    """Ends as soon as there is something new: its client pulls when a stream ends, and when it opens one."""
    _named(collection)
    _current(version)
    seq = await _newest(state, caller, collection)
    return _streamed(_resyncs(state, caller, collection, seq, ends_at_news=True))


def _named(collection: str) -> None:
    if collection not in COLLECTIONS and collection != ISSUES:
        raise Problem(
            NOT_FOUND, "没有这种记录", "There is no such collection: see GET /sync/catalogue, or sync_issue"
        )


def _current(version: str) -> None:
    """Raises CLIENT_OUTDATED for an app of an earlier schema, NOT_FOUND for one that is not served yet."""
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise Problem(NOT_FOUND, errors=(_NO_VERSION,))
    if int(version) < rxdb.SCHEMA_VERSION:
        raise Problem(CLIENT_OUTDATED)
    if int(version) > rxdb.SCHEMA_VERSION:
        raise Problem(NOT_FOUND, errors=(_NO_VERSION,))


async def _news(
    state: State, caller: Caller, collection: str, token: str | None, limit: int
) -> tuple[list[Values], int]:
    after = rxdb.seq_in(token, caller.device_no)
    if collection == ISSUES:
        return await issues.page(state, caller, after, limit)
    page = await mirror.page(
        state.pool,
        Device(caller.account, caller.device_no),
        after,
        [collection],
        limit,
        access_for(caller),
        state.terms,
        accountant_for(caller),
    )
    return [rxdb.told_of(told) for told in page.told], page.seq


async def _pushed(
    request: Request[Any, Any, State], state: State, caller: Caller, collection: str
) -> Response[Any]:
    async with state.pool.acquire() as connection:
        await access_of(connection, caller)
    rows = rxdb.rows_in(await request.body(), collection, datetime.now(UTC))
    if collection == ISSUES:
        there = await issues.current(state, caller)
        standing = {str(id): document for id, document in there.items()}
        answered = [standing.get(row.id) or rxdb.gone(row.id, row.area or "") for row in rows if row.id]
    else:
        answered = await taking.take(state, caller, rows, language_of(request))
    return answer(request, _to_json(answered), JSON)


async def _newest(state: State, caller: Caller, collection: str) -> int:
    """The number of the latest news of `collection`. Raises `Problem` for who may not come in."""
    device = Device(caller.account, caller.device_no)
    if collection == ISSUES:
        await issues.notice(state, caller)
    else:
        await mirror.advance(state.pool, device, access_for(caller), state.terms)
    return await mirror.last_of(state.pool, device, collection)


def _streamed(events: AsyncIterator[bytes]) -> Stream:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second: nginx sends on at once
    return Stream(events, media_type="text/event-stream", headers=headers)


async def _resyncs(
    state: State, caller: Caller, collection: str, seq: int, *, ends_at_news: bool
) -> AsyncIterator[bytes]:
    """Says when there is something new behind `seq`, or ends then."""
    ends = asyncio.get_running_loop().time() + STREAM_SECONDS
    with state.pokes.waiting() as waiter:
        yield b": open\n\n"
        while asyncio.get_running_loop().time() < ends:
            moved = await waiter.wait(RECHECK_SECONDS)
            if waiter.is_over:
                return
            try:
                newest = await _newest(state, caller, collection)
            except (Problem, *TROUBLE):
                return  # the device comes back, and is told what it missed or why not
            if newest > seq:
                seq = newest
                if ends_at_news:
                    return
                yield b'data: "RESYNC"\n\n'
            elif moved is None:
                yield b": still here\n\n"


_NO_VERSION = FieldProblem(
    "/version",
    "version",
    "没有这一版结构",
    "There is no such version of the schema: see GET /clients/rxdb/{collection}/schema",
)

ROUTER = Router(
    "/clients",
    route_handlers=[
        Router("/rxdb", route_handlers=[pull, push, stream, schema]),
        Router("/rxdb-server", route_handlers=[server_pull, server_push, server_stream]),
    ],
    dependencies=CALLER,
    security=SECURITY,
    tags=["clients"],
)
