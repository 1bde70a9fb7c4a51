"""What processes use: memory and processor time, as Linux tells of them. Elsewhere nothing is known."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def tree(root: int) -> list[int]:
    """`root` and all processes below it."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*"):
        if (fields := _stat(int(entry.name))) is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def servers(root: int) -> list[int]:
    """Of a `liandong serve` with pid `root` the processes that answer: its workers, or itself alone."""
    workers = [pid for pid in tree(root)[1:] if b"spawn_main" in _command_line(pid)]
    return workers or [root]


def cpu_seconds(pids: Iterable[int]) -> float | None:
    """Processor time that these have used so far, with their children that have ended; None if not known."""
    if not _PROC.is_dir():
        return None
    return sum(_seconds(pids))


def resident_mib(pid: int) -> float | None:
    """Resident memory in MiB."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return int(line.split()[1]) / 1024 if line else None


def _seconds(pids: Iterable[int]) -> Iterator[float]:
    for pid in pids:
        if (fields := _stat(pid)) is not None:
            yield sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def _stat(pid: int) -> list[str] | None:
    """proc(5), /proc/pid/stat from the state on: the name before it may hold anything."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _command_line(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""
