"""What a stranger learns of second factors: nothing, neither by an answer nor by how long it takes.

Time is told by what takes it: statements that are run, and passwords that are checked.
"""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from service.auth.passwords import Passwords
from tests.service.test_auth_otp import AUTH, confirm, enrol, enrolled, supervisor, token_of
from tests.world import PASSWORD, World, login_body, running, settings_for


class Counting(Passwords):
    """Counts the passwords that it checks."""

    checked = 0

    async def is_right(self, password: str, kept: str | None) -> bool:
        self.checked += 1
        return await super().is_right(password, kept)


class Watched:
    """A world with one connection, of which every statement is heard."""

    def __init__(self, world: World, passwords: Counting) -> None:
        self.world = world
        self._passwords = passwords
        self._said: list[str] = []

    async def listen(self) -> None:
        async with self.world.application.acquire() as connection:
            connection._con.add_query_logger(lambda record: self._said.append(record.query))

    def work(self) -> tuple[list[str], int]:
        """The statements run and passwords checked since this was last asked."""
        done = list(self._said), self._passwords.checked
        self._said.clear()
        self._passwords.checked = 0
        return done


@pytest.fixture
async def watched(database_url: str, tmp_path: Path) -> AsyncIterator[Watched]:
    async with running(settings_for(database_url, tmp_path, second_factor="on", pool_size=1)) as world:
        world.app.state.passwords = passwords = Counting(memory_kib=8, passes=1, lanes=1)
        made = Watched(world, passwords)
        await made.listen()
        yield made


def shown(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that a stranger sees, but the request's id."""
    return answer.status_code, answer.content, sorted(answer.headers.items())


@pytest.mark.parametrize("otp", [None, "123456", "0000-0000-0000-0000", "no code"])
async def test_a_wrong_password_is_the_same_answer_and_work_for_every_name(
    watched: Watched, otp: str | None
) -> None:
    world = watched.world
    area = await world.make_area()
    await enrolled(world, await supervisor(world))  # warms up what the driver asks once
    names = [
        "nobody",
        (await world.make_account("social_worker", area)).username,
        (await world.make_account("supervisor", area)).username,
        (await world.make_account("supervisor", area, password=None)).username,
        (await enrolled(world, await supervisor(world))).person.username,
    ]
    begun = await supervisor(world)
    await token_of(world, begun)
    suspended = await supervisor(world)
    await world.pool.execute("UPDATE account SET suspended_at = now() WHERE id = $1", suspended.id)
    names += [begun.username, suspended.username]
    stranger = await world.stranger()
    answers, works = [], []
    for name in ("nobody at all", *names):
        watched.work()
        body = login_body(name, uuid.uuid4(), "not the password") | {"otp": otp}
        answers.append(shown(await stranger.post(f"{AUTH}/login", json=body)))
        works.append(watched.work())
    assert answers == answers[:1] * len(answers)
    assert works[1:] == works[1:2] * (len(works) - 1)
    statements, checked = works[1]
    assert checked == 1 and statements


async def test_a_token_that_never_was_and_one_that_is_over_are_the_same_answer_and_work(
    watched: Watched,
) -> None:
    world = watched.world
    expired, replaced = await supervisor(world), await supervisor(world)
    tokens = ["never was one", await token_of(world, expired), await token_of(world, replaced)]
    await token_of(world, replaced)
    await world.pool.execute(
        "UPDATE second_factor SET token_expires_at = now() WHERE account = $1", expired.id
    )

    async def confirming(world: World, token: str) -> httpx.Response:
        return await confirm(world, token, "123456")

    for ask in (enrol, confirming):
        answers, works = [], []
        for token in ("warm up", *tokens):
            watched.work()
            answers.append(shown(await ask(world, token)))
            works.append(watched.work())
        assert answers == answers[:1] * len(answers)
        assert answers[0][0] == 401
        assert works[1:] == works[1:2] * (len(works) - 1)


async def test_a_right_password_alone_says_that_a_code_is_asked_for(watched: Watched) -> None:
    world = watched.world
    wang = await enrolled(world, await supervisor(world))
    stranger = await world.stranger()
    answers = [
        await stranger.post(f"{AUTH}/login", json=login_body(wang.person.username, uuid.uuid4(), password))
        for password in ("not the password", PASSWORD)
    ]
    assert [answer.json()["type"] for answer in answers] == ["login-failed", "otp-required"]
