"""What is decided about a person's data: that it is erased, or that it has to be kept.

An erasure cannot be taken back, so it takes two: a supervisor, who knows the file, and an administrator, who
sees nothing of it and looks whether it was asked for as it should be. It is carried out by the tables' owner
(service/persons/retention.py), for the server itself cannot change history. A legal hold beats it until then,
and so does a mandatory report that is not closed.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

import msgspec

from schemas.civil import civil_date
from schemas.problems import FORBIDDEN, NOT_FOUND, UNDER_HOLD, Problem
from service.access import persons
from service.access.files import Moment, Reason, check_reason, check_until
from service.access.store import access_of, administered_by
from service.audit.events import Event, note
from service.auth.caller import Caller
from service.persons import extent, store
from service.persons.store import Erasure, Hold
from sync.confine import confine
from sync.record import Stored
from sync.statement import Connection
from sync.store import lock_areas

SHORTEST_REASON: Final = 10


class NewErasure(msgspec.Struct, frozen=True):
    """Why a person's data is to be erased, without names; at least ten characters. It is kept."""

    reason: Reason


class NewHold(msgspec.Struct, frozen=True):
    """Why a person's file has to be kept, without names, and until when; null: until it is lifted."""

    reason: Reason
    until: Moment | None = None


async def hold(connection: Connection, caller: Caller, person: UUID, wanted: NewHold) -> Hold:
    """Have nothing of a person's file erased, for now."""
    check_reason(wanted.reason, SHORTEST_REASON)
    async with connection.transaction():
        _, place = await persons.to_decide(connection, caller, person)
        check_until(wanted.until)
        made = await store.set_hold(connection, place, person, wanted.reason, caller.account, wanted.until)
        await _note(connection, Event.HOLD_SET, caller, place.area, person, hold=made.id)
        return made


async def holds(connection: Connection, caller: Caller, person: UUID) -> list[Hold]:
    """What a person's file is held for now."""
    async with connection.transaction():
        _, place = await persons.to_show(connection, caller, person)
        return await store.holds_on(connection, person, place.case)


async def lift(connection: Connection, caller: Caller, id: int) -> None:
    """End a hold, in an area that the caller supervises."""
    _check_number(id)
    async with connection.transaction():
        held = (await access_of(connection, caller)).clearance
        await confine(connection, held.supervised)
        found = await store.lift_hold(connection, id, held.supervised, caller.account)
        if found is None:
            raise Problem(NOT_FOUND)
        area, person = found
        await lock_areas(connection, [area])  # its lock, for the audit of the area
        await _note(connection, Event.HOLD_LIFTED, caller, area, person, hold=id)


async def ask(connection: Connection, caller: Caller, person: UUID, wanted: NewErasure) -> Erasure:
    """Ask that a person's data be erased. Asked again, it is the same as before. Raises UNDER_HOLD."""
    check_reason(wanted.reason, SHORTEST_REASON)
    async with connection.transaction():
        _, place = await persons.to_decide(connection, caller, person)
        await check_holds(connection, person, place.case)
        file = await store.file_of(connection, place, person)
        check_reports(extent.erased_with(person, list(file.values())))
        if await store.ask(connection, place.area, person, wanted.reason, caller.account):
            await _note(connection, Event.ERASURE_ASKED, caller, place.area, person)
        asked = await store.open_erasures(connection, [place.area])
        return next(each for each in asked if each.person == person)


async def erasures(connection: Connection, caller: Caller) -> list[Erasure]:
    """Erasures that are not carried out yet, of the areas that the caller supervises or administers."""
    async with connection.transaction():
        held = (await access_of(connection, caller)).clearance
        areas = held.supervised | await administered_by(connection, caller)
        await confine(connection, areas)
        return await store.open_erasures(connection, areas)


async def confirm(connection: Connection, caller: Caller, id: int) -> None:
    """The second person's word: of an administrator of the area, and not of who asked."""
    async with connection.transaction():
        areas = await administered_by(connection, caller)
        found = await _erasure(connection, id, areas)
        if found.asked_by == caller.account:
            raise Problem(FORBIDDEN, "须由另一人确认", "Somebody else has to confirm it")
        if found.confirmed_at is not None:
            return
        await store.confirm(connection, id, caller.account)
        await _note(connection, Event.ERASURE_CONFIRMED, caller, found.area, found.person)


async def withdraw(connection: Connection, caller: Caller, id: int) -> None:
    """It is not to be done after all; as long as it was not."""
    async with connection.transaction():
        held = (await access_of(connection, caller)).clearance
        found = await _erasure(connection, id, held.supervised | await administered_by(connection, caller))
        await store.withdraw(connection, id, caller.account)
        await _note(connection, Event.ERASURE_WITHDRAWN, caller, found.area, found.person)


async def check_holds(connection: Connection, person: UUID, case: UUID | None) -> None:
    """Raises UNDER_HOLD, naming the hold, where the file has to be kept."""
    for each in await store.holds_on(connection, person, case):
        since = civil_date(each.set_at)
        until = None if each.until is None else civil_date(each.until)
        until_zh = "解除前" if until is None else f"{until} 前"
        until_en = "until it is lifted" if until is None else f"until {until}"
        raise Problem(
            UNDER_HOLD,
            f"保全 {each.id}（{each.name}，{since}）{until_zh}不得删除：{each.reason}",
            f"Hold {each.id}, set by {each.name} on {since}, {until_en}: {each.reason}",
        )


def check_reports(going: Collection[Stored]) -> None:
    """Raises UNDER_HOLD, naming the report, where a mandatory report among what would go is not closed."""
    for each in extent.owed(going):
        raise Problem(
            UNDER_HOLD,
            f"强制报告 {each.id} 尚未办结，依法不得删除，请在办结后再申请",
            f"The mandatory report {each.id} is not closed: by law it is kept until then",
        )


async def _erasure(connection: Connection, id: int, areas: frozenset[UUID]) -> Erasure:
    _check_number(id)
    await confine(connection, areas)
    found = await store.erasure_with_id(connection, id, areas)
    if found is None:
        raise Problem(NOT_FOUND)
    await lock_areas(connection, [found.area])  # its lock, for the audit of the area
    return found


def _check_number(id: int) -> None:
    if not 0 < id < 2**63:
        raise Problem(NOT_FOUND)


async def _note(
    connection: Connection, event: Event, caller: Caller, area: UUID, person: UUID, **detail: int
) -> None:
    await note(
        connection,
        event,
        caller.account,
        by=caller.account,
        device=caller.device_no,
        area=area,
        person=person,
        **detail,
    )
