"""What a bureau reads of an application while it lies before it: the papers, and no longer than that."""

from typing import Any
from uuid import UUID

import pytest

from schemas.aid.assistance import DEPARTMENTS, AssistanceKind, Department
from schemas.aid.referral import NOT_UNDER_WAY, Referral, ReferralState
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, agrees, shelf_of
from tests.world import World

PHOTO = "019a0000-0000-7000-8000-000000000001"


class Bureau:
    """A worker's application for a family, and the district bureau above, each with a phone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.file, self.referral = new_id(), new_id()

    async def begin(self, kind: str = "minimum_living", **fields: Any) -> None:
        self.district = await self.world.make_area("district")
        self.area = await self.world.make_area(parent=self.district)
        self.worker = await shelf_of(self.world, "social_worker", self.area)
        self.officer = await shelf_of(self.world, "district_officer", self.district)
        form: dict[str, Any] = {
            "household": str(self.file),
            "kind": kind,
            "state": "drafted",
            "facts": "急需。",
        }
        form |= {"photos": [PHOTO]}
        await self.worker.settle(
            household(self.area, self.file),
            change("referral", self.referral, self.area, set={**form, **fields}),
        )
        await self.officer.settle()

    async def write(self, by: Shelf | None = None, **fields: Any) -> None:
        """The worker, or somebody else, writes on, and it stands."""
        shelf = by or self.worker
        await shelf.settle()
        base = shelf.records[str(self.referral)]["rev"]
        said = await shelf.settle(change("referral", self.referral, self.area, base=base, set=fields))
        assert all(result["outcome"] == "applied" for result in said["results"]), said["results"]

    async def to(self, *states: str) -> None:
        for state in states:
            await self.write(state=state)

    async def papers(self) -> list[str] | None:
        """What the bureau's phone, asked once more, holds of the papers."""
        await self.officer.settle()
        await agrees(self.world, self.officer)
        return self.officer.data(self.referral).get("photos")


@pytest.fixture
async def bureau(world: World) -> Bureau:
    made = Bureau(world)
    await made.begin()
    return made


def gone(shelf: Shelf, since: int) -> list[dict[str, Any]]:
    return [each for said in shelf.seen[since:] for each in said["gone"]]


@pytest.mark.parametrize("state", ReferralState)
def test_civil_affairs_has_what_is_under_way_and_theirs_by_department_or_else_by_kind(
    state: ReferralState,
) -> None:
    sending = Referral.declaration.sending
    assert sending is not None
    for kind in AssistanceKind:
        for department in (None, *Department):
            named = None if department is None else department.code
            is_theirs = (department or DEPARTMENTS[kind]) is Department.CIVIL_AFFAIRS
            told = sending.is_told_by({"state": state.code, "kind": kind.code, "department": named})
            assert told == (is_theirs and state.code not in NOT_UNDER_WAY)


async def test_the_bureau_reads_the_papers_from_when_they_are_sent_until_it_is_closed(bureau: Bureau) -> None:
    assert await bureau.papers() is None
    await bureau.to("consented")
    assert await bureau.papers() is None
    await bureau.to("sent")
    assert await bureau.papers() == [PHOTO]
    await bureau.to("received", "supplement_asked", "received", "approved", "benefits_begun")
    assert await bureau.papers() == [PHOTO]
    before = len(bureau.officer.seen)
    await bureau.to("closed")
    assert await bureau.papers() is None
    told = gone(bureau.officer, before)
    assert [(each["id"], each["classes"]) for each in told] == [(str(bureau.referral), ["identity"])]


async def test_of_the_family_and_of_its_need_the_bureau_reads_no_more_than_before(bureau: Bureau) -> None:
    await bureau.to("consented", "sent")
    assert await bureau.papers() == [PHOTO]
    assert "facts" not in bureau.officer.data(bureau.referral)
    assert set(bureau.officer.data(bureau.file)) <= {"community", "head"}


async def test_a_paper_that_is_added_while_it_lies_there_arrives(bureau: Bureau) -> None:
    await bureau.to("consented", "sent")
    await bureau.papers()
    other = str(new_id())
    await bureau.worker.settle()
    base = bureau.worker.records[str(bureau.referral)]["rev"]
    added = {"photos": [other]}
    await bureau.worker.settle(change("referral", bureau.referral, bureau.area, base=base, add=added))
    assert set(await bureau.papers() or ()) == {PHOTO, other}


@pytest.mark.parametrize("state", ["sent", "received"])
async def test_what_is_withdrawn_is_taken_back(bureau: Bureau, state: str) -> None:
    await bureau.to("consented", *("sent", "received")[: 1 + (state == "received")])
    assert await bureau.papers() == [PHOTO]
    await bureau.to("withdrawn")
    assert await bureau.papers() is None


async def test_the_bureau_decides_and_reads_on(bureau: Bureau) -> None:
    await bureau.to("consented", "sent", "received")
    await bureau.write(bureau.officer, state="refused")
    assert await bureau.papers() == [PHOTO]
    await bureau.to("appealed", "closed")
    assert await bureau.papers() is None


async def test_another_department_has_papers_that_the_bureau_does_not_read(world: World) -> None:
    bureau = Bureau(world)
    await bureau.begin(kind="medical")
    await bureau.to("consented", "sent")
    assert await bureau.papers() is None
    await bureau.write(department="civil_affairs")
    assert await bureau.papers() == [PHOTO]
    await bureau.write(department="education")
    assert await bureau.papers() is None


async def test_who_starts_over_is_given_what_lies_there(bureau: Bureau) -> None:
    await bureau.to("consented", "sent")
    late = await shelf_of(bureau.world, "district_officer", bureau.district)
    await late.settle(limit=1)
    assert late.data(bureau.referral)["photos"] == [PHOTO]
    street = await shelf_of(bureau.world, "street_officer", bureau.district)
    await street.settle()
    assert "photos" not in street.data(bureau.referral)


async def test_what_moves_to_another_district_is_let_go_of(bureau: Bureau) -> None:
    await bureau.to("consented", "sent")
    await bureau.papers()
    there = await bureau.world.make_area()
    boss = await shelf_of(bureau.world, "supervisor", bureau.area, there)
    await boss.settle()
    base = boss.records[str(bureau.file)]["rev"]
    await boss.settle(change("household", bureau.file, bureau.area, op="move", to=there, base=base))
    await bureau.officer.settle()
    assert str(bureau.referral) not in bureau.officer.records
    await agrees(bureau.world, bureau.officer)


async def test_online_and_in_its_history_the_bureau_reads_the_papers_while_they_lie_there(
    bureau: Bureau,
) -> None:
    async def said() -> tuple[bool, bool]:
        phone = bureau.officer.phone
        shown = (await phone.get(f"/api/v1/records/{bureau.referral}")).json()
        told = (await phone.get("/api/v1/sync/history", params={"record": str(bureau.referral)})).json()
        return "photos" in shown["data"], any("photos" in entry["set"] for entry in told["entries"])

    assert await said() == (False, False)
    await bureau.to("consented", "sent")
    assert await said() == (True, True)
    await bureau.to("withdrawn")
    assert await said() == (False, False)


async def test_that_it_was_sent_is_all_that_others_hear(bureau: Bureau) -> None:
    await bureau.to("consented")
    boss = await shelf_of(bureau.world, "supervisor", bureau.area)
    street = await shelf_of(bureau.world, "street_officer", bureau.district)
    for shelf in (boss, street):
        await shelf.settle()
    await bureau.to("sent", "withdrawn")
    for shelf in (boss, street):
        said = await shelf.settle()
        assert (said["gone"], [record["id"] for record in said["records"]]) == ([], [str(bureau.referral)])
        assert UUID(said["records"][0]["id"]) == bureau.referral
        await agrees(bureau.world, shelf)
