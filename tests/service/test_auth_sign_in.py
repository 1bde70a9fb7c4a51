"""Signing in: who comes in, what they are told, and what a stranger learns, which is nothing."""

import asyncio
import json
import time
import uuid

import pytest

from service.auth.passwords import Passwords
from tests.world import PASSWORD, World, login_body

LOGIN = "/api/v1/auth/login"


async def test_a_worker_signs_in_and_is_told_what_they_hold(world: World) -> None:
    community = await world.make_area()
    worker = await world.make_account("social_worker", community)
    device = uuid.uuid4()
    stranger = await world.stranger()
    answer = await stranger.post(LOGIN, json=login_body(worker.username, device))
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 15 * 60
    assert body["device"] == {"id": str(device), "name": "小米 14", "platform": "android"}
    assert body["account"] == {
        "id": str(worker.id),
        "name": worker.name,
        "grants": [{"role": "social_worker", "area": str(community), "until": None}],
    }


async def test_the_token_opens_the_routes(world: World) -> None:
    phone = await world.sign_in(await world.make_account("social_worker", await world.make_area()))
    assert (await phone.get("/api/v1/auth/devices")).status_code == 200


@pytest.mark.parametrize("typed", ["Worker.Li", "  worker.li ", "ＷＯＲＫＥＲ.li"])
async def test_a_keyboard_may_spell_the_name_in_its_own_way(world: World, typed: str) -> None:
    await world.make_account(username="worker.li")
    stranger = await world.stranger()
    assert (await stranger.post(LOGIN, json=login_body(typed, uuid.uuid4()))).status_code == 200


async def test_a_second_factor_that_no_account_has_is_not_looked_at(world: World) -> None:
    worker = await world.make_account()
    stranger = await world.stranger()
    body = login_body(worker.username, uuid.uuid4()) | {"otp": "123456"}
    assert (await stranger.post(LOGIN, json=body)).status_code == 200


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(world: World) -> None:
    worker = await world.make_account()
    no_password = await world.make_account(password=None)
    stranger = await world.stranger()
    answers = [
        await stranger.post(LOGIN, json=login_body(name, uuid.uuid4(), "not the password"))
        for name in (worker.username, "nobody", no_password.username)
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].json()["type"] == "login-failed"


async def test_checking_nobodys_password_is_as_much_work_as_somebodys() -> None:
    passwords = Passwords()
    kept = passwords.hash_of(PASSWORD)

    async def work(against: str | None) -> float:
        begun = time.process_time()  # not the clock: other tests run beside this one
        assert not await passwords.is_right("not the password", against)
        return time.process_time() - begun

    pairs = [(await work(kept), await work(None)) for _ in range(6)]
    somebody, nobody = (min(each) for each in zip(*pairs, strict=True))
    assert somebody / 3 < nobody < somebody * 3


async def test_a_hash_at_yesterdays_cost_is_made_anew_at_sign_in(world: World) -> None:
    worker = await world.make_account()
    outdated = Passwords(memory_kib=16, passes=1).hash_of(PASSWORD)
    await world.pool.execute("UPDATE account SET password_hash = $1 WHERE id = $2", outdated, worker.id)
    await world.sign_in(worker)
    kept = await world.pool.fetchval("SELECT password_hash FROM account WHERE id = $1", worker.id)
    assert kept != outdated
    await world.sign_in(worker)


async def test_sign_ins_that_renew_the_hash_side_by_side_all_come_in(world: World) -> None:
    worker = await world.make_account()
    outdated = Passwords(memory_kib=16, passes=1).hash_of(PASSWORD)
    await world.pool.execute("UPDATE account SET password_hash = $1 WHERE id = $2", outdated, worker.id)
    await asyncio.gather(*(world.sign_in(worker) for _ in range(8)))


async def test_a_suspended_person_is_told_so_and_a_stranger_is_not(world: World) -> None:
    worker = await world.make_account()
    await world.pool.execute("UPDATE account SET suspended_at = now() WHERE id = $1", worker.id)
    stranger = await world.stranger()
    right = await stranger.post(LOGIN, json=login_body(worker.username, uuid.uuid4()))
    wrong = await stranger.post(LOGIN, json=login_body(worker.username, uuid.uuid4(), "not it"))
    assert (right.status_code, right.json()["type"]) == (403, "forbidden")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "login-failed")


async def test_a_new_sign_in_on_a_phone_ends_the_one_before(world: World) -> None:
    worker = await world.make_account()
    before = await world.sign_in(worker)
    after = await world.sign_in(worker, before.device)
    assert (await before.get("/api/v1/auth/devices")).status_code == 401
    assert (await after.get("/api/v1/auth/devices")).status_code == 200


async def test_two_people_who_share_a_phone_stay_apart(world: World) -> None:
    first, second = await world.make_account(), await world.make_account()
    shared = uuid.uuid4()
    phone = await world.sign_in(first, shared)
    other = await world.sign_in(second, shared)
    assert (await other.delete(f"/api/v1/auth/devices/{shared}")).status_code == 204
    assert (await other.get("/api/v1/auth/devices")).status_code == 410
    assert (await phone.get("/api/v1/auth/devices")).status_code == 200


async def test_a_phone_that_signs_in_twice_at_once_has_one_session(world: World) -> None:
    worker = await world.make_account()
    device = uuid.uuid4()
    await asyncio.gather(*(world.sign_in(worker, device) for _ in range(6)))
    open_sessions = await world.pool.fetchval("SELECT count(*) FROM session WHERE ended_at IS NULL")
    assert open_sessions == 1


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"password": None}, "/password", "type"),
        ({"device": {"id": "1", "name": "a", "platform": "b"}}, "/device/id", "uuid"),
        (
            {"device": {"id": str(uuid.UUID(int=1)), "name": "a\0", "platform": "b"}},
            "/device/name",
            "pattern",
        ),
        ({"device": {"id": str(uuid.UUID(int=1)), "name": "", "platform": "b"}}, "/device/name", "length"),
        ({"username": "x" * 201}, "/username", "length"),
    ],
)
async def test_what_is_wrong_with_a_login_is_named(
    world: World, wrong: dict[str, object], pointer: str, code: str
) -> None:
    stranger = await world.stranger()
    answer = await stranger.post(LOGIN, json=login_body("worker", uuid.uuid4()) | wrong)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


@pytest.mark.parametrize(
    ("username", "status"),
    [(r"a\u0000b", 422), (r"\ud800", 400), (r"\udc00\ud800", 400), ("'; DROP TABLE account; --", 401)],
)
async def test_no_name_is_too_strange(world: World, username: str, status: int) -> None:
    stranger = await world.stranger()
    body = json.dumps(login_body("NAME", uuid.uuid4())).replace("NAME", username)
    answer = await stranger.post(LOGIN, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
