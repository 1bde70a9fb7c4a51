"""Who has seen a record, and who has written it: what the audit says of one file.

Cut by class like the record itself: an entry of which the reader may see no class is left out, and of the
others only these classes are told, so that nobody learns from who looked that there was something to see.
"""

from datetime import UTC, datetime
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES, names_in
from service.audit.chain import classes_of_each
from sync.history import whereabouts
from sync.scope import Clearance
from sync.statement import Connection, statement


class Place(NamedTuple):
    """Where a page ended: an entry by time, chain and number."""

    at: datetime
    chain: UUID
    no: int


NEWEST: Final = Place(datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1), 2**63 - 1)


class Seen(msgspec.Struct, frozen=True):
    """Somebody read or wrote the record.

    `how`: write, sync, manifest, view, attachment, history, quarantine, lookup, duplicates, alike or
    break-glass-listed. `device`: its short number, as in the history of a record; `classes`: of what was read
    or written.
    """

    at: datetime
    how: str
    wrote: bool
    account: UUID
    name: str
    device: str
    device_name: str | None
    classes: list[str]


# ix_audit_area_at, backwards through each area that the record has been in, as long as it was there. Whoever
# asks this waits while the entries of the area are looked through: they are short, and it is seldom asked.
_TRAIL = statement("""
    SELECT a.at, a.chain, a.no, a.kind, a.account, account.display_name AS name, a.device,
           device.name AS device_name, array_position(a.records, CAST(:record AS uuid)) AS place, a.detail
    FROM unnest(CAST(:areas AS uuid[]), CAST(:until AS timestamptz[])) AS been(area, until)
    JOIN audit a ON a.area = been.area AND (been.until IS NULL OR a.at <= been.until)
    JOIN account ON account.id = a.account
    LEFT JOIN device ON device.no = CAST(split_part(a.device, '.', 1) AS bigint)
    WHERE CAST(:record AS uuid) = ANY(a.records)
      AND (a.at, a.chain, a.no) < (CAST(:at AS timestamptz), CAST(:chain AS uuid), CAST(:no AS bigint))
    ORDER BY a.at DESC, a.chain DESC, a.no DESC
    LIMIT :limit
""")


async def trail_of(
    connection: Connection, record: UUID, clearance: Clearance, before: Place = NEWEST, limit: int = 200
) -> tuple[list[Seen], Place | None]:
    """Who has seen or written `record`, the latest first, and where the page ended; None if that is all.

    Raises NOT_FOUND for one who sees no part of the record.
    """
    where = await whereabouts(connection, record, clearance)
    until = [None if rev is None else _moment(rev) for rev in where.until.values()]
    found: list[Seen] = []
    while True:
        rows = await _TRAIL.fetch(
            connection,
            record=record,
            areas=list(where.until),
            until=until,
            at=before.at,
            chain=before.chain,
            no=before.no,
            limit=limit,
        )
        for row in rows:
            before = Place(row["at"], row["chain"], row["no"])
            classes = _classes_at(row["place"], row["detail"]) & where.reads
            if classes == NO_CLASSES:
                continue
            found.append(
                Seen(
                    row["at"],
                    row["kind"],
                    row["kind"] == "write",
                    row["account"],
                    row["name"],
                    row["device"],
                    row["device_name"],
                    names_in(classes),
                )
            )
            if len(found) == limit:
                return found, before
        if len(rows) < limit:
            return found, None


def _classes_at(place: int, detail: bytes) -> int:
    """The classes of the record at `place` (from 1) of an entry."""
    return next(islice(classes_of_each(detail), place - 1, None), NO_CLASSES)


def _moment(rev: int) -> datetime:
    return datetime.fromtimestamp(rev / 1_000_000, UTC)
