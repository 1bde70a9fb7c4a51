"""What is held on a person is shown to them whole: by whom, and how."""

import io
import json
import zipfile
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from service.persons.sheets import MEDIA_TYPE
from tests.clock import Clock
from tests.service import family as families
from tests.service.family import FAMILYS, HERS, HIS, STRANGERS, Family
from tests.sync.changes import change, household, new_id
from tests.world import World


@pytest.fixture
async def family(world: World) -> Family:
    return await families.made(world)


async def exported(family: Family, who: str = "supervisor") -> dict[str, Any]:
    answer = await family.ask(who, "GET", f"people/{family.he}/export")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cells(workbook: bytes) -> dict[str, list[list[str]]]:
    """The sheets of a workbook, read by what ECMA-376 says of the format and nothing of ours."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        assert parts.testzip() is None
        texts = [
            "".join(node.text or "" for node in item.iter(f"{{{space['m']}}}t"))
            for item in ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
        ]
        names = [
            sheet.attrib["name"]
            for sheet in ElementTree.fromstring(parts.read("xl/workbook.xml")).iter(f"{{{space['m']}}}sheet")
        ]
        found: dict[str, list[list[str]]] = {}
        for number, name in enumerate(names, 1):
            page = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(page.iter(f"{{{space['m']}}}f")), "no cell calculates anything"
            rows = []
            for row in page.iter(f"{{{space['m']}}}row"):
                values = row.findall("m:c", space)
                assert all(cell.attrib["t"] == "s" for cell in values)
                rows.append([texts[int(cell.findtext("m:v", "", space))] for cell in values])
            found[name] = rows
    return found


@pytest.mark.parametrize("who", ["lead", "supervisor"])
async def test_every_field_that_was_written_about_a_person_is_in_the_export(family: Family, who: str) -> None:
    said = await exported(family, who)
    text = json.dumps(said["records"], ensure_ascii=False)
    for planted in (*HIS.values(), *FAMILYS.values()):
        assert planted in text
    lead = family.shelves["lead"]
    for record in said["records"]:
        assert {field["name"] for field in record["fields"]} >= set(lead.data(record["id"]))


async def test_nothing_of_a_stranger_and_nothing_that_is_another_persons_is_in_it(family: Family) -> None:
    text = json.dumps(await exported(family), ensure_ascii=False)
    for planted in (*STRANGERS.values(), *HERS.values()):
        assert planted not in text
    for id in (family.stranger, family.strange_file, family.she, *family.hers.values()):
        assert str(id) not in text


async def test_labels_and_codes_are_in_chinese_and_values_as_stored(family: Family) -> None:
    said = await exported(family)
    visit = next(each for each in said["records"] if each["collection"] == "elder_visit")
    risk = next(field for field in visit["fields"] if field["name"] == "risk")
    assert (visit["label"], risk["label"], risk["value"], risk["text"]) == (
        "老年人探访",
        "风险等级",
        "high",
        "高",
    )
    by = next(field for field in visit["fields"] if field["name"] == "by")
    assert by["text"] == family.people["lead"].name


async def test_it_tells_who_changed_what_and_when(family: Family) -> None:
    base = family.shelves["lead"].records[str(family.he)]["rev"]
    await family.shelves["lead"].settle(
        change("person", family.he, family.area, base=base, set={"phone": "13899990000"})
    )
    changes = [each for each in (await exported(family))["changes"] if each["record"] == str(family.he)]
    assert [each["said"]["set"]["phone"] for each in changes] == [HIS["phone"], "13899990000"]
    assert {each["name"] for each in changes} == {family.people["lead"].name}
    assert changes[-1]["text"] == "联系电话：13899990000"


async def test_it_tells_who_has_seen_it_and_that_it_was_exported(family: Family) -> None:
    await family.shelf("member")
    await exported(family, "lead")
    readings = (await exported(family))["readings"]
    seen = {(each["how"], each["name"]) for each in readings if each["record"] == str(family.he)}
    assert {("sync", family.people["member"].name), ("export", family.people["lead"].name)} <= seen


async def test_it_tells_who_saw_it_where_it_was_before_whatever_was_written_since(family: Family) -> None:
    there = await family.world.make_area()
    for who in ("mover", "keeper"):
        family.people[who] = await family.world.make_account("supervisor", there)
    await family.world.grant(family.people["mover"], "supervisor", family.area)
    await family.shelf("member")
    mover = await family.shelf("mover")
    base = mover.records[str(family.file)]["rev"]
    await mover.settle(change("household", family.file, family.area, op="move", to=there, base=base))
    keeper = await family.shelf("keeper")
    said = await keeper.settle(family.consent(new_id(), family.he, by="keeper", area=there, purpose="photos"))
    assert [each["outcome"] for each in said["results"]] == ["applied"]
    readings = (await exported(family, "keeper"))["readings"]
    seen = {(each["how"], each["name"]) for each in readings if each["record"] == str(family.he)}
    assert ("sync", family.people["member"].name) in seen


async def test_an_export_stands_in_the_audit_of_who_has_seen_the_file(family: Family) -> None:
    await exported(family)
    trail = await family.ask("lead", "GET", f"audit/record?record={family.he}")
    assert trail.json()["entries"][0]["how"] == "export"


async def test_consents_say_whether_they_hold_today(family: Family) -> None:
    id = family.his["consent"]
    said = await exported(family)
    assert [each["in_force"] for each in said["records"] if each["collection"] == "consent"] == [True]
    lead = family.shelves["lead"]
    await lead.settle(
        change(
            "consent",
            id,
            family.area,
            base=lead.records[str(id)]["rev"],
            set={"withdrawn_on": "2026-06-01", "withdrawn_by": "paper"},
        )
    )
    said = await exported(family)
    assert [each["in_force"] for each in said["records"] if each["collection"] == "consent"] == [False]


async def test_a_consent_that_was_deleted_does_not_hold(family: Family) -> None:
    id, lead = family.his["consent"], await family.shelf("lead")
    base = lead.records[str(id)]["rev"]
    await lead.settle(change("consent", id, family.area, op="delete", base=base))
    said = await exported(family)
    assert [each["in_force"] for each in said["records"] if each["id"] == str(id)] == [False]


async def test_a_consent_that_was_erased_does_not_hold(family: Family) -> None:
    await family.decided(family.he)
    await family.run()
    said = await exported(family)
    id = str(family.his["consent"])
    assert [each["in_force"] for each in said["records"] if each["id"] == id] == [False]


async def test_today_is_the_day_in_the_areas(clock: Clock, family: Family) -> None:
    yesterday = await clock.to_the_night()
    lead = await family.shelf("lead")
    ends = new_id()
    await lead.settle(family.consent(ends, family.he, purpose="photos", valid_until=yesterday.isoformat()))
    said = await exported(family)
    assert [each["in_force"] for each in said["records"] if each["id"] == str(ends)] == [False]


async def test_what_waits_in_quarantine_is_held_too(family: Family) -> None:
    lead = await family.shelf("lead")
    visit = {"subject": str(family.he), "on": "2026-05-01", "by": "?", "findings": "未能生效"}
    bad = change("person", family.he, family.area, base=1, set={"phone": "123", "name": "未能生效"})
    said = await lead.exchange(bad, change("elder_visit", new_id(), family.area, set=visit))
    assert [each["outcome"] for each in said["results"]] == ["rejected", "rejected"]
    waiting = (await exported(family))["waiting"]
    assert [(each["change"], each["state"]) for each in waiting] == [(bad["id"], "open")]
    assert waiting[0]["sent"]["set"]["name"] == "未能生效"


async def test_it_warns_that_free_text_may_be_about_others(family: Family) -> None:
    assert "其他人" in (await exported(family))["warning"]


async def test_a_record_that_names_the_person_from_outside_the_file_is_cut_to_the_callers_clearance(
    family: Family,
) -> None:
    volunteer = {
        "name": "王五志愿者",
        "person": str(family.he),
        "resident_id": HIS["resident_id"],
        "registered_on": "2026-01-05",
    }
    supervisor = await family.shelf("supervisor")
    said = await supervisor.exchange(change("volunteer", new_id(), family.area, set=volunteer))
    assert said["results"][0]["outcome"] == "applied", said
    whole = [each for each in (await exported(family))["records"] if each["collection"] == "volunteer"]
    part = [each for each in (await exported(family, "lead"))["records"] if each["collection"] == "volunteer"]
    assert [each["is_cut"] for each in (*whole, *part)] == [False, True]
    assert "resident_id" not in {field["name"] for field in part[0]["fields"]}


@pytest.mark.parametrize("who", ["colleague", "member", "officer"])
async def test_who_does_not_answer_for_the_file_may_not_export_it(family: Family, who: str) -> None:
    for path in ("export", "export.xlsx"):
        answer = await family.ask(who, "GET", f"people/{family.he}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")


@pytest.mark.parametrize("who", ["elsewhere", "administrator"])
async def test_whom_one_does_not_see_does_not_exist(family: Family, who: str) -> None:
    answers = [
        await family.ask(who, "GET", f"people/{person}/{path}")
        for path in ("export", "export.xlsx", "holds")
        for person in (family.he, uuid4())
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_a_record_that_is_no_persons_is_not_found(family: Family) -> None:
    assert (await family.ask("supervisor", "GET", f"people/{family.file}/export")).status_code == 404


async def test_the_workbook_read_again_holds_what_the_export_says(family: Family) -> None:
    said = await exported(family)
    answer = await family.ask("supervisor", "GET", f"people/{family.he}/export.xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    sheets = cells(answer.content)
    for record in said["records"]:
        head, *rows = sheets[record["label"]]
        assert {field["label"] for field in record["fields"]} <= set(head)
        row = next(row for row in rows if row[0] == record["id"])
        assert {field["text"] for field in record["fields"] if field["text"]} <= set(row)
    assert len(sheets["修改记录"]) == 1 + len(said["changes"])
    assert len(sheets["查阅记录"]) > len(said["readings"])


FORMULAS = ["=1+1", "+86 138", "-2+3", "@SUM(A1)", '=HYPERLINK("http://192.0.2.1","x")', "\t=1", "http://a.b"]


async def test_what_looks_like_a_formula_stays_text_in_the_workbook(world: World) -> None:
    area = await world.make_area()
    people = {"supervisor": await world.make_account("supervisor", area)}
    family = Family(world, area, people)
    shelf = await family.shelf("supervisor")
    sent = [household(area, family.file, address=FORMULAS[0])]
    sent.append(change("person", family.he, area, set={"household": str(family.file), "name": FORMULAS[1]}))
    visits = [
        change(
            "elder_visit",
            new_id(),
            area,
            set={
                "subject": str(family.he),
                "on": "2026-05-01",
                "by": str(people["supervisor"].id),
                "findings": text,
            },
        )
        for text in FORMULAS
    ]
    await shelf.settle(*sent, *visits)
    answer = await family.ask("supervisor", "GET", f"people/{family.he}/export.xlsx")
    found = {cell for row in cells(answer.content)["老年人探访"] for cell in row}  # none of them a formula
    assert found >= {text for text in FORMULAS}
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        assert b'quotePrefix="1"' in parts.read("xl/styles.xml")
        assert not [name for name in parts.namelist() if "rels" in name and "sheet" in name], "no links"


async def test_a_field_of_a_newer_client_is_exported_as_it_came(family: Family) -> None:
    lead = family.shelves["lead"]
    base = lead.records[str(family.he)]["rev"]
    await lead.settle(change("person", family.he, family.area, base=base, set={"later": {"deep": ["甲", 1]}}))
    person = (await exported(family))["records"][0]
    later = next(field for field in person["fields"] if field["name"] == "later")
    assert (later["privacy"], later["value"]) == ("confidential", {"deep": ["甲", 1]})
