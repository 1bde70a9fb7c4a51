"""The kinds of files that are taken, told by what is in them and never by what they are called.

Few, and none that a browser would run. Pictures are besides made anew from their pixels
(service/attachments/pictures.py); of the others the type is fixed by how they begin, and they are served so
that nothing is done with them but to save them.
"""

import io
import struct
from collections.abc import Iterator
from typing import Final

import filetype

from schemas.problems import FILE_REFUSED, Problem

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
ENDINGS: Final = {
    JPEG: "jpg",
    PNG: "png",
    WEBP: "webp",
    "application/pdf": "pdf",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/3gpp": "3gp",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
}
"""By media type, all that is taken, and how a name of such a file ends."""

PICTURES: Final = frozenset({JPEG, PNG, WEBP})

_HEAD: Final = 8_192
_BOXES: Final = 2_000  # more than any recorder writes
_HOLDING: Final = frozenset({b"moov", b"trak", b"mdia"})
_SPOKEN: Final = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_APPLE: Final = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif")


def type_of(file: io.BufferedReader) -> str:
    """The media type of `file`, one of `ENDINGS`. Raises FILE_REFUSED."""
    file.seek(0)
    head = file.read(_HEAD)
    if head[4:8] == b"ftyp":
        return _of_film(file, head)
    found = filetype.guess(head)
    media_type = None if found is None else str(found.mime)
    if media_type not in ENDINGS or (media_type == "audio/ogg" and not _is_spoken(head)):
        raise _refused()
    return media_type


def _of_film(file: io.BufferedReader, head: bytes) -> str:
    """Recorders write sound into the container that films come in: it is sound if every track is."""
    brand = head[8:12]
    if brand in _APPLE:
        raise Problem(
            FILE_REFUSED,
            "不接收 HEIC 照片，请在手机上存为 JPEG",
            "HEIC is not taken: have the phone save the photo as JPEG",
        )
    if set(_tracks(file)) != {b"soun"}:
        raise _refused()
    return "audio/3gpp" if brand.startswith(b"3g") else "audio/mp4"


def _tracks(file: io.BufferedReader) -> Iterator[bytes]:
    """What each track of an ISO base media file (ISO/IEC 14496-12) holds: `soun`, `vide` …"""
    end = file.seek(0, io.SEEK_END)
    at = 0
    for _ in range(_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))
            head = 16
        elif size == 0:
            size = end - at
        if name == b"hdlr":
            yield file.read(12)[8:12]
        if size < head or at + size > end:
            return
        at += head if name in _HOLDING else size


def _is_spoken(head: bytes) -> bool:
    """Whether an Ogg file begins with sound, and not with a film."""
    return any(codec in head[:64] for codec in _SPOKEN)


def _refused() -> Problem:
    return Problem(
        FILE_REFUSED,
        "只接收 JPEG、PNG、WebP 图片，MP3、M4A、AAC、OGG、AMR 录音和 PDF",
        "What is taken: JPEG, PNG and WebP; MP3, M4A, AAC, OGG and AMR; PDF",
    )
