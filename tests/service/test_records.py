"""Records as somebody sees them online: what they read as it is, the rest in masked form or not at all."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from schemas.resident_id import with_check_digit
from service.access.roles import Role
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, Phone, World

RESIDENT_ID = with_check_digit("60000019500312123")
MASKED_ID = f"6000**********{RESIDENT_ID[-4:]}"


class Scene:
    """A community with one family, written by its worker; everybody else comes later."""

    def __init__(self, world: World, area: UUID, worker: Shelf) -> None:
        self.world = world
        self.area = area
        self.worker = worker
        self.family, self.person, self.visit, self.referral = (new_id() for _ in range(4))

    async def fill(self) -> None:
        """A family with an elder, a visit and a referral."""
        family, person = str(self.family), str(self.person)
        await self.worker.settle(
            household(self.area, self.family, note="欠债", address="兰州市七里河区西湖街道 12 号"),
            change(
                "person",
                self.person,
                self.area,
                set={
                    "household": family,
                    "name": "欧阳修",
                    "sex": "1",
                    "birth_date": "1950-03-12",
                    "resident_id": RESIDENT_ID,
                    "phone": "13812341234",
                    "marital": "20",
                    "health": "fair",
                },
            ),
            change(
                "elder_visit",
                self.visit,
                self.area,
                set={
                    "subject": person,
                    "on": "2026-11-20",
                    "by": str(self.worker.phone.person.id),
                    "findings": "独居",
                    "concerns": "疑似受虐",
                },
            ),
            change(
                "referral",
                self.referral,
                self.area,
                set={"household": family, "kind": "medical", "state": "drafted", "facts": "住院"},
            ),
        )
        assert len(self.worker.records) == 4

    async def phone(self, role: str | None) -> Phone:
        """Of somebody new with this role in the community."""
        person = await self.world.make_account(role, *([self.area] if role else []))
        return await self.world.sign_in(person)


@pytest.fixture
async def scene(world: World) -> Scene:
    area = await world.make_area()
    worker = Shelf(await world.sign_in(await world.make_account("social_worker", area)))
    made = Scene(world, area, worker)
    await made.fill()
    return made


async def shown(phone: Phone, id: UUID) -> dict[str, Any]:
    answer = await phone.get(f"/api/v1/records/{id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def page(phone: Phone, area: UUID, **asked: Any) -> dict[str, Any]:
    answer = await phone.get(f"/api/v1/areas/{area}/records", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_who_wrote_a_record_sees_all_of_it(scene: Scene) -> None:
    found = await shown(scene.worker.phone, scene.person)
    assert found["data"] == scene.worker.data(scene.person)
    assert found["masked"] == []
    assert found["rev"] == scene.worker.records[str(scene.person)]["rev"]
    assert (found["collection"], found["area"], found["case"]) == (
        "person",
        str(scene.area),
        str(scene.family),
    )


async def test_another_worker_sees_the_id_number_of_others_clients_masked(scene: Scene) -> None:
    found = await shown(await scene.phone("social_worker"), scene.person)
    assert found["data"]["resident_id"] == MASKED_ID
    assert found["masked"] == ["resident_id"]
    assert found["data"]["name"] == "欧阳修"
    assert "health" not in found["data"]


async def test_a_street_officer_sees_of_a_name_the_surname_and_of_an_address_the_street(scene: Scene) -> None:
    street = await scene.phone("street_officer")
    family = await shown(street, scene.family)
    assert family["data"] == {
        "community": "620103001001",
        "name": "王**",
        "address": "兰州市七里河区西湖街道**",
    }
    assert family["masked"] == ["address", "name"]
    person = await shown(street, scene.person)
    assert person["data"] == {
        "household": str(scene.family),
        "name": "欧阳**",
        "sex": "1",
        "birth_date": "1950",
    }
    assert person["masked"] == ["birth_date", "name"]


async def test_a_member_of_the_file_sees_the_whole_id_number(scene: Scene) -> None:
    colleague = await scene.phone("social_worker")
    await scene.world.join(colleague.person, scene.area, scene.family)
    found = await shown(colleague, scene.person)
    assert (found["data"]["resident_id"], found["masked"]) == (RESIDENT_ID, [])


async def test_who_holds_no_more_than_a_file_sees_its_records(scene: Scene) -> None:
    stranger = await scene.phone(None)
    await scene.world.join(stranger.person, scene.area, scene.family, "viewer")
    assert (await shown(stranger, scene.visit))["data"]["findings"] == "独居"
    listed = await page(stranger, scene.area)
    assert len(listed["records"]) == 4


async def test_the_rev_is_that_of_the_parts_that_are_read_as_they_are(scene: Scene) -> None:
    street = await scene.phone("street_officer")
    before = await page(street, scene.area)
    base = scene.worker.records[str(scene.person)]["rev"]
    await scene.worker.settle(
        change(
            "person", scene.person, scene.area, base=base, set={"name": "欧阳洵", "birth_date": "1950-04-13"}
        )
    )
    assert scene.worker.data(scene.person)["name"] == "欧阳洵"
    assert await page(street, scene.area) == before


@pytest.mark.parametrize("role", ["administrator", "evaluator", None])
async def test_who_reads_nothing_there_is_answered_as_if_there_were_nothing(
    scene: Scene, role: str | None
) -> None:
    phone = await scene.phone(role)
    hidden = await phone.get(f"/api/v1/records/{scene.person}")
    none = await phone.get(f"/api/v1/records/{new_id()}")
    assert (hidden.status_code, hidden.content) == (none.status_code, none.content)
    assert hidden.status_code == 404
    hidden = await phone.get(f"/api/v1/areas/{scene.area}/records")
    none = await phone.get(f"/api/v1/areas/{new_id()}/records")
    assert (hidden.status_code, hidden.content) == (none.status_code, none.content)
    assert hidden.status_code == 404


async def test_a_record_of_another_area_is_not_there(scene: Scene) -> None:
    elsewhere = await scene.world.make_area()
    stranger = await scene.world.sign_in(await scene.world.make_account("supervisor", elsewhere))
    assert (await stranger.get(f"/api/v1/records/{scene.person}")).status_code == 404
    assert (await stranger.get(f"/api/v1/areas/{scene.area}/records")).status_code == 404


async def test_a_deleted_record_is_not_there(scene: Scene) -> None:
    base = scene.worker.records[str(scene.visit)]["rev"]
    await scene.worker.settle(change("elder_visit", scene.visit, scene.area, base=base, op="delete"))
    assert (await scene.worker.phone.get(f"/api/v1/records/{scene.visit}")).status_code == 404
    listed = await page(scene.worker.phone, scene.area)
    assert str(scene.visit) not in {each["id"] for each in listed["records"]}


async def test_pages_have_each_record_once_and_what_was_made_last_first(scene: Scene) -> None:
    supervisor = await scene.phone("supervisor")
    found: list[str] = []
    asked: dict[str, Any] = {"limit": 3}
    while True:
        answer = await page(supervisor, scene.area, **asked)
        found += [each["id"] for each in answer["records"]]
        if answer["next"] is None:
            break
        asked["after"] = answer["next"]
    made = [scene.family, scene.person, scene.visit, scene.referral]
    assert found == [str(id) for id in reversed(made)]


async def test_a_list_is_narrowed_to_a_collection_and_to_a_state(scene: Scene) -> None:
    officer = await scene.phone("city_officer")
    people = await page(officer, scene.area, collection="person")
    assert [each["id"] for each in people["records"]] == [str(scene.person)]
    drafted = await page(officer, scene.area, collection="referral", state="drafted")
    assert [each["id"] for each in drafted["records"]] == [str(scene.referral)]
    assert (await page(officer, scene.area, collection="referral", state="sent"))["records"] == []


async def test_a_page_of_one_state_goes_on_behind_records_in_others(scene: Scene) -> None:
    drafted = [new_id() for _ in range(6)]
    family = str(scene.family)
    for number, id in enumerate(drafted):
        form = {"household": family, "kind": "medical", "state": "drafted"}
        await scene.worker.settle(change("referral", id, scene.area, set=form))
        if number % 2:
            base = scene.worker.records[str(id)]["rev"]
            withdrawn = {"state": "withdrawn"}
            await scene.worker.settle(change("referral", id, scene.area, base=base, set=withdrawn))
    wanted = {"collection": "referral", "state": "drafted", "limit": 2}
    first = await page(scene.worker.phone, scene.area, **wanted)
    second = await page(scene.worker.phone, scene.area, **wanted, after=first["next"])
    found = [each["id"] for each in (*first["records"], *second["records"])]
    assert found == [str(id) for id in (drafted[4], drafted[2], drafted[0], scene.referral)]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"collection": "nonsense"}, "/collection"),
        ({"state": "drafted"}, "/state"),
        ({"collection": "referral", "state": "nonsense"}, "/state"),
        ({"collection": "person", "state": "drafted"}, "/state"),
        ({"limit": 0}, "/limit"),
        ({"after": "x"}, "/after"),
    ],
)
async def test_a_question_that_makes_no_sense_is_answered_with_what_is_wrong(
    scene: Scene, asked: dict[str, Any], pointer: str
) -> None:
    answer = await scene.worker.phone.get(f"/api/v1/areas/{scene.area}/records", params=asked)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_an_open_conflict_is_found_by_its_state(scene: Scene) -> None:
    supervisor = Shelf(await scene.phone("supervisor"))
    await supervisor.settle()
    base = supervisor.records[str(scene.person)]["rev"]
    for shelf, born in ((scene.worker, "1951-01-01"), (supervisor, "1952-01-01")):
        correction = {"birth_date": born}
        await shelf.exchange(change("person", scene.person, scene.area, base=base, set=correction))
    found = await page(supervisor.phone, scene.area, collection="conflict", state="open")
    assert [each["data"]["about"] for each in found["records"]] == [str(scene.person)]
    # It lies in the class of what it is about, of which a street officer sees masked forms, and has none.
    street = await scene.phone("street_officer")
    assert (await page(street, scene.area, collection="conflict"))["records"] == []


async def test_a_field_that_this_server_does_not_know_is_confidential(scene: Scene) -> None:
    base = scene.worker.records[str(scene.person)]["rev"]
    await scene.worker.settle(
        change("person", scene.person, scene.area, base=base, set={"of_tomorrow": "隐情"})
    )
    assert (await shown(scene.worker.phone, scene.person))["data"]["of_tomorrow"] == "隐情"
    assert "of_tomorrow" not in (await shown(await scene.phone("community_officer"), scene.person))["data"]


@pytest.mark.parametrize("role", [role.value for role in Role])
async def test_masked_forms_are_never_synced(scene: Scene, role: str) -> None:
    phone = await scene.phone(role)
    shelf = Shelf(phone)
    await shelf.settle(verify=True)
    manifest = await phone.post("/api/v1/sync/manifest", json={"area": str(scene.area), "records": {}})
    assert manifest.status_code == 200
    for held in (*shelf.seen, manifest.json()):
        assert "**" not in msgspec.json.encode(held).decode()


async def views(world: World, person: Person) -> list[tuple[int, set[UUID]]]:
    rows = await world.pool.fetch(
        "SELECT classes, records FROM audit WHERE kind = 'view' AND account = $1 ORDER BY no", person.id
    )
    return [(row["classes"], set(row["records"])) for row in rows]


CONTACT, IDENTITY, CASE, CONFIDENTIAL = 4, 8, 16, 32


async def test_what_is_read_online_is_kept_account_of(scene: Scene) -> None:
    supervisor = await scene.phone("supervisor")
    await shown(supervisor, scene.person)
    await page(supervisor, scene.area, collection="elder_visit")
    assert await views(scene.world, supervisor.person) == [
        (CONTACT | IDENTITY | CASE, {scene.person}),
        (CASE | CONFIDENTIAL, {scene.visit}),
    ]


async def test_a_masked_id_number_is_kept_account_of_as_well(scene: Scene) -> None:
    colleague = await scene.phone("social_worker")
    await shown(colleague, scene.person)
    assert await views(scene.world, colleague.person) == [(CONTACT | IDENTITY, {scene.person})]


async def test_what_is_open_to_all_is_not(scene: Scene) -> None:
    street = await scene.phone("street_officer")
    await shown(street, scene.person)
    await page(street, scene.area)
    assert await views(scene.world, street.person) == []


async def test_a_person_file_shows_who_looked_at_it_online(scene: Scene) -> None:
    colleague = await scene.phone("social_worker")
    await shown(colleague, scene.person)
    supervisor = await scene.phone("supervisor")
    trail = await supervisor.get("/api/v1/audit/record", params={"record": str(scene.person)})
    (entry,) = [each for each in trail.json()["entries"] if each["how"] == "view"]
    assert (entry["account"], entry["wrote"]) == (str(colleague.person.id), False)
    assert entry["classes"] == ["contact", "identity"]
