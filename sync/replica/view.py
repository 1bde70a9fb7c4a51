"""What the person at the device sees: the records held, with their own pending work on top.

The same decisions as on the server (sync/decide.py), taken as if the author had seen everything that is
held. What others did at the same time the device cannot know, and does not guess: their work and the
outcome arrive with the next exchange.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import CLASSES, Privacy
from schemas.problems import CHANGE_INVALID, COLLECTION_UNKNOWN
from sync import conflict as conflicts
from sync.decide import Edit, Refusal, apply, decide, decide_creation, refused_op
from sync.record import CREATION, Stamp, Stored
from sync.replica.file import Held, Kept
from sync.wire import Change

_ALL_SEEN = 2**62
_NOBODY = Stamp(0, "", "")


def read_change(kept: Kept) -> Change:
    """The change as it was written down."""
    return msgspec.json.decode(kept.payload, type=Change)


def shown(held: Held | None, pending: Iterable[Kept]) -> Held | None:
    """A record with the person's own work on top. Work that has nothing to stand on any more is not shown."""
    is_pending = False
    for kept in pending:
        try:
            held = changed(held, read_change(kept), {})
        except Refusal:
            continue
        is_pending = held is not None
    return msgspec.structs.replace(held, is_pending=True) if held is not None and is_pending else held


def changed(held: Held | None, change: Change, settled: dict[str, list[Any]]) -> Held | None:
    """`held` after `change`, by somebody who had seen all of it. Raises `Refusal`.

    `settled`: of the conflict that it decides, the values that may be chosen. None: there is no such record,
    and the change does not make it.
    """
    declared = COLLECTIONS.get(change.collection)
    if declared is None:
        raise Refusal(COLLECTION_UNKNOWN)
    if (refusal := refused_op(change, declared)) is not None:
        raise refusal
    problems = declared.problems_in_patch(change.set, change.add, change.remove, change.increment)
    if problems:
        raise Refusal(CHANGE_INVALID, problems)
    edit = Edit(msgspec.structs.replace(change, base=_ALL_SEEN), "", change.at, 0)
    if held is None:
        if change.op != "write" or change.base > 0 or change.after is not None:
            return None
        record = Stored(change.area, change.record, change.collection)
        apply(decide_creation(change, declared), record, edit, declared)
        return Held(change.record, change.collection, change.area, _values_of(record))
    if change.op == "move":
        return msgspec.structs.replace(held, area=change.to or held.area)
    record = stored(held)
    decision = decide(record, edit, declared, {}, settled)
    apply(decision, record, edit, declared)
    return msgspec.structs.replace(held, values=_values_of(record), deleted=record.deleted)


def stored(held: Held) -> Stored:
    """A held record as the engine decides on it: everything in it was there from the beginning."""
    parts = by_class(held)
    bodies = [msgspec.json.encode(parts[each]) if each in parts else None for each in CLASSES]
    return Stored(
        held.area,
        held.id,
        held.collection,
        case=held.case,
        deleted=held.deleted,
        stamps=msgspec.json.encode({CREATION: _NOBODY}),
        bodies=bodies,
    )


def by_class(held: Held) -> dict[Privacy, dict[str, Any]]:
    """The fields of a record by the class that they lie in."""
    if held.collection == conflicts.COLLECTION:
        return {_class_of_conflict(held.values): held.values} if held.values else {}
    declared = COLLECTIONS.get(held.collection)
    parts: dict[Privacy, dict[str, Any]] = {}
    for name, value in held.values.items():
        privacy = declared.privacy_of(name) if declared is not None else Privacy.CONFIDENTIAL
        parts.setdefault(privacy, {})[name] = value
    return parts


def without(held: Held, classes: Iterable[str]) -> Held | None:
    """What is left of a record when `classes` are taken out; None where that is nothing."""
    ended = set(classes)
    left = {
        name: value
        for privacy, values in by_class(held).items()
        if privacy.value not in ended
        for name, value in values.items()
    }
    return msgspec.structs.replace(held, values=left) if left else None


def choices(conflict: Held) -> dict[str, list[Any]]:
    """Of an open conflict, field by field: the values that stand against each other."""
    return conflicts.disputed_values(stored(conflict))


def about(conflict: Held) -> UUID:
    """The record that a conflict is about."""
    return UUID(conflict.values["about"])


def _class_of_conflict(values: dict[str, Any]) -> Privacy:
    """A conflict lies wholly in the class of the fields that it is about; one about a delete in the open."""
    declared = COLLECTIONS.get(values.get("about_collection", ""))
    fields = values.get("fields") or ()
    if not fields:
        return Privacy.OPEN
    return declared.privacy_of(fields[0]) if declared is not None else Privacy.CONFIDENTIAL


def _values_of(record: Stored) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for privacy, body in zip(CLASSES, record.bodies, strict=True):
        if body is not None:
            values.update(record.values(privacy))
    return values
