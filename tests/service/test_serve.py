"""`liandong serve` as a person runs it: real processes, real signals, data that stays."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from service.database import connect
from service.schema import current_revision, newest_revision
from service.settings import ROOT
from tests.postgres import TestServer
from tests.processes import command_line, new_folder, postmasters, wait_until_ended
from tests.serving import COMMAND, PATIENCE, Installation, answers


def test_a_first_start_makes_everything_and_answers(new_installation: Installation) -> None:
    address = new_installation.serve().address()
    assert answers(f"{address}/nothing-here")


def test_what_to_try_names_the_documentation_and_no_accounts_that_do_not_exist(
    installation: Installation,
) -> None:
    serving = installation.serve()
    address = serving.address()
    assert answers(address)
    serving.end(signal.SIGINT)
    assert f"{address}/docs" in serving.printed
    assert "worker01" not in serving.printed


async def test_a_second_start_keeps_the_data(installation: Installation) -> None:
    first = installation.serve()
    first.address()
    await installation.ask("create table kept ()")
    first.end(signal.SIGINT)
    installation.serve().address()
    assert await installation.ask("select to_regclass('kept')::text") == "kept"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["INT", "TERM", "HUP"])
def test_told_to_stop_it_stops_everything(installation: Installation, sign: int, workers: int) -> None:
    serving = installation.serve({"LIANDONG_WORKERS": str(workers)})
    assert answers(serving.address())
    assert serving.end(sign) == 0, serving.printed
    assert serving.processes() == []
    assert postmasters(installation.data) == []
    assert "Traceback" not in serving.printed


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_is_obeyed_as_soon_as_the_address_is_printed(installation: Installation, workers: int) -> None:
    serving = installation.serve({"LIANDONG_WORKERS": str(workers)})
    serving.address()
    assert serving.end(signal.SIGINT) == 0, serving.printed
    assert serving.processes() == []
    assert postmasters(installation.data) == []


def test_a_run_without_a_terminal_survives_the_terminal(installation: Installation) -> None:
    serving = installation.serve(command=["nohup", *COMMAND])
    address = serving.address()
    os.killpg(serving.process.pid, signal.SIGHUP)
    time.sleep(0.3)
    assert answers(address)


def test_stopping_does_not_wait_for_phones_that_hold_a_connection(installation: Installation) -> None:
    serving = installation.serve()
    host, port = httpx.URL(serving.address()).host, httpx.URL(serving.address()).port
    with socket.create_connection((host, port or 0)) as phone:
        phone.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert serving.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("killed", ["the server", "its group", "PostgreSQL too"])
async def test_the_next_start_recovers_from_kill_9(
    installation: Installation, killed: str, workers: int
) -> None:
    first = installation.serve({"LIANDONG_WORKERS": str(workers)})
    first.address()
    await installation.ask("create table kept ()")
    os.kill(first.process.pid, signal.SIGKILL)
    if killed != "the server":
        for pid in first.processes():
            os.kill(pid, signal.SIGKILL)
    if killed == "PostgreSQL too":
        for pid in postmasters(installation.data):
            os.kill(pid, signal.SIGKILL)
    second = installation.serve({"LIANDONG_WORKERS": str(workers)})
    assert answers(second.address())
    assert await installation.ask("select to_regclass('kept')::text") == "kept"
    assert second.end(signal.SIGINT) == 0
    assert postmasters(installation.data) == []


def test_workers_never_outlive_the_server(installation: Installation) -> None:
    serving = installation.serve({"LIANDONG_WORKERS": "2"})
    assert answers(serving.address())
    workers = [pid for pid in serving.processes() if pid != serving.process.pid]
    assert len(workers) >= 2
    os.kill(serving.process.pid, signal.SIGKILL)
    for pid in workers:
        wait_until_ended(pid)


def test_a_worker_that_dies_is_replaced(installation: Installation) -> None:
    serving = installation.serve({"LIANDONG_WORKERS": "2"})
    address = serving.address()
    assert answers(address)
    for pid in serving.processes():
        if "spawn_main" in " ".join(command_line(pid)):
            os.kill(pid, signal.SIGKILL)
    assert answers(address)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_postgresql_that_dies_is_started_again(installation: Installation, workers: int) -> None:
    serving = installation.serve({"LIANDONG_WORKERS": str(workers)})
    address = serving.address()
    assert answers(address)
    await installation.ask("create table kept ()")
    for _ in range(2):
        [postmaster] = postmasters(installation.data)
        os.kill(postmaster, signal.SIGKILL)
        assert answered_in_the_end(f"{address}/health/ready") <= {200, 503}
        assert postmasters(installation.data) not in ([], [postmaster])
    assert await installation.ask("select to_regclass('kept')::text") == "kept"
    assert serving.end(signal.SIGINT) == 0, serving.printed
    assert postmasters(installation.data) == []


@pytest.mark.parametrize("seconds", [0, 0.4, 0.8])
def test_told_to_stop_while_postgresql_is_being_started_again_it_leaves_none_behind(
    installation: Installation, seconds: float
) -> None:
    serving = installation.serve()
    assert answers(serving.address())
    [postmaster] = postmasters(installation.data)
    os.kill(postmaster, signal.SIGKILL)
    time.sleep(seconds)
    assert serving.end(signal.SIGINT) == 0, serving.printed
    assert postmasters(installation.data) == []
    assert "Traceback" not in serving.printed


def answered_in_the_end(address: str) -> set[int]:
    """The statuses met until the database has been away and is there again."""
    met: set[int] = set()
    status, deadline = 0, time.monotonic() + PATIENCE
    while not (503 in met and status == 200):
        assert time.monotonic() < deadline, met
        status = httpx.get(address, timeout=PATIENCE).status_code
        met.add(status)
        time.sleep(0.02)
    return met


def test_a_first_start_that_was_killed_is_done_again(new_installation: Installation) -> None:
    first = new_installation.serve()
    unfinished = new_installation.data / "postgres.new"
    deadline = time.monotonic() + PATIENCE
    while not unfinished.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(first.process.pid, signal.SIGKILL)
    address = new_installation.serve().address()
    assert answers(address)


def test_a_second_server_on_the_same_data_is_refused(installation: Installation) -> None:
    first = installation.serve()
    address = first.address()
    second = installation.serve()
    assert second.exit_code() == 1
    assert str(first.process.pid) in second.printed
    assert "Traceback" not in second.printed
    assert answers(address)


def test_a_port_in_use_is_named_before_anything_is_made(new_installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serving = new_installation.serve({"LIANDONG_PORT": str(port)})
        assert serving.exit_code() == 1
    assert f"127.0.0.1:{port} 已被占用" in serving.printed
    assert "LIANDONG_PORT" in serving.printed
    assert not new_installation.data.exists()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LIANDONG_PORT", "eighty"),
        ("LIANDONG_HOST", "no..such..host"),
        ("LIANDONG_HOST", "192.0.2.1"),
        ("DATABASE_URL", "mysql://localhost/liandong"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/liandong"),
        ("DATABASE_URL", "postgresql://127.0.0.1:port/liandong"),
        ("DATABASE_URL", "postgresql://127.0.0.1/liandong?sslmode=perhaps"),
        ("LIANDONG_DATA", "/dev/null/data"),
        ("LIANDONG_KEYS", "/dev/null"),
    ],
)
def test_a_setting_that_cannot_work_is_named_in_one_line(
    new_installation: Installation, setting: str, value: str
) -> None:
    serving = new_installation.serve({setting: value})
    assert serving.exit_code() == 1
    *_, last = serving.printed.strip().splitlines()
    assert setting in last
    assert "Traceback" not in serving.printed
    assert postmasters(new_installation.data) == []


async def test_a_database_of_ones_own_replaces_the_embedded_one(
    postgres: TestServer, new_installation: Installation
) -> None:
    async with postgres.empty_database() as url:
        serving = new_installation.serve({"DATABASE_URL": url})
        assert answers(serving.address())
        assert await current_revision(url) == newest_revision()
        assert serving.end(signal.SIGINT) == 0
    assert not (new_installation.data / "postgres").exists()


async def test_a_database_that_does_not_exist_is_not_made_on_a_server_of_ones_own(
    postgres: TestServer, new_installation: Installation
) -> None:
    async with postgres.empty_database() as url:
        elsewhere = re.sub(r"/liandong_test_\w+", "/no_such_database", url)
        serving = new_installation.serve({"DATABASE_URL": elsewhere})
        assert serving.exit_code() == 1
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await connect(elsewhere)
    assert "DATABASE_URL" in serving.printed and "no_such_database" in serving.printed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
class TestAsAnOrdinaryUser:
    """As root PostgreSQL runs as another user, which every other test here shows; else as ourselves."""

    UID = 65534

    @pytest.fixture
    def command(self) -> list[str]:
        """`liandong serve` as nobody, by a Python that nobody can run."""
        packages = os.pathsep.join([str(ROOT), *(path for path in sys.path if "site-packages" in path)])
        version = f"python3.{sys.version_info.minor}"
        for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
            tried = [
                *("setpriv", "--reuid", str(self.UID), "--regid", str(self.UID), "--clear-groups"),
                *("env", f"PYTHONPATH={packages}", "PYTHONDONTWRITEBYTECODE=1", python, "-m", "service"),
            ]
            with new_folder() as reachable:
                reachable.chmod(0o755)
                if subprocess.run([*tried, "--help"], cwd=reachable, capture_output=True).returncode == 0:
                    return [*tried, "serve"]
        pytest.skip("no Python here that an ordinary user may run")

    def test_it_serves(self, new_installation: Installation, command: list[str]) -> None:
        new_installation.data.mkdir()
        os.chown(new_installation.data, self.UID, self.UID)
        new_installation.data.parent.chmod(0o755)
        serving = new_installation.serve(command=command)
        assert answers(serving.address())
        [postmaster] = postmasters(new_installation.data)
        assert Path(f"/proc/{postmaster}").stat().st_uid == self.UID
        assert serving.end(signal.SIGINT) == 0
        assert postmasters(new_installation.data) == []

    def test_a_data_folder_of_somebody_else_is_named(
        self, new_installation: Installation, command: list[str]
    ) -> None:
        new_installation.data.mkdir(mode=0o700)
        new_installation.data.parent.chmod(0o755)
        serving = new_installation.serve(command=command)
        assert serving.exit_code() == 1
        assert str(new_installation.data) in serving.printed
        assert "Traceback" not in serving.printed
