"""What a change starts: a record that the law demands as soon as another one says something of the kind.

A field that is declared with `starts` begins one by its first value, in the transaction that stores it. There
is one for each record that tells of something (a visit, say), whoever wrote it down and however often: its id
follows from that record's, so that repeated changes, concurrent writers and journals that are sent again
after a restore all come to the same one. What is told later is added to it; that the first record is taken
back, emptied or deleted changes nothing.

It stands where the record does that started it: in its file, of its author, in the class of what was said. So
it is seen by exactly those who may read what started it, and tells them nothing new. Two workers who find the
same child harmed, each on a visit of their own, start two: one for both would tell each of the other.
"""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Start
from schemas.values import Items
from sync.decide import Edit, apply, decide, decide_creation
from sync.record import Stored
from sync.wire import Change

IDS_OF_SERVER = 8
"""The version of ids that the server derives (RFC 9562, 5.8). Devices draw theirs, of version 7: an id that
somebody could work out, and take, would tell them whether there is such a record."""


def started_id(source: UUID, collection: str) -> UUID:
    """The id of the record of `collection` that the record `source` starts."""
    raw = bytearray(hashlib.sha256(f"{collection}/{source}".encode()).digest()[:16])
    raw[:6] = source.bytes[:6]  # keeps the time order of the UUIDv7 it comes from
    raw[6] = raw[6] & 0x0F | IDS_OF_SERVER << 4
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def may_have_started(source: UUID, collection: str) -> Iterator[UUID]:
    """The ids of all that a record of `collection` can have started."""
    declared = COLLECTIONS.get(collection)
    for started in {each.starts for each in declared.starting} if declared is not None else ():
        if started is not None:
            yield started_id(source, started)


def told(change: Change, declared: Declaration) -> dict[str, list[Any]]:
    """What a change starts: by collection, the kinds that it tells of, if it says them.

    What its author sent counts, whether or not it comes into force: somebody has seen it.
    """
    found: dict[str, list[Any]] = {}
    for field in declared.starting:
        said = change.set.get(field.name)
        members = [*(said if isinstance(said, list) else ()), *change.add.get(field.name, ())]
        is_said = bool(said.strip() if isinstance(said, str) else said)
        if not is_said and not members:
            continue
        assert field.starts is not None
        kinds = found.setdefault(field.starts, [])
        if isinstance(field.kind, Items):
            kinds += [kind for kind in dict.fromkeys(members) if kind not in kinds]
    return found


def begun(source: Stored, collection: str, kinds: list[Any], edit: Edit) -> Stored:
    """The record that `source` starts, by what `edit` tells of."""
    declared, start = _declared(collection)
    id = started_id(source.id, collection)
    record = Stored(source.area, id, collection, case=source.case, author=source.author, parent=source.parent)
    values = {
        start.subject: str(source.parent),
        start.source: str(source.id),
        start.by: str(edit.account),
        start.at: edit.at[: len("2026-11-20T03:14:15.926Z")],
        start.kinds: kinds,
    }
    change = _as_change(edit, record, set=values)
    apply(decide_creation(change, declared), record, _as_server(edit, change), declared)
    return record


def lacks(record: Stored, kinds: list[Any]) -> list[Any]:
    """Of `kinds`, those that a started record does not have yet."""
    declared, start = _declared(record.collection)
    known = record.values(declared.privacy_of(start.kinds)).get(start.kinds) or ()
    return [kind for kind in kinds if kind not in known]


def added(record: Stored, kinds: list[Any], edit: Edit) -> None:
    """Add to a started record what `edit` tells of it."""
    declared, start = _declared(record.collection)
    own = _as_server(edit, _as_change(edit, record, add={start.kinds: kinds}))
    apply(decide(record, own, declared, {}, {}), record, own, declared)


def _declared(collection: str) -> tuple[Declaration, Start]:
    declared = COLLECTIONS[collection]
    assert declared.started is not None
    return declared, declared.started


def _as_change(edit: Edit, record: Stored, **what: Any) -> Change:
    return Change(edit.change.id, record.collection, record.id, record.area, edit.at, **what)


def _as_server(edit: Edit, change: Change) -> Edit:
    """Nobody's device has seen what comes of it."""
    return edit._replace(change=change, by="", after_rev=0)
