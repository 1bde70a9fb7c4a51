"""The SQL of pulling. A statement for each kind of sight names only the columns that it may see something of.

Who may read every class sees each record at its newest position, and the index on (area, rev) gives the page
in order. For anyone else a record stands where the newest part that they may see stands, so that neither the
order of a page nor where it ends tells of parts that they may not. Whether a part is seen may hang on who
made the record, on the file that it lies in, on whether it is about a child or guarded, and on whether an
office has it: the statement asks for each row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg

from schemas.privacy import ALL_CLASSES, CLASSES, SEALED, Privacy, classes_in
from sync.keyring import keyring_of
from sync.place_store import COLUMNS
from sync.scope import (
    SHARED,
    Sight,
    always_in,
    but_guarded,
    children_in,
    folded,
    guarded_in,
    own_in,
    sent_in,
)
from sync.splice import Splicer
from sync.statement import Connection, Statement, statement
from sync.store import PRESENT

Kind = tuple[int, tuple[int, ...]]
"""What the statements for a sight hang on: its bits, and what is seen of files."""


def _kind(sight: Sight) -> Kind:
    return sight.bits, tuple(seen for seen, _ in sight.files)


def _parameters(sight: Sight, **days: date) -> dict[str, Any]:
    """What a statement for this sight takes for its conditions. `days`: by which it counts children, and what
    is guarded."""
    kind = _kind(sight)
    values: dict[str, Any] = {f"files_{number}": list(cases) for number, (_, cases) in enumerate(sight.files)}
    if _asks_for_author(kind):
        values["account"] = sight.account
    if hangs_on_day(sight):
        values.update(days)
    return values


def _asks_for_author(kind: Kind) -> bool:
    bits, files = kind
    return bool(own_in(bits) & ~always_in(bits) or but_guarded(bits) or any(map(but_guarded, files)))


def hangs_on_day(sight: Sight) -> bool:
    """Whether what it shows changes on days, without anybody's doing."""
    bits, files = _kind(sight)
    return bool(children_in(bits) & ~guarded_in(bits) or but_guarded(bits) or any(map(but_guarded, files)))


def _not_guarded(day: str) -> str:
    return f"(guarded_from > :{day} OR guarded_until <= :{day} OR guarded_from IS NULL)"


def _in_files(number: int) -> str:
    return f"case_id = ANY(CAST(:files_{number} AS uuid[]))"


def _conditions(kind: Kind, day: str = "today") -> Iterable[tuple[int, str]]:
    """Classes, and what must hold of a row for them to be seen on `day`."""
    bits, files = kind
    always = guarded_in(bits)
    if always:
        yield always, "true"
    if unless_guarded := but_guarded(bits):
        yield unless_guarded, f"({_not_guarded(day)} OR author = :account)"
    if own := own_in(bits) & ~always_in(bits):
        yield own, "author = :account"
    if children := children_in(bits) & ~always:
        yield children, f"child_until > :{day}"
    if sent := sent_in(bits) & ~always:
        yield sent, "sent"
    for number, seen in enumerate(files):
        if even_so := guarded_in(seen) & ~always:
            yield even_so, _in_files(number)
        if unless_guarded := but_guarded(seen):
            yield unless_guarded, f"({_in_files(number)} AND ({_not_guarded(day)} OR author = :account))"


def _guarded(kind: Kind) -> str:
    """The classes of a row that are seen on some days and on others are not, since it is guarded then.

    What has no open part is there for nobody but who reads another: of that, only the classes that it has.
    """
    bits, files = kind
    others = "author IS DISTINCT FROM :account"
    hidden = [(but_guarded(bits), others)] if but_guarded(bits) else []
    for number, seen in enumerate(files):
        if classes := but_guarded(seen):
            hidden.append((classes, f"{_in_files(number)} AND {others}"))
    return " | ".join(f"CASE WHEN {condition} THEN {classes} ELSE 0 END" for classes, condition in hidden)


def _if_seen(kind: Kind, privacy: Privacy, what: str, also: str = "") -> str:
    """`what` where the part of `privacy` is seen (and `also` holds), else null."""
    conditions = [condition for classes, condition in _conditions(kind) if classes & privacy.bit]
    if "true" in conditions:
        return f"CASE WHEN {also} THEN {what} END" if also else what
    seen = " OR ".join(conditions)
    return f"CASE WHEN ({seen}){' AND ' + also if also else ''} THEN {what} END"


def _classes(kind: Kind) -> tuple[Privacy, ...]:
    bits, files = kind
    for seen in files:
        bits |= seen
    return classes_in(folded(bits))


def _seen(kind: Kind) -> str:
    """The position at which a record is seen; null where it is not."""
    revs = ", ".join(_if_seen(kind, privacy, f"rev_{privacy.value}") for privacy in _classes(kind))
    return f"greatest({revs})"


def _told(kind: Kind, is_new: bool, is_whole: bool = True) -> str:
    """What is told of a record besides where it is seen: which it is and, where `is_whole`, its parts."""
    bodies = (
        _if_seen(kind, privacy, f"body_{privacy.value}", f"rev_{privacy.value} > :since" if is_new else "")
        + f" AS body_{privacy.value}"
        for privacy in (_classes(kind) if is_whole else ())
    )
    return ", ".join(("id, collection, case_id, deleted", *bodies))


def _left(kind: Kind) -> str:
    """The classes of a departure that were seen by who has been told of birthdays up to the day `told`."""
    seen = " | ".join(
        f"{classes}" if condition == "true" else f"CASE WHEN {condition} THEN {classes} ELSE 0 END"
        for classes, condition in _conditions(kind, "told")
    )
    return f"classes & ({seen})"


@cache
def _page(kind: Kind, is_full: bool, is_whole: bool = True) -> Statement:
    # Everything: ix_record_area_rev, read in order up to the limit. Less: the same index bounds what is
    # looked at, and the newest visible position is sorted.
    if is_full:
        return statement(f"""
            SELECT rev AS seen, {_told(kind, True, is_whole)}
            FROM record
            WHERE area = :area AND rev > :position
            ORDER BY rev
            LIMIT :limit
        """)
    return statement(f"""
        SELECT {_seen(kind)} AS seen, {_told(kind, True, is_whole)}
        FROM record
        WHERE area = :area AND rev > :position AND {_seen(kind)} > :position
        ORDER BY seen
        LIMIT :limit
    """)


@cache
def _departed(kind: Kind) -> Statement:
    # Primary key, read from the position on.
    return statement(f"""
        SELECT rev, record, {_left(kind)} AS classes, to_area = area AS stays
        FROM departure
        WHERE area = :area AND rev > :position AND {_left(kind)} <> 0
        ORDER BY rev
        LIMIT :limit
    """)


# Primary key, once for each area held: where a record that left one of them is now.
_HELD = statement(f"""
    SELECT id, area, {COLUMNS}, {PRESENT} AS classes,
           stamps -> '/erased' IS NOT NULL OR stamps -> '/restricted' IS NOT NULL AS is_emptied
    FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND id = ANY(CAST(:ids AS uuid[])) AND NOT deleted
    ORDER BY area, id
""")


# ix_record_area_child_until, once an area; then what left since, by the primary key of departure. What was
# made only after the birthday was never read for a child's sake: revs are times, and a day there begins eight
# hours before it does in UTC.
_COME_OF_AGE = statement("""
    SELECT r.area, r.id AS record, r.child_until AS day
    FROM unnest(CAST(:areas AS uuid[]), CAST(:positions AS bigint[])) AS asked(area, position)
    JOIN record r ON r.area = asked.area AND r.child_until > :since AND r.child_until <= :today
    WHERE coalesce(CAST(r.stamps -> '' ->> 0 AS bigint), 0)
          < (r.child_until - DATE '1970-01-01') * CAST(86400000000 AS bigint) - 28800000000
    UNION ALL
    SELECT d.area, d.record, d.child_until
    FROM unnest(CAST(:areas AS uuid[]), CAST(:positions AS bigint[])) AS asked(area, position)
    JOIN departure d ON d.area = asked.area AND d.rev > asked.position
    WHERE d.child_until > :since AND d.child_until <= :today
    ORDER BY day, area, record
""")


# ix_record_area_guarded_until and ix_record_area_guarded_from; then what left since, by the primary key of
# departure. Almost always nothing.
_TURNING = statement("""
    WITH asked AS (
        SELECT * FROM unnest(CAST(:areas AS uuid[]), CAST(:positions AS bigint[])) AS asked(area, position)
    )
    SELECT DISTINCT asked.area
    FROM asked
    WHERE EXISTS (
        SELECT FROM record r
        WHERE r.area = asked.area AND r.guarded_until > :since AND r.guarded_until <= :today
    ) OR EXISTS (
        SELECT FROM record r
        WHERE r.area = asked.area AND r.guarded_from > :since AND r.guarded_from <= :today
    ) OR EXISTS (
        SELECT FROM departure d
        WHERE d.area = asked.area AND d.rev > asked.position
          AND (d.guarded_until > :since AND d.guarded_until <= :today
               OR d.guarded_from > :since AND d.guarded_from <= :today)
    )
""")


@cache
def _turned(kind: Kind) -> Statement:
    # As _TURNING. What was made only after the day was never read otherwise than it is: see _COME_OF_AGE.
    hidden = _guarded(kind)
    since_made = """
        coalesce(CAST(stamps -> '' ->> 0 AS bigint), 0)
        < (day - DATE '1970-01-01') * CAST(86400000000 AS bigint) - 28800000000
    """
    return statement(f"""
        SELECT record, day, classes
        FROM (
            SELECT id AS record, guarded_until AS day,
                   ({hidden}) & CASE WHEN body_open IS NULL THEN {PRESENT} ELSE {ALL_CLASSES} END AS classes,
                   stamps
            FROM record
            WHERE area = :area AND guarded_until > :since AND guarded_until <= :today AND NOT deleted
            UNION ALL
            SELECT id, guarded_from,
                   ({hidden}) & CASE WHEN body_open IS NULL THEN {PRESENT} ELSE {ALL_CLASSES} END, stamps
            FROM record
            WHERE area = :area AND guarded_from > :since AND guarded_from <= :today AND NOT deleted
        ) there
        WHERE classes <> 0 AND {since_made}
        UNION ALL
        SELECT record, turn.day, classes & ({hidden})
        FROM departure
        CROSS JOIN LATERAL (VALUES (guarded_from), (guarded_until)) AS turn(day)
        WHERE area = :area AND rev > :position AND turn.day > :since AND turn.day <= :today
          AND classes & ({hidden}) <> 0
        ORDER BY day, record
    """)


@cache
def _any(kind: Kind) -> Statement:
    # ix_record_area_rev, then the primary key of departure; ends at the first row.
    return statement(f"""
        SELECT EXISTS (
            SELECT FROM record WHERE area = :area AND rev > :position AND {_seen(kind)} > :position
        ) OR EXISTS (
            SELECT FROM departure WHERE area = :area AND rev > :position AND {_left(kind)} <> 0
        )
    """)


@cache
def _list(kind: Kind) -> Statement:
    # The whole area, by primary key.
    return statement(f"""
        SELECT id, {_seen(kind)} AS seen
        FROM record
        WHERE area = :area AND NOT deleted AND {_seen(kind)} IS NOT NULL
    """)


@cache
def _named(kind: Kind, is_whole: bool) -> Statement:
    # Primary key. In order, for where rows lie in the table tells of edits that are hidden.
    return statement(f"""
        SELECT {_seen(kind)} AS seen, {_told(kind, False, is_whole)}
        FROM record
        WHERE area = :area AND id = ANY(CAST(:ids AS uuid[])) AND {_seen(kind)} IS NOT NULL
        ORDER BY id
    """)


@cache
def _newest(kind: Kind, is_of_one: bool) -> Statement:
    # Primary key, backwards: ids begin with the time at which a device made them. A community has some ten
    # thousand records, through which a question after one collection may look; an index for it would make
    # every push dearer.
    of_one = "AND collection = :collection" if is_of_one else ""
    return statement(f"""
        SELECT {_seen(kind)} AS seen, {_told(kind, False)}
        FROM record
        WHERE area = :area AND id < :before AND NOT deleted {of_one} AND {_seen(kind)} IS NOT NULL
        ORDER BY id DESC
        LIMIT :limit
    """)


@cache
def _parts(classes: int) -> Statement:
    # Primary key.
    bodies = ", ".join(
        f"body_{privacy.value}"
        if privacy.bit & SHARED
        else f"CASE WHEN {_not_guarded('today')} THEN body_{privacy.value} END AS body_{privacy.value}"
        for privacy in classes_in(classes)
    )
    return statement(f"""
        SELECT id, {bodies} FROM record WHERE area = :area AND id = ANY(CAST(:ids AS uuid[])) AND NOT deleted
    """)


@cache
def _of_files(kind: Kind, is_whole: bool) -> Statement:
    # ix_record_area_case_id_rev.
    return statement(f"""
        SELECT {_seen(kind)} AS seen, {_told(kind, False, is_whole)}
        FROM record
        WHERE area = :area AND case_id = ANY(CAST(:cases AS uuid[])) AND NOT deleted
          AND {_seen(kind)} IS NOT NULL
        ORDER BY seen
    """)


async def page(
    connection: Connection,
    area: UUID,
    sight: Sight,
    position: int,
    since: int,
    limit: int,
    is_whole: bool = True,
) -> Sequence[asyncpg.Record]:
    """Records of which parts that `sight` shows moved behind `position`, in order: seen, id, collection,
    case_id, deleted, then the parts of `sight.classes`, null where not shown or not moved since `since`.

    Where not `is_whole` the parts are left out, and nothing is opened.
    """
    if not sight.classes:
        return ()
    rows = await _page(_kind(sight), sight.is_full, is_whole).fetch(
        connection,
        area=area,
        position=position,
        limit=limit,
        **({"since": since} if is_whole else {}),
        **_parameters(sight, today=sight.today),
    )
    return await _met(connection, area, sight.classes, rows) if is_whole else rows


async def departed(
    connection: Connection, area: UUID, sight: Sight, position: int, limit: int | None, told: date
) -> Sequence[asyncpg.Record]:
    """Records that left `area`, or their file in it, behind `position`: rev, record, the classes of it that
    `sight` showed, and whether it stays in the area.

    All of them where `limit` is None. `told`: up to this day the reader knows who came of age.
    """
    if not sight.classes:
        return ()
    return await _departed(_kind(sight)).fetch(
        connection, area=area, position=position, limit=limit, **_parameters(sight, told=told)
    )


async def held(
    connection: Connection, areas: Collection[UUID], ids: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """Which of the records `ids` are in `areas` now: id, what decides who sees it, and the classes that they
    have parts of."""
    return await _HELD.fetch(connection, areas=list(areas), ids=list(ids))


async def come_of_age(
    connection: Connection, positions: Mapping[UUID, int], since: date, today: date
) -> Sequence[asyncpg.Record]:
    """What was about a child on `since` and is not on `today`, in the order of the days: area, record, day.

    Of what is in the areas of `positions`, and of what left them behind these.
    """
    return await _COME_OF_AGE.fetch(
        connection, areas=list(positions), positions=list(positions.values()), since=since, today=today
    )


async def turning(
    connection: Connection, positions: Mapping[UUID, int], since: date, today: date
) -> Sequence[UUID]:
    """The areas of `positions` in which something may have been guarded on `since` and is not on `today`, or
    the other way round: see `turned`."""
    rows = await _TURNING.fetch(
        connection, areas=list(positions), positions=list(positions.values()), since=since, today=today
    )
    return [row["area"] for row in rows]


async def turned(
    connection: Connection, area: UUID, sight: Sight, position: int, since: date, today: date
) -> Sequence[asyncpg.Record]:
    """Of what a holder of `sight` reads unless it is guarded, what became so behind `since` and up to
    `today`, or ceased to be: record, day, and the classes of it, in the order of the days.

    Of what is in the area, and of what left it behind `position`.
    """
    if not _guarded(_kind(sight)):
        return ()
    files = {
        f"files_{number}": list(cases)
        for number, (seen, cases) in enumerate(sight.files)
        if but_guarded(seen)
    }
    return await _turned(_kind(sight)).fetch(
        connection, area=area, position=position, since=since, today=today, account=sight.account, **files
    )


async def is_behind(connection: Connection, area: UUID, sight: Sight, position: int, told: date) -> bool:
    """Whether anything that `sight` shows moved behind `position`. `told`: see `departed`."""
    if not sight.classes:
        return False
    found = await _any(_kind(sight)).fetchval(
        connection, area=area, position=position, **_parameters(sight, today=sight.today, told=told)
    )
    return bool(found)


async def listed(connection: Connection, area: UUID, sight: Sight) -> list[tuple[UUID, int]]:
    """Every live record of `area` that `sight` shows, and where."""
    if not sight.classes:
        return []
    rows = await _list(_kind(sight)).fetch(connection, area=area, **_parameters(sight, today=sight.today))
    return [(row["id"], row["seen"]) for row in rows]


async def named(
    connection: Connection, area: UUID, sight: Sight, ids: Collection[UUID], is_whole: bool = True
) -> Sequence[asyncpg.Record]:
    """The records `ids`, all parts that `sight` shows: the same columns as `page`."""
    if not sight.classes:
        return ()
    rows = await _named(_kind(sight), is_whole).fetch(
        connection, area=area, ids=list(ids), **_parameters(sight, today=sight.today)
    )
    return await _met(connection, area, sight.classes, rows) if is_whole else rows


async def newest(
    connection: Connection, area: UUID, sight: Sight, before: UUID, limit: int, collection: str | None = None
) -> Sequence[asyncpg.Record]:
    """The live records made before the one with the id `before`, the newest first: the same columns again."""
    if not sight.classes:
        return ()
    of_one = {} if collection is None else {"collection": collection}
    rows = await _newest(_kind(sight), collection is not None).fetch(
        connection, area=area, before=before, limit=limit, **of_one, **_parameters(sight, today=sight.today)
    )
    return await _met(connection, area, sight.classes, rows)


async def parts(
    connection: Connection, area: UUID, classes: int, ids: Collection[UUID], today: date
) -> Mapping[UUID, asyncpg.Record]:
    """The parts of `classes` of live records, by id, whoever may see them: to be masked, and not shown.

    But what is guarded on `today`, of which no masked form is made either: it would tell a part of it.
    """
    if not classes or not ids:
        return {}
    by_day = {} if not classes & ~SHARED else {"today": today}
    rows = await _parts(classes).fetch(connection, area=area, ids=list(ids), **by_day)
    return {row["id"]: row for row in await _met(connection, area, classes, rows)}


def bodies(connection: Connection, area: UUID, row: asyncpg.Record) -> dict[Privacy, bytes]:
    """The parts in a row of `page`, `named`, `newest` or `parts`, opened. Raises SealBroken."""
    keyring = keyring_of(connection)
    found: dict[Privacy, bytes] = {}
    for privacy in CLASSES:
        name = f"body_{privacy.value}"
        if name in row and (body := row[name]) is not None:
            is_sealed = privacy in SEALED
            found[privacy] = keyring.unseal_part(area, row["id"], privacy, body) if is_sealed else body
    return found


async def of_files(
    connection: Connection, area: UUID, sight: Sight, cases: Collection[UUID], is_whole: bool = True
) -> Sequence[asyncpg.Record]:
    """The live records of files, all parts that `sight` shows: the same columns as `page`."""
    if not sight.classes or not cases:
        return ()
    rows = await _of_files(_kind(sight), is_whole).fetch(
        connection, area=area, cases=list(cases), **_parameters(sight, today=sight.today)
    )
    return await _met(connection, area, sight.classes, rows) if is_whole else rows


async def _met(
    connection: Connection, area: UUID, classes: int, rows: Sequence[asyncpg.Record]
) -> Sequence[asyncpg.Record]:
    """`rows`, with the keys ready that open what is sealed in them. `classes`: of which they have parts."""
    columns = [f"body_{privacy.value}" for privacy in classes_in(classes) if privacy in SEALED]
    if columns:
        parts = (row[column] for column in columns for row in rows)
        await keyring_of(connection).meet(connection, area, parts)
    return rows


def splicer(connection: Connection, area: UUID, sight: Sight, is_whole: bool = True) -> Splicer:
    """What makes entries out of rows of `page`, `named` and `of_files`, with the same `is_whole`."""
    return Splicer(area, classes_in(sight.classes) if is_whole else (), keyring_of(connection))
