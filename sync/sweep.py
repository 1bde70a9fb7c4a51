"""Clear away what nobody needs to be told any more: tombstones and departures past their term.

A device whose cursor is older than the term starts over (sync/plan.py), so nothing that it could miss is
cleared. Positions are times, so the age of a tombstone is its rev. History stays.
"""

from datetime import datetime, timedelta
from typing import Final

from sync.confine import confine
from sync.statement import Connection, statement
from sync.store import all_areas

MOST = 5_000  # rows a transaction: each lock is short
AREAS_TOGETHER: Final = 200
SLACK = timedelta(days=2)  # a cursor names a day, and a day begins at different hours around the world
LOCK: Final = 0x7377656570  # "sweep"

# Two at it would only wait for each other.
_ALONE = statement("SELECT pg_try_advisory_xact_lock(:lock)")

# By ix_record_area_rev, area by area; few records are deleted, so the rest is passed over quickly.
_TOMBSTONES = statement("""
    DELETE FROM record
    WHERE (area, id) IN (
        SELECT r.area, r.id
        FROM unnest(CAST(:areas AS uuid[])) AS swept(area)
        JOIN record r ON r.area = swept.area AND r.rev < :before AND r.deleted
        LIMIT :most
        FOR UPDATE OF r SKIP LOCKED
    )
""")

_DEPARTURES = statement("""
    DELETE FROM departure
    WHERE (area, rev) IN (
        SELECT d.area, d.rev
        FROM unnest(CAST(:areas AS uuid[])) AS swept(area)
        JOIN departure d ON d.area = swept.area AND d.rev < :before
        LIMIT :most
    )
""")


async def sweep(connection: Connection, term: timedelta, now: datetime) -> int:
    """Remove some of what is older than `term` at `now`; the most rows that went at once.

    Call again while it gives `MOST`. Does nothing while another process is at it.
    """
    before = int((now - term - SLACK).timestamp() * 1_000_000)
    areas = await all_areas(connection)
    most = 0
    for start in range(0, len(areas), AREAS_TOGETHER):
        together = areas[start : start + AREAS_TOGETHER]
        async with connection.transaction():
            if not await _ALONE.fetchval(connection, lock=LOCK):
                continue
            await confine(connection, together)
            for removal in (_TOMBSTONES, _DEPARTURES):
                tag = await removal.execute(connection, areas=together, before=before, most=MOST)
                most = max(most, int(tag.rpartition(" ")[2]))
    return most
