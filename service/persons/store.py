"""The SQL of what is decided about a person's data: holds, erasures, restrictions, and where it lies."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from schemas.consent import ConsentPurpose
from schemas.person import Person
from sync import store
from sync.item import Key
from sync.place_store import COLUMNS, place_in
from sync.record import Stored
from sync.scope import Place
from sync.statement import Connection, statement

PERSON = Person.declaration.collection


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
    """An erasure that is not carried out yet. `confirmed_at`: null until a second person agrees."""

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


# Primary key.
_PERSON = statement(f"""
    SELECT {COLUMNS} FROM record
    WHERE area = :area AND id = :person AND collection = :collection
""")

_HOLD_COLUMNS = "h.id, h.person, h.reason, h.set_by, account.display_name AS name, h.set_at, h.until"
HOLD_IN_FORCE = "h.lifted_at IS NULL AND (h.until IS NULL OR clock_timestamp() < h.until)"

# ix_legal_hold_person, ix_legal_hold_case_id.
_HOLDS = statement(f"""
    SELECT {_HOLD_COLUMNS}
    FROM legal_hold h
    JOIN account ON account.id = h.set_by
    WHERE (h.person = :person OR h.case_id = :case) AND {HOLD_IN_FORCE}
    ORDER BY h.id
""")

_SET_HOLD = statement(f"""
    WITH h AS (
        INSERT INTO legal_hold (area, case_id, person, reason, set_by, until)
        VALUES (:area, :case, :person, :reason, :by, :until)
        RETURNING *
    )
    SELECT {_HOLD_COLUMNS} FROM h JOIN account ON account.id = h.set_by
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

ERASURE_COLUMNS = """
    e.id, e.area, e.person, e.reason, e.asked_by, account.display_name AS name, e.asked_at, e.confirmed_by,
    e.confirmed_at
"""
ERASURE_OPEN = "e.withdrawn_at IS NULL AND e.done_at IS NULL"

# ix_erasure_area_person. Who asks twice is given the same one.
_ASK = statement("""
    INSERT INTO erasure (area, person, reason, asked_by)
    VALUES (:area, :person, :reason, :by)
    ON CONFLICT (area, person) WHERE withdrawn_at IS NULL AND done_at IS NULL DO NOTHING
    RETURNING id
""")

_OPEN_ERASURES = statement(f"""
    SELECT {ERASURE_COLUMNS}
    FROM erasure e
    JOIN account ON account.id = e.asked_by
    WHERE e.area = ANY(CAST(:areas AS uuid[])) AND {ERASURE_OPEN}
    ORDER BY e.id
""")

_NAMED_ERASURE = statement(f"""
    SELECT {ERASURE_COLUMNS}
    FROM erasure e
    JOIN account ON account.id = e.asked_by
    WHERE e.id = :id AND e.area = ANY(CAST(:areas AS uuid[])) AND {ERASURE_OPEN}
    FOR UPDATE OF e
""")

_CONFIRM = statement("UPDATE erasure SET confirmed_by = :by, confirmed_at = clock_timestamp() WHERE id = :id")
_WITHDRAW = statement(
    "UPDATE erasure SET withdrawn_by = :by, withdrawn_at = clock_timestamp() WHERE id = :id"
)


async def place_of(connection: Connection, area: UUID, person: UUID) -> Place | None:
    """Where the record of a person lies within `area`; None where it is no person's."""
    row = await _PERSON.fetchrow(connection, area=area, person=person, collection=PERSON)
    return None if row is None else place_in(row, area)


async def holds_on(connection: Connection, person: UUID, case: UUID | None) -> list[Hold]:
    """What a person's file is held for now, wherever it was set."""
    return [Hold(**row) for row in await _HOLDS.fetch(connection, person=person, case=case)]


async def set_hold(
    connection: Connection, place: Place, person: UUID, reason: str, by: UUID, until: datetime | None
) -> Hold:
    """Hold the file at `place`."""
    (row,) = await _SET_HOLD.fetch(
        connection, area=place.area, case=place.case, person=person, reason=reason, by=by, until=until
    )
    return Hold(**row)


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
