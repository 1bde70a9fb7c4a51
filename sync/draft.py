"""The records as a batch has made them so far, and the rows to write for it."""

from uuid import UUID

from sync import conflict as conflicts
from sync.item import ChangeKey, DepartureRow, Done, HistoryRow, Key, MovedFile, OpenedFile, Read
from sync.record import Stored
from sync.scope import Place, Touched, merge_bits


class Draft:
    """What a batch has come to. A fork of it can be thrown away when a group fails."""

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
        self.touched: Touched = {}
        self.opened: list[OpenedFile] = []
        self.moved_files: list[MovedFile] = []
        self.conflicts: dict[UUID, set[Key]] = {}
        for key, record in read.records.items():
            if record.collection == conflicts.COLLECTION and record.parent is not None:
                self.conflicts.setdefault(record.parent, set()).add(key)
        # In a fork, the records that are its own to change; None where all are.
        self._own: set[Key] | None = None

    def fork(self) -> "Draft":
        """The same, to be changed on trial: records are copied when they are first changed."""
        twin = Draft(Read(positions=dict(self.positions), moved=dict(self.moved)))
        twin.records = dict(self.records)
        twin.done = dict(self.done)
        twin.read_whole = set(self.read_whole)
        twin.dirty = set(self.dirty)
        twin.removed = set(self.removed)
        twin.history = list(self.history)
        twin.departures = list(self.departures)
        twin.arrived = set(self.arrived)
        twin.touched = dict(self.touched)
        twin.opened = list(self.opened)
        twin.moved_files = list(self.moved_files)
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

    def touch(self, place: Place, classes: int) -> None:
        """Something of `classes` moved at `place`."""
        merge_bits(self.touched, place, classes)

    def next_rev(self, area: UUID) -> int:
        """The next place in the log of `area`."""
        self.positions[area] += 1
        return self.positions[area]

    def open_conflicts(self, subject: Stored) -> list[Stored]:
        """What people disagree on about a record, oldest first."""
        found = [self.records[key] for key in self.conflicts.get(subject.id, ()) if key[0] == subject.area]
        return sorted(
            (each for each in found if conflicts.is_open(each)), key=lambda each: (each.rev, each.id)
        )
