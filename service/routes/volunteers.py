"""What volunteers served, for who works online; certificates of it, and whether one stands."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from schemas.problems import (
    CERTIFICATE_NOT_BORNE_OUT,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    TOO_MANY_ATTEMPTS,
)
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answer, answered
from service.http.documents import operation
from service.http.network import network_of
from service.http.problems import BODY, CALLING, documented
from service.volunteers import certificates
from service.volunteers.certificates import Printed, ToVerify, Verified
from service.volunteers.paper import MEDIA_TYPE, POLICY, paper
from service.volunteers.reading import Read
from service.volunteers.served import Served, reading_for, served

T = TypeVar("T")

HOW = "volunteers"


@get(
    "/volunteers/{id:uuid}/service",
    summary="志愿服务记录 What a volunteer served",
    operation_id="volunteer_service",
    responses=documented(*CALLING, NOT_ACCEPTABLE, NOT_FOUND),
)
async def service(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], id: FromPath[UUID]
) -> Response[Served]:
    """By the rules of the catalogue, from the attendances that the caller may read; no minute counts twice.

    Of each its reason. Whether a check-in by code is proven is told to who reads the activity's secret.
    """
    return answered(request, await _told(state, caller, served, id))


@get(
    "/certificates/{id:uuid}",
    summary="志愿服务证明 A certificate, to be printed",
    operation_id="certificate",
    responses=documented(*CALLING, NOT_ACCEPTABLE, NOT_FOUND, CERTIFICATE_NOT_BORNE_OUT),
)
async def certificate(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], id: FromPath[UUID]
) -> Response[Printed]:
    """With its number, for who reads the volunteer's name; only while the records bear it out.

    Free of charge. The number of the volunteer's papers is there for who may read it.
    """
    return answered(request, await _told(state, caller, certificates.printed, id))


@get(
    "/certificates/{id:uuid}/page",
    summary="打印页面 The same as a page",
    operation_id="certificate_page",
    operation_class=operation(gives=str, gives_what="A page for the printer", media=(MEDIA_TYPE,)),
    responses=documented(*CALLING, NOT_FOUND, CERTIFICATE_NOT_BORNE_OUT),
)
async def certificate_page(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller], id: FromPath[UUID]
) -> Response[Any]:
    """One page, in Chinese with English beside, that loads nothing else; to be signed and sealed."""
    page = paper(await _told(state, caller, certificates.printed, id))
    return answer(request, page.encode(), MEDIA_TYPE, headers={"Content-Security-Policy": POLICY})


async def _told(state: State, caller: Caller, ask: Callable[[Read, UUID], Awaitable[T]], id: UUID) -> T:
    async with state.pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            read = await reading_for(connection, caller)
            found = await ask(read, id)
        await accountant_for(caller).read(connection, HOW, read.reading)
    return found


@post(
    "/certificates/verify",
    status_code=200,
    tags=["volunteers"],
    summary="核验证明 Does a certificate stand",
    operation_id="verify_certificate",
    responses=documented(*BODY, NOT_ACCEPTABLE, TOO_MANY_ATTEMPTS),
)
async def verify(
    request: Request[Any, Any, State], state: State, data: JSONBody[ToVerify]
) -> Response[Verified]:
    """For anybody who was shown one: whether a certificate with this number and these minutes stands.

    Nothing else is told, and only so many are answered. In the body, for addresses are logged.
    """
    async with state.pool.acquire() as connection:
        found = await certificates.verified(connection, data, network_of(request))
    return answered(request, found)


ROUTER = Router(
    "/",
    route_handlers=[service, certificate, certificate_page],
    dependencies=CALLER,
    security=SECURITY,
    tags=["volunteers"],
)
