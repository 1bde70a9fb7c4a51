"""Giving a file to whoever reads the field that it stands in.

A file is there for them where its id stands in a part of its record that they read now: what was taken out of
the field, put away, erased or deleted with its record is there for nobody, and what another field holds is
not there for who does not read that one. Whether there is no such file or it may not be seen is answered
alike, after the same statements.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import Privacy
from schemas.problems import NOT_FOUND, RANGE_NOT_SATISFIABLE, Problem
from service.attachments import store
from service.attachments.arrival import content_of, thumbnail_of
from service.attachments.contents import Content
from service.attachments.kinds import ENDINGS, WEBP
from service.attachments.store import Attachment
from sync import pull_store
from sync.attached import opened_head
from sync.audit import PERSONAL, Reading
from sync.confine import confine
from sync.keyring import NOWHERE
from sync.scope import Clearance
from sync.statement import Connection

SAFE: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""With every file: nothing on the way keeps it, and nobody runs it."""

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_decode = msgspec.json.decode


class File(NamedTuple):
    """One that somebody may have. `name`: what it is to be saved as."""

    content: Content
    type: str
    name: str
    etag: str
    reading: Reading


class Span(NamedTuple):
    """The bytes from `start` up to before `end`."""

    start: int
    end: int


async def file_with(
    connection: Connection, held: Clearance, record: UUID, id: UUID, *, small: bool = False
) -> File:
    """The file `id` of a record, or the `small` picture of it. Raises NOT_FOUND.

    Run it in a transaction of one snapshot.
    """
    areas = held.held
    await confine(connection, areas)
    files = await store.with_id(connection, areas, record, id)
    lies_in = sorted(row["area"] for row in await pull_store.held(connection, areas, [record]))
    for area in lies_in or areas[:1] or [NOWHERE]:
        parts = await _parts(connection, held, area, record)
        for file in files:
            privacy = COLLECTIONS[file.collection].privacy_of(file.field)
            if file.area == area and str(id) in (parts.get(privacy, {}).get(file.field) or ()):
                if small and file.thumbnail is None:
                    continue
                return await _file(connection, file, privacy, small)
    raise Problem(NOT_FOUND)


async def _parts(
    connection: Connection, held: Clearance, area: UUID, record: UUID
) -> Mapping[Privacy, dict[str, Any]]:
    """What the holder reads of a record, by class."""
    rows = await pull_store.named(connection, area, held.sight(area), [record])
    return {
        privacy: _decode(body)
        for row in rows
        if not row["deleted"]
        for privacy, body in pull_store.bodies(connection, area, row).items()
    }


async def _file(connection: Connection, file: Attachment, privacy: Privacy, small: bool) -> File:
    head = await opened_head(connection, file.area, file.record, file.field, file.id, file.head)
    content = thumbnail_of(file, head.key) if small else content_of(file, head.key)
    media_type = WEBP if small else file.type
    reading: Reading = {}
    if classes := privacy.bit & PERSONAL:
        reading[file.area] = {file.record: classes}
    return File(content, media_type, _name(head.filename, file.id, media_type), f'"{_tag(content)}"', reading)


def _tag(content: Content) -> str:
    return content.address.rpartition("/")[2][:32]


def _name(filename: str | None, id: UUID, media_type: str) -> str:
    """What its sender called it, but for what a file's name cannot hold, and the ending of what it is."""
    stem = re.sub(r"[\x00-\x1f\x7f\\/:*?\"<>|\u202a-\u202e\u2066-\u2069]", "_", filename or "").strip(" .")
    return f"{stem.rpartition('.')[0] or stem or id}.{ENDINGS[media_type]}"


def headers_of(file: File) -> dict[str, str]:
    """What is said with a file, or a span of it."""
    plain, encoded = re.sub(r"[^A-Za-z0-9._ -]", "_", file.name), quote(file.name, safe="")
    return {
        **SAFE,
        "Content-Type": file.type,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "Accept-Ranges": "bytes",
        "ETag": file.etag,
    }


def span_of(file: File, asked: str | None, if_range: str | None) -> Span | None:
    """Which bytes are asked for (RFC 9110, 14.2); None: all. Raises RANGE_NOT_SATISFIABLE.

    What is not one plain range of bytes, or is meant for another file than this, counts as not asked.
    """
    size = file.content.size
    if asked is None or (if_range is not None and if_range.strip() != file.etag):
        return None
    matched = _RANGE.fullmatch(asked.replace(" ", ""))
    if matched is None or not (matched[1] or matched[2]):
        return None
    if not matched[1]:
        start, end = max(size - int(matched[2]), 0), size
    else:
        start, end = int(matched[1]), min(int(matched[2] or size) + 1, size)
        if matched[2] and int(matched[2]) < start:
            return None
    if start >= end:
        raise Problem(RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    return Span(start, end)
