"""People by their numbers: is somebody known already, and who stands in the files twice."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter

from schemas.problems import (
    INVALID,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    TOO_MANY_ATTEMPTS,
)
from service.access import lookup
from service.access.lookup import Group, Sought
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.duplicates import alike, united
from service.duplicates.alike import Found
from service.duplicates.united import OnePerson
from service.http.answer import answered
from service.http.body import decoded
from service.http.documents import operation
from service.http.problems import BODY, CALLING, documented
from sync.wire import RawEntry

MOST = 500


class Known(msgspec.Struct, frozen=True):
    """The records that have the number, as `POST /sync` gives them."""

    records: list[RawEntry]


class Duplicates(msgspec.Struct, frozen=True):
    """Records that share an ID number. `next`: ask again with it as `after`; null at the end."""

    groups: list[Group]
    next: UUID | None


@post(
    "/persons/lookup",
    status_code=200,
    summary="按号码查找 Who has this number",
    operation_id="look_up",
    operation_class=operation(takes=Sought, gives=Known, gives_what="What the caller may see of them"),
    responses=documented(*CALLING, *BODY, NOT_ACCEPTABLE, TOO_MANY_ATTEMPTS),
)
async def look_up(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Any]:
    """Of records with an ID or phone number, those of which the caller may read that number.

    In the body, for addresses are logged. Each lookup is on record, and only so many are answered.
    """
    sought = decoded(await request.body(), Sought, request.headers.get("content-type", ""))
    async with state.pool.acquire() as connection:
        records = await lookup.look_up(connection, caller, sought)
    return answered(request, Known(records))


@get(
    "/areas/{area:uuid}/duplicates",
    summary="重复的身份证号 Who stands in the files twice",
    operation_id="duplicates",
    operation_class=operation(gives=Duplicates, gives_what="Groups of records with one ID number"),
    responses=documented(*CALLING, INVALID, NOT_ACCEPTABLE, NOT_FOUND),
)
async def duplicates(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    area: FromPath[UUID],
    after: Annotated[UUID | None, Parameter(description="`next` of the page before")] = None,
    limit: Annotated[int, Parameter(description="Groups a page", ge=1, le=MOST)] = 200,
) -> Response[Any]:
    """For who reads the ID numbers of an area, as its supervisor does; also across the areas they hold."""
    async with state.pool.acquire() as connection:
        groups, ended = await lookup.duplicates(connection, caller, area, after, limit)
    return answered(request, Duplicates(groups, ended))


@get(
    "/areas/{area:uuid}/alike",
    summary="疑似重复的人员 Who may stand in the files twice",
    operation_id="alike",
    operation_class=operation(gives=Found, gives_what="Pairs of records, the most alike first"),
    responses=documented(*CALLING, INVALID, NOT_ACCEPTABLE, NOT_FOUND, TOO_MANY_ATTEMPTS),
)
async def alike_people(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    area: FromPath[UUID],
    limit: Annotated[int, Parameter(description="Pairs at most", ge=1, le=MOST)] = 100,
) -> Response[Any]:
    """People of an area who may have been written down twice, with what speaks for it and what against.

    Out of what the caller may read: a number that they may not says nothing here. A pair that somebody has
    decided, in a record of collection `duplicate`, is not shown.
    """
    async with state.pool.acquire() as connection:
        found = await alike.alike_in(connection, caller, area, limit)
    return answered(request, found)


@get(
    "/persons/{id:uuid}/records",
    summary="同一人的全部记录 All records of one person",
    operation_id="one_person",
    responses=documented(*CALLING, NOT_ACCEPTABLE, NOT_FOUND),
)
async def one_person(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], id: FromPath[UUID]
) -> Response[OnePerson]:
    """What is known of a person by all records that were found to be theirs, as far as the caller may read.

    The records stay as they were written; what belongs to them is asked for by their ids.
    """
    async with state.pool.acquire() as connection:
        found = await united.one_person(connection, caller, id)
    return answered(request, found)


ROUTER = Router(
    "/",
    route_handlers=[look_up, duplicates, alike_people, one_person],
    dependencies=CALLER,
    security=SECURITY,
    tags=["persons"],
)
