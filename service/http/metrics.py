"""What operators watch, for Prometheus.

With PROMETHEUS_MULTIPROC_DIR set, as it must be for several processes on one port, the numbers of all of them
are added up (prometheus_client's multiprocess mode). Labels are routes as declared, never paths as sent:
those name records, and anybody can make up as many as they like.
"""

import os
import time
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

METHODS: Final = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_REQUESTS = Counter("liandong_requests", "Requests answered", ["method", "route", "status"])
_SECONDS = Histogram(
    "liandong_request_seconds",
    "From the request's head to the answer's head",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


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
                seen: dict[str, Any] = dict(scope)
                route = seen.get("path_template") or "unknown"
                method = seen["method"] if seen["method"] in METHODS else "other"
                _REQUESTS.labels(method, route, str(message["status"])).inc()
                _SECONDS.labels(route).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counting)


def exposition() -> bytes:
    """The numbers in Prometheus' text format, of all processes."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)
