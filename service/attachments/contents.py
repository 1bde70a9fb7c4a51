"""Where the contents of files lie: a folder, or storage that speaks S3, by one setting and one way of asking.

A content lies under its SHA-256; where the class of its field is sealed, under a keyed hash instead, since
which files are the same is nobody's business. What is sealed is sealed in chunks, each bound to the file, its
number and whether it is the last: so a range is read without all before it, and nothing can be cut short,
put in another order or in another place. A file has a key of its own (`sync.attached.Head`).
"""

import hashlib
import hmac
import os
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from schemas.problems import NOT_FOUND, UNAVAILABLE, Problem
from service.settings import Settings
from sync.sealing import OVERHEAD, SealingKey, nonces

CHUNK: Final = 64 * 1024
_AT_ONCE: Final = 8  # chunks that are asked for together
_SEALED_CHUNK: Final = CHUNK + OVERHEAD


class Content(NamedTuple):
    """One thing that lies there. `part`: 0 the file itself, 1 its thumbnail; both have one key.

    `key`: None where it is not sealed. `size`: bytes, before it was sealed.
    """

    address: str
    size: int
    record: UUID
    attachment: UUID
    part: int
    key: bytes | None


class Contents:
    """All contents of an installation."""

    def __init__(self, place: Any, folder: Path | None) -> None:
        """`place`: an obstore. `folder`: where that is one on this machine."""
        self._place = place
        self._folder = folder

    def put(self, content: Content, plain: Iterable[bytes]) -> None:
        """Lay it there, whole or not at all, for good. Blocks. `plain`: in chunks of `CHUNK`.

        Raises UNAVAILABLE where the storage is away.
        """
        pieces = iter(plain) if content.key is None else _sealed(content, content.key, plain)
        try:
            obstore.put(self._place, content.address, pieces)
        except BaseError as error:
            raise _away(error) from error
        if self._folder is not None:
            _sync_up(self._folder / content.address, self._folder)

    async def read(self, content: Content, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to before `end`.

        Raises SealBroken, NOT_FOUND where it does not lie there, UNAVAILABLE where the storage is away.
        """
        first, last = start // CHUNK, max(end - 1, 0) // CHUNK
        for number in range(first, last + 1, _AT_ONCE):
            until = min(number + _AT_ONCE - 1, last)
            begins = number * CHUNK
            plain = await self._chunks(content, number, until)
            yield plain[max(start - begins, 0) : end - begins]

    async def _chunks(self, content: Content, first: int, last: int) -> bytes:
        key = None if content.key is None else SealingKey(0, content.key)
        size = CHUNK if key is None else _SEALED_CHUNK
        whole = content.size if key is None else content.size + OVERHEAD * _count(content.size)
        stop = min((last + 1) * size, whole)
        try:
            raw = bytes(
                await obstore.get_range_async(self._place, content.address, start=first * size, end=stop)
            )
        except FileNotFoundError:
            raise Problem(
                NOT_FOUND, "附件内容已丢失，请告知系统管理员", "Its content is lost: tell the administrator"
            ) from None
        except BaseError as error:
            raise _away(error) from error
        if key is None:
            return raw
        final = _count(content.size) - 1
        return b"".join(
            key.unseal(
                raw[(number - first) * size : (number - first + 1) * size],
                _bound(content, number, number == final),
            )
            for number in range(first, last + 1)
        )

    async def remove(self, address: str) -> None:
        """Take it away. Raises UNAVAILABLE where the storage is away."""
        try:
            await obstore.delete_async(self._place, address)
        except FileNotFoundError:
            if self._folder is None:  # S3 deletes what is not there too: it is the bucket that is not
                raise Problem(UNAVAILABLE, "附件存储不存在", "There is no such storage") from None
        except BaseError as error:
            raise _away(error) from error


def contents_for(settings: Settings) -> Contents:
    """The contents of the installation. Credentials for S3 come from the environment, as its own tools have
    it (AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL …)."""
    place = settings.attachments or str(settings.data / "attachments")
    if place.startswith("s3://"):
        return Contents(S3Store.from_url(place), None)
    folder = Path(place)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Contents(LocalStore(folder), folder)


def address_of(digest: bytes, key: bytes | None, part: int) -> str:
    """Where a content with the SHA-256 `digest` lies; `key`: that of its file, if it is sealed."""
    if key is None:
        name = digest.hex()
        return f"plain/{name[:2]}/{name}"
    name = hmac.digest(key, b"address\0%c" % part + digest, "sha256").hex()
    return f"sealed/{name[:2]}/{name}"


def digest_of(plain: Iterable[bytes]) -> tuple[bytes, int]:
    """The SHA-256 of a content, and its size."""
    digest, size = hashlib.sha256(), 0
    for piece in plain:
        digest.update(piece)
        size += len(piece)
    return digest.digest(), size


def chunks(content: bytes) -> Iterator[bytes]:
    """What is in memory as a whole, in chunks."""
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]


def _sealed(content: Content, key: bytes, plain: Iterable[bytes]) -> Iterator[bytes]:
    sealing = SealingKey(0, key)
    final = _count(content.size) - 1
    for number, piece in enumerate(plain):
        (nonce,) = nonces(1)
        yield sealing.seal(piece, _bound(content, number, number == final), nonce)


def _bound(content: Content, number: int, is_last: bool) -> bytes:
    belongs = content.record.bytes + content.attachment.bytes
    return b"content\0" + belongs + b"%c%c" % (content.part, is_last) + number.to_bytes(8)


def _count(size: int) -> int:
    """How many chunks."""
    return -(-size // CHUNK)


def _away(error: BaseError) -> Problem:
    return Problem(
        UNAVAILABLE,
        "附件存储暂时不可用",
        f"The storage of attachments is away ({type(error).__name__})",
        headers={"Retry-After": "5"},
    )


def _sync_up(path: Path, top: Path) -> None:
    """Have a new file, and the folders that it may have made, stand after a power failure."""
    while True:
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        if path == top:
            return
        path = path.parent
