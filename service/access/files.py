"""Who works on a file: what its lead and its supervisor may do about that.

A file that the caller sees no part of is answered as if it did not exist. What is done is on record twice: a
membership is never deleted, and each step stands in the audit of the area.
"""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.privacy import Privacy
from schemas.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAVAILABLE, FieldProblem, Problem
from service.access import members
from service.access.members import Member
from service.access.roles import MemberKind, Role
from service.access.store import access_of
from service.audit.events import Event, note
from service.auth.caller import Caller
from sync.confine import confine
from sync.scope import Clearance, Place, Touched
from sync.statement import Connection
from sync.store import lock_areas

# Who may be made a member.
_PROFESSION: Final = frozenset({Role.SOCIAL_WORKER.value, Role.SUPERVISOR.value, Role.CHILD_OFFICER.value})
_LATEST: Final = datetime(2999, 12, 31, tzinfo=UTC)

Moment = Annotated[datetime, Meta(tz=True)]
Reason = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00]*$")]


class NewMember(msgspec.Struct, frozen=True):
    """Somebody who is to work on a file. `confidential`: the confidential part too; `until`: ends then."""

    account: UUID
    kind: MemberKind
    confidential: bool = False
    until: Moment | None = None


class HandOver(msgspec.Struct, frozen=True):
    """`to` leads the file from now on. Who led it stays a co-worker until `until`, or leaves it at once."""

    to: UUID
    reason: Reason
    until: Moment | None = None


async def list_members(connection: Connection, caller: Caller, case: UUID) -> list[Member]:
    """Who works on a file, for those who may read what a family is called."""
    async with connection.transaction():
        held, place = await _seen(connection, caller, case)
        if not held.reads(place) & Privacy.BASIC.bit:
            raise Problem(FORBIDDEN)
        found = await members.members_of(connection, place.area, case)
    # That there was an emergency is told to whom the notice of it is told, and to whoever had it.
    return [
        each
        for each in found
        if each.emergency is None
        or each.account == caller.account
        or held.reads(place._replace(author=each.account)) & Privacy.CONFIDENTIAL.bit
    ]


async def add_member(connection: Connection, caller: Caller, case: UUID, wanted: NewMember) -> Touched:
    """Have somebody work on the file, or in another way than before."""
    async with connection.transaction():
        place = await _to_manage(connection, caller, case)
        if wanted.kind is MemberKind.LEAD:
            lead = FieldProblem("/kind", "lead", "请用移交来更换主责社工", "hand the file over instead")
            raise Problem(INVALID, errors=(lead,))
        check_until(wanted.until)
        await _check_person(connection, wanted.account, place, "/account")
        if wanted.account in await _leads(connection, place):
            lead = FieldProblem(
                "/account", "lead", "此人是主责社工，请先移交", "leads the file: hand it over first"
            )
            raise Problem(INVALID, errors=(lead,))
        await members.give(
            connection,
            place,
            wanted.account,
            wanted.kind.value,
            confidential=wanted.confidential,
            by=caller.account,
            until=wanted.until,
        )
        await noted(connection, Event.MEMBER_GIVEN, wanted.account, caller, place, member=wanted.kind.value)
    return members.woken(place)


async def end_member(connection: Connection, caller: Caller, case: UUID, account: UUID) -> Touched:
    """Somebody works on the file no longer: by its lead, its supervisor, or their own wish.

    A lead does not leave a file without one: they hand it over, or the supervisor takes it from them.
    """
    async with connection.transaction():
        held, place = await locked(connection, caller, case)
        is_theirs = await answers_for(connection, held, caller, place)
        if not is_theirs and account != caller.account:
            raise Problem(FORBIDDEN)
        leads = await _leads(connection, place)
        if account in leads and place.area not in held.supervised:
            raise Problem(FORBIDDEN, "请先移交给另一位社工", "Hand the file over to somebody first")
        if not await members.end(connection, place, account, by=caller.account):
            raise Problem(NOT_FOUND)
        await noted(connection, Event.MEMBER_ENDED, account, caller, place)
    return members.woken(place)


async def hand_over(connection: Connection, caller: Caller, case: UUID, wanted: HandOver) -> Touched:
    """Another lead for the file."""
    check_reason(wanted.reason, 1)
    async with connection.transaction():
        place = await _to_manage(connection, caller, case)
        check_until(wanted.until)
        await _check_person(connection, wanted.to, place, "/to")
        leads = await _leads(connection, place)
        if wanted.to in leads:
            same = FieldProblem("/to", "lead", "此人已是主责社工", "leads the file already")
            raise Problem(INVALID, errors=(same,))
        for lead in leads:
            if wanted.until is None:
                await members.end(connection, place, lead, by=caller.account)
            else:
                await members.give(
                    connection,
                    place,
                    lead,
                    MemberKind.CO_WORKER.value,
                    confidential=True,
                    by=caller.account,
                    until=wanted.until,
                    reason=wanted.reason,
                )
        await members.give(
            connection,
            place,
            wanted.to,
            MemberKind.LEAD.value,
            confidential=True,
            by=caller.account,
            reason=wanted.reason,
        )
        await noted(connection, Event.FILE_HANDED_OVER, wanted.to, caller, place)
    return members.woken(place)


async def _seen(connection: Connection, caller: Caller, case: UUID) -> tuple[Clearance, Place]:
    """The file, where the caller sees any of the record that opens it. Raises NOT_FOUND. In a transaction."""
    held = (await access_of(connection, caller)).clearance
    await confine(connection, held.held)
    for found in await members.file_with_id(connection, case, held.held):
        if found.classes & held.reads(found.place):
            return held, found.place
    raise Problem(NOT_FOUND)


async def locked(connection: Connection, caller: Caller, case: UUID) -> tuple[Clearance, Place]:
    """The file, where the caller sees any of the record that opens it, with the lock of its area held: who
    works on it stays as it is. Raises NOT_FOUND. In a transaction."""
    _, before = await _seen(connection, caller, case)
    await lock_areas(connection, [before.area])
    held, place = await _seen(connection, caller, case)
    if place.area != before.area:  # it has just moved: ask again
        raise Problem(UNAVAILABLE)
    return held, place


async def _to_manage(connection: Connection, caller: Caller, case: UUID) -> Place:
    held, place = await locked(connection, caller, case)
    if not await answers_for(connection, held, caller, place):
        raise Problem(FORBIDDEN, "只有主责社工或督导可以", "Only the file's lead or a supervisor may")
    return place


async def answers_for(connection: Connection, held: Clearance, caller: Caller, place: Place) -> bool:
    """Whether the file at `place` is the caller's to answer for: of its lead, or of who supervises there."""
    return place.area in held.supervised or caller.account in await _leads(connection, place)


async def _leads(connection: Connection, place: Place) -> list[UUID]:
    if place.case is None:
        return []
    found = await members.members_of(connection, place.area, place.case)
    return [member.account for member in found if member.kind == MemberKind.LEAD.value]


async def _check_person(connection: Connection, account: UUID, place: Place, at: str) -> None:
    """Whoever is to work on a file is of the profession, anywhere; others are as if there were none."""
    anywhere, _ = await members.roles_of(connection, account, place.area)
    if not anywhere & _PROFESSION:
        unknown = FieldProblem(at, "unknown", "没有这位社工", "no such worker")
        raise Problem(INVALID, errors=(unknown,))


def check_until(until: datetime | None) -> None:
    """Raises INVALID for an end that has passed, or that no calendar gets to."""
    if until is not None and not datetime.now(UTC) < until <= _LATEST:
        early = FieldProblem(
            "/until", "range", "应晚于现在，早于 3000 年", "must be after now and before 3000"
        )
        raise Problem(INVALID, errors=(early,))


def check_reason(reason: str, shortest: int, at: str = "/reason") -> None:
    """Raises INVALID, pointing `at` it, for a reason of less than `shortest` characters."""
    if len(reason.strip()) < shortest:
        short = FieldProblem(at, "length", f"至少 {shortest} 个字", f"at least {shortest} characters")
        raise Problem(INVALID, errors=(short,))


async def noted(
    connection: Connection,
    event: Event,
    account: UUID,
    caller: Caller,
    place: Place,
    **detail: str | datetime | UUID,
) -> None:
    """Keep on record that `caller` did this to `account`, on the file at `place`. The area's lock is held."""
    await note(
        connection,
        event,
        account,
        by=caller.account,
        device=caller.device_no,
        area=place.area,
        case=place.case,
        **detail,
    )
