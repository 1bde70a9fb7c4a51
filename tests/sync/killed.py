"""A process whose devices are killed by SIGKILL before their nth SQL statement, and go on afterwards.

    python -m tests.sync.killed URL USERNAME PASSWORD FOLDER STEP AREA…

Each works in an area of its own, until one comes to its end before its statement. Prints as JSON how many
were killed, and the name by id of every household that a device called saved. It forks for each device, so
that a kill costs milliseconds and not the start of an interpreter.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from sync.replica import Backoff, HttpTransport, Replica
from sync.replica.conversation import Terms
from tests.sync.phones import household


def in_a_process(work: Callable[[], None]) -> bool:
    """Run `work` in a process of its own; whether it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a device failed, which none should")
    return not os.WIFSIGNALED(status)


def dies_before(number: int) -> None:
    """Let this process be killed before the SQL statement of that number."""
    seen = 0
    connect = sqlite3.connect

    def count(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(count)
        return connection

    sqlite3.connect = counted  # type: ignore[assignment]


def main(url: str, username: str, password: str, folder: Path, step: int, areas: list[UUID]) -> None:
    def device(path: Path, area: UUID) -> Replica:
        return Replica(path, HttpTransport(url), backoff=Backoff(attempts=3), terms=Terms(areas=[area]))

    async def a_day(path: Path, area: UUID) -> None:
        replica = device(path, area)
        await replica.sign_in(username, password)
        with saved.open("a") as book:
            for name in ("早", "中", "晚"):
                with replica.group():
                    family = replica.create("household", area, household(name))
                    replica.create("person", area, {"household": str(family), "name": "张三"})
                print(json.dumps([str(family), name]), file=book, flush=True)
                replica.edit(family, add={"needs": ["medical"]})
                await replica.sync()
        replica.close()

    async def the_next(path: Path, area: UUID) -> None:
        replica = device(path, area)
        await replica.sign_in(username, password)
        assert await replica.verify() == []
        assert replica.waiting == 0 and not replica.problems()
        assert all(not held.is_pending for held in replica.all("household"))
        replica.close()

    saved = folder / "saved"
    saved.touch()
    killed = 0
    for area in areas:
        path = folder / f"killed-{killed}.sqlite"

        def until_killed(path: Path = path, area: UUID = area, number: int = 1 + killed * step) -> None:
            dies_before(number)
            asyncio.run(a_day(path, area))

        def afterwards(path: Path = path, area: UUID = area) -> None:
            asyncio.run(the_next(path, area))

        was_killed = not in_a_process(until_killed)
        in_a_process(afterwards)
        if not was_killed:
            break
        killed += 1
    print(json.dumps({"killed": killed, "saved": dict(json.loads(line) for line in saved.open())}))


if __name__ == "__main__":
    url, username, password, folder, step, *areas = sys.argv[1:]
    main(url, username, password, Path(folder), int(step), [UUID(area) for area in areas])
