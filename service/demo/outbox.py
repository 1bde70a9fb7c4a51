"""Turns what people did into the changes that their phones send, as a phone would number and date them.

A phone knows of a record what it last heard from the server, and its own unsent changes: from that follow
`base` and `after`. Phones send once in a while, or when somebody else is about to build on their work.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from service.demo.entry import Entry
from service.demo.ids import id_made_at
from sync.clock import Clock
from sync.starting import may_have_started
from sync.wire import MAX_CHANGES, Change, Result

SENDS_EVERY: Final = timedelta(days=28)


class Unexpected(Exception):
    """The engine answered otherwise than the demo is made for: it no longer fits the declarations."""


class Batch(msgspec.Struct):
    """What one account sends in one go."""

    by: str
    entries: list[Entry] = []
    changes: list[Change] = []
    latest: dict[UUID, UUID] = {}  # the last change of each record


class Outbox:
    """The phones of one community. Feed it with entries in order; it says which batches are due."""

    def __init__(self, seed: str, nodes: Mapping[str, str]) -> None:
        self._chance = random.Random(seed)
        self._nodes = nodes
        self._clocks: dict[str, Clock] = {}
        self._waiting: dict[str, Batch] = {}
        # By record, who made or edited it and has not sent it yet.
        self._made: dict[UUID, str] = {}
        self._edited: dict[UUID, str] = {}
        self._revs: dict[UUID, int] = {}
        self._before: dict[UUID, int] = {}
        self._conflicts: dict[UUID, UUID] = {}

    def due_before(self, entry: Entry) -> list[Batch]:
        """The batches to send before `entry` is taken."""
        due = []
        others = {self._made.get(id) for id in entry.needs} | {self._edited.get(entry.record)}
        others -= {entry.by, None}
        for name, batch in list(self._waiting.items()):
            is_full = len(batch.changes) >= MAX_CHANGES
            # What is refused is known before anything more is written about that record.
            is_bad = batch.entries[-1].expects == "rejected"
            is_old = entry.moment - batch.entries[0].moment > SENDS_EVERY
            hears = name == entry.by and (entry.decides or entry.unseen or entry.hears)
            if name in others or is_full or is_bad or is_old or hears:
                due.append(batch)
        return due

    def take(self, entry: Entry) -> None:
        """Put `entry` into the batch of who made it."""
        batch = self._waiting.setdefault(entry.by, Batch(entry.by))
        change = self._change(entry, batch.latest.get(entry.record))
        batch.changes.append(change)
        batch.entries.append(entry)
        batch.latest[entry.record] = change.id
        self._edited[entry.record] = entry.by
        if entry.record not in self._revs:
            self._made[entry.record] = entry.by

    def all(self) -> list[Batch]:
        """Every batch that waits."""
        return list(self._waiting.values())

    def sent(self, batch: Batch, results: list[Result]) -> None:
        """Learn what the server answered. Raises Unexpected where the demo was made for another answer."""
        self._before.update((id, self._revs.get(id, 0)) for id in batch.latest)
        for entry, result in zip(batch.entries, results, strict=True):
            if result.outcome != entry.expects:
                said = msgspec.json.encode(result.problem).decode()
                what = msgspec.json.encode(entry).decode()
                raise Unexpected(f"{result.outcome}, not {entry.expects}: {said} {what}")
            self._edited.pop(entry.record, None)
            self._made.pop(entry.record, None)
            if result.rev is not None:
                self._revs[entry.record] = max(result.rev, self._revs.get(entry.record, 0))
                for started in may_have_started(entry.record, entry.collection):
                    # Phones hear of it at once; where it stands, at the earliest, is right behind.
                    self._revs.setdefault(started, result.rev + 1)
            if result.conflicts:
                self._conflicts[entry.record] = result.conflicts[-1]
        del self._waiting[batch.by]

    def _change(self, entry: Entry, after: UUID | None) -> Change:
        base = (self._before if entry.unseen else self._revs).get(entry.record, 0)
        return Change(
            id=id_made_at(entry.moment, self._chance),
            collection=entry.collection,
            record=entry.record,
            area=entry.area,
            at=self._clock(entry.by).now(_milliseconds(entry.moment)),
            op=entry.op,
            base=base,
            after=after,
            set=entry.set,
            add=entry.add,
            remove=entry.remove,
            increment=entry.increment,
            resolves=self._conflicts.get(entry.record) if entry.decides else None,
        )

    def _clock(self, name: str) -> Clock:
        clock = self._clocks.get(name)
        if clock is None:
            clock = self._clocks[name] = Clock(self._nodes[name])
        return clock


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
