"""A change that notes harm to a child starts a mandatory report, once, whatever way it comes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.mandatory_report import REPORT_HOURS
from tests.sync.changes import change, household, new_id
from tests.sync.family import Family, family_in, report_of, reports
from tests.sync.shelf import Shelf
from tests.world import World


@pytest.fixture
async def family(world: World) -> Family:
    return await family_in(world)


async def test_a_visit_that_notes_signs_of_harm_starts_a_report_on_the_reporters_phone(
    family: Family,
) -> None:
    visit = family.visit(family.reporter, harm=["violence", "abandoned"], harm_seen="背上有瘀伤。")
    said = await family.reporter.settle(visit)
    assert said["results"][0]["outcome"] == "applied"
    assert reports(family.reporter) == {report_of(visit)}
    report = family.reporter.records[str(report_of(visit))]
    assert (report["area"], report["case"]) == (str(family.area), str(family.file))
    data = report["data"]
    assert data["child"] == str(family.child)
    assert data["found_in"] == visit["record"]
    assert data["reported_by"] == str(family.reporter.phone.person.id)
    assert sorted(data["situations"]) == ["abandoned", "violence"]
    assert data["state"] == "to_report"


async def test_its_deadline_counts_from_when_it_was_written_down(family: Family) -> None:
    visit = family.visit(family.reporter, harm=["violence"])
    await family.reporter.settle(visit)
    data = family.reporter.data(report_of(visit))
    found = datetime.fromisoformat(data["found_at"])
    hours = REPORT_HOURS.value_of("both_told", found.date())
    assert hours is not None
    assert data["found_at"] == visit["at"][:24]
    assert datetime.fromisoformat(data["due_at"]) == found + timedelta(hours=hours)


@pytest.mark.parametrize(
    "what",
    [
        {"set": {"harm": ["trafficked"]}},
        {"add": {"harm": ["trafficked"]}},
        {"set": {"harm_seen": "孩子说有人打他。"}},
    ],
)
async def test_an_edit_that_notes_signs_of_harm_starts_one_too(family: Family, what: dict[str, Any]) -> None:
    visit = family.visit(family.reporter)
    await family.reporter.settle(visit)
    assert reports(family.reporter) == set()
    await family.reporter.settle(family.edit(family.reporter, visit["record"], **what))
    assert reports(family.reporter) == {report_of(visit)}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"harm": [], "harm_seen": None},
        {"harm_seen": " \n"},
        {"bullying": "suspected", "concerns": "母亲抑郁。", "caregiver": "nobody"},
    ],
)
async def test_a_visit_that_notes_none_starts_none(family: Family, values: dict[str, Any]) -> None:
    await family.reporter.settle(family.visit(family.reporter, **values))
    assert reports(family.reporter) == set()


async def test_a_worker_who_is_not_of_the_file_reports_and_sees_their_own_report_alone(
    family: Family,
) -> None:
    first = await family.reported()
    another = Shelf(await family.world.sign_in(await family.world.make_account("social_worker", family.area)))
    await another.settle()
    mine = family.report(another, situations=["begging"])
    said = await another.settle(mine)
    assert said["results"][0]["outcome"] == "applied"
    assert reports(another) == {UUID(mine["record"])}
    await family.settle()
    assert reports(family.reporter) == {first}
    assert reports(family.lead) == reports(family.officer) == {first, UUID(mine["record"])}


async def test_a_report_written_by_hand_gets_its_state_and_its_deadline(family: Family) -> None:
    mine = family.report(family.reporter, situations=["begging"], police_told_at="2026-11-20T10:00:00+08:00")
    await family.reporter.settle(mine)
    data = family.reporter.data(mine["record"])
    assert data["state"] == "police_told"
    assert data["due_at"] == "2026-11-21T09:00:00+08:00"


@pytest.mark.parametrize("name", ["state", "due_at"])
async def test_nobody_types_state_or_deadline(family: Family, name: str) -> None:
    value = {"state": "closed", "due_at": "2036-01-01T00:00:00Z"}[name]
    said = await family.supervisor.exchange(family.report(family.supervisor, **{name: value}))
    problem = said["results"][0]["problem"]
    assert (problem["type"], problem["errors"][0]["pointer"]) == ("change-invalid", f"/set/{name}")
    report = await family.reported()
    said = await family.supervisor.exchange(family.edit(family.supervisor, report, set={name: value}))
    assert said["results"][0]["problem"]["errors"][0]["code"] == "computed"


async def test_sent_again_it_starts_nothing_more(family: Family) -> None:
    visit = family.visit(family.reporter, harm=["violence"])
    for _ in range(3):
        await family.reporter.settle(visit)
    rev = family.reporter.records[str(report_of(visit))]["rev"]
    await family.reporter.settle(
        family.edit(family.reporter, visit["record"], set={"harm": ["violence"], "harm_seen": "同上。"})
    )
    assert reports(family.reporter) == {report_of(visit)}
    assert family.reporter.records[str(report_of(visit))]["rev"] == rev


async def test_what_is_told_later_is_added_to_the_same_report(family: Family) -> None:
    report = await family.reported()
    visit = family.reporter.data(report)["found_in"]
    await family.lead.settle(family.edit(family.lead, visit, add={"harm": ["abandoned"]}))
    data = await family.stands(report)
    assert sorted(data["situations"]) == ["abandoned", "violence"]
    assert data["reported_by"] == str(family.reporter.phone.person.id)
    await family.reporter.settle()
    assert sorted(family.reporter.data(report)["situations"]) == ["abandoned", "violence"]


async def test_two_who_note_signs_on_one_visit_unseen_start_one_report_with_both(family: Family) -> None:
    visit = family.visit(family.reporter)
    await family.reporter.settle(visit)
    await family.settle()
    first = family.edit(family.reporter, visit["record"], set={"harm": ["violence"], "harm_seen": "瘀伤。"})
    other = family.edit(family.lead, visit["record"], set={"harm": ["begging"], "harm_seen": "乞讨。"})
    await family.lead.settle(other)
    await family.reporter.settle(first)
    await family.settle()
    for shelf in (family.reporter, family.lead, family.supervisor, family.officer):
        assert reports(shelf) == {report_of(visit)}
        assert sorted(shelf.data(report_of(visit))["situations"]) == ["begging", "violence"]


async def test_two_who_note_signs_on_a_visit_each_start_two_and_neither_is_told_of_the_other(
    family: Family,
) -> None:
    await family.world.leave(family.people["lead"], family.area, family.file)
    visits = [family.visit(shelf, harm=["violence"]) for shelf in (family.reporter, family.lead)]
    for shelf, visit in zip((family.reporter, family.lead), visits, strict=True):
        await shelf.settle(visit)
    await family.settle()
    assert reports(family.reporter) == {report_of(visits[0])}
    assert reports(family.lead) == {report_of(visits[1])}
    assert reports(family.officer) == {report_of(visit) for visit in visits}


@pytest.mark.parametrize(
    "what",
    [
        {"remove": {"harm": ["violence"]}},
        {"set": {"harm": [], "harm_seen": None}},
        {"op": "delete"},
    ],
)
async def test_withdrawing_the_signs_does_not_withdraw_the_report(
    family: Family, what: dict[str, Any]
) -> None:
    report = await family.reported(harm_seen="瘀伤。")
    visit = family.reporter.data(report)["found_in"]
    before = await family.stands(report)
    said = await family.reporter.settle(family.edit(family.reporter, visit, **what))
    assert said["results"][0]["outcome"] == "applied"
    assert await family.stands(report) == before
    await family.reporter.settle()
    assert family.reporter.data(report) == before


async def test_signs_that_come_late_to_a_deleted_visit_bring_it_back_and_start_one(family: Family) -> None:
    visit = family.visit(family.reporter)
    await family.reporter.settle(visit)
    await family.settle()
    late = family.edit(family.reporter, visit["record"], set={"harm": ["violence"]})
    await family.lead.settle(family.edit(family.lead, visit["record"], op="delete"))
    said = await family.reporter.settle(late)
    assert said["results"][0]["outcome"] == "conflict"
    assert reports(family.reporter) == {report_of(visit)}


async def test_a_visit_that_waited_for_its_child_starts_one_when_it_is_let_in(family: Family) -> None:
    child = new_id()
    visit = family.visit(family.reporter, harm=["violence"], subject=str(child))
    said = await family.reporter.exchange(visit)
    assert said["results"][0]["outcome"] == "parked"
    assert reports(family.reporter) == set()
    form = {"household": str(family.file), "name": "王小红"}
    await family.lead.settle(change("person", child, family.area, set=form))
    await family.reporter.settle()
    assert reports(family.reporter) == {report_of(visit)}
    assert family.reporter.data(report_of(visit))["child"] == str(child)


async def test_a_visit_made_for_a_family_that_has_moved_starts_one_where_the_family_is(
    family: Family,
) -> None:
    there = await family.world.make_area()
    for name in ("supervisor", "reporter", "child_officer"):
        role = name if name != "reporter" else "social_worker"
        await family.world.grant(family.people[name], role, there)
    await family.supervisor.settle()
    visit = family.visit(family.reporter, harm=["violence"])
    await family.supervisor.settle(family.edit(family.supervisor, family.file, op="move", to=there))
    await family.reporter.settle(visit)
    await family.settle()
    for shelf in (family.reporter, family.lead, family.officer):
        assert shelf.records[str(report_of(visit))]["area"] == str(there)


async def test_an_edit_made_before_the_family_moved_adds_to_the_report_that_went_along(
    family: Family,
) -> None:
    there = await family.world.make_area()
    await family.world.grant(family.people["supervisor"], "supervisor", there)
    await family.world.grant(family.people["reporter"], "social_worker", there)
    report = await family.reported()
    visit = family.reporter.data(report)["found_in"]
    late = family.edit(family.reporter, visit, add={"harm": ["begging"]})
    await family.supervisor.settle()
    await family.supervisor.settle(family.edit(family.supervisor, family.file, op="move", to=there))
    said = await family.reporter.settle(late)
    assert said["results"][0]["outcome"] in ("applied", "merged")
    assert sorted((await family.stands(report))["situations"]) == ["begging", "violence"]
    assert family.supervisor.records[str(report)]["area"] == str(there)


async def test_a_group_starts_one_or_none(family: Family) -> None:
    group = str(new_id())
    good, bad = family.visit(family.reporter, harm=["violence"]), family.visit(family.reporter, on="?")
    said = await family.reporter.exchange({**good, "group": group}, {**bad, "group": group})
    assert [result["outcome"] for result in said["results"]] == ["rejected", "rejected"]
    await family.reporter.settle()
    assert reports(family.reporter) == set()
    group = str(new_id())
    visits = [{**family.visit(family.reporter, harm=["violence"]), "group": group} for _ in range(2)]
    await family.reporter.settle(*visits)
    assert reports(family.reporter) == {report_of(visit) for visit in visits}


async def test_a_change_that_the_supervisor_lets_through_starts_one_of_its_author(family: Family) -> None:
    bad = family.visit(family.reporter, harm=["violence"], on="?")
    await family.reporter.exchange(bad)
    right = {**bad, "set": {**bad["set"], "on": "2026-11-20"}}
    answer = await family.supervisor.phone.post(
        f"/api/v1/sync/quarantine/{bad['id']}/retry", json={"change": right}
    )
    assert answer.json()["outcome"] == "applied", answer.text
    await family.reporter.settle()
    assert reports(family.reporter) == {report_of(bad)}
    assert family.reporter.data(report_of(bad))["reported_by"] == str(family.reporter.phone.person.id)


async def test_what_was_done_in_a_report_waits_until_a_journal_brings_back_what_started_it(
    family: Family,
) -> None:
    report = await family.reported()
    visit = UUID(family.reporter.data(report)["found_in"])
    told = family.edit(family.officer, report, set={"police_told_at": "2026-11-20T10:00:00+08:00"})
    await family.officer.settle(told)
    # The server comes back without either; the phones send their journals again.
    await family.world.pool.execute("DELETE FROM record WHERE id = ANY($1)", [visit, report])
    await family.world.pool.execute("DELETE FROM history WHERE record = ANY($1)", [visit, report])
    said = await family.officer.exchange(told)
    assert said["results"][0]["outcome"] == "parked"
    await family.reporter.exchange(family.visit(family.reporter, visit, harm=["violence"]))
    assert (await family.stands(report))["state"] == "police_told"


async def test_the_history_of_what_started_it_says_so_to_whoever_may_read_it(family: Family) -> None:
    report = await family.reported()
    visit = family.reporter.data(report)["found_in"]
    seen = {}
    worker = Shelf(await family.world.sign_in(await family.world.make_account("social_worker", family.area)))
    for name, shelf in [*family.phones.items(), ("worker", worker)]:
        answer = await shelf.phone.get("/api/v1/sync/history", params={"record": visit})
        (entry,) = answer.json()["entries"]
        seen[name] = entry["started"]
    assert seen == {**{name: [str(report)] for name in family.phones}, "worker": []}


async def test_that_it_was_started_is_kept_account_of(family: Family) -> None:
    report = await family.reported()
    answer = await family.supervisor.phone.get("/api/v1/audit/record", params={"record": str(report)})
    entries = answer.json()["entries"]
    (wrote,) = [entry for entry in entries if entry["wrote"]]
    assert (wrote["name"], wrote["classes"]) == (family.people["reporter"].name, ["confidential"])
    read = {entry["name"] for entry in entries if not entry["wrote"]}
    assert read >= {person.name for person in family.people.values()}


async def test_a_new_record_under_an_id_that_the_server_may_give_is_refused(family: Family) -> None:
    visit = family.visit(family.reporter)
    await family.reporter.settle(visit)
    for taken in (
        {**family.report(family.lead), "record": str(report_of(visit))},
        household(family.area, report_of(visit)),
    ):
        said = await family.lead.exchange(taken)
        problem = said["results"][0]["problem"]
        assert (problem["type"], problem["errors"][0]["pointer"]) == ("change-invalid", "/record")


async def test_a_visit_does_not_move_without_the_child(family: Family) -> None:
    there = await family.world.make_area()
    await family.world.grant(family.people["supervisor"], "supervisor", there)
    report = await family.reported()
    await family.supervisor.settle()
    visit = family.supervisor.data(report)["found_in"]
    said = await family.supervisor.exchange(family.edit(family.supervisor, visit, op="move", to=there))
    assert said["results"][0]["problem"]["errors"][0]["code"] == "along"
