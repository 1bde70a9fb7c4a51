"""Who has seen a file: for all who may see it themselves."""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, Parameter

from schemas.problems import INVALID, NOT_ACCEPTABLE, NOT_FOUND, FieldProblem, Problem
from service.access.store import access_of
from service.audit.trail import NEWEST, Place, Seen, trail_of
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.answer import answered
from service.http.problems import CALLING, documented

MOST = 500
LONGEST = 200  # of a place in the trail; ours are some 110 characters


class Trail(msgspec.Struct, frozen=True):
    """Who has seen or written a record, the latest first. `next`: ask again with it as `before`."""

    entries: list[Seen]
    next: str | None


@get(
    "/record",
    summary="谁查阅过 Who has seen a record",
    operation_id="audit_record",
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def record_trail(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    record: FromQuery[UUID],
    before: Annotated[
        str | None, Parameter(description="`next` of the page before", max_length=LONGEST)
    ] = None,
    limit: Annotated[int, Parameter(description="Entries a page", ge=1, le=MOST)] = 200,
) -> Response[Trail]:
    """Who read contact, identity, case or confidential fields of a record or wrote it: when, on which device.

    Told to everybody who may see the record, of the classes that they may see. A phone's reading is when the
    record was sent to it.
    """
    place = NEWEST if before is None else _read(before)
    async with (
        state.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        held = (await access_of(connection, caller)).clearance
        entries, ended = await trail_of(connection, record, held, place, limit)
    return answered(request, Trail(entries, None if ended is None else _text(ended)))


def _text(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _read(text: str) -> Place:
    try:
        place = msgspec.json.decode(base64.b64decode(text, altchars=b"-_", validate=True), type=Place)
        if place.at.tzinfo is None or not 0 <= place.no < 2**63:
            raise ValueError(place)
        return place
    except (ValueError, binascii.Error, msgspec.DecodeError):
        wrong = FieldProblem("/before", "place", "应为上一页的 next", "must be the `next` of a page")
        raise Problem(INVALID, errors=(wrong,)) from None


ROUTER = Router(
    "/audit",
    route_handlers=[record_trail],
    dependencies=CALLER,
    security=SECURITY,
    tags=["audit"],
)
