"""Files that belong to records: sending one by tus 1.0.0, and having one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from email.utils import format_datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, Router, delete, get, head, patch, post, route
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from schemas.problems import (
    AREA_NOT_HELD,
    CHECKSUM_MISMATCH,
    COLLECTION_MISMATCH,
    FILE_DIFFERS,
    FILE_REFUSED,
    FILE_TOO_LARGE,
    INVALID,
    MALFORMED,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    QUOTA_EXCEEDED,
    RANGE_NOT_SATISFIABLE,
    RECORD_ERASED,
    RECORD_RESTRICTED,
    TUS_VERSION,
    UNSUPPORTED_MEDIA,
    UPLOAD_BUSY,
    UPLOAD_EXPIRED,
    UPLOAD_FINISHED,
    UPLOAD_OFFSET,
    WRITE_NOT_ALLOWED,
    Problem,
)
from service.access.store import access_of
from service.attachments import uploads
from service.attachments.contents import Contents
from service.attachments.depot import Depot
from service.attachments.downloads import SAFE, File, Span, file_with, headers_of, span_of
from service.attachments.headers import (
    ALGORITHMS,
    EXTENSIONS,
    OFFSET_OCTETS,
    VERSION,
    Checksum,
    check_body,
    check_version,
    checksum_in,
    metadata_in,
    number_in,
)
from service.attachments.kinds import ENDINGS
from service.attachments.store import Upload
from service.attachments.uploads import Coming, Cut
from service.audit.accountant import accountant_for
from service.auth.bearer import CALLER, SECURITY
from service.auth.caller import Caller
from service.http.documents import in_headers, operation
from service.http.problems import CALLING, documented

SILENT_SECONDS: Final = 20.0  # after which a sender that says nothing is taken to be gone
_HOW: Final = "attachment"
_PLACE: Final = "/api/v1/uploads"

_ON_ITS_WAY: Final = (*CALLING, MALFORMED, TUS_VERSION, NOT_FOUND, UPLOAD_EXPIRED, UPLOAD_BUSY)
_WHEN_WHOLE: Final = (FILE_REFUSED, FILE_DIFFERS)
_BYTES: Final = (UNSUPPORTED_MEDIA, FILE_TOO_LARGE, UPLOAD_OFFSET, CHECKSUM_MISMATCH, *_WHEN_WHOLE)


class Resumable(ASGIMiddleware):
    """Says with every answer, errors too, which tus it speaks."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def saying(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = (("Tus-Resumable", VERSION), ("X-Content-Type-Options", "nosniff"))
                headers = [(name.lower().encode(), value.encode()) for name, value in said]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await next_app(scope, receive, saying)


@route(
    "/",
    http_method=["OPTIONS"],
    status_code=204,
    summary="上传协议 What is spoken here",
    operation_id="upload_options",
    operation_class=in_headers(204, "In headers that begin with `Tus-`"),
    responses=documented(),
)
async def options(state: State) -> Response[None]:
    """The version of tus, its extensions, and how large a file may be."""
    depot: Depot = state.depot
    return Response(
        None,
        status_code=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(depot.largest),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@post(
    "/",
    summary="开始上传 Begin to send a file",
    operation_id="begin_upload",
    operation_class=in_headers(
        201, "In `Location` where it goes, in `Upload-Expires` until when", OFFSET_OCTETS
    ),
    request_max_body_size=None,
    responses=documented(
        *CALLING,
        MALFORMED,
        TUS_VERSION,
        INVALID,
        AREA_NOT_HELD,
        WRITE_NOT_ALLOWED,
        COLLECTION_MISMATCH,
        RECORD_ERASED,
        RECORD_RESTRICTED,
        QUOTA_EXCEEDED,
        UPLOAD_BUSY,
        NOT_FOUND,
        *_BYTES,
    ),
)
async def begin(
    request: Request[Any, Any, State], state: State, caller: NamedDependency[Caller]
) -> Response[None]:
    """For who may write the field that it is for. Give `Upload-Length`, and in `Upload-Metadata` the `id`
    that stands in the `field` of the `record`, its `collection` and `area`; `filename` and `keep_location`
    if you like. Its first bytes may come along as application/offset+octet-stream.
    """
    headers = request.headers
    check_version(headers)
    if "upload-concat" in headers:
        raise Problem(
            MALFORMED,
            "文件须一次从头传到尾，不能分几路上传再合并",
            "A file is one upload, from its start to its end: several are not put together (concatenation)",
        )
    if "upload-defer-length" in headers:
        raise Problem(MALFORMED, "请给出 Upload-Length", "Say how long it is: Upload-Length")
    length = number_in(headers, "Upload-Length")
    said = headers.get("upload-metadata", "")
    wanted, checksum = metadata_in(said), checksum_in(headers.get("upload-checksum"))
    brings_bytes = "content-type" in headers or headers.get("content-length", "0") != "0"
    if brings_bytes:
        check_body(headers)
    upload = await uploads.begin(state.pool, state.depot, caller, wanted, said, length)
    offset = 0
    if brings_bytes:
        found = await uploads.coming(state.pool, caller, upload.id)
        offset = await _taken(request, state, found, 0, checksum)
    return Response(
        None,
        status_code=201,
        headers={**_standing(upload, offset), "Location": f"{_PLACE}/{upload.id}"},
    )


@head(
    "/{upload:uuid}",
    summary="上传进度 How far an upload has got",
    operation_id="upload_offset",
    operation_class=in_headers(200, "In `Upload-Offset`; and what was said of it"),
    responses=documented(*_ON_ITS_WAY, *_WHEN_WHOLE),
)
async def offset(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    upload: FromPath[UUID],
) -> Response[None]:
    """In `Upload-Offset`: for who began it."""
    return await _offset(request, state, caller, upload)


@patch(
    "/{upload:uuid}",
    status_code=204,
    summary="继续上传 Send more of a file",
    operation_id="continue_upload",
    operation_class=in_headers(204, "In `Upload-Offset` how far it has got", OFFSET_OCTETS),
    request_max_body_size=None,
    responses=documented(*_ON_ITS_WAY, *_BYTES),
)
async def go_on(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    upload: FromPath[UUID],
) -> Response[None]:
    """From `Upload-Offset` on. What came before the link broke stays. With the last byte the file is looked
    at, and taken or refused.
    """
    return await _go_on(request, state, caller, upload)


@delete(
    "/{upload:uuid}",
    status_code=204,
    summary="放弃上传 Take an upload back",
    operation_id="stop_upload",
    responses=documented(*_ON_ITS_WAY, UPLOAD_FINISHED),
)
async def stop(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    upload: FromPath[UUID],
) -> None:
    """As long as it has not arrived."""
    await _stop(request, state, caller, upload)


@post(
    "/{upload:uuid}",
    status_code=204,
    summary="代替其他方法 For who can only POST",
    operation_id="upload_by_post",
    operation_class=in_headers(204, "As the method that was named", OFFSET_OCTETS),
    request_max_body_size=None,
    responses=documented(*_ON_ITS_WAY, *_BYTES, METHOD_NOT_ALLOWED, UPLOAD_FINISHED),
)
async def by_post(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    upload: FromPath[UUID],
) -> Response[None]:
    """As the method that `X-HTTP-Method-Override` names: PATCH, DELETE or HEAD."""
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await _go_on(request, state, caller, upload)
        case "DELETE":
            await _stop(request, state, caller, upload)
            return Response(None, status_code=204)
        case "HEAD":
            return await _offset(request, state, caller, upload)
    raise Problem(METHOD_NOT_ALLOWED, headers={"Allow": "HEAD, PATCH, DELETE"})


@get(
    "/records/{record:uuid}/attachments/{attachment:uuid}",
    tags=["attachments"],
    summary="下载附件 A file of a record",
    operation_id="attachment",
    operation_class=operation(gives=bytes, gives_what="The file", media=tuple(ENDINGS)),
    responses=documented(*CALLING, INVALID, NOT_FOUND, RANGE_NOT_SATISFIABLE),
    dependencies=CALLER,
    security=SECURITY,
)
async def attachment(
    request: Request[Any, Any, State],
    state: State,
    caller: NamedDependency[Caller],
    record: FromPath[UUID],
    attachment: FromPath[UUID],
    small: Annotated[
        bool, QueryParameter(description="Of a picture, one of at most 320 pixels in WebP, for slow links")
    ] = False,
) -> Response[Any]:
    """For who reads the field that it stands in. By ranges, if you like. That it was read is on account."""
    async with state.pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            held = (await access_of(connection, caller)).clearance
            file = await file_with(connection, held, record, attachment, small=small)
        headers = headers_of(file)
        if request.headers.get("if-none-match") == file.etag:
            return Response(None, status_code=304, headers={**SAFE, "ETag": file.etag})
        span = span_of(file, request.headers.get("range"), request.headers.get("if-range"))
        await accountant_for(caller).read(connection, _HOW, file.reading)
    size = file.content.size
    start, end = span or Span(0, size)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    depot: Depot = state.depot
    body = await _begun(depot.contents, file, Span(start, end))
    return Stream(body, status_code=200 if span is None else 206, headers=headers, media_type=file.type)


async def _begun(contents: Contents, file: File, span: Span) -> AsyncIterator[bytes]:
    """The bytes of a span, the first of them read: what is wrong with them is said while it can be."""
    reading = contents.read(file.content, *span)
    first = await anext(reading)

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async with aclosing(reading):
            async for piece in reading:
                yield piece

    return all_of_it()


async def _offset(
    request: Request[Any, Any, State], state: State, caller: Caller, id: UUID
) -> Response[None]:
    check_version(request.headers)
    found = await uploads.coming(state.pool, caller, id)
    offset = await uploads.offset_of(state.pool, state.depot, found)
    return Response(
        None,
        status_code=200,
        headers={
            **_standing(found.upload, offset),
            "Upload-Length": str(found.upload.length),
            "Upload-Metadata": found.head.metadata,
            "Cache-Control": "no-store",
        },
    )


async def _go_on(request: Request[Any, Any, State], state: State, caller: Caller, id: UUID) -> Response[None]:
    headers = request.headers
    check_version(headers)
    check_body(headers)
    offset, checksum = number_in(headers, "Upload-Offset"), checksum_in(headers.get("upload-checksum"))
    found = await uploads.coming(state.pool, caller, id)
    reached = await _taken(request, state, found, offset, checksum)
    return Response(None, status_code=204, headers=_standing(found.upload, reached))


async def _taken(
    request: Request[Any, Any, State], state: State, found: Coming, offset: int, checksum: Checksum | None
) -> int:
    announced = request.headers.get("content-length", "")
    length = int(announced[:20]) if announced.isdecimal() else 0
    return await uploads.append(state.pool, state.depot, found, offset, checksum, _pieces(request), length)


async def _stop(request: Request[Any, Any, State], state: State, caller: Caller, id: UUID) -> None:
    check_version(request.headers)
    await uploads.stop(state.pool, state.depot, caller, await uploads.coming(state.pool, caller, id))


def _standing(upload: Upload, offset: int) -> dict[str, str]:
    return {
        "Upload-Offset": str(offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


async def _pieces(request: Request[Any, Any, State]) -> AsyncIterator[bytes]:
    """The body, as it comes. Raises Cut where it ends before its end, or the sender falls silent."""
    while True:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                message: Any = await request.receive()
        except TimeoutError:
            raise Cut from None
        if message["type"] == "http.disconnect":
            raise Cut
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body", False):
            return


UPLOADS = Router(
    "/uploads",
    route_handlers=[
        options,
        Router(
            "",
            route_handlers=[begin, offset, go_on, stop, by_post],
            dependencies=CALLER,
            security=SECURITY,
        ),
    ],
    middleware=[Resumable()],
    tags=["attachments"],
)
