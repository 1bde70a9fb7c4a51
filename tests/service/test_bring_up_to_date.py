"""A new embedded database is there whole or not at all; one that is there is only migrated."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from service.commands.database import NAME, bring_up_to_date, database
from service.database import connect
from service.embedded import InUse
from service.schema import current_revision, newest_revision
from service.settings import Settings
from tests.postgres import TestServer
from tests.processes import new_folder, postmasters


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Settings, str]]:
    """Settings with the embedded database, and its address: the server runs, the database is not made."""
    with new_folder() as parent:
        parent.chmod(0o711)
        settings = Settings(data=parent / "data")
        with database(settings, alone=True) as url:
            yield settings, url


@pytest.fixture
def settings(running: tuple[Settings, str]) -> Settings:
    return running[0]


@pytest.fixture
def url(running: tuple[Settings, str]) -> Iterator[str]:
    """The address of a database that does not exist yet."""
    yield running[1]
    asyncio.run(_drop(running[1]))


async def _drop(url: str) -> None:
    server = await connect(url.replace(f"/{NAME}?", "/postgres?"))
    await server.execute(f"drop database if exists {NAME} with (force)")
    await server.close()


class Filling:
    """Fills a database, by a table that shows it; or breaks off."""

    def __init__(self, breaks_off: bool = False) -> None:
        self.times = 0
        self.breaks_off = breaks_off

    async def __call__(self, url: str) -> None:
        self.times += 1
        connection = await connect(url)
        await connection.execute("create table filled ()")
        if self.breaks_off:
            raise KeyboardInterrupt  # and the connection stays open, as when a process is killed
        await connection.close()


async def is_filled(url: str) -> bool:
    connection = await connect(url)
    try:
        found: bool = await connection.fetchval("select to_regclass('filled') is not null")
        return found
    finally:
        await connection.close()


def test_a_new_database_is_migrated_and_filled(settings: Settings, url: str) -> None:
    assert asyncio.run(bring_up_to_date(settings, url, Filling()))
    assert asyncio.run(current_revision(url)) == newest_revision()
    assert asyncio.run(is_filled(url))


def test_one_that_is_there_is_not_filled_again(settings: Settings, url: str) -> None:
    filling = Filling()
    asyncio.run(bring_up_to_date(settings, url, filling))
    assert not asyncio.run(bring_up_to_date(settings, url, filling))
    assert filling.times == 1


def test_one_whose_filling_was_broken_off_does_not_exist(settings: Settings, url: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(bring_up_to_date(settings, url, Filling(breaks_off=True)))
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        asyncio.run(current_revision(url))


def test_it_is_made_anew_by_the_next_start(settings: Settings, url: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(bring_up_to_date(settings, url, Filling(breaks_off=True)))
    assert asyncio.run(bring_up_to_date(settings, url, Filling()))
    assert asyncio.run(is_filled(url))


async def test_a_database_of_ones_own_is_migrated_and_never_filled(
    postgres: TestServer, tmp_path: Path
) -> None:
    async with postgres.empty_database() as url:
        filling = Filling()
        settings = Settings(data=tmp_path, database_url=url)
        assert not await bring_up_to_date(settings, url, filling)
        assert await current_revision(url) == newest_revision()
    assert filling.times == 0


def test_two_servers_do_not_share_a_data_folder(settings: Settings) -> None:
    with pytest.raises(InUse), database(settings, alone=True):
        pass


def test_the_server_is_stopped_whatever_happens() -> None:
    with new_folder() as parent:
        parent.chmod(0o711)
        with pytest.raises(ZeroDivisionError), database(Settings(data=parent / "data")):
            assert postmasters(parent)
            raise ZeroDivisionError
        assert not postmasters(parent)
