"""What tests of real processes need: a folder that PostgreSQL's user can reach, who runs in it, their end."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder, gone after the block with the PostgreSQL that runs in it.

    Not pytest's: that takes away again what lets PostgreSQL's user pass whenever another run begins.
    """
    folder = Path(tempfile.mkdtemp(prefix="liandong-processes-"))
    try:
        yield folder
    finally:
        for pid in postmasters(folder):
            _kill_with_children(pid)
        shutil.rmtree(folder)


def postmasters(folder: Path) -> list[int]:
    """Every process that was started as PostgreSQL on a folder in `folder`, or on itself."""
    found = []
    for process in Path("/proc").iterdir():
        words = command_line(int(process.name)) if process.name.isdigit() else [""]
        is_postmaster = words[0].endswith("/postgres") and words[1:2] == ["-D"]
        if is_postmaster and Path(words[2]).is_relative_to(folder):
            found.append(int(process.name))
    # A backend that was forked a moment ago still has its parent's command line.
    return [pid for pid in found if _parent(pid) not in found]


def _kill_with_children(postmaster: int) -> None:
    """Its backends see that it has ended, and until then they write."""
    os.kill(postmaster, signal.SIGSTOP)  # so that none is added
    pids = (int(process.name) for process in Path("/proc").iterdir() if process.name.isdigit())
    children = [pid for pid in pids if _parent(pid) == postmaster]
    kill_and_wait(postmaster)
    for pid in children:
        wait_until_ended(pid)


def _parent(pid: int) -> int:
    try:
        # After the name, which is in parentheses and may have spaces, come the state and the parent.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def command_line(pid: int) -> list[str]:
    """What process `pid` was started as; nothing but an empty word if it has ended."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
    except OSError:
        return [""]


def kill_and_wait(pid: int) -> None:
    """SIGKILL, and until nothing but the process's exit status is left."""
    os.kill(pid, signal.SIGKILL)
    wait_until_ended(pid)


def wait_until_ended(pid: int, seconds: float = 20) -> None:
    """Until nothing but the exit status of process `pid` is left."""
    deadline = time.monotonic() + seconds
    while command_line(pid) != [""]:
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.01)
