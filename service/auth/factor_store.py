"""The SQL of second factors.

Locked after the account and before its devices and sessions, wherever several are (service/auth/store.py).
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from sync.statement import Connection, statement


class Standing(msgspec.Struct, frozen=True):
    """What an account has, and the roles that it holds now. `now` is the database's clock.

    `secret` is sealed; of an account that has not enrolled it counts for nothing.
    """

    roles: list[str]
    secret: bytes | None
    is_enrolled: bool
    now: datetime


class Enrolment(msgspec.Struct, frozen=True):
    """An enrolment that has begun and is not over. `secret` is sealed."""

    account: UUID
    username: str
    secret: bytes
    now: datetime


# By primary keys and ix_area_grant_account.
_STANDING = statement("""
    SELECT ARRAY(
               SELECT role FROM area_grant
               WHERE area_grant.account = account.id AND since <= now() AND (until IS NULL OR now() < until)
           ) AS roles,
           second_factor.secret, coalesce(second_factor.enrolled_at IS NOT NULL, false) AS is_enrolled,
           clock_timestamp() AS now
    FROM account
    LEFT JOIN second_factor ON second_factor.account = account.id
    WHERE account.id = :account
""")

_IS_DEMO = statement("SELECT coalesce((SELECT demo FROM dataset), false)")

# The newest beginning alone counts, with a secret of its own: whoever began one before, with a password that
# leaked, does not learn what is enrolled now.
_BEGIN = statement("""
    INSERT INTO second_factor (account, secret, token_hash, token_expires_at)
    VALUES (:account, :secret, :token_hash, now() + CAST(:lifetime AS interval))
    ON CONFLICT (account) DO UPDATE
        SET secret = excluded.secret, token_hash = excluded.token_hash,
            token_expires_at = excluded.token_expires_at
        WHERE second_factor.enrolled_at IS NULL
    RETURNING true
""")

# By second_factor's unique token_hash.
_BEGUN = statement("""
    SELECT account.id AS account, account.name AS username, second_factor.secret, clock_timestamp() AS now
    FROM second_factor
    JOIN account ON account.id = second_factor.account
    WHERE second_factor.token_hash = :token_hash AND second_factor.token_expires_at > now()
      AND account.suspended_at IS NULL
""")

_ENROL = statement("""
    UPDATE second_factor
    SET enrolled_at = clock_timestamp(), last_step = :step, token_hash = NULL, token_expires_at = NULL
    WHERE account = :account AND token_hash = :token_hash
    RETURNING true
""")

_ADD_CODE = statement("""
    INSERT INTO recovery_code (account, hash) VALUES (:account, :hash)
""")

# Of two who show one code at once, the second waits for the first and finds the step used. The secret is
# compared too: it is another one if the account was reset and enrolled anew since it was read.
_USE_STEP = statement("""
    UPDATE second_factor
    SET last_step = :step
    WHERE account = :account AND secret = :secret AND enrolled_at IS NOT NULL AND last_step < :step
    RETURNING true
""")

_USE_CODE = statement("""
    DELETE FROM recovery_code WHERE account = :account AND hash = :hash
    RETURNING true
""")

_END_ENROLMENT = statement("""
    DELETE FROM second_factor WHERE account = :account AND enrolled_at IS NULL
""")

# Its recovery codes go with it.
_FORGET = statement("""
    DELETE FROM second_factor WHERE account = :account
    RETURNING enrolled_at IS NOT NULL
""")


async def standing_of(connection: Connection, account: UUID) -> Standing:
    """What decides whether `account` is asked for a code, and what a code is checked against."""
    row = await _STANDING.fetchrow(connection, account=account)
    assert row is not None  # accounts are never deleted
    return Standing(**row)


async def is_demo(connection: Connection) -> bool:
    """Whether the database holds the demo, whose accounts are there to be tried."""
    return bool(await _IS_DEMO.fetchval(connection))


async def begin(
    connection: Connection, account: UUID, secret: bytes, token_hash: bytes, lifetime: timedelta
) -> bool:
    """An enrolment with the sealed `secret` begins, in place of one before; False if one is complete."""
    found = await _BEGIN.fetchval(
        connection, account=account, secret=secret, token_hash=token_hash, lifetime=lifetime
    )
    return bool(found)


async def enrolment_of(connection: Connection, token_hash: bytes) -> Enrolment | None:
    """The enrolment that a token belongs to, if it may still be completed."""
    row = await _BEGUN.fetchrow(connection, token_hash=token_hash)
    return Enrolment(**row) if row else None


async def enrol(
    connection: Connection, account: UUID, token_hash: bytes, step: int, recovery_hashes: list[bytes]
) -> bool:
    """The account has a second factor from now on, and `step` is used; False if another was faster."""
    if not await _ENROL.fetchval(connection, account=account, token_hash=token_hash, step=step):
        return False
    await _ADD_CODE.execute_many(connection, [{"account": account, "hash": hash} for hash in recovery_hashes])
    return True


async def use_step(connection: Connection, account: UUID, secret: bytes, step: int) -> bool:
    """Whether the code of `step` is used now for the first time, nor was a later one before."""
    found = await _USE_STEP.fetchval(connection, account=account, secret=secret, step=step)
    return bool(found)


async def use_recovery_code(connection: Connection, account: UUID, hash: bytes) -> bool:
    """Whether it is a recovery code of `account`, which is then used up."""
    return bool(await _USE_CODE.fetchval(connection, account=account, hash=hash))


async def end_enrolment(connection: Connection, account: UUID) -> None:
    """One that was begun and is not complete ends: it was begun with a password that counts no more."""
    await _END_ENROLMENT.execute(connection, account=account)


async def forget(connection: Connection, account: UUID) -> bool:
    """The account has no second factor any more; whether it had one."""
    return bool(await _FORGET.fetchval(connection, account=account))
