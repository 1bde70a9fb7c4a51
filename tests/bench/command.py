"""`liandong bench`: how fast this installation's code is on this machine, beside what PostgreSQL gives alone.

Floor and ours are measured in turns, round by round, on the same PostgreSQL with its durable settings and a
fresh data folder. The load comes from a process of its own over keep-alive connections; on two cores client,
server and PostgreSQL share the machine, so the table says what each of them used.
"""

import asyncio
import os
import time
from pathlib import Path

import click
from rich.console import Console

from service.progress import progress
from tests.bench import processes, report
from tests.bench.documents import make_sure_they_are_declared
from tests.bench.driver import LoadProcess
from tests.bench.installation import Installation, installed, make_databases, serve
from tests.bench.profiling import PATHS, show_profile
from tests.bench.report import MEASURED, Memory
from tests.bench.stage import FULL, QUICK, Sample, Stage


@click.command()
@click.option("--quick", is_flag=True, help="less of everything, for trying")
@click.option("--workers", type=click.IntRange(1, 64), help="server processes; one a core if not given")
@click.option("--rounds", type=click.IntRange(1, 100), help="how often each is measured")
@click.option(
    "--only", type=click.Choice(list(MEASURED)), multiple=True, help="measure this alone; may be repeated"
)
@click.option(
    "--json", "path", type=click.Path(dir_okay=False, path_type=Path), help="write the figures there"
)
@click.option("--profile", type=click.Choice(PATHS), help="instead say where the time of a push or pull goes")
def command(
    quick: bool,
    workers: int | None,
    rounds: int | None,
    only: tuple[str, ...],
    path: Path | None,
    profile: str | None,
) -> None:
    """Measure push and pull through HTTP, beside plain inserts and selects of the same documents."""
    make_sure_they_are_declared()
    if profile is not None:
        show_profile(profile)
        return
    workers = workers or os.cpu_count() or 1
    rounds = rounds or (2 if quick else 5)
    names = _with_floors(only) if only else list(MEASURED)
    taken: list[dict[str, Sample]] = []
    begun = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    with installed(workers) as installation, LoadProcess() as load:
        with progress("准备 preparing the database, the server and the records"):
            asyncio.run(make_databases(installation))
            serve(installation)
            memory = Memory(_memory(installation))
            stage = Stage(installation, load, QUICK if quick else FULL)
            stage.prepare()
        with progress("测量 measuring", total=rounds * len(names)) as done:
            for _ in range(rounds):
                taken.append({})
                for name in names:
                    taken[-1][name] = _slim(getattr(stage, name)())
                    done(1)
                memory.after_rounds.append(_memory(installation))
    found = report.lines(taken)
    about = f"{rounds} rounds, {workers} server processes, {os.cpu_count()} cores"
    report.show(Console(width=max(Console().width, 170)), found, memory, about)
    if path is not None:
        written = {"begun": begun, "rounds": rounds, "workers": workers, "quick": quick}
        path.write_bytes(report.as_json(found, memory, written))


def _with_floors(only: tuple[str, ...]) -> list[str]:
    """What was asked for and what it is set against, in the table's order."""
    wanted = {*only, *(MEASURED[name].floor for name in only)}
    return [name for name in MEASURED if name in wanted]


def _memory(installation: Installation) -> list[float]:
    return [processes.resident_mib(pid) or 0.0 for pid in installation.servers]


def _slim(sample: Sample) -> Sample:
    """Without the answers, which have been looked at."""
    sample.driven.bodies.clear()
    sample.driven.cursors.clear()
    return sample
