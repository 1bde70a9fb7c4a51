"""Children's work as a worker does it in a home without a network, and as a supervisor follows it online."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from schemas.about_person import newest
from schemas.children.categories import child_categories
from schemas.children.guardianship import Guardianship, guardianship
from schemas.children.risk import child_risk
from schemas.children.visiting import CHILD_CHECKS, next_child_visit
from schemas.needs import Risk
from schemas.person import Tag
from schemas.verdict import compared
from sync.replica import NotValid, Replica
from tests.fieldwork.station import Station, values_on
from tests.sync.phones import household
from tests.world import Person

TODAY = date(2026, 11, 20)
PRISON = {"circumstance": "prison", "since": "2025-03-01", "until": "2029-03-01"}


class Home:
    """A home in the countryside where a child lives with its grandmother, and the worker's phone."""

    def __init__(self, station: Station, worker: Person, phone: Replica) -> None:
        self.station = station
        self.area = area = station.area
        self.worker = worker
        self.phone = phone
        with phone.group():
            self.family = phone.create(
                "household", area, household(kind="rural", categories=["minimum_living"])
            )
            self.child = phone.create(
                "person",
                area,
                {"household": str(self.family), "name": "张小雨", "birth_date": "2011-05-06"},
            )

    def about(self, subject: str = "subject", **values: Any) -> dict[str, Any]:
        """The head of a form about the child, and what is filled in."""
        return {subject: str(self.child), "on": TODAY.isoformat(), "by": str(self.worker.id), **values}

    def values(self, record: UUID, phone: Replica | None = None) -> dict[str, Any]:
        """What a phone shows of a record."""
        return values_on(phone or self.phone, record)

    def records(self, phone: Replica | None = None) -> dict[str, dict[str, Any]]:
        """What a phone knows of the child, by collection: the newest of each."""
        shows = phone or self.phone
        found = {"person": self.values(self.child, shows), "household": self.values(self.family, shows)}
        for collection in ("child_circumstances", "guardianship_assessment", "child_visit"):
            made = newest([held.values for held in shows.all(collection)], TODAY)
            if made is not None:
                found[collection] = dict(made)
        return found


@pytest.fixture
async def home(station: Station) -> Home:
    return Home(station, *await station.somebody())


async def test_a_worker_checks_assesses_visits_and_plans_offline_and_the_supervisor_reads_it_online(
    home: Home,
) -> None:
    phone = home.phone
    # What keeps the parents from caring: the phone says which groups the child is of, and records them.
    checked = phone.create(
        "child_circumstances",
        home.area,
        home.about(father=PRISON, mother={"circumstance": "dead"}, proofs=["judgment", "death"]),
    )
    found = child_categories(home.records(), TODAY)
    groups = [each.code for each in found if each.holds]
    assert groups == [Tag.CHILD_IN_DIFFICULTY, Tag.UNSUPPORTED_CHILD]
    phone.edit(home.child, add={"tags": [group.code for group in groups]})
    assert compared(home.values(home.child)["tags"], found).lacking == ()

    # How the grandmother copes is worked out as the form is filled in.
    answers = dict.fromkeys(("health", "income", "time", "understanding", "environment", "bond"), "good")
    assessed = phone.create(
        "guardianship_assessment",
        home.area,
        home.about(**answers, guardian="grandparents", willingness="strained", violence="none"),
    )
    seen = home.values(assessed)
    assert (seen["result"], seen["conduct"]) == ("at_risk", None)
    phone.edit(assessed, set={"neglect": "none", "addiction": "none"})
    seen = home.values(assessed)
    assert (seen["result"], seen["conduct"]) == ("at_risk", "good")
    assert guardianship(seen) is Guardianship.AT_RISK

    # The visit: what is still to be asked, what risk it shows, and when to come again.
    visit = phone.create(
        "child_visit", home.area, home.about(kind="home", met="met", mood="concern", schooling="absent_often")
    )
    assert "guardian_wish" in CHILD_CHECKS.missing(home.values(visit))
    risk = child_risk(home.records(), TODAY, None)
    assert risk.to_record is Risk.HIGH
    phone.edit(home.child, set={"risk": risk.counts.code})
    again = next_child_visit([home.values(visit)], risk.counts, TODAY)
    assert again is not None and again.due_on == date(2026, 11, 27)
    phone.edit(visit, set={"next_on": again.due_on.isoformat()})

    # A plan that the family has agreed to, with its steps.
    plan = phone.create(
        "child_plan",
        home.area,
        home.about(
            state="agreed",
            themes=["mental_health", "grandparents"],
            guardian_work=["grandparents", "law"],
            goals="三个月内恢复正常到校。",
            review_on="2027-02-20",
        ),
    )
    step = phone.create(
        "child_plan_step",
        home.area,
        {
            "child": str(home.child),
            "plan": str(plan),
            "state": "open",
            "due_on": "2026-12-04",
            "owner": str(home.worker.id),
            "what": "与班主任商定到校安排",
        },
    )
    assert phone.waiting == 11  # nothing of it needed the network
    await phone.sync()
    assert (phone.waiting, phone.problems()) == (0, [])

    # The supervisor reads all of it at a desk, and comes to the same by the same rules.
    desk = await home.station.desk("supervisor")
    records = {
        "person": await desk.read(home.child),
        "household": await desk.read(home.family),
        "child_circumstances": await desk.read(checked),
        "guardianship_assessment": await desk.read(assessed),
        "child_visit": await desk.read(visit),
    }
    assert records == home.records()
    assert child_categories(records, TODAY) == found
    assert (await desk.read(plan))["goals"] == "三个月内恢复正常到校。"
    assert (await desk.read(step))["due_on"] == "2026-12-04"
    # The child officer reads it too, for it is about a child.
    officer = await home.station.desk("child_officer")
    assert await officer.read(checked) == records["child_circumstances"]


async def test_the_supervisor_evaluates_the_plan_and_lowers_the_risk_and_the_worker_hears_of_it(
    home: Home,
) -> None:
    phone = home.phone
    plan = phone.create("child_plan", home.area, home.about(state="agreed", goals="按时到校。"))
    phone.edit(home.child, set={"risk": "high"})
    phone.edit(plan, set={"state": "under_way"})
    await phone.sync()
    _, boss = await home.station.somebody("supervisor")
    boss.edit(plan, set={"state": "evaluated", "evaluation": "已连续八周全勤。"})
    boss.edit(home.child, set={"risk": "medium", "risk_note": "到校和情绪均已稳定，改为每月走访。"})
    await boss.sync()
    await phone.sync()
    assert home.values(plan)["state"] == "evaluated"
    assert home.values(home.child)["risk"] == "medium"
    desk = await home.station.desk("supervisor")
    history = await desk.phone.get("/api/v1/sync/history", params={"record": str(home.child)})
    assert "改为每月走访" in history.text


async def test_a_plan_cannot_skip_its_agreement_with_the_family(home: Home) -> None:
    with pytest.raises(NotValid) as refused:
        home.phone.create("child_plan", home.area, home.about(state="under_way"))
    assert [error.pointer for error in refused.value.errors] == ["/set/state"]
    plan = home.phone.create("child_plan", home.area, home.about(state="drafted"))
    with pytest.raises(NotValid):
        home.phone.edit(plan, set={"state": "under_way"})


async def test_a_warning_that_the_supervisor_has_not_read_outlives_their_lowering(home: Home) -> None:
    home.phone.edit(home.child, set={"risk": "medium"})
    await home.phone.sync()
    _, boss = await home.station.somebody("supervisor")
    home.phone.edit(home.child, set={"risk": "emergency"})  # on the phone, without a network
    boss.edit(home.child, set={"risk": "low"})
    await boss.sync()
    await home.phone.sync()
    await boss.sync()
    assert home.values(home.child, boss)["risk"] == "emergency"
    boss.edit(home.child, set={"risk": "low", "risk_note": "已当面核实，孩子安全。"})
    await boss.sync()
    assert home.values(home.child, boss)["risk"] == "low"


async def test_two_who_found_different_things_of_a_parent_leave_the_choice_to_a_person(home: Home) -> None:
    checked = home.phone.create("child_circumstances", home.area, home.about(father={"circumstance": "none"}))
    await home.phone.sync()
    _, boss = await home.station.somebody("supervisor")
    lost = {"circumstance": "out_of_contact", "since": "2026-01-05"}
    boss.edit(checked, set={"father": lost})
    home.phone.edit(checked, set={"father": PRISON})
    await boss.sync()
    await home.phone.sync()
    await boss.sync()
    assert home.values(checked, boss)["father"] == lost
    (conflict,) = boss.conflicts()
    boss.resolve(conflict.id, {"father": PRISON})
    await boss.sync()
    await home.phone.sync()
    assert home.values(checked)["father"] == PRISON and not home.phone.conflicts()


async def test_steps_that_two_people_ticked_off_on_one_day_are_both_done(home: Home) -> None:
    plan = home.phone.create("child_plan", home.area, home.about(state="agreed"))
    of_plan = {"child": str(home.child), "plan": str(plan), "state": "open"}
    steps = [
        home.phone.create("child_plan_step", home.area, {**of_plan, "what": what})
        for what in ("联系班主任", "申请补贴")
    ]
    await home.phone.sync()
    _, boss = await home.station.somebody("supervisor")
    boss.edit(steps[0], set={"state": "done", "done_on": "2026-11-20"})
    home.phone.edit(steps[1], set={"state": "done", "done_on": "2026-11-20"})
    await boss.sync()
    await home.phone.sync()
    assert [home.values(step)["state"] for step in steps] == ["done", "done"]


async def test_a_colleague_on_the_file_is_told_nothing_of_why_a_parent_is_away(home: Home) -> None:
    for_all: dict[str, Any] = {"father_away": True, "mother_away": False}
    checked = home.phone.create(
        "child_circumstances",
        home.area,
        home.about(father=PRISON, mother={"circumstance": "dead"}, proofs=["judgment"], **for_all),
    )
    await home.phone.sync()
    colleague = await home.station.world.make_account("social_worker", home.area)
    await home.station.world.join(colleague, home.area, home.family)
    phone, _ = await home.station.phones.signed_in(colleague)
    seen = home.values(checked, phone)
    assert {"father", "mother", "proofs"}.isdisjoint(seen)
    assert {name: seen[name] for name in for_all} == for_all
    (unsupported,) = [
        each for each in child_categories(home.records(phone), TODAY) if each.code is Tag.UNSUPPORTED_CHILD
    ]
    assert unsupported.holds is None
    assert "child_circumstances.father.circumstance" in unsupported.missing


async def test_signs_of_harm_found_on_a_visit_start_the_report_and_an_emergency(home: Home) -> None:
    home.phone.create("child_visit", home.area, home.about(kind="home", met="met", harm=["violence"]))
    risk = child_risk(home.records(), TODAY, Risk.LOW)
    assert (risk.to_record, risk.signs[0].facts) == (Risk.EMERGENCY, ("child_visit.harm",))
    await home.phone.sync()
    (report,) = home.phone.all("mandatory_report")
    assert report.values["state"] == "to_report"
