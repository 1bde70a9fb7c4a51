"""A device that is killed between any two steps goes on as if it had only paused."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sync.phones import Phones, names, phones_in
from tests.world import PASSWORD, World

ROOT = Path(__file__).parents[2]
STEP = 13  # every so many SQL statements; prime, so that it falls into all kinds of places


@pytest.fixture
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_in(world, tmp_path) as made:
        yield made


async def test_nothing_that_was_called_saved_is_lost_or_doubled_by_kills(
    phones: Phones, world: World, tmp_path: Path
) -> None:
    areas = [await world.make_area() for _ in range(60)]
    worker = await world.make_account("supervisor", *areas)
    url = await world.serve()
    arguments = (url, worker.username, PASSWORD, str(tmp_path), str(STEP), *map(str, areas))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sync.killed", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 0
    told = json.loads(output)
    assert 10 < told["killed"] < len(areas)
    fresh, _ = await phones.signed_in(worker)
    held = {str(id): name for id, name in names(fresh).items()}
    assert {id: name for id, name in held.items() if id in told["saved"]} == told["saved"]
    # What was saved and not yet written in the book when its device died is whole as well.
    assert len(names(fresh, "person")) == len(held)
