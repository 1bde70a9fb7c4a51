"""Phones whose records are in RxDB, through the routes that its replications call."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from schemas.collections import COLLECTIONS
from service.routes import rxdb as routes
from sync.clients import rxdb as wire
from tests.service.rx import Rx
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Person, Phone, World

HOME = {"name": "王家", "address": "西津东路 575 号", "community": "620103001001"}


async def supervisor(world: World, *areas: UUID) -> Phone:
    """A phone of somebody new who reads and writes everything in `areas`."""
    return await world.sign_in(await world.make_account("supervisor", *areas))


def home(area: UUID, **fields: Any) -> dict[str, Any]:
    """A new household's document."""
    return {"id": str(new_id()), "area": str(area), **HOME, **fields}


async def two(world: World, collection: str = "household", **fields: Any) -> tuple[Rx, Rx, str, UUID]:
    """Two people's phones that hold the same household, what it is called, and where it lies."""
    area = await world.make_area()
    one, other = [Rx(await supervisor(world, area), collection) for _ in range(2)]
    made = one.edit(**home(area, **fields))
    assert await one.push() == []
    await one.pull()
    await other.pull()
    return one, other, made["id"], area


async def end_grants(world: World, person: Person, role: str = "%") -> None:
    """Their access ends now."""
    await world.pool.execute(
        "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1 AND role LIKE $2", person.id, role
    )


# Pulling


async def test_pages_are_full_until_the_last_one_and_bring_everything_once(world: World) -> None:
    area = await world.make_area()
    boss = await shelf_of(world, "supervisor", area)
    await boss.settle(*(household(area) for _ in range(7)))
    rx = Rx(await supervisor(world, area), "household")
    assert await rx.pull(limit=3) == 3
    assert rx.live().keys() == boss.records.keys()


async def test_a_document_has_what_its_schema_says_and_nothing_else(world: World) -> None:
    _, other, id, _ = await two(world, categories=["minimum_living"], note="内情")
    schema = (await other.phone.get("/api/v1/clients/rxdb/household/schema")).json()
    assert schema["primaryKey"] == "id"
    assert set(schema["required"]) == {"id", "area"}
    assert other.local[id].keys() - {"_deleted"} <= schema["properties"].keys()
    assert other.local[id]["_deleted"] is False
    assert other.local[id]["case"] == id


@pytest.mark.parametrize("collection", [*COLLECTIONS, "sync_issue"])
async def test_every_collection_has_a_schema_and_can_be_pulled(world: World, collection: str) -> None:
    phone = await supervisor(world, await world.make_area())
    schema = (await phone.get(f"/api/v1/clients/rxdb/{collection}/schema")).json()
    assert schema["properties"]["id"]["maxLength"] == 36
    assert schema["additionalProperties"] is False
    assert (await Rx(phone, collection).ask()).json()["documents"] == []


async def test_the_number_of_documents_goes_by_either_name(world: World) -> None:
    area = await world.make_area()
    await (await shelf_of(world, "supervisor", area)).settle(*(household(area) for _ in range(3)))
    rx = Rx(await supervisor(world, area), "household")
    assert len((await rx.ask(limit=2)).json()["documents"]) == 2
    assert len((await rx.ask(batchSize=1)).json()["documents"]) == 1


async def test_the_first_request_of_the_documented_handler_brings_the_first_page(world: World) -> None:
    area = await world.make_area()
    await (await shelf_of(world, "supervisor", area)).settle(household(area))
    rx = Rx(await supervisor(world, area), "household")
    said = (await rx.ask(updatedAt=0, id="", limit=10)).json()
    assert len(said["documents"]) == 1
    assert said["checkpoint"].keys() == {"id", "updatedAt"}


@pytest.mark.parametrize(
    "token", ["", "undefined", "null", "1~1", "999999999~1", "x" * 90, "~", "1~" + "9" * 19]
)
async def test_a_checkpoint_that_says_nothing_here_begins_again(world: World, token: str) -> None:
    area = await world.make_area()
    await (await shelf_of(world, "supervisor", area)).settle(household(area))
    rx = Rx(await supervisor(world, area), "household")
    await rx.pull()
    assert len((await rx.ask(id=token)).json()["documents"]) == 1


async def test_a_checkpoint_of_another_device_begins_again(world: World) -> None:
    area = await world.make_area()
    await (await shelf_of(world, "supervisor", area)).settle(household(area))
    one, other = [Rx(await supervisor(world, area), "household") for _ in range(2)]
    await one.pull()
    await other.pull()
    assert len((await other.ask(**one.checkpoint)).json()["documents"]) == 1


async def test_a_record_that_is_deleted_comes_as_a_document_that_every_schema_takes(world: World) -> None:
    one, other, id, area = await two(world)
    one.edit(id, _deleted=True)
    assert await one.push() == []
    await other.pull()
    assert other.local[id] == {"id": id, "area": str(area), "_deleted": True}


async def test_when_access_ends_the_documents_go(world: World) -> None:
    area = await world.make_area()
    await (await shelf_of(world, "supervisor", area)).settle(*(household(area) for _ in range(3)))
    phone = await supervisor(world, area)
    rx = Rx(phone, "household")
    await rx.pull()
    assert len(rx.live()) == 3
    await end_grants(world, phone.person)
    await rx.pull(limit=2)
    assert rx.live() == {}


async def test_what_one_may_no_longer_read_leaves_the_document(world: World) -> None:
    area = await world.make_area()
    boss = await shelf_of(world, "supervisor", area)
    await boss.settle(household(area, note="内情"))
    phone = await supervisor(world, area)
    rx = Rx(phone, "household")
    await rx.pull()
    await world.grant(phone.person, "social_worker", area)
    await end_grants(world, phone.person, "supervisor")
    await rx.pull()
    [doc] = rx.live().values()
    assert "note" not in doc
    assert doc["name"] == "王家"


# Pushing


async def test_what_was_made_on_a_phone_reaches_every_client(world: World) -> None:
    _, other, id, area = await two(world, note="初访")
    shelf = await shelf_of(world, "supervisor", area)
    await shelf.settle()
    assert shelf.data(id)["note"] == "初访"
    assert other.live()[id]["note"] == "初访"


async def test_rows_may_come_in_docs_as_some_examples_have_it(world: World) -> None:
    area = await world.make_area()
    phone = await supervisor(world, area)
    doc = home(area)
    answer = await phone.post(
        "/api/v1/clients/rxdb/household/push", json={"docs": [{"newDocumentState": doc}]}
    )
    assert answer.json() == []
    rx = Rx(phone, "household")
    await rx.pull()
    assert rx.live().keys() == {doc["id"]}


async def test_edits_of_different_fields_both_stand_and_the_second_is_answered_with_both(
    world: World,
) -> None:
    one, other, id, _ = await two(world, members=3)
    one.edit(id, members=4)
    other.edit(id, address="新址 1 号")
    assert await one.push() == []
    [doc] = await other.push()
    assert (doc["members"], doc["address"]) == (4, "新址 1 号")
    await one.pull()
    assert (one.local[id]["members"], one.local[id]["address"]) == (4, "新址 1 号")


async def test_what_others_added_meanwhile_comes_by_the_next_pull(world: World) -> None:
    one, other, id, _ = await two(world)
    one.edit(id, members=4)
    other.edit(id, address="新址 1 号")
    assert await one.push() == []
    assert await other.push() == []
    await other.pull()
    assert (other.local[id]["members"], other.local[id]["address"]) == (4, "新址 1 号")


async def test_the_later_of_two_plain_facts_stands(world: World) -> None:
    one, other, id, _ = await two(world)
    one.edit(id, name="先写的")
    other.edit(id, name="后写的")
    await one.push()
    assert await other.push() == []
    await one.pull()
    assert one.local[id]["name"] == "后写的"


async def test_a_fact_written_earlier_does_not_replace_a_later_one_that_arrived_before(world: World) -> None:
    one, other, id, _ = await two(world)
    one.edit(id, name="早写的", written_at="2026-01-01T08:00:00Z")
    other.edit(id, name="晚写的")
    await other.push()
    [doc] = await one.push()
    assert doc["name"] == "晚写的"
    assert "written_at" not in doc


async def test_the_graver_of_two_risks_stands(world: World) -> None:
    one, other, id, _ = await two(world, risk="low")
    one.edit(id, risk="high")
    other.edit(id, risk="medium")
    await one.push()
    [doc] = await other.push()
    assert doc["risk"] == "high"


async def test_members_of_a_set_that_two_people_added_and_took_out_meet(world: World) -> None:
    one, other, id, _ = await two(world, categories=["minimum_living", "edge"])
    one.edit(id, categories=["minimum_living", "edge", "disabled"])
    other.edit(id, categories=["edge", "rigid_spending"])
    await one.push()
    [doc] = await other.push()
    assert doc["categories"] == ["disabled", "edge", "rigid_spending"]


async def test_counts_of_two_people_add_up(world: World) -> None:
    area = await world.make_area()
    one, other = [Rx(await supervisor(world, area), "activity") for _ in range(2)]
    id = one.edit(
        str(new_id()), area=str(area), title="义诊", on="2026-11-20", state="planned", people_served=5
    )["id"]
    assert await one.push() == []
    await one.pull()
    await other.pull()
    one.edit(id, people_served=8)
    other.edit(id, people_served=7)
    assert await one.push() == []
    [doc] = await other.push()
    assert doc["people_served"] == 10


async def test_notes_are_merged_by_sentence(world: World) -> None:
    one, other, id, _ = await two(world, note="第一句。第二句。")
    one.edit(id, note="第一句改。第二句。")
    other.edit(id, note="第一句。第二句改。")
    await one.push()
    [doc] = await other.push()
    assert doc["note"] == "第一句改。第二句改。"


async def test_notes_are_merged_on_what_the_phone_had_though_it_pulled_meanwhile(world: World) -> None:
    one, other, id, _ = await two(world, note="甲。乙。丙。")
    other.edit(id, note="甲。乙。丙改。")
    for text in ("甲改。乙。丙。", "甲改。乙改。丙。"):
        one.edit(id, note=text)
        await one.push()
    await other.pull()  # which leaves what is unsent as it is, and goes on
    [doc] = await other.push()
    assert doc["note"] == "甲改。乙改。丙改。"


async def test_where_a_person_has_to_decide_the_first_stands_and_a_conflict_comes_as_a_record(
    world: World,
) -> None:
    area = await world.make_area()
    file, person = new_id(), new_id()
    boss = await shelf_of(world, "supervisor", area)
    form = {"household": str(file), "name": "张三", "birth_date": "1950-01-01"}
    await boss.settle(household(area, file), change("person", person, area, set=form))
    one, other = [Rx(await supervisor(world, area), "person") for _ in range(2)]
    await one.pull()
    await other.pull()
    one.edit(str(person), birth_date="1951-01-01")
    other.edit(str(person), birth_date="1952-01-01")
    await one.push()
    [doc] = await other.push()
    assert doc["birth_date"] == "1951-01-01"
    conflicts = Rx(other.phone, "conflict")
    await conflicts.pull()
    [conflict] = conflicts.live().values()
    assert (conflict["about"], conflict["state"]) == (str(person), "open")

    other.edit(str(person), birth_date="1952-01-01", resolves=conflict["id"])
    assert await other.push() == []
    await conflicts.pull()
    assert conflicts.local[conflict["id"]]["state"] == "decided"


async def test_a_state_goes_only_where_it_may(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "activity")
    doc = rx.edit(str(new_id()), area=str(area), title="义诊", on="2026-11-20", state="planned")
    await rx.push()
    rx.edit(doc["id"], state="nowhere")
    [back] = await rx.push()
    assert back["state"] == "planned"


async def test_a_field_that_never_changes_is_refused_and_the_document_comes_back(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "volunteer")
    id = rx.edit(str(new_id()), area=str(area), name="李四", registered_on="2026-01-05")["id"]
    assert await rx.push() == []
    rx.edit(id, registered_on="2026-02-05")
    [doc] = await rx.push()
    assert doc["registered_on"] == "2026-01-05"
    assert await issues_of(rx.phone) == [("volunteer", id, "field-fixed")]


async def test_an_edit_against_a_delete_stays_and_the_delete_becomes_a_conflict(world: World) -> None:
    one, other, id, _ = await two(world)
    one.edit(id, _deleted=True)
    other.edit(id, members=6)
    assert await one.push() == []
    await other.push()
    assert other.live()[id]["members"] == 6
    conflicts = Rx(other.phone, "conflict")
    await conflicts.pull()
    assert [doc["kind"] for doc in conflicts.live().values()] == ["delete"]


async def test_a_delete_against_an_edit_brings_the_document_back(world: World) -> None:
    one, other, id, _ = await two(world)
    one.edit(id, members=6)
    other.edit(id, _deleted=True)
    await one.push()
    [doc] = await other.push()
    assert (doc["_deleted"], doc["members"]) == (False, 6)


async def test_what_was_deleted_can_be_brought_back(world: World) -> None:
    one, other, id, _ = await two(world)
    before = dict(one.local[id])
    one.edit(id, _deleted=True)
    await one.push()
    await one.pull()
    one.local[id] = before
    await one.push()
    await other.pull()
    assert other.live()[id]["name"] == HOME["name"]


async def test_a_household_moves_by_its_area(world: World) -> None:
    here, there = await world.make_area(), await world.make_area()
    phone = await supervisor(world, here, there)
    rx = Rx(phone, "household")
    id = rx.edit(**home(here))["id"]
    await rx.push()
    await rx.pull()
    rx.edit(id, area=str(there), members=3)
    await rx.push()
    shelf = await shelf_of(world, "supervisor", there)
    await shelf.settle()
    assert shelf.data(id)["members"] == 3


async def test_a_field_taken_out_of_a_document_is_emptied(world: World) -> None:
    one, other, id, _ = await two(world, members=4)
    one.edit(id, members=None)
    assert await one.push() == []
    await other.pull()
    assert "members" not in other.local[id]


async def test_what_the_author_may_not_read_is_not_taken_out_by_what_they_send(world: World) -> None:
    area = await world.make_area()
    boss = await shelf_of(world, "supervisor", area)
    await boss.settle(household(area, note="内情"))
    [id] = boss.records
    rx = Rx(await world.sign_in(await world.make_account("social_worker", area)), "household")
    await rx.pull()
    assert "note" not in rx.local[id]
    rx.edit(id, members=2)
    assert await rx.push() == []
    await boss.settle()
    assert (boss.data(id)["note"], boss.data(id)["members"]) == ("内情", 2)


async def test_a_note_that_the_author_was_allowed_to_read_before_is_not_taken_out_either(
    world: World,
) -> None:
    area = await world.make_area()
    boss = await shelf_of(world, "supervisor", area)
    await boss.settle(household(area, note="内情"))
    [id] = boss.records
    phone = await supervisor(world, area)
    rx = Rx(phone, "household")
    await rx.pull()
    await world.grant(phone.person, "social_worker", area)
    await end_grants(world, phone.person, "supervisor")
    rx.edit(id, members=2, note=None)
    await rx.push()
    await boss.settle()
    assert (boss.data(id)["note"], boss.data(id)["members"]) == ("内情", 2)


# What comes again, and what comes at once


async def test_a_row_sent_again_after_its_answer_was_lost_counts_once(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "activity")
    id = rx.edit(
        str(new_id()), area=str(area), title="义诊", on="2026-11-20", state="planned", people_served=1
    )["id"]
    await rx.push()
    await rx.pull()
    rx.edit(id, people_served=3)
    rows = rx.rows()
    assert await rx.send(rows) == await rx.send(rows) == []
    await rx.pull()
    assert await changes_of(world, id) == 2


async def test_a_row_whose_taking_was_not_noted_counts_once(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "household")
    rx.edit(**home(area))
    rows = rx.rows()
    assert await rx.send(rows) == []
    await world.pool.execute("UPDATE mirrored SET taken = 0, row_hash = NULL")  # the process ended before
    assert await rx.send(rows) == []
    assert await changes_of(world, rows[0]["newDocumentState"]["id"]) == 1


async def test_what_was_counted_and_not_answered_is_not_counted_again_with_what_came_on_top(
    world: World,
) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "activity")
    id = rx.edit(
        str(new_id()), area=str(area), title="义诊", on="2026-11-20", state="planned", people_served=1
    )["id"]
    await rx.push()
    await rx.pull()
    for count in (3, 4, 6):
        rx.edit(id, people_served=count)
        assert await rx.send(rx.rows()) == []  # the app ends before it has the answer
    await rx.push()
    await rx.pull()
    assert rx.local[id]["people_served"] == 6


async def test_what_was_sent_and_not_answered_can_be_taken_back(world: World) -> None:
    one, other, id, _ = await two(world, categories=["edge"], members=2)
    one.edit(id, categories=["edge", "disabled"], members=3)
    await one.send(one.rows())
    one.edit(id, categories=["edge"], members=2, name="新户名")
    assert await one.push() == []
    await other.pull()
    assert (other.local[id]["categories"], other.local[id]["members"]) == (["edge"], 2)


async def test_going_back_and_forth_counts_every_time(world: World) -> None:
    one, other, id, _ = await two(world, members=1)
    for members in (2, 1, 2, 1):
        one.edit(id, members=members)
        assert await one.push() == []
    assert await changes_of(world, id) == 5
    await other.pull()
    assert other.local[id]["members"] == 1


async def test_a_document_that_says_nothing_new_leaves_no_trace(world: World) -> None:
    one, _, id, _ = await two(world)
    row = {"newDocumentState": one.local[id], "assumedMasterState": one.local[id]}
    assert await one.send([row]) == []
    assert await changes_of(world, id) == 1


async def test_a_phone_that_forgot_what_it_was_told_does_not_undo_what_others_wrote(world: World) -> None:
    one, other, id, _ = await two(world)
    one.edit(id, name="新户名")
    await one.push()
    other.masters.clear()
    [doc] = await other.push()
    assert doc["name"] == "新户名"


async def test_batches_at_once_are_all_taken_once(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "household")
    rows = [{"newDocumentState": home(area)} for _ in range(12)]
    batches = [rows[start : start + 3] for start in range(0, 12, 3)]
    answers = await asyncio.gather(*(rx.send(batch) for batch in [*batches, *batches]))
    assert answers == [[]] * 8
    await rx.pull()
    assert len(rx.live()) == 12
    assert await world.pool.fetchval("SELECT count(*) FROM history WHERE collection = 'household'") == 12


# What cannot be taken


async def issues_of(phone: Phone) -> list[tuple[str | None, str | None, str]]:
    """What the phone is told of what could not be applied: collection, record and type."""
    rx = Rx(phone, "sync_issue")
    await rx.pull()
    return [(doc.get("about_collection"), doc.get("about"), doc["type"]) for doc in rx.live().values()]


async def changes_of(world: World, id: str) -> int:
    """How many changes of a record took effect."""
    found: int = await world.pool.fetchval("SELECT count(*) FROM history WHERE record = $1", UUID(id))
    return found


async def test_a_row_that_is_refused_does_not_hold_up_the_others(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "household")
    good, bad = rx.edit(**home(area)), rx.edit(**home(area, name="x" * 5000))
    [back] = await rx.push()
    assert back == {"id": bad["id"], "area": str(area), "_deleted": True}
    assert rx.live().keys() == {good["id"]}
    assert await issues_of(rx.phone) == [("household", bad["id"], "change-invalid")]


@pytest.mark.parametrize(
    "poison",
    [
        {},
        7,
        None,
        {"newDocumentState": None},
        {"newDocumentState": {"id": "not-an-id", "area": "nowhere"}},
        {"newDocumentState": {"id": 7}},
        {"newDocumentState": {"id": str(new_id())}},
        {"newDocumentState": {"id": str(new_id()), "area": str(new_id()), "name": 7, "_deleted": "maybe"}},
        {"newDocumentState": {"id": str(new_id()), "area": str(new_id())}, "assumedMasterState": []},
        {"newDocumentState": {"id": str(new_id()), "area": str(new_id()), "_deleted": True}},
        {"newDocumentState": {"id": str(new_id()), "area": str(new_id()), "written_at": "早上"}},
        {"newDocumentState": {"id": str(new_id()), "area": str(new_id()), "categories": 3, "note": ["a"]}},
    ],
)
async def test_a_poisonous_row_is_answered_and_the_others_are_taken(world: World, poison: Any) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "household")
    good = home(area)
    for _ in range(2):
        answer = await rx.send([poison, {"newDocumentState": good}])
        assert good["id"] not in [doc["id"] for doc in answer]
    await rx.pull()
    assert rx.live().keys() == {good["id"]}


async def test_what_waits_for_its_parent_is_as_good_as_taken_and_is_told_of_meanwhile(world: World) -> None:
    area = await world.make_area()
    phone = await supervisor(world, area)
    persons, households = Rx(phone, "person"), Rx(phone, "household")
    file = home(area)
    person = persons.edit(str(new_id()), area=str(area), household=file["id"], name="张三")
    rows = persons.rows()
    assert await persons.send(rows) == await persons.send(rows) == []
    await persons.pull()
    assert await issues_of(phone) == [("person", person["id"], "waits-for-parent")]
    households.edit(**file)
    assert await households.push() == []
    await persons.pull()
    assert persons.live()[person["id"]]["name"] == "张三"
    assert await issues_of(phone) == []


async def test_an_issue_goes_from_the_phone_when_it_is_dismissed(world: World) -> None:
    area = await world.make_area()
    phone = await supervisor(world, area)
    rx, told = Rx(phone, "household"), Rx(phone, "sync_issue")
    rx.edit(**home(area, name="x" * 5000))
    await rx.push()
    await told.pull()
    [issue] = told.live().values()
    assert issue["title"] != issue["title_en"]
    [kept] = (await phone.get("/api/v1/sync/quarantine")).json()["changes"]
    await phone.post(f"/api/v1/sync/quarantine/{kept['change']}/dismiss")
    await told.pull()
    assert told.live() == {}


async def test_nobody_writes_issues(world: World) -> None:
    phone = await supervisor(world, await world.make_area())
    told = Rx(phone, "sync_issue")
    made = told.edit(str(new_id()), title="自己写的")
    [back] = await told.push()
    assert (back["id"], back["_deleted"]) == (made["id"], True)


async def test_what_the_server_makes_is_written_by_nobody(world: World) -> None:
    area = await world.make_area()
    rx = Rx(await supervisor(world, area), "conflict")
    made = rx.edit(str(new_id()), area=str(area), kind="field")
    [back] = await rx.push()
    assert (back["id"], back["_deleted"]) == (made["id"], True)
    assert await issues_of(rx.phone) == [("conflict", made["id"], "write-not-allowed")]


async def test_late_work_is_put_before_the_supervisor_and_the_document_goes(world: World) -> None:
    area = await world.make_area()
    boss = await shelf_of(world, "supervisor", area)
    await boss.settle(household(area))
    [id] = boss.records
    phone = await supervisor(world, area)
    rx = Rx(phone, "household")
    await rx.pull()
    await end_grants(world, phone.person)
    rx.edit(id, members=9)
    await rx.pull()
    assert rx.local[id]["members"] == 9
    [back] = await rx.push()
    assert back == {"id": id, "area": str(area), "_deleted": True}
    kept = (await boss.phone.get("/api/v1/sync/quarantine")).json()["changes"]
    assert [each["sent"]["set"] for each in kept] == [{"members": 9}]


async def test_an_id_that_one_may_not_see_is_answered_as_one_that_does_not_exist(world: World) -> None:
    area, elsewhere = await world.make_area(), await world.make_area()
    boss = await shelf_of(world, "supervisor", elsewhere)
    await boss.settle(household(elsewhere))
    [hidden] = boss.records
    rx = Rx(await supervisor(world, area), "household")
    answers = []
    for id in (hidden, str(new_id())):
        doc = {"id": id, "area": str(elsewhere), **HOME}
        [back] = await rx.send(
            [{"newDocumentState": {**doc, "members": 3}, "assumedMasterState": {**doc, "_deleted": False}}]
        )
        answers.append({**back, "id": ""})
    assert answers[0] == answers[1]


# The wire


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "rxdb/nothing/pull", 404),
        ("GET", "rxdb/household/pull?limit=0", 422),
        ("GET", "rxdb/household/pull?limit=many", 422),
        ("GET", "rxdb/household/elsewhere", 404),
        ("DELETE", "rxdb/household/pull", 405),
        ("GET", "rxdb-server/household/1/pull", 404),
        ("GET", "rxdb-server/household/x/pull", 404),
        ("POST", "rxdb-server/nothing/0/push", 404),
    ],
)
async def test_whatever_is_not_answered_is_said_in_words_that_are_no_json(
    world: World, method: str, path: str, status: int
) -> None:
    phone = await supervisor(world, await world.make_area())
    said_in_words(await phone.request(method, f"/api/v1/clients/{path}"), status)


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'{"docs": 7}', b"\xff", b"[" * 5000])
async def test_a_push_that_is_no_array_of_rows_is_refused_in_words(world: World, body: bytes) -> None:
    phone = await supervisor(world, await world.make_area())
    answer = await phone.post("/api/v1/clients/rxdb/household/push", content=body)
    said_in_words(answer, answer.status_code)
    assert answer.status_code in (400, 422)


async def test_who_is_not_signed_in_is_told_so_in_words(world: World) -> None:
    stranger = await world.stranger()
    for path in ("rxdb/household/pull", "rxdb/household/pullStream", "rxdb-server/household/0/pull"):
        answer = await stranger.get(f"/api/v1/clients/{path}")
        said_in_words(answer, 401)
        assert "www-authenticate" in answer.headers


async def test_a_revoked_device_is_told_so_in_words(world: World) -> None:
    phone = await supervisor(world, await world.make_area())
    await world.pool.execute("UPDATE device SET revoked_at = now() WHERE id = $1", phone.device)
    said_in_words(await phone.get("/api/v1/clients/rxdb/household/pull"), 410)
    said_in_words(await phone.post("/api/v1/clients/rxdb/household/push", json=[]), 410)


def said_in_words(answer: httpx.Response, status: int) -> None:
    """The answer is text that no client takes for anything else."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


# rxdb-server


async def test_the_client_of_rxdb_server_is_served_the_same(world: World) -> None:
    area = await world.make_area()
    one, other = [Rx(await supervisor(world, area), "household", version=0) for _ in range(2)]
    first = (await one.ask(lwt=0, id="", limit=100)).json()
    assert first["documents"] == []
    assert first["checkpoint"].keys() == {"id", "lwt"}
    assert first["checkpoint"]["lwt"] >= 1
    made = one.edit(**home(area))
    assert await one.push() == []
    await other.pull()
    assert other.live().keys() == {made["id"]}


async def test_an_app_of_an_earlier_schema_is_told_to_update(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SCHEMA_VERSION", 1)
    phone = await supervisor(world, await world.make_area())
    said_in_words(await phone.get("/api/v1/clients/rxdb-server/household/0/pull"), 426)


# Streams


@asynccontextmanager
async def opened(world: World, phone: Phone, path: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream, once it is open."""
    headers = {"Authorization": phone.headers["Authorization"]}
    async with (
        httpx.AsyncClient(base_url=await world.serve(), headers=headers, timeout=20) as client,
        client.stream("GET", f"/api/v1/clients/{path}") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await anext(lines) == ": open"
        yield lines


async def test_a_stream_says_that_there_is_something_new_and_nothing_of_what(world: World) -> None:
    one, other, id, _ = await two(world)
    async with opened(world, other.phone, "rxdb/household/pullStream") as lines:
        one.edit(id, members=3)
        await one.push()
        async with asyncio.timeout(20):
            said = [line async for line in _until(lines, "data")]
        assert said[-1] == 'data: "RESYNC"'


async def test_a_stream_says_nothing_of_other_collections(world: World) -> None:
    one, other, id, _ = await two(world)
    async with opened(world, other.phone, "rxdb/person/pullStream") as lines:
        one.edit(id, members=3)
        await one.push()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                _ = [line async for line in _until(lines, "data")]


async def test_a_stream_for_rxdb_server_ends_when_there_is_something_new(world: World) -> None:
    one, other, id, _ = await two(world)
    async with opened(world, other.phone, "rxdb-server/household/0/pullStream") as lines:
        one.edit(id, members=3)
        await one.push()
        async with asyncio.timeout(20):
            rest = [line async for line in lines]
        assert not [line for line in rest if line.startswith("data")]


async def test_a_stream_ends_when_the_device_is_revoked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "RECHECK_SECONDS", 0.1)
    _, other, _, _ = await two(world)
    async with opened(world, other.phone, "rxdb/household/pullStream") as lines:
        await world.pool.execute("UPDATE device SET revoked_at = now() WHERE id = $1", other.phone.device)
        async with asyncio.timeout(20):
            assert [line async for line in lines if line.startswith("data")] == []


async def _until(lines: AsyncIterator[str], prefix: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(prefix):
            return


async def test_a_native_client_and_rxdb_hold_the_same(world: World) -> None:
    one, other, id, area = await two(world, note="甲。乙。")
    shelf = Shelf(await supervisor(world, area))
    await shelf.settle()
    held = shelf.records[id]
    await shelf.settle(change("household", UUID(id), area, base=held["rev"], set={"note": "甲改。乙。"}))
    one.edit(id, note="甲。乙改。")
    await one.push()
    await other.pull()
    await shelf.settle()
    assert other.local[id]["note"] == shelf.data(id)["note"] == "甲改。乙改。"
