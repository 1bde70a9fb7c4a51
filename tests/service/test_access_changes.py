"""Every way in which somebody's access can change, and what their phones, and others', are told of it.

A row a change. The person has two phones: `near` exchanges right after the change, `far` was offline
meanwhile and still has work to send. What they hold is told by four fields: the family's name and its note
(case), the child's name and health (case).
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest

from tests.scene import REASON
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, agrees
from tests.world import Person, World

LISTED: Final = {"family", "person"}
ALL: Final = LISTED | {"note", "health"}
NOTHING: Final[set[str]] = set()


class Scene:
    """A street with three communities. A family lives `here`; `person` works at `home`."""

    def __init__(self, world: World, areas: dict[str, UUID], people: dict[str, Person]) -> None:
        self.world = world
        self.areas = areas
        self.people = people
        self.file, self.member, self.other = new_id(), new_id(), new_id()
        self.shelves: dict[str, Shelf] = {}

    async def begin(self) -> None:
        """The family is known, and everybody's phone is up to date."""
        for name in ("lead", "supervisor", "bystander", "administrator"):
            self.shelves[name] = Shelf(await self.world.sign_in(self.people[name]))
        here = self.areas["here"]
        someone = {"household": str(self.file), "name": "王小明", "health": "chronic"}
        await self.shelves["lead"].settle(
            household(here, self.file, note="欠债"),
            household(here, self.other, name="李家"),
            change("person", self.member, here, set=someone),
        )
        for shelf in self.shelves.values():
            await shelf.settle()

    async def phone(self) -> Shelf:
        """A new phone of the person's, up to date."""
        shelf = Shelf(await self.world.sign_in(self.people["person"]))
        await shelf.settle()
        return shelf

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """Ask a route; the answer, which has to be a good one."""
        if who == "person":
            phone = await self.world.sign_in(self.people[who])
        else:
            phone = self.shelves[who].phone
        answer = await phone.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def work(self, who: str, *changes: dict[str, Any]) -> None:
        """Somebody changes records, having seen everything."""
        for result in (await self.shelves[who].settle(*changes))["results"]:
            assert result["outcome"] in ("applied", "merged"), result

    async def grant(self, role: str, area: str) -> None:
        """The administrator grants the person something."""
        body = {"role": role, "area": str(self.areas[area])}
        await self.ask("administrator", "POST", f"admin/accounts/{self.id}/grants", body)

    async def end_grant(self, area: str) -> None:
        """The administrator ends it."""
        number = await self.world.pool.fetchval(
            "SELECT max(id) FROM area_grant WHERE account = $1 AND area = $2", self.id, self.areas[area]
        )
        await self.ask("administrator", "DELETE", f"admin/grants/{number}")

    async def let_pass(self, table: str, area: str = "here") -> None:
        """The time comes at which what they have here ends by itself."""
        statement = f"UPDATE {table} SET until = clock_timestamp() WHERE account = $1 AND area = $2"
        await self.world.pool.execute(statement, self.id, self.areas[area])

    async def hand_over(self, by: str, to: str) -> None:
        """Another lead for the file."""
        body = {"to": str(self.people[to].id), "reason": "调离"}
        await self.ask(by, "POST", f"files/{self.file}/hand-over", body)

    async def move(self, start: str, end: str) -> None:
        """The family moves."""
        await self.shelves["supervisor"].settle()
        base = self.shelves["supervisor"].records[str(self.file)]["rev"]
        to = {"op": "move", "to": self.areas[end], "base": base}
        await self.work("supervisor", change("household", self.file, self.areas[start], **to))

    async def give_to(self, file: UUID) -> None:
        """The child comes to another family of the community."""
        await self.shelves["lead"].settle()
        base = self.shelves["lead"].records[str(self.member)]["rev"]
        values = {"base": base, "set": {"household": str(file)}}
        await self.work("lead", change("person", self.member, self.areas["here"], **values))

    async def is_suspended(self) -> bool:
        """Whether the person does not sign in for now."""
        suspended = "SELECT suspended_at IS NOT NULL FROM account WHERE id = $1"
        return bool(await self.world.pool.fetchval(suspended, self.id))

    @property
    def id(self) -> UUID:
        return self.people["person"].id


Step = Callable[[Scene], Awaitable[Any]]


async def nothing(scene: Scene) -> None:
    """As it is: the person works elsewhere."""


def granted(role: str, area: str = "here") -> Step:
    return lambda scene: scene.grant(role, area)


def ended(area: str = "here") -> Step:
    return lambda scene: scene.end_grant(area)


def handed(by: str, to: str) -> Step:
    return lambda scene: scene.hand_over(by, to)


def moved(start: str, end: str) -> Step:
    return lambda scene: scene.move(start, end)


def told(who: str, method: str, path: str, body: Any = None) -> Step:
    """A route asked by somebody; `path` names the file as {file} and the person as {person}."""
    return lambda scene: scene.ask(
        who,
        method,
        path.format(file=scene.file, person=scene.id),
        None if body is None else {**body, **({"account": str(scene.id)} if "kind" in body else {})},
    )


def both(*steps: Step) -> Step:
    async def all_of_them(scene: Scene) -> None:
        for step in steps:
            await step(scene)

    return all_of_them


joined = told("lead", "POST", "files/{file}/members", {"kind": "co_worker"})
left = told("lead", "DELETE", "files/{file}/members/{person}")
broken = told("person", "POST", "files/{file}/break-glass", {"reason": REASON})
suspended = told("administrator", "POST", "admin/accounts/{person}/suspend")
resumed = told("administrator", "POST", "admin/accounts/{person}/resume")


class Change(NamedTuple):
    """What there was `first`, what happens, and what takes it `back`; what is held `before` and `after`."""

    first: Step
    happens: Step
    back: Step
    before: set[str]
    after: set[str]


CHANGES: Final = {
    "a file is handed over to them": Change(
        granted("social_worker"), handed("lead", "person"), handed("supervisor", "lead"), LISTED, ALL
    ),
    "their file is handed over": Change(
        both(granted("social_worker"), handed("lead", "person")),
        handed("supervisor", "lead"),
        handed("lead", "person"),
        ALL,
        LISTED,
    ),
    "a grant is added": Change(nothing, granted("supervisor"), ended(), NOTHING, ALL),
    "a wider grant is added": Change(granted("social_worker"), granted("supervisor"), ended(), LISTED, ALL),
    "a grant is ended": Change(granted("supervisor"), ended(), granted("supervisor"), ALL, NOTHING),
    "one of two grants is ended": Change(
        both(granted("social_worker"), granted("supervisor")), ended(), granted("supervisor"), ALL, LISTED
    ),
    "a grant runs out": Change(
        granted("supervisor"),
        lambda scene: scene.let_pass("area_grant"),
        granted("supervisor"),
        ALL,
        NOTHING,
    ),
    "they move to another community": Change(
        granted("supervisor"),
        both(ended(), granted("supervisor", "there")),
        both(ended("there"), granted("supervisor")),
        ALL,
        NOTHING,
    ),
    "the family moves away": Change(
        granted("supervisor"), moved("here", "there"), moved("there", "here"), ALL, NOTHING
    ),
    "the family moves to where they work": Change(
        granted("supervisor", "there"), moved("here", "there"), moved("there", "here"), NOTHING, ALL
    ),
    "the child comes to a family whose file is not theirs": Change(
        both(granted("social_worker"), joined),
        lambda scene: scene.give_to(scene.other),
        lambda scene: scene.give_to(scene.file),
        ALL,
        ALL - {"health"},
    ),
    "they are suspended": Change(granted("supervisor"), suspended, resumed, ALL, NOTHING),
    "they work on a file": Change(nothing, joined, left, NOTHING, ALL),
    "they work on a file no longer": Change(joined, left, joined, ALL, NOTHING),
    "their work on a file runs out": Change(
        joined, lambda scene: scene.let_pass("case_member"), joined, ALL, NOTHING
    ),
    "they open a file in an emergency": Change(
        granted("social_worker"),
        broken,
        told("person", "DELETE", "files/{file}/members/{person}"),
        LISTED,
        ALL,
    ),
    "the emergency is over": Change(
        both(granted("social_worker"), broken),
        lambda scene: scene.let_pass("case_member"),
        broken,
        ALL,
        LISTED,
    ),
}
LOSSES: Final = [name for name, each in CHANGES.items() if each.before > each.after]


@pytest.fixture
async def scene(world: World) -> Scene:
    street = await world.make_area("street")
    areas = {name: await world.make_area(parent=street) for name in ("here", "there", "home")}
    people = {
        "lead": await world.make_account("social_worker", areas["here"]),
        "supervisor": await world.make_account("supervisor", street),
        "bystander": await world.make_account("social_worker", areas["here"]),
        "administrator": await world.make_account("administrator", street),
        "person": await world.make_account("social_worker", areas["home"]),
    }
    made = Scene(world, areas, people)
    await made.begin()
    return made


def held(scene: Scene, shelf: Shelf) -> set[str]:
    """Which of the four fields a phone holds."""
    family = shelf.records.get(str(scene.file), {}).get("data", {})
    member = shelf.records.get(str(scene.member), {}).get("data", {})
    found = {"family": "name" in family, "note": "note" in family}
    found |= {"person": "name" in member, "health": "health" in member}
    return {name for name, is_held in found.items() if is_held}


async def holds_what_is_theirs(scene: Scene, shelf: Shelf) -> None:
    """As a new phone of the same person does; but who is suspended does not sign in on a new one."""
    if await scene.is_suspended():
        await shelf.settle(verify=True)
        assert shelf.records == {}
    else:
        await agrees(scene.world, shelf)


@pytest.mark.parametrize("what", CHANGES)
async def test_each_phone_holds_what_is_theirs_before_and_after(scene: Scene, what: str) -> None:
    changed = CHANGES[what]
    await changed.first(scene)
    near, far = await scene.phone(), await scene.phone()
    assert held(scene, near) == held(scene, far) == changed.before
    since = len(near.seen)
    await changed.happens(scene)
    await near.settle()
    assert held(scene, near) == changed.after
    await scene.work("supervisor", household(scene.areas["here"], name="后来的一家"))
    await far.settle()
    for shelf in (near, far):
        await holds_what_is_theirs(scene, shelf)
        assert held(scene, shelf) == changed.after
        assert all(said["reset"] is None for said in shelf.seen[since:])


@pytest.mark.parametrize("what", CHANGES)
async def test_taken_back_before_the_next_exchange_everything_is_as_it_was(scene: Scene, what: str) -> None:
    changed = CHANGES[what]
    await changed.first(scene)
    phone = await scene.phone()
    await changed.happens(scene)
    await changed.back(scene)
    await holds_what_is_theirs(scene, phone)
    assert held(scene, phone) == changed.before


@pytest.mark.parametrize("what", LOSSES)
async def test_work_of_before_is_taken_or_put_before_the_supervisor(scene: Scene, what: str) -> None:
    changed = CHANGES[what]
    await changed.first(scene)
    far = await scene.phone()
    record, field = (scene.member, "health") if "note" in changed.after else (scene.file, "note")
    base = far.records[str(record)]["rev"]
    value = "good" if field == "health" else "离线所写"
    collection = far.records[str(record)]["collection"]
    late = change(collection, record, scene.areas["here"], base=base, set={field: value})
    await changed.happens(scene)
    [result] = (await far.exchange(late))["results"]
    if result["outcome"] == "rejected":
        assert result["problem"]["type"] in ("access-ended", "write-not-allowed")
        kept = await scene.ask("supervisor", "GET", "sync/quarantine")
        assert late["id"] in [each["change"] for each in kept["changes"]]
        done = await scene.ask("supervisor", "POST", f"sync/quarantine/{late['id']}/retry", {})
        assert done["outcome"] in ("applied", "merged"), done
    else:
        assert result["outcome"] in ("applied", "merged"), result
    await scene.shelves["supervisor"].settle()
    assert scene.shelves["supervisor"].data(record)[field] == value
    await holds_what_is_theirs(scene, far)
    assert held(scene, far) == changed.after


@pytest.mark.parametrize("what", [name for name in CHANGES if "family" not in name])
async def test_others_are_told_nothing_of_it(scene: Scene, what: str) -> None:
    changed = CHANGES[what]
    await changed.first(scene)
    bystander = scene.shelves["bystander"]
    await bystander.settle()
    before = await bystander.exchange(verify=True)
    await changed.happens(scene)
    after = await bystander.exchange(verify=True)
    passing = {"server_time", "lease_until"}
    assert {name: each for name, each in after.items() if name not in passing} == {
        name: each for name, each in before.items() if name not in passing
    }


async def test_a_revoked_phone_is_told_to_wipe_and_the_other_goes_on(scene: Scene) -> None:
    await scene.grant("supervisor", "here")
    near, far = await scene.phone(), await scene.phone()
    revoked = await near.phone.delete(f"/api/v1/auth/devices/{far.phone.device}")
    assert revoked.status_code == 204
    base = far.records[str(scene.file)]["rev"]
    late = change("household", scene.file, scene.areas["here"], base=base, set={"note": "捡到的人所写"})
    answer = await far.phone.post("/api/v1/sync", json={"cursor": far.cursor, "changes": [late]})
    assert (answer.status_code, answer.json()["type"]) == (410, "device-revoked")
    await holds_what_is_theirs(scene, near)
    assert held(scene, near) == ALL and near.data(scene.file)["note"] == "欠债"
