"""From everything that can go wrong to problem details (RFC 9457). The one place where errors are answered.

What is answered never holds what was sent nor anything of ours: only a declared problem's words.
"""

import re
from typing import Any, Final

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, UnsetType

from schemas.problems import (
    DEVICE_REVOKED,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    MALFORMED,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    SEALED_PART_BROKEN,
    SECOND_FACTOR_REQUIRED,
    SIGN_IN_REQUIRED,
    TOKEN_EXPIRED,
    TOO_LARGE,
    TOO_MANY_ATTEMPTS,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA,
    FieldProblem,
    Problem,
    ProblemKind,
)
from service.http.answer import answer
from service.http.language import language_of
from sync.attempts import AWAY
from sync.sealing import SealBroken

PROBLEM_JSON: Final = "application/problem+json"
TEXT: Final = "text/plain; charset=utf-8"
RETRY_AFTER: Final = {"Retry-After": "5"}

READ_AS_JSON: Final = "/api/v1/clients/rxdb"
"""How the paths begin whose clients take any JSON for an answer, whatever its status.

A problem in JSON is for the handlers that RxDB documents a page without documents, which stops the collection
until the app is started again. Text fails to be read, and is tried again: so there problems are words.
"""

CALLING: Final = (SIGN_IN_REQUIRED, TOKEN_EXPIRED, SECOND_FACTOR_REQUIRED, DEVICE_REVOKED)
"""What may be wrong where the caller has to be known."""

BODY: Final = (MALFORMED, INVALID, TOO_LARGE, UNSUPPORTED_MEDIA)
"""What may be wrong with a body."""

# What a request that is fine meets when the database stops, starts, is cut off or has too much to do.
PASSING: Final = (
    *AWAY,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)

_KIND_OF_STATUS: Final[dict[int, ProblemKind]] = {
    400: MALFORMED,
    401: SIGN_IN_REQUIRED,
    403: FORBIDDEN,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    415: UNSUPPORTED_MEDIA,
    422: INVALID,
    429: TOO_MANY_ATTEMPTS,
    503: UNAVAILABLE,
}

# How Litestar says that a parameter was not sent.
_MISSING: Final = re.compile(r"Missing required \w+ parameter '([^']+)'")

OURS: Final = (INTERNAL, SEALED_PART_BROKEN)  # the log has more on these than the answer

_log = structlog.get_logger("problems")


class ProblemDetails(msgspec.Struct, frozen=True):
    """The body of every error. `type` is stable and for programs; `title` and `detail` are for people."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list["ErrorDetail"] = []
    # Only of `internal` and `sealed-part-broken`: by what the server's log can be searched.
    request_id: str | None = None
    # Only of `otp-enrolment-required`: for `POST /auth/otp/enrol`, good for a quarter of an hour.
    enrolment_token: str | UnsetType = UNSET


class ErrorDetail(msgspec.Struct, frozen=True):
    """One value at fault: an RFC 6901 pointer into what was sent, a stable code, and what to do."""

    pointer: str
    code: str
    detail: str


def documented(*kinds: ProblemKind, as_text: bool = False) -> dict[int, ResponseSpec]:
    """What the OpenAPI document says of a route that may answer with `kinds`, for its `responses`.

    Besides these every route may answer `unavailable`, `internal` and `sealed-part-broken`. `as_text`: of one
    below `READ_AS_JSON`.
    """
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in (*kinds, UNAVAILABLE, INTERNAL, SEALED_PART_BROKEN):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: ResponseSpec(
            str if as_text else ProblemDetails,
            description="; ".join(f"`{kind.type}` {kind.zh} {kind.en}" for kind in of_status),
            media_type="text/plain" if as_text else PROBLEM_JSON,
            generate_examples=False,
        )
        for status, of_status in sorted(by_status.items())
    }


def problem_answer(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    """`problem` as problem details, or as text for who reads all as JSON, in the language of the client."""
    kind, zh = problem.kind, language_of(request) == "zh"
    request_id = structlog.contextvars.get_contextvars().get("request_id") if kind in OURS else None
    details = ProblemDetails(
        kind.type,
        kind.zh if zh else kind.en,
        kind.status,
        problem.detail_zh if zh else problem.detail_en,
        [
            ErrorDetail(error.pointer, error.code, error.detail_zh if zh else error.detail_en)
            for error in problem.errors
        ],
        request_id,
        problem.enrolment_token or UNSET,
    )
    headers = {
        "Vary": "Accept-Language, Accept-Encoding",
        "Content-Language": "zh-CN" if zh else "en",
        **problem.headers,
    }
    if request.scope["path"].startswith(READ_AS_JSON):
        return answer(request, _in_words(details).encode(), TEXT, kind.status, headers)
    return answer(request, msgspec.json.encode(details), PROBLEM_JSON, kind.status, headers)


def _in_words(details: ProblemDetails) -> str:
    """The type first, for whoever searches for it; then a line for each thing that is wrong."""
    errors = (f"{error.pointer} {error.detail}" for error in details.errors)
    by = None if details.request_id is None else f"request_id {details.request_id}"
    lines = [f"{details.type}: {details.title}", details.detail, *errors, by]
    return "\n".join(line for line in lines if line) + "\n"


def _of_problem(request: Request[Any, Any, Any], error: Problem) -> Response[Any]:
    return problem_answer(request, error)


def _of_litestar(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    kind = _KIND_OF_STATUS.get(error.status_code)
    if kind is None:
        return _of_anything(request, error)
    errors: tuple[FieldProblem, ...] = ()
    if isinstance(error.extra, list):
        kind = INVALID
        errors = tuple(_of_parameter(found) for found in error.extra)
    elif missing := _MISSING.match(error.detail):
        kind = INVALID
        errors = (FieldProblem(f"/{missing[1]}", "required", "缺少此参数", "This parameter is missing"),)
    return problem_answer(request, Problem(kind, errors=errors, headers=error.headers))


def _of_parameter(found: Any) -> FieldProblem:
    """A parameter that Litestar refused, with a pointer into the parameters by their names; or no body."""
    key = str(found.get("key", "")) if isinstance(found, dict) else ""
    if key == "data":
        return FieldProblem("", "required", "缺少请求内容", "The body is missing")
    return FieldProblem(f"/{key}", "parameter", "参数有误", "This parameter is not valid")


def _of_anything(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    if isinstance(error, PASSING) and not isinstance(
        error, ValueError
    ):  # asyncpg's for wrong arguments is one
        _log.warning("database away", error=type(error).__name__)
        return problem_answer(request, Problem(UNAVAILABLE, headers=RETRY_AFTER))
    _log.error("unexpected error", exc_info=error)
    return problem_answer(
        request,
        Problem(
            INTERNAL,
            "请把 request_id 告知系统管理员",
            "Tell the administrator the request_id: the log has what happened",
        ),
    )


def _of_seal(request: Request[Any, Any, Any], error: SealBroken) -> Response[Any]:
    _log.error("sealed part broken", what=error.what)
    return problem_answer(
        request,
        Problem(
            SEALED_PART_BROKEN,
            "请把 request_id 告知系统管理员，并运行 liandong audit verify",
            "Tell the administrator the request_id; `liandong audit verify` finds what was altered",
        ),
    )


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    Problem: _of_problem,
    SealBroken: _of_seal,
    HTTPException: _of_litestar,
    Exception: _of_anything,
}
