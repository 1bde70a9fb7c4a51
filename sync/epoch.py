"""The epoch: one incarnation of the data set, renewed when the database turns out to be older than it was.

Who restores a backup should not have to remember to say so. A file beside the database keeps the highest
position that this server ever acknowledged; a database whose logs end before it has lost acknowledged work.
Then the epoch is renewed, old cursors are refused, and the phones send their journals again (protocol.md,
What must always hold, 12). The file is written a moment after each push; a database restored to within that
moment is caught by the cursors that lie beyond the end of a log (sync/pull.py).
"""

import asyncio
import fcntl
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from sync.statement import Connection, statement

FILE = "acknowledged.json"

_MAKE = statement("INSERT INTO dataset (epoch) VALUES (:epoch) ON CONFLICT DO NOTHING")
_EPOCH = statement("SELECT epoch FROM dataset")
_HEAD = statement("SELECT coalesce(max(last_rev), 0) FROM area")
_RENEW = statement("UPDATE dataset SET epoch = :epoch")


class Acknowledged(msgspec.Struct, frozen=True):
    """What the file says: in which epoch, up to which position."""

    epoch: UUID
    rev: int


async def confirm(connection: Connection, folder: Path) -> UUID:
    """The epoch of the database; a new one if `folder` remembers more than the database does."""
    with _alone(folder):
        await _MAKE.execute(connection, epoch=uuid.uuid4())
        epoch: UUID = await _EPOCH.fetchval(connection)
        head: int = await _HEAD.fetchval(connection)
        kept = _read(folder)
        if kept is not None and kept.rev > head:
            return await _renewed(connection, folder)
        _write(folder, Acknowledged(epoch, max(head, kept.rev if kept else 0)))
        return epoch


async def renew(connection: Connection, folder: Path) -> UUID:
    """A new epoch, because somebody who restored the database says so."""
    with _alone(folder):
        await _MAKE.execute(connection, epoch=uuid.uuid4())
        return await _renewed(connection, folder)


async def _renewed(connection: Connection, folder: Path) -> UUID:
    epoch = uuid.uuid4()
    await _RENEW.execute(connection, epoch=epoch)
    head: int = await _HEAD.fetchval(connection)
    _write(folder, Acknowledged(epoch, head))
    return epoch


class HighWater:
    """Remembers, in the file, how far this process has acknowledged. `note` is cheap, `keep` writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted = 0
        self._written = 0

    def note(self, revs: Iterable[int]) -> None:
        """Changes at these positions are about to be acknowledged."""
        self._noted = max(self._noted, *revs, 0)

    async def keep(self) -> None:
        """Write down what was noted since the last time, in a thread."""
        if self._noted > self._written:
            noted = self._noted
            await asyncio.to_thread(self._raise_to, noted)
            self._written = noted

    def _raise_to(self, rev: int) -> None:
        with _alone(self._folder):
            kept = _read(self._folder)
            if kept is not None and kept.rev < rev:
                _write(self._folder, Acknowledged(kept.epoch, rev))


def _read(folder: Path) -> Acknowledged | None:
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Acknowledged)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(folder: Path, what: Acknowledged) -> None:
    path = folder / FILE
    unfinished = path.with_suffix(".new")
    with unfinished.open("wb") as file:
        file.write(msgspec.json.encode(what))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time: several start, and write, at once."""
    with (folder / (FILE + ".lock")).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
