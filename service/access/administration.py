"""Looking after accounts: what an administrator may do, and to whom.

An administrator acts on accounts whose grants lie in the areas administered, and gives grants there; what
lies elsewhere is answered as if it did not exist. Nobody changes their own grants or suspends themselves, so
an administrator comes to no record of a person without a second one.
"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import msgspec
import structlog
from msgspec import Meta

from schemas.privacy import NO_CLASSES
from schemas.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldProblem, Problem
from service.access import accounts, grants
from service.access.clearance import may_change_account, may_revoke_device
from service.access.grants import KeptGrant
from service.access.roles import Role
from service.access.store import administered_by
from service.audit.events import Event, note
from service.auth import factor_store, store
from service.auth.caller import Caller
from service.auth.names import LONGEST, Line, login_name
from service.auth.password_rules import problems_in_password
from service.auth.passwords import MAX_LENGTH, Passwords
from sync.scope import Place, Touched
from sync.statement import Connection

Password = Annotated[str, Meta(max_length=MAX_LENGTH)]
Moment = Annotated[datetime, Meta(tz=True)]

# The ends of what datetime holds are beyond PostgreSQL's and time zones' reach.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2999, 12, 31, tzinfo=UTC)

_log = structlog.get_logger("administration")


class NewGrant(msgspec.Struct, frozen=True):
    """A role over an area and all below it. `since`: now if left out; `until`: until it is ended."""

    role: Role
    area: UUID
    since: Moment | None = None
    until: Moment | None = None


class NewAccount(msgspec.Struct, frozen=True):
    """A person, with at least one grant. Without a password nobody can sign in until one is set."""

    username: Line
    name: Line
    grants: Annotated[list[NewGrant], Meta(min_length=1, max_length=100)]
    password: Password | None = None


class GrantListed(msgspec.Struct, frozen=True):
    """A grant as administrators see it."""

    id: int
    role: str
    area: UUID
    since: datetime
    until: datetime | None


class AccountListed(msgspec.Struct, frozen=True):
    """An account as administrators see it, with its grants in the areas that they administer."""

    id: UUID
    username: str
    name: str
    suspended_at: datetime | None
    created_at: datetime
    grants: list[GrantListed]


async def list_accounts(
    connection: Connection, caller: Caller, after: str, limit: int
) -> list[AccountListed]:
    """Accounts that hold or held something where `caller` administers, by name, beyond `after`."""
    areas = await _areas(connection, caller)
    found = await accounts.accounts_in(connection, areas, after, limit)
    kept = await grants.grants_of(connection, [account.id for account in found])
    return [_listed(account, kept, areas) for account in found]


async def create(
    pool: asyncpg.Pool, caller: Caller, wanted: NewAccount, passwords: Passwords
) -> tuple[AccountListed, Touched]:
    """A new account with its grants, all or nothing."""
    username = login_name(wanted.username)
    names = (username, wanted.name)
    problems = [] if wanted.password is None else problems_in_password(wanted.password, names=names)
    if not 0 < len(username) <= LONGEST:
        problems.append(
            FieldProblem("/username", "length", f"1–{LONGEST} 个字符", f"1 to {LONGEST} characters")
        )
    if problems:
        raise Problem(INVALID, errors=tuple(problems))
    async with pool.acquire() as connection:
        await _areas(connection, caller)  # before any work is done for one who may not ask for it
    hashed = None if wanted.password is None else await passwords.hashed(wanted.password)
    id, touched = uuid4(), Touched()
    async with pool.acquire() as connection, connection.transaction():
        areas = await _areas(connection, caller)
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        for index, grant in enumerate(wanted.grants):
            _check_grant(grant, areas, now, f"/grants/{index}")
            if any((grant.role, grant.area) == (one.role, one.area) for one in wanted.grants[:index]):
                raise Problem(INVALID, errors=(_held(f"/grants/{index}"),))
        if not await accounts.create_account(connection, id, username, wanted.name, hashed):
            taken = FieldProblem("/username", "taken", "已有此账号", "there is an account of this name")
            raise Problem(INVALID, errors=(taken,))
        await _note(connection, Event.ACCOUNT_CREATED, id, caller)
        # Areas are locked in id order, as by everyone who locks several.
        for grant in sorted(wanted.grants, key=lambda grant: grant.area):
            _, moved = await grants.give(
                connection,
                id,
                grant.role.value,
                grant.area,
                grant.since,
                grant.until,
                by=caller.account,
            )
            touched |= moved
        made = await _account(connection, id)
        kept = await grants.grants_of(connection, [id])
    _log.info("account created", by=str(caller.account), account=str(id))
    return _listed(made, kept, areas), touched


async def suspend(connection: Connection, caller: Caller, account: UUID) -> Touched:
    """All that `account` holds ends until it is resumed; its phones drop it at their next sync."""
    _refuse_oneself(caller, account)
    async with connection.transaction():
        kept = await _to_change(connection, caller, account)
        await accounts.suspend(connection, account)
        await _note(connection, Event.ACCOUNT_SUSPENDED, account, caller)
    _log.info("account suspended", by=str(caller.account), account=str(account))
    return {Place(grant.area): NO_CLASSES for grant in kept}


async def resume(connection: Connection, caller: Caller, account: UUID) -> Touched:
    """`account` holds again what it was granted, and may sign in."""
    _refuse_oneself(caller, account)
    async with connection.transaction():
        kept = await _to_change(connection, caller, account)
        await accounts.resume(connection, account)
        await _note(connection, Event.ACCOUNT_RESUMED, account, caller)
    _log.info("account resumed", by=str(caller.account), account=str(account))
    return {Place(grant.area): NO_CLASSES for grant in kept}


async def set_password(
    pool: asyncpg.Pool, caller: Caller, account: UUID, password: str, passwords: Passwords
) -> Touched:
    """Give `account` a new password; all its sessions end, so every phone must sign in with it.

    Not the caller's own: that takes the old one (service/auth/password_change.py).
    """
    _refuse_oneself(caller, account)
    async with pool.acquire() as connection:
        await _seen(connection, await _areas(connection, caller), account)
        kept_account = await _account(connection, account)
    if problems := problems_in_password(password, names=(kept_account.username, kept_account.name)):
        raise Problem(INVALID, errors=tuple(problems))
    hashed = await passwords.hashed(password)
    async with pool.acquire() as connection, connection.transaction():
        kept = await _to_change(connection, caller, account)
        await accounts.set_password(connection, account, hashed)
        await factor_store.end_enrolment(connection, account)
        await store.end_sessions_of(connection, account, "password")
        await _note(connection, Event.PASSWORD_SET, account, caller)
    _log.info("new passphrase set", by=str(caller.account), account=str(account))
    return {Place(grant.area): NO_CLASSES for grant in kept}


async def reset_second_factor(connection: Connection, caller: Caller, account: UUID) -> Touched:
    """For a person who lost phone and recovery codes: the next sign-in enrols anew. All its sessions end.

    Not the caller's own, or a stolen session would be enough to be rid of it.
    """
    _refuse_oneself(caller, account)
    async with connection.transaction():
        kept = await _to_change(connection, caller, account)
        await factor_store.forget(connection, account)
        await store.end_sessions_of(connection, account, "second-factor")
        await _note(connection, Event.SECOND_FACTOR_RESET, account, caller)
    _log.info("second factor reset", by=str(caller.account), account=str(account))
    return {Place(grant.area): NO_CLASSES for grant in kept}


async def give_grant(
    connection: Connection, caller: Caller, account: UUID, wanted: NewGrant
) -> tuple[GrantListed, Touched]:
    """Grant something more to an account that the caller sees."""
    _refuse_oneself(caller, account)
    async with connection.transaction():
        areas = await _areas(connection, caller)
        await _seen(connection, areas, account)
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        _check_grant(wanted, areas, now, "")
        number, touched = await grants.give(
            connection,
            account,
            wanted.role.value,
            wanted.area,
            wanted.since,
            wanted.until,
            by=caller.account,
        )
        kept = await grants.grants_of(connection, [account])
        standing = [
            grant
            for grant in kept
            if (grant.role, grant.area) == (wanted.role.value, wanted.area)
            and (grant.until is None or now < grant.until)
        ]
        if len(standing) > 1:
            raise Problem(INVALID, errors=(_held(""),))
    _log.info("grant given", by=str(caller.account), account=str(account), grant=number)
    return _grant_listed(standing[0]), touched


async def change_grant(
    connection: Connection, caller: Caller, number: int, until: datetime | None
) -> tuple[GrantListed, Touched]:
    """Let a grant in an area that the caller administers last longer or shorter, unless it is over."""
    async with connection.transaction():
        grant = await _grant(connection, caller, number)
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        _check_until(grant.since, until, now, "")
        changed = await grants.change_end(connection, grant, until, by=caller.account)
        if changed is None:
            raise Problem(NOT_FOUND)
    _log.info("grant changed", by=str(caller.account), account=str(grant.account), grant=number)
    return _grant_listed(changed[0]), changed[1]


async def end_grant(connection: Connection, caller: Caller, number: int) -> Touched:
    """End a grant in an area that the caller administers. One that is over stays so."""
    async with connection.transaction():
        grant = await _grant(connection, caller, number)
        touched = await grants.end(connection, grant, by=caller.account)
    _log.info("grant ended", by=str(caller.account), account=str(grant.account), grant=number)
    return touched


async def devices_of(connection: Connection, caller: Caller, account: UUID) -> list[store.Device]:
    """The devices of an account that the caller sees."""
    await _seen(connection, await _areas(connection, caller), account)
    return await store.devices_of(connection, account)


async def revoke_device(connection: Connection, caller: Caller, device: UUID) -> Touched:
    """Refuse `device` for good, on the caller's own account and on those that the caller may do it for.

    A phone that several people share is a device of each. Raises NOT_FOUND where there is none to revoke.
    """
    async with connection.transaction():
        areas = await administered_by(connection, caller)
        owners = await store.owners_of(connection, device)
        kept = await grants.grants_of(connection, owners)
        theirs = {owner: [grant for grant in kept if grant.account == owner] for owner in owners}
        revoked = [
            owner
            for owner in owners
            if owner == caller.account or may_revoke_device(areas, [grant.grant for grant in theirs[owner]])
        ]
        if not revoked:
            raise Problem(NOT_FOUND)
        for owner in sorted(revoked):
            await store.revoke(connection, owner, device, caller.account)
            await _note(connection, Event.DEVICE_REVOKED, owner, caller, revoked=device)
    _log.info("device revoked", by=str(caller.account), device=str(device), owners=[*map(str, revoked)])
    # Wakes the streams of the device, which then end.
    return {Place(grant.area): NO_CLASSES for owner in revoked for grant in theirs[owner]}


async def _note(connection: Connection, event: Event, account: UUID, caller: Caller, **detail: UUID) -> None:
    await note(connection, event, account, by=caller.account, device=caller.device_no, **detail)


async def _areas(connection: Connection, caller: Caller) -> frozenset[UUID]:
    """What the caller administers. Raises FORBIDDEN for one who administers nothing."""
    areas = await administered_by(connection, caller)
    if not areas:
        raise Problem(FORBIDDEN, "只有系统管理员可以", "Only administrators may")
    return areas


async def _seen(connection: Connection, areas: frozenset[UUID], account: UUID) -> list[KeptGrant]:
    kept = await grants.grants_of(connection, [account])
    if not any(grant.area in areas for grant in kept):
        raise Problem(NOT_FOUND)
    return kept


async def _to_change(connection: Connection, caller: Caller, account: UUID) -> list[KeptGrant]:
    """The grants of an account that the caller may change; it is locked, so that they stay what they are."""
    areas = await _areas(connection, caller)
    now = await grants.lock_account(connection, account)
    kept = await _seen(connection, areas, account)
    if now is None or not may_change_account(areas, [grant.grant for grant in kept], now):
        raise Problem(
            FORBIDDEN,
            "此账号还有您管理范围之外的授权",
            "The account is granted more than you administer: ask who administers all of it",
        )
    return kept


async def _grant(connection: Connection, caller: Caller, number: int) -> KeptGrant:
    """A grant that the caller may change."""
    areas = await _areas(connection, caller)
    grant = await grants.grant_numbered(connection, number)
    if grant is None or grant.area not in areas:
        raise Problem(NOT_FOUND)
    _refuse_oneself(caller, grant.account)
    return grant


def _refuse_oneself(caller: Caller, account: UUID) -> None:
    if account == caller.account:
        raise Problem(
            FORBIDDEN, "不能对自己的账号这样做", "Not on your own account: ask another administrator"
        )


def _check_grant(wanted: NewGrant, areas: frozenset[UUID], now: datetime, at: str) -> None:
    if wanted.area not in areas:
        # An area elsewhere and one that does not exist are the same to the caller.
        unknown = FieldProblem(
            f"{at}/area", "unknown", "没有此区域或不归您管理", "no area that you administer"
        )
        raise Problem(INVALID, errors=(unknown,))
    if wanted.since is not None and not _EARLIEST <= wanted.since <= _LATEST:
        far = FieldProblem(f"{at}/since", "range", "时间超出范围", "must be from 2000 to 2999")
        raise Problem(INVALID, errors=(far,))
    _check_until(wanted.since or now, wanted.until, now, at)


def _held(at: str) -> FieldProblem:
    return FieldProblem(f"{at}/role", "held", "已有相同的授权", "the account has this grant already")


def _check_until(since: datetime, until: datetime | None, now: datetime, at: str) -> None:
    if until is not None and not max(since, now) < until <= _LATEST:
        early = FieldProblem(
            f"{at}/until",
            "range",
            "应晚于开始与现在，早于 3000 年",
            "must be after its start and after now, before 3000",
        )
        raise Problem(INVALID, errors=(early,))


async def _account(connection: Connection, account: UUID) -> accounts.KeptAccount:
    found = await accounts.account_with_id(connection, account)
    if found is None:
        raise Problem(NOT_FOUND)
    return found


def _listed(account: accounts.KeptAccount, kept: list[KeptGrant], areas: frozenset[UUID]) -> AccountListed:
    return AccountListed(
        account.id,
        account.username,
        account.name,
        account.suspended_at,
        account.created_at,
        [_grant_listed(grant) for grant in kept if grant.account == account.id and grant.area in areas],
    )


def _grant_listed(grant: KeptGrant) -> GrantListed:
    return GrantListed(grant.id, grant.role, grant.area, grant.since, grant.until)
