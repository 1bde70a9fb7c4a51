"""A social work station (社工站): a community with its workers on phones, and desks for who works online."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sync.replica import Replica
from tests.sync.changes import change
from tests.sync.phones import Phones, household, phones_in
from tests.world import Person, Phone, World

TODAY: Final = "2026-11-20"


class Desk:
    """Somebody who works online: reads records one by one and writes without a copy of their own."""

    def __init__(self, phone: Phone, area: UUID) -> None:
        self.phone = phone
        self.area = area

    async def read(self, record: UUID) -> dict[str, Any]:
        """What a record says, as far as they may read it; nothing where it is not there for them."""
        answer = await self.phone.get(f"/api/v1/records/{record}")
        if answer.status_code == 404:
            return {}
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["data"]
        return found

    async def write(self, collection: str, record: UUID, **values: Any) -> str | None:
        """Fill in fields, having seen all there is: the type of the problem, None where it was applied."""
        edit = change(collection, record, self.area, base=2**60, set=values)
        body = {"schema": 1, "cursor": None, "changes": [edit]}
        answer = await self.phone.post("/api/v1/sync", json=body)
        assert answer.status_code == 200, answer.text
        (result,) = answer.json()["results"]
        problem: dict[str, Any] | None = result["problem"]
        return None if problem is None else problem["type"]


class Station:
    """One community. Workers are given phones that have been online once, and work without from then on."""

    def __init__(self, phones: Phones, area: UUID) -> None:
        self.phones = phones
        self.world = phones.world
        self.area = area

    async def somebody(self, role: str = "social_worker") -> tuple[Person, Replica]:
        """Somebody with this role here, and their phone."""
        person = await self.world.make_account(role, self.area)
        phone, _ = await self.phones.signed_in(person)
        return person, phone

    async def desk(self, role: str) -> Desk:
        """Somebody with this role here who works online."""
        person = await self.world.make_account(role, self.area)
        return Desk(await self.world.sign_in(person), self.area)

    def family(self, phone: Replica, *names: str) -> tuple[UUID, list[UUID]]:
        """A family of people with these names, the head first, entered on a phone: its file, and they."""
        with phone.group():
            file = phone.create("household", self.area, household(f"{names[0]}家"))
            people = [
                phone.create("person", self.area, {"household": str(file), "name": name}) for name in names
            ]
        return file, people


def values_on(phone: Replica, record: UUID) -> dict[str, Any]:
    """What a phone shows of a record; nothing where it does not hold it."""
    held = phone.get(record)
    return {} if held is None else dict(held.values)


@asynccontextmanager
async def station_in(world: World, folder: Path) -> AsyncIterator[Station]:
    """A station, until the test ends."""
    async with phones_in(world, folder) as phones:
        yield Station(phones, await world.make_area())
