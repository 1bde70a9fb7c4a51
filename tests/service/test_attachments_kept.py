"""How files are kept: sealed or not, sure to be there once acknowledged, and gone when nothing names them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.problems import UNAVAILABLE, Problem
from service.attachments import arrival
from service.attachments.contents import Contents
from service.attachments.depot import Depot
from service.attachments.part import PIECE, Part, arrived
from service.attachments.sweeping import STRAY_SECONDS, remove_leaving, sweep
from service.audit.verify import verify
from service.master_key import load_keyring
from service.resealing import reseal
from sync.confine import confine_to_all
from sync.erasing import erase
from sync.sealing import SealingKey, key_id
from tests.sending import PDF, TUS, about, begun, had, offset_at, patched, pdf, photo, sent
from tests.service import family as families
from tests.service import office as offices
from tests.service.family import Family
from tests.service.office import Office
from tests.sync.changes import change, new_id
from tests.world import World, running, settings_for

YEAR = timedelta(days=365)


@pytest.fixture
async def office(world: World) -> Office:
    return await offices.made(world)


def depot_of(world: World) -> Depot:
    depot: Depot = world.app.state.depot
    return depot


async def swept(world: World, term: timedelta = YEAR) -> None:
    await sweep(world.application, depot_of(world), term)


def lying(world: World) -> list[Path]:
    """All that lies where contents lie."""
    folder = world.app.state.settings.data / "attachments"
    return [path for path in folder.rglob("*") if path.is_file()]


def stored(world: World) -> bytes:
    """All of it, and what is on its way."""
    found = [*lying(world), *depot_of(world).uploads.iterdir()]
    return b"".join(path.read_bytes() for path in found)


async def count(world: World, table: str) -> int:
    found: int = await world.pool.fetchval(f"SELECT count(*) FROM {table}")
    return found


# Sealed or not


async def visit(office: Office, content: bytes) -> tuple[UUID, UUID]:
    """A file in a field of a class that is not sealed: record and file."""
    record, id = new_id(), new_id()
    by = str(office.phone.person.id)
    form = {"subject": str(office.person), "by": by, "on": "2026-03-01", "photos": [str(id)]}
    said = {**about(record, office.area, id), "collection": "elder_visit"}
    await sent(office.phone, content, **said)
    results = (await office.shelf.settle(change("elder_visit", record, office.area, set=form)))["results"]
    assert results[0]["outcome"] == "applied", results
    return record, id


async def test_what_is_identity_lies_sealed_while_it_comes_and_when_it_has(office: Office) -> None:
    content = pdf(PIECE + 100_000)
    where = (await begun(office.phone, len(content), **office.about(filename="张三.pdf"))).headers["location"]
    await patched(office.phone, where, 0, content[:-1])
    assert PDF[:30] not in stored(office.world) and content[1000:1100] not in stored(office.world)
    await patched(office.phone, where, len(content) - 1, content[-1:])
    assert len(lying(office.world)) == 1
    assert PDF[:30] not in stored(office.world) and content[1000:1100] not in stored(office.world)
    rows = await office.world.pool.fetch("SELECT * FROM attachment")
    assert "张三".encode() not in b"".join(row["head"] for row in rows)


async def test_which_sealed_files_are_the_same_is_not_told(office: Office) -> None:
    await office.keep(PDF)
    await office.keep(PDF)
    addresses = {path.name for path in lying(office.world)}
    assert len(addresses) == 2 and hashlib.sha256(PDF).hexdigest() not in addresses


async def test_what_is_not_sealed_lies_once_under_its_hash(office: Office) -> None:
    for _ in range(2):
        record, id = await visit(office, PDF)
        assert (await had(office.phone, record, id)).content == PDF
    (path,) = lying(office.world)
    assert (path.name, path.read_bytes()) == (hashlib.sha256(PDF).hexdigest(), PDF)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a byte is another": lambda content: content[:70_000] + b"?" + content[70_001:],
    "it was cut short": lambda content: content[:-1],
    "a chunk is gone": lambda content: content[65_569:],
    "chunks are in another order": lambda content: (
        content[65_569:131_138] + content[:65_569] + content[131_138:]
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
async def test_what_was_altered_where_it_lies_is_not_given_out(office: Office, what: str) -> None:
    content = pdf(200_000)
    id = await office.keep(content)
    (path,) = lying(office.world)
    path.write_bytes(DAMAGES[what](path.read_bytes()))
    answer = await had(office.phone, office.referral, id)
    assert (answer.status_code, answer.json()["type"]) == (500, "sealed-part-broken")


async def test_what_was_sealed_for_one_file_does_not_open_as_another(office: Office) -> None:
    first, _ = await office.keep(pdf(1000)), await office.keep(pdf(1000, 1))
    one, other = lying(office.world)
    swapped = one.read_bytes(), other.read_bytes()
    other.write_bytes(swapped[0])
    one.write_bytes(swapped[1])
    assert (await had(office.phone, office.referral, first)).status_code == 500


async def test_a_content_that_is_lost_is_said_to_be(office: Office) -> None:
    id = await office.keep(PDF)
    lying(office.world)[0].unlink()
    answer = await had(office.phone, office.referral, id)
    assert answer.status_code == 404 and answer.json()["detail"]


# Keys


async def test_new_keys_open_what_older_ones_sealed(
    office: Office, tmp_path: Path, database_url: str
) -> None:
    id = await office.keep(PDF)
    said = office.about()
    where = (await begun(office.phone, len(PDF), **said)).headers["location"]
    await patched(office.phone, where, 0, PDF[:9])
    before = lying(office.world)[0].read_bytes()
    heads = "SELECT head FROM attachment UNION ALL SELECT head FROM upload"
    old = {key_id(row["head"]) for row in await office.world.pool.fetch(heads)}
    came_to = await reseal(database_url, load_keyring(settings_for(database_url, tmp_path)))
    assert came_to.broken == []
    new = {key_id(row["head"]) for row in await office.world.pool.fetch(heads)}
    assert len(new) == 1 and not new & old
    assert lying(office.world)[0].read_bytes() == before
    await office.world.pool.execute("DELETE FROM area_key WHERE retired_at IS NOT NULL")
    async with running(settings_for(database_url, tmp_path)) as again:
        phone = await again.sign_in(office.phone.person)
        assert (await had(phone, office.referral, id)).content == PDF
        assert (await patched(phone, where, 9, PDF[9:])).status_code == 204


# Stops in between


class Stopped(Exception):
    """The server ends here."""


STEPS = ["_announced", "_lay_down", "_confirmed"]


@asynccontextmanager
async def stopping(step: str, when: str) -> AsyncIterator[None]:
    """The server ends before or after a step of taking a file in."""
    done = getattr(arrival, step)

    async def ended(*args: Any) -> Any:
        if when == "after":
            await done(*args)
        raise Stopped

    def ended_in_a_thread(*args: Any) -> None:
        if when == "after":
            done(*args)
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival, step, ended_in_a_thread if step == "_lay_down" else ended)
        yield


@pytest.mark.parametrize("content", [photo(), pdf(100_000)], ids=["photo", "paper"])
@pytest.mark.parametrize("again", ["by who sent it", "by the sweep"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_file_whose_last_byte_came_is_taken_in_wherever_the_server_ended(
    office: Office, step: str, when: str, again: str, content: bytes
) -> None:
    said = office.about()
    where = (await begun(office.phone, len(content), **said)).headers["location"]
    async with stopping(step, when):
        assert (await patched(office.phone, where, 0, content)).status_code == 500
    if again == "by the sweep":
        await swept(office.world)
    assert await offset_at(office.phone, where) == len(content)
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).status_code == 200
    await swept(office.world)
    kept = await office.world.pool.fetchrow("SELECT address, thumbnail FROM attachment")
    named = {each.rpartition("/")[2] for each in kept.values() if each is not None}
    assert {path.name for path in lying(office.world)} == named
    assert [*depot_of(office.world).uploads.iterdir()] == []
    assert await count(office.world, "content_leaving") == 0


async def test_what_is_refused_after_the_server_ended_is_refused_still(office: Office) -> None:
    where = (await begun(office.phone, 20, **office.about())).headers["location"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival, "_seen", lambda *_: (_ for _ in ()).throw(Stopped))
        assert (await patched(office.phone, where, 0, bytes(20))).status_code == 500
    assert (await office.phone.head(where, headers=TUS)).status_code == 422
    assert (await office.phone.head(where, headers=TUS)).status_code == 404


async def test_while_the_storage_is_away_the_file_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise Problem(UNAVAILABLE)

    said = office.about()
    where = (await begun(office.phone, len(PDF), **said)).headers["location"]
    with monkeypatch.context() as patch:
        patch.setattr(Contents, "put", away)
        assert (await patched(office.phone, where, 0, PDF)).status_code == 503
    assert await offset_at(office.phone, where) == len(PDF)
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == PDF


# What lies on disk of a file on its way

UPLOAD = UUID(int=1)
KEY = SealingKey(0, bytes(32))


@given(
    pieces=st.lists(st.tuples(st.binary(min_size=1, max_size=50), st.booleans()), min_size=1, max_size=6),
    cut=st.integers(0, 10_000),
    zeros=st.integers(0, 200),
)
@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_wherever_what_is_written_is_cut_what_counted_before_is_there_and_the_rest_can_follow(
    tmp_path: Path, pieces: list[tuple[bytes, bool]], cut: int, zeros: int
) -> None:
    path = tmp_path / "x.part"
    path.unlink(missing_ok=True)
    part = Part(path, UPLOAD, KEY)
    sizes = [(0, 0)]  # on disk, and how much had arrived by then
    for content, on_trial in pieces:
        part.add(content, on_trial=on_trial)
        if on_trial:
            assert arrived(path, UPLOAD, KEY) == sizes[-1][1]
            part.keep()
        sizes.append((path.stat().st_size, part.offset))
    part.close()
    whole = b"".join(content for content, _ in pieces)
    cut = min(cut, path.stat().st_size)
    # A power failure may also leave room in a file that nothing was written to.
    path.write_bytes(path.read_bytes()[:cut] + bytes(zeros))
    sure = max(offset for size, offset in sizes if size <= cut)
    assert arrived(path, UPLOAD, KEY) == sure
    part = Part(path, UPLOAD, KEY)
    assert part.offset == sure
    if sure < len(whole):
        part.add(whole[sure:])
    assert part.reader().read() == whole
    part.close()


def test_what_was_on_trial_when_the_server_ended_never_came(tmp_path: Path) -> None:
    path = tmp_path / "x.part"
    part = Part(path, UPLOAD, KEY)
    part.add(b"sure")
    part.add(b"on trial", on_trial=True)
    part.close()
    assert arrived(path, UPLOAD, KEY) == 4
    part = Part(path, UPLOAD, KEY)
    part.add(b"ly")
    assert part.reader().read() == b"surely"
    part.close()


# What is left over


async def test_an_upload_whose_time_is_up_is_swept_away(office: Office) -> None:
    where = (await begun(office.phone, 100, **office.about())).headers["location"]
    await patched(office.phone, where, 0, PDF)
    await swept(office.world)
    assert await offset_at(office.phone, where) == len(PDF)
    await office.world.pool.execute("UPDATE upload SET expires_at = clock_timestamp()")
    await swept(office.world)
    assert await count(office.world, "upload") == 0
    assert [*depot_of(office.world).uploads.iterdir()] == []
    assert (await office.phone.head(where, headers=TUS)).status_code == 404


async def test_what_has_arrived_stays_when_its_upload_is_swept_away(office: Office) -> None:
    id = await office.keep(PDF)
    await office.world.pool.execute("UPDATE upload SET expires_at = clock_timestamp()")
    await swept(office.world)
    assert (await had(office.phone, office.referral, id)).content == PDF


async def test_what_lies_on_disk_of_no_upload_is_swept_away_once_it_is_no_longer_new(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = depot_of(office.world).part(new_id())
    stray.write_bytes(b"?")
    await swept(office.world)
    assert stray.exists() and STRAY_SECONDS > 60
    monkeypatch.setattr("service.attachments.sweeping.STRAY_SECONDS", -1.0)
    await swept(office.world)
    assert not stray.exists()


async def test_a_file_waits_for_its_record_for_as_long_as_tombstones_are_kept(office: Office) -> None:
    id = await office.keep(PDF)
    await sent(office.phone, pdf(1000), **about(new_id(), office.area))
    assert len(lying(office.world)) == 2
    await swept(office.world, timedelta(days=1))
    assert len(lying(office.world)) == 2
    await swept(office.world, timedelta(0))
    assert len(lying(office.world)) == 1
    assert (await had(office.phone, office.referral, id)).content == PDF


async def test_what_another_file_has_as_its_content_is_not_swept_away(office: Office) -> None:
    record, id = await visit(office, PDF)
    other = {**about(new_id(), office.area), "collection": "elder_visit"}
    await sent(office.phone, PDF, **other)
    await swept(office.world, timedelta(0))
    assert await count(office.world, "attachment") == 1
    assert (await had(office.phone, record, id)).content == PDF


# Erasure


async def erased_of(world: World, area: UUID, record: UUID) -> None:
    """Erase one record, as the tables' owner does."""
    async with world.pool.acquire() as connection, connection.transaction():
        await confine_to_all(connection)
        await erase(connection, area, [record])


async def erased(family: Family) -> None:
    """What `liandong retention --do` does."""
    await family.decided(family.he)
    await family.run()
    async with family.world.pool.acquire() as connection:
        await remove_leaving(connection, depot_of(family.world))


async def test_with_what_was_erased_its_files_and_their_keys_are_gone(world: World) -> None:
    family = await families.made(world)
    lead = await family.shelf("lead")
    referral, id = family.his["referral"], new_id()
    await sent(lead.phone, photo(), **about(referral, family.area, id))
    base = lead.records[str(referral)]["rev"]
    await lead.settle(change("referral", referral, family.area, base=base, add={"photos": [str(id)]}))
    where = (await begun(lead.phone, 100, **about(referral, family.area))).headers["location"]
    await patched(lead.phone, where, 0, PDF)
    assert (await had(lead.phone, referral, id)).status_code == 200
    assert len(lying(world)) == 2
    await erased(family)
    assert lying(world) == []
    for table in ("attachment", "upload", "content_leaving"):
        assert await count(world, table) == 0, table
    assert (await had(lead.phone, referral, id)).status_code == 404
    assert (await lead.phone.head(where, headers=TUS)).status_code == 404


async def test_what_is_erased_while_it_comes_does_not_come(world: World) -> None:
    family = await families.made(world)
    lead, referral = await family.shelf("lead"), family.his["referral"]
    said = about(referral, family.area)
    lay_down = arrival._lay_down
    loop = asyncio.get_running_loop()

    def meanwhile(*args: Any) -> None:
        lay_down(*args)
        asyncio.run_coroutine_threadsafe(erased(family), loop).result()

    where = (await begun(lead.phone, len(PDF), **said)).headers["location"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival, "_lay_down", meanwhile)
        assert (await patched(lead.phone, where, 0, PDF)).status_code == 404
    await swept(world)
    assert lying(world) == []
    assert await count(world, "attachment") == 0


# What is on record


async def test_that_a_file_came_and_who_had_it_is_on_record(office: Office) -> None:
    id = await office.keep(PDF)
    supervisor = await office.somebody("supervisor")
    await had(supervisor, office.referral, id)
    rows = await office.world.pool.fetch(
        "SELECT kind, account, records FROM audit WHERE kind LIKE 'attachment%' ORDER BY at"
    )
    assert [(row["kind"], row["account"], list(row["records"])) for row in rows] == [
        ("attachment-arrived", office.phone.person.id, []),
        ("attachment", supervisor.person.id, [office.referral]),
    ]
    async with office.world.pool.acquire() as connection:
        assert (await verify(connection)).findings == []


async def test_who_had_it_is_told_to_who_asks_who_has_seen_the_record(office: Office) -> None:
    id = await office.keep(PDF)
    supervisor = await office.somebody("supervisor")
    await had(supervisor, office.referral, id)
    params = {"record": str(office.referral)}
    answer = await supervisor.get("/api/v1/audit/record", params=params)
    kinds = {entry["how"] for entry in answer.json()["entries"]}
    assert "attachment" in kinds, answer.text
