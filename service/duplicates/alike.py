"""Who may stand in the files of an area twice, for whoever asks: out of what they may read, and nothing else.

Nothing is kept for it. Pairs found beforehand would have been found with what some of those who ask may not
read, and pushes would pay for them. So the area is read when somebody asks, and the rule (schemas/duplicates)
is asked of what is left of it for them.

What a person decided is left out, and what follows from it. Of what is shown the strongest come first, and of
a great many only so many: decided, they make room for the next.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from schemas.duplicates.likeness import Evidence, Known
from schemas.duplicates.one_person import goes_on
from schemas.duplicates.pairs import alike
from schemas.duplicates.sounds import sounds_of
from schemas.privacy import Privacy
from schemas.problems import NOT_FOUND, Problem
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth.caller import Caller
from service.auth.throttle import Rate, account_budget, pay
from service.duplicates import store
from service.duplicates.readings import readings
from service.duplicates.store import DUPLICATE, HOUSEHOLD, PERSON, Row
from service.duplicates.united import verdicts
from sync.audit import Parts
from sync.confine import confine
from sync.scope import merge_bits
from sync.statement import Connection

A_LOOK: Final = Rate(20, timedelta(seconds=10))
"""How often one account may ask: a large community is a second's work."""

_BASIC: Final = Privacy.BASIC.bit


class Alike(msgspec.Struct, frozen=True):
    """Two records that may be of one person, what speaks for it and what against, and the sum of the points.

    `duplicate`: the record in which somebody has noticed it, which has no verdict; null where nobody has.
    """

    one: UUID
    other: UUID
    points: int
    evidence: tuple[Evidence, ...]
    duplicate: UUID | None


class Found(msgspec.Struct, frozen=True):
    """The strongest. `is_cut`: there are more."""

    pairs: list[Alike]
    is_cut: bool


async def alike_in(connection: Connection, caller: Caller, area: UUID, limit: int) -> Found:
    """Who may stand in the files of `area` twice, as far as the caller may read them.

    Raises NOT_FOUND for an area of which they read nothing, and TOO_MANY_ATTEMPTS. Not in a transaction.
    """
    await pay(connection, [account_budget("alike", caller.account, A_LOOK)])
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        held = (await access_of(connection, caller)).clearance
        if area not in held.held:
            raise Problem(NOT_FOUND)
        await confine(connection, [area])
        rows = await store.records_of(connection, area)
    seen = [(row, classes) for row in rows if (classes := held.reads(row.place)) & _BASIC]
    # Beside the loop: six thousand people take a second.
    pairs = await asyncio.to_thread(_pairs, seen)
    await accountant_for(caller).read(connection, "alike", {area: _parts(pairs[:limit])})
    return Found(pairs[:limit], len(pairs) > limit)


_Seen = tuple[Row, int]


def _pairs(seen: Sequence[_Seen]) -> list[Alike]:
    """Of the records seen, each with the classes that are read of it, the people who may be there twice."""
    homes = {row.id: row.basic.address for row, _ in seen if row.collection == HOUSEHOLD}
    known = {
        row.id: _known(row, name, classes, homes.get(row.parent) if row.parent is not None else None)
        for row, classes in seen
        if row.collection == PERSON and (name := row.basic.name)
    }
    undecided: dict[frozenset[UUID | None], UUID] = {}
    decided: set[frozenset[UUID | None]] = set()
    for row, _ in seen:
        if row.collection == DUPLICATE:
            pair = frozenset((row.parent, row.basic.other))
            if row.basic.verdict is None:
                undecided.setdefault(pair, row.id)
            else:
                decided.add(pair)
    standing = goes_on(verdicts(row for row, _ in seen))
    found = []
    for one, other, likeness in alike(known):
        pair = frozenset((one, other))
        if pair not in decided and standing.get(one, one) != standing.get(other, other):
            found.append(Alike(one, other, likeness.points, likeness.evidence, undecided.get(pair)))
    return found


def _known(row: Row, name: str, classes: int, address: str | None) -> Known:
    basic = row.basic
    return Known(
        name=name,
        sounds=sounds_of(name, readings),
        sex=basic.sex,
        birth_date=None if basic.birth_date is None else date.fromisoformat(basic.birth_date),
        address=address,
        resident_id=row.resident_id if classes & Privacy.IDENTITY.bit else None,
        phone=row.phone if classes & Privacy.CONTACT.bit else None,
    )


_RESTS_ON: Final = {
    "same_resident_id": Privacy.IDENTITY.bit,
    "other_resident_id": Privacy.IDENTITY.bit,
    "same_phone": Privacy.CONTACT.bit,
}
"""Beside the basic part, what a line of the evidence tells of."""


def _parts(pairs: Sequence[Alike]) -> Parts:
    """What of the records named is told, to be kept account of."""
    parts: dict[UUID, int] = {}
    for pair in pairs:
        told = _BASIC
        for each in pair.evidence:
            told |= _RESTS_ON.get(each.rule, 0)
        for id in (pair.one, pair.other):
            merge_bits(parts, id, told)
    return parts
