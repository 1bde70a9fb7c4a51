"""A database that was restored to an earlier time is noticed at the next start."""

import uuid
from pathlib import Path

import asyncpg
import pytest

from sync import epoch
from sync.epoch import HighWater, confirm, renew


@pytest.fixture
async def area(pool: asyncpg.Pool) -> uuid.UUID:
    id = uuid.uuid4()
    await pool.execute(
        """
        INSERT INTO area (id, level, code, name, ancestors, last_rev)
        VALUES ($1, 'city', '620100', '兰州', $2, 1000)
        """,
        id,
        [id],
    )
    return id


async def test_an_epoch_is_made_once_and_kept(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        first = await confirm(connection, tmp_path)
        assert await confirm(connection, tmp_path) == first


@pytest.mark.usefixtures("area")
async def test_a_database_that_lost_acknowledged_work_gets_a_new_epoch(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    async with pool.acquire() as connection:
        before = await confirm(connection, tmp_path)
        await pool.execute("UPDATE area SET last_rev = 2000")
        high_water = HighWater(tmp_path)
        high_water.note([1500, 2000])
        await high_water.keep()
        assert await confirm(connection, tmp_path) == before
        await pool.execute("UPDATE area SET last_rev = 1500")
        after = await confirm(connection, tmp_path)
        assert after != before
        assert await confirm(connection, tmp_path) == after


@pytest.mark.usefixtures("area")
async def test_work_that_was_never_acknowledged_renews_nothing(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        before = await confirm(connection, tmp_path)
        await HighWater(tmp_path).keep()
        assert await confirm(connection, tmp_path) == before


@pytest.mark.usefixtures("area")
async def test_the_mark_never_goes_down(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        before = await confirm(connection, tmp_path)
        await pool.execute("UPDATE area SET last_rev = 3000")
        one, other = HighWater(tmp_path), HighWater(tmp_path)
        one.note([3000])
        other.note([2000])
        await one.keep()
        await other.keep()
        await pool.execute("UPDATE area SET last_rev = 2500")
        assert await confirm(connection, tmp_path) != before


async def test_who_restores_can_say_so(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        before = await confirm(connection, tmp_path)
        after = await renew(connection, tmp_path)
        assert after != before
        assert await confirm(connection, tmp_path) == after


async def test_a_torn_file_is_as_good_as_none(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        before = await confirm(connection, tmp_path)
        (tmp_path / epoch.FILE).write_bytes(b'{"epo')
        assert await confirm(connection, tmp_path) == before
