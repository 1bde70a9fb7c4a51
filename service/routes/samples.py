"""De-identified samples: having one drawn, reading it, and releasing the words in it."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.faults import one_of
from schemas.problems import (
    FORBIDDEN,
    INVALID,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    Problem,
)
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answer, answered
from service.http.documents import operation
from service.http.problems import BODY, CALLING, documented
from service.samples import export, sampling
from service.samples.rule import SAMPLED
from service.samples.sampling import NewSample, Release, SampleDrawn
from service.samples.store import SampleListed, SampleRecord, Withheld

CSV = "text/csv; charset=utf-8"
LINES = "application/x-ndjson"
MOST = 5_000

After = Annotated[
    int, QueryParameter(description="`no` of the last record of the page before", ge=0, le=2**31 - 1)
]
Limit = Annotated[int, QueryParameter(description="Records a page", ge=1, le=MOST)]
PSEUDONYM = r"^[0-9a-f]{0,40}(?!\n)$"  # why the lookahead: service/auth/names.py


class SampleList(msgspec.Struct, frozen=True):
    """Samples in the order in which they were drawn."""

    samples: list[SampleListed]


class SamplePage(msgspec.Struct, frozen=True):
    """Records of a sample. `next`: ask again with it as `after`; null at the end."""

    records: list[SampleRecord]
    next: int | None


class WithheldPage(msgspec.Struct, frozen=True):
    """Records with words in them. `next`: ask again with it as `after`; null at the end."""

    records: list[Withheld]
    next: str | None


@post(
    "/",
    summary="抽取样本 Have a sample drawn",
    operation_id="draw_sample",
    responses=documented(*CALLING, *BODY, FORBIDDEN, NOT_ACCEPTABLE),
)
async def draw(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    data: JSONBody[NewSample],
) -> Response[SampleDrawn]:
    """For the city bureau (市民政局): by lot, so many of each collection in each community.

    Names, addresses, phones and numbers are left out, ids replaced, days coarsened to months and years of
    birth to five, amounts banded; what fits fewer than five families is held back. Records on children under
    14 are left out unless the rule says `children`: then their guardians have agreed.
    """
    async with state.pool.acquire() as connection:
        made = await sampling.draw(connection, caller, data)
    return answered(request, made, 201)


@get(
    "/",
    summary="样本列表 Samples",
    operation_id="samples",
    responses=documented(*CALLING, NOT_ACCEPTABLE),
)
async def list_samples(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[SampleList]:
    """An evaluator's own; those that the bureau had drawn; those with records of areas one supervises."""
    async with state.pool.acquire() as connection:
        found = await sampling.list_samples(connection, caller)
    return answered(request, SampleList(found))


@get(
    "/{sample:uuid}/records",
    summary="样本记录 Records of a sample",
    operation_id="sample_records",
    operation_class=operation(
        gives=SamplePage, gives_what="A page; as lines or a table without `next`", texts=(CSV, LINES)
    ),
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def records(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    sample: FromPath[UUID],
    after: After = 0,
    limit: Limit = 200,
    collection: Annotated[str | None, QueryParameter(description="Of this one only", max_length=64)] = None,
    form: Annotated[
        Literal["json", "lines", "csv"],
        QueryParameter(name="as", description="`csv` takes a `collection`"),
    ] = "json",
) -> Response[Any]:
    """For the evaluator whom it was drawn for, until it ends. Every record read is on account."""
    if (collection is not None or form == "csv") and collection not in SAMPLED:
        raise Problem(INVALID, errors=(one_of(SAMPLED).under("/collection"),))
    async with state.pool.acquire() as connection:
        found = await sampling.read(connection, caller, sample, collection, after, limit)
    if form == "lines":
        return answer(request, export.lines(found), LINES)
    if form == "csv":
        return answer(request, export.table(str(collection), found), CSV)
    return answered(request, SamplePage(found, found[-1].no if len(found) == limit else None))


@get(
    "/{sample:uuid}/texts",
    summary="待放行的文字 Words of a sample that are withheld",
    operation_id="sample_texts",
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def texts(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    sample: FromPath[UUID],
    after: Annotated[
        str, QueryParameter(description="`next` of the page before", max_length=40, pattern=PSEUDONYM)
    ] = "",
    limit: Annotated[int, QueryParameter(description="Records a page", ge=1, le=500)] = 200,
) -> Response[WithheldPage]:
    """For supervisors: which of their records stand behind the pseudonyms that an evaluator asks about."""
    async with state.pool.acquire() as connection:
        found = await sampling.list_withheld(connection, caller, sample, after, limit)
    return answered(request, WithheldPage(found, found[-1].id if len(found) == limit else None))


@post(
    "/{sample:uuid}/texts/{record:str}/release",
    status_code=204,
    summary="放行文字 Release words of a record",
    operation_id="release_sample_texts",
    responses=documented(*CALLING, *BODY, NOT_FOUND),
)
async def release(
    state: State,
    caller: NamedDependency[Caller],
    sample: FromPath[UUID],
    record: FromPath[str],
    data: JSONBody[Release],
) -> None:
    """For supervisors who have read them: they name nobody. The evaluator sees them as they are now."""
    async with state.pool.acquire() as connection:
        await sampling.release(connection, caller, sample, record, data)


ROUTER = Router(
    "/samples",
    route_handlers=[draw, list_samples, records, texts, release],
    dependencies=CALLER,
    security=SECURITY,
    tags=["samples"],
)
