"""What a device must be told, from the cursor that it shows and the clearance that it has now. Pure.

The cursor's tracks say what the device was cleared for when it last asked. Set against today's clearance
they give what to drop, what to deliver from the start, and where to go on with the rest: so a change of
access needs no note of who held what, and is told with the next page, unseen by others.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES, classes_in
from sync.cursor import Cursor, Track, epoch_name
from sync.scope import Access
from sync.wire import Drop, Reset, ResetReason


class Leg(msgspec.Struct, frozen=True):
    """One stretch of a log to read: the records of `area` of which parts of `classes` moved after `position`.

    `behind`: see `sync.cursor.Track`.
    """

    area: UUID
    no: int
    classes: int
    position: int
    behind: int = 0

    @property
    def since(self) -> int:
        """Parts up to here are on the device."""
        return self.position - self.behind


class Plan(msgspec.Struct):
    """What the answer will say, and what has to be read for it.

    `kept`: tracks that this exchange leaves as they are. `left_behind`: areas of which the device is to start
    over, with the position that it had reached: what departed since then is told at once.
    """

    legs: list[Leg] = []
    kept: list[Track] = []
    drop: list[Drop] = []
    areas: list[UUID] = []
    left_behind: list[Leg] = []
    reset: Reset | None = None


def plan(
    cursor: Cursor | ResetReason | None,
    access: Access,
    *,
    wanted: Collection[UUID] | None,
    arriving: Collection[UUID],
    today: int,
    oldest_day: int,
) -> Plan:
    """What the exchange has to bring.

    `cursor`: None for a device that holds nothing, or the reason for which what it showed cannot be used.
    `wanted`: the areas asked for, None for all held. `arriving`: areas for which this very request brought
    work; where access to one ended, the drop waits until no more comes. Days count from 1970.
    """
    held = {area: reach.read for area, reach in access.clearance.areas.items() if reach.read}
    made = Plan(areas=list(held))
    reason = _unusable(cursor, access, today, oldest_day)
    if reason is not None:
        made.reset = Reset(None, reason)
    known: dict[int, list[Track]] = {}
    if isinstance(cursor, Cursor) and reason is None:
        for track in cursor.tracks:
            known.setdefault(track.area, []).append(track)
    area_of = {no: area for area, no in access.area_nos.items()}
    for area, read in held.items():
        no = access.area_nos[area]
        tracks = known.pop(no, [])
        if not _is_wanted(area, wanted) and not _lost(tracks, read):
            made.kept.extend(tracks)
            continue
        if _lost(tracks, read) and area not in arriving:
            _start_over(made, area, no, tracks, read)
        else:
            _go_on(made, area, no, tracks, read)
    for no, tracks in known.items():
        gone = area_of.get(no)
        if gone is not None and gone in arriving:
            made.kept.extend(tracks)
            made.areas.append(gone)
        elif gone is not None:
            made.drop.append(Drop(gone, None, _names(_classes(tracks))))
    return made


def _unusable(
    cursor: Cursor | ResetReason | None, access: Access, today: int, oldest_day: int
) -> ResetReason | None:
    if cursor is None:
        return None
    if not isinstance(cursor, Cursor):
        return cursor
    if cursor.epoch != epoch_name(access.epoch):
        return "epoch"
    if cursor.day < oldest_day or cursor.day > today + 1:
        return "too-old"
    heads = {access.area_nos[area]: rev for area, rev in access.last_revs.items()}
    if any(track.position > heads.get(track.area, track.position) for track in cursor.tracks):
        # It has seen more of a log than there is: the database has lost work that was acknowledged.
        return "epoch"
    return None


def _is_wanted(area: UUID, wanted: Collection[UUID] | None) -> bool:
    return wanted is None or area in wanted


def _classes(tracks: Collection[Track]) -> int:
    bits = NO_CLASSES
    for track in tracks:
        bits |= track.classes
    return bits


def _lost(tracks: Collection[Track], read: int) -> int:
    return _classes(tracks) & ~read


def _names(bits: int) -> list[str]:
    return [privacy.value for privacy in classes_in(bits)]


def _start_over(made: Plan, area: UUID, no: int, tracks: list[Track], read: int) -> None:
    """Some classes are lost. The rest is delivered anew, so that the revs of records whose newest part went
    are those that anybody with this clearance holds."""
    made.drop.append(Drop(area, None, _names(_lost(tracks, read))))
    reached = min(track.position for track in tracks)
    made.left_behind.append(Leg(area, no, _classes(tracks) & read, reached))
    made.legs.append(Leg(area, no, read, 0))


def _go_on(made: Plan, area: UUID, no: int, tracks: list[Track], read: int) -> None:
    for track in tracks:
        made.legs.append(Leg(area, no, track.classes, track.position, track.behind))
    gained = read & ~_classes(tracks)
    if gained:
        made.legs.append(Leg(area, no, gained, 0))


def joined(tracks: Collection[Track], exhausted: Mapping[int, bool]) -> tuple[Track, ...]:
    """The tracks for the next cursor: where an area has been read to its end, its tracks become one."""
    by_area: dict[int, list[Track]] = {}
    for track in tracks:
        by_area.setdefault(track.area, []).append(track)
    result: list[Track] = []
    for no in sorted(by_area):
        of_area = by_area[no]
        if len(of_area) > 1 and exhausted.get(no):
            furthest = max(track.position for track in of_area)
            result.append(Track(no, _classes(of_area), furthest))
        else:
            result.extend(of_area)
    return tuple(result)
