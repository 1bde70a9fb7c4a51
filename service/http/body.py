"""Reading what a client sends: no more than the limit, whatever it claims and however it is packed.

`Content-Encoding` may be gzip or zstd (RFC 9110, 8.4). The limit holds for what is received and for what
comes out, so neither a large body nor a small one that unpacks to a large one takes more memory than twice
the limit.
"""

import asyncio
import re
import zlib
from typing import Any, Final, TypeVar

import msgspec
import zstandard
from litestar import Request

from schemas.problems import INVALID, MALFORMED, TOO_LARGE, UNSUPPORTED_MEDIA, FieldProblem, Problem
from sync.wire import MAX_BODY

T = TypeVar("T")

MESSAGEPACK_TYPES: Final = frozenset(
    {"application/msgpack", "application/x-msgpack", "application/vnd.msgpack"}
)
ENCODINGS: Final = "zstd, gzip"
IN_A_THREAD: Final = 64 * 1024  # packed bytes from which unpacking would hold up the others
# Four bytes of zstd may stand for a block of 128 KiB: fed in slices of this size, no slice gives over 8 MiB.
_ZSTD_SLICE: Final = 256
_ZSTD_WINDOW: Final = 8 * 1024 * 1024  # what RFC 8878, 3.1.1.1.2, asks decoders to support


class BoundedRequest(Request[Any, Any, Any]):
    """The application's requests: `body()` is `read_body`, and a handler's `data` comes from `decoded`."""

    _read: bytes | None = None

    async def body(self) -> bytes:
        if self._read is None:
            self._read = await read_body(self)
        return self._read

    async def json(self) -> Any:
        """The body as what the handler declares its `data` to be, from JSON or MessagePack."""
        declared = self.route_handler.parsed_data_field
        wanted: Any = Any if declared is None else declared.annotation
        return decoded(await self.body(), wanted, self.headers.get("content-type", ""))


async def read_body(request: Request[Any, Any, Any], limit: int = MAX_BODY) -> bytes:
    """The body of `request`, unpacked.

    Raises TOO_LARGE beyond `limit` bytes, UNSUPPORTED_MEDIA for an encoding other than gzip and zstd, and
    MALFORMED for a body that ends early or does not unpack.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip", "zstd"):
        raise Problem(
            UNSUPPORTED_MEDIA,
            "内容编码只支持 zstd 与 gzip",
            "Content-Encoding may be zstd or gzip",
            headers={"Accept-Encoding": ENCODINGS},
        )
    packed = await _received(request, limit)
    if encoding == "identity":
        return packed
    unpack = _from_zstd if encoding == "zstd" else _from_gzip
    if len(packed) > IN_A_THREAD:
        return await asyncio.to_thread(unpack, packed, limit)
    return unpack(packed, limit)


async def _received(request: Request[Any, Any, Any], limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message: Any = await request.receive()
        if message["type"] == "http.disconnect":
            raise Problem(MALFORMED, "请求没有发送完整", "The request ended before its body did")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _from_gzip(packed: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(packed, limit + 1)
    except zlib.error:
        raise _not_packed_right("gzip") from None
    if len(body) > limit:
        raise _too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise _not_packed_right("gzip")
    return body


def _from_zstd(packed: bytes, limit: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    chunks: list[bytes] = []
    size = 0
    for start in range(0, len(packed), _ZSTD_SLICE):
        if unpacker.eof:
            raise _not_packed_right("zstd")
        try:
            chunk = unpacker.decompress(packed[start : start + _ZSTD_SLICE])
        except zstandard.ZstdError:
            raise _not_packed_right("zstd") from None
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    if not unpacker.eof or unpacker.unused_data:
        raise _not_packed_right("zstd")
    return b"".join(chunks)


def _too_large(limit: int) -> Problem:
    shown = f"{limit // (1024 * 1024)} MiB" if limit >= 1024 * 1024 else f"{limit} B"
    return Problem(TOO_LARGE, f"解压后最多 {shown}", f"At most {shown} once unpacked")


def _not_packed_right(encoding: str) -> Problem:
    return Problem(
        MALFORMED,
        f"内容不是完整的 {encoding} 数据",
        f"The body is not one whole {encoding} stream, as Content-Encoding says",
    )


def decoded(body: bytes, type: type[T], content_type: str = "") -> T:
    """`body` as a `type`, from JSON, or from MessagePack where `content_type` says so.

    Raises UNSUPPORTED_MEDIA for another content type, MALFORMED for what cannot be read at all, and INVALID,
    with a pointer to the value, for what can be read and is not a `type`.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in MESSAGEPACK_TYPES:
        decode: Any = msgspec.msgpack.decode
    elif not media_type or media_type == "application/json" or media_type.endswith("+json"):
        decode = msgspec.json.decode
    else:
        raise Problem(
            UNSUPPORTED_MEDIA,
            "内容格式只支持 JSON 与 MessagePack",
            "Content-Type may be application/json or application/msgpack",
            headers={"Accept": "application/json, application/msgpack"},
        )
    try:
        result: T = decode(body, type=type)
    except msgspec.ValidationError as error:
        raise Problem(INVALID, errors=(problem_in_value(error),)) from None
    except RecursionError:
        raise Problem(MALFORMED, "内容嵌套过深", "The body is nested too deep") from None
    except UnicodeDecodeError as error:
        where = error.start
        raise Problem(
            MALFORMED, f"第 {where} 字节处的文字不是 UTF-8", f"The text at byte {where} is not UTF-8"
        ) from None
    except msgspec.DecodeError as error:
        raise Problem(MALFORMED, f"内容无法读取：{error}", f"{error}") from None
    return result


# What msgspec says, the code that we give it, and how that is called in Chinese.
_SAYINGS: Final[list[tuple[str, str, str]]] = [
    ("missing required field", "required", "缺少必填项"),
    ("unknown field", "unknown", "没有此项"),
    ("of length", "length", "长度不对"),
    ("matching regex", "pattern", "格式不对"),
    ("Invalid enum value", "choice", "不在可选值之内"),
    ("Invalid UUID", "uuid", "编号格式不对"),
    ("Invalid RFC3339", "date", "日期时间格式不对"),
    (">=", "range", "数值超出范围"),
    ("<=", "range", "数值超出范围"),
    ("out of range", "range", "数值超出范围"),
    ("got `", "type", "类型不对"),
]
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")


def problem_in_value(error: msgspec.ValidationError) -> FieldProblem:
    """What msgspec found wrong, with the JSON pointer that its path comes to.

    The key of a mapping is not in its path: then the pointer is that of the mapping.
    """
    matched = _PLACE.match(str(error))
    assert matched is not None
    said, path = matched["said"], matched["path"] or ""
    pointer = ""
    for name, index, mapping in _STEP.findall(path):
        if mapping:
            break
        pointer += f"/{name or index}"
    if missing := re.fullmatch(r"Object missing required field `(.+)`", said):
        pointer += f"/{missing[1]}"
    code, zh = next(((code, zh) for words, code, zh in _SAYINGS if words in said), ("invalid", "内容有误"))
    return FieldProblem(pointer, code, f"{zh}：{said}", said)
