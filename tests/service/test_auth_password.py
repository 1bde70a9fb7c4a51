"""A person chooses a new password."""

import pytest

from tests.world import PASSWORD, World

CHANGE = "/api/v1/auth/password"
NEW = "a wholly new one"


async def test_the_new_password_counts_and_the_old_one_does_not(world: World) -> None:
    worker = await world.make_account()
    phone = await world.sign_in(worker)
    answer = await phone.post(CHANGE, json={"old_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 204
    await world.sign_in(worker, password=NEW)
    with pytest.raises(AssertionError):
        await world.sign_in(worker)


async def test_sessions_elsewhere_end_and_this_one_goes_on(world: World) -> None:
    worker = await world.make_account()
    here, elsewhere = await world.sign_in(worker), await world.sign_in(worker)
    await here.post(CHANGE, json={"old_password": PASSWORD, "new_password": NEW})
    assert (await here.get("/api/v1/auth/devices")).status_code == 200
    assert (await elsewhere.get("/api/v1/auth/devices")).status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "pointer", "code"),
    [
        ("not it", NEW, "/old_password", "wrong"),
        (PASSWORD, "short", "/new_password", "too-short"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_changes(
    world: World, old: str, new: str, pointer: str, code: str
) -> None:
    worker = await world.make_account()
    phone = await world.sign_in(worker)
    answer = await phone.post(CHANGE, json={"old_password": old, "new_password": new})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)
    await world.sign_in(worker)


async def test_the_old_password_cannot_be_guessed_at_for_long(world: World) -> None:
    phone = await world.sign_in(await world.make_account())
    statuses = [
        (await phone.post(CHANGE, json={"old_password": "a guess", "new_password": NEW})).status_code
        for _ in range(21)
    ]
    assert statuses == [422] * 20 + [429]
