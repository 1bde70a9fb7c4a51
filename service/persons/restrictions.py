"""Restricting a person's data (限制处理): kept, and nothing else done with it.

By its lead or supervisor, when the person asks for it or disputes what is written; and by itself, as soon as
consent to social work (`service`) is taken back and no other stands. What the law asks for goes on: an
application that was sent to a department is not held up. Consents stay readable, for a new one may end it.
While it lasts, lead and supervisor read what is restricted in the person's export, and no phone has it.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec

from schemas.civil import civil_date
from schemas.consent import ConsentPurpose
from schemas.privacy import Privacy
from schemas.problems import NOT_FOUND, Problem
from service.access import persons
from service.access.files import Reason, check_reason
from service.audit.chain import Entry, append
from service.audit.events import Event, note
from service.auth.caller import Caller
from service.persons import extent
from service.persons import store as persons_store
from service.persons.decisions import SHORTEST_REASON
from service.persons.store import Withdrawn
from sync.confine import confine
from sync.record import Stored
from sync.restricting import release, restrict
from sync.scope import Place, Touched, merge_bits
from sync.statement import Connection
from sync.store import lock_areas

_WITHDRAWN_ZH: Final = "已撤回对社工服务的同意"


class NewRestriction(msgspec.Struct, frozen=True):
    """Why a person's data is restricted, without names; at least ten characters."""

    reason: Reason


async def begin(connection: Connection, caller: Caller, person: UUID, wanted: NewRestriction) -> Touched:
    """Restrict a person's data; where it is already, that stands."""
    check_reason(wanted.reason, SHORTEST_REASON)
    async with connection.transaction():
        _, place = await persons.to_answer(connection, caller, person)
        return await _begin(connection, place, person, wanted.reason, caller, None)


async def lift(connection: Connection, caller: Caller, person: UUID) -> Touched:
    """The restriction ends. Raises NOT_FOUND where there is none."""
    async with connection.transaction():
        _, place = await persons.to_answer(connection, caller, person)
        number = await persons_store.lift_restriction(connection, place.area, person, caller.account)
        if number is None:
            raise Problem(NOT_FOUND)
        ids = [each.id for each in await _concerned(connection, place, person)]
        touched = await release(connection, place.area, ids, number)
        await note(
            connection,
            Event.RESTRICTION_LIFTED,
            caller.account,
            by=caller.account,
            device=caller.device_no,
            area=place.area,
            person=person,
        )
        return touched


async def follow(
    connection: Connection, areas: Collection[UUID], consents: Collection[UUID] | None = None
) -> Touched:
    """Restrict the data of those in `areas` who took their consent back: all, or by the `consents` named."""
    touched: Touched = {}
    async with connection.transaction():
        await confine(connection, areas)
        found = await persons_store.withdrawn(connection, areas, consents)
    for each in found:
        async with connection.transaction():
            await confine(connection, areas)
            await lock_areas(connection, [each.area])
            for place, classes in (await _follow(connection, each)).items():
                merge_bits(touched, place, classes)
    return touched


async def _follow(connection: Connection, withdrawn: Withdrawn) -> Touched:
    place = await persons_store.place_of(connection, withdrawn.area, withdrawn.person)
    if place is None:
        return {}
    theirs = await persons_store.file_of(connection, Place(place.area), withdrawn.person)
    born = extent.born(theirs[place.area, withdrawn.person])
    today = civil_date(await connection.fetchval("SELECT clock_timestamp()"))
    if any(_allows(each, today, born) for each in theirs.values()):
        return {}
    return await _begin(connection, place, withdrawn.person, _WITHDRAWN_ZH, None, withdrawn.consent)


def _allows(record: Stored, today: date, born: date | None) -> bool:
    """It is a consent to social work that stands."""
    if record.collection != extent.CONSENT:
        return False
    said = {**record.values(Privacy.BASIC), **record.values(Privacy.OPEN)}
    return said.get("purpose") == ConsentPurpose.SERVICE.code and extent.stands(record, said, today, born)


async def _begin(
    connection: Connection,
    place: Place,
    person: UUID,
    reason: str,
    caller: Caller | None,
    consent: UUID | None,
) -> Touched:
    by = None if caller is None else caller.account
    number = await persons_store.restrict(connection, place.area, person, reason, by, consent)
    if number is None:
        return {}
    ids = [each.id for each in await _concerned(connection, place, person)]
    touched = await restrict(connection, place.area, ids, number)
    said = {"person": person} if consent is None else {"person": person, "consent": consent}
    await append(
        connection,
        [
            Entry(
                place.area,
                datetime.now(UTC),
                Event.RESTRICTED.value,
                by,
                None if caller is None else str(caller.device_no),
                place.area,
                detail=msgspec.json.encode(said),
            )
        ],
    )
    return touched


async def _concerned(connection: Connection, place: Place, person: UUID) -> list[Stored]:
    file = await persons_store.file_of(connection, place, person)
    return extent.restricted_with(person, list(file.values()))
