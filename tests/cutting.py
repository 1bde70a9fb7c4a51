"""A link that breaks: between a client and a server, in the middle of what is sent or of what is answered."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Cutting:
    """A proxy. Of each connection it lets through up to `most` bytes, each way together, as often as
    `chance` says; then it is gone without a word."""

    def __init__(self, to: str, chance: random.Random, most: int) -> None:
        address = urlsplit(to)
        self._host, self._port = str(address.hostname), address.port
        self._chance = chance
        self._most = most
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = [self._chance.randrange(1, self._most)]
        other_reader, other_writer = await asyncio.open_connection(self._host, self._port)

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while piece := await source.read(4096):
                passed = piece[: left[0]]
                left[0] -= len(passed)
                sink.write(passed)
                await sink.drain()
                if left[0] <= 0:
                    self.cuts += 1
                    return

        ways = [
            asyncio.create_task(carry(reader, other_writer)),
            asyncio.create_task(carry(other_reader, writer)),
        ]
        with suppress(ConnectionError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for each in (writer, other_writer):
            each.transport.abort()


@asynccontextmanager
async def cutting(to: str, seed: int, most: int) -> AsyncIterator[tuple[str, Cutting]]:
    """A breaking link to the server at `to`: its address."""
    link = Cutting(to, random.Random(seed), most)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", link
    finally:
        server.close()
