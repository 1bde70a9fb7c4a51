"""What a child under 14 told, who reads it before a guardian agrees, and when that begins and ends."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.resident_id import with_check_digit
from sync import pull_store
from sync.scope import Reach, sight_with
from sync.starting import started_id
from tests.clock import Clock
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, agrees, shelf_of
from tests.world import World

BEYOND = ["contact", "identity", "case", "confidential"]
TOLD = {"phone", "health", "findings", "concerns"}
WORKERS = ["colleague", "lead", "committee"]
EVERYBODY = [*WORKERS, "author", "boss", "officer", "street"]


class Home:
    """A family with a child under 14, whom a worker met, wrote down and called on.

    The worker has left the file to a lead; a colleague and the residents' committee hold the community, and
    a child officer, a supervisor and the street office look after it. Each has a phone.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.clock = clock
        self.file, self.child, self.visit = new_id(), new_id(), new_id()

    async def begin(self, days: int = 400) -> None:
        """The child is 14 in so many days."""
        self.today = await self.clock.today()
        self.fourteen = self.today + timedelta(days=days)
        self.street = await self.world.make_area("street")
        self.area = await self.world.make_area(parent=self.street)
        roles = {
            "author": "social_worker",
            "colleague": "social_worker",
            "committee": "community_officer",
            "officer": "child_officer",
            "boss": "supervisor",
        }
        self.phones = {who: await shelf_of(self.world, role, self.area) for who, role in roles.items()}
        self.phones["lead"] = await shelf_of(self.world, None)
        self.phones["street"] = await shelf_of(self.world, "street_officer", self.street)
        author = self.phones["author"]
        form: dict[str, Any] = {"household": str(self.file), "name": "王小明", "birth_date": self.born()}
        form |= {"phone": "13800001111", "health": "chronic"}
        visit = {"subject": str(self.child), "on": "2026-11-20", "by": str(author.phone.person.id)}
        visit |= {"place": "家中", "findings": "发现。", "concerns": "需保密。"}
        await author.settle(
            household(self.area, self.file),
            change("person", self.child, self.area, set=form),
            change("child_visit", self.visit, self.area, set=visit),
        )
        await self.world.leave(author.phone.person, self.area, self.file)
        await self.world.join(self.phones["lead"].phone.person, self.area, self.file, "lead")
        for shelf in self.phones.values():
            await shelf.settle()

    def born(self, fourteen: date | None = None) -> str:
        """The birth date of who is 14 on that day."""
        day = fourteen or self.fourteen
        return day.replace(year=day.year - 14).isoformat()

    async def consent(self, by: str = "author", *, of: UUID | None = None, **fields: Any) -> UUID:
        """A guardian agrees to social work."""
        id, shelf = new_id(), self.phones[by]
        form: dict[str, Any] = {
            "person": str(of or self.child),
            "purpose": "service",
            "given_on": self.today.isoformat(),
        }
        form |= {"method": "paper", "given_by": "guardian", "by": str(shelf.phone.person.id)}
        form |= {"under_14": True, "giver_name": "王大明"}
        await self.write(by, "consent", id, {**form, **fields}, base=0)
        return id

    async def write(
        self, by: str, collection: str, id: UUID, values: dict[str, Any], base: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """Somebody writes something, and that stands."""
        shelf = self.phones[by]
        if base is None:
            base = shelf.records[str(id)]["rev"]
        wanted = change(collection, id, self.area, base=base, **({"set": values} if values else {}), **more)
        said = (await shelf.settle(wanted))["results"]
        assert all(result["outcome"] in ("applied", "merged") for result in said), said
        return said[0] if said else {}

    async def told(self, *who: str) -> dict[str, set[str]]:
        """What each, asked once more, holds of what the child told."""
        found = {}
        for each in who:
            await self.phones[each].settle()
            records = self.phones[each].records
            found[each] = TOLD & {
                name
                for id in (self.child, self.visit)
                if str(id) in records
                for name in records[str(id)]["data"]
            }
        return found

    async def all_agree(self) -> None:
        for shelf in self.phones.values():
            await agrees(self.world, shelf)


CONTACT = {"phone"}
BEFORE: dict[str, set[str]] = {
    "author": TOLD,
    "boss": TOLD,
    "officer": TOLD,
    "colleague": set(),
    "lead": set(),
    "committee": set(),
    "street": set(),
}
AFTER: dict[str, set[str]] = {**BEFORE, "colleague": CONTACT, "committee": CONTACT, "lead": TOLD}


@pytest.fixture
async def home(clock: Clock, world: World) -> Home:
    made = Home(world, clock)
    await made.begin()
    return made


def gone(shelf: Shelf, since: int) -> dict[str, list[str] | None]:
    """The records, or the classes of them, that a phone was told to let go of."""
    return {each["id"]: each["classes"] for said in shelf.seen[since:] for each in said["gone"]}


# Before a guardian agrees, and after


async def test_until_a_guardian_agrees_it_stays_with_who_wrote_it_and_who_protects_the_child(
    home: Home,
) -> None:
    assert await home.told(*EVERYBODY) == BEFORE
    assert home.phones["colleague"].data(home.child)["name"] == "王小明"
    assert home.phones["lead"].data(home.visit)["place"] == "家中"
    await home.all_agree()


async def test_once_a_guardian_agrees_everybody_reads_what_they_do_of_others(home: Home) -> None:
    await home.consent()
    assert await home.told(*EVERYBODY) == AFTER
    await home.all_agree()


@pytest.mark.parametrize("limit", [1, 2, 1000])
async def test_who_gains_is_delivered_all_of_it_at_any_page_size(home: Home, limit: int) -> None:
    await home.consent("colleague")
    await home.phones["lead"].settle(limit=limit)
    assert await home.told("lead") == {"lead": TOLD}
    await agrees(home.world, home.phones["lead"])


async def test_the_consent_can_come_with_the_child_in_one_go(home: Home) -> None:
    child, consent = new_id(), new_id()
    by = str(home.phones["author"].phone.person.id)
    form = {"household": str(home.file), "name": "王小红", "birth_date": home.born(), "phone": "13800002222"}
    given = {"person": str(child), "purpose": "service", "given_on": "2026-11-20", "method": "paper"}
    given |= {"given_by": "guardian", "by": by}
    await home.phones["author"].settle(
        change("person", child, home.area, set=form), change("consent", consent, home.area, set=given)
    )
    await home.phones["colleague"].settle()
    assert home.phones["colleague"].data(child)["phone"] == "13800002222"
    await home.all_agree()


@pytest.mark.parametrize(
    "fields", [{"purpose": "photos"}, {"given_by": "person", "under_14": False}, {"given_by": "agent"}]
)
async def test_no_other_consent_lets_others_read(home: Home, fields: dict[str, Any]) -> None:
    if fields.get("given_by") == "agent":
        fields = {**fields, "under_14": False}
    await home.consent(**fields)
    assert await home.told(*EVERYBODY) == BEFORE
    await home.all_agree()


async def test_what_is_written_down_afterwards_is_as_the_child_is(home: Home) -> None:
    async def visit(by: str) -> UUID:
        id = new_id()
        form = {"subject": str(home.child), "on": "2026-11-21", "by": str(home.phones[by].phone.person.id)}
        await home.write(by, "child_visit", id, {**form, "findings": "又一次。"}, base=0)
        await home.phones["lead"].settle()
        return id

    first = await visit("author")
    assert "findings" not in home.phones["lead"].data(first)
    await home.consent()
    second = await visit("author")
    await home.phones["lead"].settle()
    assert {home.phones["lead"].data(id)["findings"] for id in (first, second)} == {"又一次。"}
    await home.all_agree()


async def test_who_is_of_unknown_age_is_read_as_an_adult_is(home: Home) -> None:
    await home.write("author", "person", home.child, {"birth_date": None})
    assert await home.told(*WORKERS) == {who: AFTER[who] for who in WORKERS}
    await home.all_agree()


# Consents that end


async def test_a_consent_that_is_deleted_takes_back_what_was_read_by_it(home: Home) -> None:
    consent = await home.consent("boss")
    await home.told(*EVERYBODY)
    before = {who: len(home.phones[who].seen) for who in EVERYBODY}
    await home.write("boss", "consent", consent, {}, op="delete")
    assert await home.told(*EVERYBODY) == BEFORE
    of_record = {who: gone(home.phones[who], before[who]).get(str(home.child)) for who in EVERYBODY}
    assert of_record["lead"] == BEYOND and of_record["colleague"] == ["contact"]
    assert {who for who in EVERYBODY if of_record[who]} == set(WORKERS)
    await home.all_agree()
    await home.write("boss", "consent", consent, {}, op="restore", base=2**60)
    assert await home.told(*EVERYBODY) == AFTER
    await home.all_agree()


async def test_a_consent_that_was_taken_back_leaves_the_child_guarded_when_the_restriction_is_lifted(
    home: Home,
) -> None:
    consent = await home.consent()
    await home.told(*EVERYBODY)
    form = {"withdrawn_on": home.today.isoformat(), "withdrawn_by": "paper"}
    await home.write("author", "consent", consent, form)
    assert await home.told(*EVERYBODY) == {who: set() for who in EVERYBODY}
    answer = await home.phones["boss"].phone.delete(f"/api/v1/people/{home.child}/restriction")
    assert answer.status_code == 204, answer.text
    assert await home.told(*EVERYBODY) == BEFORE
    await home.all_agree()


async def test_while_another_consent_stands_nothing_is_taken_back(home: Home) -> None:
    first, _ = await home.consent(), await home.consent()
    await home.told(*EVERYBODY)
    await home.write("author", "consent", first, {"withdrawn_on": home.today.isoformat()})
    assert await home.told(*EVERYBODY) == AFTER
    await home.all_agree()


async def test_on_the_day_after_its_last_a_consent_lets_nobody_read(home: Home) -> None:
    await home.consent(valid_until=(home.today + timedelta(days=1)).isoformat())
    await home.told(*EVERYBODY)
    await home.clock.forward(days=1)
    assert await home.told(*EVERYBODY) == AFTER
    before = len(home.phones["lead"].seen)
    await home.clock.forward(days=1)
    said = await home.phones["lead"].exchange()
    assert gone(home.phones["lead"], before)[str(home.child)] == BEYOND
    assert (said["complete"], said["drop"], said["reset"]) == (True, [], None)
    assert await home.told(*EVERYBODY) == BEFORE
    await home.all_agree()
    again = await home.phones["lead"].exchange()
    assert (again["gone"], again["records"], again["cursor"]) == ([], [], home.phones["lead"].cursor)


async def test_two_consents_one_after_the_other_leave_no_gap(home: Home) -> None:
    later = (home.today + timedelta(days=3)).isoformat()
    await home.consent(valid_until=(home.today + timedelta(days=2)).isoformat())
    await home.consent(given_on=later)
    await home.told(*EVERYBODY)
    for _ in range(4):
        await home.clock.forward(days=1)
        assert await home.told(*WORKERS) == {who: AFTER[who] for who in WORKERS}
    await home.all_agree()


async def test_a_consent_that_is_dated_ahead_counts_from_its_day(home: Home) -> None:
    await home.consent(given_on=(home.today + timedelta(days=2)).isoformat())
    await home.clock.forward(days=1)
    assert await home.told(*EVERYBODY) == BEFORE
    await home.clock.forward(days=1)
    assert await home.told(*EVERYBODY) == AFTER
    await home.all_agree()


# Birthdays and birth dates


@pytest.mark.parametrize("limit", [1, 2, 1000])
async def test_on_the_fourteenth_birthday_others_read_what_they_do_of_others(
    clock: Clock, world: World, limit: int
) -> None:
    home = Home(world, clock)
    await home.begin(days=2)
    await clock.forward(days=1)
    assert await home.told(*EVERYBODY) == BEFORE
    await clock.forward(days=1)
    for who in WORKERS:
        await home.phones[who].settle(limit=limit)
    assert await home.told(*EVERYBODY) == AFTER
    await home.all_agree()


async def test_a_phone_that_was_off_over_an_end_and_a_birthday_is_told_weeks_later(
    clock: Clock, world: World
) -> None:
    home = Home(world, clock)
    await home.begin(days=9)
    await home.consent(valid_until=(home.today + timedelta(days=1)).isoformat())
    await home.told("lead")
    await clock.forward(days=5)
    assert await home.told("colleague", "lead") == {"colleague": set(), "lead": set()}
    await clock.forward(days=20)
    assert await home.told(*EVERYBODY) == AFTER
    await home.all_agree()


async def test_a_correction_that_makes_somebody_younger_than_14_takes_back_and_one_the_other_way_gives(
    home: Home,
) -> None:
    await home.write("author", "person", home.child, {"birth_date": home.born(home.today)})
    assert await home.told(*EVERYBODY) == AFTER
    before = len(home.phones["lead"].seen)
    await home.phones["author"].settle()
    await home.write("author", "person", home.child, {"birth_date": home.born()})
    assert await home.told(*EVERYBODY) == BEFORE
    assert gone(home.phones["lead"], before) == {str(home.child): BEYOND, str(home.visit): BEYOND}
    await home.all_agree()


async def test_who_corrects_a_birth_date_of_somebody_elses_client_loses_what_they_held_at_once(
    home: Home,
) -> None:
    await home.write("author", "person", home.child, {"birth_date": home.born(home.today)})
    await home.told("colleague")
    await home.write("colleague", "person", home.child, {"birth_date": home.born()})
    assert await home.told("colleague") == {"colleague": set()}
    await home.all_agree()


# What the law asks for, and emergencies


async def test_what_had_to_be_reported_waits_for_no_consent(home: Home) -> None:
    await home.write("author", "child_visit", home.visit, {"harm": ["violence"]})
    report = started_id(home.visit, "mandatory_report")
    for who in ("lead", "boss", "officer"):
        await home.phones[who].settle()
        assert home.phones[who].data(report)["situations"] == ["violence"]
    assert await home.told(*EVERYBODY) == BEFORE
    await home.all_agree()


async def test_a_file_that_is_opened_in_an_emergency_is_open(home: Home) -> None:
    colleague = home.phones["colleague"]
    path = f"/api/v1/files/{home.file}/break-glass"
    answer = await colleague.phone.post(path, json={"reason": "孩子在家中受伤，须联系家属"})
    assert answer.status_code == 201, answer.text
    assert await home.told("colleague") == {"colleague": {"phone", "health", "findings"}}
    await home.all_agree()
    await home.world.pool.execute("UPDATE case_member SET until = clock_timestamp() WHERE kind = 'viewer'")
    assert await home.told("colleague") == {"colleague": set()}
    await home.all_agree()


# Every other way to read, and to write


async def test_nothing_of_it_is_told_online(home: Home) -> None:
    await home.write("author", "person", home.child, {"resident_id": home_number(home)})
    lead, colleague = home.phones["lead"].phone, home.phones["colleague"].phone
    for phone in (lead, colleague):
        shown = (await phone.get(f"/api/v1/records/{home.child}")).json()
        assert not {"phone", "health", "resident_id"} & shown["data"].keys()
        history = (await phone.get("/api/v1/sync/history", params={"record": str(home.visit)})).json()
        assert not TOLD & {name for entry in history["entries"] for name in entry["set"]}
        found = await phone.post("/api/v1/persons/lookup", json={"phone": "13800001111"})
        assert found.json()["records"] == []
    await home.consent()
    shown = (await colleague.get(f"/api/v1/records/{home.child}")).json()
    assert shown["data"]["resident_id"].startswith("6201") and shown["masked"] == ["resident_id"]
    found = await colleague.post("/api/v1/persons/lookup", json={"phone": "13800001111"})
    assert [record["id"] for record in found.json()["records"]] == [str(home.child)]


def home_number(home: Home) -> str:
    """A resident's ID number that agrees with the child's birth date."""
    return with_check_digit(f"620103{home.born().replace('-', '')}001")


async def test_nobody_writes_over_what_they_may_not_read_and_the_supervisor_sees_that_they_tried(
    home: Home,
) -> None:
    colleague = home.phones["colleague"]
    base = colleague.records[str(home.child)]["rev"]
    wanted = change("person", home.child, home.area, base=base, set={"phone": "13900001111"})
    (result,) = (await colleague.settle(wanted))["results"]
    assert (result["outcome"], result["problem"]["type"]) == ("rejected", "write-not-allowed")
    kept = (await home.phones["boss"].phone.get("/api/v1/sync/quarantine")).json()
    assert [each["change"] for each in kept["changes"]] == [wanted["id"]]
    await home.write("colleague", "person", home.child, {"name": "王晓明"})
    colleague.records.clear()
    colleague.cursor = None
    await home.all_agree()


async def test_who_may_move_a_file_moves_what_is_guarded_with_it_unread(home: Home) -> None:
    there = await home.world.make_area(parent=home.street)
    for who, role in (("lead", "social_worker"), ("boss", "supervisor"), ("officer", "child_officer")):
        await home.world.grant(home.phones[who].phone.person, role, there)
        await home.phones[who].settle()
    await home.write("lead", "household", home.file, {}, op="move", to=there)
    assert await home.told("lead", "boss") == {"lead": set(), "boss": TOLD}
    assert home.phones["boss"].records[str(home.child)]["area"] == str(there)
    await home.all_agree()


# What others learn of it


@pytest.mark.parametrize("what", ["consent", "birthday"])
async def test_who_reads_as_before_is_told_nothing_of_it(clock: Clock, world: World, what: str) -> None:
    home = Home(world, clock)
    await home.begin(days=2)
    unaffected = ["author", "boss", "street"]
    await home.told(*unaffected)
    held = {who: dict(home.phones[who].records) for who in unaffected}
    if what == "consent":
        consent = str(await home.consent("lead"))
    else:
        consent = ""
        await home.clock.forward(days=2)
    for who in unaffected:
        said = await home.phones[who].settle()
        assert (said["gone"], said["drop"], said["reset"]) == ([], [], None)
        assert {record["id"] for record in said["records"]} <= {consent}
        after = dict(home.phones[who].records)
        after.pop(consent, None)
        assert after == held[who]


async def test_of_a_dispute_about_it_nobody_hears_who_does_not_read_it(home: Home) -> None:
    await home.consent()
    await home.told(*EVERYBODY)
    for who, kind in (("boss", "1"), ("author", "2")):
        form = {"disability_kind": kind, "disability_grade": "1"}
        await home.phones[who].exchange(change("person", home.child, home.area, base=1, set={**form}))
    await home.told(*EVERYBODY)
    held = [id for id, record in home.phones["boss"].records.items() if record["collection"] == "conflict"]
    (dispute,) = held
    before = {who: len(home.phones[who].seen) for who in EVERYBODY}
    await home.write("author", "person", home.child, {"birth_date": "1990-01-01"}, base=2**60)
    await home.write("author", "person", home.child, {"birth_date": home.born()}, base=2**60)
    await home.told(*EVERYBODY)
    for who in ("colleague", "committee", "street"):
        assert dispute not in gone(home.phones[who], before[who])
    await home.all_agree()


async def test_a_member_without_the_confidential_part_hears_of_no_report_by_a_birth_date(home: Home) -> None:
    await home.write("author", "child_visit", home.visit, {"harm": ["violence"]})
    report = started_id(home.visit, "mandatory_report")
    helper = await shelf_of(home.world, None)
    await home.world.join(helper.phone.person, home.area, home.file, "co_worker")
    await helper.settle()
    for day in ("1990-01-01", home.born()):
        await home.write("author", "person", home.child, {"birth_date": day}, base=2**60)
        await helper.settle()
    assert str(report) not in gone(helper, 0)


async def test_who_waits_is_told_when_a_day_gives_or_takes(home: Home) -> None:
    async def moved(who: str) -> list[str]:
        asked = {"cursor": home.phones[who].cursor, "seconds": 0}
        found: list[str] = (await home.phones[who].phone.get("/api/v1/sync/wait", params=asked)).json()[
            "areas"
        ]
        return found

    await home.consent(valid_until=home.today.isoformat())
    await home.told(*EVERYBODY)
    assert [await moved(who) for who in WORKERS] == [[]] * 3
    await home.clock.forward(days=1)
    assert [await moved(who) for who in WORKERS] == [[str(home.area)]] * 3
    assert [await moved(who) for who in ("author", "boss", "street")] == [[]] * 3


async def test_what_turns_on_a_day_is_found_by_an_index(home: Home) -> None:
    sight = Reach(read=7).sight
    found: list[Any] = []
    async with home.world.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """
            INSERT INTO record (area, id, collection, guarded_from, guarded_until, rev, deleted, stamps)
            SELECT $1, gen_random_uuid(), 'person', '-infinity', date '2031-01-01' + number, number,
                   false, '{}'
            FROM generate_series(1, 20000) AS number
            """,
            home.area,
        )
        await connection.execute("ANALYZE record")
        connection.add_query_logger(found.append)
        day = home.fourteen - timedelta(days=1)
        await pull_store.turning(connection, {home.area: 0}, day, home.fourteen)
        seen = sight_with(home.phones["lead"].phone.person.id, sight, home.fourteen, {})
        await pull_store.turned(connection, home.area, seen, 0, day, home.fourteen)
        await asyncio.sleep(0)
        for asked in [query for query in found if "guarded_until" in query.query]:
            plan = await connection.fetch("EXPLAIN " + asked.query, *asked.args)
            assert any("ix_record_area_guarded_until" in row[0] for row in plan)


async def test_a_lead_who_exports_what_is_held_on_a_child_is_not_told_whether_there_is_more(
    home: Home,
) -> None:
    async def exported() -> dict[str, Any]:
        answer = await home.phones["lead"].phone.get(f"/api/v1/people/{home.child}/export")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return {name: said[name] for name in ("records", "changes", "waiting")}

    visit = new_id()
    form = {"subject": str(home.child), "on": "2026-11-21"}
    form |= {"by": str(home.phones["author"].phone.person.id)}
    await home.write("author", "child_visit", visit, form, base=0)
    before = await exported()
    assert all(record["is_cut"] for record in before["records"] if record["collection"] != "household")
    await home.write("author", "child_visit", visit, {"findings": "第一句。", "concerns": "第二句。"})
    assert await exported() == before
    await home.consent()
    assert not any(record["is_cut"] for record in (await exported())["records"])
