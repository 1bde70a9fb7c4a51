"""A mandatory report that is not closed is kept by law: neither erased nor put away, and still added to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.privacy import Privacy
from service.persons.retention import carry_out, due
from sync.starting import started_id
from tests.service import family as families
from tests.service.family import REASON, Family
from tests.sync.changes import change, new_id
from tests.world import World

ACCOUNT = "背上有旧瘀伤，眼神躲闪"
CLOSED = {
    "police_told_at": "2026-11-20T10:00:00+08:00",
    "civil_affairs_told_at": "2026-11-20T11:00:00+08:00",
    "taken_up_at": "2026-11-21T11:00:00+08:00",
    "closed_on": "2026-11-22",
    "outcome": "protected",
}
BORN = "2017-05-06"


class Reported:
    """A child of the family, in whose visit harm was noted, and the report that this began."""

    def __init__(self, family: Family, child: UUID, visit: UUID) -> None:
        self.family = family
        self.child = child
        self.visit = visit
        self.report = started_id(visit, "mandatory_report")

    async def write(self, **values: Any) -> dict[str, Any]:
        """The supervisor writes in the report; the result."""
        shelf = await self.family.shelf("supervisor")
        base = shelf.records[str(self.report)]["rev"]
        said = await shelf.exchange(
            change("mandatory_report", self.report, self.family.area, base=base, set=values)
        )
        result: dict[str, Any] = said["results"][0]
        return result

    async def ask(self, path: str, who: str = "supervisor") -> Any:
        return await self.family.ask(who, "POST", f"people/{self.child}/{path}", {"reason": REASON})


@pytest.fixture
async def reported(world: World) -> Reported:
    family = await families.made(world)
    family.people["child_officer"] = await world.make_account("child_officer", family.area)
    child, visit = new_id(), new_id()
    lead = await family.shelf("lead")
    form = {"household": str(family.file), "name": "小明之名", "birth_date": BORN}
    await lead.settle(change("person", child, family.area, set=form))
    harmed: dict[str, Any] = {
        "subject": str(child),
        "on": "2026-11-20",
        "by": str(family.people["lead"].id),
        "harm": ["violence"],
    }
    said = await lead.settle(change("child_visit", visit, family.area, set=harmed))
    assert said["results"][0]["outcome"] in ("applied", "merged"), said["results"]
    made = Reported(family, child, visit)
    assert (await made.write(account=ACCOUNT))["outcome"] == "applied"
    return made


async def test_who_asks_for_an_erasure_is_told_of_the_report(reported: Reported) -> None:
    answer = await reported.ask("erase")
    assert (answer.status_code, answer.json()["type"]) == (409, "under-hold")
    assert str(reported.report) in answer.json()["detail"]


async def test_others_of_the_family_can_be_erased(reported: Reported) -> None:
    await reported.family.decided(reported.family.she)


async def test_one_that_begins_after_the_decision_stops_it(reported: Reported) -> None:
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    await reported.family.decided(reported.child)
    lead = await reported.family.shelf("lead")
    form = {
        "subject": str(reported.child),
        "on": "2026-11-24",
        "by": str(reported.family.people["lead"].id),
        "harm": ["violence"],
    }
    await lead.settle(change("child_visit", new_id(), reported.family.area, set=form))
    done = await reported.family.run()
    assert done.records == 0
    assert ACCOUNT in await reported.family.everything_stored()


async def test_a_closed_one_goes_with_the_child(reported: Reported) -> None:
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    await reported.family.decided(reported.child)
    await reported.family.run()
    assert ACCOUNT not in await reported.family.everything_stored()


async def test_no_term_ends_for_a_file_with_one_that_is_open(reported: Reported) -> None:
    await reported.family.run(datetime.now(UTC) + timedelta(days=366 * 30))
    after = await reported.family.everything_stored()
    assert ACCOUNT in after and "小明之名" in after
    assert families.STRANGERS["name"] not in after


async def test_one_that_is_begun_while_a_run_is_under_way_keeps_the_file(reported: Reported) -> None:
    family = reported.family
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    later = datetime.now(UTC) + timedelta(days=366 * 30)
    async with family.world.pool.acquire() as connection:
        async with connection.transaction():
            plan = await due(connection, later)
        lead = await family.shelf("lead")
        form = {
            "child": str(reported.child),
            "reported_by": str(family.people["lead"].id),
            "found_at": "2026-11-23T09:00:00+08:00",
        }
        await lead.settle(change("mandatory_report", new_id(), family.area, set=form))
        await carry_out(connection, plan)
    after = await family.everything_stored()
    assert "小明之名" in after and families.HIS["name"] in after
    assert families.STRANGERS["name"] not in after


async def test_a_restriction_leaves_the_report_with_who_must_follow_it_up(reported: Reported) -> None:
    assert (await reported.ask("restriction")).status_code == 204
    for who in ("lead", "supervisor", "child_officer"):
        assert (await reported.family.shelf(who)).data(reported.report)["account"] == ACCOUNT
    told = {"police_told_at": CLOSED["police_told_at"]}
    assert (await reported.write(**told))["outcome"] == "applied"


async def test_a_closed_one_that_is_put_away_with_the_child_is_in_the_export(reported: Reported) -> None:
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    assert (await reported.ask("restriction")).status_code == 204
    answer = await reported.family.ask("supervisor", "GET", f"people/{reported.child}/export")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    (record,) = [each for each in said["records"] if each["id"] == str(reported.report)]
    assert ACCOUNT in {field["text"] for field in record["fields"]}
    written = [each["said"]["set"] for each in said["changes"] if each["record"] == str(reported.report)]
    assert ACCOUNT in [values.get("account") for values in written]
    seen = [each["classes"] for each in said["readings"] if each["record"] == str(reported.report)]
    assert ["confidential"] in seen


async def test_a_closed_one_that_is_put_away_is_told_to_be_erased_with_the_child(reported: Reported) -> None:
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    assert (await reported.ask("restriction")).status_code == 204
    await reported.family.decided(reported.child)
    done = await reported.family.run()
    assert ACCOUNT not in await reported.family.everything_stored()
    said = await reported.family.world.pool.fetchrow(
        "SELECT classes, records FROM audit WHERE chain = $1 AND kind = 'erased'", reported.family.area
    )
    assert said["classes"] & Privacy.CONFIDENTIAL.bit
    assert (reported.report in said["records"], done.records) == (True, len(said["records"]))


async def test_a_childs_end_of_term_leaves_a_report_that_is_put_away_and_has_no_term(
    reported: Reported,
) -> None:
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    assert (await reported.ask("restriction")).status_code == 204
    await reported.family.run(datetime.now(UTC) + timedelta(days=366 * 30))
    assert "小明之名" not in await reported.family.everything_stored()
    answer = await reported.family.ask("lead", "DELETE", f"people/{reported.child}/restriction")
    assert answer.status_code == 204, answer.text
    assert (await reported.family.shelf("supervisor")).data(reported.report)["account"] == ACCOUNT


async def test_a_report_can_be_made_while_the_child_is_restricted(reported: Reported) -> None:
    assert (await reported.ask("restriction")).status_code == 204
    lead = await reported.family.shelf("lead")
    form = {
        "child": str(reported.child),
        "reported_by": str(reported.family.people["lead"].id),
        "found_at": "2026-11-23T09:00:00+08:00",
    }
    said = await lead.exchange(change("mandatory_report", new_id(), reported.family.area, set=form))
    assert said["results"][0]["outcome"] == "applied", said["results"]


async def test_what_is_put_back_is_about_a_child_as_before(reported: Reported) -> None:
    query = "SELECT id, child_until FROM record ORDER BY id"
    pool = reported.family.world.pool
    before, held = await pool.fetch(query), dict((await reported.family.shelf("child_officer")).records)
    assert (await reported.ask("restriction")).status_code == 204
    answer = await reported.family.ask("lead", "DELETE", f"people/{reported.child}/restriction")
    assert answer.status_code == 204, answer.text
    assert await pool.fetch(query) == before
    after = (await reported.family.shelf("child_officer")).records
    assert {id: each["data"] for id, each in after.items()} == {id: each["data"] for id, each in held.items()}


async def test_no_birthday_can_be_told_of_a_child_who_was_erased(reported: Reported) -> None:
    assert (await reported.write(**CLOSED))["outcome"] == "applied"
    officer = await reported.family.shelf("child_officer")
    assert str(reported.child) in officer.records
    pool = reported.family.world.pool
    assert await pool.fetchval("SELECT count(*) FROM record WHERE child_until = '2035-05-06'") > 0
    assert await pool.fetchval("SELECT count(*) FROM record WHERE guarded_until = '2031-05-06'") > 0
    await reported.family.decided(reported.child)
    await reported.family.run()
    for table in ("record", "departure"):
        told = (
            f"SELECT count(*) FROM {table} WHERE child_until = '2035-05-06' OR guarded_until = '2031-05-06'"
        )
        assert await pool.fetchval(told) == 0
    held = str((await reported.family.shelf("child_officer")).records)
    assert BORN not in held and ACCOUNT not in held
