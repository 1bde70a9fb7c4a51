"""What could not be applied, and what was done to a record: for authors and those who supervise them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, Parameter

from schemas.problems import INVALID, NOT_ACCEPTABLE, NOT_FOUND
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.body import decoded
from service.http.documents import operation
from service.http.language import language_of
from service.http.problems import BODY, CALLING, documented
from service.routes.sync import access_for, acknowledge
from sync import history, quarantine
from sync.wire import RawChange, Result

MOST = 500
AS_IT_CAME = msgspec.Raw(b"null")

After = Annotated[int, Parameter(description="Where the page before ended", ge=0, le=2**63 - 1)]
Limit = Annotated[int, Parameter(description="Entries a page", ge=1, le=MOST)]


class Quarantined(msgspec.Struct, frozen=True):
    """Changes to be put right, oldest first. `next`: ask again with it as `after`; null at the end."""

    changes: list[quarantine.Kept]
    next: int | None


class Repair(msgspec.Struct, frozen=True):
    """How to try again: `change` takes the place of what was sent; without it that is tried as it came."""

    # A factory, because JSON Schema would have to show a default, and raw JSON cannot be shown there.
    change: RawChange = msgspec.field(default_factory=lambda: AS_IT_CAME)


class History(msgspec.Struct, frozen=True):
    """What was done to a record, oldest first. `next`: ask again with it as `after`; null at the end."""

    entries: list[history.Entry]
    next: int | None


@get(
    "/quarantine",
    summary="待处理的改动 What could not be applied",
    operation_id="quarantine",
    operation_class=operation(gives=Quarantined, gives_what="One's own changes, and those one supervises"),
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID),
)
async def the_quarantine(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    after: After = 0,
    limit: Limit = 200,
) -> Response[Any]:
    """Refused and parked changes: one's own, and all of the areas that one supervises."""
    async with state.pool.acquire() as connection, connection.transaction():
        held = (await access_of(connection, caller)).clearance
        kept, reading = await quarantine.list_open(connection, caller.account, held.supervised, after, limit)
        await accountant_for(caller).read(connection, "quarantine", reading)
    return answered(request, Quarantined(kept, kept[-1].no if len(kept) == limit else None))


@post(
    "/quarantine/{change:uuid}/retry",
    status_code=200,
    summary="更正并重试 Put a change right and try it again",
    operation_id="retry",
    operation_class=operation(takes=Repair, gives=Result, gives_what="What became of it"),
    responses=documented(*CALLING, *BODY, NOT_ACCEPTABLE, NOT_FOUND),
)
async def retry(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], change: FromPath[UUID]
) -> Response[Any]:
    """Try a change again, as it came or put right. Its author stays the author."""
    body = await request.body()
    repair = decoded(body, Repair, request.headers.get("content-type", "")) if body else Repair()
    repaired = None if repair.change == AS_IT_CAME else bytes(repair.change)
    pushed = await quarantine.retry(
        state.pool,
        caller.account,
        access_for(caller),
        accountant_for(caller),
        change,
        repaired,
        language_of(request),
    )
    await acknowledge(state, pushed)
    return answered(request, pushed.results[0])


@post(
    "/quarantine/{change:uuid}/dismiss",
    status_code=204,
    summary="放弃一条改动 Let a change go",
    operation_id="dismiss",
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def dismiss(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], change: FromPath[UUID]
) -> None:
    """The change is not going to be applied. It stays on record; what waited for it no longer does."""
    pushed = await quarantine.dismiss(
        state.pool,
        caller.account,
        access_for(caller),
        accountant_for(caller),
        change,
        language_of(request),
    )
    await acknowledge(state, pushed)


@get(
    "/history",
    summary="修改记录 What was done to a record",
    operation_id="history",
    operation_class=operation(gives=History, gives_what="Every change that the caller may see, cut by class"),
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def the_history(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    record: FromQuery[UUID],
    after: After = 0,
    limit: Limit = 200,
) -> Response[Any]:
    """Who changed what of a record, when, on which device, and what came into force."""
    async with state.pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            held = (await access_of(connection, caller)).clearance
            entries, reading = await history.history_of(connection, record, held, after, limit)
        await accountant_for(caller).read(connection, "history", reading)
    return answered(request, History(entries, entries[-1].rev if len(entries) == limit else None))


ROUTER = Router(
    "/sync",
    route_handlers=[the_quarantine, retry, dismiss, the_history],
    dependencies=CALLER,
    security=SECURITY,
    tags=["review"],
)
