"""Guessing is slowed; nobody is locked out by a stranger."""

import uuid

import httpx
import pytest

from service.auth.throttle import OF_ACCOUNT, OF_PAIR
from tests.world import Person, World, login_body


@pytest.fixture
async def worker(world: World) -> Person:
    return await world.make_account("social_worker", await world.make_area())


async def guess(client: httpx.AsyncClient, person: str, device: uuid.UUID | None = None) -> httpx.Response:
    return await client.post("/api/v1/auth/login", json=login_body(person, device or uuid.uuid4(), "a guess"))


async def test_a_stranger_who_guesses_is_told_when_to_come_back(world: World, worker: Person) -> None:
    stranger = await world.stranger()
    answers = [await guess(stranger, worker.username) for _ in range(OF_PAIR.size + 1)]
    assert [answer.status_code for answer in answers] == [401] * OF_PAIR.size + [429]
    assert answers[-1].json()["type"] == "too-many-attempts"
    assert 0 < int(answers[-1].headers["retry-after"]) <= OF_PAIR.interval.total_seconds()


async def test_guesses_at_a_name_that_nobody_has_are_counted_alike(world: World) -> None:
    stranger = await world.stranger()
    statuses = [(await guess(stranger, "nobody")).status_code for _ in range(OF_PAIR.size + 1)]
    assert statuses == [401] * OF_PAIR.size + [429]


async def test_the_right_password_does_not_help_who_has_guessed_too_often(
    world: World, worker: Person
) -> None:
    stranger = await world.stranger()
    for _ in range(OF_PAIR.size):
        await guess(stranger, worker.username)
    answer = await stranger.post("/api/v1/auth/login", json=login_body(worker.username, uuid.uuid4()))
    assert answer.status_code == 429


async def test_a_worker_gets_in_on_their_phone_through_any_flood(world: World, worker: Person) -> None:
    phone = await world.sign_in(worker)
    for host in range(OF_ACCOUNT.size // OF_PAIR.size + 1):
        stranger = await world.stranger(f"198.51.100.{host}")
        for _ in range(OF_PAIR.size):
            await guess(stranger, worker.username)
    elsewhere = await world.stranger("203.0.113.5")
    assert (await guess(elsewhere, worker.username)).status_code == 429, "the flood is one"
    await world.sign_in(worker, phone.device)


async def test_one_host_that_guesses_leaves_the_account_open_for_others(world: World, worker: Person) -> None:
    stranger = await world.stranger("198.51.100.7")
    for _ in range(OF_PAIR.size + 30):
        await guess(stranger, worker.username)
    elsewhere = await world.stranger("203.0.113.5")
    answer = await elsewhere.post("/api/v1/auth/login", json=login_body(worker.username, uuid.uuid4()))
    assert answer.status_code == 200


async def test_hosts_of_one_ipv6_subscriber_are_one(world: World, worker: Person) -> None:
    for host in range(OF_PAIR.size):
        await guess(await world.stranger(f"2001:db8:1:2::{host + 1:x}"), worker.username)
    assert (await guess(await world.stranger("2001:db8:1:2::ffff"), worker.username)).status_code == 429
    assert (await guess(await world.stranger("2001:db8:1:3::1"), worker.username)).status_code == 401


async def test_naming_a_known_device_does_not_help_to_guess_for_long(world: World, worker: Person) -> None:
    phone = await world.sign_in(worker)
    statuses = [(await guess(phone, worker.username, phone.device)).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]


async def test_signing_in_costs_nothing(world: World, worker: Person) -> None:
    for _ in range(OF_PAIR.size + 5):
        await world.sign_in(worker)
