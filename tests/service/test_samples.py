"""Samples: drawn by the city bureau, read by the evaluator alone, words released by the supervisor."""

import csv
import io
import json
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.callers import Callers
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, World

NAMES = ("阿依古丽", "白秀兰", "常玉芳", "段继红", "樊建国", "葛春梅", "郝文治", "纪小满")
WORDS = "她说儿子在外打工，已两年未归。"


class Town(Callers):
    """A city of two communities, with families in one of them and everybody whom a sample concerns."""

    def __init__(self, world: World, city: UUID, here: UUID, there: UUID, people: dict[str, Person]) -> None:
        super().__init__(world, people, "/api/v1/samples")
        self.city = city
        self.here = here
        self.there = there
        self.visits: list[UUID] = []

    def order(self, **more: Any) -> dict[str, Any]:
        """What the bureau asks for."""
        rule = {"collections": ["household", "person", "elder_visit"], "size": 100}
        return {
            "account": str(self.people["evaluator"].id),
            "area": str(self.city),
            "until": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
            "rule": rule | more.pop("rule", {}),
            **more,
        }

    async def drawn(self, **more: Any) -> str:
        """A sample; its id."""
        answer = await self.ask("bureau", "POST", "", self.order(**more))
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    async def records(self, sample: str, **query: Any) -> list[dict[str, Any]]:
        """What the evaluator reads."""
        path = f"/{sample}/records?" + "&".join(f"{name}={value}" for name, value in query.items())
        answer = await self.ask("evaluator", "GET", path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found


@pytest.fixture
async def town(world: World) -> Town:
    city = await world.make_area("city")
    here, there = await world.make_area(parent=city), await world.make_area(parent=city)
    people = {
        "bureau": await world.make_account("city_officer", city),
        "evaluator": await world.make_account("evaluator", city),
        "worker": await world.make_account("social_worker", city),
        "supervisor": await world.make_account("supervisor", here),
        "stranger": await world.make_account("supervisor", there),
    }
    town = Town(world, city, here, there, people)
    phone = Shelf(await world.sign_in(people["worker"]))
    for place, name in enumerate(NAMES):
        file, elder, visit = new_id(), new_id(), new_id()
        form = {"household": str(file), "name": name, "birth_date": f"195{place % 2}-0{place % 7 + 1}-11"}
        form |= {"sex": "2", "phone": f"1380000000{place}"}
        seen = {"subject": str(elder), "by": str(people["worker"].id), "on": f"2026-10-1{place}"}
        seen |= {"findings": f"{name}：{WORDS}", "concerns": "邻居欺负她。", "mood": "watch", "place": name}
        await phone.settle(
            household(here, file, name=f"{name}家", kind="urban", members=1 + place % 2),
            change("person", elder, here, set=form),
            change("elder_visit", visit, here, set=seen),
        )
        town.visits.append(visit)
    return town


async def test_names_addresses_phones_ids_and_words_are_nowhere_in_a_sample(town: Town) -> None:
    sample = await town.drawn()
    said = (await town.ask("evaluator", "GET", f"/{sample}/records")).text
    assert len(json.loads(said)["records"]) == 3 * len(NAMES)
    for secret in [*NAMES, "西津东路", "1380000", WORDS, "欺负", *map(str, town.visits)]:
        assert secret not in said
    assert str(town.people["worker"].id) not in said


async def test_days_are_told_by_month_and_birth_by_five_years_and_codes_as_they_are(town: Town) -> None:
    records = await town.records(await town.drawn())
    visits = [each["data"] for each in records if each["collection"] == "elder_visit"]
    assert {visit["on"] for visit in visits} == {"2026-10"}
    assert {visit["mood"] for visit in visits} == {"watch"}
    born = {each["data"]["birth_date"] for each in records if each["collection"] == "person"}
    assert born == {"1950-1954"}


async def test_what_belongs_together_has_the_same_pseudonym(town: Town) -> None:
    records = await town.records(await town.drawn())
    ids = {
        kind: {each["id"] for each in records if each["collection"] == kind}
        for kind in ("household", "person")
    }
    assert {each["data"]["subject"] for each in records if "subject" in each["data"]} == ids["person"]
    assert {each["data"]["household"] for each in records if "household" in each["data"]} == ids["household"]


async def test_two_samples_have_no_pseudonym_in_common(town: Town) -> None:
    first = {each["id"] for each in await town.records(await town.drawn())}
    second = {each["id"] for each in await town.records(await town.drawn())}
    assert first and second and not first & second


async def test_a_sample_stays_as_it_was_drawn(town: Town) -> None:
    sample = await town.drawn()
    before = await town.records(sample)
    phone = Shelf(await town.world.sign_in(town.people["supervisor"]))
    await phone.settle()
    for visit in town.visits:
        base = phone.records[str(visit)]["rev"]
        await phone.settle(change("elder_visit", visit, town.here, base=base, set={"mood": "danger"}))
    assert await town.records(sample) == before


async def test_a_fact_that_fewer_than_five_families_share_is_held_back(town: Town) -> None:
    phone = Shelf(await town.world.sign_in(town.people["worker"]))
    file = new_id()
    await phone.settle(household(town.here, file, kind="rural", members=12))
    records = await town.records(await town.drawn(rule={"collections": ["household"]}))
    facts = Counter(
        (str(each["area"]), json.dumps({**each["data"], "head": None}), str(each["suppressed"]))
        for each in records
    )
    assert all(number >= 5 for number in facts.values())
    assert any("kind" in each["suppressed"] for each in records) or len(records) == len(NAMES)


async def test_of_a_fact_that_is_held_back_it_is_not_told_who_has_it(town: Town) -> None:
    phone = Shelf(await town.world.sign_in(town.people["worker"]))
    for place in range(5):
        file = new_id()
        form = {"household": str(file), "name": NAMES[place], "birth_date": "1951-03-11", "sex": "2"}
        form |= {"died_on": "2026-03-09"} if place == 0 else {}
        await phone.settle(household(town.there, file), change("person", new_id(), town.there, set=form))
    there = await town.drawn(area=str(town.there), rule={"collections": ["person"]})
    records = await town.records(there)
    assert len(records) == 5
    assert len({str(each["suppressed"]) for each in records}) == 1
    assert all("died_on" not in each["data"] for each in records)


async def test_fewer_than_five_families_are_not_shown_at_all(town: Town) -> None:
    answer = await town.ask("bureau", "POST", "", town.order(rule={"size": 4}))
    assert answer.json() == {"id": answer.json()["id"], "records": 0, "left_out": 12}
    assert await town.records(answer.json()["id"]) == []


async def test_a_community_with_few_families_is_not_named(town: Town) -> None:
    phone = Shelf(await town.world.sign_in(town.people["worker"]))
    await phone.settle(*(household(town.there) for _ in range(3)))
    records = await town.records(await town.drawn(rule={"collections": ["household"]}))
    assert sum(each["area"] is None for each in records) in (0, *range(5, 12))
    shown = {each["area"]["code"] for each in records if each["area"] is not None}
    there = await town.world.pool.fetchval("SELECT code FROM area WHERE id = $1", town.there)
    assert there not in shown


@pytest.mark.parametrize(
    ("birth_date", "is_drawn"), [("2015-03-01", False), (None, False), ("2001-03-01", True)]
)
async def test_records_on_people_under_fourteen_are_drawn_only_where_the_rule_says_so(
    town: Town, birth_date: str | None, is_drawn: bool
) -> None:
    phone = Shelf(await town.world.sign_in(town.people["worker"]))
    for _ in range(5):
        file, child, visit = new_id(), new_id(), new_id()
        form = {"household": str(file), "name": "娃", "birth_date": birth_date}
        seen = {"subject": str(child), "by": str(town.people["worker"].id), "on": "2026-10-11"}
        await phone.settle(
            household(town.here, file),
            change("person", child, town.here, set=form),
            change("child_visit", visit, town.here, set=seen),
        )
    rule: dict[str, Any] = {"collections": ["child_visit"]}
    assert bool(await town.records(await town.drawn(rule=rule))) is is_drawn
    assert len(await town.records(await town.drawn(rule=rule | {"children": True}))) == 5


async def test_a_child_is_one_though_elsewhere_a_grown_person_bears_the_same_id(town: Town) -> None:
    phone = Shelf(await town.world.sign_in(town.people["worker"]))
    for child_area, adult_area in [(town.here, town.there), (town.there, town.here)] * 5:
        id = new_id()
        for area, birth_date in ((child_area, "2015-03-01"), (adult_area, "1970-03-01")):
            file = new_id()
            form = {"household": str(file), "name": "娃", "birth_date": birth_date}
            await phone.settle(household(area, file), change("person", id, area, set=form))
        seen = {"subject": str(id), "by": str(town.people["worker"].id), "on": "2026-10-11"}
        await phone.settle(change("child_visit", new_id(), child_area, set=seen))
    assert await town.records(await town.drawn(rule={"collections": ["child_visit"]})) == []


async def test_so_many_of_each_collection_are_drawn_in_each_area(town: Town) -> None:
    phone = Shelf(await town.world.sign_in(town.people["worker"]))
    await phone.settle(*(household(town.there) for _ in range(20)))
    rule: dict[str, Any] = {"collections": ["household"], "size": None, "percent": 70}
    by_percent = await town.records(await town.drawn(rule=rule))
    assert sorted(Counter(each["area"]["code"] for each in by_percent).values()) == [6, 14]
    by_size = await town.records(await town.drawn(rule={"collections": ["household"], "size": 7}))
    assert sorted(Counter(each["area"]["code"] for each in by_size).values()) == [7, 7]


# Who


@pytest.mark.parametrize("who", ["evaluator", "worker", "supervisor"])
async def test_only_the_city_bureau_has_samples_drawn(town: Town, who: str) -> None:
    answer = await town.ask(who, "POST", "", town.order())
    assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")


@pytest.mark.parametrize("who", ["bureau", "worker", "supervisor", "stranger", "another"])
async def test_only_the_evaluator_reads_it(town: Town, who: str) -> None:
    town.people["another"] = await town.world.make_account("evaluator", town.city)
    sample = await town.drawn()
    for id in (sample, uuid.uuid4()):
        answer = await town.ask(who, "GET", f"/{id}/records")
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def test_after_its_day_it_is_not_there(town: Town) -> None:
    sample = await town.drawn()
    assert await town.records(sample)
    await town.world.pool.execute("UPDATE sample SET until = clock_timestamp()")
    assert (await town.ask("evaluator", "GET", f"/{sample}/records")).status_code == 404
    assert (await town.ask("evaluator", "GET", "")).json() == {"samples": []}
    assert (await town.ask("supervisor", "GET", f"/{sample}/texts")).status_code == 404


async def test_it_ends_with_the_grant(town: Town) -> None:
    sample = await town.drawn()
    await town.world.pool.execute(
        "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", town.people["evaluator"].id
    )
    assert (await town.ask("evaluator", "GET", f"/{sample}/records")).status_code == 404


async def test_an_evaluator_still_syncs_nothing(town: Town) -> None:
    await town.drawn()
    phone = Shelf(await town.world.sign_in(town.people["evaluator"]))
    said = await phone.settle()
    assert (said["areas"], phone.records) == ([], {})


async def test_each_sees_the_samples_that_concern_them(town: Town) -> None:
    sample = await town.drawn()
    seen = {}
    for who in town.people:
        listed = (await town.ask(who, "GET", "")).json()["samples"]
        seen[who] = [(each["id"], each["records"], each["left_out"]) for each in listed]
    assert seen == {
        "bureau": [(sample, 24, 0)],
        "evaluator": [(sample, 24, None)],
        "supervisor": [(sample, None, None)],
        "worker": [],
        "stranger": [],
    }


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"rule": {"size": None}}, "/rule"),
        ({"rule": {"percent": 10}}, "/rule"),
        ({"rule": {"collections": ["household", "household"]}}, "/rule/collections/1"),
        ({"rule": {"collections": ["conflict"]}}, "/rule/collections/0"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"until": "2100-01-01T00:00:00Z"}, "/until"),
        ({"area": str(uuid.uuid4())}, "/area"),
        ({"account": str(uuid.uuid4())}, "/account"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_by_name(
    town: Town, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await town.ask("bureau", "POST", "", town.order(**wrong))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_nobody_who_is_no_evaluator_is_given_a_sample(town: Town) -> None:
    for who in ("worker", "bureau"):
        answer = await town.ask("bureau", "POST", "", town.order(account=str(town.people[who].id)))
        assert answer.status_code == 422


# Words


async def texts(town: Town, sample: str) -> dict[str, dict[str, Any]]:
    """What the supervisor is shown, by the record that it is."""
    answer = await town.ask("supervisor", "GET", f"/{sample}/texts")
    assert answer.status_code == 200, answer.text
    return {each["record"]: each for each in answer.json()["records"]}


async def test_a_supervisor_releases_words_and_the_evaluator_reads_them(town: Town) -> None:
    sample = await town.drawn()
    entry = (await texts(town, sample))[str(town.visits[0])]
    assert entry["withheld"] == ["place", "findings"]
    path = f"/{sample}/texts/{entry['id']}/release"
    assert (await town.ask("supervisor", "POST", path, {"fields": ["findings"]})).status_code == 204
    told = {each["id"]: each for each in await town.records(sample)}
    assert told[entry["id"]]["texts"] == {"findings": f"{NAMES[0]}：{WORDS}"}
    assert told[entry["id"]]["withheld"] == ["place"]
    assert [each["texts"] for each in told.values() if each["texts"]] == [told[entry["id"]]["texts"]]
    assert (await texts(town, sample))[str(town.visits[0])]["released"] == ["findings"]


async def test_confidential_words_are_not_the_supervisors_to_release(town: Town) -> None:
    sample = await town.drawn()
    entry = (await texts(town, sample))[str(town.visits[0])]
    path = f"/{sample}/texts/{entry['id']}/release"
    for fields in (["concerns"], ["findings", "concerns"], ["mood"], ["nothing"]):
        assert (await town.ask("supervisor", "POST", path, {"fields": fields})).status_code == 422
    assert not any(each["texts"] for each in await town.records(sample))


@pytest.mark.parametrize("who", ["evaluator", "bureau", "worker", "stranger"])
async def test_nobody_else_is_shown_what_stands_behind_pseudonyms_or_releases_words(
    town: Town, who: str
) -> None:
    sample = await town.drawn()
    entry = (await texts(town, sample))[str(town.visits[0])]
    assert (await town.ask(who, "GET", f"/{sample}/texts")).status_code == 404
    path = f"/{sample}/texts/{entry['id']}/release"
    assert (await town.ask(who, "POST", path, {"fields": ["findings"]})).status_code == 404


# What is read and how


async def test_a_page_goes_on_where_the_one_before_ended(town: Town) -> None:
    sample = await town.drawn()
    whole = await town.records(sample)
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await town.ask("evaluator", "GET", f"/{sample}/records?after={after}&limit=5")).json()
        found += page["records"]
        after = page["next"]
    assert found == whole


async def test_lines_and_a_table_hold_the_same_records(town: Town) -> None:
    sample = await town.drawn()
    whole = await town.records(sample, collection="person")
    lines = await town.ask("evaluator", "GET", f"/{sample}/records?collection=person&as=lines")
    assert [json.loads(line) for line in lines.text.splitlines()] == whole
    table = await town.ask("evaluator", "GET", f"/{sample}/records?collection=person&as=csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [(row["no"], row["id"], row["birth_date"], row["sex"]) for row in rows] == [
        (str(each["no"]), each["id"], each["data"]["birth_date"], each["data"].get("sex", ""))
        for each in whole
    ]
    assert "name" not in rows[0] and "resident_id" not in rows[0]


async def test_a_table_is_of_one_collection(town: Town) -> None:
    sample = await town.drawn()
    assert (await town.ask("evaluator", "GET", f"/{sample}/records?as=csv")).status_code == 422
    assert (await town.ask("evaluator", "GET", f"/{sample}/records?collection=conflict")).status_code == 422


async def test_the_draw_the_reading_and_the_release_are_on_record(town: Town) -> None:
    sample = await town.drawn()
    entry = (await texts(town, sample))[str(town.visits[0])]
    path = f"/{sample}/texts/{entry['id']}/release"
    await town.ask("supervisor", "POST", path, {"fields": ["findings"]})
    await town.records(sample, limit=500)
    rows = await town.world.pool.fetch(
        "SELECT kind, account, area, records FROM audit WHERE kind LIKE 'sample%' ORDER BY at"
    )
    assert [row["kind"] for row in rows] == ["sample-drawn", "sample-texts-released", "sample"]
    assert rows[2]["account"] == town.people["evaluator"].id and rows[2]["area"] == town.here
    assert set(town.visits) <= set(rows[2]["records"]) and len(rows[2]["records"]) == 24


async def test_a_file_shows_that_an_evaluator_has_seen_it(town: Town) -> None:
    await town.records(await town.drawn())
    phone = await town.world.sign_in(town.people["supervisor"])
    answer = await phone.get("/api/v1/audit/record", params={"record": str(town.visits[0])})
    (seen,) = [each for each in answer.json()["entries"] if each["how"] == "sample"]
    assert seen["account"] == str(town.people["evaluator"].id)
    assert seen["classes"] == ["open", "case"]
