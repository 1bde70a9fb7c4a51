"""The SQL of pulling. A statement for each kind of sight names only the columns that it may see something of.

Who may read every class sees each record at its newest position, and the index on (area, rev) gives the page
in order. For anyone else a record stands where the newest part that they may see stands, so that neither the
order of a page nor where it ends tells of parts that they may not. Whether a part is seen may hang on who
made the record and on the file that it lies in: the statement asks for each row.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg

from schemas.collections import COLLECTIONS
from schemas.privacy import CLASSES, Privacy, classes_in
from sync.scope import Sight, always_in, children_in, own_in
from sync.splice import Splicer
from sync.statement import Connection, Statement, statement

Kind = tuple[int, tuple[int, ...]]
"""What the statements for a sight hang on: its bits, and the classes seen of files."""

_CHILDREN = ", ".join(f"'{name}'" for name, declared in COLLECTIONS.items() if declared.about_children)


def _kind(sight: Sight) -> Kind:
    return sight.bits, tuple(classes for classes, _ in sight.files)


def _parameters(sight: Sight) -> dict[str, Any]:
    """What a statement for this sight takes for its conditions."""
    values: dict[str, Any] = {f"files_{number}": list(cases) for number, (_, cases) in enumerate(sight.files)}
    if own_in(sight.bits) & ~always_in(sight.bits):
        values["account"] = sight.account
    return values


def _conditions(kind: Kind) -> Iterable[tuple[int, str]]:
    """Classes, and what must hold of a row for them to be seen."""
    bits, files = kind
    always = always_in(bits)
    if always:
        yield always, "true"
    if own := own_in(bits) & ~always:
        yield own, "author = :account"
    if children := children_in(bits) & ~always:
        yield children, f"collection IN ({_CHILDREN})"
    for number, classes in enumerate(files):
        yield classes & ~always, f"case_id = ANY(CAST(:files_{number} AS uuid[]))"


def _if_seen(kind: Kind, privacy: Privacy, what: str, also: str = "") -> str:
    """`what` where the part of `privacy` is seen (and `also` holds), else null."""
    conditions = [condition for classes, condition in _conditions(kind) if classes & privacy.bit]
    if "true" in conditions:
        return f"CASE WHEN {also} THEN {what} END" if also else what
    seen = " OR ".join(conditions)
    return f"CASE WHEN ({seen}){' AND ' + also if also else ''} THEN {what} END"


def _classes(kind: Kind) -> tuple[Privacy, ...]:
    bits = 0
    for classes, _ in _conditions(kind):
        bits |= classes
    return classes_in(bits)


def _seen(kind: Kind) -> str:
    """The position at which a record is seen; null where it is not."""
    revs = ", ".join(_if_seen(kind, privacy, f"rev_{privacy.value}") for privacy in _classes(kind))
    return f"greatest({revs})"


def _bodies(kind: Kind, is_new: bool) -> str:
    return ", ".join(
        _if_seen(kind, privacy, f"body_{privacy.value}", f"rev_{privacy.value} > :since" if is_new else "")
        + f" AS body_{privacy.value}"
        for privacy in _classes(kind)
    )


def _left(kind: Kind) -> str:
    """The classes of a departure that are seen."""
    seen = " | ".join(
        f"{classes}" if condition == "true" else f"CASE WHEN {condition} THEN {classes} ELSE 0 END"
        for classes, condition in _conditions(kind)
    )
    return f"classes & ({seen})"


@cache
def _page(kind: Kind, is_full: bool) -> Statement:
    # Everything: ix_record_area_rev, read in order up to the limit. Less: the same index bounds what is
    # looked at, and the newest visible position is sorted.
    if is_full:
        return statement(f"""
            SELECT rev AS seen, id, collection, case_id, deleted, {_bodies(kind, True)}
            FROM record
            WHERE area = :area AND rev > :position
            ORDER BY rev
            LIMIT :limit
        """)
    return statement(f"""
        SELECT {_seen(kind)} AS seen, id, collection, case_id, deleted, {_bodies(kind, True)}
        FROM record
        WHERE area = :area AND rev > :position AND {_seen(kind)} > :position
        ORDER BY seen
        LIMIT :limit
    """)


@cache
def _departed(kind: Kind) -> Statement:
    # Primary key, read from the position on.
    return statement(f"""
        SELECT rev, record, {_left(kind)} AS classes
        FROM departure
        WHERE area = :area AND rev > :position AND {_left(kind)} <> 0
        ORDER BY rev
        LIMIT :limit
    """)


# Primary key, once for each area held: where a record that left one of them is now.
_HELD = statement(f"""
    SELECT id, area, collection, case_id, author, {
    " + ".join(f"CASE WHEN body_{privacy.value} IS NULL THEN 0 ELSE {privacy.bit} END" for privacy in CLASSES)
} AS classes
    FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND id = ANY(CAST(:ids AS uuid[])) AND NOT deleted
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
def _named(kind: Kind) -> Statement:
    # Primary key. In order, for where rows lie in the table tells of edits that are hidden.
    return statement(f"""
        SELECT {_seen(kind)} AS seen, id, collection, case_id, deleted, {_bodies(kind, False)}
        FROM record
        WHERE area = :area AND id = ANY(CAST(:ids AS uuid[])) AND {_seen(kind)} IS NOT NULL
        ORDER BY id
    """)


@cache
def _of_files(kind: Kind) -> Statement:
    # ix_record_area_case_id_rev.
    return statement(f"""
        SELECT {_seen(kind)} AS seen, id, collection, case_id, deleted, {_bodies(kind, False)}
        FROM record
        WHERE area = :area AND case_id = ANY(CAST(:cases AS uuid[])) AND NOT deleted
          AND {_seen(kind)} IS NOT NULL
        ORDER BY seen
    """)


async def page(
    connection: Connection, area: UUID, sight: Sight, position: int, since: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Records of which parts that `sight` shows moved behind `position`, in order: seen, id, collection,
    case_id, deleted, then the parts of `sight.classes`, null where not shown or not moved since `since`."""
    if not sight.classes:
        return ()
    return await _page(_kind(sight), sight.is_full).fetch(
        connection, area=area, position=position, since=since, limit=limit, **_parameters(sight)
    )


async def departed(
    connection: Connection, area: UUID, sight: Sight, position: int, limit: int | None
) -> Sequence[asyncpg.Record]:
    """Records that left `area`, or their file in it, behind `position`: rev, record, and the classes of it
    that `sight` showed.

    All of them where `limit` is None.
    """
    if not sight.classes:
        return ()
    return await _departed(_kind(sight)).fetch(
        connection, area=area, position=position, limit=limit, **_parameters(sight)
    )


async def held(
    connection: Connection, areas: Collection[UUID], ids: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """Which of the records `ids` are in `areas` now: id, what decides who sees it, and the classes that they
    have parts of."""
    return await _HELD.fetch(connection, areas=list(areas), ids=list(ids))


async def is_behind(connection: Connection, area: UUID, sight: Sight, position: int) -> bool:
    """Whether anything that `sight` shows moved behind `position`."""
    if not sight.classes:
        return False
    return bool(
        await _any(_kind(sight)).fetchval(connection, area=area, position=position, **_parameters(sight))
    )


async def listed(connection: Connection, area: UUID, sight: Sight) -> list[tuple[UUID, int]]:
    """Every live record of `area` that `sight` shows, and where."""
    if not sight.classes:
        return []
    rows = await _list(_kind(sight)).fetch(connection, area=area, **_parameters(sight))
    return [(row["id"], row["seen"]) for row in rows]


async def named(
    connection: Connection, area: UUID, sight: Sight, ids: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """The records `ids`, all parts that `sight` shows: the same columns as `page`."""
    if not sight.classes:
        return ()
    return await _named(_kind(sight)).fetch(connection, area=area, ids=list(ids), **_parameters(sight))


async def of_files(
    connection: Connection, area: UUID, sight: Sight, cases: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """The live records of files, all parts that `sight` shows: the same columns as `page`."""
    if not sight.classes or not cases:
        return ()
    return await _of_files(_kind(sight)).fetch(connection, area=area, cases=list(cases), **_parameters(sight))


def splicer(area: UUID, sight: Sight) -> Splicer:
    """What makes entries out of rows of `page`, `named` and `of_files`."""
    return Splicer(area, classes_in(sight.classes))
