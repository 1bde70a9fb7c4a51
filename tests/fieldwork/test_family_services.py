"""Marriage and family, funerals, disability: as a worker does it offline and the supervisor follows it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from schemas.family.allowances import allowances
from sync.replica import NotValid, Replica
from tests.fieldwork.station import TODAY, Station, values_on
from tests.world import Person


class Home:
    """A family with a disabled son, on a worker's phone."""

    def __init__(self, station: Station, worker: Person, phone: Replica) -> None:
        self.station = station
        self.worker = worker
        self.phone = phone
        self.file, (self.mother, self.son) = station.family(phone, "马桂兰", "马志强")

    def write(self, collection: str, subject: UUID, **values: Any) -> UUID:
        """A form about one of them."""
        head = {"subject": str(subject), "on": TODAY, "by": str(self.worker.id)}
        return self.phone.create(collection, self.station.area, {**head, **values})


@pytest.fixture
async def home(station: Station) -> Home:
    return Home(station, *await station.somebody())


async def test_a_disabled_person_is_surveyed_told_what_to_apply_for_and_trained(
    station: Station, home: Home
) -> None:
    phone = home.phone
    survey = home.write(
        "disability_survey",
        home.son,
        certificate="held",
        disability_kind="4",
        disability_grade="2",
        on_minimum_living=True,
        in_extreme_poverty=False,
        on_injury_nursing=False,
        on_orphan_allowance=False,
        on_other_allowance=False,
        aids=["wheelchair"],
        rehabilitation=["exercise", "counselling"],
    )
    living, nursing = allowances(values_on(phone, survey), date.fromisoformat(TODAY))
    assert (living.prospect.code, nursing.prospect.code) == ("may_apply", "not_yet_told")
    assert nursing.missing == ("care_months",)
    phone.edit(survey, set={"care_months": 14, "assessment": "需长期照护。"})
    _, nursing = allowances(values_on(phone, survey), date.fromisoformat(TODAY))
    assert nursing.prospect.code == "may_apply"

    applied = home.write("allowance_application", home.son, kind="disabled_nursing", state="drafted")
    for state in ("consented", "sent"):
        phone.edit(applied, set={"state": state})
    plan = home.write(
        "rehabilitation_plan", home.son, state="drafted", services=["exercise"], aims="能自行起身。"
    )
    for state in ("agreed", "under_way"):
        phone.edit(plan, set={"state": state})
    done = phone.create(
        "rehabilitation_record",
        station.area,
        {
            "plan": str(plan),
            "on": TODAY,
            "by": str(home.worker.id),
            "service": "exercise",
            "minutes": 45,
            "progress": "better",
        },
    )
    await phone.sync()
    assert phone.problems() == []

    boss = await station.desk("supervisor")
    assert (await boss.read(survey))["aids"] == ["wheelchair"]
    assert (await boss.read(done))["minutes"] == 45
    assert await boss.write("rehabilitation_plan", plan, opinion="循序渐进。") is None
    bureau = await station.desk("district_officer")
    assert "kind" not in await bureau.read(applied)
    assert await bureau.write("allowance_application", applied, state="received") is None
    assert await bureau.write("allowance_application", applied, state="approved", decided_on=TODAY) is None
    await phone.sync()
    assert values_on(phone, applied)["state"] == "approved"


async def test_an_application_for_an_allowance_skips_no_state(home: Home) -> None:
    applied = home.write("allowance_application", home.son, kind="disabled_living", state="drafted")
    for state in ("sent", "approved", "benefits_begun"):
        with pytest.raises(NotValid):
            home.phone.edit(applied, set={"state": state})


async def test_what_a_couple_quarrels_about_is_read_by_the_supervisor_and_by_no_office(
    station: Station, home: Home
) -> None:
    talk = home.write(
        "family_counselling",
        home.mother,
        kind="marriage",
        topics=["money", "communication"],
        situation="因家庭开支多次争吵。",
        concerns="有推搡。",
        risk="medium",
        sent_on_to=["women"],
        minutes=60,
        next_on="2026-12-04",
    )
    await home.phone.sync()
    read = await (await station.desk("supervisor")).read(talk)
    assert (read["kind"], read["concerns"], read["sent_on_to"]) == ("marriage", "有推搡。", ["women"])
    for role in ("community_officer", "street_officer", "district_officer", "city_officer", "child_officer"):
        told = await (await station.desk(role)).read(talk)
        assert told.keys() == {"subject", "on", "by", "minutes", "next_on"}, role


async def test_the_risk_of_a_family_is_the_graver_of_what_two_workers_saw(
    station: Station, home: Home
) -> None:
    talk = home.write("family_counselling", home.mother, risk="low")
    await home.phone.sync()
    colleague, other = await station.somebody()
    await station.world.join(colleague, station.area, home.file)
    await other.sync()
    home.phone.edit(talk, set={"risk": "high"})
    other.edit(talk, set={"risk": "medium"})
    for phone in (home.phone, other, home.phone):
        await phone.sync()
    assert values_on(home.phone, talk)["risk"] == "high"


async def test_funerals_are_spoken_of_and_nobody_is_named(station: Station, home: Home) -> None:
    talk = home.phone.create(
        "funeral_publicity",
        station.area,
        {
            "on": TODAY,
            "by": str(home.worker.id),
            "form": "talk",
            "topics": ["simple", "ecological"],
            "place": "文化广场",
        },
    )
    await home.phone.sync()
    _, other = await station.somebody("community_officer")
    home.phone.edit(talk, increment={"headcount": 35, "leaflets": 60})
    other.edit(talk, increment={"headcount": 20})
    for phone in (home.phone, other):
        await phone.sync()
    read = await (await station.desk("city_officer")).read(talk)
    assert (read["headcount"], read["leaflets"]) == (55, 60)
