"""Rubbish sent to `POST /sync` is named for what it is, never trips the server, and takes nothing with it."""

import json
from typing import Any
from uuid import UUID

import pytest

from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Phone, World

PATH = "/api/v1/sync"
MIB = 1024 * 1024
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


@pytest.fixture
async def phone(world: World, area: UUID) -> Phone:
    return await world.sign_in(await world.make_account("supervisor", area))


@pytest.mark.parametrize(
    ("body", "status", "type"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"null", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'{"changes": 7}', 422, "invalid"),
        (b'{"changes": [7]}', 422, "invalid"),
        (b'{"changes": [{}]}', 422, "invalid"),
        (b'{"limit": "many"}', 422, "invalid"),
        (b'{"limit": 0}', 422, "invalid"),
        (b'{"limit": 5001}', 422, "invalid"),
        (b'{"limit": 1e400}', 400, "malformed"),
        (b'{"limit": 99999999999999999999999999}', 422, "invalid"),
        (b'{"schema": 0}', 422, "invalid"),
        (b'{"areas": ["here"]}', 422, "invalid"),
        (b'{"cursor": 7}', 422, "invalid"),
        (b'{"verify": "yes"}', 422, "invalid"),
        (b"\xff\xfe\x00", 400, "malformed"),
        (b'{"cursor": "\xed\xa0\x80"}', 400, "malformed"),
        (DEEP.encode(), 400, "malformed"),
        (b'{"changes": ' + DEEP.encode() + b"}", 400, "malformed"),
    ],
)
async def test_a_request_that_cannot_be_read_is_answered_with_what_is_wrong(
    phone: Phone, body: bytes, status: int, type: str
) -> None:
    answer = await phone.post(PATH, content=body, headers={"Content-Type": "application/json"})
    said = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (answer.status_code, said["type"]) in ((status, type), (422, "invalid"), (400, "malformed"))
    assert answer.status_code < 500
    assert said["detail"] or said["errors"] or said["title"]


async def test_more_than_500_changes_are_too_many_and_none_is_stored(
    world: World, phone: Phone, area: UUID
) -> None:
    answer = await phone.post(PATH, json={"changes": [household(area) for _ in range(501)]})
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")
    assert answer.json()["errors"][0]["pointer"] == "/changes"
    assert await world.pool.fetchval("SELECT count(*) FROM history") == 0


async def test_exactly_500_changes_are_taken(world: World, phone: Phone, area: UUID) -> None:
    said = await Shelf(phone).exchange(*(household(area) for _ in range(500)))
    assert {result["outcome"] for result in said["results"]} == {"applied"}


async def test_nine_mebibytes_are_too_large(phone: Phone, area: UUID) -> None:
    body = json.dumps({"changes": [household(area, note="很" * 3000)] * 950}, ensure_ascii=False).encode()
    assert len(body) > 8 * MIB
    answer = await phone.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")


def bad_changes(area: UUID) -> dict[str, tuple[dict[str, Any], str]]:
    """By what is wrong: the change, and the problem that it is answered with."""
    person = {"household": str(new_id()), "name": "马"}
    return {
        "unknown collection": (change("spaceship", new_id(), area, set={}), "collection-unknown"),
        "foreign area": (household(new_id()), "area-not-held"),
        "NUL in a text": (household(area, name="王\x00家"), "change-invalid"),
        "NUL in an unknown field": (household(area, later={"a": ["\x00"]}), "change-invalid"),
        "a wrong type": (household(area, members="many"), "change-invalid"),
        "a number out of range": (household(area, members=10**30), "change-invalid"),
        "a negative number": (household(area, members=-1), "change-invalid"),
        "an unknown code": (household(area, kind="seaside"), "change-invalid"),
        "a text too long": (household(area, name="王" * 10_000), "change-invalid"),
        "deep nesting": (household(area, later=json.loads("[" * 200 + "]" * 200)), "change-invalid"),
        "a missing field": (change("household", new_id(), area, set={"name": "王家"}), "change-invalid"),
        "a clock that is none": (household(area) | {"at": "yesterday"}, "change-malformed"),
        "a negative base": (household(area) | {"base": -1}, "change-invalid"),
        "an unknown op": (household(area) | {"op": "explode"}, "change-malformed"),
        "an id for a record": (household(area) | {"record": "seven"}, "change-malformed"),
        "a move to nowhere": (change("household", new_id(), area, op="move"), "change-invalid"),
        "a conflict made by a device": (change("conflict", new_id(), area, set={}), "write-not-allowed"),
        "a resident ID with a wrong check digit": (
            change("person", new_id(), area, set={**person, "resident_id": "600000200001010019"}),
            "change-invalid",
        ),
        "an increment of a text": (
            change("household", new_id(), area, set={"name": "王家"}, increment={"name": 1}),
            "change-invalid",
        ),
    }


WRONGS = list(bad_changes(new_id()))


@pytest.mark.parametrize("wrong", WRONGS)
async def test_a_bad_change_is_named_kept_and_holds_up_nothing(
    world: World, phone: Phone, area: UUID, wrong: str
) -> None:
    bad, problem = bad_changes(area)[wrong]
    good = household(area)
    said = await Shelf(phone).exchange(bad, good)
    first, second = said["results"]
    assert (first["outcome"], first["problem"]["type"]) == ("rejected", problem)
    assert second["outcome"] == "applied"
    assert (
        await world.pool.fetchval("SELECT count(*) FROM quarantine WHERE change = $1", UUID(bad["id"])) == 1
    )


async def test_text_that_is_no_text_is_refused_whole_and_nothing_of_it_stored(
    world: World, phone: Phone, area: UUID
) -> None:
    body = json.dumps({"changes": [household(area), household(area, name="\ud800")]})
    answer = await phone.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")
    assert await world.pool.fetchval("SELECT count(*) FROM history") == 0


async def test_problems_are_said_in_the_language_that_is_asked_for(phone: Phone) -> None:
    zh = (await phone.post(PATH, json={"limit": 0})).json()
    en = (await phone.post(PATH, json={"limit": 0}, headers={"Accept-Language": "en"})).json()
    assert (zh["type"], zh["title"]) == (en["type"], "内容有误")
    assert en["title"] == "Some values are not valid"
