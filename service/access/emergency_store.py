"""The SQL of notices of emergencies: records like others, stored and read by the engine's own statements."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from schemas.emergency_access import EmergencyAccess
from sync import sealed, store
from sync.record import Stored
from sync.statement import Connection, statement

COLLECTION: Final = EmergencyAccess.declaration.collection

# ix_record_area_emergency.
_IN_AREAS = statement(f"""
    SELECT record.area, record.id, account.display_name AS name
    FROM record
    JOIN account ON account.id = record.author
    WHERE record.area = ANY(CAST(:areas AS uuid[])) AND record.collection = '{COLLECTION}'
      AND NOT record.deleted
""")


async def keep(connection: Connection, notice: Stored) -> None:
    """Store a notice, new or changed, at a position that was taken in the log of its area."""
    await store.write_records(connection, [notice], await sealed.keys_for(connection, [notice], []))


async def in_areas(connection: Connection, areas: Collection[UUID]) -> list[tuple[Stored, str]]:
    """All notices in `areas`, each with what people call whoever opened the file."""
    names = {
        (row["area"], row["id"]): row["name"] for row in await _IN_AREAS.fetch(connection, areas=list(areas))
    }
    if not names:
        return []
    found = await store.records(connection, names.keys())
    return [(found[key], name) for key, name in names.items() if key in found]


async def with_id(connection: Connection, id: UUID, areas: Collection[UUID]) -> list[Stored]:
    """The notice `id`, in whichever of `areas` it lies."""
    found = await store.records(connection, [(area, id) for area in areas])
    return [each for each in found.values() if each.collection == COLLECTION and not each.deleted]
