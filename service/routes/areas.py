"""The areas of the caller."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency

from schemas.problems import NOT_ACCEPTABLE
from service.access.store import HeldArea, held_areas
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.problems import CALLING, documented


class AreaList(msgspec.Struct, frozen=True):
    """Areas by code."""

    areas: list[HeldArea]


@get(
    "/areas",
    dependencies=CALLER,
    security=SECURITY,
    tags=["areas"],
    summary="我的区域 My areas",
    operation_id="areas",
    responses=documented(*CALLING, NOT_ACCEPTABLE),
)
async def areas(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[AreaList]:
    """Every area that the caller holds or administers, each with what lies below its grants."""
    async with state.pool.acquire() as connection:
        return answered(request, AreaList(await held_areas(connection, caller)))
