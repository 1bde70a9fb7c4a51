"""People are found by their numbers by who may read these, and by nobody else."""

from typing import Any
from uuid import UUID

import pytest

from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from service.access.lookup import A_LOOKUP
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Phone, World

LOOKUP = "/api/v1/persons/lookup"
NUMBER, OTHER = (with_check_digit(f"{RESERVED_PREFIX}19880224{order:03}") for order in (1, 6))
ENDING_IN_X = next(
    number
    for order in range(100)
    if (number := with_check_digit(f"{RESERVED_PREFIX}19880224{order:03}")).endswith("X")
)


@pytest.fixture
async def street(world: World) -> UUID:
    return await world.make_area("street")


@pytest.fixture
async def area(world: World, street: UUID) -> UUID:
    return await world.make_area(parent=street)


@pytest.fixture
async def boss(world: World, street: UUID, area: UUID) -> Shelf:
    """A supervisor of the street."""
    return await shelf_of(world, "supervisor", street)


async def new_person(by: Shelf, area: UUID, number: str | None = NUMBER, **fields: Any) -> str:
    """Somebody with that ID number, in a family of their own."""
    family, person = new_id(), new_id()
    values = {"household": str(family), "name": "张三", "resident_id": number, **fields}
    said = await by.settle(household(area, family), change("person", person, area, set=values))
    assert [result["outcome"] for result in said["results"]] == ["applied", "applied"] or not said["results"]
    return str(person)


async def found(phone: Phone, number: str = NUMBER, **more: Any) -> list[dict[str, Any]]:
    answer = await phone.post(LOOKUP, json={"resident_id": number, **more})
    assert answer.status_code == 200, answer.text
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


async def groups(phone: Phone, area: UUID, **more: Any) -> list[set[str]]:
    answer = await phone.get(f"/api/v1/areas/{area}/duplicates", params=more)
    assert answer.status_code == 200, answer.text
    return [{record["id"] for record in group["records"]} for group in answer.json()["groups"]]


async def test_who_reads_it_finds_the_record_as_they_may_see_it(area: UUID, boss: Shelf) -> None:
    person = await new_person(boss, area)
    await new_person(boss, area, OTHER)
    (record,) = await found(boss.phone)
    assert (record["id"], record["area"], record["collection"]) == (person, str(area), "person")
    assert record["data"]["resident_id"] == NUMBER
    assert record == (await found(boss.phone, area=str(area)))[0]
    assert await found(boss.phone, area=str(new_id())) == []


@pytest.mark.parametrize(
    "typed", [ENDING_IN_X.lower(), f" {ENDING_IN_X[:6]} {ENDING_IN_X[6:14]}-{ENDING_IN_X[14:]}"]
)
async def test_it_is_found_however_it_is_typed(area: UUID, boss: Shelf, typed: str) -> None:
    person = await new_person(boss, area, ENDING_IN_X)
    assert [record["id"] for record in await found(boss.phone, typed)] == [person]


async def test_a_phone_number_is_found_too(world: World, area: UUID, boss: Shelf) -> None:
    person = await new_person(boss, area, phone="13800138000")
    worker = await shelf_of(world, "social_worker", area)
    answer = await worker.phone.post(LOOKUP, json={"phone": "138 0013 8000"})
    (record,) = answer.json()["records"]
    assert record["id"] == person
    assert "resident_id" not in record["data"]


@pytest.mark.parametrize(
    "role", ["social_worker", "community_officer", "street_officer", "district_officer", "evaluator"]
)
async def test_who_may_not_read_it_is_answered_as_if_there_were_nobody(
    world: World, area: UUID, boss: Shelf, role: str
) -> None:
    await new_person(boss, area)
    phone = (await shelf_of(world, role, area)).phone
    answers = [await phone.post(LOOKUP, json={"resident_id": number}) for number in (NUMBER, OTHER)]
    assert answers[0].content == answers[1].content == b'{"records":[]}'
    assert [dict(a.headers, **{"x-request-id": ""}) for a in answers[:1]] == [
        dict(a.headers, **{"x-request-id": ""}) for a in answers[1:]
    ]


async def test_a_worker_finds_whom_they_wrote_down_and_whose_file_they_work_on(
    world: World, area: UUID, boss: Shelf
) -> None:
    theirs = await new_person(boss, area)
    worker = await shelf_of(world, "social_worker", area)
    own = await new_person(worker, area)
    assert [record["id"] for record in await found(worker.phone)] == [own]
    await world.join(worker.phone.person, area, boss.records[theirs]["case"])
    assert {record["id"] for record in await found(worker.phone)} == {own, theirs}


async def test_a_number_that_was_put_right_or_deleted_is_found_no_longer(area: UUID, boss: Shelf) -> None:
    person = await new_person(boss, area)
    rev = boss.records[person]["rev"]
    await boss.settle(change("person", UUID(person), area, base=rev, set={"name": "张四"}))
    assert await found(boss.phone)
    rev = boss.records[person]["rev"]
    await boss.settle(change("person", UUID(person), area, base=rev, set={"resident_id": OTHER}))
    assert await found(boss.phone) == []
    assert await found(boss.phone, OTHER)
    rev = boss.records[person]["rev"]
    await boss.settle(change("person", UUID(person), area, base=rev, op="delete"))
    assert await found(boss.phone, OTHER) == []


async def test_a_record_is_found_where_it_has_moved(
    world: World, street: UUID, area: UUID, boss: Shelf
) -> None:
    there = await world.make_area(parent=street)
    person = await new_person(boss, area)
    case = boss.records[person]["case"]
    base = boss.records[case]["rev"]
    await boss.settle(change("household", UUID(case), area, base=base, op="move", to=there))
    (record,) = await found(boss.phone)
    assert (record["id"], record["area"]) == (person, str(there))
    assert record["data"]["resident_id"] == NUMBER


@pytest.mark.parametrize(
    "asked", [{}, {"resident_id": NUMBER, "phone": "13800138000"}, {"resident_id": NUMBER[:-1] + "Y"}]
)
async def test_what_is_no_number_is_said(boss: Shelf, asked: dict[str, str]) -> None:
    answer = await boss.phone.post(LOOKUP, json=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/resident_id"


async def test_numbers_are_not_tried_one_after_another(world: World, area: UUID, boss: Shelf) -> None:
    for _ in range(A_LOOKUP.size):
        await found(boss.phone)
    answer = await boss.phone.post(LOOKUP, json={"resident_id": NUMBER})
    assert (answer.status_code, answer.json()["type"]) == (429, "too-many-attempts")
    assert int(answer.headers["retry-after"]) <= A_LOOKUP.interval.total_seconds()
    other = await shelf_of(world, "supervisor", area)
    await found(other.phone)


async def test_every_lookup_is_on_record_and_no_number_is(world: World, area: UUID, boss: Shelf) -> None:
    person = await new_person(boss, area)
    seeker = await shelf_of(world, "supervisor", area)
    await found(seeker.phone)
    await found(seeker.phone, OTHER)
    account = seeker.phone.person.id
    looked = await world.pool.fetch(
        "SELECT detail FROM audit WHERE account = $1 AND kind = 'looked-up' ORDER BY no", account
    )
    assert [row["detail"] for row in looked] == [
        b'{"number":"resident_id","found":1}',
        b'{"number":"resident_id","found":0}',
    ]
    answer = await boss.phone.get("/api/v1/audit/record", params={"record": person})
    assert ("lookup", ["identity"]) in [
        (entry["how"], entry["classes"])
        for entry in answer.json()["entries"]
        if entry["account"] == str(account)
    ]


async def test_duplicates_are_found_across_the_areas_that_one_holds(
    world: World, street: UUID, area: UUID, boss: Shelf
) -> None:
    there, elsewhere = await world.make_area(parent=street), await world.make_area()
    one, two = await new_person(boss, area), await new_person(boss, there)
    await new_person(boss, area, OTHER)
    await new_person(await shelf_of(world, "supervisor", elsewhere), elsewhere, OTHER)
    assert await groups(boss.phone, area) == await groups(boss.phone, there) == [{one, two}]
    local = await shelf_of(world, "supervisor", area)
    assert await groups(local.phone, area) == []


async def test_duplicates_come_in_pages(area: UUID, boss: Shelf) -> None:
    numbers = [with_check_digit(f"{RESERVED_PREFIX}19770707{order:03}") for order in range(3)]
    wanted = [{await new_person(boss, area, number) for _ in range(2)} for number in numbers]
    pages: list[set[str]] = []
    after: dict[str, Any] = {}
    while True:
        answer = await boss.phone.get(f"/api/v1/areas/{area}/duplicates", params={"limit": 2, **after})
        pages += [{record["id"] for record in group["records"]} for group in answer.json()["groups"]]
        if answer.json()["next"] is None:
            break
        after = {"after": answer.json()["next"]}
    assert pages == wanted


@pytest.mark.parametrize("role", ["social_worker", "community_officer", "child_officer", "city_officer"])
async def test_who_does_not_read_the_numbers_of_an_area_is_told_of_no_duplicates(
    world: World, area: UUID, boss: Shelf, role: str
) -> None:
    await new_person(boss, area)
    await new_person(boss, area)
    phone = (await shelf_of(world, role, area)).phone
    answers = [await phone.get(f"/api/v1/areas/{each}/duplicates") for each in (area, new_id())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
