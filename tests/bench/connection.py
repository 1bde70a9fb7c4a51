"""A keep-alive HTTP/1.1 connection that does as little as it can, so that the client is not what is measured.

It sends bytes that were made before and waits for one answer with a `Content-Length`. Anything else that
HTTP allows is no answer of this server's, and an error here.
"""

import asyncio
from typing import NamedTuple, cast

_END = b"\r\n\r\n"


class Answer(NamedTuple):
    """`head` has the status line and the headers; `body` is as it came, packed or not."""

    status: int
    head: bytes
    body: bytes


class BadAnswer(Exception):
    """Not what a server of ours sends; the message shows what came."""


class Connection(asyncio.Protocol):
    """One connection; ask on it one thing after another."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._head = 0
        self._length = 0
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    async def ask(self, request: bytes) -> Answer:
        """The answer to `request`. Raises ConnectionError, and BadAnswer."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the server closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self._head:
            end = received.find(_END)
            if end < 0:
                return
            self._head = end + len(_END)
            self._length = _content_length(bytes(received[: self._head]))
        if len(received) < self._head + self._length or self._answer is None:
            return
        head, body = bytes(received[: self._head]), bytes(received[self._head :])
        self._received, self._head = bytearray(), 0
        if self._length < 0 or len(body) > self._length:
            self._answer.set_exception(BadAnswer(head.decode("latin-1")))
        else:
            self._answer.set_result(Answer(int(head[9:12]), head, body))


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return -1


async def connected(host: str, port: int) -> Connection:
    """A new connection."""
    _, protocol = await asyncio.get_running_loop().create_connection(Connection, host, port)
    return protocol


def request(token: str, body: bytes, *, zstd: bool = False, packed: bool = False) -> bytes:
    """`POST /api/v1/sync` as it goes over the wire. `zstd`: the answer may be packed; `packed`: `body` is."""
    head = (
        "POST /api/v1/sync HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
    )
    if zstd:
        head += "Accept-Encoding: zstd\r\n"
    if packed:
        head += "Content-Encoding: zstd\r\n"
    return head.encode() + b"\r\n" + body
