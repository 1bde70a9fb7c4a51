"""The SQL of areas: making them, each with the list of all above it that every question of access asks."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from sync.statement import Connection, statement

Level = Literal["city", "district", "street", "community"]


class NewArea(msgspec.Struct, frozen=True):
    """An area to be made. `parent`: None for the uppermost; one that exists or is made by the same call."""

    id: UUID
    parent: UUID | None
    level: Level
    code: str
    name: str


class UnknownParent(Exception):
    """An area was to lie in one that does not exist."""


# Downwards from those whose parent stands already, so that the order in which they are given is free.
_CREATE = statement("""
    WITH RECURSIVE given AS (
        SELECT *
        FROM unnest(
            CAST(:ids AS uuid[]), CAST(:parents AS uuid[]), CAST(:levels AS text[]),
            CAST(:codes AS text[]), CAST(:names AS text[])
        ) AS given(id, parent, level, code, name)
    ), placed AS (
        SELECT given.id, ARRAY[given.id] || coalesce(area.ancestors, '{}') AS ancestors
        FROM given
        LEFT JOIN area ON area.id = given.parent
        WHERE given.parent IS NULL OR area.id IS NOT NULL
        UNION ALL
        SELECT given.id, ARRAY[given.id] || placed.ancestors
        FROM placed
        JOIN given ON given.parent = placed.id
    )
    INSERT INTO area (id, parent, level, code, name, ancestors)
    SELECT given.id, given.parent, given.level, given.code, given.name, placed.ancestors
    FROM placed
    JOIN given ON given.id = placed.id
    RETURNING id
""")


async def create_areas(connection: Connection, areas: Sequence[NewArea]) -> None:
    """Make `areas`, all or none, in one statement: run it in a transaction.

    Raises UnknownParent, and asyncpg.UniqueViolationError for an id that is taken.
    """
    made = await _CREATE.fetch(
        connection,
        ids=[area.id for area in areas],
        parents=[area.parent for area in areas],
        levels=[area.level for area in areas],
        codes=[area.code for area in areas],
        names=[area.name for area in areas],
    )
    missing = {area.id for area in areas} - {row["id"] for row in made}
    if missing:
        lost = next(area for area in areas if area.id in missing)
        raise UnknownParent(f"{lost.name} ({lost.code}): there is no area {lost.parent}")
