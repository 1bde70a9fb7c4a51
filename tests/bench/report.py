"""The figures: medians over the rounds, and in each round the ratio to the floor that was measured in it.

A machine that others work on is slow at times. Both halves of a ratio come from the same half minute, so the
median of ratios says more than the ratio of medians.
"""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.driver import percentiles
from tests.bench.stage import Sample


class Measured(NamedTuple):
    """A measurement as the table shows it. `floor`: the measurement that it is set against, which need not be
    a floor: what libraries ask is set against the same in our own protocol."""

    zh: str
    en: str
    floor: str | None = None
    aim: float | None = None


MEASURED: Final[dict[str, Measured]] = {
    "floor_push": Measured("底线：写入，一个连接", "floor: insert, one connection"),
    "floor_pushes": Measured("底线：写入，十个连接", "floor: insert, ten connections"),
    "push": Measured("上传新记录", "push, new records", "floor_pushes", 0.35),
    "push_packed": Measured("上传新记录 zstd", "push, new, zstd", "floor_pushes"),
    "push_alone": Measured("上传新记录，单机", "push, new, one device", "floor_push"),
    "edit": Measured("上传修改", "push, edits", "floor_pushes", 0.35),
    "conflict": Measured("上传，全部冲突", "push, all conflict", "floor_pushes"),
    "exchange": Measured("上传并下载", "push and pull at once", "floor_pushes"),
    "push_by_workers": Measured("社工上传新记录", "push, new, by social workers", "floor_pushes"),
    "push_unguarded": Measured("上传新记录，无行级安全", "push, new, no row-level security"),
    "push_guarded": Measured("上传新记录，有行级安全", "push, new, with it", "push_unguarded", 0.85),
    "floor_pull": Measured("底线：读取", "floor: one ordered select"),
    "pull": Measured("首次下载，每页 1000", "initial pull", "floor_pull", 0.5),
    "pull_large": Measured("首次下载，每页 5000", "initial pull", "floor_pull", 0.5),
    "pull_packed": Measured("首次下载 zstd", "initial pull, zstd", "floor_pull"),
    "pull_by_worker": Measured("社工首次下载", "initial pull by a social worker", "floor_pull"),
    "pull_unguarded": Measured("首次下载，无行级安全", "initial pull, no row-level security"),
    "pull_guarded": Measured("首次下载，有行级安全", "initial pull, with it", "pull_unguarded", 0.85),
    "floor_pulls": Measured("底线：同时读取", "floor: selects at once"),
    "pulls": Measured("同时首次下载", "initial pulls at once", "floor_pulls", 0.5),
    "idle": Measured("无新内容", "nothing new, one area"),
    "idle_wide": Measured("无新内容，十个区域", "nothing new, ten areas"),
    "idle_crowd": Measured("无新内容，50 台同时", "nothing new, 50 at once"),
    "delta": Measured("下载 20 条", "delta of 20 records"),
    "rxdb_push": Measured("RxDB 上传新记录", "RxDB push, new", "push"),
    "rxdb_pull": Measured("RxDB 首次下载", "RxDB initial pull", "pull"),
    "watermelon_push": Measured("WatermelonDB 上传新记录", "WatermelonDB push, new", "push"),
    "watermelon_pull": Measured("WatermelonDB 首次下载", "WatermelonDB initial pull", "pull"),
    "floor_files": Measured("底线：写 1 MB 文件", "floor: write files of 1 MB"),
    "upload": Measured("tus 上传 1 MB 文件", "tus, files of 1 MB", "floor_files"),
}
AIM_IDLE: Final = (3.0, 400)  # milliseconds at the median, bytes of the body
AIM_MEMORY: Final = 150  # MiB a process


class Line(msgspec.Struct):
    """One measurement over all rounds, by documents, or by requests where no documents move.

    `rate`: a second. `sent` to `head`: bytes of each. `…_us`: processor time of each, in microseconds.
    `servers_busy`: of one core, process by process.
    """

    name: str
    rate: float
    rates: list[float]
    ratio: float | None
    ratios: list[float]
    aim: float | None
    p50_ms: float
    p95_ms: float
    p99_ms: float
    sent: float | None
    received: float | None
    head: float | None
    client_us: float
    server_us: float | None
    postgres_us: float | None
    client_share: float | None
    servers_busy: list[float]


class Memory(msgspec.Struct):
    """Resident MiB of each process that answers: when it was started, then after each round."""

    at_start: list[float]
    after_rounds: list[list[float]] = []


Rounds = Sequence[Mapping[str, Sample]]


def lines(rounds: Rounds) -> list[Line]:
    """A line for everything that was measured."""
    return [_line(name, rounds) for name in MEASURED if name in rounds[0]]


def _line(name: str, rounds: Rounds) -> Line:
    samples = [each[name] for each in rounds]
    rates = [_rate(sample) for sample in samples]
    against = MEASURED[name].floor
    ratios = (
        [_rate(each[name]) / _rate(each[against]) for each in rounds]
        if against is not None and against in rounds[0]
        else []
    )
    total = samples[0].driven.usage
    for sample in samples[1:]:
        total = total.plus(sample.driven.usage)
    seconds = sum(sample.driven.seconds for sample in samples)
    servers, postgres = total.servers, total.postgres
    used = total.client + sum(servers or ()) + (postgres or 0)
    units = sum(_units(sample) for sample in samples)
    known = used > 0 and servers is not None and postgres is not None
    return Line(
        name,
        statistics.median(rates),
        rates,
        statistics.median(ratios) if ratios else None,
        ratios,
        MEASURED[name].aim,
        *percentiles([latency for sample in samples for latency in sample.driven.latencies]),
        _per_unit(samples, [size for sample in samples for size in sample.driven.sent]),
        _per_unit(samples, [size for sample in samples for size in sample.driven.received]),
        _per_unit(samples, [size for sample in samples for size in sample.driven.heads]),
        total.client / units * 1e6,
        sum(servers) / units * 1e6 if servers is not None else None,
        postgres / units * 1e6 if postgres is not None else None,
        total.client / used if known else None,
        [each / seconds for each in servers or ()],
    )


def _rate(sample: Sample) -> float:
    return _units(sample) / sample.driven.seconds


def _units(sample: Sample) -> int:
    return sample.documents or len(sample.driven.latencies)


def _per_unit(samples: Sequence[Sample], sizes: Sequence[int]) -> float | None:
    return sum(sizes) / sum(_units(sample) for sample in samples) if sizes else None


def show(console: Console, found: Sequence[Line], memory: Memory, about: str) -> None:
    """Print the tables."""
    table = Table(title=f"联动 Liandong · {about}", title_justify="left", caption=_CAPTION)
    table.add_column("测量 measurement")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for line in found:
        measured = MEASURED[line.name]
        style = "" if line.aim is None or line.ratio is None else "green" if line.ratio >= line.aim else "red"
        table.add_row(
            f"{measured.zh} {measured.en}",
            f"{line.rate:,.0f}",
            f"[{style}]{line.ratio:.2f}[/]" if style else "" if line.ratio is None else f"{line.ratio:.2f}",
            "" if line.aim is None else f"≥ {line.aim}",
            f"{line.p50_ms:.2f}",
            f"{line.p95_ms:.2f}",
            f"{line.p99_ms:.2f}",
            _whole(line.sent),
            _whole(line.received),
            _whole(line.head),
            *(_micros(each) for each in (line.client_us, line.server_us, line.postgres_us)),
            "" if line.client_share is None else f"{line.client_share * 100:.0f}",
        )
    console.print(table)
    console.print(_memory(memory))


_HEADINGS: Final = (
    "条/秒 a second",
    "比 ratio",
    "目标 aim",
    "p50 ms",
    "p95",
    "p99",
    "发 B sent",
    "收 B got",
    "+ head",
    "CPU µs client",
    "server",
    "pg",
    "client %",
)
_CAPTION: Final = (
    "Medians over the rounds; ratio: to the floor of the same round. Bytes and CPU: a record, or an\n"
    "exchange where nothing is new; sent with the head. client %: the load's share in all CPU used."
)


def _memory(memory: Memory) -> Table:
    table = Table(title=f"内存 resident MiB a process (aim: < {AIM_MEMORY}, flat)", title_justify="left")
    table.add_column("进程 process")
    headings = ["启动 start", *(f"{at + 1}" for at in range(len(memory.after_rounds)))]
    for heading in headings:
        table.add_column(heading, justify="right")
    for process, start in enumerate(memory.at_start):
        after = [each[process] for each in memory.after_rounds]
        table.add_row(f"{process + 1}", *(f"{size:.0f}" for size in (start, *after)))
    return table


def _micros(number: float | None) -> str:
    return "" if number is None else f"{number:,.{0 if number >= 100 else 1}f}"


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}"


def as_json(found: Sequence[Line], memory: Memory, about: Mapping[str, Any]) -> bytes:
    """Everything, for machines."""
    written = {"about": {**machine(), **about}, "lines": found, "memory_mib": memory}
    return msgspec.json.format(msgspec.json.encode(written), indent=2)


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
