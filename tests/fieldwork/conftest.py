"""What tests in the field share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fieldwork.station import Station, station_in
from tests.world import World


@pytest.fixture
async def station(world: World, tmp_path: Path) -> AsyncIterator[Station]:
    async with station_in(world, tmp_path) as made:
        yield made
