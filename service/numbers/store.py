"""The SQL of counts: what there is to be counted of a month, and the counts that were kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from service.numbers.counting import Counts
from sync.statement import Connection, statement

_decode = msgspec.json.decode


class TreeArea(msgspec.Struct, frozen=True):
    """An area of the tree that is counted together."""

    id: UUID
    parent: UUID | None
    level: str
    code: str
    name: str
    ancestors: list[UUID]


# The uppermost by primary key, then ix_area_ancestors.
_TREE = statement("""
    SELECT area.id, area.parent, area.level, area.code, area.name, area.ancestors
    FROM area
    WHERE area.ancestors @> (
        SELECT ARRAY[ancestors[cardinality(ancestors)]] FROM area WHERE id = :area
    )
    ORDER BY area.code, area.id
""")

# What took its first position in the log within the month: the stretch by the primary key of history, then
# ix_history_record_rev, then record by primary key. By receipt and not by what the phone says: else work that
# arrives late would belong to a month that is counted already.
_MADE = statement("""
    SELECT record.area, record.body_open
    FROM (
        SELECT DISTINCT record
        FROM history
        WHERE area = ANY(CAST(:areas AS uuid[])) AND collection = :collection
          AND rev >= CAST(:begin AS bigint) AND rev < CAST(:end AS bigint)
    ) written
    JOIN record ON record.id = written.record AND record.area = ANY(CAST(:areas AS uuid[]))
    WHERE NOT record.deleted AND record.body_open IS NOT NULL AND record.collection = :collection
      AND NOT EXISTS (
        SELECT FROM history h WHERE h.record = written.record AND h.rev < CAST(:begin AS bigint)
      )
""")

_KEPT = statement("""
    SELECT counts, counted_at
    FROM month_count
    WHERE root = :root AND month = :month AND collection = :collection
""")

# Of two who count at once, the first; both tell what is kept.
_KEEP = statement("""
    INSERT INTO month_count (root, month, collection, counted_at, counts)
    VALUES (:root, :month, :collection, :now, :counts)
    ON CONFLICT (root, month, collection) DO NOTHING
""")


async def tree_of(connection: Connection, area: UUID) -> list[TreeArea]:
    """All areas of the tree that `area` stands in; none where there is no such area."""
    return [TreeArea(**row) for row in await _TREE.fetch(connection, area=area)]


async def made_between(
    connection: Connection, areas: Sequence[UUID], collection: str, begin: datetime, end: datetime
) -> list[tuple[UUID, dict[str, Any]]]:
    """Records that came to the server in that time, each with its area and its open values."""
    rows = await _MADE.fetch(
        connection, areas=areas, collection=collection, begin=_position(begin), end=_position(end)
    )
    return [(row["area"], _decode(row["body_open"])) for row in rows]


async def kept(
    connection: Connection, root: UUID, month: str, collection: str
) -> tuple[Counts, datetime] | None:
    """The counts of a month and when they were taken; None where nobody has asked for it yet."""
    row = await _KEPT.fetchrow(connection, root=root, month=month, collection=collection)
    return None if row is None else (_decode(row["counts"], type=Counts), row["counted_at"])


async def keep(
    connection: Connection, root: UUID, month: str, collection: str, now: datetime, counts: Counts
) -> None:
    """Keep the counts of a month, unless they are kept already."""
    await _KEEP.execute(
        connection,
        root=root,
        month=month,
        collection=collection,
        now=now,
        counts=msgspec.json.encode(counts),
    )


def _position(moment: datetime) -> int:
    """Positions of the log are times, in microseconds."""
    return int(moment.timestamp()) * 1_000_000
