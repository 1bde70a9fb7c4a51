"""Signing in and out, devices, keys (protocol.md, Signing in)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, Parameter

from schemas.problems import (
    DEVICE_REVOKED,
    FORBIDDEN,
    INVALID,
    LOGIN_FAILED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    OTP_ENROLMENT_INVALID,
    OTP_ENROLMENT_REQUIRED,
    OTP_REQUIRED,
    OTP_WRONG,
    REFRESH_INVALID,
    TOO_MANY_ATTEMPTS,
)
from service.access import administration, lost_device
from service.access.store import access_of
from service.audit.events import Event, note
from service.auth import store
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.auth.password_change import PasswordChange, change_password
from service.auth.second_factor import Confirmation, EnrolmentToken, RecoveryCodes, Shared
from service.auth.sign_in import Login, SignedIn, doors, refresh, sign_in
from service.http.answer import answered
from service.http.language import language_of
from service.http.network import network_of
from service.http.poking import tell
from service.http.problems import BODY, CALLING, documented


class Refresh(msgspec.Struct, frozen=True):
    """The refresh token of a session: the newest one that the device was given."""

    refresh_token: Annotated[str, msgspec.Meta(max_length=200)]


class KeySet(msgspec.Struct, frozen=True):
    """A JSON Web Key Set (RFC 7517): what verifies access tokens."""

    keys: list[dict[str, str]]


@post(
    "/login",
    status_code=200,
    summary="登录 Sign in",
    operation_id="login",
    responses=documented(
        *BODY,
        NOT_ACCEPTABLE,
        LOGIN_FAILED,
        OTP_REQUIRED,
        OTP_WRONG,
        OTP_ENROLMENT_REQUIRED,
        FORBIDDEN,
        DEVICE_REVOKED,
        TOO_MANY_ATTEMPTS,
    ),
)
async def login(request: Request[Any, Any, State], state: State, data: JSONBody[Login]) -> Response[SignedIn]:
    """Sign in with account, password and device.

    Accounts with roles above social worker need a code of an authenticator app as well, in `otp`, or one of
    their recovery codes: `otp-required` asks for it. Their first sign-in is refused by
    `otp-enrolment-required`, whose `enrolment_token` leads through `POST /auth/otp/enrol` and
    `POST /auth/otp/confirm`.
    """
    return answered(request, await sign_in(doors(state), data, network_of(request)))


@post(
    "/otp/enrol",
    status_code=200,
    summary="绑定动态验证码 Set up an authenticator app",
    operation_id="enrol_otp",
    responses=documented(*BODY, NOT_ACCEPTABLE, OTP_ENROLMENT_INVALID),
)
async def enrol_otp(
    request: Request[Any, Any, State], state: State, data: JSONBody[EnrolmentToken]
) -> Response[Shared]:
    """What the app is given: show `uri` as a QR code, or `secret` to be typed in. Nothing is set up yet."""
    shared = await doors(state).second_factor.enrolling(data.enrolment_token)
    return answered(request, shared, headers={"Cache-Control": "no-store"})


@post(
    "/otp/confirm",
    status_code=200,
    summary="确认动态验证码 Confirm the authenticator app",
    operation_id="confirm_otp",
    responses=documented(*BODY, NOT_ACCEPTABLE, OTP_ENROLMENT_INVALID, OTP_WRONG, TOO_MANY_ATTEMPTS),
)
async def confirm_otp(
    request: Request[Any, Any, State], state: State, data: JSONBody[Confirmation]
) -> Response[RecoveryCodes]:
    """Show by a code that the app is set up; every sign-in needs one from now on.

    The answer's recovery codes are to be written down. Sessions that were opened without a code end. Then
    sign in with the app's next code: each is good once.
    """
    confirmed = await doors(state).second_factor.confirm(data)
    return answered(request, confirmed, headers={"Cache-Control": "no-store"})


@post(
    "/refresh",
    status_code=200,
    summary="续期登录 Next tokens",
    operation_id="refresh",
    responses=documented(*BODY, NOT_ACCEPTABLE, REFRESH_INVALID, DEVICE_REVOKED),
)
async def next_tokens(
    request: Request[Any, Any, State], state: State, data: JSONBody[Refresh]
) -> Response[SignedIn]:
    """Change a refresh token for a new one and an access token. Each refresh token is good once.

    A device that lost the answer may show the same token again within a minute. A token shown again later
    was copied: the session ends, and both must sign in.
    """
    return answered(request, await refresh(doors(state), data.refresh_token))


@post(
    "/logout",
    status_code=204,
    dependencies=CALLER,
    security=SECURITY,
    summary="退出登录 Sign out",
    operation_id="logout",
    responses=documented(*CALLING),
)
async def logout(state: State, caller: NamedDependency[Caller]) -> None:
    """End this session; its refresh token is good no more."""
    async with state.pool.acquire() as connection, connection.transaction():
        await access_of(connection, caller)
        await store.end_session(connection, caller.session, "logout")
        await note(connection, Event.SIGNED_OUT, caller.account, by=caller.account, device=caller.device_no)


@get(
    "/devices",
    dependencies=CALLER,
    security=SECURITY,
    summary="我的设备 My devices",
    operation_id="devices",
    responses=documented(*CALLING),
)
async def devices(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[store.DeviceList]:
    """Every device that ever signed in on this account."""
    async with state.pool.acquire() as connection:
        await access_of(connection, caller)
        found = await store.devices_of(connection, caller.account)
    return answered(request, store.DeviceList(found))


@delete(
    "/devices/{device:uuid}",
    status_code=204,
    dependencies=CALLER,
    security=SECURITY,
    summary="停用设备 Revoke a device",
    operation_id="revoke_device",
    responses=documented(*CALLING, NOT_FOUND),
)
async def revoke_device(state: State, caller: NamedDependency[Caller], device: FromPath[UUID]) -> None:
    """Refuse a device for good: it is told to wipe what it holds when it next calls.

    For the owner, and for an administrator of an area that the owner holds or held.
    """
    async with state.pool.acquire() as connection:
        touched = await administration.revoke_device(connection, caller, device)
    tell(state, touched)


@get(
    "/devices/{device:uuid}/held",
    dependencies=CALLER,
    security=SECURITY,
    summary="设备所存资料 What a device held",
    operation_id="device_held",
    responses=documented(*CALLING, NOT_ACCEPTABLE, INVALID, NOT_FOUND),
)
async def device_held(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    device: FromPath[UUID],
    after: Annotated[UUID | None, Parameter(description="`next` of the page before")] = None,
    limit: Annotated[int, Parameter(description="Records a page", ge=1, le=lost_device.MOST)] = 500,
) -> Response[lost_device.HeldList]:
    """Which records were sent to a device or written on it, in which classes: for when it is lost.

    For its owner, and of their own areas for supervisors and administrators, also after it was revoked. An
    upper bound: nothing is taken off for what the device was told to drop. Open and basic parts it may have
    had of everything in `reach`.
    """
    async with state.pool.acquire() as connection:
        found = await lost_device.held_on(connection, caller, device, after, limit, language_of(request))
    return answered(request, found, headers={"Cache-Control": "no-store"})


@post(
    "/password",
    status_code=204,
    dependencies=CALLER,
    security=SECURITY,
    summary="修改密码 Change my password",
    operation_id="change_password",
    responses=documented(*CALLING, *BODY, TOO_MANY_ATTEMPTS),
)
async def new_password(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    data: JSONBody[PasswordChange],
) -> None:
    """Choose a new password. This session goes on; those on other devices end."""
    async with state.pool.acquire() as connection:
        await access_of(connection, caller)
    await change_password(doors(state), caller, data, network_of(request))


@get(
    "/jwks",
    summary="公钥 Public keys",
    operation_id="jwks",
    responses=documented(NOT_ACCEPTABLE),
)
async def jwks(request: Request[Any, Any, State], state: State) -> Response[KeySet]:
    """The public keys that access tokens are signed with (Ed25519)."""
    keys = KeySet(state["keys"].jwks()["keys"])
    return answered(request, keys, headers={"Cache-Control": "public, max-age=5"})


ROUTER = Router(
    "/auth",
    route_handlers=[
        login,
        enrol_otp,
        confirm_otp,
        next_tokens,
        logout,
        devices,
        revoke_device,
        device_held,
        new_password,
        jwks,
    ],
    tags=["auth"],
)
