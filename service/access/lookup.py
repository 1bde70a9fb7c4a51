"""Who is found by a number: only what the caller may read that very number of.

Everything else is answered as if there were nothing. But an answer tells the caller that a number is known to
them, so that trying all numbers of a birthday would tell who of these people is in the files that they may
read: lookups are counted an account, and every one of them is on record.
"""

import re
from datetime import timedelta
from typing import Annotated, Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.forms import PHONE, RESIDENT_ID
from schemas.privacy import Privacy
from schemas.problems import INVALID, NOT_FOUND, FieldProblem, Problem
from schemas.values import Form
from service.access import lookup_store as store
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.audit.events import Event, note
from service.auth.caller import Caller
from service.auth.throttle import Budget, Rate, account_budget, pay
from sync import pull_store
from sync.audit import Reading
from sync.blind import normal, token
from sync.confine import confine
from sync.keyring import keyring_of
from sync.pull import note as note_parts
from sync.scope import NO_REACH
from sync.statement import Connection

A_LOOKUP: Final = Rate(30, timedelta(minutes=1))
MOST: Final = 200  # records; more people with one number are a mistake of another kind
_LONGEST: Final = 40  # of a number as people type it

_FIRST: Final = UUID(int=0)

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST)]


class Sought(msgspec.Struct, frozen=True):
    """A number to look for: one of the two. `area`: look there only."""

    resident_id: Number | None = None
    phone: Number | None = None
    area: UUID | None = None


class Member(msgspec.Struct, frozen=True):
    """One of several records that have one ID number."""

    area: UUID
    id: UUID


class Group(msgspec.Struct, frozen=True):
    """Records that have one ID number, by area and id."""

    records: list[Member]


class _Search(NamedTuple):
    privacy: Privacy
    form: Form
    number: str


async def look_up(connection: Connection, caller: Caller, sought: Sought) -> list[msgspec.Raw]:
    """The records with that number of which the caller may read it, cut to what they may read.

    Raises INVALID, TOO_MANY_ATTEMPTS, and what `access_of` does. Not in a transaction.
    """
    search = _search(sought)
    await pay(connection, [lookups_of(caller)])
    records: list[msgspec.Raw] = []
    reading: Reading = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        held = (await access_of(connection, caller)).clearance
        areas = [area for area in held.held if sought.area in (None, area)]
        await confine(connection, areas)
        stands_for = token(keyring_of(connection).indexing, search.form.name, search.number)
        seen: dict[UUID, list[UUID]] = {}
        for found in await store.with_number(connection, search.privacy, stands_for, areas):
            if held.reads(found.place) & search.privacy.bit:
                seen.setdefault(found.place.area, []).append(found.id)
        for area, ids in seen.items():
            ids = ids[: MOST - len(records)]
            sight = held.sight(area)
            splicer = pull_store.splicer(connection, area, sight)
            parts = reading.setdefault(area, {})
            for row in await pull_store.named(connection, area, sight, ids):
                entry, classes = splicer.entry(row)
                records.append(msgspec.Raw(entry))
                note_parts(parts, row, classes)
    async with connection.transaction():
        await note(
            connection,
            Event.LOOKED_UP,
            caller.account,
            by=caller.account,
            device=caller.device_no,
            number=search.form.name,
            found=len(records),
        )
        await accountant_for(caller).read(connection, "lookup", reading)
    return records


async def duplicates(
    connection: Connection, caller: Caller, area: UUID, after: UUID | None, limit: int
) -> tuple[list[Group], UUID | None]:
    """Groups of records with one ID number, of which one at least is in `area`, and where the page ended.

    For who reads the ID numbers of the whole area; of other areas those are told that they read so too.
    Raises NOT_FOUND for everybody else. Not in a transaction.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        held = (await access_of(connection, caller)).clearance
        if not held.areas.get(area, NO_REACH).even_so & Privacy.IDENTITY.bit:
            raise Problem(NOT_FOUND)
        areas = [each for each, reach in held.areas.items() if reach.even_so & Privacy.IDENTITY.bit]
        await confine(connection, areas)
        found = await store.sharing_numbers(connection, area, areas, after or _FIRST, limit)
    reading: Reading = {}
    for _, group in found:
        for where, id in group:
            reading.setdefault(where, {})[id] = Privacy.IDENTITY.bit
    await accountant_for(caller).read(connection, "duplicates", reading)
    groups = [Group([Member(where, id) for where, id in group]) for _, group in found]
    return groups, found[-1][0] if len(found) == limit else None


def lookups_of(caller: Caller) -> Budget:
    """What a lookup is paid from."""
    return account_budget("lookup", caller.account, A_LOOKUP)


def _search(sought: Sought) -> _Search:
    given = [
        _Search(privacy, form, normal(number))
        for privacy, form, number in (
            (Privacy.IDENTITY, RESIDENT_ID, sought.resident_id),
            (Privacy.CONTACT, PHONE, sought.phone),
        )
        if number is not None
    ]
    if len(given) != 1:
        raise Problem(
            INVALID,
            errors=(
                FieldProblem(
                    "/resident_id",
                    "one-number",
                    "请填写身份证号或电话号码，且只填一项",
                    "Give an ID number or a phone number, and only one of them",
                ),
            ),
        )
    (search,) = given
    form = search.form
    if search.form is RESIDENT_ID and not (
        re.fullmatch(form.pattern, search.number, re.ASCII) and form.holds and form.holds(search.number)
    ):
        raise Problem(INVALID, errors=(FieldProblem("/resident_id", form.name, form.zh, form.en),))
    return search
