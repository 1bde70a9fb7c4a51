"""The SQL of looking for a number, by what stands for it (sync/blind.py)."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from schemas.privacy import SEARCHABLE, Privacy
from sync.place_store import COLUMNS, place_in
from sync.scope import Place
from sync.statement import Connection, statement

# ix_record_token_<class>. In order, for where rows lie in the table tells of edits that are hidden.
_FIND = {
    privacy: statement(f"""
        SELECT area, id, {COLUMNS}
        FROM record
        WHERE token_{privacy.value} = :token AND area = ANY(CAST(:areas AS uuid[])) AND NOT deleted
        ORDER BY area, id
    """)
    for privacy in SEARCHABLE
}

# The area's records by ix_record_area_rev, then for each number ix_record_token_identity.
_DUPLICATES = statement("""
    WITH here AS (
        SELECT token_identity AS token, (array_agg(id ORDER BY id))[1] AS first
        FROM record
        WHERE area = :area AND token_identity IS NOT NULL AND NOT deleted
        GROUP BY token_identity
    )
    SELECT here.first, array_agg(r.area ORDER BY r.area, r.id) AS areas,
           array_agg(r.id ORDER BY r.area, r.id) AS ids
    FROM here
    JOIN record r ON r.token_identity = here.token
    WHERE here.first > :after AND r.area = ANY(CAST(:areas AS uuid[])) AND NOT r.deleted
    GROUP BY here.first
    HAVING count(*) > 1
    ORDER BY here.first
    LIMIT :limit
""")


class Found(NamedTuple):
    """A record with the number, and where it lies."""

    id: UUID
    place: Place


async def with_number(
    connection: Connection, privacy: Privacy, token: bytes, areas: Collection[UUID]
) -> list[Found]:
    """The live records in `areas` that have a number in the part of `privacy`, whoever may see that part."""
    rows = await _FIND[privacy].fetch(connection, token=token, areas=list(areas))
    return [Found(row["id"], place_in(row)) for row in rows]


async def sharing_numbers(
    connection: Connection, area: UUID, areas: Collection[UUID], after: UUID, limit: int
) -> list[tuple[UUID, list[tuple[UUID, UUID]]]]:
    """Records of `area` behind `after` that share an ID number with others, in `areas`: the first of each
    such group, by which they are in order, and the area and id of all."""
    rows = await _DUPLICATES.fetch(connection, area=area, areas=list(areas), after=after, limit=limit)
    return [(row["first"], list(zip(row["areas"], row["ids"], strict=True))) for row in rows]
