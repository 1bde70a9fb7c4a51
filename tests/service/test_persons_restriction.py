"""A person's data is restricted: off all phones and out of all answers, and back whole when that ends."""

import json
from typing import Any
from uuid import UUID

import pytest

from schemas.privacy import Privacy
from service.audit.verify import verify
from sync.scope import Place
from tests.clock import Clock
from tests.service import family as families
from tests.service.family import FAMILYS, HERS, HIS, REASON, Family
from tests.sync.changes import change, new_id
from tests.world import World

READERS = ["lead", "colleague", "member", "officer", "supervisor"]
LEFT = {"name", "place"}  # open and basic are read on
AWAY = [planted for name, planted in HIS.items() if name not in LEFT and name not in ("witness", "limits")]


@pytest.fixture
async def family(world: World) -> Family:
    return await families.made(world)


def text(records: Any) -> str:
    return json.dumps(records, ensure_ascii=False)


def shown(family: Family, who: str) -> list[str]:
    held = text(family.shelves[who].records)
    return [planted for planted in AWAY if planted in held]


async def taking_back(
    family: Family, consent: str = "consent", on: str = "2026-06-01", **more: Any
) -> dict[str, Any]:
    """The change by which the lead notes that a consent was taken back."""
    lead = await family.shelf("lead")
    id = family.his[consent]
    base = lead.records[str(id)]["rev"]
    taken = {"withdrawn_on": on, "withdrawn_by": "paper"}
    return change("consent", id, family.area, base=base, set=taken, **more)


async def take_back(family: Family, consent: str = "consent") -> dict[str, Any]:
    sent = await taking_back(family, consent)
    return await (await family.shelf("lead")).exchange(sent)


@pytest.mark.parametrize("who", READERS)
async def test_phones_let_go_of_exactly_what_is_beyond_open_and_basic(family: Family, who: str) -> None:
    shelf = await family.shelf(who)
    before = json.loads(text(shelf.records))
    await family.restrict()
    await family.shelf(who)
    assert shown(family, who) == []
    concerned = {str(family.he), str(family.his["elder_visit"]), str(family.his["referral"])}
    for id, record in before.items():
        if id not in concerned:
            assert shelf.records[id] == record
    assert shelf.data(family.he)["name"] == HIS["name"]
    assert shelf.data(family.his["elder_visit"])["place"] == HIS["place"]


@pytest.mark.parametrize("who", READERS)
async def test_when_it_ends_phones_have_again_what_they_had(family: Family, who: str) -> None:
    shelf = await family.shelf(who)
    before = {id: record["data"] for id, record in json.loads(text(shelf.records)).items()}
    await family.restrict()
    await family.shelf(who)
    await family.lift()
    await family.shelf(who)
    assert {id: record["data"] for id, record in shelf.records.items()} == before


@pytest.mark.parametrize("who", READERS)
async def test_an_old_phone_and_a_new_one_agree_while_it_lasts_and_after(family: Family, who: str) -> None:
    old = await family.shelf(who)
    for step in (family.restrict, family.lift):
        await step()
        said = await old.settle(verify=True)
        assert said["digest"].get(str(family.area)) == old.digest(family.area)
        del family.shelves[who]
        new = await family.shelf(who)
        assert new.records == old.records


@pytest.mark.parametrize("who", ["lead", "member", "supervisor"])
async def test_no_answer_shows_it_meanwhile(family: Family, who: str) -> None:
    await family.restrict()
    phone = (await family.shelf(who)).phone
    said = ""
    for id in (family.he, *family.his.values()):
        said += (await phone.get("/api/v1/sync/history", params={"record": str(id)})).text
    listing = {"area": str(family.area), "records": {}}
    said += (await phone.post("/api/v1/sync/manifest", json=listing)).text
    assert [planted for planted in AWAY if planted in said] == []


@pytest.mark.parametrize("who", ["lead", "supervisor"])
async def test_lead_and_supervisor_read_it_in_the_export(family: Family, who: str) -> None:
    await family.restrict()
    said = (await family.ask(who, "GET", f"people/{family.he}/export")).json()
    assert [planted for planted in AWAY if planted not in text(said["records"])] == []
    assert [planted for planted in AWAY if planted not in text(said["changes"])] == []
    marked = {each["id"] for each in said["records"] if each["is_restricted"]}
    assert marked == {str(family.he), str(family.his["elder_visit"]), str(family.his["referral"])}


async def test_others_of_the_family_are_not_concerned(family: Family) -> None:
    await family.restrict()
    held = text((await family.shelf("member")).records)
    assert all(planted in held for planted in (*FAMILYS.values(), HERS["findings"]))


async def test_what_is_written_meanwhile_waits_and_can_be_taken_up_when_it_ends(family: Family) -> None:
    lead = await family.shelf("lead")
    base = lead.records[str(family.he)]["rev"]
    await family.restrict()
    form = {"subject": str(family.he), "on": "2026-06-01", "by": str(family.people["lead"].id)}
    sent = [
        change("person", family.he, family.area, base=base, set={"phone": "13877778888"}),
        change("elder_visit", new_id(), family.area, set=form),
    ]
    said = await lead.exchange(*sent)
    assert [each["problem"]["type"] for each in said["results"]] == ["record-restricted"] * 2
    await family.lift()
    for each in sent:
        answer = await lead.phone.post(f"/api/v1/sync/quarantine/{each['id']}/retry")
        assert answer.json()["outcome"] == "applied", answer.text
    assert (await family.shelf("lead")).data(family.he)["phone"] == "13877778888"


async def test_the_family_does_not_move_while_it_lasts(family: Family) -> None:
    there = await family.world.make_area()
    await family.world.grant(family.people["supervisor"], "supervisor", there)
    await family.restrict()
    supervisor = await family.shelf("supervisor")
    base = supervisor.records[str(family.file)]["rev"]
    said = await supervisor.exchange(
        change("household", family.file, family.area, op="move", to=there, base=base)
    )
    assert said["results"][0]["problem"]["type"] == "record-restricted"


async def test_a_conflict_about_it_is_put_away_and_comes_back(family: Family) -> None:
    lead, supervisor = await family.shelf("lead"), await family.shelf("supervisor")
    base = lead.records[str(family.he)]["rev"]
    for shelf, grade in ((lead, "1"), (supervisor, "2")):
        both = {"disability_kind": "4", "disability_grade": grade}
        await shelf.exchange(change("person", family.he, family.area, base=base, set=both))
    before = await family.shelf("supervisor")
    assert "conflict" in {each["collection"] for each in before.records.values()}
    await family.restrict()
    await family.shelf("supervisor")
    assert "conflict" not in {each["collection"] for each in before.records.values()}
    export = (await family.ask("supervisor", "GET", f"people/{family.he}/export")).json()
    assert "conflict" in {each["collection"] for each in export["records"]}
    await family.lift()
    await family.shelf("supervisor")
    assert "conflict" in {each["collection"] for each in before.records.values()}


@pytest.mark.parametrize("who", READERS)
async def test_who_takes_consent_to_social_work_back_is_off_all_phones_at_once(
    family: Family, who: str
) -> None:
    await family.shelf(who)
    said = await take_back(family)
    assert said["results"][0]["outcome"] == "applied"
    assert {each["id"] for each in said["gone"]} >= {str(family.he)}, "told in the same answer"
    await family.shelf(who)
    assert shown(family, who) == []


async def test_taking_back_is_followed_however_its_json_is_written(family: Family) -> None:
    lead = await family.shelf("lead")
    body = json.dumps({"cursor": lead.cursor, "changes": [await taking_back(family)]})
    escaped = body.replace("withdrawn_on", "withdrawn\\u005fon")
    assert escaped != body
    await lead.phone.post("/api/v1/sync", content=escaped, headers={"content-type": "application/json"})
    await family.shelf("lead")
    assert shown(family, "lead") == []


async def test_taking_back_is_followed_when_it_is_let_through_from_quarantine(family: Family) -> None:
    lead = await family.shelf("lead")
    refused = await taking_back(family, on="昨天")
    said = await lead.exchange(refused)
    assert said["results"][0]["outcome"] == "rejected"
    supervisor = await family.shelf("supervisor")
    repaired = {"change": await taking_back(family)}
    path = f"/api/v1/sync/quarantine/{refused['id']}/retry"
    answer = await supervisor.phone.post(path, json=repaired)
    assert answer.json()["outcome"] == "applied", answer.text
    await family.shelf("lead")
    assert shown(family, "lead") == []


async def test_taking_back_is_followed_when_it_need_no_longer_wait(family: Family) -> None:
    lead = await family.shelf("lead")
    base = lead.records[str(family.she)]["rev"]
    first = change("person", family.she, family.area, base=base, set={"phone": "1"})
    said = await lead.exchange(first, await taking_back(family, after=first["id"]))
    assert [each["outcome"] for each in said["results"]] == ["rejected", "parked"]
    answer = await lead.phone.post(f"/api/v1/sync/quarantine/{first['id']}/dismiss")
    assert answer.status_code == 204, answer.text
    await family.shelf("lead")
    assert shown(family, "lead") == []


async def test_another_consent_that_stands_keeps_things_as_they_are(family: Family) -> None:
    lead = await family.shelf("lead")
    await lead.settle(family.consent(new_id(), family.he))
    await take_back(family)
    assert shown(family, "lead") == AWAY


async def test_one_that_ended_yesterday_by_the_calendar_of_the_areas_does_not(
    clock: Clock, family: Family
) -> None:
    yesterday = await clock.to_the_night()
    lead = await family.shelf("lead")
    await lead.settle(family.consent(new_id(), family.he, valid_until=yesterday.isoformat()))
    await take_back(family)
    await family.shelf("lead")
    assert shown(family, "lead") == []


async def test_one_that_a_child_gave_alone_does_not(family: Family) -> None:
    child, lead = new_id(), await family.shelf("lead")
    born = {
        "household": str(family.file),
        "name": "小明之名",
        "birth_date": "2015-05-06",
        "phone": "13899990000",
    }
    await lead.settle(change("person", child, family.area, set=born))
    for giver in ("guardian", "person"):
        family.his[giver] = new_id()
        await lead.settle(family.consent(family.his[giver], child, given_by=giver))
    await take_back(family, "guardian")
    await family.shelf("lead")
    assert "phone" not in lead.data(child)


async def test_consent_to_something_else_restricts_nothing_when_it_is_taken_back(family: Family) -> None:
    lead = await family.shelf("lead")
    family.his["photos"] = new_id()
    await lead.settle(family.consent(family.his["photos"], family.he, purpose="photos"))
    await take_back(family, "photos")
    assert shown(family, "lead") == AWAY


async def taken_back_unnoticed(family: Family, consent: UUID) -> None:
    """As where a server stopped before it followed."""
    await family.world.pool.execute(
        'UPDATE record SET body_open = (body_open::jsonb || \'{"withdrawn_on": "2026-06-01"}\')::json '
        "WHERE id = $1",
        consent,
    )


async def test_a_withdrawal_that_nobody_followed_is_by_the_next_run(family: Family) -> None:
    await taken_back_unnoticed(family, family.his["consent"])
    await family.run()
    await family.shelf("lead")
    assert shown(family, "lead") == []


async def test_phones_are_told_of_what_a_run_erases_beside_what_it_restricts(family: Family) -> None:
    lead = await family.shelf("lead")
    hers = new_id()
    await lead.settle(family.consent(hers, family.she))
    await taken_back_unnoticed(family, hers)
    await family.decided(family.he)
    done = await family.run()
    place = Place(family.area, family.file, family.people["lead"].id)
    assert done.touched[place] & Privacy.IDENTITY.bit


async def test_who_lifts_it_has_decided_and_it_does_not_come_back_by_itself(family: Family) -> None:
    await take_back(family)
    await family.lift()
    await family.run()
    await family.shelf("lead")
    assert shown(family, "lead") == AWAY


async def test_taking_back_cannot_be_undone_in_the_same_record_but_a_new_consent_can_be_given(
    family: Family,
) -> None:
    await take_back(family)
    lead = await family.shelf("lead")
    id = family.his["consent"]
    for value in (None, "2026-07-01"):
        base = lead.records[str(id)]["rev"]
        said = await lead.exchange(change("consent", id, family.area, base=base, set={"withdrawn_on": value}))
        assert said["results"][0]["problem"]["type"] == "field-fixed"
    said = await lead.exchange(family.consent(new_id(), family.he, given_on="2026-07-01"))
    assert said["results"][0]["outcome"] == "applied"


async def test_an_application_that_a_department_has_goes_on(family: Family) -> None:
    lead = await family.shelf("lead")
    id = family.his["referral"]
    for state in ("consented", "sent", "received"):
        base = lead.records[str(id)]["rev"]
        await lead.settle(change("referral", id, family.area, base=base, set={"state": state}))
    await family.restrict()
    await family.shelf("lead")
    assert shown(family, "lead") == [HIS["facts"]]
    base = lead.records[str(id)]["rev"]
    said = await lead.exchange(change("referral", id, family.area, base=base, set={"state": "approved"}))
    assert said["results"][0]["outcome"] == "applied"


async def test_so_does_one_for_a_disability_allowance(family: Family) -> None:
    lead = await family.shelf("lead")
    id, author = new_id(), str(family.people["lead"].id)
    form = {"subject": str(family.he), "on": "2026-06-01", "by": author, "kind": "disabled_nursing"}
    made = change("allowance_application", id, family.area, set={**form, "state": "drafted"})
    await lead.settle(made)
    for state in ("consented", "sent"):
        base = lead.records[str(id)]["rev"]
        await lead.settle(change("allowance_application", id, family.area, base=base, set={"state": state}))
    await family.restrict()
    await family.shelf("lead")
    base = lead.records[str(id)]["rev"]
    step = change("allowance_application", id, family.area, base=base, set={"state": "received"})
    assert (await lead.exchange(step))["results"][0]["outcome"] == "applied"


@pytest.mark.parametrize("who", ["colleague", "member", "officer"])
async def test_nobody_else_restricts_or_lifts(family: Family, who: str) -> None:
    path = f"people/{family.he}/restriction"
    assert (await family.ask(who, "POST", path, {"reason": REASON})).status_code == 403
    assert (await family.ask(who, "DELETE", path)).status_code == 403
    assert (await family.ask("elsewhere", "DELETE", path)).status_code == 404


async def test_restricting_twice_is_restricting_once(family: Family) -> None:
    await family.restrict()
    await family.restrict("supervisor")
    await family.lift()
    assert (await family.ask("lead", "DELETE", f"people/{family.he}/restriction")).status_code == 404


async def test_what_is_restricted_can_be_erased(family: Family) -> None:
    await family.restrict()
    await family.decided(family.he)
    await family.run()
    after = await family.everything_stored()
    assert [planted for planted in HIS.values() if planted in after] == []
    await family.lift()
    await family.shelf("supervisor")
    assert shown(family, "supervisor") == []


async def test_the_audit_says_of_what_was_put_away_that_it_was_erased(family: Family) -> None:
    await family.restrict()
    await family.decided(family.he)
    done = await family.run()
    said = await family.world.pool.fetchrow(
        "SELECT classes, records FROM audit WHERE chain = $1 AND kind = 'erased'", family.area
    )
    assert said["classes"] & Privacy.CONTACT.bit
    assert set(said["records"]) == {family.he, *family.his.values()}
    assert done.records == len(said["records"])
    async with family.world.pool.acquire() as connection:
        assert (await verify(connection)).findings == []


async def test_the_audit_is_whole_and_says_who_restricted(family: Family) -> None:
    await family.restrict()
    await family.lift("supervisor")
    async with family.world.pool.acquire() as connection:
        assert (await verify(connection)).findings == []
    kinds = await family.world.pool.fetch(
        "SELECT kind, account FROM audit WHERE chain = $1 ORDER BY no DESC LIMIT 2", family.area
    )
    assert [tuple(row) for row in kinds] == [
        ("restriction-lifted", family.people["supervisor"].id),
        ("restricted", family.people["lead"].id),
    ]
