"""A change on its way through a push, what is read before it is decided, and the rows that come of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas.privacy import ALL_CLASSES, NO_CLASSES
from sync.decide import Edit, Refusal
from sync.record import Stored
from sync.scope import Action, Clearance, Place, read_with, written_with
from sync.wire import Change, Outcome, ProblemDetail

Key = tuple[UUID, UUID]  # area, record
ChangeKey = tuple[UUID, UUID]  # account, change: an id is only its author's


class Receipt(NamedTuple):
    """What is known of a change id of an account: the same content was done, parked or refused before."""

    hash: bytes
    outcome: Outcome
    rev: int | None
    conflicts: list[UUID]
    problem: ProblemDetail | None
    took_effect: bool
    settled: bool  # False for what still waits in quarantine


class Rights(NamedTuple):
    """What the author of a change could read and write where it belongs, when it was received.

    `sight` and `pen`: of the area, see `Reach`. `case_sight` (see `Reach.in_file`) and `case_pen`: beyond
    that, of the file `case`, in which they saw the record. Of other files they give nothing, whatever the
    change says of these.
    """

    sight: int = NO_CLASSES
    pen: int = NO_CLASSES
    case: UUID | None = None
    case_sight: int = NO_CLASSES
    case_pen: int = NO_CLASSES

    def reads(self, place: Place, is_own: bool, today: date) -> int:
        """The classes that could be read of a record at `place`."""
        of_file = self.case_sight if self._is_of_file(place) else NO_CLASSES
        return read_with(self.sight, of_file, place, is_own, today)

    def writes(self, place: Place, is_own: bool) -> int:
        """The classes that could be written of a record at `place`."""
        return written_with(self.pen | (self.case_pen if self._is_of_file(place) else NO_CLASSES), is_own)

    def _is_of_file(self, place: Place) -> bool:
        return place.case is not None and place.case == self.case


NO_RIGHTS = Rights()


class Item:
    """One change on its way through: who made it, how it was sent, what was found wrong before locking."""

    __slots__ = (
        "account",
        "at",
        "by",
        "change",
        "clearance",
        "hash",
        "id",
        "is_whole",
        "kept_as",
        "payload",
        "place",
        "quarantined",
        "received_on",
        "refusal",
        "rights",
        "waits_for",
    )

    def __init__(
        self,
        id: UUID,
        account: UUID,
        by: str,
        change: Change | None,
        at: str,
        payload: bytes,
        hash: bytes,
        *,
        refusal: Refusal | None = None,
        is_whole: bool = False,
    ) -> None:
        self.id = id
        self.account = account
        self.by = by
        self.change = change
        self.at = at
        self.payload = payload
        self.hash = hash
        self.refusal = refusal
        # Its values were found right as those of a new record.
        self.is_whole = is_whole
        # None: its author's right was looked at when it was received, and it has been waiting since. What
        # they could read then is what they may build on now; what they could write is what it may touch.
        self.clearance: Clearance | None = None
        self.rights = NO_RIGHTS
        self.received_on = date.max
        # Kept in quarantine by an earlier push; under this id, if whoever repaired it gave it another.
        self.quarantined = False
        self.kept_as = id
        # The record or change that must come first.
        self.waits_for: UUID | None = None
        # Where in the batch its answer goes; -1 for work that waited.
        self.place = -1

    @property
    def key(self) -> ChangeKey:
        """What its receipt is found by."""
        return self.account, self.id

    def may_read(self, place: Place) -> int:
        """The classes of a record at `place` that its author may read."""
        if self.clearance is not None:
            return self.clearance.reads(place)
        return self.rights.reads(place, place.author == self.account, self.received_on)

    def may_write(self, place: Place, collection: str, action: Action) -> int:
        """The classes of a record of `collection` at `place` that its author may write by `action`."""
        if self.clearance is None:
            is_own = place.author == self.account
            bits = self.rights.writes(place, is_own)
            if action is Action.EDIT and not is_own and place.guard is not None:
                bits &= self.may_read(place) if place.guard.is_on(self.received_on) else ALL_CLASSES
            return bits
        return self.clearance.writes(place, collection, action)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What its change may come to, as far as that can be told without a look at the record."""
        if self.change is None:
            return ()
        if self.change.op != "write":
            return (Action(self.change.op),)
        return (Action.EDIT,) if self.change.base > 0 else (Action.CREATE, Action.EDIT)

    @property
    def lender(self) -> UUID:
        """Whose right it is written by: its author's, or that of who lets it through."""
        return self.account if self.clearance is None else self.clearance.account or self.account

    @property
    def group(self) -> ChangeKey | None:
        """The group that it is applied with, if any."""
        if self.change is None or self.change.group is None:
            return None
        return self.account, self.change.group


class HistoryRow(NamedTuple):
    """A change that took effect.

    `sent`: by class, in the clear until the row is to be written. Then it is sealed, and the digest of what
    was and a salt stand beside it (`sync.sealed.of_history`).
    """

    area: UUID
    rev: int
    item: Item
    record: UUID
    collection: str
    outcome: Outcome
    record_rev: int
    conflicts: list[UUID]
    sent: list[bytes | None]
    sealed_digest: bytes | None = None
    salt: bytes | None = None


class QuarantineRow(NamedTuple):
    """A change that did not."""

    item: Item
    area: UUID | None
    rights: Rights
    waits_for: UUID | None
    outcome: Outcome
    problem: ProblemDetail


class DepartureRow(NamedTuple):
    """A record that left its area, or its file. `place`: where it was."""

    place: Place
    rev: int
    record: UUID
    collection: str
    classes: int
    to: UUID


class OpenedFile(NamedTuple):
    """A file that `account` has just opened and leads from the position `rev` on."""

    area: UUID
    case: UUID
    account: UUID
    rev: int


class MovedFile(NamedTuple):
    """A file that went to another area: `left` and `arrived` are the positions in the two logs,
    `by` who moved it.
    """

    area: UUID
    case: UUID
    left: int
    to: UUID
    arrived: int
    by: UUID


class Left(NamedTuple):
    """What a record had when it left, where it was, and where to it went."""

    place: Place
    classes: int
    to: UUID


class Version(NamedTuple):
    """What one change made of a field: what its author sent, and what came into force.

    `aside`: the value was only kept. `is_late`: because the author's own later one was there already.
    """

    rev: int
    by: str
    sent: Any
    in_force: Any
    aside: bool = False
    is_late: bool = False


class Done(NamedTuple):
    """What a change of this batch came to, for those after it that have to know."""

    edit: Edit
    effect: dict[str, Any]
    aside: Mapping[str, Any]


class Waits(Exception):
    """The change cannot be decided before `first` (a record or a change) has arrived."""

    def __init__(self, first: UUID) -> None:
        super().__init__(first)
        self.first = first


class Read(msgspec.Struct):
    """What the store read for a batch, under the areas' locks."""

    records: dict[Key, Stored] = {}
    receipts: dict[ChangeKey, list[Receipt]] = {}
    parked: list[Item] = []
    # Groups of which a member was refused and has not been repaired.
    refused_groups: set[ChangeKey] = set()
    # Records that left an area and are not there now.
    moved: dict[Key, Left] = {}
    # Earlier values of fields, newest first, and the records of which the history was read to its beginning.
    versions: dict[tuple[UUID, str], list[Version]] = {}
    read_whole: set[UUID] = set()
    # The last position handed out in each locked area, or the present microsecond less one if that is later.
    positions: dict[UUID, int] = {}
    # The day there; where it is not said, nobody is a child.
    today: date = date.max
