"""What of records, history and quarantine is sealed: whose key, what is left alone, what is found out."""

import asyncio
import hashlib
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec
import pytest

from schemas.privacy import ALL_CLASSES, Privacy
from service.audit.verify import Fault, verify
from sync.asking import AccessOf
from sync.history import history_of
from sync.pull import Ask, Pulled, pull
from sync.quarantine import list_open
from sync.scope import Access, Reach
from sync.sealing import SealBroken, key_id
from sync.statement import Connection
from tests.sync.pushing import Device, Office, edit, sheet

NOT_IDENTITY = Reach(ALL_CLASSES & ~Privacy.IDENTITY.bit, ALL_CLASSES & ~Privacy.IDENTITY.bit)


async def pulled(office: Office, device: Device) -> Pulled:
    """What a new device of the same person gets."""
    rows = await office.pool.fetch("SELECT id, no, last_rev FROM area")

    async def access_of(_: Connection) -> Access:
        return Access(
            device.clearance,
            UUID(int=0),
            {row["id"]: row["no"] for row in rows},
            {row["id"]: row["last_rev"] for row in rows},
            datetime.now(UTC),
        )

    access: AccessOf = access_of
    async with office.application.acquire() as connection:
        return await pull(connection, Ask(None), access)


async def key_of(office: Office, area: UUID) -> int:
    key: int = await office.pool.fetchval(
        "SELECT id FROM area_key WHERE area = $1 AND retired_at IS NULL", area
    )
    return key


async def faults(pool: asyncpg.Pool) -> set[tuple[Fault, UUID, int]]:
    async with pool.acquire() as connection:
        return {(each.fault, each.chain, each.no) for each in (await verify(connection)).findings}


async def test_values_in_stamps_are_sealed_too(office: Office) -> None:
    area = await office.area()
    one, other = office.device(area), office.device(area)
    made = sheet(area, set={"harm": "low", "signs": ["瘀伤"]})
    rev = (await one.one(made)).rev or 0
    await one.one(edit(made, rev, set={"harm": "medium"}, add={"signs": ["烫伤"]}))
    await other.one(edit(made, rev, set={"harm": "high"}, add={"signs": ["骨折"]}))
    row = await office.row(made["record"])
    for word in ("medium", "high", "瘀伤", "烫伤", "骨折"):
        assert word.encode() not in row["stamps"]
    assert row["sealed_stamps"] is not None
    values = await office.values(made["record"])
    assert (values["harm"], set(values["signs"])) == ("high", {"瘀伤", "烫伤", "骨折"})
    rev = (await one.one(edit(made, row["rev"], set={"harm": "low"}))).rev or 0
    await other.one(edit(made, rev, remove={"signs": ["瘀伤", "烫伤", "骨折"]}))
    values = await office.values(made["record"])
    assert (values["harm"], values["signs"]) == ("low", [])


async def test_stamps_without_values_stay_in_the_open(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"number": "一号", "danger": "low", "tags": ["甲"]})
    rev = (await office.device(area).one(made)).rev or 0
    await office.device(area).one(edit(made, rev, set={"number": "二号"}, add={"tags": ["乙"]}))
    row = await office.row(made["record"])
    assert row["sealed_stamps"] is None
    assert "乙".encode() in row["stamps"] and b"number" in row["stamps"]


async def test_what_an_edit_does_not_touch_is_written_back_as_it_was(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"number": "一号", "harm": "high"})
    rev = (await office.device(area).one(made)).rev or 0
    before = await office.row(made["record"])
    await office.device(area).one(edit(made, rev, set={"title": "二", "number": "二号"}))
    after = await office.row(made["record"])
    assert after["body_confidential"] == before["body_confidential"]
    assert after["sealed_stamps"] == before["sealed_stamps"]
    assert after["body_identity"] != before["body_identity"]


async def test_what_moves_is_sealed_with_the_key_of_where_it_goes(office: Office) -> None:
    here, there = await office.area(), await office.area()
    device = office.device(here, there)
    made = sheet(here, set={"number": "一号", "harm": "low"})
    await device.push(made, sheet(there, set={"number": "三号"}))
    rev = (await device.one(edit(made, 0, add={"signs": ["瘀伤"]}, after=made["id"]))).rev or 0
    await device.one(edit(made, rev, op="move", to=there))
    row = await office.row(made["record"])
    stored = [row[name] for name in ("body_identity", "body_confidential", "sealed_stamps")]
    assert {key_id(each) for each in stored} == {await key_of(office, there)}
    history = await office.history(made["record"])
    assert {key_id(row["sent_identity"]) for row in history if row["sent_identity"]} == {
        await key_of(office, here)
    }
    values = await office.values(made["record"])
    assert (values["number"], values["signs"]) == ("一号", ["瘀伤"])
    async with office.application.acquire() as connection, connection.transaction():
        told = await history_of(connection, UUID(made["record"]), device.clearance)
    assert told.entries[0].set["number"] == "一号"
    back = await device.one(edit(made, row["rev"], op="move", to=here))
    assert back.outcome == "applied"
    assert (await office.values(made["record"]))["number"] == "一号"


async def test_all_who_begin_an_area_at_once_seal_with_one_key(office: Office) -> None:
    area = await office.area()
    made = [sheet(area, set={"number": f"{number}号"}) for number in range(8)]
    bad = [sheet(area, set={"danger": "?"}) for _ in range(8)]
    await asyncio.gather(*(office.device(area).push(*each) for each in zip(made, bad, strict=True)))
    rows = await office.pool.fetch("SELECT body_identity FROM record")
    assert {key_id(row["body_identity"]) for row in rows} == {await key_of(office, area)}
    kept = await office.pool.fetch("SELECT payload, problem FROM quarantine")
    assert len({key_id(each) for row in kept for each in row.values()}) == 1
    assert len(await office.quarantine()) == 8


async def test_hashes_of_contents_cannot_be_computed_without_the_key(office: Office) -> None:
    area = await office.area()
    made, bad = sheet(area, set={"number": "一号"}), b'{"id":"%s","x":1}' % sheet(area)["id"].encode()
    await office.device(area).push(made, bad)
    stored = await office.pool.fetch(
        "SELECT hash FROM history UNION ALL SELECT sealed_digest FROM history"
        " UNION ALL SELECT hash FROM quarantine UNION ALL SELECT token_identity FROM record"
    )
    canonical = [msgspec.json.encode(made), bad, "一号".encode()]
    guesses = {hashlib.sha256(each).digest() for each in canonical}
    assert guesses.isdisjoint({row["hash"] for row in stored})


async def fill(office: Office) -> tuple[Device, UUID, UUID, list[str]]:
    """Two areas with two sheets each, edited once; and a change that was refused in each."""
    areas = [await office.area(), await office.area()]
    device = office.device(*areas, supervised=tuple(areas))
    made = [sheet(area, set={"number": f"{place}号", "harm": "high"}) for place, area in enumerate(areas * 2)]
    await device.push(*made, *(sheet(area, set={"danger": "?"}) for area in areas))
    await device.push(
        *(edit(each, 0, set={"number": "新号"}, add={"signs": ["瘀伤"]}, after=each["id"]) for each in made)
    )
    here, there = areas
    return device, here, there, [each["record"] for each in made]


async def forge(office: Office, statement: str, *values: object) -> None:
    tag = await office.pool.execute(statement, *values)
    assert not tag.endswith(" 0"), "nothing was forged"


SWAPS = {
    "between records": (0, 2, "body_identity", "body_identity"),
    "between areas": (0, 1, "body_identity", "body_identity"),
    "between classes": (0, 0, "body_identity", "body_confidential"),
    "with stamps": (0, 0, "body_confidential", "sealed_stamps"),
}


@pytest.mark.parametrize("swap", SWAPS)
async def test_parts_that_were_put_elsewhere_are_found(office: Office, swap: str) -> None:
    device, *_, ids = await fill(office)
    into, source, column, other = SWAPS[swap]
    assert await faults(office.pool) == set()
    taken = (await office.row(ids[source]))[other]
    await forge(office, f"UPDATE record SET {column} = $1 WHERE id = $2", taken, UUID(ids[into]))
    row = await office.row(ids[into])
    assert await faults(office.pool) == {(Fault.SEALED, row["area"], row["rev"])}
    with pytest.raises(SealBroken):
        await pulled(office, device)


async def test_a_part_that_was_taken_out_is_found(office: Office) -> None:
    *_, ids = await fill(office)
    await forge(office, "UPDATE record SET body_identity = NULL WHERE id = $1", UUID(ids[0]))
    row = await office.row(ids[0])
    assert await faults(office.pool) == {(Fault.SEALED, row["area"], row["rev"])}


@pytest.mark.parametrize("what", ["swapped", "cut", "gone", "digest"])
async def test_history_that_was_tampered_with_is_found(office: Office, what: str) -> None:
    device, here, _, ids = await fill(office)
    first, second = await office.history(ids[0])
    anew: dict[str, tuple[str, bytes | None]] = {
        "swapped": ("sent_identity", second["sent_identity"]),
        "cut": ("sent_identity", first["sent_identity"][:-1]),
        "gone": ("sent_identity", None),
        "digest": ("sealed_digest", second["sealed_digest"]),
    }
    column, value = anew[what]
    statement = f"UPDATE history SET {column} = $1 WHERE area = $2 AND rev = $3"
    await forge(office, statement, value, here, first["rev"])
    found = await faults(office.pool)
    assert (Fault.SEALED, here, first["rev"]) in found
    assert (Fault.HISTORY in {fault for fault, *_ in found}) == (what == "digest")
    if what in ("swapped", "cut"):
        async with office.application.acquire() as connection, connection.transaction():
            with pytest.raises(SealBroken):
                await history_of(connection, UUID(ids[0]), device.clearance)


async def test_quarantine_that_was_tampered_with_is_found(office: Office) -> None:
    device, here, *_ = await fill(office)
    one, two = await office.pool.fetch("SELECT no, payload FROM quarantine ORDER BY no")
    await forge(office, "UPDATE quarantine SET payload = $1 WHERE no = $2", one["payload"], two["no"])
    assert await faults(office.pool) == {(Fault.SEALED, device.account, two["no"])}
    async with office.application.acquire() as connection, connection.transaction():
        with pytest.raises(SealBroken):
            await list_open(connection, device.account, [here])


@pytest.mark.parametrize(
    "broken", [b"", b"\x01", b"\x02" * 60, b"\x01" * 60], ids=["empty", "short", "no version", "no key"]
)
async def test_a_broken_part_holds_up_nobody_who_has_nothing_to_do_with_it(
    office: Office, broken: bytes
) -> None:
    *_, ids = await fill(office)
    row = await office.row(ids[0])
    await forge(office, "UPDATE record SET body_identity = $1 WHERE id = $2", broken, row["id"])
    made = {"collection": "sheet", "record": ids[0], "area": str(row["area"])}
    officer = office.device(row["area"], reach=NOT_IDENTITY)
    result = await officer.one(edit(made, row["rev"], set={"title": "改", "harm": "low"}))
    assert result.outcome == "applied"
    assert (await office.row(ids[0]))["body_identity"] == broken
    seen = b"".join(bytes(record) for record in (await pulled(office, officer)).records)
    assert "改".encode() in seen
    with pytest.raises(SealBroken):
        await office.device(row["area"]).one(edit(made, row["rev"], set={"number": "一号"}))
