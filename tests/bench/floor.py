"""The floor: what PostgreSQL and asyncpg give when nothing else is done, on the same server and disk.

A plain table (id, area, rev, body) with an index on (area, rev). Documents come in batches of 40, each in a
transaction of its own; they are read by one ordered select. No HTTP, no validation, no merge, no history.
Of files: each is written into a folder and flushed to the disk. No look at what it is, no hash, no sealing.
"""

import asyncio
import os
import time
from pathlib import Path
from uuid import UUID

import asyncpg

from service.database import connect
from tests.bench.driver import Driven, Watched

Row = tuple[UUID, UUID, int, bytes]

_TABLE = """
    CREATE TABLE document (id uuid PRIMARY KEY, area uuid NOT NULL, rev bigint NOT NULL, body json NOT NULL);
    CREATE INDEX ix_document_area_rev ON document (area, rev);
"""
_INSERT = "INSERT INTO document (id, area, rev, body) VALUES ($1, $2, $3, $4)"
_SELECT = "SELECT id, area, rev, body FROM document WHERE area = ANY($1::uuid[]) ORDER BY area, rev"


async def make_table(url: str) -> None:
    """The floor's table, in an empty database."""
    connection = await connect(url)
    await connection.execute(_TABLE)
    await connection.close()


async def insert(url: str, writers: list[list[list[Row]]], watched: Watched) -> Driven:
    """Insert batches: each writer has a connection, and its batches come one after another."""
    connections = [await connect(url) for _ in writers]
    for connection in connections:
        await connection.prepare(_INSERT)
    latencies: list[float] = []
    before, begun = watched.usage(), time.perf_counter()
    await asyncio.gather(
        *(_insert(at, batches, latencies) for at, batches in zip(connections, writers, strict=True))
    )
    seconds = time.perf_counter() - begun
    after = watched.usage()
    for connection in connections:
        await connection.close()
    return Driven(seconds, latencies, after.minus(before))


async def _insert(connection: asyncpg.Connection, batches: list[list[Row]], latencies: list[float]) -> None:
    for batch in batches:
        begun = time.perf_counter()
        async with connection.transaction():
            await connection.executemany(_INSERT, batch)
        latencies.append(time.perf_counter() - begun)


async def read(url: str, areas: list[UUID], times: int, readers: int, watched: Watched) -> Driven:
    """Read all documents of `areas` by one ordered select, `times` over, by several readers at once."""
    connections = [await connect(url) for _ in range(readers)]
    for connection in connections:
        await connection.fetch(_SELECT, areas[:1])
    latencies: list[float] = []
    before, begun = watched.usage(), time.perf_counter()
    await asyncio.gather(*(_read(connection, areas, times, latencies) for connection in connections))
    seconds = time.perf_counter() - begun
    after = watched.usage()
    for connection in connections:
        await connection.close()
    return Driven(seconds, latencies, after.minus(before))


async def _read(
    connection: asyncpg.Connection, areas: list[UUID], times: int, latencies: list[float]
) -> None:
    for _ in range(times):
        begun = time.perf_counter()
        rows = await connection.fetch(_SELECT, areas)
        latencies.append(time.perf_counter() - begun)
        del rows


async def write_files(folder: Path, writers: list[list[bytes]], watched: Watched) -> Driven:
    """Write files that last: each writer one after another, all at once."""
    folder.mkdir(exist_ok=True)
    latencies: list[float] = []
    before, begun = watched.usage(), time.perf_counter()
    await asyncio.gather(
        *(_write_files(folder, f"{number}", contents, latencies) for number, contents in enumerate(writers))
    )
    seconds = time.perf_counter() - begun
    return Driven(seconds, latencies, watched.usage().minus(before))


async def _write_files(folder: Path, name: str, contents: list[bytes], latencies: list[float]) -> None:
    for number, content in enumerate(contents):
        begun = time.perf_counter()
        await asyncio.to_thread(_write_file, folder / f"{name}-{number}", content)
        latencies.append(time.perf_counter() - begun)


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
