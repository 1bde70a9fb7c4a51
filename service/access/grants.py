"""Giving, changing and ending grants.

Every change of access takes a position in the log of its area, under the area's lock as a push does: so it
stands in one order with what was written there. Locks: the area, then the account. What a call touched is for
`service.poke.send`, once the transaction is committed: it wakes those whose own access has changed, and tells
nobody else.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES
from service.access.clearance import Grant
from service.access.members import next_position
from service.audit.events import Event, note
from sync.scope import Place, Touched
from sync.statement import Connection, statement


class KeptGrant(msgspec.Struct, frozen=True):
    """A grant with its number and whose it is."""

    id: int
    account: UUID
    role: str
    area: UUID
    since: datetime
    until: datetime | None

    @property
    def grant(self) -> Grant:
        """As the decisions of `service.access.clearance` take it."""
        return Grant(self.role, self.area, self.since, self.until)


# Whoever changes what an account holds, or decides from it, does so one after the other.
_LOCK_ACCOUNT = statement("""
    SELECT clock_timestamp() FROM account WHERE id = :account FOR NO KEY UPDATE
""")

_GIVE = statement("""
    INSERT INTO area_grant (account, role, area, since, until, rev)
    VALUES (:account, :role, :area, coalesce(CAST(:since AS timestamptz), clock_timestamp()), :until, :rev)
    RETURNING id
""")

_END = statement("""
    UPDATE area_grant
    SET until = clock_timestamp(), rev = :rev
    WHERE id = :grant AND (until IS NULL OR clock_timestamp() < until)
    RETURNING account
""")

# Nothing for one that is over: what has ended is given anew, not brought back.
_CHANGE = statement("""
    UPDATE area_grant
    SET until = :until, rev = :rev
    WHERE id = :grant AND (until IS NULL OR clock_timestamp() < until)
    RETURNING id, account, role, area, since, until
""")

_GRANT = statement("""
    SELECT id, account, role, area, since, until FROM area_grant WHERE id = :grant
""")

_OF_ACCOUNTS = statement("""
    SELECT id, account, role, area, since, until
    FROM area_grant
    WHERE account = ANY(CAST(:accounts AS uuid[]))
    ORDER BY account, id
""")


async def give(
    connection: Connection,
    account: UUID,
    role: str,
    area: UUID,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    by: UUID | None = None,
) -> tuple[int, Touched]:
    """Let `account` hold `role` over `area` and all below it, from `since` (None: now) on and before `until`.

    The grant's number and what was touched. `by` gives it, or (None) a command. Run it in a transaction.
    Raises LookupError for an area or an account that does not exist.
    """
    rev = await next_position(connection, area)
    if await lock_account(connection, account) is None:
        raise LookupError(account)
    number: int = await _GIVE.fetchval(
        connection, account=account, role=role, area=area, since=since, until=until, rev=rev
    )
    await note(
        connection,
        Event.GRANT_GIVEN,
        account,
        by=by,
        area=area,
        grant=number,
        role=role,
        since=since,
        until=until,
    )
    return number, {Place(area): NO_CLASSES}


async def end(connection: Connection, grant: KeptGrant, *, by: UUID) -> Touched:
    """`by` ends `grant` now; nothing for one that is over. Run it in a transaction."""
    rev = await next_position(connection, grant.area)
    await lock_account(connection, grant.account)
    ended = await _END.fetchval(connection, grant=grant.id, rev=rev)
    if ended is None:
        return {}
    await note(connection, Event.GRANT_ENDED, grant.account, by=by, area=grant.area, grant=grant.id)
    return {Place(grant.area): NO_CLASSES}


async def change_end(
    connection: Connection, grant: KeptGrant, until: datetime | None, *, by: UUID
) -> tuple[KeptGrant, Touched] | None:
    """`by` lets `grant` last until then (None: until it is ended); None for one that is over.

    Run it in a transaction.
    """
    rev = await next_position(connection, grant.area)
    await lock_account(connection, grant.account)
    row = await _CHANGE.fetchrow(connection, grant=grant.id, until=until, rev=rev)
    if row is None:
        return None
    await note(
        connection,
        Event.GRANT_CHANGED,
        grant.account,
        by=by,
        area=grant.area,
        grant=grant.id,
        until=until,
    )
    return KeptGrant(**row), {Place(grant.area): NO_CLASSES}


async def lock_account(connection: Connection, account: UUID) -> datetime | None:
    """Hold what the account is given and its suspension as they are; the time, or None for no account."""
    now: datetime | None = await _LOCK_ACCOUNT.fetchval(connection, account=account)
    return now


async def grant_numbered(connection: Connection, grant: int) -> KeptGrant | None:
    """A grant by its number."""
    if not 0 < grant < 2**63:
        return None
    row = await _GRANT.fetchrow(connection, grant=grant)
    return KeptGrant(**row) if row else None


async def grants_of(connection: Connection, accounts: Sequence[UUID]) -> list[KeptGrant]:
    """All that `accounts` hold, held or are to hold, also while suspended."""
    return [KeptGrant(**row) for row in await _OF_ACCOUNTS.fetch(connection, accounts=accounts)]
