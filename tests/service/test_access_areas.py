"""`GET /areas`: what the caller holds, and nothing of the rest of the tree."""

from tests.world import World


async def test_a_worker_is_told_their_community_and_where_it_lies(world: World) -> None:
    street = await world.make_area("street", name="雁南街道")
    community = await world.make_area(parent=street, name="天庆社区")
    phone = await world.sign_in(await world.make_account("social_worker", community))
    [area] = (await phone.get("/api/v1/areas")).json()["areas"]
    code = area.pop("code")
    assert code.startswith("6201")
    assert area == {
        "id": str(community),
        "parent": str(street),
        "level": "community",
        "name": "天庆社区",
    }


async def test_a_supervisor_of_a_district_is_told_all_below_it_by_code(world: World) -> None:
    city = await world.make_area("city")
    district = await world.make_area("district", city)
    street = await world.make_area("street", district)
    communities = [await world.make_area("community", street) for _ in range(3)]
    await world.make_area("district", city)
    phone = await world.sign_in(await world.make_account("supervisor", district))
    areas = (await phone.get("/api/v1/areas")).json()["areas"]
    assert [area["id"] for area in areas] == [str(id) for id in (district, street, *communities)]


async def test_two_grants_over_one_area_are_one_area(world: World) -> None:
    district = await world.make_area("district")
    community = await world.make_area(parent=district)
    worker = await world.make_account("social_worker", community)
    await world.grant(worker, "supervisor", district)
    areas = (await (await world.sign_in(worker)).get("/api/v1/areas")).json()["areas"]
    assert [area["id"] for area in areas] == [str(district), str(community)]


async def test_who_was_granted_nothing_holds_nothing(world: World) -> None:
    await world.make_area()
    phone = await world.sign_in(await world.make_account())
    assert (await phone.get("/api/v1/areas")).json() == {"areas": []}


async def test_an_evaluator_holds_nothing_yet(world: World) -> None:
    phone = await world.sign_in(await world.make_account("evaluator", await world.make_area()))
    assert (await phone.get("/api/v1/areas")).json() == {"areas": []}
