"""The SQL of looking after accounts."""

from datetime import datetime
from uuid import UUID

import msgspec

from sync.statement import Connection, statement


class KeptAccount(msgspec.Struct, frozen=True):
    """An account as those see it who look after it."""

    id: UUID
    username: str
    name: str
    suspended_at: datetime | None
    created_at: datetime


# Without a row for a name that is taken, whoever took it and whenever.
_CREATE = statement("""
    INSERT INTO account (id, name, display_name, password_hash)
    VALUES (:id, :username, :name, :password_hash)
    ON CONFLICT (name) DO NOTHING
    RETURNING id
""")

_ACCOUNT = statement("""
    SELECT id, name AS username, display_name AS name, suspended_at, created_at
    FROM account
    WHERE id = :account
""")

# account's unique name in order, and ix_area_grant_account for each.
_ACCOUNTS = statement("""
    SELECT id, name AS username, display_name AS name, suspended_at, created_at
    FROM account
    WHERE name > :after AND EXISTS (
        SELECT FROM area_grant
        WHERE area_grant.account = account.id AND area_grant.area = ANY(CAST(:areas AS uuid[]))
    )
    ORDER BY name
    LIMIT :limit
""")

_SUSPEND = statement("""
    UPDATE account SET suspended_at = clock_timestamp() WHERE id = :account AND suspended_at IS NULL
""")

_RESUME = statement("""
    UPDATE account SET suspended_at = NULL WHERE id = :account
""")

_SET_PASSWORD = statement("""
    UPDATE account SET password_hash = :password_hash WHERE id = :account
""")


async def create_account(
    connection: Connection, id: UUID, username: str, name: str, password_hash: str | None
) -> bool:
    """A new account that signs in as `username` (as `login_name` spells it); False if that name is taken."""
    made = await _CREATE.fetchval(
        connection, id=id, username=username, name=name, password_hash=password_hash
    )
    return made is not None


async def account_with_id(connection: Connection, account: UUID) -> KeptAccount | None:
    """The account, if there is one."""
    row = await _ACCOUNT.fetchrow(connection, account=account)
    return KeptAccount(**row) if row else None


async def accounts_in(
    connection: Connection, areas: frozenset[UUID], after: str, limit: int
) -> list[KeptAccount]:
    """Accounts that were ever granted one of `areas`, by name, beyond `after`."""
    rows = await _ACCOUNTS.fetch(connection, areas=list(areas), after=after, limit=limit)
    return [KeptAccount(**row) for row in rows]


async def suspend(connection: Connection, account: UUID) -> None:
    """All that the account holds ends for now; from when it was first suspended."""
    await _SUSPEND.execute(connection, account=account)


async def resume(connection: Connection, account: UUID) -> None:
    """The account holds again what it was granted."""
    await _RESUME.execute(connection, account=account)


async def set_password(connection: Connection, account: UUID, password_hash: str) -> None:
    """Only `password_hash` counts from now on."""
    await _SET_PASSWORD.execute(connection, account=account, password_hash=password_hash)
