"""Numbers for reports: counts in which nobody can be found."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from schemas.forms import MONTH
from schemas.problems import INVALID, NOT_ACCEPTABLE, NOT_FOUND
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.problems import CALLING, documented
from service.numbers.numbers import Numbers
from service.numbers.numbers import numbers as numbers_of

A_MONTH = rf"^{MONTH.pattern}(?!\n)$"  # why the lookahead: service/auth/names.py


@get(
    "/numbers",
    dependencies=CALLER,
    security=SECURITY,
    tags=["numbers"],
    summary="统计数字 Numbers",
    operation_id="numbers",
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def numbers(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    area: FromQuery[UUID],
    collection: Annotated[str, QueryParameter(description="Of what", max_length=64)],
    by: Annotated[str | None, QueryParameter(description="One of its fields", max_length=64)] = None,
    month: Annotated[
        str | None, QueryParameter(description="2026-10; the last one that is over", pattern=A_MONTH)
    ] = None,
) -> Response[Numbers]:
    """How many records were made in a month, in an area that one holds and in each area right below it.

    Counts below five are null, and so are others from which they could be worked out; whoever may read the
    records themselves is told all. A month is counted once, when it is over.
    """
    return answered(request, await numbers_of(state.pool, caller, area, collection, by, month))
