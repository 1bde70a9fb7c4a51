"""What one person may hold: the form in which the engine is told of a clearance.

The decision itself is made in one place, `service.access.clearance`; the engine only obeys it. A right goes
by where a record lies (its area and its file), by who made it, and by whether it is about a child.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import ALL_CLASSES, NO_CLASSES
from sync.statement import Connection

_WIDTH = ALL_CLASSES.bit_length()


class Reach(msgspec.Struct, frozen=True):
    """Clearance in one area, or in one file: bit sets of classes.

    `read` and `write`: of every record. `own`: of what one made, both to be read and to be written.
    `children`: to be read of what is about children.
    """

    read: int = NO_CLASSES
    write: int = NO_CLASSES
    own: int = NO_CLASSES
    children: int = NO_CLASSES

    @property
    def sight(self) -> int:
        """What is read, as one bit set: of every record, above that of one's own, above that of children's.

        Whatever is read of every record is read of these too. So one set holds another exactly where whoever
        has it sees all that the other shows.
        """
        return self.read | (self.own | self.read) << _WIDTH | (self.children | self.read) << 2 * _WIDTH

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(
            self.read | other.read,
            self.write | other.write,
            self.own | other.own,
            self.children | other.children,
        )


NO_REACH = Reach()


def always_in(sight: int) -> int:
    """The classes that `Reach.sight` gives of every record."""
    return sight & ALL_CLASSES


def own_in(sight: int) -> int:
    """The classes that it gives of one's own records."""
    return sight >> _WIDTH & ALL_CLASSES


def children_in(sight: int) -> int:
    """The classes that it gives of records about children."""
    return sight >> 2 * _WIDTH & ALL_CLASSES


def folded(sight: int) -> int:
    """The classes that it gives of any record at all."""
    return always_in(sight) | own_in(sight) | children_in(sight)


class Sight(msgspec.Struct, frozen=True):
    """What one reader may see of the records of one area.

    `bits`: see `Reach.sight`. `files`: beyond that, classes and the files of which they are seen.
    """

    account: UUID | None
    bits: int
    files: tuple[tuple[int, tuple[UUID, ...]], ...] = ()

    @property
    def is_full(self) -> bool:
        """Nothing is hidden."""
        return always_in(self.bits) == ALL_CLASSES

    @property
    def classes(self) -> int:
        """The classes of which anything is seen."""
        bits = folded(self.bits)
        for classes, _ in self.files:
            bits |= classes
        return bits


class Place(NamedTuple):
    """What it is about a record, besides its classes, that decides who may know of it."""

    area: UUID
    case: UUID | None = None
    author: UUID | None = None
    is_about_child: bool = False


Touched = dict[Place, int]
"""Where something moved, and in which classes."""


class Membership(msgspec.Struct, frozen=True):
    """A stretch of work on a file: from the position `given_rev` on, and before `ended_rev` and `until`.

    `reach`: what it gives of the file.
    """

    area: UUID
    case: UUID
    reach: Reach
    given_rev: int
    ended_rev: int | None = None
    until: datetime | None = None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it gives anything at `now`, at the end of the log."""
        return self.ended_rev is None and self.lasts(now)

    def lasts(self, moment: datetime) -> bool:
        """Whether it has not run out by itself at `moment`."""
        return self.until is None or moment < self.until

    def was_in_force(self, position: int, moment: datetime) -> bool:
        """Whether it did for who had been told of all up to `position`, at `moment`."""
        return (
            self.given_rev <= position
            and (self.ended_rev is None or position < self.ended_rev)
            and self.lasts(moment)
        )


class Clearance(msgspec.Struct, frozen=True):
    """What an account may do now.

    `areas`: every area held, expanded below each grant. `ended`: areas held once and no longer; work that
    comes late for one of these is put before the supervisor instead of being refused as for a stranger.
    `supervised`: areas of which the quarantine is theirs to see and to put right. `files`: by area, files
    that the account works on, whether or not it holds the area. `ended_files`: those that it did once.
    """

    areas: dict[UUID, Reach] = {}
    ended: frozenset[UUID] = frozenset()
    supervised: frozenset[UUID] = frozenset()
    account: UUID | None = None
    files: dict[UUID, dict[UUID, Reach]] = {}
    ended_files: frozenset[tuple[UUID, UUID]] = frozenset()

    def holds(self, area: UUID) -> bool:
        """Whether anything of the area may be read or written."""
        reach = self.areas.get(area)
        return area in self.files or (reach is not None and bool(folded(reach.sight) or reach.write))

    @property
    def held(self) -> list[UUID]:
        """The areas of which something may be read."""
        by_grant = [area for area, reach in self.areas.items() if folded(reach.sight)]
        return list(dict.fromkeys([*by_grant, *self.files]))

    def reads(self, place: Place) -> int:
        """The classes that may be read of a record there."""
        reach = self.areas.get(place.area, NO_REACH)
        bits = reach.read
        if place.is_about_child:
            bits |= reach.children
        if place.author is not None and place.author == self.account:
            bits |= reach.own
        if place.case is not None and (files := self.files.get(place.area)) is not None:
            bits |= files.get(place.case, NO_REACH).read
        return bits

    def writes(self, place: Place) -> int:
        """The classes that may be written of a record there. `author`: the account itself, of a new one."""
        reach = self.areas.get(place.area, NO_REACH)
        bits = reach.write
        if place.author is not None and place.author == self.account:
            bits |= reach.own
        if place.case is not None and (files := self.files.get(place.area)) is not None:
            bits |= files.get(place.case, NO_REACH).write
        return bits

    def writes_somewhere(self, area: UUID, classes: int) -> bool:
        """Whether `classes` may be written, each of some record of the area."""
        reach = self.areas.get(area, NO_REACH)
        missing = classes & ~(reach.write | reach.own)
        if missing:
            for of_file in self.files.get(area, {}).values():
                missing &= ~of_file.write
                if not missing:
                    break
        return not missing

    def sight(self, area: UUID) -> Sight:
        """What may be read of the area, as a query needs it."""
        reach = self.areas.get(area, NO_REACH)
        return sight_with(self.account, reach.sight, self.files.get(area, {}))


NOTHING = Clearance()


def sight_with(account: UUID | None, bits: int, files: Mapping[UUID, Reach]) -> Sight:
    """Together with files, in the order that makes equal sights equal."""
    beyond: dict[int, list[UUID]] = {}
    for case, reach in files.items():
        if classes := reach.read & ~always_in(bits):
            beyond.setdefault(classes, []).append(case)
    return Sight(
        account, bits, tuple((classes, tuple(sorted(cases))) for classes, cases in sorted(beyond.items()))
    )


def is_about_child(collection: str) -> bool:
    """Whether the records of a collection are about children."""
    declared = COLLECTIONS.get(collection)
    return declared is not None and declared.about_children


def files_in_force(
    memberships: Iterable[Membership], is_in_force: Callable[[Membership], bool]
) -> dict[UUID, Reach]:
    """Of memberships in one area, what those in force give, by file."""
    found: dict[UUID, Reach] = {}
    for each in memberships:
        if is_in_force(each):
            before = found.get(each.case)
            found[each.case] = each.reach if before is None else before | each.reach
    return found


class Access(msgspec.Struct, frozen=True):
    """What a caller may do at `now` (the database's clock), read in the transaction that acts on it.

    `area_nos`, `last_revs`: the short number and the head of the log, of every area held or ended.
    `memberships`: by area, the account's work on files, also what is over.
    """

    clearance: Clearance
    epoch: UUID
    area_nos: dict[UUID, int]
    last_revs: dict[UUID, int]
    now: datetime
    memberships: dict[UUID, list[Membership]] = {}


AccessOf = Callable[[Connection], Awaitable[Access]]
"""Asks, on a connection, what the caller of a request may do. Raises `Problem` for who may not come in."""
