"""The second factor: whom it is asked of, how it is enrolled, and when a code counts.

It is asked of roles above social worker, whose passwords open more than one person's own work. Nothing of it
is looked at before the password was right, so a stranger learns from no answer whether an account exists, has
a second factor, or would have to have one. A code is paid for like a password, from a budget of its own:
whoever tries codes has the password already, and shall not get far on it.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Annotated, Final, Literal, NoReturn
from uuid import UUID

import asyncpg
import msgspec
import structlog
from msgspec import Meta

from schemas.problems import (
    OTP_ENROLMENT_INVALID,
    OTP_ENROLMENT_REQUIRED,
    OTP_REQUIRED,
    OTP_WRONG,
    UNAVAILABLE,
    Problem,
)
from service.access.roles import needs_second_factor
from service.audit.events import Event, note
from service.auth import factor_store, store, throttle
from service.auth.factor_key import FactorKey, NotOurSeal
from service.auth.recovery_codes import new_codes, typed_recovery_code
from service.auth.throttle import Budget
from service.auth.totp import new_secret, otpauth_uri, step_of, typed_code, written_out
from sync.statement import Connection

TOKEN_LIFETIME: Final = timedelta(minutes=15)

_log = structlog.get_logger("second factor")


class Proof(msgspec.Struct, frozen=True):
    """A code that was right when it was looked at: a step's, or a recovery code. To be used up once."""

    secret: bytes
    step: int | None
    recovery_hash: bytes | None
    paid: list[Budget]


class EnrolmentToken(msgspec.Struct, frozen=True):
    """What a sign-in was answered that `otp-enrolment-required` refused."""

    enrolment_token: Annotated[str, Meta(max_length=100)]


class Confirmation(msgspec.Struct, frozen=True):
    """The enrolment's token, and a code that the app shows."""

    enrolment_token: Annotated[str, Meta(max_length=100)]
    code: Annotated[str, Meta(max_length=20)]


class Shared(msgspec.Struct, frozen=True):
    """What the authenticator app is given: `secret` to type in (base32), or `uri` as a QR code."""

    secret: str
    uri: str


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Codes to write down: each stands for the app's code once. They are not shown again."""

    recovery_codes: list[str]


class SecondFactor(msgspec.Struct, frozen=True):
    """What it works with: one a process. `asked`: LIANDONG_SECOND_FACTOR."""

    pool: asyncpg.Pool
    key: FactorKey
    asked: Literal["auto", "on", "off"]

    async def is_asked(self, connection: Connection) -> bool:
        """Whether anybody is asked for one here."""
        if self.asked == "auto":
            return not await factor_store.is_demo(connection)
        return self.asked == "on"

    async def prove(self, account: store.Account, device: UUID, otp: str | None) -> Proof | None:
        """The proof that `otp` is, for whoever has the password of `account`; None where none is asked for.

        Raises OTP_REQUIRED, OTP_ENROLMENT_REQUIRED, OTP_WRONG and TOO_MANY_ATTEMPTS. The proof counts once
        `use_up` has taken it.
        """
        async with self.pool.acquire() as connection:
            if not await self.is_asked(connection):
                return None
            standing = await factor_store.standing_of(connection, account.id)
            if not standing.is_enrolled:
                if not any(map(needs_second_factor, standing.roles)):
                    return None
                await self._begin(connection, account)
            if otp is None or standing.secret is None:
                raise Problem(OTP_REQUIRED)
            paid = [throttle.code_budget(account.name, device if account.device_known else None)]
            await throttle.pay(connection, paid)
        step, recovery_hash = None, None
        if code := typed_code(otp):
            step = step_of(self._opened(standing.secret, account.id), code, standing.now)
        elif recovery := typed_recovery_code(otp):
            recovery_hash = self.key.hash_of(recovery, account.id)
        if step is None and recovery_hash is None:
            raise Problem(OTP_WRONG)
        return Proof(standing.secret, step, recovery_hash, paid)

    async def enrolling(self, token: str) -> Shared:
        """What is to be shared with the app, for a sign-in that must enrol. Asked again, it is the same.

        Raises OTP_ENROLMENT_INVALID.
        """
        async with self.pool.acquire() as connection:
            begun = await _begun(connection, token)
        secret = self._opened(begun.secret, begun.account)
        return Shared(written_out(secret), otpauth_uri(secret, begun.username))

    async def confirm(self, confirmation: Confirmation) -> RecoveryCodes:
        """The app shows codes of what was shared: from now on the account is asked for them.

        What was signed in without one ends. Signing in takes the app's next code, since each counts once:
        there are codes to be written down meanwhile. Raises OTP_ENROLMENT_INVALID, OTP_WRONG and
        TOO_MANY_ATTEMPTS.
        """
        token = confirmation.enrolment_token
        async with self.pool.acquire() as connection:
            begun = await _begun(connection, token)
            paid = [throttle.code_budget(begun.username, None)]
            await throttle.pay(connection, paid)
        code = typed_code(confirmation.code)
        secret = self._opened(begun.secret, begun.account)
        step = step_of(secret, code, begun.now) if code else None
        if step is None:
            raise Problem(OTP_WRONG)
        codes = new_codes()
        hashes = [self.key.hash_of(each, begun.account) for each in codes]
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                if not await factor_store.enrol(connection, begun.account, _hash(token), step, hashes):
                    raise Problem(OTP_ENROLMENT_INVALID)
                await store.end_sessions_of(connection, begun.account, "second-factor")
                await note(connection, Event.SECOND_FACTOR_ENROLLED, begun.account, by=begun.account)
            await throttle.refund(connection, paid)
        return RecoveryCodes(codes)

    async def _begin(self, connection: Connection, account: store.Account) -> NoReturn:
        """Raises OTP_ENROLMENT_REQUIRED with a token."""
        token = secrets.token_urlsafe(32)
        sealed = self.key.sealed(new_secret(), account.id)
        async with connection.transaction():
            # Holds off a change of the password, which ends enrolments that the old one began.
            begun = await store.is_unchanged(connection, account) and await factor_store.begin(
                connection, account.id, sealed, _hash(token), TOKEN_LIFETIME
            )
        if not begun:  # the password or the enrolment is another since a moment ago: the next sign-in knows
            raise Problem(OTP_REQUIRED)
        raise Problem(OTP_ENROLMENT_REQUIRED, enrolment_token=token)

    def _opened(self, sealed: bytes, account: UUID) -> bytes:
        try:
            return self.key.opened(sealed, account)
        except NotOurSeal:
            _log.error(
                "a second factor was sealed with another key: restore second-factor.key or reset it",
                account=str(account),
            )
            raise Problem(
                UNAVAILABLE,
                "服务器的密钥与数据库不符，请联系系统管理员",
                "The server's keys do not belong to its database: tell the administrator",
            ) from None


async def use_up(connection: Connection, account: UUID, proof: Proof) -> None:
    """Let `proof` count, in the transaction of what it opens. Raises OTP_WRONG if it is none or was used."""
    if proof.step is not None:
        counts = await factor_store.use_step(connection, account, proof.secret, proof.step)
    else:
        assert proof.recovery_hash is not None
        counts = await factor_store.use_recovery_code(connection, account, proof.recovery_hash)
    if not counts:
        raise Problem(OTP_WRONG)


async def _begun(connection: Connection, token: str) -> factor_store.Enrolment:
    begun = await factor_store.enrolment_of(connection, _hash(token))
    if begun is None:
        raise Problem(OTP_ENROLMENT_INVALID)
    return begun


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
