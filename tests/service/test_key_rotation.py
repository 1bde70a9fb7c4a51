"""Keys are replaced while people work: everything opens, nothing moves, and a broken-off run goes on."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import pytest

import service.resealing
from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from service.audit.verify import verify
from service.database import open_pool
from service.master_key import load_keyring, load_master_keys, new_master_key
from service.resealing import LOCK, AlreadyAtIt, Resealed, reseal, unfinished
from service.rewrapping import left_behind, open_all, rewrap
from service.rights import ROLE
from service.settings import ROOT, Settings
from sync.attempts import PassingTrouble
from sync.confine import confine
from sync.erasing import erase
from sync.keyring import NOWHERE
from sync.sealing import key_id
from tests.logins import login_of, new_login
from tests.serving import OURS
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World, running, settings_for

NUMBERS = [with_check_digit(f"{RESERVED_PREFIX}19600101{order:03}") for order in range(1, 600)]
SEALED = (
    "SELECT area, body_identity AS sealed FROM record UNION ALL SELECT area, body_confidential FROM record"
    " UNION ALL SELECT area, sent_identity FROM history UNION ALL SELECT area, sent_confidential FROM history"
    " UNION ALL SELECT $1, payload FROM quarantine UNION ALL SELECT $1, problem FROM quarantine"
)


class Town(NamedTuple):
    """A community in which somebody has worked: a family that moved here, a change that was refused."""

    world: World
    here: UUID
    there: UUID
    phone: Shelf
    person: UUID
    settings: Settings


@pytest.fixture
async def town(world: World, tmp_path: Path, database_url: str) -> Town:
    street = await world.make_area("street")
    # Keys are replaced in the order of areas: first where the family was.
    there, here = sorted([await world.make_area(parent=street), await world.make_area(parent=street)])
    phone = Shelf(await world.sign_in(await world.make_account("supervisor", street)))
    family, person = new_id(), new_id()
    await phone.settle(
        household(there, family),
        change(
            "person", person, there, set={"household": str(family), "name": "张三", "resident_id": NUMBERS[0]}
        ),
    )
    base = phone.records[str(person)]["rev"]
    await phone.settle(
        change("person", person, there, base=base, set={"resident_id": NUMBERS[1], "未知": "甲"})
    )
    base = phone.records[str(family)]["rev"]
    await phone.settle(change("household", family, there, op="move", to=here, base=base))
    await phone.settle(change("household", new_id(), here, set={"members": "?", "note": "未入库"}))
    return Town(world, here, there, phone, person, settings_for(database_url, tmp_path))


@pytest.fixture
async def owner(town: Town) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the owner, with keys that they have read for themselves."""
    pool = await open_pool(str(town.settings.database_url), 2, load_keyring(town.settings))
    yield pool
    await pool.close()


async def anew(town: Town, done: Callable[[int], None] = lambda _: None) -> Resealed:
    """Replace the keys of all areas, as the command does."""
    return await reseal(str(town.settings.database_url), load_keyring(town.settings), done)


async def keys_in_use(pool: asyncpg.Pool) -> dict[UUID, set[int | None]]:
    found: dict[UUID, set[int | None]] = {}
    for row in await pool.fetch(SEALED, NOWHERE):
        if row["sealed"] is not None:
            found.setdefault(row["area"], set()).add(key_id(row["sealed"]))
    return found


async def current_keys(pool: asyncpg.Pool) -> dict[UUID, set[int | None]]:
    rows = await pool.fetch("SELECT area, id FROM area_key WHERE retired_at IS NULL")
    return {row["area"]: {row["id"]} for row in rows}


async def contents(town: Town) -> Any:
    """What a new phone of the same person is given, their quarantine, and the history of the person."""
    phone = Shelf(await town.world.sign_in(town.phone.phone.person))
    await phone.settle()
    asked = [
        await phone.phone.get("/api/v1/sync/quarantine"),
        await phone.phone.get("/api/v1/sync/history", params={"record": str(town.person)}),
    ]
    assert all(answer.status_code == 200 for answer in asked)
    return phone.records, [answer.json() for answer in asked]


async def test_everything_is_sealed_with_the_new_keys_and_says_what_it_said(
    town: Town, owner: asyncpg.Pool
) -> None:
    before, keys_before = await contents(town), await keys_in_use(town.world.pool)
    came_to = await anew(town)
    assert came_to.broken == [] and came_to.areas == 3
    keys = await keys_in_use(town.world.pool)
    assert keys.keys() == keys_before.keys() == {town.here, town.there, NOWHERE}
    assert keys == await current_keys(town.world.pool)
    assert all(keys[area].isdisjoint(keys_before[area]) for area in keys)
    assert await contents(town) == before
    async with owner.acquire() as connection:
        assert await unfinished(connection) == []


async def test_no_phone_is_sent_anything_anew(town: Town) -> None:
    revs = await town.world.pool.fetch("SELECT id, rev, rev_identity FROM record ORDER BY id")
    heads = await town.world.pool.fetch("SELECT id, last_rev FROM area ORDER BY id")
    cursor = (await town.phone.settle())["cursor"]
    await anew(town)
    said = await town.phone.settle()
    assert (said["records"], said["cursor"]) == ([], cursor)
    assert await town.world.pool.fetch("SELECT id, rev, rev_identity FROM record ORDER BY id") == revs
    assert await town.world.pool.fetch("SELECT id, last_rev FROM area ORDER BY id") == heads


async def test_the_audit_stays_whole(town: Town, owner: asyncpg.Pool) -> None:
    await anew(town)
    async with owner.acquire() as connection:
        assert (await verify(connection)).findings == []


class Killed(Exception):
    pass


def die_at(number: int) -> Callable[[int], None]:
    """What a run tells of its batches, and is killed by as it tells of the one with this number."""
    batches = iter(range(1, number + 1))

    def die(_: int) -> None:
        if next(batches) == number:
            raise Killed

    return die


async def until_somebody_waits(pool: asyncpg.Pool) -> None:
    """Until somebody waits for a lock. Not to be asked in a transaction, where the answer never changes."""
    async with asyncio.timeout(10):
        while not await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)


async def cut_off(pool: asyncpg.Pool) -> None:
    """End the connections of whoever is replacing keys, as a database does that is stopped."""
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks"
        " WHERE NOT granted OR (locktype = 'advisory' AND objid::bigint = $1 & 4294967295)",
        LOCK,
    )


@pytest.mark.parametrize("after", range(1, 5))
async def test_a_run_that_was_broken_off_is_taken_up_where_it_stopped(
    town: Town, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(service.resealing, "AT_ONCE", 1)
    before = await contents(town)
    with pytest.raises(Killed):
        await anew(town, die_at(after))
    assert await contents(town) == before
    keys = await current_keys(town.world.pool)
    await town.phone.settle(
        change("person", new_id(), town.here, set={"household": str(new_id()), "resident_id": NUMBERS[2]})
    )
    await anew(town)
    assert await keys_in_use(town.world.pool) == keys == await current_keys(town.world.pool)


async def test_history_that_is_being_erased_meanwhile_stays_erased(town: Town) -> None:
    with pytest.raises(Killed):
        await anew(town, die_at(1))  # all areas have their new key
    async with town.world.pool.acquire() as erasing:
        async with erasing.transaction():
            await confine(erasing, [town.here, town.there])
            assert (await erase(erasing, town.here, [town.person])).rows == 1
            going_on = asyncio.create_task(anew(town))
            await until_somebody_waits(town.world.pool)  # at the history that was left behind
        await going_on
    said = await town.world.pool.fetch(
        "SELECT sent_identity, sent_confidential FROM history WHERE record = $1", town.person
    )
    assert {part for row in said for part in row} == {None}


async def test_a_database_that_goes_away_meanwhile_is_passing_trouble(town: Town) -> None:
    async with town.world.pool.acquire() as holding, holding.transaction():
        await holding.execute("SELECT FROM area WHERE id = $1 FOR UPDATE", town.here)
        going_on = asyncio.create_task(anew(town))
        await until_somebody_waits(town.world.pool)
        await cut_off(town.world.pool)
        with pytest.raises(PassingTrouble):
            await going_on


async def test_two_do_not_replace_keys_at_once(town: Town) -> None:
    came_to = await asyncio.gather(anew(town), anew(town), return_exceptions=True)
    assert sorted(type(each).__name__ for each in came_to) == ["AlreadyAtIt", "Resealed"]
    assert AlreadyAtIt in {type(each) for each in came_to}


async def test_what_does_not_open_is_named_left_and_holds_up_nothing(town: Town) -> None:
    where = f"area = '{town.here}' AND id = '{town.person}'"
    broken = f"set_byte(body_identity, 40, get_byte(body_identity, 40) # 1) WHERE {where}"
    await town.world.pool.execute(f"UPDATE record SET body_identity = {broken}")
    kept = await town.world.pool.fetchval(f"SELECT body_identity FROM record WHERE {where}")
    for _ in range(2):
        came_to = await anew(town)
        assert came_to.broken == [("record", f"{town.here} {town.person}")]
        assert await town.world.pool.fetchval(f"SELECT body_identity FROM record WHERE {where}") == kept
    keys, current = await keys_in_use(town.world.pool), await current_keys(town.world.pool)
    assert keys[town.there] == current[town.there]
    assert keys[NOWHERE] == current[NOWHERE]


async def test_an_owner_that_the_policies_hold_seals_everything_anew_too(town: Town) -> None:
    url = str(town.settings.database_url)
    async with new_login(url) as owners_url:
        await hand_over(town.world.pool, login_of(owners_url))
        came_to = await reseal(owners_url, load_keyring(town.settings))
    assert came_to.broken == []
    assert await keys_in_use(town.world.pool) == await current_keys(town.world.pool)


async def test_phones_push_while_keys_are_replaced_and_killed(town: Town, tmp_path: Path) -> None:
    household_of = {area: new_id() for area in (town.here, town.there)}
    await town.phone.settle(*(household(area, id) for area, id in household_of.items()))

    def person(area: UUID, number: str) -> dict[str, Any]:
        values = {"household": str(household_of[area]), "name": "李四", "resident_id": number}
        return change("person", new_id(), area, set=values)

    sent = [person(area, number) for area in household_of for number in NUMBERS[:250]]
    await town.phone.settle(*sent)
    phones = [Shelf(await town.world.sign_in(town.phone.phone.person)) for _ in household_of]
    is_over = False

    async def work(phone: Shelf, area: UUID) -> None:
        for number in NUMBERS[250:]:
            if is_over:
                return
            sent.append(person(area, number))
            said = await phone.settle(sent[-1])
            assert [result["outcome"] for result in said["results"]] == ["applied"]

    working = [asyncio.create_task(work(*each)) for each in zip(phones, household_of, strict=True)]
    kills = 0
    for patience in (0.05, 0.1, 0.2, None):
        command = await run_command(town.settings, "rotate", "--areas")
        while patience is not None and not await has_begun(town.world.pool):
            await asyncio.sleep(0.005)
        try:
            await asyncio.wait_for(command.wait(), patience)
        except TimeoutError:
            command.kill()
            kills += 1
            await command.wait()
    is_over = True
    await asyncio.gather(*working)
    assert command.returncode == 0 and kills > 0
    assert await keys_in_use(town.world.pool) == await current_keys(town.world.pool)
    fresh = Shelf(await town.world.sign_in(town.phone.phone.person))
    await fresh.settle()
    for each in sent:
        assert fresh.data(each["record"])["resident_id"] == each["set"]["resident_id"]


async def hand_over(pool: asyncpg.Pool, owner: str) -> None:
    """Let `owner`, who is no superuser, own all tables."""
    for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        await pool.execute(f"ALTER TABLE {row['tablename']} OWNER TO {owner}")


async def has_begun(pool: asyncpg.Pool) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM area_key WHERE retired_at IS NOT NULL"))


async def run_command(settings: Settings, *arguments: str) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    ours = {"LIANDONG_DATA": str(settings.data), "DATABASE_URL": str(settings.database_url)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service",
        "keys",
        *arguments,
        cwd=ROOT,
        env=kept | ours,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_new_master_key_wraps_everything_and_changes_nothing(town: Town, owner: asyncpg.Pool) -> None:
    before = await contents(town)
    kept = await town.world.pool.fetch("SELECT area, id FROM area_key ORDER BY area")
    (old,) = load_master_keys(town.settings).ids
    id = new_master_key(town.settings)
    masters = load_master_keys(town.settings)
    assert masters.ids == [old, id]
    async with owner.acquire() as connection:
        count = await left_behind(connection, masters)
        assert count == len(kept) + 2
        assert await rewrap(connection, masters) == count
        assert await left_behind(connection, masters) == 0
        assert await open_all(connection, masters) == count
    assert await town.world.pool.fetch("SELECT area, id FROM area_key ORDER BY area") == kept
    assert {row[0] for row in await town.world.pool.fetch("SELECT master FROM area_key")} == {id}
    for path in town.settings.keys_folder.glob(f"master-*-{old}.key"):
        path.unlink()
    assert await contents(town) == before
    async with running(town.settings) as again:  # which has met no key yet
        assert await contents(town._replace(world=again)) == before


async def test_a_change_that_comes_again_is_known_after_all_keys_were_replaced(
    town: Town, owner: asyncpg.Pool
) -> None:
    made = change("household", new_id(), town.here, set=household(town.here)["set"] | {"kind": "urban"})
    await town.phone.settle(made)
    await anew(town)
    new_master_key(town.settings)
    async with owner.acquire() as connection:
        await rewrap(connection, load_master_keys(town.settings))
    async with running(town.settings) as again:
        phone = Shelf(await again.sign_in(town.phone.phone.person))
        (result,) = (await phone.settle(made))["results"]
    assert (result["outcome"], result["repeated"]) == ("applied", True)


async def test_the_command_replaces_the_master_key(town: Town) -> None:
    before = await contents(town)
    (old,) = load_master_keys(town.settings).ids
    command = await run_command(town.settings, "rotate", "--master")
    assert await command.wait() == 0
    newest = load_master_keys(town.settings).ids[-1]
    assert newest != old
    masters = await town.world.pool.fetch("SELECT master FROM area_key UNION SELECT master FROM fixed_key")
    assert [row["master"] for row in masters] == [newest]
    assert await contents(town) == before


async def test_a_login_that_does_not_own_the_tables_is_told_so(town: Town) -> None:
    async with new_login(str(town.settings.database_url), member_of=ROLE) as url:
        settings = msgspec.structs.replace(town.settings, database_url=url)
        for flag in ("--areas", "--master"):
            command = await run_command(settings, "rotate", flag)
            said = await command.communicate()
            assert command.returncode == 1
            assert "表的所有者".encode() in said[1]
