"""What operators watch, for Prometheus.

Several processes on one port keep their numbers in files of a shared folder, and any of them adds up those of
all (prometheus_client's multiprocess mode). Labels are routes as declared, never paths as sent:
those name records, and anybody can make up as many as they like.
"""

import os
import time
from pathlib import Path
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when it is imported
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_METHODS: Final = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})

_REQUESTS = Counter("liandong_requests", "Requests answered", ["method", "route", "status"])
_SECONDS = Histogram(
    "liandong_request_seconds",
    "From the request's head to the answer's head",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


def share_numbers(folder: Path) -> None:
    """Let the processes that are started from here on share `folder`. What an earlier run left there goes."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink(missing_ok=True)
    os.environ[SHARED] = str(folder)


class Counted:
    """ASGI middleware around the whole application, so that unknown paths are counted as well."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                method, route = method_and_route(scope)
                _REQUESTS.labels(method, route, str(message["status"])).inc()
                _SECONDS.labels(route).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counting)


def method_and_route(scope: HTTPScope) -> tuple[str, str]:
    """What may be told of a request that was answered: neither is of its sender's making."""
    method = scope["method"] if scope["method"] in _METHODS else "other"
    return method, scope.get("path_template") or "unknown"


def exposition() -> bytes:
    """The numbers in Prometheus' text format, of all processes."""
    if SHARED not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)
