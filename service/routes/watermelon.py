"""The routes of WatermelonDB's `synchronize()`: what `pullChanges` and `pushChanges` ask, and the schema."""

import functools
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter

from schemas.problems import (
    INVALID,
    MALFORMED,
    NOT_ACCEPTABLE,
    TOO_LARGE,
    TOO_MANY_AREAS,
    FieldProblem,
    Problem,
)
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import JSON, answered
from service.http.body import decoded
from service.http.documents import operation
from service.http.language import language_of
from service.http.problems import CALLING, documented
from service.routes.sync import access_for, acknowledge
from sync.clients.watermelon import AppSchema, Migration, Rows, app_schema
from sync.exchange import Device
from sync.unsent import Showing
from sync.watermelon import Pulled, Taking, pull, push_rows

_MOST: Final = 2**53 - 1
_NONE: Final = "null"
PLAIN: Final = "text/plain"

Position = Annotated[
    str,
    Parameter(
        description="`lastPulledAt`: the timestamp of the pull before; `null` at first",
        pattern=r"^(null|[1-9][0-9]{0,15})$",
        max_length=16,
    ),
]


@get(
    "/schema",
    summary="表结构（WatermelonDB） The app's schema",
    operation_id="watermelon_schema",
    responses=documented(*CALLING, NOT_ACCEPTABLE),
)
async def the_schema(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[AppSchema]:
    """Tables and columns for `appSchema`, derived from the declarations."""
    async with state.pool.acquire() as connection:
        await access_of(connection, caller)
    return answered(request, app_schema())


@get(
    "/sync",
    summary="拉取（WatermelonDB） What pullChanges asks",
    operation_id="watermelon_pull",
    responses=documented(*CALLING, INVALID, NOT_ACCEPTABLE, TOO_MANY_AREAS),
)
async def changes_for(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    last_pulled_at: Position = _NONE,
    schema_version: Annotated[int, Parameter(description="`schemaVersion`", ge=1, le=2**31)] = 1,
    migration: Annotated[
        str, Parameter(description="`migration` as JSON; `null` for none", max_length=100_000)
    ] = _NONE,
    has_unsynced: Annotated[
        bool | None,
        Parameter(
            description="What `hasUnsyncedChanges({database})` said before the call: see sync/README.md"
        ),
    ] = None,
) -> Response[Pulled]:
    """What is new since `last_pulled_at`, all of it as `updated`: pass `sendCreatedAsUpdated: true`."""
    showing = Showing(None if last_pulled_at == _NONE else int(last_pulled_at), has_unsynced)
    wanted = _migration(migration)
    async with state.whole_answers:
        pulled = await pull(
            state.pool,
            Device(caller.account, caller.device_no),
            showing,
            wanted,
            access_for(caller),
            state.terms,
            accountant_for(caller),
        )
        return answered(request, pulled)


@post(
    "/sync",
    status_code=200,
    summary="推送（WatermelonDB） What pushChanges sends",
    operation_id="watermelon_push",
    operation_class=operation(
        takes=dict[str, Rows],
        gives=Taking,
        gives_what="The rows that could not be taken now, by table: they are sent again",
        takes_media=(JSON, PLAIN),
    ),
    responses=documented(*CALLING, INVALID, MALFORMED, TOO_LARGE, NOT_ACCEPTABLE, TOO_MANY_AREAS),
)
async def take_changes(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    last_pulled_at: Annotated[
        int, Parameter(description="`lastPulledAt`: the timestamp of the pull just done", ge=1, le=_MOST)
    ],
) -> Response[Taking]:
    """Everything that the phone has unsent. What cannot be applied is kept in quarantine, and the next pull
    tells what stands instead. The body is JSON, whatever its content type says."""
    changes = decoded(await request.body(), dict[str, Rows])
    taking = await push_rows(
        state.pool,
        Device(caller.account, caller.device_no),
        last_pulled_at,
        changes,
        access_for(caller),
        state.terms,
        accountant_for(caller),
        functools.partial(acknowledge, state),
        language_of(request),
    )
    return answered(request, taking)


def _migration(text: str) -> Migration | None:
    """Raises INVALID."""
    try:
        return msgspec.json.decode(text, type=Migration | None)
    except (msgspec.DecodeError, RecursionError):
        raise Problem(
            INVALID,
            "migration 应为 WatermelonDB 给出的 JSON，或 null",
            "`migration` is the JSON of what WatermelonDB hands to pullChanges, or null",
            (FieldProblem("/migration", "parameter", "参数有误", "This parameter is not valid"),),
        ) from None


ROUTER = Router(
    "/clients/watermelon",
    route_handlers=[the_schema, changes_for, take_changes],
    dependencies=CALLER,
    security=SECURITY,
    tags=["clients"],
)
