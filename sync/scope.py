"""What one person may hold: the form in which the engine is told of a clearance.

The decision itself is made in one place, `service.access.clearance`; the engine only obeys it. A right goes
by where a record lies (its area and its file), by who made it, by whether it is about a child, whether that
child is so young that the guardian is asked first, and whether an office has it before itself. The second and
the third change on days that are kept with the record (sync/minority.py, sync/guarding.py), without anybody's
doing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from itertools import chain
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from schemas.privacy import ALL_CLASSES, NO_CLASSES, Privacy, class_set

K = TypeVar("K")

_WIDTH = ALL_CLASSES.bit_length()

SHARED: Final = class_set([Privacy.OPEN, Privacy.BASIC])
"""The classes that are read of a guarded record as of any other."""


class Action(Enum):
    """What a change does to a record. A `write` creates it or edits it, as it is there or not."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    RESTORE = "restore"
    MOVE = "move"


Act = tuple[str, Action]
"""An action on records of one collection."""

# No collection is named so. It stands for all acts where a reach that is not narrowed meets one that is.
_EVERY_ACT: Final[Act] = ("", Action.EDIT)


class Reach(msgspec.Struct, frozen=True):
    """Clearance in one area, or in one file: bit sets of classes.

    `read` and `write`: of every record. `own`: of what one made, both to be read and to be written.
    `children`: to be read of what is about children. `guarded`: of `read`, what is read of a record while it
    is guarded too (see `Guard`); its author reads it as any other. `sent`: to be read of what an office has
    before itself. `masked`: of every record, in masked form where it is not read as it is. A masked form is
    made for who asks online, and is no part of what devices hold.

    `acts`: for each act, the classes that are written so of every record and, above them, of one's own. None
    where nothing narrows it: `write` and `own` hold for every act.
    """

    read: int = NO_CLASSES
    write: int = NO_CLASSES
    own: int = NO_CLASSES
    children: int = NO_CLASSES
    guarded: int = NO_CLASSES
    sent: int = NO_CLASSES
    masked: int = NO_CLASSES
    acts: Mapping[Act, int] | None = None

    @property
    def sight(self) -> int:
        """What is read, as one bit set: of every record, above that of guarded ones, of one's own, of guarded
        children's and of what an office has.

        Whatever is read of every record is read of one's own too, and what is read of every guarded record of
        a guarded child's and of a guarded one that an office has. So one set holds another exactly where
        whoever has it sees all that the other shows.
        """
        even_so = self.even_so
        return (
            self.read
            | even_so << _WIDTH
            | (self.own | self.read) << 2 * _WIDTH
            | (self.children | even_so) << 3 * _WIDTH
            | (self.sent | even_so) << 4 * _WIDTH
        )

    @property
    def in_file(self) -> int:
        """What is read of the records of a file: of every record, above that of guarded ones."""
        return self.read | self.even_so << _WIDTH

    @property
    def even_so(self) -> int:
        """What is read of a guarded record by who did not write it."""
        return self.read & (SHARED | self.guarded)

    @property
    def _pen(self) -> int:
        return self.write | self.own << _WIDTH

    def limited_to(self, acts: Iterable[Act]) -> "Reach":
        """The same, but that nothing is written except by `acts`."""
        if not self._pen:
            return self
        return msgspec.structs.replace(self, acts=dict.fromkeys(acts, self._pen))

    def pen(self, collection: str, action: Action) -> int:
        """The classes that `action` writes of all records of `collection`, above them those of one's own."""
        if self.acts is None:
            return self._pen
        return self.acts.get((collection, action), 0) | self.acts.get(_EVERY_ACT, 0)

    def writing(self, collection: str, action: Action, is_own: bool) -> int:
        """The classes that are written by `action` of a record of `collection`."""
        return written_with(self.pen(collection, action), is_own)

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(
            self.read | other.read,
            self.write | other.write,
            self.own | other.own,
            self.children | other.children,
            self.guarded | other.guarded,
            self.sent | other.sent,
            self.masked | other.masked,
            self._acts_with(other),
        )

    def _acts_with(self, other: "Reach") -> Mapping[Act, int] | None:
        """Act by act: what one grant lets somebody write of visits does not reach what another is for."""
        if self.acts is other.acts or not other._pen:
            return self.acts
        if not self._pen:
            return other.acts
        ours = {_EVERY_ACT: self._pen} if self.acts is None else self.acts
        theirs = {_EVERY_ACT: other._pen} if other.acts is None else other.acts
        return {act: ours.get(act, 0) | theirs.get(act, 0) for act in ours.keys() | theirs.keys()}


NO_REACH = Reach()


def written_with(pen: int, is_own: bool) -> int:
    """The classes that `pen` (see `Reach.pen`) writes of a record."""
    return (pen | pen >> _WIDTH if is_own else pen) & ALL_CLASSES


def always_in(sight: int) -> int:
    """The classes that `Reach.sight` gives of every record that is not guarded."""
    return sight & ALL_CLASSES


def guarded_in(sight: int) -> int:
    """The classes that it gives of guarded records, whosever they are."""
    return sight >> _WIDTH & ALL_CLASSES


def own_in(sight: int) -> int:
    """The classes that it gives of one's own records."""
    return sight >> 2 * _WIDTH & ALL_CLASSES


OWN_WHOLE: Final = ALL_CLASSES << 2 * _WIDTH
"""A sight that gives all of one's own records."""


def children_in(sight: int) -> int:
    """The classes that it gives of guarded records about children."""
    return sight >> 3 * _WIDTH & ALL_CLASSES


def sent_in(sight: int) -> int:
    """The classes that it gives of guarded records that an office has before itself."""
    return sight >> 4 * _WIDTH & ALL_CLASSES


def for_child(sight: int) -> int:
    """The classes that it gives of records about children and not of every record."""
    return children_in(sight) & ~always_in(sight)


def but_guarded(sight: int) -> int:
    """The classes that it, or `Reach.in_file`, gives of every record but those that are guarded."""
    return always_in(sight) & ~guarded_in(sight)


def in_file(sight: int) -> int:
    """What `Reach.sight` gives, in the form of `Reach.in_file`."""
    return sight & (ALL_CLASSES | ALL_CLASSES << _WIDTH)


def folded(sight: int) -> int:
    """The classes that it, or `Reach.in_file`, gives of any record at all."""
    bits = NO_CLASSES
    while sight:
        bits |= sight & ALL_CLASSES
        sight >>= _WIDTH
    return bits


class Sight(msgspec.Struct, frozen=True):
    """What one reader may see of the records of one area.

    `bits`: see `Reach.sight`. `today`: by which it counts children, and what is guarded. `files`: what is
    seen beyond that (see `Reach.in_file`), and the files of which it is.
    """

    account: UUID | None
    bits: int
    today: date
    files: tuple[tuple[int, tuple[UUID, ...]], ...] = ()

    @property
    def is_full(self) -> bool:
        """Nothing is hidden."""
        return guarded_in(self.bits) == ALL_CLASSES == always_in(self.bits)

    @property
    def classes(self) -> int:
        """The classes of which anything is seen."""
        bits = folded(self.bits)
        for seen, _ in self.files:
            bits |= folded(seen)
        return bits


class Guard(NamedTuple):
    """The days on which what lies beyond `SHARED` in a record stays with whoever wrote it down and with those
    who are to protect the child (sync/guarding.py): from `since` on, and before `until`."""

    since: date
    until: date

    def is_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.since <= day < self.until


class Place(NamedTuple):
    """What it is about a record, besides its classes, that decides who may know of it.

    `child_until`: the first day on which it is about a child no longer; None where it never was. `guard`: the
    days on which it is guarded. `sent`: an office has it before itself.
    """

    area: UUID
    case: UUID | None = None
    author: UUID | None = None
    child_until: date | None = None
    guard: Guard | None = None
    sent: bool = False


def read_with(sight: int, of_file: int, place: Place, is_own: bool, today: date) -> int:
    """The classes of a record at `place` that are read with `sight` (see `Reach.sight`) of its area, and with
    `of_file` (see `Reach.in_file`) of its file."""
    is_guarded = not is_own and place.guard is not None and place.guard.is_on(today)
    of_others = guarded_in if is_guarded else always_in
    bits = of_others(sight) | of_others(of_file)
    if is_own:
        bits |= own_in(sight)
    if place.child_until is not None and today < place.child_until:
        bits |= children_in(sight)
    if place.sent:
        bits |= sent_in(sight)
    return bits


Touched = dict[Place, int]
"""Where something moved, and in which classes."""


def merge_bits(bits: dict[K, int], key: K, classes: int) -> None:
    """Let `bits` have `classes` too under `key`."""
    bits[key] = bits.get(key, NO_CLASSES) | classes


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
        return self.ended_rev is None and (self.until is None or now < self.until)

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
    `today`: the day there (schemas/civil.py), by which a child is one; where it is not said, nobody is.
    """

    areas: dict[UUID, Reach] = {}
    ended: frozenset[UUID] = frozenset()
    supervised: frozenset[UUID] = frozenset()
    account: UUID | None = None
    files: dict[UUID, dict[UUID, Reach]] = {}
    ended_files: frozenset[tuple[UUID, UUID]] = frozenset()
    today: date = date.max

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
        of_file = NO_REACH
        if place.case is not None and (files := self.files.get(place.area)) is not None:
            of_file = files.get(place.case, NO_REACH)
        is_own = place.author is not None and place.author == self.account
        sight = self.areas.get(place.area, NO_REACH).sight
        return read_with(sight, of_file.in_file, place, is_own, self.today)

    def writes(self, place: Place, collection: str, action: Action) -> int:
        """The classes that `action` may write of a record of `collection` there.

        `author` of the place: the account itself, of a new one. Nobody writes over what they may not read of
        a guarded record; but whole it goes where its family does, for no more people read it there.
        """
        is_own = place.author is not None and place.author == self.account
        bits = self.areas.get(place.area, NO_REACH).writing(collection, action, is_own)
        if place.case is not None and (files := self.files.get(place.area)) is not None:
            bits |= files.get(place.case, NO_REACH).writing(collection, action, is_own)
        if action is Action.EDIT and not is_own and place.guard is not None:
            bits &= self.reads(place) if place.guard.is_on(self.today) else ALL_CLASSES
        return bits

    def never_written(self, area: UUID, collection: str, actions: Collection[Action], classes: int) -> int:
        """Those of `classes` that none of `actions` may write of any record of `collection` in the area."""
        missing = classes
        for reach in chain((self.areas.get(area, NO_REACH),), self.files.get(area, {}).values()):
            for action in actions:
                missing &= ~reach.writing(collection, action, is_own=True)
            if not missing:
                break
        return missing

    def masks(self, area: UUID) -> int:
        """The classes that may be seen in masked form of any record of the area, where they are not read."""
        return self.areas.get(area, NO_REACH).masked

    def sight(self, area: UUID) -> Sight:
        """What may be read of the area, as a query needs it."""
        reach = self.areas.get(area, NO_REACH)
        return sight_with(self.account, reach.sight, self.today, self.files.get(area, {}))


NOTHING = Clearance()


def sight_with(account: UUID | None, bits: int, today: date, files: Mapping[UUID, Reach]) -> Sight:
    """Together with files, in the order that makes equal sights equal."""
    beyond: dict[int, list[UUID]] = {}
    for case, reach in files.items():
        if seen := reach.in_file & ~in_file(bits):
            beyond.setdefault(seen, []).append(case)
    return Sight(
        account,
        bits,
        today,
        tuple((seen, tuple(sorted(cases))) for seen, cases in sorted(beyond.items())),
    )


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
