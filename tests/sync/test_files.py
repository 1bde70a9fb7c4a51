"""A change of who works on a file: before, after, and what a phone that was offline drops or is given."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, agrees
from tests.world import Person, World

CASE_CLASSES = ["identity", "case"]


class Town:
    """A community with a lead, who opened a file, and a colleague; each with a phone that is up to date."""

    def __init__(self, world: World, area: UUID, lead: Person, colleague: Person) -> None:
        self.world = world
        self.area = area
        self.lead = lead
        self.colleague = colleague
        self.file = new_id()
        self.person = new_id()

    async def begin(self) -> None:
        """Sign in, open the file, and let everybody hear of it."""
        self.leads = await self.phone(self.lead)
        self.theirs = await self.phone(self.colleague)
        await self.leads.settle(
            household(self.area, self.file, note="欠债", risk="high"),
            change("person", self.person, self.area, set=someone(self.file)),
            household(self.area, name="李家"),
        )
        await self.theirs.settle()

    async def phone(self, person: Person) -> Shelf:
        return Shelf(await self.world.sign_in(person))

    async def post(self, by: Shelf, path: str, body: dict[str, Any]) -> int:
        """Ask something of the file's routes; gives the status."""
        answer = await by.phone.post(f"/api/v1/files/{self.file}/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.status_code

    async def join(self, kind: str = "co_worker", **more: Any) -> None:
        """The lead has the colleague work on the file."""
        await self.post(self.leads, "members", {"account": str(self.colleague.id), "kind": kind, **more})


def someone(file: UUID, **more: Any) -> dict[str, Any]:
    return {"household": str(file), "name": "王小明", "resident_id": None, "health": "chronic", **more}


@pytest.fixture
async def town(world: World) -> Town:
    area = await world.make_area()
    lead, colleague = [await world.make_account("social_worker", area) for _ in range(2)]
    made = Town(world, area, lead, colleague)
    await made.begin()
    return made


def told(shelf: Shelf, since: int) -> list[dict[str, Any]]:
    """The drops that a phone was told of."""
    return [drop for said in shelf.seen[since:] for drop in said["drop"]]


async def test_who_opens_a_file_leads_it_and_keeps_what_they_wrote(town: Town) -> None:
    assert town.leads.data(town.file)["note"] == "欠债"
    await agrees(town.world, town.leads)


async def test_a_colleague_sees_what_a_family_is_called_and_not_what_troubles_it(town: Town) -> None:
    assert set(town.theirs.data(town.file)) == {"community", "name", "address"}
    await agrees(town.world, town.theirs)


async def test_who_is_added_receives_the_whole_file_and_nothing_else(town: Town) -> None:
    await town.join()
    said = await town.theirs.exchange()
    assert {entry["id"] for entry in said["records"]} == {str(town.file), str(town.person)}
    assert (said["reset"], said["drop"], said["complete"]) == (None, [], True)
    assert town.theirs.data(town.file)["note"] == "欠债"
    await agrees(town.world, town.theirs)


async def test_others_notice_nothing_of_it(town: Town) -> None:
    third = await town.phone(await town.world.make_account("social_worker", town.area))
    before = await third.settle()
    await town.join()
    after = await third.settle()
    assert (after["records"], after["cursor"], after["stable"]) == ([], before["cursor"], {})


async def test_who_is_removed_drops_exactly_that_file(town: Town) -> None:
    await town.join()
    await town.theirs.settle()
    before = len(town.theirs.seen)
    answer = await town.leads.phone.delete(f"/api/v1/files/{town.file}/members/{town.colleague.id}")
    assert answer.status_code == 204
    await town.theirs.settle()
    assert told(town.theirs, before) == [
        {"area": str(town.area), "case": str(town.file), "classes": CASE_CLASSES}
    ]
    assert set(town.theirs.data(town.file)) == {"community", "name", "address"}
    await agrees(town.world, town.theirs)
    assert (await town.theirs.exchange())["drop"] == []


async def test_removed_and_added_again_before_the_next_exchange_the_file_is_there(town: Town) -> None:
    await town.join()
    await town.theirs.settle()
    before = len(town.theirs.seen)
    await town.world.leave(town.colleague, town.area, town.file)
    await town.join()
    await town.theirs.settle()
    assert told(town.theirs, before) == []
    assert town.theirs.data(town.file)["note"] == "欠债"
    await agrees(town.world, town.theirs)


async def test_a_membership_that_runs_out_is_dropped_by_itself(town: Town) -> None:
    until = datetime.now(UTC) + timedelta(seconds=1)
    await town.join(until=until.isoformat())
    await town.theirs.settle()
    assert "note" in town.theirs.data(town.file)
    await asyncio.sleep((until - datetime.now(UTC)).total_seconds() + 0.05)
    before = len(town.theirs.seen)
    await town.theirs.settle()
    assert [drop["case"] for drop in told(town.theirs, before)] == [str(town.file)]
    assert "note" not in town.theirs.data(town.file)
    await agrees(town.world, town.theirs)
    assert (await town.theirs.exchange())["drop"] == []


async def test_a_handed_over_file_goes_from_one_phone_to_the_other(town: Town) -> None:
    own = change("person", new_id(), town.area, set=someone(town.file, name="王大明", health="good"))
    await town.theirs.settle(own)
    await town.leads.settle()
    await town.post(town.leads, "hand-over", {"to": str(town.colleague.id), "reason": "调离"})
    await town.theirs.settle()
    await town.leads.settle()
    assert town.theirs.data(town.file)["note"] == "欠债"
    # What one wrote oneself stays one's own; what the colleague wrote is seen no more.
    assert town.leads.data(town.file)["note"] == "欠债"
    assert "health" not in town.leads.data(own["record"])
    for shelf in (town.leads, town.theirs):
        await agrees(town.world, shelf)


async def test_the_confidential_part_is_only_for_whom_the_lead_names(town: Town) -> None:
    visit = change(
        "elder_visit",
        new_id(),
        town.area,
        set={"subject": str(town.person), "on": "2026-11-20", "by": str(town.lead.id), "concerns": "家暴"},
    )
    await town.leads.settle(visit)
    await town.join()
    await town.theirs.settle()
    assert "concerns" not in town.theirs.data(visit["record"])
    await town.join(confidential=True)
    await town.theirs.settle()
    assert town.theirs.data(visit["record"])["concerns"] == "家暴"
    await town.join()
    await town.theirs.settle()
    assert "concerns" not in town.theirs.data(visit["record"])
    await agrees(town.world, town.theirs)


async def test_a_viewer_reads_the_file_and_does_not_write_it(town: Town) -> None:
    await town.join("viewer")
    await town.theirs.settle()
    note = change("household", town.file, town.area, base=town.theirs.records[str(town.file)]["rev"])
    said = await town.theirs.exchange({**note, "set": {"note": "改"}})
    assert said["results"][0]["problem"]["type"] == "write-not-allowed"


async def test_a_co_worker_writes_the_file(town: Town) -> None:
    await town.join()
    await town.theirs.settle()
    note = change("household", town.file, town.area, base=town.theirs.records[str(town.file)]["rev"])
    said = await town.theirs.exchange({**note, "set": {"note": "改"}})
    assert said["results"][0]["outcome"] == "applied"
    await town.leads.settle()
    assert town.leads.data(town.file)["note"] == "改"


async def test_late_work_is_put_before_the_supervisor_and_dropped_only_then(town: Town) -> None:
    await town.join()
    await town.theirs.settle()
    base = town.theirs.records[str(town.file)]["rev"]
    await town.world.leave(town.colleague, town.area, town.file)
    late = change("household", town.file, town.area, base=base, set={"note": "离线所写"})
    said = await town.theirs.exchange(late)
    assert said["results"][0]["problem"]["type"] == "access-ended"
    assert said["drop"] == [] and "note" in town.theirs.data(town.file)
    assert [drop["case"] for drop in (await town.theirs.exchange())["drop"]] == [str(town.file)]
    supervisor = await town.world.sign_in(await town.world.make_account("supervisor", town.area))
    answer = await supervisor.post(f"/api/v1/sync/quarantine/{late['id']}/retry")
    assert answer.json()["outcome"] in ("applied", "merged"), answer.text
    await town.leads.settle()
    assert town.leads.data(town.file)["note"] == "离线所写"


async def test_who_works_on_a_file_elsewhere_holds_the_file_alone(town: Town) -> None:
    guest = await town.world.make_account("social_worker", await town.world.make_area())
    phone = await town.phone(guest)
    await phone.settle()
    await town.world.join(guest, town.area, town.file)
    said = await phone.settle()
    assert str(town.area) in said["areas"]
    assert set(phone.records) == {str(town.file), str(town.person)}
    await agrees(town.world, phone)
    await town.world.leave(guest, town.area, town.file)
    said = await phone.settle()
    assert str(town.area) not in said["areas"] and phone.records == {}
    await agrees(town.world, phone)


async def test_a_grant_that_ends_leaves_the_files_that_one_works_on(town: Town) -> None:
    await town.world.pool.execute(
        "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", town.lead.id
    )
    theirs = household(town.area)
    await town.theirs.settle(theirs)
    await town.leads.settle()
    assert str(town.file) in town.leads.records and theirs["record"] not in town.leads.records
    await agrees(town.world, town.leads)


async def test_a_suspended_member_drops_the_file_and_gets_it_back(town: Town) -> None:
    await town.join()
    await town.theirs.settle()
    suspended = "UPDATE account SET suspended_at = {} WHERE id = $1"
    await town.world.pool.execute(suspended.format("clock_timestamp()"), town.colleague.id)
    await town.theirs.settle()
    assert town.theirs.records == {} and town.theirs.areas == []
    await town.world.pool.execute(suspended.format("NULL"), town.colleague.id)
    await town.theirs.settle()
    assert town.theirs.data(town.file)["note"] == "欠债"
    await agrees(town.world, town.theirs)


async def test_a_file_that_moves_takes_its_members_along(town: Town) -> None:
    there = await town.world.make_area()
    await town.join()
    await town.theirs.settle()
    boss = await town.phone(await town.world.make_account("supervisor", town.area, there))
    await boss.settle()
    local = await town.phone(await town.world.make_account("social_worker", there))
    await local.settle()
    base = boss.records[str(town.file)]["rev"]
    said = await boss.settle(change("household", town.file, town.area, op="move", to=there, base=base))
    assert said["results"][0]["outcome"] == "applied"
    for shelf in (town.leads, town.theirs):
        await shelf.settle()
        assert shelf.records[str(town.file)]["area"] == str(there)
        assert shelf.data(town.file)["note"] == "欠债"
        await agrees(town.world, shelf)
    await local.settle()
    assert set(local.data(town.file)) == {"community", "name", "address"}
    await agrees(town.world, local)


async def test_a_person_who_goes_to_another_household_goes_to_its_file(town: Town) -> None:
    other = next(id for id in town.leads.records if id not in (str(town.file), str(town.person)))
    await town.join()
    await town.theirs.settle()
    assert town.theirs.data(town.person)["health"] == "chronic"
    base = town.leads.records[str(town.person)]["rev"]
    await town.leads.settle(change("person", town.person, town.area, base=base, set={"household": other}))
    await town.theirs.settle()
    assert town.theirs.records[str(town.person)]["case"] == other
    assert "health" not in town.theirs.data(town.person)
    for shelf in (town.leads, town.theirs):
        await agrees(town.world, shelf)


async def test_who_may_not_write_all_of_a_person_does_not_take_them_to_a_file_of_their_own(
    town: Town,
) -> None:
    mine = household(town.area)
    await town.theirs.settle(mine)
    base = town.theirs.records[str(town.person)]["rev"]
    taken = change("person", town.person, town.area, base=base, set={"household": mine["record"]})
    said = await town.theirs.exchange(taken)
    assert said["results"][0]["problem"]["type"] == "write-not-allowed"


@pytest.mark.parametrize("limit", [1, 2, 5000])
async def test_many_files_gained_at_once_come_page_by_page(town: Town, limit: int) -> None:
    files = [household(town.area, name=f"{number}号", note=f"{number}") for number in range(70)]
    await town.leads.settle(*files)
    await town.theirs.settle()
    for each in files:
        await town.world.join(town.colleague, town.area, each["record"])
    await town.theirs.settle(limit=limit)
    assert all("note" in town.theirs.data(each["record"]) for each in files)
    assert all(said["complete"] or said["records"] for said in town.theirs.seen[-3:])
    await agrees(town.world, town.theirs)


async def test_who_is_put_into_another_family_where_theirs_no_longer_is_takes_their_visits_along(
    world: World,
) -> None:
    here, there = await world.make_area(), await world.make_area()
    boss = Shelf(await world.sign_in(await world.make_account("supervisor", here, there)))
    old, new, person, visit = new_id(), new_id(), new_id(), new_id()
    called = {
        "subject": str(person),
        "on": "2026-11-20",
        "by": str(boss.phone.person.id),
        "findings": "发现。",
    }
    await boss.settle(
        household(here, old),
        household(there, new),
        change("person", person, here, set=someone(old)),
        change("elder_visit", visit, here, set=called),
    )
    base = max(record["rev"] for record in boss.records.values())
    await boss.settle(change("household", old, here, op="move", to=there, base=base))
    said = await boss.settle(change("person", person, here, base=base, set={"household": str(new)}))
    assert said["results"][0]["outcome"] == "applied"
    await boss.settle()
    assert boss.records[str(person)]["case"] == str(new)
    assert boss.records[str(visit)]["case"] == str(new)


async def test_what_two_departures_take_from_a_phone_is_all_taken(world: World) -> None:
    # It read everything of the record in one area, and in the next what a viewer of its file there reads.
    here, there = await world.make_area(), await world.make_area()
    reader = await world.make_account("supervisor", here)
    await world.grant(reader, "social_worker", there)
    phone = Shelf(await world.sign_in(reader))
    boss = Shelf(await world.sign_in(await world.make_account("supervisor", here, there)))
    first, second, third, person = (new_id() for _ in range(4))
    await boss.settle(
        household(here, first),
        household(there, second),
        household(there, third),
        change("person", person, here, set=someone(first, x_heard="需保密")),
    )
    viewer = {"account": str(reader.id), "kind": "viewer"}
    assert (await boss.phone.post(f"/api/v1/files/{second}/members", json=viewer)).status_code == 204
    await phone.settle()
    assert {"health", "x_heard"} <= set(phone.data(person))
    base = boss.records[str(first)]["rev"]
    await boss.settle(change("household", first, here, op="move", to=there, base=base))
    for family in (second, third):
        base = max(record["rev"] for record in boss.records.values())
        await boss.settle(change("person", person, there, base=base, set={"household": str(family)}))
    await phone.settle()
    assert not {"health", "x_heard", "resident_id"} & set(phone.data(person))
