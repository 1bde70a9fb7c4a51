"""Records as their reader has them, of whichever areas: as they are read in sync, and nothing beside."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from sync import pull_store
from sync.audit import Reading
from sync.pull import note
from sync.scope import Clearance
from sync.statement import Connection
from sync.wire import Entry

_decode = msgspec.json.Decoder(Entry).decode


class Read:
    """What was read in one answer, in a transaction of one snapshot that is confined to the areas held.

    `reading`: what is to be kept account of before the answer is sent.
    """

    def __init__(self, connection: Connection, clearance: Clearance) -> None:
        self.connection = connection
        self.clearance = clearance
        self.areas = list(clearance.held)
        self.reading: Reading = {}

    async def named(self, ids: Iterable[UUID]) -> dict[str, Entry]:
        """The records `ids` by id, wherever they lie among the areas held."""
        rows = await pull_store.held(self.connection, self.areas, list(ids))
        return await self.at((row["area"], row["id"]) for row in rows)

    async def at(self, where: Iterable[tuple[UUID, UUID]]) -> dict[str, Entry]:
        """The records that lie there, by id: of those that are seen, what is seen."""
        by_area: dict[UUID, list[UUID]] = {}
        for area, id in where:
            by_area.setdefault(area, []).append(id)
        found: dict[str, Entry] = {}
        for area, ids in by_area.items():
            sight = self.clearance.sight(area)
            splicer = pull_store.splicer(self.connection, area, sight)
            parts = self.reading.setdefault(area, {})
            for row in await pull_store.named(self.connection, area, sight, ids):
                entry, classes = splicer.entry(row)
                note(parts, row, classes)
                read = _decode(entry)
                found[str(read.id)] = read
        return found


def values_of(entries: Mapping[str, Entry], collection: str) -> dict[str, dict[str, Any]]:
    """What those of `collection` say, by id."""
    return {id: entry.data for id, entry in entries.items() if entry.collection == collection}
