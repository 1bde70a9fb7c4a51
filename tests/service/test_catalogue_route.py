"""Every signed-in client gets the catalogue, once as long as it does not change."""

import json

import zstandard

from schemas.collections import COLLECTIONS
from tests.world import World

PATH = "/api/v1/sync/catalogue"


async def test_it_names_every_collection_and_the_class_of_every_field(world: World) -> None:
    phone = await world.sign_in(await world.make_account())
    found = (await phone.get(PATH)).json()["collections"]
    assert set(found) == set(COLLECTIONS)
    for name, declared in COLLECTIONS.items():
        assert set(found[name]["properties"]) == set(declared.fields)


async def test_it_is_not_sent_again_while_it_is_the_same(world: World) -> None:
    phone = await world.sign_in(await world.make_account())
    first = await phone.get(PATH)
    again = await phone.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_it_is_packed_for_who_accepts_that(world: World) -> None:
    phone = await world.sign_in(await world.make_account())
    async with phone.stream("GET", PATH, headers={"Accept-Encoding": "zstd"}) as answer:
        assert answer.headers["content-encoding"] == "zstd"
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    whole = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    assert json.loads(whole)["version"] >= 1
    assert len(packed) * 4 < len(whole)


async def test_a_stranger_does_not_get_it(world: World) -> None:
    assert (await (await world.stranger()).get(PATH)).status_code == 401
