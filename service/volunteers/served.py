"""What a volunteer served, by the rules of `schemas.volunteers`, from what the caller may read.

The same rules as on phones. What only the server knows is when a check-in reached it. Whether one is proven
is told to who reads the secret of the activity, and to all others that it is not known.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from schemas.problems import NOT_FOUND, Problem
from schemas.volunteers.attendance import Attendance
from schemas.volunteers.certificate import ServiceCertificate
from schemas.volunteers.check_in import CheckedAs, Direction, checked
from schemas.volunteers.hours import SOURCE, Counted, counted, minutes_of
from schemas.volunteers.hours_spent import HoursSpent
from schemas.volunteers.time_bank import Account, accounts
from schemas.volunteers.volunteer import Volunteer
from service.access.store import access_of
from service.auth.caller import Caller
from service.volunteers import store
from service.volunteers.reading import Read, values_of
from sync.confine import confine
from sync.statement import Connection

VOLUNTEER: Final = Volunteer.declaration.collection
ATTENDANCE: Final = Attendance.declaration.collection
HOURS_SPENT: Final = HoursSpent.declaration.collection
CERTIFICATE: Final = ServiceCertificate.declaration.collection
MOST_LINKED: Final = 200
"""Volunteers whose accounts are looked into for what one was given; gifts from beyond are not counted."""


class Line(msgspec.Struct, frozen=True):
    """One attendance: what counts of it, and how far its times are proven.

    `counted_as`, `checked_in`, `checked_out`: codes of the tables `counted_as` and `checked_as`.
    """

    attendance: str
    activity: str
    title: str | None
    on: date | None
    minutes: int
    counted_as: str
    zh: str
    en: str
    checked_in: str
    checked_out: str


class Bank(msgspec.Struct, frozen=True):
    """The volunteer's account of hours, in minutes. `short`: spent, though there was nothing left."""

    earned: int
    received: int
    given: int
    used: int
    short: int
    balance: int


class Served(msgspec.Struct, frozen=True):
    """What a volunteer served, as far as the caller may read of it. `minutes`: all that counts."""

    volunteer: UUID
    name: str | None
    minutes: int
    lines: list[Line]
    bank: Bank
    source: str


class Service(msgspec.Struct, frozen=True):
    """What attendances come to, with the activities that they are of."""

    counted: list[Counted]
    attendances: dict[str, dict[str, Any]]
    activities: dict[str, dict[str, Any]]


async def reading_for(connection: Connection, caller: Caller) -> Read:
    """What `caller` may read, in this transaction of one snapshot."""
    held = (await access_of(connection, caller)).clearance
    await confine(connection, held.held)
    return Read(connection, held)


async def served(read: Read, volunteer: UUID) -> Served:
    """What `volunteer` served. Raises NOT_FOUND where the caller reads nothing of them."""
    found = values_of(await read.named([volunteer]), VOLUNTEER)
    if str(volunteer) not in found:
        raise Problem(NOT_FOUND)
    service = await service_of(read, str(volunteer))
    proven = await _proven(read, service)
    lines = [
        Line(
            each.attendance,
            each.activity,
            service.activities.get(each.activity, {}).get("title"),
            each.on,
            each.minutes,
            each.as_.code,
            each.zh,
            each.en,
            *(proven[each.attendance, direction].code for direction in Direction),
        )
        for each in service.counted
    ]
    account = await _account(read, str(volunteer))
    bank = Bank(account.earned, account.received, account.given, account.used, account.short, account.balance)
    name = found[str(volunteer)].get("name")
    return Served(volunteer, name, minutes_of(service.counted), lines, bank, SOURCE)


async def service_of(read: Read, volunteer: str) -> Service:
    """What the attendances of `volunteer` that the caller reads come to."""
    return (await _services(read, [volunteer]))[volunteer]


async def _services(read: Read, volunteers: Iterable[str]) -> dict[str, Service]:
    names = list(volunteers)
    where = await store.of_volunteers(read.connection, read.areas, ATTENDANCE, names)
    attendances = values_of(await read.at(where), ATTENDANCE)
    named = {UUID(each["activity"]) for each in attendances.values()}
    activities = values_of(await read.named(named), "activity")
    return {
        name: Service(
            counted(name, attendances, activities),
            {id: each for id, each in attendances.items() if each["volunteer"] == name},
            activities,
        )
        for name in names
    }


async def _proven(read: Read, service: Service) -> dict[tuple[str, Direction], CheckedAs]:
    named = {UUID(id) for id in service.activities}
    where = await store.keys_of(read.connection, read.areas, named)
    secrets: dict[str, list[str]] = {}
    for key in values_of(await read.at(where), "check_in_key").values():
        if "secret" in key:
            secrets.setdefault(key["activity"], []).append(key["secret"])
    arrived = await store.arrivals(read.connection, read.areas, [UUID(id) for id in service.attendances])
    return {
        (id, direction): checked(
            attendance,
            direction,
            secrets.get(attendance["activity"]),
            _when(arrived, id, attendance, direction),
        ).as_
        for id, attendance in service.attendances.items()
        for direction in Direction
    }


def _when(
    arrived: dict[tuple[str, str], datetime], id: str, attendance: dict[str, Any], direction: Direction
) -> datetime | None:
    proof = attendance.get(f"check_{direction.code}_proof")
    return None if proof is None else arrived.get((id, proof))


async def _account(read: Read, volunteer: str) -> Account:
    """Of a gift as much counts as its giver had, so who gave is looked into as well, and who gave to them."""
    spent: dict[str, dict[str, Any]] = {}
    known: set[str] = set()
    ahead = {volunteer}
    while ahead and len(known) < MOST_LINKED:
        known |= ahead
        where = await store.of_volunteers(read.connection, read.areas, HOURS_SPENT, sorted(ahead))
        found = values_of(await read.at(where), HOURS_SPENT)
        spent |= found
        ahead = {each["volunteer"] for each in found.values()} - known
    services = await _services(read, sorted(known))
    within = {id: each for id, each in spent.items() if each["volunteer"] in known}
    earned = {name: service.counted for name, service in services.items()}
    return accounts(earned, within).get(volunteer, Account())
