"""Copies of a town: the same server on a copy of its database, with the same keys, at the same point."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import httpx

from service.settings import Settings
from tests.interference.town import Device
from tests.postgres import TestServer
from tests.world import World, running, settings_for


class Copy:
    """One copy, and how phones call it."""

    def __init__(self, world: World) -> None:
        self.world = world
        # Litestar types an application more exactly than httpx asks for.
        app = cast(Any, world.app)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 1234))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://liandong.test")

    async def ask(
        self,
        device: Device | None,
        method: str,
        path: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> httpx.Response:
        """What `device` (or a stranger) is answered."""
        headers = {"x-request-id": "same-for-all", "accept-encoding": "identity", **headers}
        if device is not None:
            headers["authorization"] = f"Bearer {device.token}"
        return await self._client.request(method, path, headers=headers, **more)

    async def push(self, device: Device, *changes: dict[str, Any]) -> list[dict[str, Any]]:
        """Send changes, and take what is new, as a phone does; the results."""
        results: list[dict[str, Any]] = []
        cursor, left = device.cursor, list(changes)
        while True:
            answer = await self.ask(device, "POST", "/api/v1/sync", json={"cursor": cursor, "changes": left})
            assert answer.status_code == 200, answer.text
            said = answer.json()
            results += said["results"]
            if said["complete"]:
                return results
            cursor, left = said["cursor"], []


def patient(url: str, folder: Path) -> Settings:
    """Settings under which nobody's sign-in ends while a town is gone over."""
    return settings_for(url, folder, access_minutes=24 * 60)


@asynccontextmanager
async def copy_of(postgres: TestServer, url: str, folder: Path) -> AsyncIterator[Copy]:
    """A copy of what lies in the database at `url`, which nobody is connected to, and in `folder`."""
    own = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, own)
    try:
        async with postgres.database(url) as copied, running(patient(copied, own)) as world:
            yield Copy(world)
    finally:
        shutil.rmtree(own)
