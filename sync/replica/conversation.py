"""The requests that make up a sign-in, an exchange and a verification: generators, without any I/O.

A conversation yields a `Request` and is sent the `Reply`; what it comes to is its return value. Whoever
carries it (`sync.replica.device`) has already dealt with what is lost on the way, by sending the same
request again: a conversation sees whole replies only. Everything learnt is in the file before the next
request is made, so a conversation that is cut off anywhere is simply started again.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import msgspec

from schemas.collections import VERSION
from sync.digest import digest
from sync.replica import answer
from sync.replica.errors import (
    DeviceRevoked,
    Diverged,
    OtherAccount,
    Refused,
    ReplicaError,
    SignInRequired,
    Unreachable,
)
from sync.replica.file import Kept, ReplicaFile
from sync.replica.transport import ProblemReply, Reply, Request
from sync.wire import (
    MAX_BODY,
    MAX_CHANGES,
    ManifestRequest,
    ManifestResponse,
    Outcome,
    ProblemDetail,
    Result,
    SyncResponse,
)

API = "/api/v1"
ENVELOPE = 64 * 1024  # bytes; what a request holds beside its changes is far below
PASSING_MOST = 8  # answers of `retry` in a row
RESETS_MOST = 3  # in one exchange: a server that resets for ever is not to be asked for ever
REPAIRS_MOST = 10_000  # pages of one area's manifest

# What a sign-in itself is refused for: signing in again as before would not help.
AT_THE_DOOR = frozenset({"login-failed", "otp-required", "otp-wrong", "otp-enrolment-required"})

T = TypeVar("T")
Wall = Callable[[], float]
"""Seconds since 1970 by the device's clock."""
Talk = Generator[Request, Reply, T]


class Terms(msgspec.Struct, frozen=True):
    """How a device exchanges: so many changes in a request, so many records in a page, which areas (None:
    all that it holds), and the catalogue that it was built with."""

    changes: int = MAX_CHANGES
    limit: int = 1_000
    areas: Sequence[UUID] | None = None
    schema: int = VERSION


class Summary(msgspec.Struct):
    """What an exchange came to.

    `outcomes`: how many changes met each, for the first time. `digests`: by area, where asked for.
    """

    requests: int = 0
    sent: int = 0
    delivered: int = 0
    resets: int = 0
    outcomes: dict[Outcome, int] = {}
    digests: dict[UUID, str] = {}


class _SignedIn(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str
    expires_in: int
    account: "_Account"


class _Account(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class _Moved(msgspec.Struct, frozen=True):
    areas: list[UUID] = []


def sign_in(
    file: ReplicaFile, username: str, password: str, otp: str | None, device: dict[str, str], wall: Wall
) -> Talk[None]:
    """Sign this device in. Raises `OtherAccount`, storing nothing, where the file is somebody else's."""
    said: dict[str, Any] = {"username": username, "password": password, "device": device}
    if otp is not None:
        said["otp"] = otp
    reply = yield Request("POST", f"{API}/auth/login", msgspec.json.encode(said))
    if reply.status != 200:
        # What another person's sign-in is answered is not about this file, least of all that it be erased.
        is_owner = file.setting("username") in (None, username)
        raise _error(file, reply) if is_owner else Refused(reply.status, _problem(reply))
    signed_in = _read(reply, _SignedIn)
    owner = file.setting("account")
    if owner is not None and UUID(owner) != signed_in.account.id:
        # The session just made is nobody's: end it.
        yield Request("POST", f"{API}/auth/logout", token=signed_in.access_token)
        raise OtherAccount(
            "此文件属于另一账号，请使用各自的文件 (this file belongs to another account: use a file each)"
        )
    with file.transaction():
        file.put("account", str(signed_in.account.id))
        file.put("username", username)
        _keep_tokens(file, signed_in, wall)


def sign_out(file: ReplicaFile) -> Talk[None]:
    """End the session. What the device holds, and what it has still to send, stays for the next sign-in."""
    token = file.setting("access_token")
    if token is not None:
        yield Request("POST", f"{API}/auth/logout", token=token)
    with file.transaction():
        for name in ("access_token", "refresh_token", "expires_at"):
            file.put(name, None)


def exchange(file: ReplicaFile, terms: Terms, wall: Wall, *, verify: bool = False) -> Talk[Summary]:
    """Send everything that waits and pull until nothing is left to pull."""
    with file.transaction():
        file.ask_again()
    summary = Summary()
    failures = 0
    while True:
        batch = file.next_batch(min(terms.changes, MAX_CHANGES), MAX_BODY - ENVELOPE)
        request = Request("POST", f"{API}/sync", _body(file, batch, terms, verify), failures=failures)
        reply = yield from _authorised(file, request, wall)
        summary.requests += 1
        if reply.status == 413 and batch:
            _lighten(file, batch, reply)
            continue
        if reply.status != 200:
            raise _error(file, reply)
        response = _read(reply, SyncResponse)
        taken = answer.take(file, batch, response, wall())
        summary.sent += len(batch) - len(taken.passing)
        summary.delivered += taken.delivered
        summary.digests = {UUID(area): text for area, text in response.digest.items()}
        for outcome in taken.outcomes:
            summary.outcomes[outcome] = summary.outcomes.get(outcome, 0) + 1
        summary.resets += taken.was_reset
        if summary.resets > RESETS_MOST:
            raise Unreachable(f"the server asked {summary.resets} times to start over")
        failures = failures + 1 if taken.passing else 0
        if failures > PASSING_MOST:
            raise Unreachable(f"the server could not store the changes in {failures} attempts")
        if response.complete and not taken.was_reset and file.count("waiting") == 0:
            return summary


def verification(file: ReplicaFile, terms: Terms, wall: Wall) -> Talk[list[UUID]]:
    """Exchange, compare digests, and put right what differs. Gives the areas where something did.

    Raises `Diverged` where that did not help.
    """
    summary = yield from exchange(file, terms, wall, verify=True)
    differing = differences(file, summary.digests)
    for area in differing:
        yield from _repair(file, area, wall)
    if differing:
        summary = yield from exchange(file, terms, wall, verify=True)
        if still := differences(file, summary.digests):
            raise Diverged(still)
    return differing


def differences(file: ReplicaFile, digests: dict[UUID, str]) -> list[UUID]:
    """The areas of which the device does not hold what the server says that it should."""
    return [area for area, text in digests.items() if digest(file.live_revs(area)) != text]


def wait(file: ReplicaFile, seconds: int, wall: Wall) -> Talk[list[UUID]]:
    """The long poll: the areas in which something moved, or none when the time is over."""
    cursor = file.setting("cursor")
    if cursor is None:
        return []
    path = f"{API}/sync/wait?cursor={quote(cursor)}&seconds={seconds}"
    reply = yield from _authorised(file, Request("GET", path, patience=seconds + 30.0), wall)
    if reply.status != 200:
        raise _error(file, reply)
    return _read(reply, _Moved).areas


def dismissal(file: ReplicaFile, change: UUID, wall: Wall) -> Talk[None]:
    """Let a change go that waits in quarantine. What was to come after it need not wait any longer."""
    request = Request("POST", f"{API}/sync/quarantine/{change}/dismiss")
    reply = yield from _authorised(file, request, wall)
    # Not found: it was settled meanwhile, or the server never took it in.
    if reply.status not in (204, 404):
        raise _error(file, reply)
    with file.transaction():
        file.dismiss(change)


def another_try(file: ReplicaFile, change: UUID, repaired: bytes, wall: Wall) -> Talk[Outcome]:
    """Try a change in quarantine again, put right. Gives what became of it."""
    body = msgspec.json.encode({"change": msgspec.Raw(repaired)})
    request = Request("POST", f"{API}/sync/quarantine/{change}/retry", body)
    reply = yield from _authorised(file, request, wall)
    if reply.status != 200:
        raise _error(file, reply)
    result = _read(reply, Result)
    answer.take_retry(file, change, result)
    return result.outcome


def _repair(file: ReplicaFile, area: UUID, wall: Wall) -> Talk[None]:
    for _ in range(REPAIRS_MOST):
        listed = ManifestRequest(area, dict(file.live_revs(area)))
        request = Request("POST", f"{API}/sync/manifest", msgspec.json.encode(listed))
        reply = yield from _authorised(file, request, wall)
        if reply.status != 200:
            raise _error(file, reply)
        response = _read(reply, ManifestResponse)
        answer.take_manifest(file, response.records, response.gone)
        if response.complete:
            return
    raise Diverged([area])


def _authorised(file: ReplicaFile, request: Request, wall: Wall) -> Talk[Reply]:
    """Send with the access token, getting a new one where it has expired. New tokens are on the disk before
    they are used: a device that forgot one would show an old one, and be taken for a thief."""
    expires_at = file.setting("expires_at")
    if file.setting("access_token") is None or (expires_at is not None and float(expires_at) < wall()):
        yield from _refresh(file, wall)
    reply = yield msgspec.structs.replace(request, token=file.setting("access_token"))
    if reply.status == 401:
        yield from _refresh(file, wall)
        reply = yield msgspec.structs.replace(request, token=file.setting("access_token"))
        if reply.status == 401:
            raise SignInRequired("请重新登录 (sign in again)")
    return reply


def _refresh(file: ReplicaFile, wall: Wall) -> Talk[None]:
    shown = file.setting("refresh_token")
    if shown is None:
        raise SignInRequired("请先登录 (sign in first)")
    reply = yield Request("POST", f"{API}/auth/refresh", msgspec.json.encode({"refresh_token": shown}))
    if reply.status == 401:
        with file.transaction():
            for name in ("access_token", "refresh_token", "expires_at"):
                file.put(name, None)
        raise SignInRequired("登录已失效，请重新登录 (this sign-in has ended: sign in again)")
    if reply.status != 200:
        raise _error(file, reply)
    with file.transaction():
        _keep_tokens(file, _read(reply, _SignedIn), wall)


def _keep_tokens(file: ReplicaFile, signed_in: _SignedIn, wall: Wall) -> None:
    file.put("access_token", signed_in.access_token)
    file.put("refresh_token", signed_in.refresh_token)
    # A little early: a request under way should not arrive with a token that has just expired.
    file.put("expires_at", repr(wall() + signed_in.expires_in * 0.9))


def _body(file: ReplicaFile, batch: Collection[Kept], terms: Terms, verify: bool) -> bytes:
    return msgspec.json.encode(
        {
            "schema": terms.schema,
            "cursor": file.setting("cursor"),
            "areas": terms.areas,
            "limit": terms.limit,
            "verify": verify,
            "changes": [msgspec.Raw(kept.payload) for kept in batch],
        }
    )


def _lighten(file: ReplicaFile, batch: Sequence[Kept], reply: Reply) -> None:
    """The server takes less at once than the protocol allows. What it does not take alone is set aside."""
    with file.transaction():
        if file.halve(batch):
            return
        problem = _problem(reply)
        said = ProblemDetail(problem.type, problem.title, problem.detail)
        for kept in batch:
            file.answered(kept.id, "rejected", "rejected", None, said, False)


def _error(file: ReplicaFile, reply: Reply) -> ReplicaError:
    problem = _problem(reply)
    # By type, not by status: a proxy's 410 must not erase a week's work.
    if reply.status == 410 and problem.type == "device-revoked":
        file.wipe()
        return DeviceRevoked(problem.title)
    if reply.status == 401 and problem.type not in AT_THE_DOOR:
        return SignInRequired(problem.title)
    return Refused(reply.status, problem)


def _problem(reply: Reply) -> ProblemReply:
    try:
        return msgspec.json.decode(reply.body, type=ProblemReply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ProblemReply(title=f"HTTP {reply.status}")


def _read(reply: Reply, type: type[T]) -> T:
    try:
        return msgspec.json.decode(reply.body, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreachable(f"what answered is not this server: {error}") from error
