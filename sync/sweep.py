"""Clear away what nobody needs to be told any more: tombstones and departures past their term.

A device whose cursor is older than the term starts over (sync/plan.py), so nothing that it could miss is
cleared. Positions are times, so the age of a tombstone is its rev. History stays.
"""

from datetime import datetime, timedelta

from sync.statement import Connection, statement

MOST = 5_000  # rows a call: each lock is short
SLACK = timedelta(days=2)  # a cursor names a day, and a day begins at different hours around the world

# By ix_record_area_rev, area by area; few records are deleted, so the rest is passed over quickly.
_TOMBSTONES = statement("""
    DELETE FROM record
    WHERE (area, id) IN (
        SELECT r.area, r.id
        FROM area
        JOIN record r ON r.area = area.id AND r.rev < :before AND r.deleted
        LIMIT :most
        FOR UPDATE OF r SKIP LOCKED
    )
""")

_DEPARTURES = statement("""
    DELETE FROM departure
    WHERE (area, rev) IN (
        SELECT d.area, d.rev
        FROM area
        JOIN departure d ON d.area = area.id AND d.rev < :before
        LIMIT :most
        FOR UPDATE OF d SKIP LOCKED
    )
""")


async def sweep(connection: Connection, term: timedelta, now: datetime) -> int:
    """Remove some of what is older than `term` at `now`; how many rows. Call again while it gives `MOST`."""
    before = int((now - term - SLACK).timestamp() * 1_000_000)
    tags = [
        await _TOMBSTONES.execute(connection, before=before, most=MOST),
        await _DEPARTURES.execute(connection, before=before, most=MOST),
    ]
    return max(int(tag.rpartition(" ")[2]) for tag in tags)
