"""What devices receive: everything they may hold, nothing else, in any order and at any page size."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import World


async def filled(world: World, count: int) -> tuple[UUID, Shelf]:
    """A community with `count` households, and the phone of who wrote them."""
    area = await world.make_area()
    writer = await shelf_of(world, "supervisor", area)
    await writer.settle(
        *(household(area, name=f"{n}号", note=f"备注{n}", needs=["medical"]) for n in range(count))
    )
    return area, writer


@pytest.mark.parametrize("limit", [1, 2, 7, 20, 21, 5000])
async def test_every_page_size_brings_everything_once(world: World, limit: int) -> None:
    area, writer = await filled(world, 20)
    reader = await shelf_of(world, "supervisor", area)
    last = await reader.settle(limit=limit, verify=True)
    assert {id: record["data"] for id, record in reader.records.items()} == {
        id: record["data"] for id, record in writer.records.items()
    }
    delivered = [entry["id"] for said in reader.seen for entry in said["records"]]
    assert len(delivered) == len(set(delivered)) == 20
    assert last["digest"] == {str(area): reader.digest(area)}
    assert all(said["records"] for said in reader.seen if not said["complete"])


@pytest.mark.parametrize("limit", [1, 3, 5000])
async def test_who_sees_few_classes_gets_these_in_every_page_size(world: World, limit: int) -> None:
    area, writer = await filled(world, 10)
    reader = await shelf_of(world, "community_officer", area)
    last = await reader.settle(limit=limit, verify=True)
    assert set(reader.records) == set(writer.records)
    assert {name for record in reader.records.values() for name in record["data"]} == {
        "community",
        "name",
        "address",
        "needs",
    }
    assert last["digest"] == {str(area): reader.digest(area)}


async def test_nothing_new_is_said_in_the_same_words_and_few_bytes(world: World) -> None:
    area, _ = await filled(world, 5)
    reader = await shelf_of(world, "supervisor", area)
    first = await reader.settle()
    again = await reader.phone.post("/api/v1/sync", json={"cursor": first["cursor"]})
    assert again.json()["cursor"] == first["cursor"]
    assert (again.json()["records"], again.json()["complete"]) == ([], True)
    assert len(again.content) < 400


async def test_what_a_device_has_just_sent_does_not_come_back_to_it(world: World) -> None:
    area = await world.make_area()
    writer = await shelf_of(world, "supervisor", area)
    said = await writer.exchange(household(area), household(area))
    assert [result["outcome"] for result in said["results"]] == ["applied", "applied"]
    assert said["records"] == []
    assert (await writer.exchange())["records"] == []


async def test_what_a_colleague_changed_meanwhile_does_come(world: World) -> None:
    area, writer = await filled(world, 1)
    colleague = await shelf_of(world, "supervisor", area)
    await colleague.settle()
    (id,) = colleague.records
    base = colleague.records[id]["rev"]
    await colleague.settle(change("household", UUID(id), area, base=base, set={"name": "李家"}))
    said = await writer.settle(change("household", UUID(id), area, base=base, set={"address": "新港城"}))
    assert said["results"][0]["outcome"] == "applied"
    assert writer.data(id)["name"] == "李家"
    assert writer.data(id)["address"] == "新港城"


async def test_only_the_parts_that_moved_are_sent(world: World) -> None:
    area, writer = await filled(world, 1)
    reader = await shelf_of(world, "supervisor", area)
    await reader.settle()
    (id,) = writer.records
    await writer.settle(
        change("household", UUID(id), area, base=writer.records[id]["rev"], set={"note": "新"})
    )
    said = await reader.settle()
    assert [entry["data"] for entry in said["records"]] == [{"note": "新"}]


async def test_a_hidden_edit_changes_nothing_that_an_officer_receives(world: World) -> None:
    area, writer = await filled(world, 3)
    officer = await shelf_of(world, "community_officer", area)
    first = await officer.settle(limit=1)
    id = next(iter(writer.records))
    await writer.settle(
        change("household", UUID(id), area, base=writer.records[id]["rev"], set={"note": "密"})
    )
    said = await officer.settle(verify=True)
    assert (said["records"], said["cursor"], said["stable"]) == ([], first["cursor"], {})
    newcomer = await shelf_of(world, "community_officer", area)
    assert (await newcomer.settle(verify=True))["digest"] == said["digest"]
    assert newcomer.records == officer.records


async def test_the_order_of_areas_does_not_tell_where_somebody_wrote(world: World) -> None:
    district = await world.make_area("district")
    areas = [await world.make_area(parent=district) for _ in range(3)]
    writer = await shelf_of(world, "supervisor", *areas)
    officer = await shelf_of(world, "street_officer", district)
    before = (await officer.settle())["areas"]
    for area in areas:
        await writer.settle(household(area, note="密"))
        assert (await officer.exchange())["areas"] == before


async def test_a_deleted_record_goes_from_every_phone(world: World) -> None:
    area, writer = await filled(world, 3)
    reader = await shelf_of(world, "supervisor", area)
    officer = await shelf_of(world, "community_officer", area)
    await reader.settle()
    await officer.settle()
    id = next(iter(writer.records))
    await writer.settle(change("household", UUID(id), area, op="delete", base=writer.records[id]["rev"]))
    for each in (reader, officer):
        said = await each.settle(verify=True)
        assert id not in each.records and len(each.records) == 2
        assert said["digest"] == {str(area): each.digest(area)}


async def test_access_that_ended_is_dropped_and_others_notice_nothing(world: World) -> None:
    area, _ = await filled(world, 3)
    person = await world.make_account()
    grant = await world.grant(person, "supervisor", area)
    leaver, other = Shelf(await world.sign_in(person)), await shelf_of(world, "supervisor", area)
    await leaver.settle()
    before = await other.settle()
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE id = $1", grant)
    said = await leaver.settle()
    assert (said["areas"], said["reset"], leaver.records) == ([], None, {})
    assert said["drop"] == [
        {
            "area": str(area),
            "case": None,
            "classes": ["open", "basic", "contact", "identity", "case", "confidential"],
        }
    ]
    assert (await leaver.settle())["drop"] == []
    after = await other.settle()
    assert (after["records"], after["drop"], after["cursor"]) == ([], [], before["cursor"])


async def test_a_narrower_grant_drops_exactly_what_it_lacks(world: World) -> None:
    area, writer = await filled(world, 4)
    person = await world.make_account()
    grant = await world.grant(person, "supervisor", area)
    phone = Shelf(await world.sign_in(person))
    await phone.settle()
    id = next(iter(writer.records))
    # The newest part of this one is about to be hidden.
    await writer.settle(
        change("household", UUID(id), area, base=writer.records[id]["rev"], set={"note": "新"})
    )
    await phone.settle()
    await world.pool.execute("UPDATE area_grant SET role = 'community_officer' WHERE id = $1", grant)
    said = await phone.settle(verify=True)
    officer = await shelf_of(world, "community_officer", area)
    same = await officer.settle(verify=True)
    assert phone.records == officer.records
    assert said["digest"] == same["digest"] == {str(area): phone.digest(area)}


async def test_a_wider_grant_brings_the_whole_file_without_a_reset(world: World) -> None:
    area, writer = await filled(world, 4)
    person = await world.make_account()
    grant = await world.grant(person, "community_officer", area)
    phone = Shelf(await world.sign_in(person))
    await phone.settle()
    await world.pool.execute("UPDATE area_grant SET role = 'supervisor' WHERE id = $1", grant)
    said = await phone.settle(verify=True, limit=3)
    assert all(answer["reset"] is None and answer["drop"] == [] for answer in phone.seen)
    assert {id: record["data"] for id, record in phone.records.items()} == {
        id: record["data"] for id, record in writer.records.items()
    }
    assert said["digest"] == {str(area): phone.digest(area)}


async def test_revoked_and_granted_again_between_two_exchanges_the_records_are_there(world: World) -> None:
    area, _ = await filled(world, 4)
    person = await world.make_account()
    grant = await world.grant(person, "supervisor", area)
    phone = Shelf(await world.sign_in(person))
    await phone.settle()
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE id = $1", grant)
    await world.grant(person, "supervisor", area)
    said = await phone.settle(verify=True)
    assert (len(phone.records), said["drop"], said["reset"]) == (4, [], None)
    assert said["digest"] == {str(area): phone.digest(area)}


async def test_the_phone_is_told_to_drop_only_after_its_last_work_has_arrived(world: World) -> None:
    area, _ = await filled(world, 2)
    person = await world.make_account()
    grant = await world.grant(person, "supervisor", area)
    phone = Shelf(await world.sign_in(person))
    await phone.settle()
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE id = $1", grant)
    for _ in range(2):
        said = await phone.exchange(household(area))
        assert said["results"][0]["problem"]["type"] == "access-ended"
        assert (said["drop"], said["areas"], len(phone.records)) == ([], [str(area)], 2)
    said = await phone.exchange()
    assert ([drop["area"] for drop in said["drop"]], said["areas"]) == ([str(area)], [])
    kept = await world.pool.fetchval(
        "SELECT count(*) FROM quarantine WHERE area = $1 AND state = 'open'", area
    )
    assert kept == 2


async def test_a_household_that_moves_is_gone_here_and_delivered_there(world: World) -> None:
    street = await world.make_area("street")
    here, there = await world.make_area(parent=street), await world.make_area(parent=street)
    both = await shelf_of(world, "supervisor", street)
    of_here, of_there = await shelf_of(world, "supervisor", here), await shelf_of(world, "supervisor", there)
    id, person = new_id(), new_id()
    await both.settle(
        household(here, id),
        change("person", person, here, set={"household": str(id), "name": "马秀英"}),
        household(here),
    )
    await of_here.settle()
    await of_there.settle()
    said = await both.settle(
        change("household", id, here, op="move", to=there, base=both.records[str(id)]["rev"])
    )
    assert said["results"][0]["outcome"] == "applied"
    await of_there.settle()
    gone = await of_here.settle()
    assert {entry["id"] for entry in gone["gone"]} == {str(id), str(person)}
    assert set(of_there.records) == {str(id), str(person)}
    assert len(of_here.records) == 1
    assert len(both.records) == 3 and both.records[str(person)]["area"] == str(there)
    assert all(not answer["gone"] for answer in both.seen)
    for each in (both, of_here, of_there):
        last = await each.settle(verify=True)
        assert last["digest"] == {area: each.digest(UUID(area)) for area in last["areas"]}


async def test_a_record_that_left_before_access_was_narrowed_does_not_stay_behind(world: World) -> None:
    street = await world.make_area("street")
    here, there = await world.make_area(parent=street), await world.make_area(parent=street)
    mover = await shelf_of(world, "supervisor", street)
    id = new_id()
    await mover.settle(household(here, id), household(here))
    person = await world.make_account()
    grant = await world.grant(person, "supervisor", here)
    phone = Shelf(await world.sign_in(person))
    await phone.settle()
    await mover.settle(change("household", id, here, op="move", to=there, base=mover.records[str(id)]["rev"]))
    await world.pool.execute("UPDATE area_grant SET role = 'community_officer' WHERE id = $1", grant)
    said = await phone.settle(verify=True)
    assert str(id) not in phone.records and len(phone.records) == 1
    assert said["digest"] == {str(here): phone.digest(here)}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda cursor: cursor[:-2] + "AA", "malformed"),
        (lambda cursor: "", "malformed"),
        (lambda cursor: "\x00é", "malformed"),
    ],
)
async def test_a_damaged_cursor_starts_the_phone_over_and_loses_nothing(
    world: World, damage: Any, reason: str
) -> None:
    area, writer = await filled(world, 3)
    reader = await shelf_of(world, "supervisor", area)
    await reader.settle()
    assert reader.cursor is not None
    reader.cursor = damage(reader.cursor)
    said = await reader.exchange(mine := household(area))
    assert said["reset"] == {"areas": None, "reason": reason}
    assert said["complete"] is False
    assert said["results"][0]["outcome"] == "applied"
    await reader.settle()
    assert set(reader.records) == {*writer.records, mine["record"]}


async def test_the_cursor_of_another_account_brings_neither_data_nor_borrowed_work(world: World) -> None:
    area, _ = await filled(world, 3)
    other_area = await world.make_area()
    owner = await shelf_of(world, "supervisor", area)
    await owner.settle()
    thief = await shelf_of(world, "supervisor", other_area)
    await thief.settle()
    thief.cursor = owner.cursor
    said = await thief.exchange(household(other_area))
    assert said["reset"] == {"areas": None, "reason": "other-account"}
    assert (said["records"], said["areas"]) == ([], [str(other_area)])
    assert (said["results"][0]["outcome"], said["results"][0]["problem"]["type"]) == (
        "retry",
        "other-account",
    )
    assert await world.pool.fetchval("SELECT count(*) FROM record WHERE area = $1", other_area) == 0


async def test_an_outbox_that_the_phone_sends_again_is_still_not_the_next_persons(world: World) -> None:
    area = await world.make_area()
    first, second = [await world.make_account("supervisor", area) for _ in range(2)]
    phone_of_first = Shelf(await world.sign_in(first))
    await phone_of_first.settle()
    in_outbox = household(area)
    same_phone = Shelf(await world.sign_in(second, phone_of_first.phone.device))
    same_phone.cursor = phone_of_first.cursor
    await same_phone.exchange(in_outbox)
    own = household(area)
    said = await same_phone.settle(in_outbox, own)
    assert [result["outcome"] for result in said["results"]] == ["retry", "applied"]
    said = await phone_of_first.settle(in_outbox)
    assert said["results"][0]["outcome"] == "applied"
    authors = await world.pool.fetch("SELECT change, account FROM history")
    assert {(str(row["change"]), row["account"]) for row in authors} == {
        (in_outbox["id"], first.id),
        (own["id"], second.id),
    }


async def test_a_renewed_epoch_refuses_old_cursors_and_takes_journals_once(world: World) -> None:
    area = await world.make_area()
    phone = await shelf_of(world, "supervisor", area)
    mine = household(area)
    await phone.settle(mine)
    # A restore: what was acknowledged is gone from the database.
    await world.pool.execute("DELETE FROM record")
    await world.pool.execute("DELETE FROM history")
    await world.pool.execute("UPDATE dataset SET epoch = gen_random_uuid()")
    said = await phone.exchange()
    assert said["reset"] == {"areas": None, "reason": "epoch"}
    replayed = await phone.settle(mine)
    assert replayed["results"][0]["outcome"] == "applied"
    again = await phone.settle(mine)
    assert (again["results"][0]["outcome"], again["results"][0]["repeated"]) == ("applied", True)
    assert await world.pool.fetchval("SELECT count(*) FROM history") == 1
    assert set(phone.records) == {mine["record"]}


async def test_a_log_shorter_than_the_cursor_is_taken_for_a_restore(world: World) -> None:
    area, _ = await filled(world, 3)
    reader = await shelf_of(world, "supervisor", area)
    await reader.settle()
    await world.pool.execute("UPDATE area SET last_rev = last_rev - 1000")
    said = await reader.exchange()
    assert said["reset"] == {"areas": None, "reason": "epoch"}


async def test_no_reader_misses_a_part_while_writers_pause_before_commit(world: World) -> None:
    area, _ = await filled(world, 1)
    writers = [await shelf_of(world, "supervisor", area) for _ in range(4)]
    reader = await shelf_of(world, "supervisor", area)
    await reader.settle()
    stop = asyncio.Event()

    async def write(each: Shelf) -> None:
        for _ in range(15):
            await each.exchange(*(household(area) for _ in range(3)))

    async def hold_the_lock() -> None:
        while not stop.is_set():
            async with world.pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE", area)
                await asyncio.sleep(0.01)
            await asyncio.sleep(0)

    async def read() -> None:
        while not stop.is_set():
            await reader.exchange(limit=2)

    others = [asyncio.create_task(hold_the_lock()), asyncio.create_task(read())]
    await asyncio.gather(*(write(each) for each in writers))
    stop.set()
    await asyncio.gather(*others)
    last = await reader.settle(verify=True, limit=5)
    assert len(reader.records) == 1 + 4 * 15 * 3
    assert last["digest"] == {str(area): reader.digest(area)}


async def test_a_cloned_phone_is_noticed_and_the_work_of_both_is_kept_once(world: World) -> None:
    area, _ = await filled(world, 1)
    phone = await shelf_of(world, "supervisor", area)
    await phone.settle()
    (id,) = phone.records
    base, backup = phone.records[id]["rev"], phone.cursor
    in_outbox = change("household", UUID(id), area, base=base, set={"name": "发件箱"})
    await phone.settle(in_outbox)
    await phone.settle(household(area))
    await phone.settle(
        change("household", UUID(id), area, base=phone.records[id]["rev"], set={"name": "原机"})
    )
    restored = Shelf(phone.phone)
    restored.cursor = backup
    said = await restored.settle(in_outbox)
    assert said["results"][0]["repeated"] is True
    said = await restored.settle(
        change("household", UUID(id), area, base=base, set={"head": None, "name": "副本"})
    )
    await phone.settle()
    assert {row["device"].count(".") for row in await world.pool.fetch("SELECT device FROM history")} == {
        0,
        1,
    }
    assert (
        await world.pool.fetchval("SELECT count(*) FROM history WHERE change = $1", UUID(in_outbox["id"]))
        == 1
    )
    await restored.settle()
    assert restored.data(id)["name"] == phone.data(id)["name"] == "副本"


async def test_areas_in_the_request_narrow_the_pull(world: World) -> None:
    first, _ = await filled(world, 2)
    second, _ = await filled(world, 3)
    phone = await shelf_of(world, "supervisor", first, second)
    await phone.settle(areas=[str(first)])
    assert {record["area"] for record in phone.records.values()} == {str(first)}
    assert set(phone.areas) == {str(first), str(second)}
    await phone.settle()
    assert len(phone.records) == 5


async def test_more_than_64_areas_have_to_be_chosen_from(world: World) -> None:
    street = await world.make_area("street")
    areas = [await world.make_area(parent=street) for _ in range(64)]
    phone = await world.sign_in(await world.make_account("supervisor", street))
    answer = await phone.post("/api/v1/sync", json={})
    assert (answer.status_code, answer.json()["type"]) == (422, "too-many-areas")
    narrowed = await phone.post("/api/v1/sync", json={"areas": [str(area) for area in areas]})
    assert narrowed.status_code == 200


async def test_a_person_without_grants_gets_a_whole_and_empty_answer(world: World) -> None:
    await filled(world, 2)
    nobody = Shelf(await world.sign_in(await world.make_account()))
    said = await nobody.settle(verify=True)
    assert (said["areas"], said["records"], said["complete"], said["digest"]) == ([], [], True, {})


async def test_a_manifest_puts_a_phone_right_that_went_astray(world: World) -> None:
    area, _ = await filled(world, 6)
    reader = await shelf_of(world, "supervisor", area)
    await reader.settle()
    ids = sorted(reader.records)
    del reader.records[ids[0]]
    reader.records[ids[1]]["rev"] -= 1
    stranger = new_id()
    reader.records[str(stranger)] = {**reader.records[ids[2]], "id": str(stranger)}
    said = await reader.exchange(verify=True)
    assert said["digest"][str(area)] != reader.digest(area)
    listed = {id: record["rev"] for id, record in reader.records.items()}
    answer = await reader.phone.post("/api/v1/sync/manifest", json={"area": str(area), "records": listed})
    found = answer.json()
    assert {entry["id"] for entry in found["records"]} == set(ids[:2])
    assert found["gone"] == [{"id": str(stranger), "classes": None}]
    assert found["complete"] is True


async def test_a_manifest_of_a_foreign_area_is_answered_like_one_of_an_empty_area(world: World) -> None:
    area, writer = await filled(world, 2)
    phone = await world.sign_in(await world.make_account("supervisor", await world.make_area()))
    listed = {id: record["rev"] for id, record in writer.records.items()}
    foreign = await phone.post("/api/v1/sync/manifest", json={"area": str(area), "records": listed})
    unknown = await phone.post("/api/v1/sync/manifest", json={"area": str(new_id()), "records": listed})
    assert foreign.json() == unknown.json()
    assert foreign.json()["records"] == []


async def test_messagepack_says_the_same_as_json(world: World) -> None:
    area, _ = await filled(world, 2)
    person = await world.make_account("supervisor", area)
    phone = await world.sign_in(person)
    sent = household(area)
    answer = await phone.post(
        "/api/v1/sync",
        content=msgspec.msgpack.encode({"changes": [sent]}),
        headers={"Content-Type": "application/msgpack", "Accept": "application/msgpack"},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/msgpack")
    said = msgspec.msgpack.decode(answer.content)
    assert said["results"][0]["outcome"] == "applied"
    again = (await phone.post("/api/v1/sync", json={"changes": [sent]})).json()
    assert again["results"][0]["repeated"] is True
    assert [entry["data"] for entry in said["records"]] == [
        entry["data"] for entry in again["records"] if entry["id"] != sent["record"]
    ]
