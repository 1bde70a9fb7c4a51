"""Sending an answer: in the format and packing that the client accepts."""

import zlib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
import zstandard
from litestar import Request, Response

from schemas.problems import NOT_ACCEPTABLE, Problem
from service.http.preference import preferences

T = TypeVar("T")

JSON: Final = "application/json"
MESSAGEPACK: Final = "application/msgpack"
WORTH_PACKING: Final = 1024  # below, the headers and the time cost more than is saved
_ZSTD_LEVEL: Final = 3
_GZIP_LEVEL: Final = 5

_to_json = msgspec.json.Encoder().encode
_to_messagepack = msgspec.msgpack.Encoder().encode


def answered(
    request: Request[Any, Any, Any], value: T, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[T]:
    """`value` as JSON, or as MessagePack for a client that asks for it."""
    media_type = accepted_format(request)
    body = _to_messagepack(value) if media_type == MESSAGEPACK else _to_json(value)
    return answer(request, body, media_type, status, headers)


def answer(
    request: Request[Any, Any, Any],
    body: bytes,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """`body` as it is, packed if the client accepts that and it is worth it.

    Nothing on the way may keep it, unless `headers` say otherwise: nearly every answer is one person's.
    """
    sent = {
        "Content-Type": media_type,
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Encoding",
        **(headers or {}),
    }
    if len(body) > WORTH_PACKING:
        encoding = accepted_packing(request.headers.get("accept-encoding", ""))
        if encoding == "zstd":
            body = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)
        elif encoding == "gzip":
            packer = zlib.compressobj(_GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16)
            body = packer.compress(body) + packer.flush()
        if encoding is not None:
            sent["Content-Encoding"] = encoding
    return Response(body, status_code=status, headers=sent)


def accepted_format(request: Request[Any, Any, Any]) -> str:
    """JSON or MessagePack, by `Accept`; JSON where both are welcome. Raises NOT_ACCEPTABLE for neither."""
    header = request.headers.get("accept", "")
    if not header:
        return JSON
    wanted = preferences(header)
    rest = wanted.get("application/*", wanted.get("*/*", 0.0))
    json = wanted.get(JSON, rest)
    messagepack = max((wanted[name] for name in _MESSAGEPACK_NAMES if name in wanted), default=rest)
    if json <= 0 and messagepack <= 0:
        raise Problem(
            NOT_ACCEPTABLE,
            "只能用 JSON 或 MessagePack 回答",
            "Answers are application/json or application/msgpack",
        )
    return MESSAGEPACK if messagepack > json else JSON


_MESSAGEPACK_NAMES: Final = (MESSAGEPACK, "application/x-msgpack", "application/vnd.msgpack")


def accepted_packing(header: str) -> str | None:
    """`zstd` if the client takes it, else `gzip`, else None for as it is."""
    wanted = preferences(header)
    for encoding in ("zstd", "gzip"):
        if wanted.get(encoding, wanted.get("*", 0.0)) > 0:
            return encoding
    return None
