"""Everything that is measured, one method each, on one installation.

Each measurement makes what it needs beforehand, unmeasured: documents, bodies, records to edit, cursors. Its
answers are checked afterwards, so that a server that refuses quickly does not count as a fast one.
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec

from service.access.roles import Role
from sync.wire import MAX_LIMIT
from tests.bench import floor, libraries, work
from tests.bench.documents import Document
from tests.bench.driver import Device, Driven, LoadProcess, Step, drive
from tests.bench.floor import Row
from tests.bench.installation import Installation, Phone, guard, make_areas, settle, sign_in
from tests.bench.work import BATCH, Held, Worker

AREAS: Final = 10
DEVICES: Final = 50
FLOOR_WRITERS: Final = 10  # connections; more do not make it faster on two cores, fewer make it slower
SENDERS: Final = 10  # devices that send files at once
FILE_BYTES: Final = 1_000_000
_ENTRY: Final = b'{"collection":"'


class Size(msgspec.Struct, frozen=True):
    """How much is done in a round. `batches`, `files`: a device; `pulled`: records of the initial pull."""

    batches: int
    pulled: int
    idle: int
    deltas: int
    reads: int
    files: int


FULL: Final = Size(batches=4, pulled=10_000, idle=400, deltas=40, reads=3, files=4)
QUICK: Final = Size(batches=1, pulled=2_000, idle=100, deltas=10, reads=2, files=1)


class Sample(msgspec.Struct, frozen=True):
    """One measurement: how many documents were written or read, and how it went."""

    documents: int
    driven: Driven


class LostRecords(Exception):
    """A pull did not bring what there is."""


class Stage:
    """An installation with people and records, and what can be measured on it."""

    def __init__(self, installation: Installation, load: LoadProcess, size: Size) -> None:
        self._installation = installation
        self._load = load
        self._size = size
        self._address = installation.address
        self._watched = installation.watched
        self._serial = itertools.count()
        self._rev = 0

    def prepare(self) -> None:
        """Make the areas, sign everybody in, and store what is pulled: by the server, and on the floor."""
        asyncio.run(self._sign_in())
        each = self._size.pulled // AREAS // BATCH
        stored = self._push_new(self._keepers, each)
        work.make_sure(stored.driven.bodies, "applied")
        documents = [self._documents([worker], each)[0] for worker in self._workers(self._keepers)]
        self._load.run(floor.make_table, self._installation.floor_url)
        self._load.run(
            floor.insert, self._installation.floor_url, self._rows(self._keepers, documents), self._watched
        )
        self._delta_held = self._created([self._delta_writer], 1)[0][:20]
        for url in (self._installation.database_url, self._installation.floor_url):
            asyncio.run(settle(url))

    async def _sign_in(self) -> None:
        url = self._installation.database_url
        counts = (AREAS, AREAS, AREAS, AREAS, AREAS, 1)
        pushed, met, pulled, rx, melon, [delta] = [await make_areas(url, count) for count in counts]
        spread = [[pushed[index % AREAS]] for index in range(DEVICES)]
        self._writers = await sign_in(self._installation, spread)
        self._rivals = await sign_in(self._installation, spread)
        self._meeting = await sign_in(self._installation, [[met[index % AREAS]] for index in range(DEVICES)])
        self._rx = await sign_in(self._installation, [[rx[index % AREAS]] for index in range(DEVICES)])
        self._melons = await sign_in(self._installation, [[melon[index % AREAS]] for index in range(DEVICES)])
        self._pulled = pulled
        self._keepers = await sign_in(self._installation, [[area] for area in pulled])
        [self._reader, self._idler] = await sign_in(self._installation, [pulled, pulled[:1]])
        [self._delta_writer, self._delta_reader] = await sign_in(self._installation, [[delta], [delta]])
        worker = Role.SOCIAL_WORKER
        self._workers_phones = await sign_in(self._installation, spread, worker)
        [self._working_reader] = await sign_in(self._installation, [pulled], worker)

    # Writing

    def floor_push(self) -> Sample:
        """The floor: batches of 40 inserted by one connection, each in a transaction."""
        return self._insert(1)

    def floor_pushes(self) -> Sample:
        """The same by ten connections at once, which is as fast as it gets."""
        return self._insert(FLOOR_WRITERS)

    def push(self) -> Sample:
        """New records in batches of 40, 50 devices at once, each with one batch under way."""
        return self._checked(self._push_new(self._writers, self._size.batches), "applied")

    def push_packed(self) -> Sample:
        """The same in zstd."""
        return self._checked(self._push_new(self._writers, 1, packed=True), "applied")

    def push_alone(self) -> Sample:
        """The same by one device while nobody else writes: what a batch takes when it waits for nothing."""
        return self._checked(self._push_new(self._writers[:1], 5 * self._size.batches), "applied")

    def edit(self) -> Sample:
        """Edits of records that are there, in batches of 40."""
        held = self._created(self._writers, self._size.batches)
        workers = self._workers(self._writers)
        steps = [
            [work.push(worker.phone, worker.edits(batch)) for batch in _in_batches(of)]
            for worker, of in zip(workers, held, strict=True)
        ]
        return self._checked(self._drive(steps), "applied")

    def conflict(self) -> Sample:
        """Batches in which every change meets another device's of the same fields, unseen, and conflicts."""
        held = self._created(self._writers, 1)
        first, second = (
            [
                [work.push(worker.phone, worker.disputes(of, grade))]
                for worker, of in zip(self._workers(phones), held, strict=True)
            ]
            for phones, grade in ((self._rivals, "3"), (self._writers, "4"))
        )
        self._checked(self._drive(first), "applied")
        return self._checked(self._drive(second), "conflict")

    def exchange(self) -> Sample:
        """New records in batches of 40, and in the same call what the four others in the area wrote."""
        phones = self._meeting
        cursors = self._cursors(phones)
        workers = self._workers(phones)
        devices = [
            Device([work.exchange(worker.phone, worker.creations(batch)) for batch in batches], cursor)
            for worker, batches, cursor in zip(
                workers, self._documents(workers, self._size.batches), cursors, strict=True
            )
        ]
        return self._checked(self._drive_devices(devices), "applied")

    def push_by_workers(self) -> Sample:
        """New records by people who hold more classes of their own records than of others'."""
        return self._checked(self._push_new(self._workers_phones, self._size.batches), "applied")

    def push_unguarded(self) -> Sample:
        """New records, while PostgreSQL does not look which rows a transaction is about."""
        with self._unguarded():
            self._push_new(self._writers, 1)  # the statements are planned anew
            return self.push()

    def push_guarded(self) -> Sample:
        """The same as it always does."""
        self._push_new(self._writers, 1)
        return self.push()

    # Reading

    def floor_pull(self) -> Sample:
        """The floor: one ordered select."""
        return self._read_floor(1)

    def floor_pulls(self) -> Sample:
        """The same by several readers at once."""
        return self._read_floor(len(self._watched.servers))

    def pull(self) -> Sample:
        """Everything from the start, by one device, at the 1,000 records a page that a device asks for."""
        return self._pull(self._size.reads)

    def pull_large(self) -> Sample:
        """The same at the largest pages that there are."""
        return self._pull(self._size.reads, limit=MAX_LIMIT)

    def pull_packed(self) -> Sample:
        """The same at 1,000 a page, in zstd."""
        return self._pull(self._size.reads, zstd=True)

    def pull_by_worker(self) -> Sample:
        """Everything that one may see who holds no more than a community's basics of what others wrote."""
        return self._pull(self._size.reads, reader=self._working_reader)

    def pull_unguarded(self) -> Sample:
        """At 1,000 a page, while PostgreSQL does not look which rows a transaction is about."""
        with self._unguarded():
            return self.pull()

    def pull_guarded(self) -> Sample:
        """The same as it always does."""
        return self.pull()

    def pulls(self) -> Sample:
        """The same at 1,000 a page by several devices at once, one for each process that answers."""
        return self._pull(self._size.reads, devices=len(self._watched.servers))

    def idle(self) -> Sample:
        """Nothing new, for a worker who holds one area."""
        return self._idle([self._idler], self._size.idle)

    def idle_wide(self) -> Sample:
        """Nothing new, for somebody who holds ten areas."""
        return self._idle([self._reader], self._size.idle)

    def idle_crowd(self) -> Sample:
        """Nothing new, for 50 connections at once."""
        return self._idle([self._idler] * DEVICES, self._size.idle // 5)

    def delta(self) -> Sample:
        """20 records that somebody else has just edited."""
        [cursor] = self._cursors([self._delta_reader])
        [worker] = self._workers([self._delta_writer])
        steps = []
        for _ in range(self._size.deltas):
            edits = work.push(worker.phone, worker.edits(self._delta_held))
            steps += [msgspec.structs.replace(edits, untimed=True), work.pull(self._delta_reader)]
        driven = self._drive_devices([Device(steps, cursor)]).driven
        return self._counted(driven, self._size.deltas * len(self._delta_held))

    # By the libraries that apps have

    def rxdb_push(self) -> Sample:
        """New records in batches of 40 by 50 devices at once, in RxDB's words."""
        workers = self._workers(self._rx)
        documents = self._documents(workers, self._size.batches)
        steps = [
            [step for batch in of for step in libraries.rxdb_pushes(worker.phone, worker.area, batch)]
            for worker, of in zip(workers, documents, strict=True)
        ]
        return self._taken(self._drive(steps), documents)

    def rxdb_pull(self) -> Sample:
        """Everything from the start by a new device, 1,000 documents a page."""
        return self._pull_anew(libraries.rxdb_pulls, libraries.RXDB_ENTRY)

    def watermelon_push(self) -> Sample:
        """New records in batches of 40 by 50 devices at once, in WatermelonDB's words."""
        cursors = self._drive([[libraries.watermelon_pull(phone)] for phone in self._melons]).driven.cursors
        workers = self._workers(self._melons)
        documents = self._documents(workers, self._size.batches)
        steps = [
            [libraries.watermelon_push(worker.phone, worker.area, batch, at) for batch in of]
            for worker, of, at in zip(workers, documents, cursors, strict=True)
        ]
        return self._taken(self._drive(steps), documents)

    def watermelon_pull(self) -> Sample:
        """Everything from the start by a new device, at the pages that the server makes."""
        return self._pull_anew(lambda phone: [libraries.watermelon_pull(phone)], libraries.WATERMELON_ENTRY)

    def floor_files(self) -> Sample:
        """The floor: as many files written and flushed at once as devices send."""
        contents = [[self._paper() for _ in range(self._size.files)] for _ in range(SENDERS)]
        folder = self._installation.folder / "files"
        return Sample(
            SENDERS * self._size.files, self._load.run(floor.write_files, folder, contents, self._watched)
        )

    def upload(self) -> Sample:
        """Files in one go each, by ten devices at once."""
        workers = self._workers(self._writers[:SENDERS])
        steps = [
            [
                libraries.upload(worker.phone, worker.area, worker.id(), worker.id(), self._paper())
                for _ in range(self._size.files)
            ]
            for worker in workers
        ]
        return Sample(SENDERS * self._size.files, self._drive(steps).driven)

    # How

    def _pull_anew(self, steps: Callable[[Phone], list[Step]], entry: bytes) -> Sample:
        times = self._size.reads
        phones = asyncio.run(sign_in(self._installation, [self._pulled] * times))
        samples = [self._drive([steps(phone)]).driven for phone in phones]
        return self._counted(_added(samples), self._size.pulled * times, entry)

    def _taken(self, sample: Sample, documents: list[list[list[Document]]]) -> Sample:
        libraries.make_sure_taken(sample.driven.bodies)
        return Sample(sum(len(batch) for of in documents for batch in of), sample.driven)

    def _paper(self) -> bytes:
        return b"%PDF-1.7\n" + os.urandom(FILE_BYTES - 9)

    def _push_new(self, phones: Sequence[Phone], batches: int, *, packed: bool = False) -> Sample:
        workers = self._workers(phones)
        steps = [
            [work.push(worker.phone, worker.creations(batch), packed=packed) for batch in of]
            for worker, of in zip(workers, self._documents(workers, batches), strict=True)
        ]
        return self._drive(steps)

    def _created(self, phones: Sequence[Phone], batches: int) -> list[list[Held]]:
        """New records of each phone, pushed without measuring."""
        workers = self._workers(phones)
        documents = self._documents(workers, batches)
        steps = [
            [work.push(worker.phone, worker.creations(batch)) for batch in of]
            for worker, of in zip(workers, documents, strict=True)
        ]
        bodies = self._checked(self._drive(steps), "applied").driven.bodies
        return [
            work.held(
                [document for batch in of for document in batch], bodies[at * batches : (at + 1) * batches]
            )
            for at, of in enumerate(documents)
        ]

    def _insert(self, writers: int) -> Sample:
        documents = self._documents(self._workers(self._writers), self._size.batches)
        rows = self._rows(self._writers, documents)
        per_connection = [[batch for of in rows[at::writers] for batch in of] for at in range(writers)]
        driven = self._load.run(floor.insert, self._installation.floor_url, per_connection, self._watched)
        return Sample(sum(len(batch) for of in rows for batch in of), driven)

    def _read_floor(self, readers: int) -> Sample:
        times = self._size.reads
        areas = [phone.areas[0] for phone in self._keepers]
        driven = self._load.run(
            floor.read, self._installation.floor_url, areas, times, readers, self._watched
        )
        return Sample(self._size.pulled * times * readers, driven)

    @contextmanager
    def _unguarded(self) -> Iterator[None]:
        url = self._installation.database_url
        asyncio.run(guard(url, on=False))
        try:
            yield
        finally:
            asyncio.run(guard(url, on=True))

    def _pull(
        self,
        times: int,
        *,
        limit: int = 1_000,
        zstd: bool = False,
        devices: int = 1,
        reader: Phone | None = None,
    ) -> Sample:
        step = work.pull(reader or self._reader, limit=limit, zstd=zstd, to_the_end=True)
        # From the start each time: the cursor of one time must not be the next one's.
        samples = [self._drive_devices([Device([step])] * devices).driven for _ in range(times)]
        return self._counted(_added(samples), self._size.pulled * times * devices)

    def _idle(self, phones: Sequence[Phone], times: int) -> Sample:
        cursors = self._cursors(phones)
        devices = [
            Device([work.pull(phone)] * times, cursor) for phone, cursor in zip(phones, cursors, strict=True)
        ]
        return self._counted(self._drive_devices(devices).driven, 0)

    def _cursors(self, phones: Sequence[Phone]) -> list[bytes]:
        steps = [work.pull(phone, limit=MAX_LIMIT, to_the_end=True) for phone in phones]
        return self._drive_devices([Device([step]) for step in steps], keep=False).driven.cursors

    def _drive(self, steps: list[list[Step]]) -> Sample:
        return self._drive_devices([Device(each) for each in steps])

    def _drive_devices(self, devices: list[Device], keep: bool = True) -> Sample:
        return Sample(0, self._load.run(drive, self._address, devices, self._watched, keep))

    def _checked(self, sample: Sample, outcome: str) -> Sample:
        return Sample(work.make_sure(sample.driven.bodies, outcome), sample.driven)

    def _counted(self, driven: Driven, expected: int, entry: bytes = _ENTRY) -> Sample:
        brought = sum(body.count(entry) for body in driven.bodies)
        if brought != expected:
            raise LostRecords(f"{brought} records came, not {expected}")
        return Sample(expected, driven)

    def _workers(self, phones: Sequence[Phone]) -> list[Worker]:
        return [Worker(f"bench {next(self._serial)}", phone, phone.areas[0]) for phone in phones]

    def _documents(self, workers: Sequence[Worker], batches: int) -> list[list[list[Document]]]:
        return [[worker.documents(BATCH) for _ in range(batches)] for worker in workers]

    def _rows(self, phones: Sequence[Phone], documents: list[list[list[Document]]]) -> list[list[list[Row]]]:
        """What the floor stores of these documents: revs rise as they are handed out."""
        return [
            [[self._row(phone.areas[0], document) for document in batch] for batch in of]
            for phone, of in zip(phones, documents, strict=True)
        ]

    def _row(self, area: UUID, document: Document) -> Row:
        self._rev += 1
        return document.id, area, self._rev, msgspec.json.encode(document.fields)


def _in_batches(records: Sequence[Held]) -> list[Sequence[Held]]:
    return [records[at : at + BATCH] for at in range(0, len(records), BATCH)]


def _added(samples: Sequence[Driven]) -> Driven:
    """One measurement out of several that were made one after the other."""
    first, *others = samples
    for other in others:
        first.seconds += other.seconds
        first.latencies += other.latencies
        first.sent += other.sent
        first.received += other.received
        first.heads += other.heads
        first.bodies += other.bodies
        first.usage = first.usage.plus(other.usage)
    return first
