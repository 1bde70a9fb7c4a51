"""Refresh tokens rotate; a lost answer is no harm, a copied token ends the sign-in."""

import asyncio

import pytest

from service.auth.refresh import RETRY_WITHIN
from tests.world import Phone, World

REFRESH = "/api/v1/auth/refresh"


async def shown(phone: Phone, token: str) -> tuple[int, str]:
    """What showing `token` is answered: the status, and the new token or the type of the problem."""
    answer = await phone.post(REFRESH, json={"refresh_token": token})
    body = answer.json()
    return answer.status_code, body.get("refresh_token") or body["type"]


async def let_pass(world: World, phone: Phone) -> None:
    """The time in which an answer may have been lost is over."""
    await world.pool.execute(
        "UPDATE session SET rotated_at = rotated_at - $1::interval WHERE device = $2",
        RETRY_WITHIN,
        phone.device,
    )


@pytest.fixture
async def phone(world: World) -> Phone:
    return await world.sign_in(await world.make_account("social_worker", await world.make_area()))


async def test_a_refresh_gives_new_tokens_and_says_what_is_held_now(world: World, phone: Phone) -> None:
    district = await world.make_area("district")
    await world.grant(phone.person, "supervisor", district)
    answer = await phone.post(REFRESH, json={"refresh_token": phone.answer["refresh_token"]})
    body = answer.json()
    assert body["refresh_token"] != phone.answer["refresh_token"]
    assert body["device"] == phone.answer["device"]
    assert [grant["role"] for grant in body["account"]["grants"]] == ["social_worker", "supervisor"]
    phone.take(body)
    assert (await phone.get("/api/v1/auth/devices")).status_code == 200


async def test_a_chain_of_refreshes_goes_on_for_ever(phone: Phone) -> None:
    token = phone.answer["refresh_token"]
    for _ in range(20):
        status, token = await shown(phone, token)
        assert status == 200


async def test_a_lost_answer_is_asked_for_again(phone: Phone) -> None:
    first = phone.answer["refresh_token"]
    assert (await shown(phone, first))[0] == 200
    status, second = await shown(phone, first)
    assert status == 200
    assert (await shown(phone, second))[0] == 200


async def test_of_two_answers_to_one_token_the_one_used_first_ends_the_other(phone: Phone) -> None:
    first = phone.answer["refresh_token"]
    _, one = await shown(phone, first)
    _, other = await shown(phone, first)
    assert (await shown(phone, one))[0] == 200
    assert await shown(phone, other) == (401, "refresh-invalid")


async def test_a_token_shown_again_later_ends_the_family(world: World, phone: Phone) -> None:
    stolen = phone.answer["refresh_token"]
    _, current = await shown(phone, stolen)
    await let_pass(world, phone)
    assert await shown(phone, stolen) == (401, "refresh-invalid")
    assert await shown(phone, current) == (401, "refresh-invalid")
    assert (await phone.get("/api/v1/auth/devices")).status_code == 401


async def test_a_token_before_the_last_ends_the_family_at_once(phone: Phone) -> None:
    first = phone.answer["refresh_token"]
    _, second = await shown(phone, first)
    _, third = await shown(phone, second)
    assert await shown(phone, first) == (401, "refresh-invalid")
    assert await shown(phone, third) == (401, "refresh-invalid")


async def test_the_end_of_one_family_is_no_other_phones_business(world: World, phone: Phone) -> None:
    other = await world.sign_in(phone.person)
    first = phone.answer["refresh_token"]
    _, second = await shown(phone, first)
    await shown(phone, second)
    await shown(phone, first)
    assert (await shown(other, other.answer["refresh_token"]))[0] == 200


async def test_the_same_token_shown_many_times_at_once_loses_nobody(phone: Phone) -> None:
    first = phone.answer["refresh_token"]
    answers = await asyncio.gather(*(shown(phone, first) for _ in range(6)))
    assert {status for status, _ in answers} == {200}
    assert (await shown(phone, answers[-1][1]))[0] == 200


async def test_a_token_unused_for_too_long_has_expired(world: World, phone: Phone) -> None:
    await world.pool.execute("UPDATE session SET expires_at = now()")
    assert await shown(phone, phone.answer["refresh_token"]) == (401, "refresh-invalid")


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 64, "A" * 200])
async def test_what_never_was_a_token_is_refused(phone: Phone, token: str) -> None:
    assert await shown(phone, token) == (401, "refresh-invalid")


async def test_a_forged_token_of_a_known_family_ends_it(phone: Phone) -> None:
    # Who knows the family's half has had one of its tokens.
    token = phone.answer["refresh_token"]
    forged = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    assert await shown(phone, forged) == (401, "refresh-invalid")
    assert await shown(phone, token) == (401, "refresh-invalid")


async def test_after_signing_out_neither_token_is_good(phone: Phone) -> None:
    assert (await phone.post("/api/v1/auth/logout")).status_code == 204
    assert await shown(phone, phone.answer["refresh_token"]) == (401, "refresh-invalid")
    answer = await phone.get("/api/v1/auth/devices")
    assert (answer.status_code, answer.json()["type"]) == (401, "sign-in-required")


async def test_a_suspended_persons_phone_may_still_hand_in_its_work(world: World, phone: Phone) -> None:
    await world.pool.execute("UPDATE account SET suspended_at = now()")
    answer = await phone.post(REFRESH, json={"refresh_token": phone.answer["refresh_token"]})
    assert answer.status_code == 200
    assert answer.json()["account"]["grants"] == []
