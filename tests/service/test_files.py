"""Who may change who works on a file, and emergencies: on the routes of files."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.sync.changes import household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, Phone, World

REASON = "老人在家中跌倒，须联系家属"


class Scene:
    """A community: a lead with a file, a colleague, a supervisor and a community officer."""

    def __init__(self, world: World, area: UUID, people: dict[str, Person]) -> None:
        self.world = world
        self.area = area
        self.people = people
        self.file = new_id()
        self.phones: dict[str, Phone] = {}

    async def ask(
        self, who: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Ask a route of files."""
        if who not in self.phones:
            self.phones[who] = await self.world.sign_in(self.people[who])
        return await self.phones[who].request(method, f"/api/v1/files/{path}", json=body)

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

    async def note_seen_by(self, who: str) -> bool:
        """Whether a new phone of theirs shows what the file is about."""
        shelf = Shelf(await self.world.sign_in(self.people[who]))
        await shelf.settle()
        return "note" in shelf.data(self.file)


@pytest.fixture
async def scene(world: World) -> Scene:
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


async def test_who_opened_a_file_leads_it(scene: Scene) -> None:
    assert await scene.members() == {"lead": "lead"}


async def test_a_community_officer_who_lists_a_family_does_not_lead_its_file(scene: Scene) -> None:
    file = new_id()
    await Shelf(await scene.world.sign_in(scene.people["officer"])).settle(household(scene.area, file))
    assert (await scene.ask("officer", "GET", f"{file}/members")).json() == {"members": []}


@pytest.mark.parametrize("by", ["lead", "supervisor"])
async def test_lead_and_supervisor_add_and_remove(scene: Scene, by: str) -> None:
    assert await scene.add(by, "colleague") == 204
    assert await scene.members() == {"lead": "lead", "colleague": "co_worker"}
    path = f"{scene.file}/members/{scene.people['colleague'].id}"
    assert (await scene.ask(by, "DELETE", path)).status_code == 204
    assert await scene.members() == {"lead": "lead"}
    assert (await scene.ask(by, "DELETE", path)).status_code == 404


@pytest.mark.parametrize("by", ["colleague", "officer", "child officer"])
async def test_nobody_else_adds_or_removes_or_hands_over(scene: Scene, by: str) -> None:
    assert await scene.add(by, by) == 403
    path = f"{scene.file}/members/{scene.people['lead'].id}"
    assert (await scene.ask(by, "DELETE", path)).status_code == 403
    body = {"to": str(scene.people["colleague"].id), "reason": "调离"}
    assert (await scene.ask(by, "POST", f"{scene.file}/hand-over", body)).status_code == 403
    assert await scene.members() == {"lead": "lead"}


async def test_a_file_that_is_not_seen_does_not_exist(scene: Scene) -> None:
    body: dict[str, dict[str, Any]] = {
        "members": {"account": str(scene.people["stranger"].id), "kind": "viewer"},
        "hand-over": {"to": str(scene.people["stranger"].id), "reason": "调离"},
        "break-glass": {"reason": REASON},
    }
    for file in (scene.file, uuid.uuid4()):
        assert (await scene.ask("stranger", "GET", f"{file}/members")).status_code == 404
        for path, sent in body.items():
            answer = await scene.ask("stranger", "POST", f"{file}/{path}", sent)
            assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def test_a_co_worker_leaves_by_themselves_and_a_lead_does_not(scene: Scene) -> None:
    await scene.add("lead", "colleague")
    for who, status in (("colleague", 204), ("lead", 403)):
        path = f"{scene.file}/members/{scene.people[who].id}"
        assert (await scene.ask(who, "DELETE", path)).status_code == status


async def test_only_people_of_the_profession_are_let_in(scene: Scene) -> None:
    assert await scene.add("lead", "officer") == 422
    assert await scene.add("lead", "stranger") == 204
    await scene.world.pool.execute(
        "UPDATE account SET suspended_at = now() WHERE id = $1", scene.people["colleague"].id
    )
    assert await scene.add("lead", "colleague") == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "lead"},
        {"kind": "king"},
        {"until": "2020-01-01T00:00:00Z"},
        {"until": "2026-01-01"},
        {"account": "x"},
        {"account": str(uuid.uuid4())},
    ],
)
async def test_what_makes_no_sense_is_said(scene: Scene, wrong: dict[str, Any]) -> None:
    assert await scene.add("lead", "colleague", **wrong) == 422
    assert await scene.members() == {"lead": "lead"}


async def test_a_file_is_handed_over_with_a_time_to_say_goodbye(scene: Scene) -> None:
    until = (datetime.now(UTC) + timedelta(days=14)).isoformat()
    body = {"to": str(scene.people["colleague"].id), "reason": "调离", "until": until}
    assert (await scene.ask("lead", "POST", f"{scene.file}/hand-over", body)).status_code == 204
    assert await scene.members("colleague") == {"lead": "co_worker", "colleague": "lead"}
    assert (await scene.ask("colleague", "POST", f"{scene.file}/hand-over", body)).status_code == 422


async def test_a_supervisor_takes_the_file_of_somebody_who_left(scene: Scene) -> None:
    body = {"to": str(scene.people["colleague"].id), "reason": "离职"}
    assert (await scene.ask("supervisor", "POST", f"{scene.file}/hand-over", body)).status_code == 204
    assert await scene.members("colleague") == {"colleague": "lead"}


async def test_each_step_is_in_the_audit_of_the_area(scene: Scene) -> None:
    await scene.add("lead", "colleague")
    body = {"to": str(scene.people["colleague"].id), "reason": "离职"}
    await scene.ask("supervisor", "POST", f"{scene.file}/hand-over", body)
    await scene.ask("supervisor", "DELETE", f"{scene.file}/members/{scene.people['colleague'].id}")
    kinds = await scene.world.pool.fetchval(
        "SELECT array_agg(kind ORDER BY no) FROM audit WHERE chain = $1 AND kind <> 'write'", scene.area
    )
    assert kinds[-3:] == ["member-given", "file-handed-over", "member-ended"]


# Emergencies


async def test_in_an_emergency_the_file_opens_for_four_hours(scene: Scene) -> None:
    assert not await scene.note_seen_by("colleague")
    answer = await scene.break_glass("colleague")
    assert answer.status_code == 201
    until = datetime.fromisoformat(answer.json()["until"])
    assert timedelta(hours=3, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=4)
    assert await scene.note_seen_by("colleague")
    assert await scene.members() == {"lead": "lead", "colleague": "viewer"}


async def test_it_closes_by_itself(scene: Scene) -> None:
    await scene.break_glass("colleague")
    phone = Shelf(await scene.world.sign_in(scene.people["colleague"]))
    await phone.settle()
    await scene.world.pool.execute("UPDATE case_member SET until = clock_timestamp() WHERE kind = 'viewer'")
    said = await phone.settle()
    assert [drop["case"] for drop in said["drop"]] == [str(scene.file)]
    assert "note" not in phone.data(scene.file)


@pytest.mark.parametrize(("who", "status"), [("child officer", 201), ("officer", 403), ("lead", 403)])
async def test_it_is_for_those_in_the_field_whose_file_it_is_not(scene: Scene, who: str, status: int) -> None:
    assert (await scene.break_glass(who)).status_code == status


@pytest.mark.parametrize("reason", ["", "急", "         急         ", "x" * 1001, "\x00" * 20])
async def test_it_takes_a_reason(scene: Scene, reason: str) -> None:
    assert (await scene.break_glass("colleague", reason)).status_code == 422
    assert not await scene.note_seen_by("colleague")


async def test_the_supervisor_sees_it_and_says_what_they_think_once(scene: Scene) -> None:
    await scene.break_glass("colleague")
    (found,) = (await scene.ask("supervisor", "GET", "break-glass")).json()["emergencies"]
    assert (found["case"], found["reason"]) == (str(scene.file), REASON)
    assert found["account"] == str(scene.people["colleague"].id)
    opened, due = datetime.fromisoformat(found["opened_at"]), datetime.fromisoformat(found["review_by"])
    assert due - opened == timedelta(days=3)
    path = f"break-glass/{found['id']}/review"
    assert (await scene.ask("supervisor", "POST", path, {"opinion": " "})).status_code == 422
    assert (await scene.ask("supervisor", "POST", path, {"opinion": "情况属实"})).status_code == 204
    assert (await scene.ask("supervisor", "POST", path, {"opinion": "改口"})).status_code == 404
    assert (await scene.ask("supervisor", "GET", "break-glass")).json() == {"emergencies": []}
    assert await scene.world.pool.fetchval("SELECT opinion FROM break_glass") == "情况属实"


@pytest.mark.parametrize("who", ["colleague", "lead", "officer", "stranger"])
async def test_nobody_else_sees_or_reviews_it(scene: Scene, who: str) -> None:
    await scene.break_glass("colleague")
    number = await scene.world.pool.fetchval("SELECT member FROM break_glass")
    assert (await scene.ask(who, "GET", "break-glass")).json() == {"emergencies": []}
    answer = await scene.ask(who, "POST", f"break-glass/{number}/review", {"opinion": "属实"})
    assert answer.status_code == 404


async def test_nobody_reviews_their_own(scene: Scene) -> None:
    await scene.world.grant(scene.people["supervisor"], "social_worker", scene.area)
    assert (await scene.break_glass("supervisor")).status_code == 201
    number = await scene.world.pool.fetchval("SELECT member FROM break_glass")
    answer = await scene.ask("supervisor", "POST", f"break-glass/{number}/review", {"opinion": "属实"})
    assert answer.status_code == 403
    assert len((await scene.ask("supervisor", "GET", "break-glass")).json()["emergencies"]) == 1


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**70, 99])
async def test_an_emergency_that_there_is_not_is_not_found(scene: Scene, number: int) -> None:
    answer = await scene.ask("supervisor", "POST", f"break-glass/{number}/review", {"opinion": "属实"})
    assert answer.status_code == 404
