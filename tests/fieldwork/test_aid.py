"""Social assistance as a worker does it: on a phone in a home without a network, and followed up later."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from schemas.aid.assessment import NeedGrade, assessed
from schemas.aid.circumstances import Circumstances
from schemas.aid.eligibility import Answer, Verdict, verdicts
from schemas.aid.matching import Left, left_of, matches
from schemas.aid.referral import Referral, ReferralState
from schemas.aid.time_limits import LimitState, reminders, time_limits
from schemas.needs import Need
from sync.replica import NotValid, Replica
from tests.schemas.aid import entered, line
from tests.sync.changes import change, new_id
from tests.sync.changes import household as new_household
from tests.sync.phones import Link, Phones, household, phones_in
from tests.sync.shelf import shelf_of
from tests.world import Person, Phone, World

TODAY = date(2026, 3, 2)
MEANS = {
    "kind": "urban",
    "members": 2,
    "housing": "owned_dangerous",
    "income_items": [
        {"kind": "wages", "amount_fen": 140_000},
        {"kind": "disability", "amount_fen": 11_000, "note": "护理补贴"},
    ],
    "income_month": "2026-02",
    "expense_items": [{"kind": "medical", "amount_fen": 90_000}],
    "expense_month": "2026-02",
    "asset_items": [{"kind": "house", "count": 1}],
    "asset_month": "2026-02",
    "debt_items": [{"kind": "medical", "amount_fen": 2_000_000}],
    "needs": ["income", "medical"],
}
SCORES = {"income": "3", "health": "2", "housing": "2", "education": "0", "employment": "1"}
OTHERS = {"care": "1", "safety": "1", "mental": "0", "social": "0", "legal": "0"}


class Home:
    """A family of two, as the worker who opened its file holds it on a phone without a network."""

    def __init__(self, phones: Phones, worker: Person, phone: Replica, link: Link, area: UUID) -> None:
        self.world = phones.world
        self.worker = worker
        self.phone = phone
        self.link = link
        self.area = area
        link.fate = lambda request: "before"
        with phone.group():
            self.family = phone.create("household", area, household("张家", **MEANS))
            self.head = self.member("张三", birth_date="1980-05-06", work="flexible", health="good")
            self.wife = self.member(
                "李四",
                birth_date="1982-01-02",
                work="unable",
                health="chronic",
                disability_kind="4",
                disability_grade="2",
                own_income_fen=0,
            )
        self.screening = phone.create(
            "screening",
            area,
            self.signed(
                consent="written", assets_within_limits=True, heavy_medical_cost=True, **SCORES, **OTHERS
            ),
        )

    def member(self, name: str, **fields: Any) -> UUID:
        """Somebody of the family."""
        form = {"household": str(self.family), "name": name, **fields}
        return self.phone.create("person", self.area, form)

    def signed(self, **fields: Any) -> dict[str, Any]:
        """A form about the family, signed by the worker today."""
        return {"household": str(self.family), "on": TODAY.isoformat(), "by": str(self.worker.id), **fields}

    def refer(self, kind: str = "minimum_living", **fields: Any) -> UUID:
        """An application, as it is drafted."""
        form = {"household": str(self.family), "kind": kind, "state": "drafted", **fields}
        return self.phone.create("referral", self.area, form)

    def values(self, record: UUID) -> dict[str, Any]:
        """What the phone shows of a record."""
        held = self.phone.get(record)
        assert held is not None
        return held.values

    def verdict(self, what: str) -> Verdict:
        """What the phone works out for the family."""
        persons = {str(id): self.values(id) for id in (self.head, self.wife)}
        return said_of(what, Circumstances(self.values(self.family), persons, self.values(self.screening)))

    async def send(self) -> None:
        """Back where there is a network."""
        self.link.fate = lambda request: None
        await self.phone.sync()
        assert self.phone.waiting == 0 and self.phone.problems() == []

    async def online(self, role: str) -> "Desk":
        """Somebody with this role over the community, at a desk."""
        return Desk(self, await self.world.sign_in(await self.world.make_account(role, self.area)))


class Desk:
    """Who reads and writes online."""

    def __init__(self, home: Home, phone: Phone) -> None:
        self.home = home
        self.phone = phone

    async def reads(self, record: UUID) -> dict[str, Any]:
        """What is shown to them of a record."""
        answer = await self.phone.get(f"/api/v1/records/{record}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()["data"]
        return shown

    async def writes(self, collection: str, record: UUID, **fields: Any) -> str:
        """What becomes of an edit made after reading the record."""
        answer = await self.phone.get(f"/api/v1/records/{record}")
        base = answer.json()["rev"]
        edit = change(collection, record, self.home.area, base=base, set=fields)
        said = await self.phone.post("/api/v1/sync", json={"schema": 1, "cursor": None, "changes": [edit]})
        outcome: str = said.json()["results"][0]["outcome"]
        return outcome


def said_of(what: str, of: Circumstances) -> Verdict:
    """What can be said of one kind, the office having entered the line."""
    with entered(line()):
        return next(each for each in verdicts(of, TODAY) if each.what == what)


@pytest.fixture
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_in(world, tmp_path) as made:
        yield made


@pytest.fixture
async def home(phones: Phones) -> Home:
    area = await phones.world.make_area()
    worker = await phones.world.make_account("social_worker", area)
    phone, link = await phones.signed_in(worker)
    return Home(phones, worker, phone, link, area)


async def test_the_phone_says_without_a_network_what_the_family_may_apply_for_and_why(home: Home) -> None:
    found = home.verdict("minimum_living")
    assert found.answer is Answer.MAY
    # 1,400 yuan of wages count and the allowance for disability does not: 700 yuan a head, below 800.
    assert "人均月收入 700.00 元，线为 800.00 元" in found.because().zh
    assert [each.code for each in found.documents][:2] == ["application", "resident_id"]


async def test_who_may_apply_alone_is_named_once_the_family_is_above_the_line(home: Home) -> None:
    home.phone.edit(
        home.family,
        set={"income_items": [{"kind": "wages", "amount_fen": 200_000}], "income_month": "2026-03"},
    )
    found = home.verdict("minimum_living")
    assert (found.answer, found.members) == (Answer.MAY, (str(home.wife),))


async def test_the_supervisor_online_comes_to_the_same_verdict_and_the_same_need(home: Home) -> None:
    before = [home.verdict(what) for what in ("minimum_living", "medical", "housing", "employment")]
    need = assessed(home.values(home.screening), TODAY)
    await home.send()
    boss = await home.online("supervisor")
    persons = {str(id): await boss.reads(id) for id in (home.head, home.wife)}
    seen = Circumstances(await boss.reads(home.family), persons, await boss.reads(home.screening))
    assert [said_of(each.what, seen) for each in before] == before
    assert assessed(seen.answers(), TODAY) == need and need.grade is NeedGrade.MODERATE


async def test_who_reads_no_case_work_is_told_no_verdict(home: Home) -> None:
    await home.send()
    officer = await home.online("community_officer")
    seen = Circumstances(await officer.reads(home.family), {}, await officer.reads(home.screening))
    found = said_of("minimum_living", seen)
    assert found.answer is Answer.UNTOLD and not any(way.is_open for way in found.ways)


async def test_an_application_goes_from_the_kitchen_table_to_the_money(home: Home) -> None:
    referral = home.refer(facts="重残，收入低。", documents=["application"])
    home.phone.edit(referral, set={"state": "consented"}, add={"documents": ["income"]})
    home.phone.edit(referral, set={"state": "sent", "sent_on": "2026-03-02"})
    await home.send()
    officer = await home.online("district_officer")
    assert await officer.writes("referral", referral, state="received", received_on="2026-03-02") == "applied"
    await home.phone.sync()
    held = home.values(referral)
    (decision,) = time_limits(held, TODAY)
    assert (decision.due, decision.state) == (date(2026, 4, 14), LimitState.RUNNING)
    assert reminders(held, date(2026, 4, 7)) and not reminders(held, date(2026, 4, 6))

    asked = {"state": "supplement_asked", "supplement_asked_on": "2026-03-09"}
    assert await officer.writes("referral", referral, **asked) == "applied"
    await home.phone.sync()
    home.phone.edit(
        referral, set={"state": "received", "supplemented_on": "2026-03-12"}, add={"documents": ["assets"]}
    )
    await home.phone.sync()
    decided = {"state": "approved", "decided_on": "2026-03-30"}
    assert await officer.writes("referral", referral, **decided) == "applied"
    await home.phone.sync()
    home.phone.edit(
        referral,
        set={
            "state": "benefits_begun",
            "benefits_begun_on": "2026-04-10",
            "outcome": "granted",
            "amount_fen": 48_000,
            "amount_period": "monthly",
            "review_basis": "varying",
        },
    )
    home.phone.edit(home.family, add={"assistance": ["minimum_living"]})
    await home.phone.sync()
    boss = await home.online("supervisor")
    (review,) = time_limits(await boss.reads(referral), TODAY)
    assert review.due == date(2026, 10, 10)
    assert home.verdict("minimum_living").is_received
    assert set((await boss.reads(referral))["documents"]) == {"application", "income", "assets"}


async def test_a_refusal_is_appealed_in_time(home: Home) -> None:
    referral = home.refer()
    for state in ("consented", "sent", "received"):
        home.phone.edit(referral, set={"state": state})
    await home.send()
    officer = await home.online("district_officer")
    await officer.writes("referral", referral, state="refused", decided_on="2026-03-20", told_on="2026-03-23")
    await home.phone.sync()
    (appeal,) = time_limits(home.values(referral), date(2026, 3, 24))
    assert appeal.due == date(2026, 5, 22)
    home.phone.edit(referral, set={"state": "appealed", "appealed_on": "2026-04-01", "appeal": "核对有误。"})
    await home.phone.sync()
    assert await officer.writes("referral", referral, state="approved") == "applied"


async def test_in_an_emergency_help_comes_first_and_the_papers_are_reminded_of(home: Home) -> None:
    referral = home.refer("temporary", emergency=True, helped_on="2026-03-02", facts="火灾。")
    (papers,) = time_limits(home.values(referral), TODAY)
    assert papers.state is LimitState.UNKNOWN
    home.phone.edit(referral, set={"emergency_over_on": "2026-03-04"})
    (papers,) = time_limits(home.values(referral), TODAY)
    assert papers.due == date(2026, 3, 18)
    await home.send()
    boss = await home.online("supervisor")
    shown = await boss.reads(referral)
    assert [each.state for each in reminders(shown, date(2026, 3, 19))] == [LimitState.OVERDUE]
    home.phone.edit(referral, set={"papers_completed_on": "2026-03-17"})
    await home.phone.sync()
    assert time_limits(await boss.reads(referral), date(2026, 3, 19)) == ()


async def test_no_state_is_skipped_on_the_phone(home: Home) -> None:
    referral = home.refer()
    with pytest.raises(NotValid):
        home.phone.edit(referral, set={"state": "approved"})
    assert home.values(referral)["state"] == "drafted"


STATES = [state.code for state in ReferralState]
NEXT = {state.code: set(state.next) for state in ReferralState}
# By which states each is reached first.
WAYS = {
    "drafted": (),
    "consented": ("consented",),
    "sent": ("consented", "sent"),
    "received": ("consented", "sent", "received"),
    "supplement_asked": ("consented", "sent", "received", "supplement_asked"),
    "approved": ("consented", "sent", "received", "approved"),
    "refused": ("consented", "sent", "received", "refused"),
    "benefits_begun": ("consented", "sent", "received", "approved", "benefits_begun"),
    "appealed": ("consented", "sent", "received", "refused", "appealed"),
    "closed": ("consented", "sent", "received", "refused", "appealed", "closed"),
    "withdrawn": ("withdrawn",),
}


async def test_of_all_steps_between_two_states_the_engine_takes_those_that_are_declared(world: World) -> None:
    area, file = await world.make_area(), new_id()
    worker = await shelf_of(world, "social_worker", area)
    await worker.settle(new_household(area, file))
    tried: dict[str, tuple[str, str]] = {}
    for old in STATES:
        for new in STATES:
            id = new_id()
            form = {"household": str(file), "kind": "temporary", "state": "drafted"}
            steps = [change("referral", id, area, set=form)]
            for state in (*WAYS[old], new):
                steps.append(change("referral", id, area, after=steps[-1]["id"], set={"state": state}))
            tried[steps[-1]["id"]] = old, new
            said = await worker.exchange(*steps)
            *before, last = said["results"]
            assert {each["outcome"] for each in before} == {"applied"}
            assert (last["outcome"] == "applied") == (new == old or new in NEXT[old]), (old, new)
    assert len(tried) == len(STATES) ** 2


@pytest.mark.parametrize("state", [state for state in STATES if state != "drafted"])
async def test_an_application_begins_as_a_draft(world: World, state: str) -> None:
    assert Referral.declaration.fields["state"].states is not None
    area, file = await world.make_area(), new_id()
    worker = await shelf_of(world, "social_worker", area)
    form = {"household": str(file), "kind": "temporary", "state": state}
    said = await worker.settle(new_household(area, file), change("referral", new_id(), area, set=form))
    assert [each["outcome"] for each in said["results"]] == ["applied", "rejected"]


async def test_a_need_is_matched_offline_with_what_a_shop_offers(home: Home) -> None:
    rice = home.phone.create(
        "resource",
        home.area,
        {
            "provider": "shop",
            "kind": "food",
            "state": "available",
            "title": "米面油",
            "name": "某某粮油店",
            "phone": "13800000001",
            "measure": "piece",
            "amount": 2,
            "until": "2026-03-02",
        },
    )
    offered = {str(each.id): each.values for each in home.phone.all("resource")}
    (match,) = matches(Need.INCOME, "620102001001", offered, (), TODAY)
    assert match.fits and match.resource == str(rice)
    link = home.phone.create(
        "resource_link",
        home.area,
        home.signed(resource=str(rice), need="income", state="proposed", amount=2),
    )
    for state in ("accepted", "promised", "given", "confirmed"):
        home.phone.edit(link, set={"state": state})
    home.phone.edit(link, set={"given_on": "2026-03-02", "outcome": "met", "satisfaction": 5})
    await home.send()
    boss = await home.online("supervisor")
    shown = await boss.reads(link)
    assert (shown["state"], shown["outcome"]) == ("confirmed", "met")
    assert left_of(await boss.reads(rice), [shown]) == Left(0)
    city = await home.online("city_officer")
    assert "need" not in await city.reads(link) and "name" not in await city.reads(rice)


async def test_two_workers_who_promise_the_last_of_something_are_shown_that_it_is_too_much(
    home: Home, phones: Phones
) -> None:
    form = {"provider": "charity", "kind": "aids", "state": "available", "title": "助行器"}
    walker = home.phone.create("resource", home.area, {**form, "measure": "piece", "amount": 1})
    await home.send()
    colleague = await home.world.make_account("social_worker", home.area)
    other, _ = await phones.signed_in(colleague)
    families = [home.family, other.create("household", home.area, household("王家"))]
    for phone, family, by in zip((home.phone, other), families, (home.worker, colleague), strict=True):
        assert left_of(home.values(walker), [each.values for each in phone.all("resource_link")]) == Left(1)
        form = {"household": str(family), "resource": str(walker), "on": TODAY.isoformat(), "by": str(by.id)}
        phone.create("resource_link", home.area, {**form, "state": "proposed", "amount": 1})
    for phone in (home.phone, other, home.phone):
        await phone.sync()
    links = [each.values for each in home.phone.all("resource_link")]
    assert left_of(home.values(walker), links) == Left(0, over=1)


async def test_heads_that_two_workers_count_at_a_session_add_up(home: Home, phones: Phones) -> None:
    session = home.phone.create(
        "policy_session",
        home.area,
        {
            "on": TODAY.isoformat(),
            "by": str(home.worker.id),
            "title": "“8+1”救助政策进小区",
            "policies": ["minimum_living", "temporary"],
            "materials": ["leaflet"],
            "form": "stall",
        },
    )
    await home.send()
    colleague = await home.world.make_account("social_worker", home.area)
    other, _ = await phones.signed_in(colleague)
    home.phone.edit(session, increment={"headcount": 23, "copies": 40})
    other.edit(session, increment={"headcount": 12}, add={"policies": ["medical"]})
    for phone in (home.phone, other):
        await phone.sync()
    street = await home.online("street_officer")
    shown = await street.reads(session)
    assert (shown["headcount"], shown["copies"]) == (35, 40)
    assert set(shown["policies"]) == {"minimum_living", "temporary", "medical"}
