"""Requests that stay open while something happens: the stream, and the long poll."""

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlencode
from uuid import uuid4

from sync.scope import Place
from tests.interference.copies import Copy
from tests.interference.town import Device

PATIENCE = 30.0
STILL_HERE = ": still here\n\n"


class Listening:
    """A request that the server answers piece by piece: `said` so far, until the block ends."""

    def __init__(self, copy: Copy, device: Device, path: str, **query: Any) -> None:
        self.said = ""
        self.has_begun = asyncio.Event()
        self._copy = copy
        self._ended = asyncio.Event()
        self._is_asked = False
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urlencode(query).encode(),
            "headers": [(b"host", b"liandong.test"), (b"authorization", f"Bearer {device.token}".encode())],
            "client": ("192.0.2.1", 1234),
            "server": ("liandong.test", 80),
        }

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        await cast(Any, self._copy.world.app)(self._scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._ended.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = sorted((name.decode(), value.decode()) for name, value in message["headers"])
            self.said += f"{message['status']} {headers}\n"
        else:
            self.said += message.get("body", b"").decode()
            self.has_begun.set()


async def listened_to(copy: Copy) -> None:
    """Until the server hears what is notified: as it begins to, it has everybody look for themselves."""
    nowhere = Place(uuid4())
    with copy.world.app.state.pokes.waiting() as waiter:
        async with asyncio.timeout(PATIENCE):
            while nowhere not in ((await waiter.wait(0.05)) or {}):
                copy.world.app.state.herald.tell({nowhere: 1})


async def all_heard(copy: Copy, stream: Listening) -> None:
    """Until `stream` has said all that it has to say of what was notified so far."""
    with copy.world.app.state.pokes.waiting() as waiter:
        nowhere = Place(uuid4())
        copy.world.app.state.herald.tell({nowhere: 1})
        while nowhere not in ((await waiter.wait(PATIENCE)) or {}):
            pass
    # Whenever it has looked and has nothing to say it says so, twice after what it was just woken by.
    spoken = stream.said.count(STILL_HERE)
    async with asyncio.timeout(PATIENCE):
        while stream.said.count(STILL_HERE) < spoken + 2:
            await asyncio.sleep(0.005)


def without_pauses(stream: Listening) -> str:
    """What it said, but for that it is still there."""
    return stream.said.replace(STILL_HERE, "")
