"""What a library holds that knows whole documents and how far it has come, and nothing else."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from schemas.collections import COLLECTIONS
from service.audit.accountant import accountant_for
from service.auth.caller import Caller
from service.routes.sync import access_for
from sync import mirror
from sync.asking import AccessOf
from sync.exchange import Device
from sync.mirror import Document, Page
from tests.sync.shelf import Shelf
from tests.world import Phone, World


class Library:
    """The documents of one device, which asks the book of the server collection by collection."""

    def __init__(self, world: World, caller: Caller) -> None:
        self.world = world
        self.caller = caller
        self.device = Device(caller.account, caller.device_no)
        self.seqs: dict[str, int] = {}
        self.documents: dict[UUID, Document] = {}

    @property
    def access_of(self) -> AccessOf:
        """Asks what the device's owner may do."""
        return access_for(self.caller)

    async def ask(self, *collections: str, limit: int = 100) -> Page:
        """One page for `collections` (all), and nothing made of it: as if the answer were lost."""
        return await mirror.page(
            self.world.application,
            self.device,
            self.seqs.get(_named(collections), 0),
            collections or tuple(COLLECTIONS),
            limit,
            self.access_of,
            self.world.app.state.terms,
            accountant_for(self.caller),
        )

    async def pull(self, *collections: str, limit: int = 100) -> Page:
        """One page, and what it says is done."""
        page = await self.ask(*collections, limit=limit)
        for told in page.told:
            if told.document is None:
                self.documents.pop(told.id, None)
            else:
                self.documents[told.id] = told.document
        self.seqs[_named(collections)] = page.seq
        return page

    async def settle(self, *collections: str, limit: int = 100) -> None:
        """Pull until there is nothing more."""
        for _ in range(10_000):
            page = await self.pull(*collections, limit=limit)
            assert page.is_last or len(page.told) == limit
            if page.is_last:
                return
        raise AssertionError("the server never comes to an end")

    def held(self) -> dict[UUID, tuple[str, UUID, UUID | None, dict[str, Any]]]:
        """What it holds, to be compared."""
        return {id: (each.collection, each.area, each.case, each.data) for id, each in self.documents.items()}


def _named(collections: Collection[str]) -> str:
    return " ".join(collections)


async def library_of(world: World, phone: Phone) -> Library:
    """The library on a phone that is signed in."""
    row: Mapping[str, Any] = await world.pool.fetchrow(
        "SELECT device.no, session.id FROM device"
        " JOIN session ON session.account = device.account AND session.device = device.id"
        " WHERE device.account = $1 AND device.id = $2 AND session.ended_at IS NULL",
        phone.person.id,
        phone.device,
    )
    return Library(world, Caller(phone.person.id, phone.person.username, phone.device, row["no"], row["id"]))


async def holds_what_a_new_one_gets(library: Library, phone: Phone, limit: int = 100) -> None:
    """After it has asked for everything, a library holds what a new one is told, and what a shelf holds."""
    world = library.world
    await library.settle(limit=limit)
    newcomer = await library_of(world, await world.sign_in(phone.person))
    await newcomer.settle()
    assert library.held() == newcomer.held()
    shelf = Shelf(await world.sign_in(phone.person))
    await shelf.settle()
    assert {str(id): (each[0], str(each[1])) for id, each in newcomer.held().items()} == {
        id: (record["collection"], record["area"]) for id, record in shelf.records.items()
    }
    for id, record in shelf.records.items():
        assert newcomer.documents[UUID(id)].data == mirror.whole(record["collection"], record["data"])
