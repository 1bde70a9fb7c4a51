"""Opening a file in an emergency, of which its supervisor is told at once and has to say what they think.

What tells it is a record of the file (schemas/emergency_access.py), made by the server in the transaction
that opens it: so it reaches phones by ordinary sync, pokes those who wait, and moves along with the file.
Reason and opinion stand nowhere else. The supervisor's decision is taken here and by no change, for it is no
edit among others: it is given once, never of one's own, and stays.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schemas.emergency_access import ReviewState
from schemas.privacy import Privacy
from schemas.problems import FORBIDDEN, NOT_FOUND, UNAVAILABLE, Problem
from service.access import emergency_store, members
from service.access.emergency_store import COLLECTION
from service.access.files import Reason, check_reason, locked, noted
from service.access.roles import MemberKind, Role
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.audit.events import Event
from service.auth.caller import Caller
from sync import clock
from sync.confine import confine
from sync.record import CREATION, Stamp, Stored
from sync.scope import Place, Touched
from sync.statement import Connection

OPEN_FOR: Final = timedelta(hours=4)
REVIEW_WITHIN: Final = timedelta(days=3)
SHORTEST_REASON: Final = 10

_FIELD: Final = frozenset({Role.SOCIAL_WORKER.value, Role.CHILD_OFFICER.value})
_CLASS: Final = Privacy.CONFIDENTIAL


class Emergency(msgspec.Struct, frozen=True):
    """Why somebody must see a file at once; at least ten characters."""

    reason: Reason


class Opinion(msgspec.Struct, frozen=True):
    """What a supervisor thinks of an emergency."""

    opinion: Reason


class Opened(msgspec.Struct, frozen=True):
    """An emergency in which somebody opened a file. `review_by`: when a supervisor must have looked at it."""

    id: UUID
    area: UUID
    case: UUID
    account: UUID
    name: str
    reason: Annotated[str, Meta(max_length=1000)]
    opened_at: datetime
    until: datetime
    review_by: datetime


async def open_in_emergency(
    connection: Connection, caller: Caller, case: UUID, wanted: Emergency
) -> tuple[UUID, datetime, Touched]:
    """Read a file of the caller's area that is not theirs, for some hours: the notice's id, until when."""
    check_reason(wanted.reason, SHORTEST_REASON)
    async with connection.transaction():
        held, place = await locked(connection, caller, case)
        _, here = await members.roles_of(connection, caller.account, place.area)
        if not here & _FIELD:
            raise Problem(FORBIDDEN)
        if case in held.files.get(place.area, {}):
            raise Problem(FORBIDDEN, "您已是此档案的成员", "You work on this file already")
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        until = now + OPEN_FOR
        id = uuid4()
        await members.give(
            connection,
            place,
            caller.account,
            MemberKind.VIEWER.value,
            confidential=False,
            by=caller.account,
            until=until,
            emergency=id,
        )
        rev = await members.next_position(connection, place.area)
        notice = _notice(id, place, caller.account, wanted.reason, now, until, rev)
        await emergency_store.keep(connection, notice)
        await noted(
            connection, Event.FILE_BROKEN_INTO, caller.account, caller, place, until=until, emergency=id
        )
    return id, until, members.woken(place) | {notice.place: notice.classes()}


async def emergencies(connection: Connection, caller: Caller) -> list[Opened]:
    """Emergencies in areas that the caller supervises which nobody has looked at yet, the oldest first."""
    async with connection.transaction():
        held = (await access_of(connection, caller)).clearance
        await confine(connection, held.supervised)
        found = await emergency_store.in_areas(connection, held.supervised)
        pending = [
            (notice, name)
            for notice, name in found
            if notice.values(_CLASS)["state"] == ReviewState.PENDING.code
        ]
        reading: dict[UUID | None, dict[UUID, int]] = {}
        for notice, _ in pending:
            reading.setdefault(notice.area, {})[notice.id] = notice.classes()
        await accountant_for(caller).read(connection, "break-glass-listed", reading)
    return sorted((_opened(*each) for each in pending), key=lambda each: (each.opened_at, each.id))


async def review(connection: Connection, caller: Caller, id: UUID, opinion: str) -> Touched:
    """Say what is to be thought of an emergency. Not of one's own, and once: what was said stays."""
    check_reason(opinion, 1, "/opinion")
    async with connection.transaction():
        before = await _to_review(connection, caller, id)
        rev = await members.next_position(connection, before.area)
        notice = await _to_review(connection, caller, id)
        if notice.area != before.area:  # its file has just moved: ask again
            raise Problem(UNAVAILABLE)
        if notice.author == caller.account:
            raise Problem(FORBIDDEN, "请由另一位督导核查", "Another supervisor has to look at it")
        notice.values(_CLASS).update(
            state=ReviewState.REVIEWED.code,
            reviewed_at=_text(await connection.fetchval("SELECT clock_timestamp()")),
            reviewed_by=str(caller.account),
            opinion=opinion,
        )
        notice.put(_CLASS, rev)
        await emergency_store.keep(connection, notice)
        assert notice.author is not None
        await noted(
            connection, Event.EMERGENCY_REVIEWED, notice.author, caller, notice.place, emergency=notice.id
        )
    return {notice.place: notice.classes()}


async def _to_review(connection: Connection, caller: Caller, id: UUID) -> Stored:
    """The notice that nobody has reviewed yet, in an area that the caller supervises. Raises NOT_FOUND."""
    held = (await access_of(connection, caller)).clearance
    await confine(connection, held.supervised)
    for notice in await emergency_store.with_id(connection, id, held.supervised):
        if notice.values(_CLASS)["state"] == ReviewState.PENDING.code:
            return notice
    raise Problem(NOT_FOUND)


def _notice(
    id: UUID, place: Place, account: UUID, reason: str, now: datetime, until: datetime, rev: int
) -> Stored:
    """Whoever opened the file is its author: so they see it as they see what they write."""
    notice = Stored(place.area, id, COLLECTION, case=place.case, author=account, parent=place.case)
    at = f"{clock.wall_text(int(now.timestamp() * 1000))}-0000-server"
    notice.stamps[CREATION] = Stamp(rev, "", at)
    notice.values(_CLASS).update(
        household=str(place.case),
        account=str(account),
        reason=reason,
        opened_at=_text(now),
        until=_text(until),
        review_by=_text(now + REVIEW_WITHIN),
        state=ReviewState.PENDING.code,
        reviewed_at=None,
        reviewed_by=None,
        opinion=None,
    )
    notice.put(_CLASS, rev)
    return notice


def _opened(notice: Stored, name: str) -> Opened:
    said = notice.values(_CLASS)
    return Opened(
        notice.id,
        notice.area,
        UUID(said["household"]),
        UUID(said["account"]),
        name,
        said["reason"],
        *(datetime.fromisoformat(said[moment]) for moment in ("opened_at", "until", "review_by")),
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
