"""Devices: listed, revoked, refused for good."""

import asyncio
import uuid

from tests.world import World, login_body

DEVICES = "/api/v1/auth/devices"


async def test_a_person_sees_every_device_of_theirs_and_no_other(world: World) -> None:
    worker = await world.make_account()
    first, second = await world.sign_in(worker), await world.sign_in(worker)
    await world.sign_in(await world.make_account())
    listed = (await first.get(DEVICES)).json()["devices"]
    assert [device["id"] for device in listed] == [str(second.device), str(first.device)]
    assert listed[0]["name"] == "小米 14"
    assert listed[0]["revoked_at"] is None


async def test_a_revoked_device_is_told_to_wipe_by_whatever_it_calls(world: World) -> None:
    worker = await world.make_account("social_worker", await world.make_area())
    lost, other = await world.sign_in(worker), await world.sign_in(worker)
    assert (await other.delete(f"{DEVICES}/{lost.device}")).status_code == 204
    calls = [
        await lost.get(DEVICES),
        await lost.get("/api/v1/areas"),
        await lost.get("/api/v1/admin/accounts"),
        await lost.get("/api/v1/sync/wait"),
        await lost.get("/api/v1/sync/stream"),
        await lost.post("/api/v1/sync", json={"changes": []}),
        await lost.post("/api/v1/auth/logout"),
        await lost.post(
            "/api/v1/auth/password", json={"old_password": "a long one", "new_password": "another one"}
        ),
        await lost.delete(f"{DEVICES}/{other.device}"),
        await lost.post("/api/v1/auth/refresh", json={"refresh_token": lost.answer["refresh_token"]}),
        await lost.post("/api/v1/auth/login", json=login_body(worker.username, lost.device)),
    ]
    assert {(call.status_code, call.json()["type"]) for call in calls} == {(410, "device-revoked")}


async def test_revoking_one_device_leaves_the_others(world: World) -> None:
    worker = await world.make_account()
    lost, other = await world.sign_in(worker), await world.sign_in(worker)
    await other.delete(f"{DEVICES}/{lost.device}")
    assert (await other.get(DEVICES)).status_code == 200


async def test_revoking_again_changes_nothing(world: World) -> None:
    worker = await world.make_account()
    lost, other = await world.sign_in(worker), await world.sign_in(worker)
    await other.delete(f"{DEVICES}/{lost.device}")
    first = (await other.get(DEVICES)).json()["devices"]
    assert (await other.delete(f"{DEVICES}/{lost.device}")).status_code == 204
    again = (await other.get(DEVICES)).json()["devices"]
    assert [device["revoked_at"] for device in again] == [device["revoked_at"] for device in first]


async def test_only_with_the_password_does_one_learn_that_a_device_was_revoked(world: World) -> None:
    worker = await world.make_account()
    lost = await world.sign_in(worker)
    await lost.delete(f"{DEVICES}/{lost.device}")
    answer = await lost.post("/api/v1/auth/login", json=login_body(worker.username, lost.device, "a guess"))
    assert (answer.status_code, answer.json()["type"]) == (401, "login-failed")


async def test_a_sign_in_while_its_device_is_revoked_leaves_no_session_behind(world: World) -> None:
    worker = await world.make_account()
    lost, other = await world.sign_in(worker), await world.sign_in(worker)
    login = login_body(worker.username, lost.device)
    await asyncio.gather(
        *(lost.post("/api/v1/auth/login", json=login) for _ in range(4)),
        other.delete(f"{DEVICES}/{lost.device}"),
        *(lost.post("/api/v1/auth/login", json=login) for _ in range(4)),
    )
    sessions = await world.pool.fetchval(
        "SELECT count(*) FROM session WHERE device = $1 AND ended_at IS NULL", lost.device
    )
    assert sessions == 0


async def test_somebody_elses_device_and_none_at_all_are_answered_alike(world: World) -> None:
    mine = await world.sign_in(await world.make_account("supervisor", await world.make_area()))
    theirs = await world.sign_in(await world.make_account())
    answers = [await mine.delete(f"{DEVICES}/{id}") for id in (theirs.device, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert (await theirs.get(DEVICES)).status_code == 200


async def test_an_administrator_of_the_persons_area_revokes_a_lost_phone(world: World) -> None:
    district = await world.make_area("district")
    community = await world.make_area(parent=district)
    lost = await world.sign_in(await world.make_account("social_worker", community))
    admin = await world.sign_in(await world.make_account("administrator", district))
    assert (await admin.delete(f"{DEVICES}/{lost.device}")).status_code == 204
    assert (await lost.get(DEVICES)).status_code == 410


async def test_an_administrator_of_another_area_does_not(world: World) -> None:
    lost = await world.sign_in(await world.make_account("social_worker", await world.make_area()))
    admin = await world.sign_in(await world.make_account("administrator", await world.make_area()))
    assert (await admin.delete(f"{DEVICES}/{lost.device}")).status_code == 404
    assert (await lost.get(DEVICES)).status_code == 200
