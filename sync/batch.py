"""What a batch of changes does to the records it touches. Pure: everything was read before.

`Batch` takes the changes in order, keeps what they made of the records in memory, and ends with the rows to
write. It knows groups (all or none), chains (a change waits for the one it depends on), and work that was
waiting and can now go on; what one change does is in sync/taking.py.
"""

from collections import deque
from collections.abc import Iterable
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES
from schemas.problems import CHANGE_ID_REUSED, GROUP_INCOMPLETE, WAITS_FOR_PARENT, ProblemKind
from sync.decide import Refusal
from sync.item import (
    ChangeKey,
    DepartureRow,
    HistoryRow,
    Item,
    Key,
    MovedFile,
    OpenedFile,
    QuarantineRow,
    Read,
    Rights,
    Waits,
)
from sync.record import Stored
from sync.scope import NO_REACH, OWN_WHOLE, Action, Reach, Touched
from sync.taking import Taking
from sync.wire import Outcome, ProblemDetail, Result


class Batch:
    """Decides the items of one push, in order. Read the results and the rows to write afterwards."""

    def __init__(self, read: Read, language: str = "zh") -> None:
        self._read = read
        self._language = language
        self._began = dict(read.positions)
        self._taking = Taking(read)
        self._places: dict[ChangeKey, dict[bytes, int]] = {}
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
        return [self._taking.draft.records[key] for key in self._taking.draft.dirty]

    @property
    def written(self) -> frozenset[tuple[str, UUID]]:
        """The same, as collections and ids."""
        return frozenset((record.collection, record.id) for record in self.dirty)

    @property
    def removed(self) -> set[Key]:
        """Records that left their area."""
        return self._taking.draft.removed

    @property
    def history(self) -> list[HistoryRow]:
        """Changes that took effect."""
        return self._taking.draft.history

    @property
    def departures(self) -> list[DepartureRow]:
        """Departures to write."""
        return self._taking.draft.departures

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
        return {
            area: last for area, last in self._taking.draft.positions.items() if last != self._began[area]
        }

    @property
    def touched(self) -> Touched:
        """Where something moved, in which classes: who is cleared for one of them there is poked."""
        return self._taking.draft.touched

    @property
    def opened(self) -> list[OpenedFile]:
        """Files that this batch opened."""
        return self._taking.draft.opened

    @property
    def moved_files(self) -> list[MovedFile]:
        """Files that went to another area."""
        return self._taking.draft.moved_files

    def as_sent(self) -> dict[Key, tuple[int, int]]:
        """Records that stand as this batch's author sent them: {key: (rev before, rev now)}."""
        return {
            key: (first, self._taking.draft.records[key].rev)
            for key, first in self._taking.first_revs.items()
            if key not in self._taking.not_as_sent and key in self._taking.draft.records
        }

    # Deciding

    def decide(self, items: list[Item]) -> None:
        """Take all items; `results` has one answer for each, in their order."""
        groups: dict[ChangeKey, list[Item]] = {}
        units: list[list[Item]] = []
        for place, item in enumerate(items):
            item.place = place
            self._taking.ahead.add(item.key)
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
        self._taking.draft.arrived.update(arrived)
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
            # The hash of what was erased has gone with it; that it was done is still known.
            if receipt.hash in (item.hash, b""):
                self._taking.ahead.discard(item.key)
                done = next((each for each in receipts if each.took_effect and receipt.settled), receipt)
                self._answers[item.place] = Result(
                    item.id, done.outcome, done.rev, done.conflicts, done.problem, repeated=True
                )
                return False
        if places or receipts:
            self._taking.reused.add(item)
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
        while self._taking.draft.arrived and self._waiting:
            arrived, self._taking.draft.arrived = self._taking.draft.arrived, set()
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
        before = self._taking.draft
        if len(unit) > 1:
            self._taking.draft = before.fork()
        results: dict[Item, Result] = {}
        queue = deque(unit)
        waits: list[Waits] = []  # one for each of the queue that was tried in vain since the last success
        trouble: Refusal | Waits | None = None
        while queue and trouble is None:
            item = queue.popleft()
            try:
                results[item] = self._taking.take(item)
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
            self._taking.draft.keep()
            for item in unit:
                self._succeed(item, results[item])
            return
        self._taking.draft = before
        for item in unit:
            incomplete = isinstance(trouble, Refusal) and item is not at_fault
            self._leave(item, Refusal(GROUP_INCOMPLETE) if incomplete else trouble)

    def _succeed(self, item: Item, result: Result) -> None:
        self._not_applied.pop(item, None)
        self._taking.stuck.discard(item.key)
        if item.place >= 0:
            self._answers[item.place] = result
        if item.quarantined:
            self.settled.append(item)

    def _leave(self, item: Item, trouble: Refusal | Waits) -> None:
        """The change goes to quarantine, or stays there."""
        self._taking.ahead.discard(item.key)
        waited_for, item.waits_for = item.waits_for, None
        outcome: Outcome = "rejected"
        area = item.change.area if item.change is not None and self._may_know(item) else None
        if isinstance(trouble, Waits):
            outcome, item.waits_for = "parked", trouble.first
            problem = self._problem(WAITS_FOR_PARENT)
            self._waiting.append(item)
        else:
            problem = self._problem(trouble.kind, trouble)
            area = trouble.area or area
        if item.waits_for is None or item.waits_for != waited_for:
            # Else what is kept of it stays as it is, to the byte: nobody is told that it was tried in vain.
            self._not_applied[item] = QuarantineRow(
                item, area, self._rights(item), item.waits_for, outcome, problem
            )
        if not (isinstance(trouble, Refusal) and trouble.kind is CHANGE_ID_REUSED):
            self._taking.stuck.add(item.key)
        if item.place >= 0:
            self._answers[item.place] = Result(item.id, outcome, None, [], problem)

    def _may_know(self, item: Item) -> bool:
        assert item.change is not None
        held = item.clearance
        return held is None or held.holds(item.change.area) or item.change.area in held.ended

    def _rights(self, item: Item) -> Rights:
        """What the author may read and write, as far as it can be told of the record now."""
        if item.clearance is None or item.change is None:
            return item.rights
        held, area, collection = item.clearance, item.change.area, item.change.collection
        record = self._taking.draft.records.get((area, item.change.record))
        is_seen = record is not None and bool(record.classes() & item.may_read(record.place))
        actions = item.actions[-1:] if is_seen else item.actions
        reach = held.areas.get(area, NO_REACH)
        sight = reach.sight
        if item.refusal is None and not self._taking.hides(item):
            # What they have sent of their own, or will, may be built on.
            sight |= OWN_WHOLE
        rights = Rights(sight, _pen(reach, collection, actions))
        case = record.case if record is not None and is_seen else None
        if case is None:
            return rights
        in_file = held.files.get(area, {}).get(case, NO_REACH)
        return rights._replace(
            case=case, case_sight=in_file.in_file, case_pen=_pen(in_file, collection, actions)
        )

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


def _pen(reach: Reach, collection: str, actions: Iterable[Action]) -> int:
    """What any of `actions` writes, see `Reach.pen`."""
    bits = NO_CLASSES
    for action in actions:
        bits |= reach.pen(collection, action)
    return bits
