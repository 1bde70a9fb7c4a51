"""A community, a family in it, and a worker who applies for help for it and sends photos of papers."""

from typing import Any
from uuid import UUID

from tests.sending import about, sent
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Phone, World


class Office:
    """Made by `made`. `shelf`: the worker's phone; `referral`: the application, whose photos are identity."""

    def __init__(self, world: World, area: UUID, shelf: Shelf) -> None:
        self.world = world
        self.area = area
        self.shelf = shelf
        self.file, self.referral, self.person = new_id(), new_id(), new_id()

    @property
    def phone(self) -> Phone:
        return self.shelf.phone

    def about(self, id: UUID | None = None, **said: Any) -> dict[str, Any]:
        """What is said of a file for the application."""
        return about(self.referral, self.area, id, **said)

    async def name(self, *ids: UUID) -> None:
        """Have files stand in the application."""
        await self.change({"photos": [str(id) for id in ids]})

    async def change(self, added: dict[str, Any] | None = None, **more: Any) -> None:
        """An edit of the application that takes effect."""
        await self.shelf.settle()
        base = self.shelf.records[str(self.referral)]["rev"]
        if added is not None:
            more["add"] = added
        sent = change("referral", self.referral, self.area, base=base, **more)
        (result,) = (await self.shelf.exchange(sent))["results"]
        assert result["outcome"] == "applied", result

    async def keep(self, content: bytes, **said: Any) -> UUID:
        """Send a file for the application, and have it stand there."""
        id = await sent(self.phone, content, **self.about(**said))
        await self.name(id)
        return id

    async def somebody(self, role: str | None, *areas: UUID) -> Phone:
        """Somebody else's phone, by default here."""
        person = await self.world.make_account(role, *(areas or (self.area,)))
        return await self.world.sign_in(person)


async def made(world: World) -> Office:
    """The office, with the application written."""
    area = await world.make_area()
    worker = await world.make_account("social_worker", area)
    office = Office(world, area, Shelf(await world.sign_in(worker)))
    form = {"household": str(office.file), "kind": "temporary", "state": "drafted"}
    person = {"household": str(office.file), "name": "王小明"}
    await office.shelf.settle(
        household(area, office.file),
        change("person", office.person, area, set=person),
        change("referral", office.referral, area, set=form),
    )
    return office
