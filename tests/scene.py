"""A community and a file in it, for tests of who works on files."""

from typing import Any, Final
from uuid import UUID

import httpx

from tests.callers import Callers
from tests.sync.changes import household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, World

REASON: Final = "老人在家中跌倒，须联系家属"


class Scene(Callers):
    """A community: a lead with a file, a colleague, a supervisor and a community officer."""

    def __init__(self, world: World, area: UUID, people: dict[str, Person]) -> None:
        super().__init__(world, people, "/api/v1/files/")
        self.area = area
        self.file = new_id()

    async def members(self, who: str = "lead") -> dict[str, str]:
        """Who works on the file, as `who` is told."""
        answer = await self.ask(who, "GET", f"{self.file}/members")
        assert answer.status_code == 200, answer.text
        names = {str(person.id): name for name, person in self.people.items()}
        return {names[each["account"]]: each["kind"] for each in answer.json()["members"]}

    async def add(self, by: str, who: str, **more: Any) -> int:
        """Have somebody work on the file; the status."""
        body = {"account": str(self.people[who].id), "kind": "co_worker", **more}
        return (await self.ask(by, "POST", f"{self.file}/members", body)).status_code

    async def break_glass(self, who: str, reason: str = REASON) -> httpx.Response:
        """Open the file in an emergency."""
        return await self.ask(who, "POST", f"{self.file}/break-glass", {"reason": reason})

    async def shelf(self, who: str) -> Shelf:
        """A new phone of theirs that has exchanged all."""
        shelf = Shelf(await self.world.sign_in(self.people[who]))
        await shelf.settle()
        return shelf

    async def note_seen_by(self, who: str) -> bool:
        """Whether a new phone of theirs shows what the file is about."""
        return "note" in (await self.shelf(who)).data(self.file)


async def scene_in(world: World) -> Scene:
    """The people and the file, new."""
    area = await world.make_area()
    roles = {
        "lead": "social_worker",
        "colleague": "social_worker",
        "supervisor": "supervisor",
        "officer": "community_officer",
        "child officer": "child_officer",
    }
    people = {name: await world.make_account(role, area) for name, role in roles.items()}
    people["stranger"] = await world.make_account("social_worker", await world.make_area())
    made = Scene(world, area, people)
    await Shelf(await world.sign_in(people["lead"])).settle(household(area, made.file, note="欠债"))
    return made
