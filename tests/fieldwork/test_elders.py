"""Elders' work as a worker does it in a home without a network, and as the supervisor follows it online."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from schemas.elders.ability import ITEMS, most
from schemas.elders.categories import elder_categories
from schemas.elders.mutual_help import helps_as_elder
from schemas.elders.risk import elder_risk
from schemas.elders.visiting import ELDER_CHECKS, next_elder_visit, unmet
from schemas.needs import Risk
from schemas.person import Tag
from sync.replica import NotValid, Replica
from tests.fieldwork.station import Station, values_on
from tests.sync.phones import household
from tests.world import Person

TODAY = date(2026, 11, 20)
BEST = {name: str(most(table)) for group in ITEMS.values() for name, table in group.items()}


class Home:
    """A flat where an elder lives alone, and the worker's phone."""

    def __init__(self, station: Station, worker: Person, phone: Replica) -> None:
        self.station = station
        self.area = area = station.area
        self.worker = worker
        self.phone = phone
        with phone.group():
            self.family = phone.create("household", area, household("李家", kind="urban"))
            self.elder = phone.create(
                "person",
                area,
                {"household": str(self.family), "name": "李桂英", "birth_date": "1942-05-06"},
            )

    def about(self, on: str = TODAY.isoformat(), **values: Any) -> dict[str, Any]:
        """The head of a form about the elder, and what is filled in."""
        return {"subject": str(self.elder), "on": on, "by": str(self.worker.id), **values}

    def call(self, on: str, met: str, **values: Any) -> UUID:
        """A call on the elder."""
        form = self.about(on, kind="home", met=met, **values)
        return self.phone.create("elder_visit", self.area, form)

    def values(self, record: UUID, phone: Replica | None = None) -> dict[str, Any]:
        """What a phone shows of a record."""
        return values_on(phone or self.phone, record)

    def visits(self) -> list[dict[str, Any]]:
        """All calls, as the phone shows them."""
        return [held.values for held in self.phone.all("elder_visit")]


@pytest.fixture
async def home(station: Station) -> Home:
    return Home(station, *await station.somebody())


async def test_a_worker_asks_assesses_and_visits_offline_and_the_supervisor_reads_it_online(
    home: Home,
) -> None:
    phone = home.phone
    lives = phone.create("elder_circumstances", home.area, home.about(living="alone", children="away"))

    # The phone adds up as the items are answered, and knows the level with the last of them.
    answered = dict(list(BEST.items())[:-1])
    assessed = phone.create("elder_assessment", home.area, home.about(**answered, reason="first"))
    seen = home.values(assessed)
    assert (seen["self_care_points"], seen["movement_points"], seen["mind_points"]) == (32, 15, 28)
    assert (seen["senses_points"], seen["points"], seen["level"]) == (None, None, None)
    phone.edit(assessed, set={"company": "4"})
    assert (home.values(assessed)["points"], home.values(assessed)["level"]) == (90, "0")
    phone.edit(assessed, set={"bathing": "1", "walking": "3", "stairs": "1", "transport": "1"})
    assert (home.values(assessed)["points"], home.values(assessed)["level"]) == (82, "1")
    phone.edit(assessed, set={"accidents": 2})
    assert home.values(assessed)["level"] == "2"
    with pytest.raises(NotValid):
        phone.edit(assessed, set={"level": "0"})

    records = {
        "person": home.values(home.elder),
        "household": home.values(home.family),
        "elder_circumstances": home.values(lives),
        "elder_assessment": home.values(assessed),
    }
    groups = [each.code for each in elder_categories(records, TODAY) if each.holds]
    assert groups == [Tag.ELDER_ALONE, Tag.EMPTY_NEST, Tag.DISABLED_ELDER]
    phone.edit(home.elder, add={"tags": [group.code for group in groups]})

    call = home.call("2026-11-20", "met", mood="good", gas="danger", medicine="short")
    assert ELDER_CHECKS.missing(home.values(call))[:2] == ["health_change", "food"]
    risk = elder_risk({**records, "elder_visit": home.values(call)}, TODAY, None)
    assert risk.to_record is Risk.EMERGENCY
    phone.edit(home.elder, set={"risk": risk.counts.code, "risk_note": "燃气软管老化，已联系更换。"})
    again = next_elder_visit(home.visits(), risk.counts, groups, TODAY)
    assert again is not None and again.due_on == date(2026, 11, 21)
    phone.edit(call, set={"next_on": again.due_on.isoformat()})
    await phone.sync()
    assert (phone.waiting, phone.problems()) == (0, [])

    desk = await home.station.desk("supervisor")
    assert await desk.read(assessed) == home.values(assessed)
    assert (await desk.read(home.elder))["risk"] == "emergency"
    online = {
        "person": await desk.read(home.elder),
        "household": await desk.read(home.family),
        "elder_circumstances": await desk.read(lives),
        "elder_assessment": await desk.read(assessed),
    }
    assert [each.code for each in elder_categories(online, TODAY) if each.holds] == groups


async def test_two_who_answer_different_items_without_seeing_each_other_have_assessed_together(
    home: Home,
) -> None:
    items = list(BEST.items())
    assessed = home.phone.create("elder_assessment", home.area, home.about(**dict(items[:10])))
    await home.phone.sync()
    _, boss = await home.station.somebody("supervisor")
    boss.edit(assessed, set={**dict(items[18:]), "mental_diagnosis": True})
    home.phone.edit(assessed, set={**dict(items[10:18]), "eating": "0"})
    await boss.sync()
    await home.phone.sync()
    await boss.sync()
    for phone in (home.phone, boss):
        seen = home.values(assessed, phone)
        assert (seen["points"], seen["level"]) == (86, "2")


async def test_a_door_that_stays_closed_three_times_has_the_committee_told_once(home: Home) -> None:
    home.call("2026-11-16", "unmet")
    home.call("2026-11-18", "unmet")
    assert not unmet(home.visits(), TODAY).is_to_be_told
    last = home.call("2026-11-20", "unmet")
    found = unmet(home.visits(), TODAY)
    assert found.is_to_be_told
    assert found.zh == "自 2026-11-16 起连续 3 次未见到本人，应告知村（居）民委员会"
    home.phone.edit(last, set={"committee_told_on": "2026-11-20"})
    assert not unmet(home.visits(), TODAY).is_to_be_told
    await home.phone.sync()
    desk = await home.station.desk("community_officer")  # whom it concerns reads that it was told, and when
    assert (await desk.read(last))["committee_told_on"] == "2026-11-20"
    assert (await desk.read(last)).keys() == {"subject", "on", "by", "kind", "met", "committee_told_on"}


async def test_an_elder_who_volunteers_looks_in_on_an_elder(home: Home) -> None:
    volunteer = home.phone.create(
        "volunteer",
        home.area,
        {"registered_on": "2026-09-01", "name": "赵德福", "birth_date": "1958-02-03", "skills": ["company"]},
    )
    assert helps_as_elder(home.values(volunteer), TODAY) is True
    pair = home.phone.create(
        "mutual_help",
        home.area,
        home.about(
            volunteer=str(volunteer), state="agreed", kinds=["looking_in", "errands"], times_a_month=8
        ),
    )
    home.phone.edit(pair, set={"state": "under_way"})
    await home.phone.sync()
    _, boss = await home.station.somebody("supervisor")
    boss.edit(pair, set={"state": "paused", "note": "志愿者住院，暂由社工每日电话。"})
    await boss.sync()
    await home.phone.sync()
    seen = home.values(pair)
    assert (seen["state"], seen["note"]) == ("paused", "志愿者住院，暂由社工每日电话。")
    # That somebody is helped is open; with what, only who works on the file reads.
    desk = await home.station.desk("community_officer")
    told = await desk.read(pair)
    assert told and {"kinds", "times_a_month", "note"}.isdisjoint(told)


async def test_nobody_comes_before_both_have_agreed(home: Home) -> None:
    volunteer = home.phone.create("volunteer", home.area, {"registered_on": "2026-09-01", "name": "赵德福"})
    pair = home.phone.create("mutual_help", home.area, home.about(volunteer=str(volunteer), state="proposed"))
    with pytest.raises(NotValid):
        home.phone.edit(pair, set={"state": "under_way"})
