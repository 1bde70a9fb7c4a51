"""The SQL of volunteers' service: which records tell of it, and when a check-in reached the server."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sync.statement import Connection, statement

# The areas' records, by primary key: asked by a person now and then, of the areas that they hold. Whom they
# are about stands in the open part, which nothing is sealed of.
_OF_VOLUNTEERS = statement("""
    SELECT area, id
    FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND collection = :collection
      AND NOT deleted
      AND (
          body_open ->> 'volunteer' = ANY(CAST(:volunteers AS text[]))
          OR body_open ->> 'to' = ANY(CAST(:volunteers AS text[]))
      )
    ORDER BY area, id
""")

# ix_record_area_parent.
_KEYS = statement("""
    SELECT area, id
    FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND parent = ANY(CAST(:activities AS uuid[]))
      AND collection = 'check_in_key' AND NOT deleted
    ORDER BY area, id
""")

# ix_history_record_rev. Of every proof that an attendance ever had, when it first came.
_ARRIVED = statement("""
    SELECT record, proof, min(received_at) AS at
    FROM history
    CROSS JOIN LATERAL (
        VALUES (sent_open -> 'set' ->> 'check_in_proof'), (sent_open -> 'set' ->> 'check_out_proof')
    ) AS said(proof)
    WHERE record = ANY(CAST(:records AS uuid[])) AND area = ANY(CAST(:areas AS uuid[]))
      AND proof IS NOT NULL
    GROUP BY record, proof
""")

Where = list[tuple[UUID, UUID]]
"""Records, each with the area that it lies in."""


async def of_volunteers(
    connection: Connection, areas: Collection[UUID], collection: str, volunteers: Collection[str]
) -> Where:
    """The records of this collection in `areas` that name one of `volunteers`."""
    rows = await _OF_VOLUNTEERS.fetch(
        connection, areas=list(areas), collection=collection, volunteers=list(volunteers)
    )
    return [(row["area"], row["id"]) for row in rows]


async def keys_of(connection: Connection, areas: Collection[UUID], activities: Collection[UUID]) -> Where:
    """The check-in keys of `activities`."""
    rows = await _KEYS.fetch(connection, areas=list(areas), activities=list(activities))
    return [(row["area"], row["id"]) for row in rows]


async def arrivals(
    connection: Connection, areas: Collection[UUID], attendances: Collection[UUID]
) -> dict[tuple[str, str], datetime]:
    """When each proof of these attendances reached the server: by attendance and proof."""
    rows = await _ARRIVED.fetch(connection, records=list(attendances), areas=list(areas))
    return {(str(row["record"]), row["proof"]): row["at"] for row in rows}
