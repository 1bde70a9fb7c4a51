"""Accounts and grants, for administrators of the areas concerned."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.problems import FORBIDDEN, INVALID, NOT_ACCEPTABLE, NOT_FOUND
from service.access import administration
from service.access.administration import AccountListed, GrantListed, Moment, NewAccount, NewGrant, Password
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.auth.passwords import passwords
from service.auth.store import DeviceList
from service.http.answer import answered
from service.http.poking import tell
from service.http.problems import BODY, CALLING, documented

ADMINISTERING = (*CALLING, FORBIDDEN)
A_PAGE = 100
AFTER = QueryParameter(max_length=200, pattern=r"^[^\x00]*$", description="`next` of the page before")


class AccountPage(msgspec.Struct, frozen=True):
    """Accounts by name. `next`: ask for those after this name; null at the end."""

    accounts: list[AccountListed]
    next: str | None


class NewEnd(msgspec.Struct, frozen=True):
    """When a grant is to end; null: not until it is ended."""

    until: Moment | None


class NewPassword(msgspec.Struct, frozen=True):
    """A password that is told to the account's owner by other means."""

    password: Password


@get(
    "/accounts",
    summary="账号列表 Accounts",
    operation_id="list_accounts",
    responses=documented(*ADMINISTERING, NOT_ACCEPTABLE, INVALID),
)
async def list_accounts(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    after: Annotated[str, AFTER] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=500, description="how many at most")] = A_PAGE,
) -> Response[AccountPage]:
    """Accounts that hold or held something in the areas that you administer."""
    async with state.pool.acquire() as connection:
        found = await administration.list_accounts(connection, caller, after, limit)
    return answered(request, AccountPage(found, found[-1].username if len(found) == limit else None))


@post(
    "/accounts",
    summary="新建账号 New account",
    operation_id="create_account",
    responses=documented(*ADMINISTERING, *BODY, NOT_ACCEPTABLE),
)
async def create_account(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    data: JSONBody[NewAccount],
) -> Response[AccountListed]:
    """A new account with at least one grant in the areas that you administer."""
    made, touched = await administration.create(state.pool, caller, data, passwords(state))
    tell(state, touched)
    return answered(request, made, 201)


@post(
    "/accounts/{account:uuid}/suspend",
    status_code=204,
    summary="停用账号 Suspend",
    operation_id="suspend_account",
    responses=documented(*ADMINISTERING, NOT_FOUND),
)
async def suspend(state: State, caller: NamedDependency[Caller], account: FromPath[UUID]) -> None:
    """All that the account holds ends until it is resumed, and nobody signs in with it."""
    async with state.pool.acquire() as connection:
        touched = await administration.suspend(connection, caller, account)
    tell(state, touched)


@post(
    "/accounts/{account:uuid}/resume",
    status_code=204,
    summary="恢复账号 Resume",
    operation_id="resume_account",
    responses=documented(*ADMINISTERING, NOT_FOUND),
)
async def resume(state: State, caller: NamedDependency[Caller], account: FromPath[UUID]) -> None:
    """The account holds again what it was granted."""
    async with state.pool.acquire() as connection:
        touched = await administration.resume(connection, caller, account)
    tell(state, touched)


@post(
    "/accounts/{account:uuid}/password",
    status_code=204,
    summary="重设密码 Set a new password",
    operation_id="set_account_password",
    responses=documented(*ADMINISTERING, *BODY, NOT_FOUND),
)
async def set_password(
    state: State, caller: NamedDependency[Caller], account: FromPath[UUID], data: JSONBody[NewPassword]
) -> None:
    """For a person who forgot theirs. All sessions of the account end."""
    touched = await administration.set_password(state.pool, caller, account, data.password, passwords(state))
    tell(state, touched)


@delete(
    "/accounts/{account:uuid}/otp",
    status_code=204,
    summary="重置动态验证码 Reset the second factor",
    operation_id="reset_otp",
    responses=documented(*ADMINISTERING, NOT_FOUND),
)
async def reset_otp(state: State, caller: NamedDependency[Caller], account: FromPath[UUID]) -> None:
    """For a person who lost the phone with the authenticator app: the next sign-in sets it up anew.

    All sessions of the account end. Make sure who asks, and set a new password too if you are not.
    """
    async with state.pool.acquire() as connection:
        touched = await administration.reset_second_factor(connection, caller, account)
    tell(state, touched)


@get(
    "/accounts/{account:uuid}/devices",
    summary="账号的设备 Devices of an account",
    operation_id="account_devices",
    responses=documented(*ADMINISTERING, NOT_ACCEPTABLE, NOT_FOUND),
)
async def account_devices(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    account: FromPath[UUID],
) -> Response[DeviceList]:
    """So that a lost phone can be found, and revoked by `DELETE /auth/devices/{id}`."""
    async with state.pool.acquire() as connection:
        found = await administration.devices_of(connection, caller, account)
    return answered(request, DeviceList(found))


@post(
    "/accounts/{account:uuid}/grants",
    summary="授权 Grant",
    operation_id="give_grant",
    responses=documented(*ADMINISTERING, *BODY, NOT_ACCEPTABLE, NOT_FOUND),
)
async def give_grant(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    account: FromPath[UUID],
    data: JSONBody[NewGrant],
) -> Response[GrantListed]:
    """A role over an area that you administer and all below it."""
    async with state.pool.acquire() as connection:
        given, touched = await administration.give_grant(connection, caller, account, data)
    tell(state, touched)
    return answered(request, given, 201)


@patch(
    "/grants/{grant:int}",
    summary="变更授权期限 Change how long a grant lasts",
    operation_id="change_grant",
    responses=documented(*ADMINISTERING, *BODY, NOT_ACCEPTABLE, NOT_FOUND),
)
async def change_grant(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    grant: FromPath[int],
    data: JSONBody[NewEnd],
) -> Response[GrantListed]:
    """Let it last longer or shorter. What is over is granted anew instead."""
    async with state.pool.acquire() as connection:
        changed, touched = await administration.change_grant(connection, caller, grant, data.until)
    tell(state, touched)
    return answered(request, changed)


@delete(
    "/grants/{grant:int}",
    status_code=204,
    summary="结束授权 End a grant",
    operation_id="end_grant",
    responses=documented(*ADMINISTERING, NOT_FOUND),
)
async def end_grant(state: State, caller: NamedDependency[Caller], grant: FromPath[int]) -> None:
    """It ends now; the person's phones are told to drop what only it gave them."""
    async with state.pool.acquire() as connection:
        touched = await administration.end_grant(connection, caller, grant)
    tell(state, touched)


ROUTER = Router(
    "/admin",
    route_handlers=[
        list_accounts,
        create_account,
        suspend,
        resume,
        set_password,
        reset_otp,
        account_devices,
        give_grant,
        change_grant,
        end_grant,
    ],
    dependencies=CALLER,
    security=SECURITY,
    tags=["admin"],
)
