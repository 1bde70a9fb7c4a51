"""Signing in, through HTTP."""

import uuid

from tests.world import World, login_body


async def test_a_worker_signs_in_and_is_told_what_they_hold(world: World) -> None:
    community = await world.make_area()
    worker = await world.make_account("social_worker", community)
    device = uuid.uuid4()
    stranger = await world.stranger()
    answer = await stranger.post("/api/v1/auth/login", json=login_body(worker.username, device))
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["device"] == {"id": str(device), "name": "小米 14", "platform": "android"}
    assert body["account"]["id"] == str(worker.id)
    assert body["account"]["grants"] == [{"role": "social_worker", "area": str(community), "until": None}]
