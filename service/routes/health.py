"""For whoever runs the server: is it alive, may it be sent work, how is it doing."""

import asyncio
import secrets
from typing import Any, Literal

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from schemas.problems import FORBIDDEN, NOT_ACCEPTABLE, UNAVAILABLE, Problem
from service.http.answer import answer, answered
from service.http.metrics import CONTENT_TYPE, exposition
from service.http.network import is_from_this_machine
from service.http.problems import RETRY_AFTER, documented
from service.schema import newest_revision

READY_SECONDS = 3.0


class Health(msgspec.Struct, frozen=True):
    """All is well; everything else is a problem."""

    status: Literal["live", "ready"]


@get(
    "/health/live",
    tags=["health"],
    summary="进程是否在运行 Is the process alive",
    operation_id="live",
    responses=documented(NOT_ACCEPTABLE),
)
async def live(request: Request[Any, Any, State]) -> Response[Health]:
    """Asks nothing of anything: a process that does not answer should be started anew."""
    return answered(request, Health("live"))


@get(
    "/health/ready",
    tags=["health"],
    summary="能否处理请求 May it be sent requests",
    operation_id="ready",
    responses=documented(NOT_ACCEPTABLE),
)
async def ready(request: Request[Any, Any, State], state: State) -> Response[Health]:
    """The database answers, and has the schema that this version needs."""
    async with asyncio.timeout(READY_SECONDS):
        found = await state.pool.fetchval("SELECT version_num FROM alembic_version")
    if found != newest_revision():
        raise Problem(
            UNAVAILABLE,
            "数据库结构与程序版本不符，请运行 liandong migrate",
            "The database's schema is not this version's: run `liandong migrate`",
            headers=RETRY_AFTER,
        )
    return answered(request, Health("ready"))


@get(
    "/metrics",
    tags=["health"],
    summary="运行指标 Numbers for Prometheus",
    operation_id="metrics",
    media_type=CONTENT_TYPE,
    responses=documented(FORBIDDEN),
)
async def metrics(request: Request[Any, Any, State], state: State) -> Response[bytes]:
    """With the token of LIANDONG_METRICS_TOKEN as Bearer; from this machine only where none is set."""
    token: str | None = state.settings.metrics_token
    if token is None:
        allowed = is_from_this_machine(request)
    else:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        allowed = scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), token.encode())
    if not allowed:
        raise Problem(FORBIDDEN)
    return answer(request, exposition(), CONTENT_TYPE)
