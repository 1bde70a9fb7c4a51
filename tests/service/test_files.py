"""Who may change who works on a file: on the routes of files."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scene import REASON, Scene, scene_in
from tests.sync.changes import household, new_id
from tests.sync.shelf import Shelf
from tests.world import World


@pytest.fixture
async def scene(world: World) -> Scene:
    return await scene_in(world)


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
