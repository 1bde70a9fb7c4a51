"""A mandatory report is neither deleted nor lowered, by anybody: it is only added to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.sync.changes import change, household, new_id
from tests.sync.family import REPORT, Family, family_in, report_of, reports
from tests.sync.shelf import Shelf
from tests.world import World

EVERYBODY = ("reporter", "lead", "supervisor", "child_officer")
TOLD: dict[str, Any] = {
    "police_told_at": "2026-11-20T10:00:00+08:00",
    "police_told_to": "城关分局",
    "police_receipt": "甘公受〔2026〕1号",
}


@pytest.fixture
async def family(world: World) -> Family:
    return await family_in(world)


@pytest.fixture
async def report(family: Family) -> UUID:
    """A report of which the police have been told, and which all phones hold."""
    found = await family.reported()
    await family.supervisor.settle(
        family.edit(family.supervisor, found, set={**TOLD, "in_danger": True, "account": "背上有瘀伤。"})
    )
    await family.settle()
    return found


LOWERED: dict[str, dict[str, Any]] = {
    "deleted": {"op": "delete"},
    "restored": {"op": "restore"},
    "an earlier state": {"set": {"state": "to_report"}},
    "a later deadline": {"set": {"due_at": "2036-01-01T00:00:00Z"}},
    "found later": {"set": {"found_at": "2036-01-01T00:00:00Z"}},
    "by somebody else": {"set": {"reported_by": "019a0000-0000-7000-8000-000000000000"}},
    "not told": {"set": {"police_told_at": None}},
    "told to nobody": {"set": {"police_told_to": None}},
    "told to a blank": {"set": {"police_told_to": " "}},
    "without its receipt": {"set": {"police_receipt": None}},
    "without its account": {"set": {"account": None}},
    "without a situation": {"remove": {"situations": ["violence"]}},
    "with other situations": {"set": {"situations": ["other"]}},
    "without situations": {"set": {"situations": []}},
    "out of danger": {"set": {"in_danger": False}},
}


@pytest.mark.parametrize("lowered", LOWERED)
async def test_nobody_lowers_it(family: Family, report: UUID, lowered: str) -> None:
    before = await family.stands(report)
    for name in EVERYBODY:
        shelf = family.phones[name]
        said = await shelf.exchange(family.edit(shelf, report, **LOWERED[lowered]))
        result = said["results"][0]
        assert result["outcome"] == "rejected", (name, result)
        assert await family.stands(report) == before


async def test_nobody_makes_it_another_childs(family: Family, report: UUID) -> None:
    other = new_id()
    form = {"household": str(family.file), "name": "王小红"}
    await family.lead.settle(change("person", other, family.area, set=form))
    await family.settle()
    for name in EVERYBODY:
        shelf = family.phones[name]
        said = await shelf.exchange(family.edit(shelf, report, set={"child": str(other)}))
        assert said["results"][0]["outcome"] == "rejected"
    assert (await family.stands(report))["child"] == str(family.child)


async def test_nobody_moves_it_out_of_sight(family: Family, report: UUID) -> None:
    there = await family.world.make_area()
    for name in EVERYBODY:
        await family.world.grant(family.people[name], "supervisor", there)
        shelf = family.phones[name]
        await shelf.settle()
        said = await shelf.exchange(family.edit(shelf, report, op="move", to=there))
        problem = said["results"][0]["problem"]
        assert (problem["type"], problem["errors"][0]["code"]) == ("record-permanent", "permanent")


async def test_why_it_cannot_be_deleted_is_said_in_chinese(family: Family, report: UUID) -> None:
    family.lead.phone.headers["Accept-Language"] = "zh"
    said = await family.lead.exchange(family.edit(family.lead, report, op="delete"))
    problem = said["results"][0]["problem"]
    assert problem["title"] == "强制报告等法定记录不能删除、撤回或降低，只能补充"
    assert "不能删除" in problem["errors"][0]["detail"]


async def test_it_goes_where_the_child_goes_and_the_lead_with_it(family: Family, report: UUID) -> None:
    there = await family.world.make_area()
    await family.world.grant(family.people["supervisor"], "supervisor", there)
    await family.supervisor.settle()
    before = await family.stands(report)
    await family.supervisor.settle(family.edit(family.supervisor, family.file, op="move", to=there))
    assert family.supervisor.records[str(report)]["area"] == str(there)
    assert await family.stands(report) == before
    await family.settle()
    assert reports(family.lead) == {report}
    assert reports(family.officer) == reports(family.reporter) == set()


async def test_it_goes_to_the_file_of_the_household_that_the_child_goes_to(
    family: Family, report: UUID
) -> None:
    other = household(family.area, name="李家")
    await family.supervisor.settle(other)
    before = await family.stands(report)
    await family.supervisor.settle(
        family.edit(family.supervisor, family.child, set={"household": other["record"]})
    )
    assert family.supervisor.records[str(report)]["case"] == other["record"]
    assert await family.stands(report) == before
    await family.settle()
    assert reports(family.lead) == set()
    assert reports(family.reporter) == {report}


async def test_it_stays_when_the_child_or_the_household_is_deleted(family: Family, report: UUID) -> None:
    before = await family.stands(report)
    for record in (family.child, family.file):
        await family.supervisor.settle(family.edit(family.supervisor, record, op="delete"))
    assert await family.stands(report) == before
    await family.reporter.settle()
    assert family.reporter.data(report) == before


async def test_a_value_of_somebody_who_had_not_seen_the_danger_does_not_end_it(
    family: Family, report: UUID
) -> None:
    await family.settle()
    calm = family.edit(family.lead, report, set={"in_danger": False})
    said = await family.lead.exchange({**calm, "base": 1})
    assert said["results"][0]["outcome"] == "merged"
    assert (await family.stands(report))["in_danger"] is True


async def test_situations_of_somebody_who_had_not_seen_the_others_are_added(
    family: Family, report: UUID
) -> None:
    unseen = family.edit(family.lead, report, set={"situations": ["other"]})
    said = await family.lead.exchange({**unseen, "base": 1})
    assert said["results"][0]["outcome"] == "merged"
    assert sorted((await family.stands(report))["situations"]) == ["other", "violence"]


async def test_an_account_that_two_people_cut_down_to_nothing_is_for_a_person_to_decide(
    family: Family, report: UUID
) -> None:
    await family.lead.settle(family.edit(family.lead, report, set={"account": "甲。乙。"}))
    await family.settle()
    one = family.edit(family.lead, report, set={"account": "甲。"})
    other = family.edit(family.supervisor, report, set={"account": "乙。"})
    await family.lead.settle(one)
    said = await family.supervisor.settle(other)
    assert said["results"][0]["outcome"] == "conflict"
    assert (await family.stands(report))["account"] == "甲。"


async def test_deciding_a_conflict_lowers_nothing(family: Family, report: UUID) -> None:
    await family.lead.settle(family.edit(family.lead, report, set={"account": "甲。乙。"}))
    await family.settle()
    await family.lead.settle(family.edit(family.lead, report, set={"account": "甲。"}))
    other = family.edit(family.supervisor, report, set={"account": "乙。"})
    said = await family.supervisor.settle(other)
    conflict = said["results"][0]["conflicts"][0]
    before = await family.stands(report)
    for what in ({"op": "delete"}, {"set": {"account": None}}, {"remove": {"situations": ["violence"]}}):
        decides = family.edit(family.supervisor, report, resolves=conflict, **what)
        said = await family.supervisor.exchange(decides)
        assert said["results"][0]["outcome"] == "rejected"
    assert await family.stands(report) == before


STEPS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "to_report"),
    ({"civil_affairs_told_at": "2026-11-20T11:00:00+08:00"}, "civil_affairs_told"),
    ({"police_told_at": "2026-11-20T12:00:00+08:00"}, "both_told"),
    ({"taken_up_at": "2026-11-20T13:00:00+08:00"}, "taken_up"),
    ({"closed_on": "2026-12-20"}, "taken_up"),
    ({"outcome": "protected"}, "closed"),
)


async def test_its_state_follows_from_who_was_told(family: Family) -> None:
    report = await family.reported()
    for values, state in STEPS:
        if values:
            await family.supervisor.settle(family.edit(family.supervisor, report, set=values))
        data = await family.stands(report)
        assert data["state"] == state


async def test_closed_before_anybody_was_told_it_is_still_to_be_reported(family: Family) -> None:
    report = await family.reported()
    values = {"closed_on": "2026-12-20", "outcome": "not_found"}
    await family.supervisor.settle(family.edit(family.supervisor, report, set=values))
    assert (await family.stands(report))["state"] == "to_report"


@pytest.mark.parametrize(
    "values", [{"closed_on": "2026-12-20"}, {"outcome": "not_found"}, {"closing": "无。"}]
)
async def test_nobody_but_the_supervisor_closes_it(family: Family, values: dict[str, Any]) -> None:
    report = await family.reported()
    for shelf in (family.reporter, family.lead, family.officer):
        for sent in (
            family.edit(shelf, report, set={**TOLD, **values}),
            family.report(shelf, situations=["other"], **values),
        ):
            (result,) = (await shelf.exchange(sent))["results"]
            assert result["problem"]["type"] == "write-not-allowed"
    (result,) = (await family.supervisor.exchange(family.edit(family.supervisor, report, set=values)))[
        "results"
    ]
    assert result["outcome"] == "applied"


async def test_a_closing_that_the_supervisor_lets_through_stands(family: Family) -> None:
    report = await family.reported()
    sent = family.edit(family.lead, report, set={"closed_on": "2026-12-20"})
    await family.lead.exchange(sent)
    answer = await family.supervisor.phone.post(f"/api/v1/sync/quarantine/{sent['id']}/retry", json={})
    assert answer.json()["outcome"] == "applied", answer.text
    assert (await family.stands(report))["closed_on"] == "2026-12-20"


async def test_two_who_tell_one_authority_each_unseen_have_told_both(family: Family) -> None:
    report = await family.reported()
    await family.settle()
    police = family.edit(family.reporter, report, set=TOLD)
    affairs = family.edit(family.officer, report, set={"civil_affairs_told_at": "2026-11-20T10:30:00+08:00"})
    for shelf, told in ((family.reporter, police), (family.officer, affairs)):
        said = await shelf.settle(told)
        assert said["results"][0]["outcome"] == "applied"
    await family.settle()
    for shelf in family.phones.values():
        assert shelf.data(report)["state"] == "both_told"


@pytest.mark.parametrize(
    "values",
    [
        TOLD,
        {"civil_affairs_told_at": "2026-11-20T10:00:00Z", "civil_affairs_told_to": "街道"},
        {"taken_up_at": "2026-11-20T11:00:00Z", "taken_up_by": "儿童主任"},
    ],
)
async def test_the_child_officer_notes_who_was_told_and_that_it_is_taken_up(
    family: Family, values: dict[str, Any]
) -> None:
    report = await family.reported()
    said = await family.officer.settle(family.edit(family.officer, report, set=values))
    assert said["results"][0]["outcome"] == "applied"
    assert (await family.stands(report)).items() >= values.items()


@pytest.mark.parametrize(
    "values", [{"closed_on": "2026-12-20"}, {"outcome": "protected"}, {"account": "另有隐情。"}]
)
async def test_the_child_officer_writes_nothing_else_in_what_others_reported(
    family: Family, values: dict[str, Any]
) -> None:
    report = await family.reported()
    for sent in (values, {**TOLD, **values}):
        said = await family.officer.exchange(family.edit(family.officer, report, set=sent))
        assert said["results"][0]["problem"]["type"] == "write-not-allowed"
    visit = family.officer.data(report)["found_in"]
    said = await family.officer.exchange(family.edit(family.officer, visit, set={"harm_seen": "无。"}))
    assert said["results"][0]["problem"]["type"] == "write-not-allowed"


@pytest.mark.parametrize("confidential", [True, False])
async def test_whom_the_lead_lets_in_may_note_who_was_told_and_nobody_else(
    family: Family, confidential: bool
) -> None:
    report = await family.reported()
    viewer = Shelf(await family.world.sign_in(await family.world.make_account()))
    await family.world.join(
        viewer.phone.person, family.area, family.file, "viewer", confidential=confidential
    )
    await viewer.settle()
    told = family.edit(family.supervisor, report, set=TOLD)
    said = await viewer.exchange(told)
    assert said["results"][0]["outcome"] == ("applied" if confidential else "parked")
    assert ((await family.stands(report))["state"] == "police_told") == confidential


async def test_times_that_have_not_come_yet_are_refused(family: Family) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    report = await family.reported()
    for sent in (
        family.edit(family.lead, report, set={"police_told_at": ahead}),
        {**family.report(family.lead), "set": {**family.report(family.lead)["set"], "found_at": ahead}},
    ):
        await family.lead.settle()
        said = await family.lead.exchange(sent)
        (error,) = said["results"][0]["problem"]["errors"]
        assert error["code"] == "ahead"


async def test_the_child_officer_reports_what_they_find_themselves(family: Family) -> None:
    mine = family.report(family.officer, situations=["abandoned"], account="独自在家三日。")
    said = await family.officer.settle(mine)
    assert said["results"][0]["outcome"] == "applied"
    said = await family.officer.settle(
        family.edit(family.officer, mine["record"], set={"protection": "已送亲属照料。"})
    )
    assert said["results"][0]["outcome"] == "applied"
    assert reports(family.lead) == set()
    await family.settle()
    assert reports(family.lead) == {UUID(mine["record"])}


async def test_what_the_child_officer_wrote_ahead_of_a_report_is_not_let_into_it(family: Family) -> None:
    visit = family.visit(family.reporter)
    await family.reporter.settle(visit)
    await family.settle()
    later = family.visit(family.reporter, harm=["violence"])
    ahead = family.edit(family.officer, visit["record"], set={"account": "没有的事。"})
    ahead = {**ahead, "collection": REPORT, "record": str(report_of(later))}
    said = await family.officer.exchange(ahead)
    assert said["results"][0]["outcome"] == "parked"
    await family.reporter.settle(later)
    data = await family.stands(report_of(later))
    assert "account" not in data
