"""Records for whoever works online: one by its id, and those of an area."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from schemas.problems import (
    INVALID,
    NOT_ACCEPTABLE,
    NOT_FOUND,
)
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.problems import CALLING, documented
from service.records import view
from service.records.view import NEWEST, Shown

MOST = 500
VIEW = "view"


class Records(msgspec.Struct, frozen=True):
    """Records, those made last first. `next`: ask again with it as `after`; null at the end."""

    records: list[Shown]
    next: UUID | None


@get(
    "/records/{id:uuid}",
    summary="一条记录 One record",
    operation_id="record",
    responses=documented(*CALLING, NOT_ACCEPTABLE, NOT_FOUND),
)
async def record(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], id: FromPath[UUID]
) -> Response[Shown]:
    """A record as the caller may see it: what they read as it is, and `masked` fields beside that."""
    async with state.pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            held = (await access_of(connection, caller)).clearance
            seen = await view.record_with(connection, held, id)
        await accountant_for(caller).read(connection, VIEW, seen.reading)
    return answered(request, seen.records[0])


@get(
    "/areas/{area:uuid}/records",
    summary="区域内的记录 Records of an area",
    operation_id="records",
    responses=documented(*CALLING, INVALID, NOT_ACCEPTABLE, NOT_FOUND),
)
async def records(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    area: FromPath[UUID],
    collection: Annotated[
        str | None, QueryParameter(description="Only records of this collection", max_length=64)
    ] = None,
    in_state: Annotated[
        str | None,
        QueryParameter(
            name="state", description="Only records in this state; with `collection`", max_length=64
        ),
    ] = None,
    after: Annotated[UUID | None, QueryParameter(description="`next` of the page before")] = None,
    limit: Annotated[int, QueryParameter(description="Records a page", ge=1, le=MOST)] = 200,
) -> Response[Records]:
    """The records of one area as the caller may see them; of the areas below it, ask one by one."""
    async with state.pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            held = (await access_of(connection, caller)).clearance
            seen = await view.records_of(
                connection,
                held,
                area,
                collection=collection,
                state=in_state,
                after=after or NEWEST,
                limit=limit,
            )
        await accountant_for(caller).read(connection, VIEW, seen.reading)
    return answered(
        request, Records(seen.records, seen.records[-1].id if len(seen.records) == limit else None)
    )


ROUTER = Router(
    "/",
    route_handlers=[record, records],
    dependencies=CALLER,
    security=SECURITY,
    tags=["records"],
)
