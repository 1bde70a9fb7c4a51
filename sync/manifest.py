"""Put a device right whose digest differs: it lists what it holds of an area, and is told what to change.

The list is of ids and revs. What the device lacks or holds at another rev is sent whole, what it should not
hold is named; a page at a time, and the device lists again until nothing is left to say.
"""

import asyncpg
import msgspec

from sync import pull_store as store
from sync.asking import AccessOf
from sync.audit import Auditor, Parts
from sync.confine import confine
from sync.pull import PAGE_BYTES, note
from sync.statement import Connection
from sync.wire import Gone, ManifestRequest, ManifestResponse

CHUNK = 200
MOST = 1_000


async def compare(
    pool: asyncpg.Pool, request: ManifestRequest, access_of: AccessOf, auditor: Auditor
) -> ManifestResponse:
    """How the device's list differs from what its holder is cleared for now.

    An area that the caller does not hold looks like an empty one: everything listed is to be removed.
    """
    async with pool.acquire() as connection:
        response, parts = await _compared(connection, request, access_of)
        if parts:
            await auditor.read(connection, "manifest", {request.area: parts})
        return response


async def _compared(
    connection: Connection, request: ManifestRequest, access_of: AccessOf
) -> tuple[ManifestResponse, Parts]:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        access = await access_of(connection)
        sight = access.clearance.sight(request.area)
        if not sight.classes:
            return ManifestResponse([], [Gone(id) for id in sorted(request.records)], True), {}
        await confine(connection, [request.area])
        listed = dict(await store.listed(connection, request.area, sight))
        gone = [Gone(id) for id in sorted(request.records.keys() - listed.keys())]
        wanted = sorted(id for id, rev in listed.items() if request.records.get(id) != rev)
        records: list[msgspec.Raw] = []
        parts: Parts = {}
        size = 0
        splicer = store.splicer(connection, request.area, sight)
        for start in range(0, min(len(wanted), MOST), CHUNK):
            for row in await store.named(connection, request.area, sight, wanted[start : start + CHUNK]):
                entry, classes = splicer.entry(row)
                records.append(msgspec.Raw(entry))
                size += len(entry)
                note(parts, row, classes)
            if size >= PAGE_BYTES:
                break
        return ManifestResponse(records, gone, len(records) >= len(wanted)), parts
