"""Take one change after another into the records: may its author write this, where does it belong, what then.

Pure: everything was read before. How values meet is in sync/decide.py, what a batch is in sync/batch.py.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.consent import Consent
from schemas.declare import Declaration, Field, Policy
from schemas.mandatory_report import MandatoryReport
from schemas.privacy import ALL_CLASSES, CLASSES, NO_CLASSES, Privacy, class_set
from schemas.problems import (
    ACCESS_ENDED,
    AREA_NOT_HELD,
    CHANGE_ID_REUSED,
    CHANGE_INVALID,
    COLLECTION_MISMATCH,
    CONFLICT_UNKNOWN,
    RECORD_ERASED,
    RECORD_RESTRICTED,
    RECORD_TOO_LARGE,
    WRITE_NOT_ALLOWED,
    FieldProblem,
)
from schemas.values import Reference
from sync import conflict as conflicts
from sync.decide import ABSENT, Decision, Edit, Refusal, apply, decide, decide_creation, sent_by_class
from sync.draft import Draft
from sync.guarding import BEYOND, CONSENT, guard_of
from sync.ids import id_from
from sync.item import (
    ChangeKey,
    DepartureRow,
    Done,
    HistoryRow,
    Item,
    Key,
    Left,
    MovedFile,
    OpenedFile,
    Read,
    Version,
    Waits,
)
from sync.minority import CLOSE, UNKNOWN, child_until
from sync.parents import parent_fields, parents_named
from sync.reading import with_history
from sync.record import Stored
from sync.scope import Action, Guard, Place
from sync.starting import added, begun, lacks, started_id, told
from sync.wire import MAX_RECORD, Change, Result

PAPERS: Final = Privacy.IDENTITY.bit
"""The classes that an office reads of what it has before itself: `Reach.sent` lies within them."""


class Taking:
    """The records of a batch while its changes are taken in, one after another."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.draft = Draft(read)
        # Records that were touched, with the rev they had; and those of them that are not as they were sent.
        self.first_revs: dict[Key, int] = {}
        self.not_as_sent: set[Key] = set()
        # Changes that stand further down in the batch, and those that could not be applied.
        self.ahead: set[ChangeKey] = set()
        self.stuck: set[ChangeKey] = set()
        self.reused: set[Item] = set()
        self._revs: dict[ChangeKey, int] = {}

    def take(self, item: Item) -> Result:
        """Decide one change and carry it out. Raises `Refusal`, and `Waits` for what has to come first."""
        if item.refusal is not None:
            raise item.refusal
        if item in self.reused:
            raise Refusal(CHANGE_ID_REUSED)
        if item.quarantined and any(each.took_effect for each in self._read.receipts.get(item.key, ())):
            raise Refusal(CHANGE_ID_REUSED)
        change = item.change
        assert change is not None
        declared = COLLECTIONS[change.collection]
        wanted = classes_wanted(change, declared)
        self._check_area(item, change, wanted)
        if change.after is not None and self._is_stuck((item.account, change.after)):
            raise Waits(change.after)
        record = self._find(item, change.area, change.record)
        if record is None:
            if change.base > 0 or change.op != "write":
                if self._may_have_lost(item, change.area):
                    raise Refusal(ACCESS_ENDED)
                raise Waits(change.record)
            return self._create(item, change, declared, wanted)
        if record.collection != change.collection:
            raise Refusal(COLLECTION_MISMATCH)
        action = Action.EDIT if change.op == "write" else Action(change.op)
        self._check_right(item, record.place, wanted, change, action)
        self._check_office(item, change, declared, record.area, record)
        _check_open(record, change)
        if change.op == "move":
            return self._move(item, change, declared, record)
        return self._edit(item, change, declared, record)

    def _check_area(self, item: Item, change: Change, wanted: int) -> None:
        """May the author write anything like this here at all? Told without a look at any record."""
        held, area = item.clearance, change.area
        if held is None:
            return
        if not held.holds(area):
            raise Refusal(ACCESS_ENDED if area in held.ended else AREA_NOT_HELD)
        missing = held.never_written(area, change.collection, item.actions, wanted)
        if missing:
            if any(each == area for each, _ in held.ended_files):
                raise Refusal(ACCESS_ENDED)
            raise Refusal(WRITE_NOT_ALLOWED, [_NOT_THEIRS] if missing == wanted else None)

    def _check_right(
        self,
        item: Item,
        place: Place,
        wanted: int,
        change: Change,
        action: Action,
        collection: str | None = None,
    ) -> None:
        """May the author write `wanted` by `action` of a record that lies there?

        `collection`: where it is another than that of the change.
        """
        if not wanted & ~item.may_write(place, collection or change.collection, action):
            return
        area = place.area if place.area != change.area else None
        has_ended = item.clearance is not None and (place.area, place.case) in item.clearance.ended_files
        raise Refusal(ACCESS_ENDED if has_ended else WRITE_NOT_ALLOWED, area=area)

    def _check_office(
        self, item: Item, change: Change, declared: Declaration, area: UUID, record: Stored | None = None
    ) -> None:
        """Is what a supervisor alone may write theirs to write? Of work that has waited nobody knows.

        What stands in the `record` counts as far as the author may read it.
        """
        if not declared.is_supervised:
            return
        named = [*change.set, *change.add, *change.remove, *change.increment]
        standing: dict[str, Any] = {}
        # Of a state alone it is asked: no other part is opened for it.
        if record is not None and (states := change.set.keys() & declared.supervised.keys()):
            reads = item.may_read(record.place)
            parts = {name: declared.privacy_of(name) for name in states}
            standing = {
                name: record.values(part).get(name) for name, part in parts.items() if part.bit & reads
            }
        theirs = declared.written_by_supervisor(named, change.set, standing)
        if theirs and (item.clearance is None or area not in item.clearance.supervised):
            raise Refusal(WRITE_NOT_ALLOWED, [_for_supervisor(name) for name in theirs])

    def hides(self, item: Item) -> bool:
        """Whether something that its change cannot do without is there, and its author may not see it."""
        change = item.change
        assert change is not None
        parents = parents_named(change, COLLECTIONS[change.collection])
        ids = (change.record, *(id_from(change.set[field.name]) for field in parents))
        return any(self._is_hidden(item, (change.area, id)) for id in ids)

    def _is_hidden(self, item: Item, key: Key) -> bool:
        record = self.draft.records.get(key)
        if record is not None:
            return not record.classes() & item.may_read(record.place)
        left = self.draft.moved.get(key)
        return left is not None and not left.classes & item.may_read(left.place)

    def _may_have_lost(self, item: Item, area: UUID) -> bool:
        """The author once worked on a file here, and now sees nothing of most of the area.

        Whether the record is there makes no difference to the answer.
        """
        held = item.clearance
        if held is None or area in held.areas:
            return False
        return any(each == area for each, _ in held.ended_files)

    def _is_stuck(self, change: ChangeKey) -> bool:
        """It has come and could not be applied, or stands further down in this batch."""
        if change in self.stuck or change in self.ahead:
            return True
        if change in self._revs:
            return False
        receipts = self._read.receipts.get(change)
        return receipts is not None and all(not receipt.settled for receipt in receipts)

    def _find(self, item: Item, area: UUID, id: UUID) -> Stored | None:
        """The record, where the author may see some of it; followed to where it has moved.

        Raises `Refusal` where it has gone to an area of which they hold nothing. All that is done to it from
        there on is the same to them, unless it comes to where they see it.
        """
        record = self.draft.records.get((area, id))
        been = {area}
        is_beyond = False
        while record is None:
            left = self.draft.moved.get((area, id))
            if left is None or left.to in been:
                break
            if not is_beyond and not left.classes & item.may_read(left.place):
                return None
            area = left.to
            been.add(area)
            is_beyond = is_beyond or item.clearance is None or not item.clearance.holds(area)
            record = self.draft.records.get((area, id))
        is_seen = record is not None and bool(record.classes() & item.may_read(record.place))
        if is_beyond and (item.clearance is None or not is_seen):
            raise Refusal(ACCESS_ENDED, area=area)
        return record if is_seen else None

    def _create(self, item: Item, change: Change, declared: Declaration, wanted: int) -> Result:
        if change.resolves is not None:
            raise Refusal(CONFLICT_UNKNOWN)
        parents = [
            self._parent(item, change, field, change.area) for field in parents_named(change, declared)
        ]
        # A child made offline for a family that has moved meanwhile is made where the family is.
        area = parents[0].area if parents else change.area
        case = change.record if declared.opens_file else parents[0].case if parents else None
        place = Place(area, case, item.account)
        self._check_right(item, place, wanted, change, Action.CREATE)
        self._check_office(item, change, declared, area)
        decision = decide_creation(change, declared, is_whole=item.is_whole)
        # Somebody else's record of this id may lie here, in classes that the author may not see. What they
        # write then stands beside it, as if the rest were not there.
        hidden = self.draft.records.get((area, change.record))
        if hidden is None:
            record = Stored(area, change.record, change.collection, case=case, author=item.account)
        else:
            present = hidden.classes()
            if hidden.collection != change.collection or any(
                declared.privacy_of(name).bit & present for name in decision.values
            ):
                raise Refusal(COLLECTION_MISMATCH)
            record = self.draft.to_change(hidden)
        _check_size(record, change, declared, decision, len(item.payload))
        if parents and record.parent is None:
            record.parent = parents[0].id
        edit = self._edit_of(item, change, area, item.may_read(record.place))
        self.first_revs.setdefault((area, change.record), record.rev)
        touched = apply(decision, record, edit, declared)
        self.draft.put(record)
        if hidden is None:
            above = parents[0] if parents else None
            record.child_until = child_until(record, above)
            record.guard = guard_of(record, above, (), self._read.today)
            record.sent = _is_sent(record, declared)
        else:
            self._reckon(record)
            self._send(record, declared)
        self._agreed(record)
        started = self._start(change, declared, record, edit)
        writes = item.may_write(place, change.collection, Action.CREATE)
        if declared.opens_file and hidden is None and writes & Privacy.CASE.bit:
            # Who may write what a file is about leads the file that they open.
            opened = OpenedFile(area, change.record, item.lender, self.draft.next_rev(area))
            self.draft.opened.append(opened)
            self.draft.touch(Place(area), NO_CLASSES)
        if area != change.area:
            self.not_as_sent.add((area, change.record))
        self.draft.arrived.add(change.record)
        sent: list[bytes | None] | None = None
        if hidden is None:
            self.draft.read_whole.add(record.id)
            if item.is_whole and not started and not declared.computed:
                # What was sent is what the new parts hold, encoded already.
                sent = [body and b'{"set":%b}' % body for body in record.bodies]
        return self._took_effect(
            item, change, declared, record, edit, decision, {}, touched, started=started, sent=sent
        )

    def _parent(self, item: Item, change: Change, field: Field, area: UUID) -> Stored:
        """The record that `field` says this one belongs to."""
        id = id_from(change.set[field.name])
        if id == change.record:
            raise Refusal(CHANGE_INVALID, [_own_parent(field)])
        found = self._find(item, area, id)
        if found is None:
            raise Waits(id)
        if isinstance(field.kind, Reference) and found.collection != field.kind.target:
            raise Refusal(CHANGE_INVALID, [_wrong_parent(field)])
        _check_open(found, change)
        return found

    def _edit(self, item: Item, change: Change, declared: Declaration, record: Stored) -> Result:
        parents = {}
        for field in parents_named(change, declared):
            if record.values(field.privacy).get(field.name) != change.set[field.name]:
                parent = parents[field.name] = self._parent(item, change, field, record.area)
                if parent.area != record.area:
                    raise Refusal(CHANGE_INVALID, [_parent_elsewhere(field)])
                if parent.case != record.case:
                    there = functools.partial(_in_file, case=parent.case, area=record.area)
                    self._check_whole(item, self._family(record), there, change, Action.EDIT)
        resolved: Stored | None = None
        settled: dict[str, list[Any]] = {}
        if change.resolves is not None:
            resolved = self.draft.records.get((record.area, change.resolves))
            if (
                resolved is None
                or resolved.collection != conflicts.COLLECTION
                or resolved.parent != record.id
                or not resolved.classes() & item.may_read(resolved.place)
            ):
                raise Refusal(CONFLICT_UNKNOWN)
            settled = conflicts.disputed_values(resolved)
        edit = self._edit_of(item, change, record.area, item.may_read(record.place))
        decision = decide(record, edit, declared, self._before(record, edit, declared), settled)
        _check_size(record, change, declared, decision, len(item.payload))
        record = self.draft.to_change(record)
        self.first_revs.setdefault((record.area, record.id), record.rev)
        named = self._meet_conflicts(item, record, decision, edit, resolved)
        edit = edit._replace(rev=self.draft.next_rev(record.area)) if named is not None else edit
        touched = apply(decision, record, edit, declared)
        for name, parent in parents.items():
            if name in decision.values and name == parent_fields(declared)[0].name:
                record.parent = parent.id
                self._refile(record, parent.case)
        if parents or declared.born in decision.values:
            self._reckon(record)
        self._send(record, declared)
        self._agreed(record)
        if touched:
            self.draft.put(record)
        started = self._start(change, declared, record, edit)
        return self._took_effect(
            item,
            change,
            declared,
            record,
            edit,
            decision,
            named or {},
            touched,
            resolved=resolved,
            started=started,
        )

    def _start(self, change: Change, declared: Declaration, record: Stored, edit: Edit) -> dict[str, str]:
        """Begin what the change starts, or add to it: the ids of that, by the fields that told of it.

        Behind the record in the log: whoever is told of it has been told what started it.
        """
        if not declared.starting:
            return {}
        kinds_by_collection = told(change, declared)
        for collection, kinds in kinds_by_collection.items():
            id = started_id(record.id, collection)
            found = self.draft.records.get((record.area, id))
            if found is None:
                found = begun(record, collection, kinds, self._next(edit, record.area))
                found.child_until = record.child_until or UNKNOWN  # it is about the same child
                self.draft.arrived.add(id)
                self.draft.read_whole.add(id)
            elif kinds := lacks(found, kinds):
                found = self.draft.to_change(found)
                self.first_revs.setdefault((found.area, id), found.rev)
                added(found, kinds, self._next(edit, record.area))
            else:
                continue
            self.draft.put(found)
            self.draft.touch(found.place, found.classes())
            self.not_as_sent.add((found.area, id))
        return {
            field.name: str(started_id(record.id, field.starts))
            for field in declared.starting
            if field.starts in kinds_by_collection and (field.name in change.set or field.name in change.add)
        }

    def _next(self, edit: Edit, area: UUID) -> Edit:
        return edit._replace(rev=self.draft.next_rev(area))

    def _edit_of(self, item: Item, change: Change, area: UUID, readable: int) -> Edit:
        """The change as it is decided, at the next place in the area's log."""
        after = 0
        if change.after is not None:
            key = (item.account, change.after)
            done = [receipt.rev or 0 for receipt in self._read.receipts.get(key, ()) if receipt.took_effect]
            after = self._revs.get(key) or max(done, default=0)
        rev = self.draft.next_rev(area)
        return Edit(change, item.by, item.at, rev, after, readable, item.account)

    def _meet_conflicts(
        self, item: Item, record: Stored, decision: Decision, edit: Edit, resolved: Stored | None
    ) -> dict[tuple[str, ...], UUID] | None:
        """Open, renew and settle conflicts: those in which the change stands, by the fields they are about.

        Each that moves takes a place in the log before the record's own: whoever holds the record then has
        seen them. None where nothing moved.
        """
        standing = self.draft.open_conflicts(record)
        if not standing and not decision.disputes:
            return None
        if resolved is not None and not conflicts.is_open(resolved):
            resolved = None
        named: dict[tuple[str, ...], UUID] = {}
        is_first = True

        def moved(conflict: Stored) -> None:
            self.draft.put(conflict)
            self.draft.touch(conflict.place, conflict.classes())

        def next_edit() -> Edit:
            nonlocal is_first
            place = edit.rev if is_first else self.draft.next_rev(record.area)
            is_first = False
            return edit._replace(rev=place)

        met: set[UUID] = set()
        for dispute in decision.disputes:
            found = conflicts.find(standing, dispute)
            if found is None:
                found = conflicts.opened(record, dispute, next_edit(), item.account)
            else:
                found = self.draft.to_change(found)
                decides = resolved is not None and found.id == resolved.id
                conflicts.disputed_again(found, dispute, next_edit(), item.account, decides=decides)
            met.add(found.id)
            named[dispute.fields] = found.id
            moved(found)
        for conflict in standing:
            if conflict.id in met:
                continue
            conflict = self.draft.to_change(conflict)
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
        for name in with_history(edit.change, declared):
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
                if record.id in self.draft.read_whole:
                    before[name] = ABSENT
        return before

    def _check_whole(
        self,
        item: Item,
        family: list[Stored],
        there: Callable[[Stored], Place],
        change: Change,
        action: Action,
    ) -> None:
        """Who gives records to other people may write them whole, where they are and where they go (`there`).

        Asked of what the types declare, not of what is there: parts that the author may not see have no say.
        """
        for each in family:
            declared = COLLECTIONS[each.collection]
            # What the server tells of a record goes along with it. And one of which they see nothing is not
            # there for them: it goes along, as hidden parts do.
            if not declared.made_by_server and each.classes() & item.may_read(each.place):
                whole = _classes_of(declared)
                for place in (each.place, there(each)):
                    self._check_right(item, place, whole, change, action, each.collection)

    def _refile(self, record: Stored, case: UUID | None) -> None:
        """The record, and all that belongs to it, is of the file `case` from now on."""
        if record.case == case:
            return
        for each in self._family(record):
            each = self.draft.to_change(each)
            key, classes, place = (each.area, each.id), each.classes(), each.place
            self.first_revs.setdefault(key, each.rev)
            self.not_as_sent.add(key)
            self.draft.departures.append(
                DepartureRow(
                    place, self.draft.next_rev(each.area), each.id, each.collection, classes, each.area
                )
            )
            each.case = case
            each.renew_all(self.draft.next_rev(each.area))
            self.draft.put(each)
            self.draft.touch(place, classes)
            self.draft.touch(each.place, classes)

    def _reckon(self, root: Stored) -> None:
        """Until when `root` and what belongs to it are about a child, and when they are guarded, after what
        this hangs on has changed."""
        family = self._family(root)
        consents: dict[UUID | None, list[Stored]] = {}
        for each in family:
            if each.collection == CONSENT:
                consents.setdefault(each.parent, []).append(each)
        for each in family:
            above = self.draft.records.get((each.area, each.parent)) if each.parent is not None else None
            until = child_until(each, above)
            guard = guard_of(each, above, consents.get(each.id, ()), self._read.today)
            if until != each.child_until or guard != each.guard:
                self._resight(each, until, guard, each.sent)

    def _agreed(self, consent: Stored) -> None:
        """When the person of `consent`, which was given or changed, and all that is theirs is guarded."""
        if consent.collection == CONSENT and consent.parent is not None:
            person = self.draft.records.get((consent.area, consent.parent))
            if person is not None:
                self._reckon(person)

    def _send(self, record: Stored, declared: Declaration) -> None:
        """Whether an office has `record` before itself, after a change."""
        if (sent := _is_sent(record, declared)) != record.sent:
            self._resight(record, record.child_until, record.guard, sent)

    def _resight(self, record: Stored, until: date | None, guard: Guard | None, sent: bool) -> None:
        """Others read the record from now on, since one of these has changed.

        They are told by a departure that leads nowhere else. It says of the record what lets the most people
        read it, before and after, and so concerns all whom either does; and names all classes that are read
        so, since which of them the record has is not for everybody who is told. But where it has no open part
        it is only there for who reads another, and nobody else is to hear of it.
        """
        record = self.draft.to_change(record)
        before = record.place
        record.child_until, record.guard, record.sent = until, guard, sent
        self.draft.put(record)
        classes = NO_CLASSES
        if until != before.child_until:
            classes |= CLOSE
        if guard != before.guard:
            classes |= BEYOND
        if sent != before.sent:
            classes |= PAPERS
        present = record.classes()
        if not present & Privacy.OPEN.bit:
            classes &= present
        if not classes:
            return
        place = before._replace(
            child_until=max((day for day in (before.child_until, until) if day is not None), default=None),
            guard=guard if guard == before.guard else None,
            sent=sent or before.sent,
        )
        rev = self.draft.next_rev(record.area)
        self.draft.departures.append(
            DepartureRow(place, rev, record.id, record.collection, classes, record.area)
        )
        self.draft.touch(place, classes)

    def _move(self, item: Item, change: Change, declared: Declaration, record: Stored) -> Result:
        """The record goes to another area with all that belongs to it; ids and history stay."""
        target = change.to
        assert target is not None
        source = record.area
        state = self.draft
        # Before the departures: what was done to a record until it left is its history (sync/history.py).
        edit = self._edit_of(item, change, source, ALL_CLASSES)
        if target != source:
            family = self._family(record)
            case = self._case_there(record, target)
            # Of both areas; else the supervisor of both can let it through. Who works on a file goes along.
            if not item.may_write(Place(target), change.collection, Action.MOVE) & Privacy.OPEN.bit:
                raise Refusal(WRITE_NOT_ALLOWED)
            goes_along = declared.opens_file
            there = _as_it_is if goes_along else functools.partial(_in_file, case=case, area=target)
            self._check_whole(item, family, there, change, Action.MOVE)
            if any(each.is_restricted for each in family):
                raise Refusal(RECORD_RESTRICTED)
            if any((target, each.id) in state.records for each in family):
                raise Refusal(COLLECTION_MISMATCH)
            # Revs are times: the new place starts behind both logs, so that no base from before has seen it.
            state.positions[target] = max(state.positions[target], state.positions[source])
            for each in family:
                each = state.to_change(each)
                old, new = (source, each.id), (target, each.id)
                self.first_revs.setdefault(old, each.rev)
                self.not_as_sent.update((old, new))
                classes = each.classes()
                state.take_out(each)
                place, left = each.place, state.next_rev(source)
                state.departures.append(DepartureRow(place, left, each.id, each.collection, classes, target))
                state.moved[old] = Left(place, classes, target)
                state.moved.pop(new, None)
                state.removed.discard(new)
                each.area, each.case = target, case
                each.renew_all(state.next_rev(target))
                state.put(each)
                if COLLECTIONS[each.collection].opens_file:
                    state.moved_files.append(MovedFile(source, each.id, left, target, each.rev, item.lender))
                    state.touch(Place(source), NO_CLASSES)
                    state.touch(Place(target), NO_CLASSES)
                state.touch(place, classes)
                state.touch(each.place, classes)
                if each.id == record.id:
                    record = each
            for each in self._family(record):
                # Some of the family may have gone there before.
                self._refile(each, case)
            self._reckon(record)
            if record.collection == CONSENT and record.parent is not None:
                for area in (source, target):
                    if (person := state.records.get((area, record.parent))) is not None:
                        self._reckon(person)
        return self._took_effect(item, change, declared, record, edit, Decision(), {}, 0, log=source)

    def _case_there(self, record: Stored, target: UUID) -> UUID | None:
        """The file that a record lies in once it has moved to `target`."""
        if COLLECTIONS[record.collection].opens_file:
            return record.id
        parent = self.draft.records.get((target, record.parent)) if record.parent is not None else None
        return parent.case if parent is not None else None

    def _family(self, root: Stored) -> list[Stored]:
        """`root` and everything below it, parents first, siblings by id: in which order they were read tells
        of edits that are hidden."""
        children: dict[UUID, list[Stored]] = {}
        for record in self.draft.records.values():
            if record.area == root.area and record.parent is not None:
                children.setdefault(record.parent, []).append(record)
        family, seen = [root], {root.id}
        for member in family:
            for child in sorted(children.get(member.id, ()), key=attrgetter("id")):
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
        started: Mapping[str, str] = MappingProxyType({}),
        sent: list[bytes | None] | None = None,
    ) -> Result:
        reads = item.may_read(record.place)
        visible = record.rev_within(reads) or edit.rev
        aside: dict[str, Any] = dict.fromkeys(decision.late)
        for fields, conflict in named.items():
            aside.update((name, str(conflict)) for name in fields)
        opened = list(named.values())
        self.draft.history.append(
            HistoryRow(
                log or record.area,
                edit.rev,
                item,
                record.id,
                record.collection,
                decision.outcome,
                visible,
                opened,
                sent
                or sent_by_class(
                    change,
                    declared,
                    decision.effect,
                    aside,
                    conflicts.privacy_of(resolved) if resolved is not None else None,
                    started,
                ),
            )
        )
        done = Done(edit, decision.effect, aside)
        self.draft.done[record.id] = (done, *self.draft.done.get(record.id, ()))
        if touched:
            self.draft.touch(record.place, touched)
        # Who restores a record may have put away what was in it.
        computed = decision.outcome != "applied" or decision.deleted is False or bool(declared.computed)
        if item.quarantined or computed or touched & ~reads:
            self.not_as_sent.add((record.area, record.id))
        for key in {item.key, (item.account, item.kept_as)}:
            self._revs[key] = edit.rev
            self.draft.arrived.add(key)
        self.ahead.discard(item.key)
        return Result(item.id, decision.outcome, visible, opened)

    def _versions(self, record: UUID, name: str) -> Iterator[Version]:
        """Earlier values of a field, newest first: what this batch made of it, then what was read."""
        for edit, effect, aside in self.draft.done.get(record, ()):
            if name in edit.change.set or name in effect:
                in_force = effect.get(name, edit.change.set.get(name))
                sent = edit.change.set.get(name, in_force)
                is_aside = name in aside
                yield Version(edit.rev, edit.by, sent, in_force, is_aside, is_aside and aside[name] is None)
        yield from self._read.versions.get((record, name), ())


def _is_sent(record: Stored, declared: Declaration) -> bool:
    if declared.sending is None:
        return False
    return declared.sending.is_told_by(record.values(Privacy.OPEN))


@cache
def _classes_of(declared: Declaration) -> int:
    return class_set(field.privacy for field in declared.fields.values())


def _as_it_is(record: Stored) -> Place:
    return record.place


def _in_file(record: Stored, case: UUID | None, area: UUID) -> Place:
    return record.place._replace(area=area, case=case)


def classes_wanted(change: Change, declared: Declaration) -> int:
    """The classes that one must be able to write to make this change."""
    if change.op != "write":
        # It takes effect on parts that the author may not see as well.
        return _classes_of(declared) | Privacy.OPEN.bit
    # Of a record that has no open part nothing is open to be written either.
    wanted = (Privacy.OPEN.bit & _classes_of(declared)) | declared.classes_needed(change.set)
    for fields in (change.add, change.remove, change.increment):
        if fields:
            wanted |= declared.classes_needed(fields)
    return wanted


_GOES_ON = frozenset(each.declaration.collection for each in (Consent, MandatoryReport))


def _check_open(record: Stored, change: Change) -> None:
    """Nothing is written into what was erased, or is restricted, nor below it.

    But a consent, which may end the restriction, and what the law has reported.
    """
    if record.is_erased:
        raise Refusal(RECORD_ERASED)
    if record.is_restricted and change.collection not in _GOES_ON:
        raise Refusal(RECORD_RESTRICTED)


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


_NOT_THEIRS = FieldProblem(
    "/collection",
    "not-yours",
    "您的角色不能这样填写此类记录",
    "Your role does not write records of this collection in this way",
)


def _own_parent(field: Field) -> FieldProblem:
    return FieldProblem(
        f"/set/{field.name}", "parent", "记录不能从属于自己", "A record cannot belong to itself"
    )


def _for_supervisor(name: str) -> FieldProblem:
    return FieldProblem(
        f"/set/{name}",
        "supervisor",
        "此项由督导填写或决定，请联系督导",
        "The supervisor writes or decides this: ask them to",
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
