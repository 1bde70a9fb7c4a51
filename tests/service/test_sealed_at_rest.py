"""After a day's work nothing that is sealed stands in the open: not in the database, its files, or a log.

The real server, logging all that it can, with ID numbers and confidential words in work that was applied, was
in dispute, was refused, waited, was put right, and moved.
"""

import base64
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from service.database import connect
from service.embedded import EmbeddedPostgres
from tests.serving import Installation
from tests.sync.changes import change, household, new_id
from tests.world import PASSWORD, PASSWORD_HASH, login_body

NUMBERS = [with_check_digit(f"{RESERVED_PREFIX}19551231{order:03}") for order in range(1, 10)]
WORDS = [f"邻居说他酒后打孩子第{number}次" for number in range(1, 10)]
PHONE = "13987654321"  # told in confidence
SECRETS = [*NUMBERS, *WORDS, PHONE]


class Day(NamedTuple):
    """What is left of the day: the tables, the server's lines, and the folder of its data."""

    tables: dict[str, bytes]
    printed: str
    data: Path


class Work:
    """Somebody who works in two areas, over HTTP."""

    def __init__(self, address: str, areas: list[UUID]) -> None:
        self._client = httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30)
        self.here, self.there = areas
        self._person = uuid.uuid4()

    async def __aenter__(self) -> "Work":
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._client.__aexit__(*error)

    async def sign_in(self) -> None:
        """On a device of its own each time: what one wrote the other has not seen."""
        answer = await self._client.post("/auth/login", json=login_body("boss", uuid.uuid4(), PASSWORD))
        self._client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self._client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def push(self, *changes: dict[str, Any]) -> list[str]:
        """The outcomes."""
        said = await self.post("/sync", {"changes": list(changes)})
        return [result["outcome"] for result in said["results"]]

    async def retry(self, kept: dict[str, Any], right: dict[str, Any]) -> str:
        """What becomes of a change in quarantine in the form `right`."""
        result = await self.post(f"/sync/quarantine/{kept['id']}/retry", {"change": right})
        outcome: str = result["outcome"]
        return outcome

    async def get(self, path: str) -> Any:
        answer = await self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self) -> None:
        """The day."""
        family, person, visit = new_id(), new_id(), new_id()
        of_visit = {"subject": str(person), "on": "2026-11-20", "by": str(uuid.uuid4())}
        await self.sign_in()
        said = await self.push(
            household(self.here, family),
            change("person", person, self.here, set=self.somebody(family, NUMBERS[0])),
            change("elder_visit", visit, self.here, set={**of_visit, "concerns": WORDS[0], "told_by": PHONE}),
        )
        assert said == ["applied"] * 3
        for number, words in ((NUMBERS[1], WORDS[1]), (NUMBERS[2], WORDS[2])):
            await self.sign_in()
            said = await self.push(
                change("person", person, self.here, base=1, set={"resident_id": number}),
                change("elder_visit", visit, self.here, base=1, set={"concerns": words}),
            )
        assert "conflict" in said
        bad = change("person", new_id(), self.here, set=self.somebody(family, NUMBERS[3], sex="?"))
        worse = change("person", new_id(), self.here, set=self.somebody(family, f"{NUMBERS[4]}0"))
        late = {**of_visit, "subject": str(new_id()), "concerns": WORDS[3]}
        parked = change("elder_visit", new_id(), self.here, set=late)
        broken = {**change("person", new_id(), self.here, set=self.somebody(family, NUMBERS[5])), "op": 7}
        stranger = change("person", new_id(), uuid.uuid4(), set=self.somebody(family, NUMBERS[6]))
        said = await self.push(bad, worse, parked, broken, stranger)
        assert said == ["rejected", "rejected", "parked", "rejected", "rejected"]
        right = {**bad, "set": self.somebody(family, NUMBERS[7], sex="2")}
        assert await self.retry(bad, right) == "applied"
        assert await self.retry(parked, {**parked, "set": {**late, "concerns": WORDS[4]}}) == "parked"
        await self._client.post(f"/sync/quarantine/{worse['id']}/dismiss")
        base = (await self.everything())[str(family)]["rev"]
        move = change("household", family, self.here, base=base, op="move", to=self.there)
        assert await self.push(move) == ["applied"]
        for asked in (
            {"resident_id": NUMBERS[8]},
            {"resident_id": f"{NUMBERS[8]}0"},
            {"resident_id": WORDS[8]},
            {"phone": PHONE},
        ):
            await self._client.post("/persons/lookup", json=asked)
        await self._client.post("/sync", content=msgspec.json.encode({"changes": WORDS[7]})[:-1])
        await self._client.post("/sync", json={"cursor": NUMBERS[8], "changes": [{"id": WORDS[6]}]})
        told = msgspec.json.encode([await self.everything(), await self.get("/sync/quarantine")]).decode()
        for secret in (NUMBERS[7], NUMBERS[6], WORDS[4], PHONE):
            assert secret in told, "those who may read it do"

    async def everything(self) -> dict[str, Any]:
        """What a new phone is given."""
        said = await self.post("/sync", {"limit": 5_000})
        return {record["id"]: record for record in said["records"]}

    def somebody(self, family: UUID, number: str, **more: Any) -> dict[str, Any]:
        return {"household": str(family), "name": "张三", "resident_id": number, **more}


async def copied(database: asyncpg.Connection) -> dict[str, bytes]:
    """Every table as text, as pg_dump would write it."""
    tables = {}
    for row in await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        lines: list[bytes] = []

        async def take(data: bytes, lines: list[bytes] = lines) -> None:
            lines.append(data)

        await database.copy_from_query(f"SELECT * FROM {row['tablename']}", output=take)
        tables[row["tablename"]] = b"".join(lines)
    return tables


@pytest.fixture
async def day(installation: Installation) -> Day:
    serving = installation.serve({"LIANDONG_LOG_LEVEL": "debug", "LIANDONG_SECOND_FACTOR": "off"})
    address = serving.address()
    database = await connect(EmbeddedPostgres(installation.data / "postgres").url("liandong"))
    areas, boss = [uuid.uuid4(), uuid.uuid4()], uuid.uuid4()
    await database.execute(
        "INSERT INTO area (id, level, code, name, ancestors)"
        " SELECT id, 'community', '620103001001', '社区', ARRAY[id] FROM unnest($1::uuid[]) AS id",
        areas,
    )
    await database.execute(
        "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, 'boss', '督导', $2)",
        boss,
        PASSWORD_HASH,
    )
    await database.execute(
        "INSERT INTO area_grant (account, role, area, rev)"
        " SELECT $1, 'supervisor', id, 1 FROM unnest($2::uuid[]) AS id",
        boss,
        areas,
    )
    async with Work(address, areas) as work:
        await work.do()
    tables = await copied(database)
    await database.execute("CHECKPOINT")
    await database.close()
    assert serving.end(signal.SIGINT) == 0
    return Day(tables, serving.printed, installation.data)


def forms_of(secret: str) -> Iterator[bytes]:
    """How a secret could stand somewhere, and be read by who looks for it."""
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield msgspec.json.encode(secret)[1:-1]
    yield secret.encode("unicode_escape")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        yield encoded[-(-before * 8 // 6) : len(encoded) // 4 * 4 - 4]


def in_the_open(where: bytes) -> set[str]:
    return {secret for secret in SECRETS if any(form in where for form in forms_of(secret))}


def test_each_form_of_a_secret_would_be_seen() -> None:
    for secret in SECRETS:
        plain = secret.encode()
        for stands in (plain, plain.hex().encode(), base64.b64encode(b"{'a': '" + plain + b"'}")):
            assert secret in in_the_open(b"..." + stands + b"...")


async def test_nothing_that_is_sealed_stands_in_the_open(day: Day) -> None:
    assert {"record", "history", "quarantine", "audit"} <= day.tables.keys()
    assert {table: found for table, text in day.tables.items() if (found := in_the_open(text))} == {}
    assert day.tables["quarantine"].count(b"\n") >= 5
    files = [path for path in day.data.rglob("*") if path.is_file()]
    in_files = [path.parts for path in files if "西津东路".encode() in path.read_bytes()]
    assert any("pg_wal" in parts for parts in in_files) and any("base" in parts for parts in in_files)
    assert {path: found for path in files if (found := in_the_open(path.read_bytes()))} == {}
    assert "POST" in day.printed or "/sync" in day.printed
    assert in_the_open(day.printed.encode()) == set()
