"""The real server as real processes, for tests that stop, kill and start it."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import httpx
import pytest

from service.database import connect
from service.embedded import EmbeddedPostgres
from service.settings import ROOT
from tests.processes import command_line

COMMAND = [sys.executable, "-m", "service", "serve"]
PATIENCE = 120  # seconds, on a machine busy with other tests
OURS = ("LIANDONG_", "DATABASE_URL", "PG")


def answers(address: str) -> bool:
    """Whether it is our server that answers at `address`."""
    server: str | None = httpx.get(address, timeout=PATIENCE).headers.get("server")
    return server == "liandong"


class Serving:
    """One run of `liandong serve`, and everything that it printed so far."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.printed = ""

    def address(self) -> str:
        """Where it serves, as soon as it says so."""
        deadline = time.monotonic() + PATIENCE
        while (said := re.search(r"联动 Liandong (http://\S+)", self.printed)) is None:
            ready, _, _ = select.select([self._output], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._output.fileno(), 65536) if ready else b""
            assert piece, f"no address in:\n{self.printed}"
            self.printed += piece.decode()
        return said.group(1)

    def end(self, sign: int) -> int:
        """Send `sign` to all its processes, as a terminal does; the exit code."""
        os.killpg(self.process.pid, sign)
        return self.exit_code()

    def exit_code(self) -> int:
        """Of a run that ends by itself."""
        try:
            rest, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still runs, after:\n{self.printed}")
        self.printed += rest.decode()
        return self.process.returncode

    def processes(self) -> list[int]:
        """The processes of its group that run now."""
        found = []
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
            try:
                if os.getpgid(pid) == self.process.pid and command_line(pid) != [""]:
                    found.append(pid)
            except ProcessLookupError:
                continue
        return found

    @property
    def _output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout


class Installation:
    """A data folder, and runs of the server on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._runs: list[Serving] = []

    def serve(self, settings: dict[str, str] | None = None, command: list[str] = COMMAND) -> Serving:
        process = subprocess.Popen(
            command,
            env=self._environment(settings or {}),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._runs.append(Serving(process))
        return self._runs[-1]

    async def ask(self, query: str) -> object:
        """What the embedded database of the running server answers."""
        connection = await connect(EmbeddedPostgres(self.data / "postgres").url("liandong"))
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    def end(self) -> None:
        for run in self._runs:
            for pid in run.processes():
                os.kill(pid, signal.SIGKILL)
            run.process.communicate()

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        ours = {"LIANDONG_DATA": str(self.data), "LIANDONG_PORT": "0", "LIANDONG_DEMO": "off"}
        return kept | ours | settings
