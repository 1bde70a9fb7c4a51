"""What is logged, and what never is.

A log is read by people who are not cleared for the records. So: no bodies, no query strings, no tokens, no
local variables in tracebacks. Of a path only the route that it led to, for anybody may write anything there;
of a database error only its kind and place, since PostgreSQL quotes the offending values; of any other error
its words without what it quotes. Lines are for people (`console`) or machines (`json`), by
LIANDONG_LOG_FORMAT.
"""

import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from service.http.metrics import method_and_route
from service.settings import Settings

REQUEST_ID = "x-request-id"
ACCEPTABLE_ID = re.compile(rb"(?!.*[0-9]{11})[A-Za-z0-9._-]{8,64}")  # nobody's phone or ID number
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|[0-9]{6,}")
SECRET_NAMES = re.compile(
    r"password|token|secret|authorization|cookie|cursor|resident_id|body", re.IGNORECASE
)
MASK = "••••••"

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(settings: Settings) -> None:
    """Send everything, also what libraries log, through one pipeline to stderr. Once a process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if settings.log_format == "json":
        last += [_error_as_text, structlog.processors.JSONRenderer(serializer=_to_json)]
    else:
        is_terminal = sys.stderr.isatty()
        last += [_error_as_text, structlog.dev.ConsoleRenderer(colors=is_terminal)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in ("httpx", "httpcore", "asyncio", "alembic", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


class AccessLog:
    """ASGI middleware: one line a request, and an id that the answer and every line about it carry.

    An id sent along (by a proxy or a phone) is kept if it is 8–64 plain characters, and no long number.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == REQUEST_ID.encode()), b"")
        request_id = sent.decode() if ACCEPTABLE_ID.fullmatch(sent) else uuid.uuid4().hex
        status = 500  # stands if the application dies without an answer
        begun = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID.encode(), request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                method, route = method_and_route(scope)
                self._log.info(
                    "request",
                    method=method,
                    path=route,
                    status=status,
                    ms=round((time.perf_counter() - begun) * 1000, 1),
                )


def described_error(error: BaseException) -> str:
    """`error` with its causes and where they were raised, without the values that it quotes."""
    return "\n".join(_described(error))


def _described(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _described(cause)
        yield "which led to:"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_message(error)}"


def _message(error: BaseException) -> str:
    if isinstance(error, asyncpg.PostgresError):
        named = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")
        return " ".join(f"{name}={value}" for name in named if (value := getattr(error, name, None)))
    return QUOTED.sub("…", str(error))


def _error_as_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    info: ErrorInfo | BaseException | bool | None = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = described_error(error)
    return event


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in event:
        if name != "event" and SECRET_NAMES.search(name):
            event[name] = MASK
    return event


def _to_json(event: EventDict, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
