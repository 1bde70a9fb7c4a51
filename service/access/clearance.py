"""The one decision on who may see what: grants in, clearance out. Default is nothing.

Pure: the clock and what was granted are arguments. Sync, stream, review and export ask this and nothing else.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from service.access.roles import NO_REACH, Role, reach_of
from sync.scope import NOTHING, Clearance, Reach


class Grant(msgspec.Struct, frozen=True):
    """A role over an area and all below it, from `since` on and before `until` (None: until it is ended)."""

    role: str
    area: UUID
    since: datetime
    until: datetime | None = None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it gives anything at `now`."""
        return self.since <= now and (self.until is None or now < self.until)

    def has_ended(self, now: datetime) -> bool:
        """Whether it gave something once and no longer does. One that ended before it began never did."""
        return self.until is not None and self.since < self.until <= now


def clearance(grants: Iterable[Grant], areas: Mapping[UUID, Collection[UUID]], now: datetime) -> Clearance:
    """What an account with `grants` may hold at `now`.

    `areas`: for each area granted, itself and every area below it; an area missing there gives nothing.
    Several grants over one area add up.
    """
    held: dict[UUID, Reach] = {}
    ended: set[UUID] = set()
    supervised: set[UUID] = set()
    for grant in grants:
        reach = reach_of(grant.role)
        if reach == NO_REACH:
            continue
        if grant.is_in_force(now):
            for area in areas.get(grant.area, ()):
                before = held.get(area)
                held[area] = reach if before is None else _together(before, reach)
            if grant.role == Role.SUPERVISOR.value:
                supervised.update(areas.get(grant.area, ()))
        elif grant.has_ended(now):
            ended.update(areas.get(grant.area, ()))
    if not held and not ended:
        return NOTHING
    return Clearance(held, frozenset(ended.difference(held)), frozenset(supervised))


def _together(one: Reach, other: Reach) -> Reach:
    return Reach(one.read | other.read, one.write | other.write)
