"""Records as somebody sees them who asks online: what they read as it is, and the rest in masked form or not.

An office holds more areas than a device syncs, and looks a record up when it is needed. What is read as it is
comes of the same statements as in sync. Beside that some roles see some classes in masked form
(`schemas.masks`), of records of which they read some part as it is. Nothing but the masked form follows from
what it hides: the position of a record is that of the parts read, and pages are in the order of ids.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Policy
from schemas.masks import WITHHELD
from schemas.privacy import NO_CLASSES
from schemas.problems import INVALID, NOT_FOUND, FieldProblem, Problem
from sync import pull_store as store
from sync.audit import PERSONAL, Parts, Reading
from sync.confine import confine
from sync.scope import Clearance, Sight
from sync.statement import Connection
from sync.wire import Entry

NEWEST: Final = UUID(int=2**128 - 1)
CHUNK: Final = 500

_decode = msgspec.json.Decoder(Entry).decode


class Shown(msgspec.Struct, frozen=True):
    """A record as its reader sees it. `masked`: the fields of `data` that stand there in masked form.

    `rev`: the newest position of the parts that are read as they are.
    """

    collection: str
    id: UUID
    area: UUID
    case: UUID | None
    rev: int
    data: dict[str, Any]
    masked: list[str]


class Seen(NamedTuple):
    """Records, and what of them is to be kept account of before they are sent."""

    records: list[Shown]
    reading: Reading


class _Read(NamedTuple):
    """A record as its reader has it without masked forms, and the classes of which something is in it."""

    entry: Entry
    classes: int


async def record_with(connection: Connection, clearance: Clearance, id: UUID) -> Seen:
    """The record `id`. Raises NOT_FOUND where the holder of `clearance` reads no part of it.

    Run it in a transaction of one snapshot.
    """
    held = clearance.held
    await confine(connection, held)
    # Ids are chosen by devices: there may be one of somebody else's in another area.
    for area in sorted(row["area"] for row in await store.held(connection, held, [id])):
        sight = clearance.sight(area)
        if rows := await store.named(connection, area, sight, [id]):
            return await _shown(connection, clearance, area, _read(connection, area, sight, rows))
    raise Problem(NOT_FOUND)


async def records_of(
    connection: Connection,
    clearance: Clearance,
    area: UUID,
    *,
    collection: str | None = None,
    state: str | None = None,
    after: UUID = NEWEST,
    limit: int = 200,
) -> Seen:
    """Records of `area`, those made last first, from the one with the id `after` on.

    `state`: only those that stand there, as their reader sees them. Raises NOT_FOUND for an area of which the
    holder of `clearance` reads nothing, and INVALID for a collection or a state that there is not. Run it in
    a transaction of one snapshot.
    """
    field = _field_of_state(collection, state)
    sight = clearance.sight(area)
    if not sight.classes:
        raise Problem(NOT_FOUND)
    await confine(connection, [area])
    found: list[_Read] = []
    while len(found) < limit:
        asked = limit if field is None else CHUNK
        rows = await store.newest(connection, area, sight, after, asked, collection)
        read = _read(connection, area, sight, rows)
        found += read if field is None else [each for each in read if each.entry.data.get(field) == state]
        if len(rows) < asked:
            break
        after = rows[-1]["id"]
    return await _shown(connection, clearance, area, found[:limit])


def _field_of_state(collection: str | None, state: str | None) -> str | None:
    """The field in which records of `collection` say their `state`; None where none is asked for.

    Raises INVALID where there is no such collection or state.
    """
    declared = None if collection is None else COLLECTIONS.get(collection)
    if collection is not None and declared is None:
        raise Problem(INVALID, errors=(_NO_COLLECTION,))
    if state is None:
        return None
    if declared is None:
        raise Problem(INVALID, errors=(_STATE_OF_WHAT,))
    for field in declared.fields.values():
        if field.policy is Policy.STATES and field.check(state) is None:
            return field.name
    raise Problem(INVALID, errors=(_NO_STATE,))


def _read(connection: Connection, area: UUID, sight: Sight, rows: Sequence[asyncpg.Record]) -> list[_Read]:
    splicer = store.splicer(connection, area, sight)
    entries = [splicer.entry(row) for row in rows]
    return [_Read(_decode(entry), classes) for entry, classes in entries]


async def _shown(connection: Connection, clearance: Clearance, area: UUID, read: Sequence[_Read]) -> Seen:
    """The records with masked forms of what is not read of them, and what is to be kept account of."""
    masks = clearance.masks(area)
    hidden = await store.parts(connection, area, masks, [each.entry.id for each in read], clearance.today)
    parts: Parts = {}
    records = []
    for entry, classes in read:
        data, masked = entry.data, []
        behind = store.bodies(connection, area, hidden[entry.id]) if masks else {}
        for privacy, body in behind.items():
            if not privacy.bit & classes:
                forms, names = masked_part(msgspec.json.decode(body), COLLECTIONS[entry.collection])
                data = {**data, **forms}
                masked += names
                classes |= privacy.bit if forms else NO_CLASSES
        if personal := classes & PERSONAL:
            parts[entry.id] = personal
        records.append(Shown(entry.collection, entry.id, area, entry.case, entry.rev, data, sorted(masked)))
    return Seen(records, {area: parts})


def masked_part(values: Mapping[str, Any], declared: Declaration) -> tuple[dict[str, Any], list[str]]:
    """What is shown of a part to who may see it in masked form only, and the names of what is not as it is.

    A field that has no mask is withheld, and so is one that this server does not know.
    """
    forms: dict[str, Any] = {}
    names = []
    for name, value in values.items():
        known = declared.fields.get(name)
        if known is None or known.mask is None:
            continue
        form = known.mask.form(value)
        if form is not WITHHELD:
            forms[name] = form
            if not known.mask.is_whole:
                names.append(name)
    return forms, names


_NO_COLLECTION = FieldProblem(
    "/collection", "unknown", "没有这种记录", "There is no such collection: see GET /sync/catalogue"
)
_STATE_OF_WHAT = FieldProblem(
    "/state",
    "collection",
    "请同时说明记录类型 collection",
    "Say of which `collection`: each has states of its own",
)
_NO_STATE = FieldProblem(
    "/state", "unknown", "此类记录没有这种状态", "Records of this collection are never in that state"
)
