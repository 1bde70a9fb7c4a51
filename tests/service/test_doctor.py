"""`liandong doctor` finds what is wrong with an installation, and says what to do."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

import service.commands.doctor as doctor
from service.commands.doctor import Finding, examine
from service.keys import load_keys
from service.master_key import load_master_keys, new_master_key
from service.rights import ROLE
from service.schema import migrate
from service.settings import Settings
from sync.keyring import NOWHERE, keyring_of
from tests.holidays import made_up_notices
from tests.logins import let_own, login_of, new_login
from tests.postgres import TestServer

TODAY = date(2026, 3, 2)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A new installation with the embedded database, on a free port, and holidays for the time to come."""
    folder = tmp_path / "figures"
    folder.mkdir()
    years = range(date.today().year, date.today().year + 3)
    (folder / "holidays.toml").write_bytes(made_up_notices(*years))
    return Settings(data=tmp_path / "data", port=0, figures=folder)


def verdicts(findings: Iterator[Finding]) -> set[str]:
    """But notes: there is always something that the office has still to decide."""
    return {str(finding.verdict) for finding in findings} - {"note"}


def not_well(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict not in ("ok", "note")]


def told_of_figures(*files: tuple[str, str], folder: Path, today: date = TODAY) -> list[Finding]:
    """What is told where the office's folder has these files."""
    for name, text in files:
        (folder / name).write_text(text)
    return list(doctor.figures(Settings(figures=folder), today))


def with_own_database(settings: Settings, url: str) -> Settings:
    return Settings(data=settings.data, port=0, database_url=url, figures=settings.figures)


def test_a_new_installation_is_found_well(settings: Settings) -> None:
    assert verdicts(examine(settings)) == {"ok"}


async def test_a_migrated_database_of_ones_own_is_found_well(settings: Settings, member_url: str) -> None:
    found = await asyncio.to_thread(list, examine(with_own_database(settings, member_url)))
    assert verdicts(iter(found)) == {"ok"}
    assert any("PostgreSQL 1" in finding.what for finding in found)


def test_whatever_is_not_well_comes_with_what_to_do(settings: Settings) -> None:
    unwell = Settings(
        data=Path("/dev/null/data"),
        database_url="postgresql://127.0.0.1:1/none",
        port=0,
        figures=settings.figures,
    )
    wrong = not_well(list(examine(unwell)))
    assert len(wrong) >= 2
    for finding in wrong:
        said = finding.what + finding.todo
        assert "LIANDONG_DATA" in said or "DATABASE_URL" in said


async def test_a_database_that_was_not_migrated_is_found(settings: Settings, postgres: TestServer) -> None:
    async with postgres.empty_database() as url:
        found = await asyncio.to_thread(list, examine(with_own_database(settings, url)))
    assert [finding.todo for finding in found if finding.verdict == "fail"] == ["liandong migrate"]


async def test_a_superuser_in_the_address_is_found(settings: Settings, database_url: str) -> None:
    found = await asyncio.to_thread(list, examine(with_own_database(settings, database_url)))
    [warned] = not_well(found)
    assert warned.verdict == "warn" and "superuser" in warned.what and ROLE in warned.todo


async def test_an_owner_that_nobody_let_work_as_the_role_is_found(
    settings: Settings, postgres: TestServer
) -> None:
    async with postgres.empty_database() as url, new_login(url) as owners_url:
        await let_own(url, owners_url)
        await migrate(owners_url)
        found = await asyncio.to_thread(list, examine(with_own_database(settings, owners_url)))
        [warned] = not_well(found)
    assert (warned.verdict, warned.todo) == ("warn", "liandong migrate --print-roles")


async def test_a_login_that_the_server_cannot_work_with_is_found(
    settings: Settings, database_url: str, pool: asyncpg.Pool
) -> None:
    async with new_login(database_url) as url:
        await pool.execute(f"GRANT SELECT ON alembic_version TO {login_of(url)}")
        found = await asyncio.to_thread(list, examine(with_own_database(settings, url)))
        [failed] = not_well(found)
    assert failed.verdict == "fail" and "liandong migrate --print-roles" in failed.what


def test_a_server_that_does_not_answer_is_found(settings: Settings) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/liandong"
    [finding] = doctor.the_database(with_own_database(settings, url))
    assert finding.verdict == "fail" and "DATABASE_URL" in finding.what
    assert "hunter2" not in finding.what


def test_keys_that_others_may_read_are_found(settings: Settings) -> None:
    load_keys(settings)
    key = next(settings.keys_folder.glob("token-*.pem"))
    key.chmod(0o644)
    wrong = [finding for finding in doctor.keys(settings) if finding.verdict == "warn"]
    assert [str(key) in finding.what for finding in wrong] == [True]
    assert "chmod" in wrong[0].todo


def test_a_key_that_is_broken_is_found(settings: Settings) -> None:
    load_keys(settings)
    key = next(settings.keys_folder.glob("token-*.pem"))
    key.write_text("")
    [finding] = doctor.keys(settings)
    assert finding.verdict == "fail" and key.name in finding.what


def test_what_the_office_has_set_is_told_with_what_it_takes_the_place_of(tmp_path: Path) -> None:
    text = '[[figure]]\nkey = "low"\nvalue = 60\nsource = "通知"\nsince = 2026-01-01\n'
    found = told_of_figures(("visit_intervals.toml", text), folder=tmp_path)
    [told] = [finding for finding in found if "set by the office" in finding.what]
    assert told.verdict == "note" and "低 60 天，自 2026-01-01，代替 instead of 90 天" in told.what


def test_what_the_office_has_to_decide_is_told_until_it_has(tmp_path: Path) -> None:
    def waiting(found: list[Finding]) -> str:
        return next(
            each.what for each in found if "decision_days" in each.what and "has to decide" in each.what
        )

    assert "医疗救助" in waiting(told_of_figures(folder=tmp_path))
    text = '[[figure]]\nkey = "medical"\nvalue = 20\nsource = "通知"\n'
    assert "医疗救助" not in waiting(told_of_figures(("decision_days.toml", text), folder=tmp_path))


def test_a_file_of_figures_that_cannot_be_used_is_found(tmp_path: Path) -> None:
    [failed] = told_of_figures(("visit_intervals.toml", '[[figure]]\nkey = "low"\n'), folder=tmp_path)
    assert failed.verdict == "fail" and "visit_intervals.toml 第 1 条" in failed.what and failed.todo


def test_what_is_wrong_with_a_file_is_printed_as_it_stands_in_it(tmp_path: Path) -> None:
    (tmp_path / "visit_intervals.toml").write_text('[[figure]]\nkey = "[/low]"\n')
    settings = {"LIANDONG_DATA": str(tmp_path / "data"), "LIANDONG_FIGURES": str(tmp_path)}
    said = CliRunner(env=settings).invoke(doctor.command)
    assert said.exit_code == 1 and "key 没有 [/low]" in said.output


def test_a_file_of_figures_that_is_not_read_is_told(tmp_path: Path) -> None:
    found = told_of_figures(("visit_intervals.txt", ""), folder=tmp_path)
    assert any("visit_intervals.txt" in finding.what and finding.todo for finding in found)


@pytest.mark.parametrize(
    ("today", "verdict"),
    [
        (date(2026, 9, 26), "ok"),
        (date(2026, 9, 27), "note"),
        (date(2026, 12, 25), "note"),
        (date(2026, 12, 26), "warn"),
        (date(2027, 3, 1), "warn"),
    ],
)
def test_it_is_told_in_time_that_the_next_years_holidays_are_wanted(
    tmp_path: Path, today: date, verdict: str
) -> None:
    *_, told = told_of_figures(folder=tmp_path, today=today)
    assert told.verdict == verdict and "holidays" in told.what
    assert (verdict == "ok") or "2027" in told.todo


def test_an_address_that_another_program_has_is_found(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        [finding] = doctor.port(Settings(data=settings.data, port=port))
    assert finding.verdict == "fail" and "LIANDONG_PORT" in finding.what


def test_looking_changes_nothing(settings: Settings) -> None:
    list(examine(settings))
    assert [path for path in settings.data.rglob("*") if path.is_file()] == []


async def test_keys_that_the_master_key_does_not_open_are_found(
    settings: Settings, database_url: str, pool: asyncpg.Pool
) -> None:
    load_master_keys(settings)  # another one than that of the database, which `pool` has opened
    found = await asyncio.to_thread(list, examine(with_own_database(settings, database_url)))
    [failed] = [finding for finding in found if finding.verdict == "fail"]
    assert "缺少主密钥" in failed.what and "主密钥" in failed.todo


async def test_keys_that_were_left_behind_are_found(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    own = with_own_database(Settings(data=tmp_path), database_url)
    new_master_key(own)
    async with pool.acquire() as connection, connection.transaction():
        await keyring_of(connection).current(connection, [NOWHERE])
        await connection.execute("UPDATE area_key SET retired_at = now()")
    found = await asyncio.to_thread(list, examine(own))
    todo = {finding.todo for finding in found if finding.verdict == "warn"}
    assert {"liandong keys rotate --master", "liandong keys rotate --areas"} <= todo
