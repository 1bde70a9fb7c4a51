"""Connections carry stored JSON untouched and refuse servers that are too old."""

import asyncpg
import pytest
from asyncpg.types import ServerVersion

from service.database import DatabaseTooOld, check_version, connect, open_pool

DOCUMENT = '{"name" :  "李 秀英", "n": 1.0}'.encode()


async def test_json_passes_through_byte_by_byte(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("select $1::json", DOCUMENT) == DOCUMENT


async def test_json_passes_through_arrays_in_both_directions(pool: asyncpg.Pool) -> None:
    sent = [DOCUMENT, None, b"[]"]
    assert await pool.fetchval("select $1::json[]", sent) == sent
    rows = await pool.fetch("select document from unnest($1::json[]) as document", sent)
    assert [row["document"] for row in rows] == sent


async def test_broken_json_is_refused_by_the_server(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await pool.fetchval("select $1::json", b"{")


async def test_an_open_transaction_does_not_survive_the_return_to_the_pool(database_url: str) -> None:
    pool = await open_pool(database_url, 1)
    async with pool.acquire() as connection:
        await connection.execute("begin")
        await connection.execute("create table left_open ()")
    assert await pool.fetchval("select to_regclass('left_open')") is None
    await pool.close()


async def test_both_spellings_of_the_scheme_are_understood(database_url: str) -> None:
    connection = await connect(database_url.replace("postgresql://", "postgres://"))
    assert await connection.fetchval("show timezone") == "UTC"
    await connection.close()


def test_an_old_server_is_named_in_the_error() -> None:
    class Old:
        def get_server_version(self) -> ServerVersion:
            return ServerVersion(14, 12, 0, "final", 0)

    with pytest.raises(DatabaseTooOld, match=r"14\.12"):
        check_version(Old())
