"""Files: who works on them, handing them over, and opening one in an emergency."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from schemas.problems import (
    DEVICE_REVOKED,
    FORBIDDEN,
    INVALID,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    SIGN_IN_REQUIRED,
    TOKEN_EXPIRED,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA,
)
from service.access import files
from service.access.files import Emergency, HandOver, Moment, NewMember, Opinion
from service.access.members import Member, Opened
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.poking import tell
from service.http.problems import documented

CALLING = (SIGN_IN_REQUIRED, TOKEN_EXPIRED, DEVICE_REVOKED, FORBIDDEN)
BODY = (MALFORMED, INVALID, TOO_LARGE, UNSUPPORTED_MEDIA, UNAVAILABLE)


class Members(msgspec.Struct, frozen=True):
    """Who works on a file now."""

    members: list[Member]


class Emergencies(msgspec.Struct, frozen=True):
    """Emergencies that a supervisor has still to look at, the oldest first."""

    emergencies: list[Opened]


class Until(msgspec.Struct, frozen=True):
    """When the file closes again by itself."""

    until: Moment


@get(
    "/{case:uuid}/members",
    summary="档案成员 Who works on a file",
    operation_id="file_members",
    responses=documented(*CALLING, NOT_ACCEPTABLE, NOT_FOUND),
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
    responses=documented(*CALLING, *BODY, NOT_FOUND),
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
    responses=documented(*CALLING, NOT_FOUND, UNAVAILABLE),
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
    responses=documented(*CALLING, *BODY, NOT_FOUND),
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
    responses=documented(*CALLING, *BODY, NOT_ACCEPTABLE, NOT_FOUND),
)
async def break_glass(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    case: FromPath[UUID],
    data: JSONBody[Emergency],
) -> Response[Until]:
    """For social workers and child officers of the area: the file is theirs to read for four hours.

    The supervisor is told, and reviews it within three days.
    """
    async with state.pool.acquire() as connection:
        until, touched = await files.open_in_emergency(connection, caller, case, data)
    tell(state, touched)
    return answered(request, Until(until), 201)


@get(
    "/break-glass",
    summary="待核查的紧急查阅 Emergencies to review",
    operation_id="emergencies",
    responses=documented(*CALLING, NOT_ACCEPTABLE),
)
async def emergencies(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Emergencies]:
    """Those in the areas that one supervises which nobody has looked at yet."""
    async with state.pool.acquire() as connection:
        found = await files.emergencies(connection, caller)
    return answered(request, Emergencies(found))


@post(
    "/break-glass/{emergency:int}/review",
    status_code=204,
    summary="核查紧急查阅 Review an emergency",
    operation_id="review_emergency",
    responses=documented(*CALLING, *BODY, NOT_FOUND),
)
async def review(
    state: State, caller: NamedDependency[Caller], emergency: FromPath[int], data: JSONBody[Opinion]
) -> None:
    """What the supervisor thinks of it; it stays as it was said."""
    async with state.pool.acquire() as connection:
        await files.review(connection, caller, emergency, data.opinion)


ROUTER = Router(
    "/files",
    route_handlers=[list_members, add_member, end_member, hand_over, break_glass, emergencies, review],
    dependencies=CALLER,
    security=SECURITY,
    tags=["files"],
)
