"""Files: who works on them, handing them over, and opening one in an emergency."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from schemas.problems import FORBIDDEN, NOT_ACCEPTABLE, NOT_FOUND
from service.access import emergencies, files
from service.access.emergencies import Emergency, Opened, Opinion
from service.access.files import HandOver, Moment, NewMember
from service.access.members import Member
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.poking import tell
from service.http.problems import BODY, CALLING, documented

OF_A_FILE = (*CALLING, FORBIDDEN, NOT_FOUND)


class Members(msgspec.Struct, frozen=True):
    """Who works on a file now."""

    members: list[Member]


class Emergencies(msgspec.Struct, frozen=True):
    """Emergencies that a supervisor has still to look at, the oldest first."""

    emergencies: list[Opened]


class OpenedUntil(msgspec.Struct, frozen=True):
    """When the file closes again by itself. `emergency`: the notice of it."""

    until: Moment
    emergency: UUID


@get(
    "/{case:uuid}/members",
    summary="档案成员 Who works on a file",
    operation_id="file_members",
    responses=documented(*OF_A_FILE, NOT_ACCEPTABLE),
)
async def list_members(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], case: FromPath[UUID]
) -> Response[Members]:
    """The lead (主责社工), co-workers and viewers of the file of a household."""
    async with state.pool.acquire() as connection:
        found = await files.list_members(connection, caller, case)
    return answered(request, Members(found))


@post(
    "/{case:uuid}/members",
    status_code=204,
    summary="增加成员 Have somebody work on a file",
    operation_id="add_file_member",
    responses=documented(*OF_A_FILE, *BODY),
)
async def add_member(
    state: State, caller: NamedDependency[Caller], case: FromPath[UUID], data: JSONBody[NewMember]
) -> None:
    """For the lead and the supervisor. Who works on it already does so in the new way from now on."""
    async with state.pool.acquire() as connection:
        touched = await files.add_member(connection, caller, case, data)
    tell(state, touched)


@delete(
    "/{case:uuid}/members/{account:uuid}",
    status_code=204,
    summary="移除成员 Somebody works on a file no longer",
    operation_id="end_file_member",
    responses=documented(*OF_A_FILE),
)
async def end_member(
    state: State, caller: NamedDependency[Caller], case: FromPath[UUID], account: FromPath[UUID]
) -> None:
    """For the lead, the supervisor, and the person themselves. Their phones drop what only this gave them."""
    async with state.pool.acquire() as connection:
        touched = await files.end_member(connection, caller, case, account)
    tell(state, touched)


@post(
    "/{case:uuid}/hand-over",
    status_code=204,
    summary="移交档案 Hand a file over",
    operation_id="hand_over_file",
    responses=documented(*OF_A_FILE, *BODY),
)
async def hand_over(
    state: State, caller: NamedDependency[Caller], case: FromPath[UUID], data: JSONBody[HandOver]
) -> None:
    """Another lead, by the present one or by the supervisor."""
    async with state.pool.acquire() as connection:
        touched = await files.hand_over(connection, caller, case, data)
    tell(state, touched)


@post(
    "/{case:uuid}/break-glass",
    summary="紧急查阅 Open a file in an emergency",
    operation_id="break_glass",
    responses=documented(*OF_A_FILE, *BODY, NOT_ACCEPTABLE),
)
async def break_glass(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    case: FromPath[UUID],
    data: JSONBody[Emergency],
) -> Response[OpenedUntil]:
    """For social workers and child officers of the area: the file is theirs to read for four hours.

    The supervisor is told at once, by a record of collection `emergency_access` that reaches their devices
    by sync, and reviews it within three days.
    """
    async with state.pool.acquire() as connection:
        id, until, touched = await emergencies.open_in_emergency(connection, caller, case, data)
    tell(state, touched)
    return answered(request, OpenedUntil(until, id), 201)


@get(
    "/break-glass",
    summary="待核查的紧急查阅 Emergencies to review",
    operation_id="emergencies",
    responses=documented(*OF_A_FILE, NOT_ACCEPTABLE),
)
async def pending(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Emergencies]:
    """Those in the areas that one supervises which nobody has looked at yet."""
    async with state.pool.acquire() as connection:
        found = await emergencies.emergencies(connection, caller)
    return answered(request, Emergencies(found))


@post(
    "/break-glass/{emergency:uuid}/review",
    status_code=204,
    summary="核查紧急查阅 Review an emergency",
    operation_id="review_emergency",
    responses=documented(*OF_A_FILE, *BODY),
)
async def review(
    state: State, caller: NamedDependency[Caller], emergency: FromPath[UUID], data: JSONBody[Opinion]
) -> None:
    """What the supervisor thinks of it; it stays as it was said, and reaches devices with the record."""
    async with state.pool.acquire() as connection:
        touched = await emergencies.review(connection, caller, emergency, data.opinion)
    tell(state, touched)


ROUTER = Router(
    "/files",
    route_handlers=[list_members, add_member, end_member, hand_over, break_glass, pending, review],
    dependencies=CALLER,
    security=SECURITY,
    tags=["files"],
)
