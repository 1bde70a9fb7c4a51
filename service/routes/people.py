"""What a person may ask of us: to see what is held on them, to have it, and to have it erased.

To have it put right takes no route of its own: a correction is an ordinary change, with author and history.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from schemas.problems import (
    FORBIDDEN,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNDER_HOLD,
)
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answer, answered
from service.http.documents import operation
from service.http.language import language_of
from service.http.poking import tell
from service.http.problems import BODY, CALLING, documented
from service.persons import decisions, restrictions
from service.persons.decisions import NewErasure, NewHold
from service.persons.export import Export, gather
from service.persons.restrictions import NewRestriction
from service.persons.sheets import MEDIA_TYPE, workbook
from service.persons.store import Erasure, Hold

OF_A_PERSON = (*CALLING, FORBIDDEN)


class Holds(msgspec.Struct, frozen=True):
    """What a person's file has to be kept for."""

    holds: list[Hold]


class Erasures(msgspec.Struct, frozen=True):
    """Erasures that are not carried out yet, the oldest first."""

    erasures: list[Erasure]


@get(
    "/people/{person:uuid}/export",
    summary="查阅与复制 All that is held on a person",
    operation_id="export_person",
    operation_class=operation(gives=Export, gives_what="Records, changes, who has seen them"),
    responses=documented(*OF_A_PERSON, NOT_ACCEPTABLE, NOT_FOUND),
)
async def export_person(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], person: FromPath[UUID]
) -> Response[Any]:
    """For the file's lead and the supervisor, to show it to the person. That it was made is on record."""
    return answered(request, await _exported(request, state, caller, person))


@get(
    "/people/{person:uuid}/export.xlsx",
    summary="导出 Excel The same as a workbook",
    operation_id="export_person_workbook",
    operation_class=operation(gives=bytes, gives_what="An Excel workbook", media=(MEDIA_TYPE,)),
    responses=documented(*OF_A_PERSON, NOT_FOUND),
)
async def export_person_workbook(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], person: FromPath[UUID]
) -> Response[Any]:
    """A sheet for each kind of record, one for the changes, one for who has seen what. All cells are text."""
    export = await _exported(request, state, caller, person)
    named = {"Content-Disposition": f'attachment; filename="{person}.xlsx"'}
    return answer(request, workbook(export), MEDIA_TYPE, headers=named)


async def _exported(request: Request[Any, Any, State], state: State, caller: Caller, person: UUID) -> Export:
    async with state.pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            export, reading = await gather(connection, caller, person, language_of(request))
        await accountant_for(caller).read(connection, "export", reading)
    return export


@get(
    "/people/{person:uuid}/holds",
    summary="保全情况 What a file has to be kept for",
    operation_id="person_holds",
    responses=documented(*OF_A_PERSON, NOT_ACCEPTABLE, NOT_FOUND),
)
async def list_holds(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], person: FromPath[UUID]
) -> Response[Holds]:
    """For the file's lead and the supervisor."""
    async with state.pool.acquire() as connection:
        found = await decisions.holds(connection, caller, person)
    return answered(request, Holds(found))


@post(
    "/people/{person:uuid}/holds",
    summary="保全档案 Have a file kept",
    operation_id="hold_person",
    responses=documented(*OF_A_PERSON, *BODY, NOT_ACCEPTABLE, NOT_FOUND),
)
async def hold(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    person: FromPath[UUID],
    data: JSONBody[NewHold],
) -> Response[Hold]:
    """For the supervisor. While it stands nothing of the file is erased, whoever asks and whatever ends."""
    async with state.pool.acquire() as connection:
        made = await decisions.hold(connection, caller, person, data)
    return answered(request, made, 201)


@delete(
    "/holds/{hold:int}",
    status_code=204,
    summary="解除保全 Lift a hold",
    operation_id="lift_hold",
    responses=documented(*OF_A_PERSON, NOT_FOUND),
)
async def lift(state: State, caller: NamedDependency[Caller], hold: FromPath[int]) -> None:
    """For a supervisor of the area."""
    async with state.pool.acquire() as connection:
        await decisions.lift(connection, caller, hold)


@post(
    "/people/{person:uuid}/restriction",
    status_code=204,
    summary="限制处理 Restrict a person's data",
    operation_id="restrict_person",
    responses=documented(*OF_A_PERSON, *BODY, NOT_FOUND),
)
async def restrict(
    state: State, caller: NamedDependency[Caller], person: FromPath[UUID], data: JSONBody[NewRestriction]
) -> None:
    """For the file's lead and the supervisor: it is kept, and off everybody's phone, until that ends.

    It follows by itself where consent to social work is taken back. Lead and supervisor read the export.
    """
    async with state.pool.acquire() as connection:
        touched = await restrictions.begin(connection, caller, person, data)
    tell(state, touched)


@delete(
    "/people/{person:uuid}/restriction",
    status_code=204,
    summary="解除限制 End a restriction",
    operation_id="lift_restriction",
    responses=documented(*OF_A_PERSON, NOT_FOUND),
)
async def lift_restriction(state: State, caller: NamedDependency[Caller], person: FromPath[UUID]) -> None:
    """For the file's lead and the supervisor. Phones are given everything back."""
    async with state.pool.acquire() as connection:
        touched = await restrictions.lift(connection, caller, person)
    tell(state, touched)


@post(
    "/people/{person:uuid}/erase",
    status_code=202,
    summary="申请删除 Ask that a person's data be erased",
    operation_id="erase_person",
    responses=documented(*OF_A_PERSON, *BODY, NOT_ACCEPTABLE, NOT_FOUND, UNDER_HOLD),
)
async def erase(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    person: FromPath[UUID],
    data: JSONBody[NewErasure],
) -> Response[Erasure]:
    """For the supervisor. An administrator confirms it, and `liandong retention` carries it out.

    Asked again, it is answered as before.
    """
    async with state.pool.acquire() as connection:
        asked = await decisions.ask(connection, caller, person, data)
    return answered(request, asked, 202)


@get(
    "/erasures",
    summary="待执行的删除 Erasures that are not carried out yet",
    operation_id="erasures",
    responses=documented(*OF_A_PERSON, NOT_ACCEPTABLE),
)
async def list_erasures(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[Erasures]:
    """Of the areas that one supervises or administers."""
    async with state.pool.acquire() as connection:
        found = await decisions.erasures(connection, caller)
    return answered(request, Erasures(found))


@post(
    "/erasures/{erasure:int}/confirm",
    status_code=204,
    summary="确认删除 Confirm an erasure",
    operation_id="confirm_erasure",
    responses=documented(*OF_A_PERSON, NOT_FOUND),
)
async def confirm(state: State, caller: NamedDependency[Caller], erasure: FromPath[int]) -> None:
    """For an administrator of the area who did not ask for it."""
    async with state.pool.acquire() as connection:
        await decisions.confirm(connection, caller, erasure)


@delete(
    "/erasures/{erasure:int}",
    status_code=204,
    summary="撤回删除 Take an erasure back",
    operation_id="withdraw_erasure",
    responses=documented(*OF_A_PERSON, NOT_FOUND),
)
async def withdraw(state: State, caller: NamedDependency[Caller], erasure: FromPath[int]) -> None:
    """For supervisors and administrators of the area, until it is carried out."""
    async with state.pool.acquire() as connection:
        await decisions.withdraw(connection, caller, erasure)


ROUTER = Router(
    "/",
    route_handlers=[
        export_person,
        export_person_workbook,
        list_holds,
        hold,
        lift,
        restrict,
        lift_restriction,
        erase,
        list_erasures,
        confirm,
        withdraw,
    ],
    dependencies=CALLER,
    security=SECURITY,
    tags=["people"],
)
