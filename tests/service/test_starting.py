"""A process that begins while the database goes away waits for it: its end would be the end of the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import pytest

from service.app import create_app
from tests.world import settings_for

MOMENTS = range(1, 26, 2)


class Line:
    """Hands on to the database what is said at its address, and is cut once, all of it."""

    def __init__(self, host: str, port: str, after: int) -> None:
        self._host, self._port, self._left = host, port, after
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def was_cut(self) -> bool:
        return self._left <= 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            there, onward = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            there, onward = await asyncio.open_connection(self._host, int(self._port))
        self._open |= {writer, onward}
        await asyncio.gather(self._hand(reader, onward), self._hand(there, writer, counts=True))

    async def _hand(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool = False
    ) -> None:
        while said := await reader.read(65536):
            self._left -= counts
            if counts and self._left == 0:
                for each in self._open:
                    each.transport.abort()
                return
            writer.write(said)
        writer.close()


@asynccontextmanager
async def line(url: str, after: int) -> AsyncIterator[tuple[Line, str]]:
    """A line to `url`, cut when the database has answered `after` times, and its own address."""
    there = urlsplit(url)
    more = {name: values[0] for name, values in parse_qs(there.query).items()}
    host, port = more.pop("host", there.hostname or "localhost"), more.pop("port", str(there.port or 5432))
    made = Line(host, port, after)
    async with await asyncio.start_server(made.carry, "127.0.0.1", 0) as server:
        who, at, _ = there.netloc.rpartition("@")
        here = f"{who}{at}127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield made, there._replace(netloc=here, query=urlencode(more)).geturl()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_process_that_begins_survives_a_database_that_is_cut_off(
    database_url: str, tmp_path: Path, moment: int
) -> None:
    async with line(database_url, moment) as (cut, url):
        app = create_app(settings_for(url, tmp_path))
        async with app.lifespan():
            assert cut.was_cut
            assert await app.state.pool.fetchval("SELECT count(*) FROM account") == 0


async def test_a_database_that_will_not_have_us_is_not_waited_for(database_url: str, tmp_path: Path) -> None:
    missing = urlsplit(database_url)._replace(path="/no_such_database").geturl()
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(10), create_app(settings_for(missing, tmp_path)).lifespan():
            pass
    assert raised.group_contains(asyncpg.InvalidCatalogNameError)
