"""People who ask the server, each by a name that a test knows them by and from a phone of their own."""

from typing import Any

import httpx

from tests.world import Person, Phone, World


class Callers:
    """`people` by name; `below`: the path of the routes that they ask."""

    def __init__(self, world: World, people: dict[str, Person], below: str = "/api/v1/") -> None:
        self.world = world
        self.people = people
        self._below = below
        self._phones: dict[str, Phone] = {}

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """What somebody is answered."""
        if who not in self._phones:
            self._phones[who] = await self.world.sign_in(self.people[who])
        return await self._phones[who].request(method, f"{self._below}{path}", json=body)
