"""One person of whom there are several records, out of what somebody may read of these.

What that comes to is schemas/duplicates/one_person.py.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec

from schemas.duplicates.one_person import Decided, Said, decided, goes_on, united
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.problems import NOT_FOUND, Problem
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.caller import Caller
from service.duplicates import store
from service.duplicates.store import DUPLICATE, PERSON, Row
from sync import pull_store
from sync.audit import Parts
from sync.history import whereabouts
from sync.pull import note as note_parts
from sync.statement import Connection
from sync.wire import Entry

_decode = msgspec.json.Decoder(Entry).decode


class OnePerson(msgspec.Struct, frozen=True):
    """A person, whatever the number of records: `stays` goes on, `records` are all that the caller may read.

    `data`: what they say together, as far as the caller may read it; `otherwise`: what any of them says that
    does not stand.
    """

    stays: UUID
    records: list[UUID]
    data: dict[str, Any]
    otherwise: dict[str, tuple[Said, ...]]


async def one_person(connection: Connection, caller: Caller, id: UUID) -> OnePerson:
    """The person of whom the record `id` is. Raises NOT_FOUND where the caller reads no part of that.

    Records of another area are not put together with these: who moves brings theirs along. Not in a
    transaction.
    """
    parts: Parts = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        held = (await access_of(connection, caller)).clearance
        area = (await whereabouts(connection, id, held)).area
        rows = await store.duplicates_of(connection, area)
        standing = goes_on(verdicts(row for row in rows if held.reads(row.place) & Privacy.BASIC.bit))
        stays = standing.get(id, id)
        wanted = [each for each, goes in standing.items() if goes == stays] or [id]
        sight = held.sight(area)
        splicer = pull_store.splicer(connection, area, sight)
        records = {}
        for row in await pull_store.named(connection, area, sight, wanted):
            raw, classes = splicer.entry(row)
            entry = _decode(raw)
            if entry.collection == PERSON and not entry.deleted:
                records[entry.id] = entry.data
                note_parts(parts, row, classes)
        if id not in records:
            raise Problem(NOT_FOUND)
    await accountant_for(caller).read(connection, "view", {area: parts})
    said = united(Person.declaration, stays, records)
    return OnePerson(stays, sorted(records), said.values, said.otherwise)


def verdicts(rows: Iterable[Row]) -> Iterator[Decided]:
    """What was decided, in those of `rows` that say so."""
    for row in rows:
        if row.collection == DUPLICATE and row.parent is not None and row.basic.other is not None:
            said = decided(row.parent, row.basic.other, row.basic.verdict)
            if said is not None:
                yield said
