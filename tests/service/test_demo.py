"""The demo in a database: written by the engine, the same each time, and safe to ask for again."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner

from schemas.collections import COLLECTIONS
from service.access.areas import NewArea, create_areas
from service.auth.passwords import Passwords
from service.database import connect, open_pool
from service.demo.command import command
from service.demo.load import NotOurs, load
from service.demo.password import made_up_password
from service.demo.pilot import HOUSEHOLDS, Pilot, pilot
from service.master_key import load_keyring
from service.settings import Settings
from sync.tables import body_columns
from tests.opening import opened_records
from tests.postgres import TestServer
from tests.world import login_body, running, settings_for

LONG = bool(os.environ.get("LIANDONG_TEST_LONG"))
SIZE = HOUSEHOLDS if LONG else 40
PASSWORD = "huanghe-baita-2022"
CHEAP = Passwords(memory_kib=8, passes=1, lanes=1)
KEYS = TemporaryDirectory()  # those of all demos here: what one wrote another opens
SETTINGS = Settings(demo_password=PASSWORD, data=Path(KEYS.name))
BODIES = ", ".join(column.name for column in body_columns("body_"))


@pytest.fixture(scope="module")
def url(postgres: TestServer) -> Iterator[str]:
    """A database with the demo, for tests that only read."""
    with asyncio.Runner() as runner:
        database = postgres.database()
        address = runner.run(database.__aenter__())
        assert runner.run(load(SETTINGS, address, SIZE, CHEAP))
        yield address
        runner.run(database.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def plan() -> Pilot:
    return pilot(SIZE)


@pytest.fixture
async def demo(url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(url, keyring=load_keyring(SETTINGS))
    yield pool
    await pool.close()


async def _contents(address: str) -> list[tuple[Any, ...]]:
    """What the records say. A conflict also says at which positions it arose, which are times."""
    pool = await open_pool(address, 1, load_keyring(SETTINGS))
    try:
        rows = await pool.fetch(
            f"select area, id, collection, parent, deleted, {BODIES} from record"
            " where collection <> 'conflict' order by area, id"
        )
        return [tuple(row.values()) for row in await opened_records(pool, rows)]
    finally:
        await pool.close()


async def test_everything_that_was_done_arrived_with_the_outcome_it_was_made_for(
    demo: asyncpg.Pool, plan: Pilot
) -> None:
    wanted: dict[str, int] = {}
    for line in plan.entries:
        for entry in line:
            wanted[entry.expects] = wanted.get(entry.expects, 0) + 1
    rows = await demo.fetch(
        "select outcome, count(*) from history group by 1"
        " union all select outcome, count(*) from quarantine group by 1"
    )
    assert dict(map(tuple, rows)) == wanted
    assert wanted.keys() == {"applied", "merged", "conflict", "rejected"}


async def test_every_record_that_was_made_stands(demo: asyncpg.Pool, plan: Pilot) -> None:
    wanted = {entry.record for line in plan.entries for entry in line if entry.expects != "rejected"}
    found = await demo.fetch("select id from record where collection <> 'conflict'")
    assert {row["id"] for row in found} == wanted


async def test_stored_records_are_whole(demo: asyncpg.Pool) -> None:
    rows = await demo.fetch(
        f"select area, id, collection, {BODIES} from record where collection <> 'conflict'"
    )
    for row in await opened_records(demo, rows):
        values: dict[str, Any] = {}
        for body in list(row.values())[3:]:
            values.update(msgspec.json.decode(body) if body is not None else {})
        # Rules between fields hold for what one person enters at a time; a birth date in dispute may not fit.
        declared = COLLECTIONS[row["collection"]]
        problems = [
            each for each in declared.problems_in_whole(values) if each.code in ("required", "type", "code")
        ]
        assert not problems


async def test_states_in_the_history_follow_each_other_as_declared(demo: asyncpg.Pool) -> None:
    rows = await demo.fetch(
        "select record, collection, sent_open from history"
        " where collection in ('referral', 'activity') order by record, rev"
    )
    ways: dict[tuple[Any, str], list[str]] = {}
    for row in rows:
        state = msgspec.json.decode(row["sent_open"] or b"{}").get("set", {}).get("state")
        if state is not None:
            ways.setdefault((row["record"], row["collection"]), []).append(state)
    assert ways
    for (_, collection), way in ways.items():
        states = COLLECTIONS[collection].fields["state"].states
        assert states is not None and way[0] in states.initial
        assert all(states.allows(old, new) for old, new in pairwise(way))


async def test_changes_keep_the_time_at_which_they_were_made(demo: asyncpg.Pool) -> None:
    first, last = await demo.fetchrow("select min(at), max(at) from history")
    assert "2022-09-27" <= first < last < "2023-09-28"


async def test_histories_were_written_by_several_people_on_several_days(demo: asyncpg.Pool) -> None:
    people, days = await demo.fetchrow(
        """
        select max(people), max(days) from (
            select count(distinct account) as people, count(distinct left(at, 10)) as days
            from history where collection = 'referral' group by record
        ) each
        """
    )
    assert people >= 2 and days >= 4


async def test_every_account_signs_in_and_holds_what_it_was_granted(
    url: str, tmp_path: Path, plan: Pilot
) -> None:
    async with running(settings_for(url, tmp_path, keys=SETTINGS.keys_folder, second_factor="auto")) as world:
        stranger = await world.stranger()
        for someone in plan.staff.values():
            body = login_body(someone.username, someone.device, PASSWORD)
            answer = await stranger.post("/api/v1/auth/login", json=body)
            assert answer.status_code == 200, answer.text
            account = answer.json()["account"]
            assert account["name"] == someone.name
            granted = {(grant["role"], grant["area"]) for grant in account["grants"]}
            assert granted == {(role.value, str(area)) for role, area in someone.grants}


async def test_a_worker_pulls_the_files_of_their_community_and_no_others(
    url: str, tmp_path: Path, plan: Pilot
) -> None:
    worker = plan.staff["worker01"]
    async with running(settings_for(url, tmp_path, keys=SETTINGS.keys_folder)) as world:
        stranger = await world.stranger()
        answer = await stranger.post(
            "/api/v1/auth/login", json=login_body(worker.username, worker.device, PASSWORD)
        )
        stranger.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        pulled: dict[str, str] = {}
        cursor, complete = None, False
        while not complete:
            answer = await stranger.post(
                "/api/v1/sync", json={"schema": 1, "cursor": cursor, "limit": 5000, "changes": []}
            )
            assert answer.status_code == 200, answer.text
            page = answer.json()
            cursor, complete = page["cursor"], page["complete"]
            pulled |= {
                each["id"]: each["area"] for each in page["records"] if each["collection"] == "household"
            }
    assert set(pulled.values()) == {str(worker.grants[0][1])}
    assert len(pulled) == SIZE // 10


async def test_the_evaluator_reads_a_sample_in_which_nobody_is_named(
    url: str, demo: asyncpg.Pool, tmp_path: Path, plan: Pilot
) -> None:
    evaluator = plan.staff["evaluator01"]
    async with running(settings_for(url, tmp_path, keys=SETTINGS.keys_folder)) as world:
        stranger = await world.stranger()
        answer = await stranger.post(
            "/api/v1/auth/login", json=login_body(evaluator.username, evaluator.device, PASSWORD)
        )
        stranger.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        (sample,) = (await stranger.get("/api/v1/samples")).json()["samples"]
        answer = await stranger.get(f"/api/v1/samples/{sample['id']}/records", params={"limit": 5000})
    records = answer.json()["records"]
    assert len(records) == sample["records"] > 0
    said = str([{**each, "area": None} for each in records])
    rows = await demo.fetch("select body_basic from record where collection in ('person', 'household')")
    assert not [name for row in rows if (name := msgspec.json.decode(row["body_basic"])["name"]) in said]


async def test_nobody_is_left_signed_in(database_url: str) -> None:
    await load(SETTINGS, database_url, 10, CHEAP)
    connection = await connect(database_url)
    sessions = await connection.fetchrow("select count(*), count(ended_at) from session")
    await connection.close()
    assert sessions[0] == sessions[1] > 0


async def test_loading_again_says_so_and_changes_nothing(url: str) -> None:
    connection = await connect(url)
    before = await connection.fetch("select id, last_rev from area order by id")
    assert await load(SETTINGS, url, SIZE, CHEAP) is False
    assert await connection.fetch("select id, last_rev from area order by id") == before
    await connection.close()


def test_the_command_says_that_the_demo_is_there(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    result = CliRunner().invoke(command)
    assert result.exit_code == 0, result.output
    assert "已经在数据库中" in result.output


async def test_two_loads_write_the_same_records(url: str, database_url: str) -> None:
    await load(SETTINGS, database_url, SIZE, CHEAP)
    assert await _contents(database_url) == await _contents(url)


@pytest.mark.parametrize("seconds", [0.3, 1.0])
async def test_a_load_that_was_broken_off_is_taken_up_again(
    url: str, database_url: str, seconds: float
) -> None:
    broken = asyncio.create_task(load(SETTINGS, database_url, SIZE, CHEAP))
    await asyncio.wait([broken], timeout=seconds)
    broken.cancel()
    await asyncio.gather(broken, return_exceptions=True)
    await load(SETTINGS, database_url, SIZE, CHEAP)
    assert await _contents(database_url) == await _contents(url)


async def test_two_who_load_at_once_load_it_once(url: str, database_url: str) -> None:
    both = [load(SETTINGS, database_url, SIZE, CHEAP) for _ in range(2)]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert await _contents(database_url) == await _contents(url)


async def test_until_the_demo_is_complete_nobody_signs_in(database_url: str) -> None:
    broken = asyncio.create_task(load(SETTINGS, database_url, SIZE, CHEAP))
    connection = await connect(database_url)
    while not await connection.fetchval("select count(*) from history") and not broken.done():
        await asyncio.sleep(0.02)
    assert await connection.fetchval("select count(*) from account where password_hash is not null") == 0
    broken.cancel()
    await asyncio.gather(broken, return_exceptions=True)
    await connection.close()


async def test_a_database_with_areas_of_its_own_is_refused_untouched(
    pool: asyncpg.Pool, database_url: str
) -> None:
    await create_areas(pool, [NewArea(uuid4(), None, "city", "620200", "嘉峪关市")])
    with pytest.raises(NotOurs, match="其他区域"):
        await load(SETTINGS, database_url, SIZE, CHEAP)
    assert await pool.fetchval("select count(*) from area") == 1
    assert await pool.fetchval("select count(*) from account") == 0


async def test_a_password_is_made_up_where_none_is_set(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await load(Settings(data=SETTINGS.data), database_url, SIZE, CHEAP)
    said = capsys.readouterr().err
    words = [word for word in said.split() if word.count("-") == 4]
    assert len(words) == 1
    connection = await connect(database_url)
    kept = await connection.fetchval("select password_hash from account where name = 'worker01'")
    await connection.close()
    assert await CHEAP.is_right(words[0], kept)


def test_made_up_passwords_differ() -> None:
    assert len({made_up_password() for _ in range(50)}) == 50
