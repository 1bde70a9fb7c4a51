"""Volunteers through a year's work: workers on phones without a network, then a supervisor at a desk."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from schemas.civil import BEIJING
from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from schemas.volunteers.check_in import CheckedAs, Direction, checked, code_at, proof_of, step_at
from schemas.volunteers.hours import CountedAs, counted, minutes_of
from schemas.volunteers.places import PlaceAs, placed
from sync.replica import Replica
from tests.sync.phones import Phones, phones_in
from tests.world import Phone, World

DAY = "2026-11-20"
PAPERS = with_check_digit(f"{RESERVED_PREFIX}19600101001")
SECRET = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2"


def at(clock: str) -> str:
    """A moment of the day of the activity."""
    return f"{DAY}T{clock}:00+08:00"


class Community:
    """One community with phones for who works in the field, and desks for who works online."""

    def __init__(self, world: World, phones: Phones, area: UUID) -> None:
        self.world = world
        self.phones = phones
        self.area = area

    async def phone(self, role: str = "social_worker") -> Replica:
        """A phone of somebody with this role, which has been online once."""
        replica, _ = await self.phones.signed_in(await self.world.make_account(role, self.area))
        return replica

    async def desk(self, role: str) -> Phone:
        """Somebody with this role who works online."""
        return await self.world.sign_in(await self.world.make_account(role, self.area))

    def volunteer(self, phone: Replica, name: str, **more: Any) -> UUID:
        """Somebody who registers on a phone."""
        return phone.create(
            "volunteer",
            self.area,
            {"registered_on": "2026-01-05", "name": name, "birth_date": "1960-01-01"} | more,
        )

    def activity(self, phone: Replica, title: str = "义诊", **more: Any) -> UUID:
        """An activity that is planned on a phone."""
        form = {"title": title, "on": DAY, "state": "planned", "organiser": "社区"}
        return phone.create("activity", self.area, form | more)

    def attendance(self, phone: Replica, activity: UUID, volunteer: UUID, **times: str) -> UUID:
        """Somebody is there, as a phone notes it."""
        form = {"activity": str(activity), "volunteer": str(volunteer)}
        return phone.create(
            "attendance", self.area, form | {name: at(clock) for name, clock in times.items()}
        )

    def hold(self, phone: Replica, activity: UUID) -> None:
        """The activity takes place."""
        phone.edit(activity, set={"state": "done"})


@pytest.fixture
async def community(world: World, tmp_path: Path) -> AsyncIterator[Community]:
    async with phones_in(world, tmp_path) as phones:
        yield Community(world, phones, await world.make_area())


async def served(desk: Phone, volunteer: UUID) -> dict[str, Any]:
    """What a volunteer served, as it is told at a desk."""
    answer = await desk.get(f"/api/v1/volunteers/{volunteer}/service")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def on_phone(phone: Replica, volunteer: UUID) -> int:
    """The same, as a phone works it out offline."""
    attendances = {str(each.id): each.values for each in phone.all("attendance")}
    activities = {str(each.id): each.values for each in phone.all("activity")}
    return minutes_of(counted(str(volunteer), attendances, activities))


def shown_by(phone: Replica, activity: UUID, clock: str) -> str:
    """The code that the organiser's phone shows at that time."""
    keys = [each.values["secret"] for each in phone.all("check_in_key") if "secret" in each.values]
    return code_at(keys[0], str(activity), step_at(datetime.fromisoformat(at(clock))))


def proving(code: str, activity: UUID, volunteer: UUID, clock: str) -> dict[str, str]:
    """What a phone writes that was shown `code`."""
    moment = at(clock)
    proof = proof_of(code, Direction.IN, str(activity), str(volunteer), moment)
    return {"checked_in_at": moment, "check_in_proof": proof}


# Places


async def test_two_phones_sign_up_more_than_there_are_places_and_all_see_who_waits(
    community: Community,
) -> None:
    one, other = await community.phone(), await community.phone()
    activity = community.activity(one, places=2)
    people = [community.volunteer(one, name) for name in ("甲", "乙", "丙")]
    await one.sync()
    await other.sync()
    order = [(one, people[0], "09:00"), (other, people[1], "08:00"), (one, people[2], "10:00")]
    for phone, volunteer, clock in order:
        form = {"activity": str(activity), "volunteer": str(volunteer), "state": "signed_up"}
        phone.create("sign_up", community.area, form | {"signed_up_at": at(clock)})
    for phone in (one, other, one):
        await phone.sync()
    for phone in (one, other):
        sign_ups = {str(each.id): each.values for each in phone.all("sign_up")}
        held = phone.get(activity)
        assert held is not None
        found = placed(held.values, sign_ups, {str(each.id): each.values for each in phone.all("volunteer")})
        assert [(each.volunteer, each.as_) for each in found] == [
            (str(people[1]), PlaceAs.PLACE),
            (str(people[0]), PlaceAs.PLACE),
            (str(people[2]), PlaceAs.WAITING),
        ]


# Checking in by code


async def organised(community: Community) -> tuple[Replica, Replica, UUID, UUID]:
    """An organiser with a key, another phone at the activity, the activity and a volunteer."""
    organiser, other = await community.phone(), await community.phone("volunteer_coordinator")
    activity = community.activity(organiser)
    organiser.create("check_in_key", community.area, {"activity": str(activity), "secret": SECRET})
    volunteer = community.volunteer(organiser, "甲")
    await organiser.sync()
    await other.sync()
    return organiser, other, activity, volunteer


async def test_the_secret_is_on_no_phone_but_the_organisers_and_the_supervisors(community: Community) -> None:
    organiser, other, _, _ = await organised(community)
    boss = await community.phone("supervisor")
    colleague = await community.phone()
    for phone in (organiser, other, boss, colleague):
        await phone.sync()
    told = [["secret" in each.values for each in phone.all("check_in_key")] for phone in (organiser, boss)]
    hidden = [["secret" in each.values for each in phone.all("check_in_key")] for phone in (other, colleague)]
    assert told == [[True], [True]] and hidden == [[False], [False]]


async def test_a_check_in_that_was_written_offline_is_proven_to_who_reads_the_secret(
    community: Community,
) -> None:
    organiser, other, activity, volunteer = await organised(community)
    code = shown_by(organiser, activity, "09:00")
    attendance = community.attendance(other, activity, volunteer, left_at="11:00")
    other.edit(attendance, set=proving(code, activity, volunteer, "09:01"))
    await other.sync()
    await organiser.sync()
    held = organiser.get(attendance)
    assert held is not None
    assert checked(held.values, Direction.IN, [SECRET]).as_ is CheckedAs.CHECKED
    said = {}
    for role in ("supervisor", "community_officer"):
        (line,) = (await served(await community.desk(role), volunteer))["lines"]
        said[role] = line["checked_in"]
    assert said == {"supervisor": "checked", "community_officer": "not_known"}


async def test_a_code_that_was_guessed_or_another_volunteers_proof_is_not_good(community: Community) -> None:
    organiser, other, activity, volunteer = await organised(community)
    friend = community.volunteer(organiser, "乙")
    await organiser.sync()
    await other.sync()
    code = shown_by(organiser, activity, "09:00")
    proof = proving(code, activity, volunteer, "09:00")
    absent = community.attendance(other, activity, friend)
    other.edit(absent, set=proof)
    guessed = community.attendance(other, activity, volunteer)
    other.edit(guessed, set=proving("0" * 20, activity, volunteer, "09:00"))
    await other.sync()
    desk = await community.desk("supervisor")
    said = [(await served(desk, each))["lines"][0]["checked_in"] for each in (friend, volunteer)]
    assert said == ["wrong", "wrong"]


async def test_a_check_in_that_comes_after_weeks_is_told_from_one_in_time(community: Community) -> None:
    organiser, other, _, volunteer = await organised(community)
    now = datetime.now(BEIJING).replace(microsecond=0)
    said = {}
    for name, ago in {"in time": timedelta(minutes=2), "late": timedelta(days=8)}.items():
        activity = community.activity(organiser, name, on=(now - ago).date().isoformat())
        organiser.create("check_in_key", community.area, {"activity": str(activity), "secret": SECRET})
        await organiser.sync()
        await other.sync()
        moment = (now - ago).isoformat()
        code = code_at(SECRET, str(activity), step_at(now - ago))
        proof = proof_of(code, Direction.IN, str(activity), str(volunteer), moment)
        attendance = community.attendance(other, activity, volunteer)
        other.edit(attendance, set={"checked_in_at": moment, "check_in_proof": proof})
        await other.sync()
    for line in (await served(await community.desk("supervisor"), volunteer))["lines"]:
        said[line["title"]] = line["checked_in"]
    assert said == {"in time": "checked", "late": "late"}


# Hours


async def test_one_volunteer_at_two_activities_at_once_is_counted_once_and_shown_on_phone_and_desk(
    community: Community,
) -> None:
    one, other = await community.phone(), await community.phone()
    volunteer = community.volunteer(one, "甲")
    first, second = community.activity(one, "义诊"), community.activity(one, "理发")
    await one.sync()
    await other.sync()
    community.attendance(one, first, volunteer, arrived_at="09:00", left_at="11:00")
    community.attendance(other, second, volunteer, arrived_at="10:00", left_at="12:00")
    community.hold(one, first)
    community.hold(other, second)
    for phone in (one, other, one):
        await phone.sync()
    found = await served(await community.desk("supervisor"), volunteer)
    assert [(line["title"], line["minutes"], line["counted_as"]) for line in found["lines"]] == [
        ("义诊", 120, CountedAs.PRESENT.code),
        ("理发", 60, CountedAs.OVERLAPPING.code),
    ]
    assert on_phone(one, volunteer) == on_phone(other, volunteer) == found["minutes"] == 180


async def test_the_organisers_word_stands_and_is_bounded_by_the_time_there(community: Community) -> None:
    phone = await community.phone()
    volunteer, activity = community.volunteer(phone, "甲"), community.activity(phone)
    attendance = community.attendance(phone, activity, volunteer, arrived_at="09:00", left_at="11:00")
    community.hold(phone, activity)
    desk = await community.desk("supervisor")
    said = []
    for minutes in (90, 900, 0):
        phone.edit(attendance, set={"recognised_minutes": minutes})
        await phone.sync()
        said.append((await served(desk, volunteer))["minutes"])
    assert said == [90, 120, 0]


async def test_hours_that_two_phones_spent_offline_never_make_less_than_nothing(community: Community) -> None:
    one, other = await community.phone(), await community.phone()
    volunteer, neighbour = community.volunteer(one, "甲"), community.volunteer(one, "乙")
    activity = community.activity(one)
    community.attendance(one, activity, volunteer, arrived_at="09:00", left_at="11:00")
    community.hold(one, activity)
    await one.sync()
    await other.sync()
    form = {"volunteer": str(volunteer), "on": DAY, "minutes": 90}
    one.create("hours_spent", community.area, form | {"kind": "used"})
    other.create("hours_spent", community.area, form | {"kind": "given", "to": str(neighbour)})
    await one.sync()
    await other.sync()
    desk = await community.desk("supervisor")
    bank, theirs = [(await served(desk, each))["bank"] for each in (volunteer, neighbour)]
    assert (bank["earned"], bank["balance"], bank["short"]) == (120, 0, 60)
    assert bank["used"] + bank["given"] == 120 and theirs["balance"] == bank["given"]


# Certificates


async def issued(community: Community, **more: Any) -> tuple[Replica, UUID, UUID]:
    """A worker's phone, a volunteer with two hours, and a certificate of them written offline."""
    phone = await community.phone()
    volunteer = community.volunteer(phone, "甲<b>", resident_id=PAPERS)
    activity = community.activity(phone, place="广场")
    community.attendance(phone, activity, volunteer, arrived_at="09:00", left_at="11:00")
    community.hold(phone, activity)
    form = {
        "volunteer": str(volunteer),
        "issued_on": DAY,
        "minutes": 120,
        "issuer": "某某社区",
        "state": "issued",
    }
    certificate = phone.create("service_certificate", community.area, form | more)
    await phone.sync()
    return phone, volunteer, certificate


async def stands(anybody: httpx.AsyncClient, number: str, minutes: int) -> dict[str, Any]:
    """What somebody is told who was shown a certificate."""
    answer = await anybody.post("/api/v1/certificates/verify", json={"number": number, "minutes": minutes})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_certificate_says_what_the_measures_ask_for(community: Community) -> None:
    _, _, certificate = await issued(community)
    desk = await community.desk("supervisor")
    said = (await desk.get(f"/api/v1/certificates/{certificate}")).json()
    wanted = {"name": "甲<b>", "minutes": 120, "hours": "2.00", "issuer": "某某社区", "issued_on": DAY}
    assert said | wanted == said
    assert said["content"] == [
        {"on": DAY, "title": "义诊", "place": "广场", "organiser": "社区", "in_charge": None, "minutes": 120}
    ]
    page = await desk.get(f"/api/v1/certificates/{certificate}/page")
    assert said["number"] in page.text and "甲&lt;b&gt;" in page.text and "<b>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_anybody_verifies_number_and_hours_and_learns_nothing_else(community: Community) -> None:
    _, _, certificate = await issued(community)
    desk, anybody = await community.desk("supervisor"), await community.world.stranger()
    number = (await desk.get(f"/api/v1/certificates/{certificate}")).json()["number"]
    assert await stands(anybody, number, 120) == {"stands": True}
    assert await stands(anybody, number.lower().replace("-", " "), 120) == {"stands": True}
    assert await stands(anybody, number, 121) == {"stands": False}
    assert await stands(anybody, number[:-1] + ("A" if number[-1] != "A" else "B"), 120) == {"stands": False}
    assert await stands(anybody, "没有", 120) == {"stands": False}


async def test_a_certificate_that_was_revoked_stands_no_longer_and_is_not_printed(
    community: Community,
) -> None:
    phone, _, certificate = await issued(community)
    desk, anybody = await community.desk("supervisor"), await community.world.stranger()
    number = (await desk.get(f"/api/v1/certificates/{certificate}")).json()["number"]
    phone.edit(certificate, set={"state": "revoked", "revoked_because": "时长有误"})
    await phone.sync()
    assert await stands(anybody, number, 120) == {"stands": False}
    answer = await desk.get(f"/api/v1/certificates/{certificate}")
    assert (answer.status_code, answer.json()["type"]) == (409, "certificate-not-borne-out")


@pytest.mark.parametrize(
    "more", [{"minutes": 121}, {"until": "2026-11-19"}, {"since": "2026-11-21"}, {"issued_on": "2026-11-19"}]
)
async def test_a_certificate_that_says_more_than_the_records_is_not_printed(
    community: Community, more: dict[str, Any]
) -> None:
    _, _, certificate = await issued(community, **more)
    answer = await (await community.desk("supervisor")).get(f"/api/v1/certificates/{certificate}")
    assert (answer.status_code, answer.json()["type"]) == (409, "certificate-not-borne-out")


async def test_who_may_not_read_the_name_is_told_of_no_certificate(community: Community) -> None:
    _, volunteer, certificate = await issued(community)
    elsewhere = await community.world.make_account("supervisor", await community.world.make_area())
    outsider, coordinator = (
        await community.world.sign_in(elsewhere),
        await community.desk("volunteer_coordinator"),
    )
    for desk in (outsider, coordinator):
        assert (await desk.get(f"/api/v1/certificates/{certificate}")).status_code == 404
    assert (await outsider.get(f"/api/v1/volunteers/{volunteer}/service")).status_code == 404


async def test_the_papers_number_is_there_for_who_may_read_it(community: Community) -> None:
    _, _, certificate = await issued(community)
    said = {}
    for role in ("supervisor", "community_officer"):
        found = (await (await community.desk(role)).get(f"/api/v1/certificates/{certificate}")).json()
        said[role] = (found["paper_number"], found["lacking"])
    assert said["supervisor"] == (PAPERS, [])
    assert said["community_officer"] == (None, ["resident_id"])


async def test_a_network_that_tries_numbers_is_stopped_and_another_one_is_not(community: Community) -> None:
    trying, other = [await community.world.stranger(host) for host in ("192.0.2.7", "192.0.2.8")]
    body = {"number": "A" * 42, "minutes": 60}
    said = {(await trying.post("/api/v1/certificates/verify", json=body)).status_code for _ in range(32)}
    assert said == {200, 429}
    assert (await other.post("/api/v1/certificates/verify", json=body)).status_code == 200
