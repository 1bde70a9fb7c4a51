"""Numbers: exact for those who may read the records, and for all others with nobody in them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.collections import COLLECTIONS
from schemas.privacy import Privacy
from schemas.values import Code
from service.numbers.counting import counted, last_closed, stretch_of, told
from service.numbers.published import PUBLISHED, UNCOUNTED
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, World

TWO_MONTHS = 62 * 24 * 3600 * 1_000_000


class District:
    """Three communities in which different numbers of families were listed two months ago."""

    def __init__(self, world: World, top: UUID, areas: list[UUID], people: dict[str, Person]) -> None:
        self.world = world
        self.top = top
        self.areas = areas
        self.people = people
        made = datetime.now(UTC) - timedelta(microseconds=TWO_MONTHS)
        self.month = made.astimezone(stretch_of("2026-01")[0].tzinfo).strftime("%Y-%m")

    async def ask(self, who: str, area: UUID, **query: str) -> httpx.Response:
        """Ask for the numbers of the month."""
        phone = await self.world.sign_in(self.people[who])
        asked = {"area": str(area), "collection": "household", "month": self.month} | query
        return await phone.get("/api/v1/numbers", params=asked)

    async def totals(self, who: str, area: UUID, **query: str) -> list[int | None]:
        """The totals of an area and of those below it, in the order of their codes."""
        answer = await self.ask(who, area, **query)
        assert answer.status_code == 200, answer.text
        return [each["total"]["count"] for each in answer.json()["areas"]]

    async def list_families(self, numbers: list[int], ago: int = TWO_MONTHS) -> None:
        """So many in each community, that long ago."""
        phone = Shelf(await self.world.sign_in(self.people["worker"]))
        ids = []
        for area, number in zip(self.areas, numbers, strict=True):
            families = [household(area) for _ in range(number)]
            ids += [UUID(each["record"]) for each in families]
            await phone.settle(*families)
        await self.world.pool.execute("UPDATE history SET rev = rev - $1 WHERE record = ANY($2)", ago, ids)


@pytest.fixture
async def district(world: World) -> District:
    top = await world.make_area("district")
    areas = [await world.make_area(parent=top) for _ in range(3)]
    roles = {
        "worker": "social_worker",
        "supervisor": "supervisor",
        "officer": "district_officer",
        "agency": "agency_manager",
        "evaluator": "evaluator",
        "administrator": "administrator",
    }
    people = {name: await world.make_account(role, top) for name, role in roles.items()}
    people["street"] = await world.make_account("street_officer", areas[0])
    return District(world, top, areas, people)


@pytest.mark.parametrize("who", ["worker", "supervisor"])
async def test_who_may_read_the_records_is_told_every_number(district: District, who: str) -> None:
    await district.list_families([6, 2, 9])
    assert await district.totals(who, district.top) == [17, 6, 2, 9]


@pytest.mark.parametrize("who", ["officer", "agency", "evaluator"])
async def test_others_are_told_none_below_five_and_none_that_gives_one_away(
    district: District, who: str
) -> None:
    await district.list_families([6, 2, 9])
    assert await district.totals(who, district.top) == [17, None, None, 9]


async def test_from_below_one_is_told_the_same_as_from_above(district: District) -> None:
    await district.list_families([6, 2, 9])
    assert await district.totals("street", district.areas[0]) == [None]


async def test_what_is_counted_once_stays_so(district: District) -> None:
    await district.list_families([6, 2, 9])
    before = (await district.ask("officer", district.top)).json()
    await district.list_families([3, 8, 0])
    assert (await district.ask("officer", district.top)).json() == before
    assert await district.totals("worker", district.top) == [17, 6, 2, 9]


async def test_who_asks_first_at_the_same_time_is_told_the_same(district: District) -> None:
    await district.list_families([6, 2, 9])
    answers = await asyncio.gather(*(district.ask("officer", district.top) for _ in range(4)))
    assert len({answer.text for answer in answers}) == 1


async def test_an_area_that_was_made_after_a_month_was_counted_has_no_numbers_of_it(
    district: District,
) -> None:
    await district.list_families([6, 2, 9])
    before = await district.totals("officer", district.top)
    new = await district.world.make_area(parent=district.top)
    answer = await district.ask("officer", new)
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    assert await district.totals("officer", district.top) == before


async def test_a_month_has_what_came_in_it_and_nothing_else(district: District) -> None:
    await district.list_families([6, 6, 6], TWO_MONTHS + 90 * 24 * 3600 * 1_000_000)
    await district.list_families([7, 7, 7])
    await district.list_families([9, 9, 9], 0)
    assert await district.totals("officer", district.top) == [21, 7, 7, 7]


async def test_a_record_belongs_to_the_month_of_its_first_change(district: District) -> None:
    await district.list_families([7, 7, 7])
    phone = Shelf(await district.world.sign_in(district.people["worker"]))
    await phone.settle()
    for id, record in list(phone.records.items()):
        area, base = UUID(record["area"]), record["rev"]
        await phone.settle(change("household", UUID(id), area, base=base, set={"name": "改名"}))
    await district.world.pool.execute(
        "UPDATE history SET rev = rev - $1 WHERE base > 0", TWO_MONTHS - 40 * 24 * 3600 * 1_000_000
    )
    following = datetime.fromisoformat(f"{district.month}-28") + timedelta(days=5)
    assert await district.totals("worker", district.top) == [21, 7, 7, 7]
    assert await district.totals("worker", district.top, month=following.strftime("%Y-%m")) == [0, 0, 0, 0]


async def test_by_a_field_each_of_its_values_is_told_also_what_never_occurs(district: District) -> None:
    phone = Shelf(await district.world.sign_in(district.people["worker"]))
    files = []
    for area in district.areas:
        for number in range(8):
            file = new_id()
            form = {"household": str(file), "kind": "medical" if number else "housing", "state": "drafted"}
            await phone.settle(household(area, file), change("referral", new_id(), area, set=form))
            files.append(file)
    await district.world.pool.execute("UPDATE history SET rev = rev - $1", TWO_MONTHS)
    asked = {"collection": "referral", "by": "kind"}
    exact = (await district.ask("worker", district.top, **asked)).json()["areas"][0]
    told = (await district.ask("officer", district.top, **asked)).json()["areas"][0]
    assert exact["total"] == told["total"] == {"count": 24, "suppressed": False}
    kinds = {each["value"]: each["count"] for each in exact["values"]}
    assert (kinds["medical"], kinds["housing"], kinds["education"], kinds[None]) == (21, 3, 0, 0)
    hidden = {each["value"]: each for each in told["values"]}
    assert [hidden[kind]["count"] for kind in ("housing", "education")] == [None, None]
    assert hidden["housing"]["suppressed"] and hidden["medical"]["suppressed"]


async def test_an_area_that_one_does_not_hold_whole_is_not_there(district: District) -> None:
    for who, area in (("street", district.top), ("street", district.areas[1]), ("worker", uuid4())):
        answer = await district.ask(who, area)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    assert (await district.ask("administrator", district.top)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"collection": "conflict"}, "/collection"),
        ({"by": "risk"}, "/by"),
        ({"by": "community"}, "/by"),
        ({"month": "1999-01"}, "/month"),
        ({"month": "2999-01"}, "/month"),
        ({"month": "2026-13"}, "/month"),
    ],
)
async def test_what_is_not_counted_is_refused_by_name(
    district: District, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await district.ask("officer", district.top, **wrong)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("more", ["\n", " ", "-01"])
async def test_a_month_is_nothing_but_a_month(district: District, more: str) -> None:
    answer = await district.ask("officer", district.top, month=district.month + more)
    assert answer.status_code == 422
    assert await district.world.pool.fetchval("SELECT count(*) FROM month_count") == 0


async def test_the_month_that_is_asked_for_by_nobody_is_the_last_one_that_is_over(district: District) -> None:
    phone = await district.world.sign_in(district.people["officer"])
    asked = {"area": str(district.top), "collection": "household"}
    said = (await phone.get("/api/v1/numbers", params=asked)).json()
    assert said["month"] == last_closed(datetime.now(UTC))


def test_of_every_collection_it_was_decided_by_what_it_is_counted() -> None:
    assert PUBLISHED.keys() | UNCOUNTED == COLLECTIONS.keys()
    assert not PUBLISHED.keys() & UNCOUNTED


def test_counts_are_of_what_is_open_and_by_what_is_open() -> None:
    for collection, fields in PUBLISHED.items():
        declared = COLLECTIONS[collection].fields
        assert any(field.privacy is Privacy.OPEN and field.required for field in declared.values())
        for name in fields:
            assert declared[name].privacy is Privacy.OPEN and isinstance(declared[name].kind, Code)


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2026-11-24T12:00:00+08:00", "2026-10"),
        ("2026-11-01T00:30:00+08:00", "2026-09"),
        ("2026-11-01T01:30:00+08:00", "2026-10"),
        ("2026-10-31T17:30:00+00:00", "2026-10"),
        ("2026-01-15T12:00:00+08:00", "2025-12"),
    ],
)
def test_a_month_is_over_an_hour_after_its_end_by_the_clock_of_lanzhou(now: str, month: str) -> None:
    assert last_closed(datetime.fromisoformat(now)) == month


def test_months_follow_each_other_without_a_gap() -> None:
    assert stretch_of("2026-12")[1] == stretch_of("2027-01")[0]
    assert stretch_of("2026-10")[1] == stretch_of("2026-11")[0]


def test_a_value_that_is_no_code_of_this_version_counts_as_none() -> None:
    area = uuid4()
    counts = counted({area: None}, "activity", [(area, {"state": "dreamt"})] * 6)
    (told_of,) = told(counts, "state", [area], is_exact=True)
    assert {each.value: each.count for each in told_of.values}[None] == 6
