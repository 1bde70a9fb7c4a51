"""Everything that has to be is on record, and nothing of what people wrote."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from schemas.privacy import Privacy
from service.audit import checkpoint
from service.audit.chain import reading_chain
from service.audit.events import NOBODYS
from service.audit.verify import verify
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Person, Phone, World, login_body

LOCATION = {"longitude": 103.83, "latitude": 36.06}


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


async def entries(world: World, chain: UUID) -> list[asyncpg.Record]:
    return list(await world.pool.fetch("SELECT * FROM audit WHERE chain = $1 ORDER BY no", chain))


async def kinds(world: World, chain: UUID) -> list[str]:
    return [entry["kind"] for entry in await entries(world, chain)]


async def is_whole(world: World) -> bool:
    async with world.pool.acquire() as connection:
        checked = await verify(connection)
    return checked.findings == [] and checked.entries > 0


async def count(world: World) -> int:
    found: int = await world.pool.fetchval("SELECT count(*) FROM audit")
    return found


# Writing


async def test_a_batch_is_one_entry_in_each_area(world: World, area: UUID) -> None:
    there = await world.make_area()
    phone = await shelf_of(world, "supervisor", area, there)
    here = [household(area), household(area)]
    beyond = household(there)
    await phone.settle(*here, beyond)
    for place, sent in ((area, here), (there, [beyond])):
        entry = (await entries(world, place))[-1]
        assert (entry["kind"], entry["account"], entry["area"]) == (
            "write",
            phone.phone.person.id,
            place,
        )
        assert [str(id) for id in entry["changes"]] == [each["id"] for each in sent]
        assert {str(id) for id in entry["records"]} == {each["record"] for each in sent}


async def test_what_was_not_applied_is_on_record_too(world: World, area: UUID) -> None:
    phone = await shelf_of(world, "supervisor", area)
    bad = household(area, kind="seaside")
    await phone.exchange(bad)
    entry = (await entries(world, area))[-1]
    assert (entry["kind"], entry["changes"]) == ("write", [])
    assert json.loads(entry["detail"])["kept"] == [bad["id"]]
    assert (await phone.phone.post(f"/api/v1/sync/quarantine/{bad['id']}/dismiss")).status_code == 204
    entry = (await entries(world, area))[-1]
    assert json.loads(entry["detail"])["dismissed"] == [bad["id"]]


async def test_who_lets_a_change_through_stands_in_the_entry(world: World, area: UUID) -> None:
    author = await shelf_of(world, "supervisor", area)
    supervisor = await shelf_of(world, "supervisor", area)
    bad = household(area, kind="seaside")
    await author.exchange(bad)
    right = {**bad, "set": {**bad["set"], "kind": "urban"}}
    answer = await supervisor.phone.post(f"/api/v1/sync/quarantine/{bad['id']}/retry", json={"change": right})
    assert answer.json()["outcome"] == "applied"
    entry = (await entries(world, area))[-1]
    assert (entry["account"], [str(id) for id in entry["changes"]]) == (
        supervisor.phone.person.id,
        [bad["id"]],
    )
    assert await is_whole(world)


async def test_a_change_sent_again_is_recorded_once(world: World, area: UUID) -> None:
    phone = await shelf_of(world, "supervisor", area)
    made = household(area)
    await phone.exchange(made)
    before = await entries(world, area)
    await phone.exchange(made)
    assert await entries(world, area) == before


async def test_work_for_an_area_never_held_stands_in_its_authors_chain(world: World, area: UUID) -> None:
    phone = await shelf_of(world, "supervisor", area)
    elsewhere = await world.make_area()
    await phone.exchange(foreign := household(elsewhere))
    assert await kinds(world, elsewhere) == []
    entry = (await entries(world, phone.phone.person.id))[-1]
    assert (entry["kind"], entry["area"]) == ("write", None)
    assert json.loads(entry["detail"])["kept"] == [foreign["id"]]


# Reading


async def test_a_page_is_on_record_with_the_records_that_it_held(world: World, area: UUID) -> None:
    writer, reader = await shelf_of(world, "supervisor", area), await shelf_of(world, "supervisor", area)
    sent = [household(area, location=LOCATION), household(area, note="独居"), household(area)]
    await writer.settle(*sent)
    await reader.settle()
    (entry,) = await entries(world, reading_chain(reader.phone.person.id, area))
    assert (entry["kind"], entry["account"], entry["area"]) == ("sync", reader.phone.person.id, area)
    # The third has nothing but open and basic fields.
    assert [str(id) for id in entry["records"]] == [each["record"] for each in sent[:2]]
    contact, case = Privacy.CONTACT.bit, Privacy.CASE.bit
    assert entry["classes"] == contact | case
    assert json.loads(entry["detail"])["parts"] == [[contact, 1], [case, 1]]


async def test_an_idle_pull_writes_nothing(world: World, area: UUID) -> None:
    writer, reader = await shelf_of(world, "supervisor", area), await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, location=LOCATION))
    await reader.settle()
    before = await count(world)
    for _ in range(3):
        await reader.settle()
        await writer.settle()
    assert await count(world) == before


async def test_what_a_person_cannot_read_is_not_said_to_have_been_read(world: World, area: UUID) -> None:
    writer = await shelf_of(world, "supervisor", area)
    await writer.settle(household(area, location=LOCATION, note="独居"))
    city = await shelf_of(world, "city_officer", area)
    await city.settle()
    assert await entries(world, reading_chain(city.phone.person.id, area)) == []


async def test_an_answer_that_cannot_be_recorded_is_not_given(world: World, area: UUID) -> None:
    writer, reader = await shelf_of(world, "supervisor", area), await shelf_of(world, "supervisor", area)
    await writer.settle(made := household(area, note="独居"))
    await world.pool.execute(
        """
        CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END $$
        """
    )
    await world.pool.execute(
        "CREATE TRIGGER breaks BEFORE INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION breaks()"
    )
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/sync", {"schema": 1, "cursor": None, "changes": []}),
        ("/api/v1/sync/manifest", {"area": str(area), "records": {}}),
    ]
    for path, body in asked:
        answer = await reader.phone.post(path, json=body)
        assert answer.status_code == 503 and made["record"] not in answer.text
    answer = await reader.phone.get("/api/v1/sync/history", params={"record": made["record"]})
    assert answer.status_code == 503 and "独居" not in answer.text
    # Nor is anything stored of which no account can be kept.
    lost = household(area)
    said = await writer.phone.post(
        "/api/v1/sync", json={"schema": 1, "cursor": writer.cursor, "changes": [lost]}
    )
    assert said.status_code == 503 or said.json()["results"][0]["outcome"] == "retry"
    assert not await world.pool.fetchval("SELECT count(*) FROM record WHERE id = $1", UUID(lost["record"]))


# Coming in, and changes of access


async def test_coming_in_and_going_out_are_on_record(world: World, area: UUID) -> None:
    person = await world.make_account("supervisor", area)
    stranger = await world.stranger()
    wrong = login_body(person.username, uuid4(), "not the password")
    assert (await stranger.post("/api/v1/auth/login", json=wrong)).status_code == 401
    phone = await world.sign_in(person)
    await phone.post("/api/v1/auth/logout")
    found = await entries(world, person.id)
    assert [entry["kind"] for entry in found] == ["sign-in-refused", "sign-in", "sign-out"]
    assert {entry["account"] for entry in found} == {person.id}
    assert found[1]["device"] == found[2]["device"] and found[1]["device"] is not None


async def test_a_refusal_of_nobody_keeps_nothing_of_what_was_typed(world: World) -> None:
    stranger = await world.stranger()
    typed = "my-own-passphrase-typed-in-the-wrong-field"
    answer = await stranger.post("/api/v1/auth/login", json=login_body(typed, uuid4(), "x"))
    assert answer.status_code == 401
    (entry,) = await world.pool.fetch("SELECT * FROM audit")
    assert entry["chain"] in NOBODYS
    assert (entry["kind"], entry["account"], entry["device"]) == ("sign-in-refused", None, None)
    assert json.loads(entry["detail"]) == {"because": "login-failed"}


async def test_a_copied_token_is_on_record(world: World, area: UUID) -> None:
    phone = await world.sign_in(await world.make_account("supervisor", area))
    first = phone.answer["refresh_token"]
    for _ in range(2):
        answer = await phone.post(
            "/api/v1/auth/refresh", json={"refresh_token": phone.answer["refresh_token"]}
        )
        phone.take(answer.json())
    assert (await phone.post("/api/v1/auth/refresh", json={"refresh_token": first})).status_code == 401
    assert (await kinds(world, phone.person.id))[-1] == "session-ended"


async def test_changes_of_access_are_on_record_with_who_made_them(world: World, area: UUID) -> None:
    admin = await world.sign_in(await world.make_account("administrator", area))
    person: Person = await world.make_account("supervisor", area)
    phone: Phone = await world.sign_in(person)
    grants = f"/api/v1/admin/accounts/{person.id}/grants"
    given = (await admin.post(grants, json={"role": "social_worker", "area": str(area)})).json()
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await admin.patch(f"/api/v1/admin/grants/{given['id']}", json={"until": until})
    await admin.delete(f"/api/v1/admin/grants/{given['id']}")
    await admin.post(f"/api/v1/admin/accounts/{person.id}/suspend")
    await admin.post(f"/api/v1/admin/accounts/{person.id}/resume")
    await admin.delete(f"/api/v1/auth/devices/{phone.device}")
    of_area = (await entries(world, area))[-3:]
    assert [entry["kind"] for entry in of_area] == ["grant-given", "grant-changed", "grant-ended"]
    assert {json.loads(entry["detail"])["grant"] for entry in of_area} == {given["id"]}
    of_account = (await entries(world, person.id))[-3:]
    assert [entry["kind"] for entry in of_account] == [
        "account-suspended",
        "account-resumed",
        "device-revoked",
    ]
    for entry in (*of_area, *of_account):
        assert entry["account"] == admin.person.id
        assert json.loads(entry["detail"])["account"] == str(person.id)
    assert await is_whole(world)


# What must hold of all of it


async def test_nothing_of_what_people_wrote_is_in_the_audit(world: World, area: UUID) -> None:
    secrets = [
        "秘密地址七号",
        "此人受虐待",
        "未知字段之值",
        "坏的改动之值",
        "让过的说明",
        "person-typed-here",
    ]
    writer, reader = await shelf_of(world, "supervisor", area), await shelf_of(world, "supervisor", area)
    id = new_id()
    await writer.settle(
        household(area, id, address=secrets[0], note=secrets[1], x_unknown=secrets[2], location=LOCATION)
    )
    base = writer.records[str(id)]["rev"]
    bad = change("household", id, area, base=base, set={"kind": secrets[3], "note": secrets[4]})
    await writer.exchange(bad)
    await reader.settle()
    await reader.phone.get("/api/v1/sync/history", params={"record": str(id)})
    await reader.phone.get("/api/v1/sync/quarantine")
    await reader.phone.post("/api/v1/sync/manifest", json={"area": str(area), "records": {}})
    await writer.phone.post(f"/api/v1/sync/quarantine/{bad['id']}/dismiss")
    await reader.phone.post("/api/v1/auth/login", json=login_body(secrets[5], uuid4(), "x"))
    whole = await world.pool.fetchval("SELECT string_agg(CAST(audit AS text), '') FROM audit")
    assert str(id) in whole and bad["id"] in whole
    escaped = [json.dumps(secret).strip('"') for secret in secrets]
    for secret in [*secrets, *escaped, "103.83", *(secret.encode().hex() for secret in secrets)]:
        assert secret not in whole


async def test_many_at_once_leave_every_chain_whole(world: World, area: UUID) -> None:
    there = await world.make_area()
    person = await world.make_account("supervisor", area, there)
    phones = [Shelf(await world.sign_in(person)) for _ in range(4)]
    phones += [await shelf_of(world, "supervisor", area, there) for _ in range(4)]
    chance = random.Random(7)

    async def work(phone: Shelf) -> None:
        for _ in range(6):
            made = [household(chance.choice((area, there)), note="独居") for _ in range(3)]
            await phone.settle(*made)
            await asyncio.sleep(0)

    async def fail_to_come_in() -> None:
        for _ in range(3):
            await phones[0].phone.post(
                "/api/v1/auth/login", json=login_body(person.username, phones[0].phone.device, "wrong")
            )

    await asyncio.gather(*map(work, phones), fail_to_come_in(), fail_to_come_in())
    for phone in phones:
        await phone.settle()
    assert await is_whole(world)
    written = await world.pool.fetch("SELECT changes FROM audit WHERE kind = 'write'")
    assert sum(len(entry["changes"]) for entry in written) == 8 * 6 * 3
    # The colleagues' work reached every phone, and all of it is on record.
    for reader in {phone.phone.person.id for phone in phones}:
        read = await world.pool.fetch(
            "SELECT records FROM audit WHERE kind = 'sync' AND account = $1", reader
        )
        own = 4 * 6 * 3 if reader == person.id else 6 * 3
        assert len({id for entry in read for id in entry["records"]}) >= 8 * 6 * 3 - own


# The daily checkpoint


async def test_a_running_server_keeps_a_checkpoint_a_day(world: World, area: UUID) -> None:
    settings = world.app.state.settings
    (first,) = checkpoint.kept(settings)
    phone = await shelf_of(world, "supervisor", area)
    await phone.settle(household(area))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with world.pool.acquire() as connection:
        assert await checkpoint.keep_daily(connection, settings, datetime.now(UTC)) is None
        made = await checkpoint.keep_daily(connection, settings, tomorrow)
        assert made is not None and checkpoint.kept(settings) == [first, made]
        seen = []
        for path in (first, made):
            said = checkpoint.statement_of(checkpoint.read(path), checkpoint.load_key(settings).public_key())
            assert said is not None
            seen.append(said)
        assert len(seen[1].heads) > len(seen[0].heads)
        assert (await verify(connection, seen)).findings == []


async def test_only_the_owner_may_read_checkpoints_and_their_key(world: World) -> None:
    settings = world.app.state.settings
    paths: list[Path] = [*checkpoint.kept(settings), settings.keys_folder / checkpoint.KEY_FILE]
    assert [path.stat().st_mode & 0o077 for path in paths] == [0, 0]
