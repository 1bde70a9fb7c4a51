"""What has arrived of a file, on disk: sealed piece by piece, and sure to be there once it is counted.

A phone may be cut off at any byte and the server at any moment, so how far an upload has got is told by the
file alone: a row of pieces, each a length and what many bytes of the file sealed, written to the disk before
the next is taken. A piece that was only half written when the power failed is not counted and written over.

Pieces of a request with a checksum stand there on trial until all have come, and count with the mark behind
them. What is not closed by a mark never arrived.
"""

import fcntl
import io
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from sync.sealing import OVERHEAD, SealBroken, SealingKey, nonces

PIECE: Final = 256 * 1024  # bytes of a file that are sealed together, and may be lost by a crash
_LENGTH: Final = struct.Struct(">I")
_ON_TRIAL: Final = 1 << 31
_MARK: Final = 2**32 - 1  # what stands on trial counts; zeros that a power failure leaves do not complete it


class Busy(Exception):
    """Somebody else writes it at the moment."""


class Gone(Exception):
    """It was removed before we had it."""


class _Piece(NamedTuple):
    """Where one stands: `start` in the file that is sent, `at` on disk."""

    start: int
    size: int
    at: int


class _Found(NamedTuple):
    """The pieces that count, and the end of what is sound on disk."""

    pieces: list[_Piece]
    end: int

    @property
    def offset(self) -> int:
        return self.pieces[-1].start + self.pieces[-1].size if self.pieces else 0


def _bound(upload: UUID, number: int) -> bytes:
    return b"part\0" + upload.bytes + number.to_bytes(8)


def _found(fd: int, upload: UUID, key: SealingKey) -> _Found:
    pieces: list[_Piece] = []
    counting, end, at = 0, 0, 0
    start, whole = 0, os.fstat(fd).st_size
    while len(head := os.pread(fd, _LENGTH.size, at)) == _LENGTH.size:
        (word,) = _LENGTH.unpack(head)
        size = word & ~_ON_TRIAL
        at += _LENGTH.size
        if word == _MARK:
            counting, end = len(pieces), at
            continue
        if not 0 < size <= PIECE or at + size + OVERHEAD > whole:
            break
        pieces.append(_Piece(start, size, at))
        start, at = start + size, at + size + OVERHEAD
        if not word & _ON_TRIAL:
            counting, end = len(pieces), at
    # Only the newest was not sure to be on the disk when the one before it was.
    if counting:
        last = pieces[counting - 1]
        try:
            key.unseal(os.pread(fd, last.size + OVERHEAD, last.at), _bound(upload, counting - 1))
        except SealBroken:
            counting, end = counting - 1, last.at - _LENGTH.size
    return _Found(pieces[:counting], end)


def arrived(path: Path, upload: UUID, key: SealingKey) -> int:
    """How many bytes of a file have arrived for good."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0
    try:
        return _found(fd, upload, key).offset
    finally:
        os.close(fd)


class Part:
    """A file on its way, held by one writer alone: `offset` bytes of it have arrived.

    Blocks: call it in a thread.
    """

    def __init__(self, path: Path, upload: UUID, key: SealingKey) -> None:
        """Raises Busy, and Gone."""
        self._path = path
        self._upload = upload
        self._key = key
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            if os.fstat(self._fd).st_nlink == 0:
                raise Gone
            found = _found(self._fd, upload, key)
            self._pieces, self._end = found.pieces, found.end
            os.ftruncate(self._fd, self._end)
            if self._end == 0:
                _sync_folder(path.parent)
        except BaseException:
            os.close(self._fd)
            raise
        self._tried: list[_Piece] = []
        self.offset = found.offset

    def add(self, content: bytes, *, on_trial: bool = False) -> None:
        """Write at most `PIECE` bytes. They have arrived when this returns, or, `on_trial`, with `keep`."""
        pieces = [*self._pieces, *self._tried]
        last = pieces[-1] if pieces else None
        start = 0 if last is None else last.start + last.size
        at = self._end if not self._tried else self._tried[-1].at + self._tried[-1].size + OVERHEAD
        word = len(content) | (_ON_TRIAL if on_trial else 0)
        (nonce,) = nonces(1)
        sealed = self._key.seal(content, _bound(self._upload, len(pieces)), nonce)
        self._write(_LENGTH.pack(word) + sealed, at)
        piece = _Piece(start, len(content), at + _LENGTH.size)
        if on_trial:
            self._tried.append(piece)
        else:
            self._pieces.append(piece)
            self._end = piece.at + piece.size + OVERHEAD
            self.offset = piece.start + piece.size

    def keep(self) -> None:
        """Let what stands on trial count."""
        if self._tried:
            last = self._tried[-1]
            at = last.at + last.size + OVERHEAD
            self._write(_LENGTH.pack(_MARK), at)
            self._pieces += self._tried
            self._tried = []
            self._end, self.offset = at + _LENGTH.size, last.start + last.size

    def take_back(self) -> None:
        """Let what stands on trial never have come."""
        self._tried = []
        os.ftruncate(self._fd, self._end)

    def reader(self) -> io.BufferedReader:
        """The file as far as it has arrived, to be read and sought in. Good until `close`."""
        return io.BufferedReader(_Reading(self._fd, self._upload, self._key, self._pieces), PIECE)

    def remove(self) -> None:
        """Take it off the disk."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def close(self) -> None:
        """Let others write it."""
        os.close(self._fd)

    def _write(self, content: bytes, at: int) -> None:
        view = memoryview(content)
        while view:
            written = os.pwrite(self._fd, view, at)
            view, at = view[written:], at + written
        os.fdatasync(self._fd)


class _Reading(io.RawIOBase):
    def __init__(self, fd: int, upload: UUID, key: SealingKey, pieces: list[_Piece]) -> None:
        super().__init__()
        self._fd = fd
        self._upload = upload
        self._key = key
        self._pieces = pieces
        self._size = pieces[-1].start + pieces[-1].size if pieces else 0
        self._at = 0
        self._opened: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number = self._number()
        piece = self._pieces[number]
        if self._opened[0] != number:
            sealed = os.pread(self._fd, piece.size + OVERHEAD, piece.at)
            self._opened = number, self._key.unseal(sealed, _bound(self._upload, number))
        begins = self._at - piece.start
        taken = self._opened[1][begins : begins + len(buffer)]
        buffer[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)

    def _number(self) -> int:
        """Of the piece that stands where we are."""
        low, high = 0, len(self._pieces) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._pieces[middle].start <= self._at:
                low = middle
            else:
                high = middle - 1
        return low


def pieces_of(file: io.BufferedReader, size: int) -> Iterator[bytes]:
    """All of a file, `size` bytes at a time."""
    file.seek(0)
    while piece := file.read(size):
        yield piece


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
