"""The audit tells of everything that is done to it, and names the place."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from service.audit import checkpoint
from service.audit.accountant import Accountant
from service.audit.chain import Entry, append, reading_chain
from service.audit.verify import Checked, Fault, Finding, verify
from service.settings import Settings
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World


class Day:
    """A day's work: a worker writes three times, and reads what a colleague wrote.

    In the area's chain stand two grants and six batches, in that of the worker's reading there three pages.
    """

    def __init__(self, world: World, area: UUID, worker: UUID) -> None:
        self.pool = world.pool
        self.area = area
        self.worker = worker
        self.reads = reading_chain(worker, area)

    async def check(self, *seen: checkpoint.Statement) -> Checked:
        async with self.pool.acquire() as connection:
            return await verify(connection, seen)

    async def found(self, *seen: checkpoint.Statement) -> set[Finding]:
        return set((await self.check(*seen)).findings)

    async def forge(self, *statements: str) -> None:
        """What an owner of the database can do. `:area`, `:reads`, `:worker` name the chains."""
        for statement in statements:
            for name, chain in (("area", self.area), ("reads", self.reads), ("worker", self.worker)):
                statement = statement.replace(f":{name}", f"'{chain}'")
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.execute("SET LOCAL session_replication_role = replica")
                assert not (await connection.execute(statement)).endswith(" 0"), "nothing was forged"


@pytest.fixture
async def day(world: World) -> Day:
    area = await world.make_area()
    worker = await world.make_account("supervisor", area)
    colleague = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    phone = Shelf(await world.sign_in(worker))
    id = new_id()
    await phone.settle(household(area, id, phone="13800138000"))
    for note in ("第一次", "第二次"):
        base = phone.records[str(id)]["rev"]
        await phone.settle(change("household", id, area, base=base, set={"note": note}))
    for _ in range(3):
        await colleague.settle(household(area, phone="13900139000"), household(area, note="独居"))
        await phone.settle()
    return Day(world, area, worker.id)


async def test_a_day_of_work_leaves_the_audit_whole(day: Day) -> None:
    checked = await day.check()
    assert checked.findings == []
    assert checked.chains == await day.pool.fetchval("SELECT count(*) FROM audit_head")
    assert checked.changes == 9
    assert checked.entries == await day.pool.fetchval("SELECT count(*) FROM audit") > 9


BREAKAGES: dict[str, tuple[list[str], set[tuple[Fault, str, int]]]] = {
    "an altered field": (
        ["UPDATE audit SET account = gen_random_uuid() WHERE chain = :area AND no = 4"],
        {(Fault.ALTERED, "area", 4)},
    ),
    "an altered time": (
        ["UPDATE audit SET at = at + interval '1 microsecond' WHERE chain = :reads AND no = 1"],
        {(Fault.ALTERED, "reads", 1)},
    ),
    "a record taken off the list": (
        ["UPDATE audit SET records = records[2:] WHERE chain = :reads AND no = 2"],
        {(Fault.ALTERED, "reads", 2)},
    ),
    "classes made less": (
        ["UPDATE audit SET detail = '{\"parts\":[[1,2]]}' WHERE chain = :reads AND no = 2"],
        {(Fault.ALTERED, "reads", 2)},
    ),
    "an altered hash": (
        ["UPDATE audit SET hash = sha256(hash) WHERE chain = :area AND no = 4"],
        {(Fault.ALTERED, "area", 4), (Fault.ALTERED, "area", 5)},
    ),
    "the first removed": (
        ["DELETE FROM audit WHERE chain = :reads AND no = 1"],
        {(Fault.MISSING, "reads", 1)},
    ),
    "one in the middle removed": (
        ["DELETE FROM audit WHERE chain = :reads AND no = 2"],
        {(Fault.MISSING, "reads", 2)},
    ),
    "the last removed": (
        ["DELETE FROM audit WHERE chain = :reads AND no = 3"],
        {(Fault.MISSING, "reads", 3)},
    ),
    "the last removed and the head put back": (
        [
            "DELETE FROM audit WHERE chain = :area AND no = 8",
            "UPDATE audit_head SET no = 7, hash = (SELECT hash FROM audit WHERE chain = :area AND no = 7)"
            " WHERE chain = :area",
        ],
        {(Fault.UNACCOUNTED, "area", 0)},
    ),
    "a whole chain removed": (
        ["DELETE FROM audit WHERE chain = :reads"],
        {(Fault.MISSING, "reads", 3)},
    ),
    "an area's chain removed with its head": (
        ["DELETE FROM audit WHERE chain = :area", "DELETE FROM audit_head WHERE chain = :area"],
        {(Fault.UNACCOUNTED, "area", 0)},
    ),
    "two in another order": (
        [
            "UPDATE audit SET no = -no WHERE chain = :reads AND no IN (1, 2)",
            "UPDATE audit SET no = 3 + no WHERE chain = :reads AND no < 0",
        ],
        {(Fault.ALTERED, "reads", 1), (Fault.ALTERED, "reads", 2), (Fault.ALTERED, "reads", 3)},
    ),
    "one put in at the end": (
        [
            "INSERT INTO audit SELECT chain, 4, at, kind, account, device, area, classes, records, changes,"
            " detail, hash FROM audit WHERE chain = :reads AND no = 3"
        ],
        {(Fault.ALTERED, "reads", 4), (Fault.HEAD, "reads", 4)},
    ),
    "two swapped between chains": (
        [
            "UPDATE audit SET no = -1 WHERE chain = :reads AND no = 1",
            "UPDATE audit SET chain = :reads, no = 1 WHERE chain = :area AND no = 3",
            "UPDATE audit SET chain = :area, no = 3 WHERE chain = :reads AND no = -1",
        ],
        {
            (Fault.ALTERED, "area", 3),
            (Fault.ALTERED, "area", 4),
            (Fault.ALTERED, "reads", 1),
            (Fault.ALTERED, "reads", 2),
            (Fault.UNACCOUNTED, "area", 0),
        },
    ),
    "the head changed": (
        ["UPDATE audit_head SET hash = sha256(hash) WHERE chain = :worker"],
        {(Fault.HEAD, "worker", 1)},
    ),
    "the head removed": (
        ["DELETE FROM audit_head WHERE chain = :reads"],
        {(Fault.HEAD, "reads", 3)},
    ),
    "one put in between, and the later ones moved up": (
        [
            "UPDATE audit SET no = -no WHERE chain = :area AND no > 3",
            "UPDATE audit SET no = 1 - no WHERE chain = :area AND no < 0",
            "INSERT INTO audit SELECT chain, 4, at, kind, account, device, area, classes, records, changes,"
            " detail, hash FROM audit WHERE chain = :area AND no = 3",
        ],
        {(Fault.ALTERED, "area", 4), (Fault.HISTORY, "area", 4), (Fault.HEAD, "area", 9)},
    ),
    "one removed, and the later ones moved down": (
        [
            "DELETE FROM audit WHERE chain = :reads AND no = 2",
            "UPDATE audit SET no = 2 WHERE chain = :reads AND no = 3",
        ],
        {(Fault.ALTERED, "reads", 2), (Fault.MISSING, "reads", 3)},
    ),
    "an altered row of history": (
        ["UPDATE history SET account = gen_random_uuid() WHERE rev = (SELECT min(rev) FROM history)"],
        {(Fault.HISTORY, "area", 3)},
    ),
    "altered words in history": (
        [
            'UPDATE history SET sent_case = \'{"set":{"note":"另一次"}}\''
            " WHERE rev = (SELECT rev FROM history ORDER BY rev OFFSET 2 LIMIT 1)"
        ],
        {(Fault.HISTORY, "area", 5)},
    ),
    "a row of history removed": (
        ["DELETE FROM history WHERE rev = (SELECT max(rev) FROM history)"],
        {(Fault.HISTORY, "area", 8)},
    ),
    "a row of history put in": (
        [
            "CREATE TABLE forged AS SELECT * FROM history ORDER BY rev DESC LIMIT 1",
            "UPDATE forged SET rev = rev + 1, change = gen_random_uuid()",
            "INSERT INTO history SELECT * FROM forged",
        ],
        {(Fault.UNACCOUNTED, "area", 0)},
    ),
}


@pytest.mark.parametrize("what", BREAKAGES)
async def test_what_is_done_to_the_audit_is_found_and_named(day: Day, what: str) -> None:
    statements, expected = BREAKAGES[what]
    await day.forge(*statements)
    chains = {day.area: "area", day.reads: "reads", day.worker: "worker"}
    found = {
        # Positions in history are times, and differ from run to run.
        (fault, chains[chain], 0 if fault is Fault.UNACCOUNTED else no)
        for fault, chain, no in await day.found()
    }
    assert found == expected


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET kind = kind",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
    ],
)
async def test_the_database_refuses_to_change_it(day: Day, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
        await day.pool.execute(statement)


# Checkpoints


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "elsewhere")


@pytest.fixture
def signed(day: Day, settings: Settings) -> Callable[[], Awaitable[checkpoint.Statement]]:
    async def signed() -> checkpoint.Statement:
        key = checkpoint.load_key(settings)
        async with day.pool.acquire() as connection:
            path = settings.data / "checkpoint"
            path.write_bytes(await checkpoint.make(connection, key))
        found = checkpoint.statement_of(checkpoint.read(path), key.public_key())
        assert found is not None
        return found

    return signed


async def test_a_checkpoint_holds_for_all_that_comes_later(
    day: Day, signed: Callable[[], Awaitable[checkpoint.Statement]]
) -> None:
    seen = [await signed()]
    async with day.pool.acquire() as connection:
        await append(connection, [Entry(day.worker, seen[0].made_at, "sign-in", day.worker)])
    seen.append(await signed())
    assert (await day.check(*seen)).findings == []


async def test_a_chain_that_was_removed_with_its_head_is_missed_by_a_checkpoint(
    day: Day, signed: Callable[[], Awaitable[checkpoint.Statement]]
) -> None:
    seen = await signed()
    await day.forge("DELETE FROM audit WHERE chain = :reads", "DELETE FROM audit_head WHERE chain = :reads")
    assert await day.found() == set()
    assert await day.found(seen) == {Finding(Fault.CHECKPOINT, day.reads, 3)}


async def test_a_chain_that_was_written_anew_is_missed_by_a_checkpoint(
    day: Day, signed: Callable[[], Awaitable[checkpoint.Statement]]
) -> None:
    seen = await signed()
    rows = await day.pool.fetch("SELECT * FROM audit WHERE chain = $1 ORDER BY no", day.reads)
    await day.forge("DELETE FROM audit WHERE chain = :reads", "DELETE FROM audit_head WHERE chain = :reads")
    async with day.pool.acquire() as connection:
        for row in rows:
            entry = Entry(day.reads, row["at"], row["kind"], row["account"], device="9", area=day.area)
            await append(connection, [entry])
    assert await day.found() == set()
    assert await day.found(seen) == {Finding(Fault.CHECKPOINT, day.reads, 3)}


async def test_a_chain_of_which_every_hash_was_made_anew_is_missed_by_a_checkpoint(
    day: Day, signed: Callable[[], Awaitable[checkpoint.Statement]]
) -> None:
    seen = await signed()
    rows = await day.pool.fetch("SELECT * FROM audit WHERE chain = $1 ORDER BY no", day.reads)
    await day.forge("DELETE FROM audit WHERE chain = :reads", "DELETE FROM audit_head WHERE chain = :reads")
    async with day.pool.acquire() as connection:
        for row in rows[:1] * 2 + rows[2:]:  # the second is hidden behind another of the first
            entry = Entry(
                day.reads,
                row["at"],
                row["kind"],
                row["account"],
                row["device"],
                row["area"],
                row["classes"],
                row["records"],
                row["changes"],
                row["detail"],
            )
            await append(connection, [entry])
    assert await day.found() == set(), "by itself it is as good as new"
    assert await day.found(seen) == {Finding(Fault.CHECKPOINT, day.reads, 3)}


async def test_a_chain_that_was_cut_and_went_on_is_missed_by_a_checkpoint(
    day: Day, signed: Callable[[], Awaitable[checkpoint.Statement]]
) -> None:
    seen = await signed()
    await day.forge(
        "DELETE FROM audit WHERE chain = :reads AND no = 3",
        "UPDATE audit_head SET no = 2, hash = (SELECT hash FROM audit WHERE chain = :reads AND no = 2)"
        " WHERE chain = :reads",
    )
    assert await day.found() == set()
    async with day.pool.acquire() as connection:
        await append(connection, [Entry(day.reads, seen.made_at, "sync", day.worker)])
    assert await day.found(seen) == {Finding(Fault.CHECKPOINT, day.reads, 3)}


async def test_a_checkpoint_counts_only_as_the_right_key_signed_it(
    day: Day, settings: Settings, tmp_path: Path
) -> None:
    key, other = checkpoint.load_key(settings), checkpoint.load_key(Settings(data=tmp_path / "other"))
    async with day.pool.acquire() as connection:
        good = await checkpoint.make(connection, key)
        foreign = await checkpoint.make(connection, other)
    altered = json.loads(good)
    altered["statement"]["heads"][0][1] += 1
    claimed = json.loads(foreign) | {"key": json.loads(good)["key"]}
    path = tmp_path / "shown"

    def is_good(shown: bytes) -> bool:
        path.write_bytes(shown)
        return checkpoint.statement_of(checkpoint.read(path), key.public_key()) is not None

    assert is_good(good)
    assert not is_good(foreign)
    assert not is_good(json.dumps(altered).encode())
    assert not is_good(json.dumps(claimed).encode())
    assert not is_good(json.dumps(json.loads(good) | {"signature": "?"}).encode())


def test_a_file_that_is_no_checkpoint_is_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"", b"[]", b"\xff", b'{"statement": {}}'):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(checkpoint.NoCheckpoint, match="no checkpoint"):
            checkpoint.read(tmp_path / "file")


async def test_an_append_is_of_its_transaction(day: Day) -> None:
    before = await day.pool.fetchval("SELECT count(*) FROM audit")
    async with day.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await Accountant(day.worker, "1").read(connection, "history", {day.area: {new_id(): 63}})
        await transaction.rollback()
    assert await day.pool.fetchval("SELECT count(*) FROM audit") == before
    assert (await day.check()).findings == []
