"""Areas know all above them, whatever the order in which they are made."""

import random
from uuid import UUID, uuid4

import asyncpg
import pytest

from service.access.areas import NewArea, UnknownParent, create_areas


def _chain() -> list[NewArea]:
    city, district, street, community = (uuid4() for _ in range(4))
    return [
        NewArea(city, None, "city", "620100", "兰州市"),
        NewArea(district, city, "district", "620102", "城关区"),
        NewArea(street, district, "street", "620102901000", "临夏路街道"),
        NewArea(community, street, "community", "620102901901", "水北门社区"),
    ]


async def _ancestors(pool: asyncpg.Pool, area: UUID) -> set[UUID]:
    found: list[UUID] = await pool.fetchval("select ancestors from area where id = $1", area)
    assert len(found) == len(set(found))
    return set(found)


async def test_an_area_knows_itself_and_all_above_it(pool: asyncpg.Pool) -> None:
    chain = _chain()
    shuffled = random.Random(1).sample(chain, len(chain))
    await create_areas(pool, shuffled)
    for depth, area in enumerate(chain, 1):
        assert await _ancestors(pool, area.id) == {above.id for above in chain[:depth]}


async def test_an_area_made_later_knows_those_that_stood(pool: asyncpg.Pool) -> None:
    chain = _chain()
    await create_areas(pool, chain[:3])
    await create_areas(pool, chain[3:])
    assert await _ancestors(pool, chain[3].id) == {area.id for area in chain}


async def test_an_area_without_its_parent_is_refused_and_named(pool: asyncpg.Pool) -> None:
    chain = _chain()
    with pytest.raises(UnknownParent, match="水北门社区"):
        async with pool.acquire() as connection, connection.transaction():
            await create_areas(connection, [chain[0], chain[3]])
    assert await pool.fetchval("select count(*) from area") == 0
