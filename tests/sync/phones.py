"""Replicas on a running application, for tests that let devices work and sync."""

import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx

from sync.replica import Backoff, HttpTransport, Lost, Replica, Reply, Request, Transport
from sync.replica.conversation import Terms
from tests.world import PASSWORD, Person, World

COMMUNITY = "620102001001"
HOUSEHOLD = {"community": COMMUNITY, "name": "张家", "address": "甲街一号"}


async def at_once(_: float) -> None:
    """For `sleep`: tests do not wait."""


class Link:
    """A transport that keeps what went over it, and loses what a test tells it to.

    `fate` is asked for each request: "before", "after", an edited reply, or None to let it pass.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self.fate: Callable[[Request], str | None] = lambda request: None
        self.rewrite: Callable[[Request, Reply], Reply] = lambda request, reply: reply

    async def send(self, request: Request) -> Reply:
        self.requests.append(request)
        fate = self.fate(request)
        if fate == "before":
            raise Lost("before")
        reply = self.rewrite(request, await self._transport.send(request))
        self.replies.append(reply)
        if fate == "after":
            raise Lost("after")
        return reply

    @property
    def exchanges(self) -> list[Request]:
        """The exchanges among the requests."""
        return [request for request in self.requests if request.path == "/api/v1/sync"]


class Offline:
    """No link at all."""

    async def send(self, request: Request) -> Reply:
        raise Lost("offline")


class Phones:
    """Makes devices of people in `world`, each with a file of its own in `folder`."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self._numbers = itertools.count(1)
        self._open: list[Replica] = []

    def link(self, **options: Any) -> Link:
        """A link to the application."""
        to_app = httpx.ASGITransport(
            cast(Any, self.world.app), raise_app_exceptions=False, client=("192.0.2.1", 1234)
        )
        client = httpx.AsyncClient(transport=to_app)
        return Link(HttpTransport("http://liandong.test", client=client, **options))

    def open(self, transport: Transport, path: Path | None = None, **options: Any) -> Replica:
        """A device on `transport`; a new file unless `path` names one."""
        options = {"sleep": at_once, "chance": random.Random(0), "backoff": Backoff(attempts=4), **options}
        replica = Replica(path or self.new_path(), transport, **options)
        self._open.append(replica)
        return replica

    def new_path(self) -> Path:
        """Where a new device may keep its file."""
        return self.folder / f"phone-{next(self._numbers)}.sqlite"

    async def signed_in(self, person: Person, **options: Any) -> tuple[Replica, Link]:
        """A new device of `person` that has exchanged once, and its link."""
        link = self.link()
        replica = self.open(link, **options)
        await replica.sign_in(person.username, PASSWORD)
        await replica.sync()
        return replica, link

    def close(self) -> None:
        """Close all files."""
        for replica in self._open:
            replica.close()


@asynccontextmanager
async def phones_in(world: World, folder: Path) -> AsyncIterator[Phones]:
    """Devices, until the test ends."""
    phones = Phones(world, folder)
    try:
        yield phones
    finally:
        phones.close()


def in_pages(limit: int, **others: Any) -> Terms:
    """Terms under which a page has at most `limit` records."""
    return Terms(limit=limit, **others)


def household(name: str = "张家", **fields: Any) -> dict[str, Any]:
    """What a new household is made of."""
    return {**HOUSEHOLD, "name": name, **fields}


def names(replica: Replica, collection: str = "household") -> dict[UUID, Any]:
    """The names of what a device shows."""
    return {held.id: held.values.get("name") for held in replica.all(collection)}
