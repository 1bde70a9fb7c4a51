"""What tus 1.0.0 says in headers, read (https://tus.io/protocols/resumable-upload)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.problems import INVALID, MALFORMED, TUS_VERSION, UNSUPPORTED_MEDIA, FieldProblem, Problem
from service.http.body import problem_in_value

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS: Final = ("sha1", "sha256")
OFFSET_OCTETS: Final = "application/offset+octet-stream"
LONGEST_METADATA: Final = 4_096


class Wanted(msgspec.Struct, frozen=True):
    """What `Upload-Metadata` says of a file; what else stands there is the client's own affair.

    `id`: under which the file stands in `field` of the record, which may be on its way yet. `area`: where the
    record is. `keep_location`: the form asks where a photo was taken.
    """

    id: UUID
    record: UUID
    collection: Annotated[str, Meta(max_length=64)]
    field: Annotated[str, Meta(max_length=64)]
    area: UUID
    filename: Annotated[str, Meta(max_length=255)] | None = None
    keep_location: bool = False


class Checksum(NamedTuple):
    """What the bytes of one request must come to."""

    algorithm: str
    digest: bytes

    def begun(self) -> Any:
        """A hash to be fed with them."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def check_version(headers: Mapping[str, str]) -> None:
    """Raises TUS_VERSION for a request that does not speak ours."""
    if headers.get("tus-resumable") != VERSION:
        raise Problem(TUS_VERSION, headers={"Tus-Version": VERSION})


def check_body(headers: Mapping[str, str]) -> None:
    """Raises UNSUPPORTED_MEDIA for a body that is not bytes of a file as they are."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = headers.get("content-encoding", "").strip().lower()
    if media_type != OFFSET_OCTETS or encoding not in ("", "identity"):
        raise Problem(
            UNSUPPORTED_MEDIA,
            f"请以 {OFFSET_OCTETS} 发送，不要压缩",
            f"Send the bytes as {OFFSET_OCTETS}, and as they are",
            headers={"Accept": OFFSET_OCTETS},
        )


def metadata_in(header: str) -> Wanted:
    """What `Upload-Metadata` says. Raises INVALID with a pointer to the key at fault."""
    if len(header) > LONGEST_METADATA:
        raise _bad("", "length", "说明过长", f"At most {LONGEST_METADATA} characters")
    said: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        name, _, value = pair.strip().partition(" ")
        if not name or name in said:
            raise _bad("", "key", "键名缺失或重复", "Each key is named, once")
        try:
            said[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise _bad(f"/{name}", "base64", "不是 base64 编码的文字", "Not text in base64") from None
    try:
        return msgspec.convert(said, Wanted, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(INVALID, errors=(problem_in_value(error).under("/Upload-Metadata"),)) from None


def checksum_in(header: str | None) -> Checksum | None:
    """What `Upload-Checksum` says. Raises MALFORMED for an algorithm that is not offered."""
    if header is None:
        return None
    algorithm, _, value = header.strip().partition(" ")
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm not in ALGORITHMS or len(digest) != hashlib.new(algorithm).digest_size:
        raise Problem(
            MALFORMED,
            "Upload-Checksum 只支持 sha1 与 sha256",
            f"Upload-Checksum is one of {', '.join(ALGORITHMS)} and the digest in base64",
        )
    return Checksum(algorithm, digest)


def number_in(headers: Mapping[str, str], name: str) -> int:
    """The number in a header that has to be there. Raises MALFORMED."""
    text = headers.get(name.lower(), "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem(MALFORMED, f"缺少 {name} 或不是整数", f"{name} has to be there, and a number")
    return int(text)


def _bad(pointer: str, code: str, zh: str, en: str) -> Problem:
    return Problem(INVALID, errors=(FieldProblem(f"/Upload-Metadata{pointer}", code, zh, en),))
