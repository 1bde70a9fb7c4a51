"""Acknowledged work survives any crash, and work sent again takes effect once (protocol.md, 1 and 2).

The real server with two workers is killed while phones push, sometimes with its PostgreSQL, and started
again on the same folder. The phones know only what they were answered.
"""

import asyncio
import os
import random
import signal
import uuid
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from service.audit.verify import verify
from service.database import connect
from service.embedded import EmbeddedPostgres
from tests.processes import postmasters
from tests.serving import Installation, Serving
from tests.sync.changes import change, new_id
from tests.world import PASSWORD, PASSWORD_HASH, login_body

PHONES = 6
CRASHES = 3
BETWEEN = (0.4, 0.9)  # seconds of work before each crash
DONE = ("applied", "merged")


class Pusher:
    """A phone that makes activities and counts people, and sends each batch until it is answered."""

    def __init__(self, area: UUID, shared: UUID) -> None:
        self.area, self.shared = area, shared
        self.device = uuid.uuid4()
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.lost = 0
        self._batch: list[dict[str, Any]] = []
        self._token = ""

    async def work(self, address: str, stop: asyncio.Event) -> None:
        """Push until told to stop, or until the server is gone."""
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            while not stop.is_set():
                self._batch = self._batch or self._new_batch()
                try:
                    await self._push(client)
                except httpx.TransportError:
                    self.lost += 1
                    return

    async def send_again(self, address: str, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the server answers to changes that it acknowledged before."""
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            return await self._send(client, changes)

    async def _push(self, client: httpx.AsyncClient) -> None:
        results = await self._send(client, self._batch)
        sent = {one["id"]: one for one in self._batch}
        for result in results:
            if result["outcome"] == "retry":
                return
            assert result["outcome"] in DONE, result
            self.acknowledged[result["id"]] = sent[result["id"]]
        self._batch = []

    async def _send(self, client: httpx.AsyncClient, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not self._token:
            answer = await client.post("/api/v1/auth/login", json=login_body("worker", self.device, PASSWORD))
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        answer = await client.post(
            "/api/v1/sync", json={"changes": changes}, headers={"Authorization": f"Bearer {self._token}"}
        )
        if answer.status_code == 503:
            return [{"id": one["id"], "outcome": "retry"} for one in changes]
        answer.raise_for_status()
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def _new_batch(self) -> list[dict[str, Any]]:
        made = [
            change(
                "activity",
                new_id(),
                self.area,
                set={"title": "义务理发", "on": "2022-10-01", "state": "planned"},
            )
            for _ in range(random.randint(1, 8))
        ]
        return [*made, change("activity", self.shared, self.area, base=1, increment={"people_served": 1})]


async def people(database: asyncpg.Connection) -> UUID:
    """One community with one worker; the community's id."""
    area, worker = uuid.uuid4(), uuid.uuid4()
    await database.execute(
        "INSERT INTO area (id, level, code, name, ancestors)"
        " VALUES ($1, 'community', '620103001001', '社区', $2)",
        area,
        [area],
    )
    await database.execute(
        "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, 'worker', '社工', $2)",
        worker,
        PASSWORD_HASH,
    )
    await database.execute(
        "INSERT INTO area_grant (account, role, area, rev) VALUES ($1, 'social_worker', $2, 1)", worker, area
    )
    return area


def crash(serving: Serving, installation: Installation, number: int) -> None:
    """Kill without warning: the server's processes; every second time PostgreSQL first."""
    if number % 2:
        for pid in postmasters(installation.data):
            os.kill(pid, signal.SIGKILL)
    for pid in serving.processes():
        os.kill(pid, signal.SIGKILL)
    serving.process.wait()


async def database_of(installation: Installation) -> asyncpg.Connection:
    return await connect(EmbeddedPostgres(installation.data / "postgres").url("liandong"))


@pytest.mark.parametrize("seed", range(20 if os.environ.get("LIANDONG_TEST_LONG") else 1))
async def test_acknowledged_work_survives_crashes_and_counts_once(
    installation: Installation, seed: int
) -> None:
    random.seed(seed)
    serving = installation.serve({"LIANDONG_WORKERS": "2"})
    address = serving.address()
    database = await database_of(installation)
    area = await people(database)
    await database.close()
    first = Pusher(area, new_id())
    made = change(
        "activity", first.shared, area, set={"title": "义诊", "on": "2022-10-01", "state": "planned"}
    )
    assert (await first.send_again(address, [made]))[0]["outcome"] == "applied"
    phones = [Pusher(area, first.shared) for _ in range(PHONES)]
    for number in range(CRASHES + 1):
        stop = asyncio.Event()
        at_work = [asyncio.create_task(phone.work(address, stop)) for phone in phones]
        await asyncio.sleep(random.uniform(*BETWEEN))
        if number == CRASHES:
            stop.set()
        else:
            crash(serving, installation, number)
        await asyncio.gather(*at_work)
        if number < CRASHES:
            serving = installation.serve({"LIANDONG_WORKERS": "2"})
            address = serving.address()
    assert sum(phone.lost for phone in phones) > 0, "no request was under way when the server was killed"
    acknowledged = {id: one for phone in phones for id, one in phone.acknowledged.items()}
    database = await database_of(installation)
    kept = Counter(str(row["change"]) for row in await database.fetch("SELECT change FROM history"))
    records = {str(row["id"]) for row in await database.fetch("SELECT id FROM record")}
    counted = await database.fetchval(
        "SELECT (body_open ->> 'people_served')::int FROM record WHERE id = $1", first.shared
    )
    increments = await database.fetchval("SELECT count(*) FROM history WHERE record = $1", first.shared) - 1
    audited = await verify(database)
    await database.close()
    assert acknowledged.keys() <= kept.keys()
    assert set(kept.values()) == {1}
    assert {one["record"] for one in acknowledged.values()} <= records
    assert counted == increments
    assert (audited.findings, audited.changes) == ([], len(kept))
    for phone in phones:
        again = await phone.send_again(address, list(phone.acknowledged.values())[:500])
        assert all(result["repeated"] for result in again)
