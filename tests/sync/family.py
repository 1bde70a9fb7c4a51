"""A family with a child, and everybody who may have to do with it, each with a phone that is up to date."""

from typing import Any
from uuid import UUID

from sync.starting import started_id
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, World

REPORT = "mandatory_report"
FOUND_AT = "2026-11-20T09:00:00+08:00"


class Family:
    """The file of one family: its lead opened it. `reporter` is a colleague who visits the child."""

    def __init__(self, world: World, area: UUID, people: dict[str, Person]) -> None:
        self.world = world
        self.area = area
        self.people = people
        self.phones: dict[str, Shelf] = {}
        self.file = new_id()
        self.child = new_id()

    async def begin(self) -> None:
        """Sign everybody in, and open the file."""
        for name, person in self.people.items():
            self.phones[name] = Shelf(await self.world.sign_in(person))
        await self.lead.settle(
            household(self.area, self.file),
            change("person", self.child, self.area, set={"household": str(self.file), "name": "王小明"}),
        )
        await self.settle()

    @property
    def lead(self) -> Shelf:
        return self.phones["lead"]

    @property
    def reporter(self) -> Shelf:
        return self.phones["reporter"]

    @property
    def supervisor(self) -> Shelf:
        return self.phones["supervisor"]

    @property
    def officer(self) -> Shelf:
        return self.phones["child_officer"]

    async def settle(self) -> None:
        """Everybody exchanges everything."""
        for shelf in self.phones.values():
            await shelf.settle()

    def visit(self, by: Shelf, id: UUID | None = None, **values: Any) -> dict[str, Any]:
        """A new visit to the child."""
        account = str(by.phone.person.id)
        form = {"subject": str(self.child), "on": "2026-11-20", "by": account, **values}
        return change("child_visit", id or new_id(), self.area, set=form)

    def report(self, by: Shelf, **values: Any) -> dict[str, Any]:
        """A new report, written by hand."""
        account = str(by.phone.person.id)
        form = {"child": str(self.child), "reported_by": account, "found_at": FOUND_AT, **values}
        return change(REPORT, new_id(), self.area, set=form)

    async def reported(self, **values: Any) -> UUID:
        """The reporter has visited the child and noted signs of harm; the id of the report, known to all."""
        await self.reporter.settle(visit := self.visit(self.reporter, harm=["violence"], **values))
        await self.settle()
        return report_of(visit)

    def edit(self, by: Shelf, record: UUID | str, **what: Any) -> dict[str, Any]:
        """An edit of what a phone holds."""
        held = by.records[str(record)]
        return change(held["collection"], UUID(str(record)), UUID(held["area"]), base=held["rev"], **what)

    async def stands(self, report: UUID) -> dict[str, Any]:
        """The report as the supervisor's phone has it after an exchange."""
        await self.supervisor.settle()
        return self.supervisor.data(report)


def report_of(visit: dict[str, Any]) -> UUID:
    """The id of the report that a visit starts."""
    return started_id(UUID(visit["record"]), REPORT)


def reports(shelf: Shelf) -> set[UUID]:
    """The reports that a phone holds."""
    return {UUID(id) for id, record in shelf.records.items() if record["collection"] == REPORT}


async def family_in(world: World) -> Family:
    """A family, its lead, a colleague who visits, the supervisor and the child officer."""
    area = await world.make_area()
    people = {
        "lead": await world.make_account("social_worker", area),
        "reporter": await world.make_account("social_worker", area),
        "supervisor": await world.make_account("supervisor", area),
        "child_officer": await world.make_account("child_officer", area),
    }
    made = Family(world, area, people)
    await made.begin()
    return made
