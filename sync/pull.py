"""Bring a device what it lacks: one snapshot, pages in the order of the logs, stored JSON sent on as it is.

An exchange that finds nothing new is one statement. A page is bounded in records and in bytes; its cursor
stands exactly behind what it holds, so nothing is missed however slowly a writer commits: positions are
handed out under the area's lock, in the order in which they become visible.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from schemas.privacy import NO_CLASSES, Privacy, names_in
from schemas.problems import TOO_MANY_AREAS, Problem
from sync import pull_store as store
from sync.asking import AccessOf
from sync.audit import PERSONAL, Parts, Reading
from sync.confine import confine
from sync.cursor import Cursor, Track, epoch_name, moment_of
from sync.digest import digest
from sync.item import Key
from sync.place_store import place_in
from sync.plan import Leg, Plan, Telling, hangs_on_day, has_ended_since, joined, plan
from sync.scope import NO_REACH, Access, Clearance, Guard, Sight, merge_bits, sight_with
from sync.splice import Splicer
from sync.statement import Connection
from sync.wire import MAX_AREAS, Drop, Gone, Reset, ResetReason

PAGE_BYTES = 4 * 1024 * 1024
CHUNK = 200  # rows asked for at first; then as many as their size allows
LARGEST_CHUNK = 2_000
FILES = 50  # files delivered whole by one statement

_ALWAYS = Guard(date.min, date.max)
_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC)


class Ask(msgspec.Struct, frozen=True):
    """What a device wants. `arriving`: see `sync.plan.plan`.

    `is_whole`: with what is in the records. Otherwise their `data` are empty, and nothing is read of them.

    `as_sent`: records that stand exactly as this request's push left them, {key: (rev before, rev now)}.
    `pushed`: areas in which the push moved something. `opened`: files that it opened, as (area, case). Terms
    are in days.
    """

    cursor: Cursor | ResetReason | None
    areas: Collection[UUID] | None = None
    limit: int = 1_000
    verify: bool = False
    arriving: Collection[UUID] = ()
    pushed: Collection[UUID] = ()
    opened: Collection[tuple[UUID, UUID]] = ()
    as_sent: Mapping[Key, tuple[int, int]] = {}
    tombstone_days: int = 365
    journal_days: int = 0
    is_whole: bool = True


class Pulled(msgspec.Struct):
    """What the device gets. `is_new`: the cursor is not the one shown, and wants a nonce of its own.

    `reading`: what of it is to be kept account of before it is sent.
    """

    records: list[msgspec.Raw]
    gone: list[Gone]
    drop: list[Drop]
    areas: list[UUID]
    cursor: Cursor
    is_new: bool
    complete: bool
    reset: Reset | None
    stable: dict[str, int]
    digest: dict[str, str]
    now: datetime
    reading: Reading


class _Page:
    """What has been gathered so far, and how much more fits."""

    def __init__(self, limit: int) -> None:
        self.records: list[msgspec.Raw] = []
        self.gone: dict[UUID, int | None] = {}
        self.drop: list[Drop] = []
        self.reading: Reading = {}
        self.bytes = 0
        self._limit = limit

    @property
    def is_full(self) -> bool:
        return self.room <= 0 or self.bytes >= PAGE_BYTES

    @property
    def room(self) -> int:
        return self._limit - len(self.records) - len(self.gone)

    def chunk(self) -> int:
        """How many rows to ask for next: no more than memory should hold, whatever their size."""
        if not self.records:
            return min(CHUNK, self.room)
        fitting = int((PAGE_BYTES - self.bytes) * len(self.records) / max(self.bytes, 1)) + 1
        return max(1, min(fitting, LARGEST_CHUNK, self.room))

    def let_go(self, id: UUID, classes: int | None) -> None:
        """Take back a record (None), or classes of it, besides what was taken back of it before."""
        before = self.gone.get(id, NO_CLASSES)
        self.gone[id] = None if classes is None or before is None else before | classes

    def add(self, splicer: Splicer, row: asyncpg.Record, parts: Parts) -> None:
        """Put in what `row` says, and note in `parts` what of it is to be kept account of."""
        entry, classes = splicer.entry(row)
        self.records.append(msgspec.Raw(entry))
        self.bytes += len(entry)
        note(parts, row, classes)


async def pull(connection: Connection, ask: Ask, access_of: AccessOf) -> Pulled:
    """One page for one device. Raises `Problem` for a caller who may not come in or holds too many areas.

    Most exchanges find nothing new, and access alone tells: one statement is a snapshot of its own, and the
    round trips that open and close a transaction are spared. So it is for one that only sends.
    """
    if (found := await pulled_idly(connection, ask, access_of)) is not None:
        return found
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await pulled_within(connection, ask, access_of)


async def pulled_idly(connection: Connection, ask: Ask, access_of: AccessOf) -> Pulled | None:
    """What `pull` gives where access alone tells that there is nothing new; else None."""
    is_idle = isinstance(ask.cursor, Cursor) and not ask.pushed
    if not ask.verify and (is_idle or ask.areas == []):
        access = await access_of(connection)
        made = _planned(ask, access)
        is_told = not made.left_behind and not made.tellings and not made.by_day
        if is_told and all(_is_at_head(leg, access) for leg in made.legs):
            return await _page_of(connection, ask, access, made)
    return None


async def pulled_within(connection: Connection, ask: Ask, access_of: AccessOf) -> Pulled:
    """What `pull` gives, read in the transaction of one snapshot that `connection` is in."""
    access = await access_of(connection)
    await confine(connection, access.clearance.held)
    return await _page_of(connection, ask, access, _planned(ask, access))


def _planned(ask: Ask, access: Access) -> Plan:
    today = (access.now - _EPOCH_DAY).days
    made = plan(
        ask.cursor,
        access,
        wanted=ask.areas,
        arriving=ask.arriving,
        today=today,
        oldest_day=today - ask.tombstone_days,
    )
    if len({leg.area for leg in made.legs}) > MAX_AREAS:
        raise Problem(TOO_MANY_AREAS)
    return made


def _is_at_head(leg: Leg, access: Access) -> bool:
    return leg.position >= access.last_revs[leg.area]


def _hangs_on_day(clearance: Clearance, tracks: Collection[Track]) -> bool:
    files = chain.from_iterable(of_area.values() for of_area in clearance.files.values())
    bits = NO_CLASSES
    for track in tracks:
        bits |= track.sight
    return hangs_on_day(bits, files)


async def _page_of(connection: Connection, ask: Ask, access: Access, made: Plan) -> Pulled:
    clearance = access.clearance
    page = _Page(ask.limit)
    page.drop = made.drop
    tracks = list(made.kept)
    on_device = {leg.no for leg in made.legs} | {track.area for track in tracks}
    syncing = [area for area in clearance.held if access.area_nos[area] in on_device]
    exhausted: dict[int, bool] = {}
    moved: set[UUID] = set(ask.pushed)
    told: dict[UUID, int] = {}
    behind: set[UUID] = set()
    day, all_days = made.day, True
    if made.reset is None:
        for leg in made.left_behind:
            await _tell_departed(connection, clearance, syncing, leg, made.day, ask, page)
        for area, tellings in made.tellings.items():
            moved.add(area)
            at_once = [telling for telling in tellings if telling.at_once]
            if at_once:
                told[area] = await _tell(connection, clearance, ask, area, at_once, page)
        if not made.is_put_off:
            day, all_days = await _tell_days(connection, clearance, syncing, made, ask, page)
        for area, tellings in made.tellings.items():
            later = [telling for telling in tellings if not telling.at_once]
            while later and not page.is_full:
                next, later = later[:FILES], later[FILES:]
                told[area] = await _tell(connection, clearance, ask, area, next, page)
            if later:
                behind.add(area)
    for leg in made.legs:
        before = len(page.records) + len(page.gone)
        position, is_done = leg.position, False
        if made.reset is None and not page.is_full and leg.area not in behind:
            position, is_done = await _read(
                connection, access.last_revs[leg.area], clearance, syncing, leg, made.day, ask, page
            )
        if len(page.records) + len(page.gone) > before:
            moved.add(leg.area)
        told_now = told.get(leg.area, leg.told)
        tracks.append(Track(leg.no, leg.sight, position, 0 if is_done else position - leg.since, told_now))
        exhausted[leg.no] = exhausted.get(leg.no, True) and is_done
    complete = all(exhausted.values()) and all_days
    shown = ask.cursor if isinstance(ask.cursor, Cursor) and made.reset is None else None
    copy, nonce = (shown.copy, shown.nonce) if shown is not None else (0, 0)
    moment, is_first_today = _moment(shown, access, made)
    cursor = Cursor(
        epoch_name(access.epoch),
        copy,
        nonce,
        moment,
        joined(tracks, exhausted),
        day.toordinal() if _hangs_on_day(clearance, tracks) else 0,
    )
    is_new = cursor != shown
    if is_new and not made.is_put_off:
        cursor = cursor._replace(moment=moment_of(access.now))
    named = made.areas if is_first_today else [area for area in made.areas if area in moved]
    return Pulled(
        page.records,
        # By id: in which order they went tells of departures that are hidden.
        [
            Gone(id, None if bits is None else names_in(bits))
            for id, bits in sorted(page.gone.items(), key=itemgetter(0))
        ],
        page.drop,
        made.areas,
        cursor,
        is_new,
        complete,
        made.reset,
        _stable(named, access.now, ask.journal_days),
        await _digests(connection, clearance, {leg.area for leg in made.legs})
        if ask.verify and complete
        else {},
        access.now,
        page.reading,
    )


def _moment(shown: Cursor | None, access: Access, made: Plan) -> tuple[int, bool]:
    """The time for the next cursor, as far as it has to be another one; and whether it is the first today."""
    now = moment_of(access.now)
    if shown is None:
        return now, True
    is_first_today = shown.day != (access.now - _EPOCH_DAY).days
    if made.is_put_off:
        return shown.moment, is_first_today
    if is_first_today or has_ended_since(access, shown.made_at):
        return now, is_first_today
    return shown.moment, False


async def _tell(
    connection: Connection,
    clearance: Clearance,
    ask: Ask,
    area: UUID,
    tellings: Collection[Telling],
    page: _Page,
) -> int:
    """Say which files ended, and deliver whole those that were gained or of which something is left.

    A file that this very request opened has nothing in it that the log does not bring.
    """
    sight = clearance.sight(area)
    splicer = store.splicer(connection, area, sight, ask.is_whole)
    parts = page.reading.setdefault(area, {})
    files = []
    for telling in tellings:
        page.drop.extend(telling.drop)
        files += [case for case in telling.files if (area, case) not in ask.opened]
        told = telling.told
    for row in await store.of_files(connection, area, sight, files, ask.is_whole):
        page.add(splicer, row, parts)
    return told


class _Turn(NamedTuple):
    """A record of which others read more, or less, from a day on: in which classes."""

    day: date
    area: UUID
    record: UUID
    classes: int


async def turns(connection: Connection, clearance: Clearance, made: Plan) -> list[_Turn]:
    """What has changed by itself since the day up to which the device was told, in the order of the days."""
    today = clearance.today
    of_children = {area: each.position for area, each in made.by_day.items() if each.classes}
    guarding = {area: each.position for area, each in made.by_day.items() if each.is_guarded}
    found: list[_Turn] = []
    if of_children:
        for row in await store.come_of_age(connection, of_children, made.day, today):
            area = row["area"]
            found.append(_Turn(row["day"], area, row["record"], made.by_day[area].classes))
    if guarding:
        for area in await store.turning(connection, guarding, made.day, today):
            sight = clearance.sight(area)
            for row in await store.turned(connection, area, sight, guarding[area], made.day, today):
                found.append(_Turn(row["day"], area, row["record"], row["classes"]))
    return sorted(found)


async def _tell_days(
    connection: Connection,
    clearance: Clearance,
    syncing: Collection[UUID],
    made: Plan,
    ask: Ask,
    page: _Page,
) -> tuple[date, bool]:
    """Say what is read no longer and what from now on, day by day as far as the page has room: up to which
    day, and whether that is today. A day is told in one piece, for the cursor names nothing less.

    Of such a record everything is taken back that is read no longer, whatever of it there is: it may have
    been written since. What is read of it is delivered as those hold it who were never told anything else.
    """
    today = clearance.today
    if not made.by_day:
        return today, True
    found = await turns(connection, clearance, made)
    told, start = made.day, 0
    while start < len(found):
        if page.is_full:
            return told, False
        end = min(start + min(CHUNK, page.room), len(found))
        while end < len(found) and found[end].day == found[end - 1].day:
            end += 1
        of_days = [_Departure(turn.record, turn.classes, True) for turn in found[start:end]]
        _take_back(page, await _left(connection, clearance, syncing, of_days, ask.is_whole))
        told, start = found[end - 1].day, end
    return today, True


def sight_of(clearance: Clearance, leg: Leg) -> Sight:
    """What of a leg the device may see now."""
    bits = leg.sight & clearance.areas.get(leg.area, NO_REACH).sight
    files = clearance.files.get(leg.area, {}) if leg.with_files else {}
    return sight_with(clearance.account, bits, clearance.today, files)


async def _read(
    connection: Connection,
    head: int,
    clearance: Clearance,
    syncing: Collection[UUID],
    leg: Leg,
    day: date,
    ask: Ask,
    page: _Page,
) -> tuple[int, bool]:
    """Read one leg as far as the page has room: where it got to, and whether that is the end of the log.

    `day`: up to this one the device knows who came of age, and what is guarded.
    """
    position = leg.position
    if position >= head:
        return position, True
    sight = sight_of(clearance, leg)
    splicer = store.splicer(connection, leg.area, sight, ask.is_whole)
    parts = page.reading.setdefault(leg.area, {})
    while not page.is_full:
        asked = page.chunk()
        rows = await store.page(connection, leg.area, sight, position, leg.since, asked, ask.is_whole)
        departures = await store.departed(connection, leg.area, sight, position, asked, day)
        # Both are known only as far as the one that was cut short goes.
        cut = [found[-1][0] for found in (rows, departures) if len(found) == asked]
        horizon = min(cut, default=head)
        leaving = await _left(
            connection,
            clearance,
            syncing,
            [_departure(row) for row in departures if row["rev"] <= horizon],
            ask.is_whole,
        )
        # Departures are rare, and rows are in order already. There are no more rows than there is room for.
        events = sorted([*rows, *departures], key=itemgetter(0)) if departures else rows
        for event in events:
            if event[0] > horizon:
                break
            if page.bytes >= PAGE_BYTES or (departures and page.is_full):
                return position, False
            position = event[0]
            if not departures or "seen" in event:
                if not (ask.as_sent and _is_held(ask, leg, event, sight)):
                    page.add(splicer, event, parts)
                continue
            id = event["record"]
            if id in leaving.gone:
                page.let_go(id, leaving.gone[id])
            if (again := leaving.again.pop(id, None)) is not None:
                _deliver(page, *again)
        if not cut:
            # Where nothing is hidden from the reader the head is as good as what was read last, and tells
            # the next time at once that there is nothing new.
            return (head if sight.is_full else position), True
    return position, False


def _is_held(ask: Ask, leg: Leg, row: asyncpg.Record, sight: Sight) -> bool:
    """The device has just sent what this row says, and had the record as it was before.

    Where something may be hidden that can be told of what it has made itself only.
    """
    first, last = ask.as_sent.get((leg.area, row["id"]), (0, -1))
    return last == row["seen"] and (first == 0 or (first <= leg.position and sight.is_full))


class _Departure(NamedTuple):
    """A record that left, or is read by others than before, and the classes that the device had of it.

    `stays`: it is the same record where it lies now, so that a part which it lacks was never on the device,
    unless the record was emptied.
    """

    record: UUID
    classes: int
    stays: bool


class _Left(NamedTuple):
    """By record: the classes to let go of (None: all of it), and what is delivered together with that: in
    which area it lies, and the row."""

    gone: dict[UUID, int | None]
    again: dict[UUID, tuple[UUID, Splicer, asyncpg.Record]]


def _departure(row: asyncpg.Record) -> _Departure:
    return _Departure(row["record"], row["classes"], row["stays"])


async def _left(
    connection: Connection,
    clearance: Clearance,
    syncing: Collection[UUID],
    departures: Collection[_Departure],
    is_whole: bool,
) -> _Left:
    """Of the records that left an area or a file, those that the device may no longer hold, or not all of.

    One that went to another area of the device's is delivered from there. What is left of one comes with it,
    and so does what may not have been read of one before: but for the sake of a child, while it was guarded,
    or as long as no office had it.
    """
    if not departures:
        return _Left({}, {})
    left: dict[UUID, int] = {}
    staying: set[UUID] = set()
    resighted: set[UUID] = set()
    for each in departures:
        merge_bits(left, each.record, each.classes)
        if each.stays:
            staying.add(each.record)
            if not each.classes & Privacy.OPEN.bit:
                resighted.add(each.record)
    areas: dict[UUID, list[UUID]] = {}
    still: dict[UUID, int] = {}
    gained: set[UUID] = set()
    for row in await store.held(connection, syncing, left):
        id, area = row["id"], row["area"]
        place = place_in(row)
        reads = clearance.reads(place)
        if not (visible := row["classes"] & reads):
            continue
        areas.setdefault(id, []).append(area)
        is_whole = id in staying and not row["is_emptied"]
        merge_bits(still, id, reads if is_whole else visible)
        before = place._replace(child_until=None)
        if id in resighted:
            before = before._replace(guard=_ALWAYS, sent=False)
        if left[id] & ~clearance.reads(before):
            gained.add(id)
    found = _Left({}, {})
    renewed: dict[UUID, list[UUID]] = {}
    for id, classes in left.items():
        if id not in areas:
            found.gone[id] = None
            continue
        if lost := classes & ~still[id]:
            found.gone[id] = lost
        if lost or id in gained:
            for area in areas[id]:
                renewed.setdefault(area, []).append(id)
    for area, ids in renewed.items():
        sight = clearance.sight(area)
        splicer = store.splicer(connection, area, sight, is_whole)
        for row in await store.named(connection, area, sight, ids, is_whole):
            found.again[row["id"]] = (area, splicer, row)
    return found


def _take_back(page: _Page, left: _Left) -> None:
    for id, classes in left.gone.items():
        page.let_go(id, classes)
    for again in left.again.values():
        _deliver(page, *again)


def _deliver(page: _Page, area: UUID, splicer: Splicer, row: asyncpg.Record) -> None:
    page.add(splicer, row, page.reading.setdefault(area, {}))


async def _tell_departed(
    connection: Connection,
    clearance: Clearance,
    syncing: Collection[UUID],
    leg: Leg,
    day: date,
    ask: Ask,
    page: _Page,
) -> None:
    """What left an area that the device starts over with: reading from the start would not tell."""
    sight = sight_of(clearance, leg)
    departures = await store.departed(connection, leg.area, sight, leg.position, None, day)
    left = await _left(connection, clearance, syncing, [_departure(row) for row in departures], ask.is_whole)
    _take_back(page, left)


def note(parts: Parts, row: asyncpg.Record, classes: int) -> None:
    """Add to `parts` what is to be kept account of in an entry that was made from `row`."""
    if personal := classes & PERSONAL:
        merge_bits(parts, row["id"], personal)


def _stable(areas: Collection[UUID], now: datetime, journal_days: int) -> dict[str, int]:
    """Positions are times, so what lies this far back is a position too, and tells nothing of the logs."""
    covered = int((now - timedelta(days=journal_days)).timestamp() * 1_000_000)
    return {str(area): covered for area in areas}


async def _digests(connection: Connection, clearance: Clearance, areas: Collection[UUID]) -> dict[str, str]:
    return {str(area): digest(await store.listed(connection, area, clearance.sight(area))) for area in areas}
