"""Choosing a new password of one's own."""

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.problems import INVALID, FieldProblem, Problem
from service.audit.events import Event, note
from service.auth import factor_store, store, throttle
from service.auth.caller import Caller
from service.auth.password_rules import problems_in_password
from service.auth.passwords import MAX_LENGTH
from service.auth.sign_in import Doors


class PasswordChange(msgspec.Struct, frozen=True):
    """The password that counts now, and the one that shall."""

    old_password: Annotated[str, Meta(max_length=MAX_LENGTH)]
    new_password: Annotated[str, Meta(max_length=MAX_LENGTH)]


async def change_password(doors: Doors, caller: Caller, wanted: PasswordChange, network: str) -> None:
    """Set a new password; the account's sessions on other devices end.

    Guessing the old one costs as much as guessing at sign-in. Raises INVALID and TOO_MANY_ATTEMPTS.
    """
    async with doors.pool.acquire() as connection:
        account = await store.account_named(connection, caller.account_name, caller.device)
        names = [caller.account_name] if account is None else [account.name, account.display_name]
        if problems := problems_in_password(wanted.new_password, "/new_password", names):
            raise Problem(INVALID, errors=tuple(problems))
        paid = throttle.budgets(caller.account_name, network, caller.device)
        await throttle.pay(connection, paid)
    kept = None if account is None else account.password_hash
    if not await doors.passwords.is_right(wanted.old_password, kept) or kept is None:
        raise _wrong_old()
    hashed = await doors.passwords.hashed(wanted.new_password)
    async with doors.pool.acquire() as connection:
        async with connection.transaction():
            if not await store.replace_hash(connection, caller.account, kept, hashed):
                raise _wrong_old()
            await factor_store.end_enrolment(connection, caller.account)
            await store.end_other_sessions(connection, caller.account, caller.session, "password")
            await note(
                connection,
                Event.PASSWORD_CHANGED,
                caller.account,
                by=caller.account,
                device=caller.device_no,
            )
        await throttle.refund(connection, paid)


def _wrong_old() -> Problem:
    return Problem(
        INVALID,
        errors=(FieldProblem("/old_password", "wrong", "原密码不正确", "not the password that counts now"),),
    )
