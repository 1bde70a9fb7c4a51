"""What a lost device held: told to its owner and to those who answer for the area, by ids and classes."""

import uuid
from typing import Any
from uuid import UUID

import httpx
import pytest

from schemas.privacy import Privacy
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, Phone, World

DEVICES = "/api/v1/auth/devices"
WHERE = {"longitude": 103.834, "latitude": 36.061}


class Loss:
    """A community: a worker with a phone that is lost, and a file on it of which another is the lead."""

    def __init__(self, world: World, area: UUID, worker: Person, phone: Phone) -> None:
        self.world = world
        self.area = area
        self.worker = worker
        self.phone = phone
        self.file = new_id()
        self.own = new_id()

    async def asked(self, by: Phone, device: UUID | None = None, **query: Any) -> httpx.Response:
        return await by.get(f"{DEVICES}/{device or self.phone.device}/held", params=query)

    async def listed(self, by: Phone, **query: Any) -> dict[str, Any]:
        answer = await self.asked(by, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def in_role(self, role: str, area: UUID | None = None) -> Phone:
        """Somebody else, signed in."""
        return await self.world.sign_in(await self.world.make_account(role, area or self.area))


@pytest.fixture
async def loss(world: World) -> Loss:
    area = await world.make_area(name="西湖社区")
    worker = await world.make_account("social_worker", area)
    made = Loss(world, area, worker, await world.sign_in(worker))
    colleague = await world.make_account("social_worker", area)
    await Shelf(await world.sign_in(colleague)).settle(
        household(area, made.file, name="李家", location=WHERE, note="欠债")
    )
    await Shelf(made.phone).settle(household(area, made.own, name="王家", note="独居"))
    return made


def by_id(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in found["records"]}


def classes(record: dict[str, Any]) -> set[str]:
    return {each["name"] for each in record["classes"]}


async def test_it_lists_what_was_sent_to_the_device_and_what_was_written_on_it(loss: Loss) -> None:
    found = by_id(await loss.listed(await loss.world.sign_in(loss.worker)))
    assert found.keys() == {str(loss.file), str(loss.own)}
    assert classes(found[str(loss.file)]) == {"contact"}
    assert classes(found[str(loss.own)]) >= {"basic", "case"}


async def test_it_is_labelled_for_people(loss: Loss) -> None:
    owner = await loss.world.sign_in(loss.worker)
    found = await loss.listed(owner)
    record = by_id(found)[str(loss.file)]
    assert found["title"] == "设备所存资料清单"
    assert (record["label"], record["area_name"]) == ("家庭", "西湖社区")
    assert record["classes"] == [{"name": "contact", "label": "联系方式"}]
    owner.headers["Accept-Language"] = "en"
    assert by_id(await loss.listed(owner))[str(loss.file)]["label"] == "Household"


async def test_it_is_told_after_the_device_was_revoked_too(loss: Loss) -> None:
    owner = await loss.world.sign_in(loss.worker)
    await owner.delete(f"{DEVICES}/{loss.phone.device}")
    found = await loss.listed(owner)
    assert found["holders"][0]["revoked_at"] is not None
    assert by_id(found).keys() == {str(loss.file), str(loss.own)}


async def test_what_the_device_was_told_to_drop_since_is_still_listed(loss: Loss) -> None:
    await loss.world.join(loss.worker, loss.area, loss.file)
    shelf = Shelf(loss.phone)
    await shelf.settle()
    await loss.world.leave(loss.worker, loss.area, loss.file)
    await shelf.settle()
    assert "note" not in shelf.data(loss.file)
    found = await loss.listed(await loss.in_role("administrator"))
    assert classes(by_id(found)[str(loss.file)]) >= {"contact", "case"}
    assert [each["role"] for each in found["reach"] if each["case"] == str(loss.file)] == ["co_worker"]


async def test_what_was_sent_to_another_device_of_the_same_person_is_not(loss: Loss) -> None:
    other = await loss.world.sign_in(loss.worker)
    await Shelf(other).settle()
    again = await loss.world.sign_in(loss.worker)
    assert by_id((await loss.asked(again, again.device)).json()) == {}
    await loss.phone.delete(f"{DEVICES}/{other.device}")
    assert classes(by_id((await loss.asked(again, other.device)).json())[str(loss.file)]) == {"contact"}


async def test_it_says_what_the_holder_was_let_see_by_area(loss: Loss) -> None:
    found = await loss.listed(await loss.in_role("administrator"))
    (worker,) = [each for each in found["reach"] if each["case"] is None]
    assert (worker["role"], worker["area"], worker["until"]) == ("social_worker", str(loss.area), None)
    assert classes(worker) >= {"open", "basic", "contact"}
    assert classes(worker) == {privacy.value for privacy in Privacy}  # the last three of their own work


async def test_in_what_order_files_were_given_before_the_first_sign_in_is_not_told(loss: Loss) -> None:
    viewer = await loss.world.make_account()
    for file in sorted((loss.file, loss.own), reverse=True):
        await loss.world.join(viewer, loss.area, file)
    phone = await loss.world.sign_in(viewer)
    found = (await loss.asked(phone, phone.device)).json()
    assert [each["case"] for each in found["reach"]] == sorted([str(loss.file), str(loss.own)])


async def test_an_administrator_is_told_ids_and_classes_but_no_names(loss: Loss) -> None:
    answer = await loss.asked(await loss.in_role("administrator"))
    assert by_id(answer.json()).keys() == {str(loss.file), str(loss.own)}
    assert {record["name"] for record in answer.json()["records"]} == {None}
    for word in ("李家", "王家", "103.834", "欠债", "独居"):
        assert word not in answer.text


async def test_a_supervisor_is_told_the_names_that_they_may_read(loss: Loss) -> None:
    answer = await loss.asked(await loss.in_role("supervisor"))
    assert {record["name"] for record in answer.json()["records"]} == {"李家", "王家"}
    assert "103.834" not in answer.text and "欠债" not in answer.text


@pytest.mark.parametrize("role", ["social_worker", "community_officer", "district_officer", "agency_manager"])
async def test_nobody_else_learns_that_there_is_such_a_device(loss: Loss, role: str) -> None:
    phone = await loss.in_role(role)
    answers = [await loss.asked(phone), await loss.asked(phone, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
async def test_nobody_learns_what_it_held_of_areas_that_they_do_not_answer_for(loss: Loss, role: str) -> None:
    there = await loss.world.make_area()
    assert (await loss.asked(await loss.in_role(role, there))).status_code == 404
    await loss.world.grant(loss.worker, "social_worker", there)
    file = new_id()
    await Shelf(loss.phone).settle(household(there, file, note="另一处"))
    found = await loss.listed(await loss.in_role(role, there))
    assert by_id(found).keys() == {str(file)}
    assert {each["area"] for each in found["reach"]} == {str(there)}
    assert found["total"] == 1


async def test_of_a_shared_phone_each_holder_is_told_their_own_part(loss: Loss) -> None:
    other = await loss.world.make_account("social_worker", loss.area)
    shared = await loss.world.sign_in(other, loss.phone.device)
    file = new_id()
    await Shelf(shared).settle(household(loss.area, file))
    mine = await loss.listed(await loss.world.sign_in(loss.worker))
    assert [holder["account"] for holder in mine["holders"]] == [str(loss.worker.id)]
    assert str(file) not in by_id(mine)
    both = await loss.listed(await loss.in_role("administrator"))
    assert {holder["account"] for holder in both["holders"]} == {str(loss.worker.id), str(other.id)}
    assert by_id(both)[str(file)]["accounts"] == [str(other.id)]


async def test_it_is_told_in_pages(loss: Loss) -> None:
    shelf = Shelf(loss.phone)
    made = [new_id() for _ in range(5)]
    await shelf.settle(*(household(loss.area, id) for id in made))
    owner = await loss.world.sign_in(loss.worker)
    ids: list[str] = []
    page = await loss.listed(owner, limit=3)
    while True:
        assert page["total"] == 7
        ids += [record["id"] for record in page["records"]]
        if page["next"] is None:
            break
        page = await loss.listed(owner, after=page["next"], limit=3)
    assert ids == sorted({str(loss.file), str(loss.own), *map(str, made)})


async def test_a_record_that_has_moved_away_is_listed_where_it_was(loss: Loss) -> None:
    there = await loss.world.make_area()
    await loss.world.grant(loss.worker, "social_worker", there)
    shelf = Shelf(loss.phone)
    await shelf.settle()
    base = shelf.records[str(loss.own)]["rev"]
    admin = await loss.in_role("administrator")
    moved = change("household", loss.own, loss.area, op="move", to=there, base=base)
    assert (await shelf.exchange(moved))["results"][0]["outcome"] == "applied"
    record = by_id(await loss.listed(admin))[str(loss.own)]
    assert (record["collection"], record["area"]) == ("household", str(loss.area))


@pytest.mark.parametrize("query", [{"after": "x"}, {"limit": 0}, {"limit": 1001}, {"limit": "viele"}])
async def test_what_makes_no_sense_is_said(loss: Loss, query: dict[str, Any]) -> None:
    answer = await loss.asked(loss.phone, **query)
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")


async def test_that_it_was_asked_is_in_the_owners_audit(loss: Loss) -> None:
    admin = await loss.in_role("administrator")
    await loss.listed(admin)
    by = await loss.world.pool.fetchval(
        "SELECT account FROM audit WHERE chain = $1 AND kind = 'device-held-listed'", loss.worker.id
    )
    assert by == admin.person.id
