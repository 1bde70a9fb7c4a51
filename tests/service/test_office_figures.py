"""An office changes a figure by a file in a folder: every process goes by it, and a wrong file is named."""

import asyncio
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from schemas.figure_tables import TABLES
from schemas.figures import Standing
from schemas.figures.office import OfficeFigures, installed
from service.commands.figures import command as figures_command
from service.commands.retention import command as retention_command
from service.database import connect
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.holidays import made_up_notices
from tests.processes import command_line, postmasters
from tests.serving import Installation, Serving
from tests.world import PASSWORD, PASSWORD_HASH

SIXTY_ONE = '[[figure]]\nkey = "low"\nvalue = 61\nsource = "兰民发〔2026〕1号"\n'


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Commands that are run in this process let figures count in it."""
    with installed(OfficeFigures()):
        yield


def folder_with(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


async def signed_in(installation: Installation, serving: Serving) -> httpx.AsyncClient:
    """Somebody whom the running server knows."""
    address = serving.address()
    database = await connect(EmbeddedPostgres(installation.data / "postgres").url("liandong"))
    await database.execute(
        "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, 'worker01', '社工', $2)",
        uuid.uuid4(),
        PASSWORD_HASH,
    )
    await database.close()
    phone = httpx.AsyncClient(base_url=address, timeout=60)
    device = {"id": str(uuid.uuid4()), "name": "手机", "platform": "test"}
    login = {"username": "worker01", "password": PASSWORD, "device": device}
    answer = await phone.post("/api/v1/auth/login", json=login)
    phone.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return phone


async def catalogues(phone: httpx.AsyncClient, times: int = 30) -> dict[str, int]:
    """The etags that the server answers with, whichever process it is, and the interval in each."""
    found = {}
    for _ in range(times):
        # A connection of its own each time, so that it is accepted by any of the processes.
        answer = await phone.get("/api/v1/sync/catalogue", headers={"Connection": "close"})
        rows = answer.json()["rules"]["figures"]["visit_intervals"]["figures"]
        [found[answer.headers["etag"]]] = [row["value"] for row in rows if row["key"] == "low"]
    return found


def workers_of(serving: Serving) -> list[int]:
    return [pid for pid in serving.processes() if "spawn_main" in " ".join(command_line(pid))]


async def test_all_processes_go_by_what_was_read_at_the_start_also_one_that_comes_later(
    installation: Installation, tmp_path: Path
) -> None:
    folder = folder_with(tmp_path / "figures", visit_intervals=SIXTY_ONE)
    serving = installation.serve({"LIANDONG_WORKERS": "2", "LIANDONG_FIGURES": str(folder)})
    phone = await signed_in(installation, serving)
    first = await catalogues(phone)
    assert list(first.values()) == [61]
    # What is half written meanwhile counts for nobody until the next start.
    folder_with(folder, visit_intervals='[[figure]]\nkey = "lo')
    for pid in workers_of(serving):
        os.kill(pid, signal.SIGKILL)
        while pid in workers_of(serving):
            await asyncio.sleep(0.05)
        assert await catalogues(phone) == first
    await phone.aclose()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("visit_intervals", SIXTY_ONE + '[[figure]]\nkey = "none"\n', "visit_intervals.toml 第 2 条"),
        ("visit_interval", SIXTY_ONE, "visit_intervals.toml"),
        ("holidays", made_up_notices(2027).decode().replace("qingming", "spring"), "holidays.toml 第 3 条"),
    ],
)
def test_a_wrong_file_is_named_in_one_line_and_nothing_starts(
    new_installation: Installation, tmp_path: Path, name: str, text: str, said: str
) -> None:
    folder = folder_with(tmp_path / "figures", **{name: text})
    serving = new_installation.serve({"LIANDONG_FIGURES": str(folder)})
    assert serving.exit_code() == 1
    *_, last = serving.printed.strip().splitlines()
    assert said in last and f"{folder}/{name}.toml" in last
    assert "Traceback" not in serving.printed
    assert postmasters(new_installation.data) == []


@pytest.mark.parametrize("place", ["nowhere", "a file"])
def test_a_folder_that_is_none_is_named(new_installation: Installation, tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").touch()
    serving = new_installation.serve({"LIANDONG_FIGURES": str(tmp_path / place)})
    assert serving.exit_code() == 1
    *_, last = serving.printed.strip().splitlines()
    assert "LIANDONG_FIGURES" in last and place in last and "Traceback" not in serving.printed


async def test_a_term_that_the_office_sets_is_gone_by(database_url: str, tmp_path: Path) -> None:
    text = '[[figure]]\nkey = "volunteer"\nvalue = 36\nsource = "档案管理办法"\n'
    folder = folder_with(tmp_path / "figures", retention=text)
    settings = {"DATABASE_URL": database_url, "LIANDONG_DATA": str(tmp_path), "LIANDONG_FIGURES": str(folder)}
    said = await asyncio.to_thread(CliRunner(env=settings).invoke, retention_command)
    assert said.exit_code == 0, said.output
    assert "volunteer: 0（36 个月" in said.output and "activity: 期限待主管部门确定" in said.output


def shown(folder: Path | None = None) -> str:
    """What `liandong figures` prints, in one line."""
    said = CliRunner(env={"LIANDONG_FIGURES": str(folder or ""), "COLUMNS": "200"}).invoke(figures_command)
    assert said.exit_code == 0, said.output
    return " ".join(said.output.split())


def test_all_figures_are_shown_in_chinese_with_what_they_rest_on() -> None:
    said = shown()
    for table in TABLES.values():
        assert table.zh in said and f"{table.name}.toml" in said
        assert all(figure.standing.zh in said for figure in table.figures)
    assert "民发〔2021〕57号" in said and "春节" in said and "国务院办公厅关于2026年" in said


def test_what_the_office_has_set_is_shown_beside_what_is_missing(tmp_path: Path) -> None:
    said = shown(folder_with(tmp_path, visit_intervals=SIXTY_ONE))
    assert "61 天" in said and "兰民发〔2026〕1号" in said and Standing.DECIDED.zh in said
    assert "待定" in said and "90 天" not in said


def test_no_folder_is_what_there_is_at_first() -> None:
    assert Settings().figures is None
