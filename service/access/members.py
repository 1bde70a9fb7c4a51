"""The SQL of who works on a file: giving and ending.

As with grants, every change takes a position in the log of the file's area, under its lock. A membership is
never altered afterwards, only ended: another one follows it (sync/plan.py says why). What a call touched is
for `service.poke.send`, once the transaction is committed.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import NO_CLASSES
from sync.scope import Place, Touched
from sync.statement import Connection, statement
from sync.store import PRESENT

_OPENING = [name for name, declared in COLLECTIONS.items() if declared.opens_file]


class Member(msgspec.Struct, frozen=True):
    """Somebody who works on a file now. `until`: when that ends by itself; null: not.

    `emergency`: the notice of the one in which they opened it.
    """

    account: UUID
    name: str
    kind: str
    confidential: bool
    given_at: datetime
    given_by: UUID
    until: datetime | None
    reason: str | None
    emergency: UUID | None


class FileFound(msgspec.Struct, frozen=True):
    """The record that opens a file: where it is, and the classes that it has parts of."""

    place: Place
    classes: int


# Primary key, once an area held.
_FILE = statement(f"""
    SELECT area, author, {PRESENT} AS classes
    FROM record
    WHERE id = :case AND area = ANY(CAST(:areas AS uuid[])) AND NOT deleted
      AND collection = ANY(CAST(:opening AS text[]))
    ORDER BY area
""")

# The row lock is the area's: as in a push, positions are handed out in the order of commits.
_POSITION = statement("""
    UPDATE area
    SET last_rev = greatest(last_rev + 1, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint))
    WHERE id = :area
    RETURNING last_rev
""")

# ix_case_member_area_case_id.
_MEMBERS = statement("""
    SELECT m.account, account.display_name AS name, m.kind, m.confidential, m.given_at, m.given_by, m.until,
           m.reason, m.emergency
    FROM case_member m
    JOIN account ON account.id = m.account
    WHERE m.area = :area AND m.case_id = :case AND m.ended_rev IS NULL
      AND (m.until IS NULL OR clock_timestamp() < m.until)
    ORDER BY m.id
""")

_GIVE = statement("""
    INSERT INTO case_member
        (area, case_id, account, kind, confidential, given_rev, given_at, given_by, until, reason, emergency)
    VALUES (:area, :case, :account, :kind, :confidential, :rev, clock_timestamp(), :by, :until, :reason,
            :emergency)
""")

_END = statement("""
    UPDATE case_member
    SET ended_rev = :rev, ended_by = :by
    WHERE area = :area AND case_id = :case AND account = :account AND ended_rev IS NULL
      AND (until IS NULL OR clock_timestamp() < until)
    RETURNING id
""")

# ix_area_grant_account, then area by primary key. A file is for people of its profession.
_ROLES = statement("""
    SELECT DISTINCT area_grant.role, area.ancestors IS NOT NULL AS here
    FROM account
    JOIN area_grant ON area_grant.account = account.id
    LEFT JOIN area ON area.id = :area AND area.ancestors @> ARRAY[area_grant.area]
    WHERE account.id = :account AND account.suspended_at IS NULL
      AND area_grant.since <= clock_timestamp()
      AND (area_grant.until IS NULL OR clock_timestamp() < area_grant.until)
""")


async def file_with_id(connection: Connection, case: UUID, areas: Collection[UUID]) -> list[FileFound]:
    """The record that opens the file `case`, in any of `areas`: ids are chosen by devices."""
    rows = await _FILE.fetch(connection, case=case, areas=list(areas), opening=_OPENING)
    return [FileFound(Place(row["area"], case, row["author"]), row["classes"]) for row in rows]


async def next_position(connection: Connection, area: UUID) -> int:
    """The next place in the log of `area`, which stays locked until the transaction ends.

    Raises LookupError for an area that does not exist. For the lock alone take `sync.store.lock_areas`: every
    place that is taken costs the phones of the area a look at what moved.
    """
    rev: int | None = await _POSITION.fetchval(connection, area=area)
    if rev is None:
        raise LookupError(area)
    return rev


async def members_of(connection: Connection, area: UUID, case: UUID) -> list[Member]:
    """Who works on a file now, in the order in which they came to it."""
    return [Member(**row) for row in await _MEMBERS.fetch(connection, area=area, case=case)]


async def give(
    connection: Connection,
    place: Place,
    account: UUID,
    kind: str,
    *,
    confidential: bool,
    by: UUID,
    until: datetime | None = None,
    reason: str | None = None,
    emergency: UUID | None = None,
) -> None:
    """Have `account` work on the file at `place`, whatever it was in it before."""
    assert place.case is not None
    await end(connection, place, account, by=by)
    await _GIVE.execute(
        connection,
        area=place.area,
        case=place.case,
        account=account,
        kind=kind,
        confidential=confidential,
        rev=await next_position(connection, place.area),
        by=by,
        until=until,
        reason=reason,
        emergency=emergency,
    )


async def end(connection: Connection, place: Place, account: UUID, *, by: UUID) -> bool:
    """`account` works on the file no longer; False where it did not. Run it in a transaction."""
    rev = await next_position(connection, place.area)
    ended = await _END.fetch(connection, area=place.area, case=place.case, account=account, rev=rev, by=by)
    return bool(ended)


async def roles_of(connection: Connection, account: UUID, area: UUID) -> tuple[set[str], set[str]]:
    """The roles that an account holds now anywhere, and in `area`; none for one that is suspended."""
    rows = await _ROLES.fetch(connection, account=account, area=area)
    return {row["role"] for row in rows}, {row["role"] for row in rows if row["here"]}


def woken(place: Place) -> Touched:
    """What wakes those whose access to a file has changed, and tells nobody else."""
    return {Place(place.area): NO_CLASSES}
