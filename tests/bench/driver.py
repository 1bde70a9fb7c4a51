"""The load: what runs in a process of its own, so that it shares nothing but the machine with the server.

Everything that can be made beforehand is: a step is bytes with at most one hole, for the cursor of the answer
before. The clock runs from the first request to the last answer, with all connections open.
"""

import asyncio
import re
import resource
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple, TypeVar

import msgspec
import uvloop
import zstandard

from tests.bench import processes
from tests.bench.connection import Answer, Connection, connected, request

T = TypeVar("T")

_CURSOR = re.compile(rb'"cursor":"([^"]+)","complete":(true|false)')
_AFTER_RECORDS = 200_000  # bytes at the end of an answer in which its cursor is


class Step(msgspec.Struct, frozen=True):
    """One thing that a device asks.

    `before` and `after` are the body around the cursor that the device holds; `after` None: `before` is the
    whole body. `to_the_end`: ask on while the answer is not complete. `untimed` steps prepare the next one.
    """

    token: str
    before: bytes
    after: bytes | None = None
    zstd: bool = False
    packed: bool = False
    to_the_end: bool = False
    untimed: bool = False

    @property
    def needs_cursor(self) -> bool:
        """Whether it goes on from the answer before."""
        return self.after is not None

    @property
    def status(self) -> int:
        """Of an answer as it should be."""
        return 200

    def request(self, cursor: bytes) -> bytes:
        """As it goes over the wire. `cursor` is empty for a device that has none yet."""
        body = self.before
        if self.after is not None:
            body += (b'"%s"' % cursor if cursor else b"null") + self.after
        return request(self.token, body, zstd=self.zstd, packed=self.packed)

    def heard(self, body: bytes) -> tuple[bytes, bool]:
        """The cursor in an answer, and whether it is complete. Raises WrongAnswer."""
        found = _CURSOR.search(body, max(0, body.rfind(b'"cursor":"', len(body) - _AFTER_RECORDS)))
        if found is None:
            raise WrongAnswer("an answer without a cursor")
        return found[1], found[2] == b"true"


class Device(msgspec.Struct, frozen=True):
    """What one connection does, step by step, and the cursor that it begins with."""

    steps: list[Step]
    cursor: bytes = b""


class Usage(msgspec.Struct):
    """Processor time of a measurement, in seconds; None where the system does not tell."""

    client: float = 0.0
    servers: list[float] | None = None
    postgres: float | None = None

    def minus(self, before: "Usage") -> "Usage":
        """What was used since `before`."""
        return self._with(before, -1)

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        return self._with(other, 1)

    def _with(self, other: "Usage", sign: int) -> "Usage":
        servers = postgres = None
        if self.servers is not None and other.servers is not None:
            servers = [one + sign * more for one, more in zip(self.servers, other.servers, strict=True)]
        if self.postgres is not None and other.postgres is not None:
            postgres = self.postgres + sign * other.postgres
        return Usage(self.client + sign * other.client, servers, postgres)


class Driven(msgspec.Struct):
    """A measurement. `latencies`, `sent`, `received` and `heads` have one entry for each timed request.

    The last three are bytes: of requests with their heads, of answers without them, and of answers' heads.
    `seconds` is from the first to the last timed thing, for untimed steps less what those took.
    """

    seconds: float
    latencies: list[float]
    usage: Usage
    sent: list[int] = []
    received: list[int] = []
    heads: list[int] = []
    bodies: list[bytes] = []
    cursors: list[bytes] = []


class Watched(msgspec.Struct, frozen=True):
    """Whose processor time is measured: the processes that answer, and the database's first process."""

    servers: list[int]
    postgres: int | None

    def usage(self) -> Usage:
        """What has been used so far, by these and by the process that asks."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        each = [processes.cpu_seconds([pid]) for pid in self.servers]
        known = [seconds for seconds in each if seconds is not None]
        return Usage(
            own.ru_utime + own.ru_stime,
            known or None,
            processes.cpu_seconds(processes.tree(self.postgres)) if self.postgres is not None else None,
        )


class WrongAnswer(Exception):
    """A request that should have succeeded did not; the message is what was answered."""


class LoadProcess:
    """The process that loads. Use as a context manager."""

    def __init__(self) -> None:
        # Spawned, not forked: nothing of this process's memory and event loops is in it.
        self._executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __enter__(self) -> "LoadProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def run(self, job: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """The result of a coroutine function of some module, run over there."""
        return self._executor.submit(_run, job, *arguments).result()


def _run(job: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
    return uvloop.run(job(*arguments))


async def drive(address: tuple[str, int], devices: list[Device], watched: Watched, keep: bool) -> Driven:
    """Let all devices do what they do, each on a connection of its own. `keep`: give back the answers.

    Raises WrongAnswer for one that is not as it should be.
    """
    connections = [await connected(*address) for _ in devices]
    runs = [_Run(device, keep) for device in devices]
    before, begun = watched.usage(), time.perf_counter()
    await asyncio.gather(*(run.go(at) for run, at in zip(runs, connections, strict=True)))
    seconds = time.perf_counter() - begun
    after = watched.usage()
    for connection in connections:
        connection.close()
    return Driven(
        seconds - max(run.untimed for run in runs),
        [latency for run in runs for latency in run.latencies],
        after.minus(before),
        [size for run in runs for size in run.sent],
        [size for run in runs for size in run.received],
        [size for run in runs for size in run.heads],
        [body for run in runs for body in run.bodies],
        [run.cursor for run in runs],
    )


class _Run:
    """One device at work."""

    def __init__(self, device: Device, keep: bool) -> None:
        self.latencies: list[float] = []
        self.sent: list[int] = []
        self.received: list[int] = []
        self.heads: list[int] = []
        self.bodies: list[bytes] = []
        self.cursor = device.cursor
        self.untimed = 0.0
        # Those that need no cursor are whole before the clock runs.
        self._steps = [(step, None if step.needs_cursor else step.request(b"")) for step in device.steps]
        self._keep = keep
        self._unpack = zstandard.ZstdDecompressor()

    async def go(self, connection: Connection) -> None:
        for step, made in self._steps:
            while not await self._ask(connection, step, made) and step.to_the_end:
                pass

    async def _ask(self, connection: Connection, step: Step, made: bytes | None) -> bool:
        """Whether the answer was complete."""
        asked = made or step.request(self.cursor)
        begun = time.perf_counter()
        answer = await connection.ask(asked)
        took = time.perf_counter() - begun
        if answer.status != step.status:
            raise WrongAnswer(f"{answer.status} {self._body(answer)[:2000].decode(errors='replace')}")
        if step.untimed:
            self.untimed += time.perf_counter() - begun
            return True
        self.latencies.append(took)
        self.sent.append(len(asked))
        self.received.append(len(answer.body))
        self.heads.append(len(answer.head))
        if not self._keep and not step.needs_cursor:
            return True
        body = self._body(answer)
        if self._keep:
            self.bodies.append(body)
        self.cursor, is_complete = step.heard(body)
        return is_complete

    def _body(self, answer: Answer) -> bytes:
        if b"ontent-encoding: zstd" in answer.head or b"ontent-Encoding: zstd" in answer.head:
            return self._unpack.decompress(answer.body, max_output_size=64 * 1024 * 1024)
        return answer.body


class Latencies(NamedTuple):
    """Milliseconds that half, 95 and 99 of a hundred requests took at most."""

    p50: float
    p95: float
    p99: float


def percentiles(seconds: list[float]) -> Latencies:
    """Of a pool of measurements, by nearest rank."""
    ordered = sorted(seconds)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99)]
    return Latencies(*at)
