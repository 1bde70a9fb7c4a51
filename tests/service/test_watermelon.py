"""What a phone with WatermelonDB is answered, rule by rule; the library itself is tried in tests/clients."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from schemas.collections import COLLECTIONS
from schemas.declare import COUNTER
from service.access.grants import end, grants_of
from service.app import WHOLE_ANSWERS
from sync.clients.watermelon import MOST
from tests.clock import Clock
from tests.service.canaries import canaries
from tests.service.melon import SYNC, Melon
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Person, World

FAMILY = {"name": "王家", "address": "西津东路 575 号", "community": "620103001001"}


class Scene:
    """A community with a worker who has a phone with WatermelonDB, and a supervisor with one of ours."""

    def __init__(self, world: World, area: UUID, worker: Person, melon: Melon, boss: Shelf) -> None:
        self.world = world
        self.area = area
        self.worker = worker
        self.melon = melon
        self.boss = boss

    async def family(self, *, is_theirs: bool = True, **fields: Any) -> str:
        """A household that both have, and whose file the worker leads if it `is_theirs`."""
        made = household(self.area, **fields)
        await self.boss.settle(made)
        if is_theirs:
            await self.world.join(self.worker, self.area, made["record"], "lead", confidential=True)
        await self.melon.settle()
        id: str = made["record"]
        return id

    async def edited_by_boss(self, id: str, **what: Any) -> dict[str, Any]:
        """An edit by the supervisor, who has seen all there is."""
        await self.boss.settle()
        said = await self.boss.settle(
            change("household", UUID(id), self.area, base=self.boss.records[id]["rev"], **what)
        )
        result: dict[str, Any] = said["results"][0] if said["results"] else {}
        return result

    async def stands(self, id: str) -> dict[str, Any]:
        """What stands now, as the supervisor has it."""
        await self.boss.settle()
        return self.boss.data(id)

    async def end_access(self) -> None:
        """The worker holds the community and its files no longer."""
        await self.world.leave(self.worker, self.area)
        async with self.world.pool.acquire() as connection, connection.transaction():
            (grant,) = await grants_of(connection, [self.worker.id])
            await end(connection, grant, by=self.worker.id)

    async def history(self, id: str) -> list[Any]:
        rows = await self.world.pool.fetch(
            "SELECT op, outcome FROM history WHERE record = $1 ORDER BY rev", UUID(id)
        )
        return [tuple(row) for row in rows]


async def scene_of(world: World, *, says: bool = True) -> Scene:
    area = await world.make_area()
    worker = await world.make_account("social_worker", area)
    boss = await shelf_of(world, "supervisor", area)
    return Scene(world, area, worker, Melon(await world.sign_in(worker), says=says), boss)


@pytest.fixture
async def scene(world: World) -> Scene:
    return await scene_of(world)


async def test_a_record_made_on_the_phone_arrives_once(scene: Scene) -> None:
    await scene.melon.settle()
    id = scene.melon.create("household", scene.area, **FAMILY, needs=["medical"])
    await scene.melon.settle()
    stands = await scene.stands(id)
    assert stands["name"] == "王家" and stands["needs"] == ["medical"]
    assert await scene.history(id) == [("write", "applied")]


async def test_what_others_write_is_pulled_as_updated_with_every_column(scene: Scene) -> None:
    id = await scene.family(needs=["medical", "housing"])
    row = scene.melon.row("household", id)
    assert row.keys() - {"_status", "_changed"} == {
        "id",
        "area",
        "case",
        "resolves",
        *COLLECTIONS["household"].fields,
    }
    assert row["needs"] == '["housing","medical"]'
    assert row["area"] == str(scene.area) and row["case"] == id and row["note"] is None


async def test_only_the_columns_that_were_touched_are_taken_for_an_edit(scene: Scene) -> None:
    id = await scene.family()
    scene.melon.edit("household", id, address="新址")
    await scene.edited_by_boss(id, set={"name": "王家（改）"})
    await scene.melon.settle()
    stands = await scene.stands(id)
    assert (stands["name"], stands["address"]) == ("王家（改）", "新址")
    assert scene.melon.row("household", id)["name"] == "王家（改）"


async def test_a_value_written_without_seeing_another_ones_meets_it_by_the_fields_policy(
    scene: Scene,
) -> None:
    id = await scene.family(risk="medium")
    scene.melon.edit("household", id, risk="low")
    await scene.edited_by_boss(id, set={"risk": "high"})
    await scene.melon.settle()
    assert (await scene.stands(id))["risk"] == "high"
    assert scene.melon.row("household", id)["risk"] == "high"


async def test_a_value_written_after_seeing_another_ones_follows_it(scene: Scene) -> None:
    id = await scene.family(risk="medium")
    await scene.edited_by_boss(id, set={"risk": "high"})
    await scene.melon.settle()
    scene.melon.edit("household", id, risk="low")
    await scene.melon.settle()
    assert (await scene.stands(id))["risk"] == "low"


async def test_an_edit_of_which_a_push_was_lost_has_still_not_seen_what_was_pulled_before_it(
    scene: Scene,
) -> None:
    id = await scene.family(risk="medium")
    scene.melon.edit("household", id, risk="low")
    await scene.edited_by_boss(id, set={"risk": "high"})
    await scene.melon.sync("push")
    await scene.melon.sync("push")
    await scene.melon.settle()
    assert (await scene.stands(id))["risk"] == "high"


async def test_a_phone_that_does_not_say_whether_it_has_anything_unsent_syncs_as_well(world: World) -> None:
    scene = await scene_of(world, says=False)
    id = await scene.family(risk="medium")
    scene.melon.edit("household", id, risk="low", needs=["medical"])
    await scene.edited_by_boss(id, set={"risk": "high", "needs": ["housing"]})
    await scene.melon.settle()
    stands = await scene.stands(id)
    assert stands["risk"] == "high" and set(stands["needs"]) == {"housing", "medical"}
    scene.melon.edit("household", id, risk="low")
    await scene.melon.settle()
    assert (await scene.stands(id))["risk"] == "low"


async def test_members_that_were_taken_out_of_a_set_go_and_those_never_seen_stay(scene: Scene) -> None:
    id = await scene.family(needs=["medical", "education"])
    scene.melon.edit("household", id, needs=["medical"])
    await scene.edited_by_boss(id, add={"needs": ["housing"]})
    await scene.melon.settle()
    assert set((await scene.stands(id))["needs"]) == {"medical", "housing"}


async def test_what_is_to_be_decided_by_a_person_arrives_as_a_conflict(scene: Scene) -> None:
    file = await scene.family()
    person = new_id()
    form = {"household": file, "name": "张三", "birth_date": "1950-01-01"}
    await scene.boss.settle(change("person", person, scene.area, set=form))
    await scene.melon.settle()
    scene.melon.edit("person", person, birth_date="1951-01-01")
    rev = scene.boss.records[str(person)]["rev"]
    await scene.boss.settle(change("person", person, scene.area, base=rev, set={"birth_date": "1952-01-01"}))
    await scene.melon.settle()
    assert scene.melon.row("person", person)["birth_date"] == "1952-01-01"
    (conflict,) = scene.melon.rows["conflict"].values()
    assert conflict["state"] == "open" and json.loads(conflict["fields"]) == ["birth_date"]
    scene.melon.edit("person", person, birth_date="1951-01-01", resolves=conflict["id"])
    await scene.melon.settle()
    assert scene.melon.row("person", person)["birth_date"] == "1951-01-01"
    assert scene.melon.row("conflict", conflict["id"])["state"] != "open"


async def test_two_phones_that_count_up_both_count(scene: Scene, world: World) -> None:
    declared = COLLECTIONS["activity"]
    counter = next(name for name, each in declared.fields.items() if each.policy is COUNTER)
    form = {name: canaries(declared)[name].value for name, each in declared.fields.items() if each.required}
    made = change("activity", new_id(), scene.area, set=form | {counter: 10})
    coordinator = await shelf_of(world, "volunteer_coordinator", scene.area)
    await coordinator.settle(made)
    phones = [Melon(await world.sign_in(coordinator.phone.person)) for _ in range(2)]
    for phone in phones:
        await phone.settle()
    phones[0].edit("activity", made["record"], **{counter: 13})
    phones[1].edit("activity", made["record"], **{counter: 8})
    for phone in phones * 2:
        await phone.settle()
    assert [phone.row("activity", made["record"])[counter] for phone in phones] == [11, 11]


async def test_what_is_sent_again_after_a_lost_answer_takes_effect_once(scene: Scene) -> None:
    id = await scene.family()
    scene.melon.edit("household", id, address="新址")
    made = scene.melon.create("household", scene.area, **FAMILY)
    for lost in ("answer", "pull", "push", "answer"):
        await scene.melon.sync(lost)
    await scene.melon.settle()
    assert [len(await scene.history(each)) for each in (id, made)] == [2, 1]


async def test_an_edit_after_a_lost_answer_is_one_more_and_takes_nothing_back(scene: Scene) -> None:
    await scene.melon.settle()
    id = scene.melon.create("household", scene.area, **FAMILY, housing="owned")
    await scene.melon.sync("answer")
    scene.melon.edit("household", id, address="新址")
    await scene.edited_by_boss(id, set={"name": "王家（改）"})
    await scene.melon.settle()
    stands = await scene.stands(id)
    assert (stands["name"], stands["address"], stands["housing"]) == ("王家（改）", "新址", "owned")


async def test_doing_the_same_again_after_somebody_undid_it_is_a_new_edit(scene: Scene) -> None:
    id = await scene.family(address="甲")
    for _ in range(3):
        scene.melon.edit("household", id, address="乙")
        await scene.melon.settle()
        assert (await scene.stands(id))["address"] == "乙"
        await scene.edited_by_boss(id, set={"address": "甲"})
        await scene.melon.settle()
        assert scene.melon.row("household", id)["address"] == "甲"


async def test_an_edit_that_cannot_be_applied_is_kept_and_the_phone_is_told_what_stands(scene: Scene) -> None:
    id = await scene.family(members=3)
    other = await scene.family()
    scene.melon.edit("household", id, members=0)
    scene.melon.edit("household", other, members=4)
    await scene.melon.settle()
    assert scene.melon.pushed == {"experimentalRejectedIds": {}}
    assert scene.melon.row("household", id)["members"] == 3
    assert scene.melon.row("household", other)["members"] == 4
    kept = await scene.world.pool.fetch("SELECT record FROM quarantine")
    assert [str(row["record"]) for row in kept] == [id]


async def test_a_record_that_cannot_be_made_is_kept_and_goes_from_the_phone(scene: Scene) -> None:
    await scene.melon.settle()
    id = scene.melon.create("household", scene.area, name="王家")
    bad = scene.melon.create("household", UUID(int=1), **FAMILY)
    await scene.melon.settle()
    assert id not in scene.melon.rows["household"] and bad not in scene.melon.rows["household"]
    assert await scene.world.pool.fetchval("SELECT count(*) FROM quarantine") == 2


async def test_a_row_under_an_id_that_is_none_of_ours_is_kept(scene: Scene) -> None:
    await scene.melon.settle()
    row = {"id": "Ab3dEf9hIj2lMn5p", "area": str(scene.area), "_status": "created", "_changed": "", **FAMILY}
    for _ in range(2):
        said = await scene.melon.push({"household": {"created": [row], "updated": [], "deleted": []}})
        assert said == {"experimentalRejectedIds": {}}
    assert await scene.world.pool.fetchval("SELECT count(*) FROM quarantine") == 1


async def test_what_waits_for_what_it_belongs_to_stays_on_the_phone(scene: Scene) -> None:
    await scene.melon.settle()
    file = str(new_id())
    person = scene.melon.create("person", scene.area, household=file, name="张三")
    await scene.melon.settle()
    assert person in scene.melon.rows["person"]
    await scene.boss.settle(household(scene.area, UUID(file)))
    await scene.melon.settle()
    assert scene.melon.row("person", person)["case"] == file
    assert person in scene.melon.rows["person"]


async def test_a_deleted_record_goes_and_one_that_is_not_known_is_passed_over(scene: Scene) -> None:
    id = await scene.family()
    scene.melon.delete("household", id)
    scene.melon.deleted["household"].add(str(new_id()))
    await scene.melon.settle()
    await scene.boss.settle()
    assert id not in scene.boss.records and id not in scene.melon.rows["household"]
    assert await scene.history(id) == [("write", "applied"), ("delete", "applied")]


async def test_a_record_that_may_not_be_deleted_comes_back(scene: Scene, world: World) -> None:
    id = await scene.family()
    await scene.edited_by_boss(id, set={"note": "上门"})
    reader = Melon(await world.sign_in(await world.make_account("community_officer", scene.area)))
    await reader.settle()
    reader.delete("household", id)
    await reader.settle()
    assert reader.row("household", id)["name"] == "王家"
    await scene.boss.settle()
    assert id in scene.boss.records


async def test_an_edit_against_somebody_elses_delete_is_not_destroyed_by_the_pull(scene: Scene) -> None:
    id = await scene.family()
    scene.melon.edit("household", id, address="新址")
    await scene.boss.settle()
    rev = scene.boss.records[id]["rev"]
    await scene.boss.settle(change("household", UUID(id), scene.area, base=rev, op="delete"))
    await scene.melon.settle()
    assert (await scene.stands(id))["address"] == "新址"
    assert scene.melon.row("household", id)["address"] == "新址"
    assert [each["kind"] for each in scene.melon.rows["conflict"].values()] == ["delete"]


async def test_what_may_no_longer_be_read_of_a_record_is_told_as_null(scene: Scene, world: World) -> None:
    file = await scene.family(note="欠债")
    assert scene.melon.row("household", file)["note"] == "欠债"
    await scene.world.leave(scene.worker, scene.area, file)
    await scene.melon.settle()
    row = scene.melon.row("household", file)
    assert row["name"] == "王家" and row["note"] is None


async def test_a_null_that_only_says_what_one_was_shown_empties_nothing(scene: Scene, world: World) -> None:
    file = await scene.family(is_theirs=False, note="欠债")
    assert scene.melon.row("household", file)["note"] is None
    scene.melon.edit("household", file, note=None, address="新址")
    await scene.melon.settle()
    stands = await scene.stands(file)
    assert (stands["note"], stands["address"]) == ("欠债", "新址")


async def test_when_access_ends_unsent_work_arrives_before_the_phone_is_told_to_let_go(
    scene: Scene, world: World
) -> None:
    id = await scene.family()
    scene.melon.edit("household", id, address="新址")
    await scene.end_access()
    await scene.melon.sync("push")
    assert scene.melon.row("household", id)["address"] == "新址"
    await scene.melon.sync()
    kept = await world.pool.fetchval("SELECT count(*) FROM quarantine WHERE record = $1", UUID(id))
    assert kept + len(await scene.history(id)) == 2
    assert id in scene.melon.rows["household"]
    await scene.melon.sync()
    assert scene.melon.rows["household"] == {}


async def test_when_access_ends_a_phone_with_nothing_unsent_lets_go_at_once(
    scene: Scene, world: World
) -> None:
    await scene.family()
    await scene.end_access()
    await scene.melon.sync()
    assert scene.melon.rows["household"] == {}


async def test_a_phone_that_says_nothing_lets_go_after_a_quarter_of_an_hour(
    clock: Clock, world: World
) -> None:
    scene = await scene_of(world, says=False)
    await scene.family()
    await scene.end_access()
    for _ in range(3):
        await scene.melon.sync()
        assert scene.melon.rows["household"]
    await clock.forward(minutes=16)
    await scene.melon.sync("pull")  # an answer that is lost is told again
    await scene.melon.sync()
    assert scene.melon.rows["household"] == {}


async def test_in_the_first_answer_there_is_nothing_to_let_go_of(scene: Scene, world: World) -> None:
    id = await scene.family()
    await scene.boss.settle()
    rev = scene.boss.records[id]["rev"]
    await scene.boss.settle(change("household", UUID(id), scene.area, base=rev, op="delete"))
    again = Melon(scene.melon.phone)
    pulled = await again.pull()
    assert all(rows["deleted"] == [] and rows["created"] == [] for rows in pulled["changes"].values())
    again.apply(pulled)
    assert id not in again.rows["household"]


async def test_a_long_answer_comes_in_pieces_and_the_phone_misses_nothing(scene: Scene) -> None:
    await scene.melon.settle()
    made = [household(scene.area, name=f"王家 {number}") for number in range(MOST + 5)]
    for start in range(0, len(made), 500):
        await scene.boss.settle(*made[start : start + 500])
    newcomer = Melon(await scene.world.sign_in(scene.worker))
    await newcomer.sync()
    assert newcomer.pulled["has_more"] and len(newcomer.rows["household"]) == MOST
    await newcomer.settle()
    assert len(newcomer.rows["household"]) == MOST + 5


async def test_a_position_of_no_data_set_that_is_known_leads_to_all_and_nothing_else(scene: Scene) -> None:
    id = await scene.family()
    stray = str(new_id())
    scene.melon.rows["household"][stray] = {"id": stray, "_status": "synced", "_changed": ""}
    new = scene.melon.create("household", scene.area, **FAMILY)
    scene.melon.edit("household", id, address="新址")
    scene.melon.last_pulled_at = 5
    await scene.melon.sync()
    assert scene.melon.pulled.get("experimentalStrategy") is None
    await scene.melon.sync("pull")
    await scene.melon.sync()
    assert scene.melon.pulled["experimentalStrategy"] == "replacement"
    assert scene.melon.rows["household"].keys() == {id, new}
    assert (await scene.stands(id))["address"] == "新址"
    await scene.melon.sync()
    assert "experimentalStrategy" not in scene.melon.pulled


async def test_an_app_that_was_brought_up_to_date_is_told_what_it_has_room_for_now(scene: Scene) -> None:
    plain, noted = await scene.family(), await scene.family(members=3)
    migration = {
        "from": 1,
        "tables": ["tables_of_tomorrow"],
        "columns": [{"table": "household", "columns": ["members", "of_tomorrow"]}],
    }
    pulled = await scene.melon.pull(migration=json.dumps(migration))
    assert [row["id"] for row in pulled["changes"]["household"]["updated"]] == [noted]
    pulled = await scene.melon.pull(migration=json.dumps({"from": 1, "tables": ["household"], "columns": []}))
    assert {row["id"] for row in pulled["changes"]["household"]["updated"]} == {plain, noted}


async def test_a_household_moves_with_its_area(scene: Scene, world: World) -> None:
    id = await scene.family()
    there = await world.make_area()
    for person in (scene.worker, scene.boss.phone.person):
        await world.grant(person, "social_worker", there)
    await scene.melon.settle()
    scene.melon.edit("household", id, area=str(there))
    await scene.melon.settle()
    await scene.boss.settle()
    assert scene.boss.records[id]["area"] == str(there)
    assert scene.melon.row("household", id)["area"] == str(there)


async def test_a_client_that_does_not_send_which_columns_were_touched_is_understood(scene: Scene) -> None:
    id = await scene.family(housing="owned")
    row = {**scene.melon.row("household", id), "address": "新址"}
    del row["_changed"], row["_status"]
    await scene.melon.push({"household": {"created": [], "updated": [row], "deleted": []}})
    stands = await scene.stands(id)
    assert (stands["address"], stands["housing"]) == ("新址", "owned")


async def test_tables_and_columns_of_a_newer_app_are_passed_over(scene: Scene) -> None:
    await scene.melon.settle()
    id = scene.melon.create("household", scene.area, **FAMILY, of_tomorrow="?")
    scene.melon.create("tables_of_tomorrow", scene.area)
    await scene.melon.settle()
    assert "of_tomorrow" not in await scene.stands(id)


async def test_the_schema_is_what_the_library_takes(scene: Scene) -> None:
    said = (await scene.melon.phone.get("/api/v1/clients/watermelon/schema")).json()
    assert {table["name"] for table in said["tables"]} == COLLECTIONS.keys()
    for table in said["tables"]:
        for column in table["columns"]:
            assert column["type"] in ("string", "number", "boolean")
            assert column["isOptional"] == (column["name"] != "area")
            assert column["name"] not in ("id", "_status", "_changed", "created_at", "updated_at")


@pytest.mark.parametrize(
    "query",
    [
        "last_pulled_at=0",
        "last_pulled_at=-1",
        "last_pulled_at=1.5",
        "last_pulled_at=",
        "last_pulled_at=now",
        "last_pulled_at=null&migration=7",
        "last_pulled_at=null&migration={",
        "last_pulled_at=null&schema_version=x",
        "last_pulled_at=null&has_unsynced=perhaps",
    ],
)
async def test_a_pull_that_makes_no_sense_is_told_so(scene: Scene, query: str) -> None:
    answer = await scene.melon.phone.get(f"{SYNC}?{query}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["errors"], answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"household": []}', b'{"household": {"updated": [7]}}'])
async def test_a_push_that_makes_no_sense_is_told_so(scene: Scene, body: bytes) -> None:
    answer = await scene.melon.phone.post(f"{SYNC}?last_pulled_at=1", content=body)
    assert answer.status_code in (400, 422), answer.text


async def test_many_phones_that_pull_at_once_are_all_told_everything(scene: Scene) -> None:
    families = {await scene.family(is_theirs=False) for _ in range(3)}
    phones = [Melon(await scene.world.sign_in(scene.worker)) for _ in range(3 * WHOLE_ANSWERS)]
    await asyncio.gather(*(phone.settle() for phone in phones))
    assert all(set(phone.rows["household"]) == families for phone in phones)
