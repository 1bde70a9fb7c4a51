"""What a batch of changes does to the records it touches. Pure: everything was read before.

`Batch` takes the changes in order, keeps what they made of the records in memory, and ends with the rows to
write. It knows groups (all or none), chains (a change waits for the one it depends on), parents (a visit
waits for the person), files that moved, and work that was waiting and can now go on.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Field, Policy
from schemas.privacy import ALL_CLASSES, CLASSES, Privacy, class_set
from schemas.problems import (
    ACCESS_ENDED,
    AREA_NOT_HELD,
    CHANGE_ID_REUSED,
    CHANGE_INVALID,
    COLLECTION_MISMATCH,
    CONFLICT_UNKNOWN,
    GROUP_INCOMPLETE,
    RECORD_TOO_LARGE,
    WAITS_FOR_PARENT,
    WRITE_NOT_ALLOWED,
    FieldProblem,
    ProblemKind,
)
from schemas.values import Reference
from sync import conflict as conflicts
from sync.decide import ABSENT, Decision, Edit, Refusal, apply, decide, decide_creation, sent_by_class
from sync.record import Stored
from sync.scope import Clearance
from sync.wire import Change, Outcome, ProblemDetail, Result

MAX_RECORD = 256 * 1024  # bytes of one part

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
        "kept_as",
        "payload",
        "place",
        "quarantined",
        "reads",
        "refusal",
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
    ) -> None:
        self.id = id
        self.account = account
        self.by = by
        self.change = change
        self.at = at
        self.payload = payload
        self.hash = hash
        self.refusal = refusal
        # None: its author's right was checked when it was received, and it has been waiting since. What they
        # could read then is what they may build on now.
        self.clearance: Clearance | None = None
        self.reads = 0
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

    @property
    def group(self) -> ChangeKey | None:
        """The group that it is applied with, if any."""
        if self.change is None or self.change.group is None:
            return None
        return self.account, self.change.group


class HistoryRow(NamedTuple):
    """A change that took effect."""

    area: UUID
    rev: int
    item: Item
    record: UUID
    collection: str
    outcome: Outcome
    record_rev: int
    conflicts: list[UUID]
    sent: list[bytes | None]


class QuarantineRow(NamedTuple):
    """A change that did not."""

    item: Item
    area: UUID | None
    reads: int
    waits_for: UUID | None
    outcome: Outcome
    problem: ProblemDetail


class DepartureRow(NamedTuple):
    """A record that left its area."""

    area: UUID
    rev: int
    record: UUID
    case: UUID | None
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
    # Where records that left an area are now; absent when they are not known there.
    moved: dict[Key, UUID] = {}
    departed_classes: dict[Key, int] = {}
    # Earlier values of fields, newest first, and the records of which the history was read to its beginning.
    versions: dict[tuple[UUID, str], list[Version]] = {}
    read_whole: set[UUID] = set()
    # The last position handed out in each locked area, or the present microsecond less one if that is later.
    positions: dict[UUID, int] = {}


class _State:
    """The records as the batch has made them so far. A fork can be thrown away when a group fails."""

    def __init__(self, read: Read) -> None:
        self.records = read.records
        self.positions = read.positions
        self.moved = read.moved
        self.read_whole = read.read_whole
        self.done: dict[UUID, tuple[Done, ...]] = {}
        self.dirty: set[Key] = set()
        self.removed: set[Key] = set()
        self.history: list[HistoryRow] = []
        self.departures: list[DepartureRow] = []
        self.arrived: set[UUID | ChangeKey] = set()
        self.touched: dict[UUID, int] = {}
        self.conflicts: dict[UUID, set[Key]] = {}
        for key, record in read.records.items():
            if record.collection == conflicts.COLLECTION and record.parent is not None:
                self.conflicts.setdefault(record.parent, set()).add(key)
        # In a fork, the records that are its own to change; None where all are.
        self._own: set[Key] | None = None

    def fork(self) -> "_State":
        """The same, to be changed on trial: records are copied when they are first changed."""
        twin = _State(Read(positions=dict(self.positions), moved=dict(self.moved)))
        twin.records = dict(self.records)
        twin.done = dict(self.done)
        twin.read_whole = set(self.read_whole)
        twin.dirty = set(self.dirty)
        twin.removed = set(self.removed)
        twin.history = list(self.history)
        twin.departures = list(self.departures)
        twin.arrived = set(self.arrived)
        twin.touched = dict(self.touched)
        twin.conflicts = {subject: set(keys) for subject, keys in self.conflicts.items()}
        twin._own = set()
        return twin

    def keep(self) -> None:
        """The trial succeeded."""
        self._own = None

    def to_change(self, record: Stored) -> Stored:
        """The record, or in a fork a copy of it, that may be changed."""
        key = (record.area, record.id)
        if self._own is not None and key not in self._own:
            record = self.records[key] = record.copy()
            self._own.add(key)
        return record

    def put(self, record: Stored) -> None:
        """The record is new or was changed."""
        key = (record.area, record.id)
        self.records[key] = record
        self.dirty.add(key)
        if self._own is not None:
            self._own.add(key)
        if record.collection == conflicts.COLLECTION and record.parent is not None:
            self.conflicts.setdefault(record.parent, set()).add(key)

    def take_out(self, record: Stored) -> None:
        """The record leaves its area."""
        key = (record.area, record.id)
        del self.records[key]
        self.dirty.discard(key)
        self.removed.add(key)
        if record.collection == conflicts.COLLECTION and record.parent is not None:
            self.conflicts[record.parent].discard(key)

    def touch(self, area: UUID, classes: int) -> None:
        """Something of `classes` moved in `area`."""
        self.touched[area] = self.touched.get(area, 0) | classes

    def next_rev(self, area: UUID) -> int:
        self.positions[area] += 1
        return self.positions[area]

    def open_conflicts(self, subject: Stored) -> list[Stored]:
        found = [self.records[key] for key in self.conflicts.get(subject.id, ()) if key[0] == subject.area]
        return sorted(
            (each for each in found if conflicts.is_open(each)), key=lambda each: (each.rev, each.id)
        )


class Batch:
    """Decides the items of one push, in order. Read the results and the rows to write afterwards."""

    def __init__(self, read: Read, language: str = "zh") -> None:
        self._read = read
        self._language = language
        self._began = dict(read.positions)
        self._state = _State(read)
        self._first_revs: dict[Key, int] = {}
        self._not_as_sent: set[Key] = set()
        self._places: dict[ChangeKey, dict[bytes, int]] = {}
        self._reused: set[Item] = set()
        self._ahead: set[ChangeKey] = set()
        self._stuck: set[ChangeKey] = set()
        self._revs: dict[ChangeKey, int] = {}
        self._waiting: list[Item] = list(read.parked)
        self._answers: dict[int, Result] = {}
        self._repeats: dict[int, int] = {}
        self._not_applied: dict[Item, QuarantineRow] = {}
        self.settled: list[Item] = []
        self.results: list[Result] = []

    # What came of it

    @property
    def dirty(self) -> list[Stored]:
        """Records to write."""
        return [self._state.records[key] for key in self._state.dirty]

    @property
    def removed(self) -> set[Key]:
        """Records that left their area."""
        return self._state.removed

    @property
    def history(self) -> list[HistoryRow]:
        """Changes that took effect."""
        return self._state.history

    @property
    def departures(self) -> list[DepartureRow]:
        """Departures to write."""
        return self._state.departures

    @property
    def quarantine(self) -> list[QuarantineRow]:
        """Changes of this push that could not be applied."""
        return [row for item, row in self._not_applied.items() if not item.quarantined]

    @property
    def still_waiting(self) -> list[QuarantineRow]:
        """Changes that waited and were tried again in vain: their problem, as it is now."""
        return [row for item, row in self._not_applied.items() if item.quarantined]

    @property
    def positions(self) -> dict[UUID, int]:
        """The last position used in each area whose log has grown."""
        return {area: last for area, last in self._state.positions.items() if last != self._began[area]}

    @property
    def touched(self) -> dict[UUID, int]:
        """By area, the classes in which something moved: who is cleared for one of them is poked."""
        return self._state.touched

    def as_sent(self) -> dict[Key, tuple[int, int]]:
        """Records that stand as this batch's author sent them: {key: (rev before, rev now)}."""
        return {
            key: (first, self._state.records[key].rev)
            for key, first in self._first_revs.items()
            if key not in self._not_as_sent and key in self._state.records
        }

    # Deciding

    def decide(self, items: list[Item]) -> None:
        """Take all items; `results` has one answer for each, in their order."""
        groups: dict[ChangeKey, list[Item]] = {}
        units: list[list[Item]] = []
        for place, item in enumerate(items):
            item.place = place
            self._ahead.add(item.key)
            if item.group is None:
                units.append([item])
            elif item.group in groups:
                groups[item.group].append(item)
            else:
                groups[item.group] = unit = [item]
                units.append(unit)
        for unit in units:
            fresh = [item for item in unit if self._is_fresh(item)]
            if fresh:
                self._decide_unit([*self._taken_up(fresh[0]), *fresh])
                self._go_on()
        for place, first in self._repeats.items():
            self._answers[place] = msgspec.structs.replace(self._answers[first], repeated=True)
        self.results = [self._answers[place] for place in range(len(items))]

    def go_on(self, arrived: Iterable[ChangeKey]) -> None:
        """Take up what waited for changes that nobody waits for any longer."""
        self._state.arrived.update(arrived)
        self._go_on()

    def leave_as_kept(self, item: Item) -> None:
        """It was tried in another form and in vain: what is kept of it stays as it is."""
        self._not_applied.pop(item, None)

    def _is_fresh(self, item: Item) -> bool:
        """Not sent before. Otherwise the answer of the first time is given again."""
        if item.quarantined:  # taken up again by somebody who puts it right
            return True
        places = self._places.setdefault(item.key, {})
        if item.hash in places:
            self._repeats[item.place] = places[item.hash]
            return False
        receipts = self._read.receipts.get(item.key, ())
        for receipt in receipts:
            if receipt.hash == item.hash:
                self._ahead.discard(item.key)
                done = next((each for each in receipts if each.took_effect and receipt.settled), receipt)
                self._answers[item.place] = Result(
                    item.id, done.outcome, done.rev, done.conflicts, done.problem, repeated=True
                )
                return False
        if places or receipts:
            self._reused.add(item)
        places[item.hash] = item.place
        return True

    def _taken_up(self, item: Item) -> list[Item]:
        """What waited of the group of `item`, which is decided together with it from now on."""
        if item.group is None:
            return []
        mates = [each for each in self._waiting if each.group == item.group and each is not item]
        self._waiting = [each for each in self._waiting if each not in mates]
        return mates

    def _go_on(self) -> None:
        """Take up what waited for something that has just arrived, and what waited for that in turn."""
        while self._state.arrived and self._waiting:
            arrived, self._state.arrived = self._state.arrived, set()
            ready = [item for item in self._waiting if self._has_come(item, arrived)]
            for item in ready:
                if item in self._waiting:  # else it went along with its group
                    self._waiting.remove(item)
                    self._decide_unit([item, *self._taken_up(item)])

    def _has_come(self, item: Item, arrived: set[UUID | ChangeKey]) -> bool:
        first = item.waits_for
        return first is not None and (first in arrived or (item.account, first) in arrived)

    def _decide_unit(self, unit: list[Item]) -> None:
        """One change, or the changes of one group: all of them take effect, or none does."""
        group = unit[0].group
        if group is not None and group in self._read.refused_groups:
            # A member that came earlier was refused, and nobody has repaired it.
            for item in unit:
                self._leave(item, item.refusal or Refusal(GROUP_INCOMPLETE))
            return
        before = self._state
        if len(unit) > 1:
            self._state = before.fork()
        results: dict[Item, Result] = {}
        queue = deque(unit)
        waits: list[Waits] = []  # one for each of the queue that was tried in vain since the last success
        trouble: Refusal | Waits | None = None
        while queue and trouble is None:
            item = queue.popleft()
            try:
                results[item] = self._decide_one(item)
                waits.clear()
            except Refusal as error:
                trouble = error
                at_fault = item
            except Waits as error:
                waits.append(error)
                queue.append(item)  # perhaps for a member of its own group
                if len(waits) == len(queue):
                    mates = {id for each in unit if each.change for id in (each.id, each.change.record)}
                    trouble = next((each for each in waits if each.first not in mates), waits[0])
        if trouble is None:
            self._state.keep()
            for item in unit:
                self._succeed(item, results[item])
            return
        self._state = before
        for item in unit:
            incomplete = isinstance(trouble, Refusal) and item is not at_fault
            self._leave(item, Refusal(GROUP_INCOMPLETE) if incomplete else trouble)

    def _succeed(self, item: Item, result: Result) -> None:
        self._not_applied.pop(item, None)
        self._stuck.discard(item.key)
        if item.place >= 0:
            self._answers[item.place] = result
        if item.quarantined:
            self.settled.append(item)

    def _leave(self, item: Item, trouble: Refusal | Waits) -> None:
        """The change goes to quarantine, or stays there."""
        self._ahead.discard(item.key)
        item.waits_for = None
        outcome: Outcome = "rejected"
        area = item.change.area if item.change is not None and self._may_know(item) else None
        if isinstance(trouble, Waits):
            outcome, item.waits_for = "parked", trouble.first
            problem = self._problem(WAITS_FOR_PARENT)
            self._waiting.append(item)
        else:
            problem = self._problem(trouble.kind, trouble)
            area = trouble.area or area
        self._not_applied[item] = QuarantineRow(
            item, area, self._reads(item), item.waits_for, outcome, problem
        )
        if not (isinstance(trouble, Refusal) and trouble.kind is CHANGE_ID_REUSED):
            self._stuck.add(item.key)
        if item.place >= 0:
            self._answers[item.place] = Result(item.id, outcome, None, [], problem)

    def _may_know(self, item: Item) -> bool:
        assert item.change is not None
        held = item.clearance
        return held is None or item.change.area in held.areas or item.change.area in held.ended

    def _reads(self, item: Item) -> int:
        if item.clearance is None or item.change is None:
            return item.reads
        reach = item.clearance.areas.get(item.change.area)
        return reach.read if reach is not None else 0

    def _problem(self, kind: ProblemKind, refusal: Refusal | None = None) -> ProblemDetail:
        chinese = self._language == "zh"
        errors = [
            {
                "pointer": error.pointer,
                "code": error.code,
                "detail": error.detail_zh if chinese else error.detail_en,
            }
            for error in (refusal.errors if refusal else ())
        ]
        return ProblemDetail(kind.type, kind.zh if chinese else kind.en, None, errors)

    def _decide_one(self, item: Item) -> Result:
        if item.refusal is not None:
            raise item.refusal
        if item in self._reused:
            raise Refusal(CHANGE_ID_REUSED)
        if item.quarantined and any(each.took_effect for each in self._read.receipts.get(item.key, ())):
            raise Refusal(CHANGE_ID_REUSED)
        change = item.change
        assert change is not None
        declared = COLLECTIONS[change.collection]
        readable = self._check_right(item, change, declared, change.area)
        if change.after is not None and self._is_stuck((item.account, change.after)):
            raise Waits(change.after)
        record = self._find(item, change.area, change.record, readable)
        if record is not None and record.area != change.area:
            readable = self._check_right(item, change, declared, record.area)
            if not record.classes() & readable:
                record = None
        if record is None:
            if change.base > 0 or change.op != "write":
                raise Waits(change.record)
            return self._create(item, change, declared, readable)
        if record.collection != change.collection:
            raise Refusal(COLLECTION_MISMATCH)
        if change.op == "move":
            return self._move(item, change, declared, record)
        return self._edit(item, change, declared, record, readable)

    def _check_right(self, item: Item, change: Change, declared: Declaration, area: UUID) -> int:
        """May the author write this here? Gives the classes they may read."""
        if item.clearance is None:
            if area != change.area:
                raise Refusal(ACCESS_ENDED, area=area)
            return item.reads
        reach = item.clearance.areas.get(area)
        if reach is None or not (reach.read or reach.write):
            if area != change.area:
                raise Refusal(ACCESS_ENDED, area=area)
            raise Refusal(ACCESS_ENDED if area in item.clearance.ended else AREA_NOT_HELD)
        wanted = Privacy.OPEN.bit
        if change.op != "write":
            # It takes effect on parts that the author may not see as well.
            wanted = _classes_of(declared)
        for fields in (change.set, change.add, change.remove, change.increment):
            for name in fields:
                wanted |= declared.privacy_of(name).bit
        if wanted & ~reach.write:
            raise Refusal(WRITE_NOT_ALLOWED)
        if change.op == "move":
            target = item.clearance.areas.get(change.to) if change.to else None
            if target is None or wanted & ~target.write:
                # The supervisor of both areas can let it through.
                raise Refusal(WRITE_NOT_ALLOWED)
        return reach.read

    def _is_stuck(self, change: ChangeKey) -> bool:
        """It has come and could not be applied, or stands further down in this batch."""
        if change in self._stuck or change in self._ahead:
            return True
        if change in self._revs:
            return False
        receipts = self._read.receipts.get(change)
        return receipts is not None and all(not receipt.settled for receipt in receipts)

    def _find(self, item: Item, area: UUID, id: UUID, readable: int) -> Stored | None:
        """The record, where the author may see some of it; followed to where it has moved."""
        record = self._state.records.get((area, id))
        if record is not None:
            return record if record.classes() & readable else None
        been = {area}
        while (target := self._state.moved.get((area, id))) is not None and target not in been:
            if not self._read.departed_classes.get((area, id), ALL_CLASSES) & readable:
                return None
            been.add(target)
            area = target
            record = self._state.records.get((area, id))
            if record is not None:
                if item.clearance is None or area not in item.clearance.areas:
                    raise Refusal(ACCESS_ENDED, area=area)
                return record
        return None

    def _create(self, item: Item, change: Change, declared: Declaration, readable: int) -> Result:
        if change.resolves is not None:
            raise Refusal(CONFLICT_UNKNOWN)
        parents = [
            self._parent(item, change, field, change.area, readable) for field in _parents(change, declared)
        ]
        # A child made offline for a family that has moved meanwhile is made where the family is.
        area = parents[0].area if parents else change.area
        if area != change.area:
            self._check_right(item, change, declared, area)
        decision = decide_creation(change, declared)
        # Somebody else's record of this id may lie here, in classes that the author may not see. What they
        # write then stands beside it, as if the rest were not there.
        hidden = self._state.records.get((area, change.record))
        if hidden is None:
            record = Stored(area, change.record, change.collection)
        else:
            present = hidden.classes()
            if hidden.collection != change.collection or any(
                declared.privacy_of(name).bit & present for name in decision.values
            ):
                raise Refusal(COLLECTION_MISMATCH)
            record = self._state.to_change(hidden)
        _check_size(record, change, declared, decision, len(item.payload))
        if parents and record.parent is None:
            record.parent = parents[0].id
        edit = self._edit_of(item, change, area, readable)
        self._first_revs.setdefault((area, change.record), record.rev)
        touched = apply(decision, record, edit, declared)
        self._state.put(record)
        if area != change.area:
            self._not_as_sent.add((area, change.record))
        self._state.arrived.add(change.record)
        if hidden is None:
            self._state.read_whole.add(record.id)
        return self._took_effect(item, change, declared, record, edit, decision, {}, touched)

    def _parent(self, item: Item, change: Change, field: Field, area: UUID, readable: int) -> Stored:
        """The record that `field` says this one belongs to."""
        id = UUID(change.set[field.name])
        if id == change.record:
            raise Refusal(CHANGE_INVALID, [_own_parent(field)])
        found = self._find(item, area, id, readable)
        if found is None:
            raise Waits(id)
        if isinstance(field.kind, Reference) and found.collection != field.kind.target:
            raise Refusal(CHANGE_INVALID, [_wrong_parent(field)])
        return found

    def _edit(
        self, item: Item, change: Change, declared: Declaration, record: Stored, readable: int
    ) -> Result:
        parents = {}
        for field in _parents(change, declared):
            if record.values(field.privacy).get(field.name) != change.set[field.name]:
                parents[field.name] = self._parent(item, change, field, record.area, readable)
                if parents[field.name].area != record.area:
                    raise Refusal(CHANGE_INVALID, [_parent_elsewhere(field)])
        resolved: Stored | None = None
        settled: dict[str, list[Any]] = {}
        if change.resolves is not None:
            resolved = self._state.records.get((record.area, change.resolves))
            if (
                resolved is None
                or resolved.collection != conflicts.COLLECTION
                or resolved.parent != record.id
                or not resolved.classes() & readable
            ):
                raise Refusal(CONFLICT_UNKNOWN)
            settled = conflicts.disputed_values(resolved)
        edit = self._edit_of(item, change, record.area, readable)
        decision = decide(record, edit, declared, self._before(record, edit, declared), settled)
        _check_size(record, change, declared, decision, len(item.payload))
        record = self._state.to_change(record)
        self._first_revs.setdefault((record.area, record.id), record.rev)
        named = self._meet_conflicts(item, record, decision, edit, resolved)
        edit = edit._replace(rev=self._state.next_rev(record.area)) if named is not None else edit
        for name, parent in parents.items():
            if name in decision.values and name == _first_parent(declared):
                record.parent = parent.id
        was_deleted = record.deleted
        touched = apply(decision, record, edit, declared)
        if was_deleted and not record.deleted:
            self._state.arrived.add(record.id)
        if touched:
            self._state.put(record)
        return self._took_effect(
            item, change, declared, record, edit, decision, named or {}, touched, resolved=resolved
        )

    def _edit_of(self, item: Item, change: Change, area: UUID, readable: int) -> Edit:
        """The change as it is decided, at the next place in the area's log."""
        after = 0
        if change.after is not None:
            key = (item.account, change.after)
            done = [receipt.rev or 0 for receipt in self._read.receipts.get(key, ()) if receipt.took_effect]
            after = self._revs.get(key) or max(done, default=0)
        rev = self._state.next_rev(area)
        return Edit(change, item.by, item.at, rev, after, readable, item.account)

    def _meet_conflicts(
        self, item: Item, record: Stored, decision: Decision, edit: Edit, resolved: Stored | None
    ) -> dict[tuple[str, ...], UUID] | None:
        """Open, renew and settle conflicts: those in which the change stands, by the fields they are about.

        Each that moves takes a place in the log before the record's own: whoever holds the record then has
        seen them. None where nothing moved.
        """
        standing = self._state.open_conflicts(record)
        if not standing and not decision.disputes:
            return None
        if resolved is not None and not conflicts.is_open(resolved):
            resolved = None
        named: dict[tuple[str, ...], UUID] = {}
        is_first = True

        def moved(conflict: Stored) -> None:
            self._state.put(conflict)
            self._state.touch(conflict.area, conflict.classes())

        def next_edit() -> Edit:
            nonlocal is_first
            place = edit.rev if is_first else self._state.next_rev(record.area)
            is_first = False
            return edit._replace(rev=place)

        met: set[UUID] = set()
        for dispute in decision.disputes:
            found = conflicts.find(standing, dispute)
            if found is None:
                found = conflicts.opened(record, dispute, next_edit(), item.account)
            else:
                found = self._state.to_change(found)
                decides = resolved is not None and found.id == resolved.id
                conflicts.disputed_again(found, dispute, next_edit(), item.account, decides=decides)
            met.add(found.id)
            named[dispute.fields] = found.id
            moved(found)
        for conflict in standing:
            if conflict.id in met:
                continue
            conflict = self._state.to_change(conflict)
            values = conflict.values(conflicts.privacy_of(conflict))
            fields = values["fields"]
            ended = decision.deleted is True and values["kind"] == "delete"
            if ended or (resolved is not None and conflict.id == resolved.id):
                conflicts.decided(conflict, next_edit())
                moved(conflict)
                continue
            spoken = bool(fields) and all(name in edit.change.set for name in fields)
            is_later = spoken and not any(name in decision.late for name in fields)
            if is_later and conflicts.has_candidate(conflict, edit.by):
                conflicts.withdrawn(conflict, next_edit())
                moved(conflict)
            elif any(name in decision.values for name in fields):
                in_force = {**values["standing"], **_said(decision.values)}
                conflicts.stands(conflict, in_force, next_edit())
                moved(conflict)
        return None if is_first else named

    def _before(self, record: Stored, edit: Edit, declared: Declaration) -> dict[str, Any]:
        """Of fields that others have written unseen, what the author had in front of them."""
        before: dict[str, Any] = {}
        for name in _with_history(edit.change, declared):
            for version in self._versions(record.id, name):
                is_own = version.by == edit.by and version.rev > edit.change.base
                if is_own and not version.is_late:
                    # Words that wait in a conflict are not in what others have built on.
                    if not (version.aside and declared.policy_of(name) is Policy.TEXT):
                        before[name] = version.sent
                        break
                elif version.rev <= edit.change.base:
                    before[name] = version.in_force
                    break
            else:
                if record.id in self._state.read_whole:
                    before[name] = ABSENT
        return before

    def _move(self, item: Item, change: Change, declared: Declaration, record: Stored) -> Result:
        """The record goes to another area with all that belongs to it; ids and history stay."""
        target = change.to
        assert target is not None
        source = record.area
        state = self._state
        # Before the departures: what was done to a record until it left is its history (sync/history.py).
        edit = self._edit_of(item, change, source, ALL_CLASSES)
        if target != source:
            family = self._family(record)
            if any((target, each.id) in state.records for each in family):
                raise Refusal(COLLECTION_MISMATCH)
            # Revs are times: the new place starts behind both logs, so that no base from before has seen it.
            state.positions[target] = max(state.positions[target], state.positions[source])
            for each in family:
                each = state.to_change(each)
                old, new = (source, each.id), (target, each.id)
                self._first_revs.setdefault(old, each.rev)
                self._not_as_sent.update((old, new))
                classes = each.classes()
                state.take_out(each)
                state.departures.append(
                    DepartureRow(source, state.next_rev(source), each.id, each.case, classes, target)
                )
                state.moved[old] = target
                state.moved.pop(new, None)
                state.removed.discard(new)
                each.area = target
                each.renew_all(state.next_rev(target))
                state.put(each)
                state.touch(source, classes)
                state.touch(target, classes)
                if each.id == record.id:
                    record = each
        return self._took_effect(item, change, declared, record, edit, Decision(), {}, 0, log=source)

    def _family(self, root: Stored) -> list[Stored]:
        """`root` and everything below it, parents first."""
        children: dict[UUID, list[Stored]] = {}
        for record in self._state.records.values():
            if record.area == root.area and record.parent is not None:
                children.setdefault(record.parent, []).append(record)
        family, seen = [root], {root.id}
        for member in family:
            for child in children.get(member.id, ()):
                if child.id not in seen:
                    seen.add(child.id)
                    family.append(child)
        return family

    def _took_effect(
        self,
        item: Item,
        change: Change,
        declared: Declaration,
        record: Stored,
        edit: Edit,
        decision: Decision,
        named: dict[tuple[str, ...], UUID],
        touched: int,
        log: UUID | None = None,
        resolved: Stored | None = None,
    ) -> Result:
        reach = item.clearance.areas.get(record.area) if item.clearance is not None else None
        reads = reach.read if reach is not None else item.reads
        visible = record.rev_within(reads) or edit.rev
        aside: dict[str, Any] = dict.fromkeys(decision.late)
        for fields, conflict in named.items():
            aside.update((name, str(conflict)) for name in fields)
        opened = list(named.values())
        self._state.history.append(
            HistoryRow(
                log or record.area,
                edit.rev,
                item,
                record.id,
                record.collection,
                decision.outcome,
                visible,
                opened,
                sent_by_class(
                    change,
                    declared,
                    decision.effect,
                    aside,
                    conflicts.privacy_of(resolved) if resolved is not None else None,
                ),
            )
        )
        done = Done(edit, decision.effect, aside)
        self._state.done[record.id] = (done, *self._state.done.get(record.id, ()))
        if touched:
            self._state.touch(record.area, touched)
        # Who restores a record may have put away what was in it.
        computed = decision.outcome != "applied" or decision.deleted is False
        if item.quarantined or computed or touched & ~reads:
            self._not_as_sent.add((record.area, record.id))
        for key in {item.key, (item.account, item.kept_as)}:
            self._revs[key] = edit.rev
            self._state.arrived.add(key)
        self._ahead.discard(item.key)
        return Result(item.id, decision.outcome, visible, opened)

    def _versions(self, record: UUID, name: str) -> Iterator[Version]:
        """Earlier values of a field, newest first: what this batch made of it, then what was read."""
        for edit, effect, aside in self._state.done.get(record, ()):
            if name in edit.change.set or name in effect:
                in_force = effect.get(name, edit.change.set.get(name))
                sent = edit.change.set.get(name, in_force)
                is_aside = name in aside
                yield Version(edit.rev, edit.by, sent, in_force, is_aside, is_aside and aside[name] is None)
        yield from self._read.versions.get((record, name), ())


def ids_named(items: Iterable[Item]) -> dict[UUID, set[UUID]]:
    """By area, every record that deciding `items` has to look at."""
    wanted: dict[UUID, set[UUID]] = {}
    for item in items:
        change = item.change
        if change is None or item.refusal is not None:
            continue
        ids = wanted.setdefault(change.area, set())
        ids.add(change.record)
        if change.resolves is not None:
            ids.add(change.resolves)
        for field in _parents(change, COLLECTIONS[change.collection]):
            ids.add(UUID(change.set[field.name]))
    return wanted


def versions_wanted(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Records of which earlier values are needed: somebody else wrote, unseen by an author here."""
    by_id = {record.id: record for record in records.values()}
    wanted = set()
    for item in items:
        change = item.change
        if change is None or item.refusal is not None:
            continue
        record = records.get((change.area, change.record)) or by_id.get(change.record)  # it may have moved
        if record is None or record.collection != change.collection:
            continue
        for name in _with_history(change, COLLECTIONS[change.collection]):
            stamp = record.stamp(name)
            if stamp.rev > change.base and stamp.by != item.by:
                wanted.add((record.area, record.id))
    return wanted


def historic_fields() -> frozenset[str]:
    """The names of all fields of which earlier values may be needed to decide."""
    return frozenset(name for declared in COLLECTIONS.values() for name in _historic(declared))


def classes_of(bits: int) -> list[str]:
    """The names of a bit set of classes, for the wire."""
    return [privacy.value for privacy in CLASSES if privacy.bit & bits]


@cache
def _historic(declared: Declaration) -> frozenset[str]:
    return frozenset(
        name
        for name, field in declared.fields.items()
        if field.policy in (Policy.TEXT, Policy.STATES) or len(declared.unit_of(name)) > 1
    )


@cache
def _classes_of(declared: Declaration) -> int:
    return class_set(field.privacy for field in declared.fields.values())


@cache
def _parent_fields(declared: Declaration) -> tuple[Field, ...]:
    return tuple(field for field in declared.fields.values() if field.parent)


def _first_parent(declared: Declaration) -> str | None:
    """The field that names what the record moves along with."""
    fields = _parent_fields(declared)
    return fields[0].name if fields else None


def _parents(change: Change, declared: Declaration) -> list[Field]:
    """The fields in which the change names a record that must be there before it can be applied."""
    return [field for field in _parent_fields(declared) if change.set.get(field.name) is not None]


def _with_history(change: Change, declared: Declaration) -> list[str]:
    """Fields for which it matters what the author had before: see `before` of `sync.decide.decide`."""
    historic = _historic(declared)
    if historic.isdisjoint(change.set):
        return []
    wanted: dict[str, None] = {}
    for name in change.set:
        if name in historic:
            unit = declared.unit_of(name)
            wanted.update(
                dict.fromkeys(unit if len(unit) == 1 else [each for each in unit if each not in change.set])
            )
    return list(wanted)


def _check_size(record: Stored, change: Change, declared: Declaration, decision: Decision, sent: int) -> None:
    """Each part is bounded by itself: how full the others are is not for everybody to know."""
    if sum(len(body) for body in record.bodies if body is not None) + sent <= MAX_RECORD:
        return
    for privacy in {declared.privacy_of(name) for name in decision.values}:
        body = record.bodies[CLASSES.index(privacy)] or b""
        if len(body) + sent > MAX_RECORD:
            values = {
                **record.values(privacy),
                **{
                    name: value
                    for name, value in _said(decision.values).items()
                    if declared.privacy_of(name) is privacy
                },
            }
            if len(msgspec.json.encode(values)) > MAX_RECORD:
                raise Refusal(RECORD_TOO_LARGE)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not ABSENT}


def _own_parent(field: Field) -> FieldProblem:
    return FieldProblem(
        f"/set/{field.name}", "parent", "记录不能从属于自己", "A record cannot belong to itself"
    )


def _wrong_parent(field: Field) -> FieldProblem:
    return FieldProblem(
        f"/set/{field.name}", "parent", "所指记录的类型不对", "That record is of another collection"
    )


def _parent_elsewhere(field: Field) -> FieldProblem:
    return FieldProblem(
        f"/set/{field.name}",
        "parent",
        "所指记录在另一个区域，请先迁移本记录",
        "That record lies in another area: move this one there first",
    )
