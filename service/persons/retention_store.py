"""The SQL of erasing: what was decided on, and what has come to the end of its term.

Run by the tables' owner, over all areas.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from service.persons import extent
from service.persons.store import ERASURE_COLUMNS, ERASURE_OPEN, HOLD_IN_FORCE, PERSON, Erasure
from sync import store
from sync.record import Stored
from sync.statement import Connection, statement


class Term(msgspec.Struct, frozen=True):
    """A record whose term has ended: everything of its file has lain still for so long."""

    id: UUID
    collection: str
    case: UUID | None

    @property
    def root(self) -> UUID:
        """Its file, or where it lies in none the record itself."""
        return self.case or self.id


_DONE = statement("UPDATE erasure SET done_at = clock_timestamp() WHERE id = :id")

# Where the person is now: most often where they were when it was asked for.
_WHERE = statement("""
    SELECT area, case_id FROM record
    WHERE id = :person AND collection = :collection
    ORDER BY area = :area DESC
    LIMIT 1
""")

_CONFIRMED = statement(f"""
    SELECT {ERASURE_COLUMNS}
    FROM erasure e
    JOIN account ON account.id = e.asked_by
    WHERE e.confirmed_at IS NOT NULL AND {ERASURE_OPEN}
    ORDER BY e.id
""")

# By ix_record_area_case_id_rev and ix_history_record_rev: when anybody last changed anything of the file.
# The whole area is looked through, once a run; then what is due, by its roots.
_ENDED = statement(f"""
    WITH touched AS (
        SELECT r.id, r.collection, r.case_id, r.stamps,
               max(coalesce(h.rev, r.rev)) OVER (PARTITION BY coalesce(r.case_id, r.id)) AS rev
        FROM record r
        LEFT JOIN LATERAL (
            SELECT rev FROM history WHERE record = r.id ORDER BY rev DESC LIMIT 1
        ) h ON true
        WHERE r.area = :area
          AND (
              CAST(:roots AS uuid[]) IS NULL
              OR r.case_id = ANY(CAST(:roots AS uuid[]))
              OR (r.case_id IS NULL AND r.id = ANY(CAST(:roots AS uuid[])))
          )
    )
    SELECT t.id, t.collection, t.case_id AS case
    FROM touched t
    JOIN unnest(CAST(:collections AS text[]), CAST(:months AS integer[])) AS term(collection, months)
      ON term.collection = t.collection
    WHERE to_timestamp(t.rev / 1000000.0) < CAST(:now AS timestamptz) - make_interval(months => term.months)
      AND t.stamps -> '/erased' IS NULL
      AND NOT EXISTS (
          SELECT FROM legal_hold h WHERE (h.case_id = t.case_id OR h.person = t.id) AND {HOLD_IN_FORCE}
      )
    ORDER BY t.case_id NULLS LAST, t.id
""")

# Primary key of history, as far back as the shortest term. Of what was deleted the record goes after a while
# (sync/sweep.py), and nothing tells any more which file it was of: a hold on any file of the area keeps it.
_LEFT_BEHIND = statement(f"""
    SELECT h.record AS id, h.collection, CAST(NULL AS uuid) AS case
    FROM history h
    JOIN unnest(CAST(:collections AS text[]), CAST(:months AS integer[])) AS term(collection, months)
      ON term.collection = h.collection
    WHERE h.area = :area AND h.commitments IS NULL
      AND h.rev < CAST(:before AS bigint)
      AND (CAST(:roots AS uuid[]) IS NULL OR h.record = ANY(CAST(:roots AS uuid[])))
      AND NOT EXISTS (SELECT FROM record WHERE record.id = h.record)
      AND NOT EXISTS (SELECT FROM restricted_record r WHERE r.id = h.record)
      AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.area = :area AND {HOLD_IN_FORCE})
    GROUP BY h.record, h.collection, term.months
    HAVING (SELECT to_timestamp(max(last.rev) / 1000000.0) FROM history last WHERE last.record = h.record)
           < CAST(:now AS timestamptz) - make_interval(months => term.months)
    ORDER BY h.record
""")

# What people wrote about a file beside its records, once nothing of it is left.
_FORGET_MEMBERS = statement("""
    UPDATE case_member SET reason = NULL WHERE area = :area AND case_id = :case AND reason IS NOT NULL
""")

# All samples, which are few. What was drawn of a record is shown no more; that it was drawn stays.
_FORGET_SAMPLED = statement("""
    UPDATE sample_record SET shown = '{}', suppressed = '{}', withheld = '{}', texts = '{}'
    WHERE record = ANY(CAST(:ids AS uuid[]))
""")

# ix_record_area_rev: what is looked through once a run, where anything is to be done there at all; then by
# ix_record_area_case_id_rev and ix_record_area_parent.
_REPORTS = statement("""
    SELECT area, id FROM record
    WHERE area = :area AND collection = :collection
      AND (
          CAST(:roots AS uuid[]) IS NULL
          OR case_id = ANY(CAST(:roots AS uuid[]))
          OR parent = ANY(CAST(:roots AS uuid[]))
      )
""")


async def whereabouts_of(connection: Connection, person: UUID, area: UUID) -> tuple[UUID, UUID | None] | None:
    """The area and the file of a person who was in `area`; None where there is no such record any more."""
    row = await _WHERE.fetchrow(connection, person=person, area=area, collection=PERSON)
    return None if row is None else (row["area"], row["case_id"])


async def confirmed(connection: Connection) -> list[Erasure]:
    """Erasures that two people have decided on and that are to be carried out."""
    return [Erasure(**row) for row in await _CONFIRMED.fetch(connection)]


async def mark_done(connection: Connection, id: int) -> None:
    """An erasure was carried out."""
    await _DONE.execute(connection, id=id)


async def ended(
    connection: Connection,
    area: UUID,
    months: dict[str, int],
    now: datetime,
    roots: Collection[UUID] | None = None,
) -> list[Term]:
    """Records of `area` whose term has ended at `now`, file by file; then those that are only history.

    `months`: the term by collection. `roots`: of these only (see `Term.root`).
    """
    wanted: dict[str, Any] = {
        "area": area,
        "now": now,
        "collections": list(months),
        "months": list(months.values()),
        "roots": None if roots is None else list(roots),
    }
    rows = list(await _ENDED.fetch(connection, **wanted))
    shortest = timedelta(days=28 * min(months.values(), default=0))
    before = int((now - shortest).timestamp() * 1_000_000)
    rows += await _LEFT_BEHIND.fetch(connection, before=before, **wanted)
    return [Term(**row) for row in rows]


async def reports_owed(
    connection: Connection, area: UUID, roots: Collection[UUID] | None = None
) -> list[Stored]:
    """The mandatory reports in `area` that are not closed; with `roots`, of these (see `Term.root`) only."""
    wanted = None if roots is None else list(roots)
    rows = await _REPORTS.fetch(connection, area=area, collection=extent.REPORT, roots=wanted)
    keys = [(row["area"], row["id"]) for row in rows]
    return extent.owed((await store.records(connection, keys)).values()) if keys else []


async def forget_file(connection: Connection, area: UUID, case: UUID) -> None:
    """Empty what was given as reasons for working on a file."""
    await _FORGET_MEMBERS.execute(connection, area=area, case=case)


async def forget_sampled(connection: Connection, ids: Collection[UUID]) -> None:
    """Empty what samples show of the records `ids`."""
    await _FORGET_SAMPLED.execute(connection, ids=list(ids))
