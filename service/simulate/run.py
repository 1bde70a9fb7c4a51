"""The run as a whole: people arrive, days pass, everybody comes home, and the proof is made."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import httpx
import msgspec

from service.simulate.proof import Findings, proved
from service.simulate.worker import Worker
from sync.replica import HttpTransport

AT_ONCE = 10  # phones that talk with the server at the same time
ACCOUNTS = 30  # worker01 to worker30; more devices than that are second phones
ROUNDS_HOME = 2  # what was parked in the first is settled by what others sent in it


class Plan(msgspec.Struct, frozen=True):
    """What is to be simulated, where. `password`: of the demo's accounts. `loss`: 0 to 1."""

    url: str
    password: str
    devices: int
    days: int
    loss: float
    seed: int

    @property
    def steps(self) -> int:
        """How many steps `simulate` reports."""
        return self.devices * (1 + self.days + ROUNDS_HOME + 1)


class Outcome(msgspec.Struct, frozen=True):
    """One worker, and what was proved of their phone."""

    worker: Worker
    findings: Findings


async def simulate(plan: Plan, folder: Path, today: date, done: Callable[[int], None]) -> list[Outcome]:
    """Play the days and prove the end; `done` is told of each step. The phones keep their files in `folder`.

    Raises what signing in and the first exchange raise (sync/replica/errors.py), and `NoCommunity`.
    """
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=2 * AT_ONCE)) as client:
        transport = HttpTransport(plan.url, client=client)
        workers = [
            Worker(number, f"worker{(number - 1) % ACCOUNTS + 1:02}", transport, folder, plan.loss, plan.seed)
            for number in range(1, plan.devices + 1)
        ]
        try:
            await _each(workers, lambda worker: worker.arrive(plan.password), done)
            await _work(workers, plan.days, today, done)
            findings: dict[int, Findings] = {}

            async def prove(worker: Worker) -> None:
                findings[worker.number] = await proved(worker, transport, plan.password, folder)

            await _each(workers, prove, done)
            return [Outcome(worker, findings[worker.number]) for worker in workers]
        finally:
            for worker in workers:
                worker.phone.close()


async def _work(workers: Sequence[Worker], days: int, today: date, done: Callable[[int], None]) -> None:
    communities = {worker.community.id for worker in workers}

    for days_ago in reversed(range(days)):
        day = today - timedelta(days=days_ago)

        async def work(worker: Worker, day: date = day) -> None:
            await worker.day(day, sorted(communities.difference(worker.phone.areas)))

        await _each(workers, work, done)
    for _ in range(ROUNDS_HOME):
        await _each(workers, Worker.come_home, done)


async def _each(
    workers: Sequence[Worker], work: Callable[[Worker], Awaitable[None]], done: Callable[[int], None]
) -> None:
    """All workers at the same time, as far as they would be on the network together."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(worker: Worker) -> None:
        async with gate:
            await work(worker)
        done(1)

    try:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(one(worker))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
