"""What is about a child, who reads it for the child's sake, and the day from which they do not."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.civil import civil_date
from service.access.store import access_of
from service.auth.caller import Caller
from sync import pull_store
from sync.cursor import opened
from sync.pull import Ask, pull
from sync.statement import Connection
from tests.clock import Clock
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, agrees, shelf_of
from tests.world import World

CHILDS = ["identity", "case", "confidential"]


class Town:
    """A community with a family: a child who comes of age on a day, and an adult. Each has been called on.

    The worker opened the file and leads it, the officer is the child officer, both with a phone.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.clock = clock
        self.file, self.child, self.adult = new_id(), new_id(), new_id()
        self.visit, self.call = new_id(), new_id()

    async def begin(self, days: int = 1) -> None:
        """The child comes of age in so many days."""
        self.street = await self.world.make_area("street")
        self.area = await self.world.make_area(parent=self.street)
        self.worker = await shelf_of(self.world, "social_worker", self.area)
        self.officer = await shelf_of(self.world, "child_officer", self.area)
        self.birthday = await self.clock.today() + timedelta(days=days)
        await self.worker.settle(
            household(self.area, self.file, note="家庭情况。"),
            self.person(self.child, name="王小明", birth_date=born(self.birthday)),
            self.person(self.adult, name="王大明", birth_date="1980-05-01"),
            self.visited("child_visit", self.visit, self.child),
            self.visited("elder_visit", self.call, self.adult),
        )
        await self.officer.settle()

    def person(self, id: UUID, **fields: Any) -> dict[str, Any]:
        """A new person of the family."""
        form = {"household": str(self.file), "phone": "13800001111", "health": "chronic"}
        return change("person", id, self.area, set={**form, **fields})

    def visited(self, collection: str, id: UUID, subject: UUID) -> dict[str, Any]:
        """A new visit."""
        form = {"subject": str(subject), "on": "2026-11-20", "by": str(self.worker.phone.person.id)}
        form |= {"place": "家中", "findings": "发现。", "concerns": "需保密。"}
        return change(collection, id, self.area, set=form)

    async def correct(self, day: str | None, id: UUID | None = None) -> None:
        """The worker corrects the birth date of the child, or of somebody else."""
        id = id or self.child
        await self.worker.settle()
        base = self.worker.records[str(id)]["rev"]
        said = await self.worker.settle(change("person", id, self.area, base=base, set={"birth_date": day}))
        assert said["results"] == [] or said["results"][0]["outcome"] == "applied"

    def has(self, id: UUID, shelf: Shelf | None = None) -> set[str]:
        """The fields of a record that a phone holds, of those that some may not see."""
        return set((shelf or self.officer).data(id)) & {"health", "findings", "concerns"}


def born(comes_of_age: date) -> str:
    """The birth date of who comes of age on that day."""
    return comes_of_age.replace(year=comes_of_age.year - 18).isoformat()


@pytest.fixture
async def town(clock: Clock, world: World) -> Town:
    made = Town(world, clock)
    await made.begin()
    return made


def gone(shelf: Shelf, since: int) -> dict[str, list[str] | None]:
    """The records, or the classes of them, that a phone was told to let go of."""
    return {each["id"]: each["classes"] for said in shelf.seen[since:] for each in said["gone"]}


# Who reads what


async def test_a_child_officer_reads_a_child_whole_and_of_the_adults_what_the_community_does(
    town: Town,
) -> None:
    assert town.has(town.child) == {"health"}
    assert town.has(town.visit) == {"findings", "concerns"}
    assert town.has(town.adult) == town.has(town.call) == set()
    assert "note" not in town.officer.data(town.file)
    await agrees(town.world, town.officer)


async def test_a_visit_to_a_child_of_unknown_age_is_about_one_and_the_person_is_none(town: Town) -> None:
    person, visit = new_id(), new_id()
    await town.worker.settle(town.person(person, name="李明"), town.visited("child_visit", visit, person))
    await town.officer.settle()
    assert (town.has(person), town.has(visit)) == (set(), {"findings", "concerns"})
    await agrees(town.world, town.officer)


async def test_a_dispute_about_a_child_is_told_to_the_officer_and_one_about_an_adult_is_not(
    town: Town,
) -> None:
    boss = await shelf_of(town.world, "supervisor", town.area)
    for subject in (town.child, town.adult):
        await boss.settle()
        await town.worker.settle()
        for shelf, what in ((boss, "4"), (town.worker, "6")):
            base = town.worker.records[str(subject)]["rev"]
            form = {"disability_kind": what, "disability_grade": "1"}
            said = await shelf.exchange(change("person", subject, town.area, base=base, set=form))
            outcome = said["results"][0]["outcome"]
        assert outcome == "conflict"
    await town.officer.settle()
    about = [each["data"]["about"] for each in town.officer.records.values() if "about" in each["data"]]
    assert about == [str(town.child)]
    await agrees(town.world, town.officer)


# The birthday


async def test_the_day_begins_at_midnight_in_the_areas() -> None:
    assert civil_date(datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 24)
    assert civil_date(datetime(2026, 11, 24, 16, 0, tzinfo=UTC)) == date(2026, 11, 25)


async def test_on_the_birthday_the_phone_lets_go_of_exactly_what_was_read_for_the_child(town: Town) -> None:
    before = len(town.officer.seen)
    await town.clock.forward(days=1)
    said = await town.officer.exchange()
    assert gone(town.officer, before) == {str(town.child): CHILDS, str(town.visit): CHILDS}
    assert (said["reset"], said["drop"], said["complete"]) == (None, [], True)
    assert town.has(town.child) == town.has(town.visit) == set()
    assert town.officer.data(town.child)["phone"] == "13800001111"
    assert town.officer.data(town.visit)["place"] == "家中"
    last = await agrees(town.world, town.officer)
    again = await town.officer.exchange()
    assert (again["gone"], again["records"], again["cursor"]) == ([], [], last["cursor"])


async def test_the_day_before_nothing_is_told(clock: Clock, world: World) -> None:
    town = Town(world, clock)
    await town.begin(days=2)
    await clock.forward(days=1)
    said = await town.officer.settle()
    assert (said["gone"], said["records"], town.has(town.visit)) == ([], [], {"findings", "concerns"})


async def test_a_phone_that_was_off_over_the_birthday_is_told_weeks_later(town: Town) -> None:
    await town.clock.forward(days=25)
    await town.officer.settle()
    assert town.has(town.child) == town.has(town.visit) == set()
    await agrees(town.world, town.officer)


async def test_what_was_written_since_the_birthday_is_not_even_named(town: Town) -> None:
    await town.clock.forward(days=1)
    later = new_id()
    await town.worker.settle(town.visited("child_visit", later, town.child))
    before = len(town.officer.seen)
    await town.officer.settle()
    assert str(later) not in gone(town.officer, before)
    assert town.has(later) == set()
    await agrees(town.world, town.officer)


async def test_an_answer_that_was_lost_is_given_again(town: Town) -> None:
    await town.clock.forward(days=1)
    asked: dict[str, Any] = {"schema": 1, "cursor": town.officer.cursor, "changes": []}
    lost = (await town.officer.phone.post("/api/v1/sync", json=asked)).json()
    said = await town.officer.exchange()
    assert (said["gone"], said["records"]) == (lost["gone"], lost["records"]) != ([], [])
    await agrees(town.world, town.officer)


@pytest.mark.parametrize("limit", [1, 2, 7, 5000])
async def test_many_birthdays_are_told_page_by_page_and_a_day_at_once(town: Town, limit: int) -> None:
    days = [town.birthday + timedelta(days=number % 4) for number in range(12)]
    children = [new_id() for _ in days]
    await town.worker.settle(
        *(town.person(id, birth_date=born(day), name="某") for id, day in zip(children, days, strict=True))
    )
    await town.officer.settle()
    assert all(town.has(id) == {"health"} for id in children)
    before = len(town.officer.seen)
    await town.clock.forward(days=3)
    await town.officer.settle(limit=limit)
    grown = {
        str(id) for id, day in zip(children, days, strict=True) if day < town.birthday + timedelta(days=3)
    }
    assert gone(town.officer, before).keys() == grown | {str(town.child), str(town.visit)}
    told = [each["id"] for said in town.officer.seen[before:] for each in said["gone"]]
    assert len(told) == len(set(told))
    await agrees(town.world, town.officer)


async def test_in_the_middle_of_a_long_delivery_nothing_is_missed(town: Town) -> None:
    phone = Shelf(await town.world.sign_in(town.officer.phone.person))
    await phone.exchange(limit=2)
    await town.clock.forward(days=1)
    await phone.settle(limit=2)
    await agrees(town.world, phone)


async def test_others_are_told_nothing_of_a_birthday(town: Town) -> None:
    boss = await shelf_of(town.world, "supervisor", town.area)
    street = await shelf_of(town.world, "street_officer", town.street)
    everybody = (town.worker, boss, street)
    for shelf in everybody:
        await shelf.settle()
    held = [dict(shelf.records) for shelf in everybody]
    await town.clock.forward(days=1)
    for shelf, before in zip(everybody, held, strict=True):
        said = await shelf.exchange()
        assert (said["gone"], said["records"], said["drop"], said["reset"]) == ([], [], [], None)
        assert shelf.records == before


async def test_who_works_on_the_file_goes_on_reading_it(town: Town) -> None:
    await town.world.join(town.officer.phone.person, town.area, town.file, confidential=True)
    await town.officer.settle()
    before = len(town.officer.seen)
    await town.clock.forward(days=1)
    await town.officer.settle()
    assert gone(town.officer, before) == {}
    assert town.has(town.visit) == {"findings", "concerns"}
    await town.world.leave(town.officer.phone.person, town.area, town.file)
    await town.officer.settle()
    assert town.has(town.visit) == set()
    await agrees(town.world, town.officer)


async def test_who_becomes_a_child_officer_afterwards_is_not_shown_who_was_a_child(town: Town) -> None:
    await town.clock.forward(days=1)
    phone = await shelf_of(town.world, "child_officer", town.area)
    await phone.settle()
    assert town.has(town.child, phone) == town.has(town.visit, phone) == set()


async def test_a_grant_that_ended_and_came_back_over_the_birthday_leaves_nothing_behind(town: Town) -> None:
    person = town.officer.phone.person
    ended = "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1"
    await town.world.pool.execute(ended, person.id)
    await town.officer.exchange(household(town.area))
    await town.clock.forward(days=1)
    await town.officer.exchange(household(town.area))
    await town.world.grant(person, "child_officer", town.area)
    await town.officer.settle()
    assert town.has(town.child) == town.has(town.visit) == set()
    await agrees(town.world, town.officer)


async def test_the_history_of_a_child_closes_with_the_birthday(town: Town) -> None:
    async def fields() -> set[str]:
        answer = await town.officer.phone.get("/api/v1/sync/history", params={"record": str(town.visit)})
        return {name for entry in answer.json()["entries"] for name in entry["set"]}

    assert {"findings", "concerns"} <= await fields()
    await town.clock.forward(days=1)
    assert {"findings", "concerns"}.isdisjoint(await fields())


async def test_a_phone_with_a_list_from_before_is_put_right(town: Town) -> None:
    base = town.worker.records[str(town.visit)]["rev"]
    later = change("child_visit", town.visit, town.area, base=base, set={"findings": "新发现。"})
    await town.worker.settle(later)
    await town.officer.settle()
    revs = {id: record["rev"] for id, record in town.officer.records.items()}
    await town.clock.forward(days=1)
    asked = {"area": str(town.area), "records": revs}
    said = (await town.officer.phone.post("/api/v1/sync/manifest", json=asked)).json()
    (visit,) = said["records"]
    assert visit["id"] == str(town.visit) and visit["data"].keys().isdisjoint({"findings", "concerns"})


async def test_who_waits_is_told_that_somebody_came_of_age(town: Town) -> None:
    async def moved(shelf: Shelf) -> list[str]:
        asked = {"cursor": shelf.cursor, "seconds": 0}
        found: list[str] = (await shelf.phone.get("/api/v1/sync/wait", params=asked)).json()["areas"]
        return found

    await town.worker.settle()
    assert await moved(town.officer) == []
    await town.clock.forward(days=1)
    assert await moved(town.officer) == [str(town.area)]
    assert await moved(town.worker) == []
    await town.officer.settle()
    assert await moved(town.officer) == []


# Birth dates that are corrected


async def test_a_correction_that_makes_somebody_an_adult_is_told_as_a_birthday_is(town: Town) -> None:
    before = len(town.officer.seen)
    await town.correct("1990-01-01")
    await town.officer.settle()
    assert gone(town.officer, before) == {str(town.child): CHILDS, str(town.visit): CHILDS}
    assert town.has(town.child) == town.has(town.visit) == set()
    await agrees(town.world, town.officer)


@pytest.mark.parametrize("limit", [1, 3, 1000])
async def test_a_correction_that_makes_somebody_a_child_delivers_all_that_is_about_them(
    town: Town, limit: int
) -> None:
    visit = new_id()
    await town.worker.settle(town.visited("child_visit", visit, town.adult))
    await town.officer.settle()
    assert town.has(town.adult) == town.has(visit) == set()
    await town.correct(born(town.birthday), town.adult)
    await town.officer.settle(limit=limit)
    assert town.has(town.adult) == {"health"}
    assert town.has(visit) == {"findings", "concerns"}
    assert town.has(town.call) == set()
    await agrees(town.world, town.officer)


async def test_who_was_made_a_child_and_edited_afterwards_is_delivered_whole(town: Town) -> None:
    await town.correct(born(town.birthday), town.adult)
    base = town.worker.records[str(town.adult)]["rev"]
    moved_on = change("person", town.adult, town.area, base=base, set={"name": "王二明"})
    await town.worker.settle(moved_on)
    await town.officer.settle()
    assert town.has(town.adult) == {"health"}
    await agrees(town.world, town.officer)


async def test_a_birth_date_that_is_found_out_ends_the_benefit_of_the_doubt(town: Town) -> None:
    person, visit = new_id(), new_id()
    await town.worker.settle(town.person(person, name="李明"), town.visited("child_visit", visit, person))
    await town.officer.settle()
    await town.correct("1990-01-01", person)
    await town.officer.settle()
    assert town.has(visit) == set()
    await agrees(town.world, town.officer)
    await town.correct(None, person)
    await town.officer.settle()
    assert (town.has(person), town.has(visit)) == (set(), {"findings", "concerns"})
    await agrees(town.world, town.officer)


async def test_a_correction_after_a_birthday_that_was_not_told_is_told_in_its_place(town: Town) -> None:
    await town.clock.forward(days=2)
    await town.correct("1990-01-01")
    await town.officer.settle()
    assert town.has(town.child) == town.has(town.visit) == set()
    await agrees(town.world, town.officer)


async def test_while_two_dates_are_in_dispute_the_one_in_force_counts(town: Town) -> None:
    boss = await shelf_of(town.world, "supervisor", town.area)
    await boss.settle()
    await town.worker.settle()
    base = town.worker.records[str(town.child)]["rev"]
    first, second = born(town.birthday + timedelta(days=40)), "1990-01-01"
    for shelf, day in ((town.worker, first), (boss, second)):
        said = await shelf.exchange(
            change("person", town.child, town.area, base=base, set={"birth_date": day})
        )
    assert said["results"][0]["outcome"] == "conflict"
    await town.officer.settle()
    assert town.has(town.visit) == {"findings", "concerns"}
    (conflict,) = said["results"][0]["conflicts"]
    await boss.settle()
    base = boss.records[str(town.child)]["rev"]
    decision = change(
        "person", town.child, town.area, base=base, set={"birth_date": second}, resolves=conflict
    )
    assert (await boss.settle(decision))["complete"]
    await town.officer.settle()
    assert town.has(town.visit) == set()
    await agrees(town.world, town.officer)


async def test_a_correction_is_told_to_nobody_else(town: Town) -> None:
    street = await shelf_of(town.world, "street_officer", town.street)
    first = await street.settle()
    await town.correct("1990-01-01")
    said = await street.settle(verify=True)
    assert (said["records"], said["gone"], said["cursor"]) == ([], [], first["cursor"])
    boss = await shelf_of(town.world, "supervisor", town.area)
    await boss.settle()
    await town.correct(born(town.birthday))
    said = await boss.settle()
    assert {each["id"] for each in said["records"]} == {str(town.child)}
    assert said["gone"] == []


# Families that move, records that are deleted


async def test_a_child_that_moves_away_is_a_child_there(town: Town) -> None:
    there = await town.world.make_area(parent=town.street)
    local = await shelf_of(town.world, "child_officer", there)
    await local.settle()
    boss = await shelf_of(town.world, "supervisor", town.street)
    await boss.settle()
    base = boss.records[str(town.file)]["rev"]
    await boss.settle(change("household", town.file, town.area, op="move", to=there, base=base))
    for shelf in (town.officer, local):
        await shelf.settle()
        await agrees(town.world, shelf)
    assert str(town.visit) not in town.officer.records
    assert town.has(town.visit, local) == {"findings", "concerns"}
    await town.clock.forward(days=1)
    await local.settle()
    assert town.has(town.visit, local) == set()
    await agrees(town.world, local)


async def test_who_left_as_a_child_and_came_of_age_unheard_of_is_let_go_of(town: Town) -> None:
    there = await town.world.make_area(parent=town.street)
    person = town.officer.phone.person
    await town.world.grant(person, "community_officer", there)
    await town.officer.settle()
    boss = await shelf_of(town.world, "supervisor", town.street)
    await boss.settle()
    await town.clock.forward(days=1)
    base = boss.records[str(town.file)]["rev"]
    await boss.settle(change("household", town.file, town.area, op="move", to=there, base=base))
    await town.officer.settle()
    assert town.officer.records[str(town.visit)]["area"] == str(there)
    assert town.has(town.child) == town.has(town.visit) == set()
    await agrees(town.world, town.officer)


async def test_a_child_deleted_by_mistake_and_restored_after_the_birthday_stays_an_adult(town: Town) -> None:
    base = town.worker.records[str(town.visit)]["rev"]
    said = await town.worker.settle(change("child_visit", town.visit, town.area, base=base, op="delete"))
    await town.clock.forward(days=1)
    base = town.worker.seen[-1]["results"][0]["rev"] if said["results"] else 2**60
    await town.worker.settle(change("child_visit", town.visit, town.area, base=base, op="restore"))
    await town.officer.settle()
    assert str(town.visit) in town.officer.records and town.has(town.visit) == set()
    await agrees(town.world, town.officer)


# What it costs


async def test_an_officer_for_whom_nothing_is_new_costs_one_statement_and_once_a_day_a_look(
    town: Town,
) -> None:
    row = await town.world.pool.fetchrow(
        """
        SELECT session.id, device.no FROM session JOIN device ON device.id = session.device
        WHERE session.device = $1
        """,
        town.officer.phone.device,
    )
    person = town.officer.phone.person
    caller = Caller(person.id, person.name, town.officer.phone.device, row["no"], row["id"])
    key = town.world.app.state.terms.cursor_key

    asked_for: list[str] = []

    async def idle() -> list[str]:
        await town.officer.settle()
        return await asked()

    async def asked() -> list[str]:
        assert town.officer.cursor is not None
        cursor = opened(town.officer.cursor, account=person.id, key=key)
        asked_for.clear()

        async def access(connection: Connection) -> Any:
            return await access_of(connection, caller)

        await pull(connection, Ask(cursor), access)
        await asyncio.sleep(0)  # a query is told of a moment later
        return list(asked_for)

    async with town.world.application.acquire() as connection:
        connection.add_query_logger(lambda query: asked_for.append(query.query))
        await town.correct(born(town.birthday + timedelta(days=30)))
        await idle()  # the first time the driver may ask for types as well
        assert len(await idle()) == 1
        await town.clock.forward(days=3)
        grown = [query for query in await asked() if "asked.position" in query]
        assert len(grown) == 1
        assert len(await idle()) == 1


async def test_who_comes_of_age_is_found_by_the_index(town: Town) -> None:
    await town.world.pool.execute(
        """
        INSERT INTO record (area, id, collection, child_until, rev, deleted, stamps)
        SELECT $1, gen_random_uuid(), 'person', DATE '2030-01-01' + number, number, false, '{}'
        FROM generate_series(1, 5000) AS number
        """,
        town.area,
    )
    await town.world.pool.execute("ANALYZE record")
    async with town.world.pool.acquire() as connection:
        found: list[Any] = []
        connection.add_query_logger(found.append)
        yesterday = town.birthday - timedelta(days=1)
        await pull_store.come_of_age(connection, {town.area: 0}, yesterday, town.birthday)
        await asyncio.sleep(0)
        asked = next(query for query in found if "asked.position" in query.query)
        plan = await connection.fetch("EXPLAIN " + asked.query, *asked.args)
    assert any("ix_record_area_child_until" in row[0] for row in plan)


async def test_a_birth_date_put_right_where_the_family_no_longer_is_ends_the_childhood_where_it_is(
    town: Town,
) -> None:
    await town.begin(days=400)
    there = await town.world.make_area(parent=town.street)
    boss = await shelf_of(town.world, "supervisor", town.area, there)
    officer = await shelf_of(town.world, "child_officer", there)
    await boss.settle()
    base = max(record["rev"] for record in boss.records.values())
    await boss.settle(change("household", town.file, town.area, op="move", to=there, base=base))
    await officer.settle()
    assert town.has(town.visit, officer) == {"findings", "concerns"}
    adult = change("person", town.child, town.area, base=base, set={"birth_date": "1980-01-01"})
    assert (await boss.settle(adult))["results"][0]["outcome"] == "applied"
    await officer.settle()
    assert town.has(town.visit, officer) == set()
    await agrees(town.world, officer)
