"""The SQL of pulling. A statement for each set of classes names only the columns of these classes.

Who may read every class sees each record at its newest position, and the index on (area, rev) gives the page
in order. For anyone else a record stands where the newest part that they may see stands, so that neither the
order of a page nor where it ends tells of parts that they may not.
"""

from collections.abc import Collection, Sequence
from functools import cache
from uuid import UUID

import asyncpg

from schemas.privacy import ALL_CLASSES, CLASSES, classes_in
from sync.audit import PERSONAL
from sync.statement import Connection, Statement, statement


def _seen(classes: int, table: str = "record") -> str:
    """The position at which a holder of `classes` sees a record."""
    revs = ", ".join(f"{table}.rev_{privacy.value}" for privacy in classes_in(classes))
    return f"greatest({revs})"


@cache
def _page(classes: int) -> Statement:
    # All classes: ix_record_area_rev, read in order up to the limit. Fewer: the same index bounds what is
    # looked at, and the newest visible position is sorted.
    parts = ", ".join(
        f"CASE WHEN rev_{privacy.value} > :since THEN body_{privacy.value} END"
        for privacy in classes_in(classes)
    )
    if classes == ALL_CLASSES:
        return statement(f"""
            SELECT rev AS seen, id, collection, case_id, deleted, {parts}
            FROM record
            WHERE area = :area AND rev > :position
            ORDER BY rev
            LIMIT :limit
        """)
    return statement(f"""
        SELECT {_seen(classes)} AS seen, id, collection, case_id, deleted, {parts}
        FROM record
        WHERE area = :area AND rev > :position AND {_seen(classes)} > :position
        ORDER BY seen
        LIMIT :limit
    """)


# Primary key, read from the position on.
_DEPARTED = statement("""
    SELECT rev, record, classes
    FROM departure
    WHERE area = :area AND rev > :position AND classes & :classes <> 0
    ORDER BY rev
    LIMIT :limit
""")

# Primary key, once for each area held: where a record that left one of them is now.
_HELD = statement(f"""
    SELECT id, area, {
    " + ".join(f"CASE WHEN body_{privacy.value} IS NULL THEN 0 ELSE {privacy.bit} END" for privacy in CLASSES)
} AS classes
    FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND id = ANY(CAST(:ids AS uuid[])) AND NOT deleted
""")


@cache
def _any(classes: int) -> Statement:
    # ix_record_area_rev, then the primary key of departure; ends at the first row.
    return statement(f"""
        SELECT EXISTS (
            SELECT FROM record WHERE area = :area AND rev > :position AND {_seen(classes)} > :position
        ) OR EXISTS (
            SELECT FROM departure WHERE area = :area AND rev > :position AND classes & :classes <> 0
        )
    """)


@cache
def _list(classes: int) -> Statement:
    # The whole area, by primary key.
    return statement(f"""
        SELECT id, {_seen(classes)} AS seen
        FROM record
        WHERE area = :area AND NOT deleted AND {_seen(classes)} IS NOT NULL
    """)


@cache
def _named(classes: int) -> Statement:
    # Primary key.
    parts = ", ".join(f"body_{privacy.value}" for privacy in classes_in(classes))
    return statement(f"""
        SELECT {_seen(classes)} AS seen, id, collection, case_id, deleted, {parts}
        FROM record
        WHERE area = :area AND id = ANY(CAST(:ids AS uuid[])) AND {_seen(classes)} IS NOT NULL
    """)


async def page(
    connection: Connection, area: UUID, classes: int, position: int, since: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Records whose parts of `classes` moved behind `position`, in order: seen, id, collection, case_id,
    deleted, then each of these parts, null where it has not moved since `since`."""
    return await _page(classes).fetch(connection, area=area, position=position, since=since, limit=limit)


async def departed(
    connection: Connection, area: UUID, classes: int, position: int, limit: int | None
) -> Sequence[asyncpg.Record]:
    """Records that left `area` behind `position` and had parts of `classes`: rev, record, classes.

    All of them where `limit` is None.
    """
    return await _DEPARTED.fetch(connection, area=area, classes=classes, position=position, limit=limit)


async def held(
    connection: Connection, areas: Collection[UUID], ids: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """Which of the records `ids` are in `areas` now: id, area, and the classes that they have parts of."""
    return await _HELD.fetch(connection, areas=list(areas), ids=list(ids))


async def is_behind(connection: Connection, area: UUID, classes: int, position: int) -> bool:
    """Whether anything that a holder of `classes` may see moved behind `position`."""
    return bool(await _any(classes).fetchval(connection, area=area, classes=classes, position=position))


async def listed(connection: Connection, area: UUID, classes: int) -> list[tuple[UUID, int]]:
    """Every live record of `area` that a holder of `classes` sees, and where."""
    return [(row["id"], row["seen"]) for row in await _list(classes).fetch(connection, area=area)]


async def named(
    connection: Connection, area: UUID, classes: int, ids: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """The records `ids`, all parts of `classes`: the same columns as `page`."""
    return await _named(classes).fetch(connection, area=area, ids=list(ids))


@cache
def personal_columns(classes: int) -> tuple[tuple[int, int], ...]:
    """Of a row of `page` or `named`, where the parts stand that account is kept of, and their bits."""
    columns = enumerate(classes_in(classes), 5)
    return tuple((column, privacy.bit) for column, privacy in columns if privacy.bit & PERSONAL)
