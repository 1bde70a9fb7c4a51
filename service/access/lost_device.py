"""What a device held, for whoever has to say whose data is at risk now that it is lost.

Its owner may ask, and of their own areas the supervisor and the administrator, also after it was revoked. It
is an upper bound: what was sent to the device or written on it, whether or not it was told to drop it since,
for a phone in other hands may not have done so. By record that is known of the classes that account is kept
of; open and basic parts it may have had of everything that its holder was let see, which is said by area.

Ids and classes only. A name is told to whom may read it in the record itself.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import LABELS, NO_CLASSES, Privacy, classes_in
from schemas.problems import NOT_FOUND, Problem
from service.access import held_store
from service.access.clearance import administered
from service.access.held_store import Holder, Stretch
from service.access.roles import reach_in_file, reach_of
from service.access.store import standing_of
from service.audit.chain import classes_of_each
from service.audit.events import Event, note
from service.auth.caller import Caller
from sync import pull_store
from sync.confine import confine
from sync.scope import Clearance, Reach, Sight, folded
from sync.statement import Connection

MOST = 1_000

_BASIC = Privacy.BASIC.bit
_BASIC_SIGHT = Reach(read=_BASIC).sight
_BASIC_IN_FILE = Reach(read=_BASIC).in_file


class Class(msgspec.Struct, frozen=True):
    """A privacy class, and what people call it."""

    name: str
    label: str


class HeldBy(msgspec.Struct, frozen=True):
    """Somebody who signed in on the device. `since`: the first time."""

    account: UUID
    name: str
    device_name: str
    platform: str
    since: datetime
    last_seen_at: datetime
    revoked_at: datetime | None


class Reached(msgspec.Struct, frozen=True):
    """What one holder was let see while they used the device: of an area, or (`case`) of one file in it.

    `classes`: at most, of some record there. `until` null: still.
    """

    account: UUID
    area: UUID
    area_name: str
    case: UUID | None
    role: str
    classes: list[Class]
    since: datetime
    until: datetime | None


class HeldRecord(msgspec.Struct, frozen=True):
    """A record that was sent to the device or written on it, the last time `last_at`.

    `area`: where it was then. `collection` and `label` are null for one that there is no trace of any more,
    `name` for one that the reader may not read the name of, or that has none.
    """

    id: UUID
    accounts: list[UUID]
    area: UUID
    area_name: str
    collection: str | None
    label: str | None
    classes: list[Class]
    last_at: datetime
    name: str | None


class HeldList(msgspec.Struct, frozen=True):
    """What a device held. `total`: how many records in all. `next`: ask again with it as `after`.

    `next` is null at the end. `title` and all labels are in the language of the request.
    """

    title: str
    device: UUID
    holders: list[HeldBy]
    reach: list[Reached]
    total: int
    records: list[HeldRecord]
    next: UUID | None


class _Trace:
    """What is known of one record on the device."""

    def __init__(self) -> None:
        self.accounts: dict[UUID, None] = {}
        self.classes = NO_CLASSES
        self.area: UUID | None = None
        self.last_at: datetime | None = None

    def add(self, account: UUID, area: UUID, at: datetime, classes: int) -> None:
        self.accounts[account] = None
        self.classes |= classes
        if self.last_at is None or at >= self.last_at:
            self.area, self.last_at = area, at


async def held_on(
    connection: Connection,
    caller: Caller,
    device: UUID,
    after: UUID | None,
    limit: int,
    language: Literal["zh", "en"],
) -> HeldList:
    """What `device` held, as far as the caller may know: records by id, beyond `after`.

    Raises NOT_FOUND for a device of which they may know nothing, as for one that there is not.
    """
    async with connection.transaction():
        standing = await standing_of(connection, caller)
        held = standing.clearance_of(caller.account)
        answered_for = administered(standing.grants, standing.below, standing.now) | held.supervised
        holders: list[Holder] = []
        reach: list[Reached] = []
        names: dict[UUID, str] = {}
        traces: dict[UUID, _Trace] = {}
        for holder in await held_store.holders_of(connection, device):
            is_own = holder.account == caller.account
            found = [
                stretch
                for stretch in await held_store.stretches(connection, holder, standing.now)
                if is_own or stretch.area in answered_for
            ]
            if not found and not is_own:
                continue
            holders.append(holder)
            told = [_reached(holder, stretch, language) for stretch in found]
            reach += [each for each in told if each.classes]
            names |= {stretch.area: stretch.area_name for stretch in found}
            areas = {stretch.area for stretch in found}
            await confine(connection, areas)
            for entry in await held_store.sent(connection, holder, areas):
                for record, classes in zip(entry.records, classes_of_each(entry.detail), strict=True):
                    if classes:
                        traces.setdefault(record, _Trace()).add(holder.account, entry.area, entry.at, classes)
        if not holders:
            raise Problem(NOT_FOUND)
        for account in sorted(holder.account for holder in holders):
            await note(
                connection,
                Event.DEVICE_LISTED,
                account,
                by=caller.account,
                device=caller.device_no,
                listed=device,
            )
        page = sorted(record for record in traces if after is None or record > after)[: limit + 1]
        shown, is_more = page[:limit], len(page) > limit
        await confine(connection, names)
        collections = await held_store.collections(connection, names, shown)
        called = await _names(connection, held, names.keys(), shown)
    return HeldList(
        "设备所存资料清单" if language == "zh" else "What the device held",
        device,
        [_held_by(holder) for holder in holders],
        reach,
        len(traces),
        [
            _listed(record, traces[record], names, collections.get(record), called.get(record), language)
            for record in shown
        ],
        shown[-1] if is_more else None,
    )


async def _names(
    connection: Connection, held: Clearance, areas: Iterable[UUID], records: list[UUID]
) -> dict[UUID, str]:
    """What those records are called of which the caller may read the name now."""
    found: dict[UUID, str] = {}
    for area in areas:
        sight = _of_basic(held.sight(area))
        for row in await pull_store.named(connection, area, sight, records):
            body = row["body_basic"]
            values: dict[str, Any] = {} if body is None else msgspec.json.decode(body)
            if not row["deleted"] and isinstance(name := values.get("name"), str):
                found[row["id"]] = name
    return found


def _of_basic(sight: Sight) -> Sight:
    """The same, of the basic part alone."""
    files = tuple((_BASIC_IN_FILE, cases) for seen, cases in sight.files if seen & _BASIC)
    return Sight(sight.account, sight.bits & _BASIC_SIGHT, sight.today, files)


def _reached(holder: Holder, stretch: Stretch, language: Literal["zh", "en"]) -> Reached:
    if stretch.case is None:
        classes = folded(reach_of(stretch.role).sight)
    else:
        classes = reach_in_file(stretch.role, stretch.confidential).read
    return Reached(
        holder.account,
        stretch.area,
        stretch.area_name,
        stretch.case,
        stretch.role,
        _labelled(classes, language),
        stretch.since,
        stretch.until,
    )


def _held_by(holder: Holder) -> HeldBy:
    return HeldBy(
        holder.account,
        holder.name,
        holder.device_name,
        holder.platform,
        holder.since,
        holder.last_seen_at,
        holder.revoked_at,
    )


def _listed(
    record: UUID,
    trace: _Trace,
    areas: dict[UUID, str],
    collection: str | None,
    name: str | None,
    language: Literal["zh", "en"],
) -> HeldRecord:
    assert trace.area is not None and trace.last_at is not None
    declared = None if collection is None else COLLECTIONS.get(collection)
    return HeldRecord(
        record,
        list(trace.accounts),
        trace.area,
        areas[trace.area],
        collection,
        None if declared is None else declared.zh if language == "zh" else declared.en,
        _labelled(trace.classes, language),
        trace.last_at,
        name,
    )


def _labelled(classes: int, language: Literal["zh", "en"]) -> list[Class]:
    return [Class(each.value, LABELS[each][0 if language == "zh" else 1]) for each in classes_in(classes)]
