"""The book that the server keeps for a device that knows only how far it has come."""

import asyncio
from uuid import UUID

import pytest

from schemas.problems import DEVICE_REVOKED, Problem
from sync import mirror
from sync.mirror_store import Taken
from tests.sync.changes import change, household, new_id
from tests.sync.mirrors import Library, holds_what_a_new_one_gets, library_of
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Person, Phone, World


async def reader_in(world: World, role: str, *areas: UUID) -> tuple[Person, Phone, Library]:
    """Somebody new with a phone, and the library on it."""
    person = await world.make_account(role, *areas)
    phone = await world.sign_in(person)
    return person, phone, await library_of(world, phone)


async def files_in(world: World, area: UUID, number: int) -> tuple[Shelf, list[UUID]]:
    """A supervisor who has made some files in `area`."""
    boss = await shelf_of(world, "supervisor", area)
    files = [new_id() for _ in range(number)]
    await boss.settle(*(household(area, file) for file in files))
    return boss, files


async def test_every_page_is_full_until_the_last(world: World) -> None:
    area = await world.make_area()
    await files_in(world, area, 7)
    _, _, library = await reader_in(world, "supervisor", area)
    sizes = []
    for _ in range(4):
        page = await library.pull("household", limit=2)
        sizes.append((len(page.told), page.is_last))
    assert sizes == [(2, False), (2, False), (2, False), (1, True)]


async def test_what_was_deleted_since_a_page_was_told_does_not_make_the_next_one_short(world: World) -> None:
    area = await world.make_area()
    boss, files = await files_in(world, area, 6)
    _, _, library = await reader_in(world, "supervisor", area)
    await library.pull("household", limit=2)
    held = boss.records[str(files[2])]
    await boss.settle(change("household", files[2], area, op="delete", base=held["rev"]))
    page = await library.pull("household", limit=3)
    assert [told.id for told in page.told] == files[3:]
    assert [(told.id, told.document) for told in (await library.pull("household")).told] == [(files[2], None)]


async def test_collections_are_read_apart_and_each_is_told_all_of_its_own(world: World) -> None:
    area = await world.make_area()
    boss, [file] = await files_in(world, area, 1)
    person = new_id()
    await boss.settle(change("person", person, area, set={"household": str(file), "name": "张三"}))
    _, _, library = await reader_in(world, "supervisor", area)
    households, persons = await asyncio.gather(library.pull("household"), library.pull("person"))
    assert ([told.id for told in households.told], [told.id for told in persons.told]) == ([file], [person])


async def test_the_same_news_is_told_again_to_who_shows_the_same_number(world: World) -> None:
    area = await world.make_area()
    await files_in(world, area, 3)
    _, _, library = await reader_in(world, "supervisor", area)
    assert await library.ask("household", limit=2) == await library.ask("household", limit=2)


async def test_many_requests_at_once_number_every_record_once(world: World) -> None:
    area = await world.make_area()
    await files_in(world, area, 9)
    _, _, library = await reader_in(world, "supervisor", area)
    pages = await asyncio.gather(*(library.ask("household") for _ in range(8)))
    assert all(page == pages[0] for page in pages)
    assert len({told.seq for told in pages[0].told}) == 9


async def test_a_number_that_the_book_did_not_give_begins_again(world: World) -> None:
    area = await world.make_area()
    await files_in(world, area, 2)
    _, _, library = await reader_in(world, "supervisor", area)
    for odd in (1, 2**53 - 1, -5):
        library.seqs["household"] = odd
        page = await library.ask("household")
        assert page.is_anew
        assert len(page.told) == 2


async def test_a_number_of_before_a_restore_begins_again(world: World) -> None:
    area = await world.make_area()
    boss, files = await files_in(world, area, 3)
    _, phone, library = await reader_in(world, "supervisor", area)
    await library.settle()
    await world.pool.execute("UPDATE dataset SET epoch = gen_random_uuid()")
    await boss.settle()
    page = await library.ask()
    assert page.is_anew
    assert {told.id for told in page.told if told.document is not None} == set(files)
    await holds_what_a_new_one_gets(library, phone)


async def test_what_was_lost_by_a_restore_is_gone_from_the_device(world: World) -> None:
    area = await world.make_area()
    _, files = await files_in(world, area, 2)
    _, phone, library = await reader_in(world, "supervisor", area)
    await library.settle()
    await world.pool.execute("DELETE FROM record WHERE id = $1", files[0])
    await world.pool.execute("UPDATE dataset SET epoch = gen_random_uuid()")
    await holds_what_a_new_one_gets(library, phone)
    assert set(library.documents) == {files[1]}


async def test_when_access_ends_everything_is_told_gone(world: World) -> None:
    area = await world.make_area()
    await files_in(world, area, 3)
    person, _, library = await reader_in(world, "supervisor", area)
    await library.settle()
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", person.id)
    page = await library.pull()
    assert [told.document for told in page.told] == [None] * 3


async def test_access_that_ends_and_comes_back_between_two_pages_takes_nothing_away(world: World) -> None:
    area = await world.make_area()
    await files_in(world, area, 2)
    person, phone, library = await reader_in(world, "supervisor", area)
    await library.settle()
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", person.id)
    await world.grant(person, "supervisor", area)
    await holds_what_a_new_one_gets(library, phone)
    assert len(library.documents) == 2


async def test_a_class_that_is_no_longer_read_leaves_the_document(world: World) -> None:
    area = await world.make_area()
    boss, [file] = await files_in(world, area, 1)
    await boss.settle(
        change("household", file, area, base=boss.records[str(file)]["rev"], set={"note": "内情"})
    )
    person, _, library = await reader_in(world, "supervisor", area)
    await library.settle()
    assert "note" in library.documents[file].data
    await world.grant(person, "social_worker", area)
    await world.pool.execute(
        "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1 AND role = 'supervisor'",
        person.id,
    )
    await library.settle()
    assert "note" not in library.documents[file].data
    assert "name" in library.documents[file].data


async def test_a_document_has_no_field_that_this_catalogue_does_not_declare(world: World) -> None:
    area = await world.make_area()
    boss, [file] = await files_in(world, area, 1)
    more = {"x_of_a_newer_app": 1, "note": None}
    await boss.settle(change("household", file, area, base=boss.records[str(file)]["rev"], set=more))
    _, _, library = await reader_in(world, "supervisor", area)
    await library.settle()
    assert library.documents[file].data.keys() <= {"name", "address", "community"}


async def test_what_is_read_of_a_page_is_on_record(world: World) -> None:
    area = await world.make_area()
    boss, [file] = await files_in(world, area, 1)
    await boss.settle(
        change("household", file, area, base=boss.records[str(file)]["rev"], set={"note": "内情"})
    )
    person, _, library = await reader_in(world, "supervisor", area)
    await mirror.advance(world.application, library.device, library.access_of, world.app.state.terms)
    assert await readings(world, person) == 0
    await library.settle()
    assert await readings(world, person) == 1


async def readings(world: World, person: Person) -> int:
    """How many readings of sync by `person` are on record."""
    found: int = await world.pool.fetchval(
        "SELECT count(*) FROM audit WHERE account = $1 AND kind = 'sync'", person.id
    )
    return found


async def test_what_waits_for_its_parent_is_not_taken_from_who_sent_it(world: World) -> None:
    area = await world.make_area()
    person, _, library = await reader_in(world, "supervisor", area)
    await world.grant(person, "social_worker", area)
    waiting = new_id()
    await library.settle()
    await mirror.expect(world.application, library.device, {waiting: ("person", area)})
    await world.pool.execute(
        "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1 AND role = 'supervisor'",
        person.id,
    )
    assert (await library.pull()).told == []
    await world.pool.execute("UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", person.id)
    assert [(told.id, told.document) for told in (await library.pull()).told] == [(waiting, None)]


async def test_the_rows_that_were_taken_are_remembered(world: World) -> None:
    area = await world.make_area()
    _, _, library = await reader_in(world, "supervisor", area)
    pool, device, id = world.application, library.device, new_id()
    async with mirror.taking(pool, device):
        await mirror.expect(pool, device, {id: ("person", area)})
        await mirror.take(pool, device, {id: Taken(1, b"hash")})
    assert await mirror.taken(pool, device, [id]) == {id: Taken(1, b"hash")}


async def test_one_request_at_a_time_takes_what_a_device_sent(world: World) -> None:
    area = await world.make_area()
    _, _, library = await reader_in(world, "supervisor", area)
    inside = most = 0

    async def take() -> None:
        nonlocal inside, most
        async with mirror.taking(world.application, library.device):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(take() for _ in range(5)))
    assert most == 1


async def test_who_may_not_come_in_is_told_nothing(world: World) -> None:
    area = await world.make_area()
    _, phone, library = await reader_in(world, "supervisor", area)
    await world.pool.execute("UPDATE device SET revoked_at = now() WHERE id = $1", phone.device)
    with pytest.raises(Problem) as raised:
        await library.pull()
    assert raised.value.kind is DEVICE_REVOKED
