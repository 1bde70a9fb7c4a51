"""Two workers write down the same person without a network: it is found, shown, and decided by a person."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from schemas.duplicates.one_person import decided, goes_on
from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from service.duplicates.alike import A_LOOK
from sync.replica import Replica
from tests.sync.changes import change, household, new_id
from tests.sync.phones import Phones, phones_in
from tests.sync.phones import household as household_form
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Phone, World

BORN = "1956-03-12"
NUMBER, OTHER = (with_check_digit(f"{RESERVED_PREFIX}19560312{order:03}") for order in (1, 3))
WANG: dict[str, Any] = {"name": "王小明", "sex": "1", "birth_date": BORN}
ADDRESS = "建兰路12号3单元501"
VISIT = {"on": "2026-11-20"}


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


@pytest.fixture
async def boss(world: World, area: UUID) -> Shelf:
    return await shelf_of(world, "supervisor", area)


@pytest.fixture
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_in(world, tmp_path) as made:
        yield made


async def written(by: Shelf, area: UUID, address: str = ADDRESS, **form: Any) -> str:
    """Somebody in a family of their own."""
    family, person = new_id(), new_id()
    said = await by.exchange(
        household(area, family, address=address),
        change("person", person, area, set={"household": str(family), **WANG, **form}),
    )
    assert [result["outcome"] for result in said["results"]] == ["applied", "applied"]
    return str(person)


async def alike(phone: Phone, area: UUID, **more: Any) -> dict[str, Any]:
    answer = await phone.get(f"/api/v1/areas/{area}/alike", params=more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def pairs(phone: Phone, area: UUID) -> list[set[str]]:
    return [{each["one"], each["other"]} for each in (await alike(phone, area))["pairs"]]


async def evidence(phone: Phone, area: UUID) -> list[str]:
    (pair,) = (await alike(phone, area))["pairs"]
    return [each["zh"] for each in pair["evidence"]]


async def decide(boss: Shelf, area: UUID, duplicate: str, verdict: str | None) -> None:
    base = boss.records[duplicate]["rev"]
    said = await boss.exchange(
        change("duplicate", UUID(duplicate), area, base=base, set={"verdict": verdict})
    )
    assert [result["outcome"] for result in said["results"]] == ["applied"]


async def noticed(by: Shelf, area: UUID, one: str, other: str, **said: Any) -> str:
    """That somebody has noticed two records of one person."""
    id = new_id()
    answer = await by.exchange(change("duplicate", id, area, set={"person": one, "other": other, **said}))
    assert [result["outcome"] for result in answer["results"]] == ["applied"], answer["results"]
    return str(id)


async def test_a_person_whom_two_wrote_down_offline_is_found_noticed_and_decided(
    world: World, area: UUID, boss: Shelf, phones: Phones
) -> None:
    people = [await world.make_account("social_worker", area) for _ in range(2)]
    first, second = [(await phones.signed_in(person))[0] for person in people]
    one = registered(first, area, "王小明", ADDRESS)
    other = registered(second, area, "王晓明", f"甘肃省兰州市七里河区{ADDRESS}")
    for replica in (first, second, first):
        await replica.sync()

    (pair,) = (await alike(boss.phone, area))["pairs"]
    assert {pair["one"], pair["other"]} == {str(one), str(other)}
    assert pair["duplicate"] is None
    assert [each["zh"] for each in pair["evidence"]] == [
        "姓名读音相同：王小明/王晓明",
        "出生日期相同",
        "住址相同",
    ]

    noticed = first.create("duplicate", area, {"person": str(one), "other": str(other)})
    await first.sync()
    (pair,) = (await alike(boss.phone, area))["pairs"]
    assert pair["duplicate"] == str(noticed)

    await boss.exchange()
    await decide(boss, area, str(noticed), "person_stays")
    assert await pairs(boss.phone, area) == []
    for replica in (first, second):
        await replica.sync()
        held = replica.get(noticed)
        assert held is not None and held.values["verdict"] == "person_stays"
        assert replica.get(one) is not None and replica.get(other) is not None


def registered(replica: Replica, area: UUID, name: str, address: str) -> UUID:
    """Somebody in a family of their own, written on a phone."""
    family = replica.create("household", area, household_form(address=address))
    return replica.create("person", area, {**WANG, "household": str(family), "name": name})


async def test_who_was_kept_apart_is_not_shown_again_unless_that_is_taken_back(
    area: UUID, boss: Shelf
) -> None:
    one, other = await written(boss, area), await written(boss, area)
    duplicate = await noticed(boss, area, other, one, verdict="apart")
    assert await pairs(boss.phone, area) == []
    await boss.exchange()
    await decide(boss, area, duplicate, None)
    assert await pairs(boss.phone, area) == [{one, other}]


async def test_what_two_have_noticed_is_decided_once(area: UUID, boss: Shelf) -> None:
    one, other = await written(boss, area), await written(boss, area)
    await noticed(boss, area, one, other, verdict="apart")
    await noticed(boss, area, other, one)
    assert await pairs(boss.phone, area) == []


async def test_a_supervisor_decides_and_nobody_else(world: World, area: UUID, boss: Shelf) -> None:
    one, other = await written(boss, area), await written(boss, area)
    worker = await shelf_of(world, "social_worker", area)
    decided = {"person": one, "other": other, "verdict": "person_stays"}
    said = await worker.exchange(change("duplicate", new_id(), area, set=decided))
    assert [result["problem"]["type"] for result in said["results"]] == ["write-not-allowed"]
    assert await pairs(boss.phone, area) == [{one, other}]


async def test_a_number_speaks_to_who_may_read_it_and_to_nobody_else(
    world: World, area: UUID, boss: Shelf
) -> None:
    one = await written(boss, area, name="王小明", birth_date=None, resident_id=NUMBER)
    other = await written(boss, area, address="别处九号", name="黄兰", birth_date=None, resident_id=NUMBER)
    assert await pairs(boss.phone, area) == [{one, other}]
    assert (await evidence(boss.phone, area))[0] == "身份证号相同"
    worker = await shelf_of(world, "social_worker", area)
    assert await alike(worker.phone, area) == {"pairs": [], "is_cut": False}


async def test_what_one_may_not_read_changes_nothing_that_one_is_told(
    world: World, area: UUID, boss: Shelf
) -> None:
    worker = await shelf_of(world, "social_worker", area)
    one = await written(boss, area, resident_id=NUMBER)
    await written(boss, area)
    before = await alike(worker.phone, area)
    assert before["pairs"]
    for number in (OTHER, None, NUMBER):
        said = change("person", UUID(one), area, base=2**60, set={"resident_id": number})
        await boss.exchange(said)
        assert await alike(worker.phone, area) == before


@pytest.mark.parametrize("role", ["agency_manager", "street_officer", "district_officer", "city_officer"])
async def test_who_reads_no_names_is_told_of_nobody(world: World, area: UUID, boss: Shelf, role: str) -> None:
    await written(boss, area)
    await written(boss, area)
    phone = (await shelf_of(world, role, area)).phone
    assert await alike(phone, area) == {"pairs": [], "is_cut": False}


async def test_an_area_that_one_does_not_hold_is_none(world: World, area: UUID, boss: Shelf) -> None:
    elsewhere = await world.make_area()
    answers = [await boss.phone.get(f"/api/v1/areas/{each}/alike") for each in (elsewhere, new_id())]
    assert [answer.json()["type"] for answer in answers] == ["not-found", "not-found"]


async def test_who_works_on_one_file_alone_is_told_of_that_file(
    world: World, area: UUID, boss: Shelf
) -> None:
    one = await written(boss, area)
    await written(boss, area)
    member = Shelf(await world.sign_in(await world.make_account(None)))
    await boss.exchange()
    await world.join(member.phone.person, area, boss.records[one]["case"])
    assert await pairs(member.phone, area) == []
    twice = {**WANG, "household": boss.records[one]["data"]["household"]}
    again = new_id()
    await boss.exchange(change("person", again, area, set=twice))
    assert await pairs(member.phone, area) == [{one, str(again)}]


async def test_who_was_deleted_is_nobodys_twin(area: UUID, boss: Shelf) -> None:
    one = await written(boss, area)
    await written(boss, area)
    await boss.exchange(change("person", UUID(one), area, base=2**60, op="delete"))
    assert await pairs(boss.phone, area) == []


async def test_of_a_great_many_the_most_alike_are_shown(area: UUID, boss: Shelf) -> None:
    await written(boss, area, address="甲街1号院")
    alikest = {await written(boss, area), await written(boss, area)}
    found = await alike(boss.phone, area, limit=1)
    assert [{each["one"], each["other"]} for each in found["pairs"]] == [alikest]
    assert found["is_cut"]


async def test_what_was_told_is_kept_account_of(area: UUID, boss: Shelf) -> None:
    one = await written(boss, area, resident_id=NUMBER)
    await written(boss, area, resident_id=NUMBER)
    await alike(boss.phone, area)
    answer = await boss.phone.get("/api/v1/audit/record", params={"record": one})
    (told,) = [each for each in answer.json()["entries"] if each["how"] == "alike"]
    assert told["classes"] == ["basic", "identity"]


async def test_who_asks_all_the_time_is_asked_to_wait(area: UUID, boss: Shelf) -> None:
    path = f"/api/v1/areas/{area}/alike"
    statuses = [(await boss.phone.get(path)).status_code for _ in range(2 * A_LOOK.size)]
    assert statuses[: A_LOOK.size] == [200] * A_LOOK.size
    assert 429 in statuses


async def one_person(phone: Phone, id: UUID | str) -> dict[str, Any]:
    answer = await phone.get(f"/api/v1/persons/{id}/records")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_phone_that_still_edits_the_record_that_goes_edits_the_person(
    world: World, area: UUID, boss: Shelf, phones: Phones
) -> None:
    workers = [await world.make_account("social_worker", area) for _ in range(2)]
    first, second = [(await phones.signed_in(person))[0] for person in workers]
    stays = registered(first, area, "王小明", ADDRESS)
    goes = registered(second, area, "王晓明", ADDRESS)
    for replica in (first, second):
        await replica.sync()
    # Out of reach: both write while the supervisor decides.
    second.edit(goes, set={"phone": "13800138000", "name": "王晓铭"}, add={"tags": ["veteran"]})
    first.edit(stays, set={"education": "20"}, add={"tags": ["other"]})
    visit = second.create("elder_visit", area, {**VISIT, "subject": str(goes), "by": str(workers[1].id)})
    duplicate = await noticed(boss, area, str(stays), str(goes), verdict="person_stays")
    for replica in (second, first, second, first):
        await replica.sync()
        assert replica.problems() == [] and replica.conflicts() == []

    for id in (stays, goes):
        said = await one_person(boss.phone, id)
        assert said["stays"] == str(stays)
        assert said["records"] == sorted([str(stays), str(goes)])
        assert said["data"]["name"] == "王小明"
        assert said["data"]["phone"] == "13800138000"
        assert said["data"]["education"] == "20"
        assert set(said["data"]["tags"]) == {"veteran", "other"}
        assert said["otherwise"]["name"] == [{"record": str(goes), "value": "王晓铭"}]
    # Each phone comes to the same without a network.
    for replica in (first, second):
        verdicts = [
            decided(UUID(said["person"]), UUID(said["other"]), said.get("verdict"))
            for said in (held.values for held in replica.all("duplicate"))
        ]
        standing = goes_on(each for each in verdicts if each is not None)
        told = replica.get(visit)
        assert told is not None and standing[UUID(told.values["subject"])] == stays

    await boss.exchange()
    await decide(boss, area, duplicate, None)
    assert await pairs(boss.phone, area) == [{str(stays), str(goes)}]
    apart = [await one_person(boss.phone, id) for id in (stays, goes)]
    assert [said["records"] for said in apart] == [[str(stays)], [str(goes)]]
    assert [said["data"]["name"] for said in apart] == ["王小明", "王晓铭"]
    assert [said["data"]["tags"] for said in apart] == [["other"], ["veteran"]]
    assert [said["data"].get("phone") for said in apart] == [None, "13800138000"]
    assert [said["otherwise"] for said in apart] == [{}, {}]


async def test_of_one_person_everybody_is_told_what_they_may_read_of_each_record(
    world: World, area: UUID, boss: Shelf
) -> None:
    stays = await written(boss, area)
    goes = await written(boss, area, resident_id=NUMBER, health="bedridden", phone="13800138000")
    await noticed(boss, area, stays, goes, verdict="person_stays")
    told = (await one_person(boss.phone, stays))["data"]
    assert (told["resident_id"], told["health"]) == (NUMBER, "bedridden")
    worker = await shelf_of(world, "social_worker", area)
    told = (await one_person(worker.phone, stays))["data"]
    assert told["phone"] == "13800138000"
    assert told.keys().isdisjoint({"resident_id", "health"})
    member = Shelf(await world.sign_in(await world.make_account(None)))
    await boss.exchange()
    await world.join(member.phone.person, area, boss.records[stays]["case"])
    said = await one_person(member.phone, stays)
    assert said["records"] == [stays]
    assert said["data"].keys().isdisjoint({"resident_id", "health", "phone"})
    hidden = [await member.phone.get(f"/api/v1/persons/{id}/records") for id in (goes, new_id())]
    assert [answer.json()["type"] for answer in hidden] == ["not-found", "not-found"]


async def test_what_follows_from_a_verdict_is_not_asked_again(area: UUID, boss: Shelf) -> None:
    one, two, three = [await written(boss, area) for _ in range(3)]
    await noticed(boss, area, one, two, verdict="person_stays")
    await noticed(boss, area, two, three, verdict="person_stays")
    assert await pairs(boss.phone, area) == []
    assert (await one_person(boss.phone, three))["stays"] == one


async def test_two_supervisors_who_decide_otherwise_are_asked_again(
    world: World, area: UUID, boss: Shelf
) -> None:
    one, other = await written(boss, area), await written(boss, area)
    duplicate = await noticed(boss, area, one, other)
    second = await shelf_of(world, "supervisor", area)
    await second.exchange()
    await boss.exchange()
    await decide(boss, area, duplicate, "person_stays")
    base = second.records[duplicate]["rev"]
    said = await second.exchange(
        change("duplicate", UUID(duplicate), area, base=base, set={"verdict": "apart"})
    )
    assert [result["outcome"] for result in said["results"]] == ["conflict"]
    assert (await one_person(boss.phone, other))["stays"] == one


async def test_a_family_is_not_a_person(area: UUID, boss: Shelf) -> None:
    person = await written(boss, area)
    await boss.exchange()
    family = boss.records[person]["data"]["household"]
    answer = await boss.phone.get(f"/api/v1/persons/{family}/records")
    assert answer.json()["type"] == "not-found"
