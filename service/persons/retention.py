"""Carrying out what was decided, and what the terms say: the only place where content is erased.

Run by the tables' owner. Each erasure and each file whose term has ended is a transaction of its own, so that
a run which was broken off is simply begun again: what was erased is not erased twice. What came since about
an erased record, late from some phone, goes with the next run, and consents that were taken back and, for a
server that stopped in between, not followed yet are.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import msgspec

from schemas.civil import civil_date
from schemas.retention import RETENTION
from service.audit.chain import ERASED, Entry, append, with_parts
from service.persons import extent, retention_store
from service.persons import store as persons_store
from service.persons.restrictions import follow
from service.persons.retention_store import Term
from service.persons.store import Erasure
from sync import store
from sync.audit import Parts
from sync.confine import confine_to_all
from sync.erasing import Erased, clear_quarantine, erase, erased_in
from sync.record import Stored
from sync.restricting import with_what_is_away
from sync.scope import Place, Touched, merge_bits
from sync.statement import Connection

MOST = 200  # records a transaction: a file has fewer, and what lies in no file is taken in such portions


class Held(NamedTuple):
    """An erasure that has to wait: for a hold, or for a mandatory report to be closed."""

    erasure: Erasure
    hold: persons_store.Hold | None
    report: UUID | None = None


class Due(msgspec.Struct):
    """What there is to do.

    `held`: decided, and put off by a hold. `terms`: by area, those that have ended at `now`.
    """

    now: datetime
    erasures: list[Erasure] = []
    held: list[Held] = []
    terms: dict[UUID, list[Term]] = {}

    @property
    def counts(self) -> dict[str, int]:
        """By collection, how many records have come to the end of their term."""
        found: dict[str, int] = {}
        for of_area in self.terms.values():
            for each in of_area:
                found[each.collection] = found.get(each.collection, 0) + 1
        return found


class Done(msgspec.Struct):
    """What was done."""

    records: int = 0
    changes: int = 0
    waiting: int = 0
    touched: Touched = {}

    def add(self, erased: Erased) -> None:
        """And this."""
        self.records += len(erased.parts)
        self.changes += erased.rows
        self.waiting += erased.kept
        self.tell(erased.touched)

    def tell(self, touched: Touched) -> None:
        """Let who waits for any of this be told."""
        for place, classes in touched.items():
            merge_bits(self.touched, place, classes)


async def due(connection: Connection, now: datetime) -> Due:
    """What is to be erased at `now`. Run it in a transaction."""
    await confine_to_all(connection)
    found = Due(now)
    for erasure in await retention_store.confirmed(connection):
        where = await retention_store.whereabouts_of(connection, erasure.person, erasure.area)
        holds = await persons_store.holds_on(connection, erasure.person, where[1] if where else None)
        owed = extent.owed(await _going(connection, erasure.person, where)) if where else []
        if holds:
            found.held.append(Held(erasure, holds[0]))
        elif owed:
            found.held.append(Held(erasure, None, owed[0].id))
        else:
            found.erasures.append(erasure)
    for area in await store.all_areas(connection):
        if ended := await _ended(connection, area, now):
            found.terms[area] = ended
    return found


async def carry_out(connection: Connection, plan: Due, done: Callable[[int], None] = lambda _: None) -> Done:
    """Do what `plan` says, and clear away what came about erased records since. `done`: steps just made."""
    result = Done()
    for erasure in plan.erasures:
        async with connection.transaction():
            await confine_to_all(connection)
            await _carry_out(connection, erasure, result)
        done(1)
    for area, ended in plan.terms.items():
        for portion in _portions(ended):
            async with connection.transaction():
                await confine_to_all(connection)
                await store.lock_areas(connection, [area])
                # Some of it may have been put under a hold, added to or moved since the plan was made.
                still = await _ended(connection, area, plan.now, {each.root for each in portion})
                if still:
                    result.add(await _erase(connection, area, [each.id for each in still]))
            done(len(portion))
    areas = await store.all_areas(connection)
    result.tell(await follow(connection, areas))
    for area in areas:
        async with connection.transaction():
            await confine_to_all(connection)
            await store.lock_areas(connection, [area])
            result.waiting += await clear_quarantine(connection, area, await erased_in(connection, area))
    return result


async def _ended(
    connection: Connection, area: UUID, now: datetime, roots: Collection[UUID] | None = None
) -> list[Term]:
    """What of `area` may go at `now` because its term has ended; with `roots`, of these files and records.

    Nothing of a file with a mandatory report that is not closed.
    """
    terms = RETENTION.in_force(civil_date(now))
    months = {key: figure.value for key, figure in terms.items() if figure.value is not None}
    ended = await retention_store.ended(connection, area, months, now, roots)
    if not ended:
        return []
    kept = {each.case or each.parent for each in await retention_store.reports_owed(connection, area, roots)}
    return [each for each in ended if each.root not in kept]


async def _carry_out(connection: Connection, erasure: Erasure, result: Done) -> None:
    where = await retention_store.whereabouts_of(connection, erasure.person, erasure.area)
    if where is None:  # deleted long ago: what is left is history
        result.add(await _erase(connection, erasure.area, [erasure.person], erasure.id))
    else:
        area, case = where
        await store.lock_areas(connection, [area])
        if await persons_store.holds_on(connection, erasure.person, case):
            return  # set since the plan was made
        file = await persons_store.file_of(connection, Place(area, case), erasure.person)
        file = await with_what_is_away(connection, area, file)
        going = extent.erased_with(erasure.person, list(file.values()))
        if extent.owed(going):
            return  # begun since
        result.add(await _erase(connection, area, [each.id for each in going], erasure.id))
        if case is not None and len(going) == len(file):
            await retention_store.forget_file(connection, area, case)
    await retention_store.mark_done(connection, erasure.id)


async def _going(connection: Connection, person: UUID, where: tuple[UUID, UUID | None]) -> list[Stored]:
    file = await persons_store.file_of(connection, Place(*where), person)
    return extent.erased_with(person, list(file.values()))


async def _erase(connection: Connection, area: UUID, ids: list[UUID], erasure: int | None = None) -> Erased:
    """Erase records of `area`, and say so in the audit of every area that they have a history in."""
    erased = await erase(connection, area, ids)
    await retention_store.forget_sampled(connection, ids)
    parts: dict[UUID, Parts] = {area: dict(erased.parts)}
    for place, records in erased.changes.items():
        of_area = parts.setdefault(place, {})
        for record in records:
            of_area.setdefault(record, erased.parts.get(record, 0))
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    because = {} if erasure is None else {"erasure": erasure}
    await append(
        connection,
        [
            Entry(place, now, ERASED, area=place, **with_parts(of_area, **because))
            for place, of_area in sorted(parts.items())
            if of_area
        ],
    )
    return erased


def _portions(ended: Iterable[Term]) -> Iterator[list[Term]]:
    """A file at a time; what lies in none, in portions."""
    for case, of_file in groupby(ended, key=lambda each: each.case):
        terms = list(of_file)
        size = len(terms) if case is not None else MOST
        yield from (terms[start : start + size] for start in range(0, len(terms), size))
