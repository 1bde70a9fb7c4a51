"""What a device must be told, from the cursor that it shows and the clearance that it has now. Pure.

The cursor's tracks say what the device was cleared for when it last asked. Set against today's clearance
they give what to drop, what to deliver from the start, and where to go on with the rest: so a change of
access needs no note of who held what, and is told with the next page, unseen by others.

Of files it is the same by other means: memberships are never altered, only ended, so that position and time
of the cursor tell which were in force then. And of what is read until a day or from one on too: the day up to
which the device was told who came of age, and what is guarded, tells what it holds.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES, names_in
from sync.cursor import Cursor, Track, epoch_name
from sync.scope import (
    NO_REACH,
    Access,
    Membership,
    Reach,
    but_guarded,
    files_in_force,
    folded,
    for_child,
    in_file,
)
from sync.wire import Drop, Reset, ResetReason


class Leg(msgspec.Struct, frozen=True):
    """One stretch of a log to read: records of `area` of which parts within `sight` moved after `position`.

    `behind`, `told`: see `sync.cursor.Track`. `with_files`: and parts of files that are seen beyond that.
    """

    area: UUID
    no: int
    sight: int
    position: int
    behind: int = 0
    told: int = 0
    with_files: bool = True

    @property
    def since(self) -> int:
        """Parts up to here are on the device."""
        return self.position - self.behind


class Telling(msgspec.Struct, frozen=True):
    """What is to be told of some files of an area, all at once: what ended, and which to deliver whole.

    `told`: how far in the log the device has been told then. `at_once`: it must not wait for a later page.
    """

    told: int
    at_once: bool
    drop: list[Drop]
    files: list[UUID]


class ByDay(msgspec.Struct, frozen=True):
    """An area of which what the device holds hangs on the day.

    `classes`: those that it holds of children's records for the child's sake alone. `is_guarded`: it holds
    some but of what is guarded. `position`: what left the area behind it, the device has not been told.
    """

    classes: int
    is_guarded: bool
    position: int


class Plan(msgspec.Struct):
    """What the answer will say, and what has to be read for it.

    `kept`: tracks that this exchange leaves as they are. `left_behind`: areas of which the device is to start
    over, with the position that it had reached: what departed since then is told at once. `tellings`: by
    area, in order; its legs come after them. `is_put_off`: something has ended and is not told yet.
    `day`: the one up to which the device knows who came of age, and what is guarded. `by_day`: by area, where
    it has to be told what has changed since.
    """

    legs: list[Leg] = []
    kept: list[Track] = []
    drop: list[Drop] = []
    areas: list[UUID] = []
    left_behind: list[Leg] = []
    tellings: dict[UUID, list[Telling]] = {}
    is_put_off: bool = False
    day: date = date.max
    by_day: dict[UUID, ByDay] = {}
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
    work; where access to one or to a file in it ended, the drop waits until no more comes. Days count from
    1970.
    """
    held = access.clearance.held
    made = Plan(areas=list(held), day=access.clearance.today)
    reason = _unusable(cursor, access, today, oldest_day)
    if reason is not None:
        made.reset = Reset(None, reason)
    known: dict[int, list[Track]] = {}
    then = access.now
    if isinstance(cursor, Cursor) and reason is None:
        then = cursor.made_at
        if cursor.told_day:
            made.day = date.fromordinal(cursor.told_day)
        for track in cursor.tracks:
            known.setdefault(track.area, []).append(track)
    area_of = {no: area for area, no in access.area_nos.items()}
    for area in held:
        sight = access.clearance.areas.get(area, NO_REACH).sight
        no = access.area_nos[area]
        tracks = known.pop(no, [])
        lost = _sight(tracks) & ~sight
        tellings = _tellings(access, area, tracks, then) if tracks else []
        has_ended = lost or any(telling.drop for telling in tellings)
        if tracks and made.day < access.clearance.today:
            _turn(made, access, area, tracks, sight)
        # What is told of files is told in every area: the cursor has but one time for all. So with children.
        if not _is_wanted(area, wanted) and not lost and not tellings:
            made.kept.extend(tracks)
            continue
        if has_ended and area in arriving:
            made.is_put_off = True
            _go_on(made, area, no, tracks, sight, tracks[0].told)
        elif lost:
            made.drop.extend(drop for telling in tellings for drop in telling.drop)
            _start_over(made, area, no, tracks, sight, _told(access, area))
        else:
            if tellings:
                made.tellings[area] = tellings
            _go_on(made, area, no, tracks, sight, tracks[0].told if tracks else _told(access, area))
    for no, tracks in known.items():
        gone = area_of.get(no)
        if gone is not None and gone in arriving:
            made.kept.extend(tracks)
            made.areas.append(gone)
            made.is_put_off = True
        elif gone is not None:
            made.drop.extend(
                drop for telling in _tellings(access, gone, tracks, then) for drop in telling.drop
            )
            if classes := folded(_sight(tracks)):
                made.drop.append(Drop(gone, None, names_in(classes)))
    if made.is_put_off:
        # Access that ended may come back, and the device must be where it was told to be then.
        made.by_day.clear()
    return made


def hangs_on_day(sight: int, files: Iterable[Reach]) -> bool:
    """Whether what is read by `sight` and of `files` changes on days, without anybody's doing."""
    return bool(for_child(sight) or but_guarded(sight)) or any(but_guarded(each.in_file) for each in files)


def _turn(made: Plan, access: Access, area: UUID, tracks: list[Track], sight: int) -> None:
    """Note what the device has to be told of `area` since a day has passed, if anything."""
    classes = for_child(sight) & for_child(_sight(tracks))
    files = access.clearance.files.get(area, {}).values()
    is_guarded = hangs_on_day(but_guarded(sight) & but_guarded(_sight(tracks)), files)
    if classes or is_guarded:
        made.by_day[area] = ByDay(classes, is_guarded, min(track.position for track in tracks))


def has_ended_since(access: Access, then: datetime) -> bool:
    """Whether some membership ran out by itself after `then`."""
    return any(
        each.until is not None and then < each.until <= access.now
        for of_area in access.memberships.values()
        for each in of_area
    )


def is_as_told(made: Plan, cursor: Cursor) -> bool:
    """Whether who holds `cursor` has been told of every change of access that `made` was planned with.

    What moved in the logs since is another matter.
    """
    if made.reset or made.drop or made.left_behind or made.tellings or made.by_day:
        return False
    told = {(track.area, track.sight) for track in cursor.tracks}
    return {(leg.no, leg.sight) for leg in made.legs} == told


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
    if any(
        max(track.position, track.told) > heads.get(track.area, track.position) for track in cursor.tracks
    ):
        # It has seen more of a log than there is: the database has lost work that was acknowledged.
        return "epoch"
    return None


def _is_wanted(area: UUID, wanted: Collection[UUID] | None) -> bool:
    return wanted is None or area in wanted


def _sight(tracks: Collection[Track]) -> int:
    bits = NO_CLASSES
    for track in tracks:
        bits |= track.sight
    return bits


def _told(access: Access, area: UUID) -> int:
    """The position behind which nothing happened to the account's own files in the area."""
    return max(map(_last_rev, access.memberships.get(area, ())), default=0)


def _last_rev(membership: Membership) -> int:
    return membership.given_rev if membership.ended_rev is None else membership.ended_rev


def _start_over(made: Plan, area: UUID, no: int, tracks: list[Track], sight: int, told: int) -> None:
    """Some classes are lost. The rest is delivered anew, so that the revs of records whose newest part went
    are those that anybody with this clearance holds."""
    known = _sight(tracks)
    made.drop.append(Drop(area, None, names_in(folded(known & ~sight))))
    reached = min(track.position for track in tracks)
    made.left_behind.append(Leg(area, no, known & sight, reached))
    made.legs.append(Leg(area, no, sight, 0, told=told))


def _go_on(made: Plan, area: UUID, no: int, tracks: list[Track], sight: int, told: int) -> None:
    for number, track in enumerate(tracks):
        made.legs.append(
            Leg(area, no, track.sight, track.position, track.behind, told, with_files=number == 0)
        )
    gained = sight & ~_sight(tracks)
    if gained or not tracks:
        made.legs.append(Leg(area, no, gained, 0, told=told, with_files=not tracks))


def _tellings(access: Access, area: UUID, tracks: list[Track], then: datetime) -> list[Telling]:
    """What has become of the account's files in `area` since the device was told, in order.

    What ran out by itself comes first, and in one piece: only the time tells of it. A membership that was
    ended may be followed by another of the same file: they are told together, with all that happened to other
    files in between, so that wherever a page ends, position and time say what the device holds.
    """
    told = tracks[0].told
    memberships = access.memberships.get(area, [])
    if all(_is_as_told(each, told, then, access.now) for each in memberships):
        return []
    of_files: dict[UUID, list[Membership]] = {}
    for each in memberships:
        of_files.setdefault(each.case, []).append(each)
    before = files_in_force(memberships, lambda each: each.was_in_force(told, then))
    now = access.clearance.files.get(area, {})
    seen_before = in_file(_sight(tracks))
    seen_now = access.clearance.areas.get(area, NO_REACH).in_file
    spans: list[tuple[int, int, UUID]] = []
    for case in before.keys() | now.keys():
        of_file = of_files[case]
        revs = [rev for each in of_file for rev in _revs(each) if rev > told]
        ran_out = any(each.was_in_force(told, then) and not each.lasts(access.now) for each in of_file)
        first = told if ran_out else min(revs, default=told)
        spans.append((first, max(revs, default=told), case))
    found: list[Telling] = []
    for first, told_then, cases in _together(spans):
        drop, files = [], []
        for case in cases:
            had = before.get(case, NO_REACH).in_file & ~seen_before
            has = now.get(case, NO_REACH).in_file | seen_now
            if lost := had & ~has:
                drop.append(Drop(area, case, names_in(folded(lost))))
            if lost or now.get(case, NO_REACH).in_file & ~(seen_before | had | seen_now):
                files.append(case)
        if drop or files or told_then > told:
            found.append(Telling(told_then, first == told, drop, files))
    last = _told(access, area)
    if last > (found[-1].told if found else told):
        # Given and ended again meanwhile: nothing to tell but that.
        found.append(Telling(last, False, [], []))
    return found


def _is_as_told(membership: Membership, told: int, then: datetime, now: datetime) -> bool:
    """Nothing has happened to it since the device was told up to `told`, at the time `then`."""
    until = membership.until
    return _last_rev(membership) <= told and (until is None or now < until or until <= then)


def _revs(membership: Membership) -> Iterable[int]:
    yield membership.given_rev
    if membership.ended_rev is not None:
        yield membership.ended_rev


def _together(spans: list[tuple[int, int, UUID]]) -> list[tuple[int, int, list[UUID]]]:
    """Spans of positions that overlap, as one: where each begins and ends, and the files in it."""
    found: list[tuple[int, int, list[UUID]]] = []
    for first, last, case in sorted(spans):
        if found and first <= found[-1][1]:
            begin, end, cases = found[-1]
            found[-1] = (begin, max(last, end), [*cases, case])
        else:
            found.append((first, last, [case]))
    return found


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
            result.append(Track(no, _sight(of_area), furthest, told=of_area[0].told))
        else:
            result.extend(of_area)
    return tuple(result)
