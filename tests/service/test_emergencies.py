"""Opening a file in an emergency: who is told what, and that the supervisor has to look at it."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.collections import COLLECTIONS
from schemas.privacy import CLASSES
from tests.scene import REASON, Scene, scene_in
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World

NOTICE = "emergency_access"


@pytest.fixture
async def scene(world: World) -> Scene:
    return await scene_in(world)


def notices(shelf: Shelf) -> list[dict[str, Any]]:
    """What a phone holds of emergencies."""
    return [record for record in shelf.records.values() if record["collection"] == NOTICE]


async def opened_by(scene: Scene, who: str) -> str:
    """`who` opens the file; the notice's id."""
    answer = await scene.break_glass(who)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["emergency"]
    return id


async def test_in_an_emergency_the_file_opens_for_four_hours(scene: Scene) -> None:
    assert not await scene.note_seen_by("colleague")
    answer = await scene.break_glass("colleague")
    assert answer.status_code == 201
    until = datetime.fromisoformat(answer.json()["until"])
    assert timedelta(hours=3, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=4)
    assert await scene.note_seen_by("colleague")
    assert await scene.members() == {"lead": "lead", "colleague": "viewer"}


async def test_it_closes_by_itself_and_the_phone_drops_the_file(scene: Scene) -> None:
    await scene.break_glass("colleague")
    phone = await scene.shelf("colleague")
    assert "note" in phone.data(scene.file)
    await scene.world.pool.execute("UPDATE case_member SET until = clock_timestamp() WHERE kind = 'viewer'")
    said = await phone.settle()
    assert [drop["case"] for drop in said["drop"]] == [str(scene.file)]
    assert "note" not in phone.data(scene.file)
    assert await scene.members() == {"lead": "lead"}


@pytest.mark.parametrize(("who", "status"), [("child officer", 201), ("officer", 403), ("lead", 403)])
async def test_it_is_for_those_in_the_field_whose_file_it_is_not(scene: Scene, who: str, status: int) -> None:
    assert (await scene.break_glass(who)).status_code == status


@pytest.mark.parametrize("reason", ["", "急", "         急         ", "x" * 1001, "\x00" * 20])
async def test_it_takes_a_reason(scene: Scene, reason: str) -> None:
    assert (await scene.break_glass("colleague", reason)).status_code == 422
    assert not await scene.note_seen_by("colleague")


# The notice


async def test_the_supervisors_phone_is_told_who_when_why_and_until_when_it_is_to_be_reviewed(
    scene: Scene,
) -> None:
    phone = await scene.shelf("supervisor")
    id = await opened_by(scene, "colleague")
    said = await phone.settle()
    (notice,) = notices(phone)
    assert [entry["id"] for entry in said["records"]] == [id]
    assert (notice["case"], notice["data"]["household"]) == (str(scene.file), str(scene.file))
    assert notice["data"]["account"] == str(scene.people["colleague"].id)
    assert (notice["data"]["reason"], notice["data"]["state"]) == (REASON, "pending")
    opened, until, due = (
        datetime.fromisoformat(notice["data"][moment]) for moment in ("opened_at", "until", "review_by")
    )
    assert (until - opened, due - opened) == (timedelta(hours=4), timedelta(days=3))


async def test_it_is_a_sound_record_of_its_kind(scene: Scene) -> None:
    await scene.break_glass("colleague")
    (notice,) = notices(await scene.shelf("supervisor"))
    assert COLLECTIONS[NOTICE].problems_in_whole(notice["data"]) == []


@pytest.mark.parametrize("who", ["supervisor", "lead", "colleague"])
async def test_whom_it_concerns_is_told(scene: Scene, who: str) -> None:
    id = await opened_by(scene, "colleague")
    assert [each["id"] for each in notices(await scene.shelf(who))] == [id]


async def test_the_lead_tells_it_to_whom_they_let_read_what_is_confidential(scene: Scene) -> None:
    await scene.break_glass("colleague")
    await scene.add("lead", "stranger")
    assert notices(await scene.shelf("stranger")) == []
    await scene.add("lead", "stranger", confidential=True)
    assert len(notices(await scene.shelf("stranger"))) == 1


@pytest.mark.parametrize("who", ["officer", "child officer", "neighbour"])
async def test_nobody_else_learns_that_there_was_one(scene: Scene, who: str) -> None:
    scene.people["neighbour"] = await scene.world.make_account("social_worker", scene.area)
    phone = await scene.shelf(who)
    before = phone.records.copy(), phone.cursor, await scene.ask(who, "GET", f"{scene.file}/members")
    await scene.break_glass("colleague")
    said = await phone.settle(verify=True)
    after = phone.records, phone.cursor, await scene.ask(who, "GET", f"{scene.file}/members")
    assert (said["records"], said["gone"], said["drop"]) == ([], [], [])
    assert after[0] == before[0]
    assert after[2].content == before[2].content
    assert said["digest"] == {str(scene.area): phone.digest(scene.area)}


@pytest.mark.parametrize("who", ["officer", "child officer", "neighbour"])
@pytest.mark.parametrize("path", ["sync/history", "audit/record"])
async def test_asked_for_by_its_id_it_is_as_if_there_were_none(scene: Scene, who: str, path: str) -> None:
    scene.people["neighbour"] = await scene.world.make_account("social_worker", scene.area)
    id = await opened_by(scene, "colleague")
    phone = await scene.world.sign_in(scene.people[who])
    answers = [
        await phone.get(f"/api/v1/{path}", params={"record": record}) for record in (id, str(uuid.uuid4()))
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


async def test_when_it_has_closed_the_opener_still_has_their_own_notice(scene: Scene) -> None:
    await scene.break_glass("colleague")
    phone = await scene.shelf("colleague")
    await scene.world.pool.execute("UPDATE case_member SET until = clock_timestamp() WHERE kind = 'viewer'")
    await phone.settle()
    assert [each["data"]["reason"] for each in notices(phone)] == [REASON]


@pytest.mark.parametrize(("who", "is_told"), [("supervisor", True), ("lead", True), ("officer", False)])
async def test_who_is_told_is_poked_at_once(scene: Scene, who: str, is_told: bool) -> None:
    phone = await scene.shelf(who)
    await scene.break_glass("colleague")
    answer = await phone.phone.get(
        "/api/v1/sync/wait", params={"cursor": str(phone.cursor), "seconds": 5 if is_told else 0}
    )
    assert answer.json() == {"areas": [str(scene.area)] if is_told else []}


async def test_no_phone_writes_one(scene: Scene) -> None:
    id = uuid.UUID(await opened_by(scene, "colleague"))
    phone = await scene.shelf("supervisor")
    (notice,) = notices(phone)
    said = await phone.exchange(
        change(NOTICE, id, scene.area, base=notice["rev"], set={"state": "reviewed", "opinion": "好"}),
        change(NOTICE, id, scene.area, base=notice["rev"], op="delete"),
        change(NOTICE, new_id(), scene.area, set={"reason": REASON}),
    )
    assert [result["problem"]["type"] for result in said["results"]] == ["write-not-allowed"] * 3
    (notice,) = notices(await scene.shelf("supervisor"))
    assert notice["data"]["state"] == "pending"


async def test_the_notice_moves_along_with_the_file(scene: Scene) -> None:
    there = await scene.world.make_area()
    await scene.world.grant(scene.people["supervisor"], "supervisor", there)
    id = await opened_by(scene, "colleague")
    phone = await scene.shelf("supervisor")
    base = phone.records[str(scene.file)]["rev"]
    said = await phone.exchange(change("household", scene.file, scene.area, op="move", to=there, base=base))
    assert said["results"][0]["outcome"] == "applied"
    (notice,) = notices(await scene.shelf("supervisor"))
    assert (notice["id"], notice["area"], notice["case"]) == (id, str(there), str(scene.file))
    answer = await scene.ask("supervisor", "POST", f"break-glass/{id}/review", {"opinion": "属实"})
    assert answer.status_code == 204


async def test_a_notice_that_one_may_not_see_does_not_keep_one_from_moving_the_file(scene: Scene) -> None:
    there = await scene.world.make_area()
    await scene.world.grant(scene.people["stranger"], "social_worker", there)
    outcomes = []
    for is_opened in (False, True):
        file = new_id()
        await (await scene.shelf("lead")).settle(household(scene.area, file))
        await scene.world.join(scene.people["stranger"], scene.area, file, confidential=False)
        if is_opened:
            body = {"reason": REASON}
            assert (await scene.ask("colleague", "POST", f"{file}/break-glass", body)).status_code == 201
        mover = await scene.shelf("stranger")
        base = mover.records[str(file)]["rev"]
        said = await mover.exchange(change("household", file, scene.area, op="move", to=there, base=base))
        outcomes.append(said["results"][0]["outcome"])
    assert outcomes == ["applied", "applied"]


async def test_reason_and_opinion_lie_in_the_confidential_part_and_nowhere_else(scene: Scene) -> None:
    id = await opened_by(scene, "colleague")
    await scene.ask("supervisor", "POST", f"break-glass/{id}/review", {"opinion": "情况属实"})
    row = await scene.world.pool.fetchrow("SELECT * FROM record WHERE id = $1", uuid.UUID(id))
    assert row is not None
    held = [privacy.value for privacy in CLASSES if row[f"body_{privacy.value}"] is not None]
    assert held == ["confidential"]
    for table in ("case_member", "audit", "history"):
        everything = await scene.world.pool.fetchval(f"SELECT array_agg({table}::text) FROM {table}")
        assert not any(word in row for row in everything or () for word in (REASON, "情况属实"))


# The review


async def test_the_supervisor_sees_it_and_says_what_they_think_once(scene: Scene) -> None:
    id = await opened_by(scene, "colleague")
    (found,) = (await scene.ask("supervisor", "GET", "break-glass")).json()["emergencies"]
    assert (found["id"], found["case"], found["reason"]) == (id, str(scene.file), REASON)
    assert (found["account"], found["name"]) == (
        str(scene.people["colleague"].id),
        scene.people["colleague"].name,
    )
    opened, due = datetime.fromisoformat(found["opened_at"]), datetime.fromisoformat(found["review_by"])
    assert due - opened == timedelta(days=3)
    path = f"break-glass/{id}/review"
    assert (await scene.ask("supervisor", "POST", path, {"opinion": " "})).status_code == 422
    assert (await scene.ask("supervisor", "POST", path, {"opinion": "情况属实"})).status_code == 204
    assert (await scene.ask("supervisor", "POST", path, {"opinion": "改口"})).status_code == 404
    assert (await scene.ask("supervisor", "GET", "break-glass")).json() == {"emergencies": []}


async def test_what_was_said_reaches_the_phones_of_whom_it_concerns(scene: Scene) -> None:
    id = await opened_by(scene, "colleague")
    phones = {who: await scene.shelf(who) for who in ("supervisor", "lead", "colleague")}
    await scene.ask("supervisor", "POST", f"break-glass/{id}/review", {"opinion": "情况属实"})
    for phone in phones.values():
        await phone.settle()
        (notice,) = notices(phone)
        assert (notice["data"]["state"], notice["data"]["opinion"]) == ("reviewed", "情况属实")
        assert notice["data"]["reviewed_by"] == str(scene.people["supervisor"].id)
        assert notice["data"]["reason"] == REASON


async def test_of_two_who_review_at_once_one_is_heard(scene: Scene, world: World) -> None:
    id = await opened_by(scene, "colleague")
    scene.people["second"] = await world.make_account("supervisor", scene.area)
    for who in ("supervisor", "second"):
        await scene.ask(who, "GET", "break-glass")
    answers = await asyncio.gather(
        *(
            scene.ask(who, "POST", f"break-glass/{id}/review", {"opinion": who})
            for who in ("supervisor", "second") * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404, 404]


@pytest.mark.parametrize("who", ["colleague", "lead", "officer", "stranger"])
async def test_nobody_else_lists_or_reviews_it(scene: Scene, who: str) -> None:
    id = await opened_by(scene, "colleague")
    assert (await scene.ask(who, "GET", "break-glass")).json() == {"emergencies": []}
    answer = await scene.ask(who, "POST", f"break-glass/{id}/review", {"opinion": "属实"})
    none = await scene.ask(who, "POST", f"break-glass/{uuid.uuid4()}/review", {"opinion": "属实"})
    assert answer.status_code == 404
    assert answer.content == none.content


async def test_nobody_reviews_their_own(scene: Scene) -> None:
    await scene.world.grant(scene.people["supervisor"], "social_worker", scene.area)
    id = await opened_by(scene, "supervisor")
    answer = await scene.ask("supervisor", "POST", f"break-glass/{id}/review", {"opinion": "属实"})
    assert answer.status_code == 403
    assert len((await scene.ask("supervisor", "GET", "break-glass")).json()["emergencies"]) == 1


async def test_one_that_nobody_looked_at_in_time_stays_on_the_list_with_its_due_date(scene: Scene) -> None:
    await scene.break_glass("colleague")
    await scene.world.pool.execute("UPDATE case_member SET until = clock_timestamp() WHERE kind = 'viewer'")
    (found,) = (await scene.ask("supervisor", "GET", "break-glass")).json()["emergencies"]
    assert found["review_by"]


@pytest.mark.parametrize("id", ["0", "-1", "x", str(uuid.UUID(int=7))])
async def test_an_emergency_that_there_is_not_is_not_found(scene: Scene, id: str) -> None:
    answer = await scene.ask("supervisor", "POST", f"break-glass/{id}/review", {"opinion": "属实"})
    assert answer.status_code == 404


async def test_the_other_records_of_a_file_are_not_taken_for_notices(scene: Scene) -> None:
    answer = await scene.ask("supervisor", "POST", f"break-glass/{scene.file}/review", {"opinion": "属实"})
    assert answer.status_code == 404


async def test_opening_and_reviewing_and_listing_are_in_the_audit(scene: Scene) -> None:
    id = await opened_by(scene, "colleague")
    await scene.ask("supervisor", "GET", "break-glass")
    await scene.ask("supervisor", "POST", f"break-glass/{id}/review", {"opinion": "情况属实"})
    kinds = await scene.world.pool.fetchval(
        "SELECT array_agg(kind ORDER BY at) FROM audit WHERE area = $1 AND kind LIKE 'break-glass%'",
        scene.area,
    )
    assert kinds == ["break-glass", "break-glass-listed", "break-glass-reviewed"]
