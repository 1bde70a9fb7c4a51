"""Numbers for Prometheus: routes and never paths, for who may see them, of all processes together."""

import re
from pathlib import Path

import httpx
import pytest

from tests.serving import PATIENCE, Installation
from tests.world import World, running, settings_for


async def test_metrics_are_for_this_machine(world: World) -> None:
    here, elsewhere = await world.stranger("127.0.0.1"), await world.stranger("203.0.113.5")
    assert (await here.get("/metrics")).status_code == 200
    refused = await elsewhere.get("/metrics")
    assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
async def test_what_a_proxy_on_this_machine_passes_on_is_not_of_this_machine(
    world: World, header: str
) -> None:
    here = await world.stranger("127.0.0.1")
    assert (await here.get("/metrics", headers={header: "203.0.113.5"})).status_code == 403


async def test_with_a_token_metrics_are_for_who_has_it(database_url: str, tmp_path: Path) -> None:
    async with running(settings_for(database_url, tmp_path, metrics_token="let-me-see")) as world:
        elsewhere = await world.stranger("203.0.113.5")
        right = await elsewhere.get("/metrics", headers={"Authorization": "Bearer let-me-see"})
        wrong = await elsewhere.get("/metrics", headers={b"Authorization": "Bearer let-me-sée".encode()})
        assert (right.status_code, wrong.status_code) == (200, 403)
        assert (await (await world.stranger("127.0.0.1")).get("/metrics")).status_code == 403


async def test_metrics_name_routes_and_never_paths(world: World) -> None:
    here = await world.stranger("127.0.0.1")
    await here.delete("/api/v1/auth/devices/018f0000-0000-7000-8000-00000000abcd")
    await here.get("/someones-secret")
    await here.request("BREW", "/someones-secret")
    text = (await here.get("/metrics")).text
    assert 'route="/api/v1/auth/devices/{device}",status="401"' in text
    assert "00000000abcd" not in text
    assert "someones-secret" not in text
    assert "BREW" not in text


def test_any_process_tells_the_numbers_of_all(installation: Installation) -> None:
    address = installation.serve({"LIANDONG_WORKERS": "2"}).address()
    asked = 40
    for _ in range(asked):
        _get(f"{address}/health/live")  # a connection each: either process may take it
    counted = {_live_requests(_get(f"{address}/metrics")) for _ in range(6)}
    assert counted == {asked}


def test_a_new_run_begins_to_count_anew(installation: Installation) -> None:
    environment = {"LIANDONG_WORKERS": "2"}
    first = installation.serve(environment)
    _get(f"{first.address()}/health/live")
    first.process.kill()
    first.process.wait()
    address = installation.serve(environment).address()
    assert _live_requests(_get(f"{address}/metrics")) == 0


def _get(url: str) -> str:
    return httpx.get(url, timeout=PATIENCE).text  # the first waits until a process has started


def _live_requests(metrics: str) -> int:
    found = re.search(r'^liandong_requests_total\{.*route="/health/live".*\} (\S+)$', metrics, re.MULTILINE)
    return int(float(found[1])) if found else 0
