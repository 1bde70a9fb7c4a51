"""Who works on the files of the demo besides those who opened them: what the year's work needs, and a bit.

Whoever wrote in somebody's file was its co-worker; most files have one for holidays and illness; and of some
the lead changed, as people do who leave.
"""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from service.demo.entry import Entry

ALONE_EVERY: Final = 6  # a file without a co-worker
HANDED_OVER_EVERY: Final = 12


class Team(msgspec.Struct, frozen=True):
    """Of one file: who opened it, who works on it with them, and who led it in the end."""

    opened_by: str
    co_workers: tuple[str, ...]
    last_lead: str


def teams(entries: Iterable[Entry], workers: Collection[str]) -> dict[UUID, Team]:
    """The files of one community by id, in the order of their opening. `workers`: its social workers."""
    seats = sorted(workers)
    opened: dict[UUID, str] = {}
    file_of: dict[UUID, UUID] = {}
    wrote: dict[UUID, dict[str, None]] = {}
    for entry in entries:
        if entry.expects == "rejected" or entry.by not in workers:
            continue
        file = file_of.get(entry.record) or _file_named(entry, file_of)
        if file is None:
            continue
        file_of[entry.record] = file
        opened.setdefault(file, entry.by)
        wrote.setdefault(file, {})[entry.by] = None
    found = {}
    for number, (file, lead) in enumerate(opened.items()):
        next_seat = seats[(seats.index(lead) + 1) % len(seats)]
        deputy = () if number % ALONE_EVERY == 0 else (next_seat,)
        others = tuple(name for name in dict.fromkeys((*wrote[file], *deputy)) if name != lead)
        is_handed_over = number % HANDED_OVER_EVERY == 1
        found[file] = Team(lead, others, next_seat if is_handed_over else lead)
    return found


def _file_named(entry: Entry, file_of: dict[UUID, UUID]) -> UUID | None:
    """The file of a record that is new: its own, or that of what it belongs to."""
    declared = COLLECTIONS[entry.collection]
    if declared.opens_file:
        return entry.record
    names = [field.name for field in declared.fields.values() if field.parent]
    parents = [entry.set[name] for name in names if name in entry.set]
    return file_of.get(UUID(str(parents[0]))) if parents else None
