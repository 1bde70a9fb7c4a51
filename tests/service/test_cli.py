"""The `liandong` command is friendly, and what a person can put right it says in one line."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import sqlalchemy.exc

from service.cli import COMMANDS
from service.embedded import InUse
from service.plainly import said_plainly
from service.settings import ROOT
from tests.serving import Installation

KEY_ID: Final = re.compile("[0-9a-f]{16}")


def liandong(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """One run of the command in a process of its own; stdout has stderr in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIANDONG_")}
    kept.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=ROOT,
        env=kept | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_asked_for_nothing_it_tells_what_there_is(arguments: list[str]) -> None:
    done = liandong(*arguments)
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = liandong(name, "--help")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(f"Usage: liandong {name}")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["server"], "server"),
        (["serve", "--port", "http"], "--port"),
        (["serve", "--workers", "0"], "--workers"),
        (["serve", "--prot", "9000"], "--prot"),
        (["migrate", "now"], "now"),
    ],
)
def test_a_wrong_use_is_said_in_one_line(arguments: list[str], named: str) -> None:
    done = liandong(*arguments)
    assert done.returncode == 2
    [line] = done.stdout.strip().splitlines()
    assert named in line and "--help" in line and "用法有误" in line


def test_a_misspelt_setting_is_pointed_out_and_does_no_harm(tmp_path: Path) -> None:
    done = liandong("keys", "list", LIANDONG_DATA=str(tmp_path), LIANDONG_PROT="1")
    assert done.returncode == 0
    assert "LIANDONG_PORT" in done.stdout.splitlines()[0]


def test_settings_are_listed_without_secrets(tmp_path: Path) -> None:
    done = liandong("settings", LIANDONG_METRICS_TOKEN="opensesame", LIANDONG_PORT="8123")
    assert done.returncode == 0
    assert "LIANDONG_METRICS_TOKEN" in done.stdout and "opensesame" not in done.stdout
    assert "8123" in done.stdout and "8000" in done.stdout, "what it is, and what it would be"


def test_keys_are_listed_and_replaced(tmp_path: Path) -> None:
    before = liandong("keys", "list", LIANDONG_DATA=str(tmp_path)).stdout.split()
    assert liandong("keys", "rotate", LIANDONG_DATA=str(tmp_path)).returncode == 0
    after = liandong("keys", "list", LIANDONG_DATA=str(tmp_path)).stdout.split()
    known, found = ({word for word in words if KEY_ID.fullmatch(word)} for words in (before, after))
    assert len(known) == 2 and known < found and len(found) == 3


def test_starting_the_command_does_not_wait_for_what_it_does_not_need() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, service.cli; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert not {"sqlalchemy", "alembic", "asyncpg", "litestar", "uvicorn"} & set(loaded)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (InUse("数据目录正在被使用"), "数据目录正在被使用"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/data"), "/srv/data"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/data/keys"), "LIANDONG_KEYS"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "DATABASE_URL"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "DATABASE_URL"),
        (TimeoutError(), "timeout"),
        (asyncpg.InvalidPasswordError("password authentication failed"), "DATABASE_URL"),
        (asyncpg.InsufficientPrivilegeError("permission denied for schema public"), "schema public"),
        (asyncpg.TooManyConnectionsError("sorry, too many clients already"), "too many clients"),
        (asyncpg.CannotConnectNowError("the database system is shutting down"), "shutting down"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_a_person_can_put_right_is_one_line(error: Exception, named: str) -> None:
    line = said_plainly(error)
    assert line is not None and named in line and "\n" not in line


def test_a_wrapped_error_is_said_by_its_cause() -> None:
    refused = asyncpg.InsufficientPrivilegeError("permission denied for schema public")
    wrapped = sqlalchemy.exc.ProgrammingError("CREATE TABLE", {}, refused)
    wrapped.__cause__ = refused
    assert said_plainly(wrapped) == said_plainly(refused) is not None


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a fault of ours"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/app/service/words.txt"),
        asyncpg.UndefinedColumnError("column does not exist"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_ours_keeps_its_traceback(error: Exception) -> None:
    assert said_plainly(error) is None


def test_the_audit_of_a_new_installation_is_signed_and_found_whole(installation: Installation) -> None:
    settings = {"LIANDONG_DATA": str(installation.data)}
    kept = installation.data / "somewhere.json"
    signed = liandong("audit", "checkpoint", "--to", str(kept), **settings)
    assert signed.returncode == 0, signed.stdout
    found = liandong("audit", "verify", "--checkpoint", str(kept), **settings)
    assert found.returncode == 0 and "审计完好" in found.stdout, found.stdout


def test_a_checkpoint_that_was_changed_is_refused_in_one_line(installation: Installation) -> None:
    settings = {"LIANDONG_DATA": str(installation.data)}
    kept = installation.data / "somewhere.json"
    liandong("audit", "checkpoint", "--to", str(kept), **settings)
    kept.write_bytes(kept.read_bytes().replace(b'"made_at":"2', b'"made_at":"3'))
    found = liandong("audit", "verify", "--checkpoint", str(kept), **settings)
    assert found.returncode == 1 and "audit key" in found.stdout
    assert len(found.stdout.strip().splitlines()) == 1
