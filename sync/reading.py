"""What has to be read before changes can be decided: the records they name, and earlier values of fields."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from uuid import UUID

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Policy
from sync.guarding import CONSENT
from sync.item import Item, Key
from sync.parents import parents_named
from sync.record import Stored
from sync.starting import may_have_started, told
from sync.wire import Change


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
        declared = COLLECTIONS[change.collection]
        for field in parents_named(change, declared):
            ids.add(UUID(change.set[field.name]))
        if declared.starting and told(change, declared):
            ids.update(may_have_started(change.record, change.collection))
    return wanted


def parents_wanted(items: Iterable[Item]) -> dict[UUID, set[UUID]]:
    """By record, those that changes of it say it belongs to: looked for where it has moved to as well."""
    wanted: dict[UUID, set[UUID]] = {}
    for item in items:
        change = item.change
        if change is not None and item.refusal is None:
            for field in parents_named(change, COLLECTIONS[change.collection]):
                wanted.setdefault(change.record, set()).add(UUID(change.set[field.name]))
    return wanted


def versions_wanted(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Records of which earlier values are needed: somebody else wrote, unseen by an author here."""
    wanted = set()
    for item, change, record in _edits(items, records):
        for name in with_history(change, COLLECTIONS[change.collection]):
            stamp = record.stamp(name)
            if stamp.rev > change.base and stamp.by != item.by:
                wanted.add((record.area, record.id))
    return wanted


def refiling(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Records that are about to belong to another one: what is below them goes along."""
    return {
        (record.area, record.id)
        for _, change, record in _edits(items, records)
        if change.op == "write" and record.parent is not None
        for field in parents_named(change, COLLECTIONS[change.collection])
        if UUID(change.set[field.name]) != record.parent
    }


def redated(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Records of whose subject the birth date is about to be said anew: what is about a child below them
    follows (sync/minority.py)."""
    return {
        (record.area, record.id)
        for _, change, record in _edits(items, records)
        if COLLECTIONS[change.collection].born in change.set
    }


def agreed(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Persons of whom somebody is about to say that they agreed to something, or no longer do: whether what
    belongs to them is guarded follows (sync/guarding.py)."""
    items = [item for item in items if item.change is not None and item.change.collection == CONSENT]
    if not items:
        return set()
    found: set[Key] = set()
    for _, change, record in _edits(items, records):
        if record.parent is not None:
            found.update((area, record.parent) for area in (record.area, change.to) if area is not None)
    named = {id for of_record in parents_wanted(items).values() for id in of_record}
    return found | {key for key in records if key[1] in named}


def _edits(items: Iterable[Item], records: Mapping[Key, Stored]) -> Iterator[tuple[Item, Change, Stored]]:
    """Changes of records that are there, each with its record: which may have moved from where its author
    has it."""
    by_id = {record.id: record for record in records.values()}
    for item in items:
        change = item.change
        if change is None or item.refusal is not None:
            continue
        record = records.get((change.area, change.record)) or by_id.get(change.record)
        if record is not None and record.collection == change.collection:
            yield item, change, record


def historic_fields() -> frozenset[str]:
    """The names of all fields of which earlier values may be needed to decide."""
    return frozenset(name for declared in COLLECTIONS.values() for name in _historic(declared))


def with_history(change: Change, declared: Declaration) -> list[str]:
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


@cache
def _historic(declared: Declaration) -> frozenset[str]:
    return frozenset(
        name
        for name, field in declared.fields.items()
        if field.policy in (Policy.TEXT, Policy.STATES) or len(declared.unit_of(name)) > 1
    )
