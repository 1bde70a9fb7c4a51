"""What is sealed of a person is put away, put back and erased like all else, and never opened for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from service.audit.verify import Fault, verify
from service.resealing import reseal
from sync.keyring import Keyring
from sync.sealing import key_id
from tests.service import family as families
from tests.service.family import HIS, Family
from tests.sync.changes import change
from tests.world import World

LOOKUP = "/api/v1/persons/lookup"


@pytest.fixture
async def family(world: World) -> Family:
    return await families.made(world)


async def faults(family: Family) -> set[Fault]:
    async with family.world.pool.acquire() as connection:
        return {each.fault for each in (await verify(connection)).findings}


async def current_key(family: Family) -> int:
    id: int = await family.world.pool.fetchval(
        "SELECT id FROM area_key WHERE area = $1 AND retired_at IS NULL", family.area
    )
    return id


async def put_away(family: Family) -> list[bytes]:
    """All that is kept sealed of what is restricted."""
    rows = await family.world.pool.fetch(
        "SELECT body_identity, body_confidential, sealed_stamps FROM restricted_record"
    )
    return [value for row in rows for value in row.values() if value is not None]


async def known_by(family: Family, number: str) -> list[Any]:
    phone = (await family.shelf("supervisor")).phone
    answer = await phone.post(LOOKUP, json={"resident_id": number})
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["records"]
    return found


async def test_what_is_put_away_stays_sealed(family: Family) -> None:
    await family.restrict()
    kept = await put_away(family)
    assert len(kept) >= 2
    assert {key_id(sealed) for sealed in kept} == {await current_key(family)}


async def test_an_area_whose_key_is_replaced_meanwhile_puts_back_what_opens(
    family: Family, database_url: str, keyring: Keyring
) -> None:
    before = (await family.shelf("supervisor")).data(family.he)
    await family.restrict()
    came_to = await reseal(database_url, keyring)
    assert came_to.broken == []
    assert {key_id(sealed) for sealed in await put_away(family)} == {await current_key(family)}
    await family.lift()
    assert (await family.shelf("supervisor")).data(family.he) == before
    assert HIS["concerns"] in await family.everything_stored()
    assert await faults(family) == set()


async def test_what_was_put_back_takes_changes_again(family: Family) -> None:
    await family.restrict()
    await family.lift()
    supervisor = await family.shelf("supervisor")
    base = supervisor.records[str(family.he)]["rev"]
    said = await supervisor.settle(
        change("person", family.he, family.area, base=base, set={"resident_id": None, "phone": None})
    )
    assert said["results"][0]["outcome"] == "applied"
    assert await known_by(family, HIS["resident_id"]) == []


async def test_nobody_is_found_by_a_number_while_it_is_restricted(family: Family) -> None:
    assert [each["id"] for each in await known_by(family, HIS["resident_id"])] == [str(family.he)]
    await family.restrict()
    assert await known_by(family, HIS["resident_id"]) == []
    await family.lift()
    assert [each["id"] for each in await known_by(family, HIS["resident_id"])] == [str(family.he)]


async def test_what_was_put_away_and_altered_is_found(family: Family) -> None:
    await family.restrict()
    assert await faults(family) == set()
    await family.world.pool.execute(
        "UPDATE restricted_record SET body_identity ="
        " set_byte(body_identity, 40, get_byte(body_identity, 40) # 1) WHERE id = $1",
        family.he,
    )
    assert await faults(family) == {Fault.SEALED}


async def test_nothing_sealed_is_left_of_who_was_erased(family: Family) -> None:
    theirs = [family.he, *family.his.values()]
    queries = (
        "SELECT body_identity, body_confidential, sealed_stamps, token_contact, token_identity"
        " FROM record WHERE id = ANY($1)",
        "SELECT sent_identity, sent_confidential, sealed_digest FROM history WHERE record = ANY($1)",
    )
    for query in queries:
        rows = await family.world.pool.fetch(query, theirs)
        assert any(value is not None for row in rows for value in row.values())
    await family.decided(family.he)
    await family.run()
    for query in queries:
        rows = await family.world.pool.fetch(query, theirs)
        assert {value for row in rows for value in row.values()} == {None}
    assert await known_by(family, HIS["resident_id"]) == []


async def test_an_erasure_and_a_new_key_leave_the_audit_whole(
    family: Family, database_url: str, keyring: Keyring
) -> None:
    await family.decided(family.he)
    await family.run()
    assert (await reseal(database_url, keyring)).broken == []
    assert await faults(family) == set()
    rows = await family.world.pool.fetch("SELECT 1 FROM history WHERE commitments IS NOT NULL")
    assert len(rows) == 4


async def test_a_sealed_part_that_was_put_back_after_an_erasure_is_found(family: Family) -> None:
    sealed = await family.world.pool.fetchval(
        "SELECT sent_identity FROM history WHERE record = $1 ORDER BY rev LIMIT 1", family.he
    )
    await family.decided(family.he)
    await family.run()
    async with family.world.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE history SET sent_identity = $1 WHERE record = $2", sealed, family.he)
    assert Fault.ERASED in await faults(family)


async def test_what_samples_show_of_who_was_erased_is_emptied(family: Family) -> None:
    pool, sample, account = family.world.pool, uuid4(), family.people["officer"].id
    await pool.execute(
        "INSERT INTO sample (id, area, account, drawn_by, drawn_at, until, rule, seed, records, left_out)"
        " VALUES ($1, $2, $3, $3, now(), $4, '{}', 1, 2, 0)",
        sample,
        family.area,
        account,
        datetime.now(UTC) + timedelta(days=9),
    )
    for number, record in enumerate((family.he, family.she), 1):
        await pool.execute(
            "INSERT INTO sample_record (sample, no, account, area, record, pseudonym, collection, classes,"
            " shown, suppressed, withheld, texts)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'person', 1, '{\"sex\": \"1\"}', '{health}', '{note}', $7)",
            sample,
            number,
            account,
            family.area,
            record,
            str(number),
            b'{"note": "\xe8\xaf\x9d"}',
        )
    await family.decided(family.he)
    await family.run()
    rows = await pool.fetch("SELECT shown, texts, withheld FROM sample_record ORDER BY no")
    assert tuple(rows[0]) == (b"{}", b"{}", [])
    assert rows[1]["withheld"] == ["note"]
