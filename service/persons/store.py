"""The SQL of what a person may ask of us: where their record is, holds, erasures, who has seen what."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from schemas.annotations import ACCOUNT
from schemas.collections import COLLECTIONS
from schemas.consent import ConsentPurpose
from schemas.person import Person
from schemas.values import Items, Kind, Reference
from sync import store
from sync.item import Key
from sync.record import Stored
from sync.scope import Place
from sync.statement import Connection, statement
from sync.tables import SEALED

_PERSON_COLLECTION = Person.declaration.collection


class Hold(msgspec.Struct, frozen=True):
    """Something for which a file has to be kept. `until`: it ends by itself; null: when it is lifted."""

    id: int
    person: UUID
    reason: str
    set_by: UUID
    name: str
    set_at: datetime
    until: datetime | None


class Erasure(msgspec.Struct, frozen=True):
    """An erasure that was asked for and is not carried out yet. It waits for `confirmed_at`, or (null)."""

    id: int
    area: UUID
    person: UUID
    reason: str
    asked_by: UUID
    name: str
    asked_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None


class Withdrawn(msgspec.Struct, frozen=True):
    """A consent to social work that was taken back, of somebody whose data is not restricted for it yet."""

    area: UUID
    consent: UUID
    person: UUID


class Term(msgspec.Struct, frozen=True):
    """A record whose term has ended: everything of its file has lain still for so long."""

    id: UUID
    collection: str
    case: UUID | None


# Primary key.
_PERSON = statement("""
    SELECT case_id, author FROM record WHERE area = :area AND id = :person AND collection = :collection
""")

_IN_FORCE = "h.lifted_at IS NULL AND (h.until IS NULL OR clock_timestamp() < h.until)"

# ix_legal_hold_person, ix_legal_hold_case_id.
_HOLDS = statement(f"""
    SELECT h.id, h.person, h.reason, h.set_by, account.display_name AS name, h.set_at, h.until
    FROM legal_hold h
    JOIN account ON account.id = h.set_by
    WHERE (h.person = :person OR h.case_id = :case) AND {_IN_FORCE}
    ORDER BY h.id
""")

_SET_HOLD = statement("""
    INSERT INTO legal_hold (area, case_id, person, reason, set_by, until)
    VALUES (:area, :case, :person, :reason, :by, :until)
    RETURNING id
""")

_LIFT_HOLD = statement("""
    UPDATE legal_hold h
    SET lifted_at = clock_timestamp(), lifted_by = :by
    WHERE h.id = :id AND h.area = ANY(CAST(:areas AS uuid[])) AND h.lifted_at IS NULL
    RETURNING h.area, h.person
""")

_RESTRICT = statement("""
    INSERT INTO restriction (area, person, reason, set_by, consent)
    VALUES (:area, :person, :reason, :by, :consent)
    ON CONFLICT (area, person) WHERE lifted_at IS NULL DO NOTHING
    RETURNING id
""")

_LIFT_RESTRICTION = statement("""
    UPDATE restriction SET lifted_at = clock_timestamp(), lifted_by = :by
    WHERE area = :area AND person = :person AND lifted_at IS NULL
    RETURNING id
""")

# Primary key where consents are named, else the areas looked through. One that was taken back restricts once:
# who lifts that has decided.
_WITHDRAWN = statement("""
    SELECT c.area, c.id AS consent, c.parent AS person
    FROM record c
    JOIN record p ON p.area = c.area AND p.id = c.parent
    WHERE c.area = ANY(CAST(:areas AS uuid[])) AND c.collection = 'consent' AND NOT c.deleted
      AND (CAST(:ids AS uuid[]) IS NULL OR c.id = ANY(CAST(:ids AS uuid[])))
      AND c.body_open ->> 'purpose' = :purpose AND c.body_open ->> 'withdrawn_on' IS NOT NULL
      AND p.stamps -> '/restricted' IS NULL AND p.stamps -> '/erased' IS NULL
      AND NOT EXISTS (SELECT FROM restriction r WHERE r.consent = c.id)
    ORDER BY c.area, c.id
""")

_ERASURE = """
    e.id, e.area, e.person, e.reason, e.asked_by, account.display_name AS name, e.asked_at, e.confirmed_by,
    e.confirmed_at
"""
_OPEN = "e.withdrawn_at IS NULL AND e.done_at IS NULL"

# ix_erasure_area_person. Who asks twice is given the same one.
_ASK = statement("""
    INSERT INTO erasure (area, person, reason, asked_by)
    VALUES (:area, :person, :reason, :by)
    ON CONFLICT (area, person) WHERE withdrawn_at IS NULL AND done_at IS NULL DO NOTHING
    RETURNING id
""")

_OPEN_ERASURES = statement(f"""
    SELECT {_ERASURE}
    FROM erasure e
    JOIN account ON account.id = e.asked_by
    WHERE e.area = ANY(CAST(:areas AS uuid[])) AND {_OPEN}
    ORDER BY e.id
""")

_NAMED_ERASURE = statement(f"""
    SELECT {_ERASURE}
    FROM erasure e
    JOIN account ON account.id = e.asked_by
    WHERE e.id = :id AND e.area = ANY(CAST(:areas AS uuid[])) AND {_OPEN}
    FOR UPDATE OF e
""")

_CONFIRM = statement("UPDATE erasure SET confirmed_by = :by, confirmed_at = clock_timestamp() WHERE id = :id")
_WITHDRAW = statement(
    "UPDATE erasure SET withdrawn_by = :by, withdrawn_at = clock_timestamp() WHERE id = :id"
)
_DONE = statement("UPDATE erasure SET done_at = clock_timestamp() WHERE id = :id")

# Where the person is now: most often where they were when it was asked for.
_WHERE = statement("""
    SELECT area, case_id FROM record
    WHERE id = :person AND collection = :collection
    ORDER BY area = :area DESC
    LIMIT 1
""")


def _naming(kind: Kind, column: str) -> str | None:
    """What holds of a part whose field of this kind names the person."""
    if isinstance(kind, Reference) and kind.target == _PERSON_COLLECTION:
        return f"{column} = CAST(:person AS text)"
    if isinstance(kind, Items) and _naming(kind.item, column):
        return f"{column} LIKE '%' || CAST(:person AS text) || '%'"
    return None


def _named_in() -> str:
    found = []
    for name, declared in COLLECTIONS.items():
        for field in declared.fields.values():
            if field.privacy in SEALED or field.parent:
                continue
            condition = _naming(field.kind, f"body_{field.privacy.value} ->> '{field.name}'")
            if condition:
                found.append(f"(collection = '{name}' AND {condition})")
    return " OR ".join(found)


# The areas' records, looked through: seldom asked.
_NAMING = statement(f"""
    SELECT area, id FROM record WHERE area = ANY(CAST(:areas AS uuid[])) AND ({_named_in()})
""")

_NAMES = statement("SELECT id, display_name FROM account WHERE id = ANY(CAST(:ids AS uuid[]))")
_AREA_NAMES = statement("SELECT id, name FROM area WHERE id = ANY(CAST(:ids AS uuid[]))")

# ix_audit_area_at, once for all records of the file.
_SEEN = statement("""
    SELECT a.at, a.kind, a.area, a.records, a.detail, account.display_name AS name,
           device.name AS device_name
    FROM audit a
    JOIN account ON account.id = a.account
    LEFT JOIN device ON device.no = CAST(split_part(a.device, '.', 1) AS bigint)
    WHERE a.area = ANY(CAST(:areas AS uuid[])) AND a.records && CAST(:records AS uuid[])
    ORDER BY a.at DESC, a.chain, a.no
    LIMIT :limit
""")

# One's own, and what one supervises. Applied ones stand in the history.
_WAITING = statement("""
    SELECT q.change, q.record, q.collection, q.received_at, q.state, q.problem, q.payload, q.repaired
    FROM quarantine q
    WHERE (q.record = ANY(CAST(:records AS uuid[])) OR q.waits_for = ANY(CAST(:records AS uuid[])))
      AND q.state <> 'applied' AND length(q.payload) > 0
      AND (q.account = :account OR q.area = ANY(CAST(:supervised AS uuid[])))
    ORDER BY q.no
""")

_CONFIRMED = statement(f"""
    SELECT {_ERASURE}
    FROM erasure e
    JOIN account ON account.id = e.asked_by
    WHERE e.confirmed_at IS NOT NULL AND {_OPEN}
    ORDER BY e.id
""")

# By ix_record_area_case_id_rev and ix_history_record_rev: when anybody last changed anything of the file.
# The whole area is looked through, once a run.
_ENDED = statement(f"""
    WITH touched AS (
        SELECT r.id, r.collection, r.case_id, r.stamps,
               max(coalesce(h.rev, r.rev)) OVER (PARTITION BY coalesce(r.case_id, r.id)) AS rev
        FROM record r
        LEFT JOIN LATERAL (
            SELECT rev FROM history WHERE record = r.id ORDER BY rev DESC LIMIT 1
        ) h ON true
        WHERE r.area = :area
    )
    SELECT t.id, t.collection, t.case_id AS case
    FROM touched t
    JOIN unnest(CAST(:collections AS text[]), CAST(:months AS integer[])) AS term(collection, months)
      ON term.collection = t.collection
    WHERE to_timestamp(t.rev / 1000000.0) < CAST(:now AS timestamptz) - make_interval(months => term.months)
      AND t.stamps -> '/erased' IS NULL
      AND NOT EXISTS (
          SELECT FROM legal_hold h WHERE (h.case_id = t.case_id OR h.person = t.id) AND {_IN_FORCE}
      )
    ORDER BY t.case_id NULLS LAST, t.id
""")

# Primary key of history, as far back as the shortest term. Of what was deleted the record goes after a while
# (sync/sweep.py), and nothing tells any more which file it was of: so a hold on any file of the area keeps it.
_LEFT_BEHIND = statement(f"""
    SELECT h.record AS id, h.collection, CAST(NULL AS uuid) AS case
    FROM history h
    JOIN unnest(CAST(:collections AS text[]), CAST(:months AS integer[])) AS term(collection, months)
      ON term.collection = h.collection
    WHERE h.area = :area AND h.commitments IS NULL
      AND h.rev < CAST(:before AS bigint)
      AND NOT EXISTS (SELECT FROM record WHERE record.id = h.record)
      AND NOT EXISTS (SELECT FROM restricted_record r WHERE r.id = h.record)
      AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.area = :area AND {_IN_FORCE})
    GROUP BY h.record, h.collection, term.months
    HAVING (SELECT to_timestamp(max(last.rev) / 1000000.0) FROM history last WHERE last.record = h.record)
           < CAST(:now AS timestamptz) - make_interval(months => term.months)
    ORDER BY h.record
""")

_AREAS = statement("SELECT id, name FROM area ORDER BY code, id")
_ACCOUNTS = statement("SELECT id FROM account")

# What people wrote about a file beside its records, once nothing of it is left.
_FORGET_MEMBERS = statement("""
    UPDATE case_member SET reason = NULL WHERE area = :area AND case_id = :case AND reason IS NOT NULL
""")
_FORGET_EMERGENCIES = statement("""
    UPDATE break_glass SET reason = '', opinion = CASE WHEN opinion IS NULL THEN NULL ELSE '' END
    WHERE area = :area AND case_id = :case
""")


async def place_of(connection: Connection, area: UUID, person: UUID) -> Place | None:
    """Where the record of a person lies within `area`; None where it is no person's."""
    row = await _PERSON.fetchrow(connection, area=area, person=person, collection=_PERSON_COLLECTION)
    return None if row is None else Place(area, row["case_id"], row["author"])


async def whereabouts_of(connection: Connection, person: UUID, area: UUID) -> tuple[UUID, UUID | None] | None:
    """The area and the file of a person who was in `area`; None where there is no such record any more."""
    row = await _WHERE.fetchrow(connection, person=person, area=area, collection=_PERSON_COLLECTION)
    return None if row is None else (row["area"], row["case_id"])


async def holds_on(connection: Connection, person: UUID, case: UUID | None) -> list[Hold]:
    """What a person's file is held for now, wherever it was set."""
    return [Hold(**row) for row in await _HOLDS.fetch(connection, person=person, case=case)]


async def set_hold(
    connection: Connection, place: Place, person: UUID, reason: str, by: UUID, until: datetime | None
) -> int:
    """Hold the file at `place`; the hold's number."""
    number: int = await _SET_HOLD.fetchval(
        connection, area=place.area, case=place.case, person=person, reason=reason, by=by, until=until
    )
    return number


async def lift_hold(
    connection: Connection, id: int, areas: Collection[UUID], by: UUID
) -> tuple[UUID, UUID] | None:
    """End a hold in one of `areas`: its area and the person; None where there is none."""
    row = await _LIFT_HOLD.fetchrow(connection, id=id, areas=list(areas), by=by)
    return None if row is None else (row["area"], row["person"])


async def restrict(
    connection: Connection, area: UUID, person: UUID, reason: str, by: UUID | None, consent: UUID | None
) -> int | None:
    """Note that a person's data is restricted: its number; None where it is already."""
    number: int | None = await _RESTRICT.fetchval(
        connection, area=area, person=person, reason=reason, by=by, consent=consent
    )
    return number


async def lift_restriction(connection: Connection, area: UUID, person: UUID, by: UUID) -> int | None:
    """Note that it no longer is: the number of the restriction; None where there was none."""
    number: int | None = await _LIFT_RESTRICTION.fetchval(connection, area=area, person=person, by=by)
    return number


async def withdrawn(
    connection: Connection, areas: Collection[UUID], consents: Collection[UUID] | None
) -> list[Withdrawn]:
    """Consents in `areas` that were taken back and are to be followed: of these, or (None) any."""
    ids = None if consents is None else list(consents)
    purpose = ConsentPurpose.SERVICE.code
    rows = await _WITHDRAWN.fetch(connection, areas=list(areas), ids=ids, purpose=purpose)
    return [Withdrawn(**row) for row in rows]


async def file_of(connection: Connection, place: Place, person: UUID) -> dict[Key, Stored]:
    """All records of the file at `place`; where there is none, of what belongs to the person."""
    root = (place.area, person if place.case is None else place.case)
    return {**await store.records(connection, [root]), **await store.families(connection, [root])}


async def ask(connection: Connection, area: UUID, person: UUID, reason: str, by: UUID) -> bool:
    """Note that an erasure is asked for; False where one is already."""
    return await _ASK.fetchval(connection, area=area, person=person, reason=reason, by=by) is not None


async def open_erasures(connection: Connection, areas: Collection[UUID]) -> list[Erasure]:
    """Erasures in `areas` that are not carried out yet, the oldest first."""
    return [Erasure(**row) for row in await _OPEN_ERASURES.fetch(connection, areas=list(areas))]


async def erasure_with_id(connection: Connection, id: int, areas: Collection[UUID]) -> Erasure | None:
    """One of them, locked."""
    row = await _NAMED_ERASURE.fetchrow(connection, id=id, areas=list(areas))
    return None if row is None else Erasure(**row)


async def confirm(connection: Connection, id: int, by: UUID) -> None:
    """A second person agrees."""
    await _CONFIRM.execute(connection, id=id, by=by)


async def withdraw(connection: Connection, id: int, by: UUID) -> None:
    """It is not to be done after all."""
    await _WITHDRAW.execute(connection, id=id, by=by)


async def naming(connection: Connection, person: UUID, areas: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Records in `areas` that name a person without belonging to them, as (area, id)."""
    rows = await _NAMING.fetch(connection, person=str(person), areas=list(areas))
    return [(row["area"], row["id"]) for row in rows]


async def account_names(connection: Connection, ids: Collection[UUID]) -> dict[str, str]:
    """What accounts are called, by id as records have it."""
    return {str(row["id"]): row["display_name"] for row in await _NAMES.fetch(connection, ids=list(ids))}


async def area_names(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """What areas are called."""
    return {row["id"]: row["name"] for row in await _AREA_NAMES.fetch(connection, ids=list(ids))}


async def seen(
    connection: Connection, records: Collection[UUID], areas: Collection[UUID], limit: int
) -> Sequence[asyncpg.Record]:
    """Entries of the audit about any of `records`, the latest first."""
    return await _SEEN.fetch(connection, records=list(records), areas=list(areas), limit=limit)


async def waiting(
    connection: Connection, records: Collection[UUID], account: UUID, supervised: Collection[UUID]
) -> Sequence[asyncpg.Record]:
    """What is kept in quarantine about any of `records`, as far as `account` may see it."""
    return await _WAITING.fetch(
        connection, records=list(records), account=account, supervised=list(supervised)
    )


async def confirmed(connection: Connection) -> list[Erasure]:
    """Erasures that two people have decided on and that are to be carried out."""
    return [Erasure(**row) for row in await _CONFIRMED.fetch(connection)]


async def mark_done(connection: Connection, id: int) -> None:
    """An erasure was carried out."""
    await _DONE.execute(connection, id=id)


async def ended(connection: Connection, area: UUID, months: dict[str, int], now: datetime) -> list[Term]:
    """Records of `area` whose term has ended at `now`, file by file, then those of which only history is left.

    `months`: the term by collection.
    """
    terms: dict[str, Any] = {"collections": list(months), "months": list(months.values())}
    rows = list(await _ENDED.fetch(connection, area=area, now=now, **terms))
    shortest = timedelta(days=28 * min(months.values(), default=0))
    before = int((now - shortest).timestamp() * 1_000_000)
    rows += await _LEFT_BEHIND.fetch(connection, area=area, now=now, before=before, **terms)
    return [Term(**row) for row in rows]


async def all_areas(connection: Connection) -> dict[UUID, str]:
    """Every area and its name."""
    return {row["id"]: row["name"] for row in await _AREAS.fetch(connection)}


async def all_accounts(connection: Connection) -> list[UUID]:
    """Every account."""
    return [row["id"] for row in await _ACCOUNTS.fetch(connection)]


async def forget_file(connection: Connection, area: UUID, case: UUID) -> None:
    """Empty what was given as reasons for working on a file, and for opening it in an emergency."""
    await _FORGET_MEMBERS.execute(connection, area=area, case=case)
    await _FORGET_EMERGENCIES.execute(connection, area=area, case=case)


def accounts_named(kind: Kind, value: Any) -> list[UUID]:
    """The accounts that a value names."""
    if value is None:
        return []
    if isinstance(kind, Items):
        return [id for each in value for id in accounts_named(kind.item, each)]
    return [UUID(value)] if isinstance(kind, Reference) and kind.target == ACCOUNT else []
