"""What somebody may not see changes no byte of anything that the server answers them, on any route.

A town is drawn at random and made once. For each reader there are two copies of it: in one nothing happens,
in the other people do up to two hundred things that the reader may not see. Then the reader asks everything
that can be asked and does everything that can be done, in both, and is answered the same. What is not
compared is said in `tests.interference.masks`.

A case is one thing that is done to one record, and one reader who may not see it. There are some thousands of
them in a usual run, and fifty times as many with LIANDONG_TEST_LONG.
"""

import difflib
import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given

from service.routes import sync as routes
from tests.interference.copies import copy_of, patient
from tests.interference.deeds import Deed, all_deeds, done
from tests.interference.listening import Listening, all_heard, listened_to, without_pauses
from tests.interference.masks import Known, known_in, masked
from tests.interference.town import Reader, Town, made, plans
from tests.interference.walk import Walk, operations
from tests.postgres import TestServer
from tests.world import World, running

DEEDS = 200  # of each reader's copy
ASKED = 8  # records, about which each route is asked
TOWNS = max(3, hypothesis.settings().max_examples // 30)


class Stage:
    """A town that was made, and can be copied."""

    def __init__(self, postgres: TestServer, url: str, folder: Path, town: Town, known: Known) -> None:
        self.postgres = postgres
        self.url = url
        self.folder = folder
        self.town = town
        self.known = known

    async def told(
        self, reader: Reader, deeds: list[Deed], *, and_writes: bool = True
    ) -> tuple[list[str], int]:
        """All that `reader` is told when `deeds` are done, and how many of them took effect.

        `and_writes`: they do everything too that can be done, besides asking.
        """
        async with copy_of(self.postgres, self.url, self.folder) as copy:
            await listened_to(copy)
            phone = reader.phone
            poll = {"cursor": phone.cursor, "seconds": 55} if phone.cursor else {"seconds": 55}
            async with (
                Listening(copy, phone, "/api/v1/sync/stream") as stream,
                Listening(copy, phone, "/api/v1/sync/wait", **poll) as wait,
            ):
                await stream.has_begun.wait()
                count = await done(copy, self.town, deeds)
                await all_heard(copy, stream)
                # That the time was up says how long the test took.
                moved = "" if wait.said.endswith('{"areas":[]}') else wait.said
                heard = [f"stream: {without_pauses(stream)}\n", f"wait: {moved}\n"]
            walk = Walk(copy, self.town, reader, self.town.items[:: len(self.town.items) // ASKED])
            await walk.read()
            if and_writes:
                await walk.write()
            said = "\x1e".join(heard + walk.said)
            key = copy.world.app.state.terms.cursor_key
            return masked(said, self.known, phone.person.id, key).split("\x1e"), count

    async def blame(self, reader: Reader, then: list[str], told: list[str], deeds: list[Deed]) -> str:
        """Of `deeds`, of which `reader` was `told`, one that is to blame, and what gave it away."""
        while len(deeds) > 1:
            half = deeds[: len(deeds) // 2]
            now, _ = await self.told(reader, half)
            deeds = half if difference(then, now) else deeds[len(half) :]
        now, _ = await self.told(reader, deeds)
        return f"{deeds}\n{difference(then, now) or difference(then, told) + ' (with others)'}"


@asynccontextmanager
async def stage(postgres: TestServer, folder: Path, plan: dict[str, Any]) -> AsyncIterator[Stage]:
    """The town that `plan` draws, made."""
    async with postgres.database() as url:
        async with running(patient(url, folder)) as world:
            town = await made(world, plan)
            known = await known_in(world.pool)
        yield Stage(postgres, url, folder, town, known)


def hidden_from(reader: Reader, town: Town, chance: random.Random) -> list[Deed]:
    """Things to do that `reader` may not see, of every kind there is."""
    kinds: dict[tuple[str, str], list[Deed]] = {}
    for deed in all_deeds(town):
        if not deed.is_seen_by(reader.eyes, town):
            kinds.setdefault((deed.what, deed.item.collection), []).append(deed)
    for each in kinds.values():
        chance.shuffle(each)
    in_turn = [deed for turn in itertools.zip_longest(*kinds.values()) for deed in turn if deed is not None]
    return in_turn[:DEEDS]


def difference(then: list[str], now: list[str]) -> str:
    """The first answer that is not the same."""
    for one, other in itertools.zip_longest(then, now, fillvalue=""):
        if one != other:
            lines = difflib.unified_diff(
                one.split(","), other.split(","), "nothing happened", "hidden deeds", n=2
            )
            return "\n".join([one.partition("\n")[0], *lines])
    return ""


@pytest.fixture(scope="module", autouse=True)
def restless() -> Iterator[None]:
    """Streams look up often, so that a test soon knows that one has nothing more to say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "RECHECK_SECONDS", 0.02)
        yield


@given(plan=plans)
@hypothesis.settings(
    max_examples=TOWNS,
    deadline=None,
    # A smaller town tells no more than `blame` does.
    phases=[
        hypothesis.Phase.explicit,
        hypothesis.Phase.generate,
    ],
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_what_is_hidden_from_a_reader_changes_no_answer_of_any_route(
    postgres: TestServer, tmp_path_factory: pytest.TempPathFactory, plan: dict[str, Any]
) -> None:
    async with stage(postgres, tmp_path_factory.mktemp("town"), plan) as made_up:
        for reader in made_up.town.readers:
            deeds = hidden_from(reader, made_up.town, made_up.town.chance)
            then, _ = await made_up.told(reader, [])
            now, count = await made_up.told(reader, deeds)
            assert count > len(deeds) / 2, "most of it was refused: what is shown by that?"
            hypothesis.event(f"{reader.eyes.role}: {count} cases")
            if difference(then, now):
                blamed = await made_up.blame(reader, then, now, deeds)
                raise AssertionError(f"{reader.eyes.role} is told of {blamed}")


SUPERVISED: dict[str, Any] = {
    "files": [(0, 0, 1), (1, 1, 0)],
    "readers": [("supervisor", "district", "now")],
    "members": [],
    "seed": 1,
}


async def test_what_a_reader_may_see_does_change_their_answers(postgres: TestServer, tmp_path: Path) -> None:
    async with stage(postgres, tmp_path / "town", SUPERVISED) as made_up:
        [reader] = made_up.town.readers
        seen = [each for each in all_deeds(made_up.town) if each.is_seen_by(reader.eyes, made_up.town)]
        then, _ = await made_up.told(reader, [], and_writes=False)
        unnoticed = []
        for what in ("edit", "dispute", "delete", "add", "join", "refuse"):
            deed = made_up.town.chance.choice([each for each in seen if each.what == what])
            now, _ = await made_up.told(reader, [deed], and_writes=False)
            if not difference(then, now):
                unnoticed.append(deed)
        assert not unnoticed


async def test_every_operation_of_the_document_is_asked(world: World) -> None:
    lacking = {each.name: each.lacks for each in operations(world.app) if each.lacks}
    assert lacking == {}, "say in tests/interference/walk.py how these are asked"
