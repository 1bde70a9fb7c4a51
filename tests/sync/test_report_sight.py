"""Who knows that there is a mandatory report: who wrote it, the lead, the supervisor, the child officer."""

from typing import Any
from uuid import UUID

import pytest

from schemas.privacy import CLASSES
from service.access.roles import Role
from tests.sync.changes import new_id
from tests.sync.family import REPORT, Family, family_in, report_of, reports
from tests.sync.shelf import Shelf, shelf_of
from tests.world import World

BY_ROLE = {Role.SUPERVISOR, Role.CHILD_OFFICER}
MEMBERS = [(kind, confidential) for kind in ("lead", "co_worker", "viewer") for confidential in (True, False)]


@pytest.fixture
async def family(world: World) -> Family:
    return await family_in(world)


async def knows(family: Family, shelf: Shelf, report: UUID) -> dict[str, bool]:
    """By each way of asking, whether the report is there for this phone."""
    await shelf.settle()
    phone = shelf.phone
    history = await phone.get("/api/v1/sync/history", params={"record": str(report)})
    trail = await phone.get("/api/v1/audit/record", params={"record": str(report)})
    listing: dict[str, Any] = {"area": str(family.area), "records": {}}
    manifest = await phone.post("/api/v1/sync/manifest", json=listing)
    listed = {entry["id"] for entry in manifest.json().get("records", ())}
    return {
        "pull": report in reports(shelf),
        "history": history.status_code == 200,
        "trail": trail.status_code == 200,
        "manifest": str(report) in listed,
    }


def everywhere(is_known: bool) -> dict[str, bool]:
    return dict.fromkeys(("pull", "history", "trail", "manifest"), is_known)


@pytest.mark.parametrize("role", list(Role))
async def test_of_all_roles_supervisor_and_child_officer_alone_know_of_it(family: Family, role: Role) -> None:
    shelf = await shelf_of(family.world, role.value, family.area)
    report = await family.reported()
    assert await knows(family, shelf, report) == everywhere(role in BY_ROLE)


@pytest.mark.parametrize("role", [None, "social_worker", "community_officer"])
@pytest.mark.parametrize(("kind", "confidential"), MEMBERS)
async def test_of_all_members_the_lead_knows_of_it_and_whom_the_lead_lets_in(
    family: Family, role: str | None, kind: str, confidential: bool
) -> None:
    shelf = await shelf_of(family.world, role, family.area)
    report = await family.reported()
    await family.world.join(shelf.phone.person, family.area, family.file, kind, confidential=confidential)
    assert await knows(family, shelf, report) == everywhere(kind == "lead" or confidential)


async def test_the_reporter_knows_of_their_own_and_another_files_lead_of_none(family: Family) -> None:
    report = await family.reported()
    assert await knows(family, family.reporter, report) == everywhere(True)
    other = await shelf_of(family.world, "social_worker", family.area)
    await family.world.join(other.phone.person, family.area, new_id(), "lead")
    assert await knows(family, other, report) == everywhere(False)


async def test_a_co_worker_whom_the_lead_has_not_let_in_reports_and_sees_that_alone(family: Family) -> None:
    others = await family.reported()
    co_worker = await shelf_of(family.world, "social_worker", family.area)
    await family.world.join(co_worker.phone.person, family.area, family.file, "co_worker")
    await co_worker.settle()
    await co_worker.settle(visit := family.visit(co_worker, harm=["begging"]))
    assert reports(co_worker) == {report_of(visit)}
    assert await knows(family, co_worker, report_of(visit)) == everywhere(True)
    assert await knows(family, co_worker, others) == everywhere(False)


async def test_a_lead_who_hands_over_is_told_to_drop_it_and_the_next_one_receives_it(family: Family) -> None:
    report = await family.reported()
    await family.lead.settle()
    assert reports(family.lead) == {report}
    after = await shelf_of(family.world, "social_worker", family.area)
    await family.world.leave(family.people["lead"], family.area, family.file)
    await family.world.join(after.phone.person, family.area, family.file, "lead")
    for shelf in (family.lead, after):
        await shelf.settle()
    assert reports(family.lead) == set()
    assert reports(after) == {report}


@pytest.mark.parametrize("collection", [REPORT, "household"])
async def test_an_edit_of_one_that_is_hidden_is_answered_as_one_of_none(
    family: Family, collection: str
) -> None:
    stranger = await shelf_of(family.world, "social_worker", family.area)
    report = await family.reported()
    answers = []
    for id in (report, UUID(int=report.int ^ 1)):
        held = {"collection": collection, "area": str(family.area), "rev": 99}
        stranger.records[str(id)] = held
        edit = family.edit(stranger, id, set={"police_told_at": "2026-11-20T10:00:00Z"})
        (result,) = (await stranger.exchange(edit))["results"]
        answers.append({**result, "id": None})
        del stranger.records[str(id)]
    assert answers[0] == answers[1]


async def test_a_family_is_moved_as_if_there_were_none(family: Family) -> None:
    """By somebody who may write all of the family that they see, on which a hidden report hangs."""
    there = await family.world.make_area()
    mover = await shelf_of(family.world, None)
    outcomes = []
    for file in (family, await another(family)):
        await family.world.join(mover.phone.person, family.area, file.file, "co_worker")
        await family.world.grant(mover.phone.person, "social_worker", there)
        await mover.settle()
        said = await mover.exchange(family.edit(mover, file.file, op="move", to=there))
        outcomes.append(said["results"][0]["outcome"])
    assert outcomes == ["applied", "applied"]


async def another(family: Family) -> Family:
    """A second family of the same people, with a report that was written by hand."""
    other = Family(family.world, family.area, family.people)
    await other.begin()
    await other.reporter.settle(report := other.report(other.reporter, situations=["violence"]))
    assert reports(other.reporter) == {UUID(report["record"])}
    return other


async def test_nothing_of_it_lies_anywhere_but_in_the_confidential_part(family: Family) -> None:
    report = await family.reported()
    row = await family.world.pool.fetchrow("SELECT * FROM record WHERE id = $1", report)
    assert row is not None
    present = [each.value for each in CLASSES if row[f"body_{each.value}"] is not None]
    assert present == ["confidential"]
    assert [each.value for each in CLASSES if row[f"rev_{each.value}"] is not None] == ["confidential"]
