"""Who answers for a file when a person asks what we hold on them: its lead, and the supervisor of its area.

To nobody else is a person shown to be there by these questions: who sees no part of their record is told that
there is none, who sees some of it that this is not theirs to do.
"""

from typing import NamedTuple
from uuid import UUID

from schemas.problems import FORBIDDEN, NOT_FOUND, UNAVAILABLE, Problem
from service.access.files import answers_for
from service.access.store import access_of
from service.auth.caller import Caller
from service.persons import store
from sync.history import whereabouts
from sync.scope import Clearance, Place
from sync.statement import Connection
from sync.store import lock_areas


class Asked(NamedTuple):
    """The person asked about: where their record is, and what the caller holds."""

    held: Clearance
    place: Place


async def to_show(connection: Connection, caller: Caller, person: UUID) -> Asked:
    """Whoever may show a person all that is held on them. Raises NOT_FOUND, FORBIDDEN. In a transaction."""
    asked = await _seen(connection, caller, person)
    if await answers_for(connection, asked.held, caller, asked.place):
        return asked
    raise Problem(FORBIDDEN, "只有主责社工或督导可以", "Only the file's lead or a supervisor may")


async def to_answer(connection: Connection, caller: Caller, person: UUID) -> Asked:
    """The same, with the lock of the area held."""
    asked = await to_show(connection, caller, person)
    await lock_areas(connection, [asked.place.area])
    return _still(asked, await to_show(connection, caller, person))


async def to_decide(connection: Connection, caller: Caller, person: UUID) -> Asked:
    """Whoever may decide that a person's data is erased, or has to be kept. As `to_show`; locks the area."""
    asked = await _seen(connection, caller, person)
    if asked.place.area not in asked.held.supervised:
        raise Problem(FORBIDDEN, "须由督导决定", "A supervisor has to decide that")
    await lock_areas(connection, [asked.place.area])
    return _still(asked, await _seen(connection, caller, person))


def _still(asked: Asked, again: Asked) -> Asked:
    if again.place.area != asked.place.area:  # it has just moved: ask again
        raise Problem(UNAVAILABLE)
    return again


async def _seen(connection: Connection, caller: Caller, person: UUID) -> Asked:
    held = (await access_of(connection, caller)).clearance
    where = await whereabouts(connection, person, held)
    place = await store.place_of(connection, where.area, person)
    if place is None:
        raise Problem(NOT_FOUND)
    return Asked(held, place)
