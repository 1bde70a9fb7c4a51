"""What has to be read before changes can be decided: the records they name, and earlier values of fields."""

from collections.abc import Iterable, Mapping
from functools import cache
from uuid import UUID

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Policy
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
        for name in with_history(change, COLLECTIONS[change.collection]):
            stamp = record.stamp(name)
            if stamp.rev > change.base and stamp.by != item.by:
                wanted.add((record.area, record.id))
    return wanted


def refiling(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Records that are about to belong to another one: what is below them goes along."""
    found = set()
    for item in items:
        change = item.change
        if change is None or item.refusal is not None or change.op != "write":
            continue
        record = records.get((change.area, change.record))
        if record is None or record.parent is None:
            continue
        for field in parents_named(change, COLLECTIONS[change.collection]):
            if UUID(change.set[field.name]) != record.parent:
                found.add((record.area, record.id))
    return found


def redated(items: Iterable[Item], records: Mapping[Key, Stored]) -> set[Key]:
    """Records of whose subject the birth date is about to be said anew: what is about a child below them
    follows (sync/minority.py)."""
    return {
        (change.area, change.record)
        for item in items
        if (change := item.change) is not None
        and item.refusal is None
        and COLLECTIONS[change.collection].born in change.set
        and (change.area, change.record) in records
    }


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
