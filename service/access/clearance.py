"""The one decision on who may see what: grants and memberships in, clearance out. Default is nothing.

Pure: the clock and what was granted are arguments. Sync, stream, review and export ask this and nothing else.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import msgspec

from schemas.civil import civil_date
from schemas.privacy import Privacy
from service.access.roles import Role, reach_of
from sync.scope import NO_REACH, NOTHING, Clearance, Membership, Reach, files_in_force


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


def clearance(
    grants: Iterable[Grant],
    areas: Mapping[UUID, Collection[UUID]],
    now: datetime,
    memberships: Mapping[UUID, Collection[Membership]] = MappingProxyType({}),
    account: UUID | None = None,
) -> Clearance:
    """What `account` with `grants` and `memberships`, these by area, may hold at `now`.

    `areas`: for each area granted, itself and every area below it; an area missing there gives nothing.
    Several grants over one area add up, and so do several memberships of one file. A file is held whether or
    not its area is.
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
                held[area] = reach if before is None else before | reach
            if grant.role == Role.SUPERVISOR.value:
                supervised.update(areas.get(grant.area, ()))
        elif grant.has_ended(now):
            ended.update(areas.get(grant.area, ()))
    files: dict[UUID, dict[UUID, Reach]] = {}
    ended_files: set[tuple[UUID, UUID]] = set()
    for area, of_area in memberships.items():
        in_force = files_in_force(of_area, lambda each: each.is_in_force(now))
        if in_force:
            files[area] = in_force
        ended_files.update((area, each.case) for each in of_area if each.case not in in_force)
    ended.update(area for area, _ in ended_files)
    if not held and not ended and not files:
        return NOTHING
    return Clearance(
        held,
        frozenset(ended.difference(held, files)),
        frozenset(supervised),
        account,
        files,
        frozenset(ended_files),
        civil_date(now),
    )


def administered(
    grants: Iterable[Grant], areas: Mapping[UUID, Collection[UUID]], now: datetime
) -> frozenset[UUID]:
    """The areas of which accounts, devices and grants are the caller's to look after at `now`."""
    return _held_as(Role.ADMINISTRATOR, grants, areas, now)


def commissioned(
    grants: Iterable[Grant], areas: Mapping[UUID, Collection[UUID]], now: datetime
) -> frozenset[UUID]:
    """The areas of which a sample is drawn at the caller's word at `now`.

    The city bureau's: by the plan it commissions those who evaluate and audit, for all districts alike.
    """
    return _held_as(Role.CITY_OFFICER, grants, areas, now)


def evaluated(
    grants: Iterable[Grant], areas: Mapping[UUID, Collection[UUID]], now: datetime
) -> frozenset[UUID]:
    """The areas of which the caller reads the samples drawn for them at `now`, and nothing else."""
    return _held_as(Role.EVALUATOR, grants, areas, now)


def may_count(held: Clearance, evaluated: Collection[UUID], areas: Iterable[UUID]) -> bool:
    """Whether the holder may know how many records lie in all of `areas`: what is open of each is theirs."""
    return all(area in evaluated or _reads(held, area) & Privacy.OPEN.bit for area in areas)


def may_count_exactly(held: Clearance, areas: Iterable[UUID]) -> bool:
    """Whether no count of `areas` tells the holder anything: they may read whom the records are about."""
    return all(_reads(held, area) & Privacy.BASIC.bit for area in areas)


def _reads(held: Clearance, area: UUID) -> int:
    return held.areas.get(area, NO_REACH).read


def _held_as(
    role: Role, grants: Iterable[Grant], areas: Mapping[UUID, Collection[UUID]], now: datetime
) -> frozenset[UUID]:
    return frozenset(
        area
        for grant in grants
        if grant.role == role.value and grant.is_in_force(now)
        for area in areas.get(grant.area, ())
    )


def may_change_account(administered: Collection[UUID], grants: Iterable[Grant], now: datetime) -> bool:
    """Whether who administers these areas may set the password of, or suspend, an account with `grants`.

    Only with all that it holds or is to hold, for a new password is a way into all of it; of an account that
    holds nothing any more, with all that it held. So nobody reaches further than they were granted.
    """
    kept = list(grants)
    standing = [grant for grant in kept if grant.until is None or now < grant.until] or kept
    return bool(standing) and all(grant.area in administered for grant in standing)


def may_revoke_device(administered: Collection[UUID], grants: Iterable[Grant]) -> bool:
    """Whether who administers these areas may have a phone wiped of which the owner has or had `grants`.

    One of them is enough: a lost phone must not wait for the only one who administers all that it holds.
    """
    return any(grant.area in administered for grant in grants)
