"""Requests and replies, and how they travel. A lossy link is one more `Transport` around another.

A transport answers with what the server said, or raises `Lost` when that cannot be known: the request may
not have arrived, or the answer did not, or not whole. Who sends through it must be ready for each of these.
"""

import gzip
from collections.abc import Mapping
from typing import Literal, Protocol

import httpx
import msgspec
import zstandard

COMPRESS_FROM = 512  # bytes; below, a compressed body is no smaller on the wire


class Request(msgspec.Struct, frozen=True):
    """One request. `body` is JSON. `failures`: how often in a row it was answered with passing trouble."""

    method: Literal["GET", "POST"]
    path: str
    body: bytes | None = None
    token: str | None = None
    patience: float = 60.0  # seconds
    failures: int = 0


class Reply(msgspec.Struct, frozen=True):
    """What the server said. `retry_after`: seconds, where it asked for that."""

    status: int
    body: bytes
    retry_after: float | None = None


class ProblemReply(msgspec.Struct, frozen=True):
    """A reply that is a problem (RFC 9457), as far as a device needs it."""

    type: str = "about:blank"
    title: str = ""
    detail: str | None = None
    errors: list[dict[str, str]] = []
    enrolment_token: str | None = None


class Lost(Exception):
    """No reply, or only a piece of one."""


class Transport(Protocol):
    """Carries one request. Raises `Lost`."""

    async def send(self, request: Request) -> Reply: ...


class HttpTransport:
    """A server at `url`, over HTTP. Bodies are compressed both ways.

    `encoding`: how to compress what is sent. `client`: to reuse connections, or to reach an app in this very
    process (`httpx.ASGITransport`); it is closed with this one.
    """

    def __init__(
        self,
        url: str,
        *,
        encoding: Literal["zstd", "gzip", "identity"] = "zstd",
        language: Literal["zh", "en"] = "zh",
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._encoding = encoding
        self._language = language
        self._client = client or httpx.AsyncClient()

    async def send(self, request: Request) -> Reply:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "zstd, gzip",
            "Accept-Language": self._language,
        }
        if request.token is not None:
            headers["Authorization"] = f"Bearer {request.token}"
        body = request.body
        if body is not None:
            headers["Content-Type"] = "application/json"
            if len(body) >= COMPRESS_FROM and self._encoding != "identity":
                body = _compressed(body, self._encoding)
                headers["Content-Encoding"] = self._encoding
        try:
            response = await self._client.request(
                request.method,
                self._url + request.path,
                content=body,
                headers=headers,
                timeout=request.patience,
            )
        except httpx.HTTPError as error:
            raise Lost(f"{type(error).__name__}: {error}") from error
        return Reply(response.status_code, response.content, _retry_after(response.headers))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _compressed(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.compress(body, compresslevel=6, mtime=0)
    return zstandard.ZstdCompressor(level=3).compress(body)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
