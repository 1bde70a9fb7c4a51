"""Coming in and going out: what the routes of service/routes/auth.py do.

An answer tells no stranger whether an account exists, nor does the time that it takes: the budgets, the
statements and the hashing are the same for every name.
"""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec
from msgspec import Meta

from schemas.problems import (
    DEVICE_REVOKED,
    FORBIDDEN,
    LOGIN_FAILED,
    REFRESH_INVALID,
    Problem,
)
from service.access.roles import needs_second_factor
from service.access.store import GrantShown, grants_in_force
from service.audit.events import Event, note, note_refused
from service.auth import store, throttle
from service.auth.caller import Caller
from service.auth.names import Line, Typed, Word, login_name
from service.auth.passwords import MAX_LENGTH, Passwords, passwords
from service.auth.refresh import RefreshToken, Showing, new_family, read_token, showing
from service.auth.second_factor import SecondFactor, use_up
from service.auth.tokens import AccessTokens, access_tokens
from sync.statement import Connection

ATTEMPTS: Final = 3  # an account that changes that often during one sign-in is being changed by somebody


class DeviceShown(msgspec.Struct, frozen=True):
    """A phone, as it names itself. `id` is a UUID that the phone made up when the app was installed."""

    id: UUID
    name: Line
    platform: Word


class Login(msgspec.Struct, frozen=True):
    """Who signs in, and where. `otp`: the authenticator app's code or a recovery code, where asked for."""

    username: Typed
    password: Annotated[str, Meta(min_length=1, max_length=MAX_LENGTH)]
    device: DeviceShown
    otp: Annotated[str, Meta(max_length=40)] | None = None


class AccountShown(msgspec.Struct, frozen=True):
    """The person who signed in. `name` is what people call them."""

    id: UUID
    name: str
    grants: list[GrantShown]


class SignedIn(msgspec.Struct, frozen=True):
    """A sign-in. `expires_in`: seconds that the access token is good for; the refresh token is good once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    device: DeviceShown
    account: AccountShown


class Doors(msgspec.Struct, frozen=True):
    """What sign-in works with: one a process. `lifetime` is that of an unused refresh token."""

    pool: asyncpg.Pool
    tokens: AccessTokens
    passwords: Passwords
    second_factor: SecondFactor
    lifetime: timedelta


async def sign_in(doors: Doors, login: Login, network: str) -> SignedIn:
    """A new session of the account on the device, from `network`; the one that it had there ends.

    Raises LOGIN_FAILED and TOO_MANY_ATTEMPTS; only to whoever has the password DEVICE_REVOKED, for a
    suspended account FORBIDDEN, and what SecondFactor.prove raises.
    """
    name, device = login_name(login.username), login.device.id
    async with doors.pool.acquire() as connection:
        account = await store.account_named(connection, name, device)
        known_device = device if account is not None and account.device_known else None
        paid = throttle.budgets(name, network, known_device)
        await throttle.pay(connection, paid)
        await throttle.forget(connection)
    for _ in range(ATTEMPTS):
        try:
            signed_in = await _let_in(doors, login, account)
        except Problem as refusal:
            async with doors.pool.acquire() as connection:
                await note_refused(connection, None if account is None else account.id, refusal.kind.type)
            raise
        if signed_in is not None:
            break
        # As when a sign-in beside this one has renewed the hash: the password may still be right.
        async with doors.pool.acquire() as connection:
            account = await store.account_named(connection, name, device)
    else:
        raise Problem(LOGIN_FAILED)
    async with doors.pool.acquire() as connection:
        await throttle.refund(connection, paid)
    return signed_in


async def _let_in(doors: Doors, login: Login, account: store.Account | None) -> SignedIn | None:
    """The session for whoever has the password of `account`; None if the account changed meanwhile."""
    kept = None if account is None else account.password_hash
    # No connection is held meanwhile: hashing may have to wait for its turn.
    if not await doors.passwords.is_right(login.password, kept) or account is None or kept is None:
        raise Problem(LOGIN_FAILED)
    if account.suspended_at is not None:
        raise _suspended()
    proof = await doors.second_factor.prove(account, login.device.id, login.otp)
    device, token, session = login.device, new_family(), uuid4()
    async with doors.pool.acquire() as connection, connection.transaction():
        if proof is not None:
            await throttle.refund(connection, proof.paid)
        if not await store.is_unchanged(connection, account):
            return None
        if proof is not None:
            await use_up(connection, account.id, proof)
        no = await store.enrol(connection, account.id, device.id, device.name, device.platform)
        if no is None:
            raise Problem(DEVICE_REVOKED)
        is_asked = proof is not None or await doors.second_factor.is_asked(connection)
        await store.start_session(
            connection,
            session,
            account.id,
            device.id,
            token.family_hash,
            token.hash,
            doors.lifetime,
            second_factor=proof is not None if is_asked else None,
        )
        await note(connection, Event.SIGNED_IN, account.id, by=account.id, device=no)
        grants = await grants_in_force(connection, account.id)
    if doors.passwords.is_outdated(kept):
        renewed = await doors.passwords.hashed(login.password)
        async with doors.pool.acquire() as connection:
            await store.replace_hash(connection, account.id, kept, renewed)
    caller = Caller(account.id, account.name, device.id, no, session)
    return _signed_in(doors, caller, token, device, account.display_name, grants)


async def refresh(doors: Doors, text: str) -> SignedIn:
    """The next tokens of a session, for its refresh token. Grants are told anew.

    Raises REFRESH_INVALID, also when the token was used before, which ends the session; DEVICE_REVOKED. A
    session without a second factor ends here once its account holds a role that must show one.
    """
    shown = read_token(text)
    if shown is None:
        raise Problem(REFRESH_INVALID)
    async with doors.pool.acquire() as connection:
        async with connection.transaction():
            session = await store.lock_session(connection, shown.family_hash)
            if session is None:
                raise Problem(REFRESH_INVALID)
            successor = await _replaced(connection, session, shown, doors.lifetime)
        # The end of a session stands though its answer is a problem: so the transaction is over before.
        if session.is_revoked:
            raise Problem(DEVICE_REVOKED)
        if successor is None:
            raise Problem(REFRESH_INVALID)
        # Not in the transaction: a device is locked before its session, never after.
        await store.note_seen(connection, session.account, session.device)
        grants = await grants_in_force(connection, session.account)
        if not session.second_factor and await doors.second_factor.is_asked(connection):
            if any(needs_second_factor(grant.role) for grant in grants):
                await store.end_session(connection, session.id, "second-factor")
                raise Problem(REFRESH_INVALID)
            await store.second_factor_is_asked(connection, session.id)
    caller = Caller(session.account, session.account_name, session.device, session.device_no, session.id)
    device = DeviceShown(session.device, session.device_name, session.platform)
    return _signed_in(doors, caller, successor, device, session.display_name, grants)


async def _replaced(
    connection: Connection, session: store.Session, shown: RefreshToken, lifetime: timedelta
) -> RefreshToken | None:
    if session.is_revoked:
        return None
    successor = shown.successor()
    match showing(session.family, shown.hash, session.now):
        case Showing.CURRENT:
            await store.rotate(connection, session.id, shown.hash, successor.hash, lifetime)
            return successor
        case Showing.RETRY:
            await store.add_successor(connection, session.id, session.family.current, successor.hash)
            return successor
        case Showing.REUSED:
            await store.end_session(connection, session.id, "reuse")
            await note(
                connection,
                Event.SESSION_ENDED,
                session.account,
                by=session.account,
                device=session.device_no,
                because="reuse",
            )
    return None


def _signed_in(
    doors: Doors,
    caller: Caller,
    token: RefreshToken,
    device: DeviceShown,
    display_name: str,
    grants: list[GrantShown],
) -> SignedIn:
    return SignedIn(
        doors.tokens.token_for(caller),
        "Bearer",
        doors.tokens.lifetime,
        token.text,
        device,
        AccountShown(caller.account, display_name, grants),
    )


def _suspended() -> Problem:
    return Problem(
        FORBIDDEN, "账号已停用，请联系系统管理员", "The account is suspended: ask the administrator"
    )


def doors(state: Any) -> Doors:
    """The application's, made on first use from its pool, keys and settings."""
    found: Doors | None = state.get("doors")
    if found is None:
        found = Doors(
            state.pool,
            access_tokens(state),
            passwords(state),
            SecondFactor(state.pool, state.factor_key, state.settings.second_factor),
            timedelta(days=state.settings.refresh_days),
        )
        state.doors = found
    return found
