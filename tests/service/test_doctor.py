"""`liandong doctor` finds what is wrong with an installation, and says what to do."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

import service.commands.doctor as doctor
from service.commands.doctor import Finding, examine
from service.keys import load_keys
from service.master_key import load_master_keys, new_master_key
from service.rights import ROLE
from service.schema import migrate
from service.settings import Settings
from sync.keyring import NOWHERE, keyring_of
from tests.logins import let_own, login_of, new_login
from tests.postgres import TestServer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A new installation with the embedded database, on a free port."""
    return Settings(data=tmp_path / "data", port=0)


def verdicts(findings: Iterator[Finding]) -> set[str]:
    return {finding.verdict for finding in findings}


def with_own_database(settings: Settings, url: str) -> Settings:
    return Settings(data=settings.data, port=0, database_url=url)


def test_a_new_installation_is_found_well(settings: Settings) -> None:
    assert verdicts(examine(settings)) == {"ok"}


async def test_a_migrated_database_of_ones_own_is_found_well(settings: Settings, member_url: str) -> None:
    found = await asyncio.to_thread(list, examine(with_own_database(settings, member_url)))
    assert verdicts(iter(found)) == {"ok"}
    assert any("PostgreSQL 1" in finding.what for finding in found)


def test_whatever_is_not_well_comes_with_what_to_do(settings: Settings) -> None:
    unwell = Settings(data=Path("/dev/null/data"), database_url="postgresql://127.0.0.1:1/none", port=0)
    wrong = [finding for finding in examine(unwell) if finding.verdict != "ok"]
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
    [warned] = [finding for finding in found if finding.verdict != "ok"]
    assert warned.verdict == "warn" and "superuser" in warned.what and ROLE in warned.todo


async def test_an_owner_that_nobody_let_work_as_the_role_is_found(
    settings: Settings, postgres: TestServer
) -> None:
    async with postgres.empty_database() as url, new_login(url) as owners_url:
        await let_own(url, owners_url)
        await migrate(owners_url)
        found = await asyncio.to_thread(list, examine(with_own_database(settings, owners_url)))
        [warned] = [finding for finding in found if finding.verdict != "ok"]
    assert (warned.verdict, warned.todo) == ("warn", "liandong migrate --print-roles")


async def test_a_login_that_the_server_cannot_work_with_is_found(
    settings: Settings, database_url: str, pool: asyncpg.Pool
) -> None:
    async with new_login(database_url) as url:
        await pool.execute(f"GRANT SELECT ON alembic_version TO {login_of(url)}")
        found = await asyncio.to_thread(list, examine(with_own_database(settings, url)))
        [failed] = [finding for finding in found if finding.verdict != "ok"]
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
