"""What a batch of changes does to the records it touches. Pure: everything was read before.

`Batch` takes the changes in order, keeps what they made of the records in memory, and ends with the rows to
write. It knows groups (all or none), chains (a change waits for the one it depends on), parents (a visit
waits for the person), files that moved, and work that was waiting and can now go on.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Policy
from schemas.privacy import ALL_CLASSES, CLASSES, Privacy
from schemas.problems import (
    ACCESS_ENDED,
    AREA_NOT_HELD,
    CHANGE_ID_REUSED,
    COLLECTION_MISMATCH,
    CONFLICT_UNKNOWN,
    GROUP_INCOMPLETE,
    RECORD_TOO_LARGE,
    WAITS_FOR_PARENT,
    WRITE_NOT_ALLOWED,
    ProblemKind,
)
from sync import conflict as conflicts
from sync.decide import Decision, Edit, Refusal, apply, decide, decide_creation, sent_by_class
from sync.record import CREATION, Stored
from sync.scope import Clearance
from sync.wire import Change, Outcome, ProblemDetail, Result

MAX_RECORD = 256 * 1024  # bytes of all parts together

Key = tuple[UUID, UUID]  # area, record


class Receipt(NamedTuple):
    """What is known of a change id of this account: the same content was done, parked or refused before."""

    hash: bytes
    outcome: Outcome
    rev: int | None
    conflicts: list[UUID]
    problem: ProblemDetail | None
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
        "payload",
        "quarantined",
        "received",
        "refusal",
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
        clearance: Clearance | None,
        refusal: Refusal | None = None,
        quarantined: bool = False,
    ) -> None:
        self.id = id
        self.account = account
        self.by = by
        self.change = change
        self.at = at
        self.payload = payload
        self.hash = hash
        # None: its author's right was checked when it was received, and it has been waiting since.
        self.clearance = clearance
        self.refusal = refusal
        self.quarantined = quarantined


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


class TextVersion(NamedTuple):
    """One earlier value of a text field: what its author sent and what came into force."""

    rev: int
    by: str
    sent: str | None
    in_force: str | None


class Waits(Exception):
    """The change cannot be decided before `first` (a record or a change) has arrived."""

    def __init__(self, first: UUID) -> None:
        super().__init__(first)
        self.first = first


class Read(msgspec.Struct):
    """What the store read for a batch, under the areas' locks."""

    records: dict[Key, Stored] = {}
    receipts: dict[UUID, list[Receipt]] = {}
    parked: list[Item] = []
    # Where records that left an area are now; absent when they are not known there.
    moved: dict[Key, UUID] = {}
    departed_classes: dict[Key, int] = {}
    texts: dict[tuple[UUID, str], list[TextVersion]] = {}
    # The last position handed out in each locked area, or the present microsecond less one if that is later.
    positions: dict[UUID, int] = {}


class _State:
    """The records as the batch has made them so far. A fork can be thrown away when a group fails."""

    def __init__(
        self, records: dict[Key, Stored], positions: dict[UUID, int], moved: dict[Key, UUID]
    ) -> None:
        self.records = records
        self.positions = positions
        self.moved = moved
        self.dirty: dict[Key, Stored] = {}
        self.removed: set[Key] = set()
        self.history: list[HistoryRow] = []
        self.departures: list[DepartureRow] = []
        self.results: dict[int, Result] = {}
        self.arrived: list[UUID] = []
        self.settled: list[Item] = []
        self.touched: dict[UUID, int] = {}

    def fork(self) -> "_State":
        twin = _State(
            {key: record.copy() for key, record in self.records.items()},
            dict(self.positions),
            dict(self.moved),
        )
        twin.dirty = {key: twin.records[key] for key in self.dirty}
        twin.removed = set(self.removed)
        twin.history = list(self.history)
        twin.departures = list(self.departures)
        twin.results = dict(self.results)
        twin.arrived = list(self.arrived)
        twin.settled = list(self.settled)
        twin.touched = dict(self.touched)
        return twin

    def next_rev(self, area: UUID) -> int:
        self.positions[area] += 1
        return self.positions[area]

    def open_conflicts(self, subject: Stored) -> list[Stored]:
        return [
            record
            for record in self.records.values()
            if record.parent == subject.id
            and record.collection == conflicts.COLLECTION
            and record.area == subject.area
        ]


class Batch:
    """Decides the items of one push, in order. Read the results and the rows to write afterwards."""

    def __init__(self, read: Read, language: str = "zh") -> None:
        self._read = read
        self._language = language
        self._state = _State(read.records, read.positions, read.moved)
        self._first_revs: dict[Key, int] = {}
        self._not_as_sent: set[Key] = set()
        self._done: dict[UUID, tuple[bytes, Result]] = {}
        self._stuck: set[UUID] = set()
        self._waiting: list[Item] = list(read.parked)
        self._has_conflicts = any(
            record.collection == conflicts.COLLECTION for record in read.records.values()
        )
        self.quarantine: list[QuarantineRow] = []
        # Receipts of changes that waited and were tried again in vain: their problem, as it is now.
        self.still_waiting: list[QuarantineRow] = []
        self.results: list[Result] = []

    # What came of it

    @property
    def dirty(self) -> Iterable[Stored]:
        """Records to write."""
        return self._state.dirty.values()

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
    def settled(self) -> list[Item]:
        """Quarantined items that took effect."""
        return self._state.settled

    @property
    def positions(self) -> dict[UUID, int]:
        """The last position used in each area."""
        return self._state.positions

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
        groups: dict[UUID, list[int]] = {}
        for index, item in enumerate(items):
            if item.change is not None and item.change.group is not None:
                groups.setdefault(item.change.group, []).append(index)
        answered: dict[int, Result] = {}
        for index, item in enumerate(items):
            if index in answered:
                continue
            members = [index]
            if item.change is not None and item.change.group is not None:
                members = groups[item.change.group]
            answered.update(self._decide_unit([(i, items[i]) for i in members]))
            self._go_on()
        self.results = [answered[index] for index in range(len(items))]

    def _decide_unit(self, unit: list[tuple[int, Item]]) -> dict[int, Result]:
        """One change, or the changes of one group."""
        answered: dict[int, Result] = {}
        fresh: list[tuple[int, Item]] = []
        for index, item in unit:
            known = self._known(item)
            if known is None:
                fresh.append((index, item))
                self._done.setdefault(item.id, (item.hash, Result(item.id, "retry")))
            else:
                answered[index] = known
        if not fresh:
            return answered
        before = self._state
        if len(fresh) > 1:
            self._state = before.fork()
        results: dict[int, Result] = {}
        failed_at = -1
        trouble: Refusal | Waits | None = None
        for index, item in fresh:
            try:
                results[index] = self._decide_one(item)
            except (Refusal, Waits) as error:
                trouble, failed_at = error, index
                break
        if trouble is not None:
            self._state = before
            results = {index: self._not_applied(item, trouble, index == failed_at) for index, item in fresh}
        for index, item in fresh:
            self._done[item.id] = (item.hash, results[index])
        answered.update(results)
        return answered

    def _known(self, item: Item) -> Result | None:
        """The answer of the first time, where this change was sent before."""
        earlier = self._done.get(item.id)
        if earlier is not None and not item.quarantined:
            if earlier[0] == item.hash:
                return msgspec.structs.replace(earlier[1], repeated=True)
            return self._reused(item)
        if item.quarantined:
            return None
        receipts = self._read.receipts.get(item.id)
        if not receipts:
            return None
        for receipt in receipts:
            if receipt.hash == item.hash:
                return Result(
                    item.id, receipt.outcome, receipt.rev, receipt.conflicts, receipt.problem, repeated=True
                )
        return self._reused(item)

    def _reused(self, item: Item) -> Result:
        return self._not_applied(item, Refusal(CHANGE_ID_REUSED), True, remember=False)

    def _not_applied(
        self, item: Item, trouble: Refusal | Waits, at_fault: bool, remember: bool = True
    ) -> Result:
        waits_for: UUID | None = None
        outcome: Outcome = "rejected"
        if isinstance(trouble, Waits):
            outcome, waits_for = "parked", trouble.first
            problem = self._problem(WAITS_FOR_PARENT)
        elif at_fault:
            problem = self._problem(trouble.kind, trouble)
        else:
            problem = self._problem(GROUP_INCOMPLETE)
        area = None
        if item.change is not None and (item.clearance is None or self._may_know(item)):
            area = item.change.area
        row = QuarantineRow(item, area, waits_for, outcome, problem)
        if item.quarantined:
            self.still_waiting.append(row)
            if waits_for is not None:
                self._waiting.append(item)
        else:
            self.quarantine.append(row)
            if waits_for is not None and item.change is not None:
                self._waiting.append(_as_parked(item))
        if remember:
            self._stuck.add(item.id)
        return Result(item.id, outcome, None, [], problem)

    def _may_know(self, item: Item) -> bool:
        assert item.change is not None and item.clearance is not None
        return item.change.area in item.clearance.areas or item.change.area in item.clearance.ended

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

    def _go_on(self) -> None:
        """Take up what waited for something that has just arrived, and what waited for that in turn."""
        while self._state.arrived and self._waiting:
            arrived = set(self._state.arrived)
            self._state.arrived.clear()
            ready, waiting = [], []
            for item in self._waiting:
                (ready if self._waits_for_any(item, arrived) else waiting).append(item)
            self._waiting = waiting
            while ready:
                item = ready.pop(0)
                unit = [item]
                if item.change is not None and item.change.group is not None:
                    mates = [
                        mate
                        for mate in ready + self._waiting
                        if mate.change and mate.change.group == item.change.group
                    ]
                    unit += mates
                    ready = [each for each in ready if each not in mates]
                    self._waiting = [each for each in self._waiting if each not in mates]
                self._decide_unit(list(enumerate(unit, start=-len(unit))))

    def _waits_for_any(self, item: Item, arrived: set[UUID]) -> bool:
        change = item.change
        if change is None:
            return False
        if change.record in arrived or change.after in arrived:
            return True
        declared = COLLECTIONS.get(change.collection)
        return declared is not None and any(parent in arrived for parent in parents_named(change, declared))

    def _decide_one(self, item: Item) -> Result:
        if item.refusal is not None:
            raise item.refusal
        change = item.change
        assert change is not None
        declared = COLLECTIONS[change.collection]
        readable = self._check_right(item, change, declared, change.area)
        if change.after is not None and self._is_stuck(change.after):
            raise Waits(change.after)
        record = self._find(item, change, change.area, change.record, readable)
        if record is None:
            if change.base > 0 or change.op != "write":
                raise Waits(change.record)
            return self._create(item, change, declared, readable)
        if record.collection != change.collection:
            raise Refusal(COLLECTION_MISMATCH)
        if record.area != change.area:
            readable = self._check_right(item, change, declared, record.area)
        if change.op == "move":
            return self._move(item, change, record)
        for parent in parents_named(change, declared):
            if self._find(item, change, record.area, parent, readable) is None:
                raise Waits(parent)
        return self._edit(item, change, declared, record, readable)

    def _check_right(self, item: Item, change: Change, declared: Declaration, area: UUID) -> int:
        """May the author write this here? Gives the classes they may read."""
        if item.clearance is None:
            return ALL_CLASSES
        reach = item.clearance.areas.get(area)
        if reach is None or not (reach.read or reach.write):
            raise Refusal(ACCESS_ENDED if area in item.clearance.ended else AREA_NOT_HELD)
        wanted = Privacy.OPEN.bit
        for fields in (change.set, change.add, change.remove, change.increment):
            for name in fields:
                wanted |= declared.privacy_of(name).bit
        if wanted & ~reach.write:
            raise Refusal(WRITE_NOT_ALLOWED)
        if change.op == "move":
            target = item.clearance.areas.get(change.to) if change.to else None
            if target is None or not target.write & Privacy.OPEN.bit:
                # The supervisor of both areas can let it through.
                raise Refusal(WRITE_NOT_ALLOWED)
        return reach.read

    def _is_stuck(self, change: UUID) -> bool:
        if change in self._stuck:
            return True
        if change in self._done:
            return False
        receipts = self._read.receipts.get(change)
        return bool(receipts) and all(not receipt.settled for receipt in receipts or ())

    def _find(self, item: Item, change: Change, area: UUID, id: UUID, readable: int) -> Stored | None:
        """The record, where the author may see some of it; followed to where it has moved."""
        record = self._state.records.get((area, id))
        if record is not None:
            return record if record.classes() & readable else None
        seen = area
        while (target := self._state.moved.get((seen, id))) is not None:
            if item.clearance is not None:
                if not self._read.departed_classes.get((seen, id), ALL_CLASSES) & readable:
                    return None
                if target not in item.clearance.areas:
                    raise Refusal(ACCESS_ENDED)
            seen = target
            record = self._state.records.get((seen, id))
            if record is not None:
                return record
        return None

    def _create(self, item: Item, change: Change, declared: Declaration, readable: int) -> Result:
        area = change.area
        parent_id: UUID | None = None
        for parent in parents_named(change, declared):
            found = self._find(item, change, change.area, parent, readable)
            if found is None:
                raise Waits(parent)
            if parent_id is None:
                # A child made offline for a family that has moved meanwhile is made where the family is.
                parent_id, area = parent, found.area
        if area != change.area:
            self._check_right(item, change, declared, area)
        hidden = self._state.records.get((area, change.record))
        decision = decide_creation(change, declared)
        if len(item.payload) > MAX_RECORD:
            raise Refusal(RECORD_TOO_LARGE)
        edit = Edit(change, item.by, item.at, self._state.next_rev(area))
        record = hidden or Stored(area, change.record, change.collection, parent=parent_id)
        key = (area, change.record)
        self._first_revs.setdefault(key, record.rev)
        touched = apply(decision, record, edit, declared)
        self._state.records[key] = self._state.dirty[key] = record
        if area != change.area:
            self._not_as_sent.add(key)
        self._state.arrived.append(change.record)
        return self._took_effect(item, change, declared, record, edit, decision, [], touched)

    def _edit(
        self, item: Item, change: Change, declared: Declaration, record: Stored, readable: int
    ) -> Result:
        resolved: Stored | None = None
        settled: dict[str, list[Any]] = {}
        if change.resolves is not None:
            resolved = self._state.records.get((record.area, change.resolves))
            if resolved is None or resolved.parent != record.id or not resolved.classes() & readable:
                raise Refusal(CONFLICT_UNKNOWN)
            settled = conflicts.disputed_values(resolved)
        if sum(len(body) for body in record.bodies if body) + len(item.payload) > MAX_RECORD:
            raise Refusal(RECORD_TOO_LARGE)
        edit = Edit(change, item.by, item.at, self._state.positions[record.area] + 1)
        ancestors = {
            name: self._ancestor(record, name, edit)
            for name in change.set
            if declared.policy_of(name) is Policy.TEXT
        }
        decision = decide(record, edit, declared, ancestors, settled)
        key = (record.area, record.id)
        self._first_revs.setdefault(key, record.rev)
        opened = self._dispute(item, record, decision, edit, resolved)
        edit = edit._replace(rev=self._state.next_rev(record.area))
        self._follow_parent(record, declared, decision)
        was_deleted = record.deleted
        touched = apply(decision, record, edit, declared)
        if was_deleted and not record.deleted:
            self._state.arrived.append(record.id)
        if touched or decision.restamped or decision.members:
            self._state.dirty[key] = record
        for name in ancestors:
            value = change.set[name]
            self._read.texts.setdefault((record.id, name), []).insert(
                0, TextVersion(edit.rev, item.by, value, decision.effect.get(name, value))
            )
        return self._took_effect(item, change, declared, record, edit, decision, opened, touched)

    def _dispute(
        self, item: Item, record: Stored, decision: Decision, edit: Edit, resolved: Stored | None
    ) -> list[UUID]:
        """Open, renew and settle conflicts; each moved one takes a position before the subject's own."""
        named: list[UUID] = []
        if not (decision.disputes or resolved is not None or self._has_conflicts):
            return named
        moved: list[Stored] = []
        standing = self._state.open_conflicts(record)
        if resolved is not None and conflicts.is_open(resolved):
            edit = edit._replace(rev=self._state.next_rev(record.area))
            conflicts.decided(resolved, edit)
            moved.append(resolved)
        for other in standing:
            # A value of the same device came into force by itself: its candidate has nothing left to say.
            if other is not resolved and conflicts.is_open(other):
                fields = other.values(conflicts.privacy_of(other))["fields"]
                if fields and all(name in decision.values for name in fields) and not decision.disputes:
                    edit = edit._replace(rev=self._state.positions[record.area] + 1)
                    if conflicts.withdrawn(other, edit):
                        self._state.next_rev(record.area)
                        moved.append(other)
        for dispute in decision.disputes:
            edit = edit._replace(rev=self._state.next_rev(record.area))
            found = conflicts.find(standing, dispute)
            if found is None:
                found = conflicts.opened(record, dispute, edit, item.account)
                self._has_conflicts = True
            else:
                conflicts.disputed_again(found, dispute, edit, item.account)
            named.append(found.id)
            moved.append(found)
        for each in moved:
            key = (each.area, each.id)
            self._state.records[key] = self._state.dirty[key] = each
            self._state.touched[each.area] = self._state.touched.get(each.area, 0) | each.classes()
        return named

    def _ancestor(self, record: Stored, name: str, edit: Edit) -> str | None:
        """What the author had before them: their own earlier words, or what stood at their base."""
        for version in self._read.texts.get((record.id, name), ()):
            if version.by == edit.by and version.rev > edit.change.base:
                return version.sent
            if version.rev <= edit.change.base:
                return version.in_force
        return None

    def _follow_parent(self, record: Stored, declared: Declaration, decision: Decision) -> None:
        first = next((name for name, field in declared.fields.items() if field.parent), None)
        if first is not None and decision.values.get(first) is not None:
            record.parent = UUID(decision.values[first])

    def _move(self, item: Item, change: Change, record: Stored) -> Result:
        """The record goes to another area with all that belongs to it; ids and history stay."""
        target = change.to
        assert target is not None
        source = record.area
        if target == source:
            return Result(item.id, "applied", record.rev)
        declared = COLLECTIONS[record.collection]
        family = self._family(record)
        if any((target, each.id) in self._state.records for each in family):
            raise Refusal(COLLECTION_MISMATCH)
        # Revs are times: the new place starts behind both logs, so that no base from before counts as seen.
        self._state.positions[target] = max(self._state.positions[target], self._state.positions[source])
        for each in family:
            old = (source, each.id)
            self._first_revs.setdefault(old, each.rev)
            self._not_as_sent.update((old, (target, each.id)))
            del self._state.records[old]
            self._state.dirty.pop(old, None)
            self._state.removed.add(old)
            self._state.departures.append(
                DepartureRow(source, self._state.next_rev(source), each.id, each.case, each.classes(), target)
            )
            self._state.moved[old] = target
            self._state.moved.pop((target, each.id), None)
            self._state.removed.discard((target, each.id))
            each.area = target
            each.renew_all(self._state.next_rev(target))
            self._state.records[(target, each.id)] = self._state.dirty[(target, each.id)] = each
            for area in (source, target):
                self._state.touched[area] = self._state.touched.get(area, 0) | each.classes()
        edit = Edit(change, item.by, item.at, self._state.next_rev(source))
        return self._took_effect(item, change, declared, record, edit, Decision(), [], record.classes())

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
        opened: list[UUID],
        touched: int,
    ) -> Result:
        reach = item.clearance.areas.get(record.area) if item.clearance is not None else None
        visible = record.rev_within(reach.read) if reach is not None else record.rev
        log = change.area if change.op == "move" else record.area
        self._state.history.append(
            HistoryRow(
                log,
                edit.rev,
                item,
                record.id,
                record.collection,
                decision.outcome,
                visible or edit.rev,
                opened,
                sent_by_class(change, declared, decision.effect),
            )
        )
        if touched:
            self._state.touched[record.area] = self._state.touched.get(record.area, 0) | touched
        if item.quarantined:
            self._state.settled.append(item)
        if (
            item.quarantined
            or decision.outcome != "applied"
            # Whoever restores it may hold a tombstone, which has no fields.
            or decision.deleted is False
            or touched & ~(reach.read if reach else ALL_CLASSES)
        ):
            self._not_as_sent.add((record.area, record.id))
        self._stuck.discard(item.id)
        self._state.arrived.append(item.id)
        return Result(item.id, decision.outcome, visible or edit.rev, opened)


def parents_named(change: Change, declared: Declaration) -> list[UUID]:
    """The records that must be there before the change can be applied."""
    return [
        UUID(value)
        for name, field in declared.fields.items()
        if field.parent and (value := change.set.get(name)) is not None
    ]


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
        ids.update(parents_named(change, COLLECTIONS[change.collection]))
    return wanted


def texts_wanted(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[UUID]:
    """Records of which the earlier texts are needed: somebody else wrote, unseen by an author here."""
    wanted = set()
    for item in items:
        change = item.change
        if change is None or item.refusal is not None or change.base < 0:
            continue
        declared = COLLECTIONS[change.collection]
        texts = [name for name in change.set if declared.policy_of(name) is Policy.TEXT]
        if not texts:
            continue
        record = next((each for (_, id), each in records.items() if id == change.record), None)
        if record is None or CREATION not in record.stamps:
            continue
        for name in texts:
            stamp = record.stamp(name)
            if stamp.rev > change.base and stamp.by != item.by:
                wanted.add(change.record)
    return wanted


def _as_parked(item: Item) -> Item:
    """The same work, seen as waiting: its author's right has been checked."""
    twin = Item(
        item.id,
        item.account,
        item.by,
        item.change,
        item.at,
        item.payload,
        item.hash,
        clearance=None,
        quarantined=True,
    )
    return twin


def classes_of(bits: int) -> list[str]:
    """The names of a bit set of classes, for the wire."""
    return [privacy.value for privacy in CLASSES if privacy.bit & bits]
