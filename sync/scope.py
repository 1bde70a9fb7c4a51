"""What one person may hold: the form in which the engine is told of a clearance.

The decision itself is made in one place, `service.access.clearance`; the engine only obeys it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES
from sync.statement import Connection


class Reach(msgspec.Struct, frozen=True):
    """Clearance in one area: the classes that may be read and written there, as bit sets."""

    read: int = NO_CLASSES
    write: int = NO_CLASSES


class Clearance(msgspec.Struct, frozen=True):
    """What an account may do now.

    `areas`: every area held, expanded below each grant. `ended`: areas held once and no longer; work that
    comes late for one of these is put before the supervisor instead of being refused as for a stranger.
    `supervised`: areas of which the quarantine is theirs to see and to put right.
    """

    areas: dict[UUID, Reach] = {}
    ended: frozenset[UUID] = frozenset()
    supervised: frozenset[UUID] = frozenset()


NOTHING = Clearance()


class Access(msgspec.Struct, frozen=True):
    """What a caller may do at `now` (the database's clock), read in the transaction that acts on it.

    `area_nos`, `last_revs`: the short number and the head of the log, of every area held or ended.
    """

    clearance: Clearance
    epoch: UUID
    area_nos: dict[UUID, int]
    last_revs: dict[UUID, int]
    now: datetime


AccessOf = Callable[[Connection], Awaitable[Access]]
"""Asks, on a connection, what the caller of a request may do. Raises `Problem` for who may not come in."""
