"""The SQL of accounts, devices and sessions.

Locks are taken in one order everywhere: account, second factor, device, session.
`service/access/grants.py`, which locks areas, does so before any of these.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from service.auth.refresh import MAX_SUCCESSORS, Family
from sync.statement import Connection, statement


class Account(msgspec.Struct, frozen=True):
    """An account as sign-in needs it. `device_known`: this device signed in on this account before."""

    id: UUID
    name: str
    display_name: str
    password_hash: str | None
    suspended_at: datetime | None
    device_known: bool


class Device(msgspec.Struct, frozen=True):
    """A device as its owner is shown it. `revoked_at` set: it was told to wipe, and stays refused."""

    id: UUID
    name: str
    platform: str
    created_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None


class DeviceList(msgspec.Struct, frozen=True):
    """The devices of an account, the latest seen first."""

    devices: list[Device]


class Session(msgspec.Struct, frozen=True):
    """A session as a refresh finds it, locked. `now` is the database's clock.

    `second_factor`: whether one was shown when it began; None if nobody was asked for one.
    """

    id: UUID
    account: UUID
    account_name: str
    display_name: str
    device: UUID
    device_no: int
    device_name: str
    platform: str
    is_revoked: bool
    second_factor: bool | None
    family: Family
    now: datetime


# account's unique name, then device's primary key.
_ACCOUNT = statement("""
    SELECT account.id, account.name, account.display_name, account.password_hash, account.suspended_at,
           device.id IS NOT NULL AS device_known
    FROM account
    LEFT JOIN device ON device.account = account.id AND device.id = :device
    WHERE account.name = :name
""")

# Holds off a change of password or a suspension until the session that depends on it stands, so that either
# sees the other.
_STILL_SO = statement("""
    SELECT true
    FROM account
    WHERE id = :account AND password_hash = :password_hash
      AND suspended_at IS NOT DISTINCT FROM CAST(:suspended_at AS timestamptz)
    FOR SHARE
""")

# No row for a device that was revoked.
_ENROL = statement("""
    INSERT INTO device (account, id, name, platform)
    VALUES (:account, :id, :name, :platform)
    ON CONFLICT (account, id) DO UPDATE
        SET name = excluded.name, platform = excluded.platform, last_seen_at = now()
        WHERE device.revoked_at IS NULL
    RETURNING no
""")

_END_OF_DEVICE = statement("""
    UPDATE session
    SET ended_at = clock_timestamp(), ended_because = :because
    WHERE account = :account AND device = :device AND ended_at IS NULL
""")

_END_OF_ACCOUNT = statement("""
    UPDATE session
    SET ended_at = clock_timestamp(), ended_because = :because
    WHERE account = :account AND ended_at IS NULL
""")

_END_OTHERS = statement("""
    UPDATE session
    SET ended_at = clock_timestamp(), ended_because = :because
    WHERE account = :account AND id <> :session AND ended_at IS NULL
""")

_END = statement("""
    UPDATE session
    SET ended_at = clock_timestamp(), ended_because = :because
    WHERE id = :session AND ended_at IS NULL
""")

_START = statement("""
    INSERT INTO session (id, account, device, family_hash, current_hashes, expires_at, second_factor)
    VALUES (:id, :account, :device, :family_hash, ARRAY[CAST(:hash AS bytea)],
            now() + CAST(:lifetime AS interval), :second_factor)
""")

# The row lock puts concurrent refreshes of one family in order: each sees what the one before it made.
_SESSION = statement("""
    SELECT session.id, session.account, account.name AS account_name, account.display_name,
           session.device, device.no AS device_no, device.name AS device_name, device.platform,
           device.revoked_at IS NOT NULL AS is_revoked, session.second_factor,
           session.current_hashes, session.previous_hash, session.rotated_at, session.expires_at,
           session.ended_at, clock_timestamp() AS now
    FROM session
    JOIN device ON device.account = session.account AND device.id = session.device
    JOIN account ON account.id = session.account
    WHERE session.family_hash = :family_hash
    FOR UPDATE OF session
""")

_ROTATE = statement("""
    UPDATE session
    SET current_hashes = ARRAY[CAST(:successor AS bytea)], previous_hash = :shown,
        rotated_at = clock_timestamp(), expires_at = clock_timestamp() + CAST(:lifetime AS interval)
    WHERE id = :session
""")

_ADD_SUCCESSOR = statement("""
    UPDATE session
    SET current_hashes = CAST(:successors AS bytea[])
    WHERE id = :session
""")

_NOW_ASKED = statement("""
    UPDATE session SET second_factor = false WHERE id = :session AND second_factor IS NULL
""")

_SEEN = statement("""
    UPDATE device SET last_seen_at = now() WHERE account = :account AND id = :device
""")

# Only while it is still the hash that was checked: a password changed meanwhile stays changed.
_REPLACE_HASH = statement("""
    UPDATE account SET password_hash = :new WHERE id = :account AND password_hash = :old
    RETURNING true
""")

_DEVICES = statement("""
    SELECT id, name, platform, created_at, last_seen_at, revoked_at
    FROM device
    WHERE account = :account
    ORDER BY last_seen_at DESC, no
""")

# In the order of the numbers: two who revoke the same phone do not wait for each other in turn.
_OWNERS = statement("""
    SELECT account
    FROM device
    WHERE id = :device
    ORDER BY no
""")

_REVOKE = statement("""
    UPDATE device
    SET revoked_at = clock_timestamp(), revoked_by = :by
    WHERE account = :account AND id = :device AND revoked_at IS NULL
""")


async def account_named(connection: Connection, name: str, device: UUID) -> Account | None:
    """The account that signs in as `name`, and whether it knows `device`."""
    row = await _ACCOUNT.fetchrow(connection, name=name, device=device)
    return Account(**row) if row else None


async def is_unchanged(connection: Connection, account: Account) -> bool:
    """Whether password and suspension are as they were read, and hold them so until the transaction ends."""
    found = await _STILL_SO.fetchval(
        connection,
        account=account.id,
        password_hash=account.password_hash,
        suspended_at=account.suspended_at,
    )
    return bool(found)


async def enrol(connection: Connection, account: UUID, device: UUID, name: str, platform: str) -> int | None:
    """The short number of the device, which is new or known from now on; None if it was revoked."""
    no: int | None = await _ENROL.fetchval(
        connection, account=account, id=device, name=name, platform=platform
    )
    return no


async def start_session(
    connection: Connection,
    session: UUID,
    account: UUID,
    device: UUID,
    family_hash: bytes,
    hash: bytes,
    lifetime: timedelta,
    *,
    second_factor: bool | None = None,
) -> None:
    """A new session; one that the account still had on this device ends, so that a device has one."""
    await _END_OF_DEVICE.execute(connection, account=account, device=device, because="replaced")
    await _START.execute(
        connection,
        id=session,
        account=account,
        device=device,
        family_hash=family_hash,
        hash=hash,
        lifetime=lifetime,
        second_factor=second_factor,
    )


async def lock_session(connection: Connection, family_hash: bytes) -> Session | None:
    """The session of a family of refresh tokens, locked until the transaction ends."""
    row = await _SESSION.fetchrow(connection, family_hash=family_hash)
    if row is None:
        return None
    return Session(
        row["id"],
        row["account"],
        row["account_name"],
        row["display_name"],
        row["device"],
        row["device_no"],
        row["device_name"],
        row["platform"],
        row["is_revoked"],
        row["second_factor"],
        Family(
            row["current_hashes"], row["previous_hash"], row["rotated_at"], row["expires_at"], row["ended_at"]
        ),
        row["now"],
    )


async def rotate(
    connection: Connection, session: UUID, shown: bytes, successor: bytes, lifetime: timedelta
) -> None:
    """`successor` is the one token that is good now; `shown` is good once more if its answer was lost."""
    await _ROTATE.execute(connection, session=session, shown=shown, successor=successor, lifetime=lifetime)


async def add_successor(
    connection: Connection, session: UUID, current: Sequence[bytes], successor: bytes
) -> None:
    """`successor` is good beside those of `current`; of too many, the oldest is forgotten."""
    await _ADD_SUCCESSOR.execute(
        connection, session=session, successors=[*current, successor][-MAX_SUCCESSORS:]
    )


async def second_factor_is_asked(connection: Connection, session: UUID) -> None:
    """The session began when nobody was asked for a second factor; now it counts as one without."""
    await _NOW_ASKED.execute(connection, session=session)


async def end_session(connection: Connection, session: UUID, because: str) -> None:
    """The session is over: `because` is `logout`, `reuse` or `second-factor`."""
    await _END.execute(connection, session=session, because=because)


async def end_sessions_of(connection: Connection, account: UUID, because: str) -> None:
    """All sessions of the account are over."""
    await _END_OF_ACCOUNT.execute(connection, account=account, because=because)


async def end_other_sessions(connection: Connection, account: UUID, session: UUID, because: str) -> None:
    """All sessions of the account but `session` are over."""
    await _END_OTHERS.execute(connection, account=account, session=session, because=because)


async def replace_hash(connection: Connection, account: UUID, old: str, new: str) -> bool:
    """Keep `new` in place of `old`; whether `old` was still the one kept."""
    return bool(await _REPLACE_HASH.fetchval(connection, account=account, old=old, new=new))


async def note_seen(connection: Connection, account: UUID, device: UUID) -> None:
    """The device was here just now."""
    await _SEEN.execute(connection, account=account, device=device)


async def devices_of(connection: Connection, account: UUID) -> list[Device]:
    """Every device that ever signed in on the account, the latest seen first."""
    return [Device(**row) for row in await _DEVICES.fetch(connection, account=account)]


async def owners_of(connection: Connection, device: UUID) -> list[UUID]:
    """The accounts that have signed in with this device id."""
    return [row["account"] for row in await _OWNERS.fetch(connection, device=device)]


async def revoke(connection: Connection, account: UUID, device: UUID, by: UUID | None) -> None:
    """The device of `account` is refused for good and its session ends. Again: nothing more happens.

    The device first: a sign-in that holds its row is waited for, and the session it made is ended too.
    """
    await _REVOKE.execute(connection, account=account, device=device, by=by)
    await _END_OF_DEVICE.execute(connection, account=account, device=device, because="revoked")
