"""A device and the server: what one has exchanged the other holds, on any link."""

import json
import sqlite3
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sync.replica import (
    DeviceRevoked,
    Locked,
    OtherAccount,
    Refused,
    Reply,
    Request,
    SignInRequired,
    Unreachable,
)
from sync.replica.conversation import Terms
from sync.replica.file import ReplicaFile
from tests.sync.phones import Link, Phones, household, in_pages, names, phones_in
from tests.world import PASSWORD, Person, World


@pytest.fixture
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_in(world, tmp_path / "phones") as made:
        made.folder.mkdir()
        yield made


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


@pytest.fixture
async def worker(world: World, area: UUID) -> Person:
    return await world.make_account("supervisor", area)


@pytest.fixture
async def colleague(world: World, area: UUID) -> Person:
    return await world.make_account("supervisor", area)


def changes_of(request: Request) -> list[str]:
    """The ids of the changes that an exchange carried."""
    return [change["id"] for change in json.loads(request.body or b"{}")["changes"]]


async def test_what_one_device_wrote_another_holds(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague)
    family = mine.create("household", area, household("李家"))
    await mine.sync()
    await theirs.sync()
    assert names(theirs) == {family: "李家"}


async def test_after_an_exchange_nothing_is_pending_or_waiting(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, _ = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    phone.edit(family, set={"address": "乙街二号"}, add={"needs": ["medical"]})
    await phone.sync()
    seen = phone.get(family)
    assert seen is not None and not seen.is_pending and phone.waiting == 0


async def test_own_work_that_is_not_sent_back_is_held_as_the_server_holds_it(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, _ = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    phone.edit(family, add={"needs": ["medical", "education"]})
    await phone.sync()
    phone.edit(family, remove={"needs": ["medical"]}, set={"note": "独居。", "risk": "high"})
    await phone.sync()
    fresh, _ = await phones.signed_in(worker)
    mine, theirs = phone.get(family), fresh.get(family)
    assert mine is not None and theirs is not None and (mine.values, mine.rev) == (theirs.values, theirs.rev)


async def test_an_edit_after_an_exchange_counts_as_having_seen_it(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague)
    family = mine.create("household", area, household())
    await mine.sync()
    await theirs.sync()
    theirs.edit(family, set={"address": "丙街三号"})
    await theirs.sync()
    await mine.sync()
    assert mine.get(family) == theirs.get(family)


async def test_a_deleted_and_restored_record_is_whole_again(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, _ = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    await phone.sync()
    phone.delete(family)
    await phone.sync()
    phone.restore(family)
    await phone.sync()
    assert names(phone) == {family: "张家"}


async def test_a_record_that_somebody_else_deleted_comes_back_whole(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague)
    family = theirs.create("household", area, household())
    await theirs.sync()
    await mine.sync()
    theirs.delete(family)
    await theirs.sync()
    await mine.sync()
    mine.restore(family)
    await mine.sync()
    assert names(mine) == {family: "张家"}


async def test_at_most_500_changes_go_out_in_one_request(phones: Phones, worker: Person, area: UUID) -> None:
    phone, link = await phones.signed_in(worker)
    for number in range(501):
        phone.create("household", area, household(str(number)))
    link.requests.clear()
    await phone.sync()
    assert [len(changes_of(request)) for request in link.exchanges] == [500, 1]


async def test_edits_of_one_record_take_effect_in_order_over_several_requests(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, link = await phones.signed_in(worker, terms=Terms(changes=5))
    family = phone.create("household", area, household())
    for number in range(12):
        phone.edit(family, set={"address": f"{number} 号"})
    link.requests.clear()
    await phone.sync()
    seen = phone.get(family)
    assert [len(changes_of(request)) for request in link.exchanges] == [5, 5, 3]
    assert seen is not None and seen.values["address"] == "11 号"


# A bad link


@pytest.mark.parametrize("fate", ["before", "after"])
async def test_a_lost_exchange_is_sent_again_byte_by_byte_and_takes_effect_once(
    phones: Phones, worker: Person, area: UUID, fate: str
) -> None:
    phone, link = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    phone.create("person", area, {"household": str(family), "name": "张三"})
    link.requests.clear()
    link.fate = lambda request: fate if len(link.exchanges) == 1 else None
    await phone.sync()
    first, second = link.exchanges
    assert first.body == second.body
    assert await phones.world.pool.fetchval("SELECT count(*) FROM history") == 2


async def test_a_device_killed_before_the_answer_sends_the_same_again(
    phones: Phones, worker: Person, area: UUID
) -> None:
    path = phones.new_path()
    link = phones.link()
    phone = phones.open(link, path)
    await phone.sign_in(worker.username, PASSWORD)
    await phone.sync()
    phone.create("household", area, household())
    link.requests.clear()
    link.fate = lambda request: "after"
    with pytest.raises(Unreachable):
        await phone.sync()
    phone.create("household", area, household("李家"))
    phone.close()
    again_link = phones.link()
    await phones.open(again_link, path).sync()
    assert again_link.exchanges[0].body == link.exchanges[0].body


async def test_an_answer_cut_short_is_as_good_as_none(phones: Phones, worker: Person, area: UUID) -> None:
    phone, link = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    link.rewrite = lambda request, reply: (
        Reply(reply.status, reply.body[:-1]) if len(link.exchanges) == 2 else reply
    )
    await phone.sync()
    assert names(phone) == {family: "张家"} and phone.waiting == 0


async def test_a_page_that_says_it_is_html_is_no_answer(phones: Phones, worker: Person, area: UUID) -> None:
    phone, link = await phones.signed_in(worker)
    phone.create("household", area, household())
    link.rewrite = lambda request, reply: Reply(200, b"<html>Please accept our terms</html>")
    with pytest.raises(Unreachable):
        await phone.sync()
    assert phone.waiting == 1


async def test_passing_trouble_is_tried_again(phones: Phones, worker: Person, area: UUID) -> None:
    phone, link = await phones.signed_in(worker)
    phone.create("household", area, household())
    link.rewrite = lambda request, reply: Reply(503, b"{}") if len(link.exchanges) < 4 else reply
    await phone.sync()
    assert phone.waiting == 0


async def test_an_outcome_of_retry_keeps_the_change_until_it_is_stored(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, link = await phones.signed_in(worker)
    phone.create("household", area, household())

    def not_yet(request: Request, reply: Reply) -> Reply:
        answer = json.loads(reply.body)
        if len(link.exchanges) == 2:
            answer["results"][0] |= {"outcome": "retry", "rev": None}
        return Reply(reply.status, json.dumps(answer).encode())

    link.rewrite = not_yet
    await phone.sync()
    assert phone.waiting == 0 and len(link.exchanges) == 3


async def test_new_records_are_shown_once_all_have_arrived(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    for number in range(5):
        mine.create("household", area, household(str(number)))
    await mine.sync()
    fresh_link = phones.link()
    fresh = phones.open(fresh_link, terms=in_pages(2))
    await fresh.sign_in(colleague.username, PASSWORD)
    fresh_link.fate = lambda request: "before" if len(fresh_link.exchanges) > 1 else None
    with pytest.raises(Unreachable):
        await fresh.sync()
    assert names(fresh) == {}
    fresh_link.fate = lambda request: None
    await fresh.sync()
    assert len(names(fresh)) == 5


@pytest.mark.parametrize(("limit", "count"), [(1, 8), (3, 8), (1_000, 300)])
async def test_the_old_parts_of_a_lately_edited_record_arrive_in_every_page_size(
    phones: Phones, worker: Person, area: UUID, limit: int, count: int
) -> None:
    mine, _ = await phones.signed_in(worker)
    families = [mine.create("household", area, household(str(number))) for number in range(count)]
    await mine.sync()
    for family in families[:3]:
        mine.edit(family, set={"note": "独居。"})
    await mine.sync()
    fresh, _ = await phones.signed_in(worker, terms=in_pages(limit))
    assert fresh.delivered("household") == mine.delivered("household")


@pytest.mark.parametrize("encoding", ["zstd", "gzip", "identity"])
async def test_bodies_travel_in_every_encoding(
    phones: Phones, worker: Person, area: UUID, encoding: str
) -> None:
    phone = phones.open(phones.link(encoding=encoding))
    await phone.sign_in(worker.username, PASSWORD)
    for number in range(20):
        phone.create("household", area, household(str(number)))
    await phone.sync()
    assert phone.waiting == 0


# What the server does not apply


def with_a_mistake(link: Link, right: str, wrong: str) -> None:
    """An app with a fault, which sends what its own checks would not let through."""
    send = link.send

    async def send_wrong(request: Request) -> Reply:
        body = (request.body or b"").replace(f'"{right}"'.encode(), f'"{wrong}"'.encode())
        return await send(msgspec.structs.replace(request, body=body or None))

    link.send = send_wrong  # type: ignore[method-assign]


async def test_a_rejected_change_is_shown_as_a_problem_until_dismissed(
    phones: Phones, world: World, worker: Person
) -> None:
    phone, _ = await phones.signed_in(worker)
    phone.create("household", await world.make_area(), household())
    await phone.sync()
    (problem,) = phone.problems()
    assert (problem.outcome, problem.problem.type) == ("rejected", "area-not-held")
    await phone.dismiss(problem.change)
    assert phone.problems() == []


async def test_what_waited_for_a_rejected_change_goes_on_when_that_is_let_go(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, link = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    await phone.sync()
    with_a_mistake(link, "丙街", "")
    phone.edit(family, set={"address": "丙街"})
    phone.edit(family, set={"housing": "owned"})
    await phone.sync()
    assert [problem.outcome for problem in phone.problems()] == ["rejected", "parked"]
    await phone.dismiss(phone.problems()[0].change)
    await phone.sync()
    seen = phone.get(family)
    assert seen is not None and (seen.values["address"], seen.values["housing"]) == ("甲街一号", "owned")
    assert phone.problems() == []


async def test_a_rejected_change_is_put_right_and_what_waited_for_it_follows(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, link = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    with_a_mistake(link, "甲街一号", "")
    phone.edit(family, set={"housing": "owned"})
    await phone.sync()
    assert [problem.outcome for problem in phone.problems()] == ["rejected", "parked"]
    rejected = phone.problems()[0].change
    assert await phone.try_again(rejected, set=household("李家", address="丙街")) == "applied"
    await phone.sync()
    seen = phone.get(family)
    assert seen is not None and (seen.values["name"], seen.values["housing"]) == ("李家", "owned")
    assert phone.problems() == []


async def test_a_parked_change_is_settled_once_its_parent_has_come(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague)
    family = theirs.create("household", area, household())
    person = mine.create("person", area, {"household": str(family), "name": "张三"})
    await mine.sync()
    assert [problem.outcome for problem in mine.problems()] == ["parked"]
    seen = mine.get(person)
    assert seen is not None and seen.is_pending
    await theirs.sync()
    await mine.sync()
    seen = mine.get(person)
    assert mine.problems() == [] and seen is not None and not seen.is_pending


async def test_two_people_disagree_one_decides_and_both_hold_the_decision(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague)
    family = mine.create("household", area, household())
    person = mine.create(
        "person", area, {"household": str(family), "name": "张三", "birth_date": "1950-01-01"}
    )
    await mine.sync()
    await theirs.sync()
    mine.edit(person, set={"birth_date": "1950-02-02"})
    theirs.edit(person, set={"birth_date": "1950-03-03"})
    await mine.sync()
    await theirs.sync()
    (conflict,) = theirs.conflicts()
    theirs.resolve(conflict.id, {"birth_date": "1950-03-03"})
    assert theirs.conflicts() == []
    await theirs.sync()
    await mine.sync()
    seen = mine.get(person)
    assert seen is not None and seen.values["birth_date"] == "1950-03-03"
    assert mine.conflicts() == theirs.conflicts() == []


# Clearance


async def test_when_access_ends_the_files_go_and_unsent_work_is_put_before_the_supervisor(
    phones: Phones, world: World, worker: Person, area: UUID
) -> None:
    phone, _ = await phones.signed_in(worker)
    phone.create("household", area, household())
    await phone.sync()
    phone.create("household", area, household("李家"))
    await world.pool.execute("UPDATE area_grant SET until = now() WHERE account = $1", worker.id)
    await world.leave(worker, area)
    await phone.sync()
    await phone.sync()
    assert names(phone) == {}
    assert phone.areas == []
    assert [problem.problem.type for problem in phone.problems()] == ["access-ended"]


async def test_access_that_narrows_leaves_the_fields_still_allowed_and_agrees_with_the_server(
    phones: Phones, world: World, area: UUID
) -> None:
    person = await world.make_account("supervisor", area)
    phone, _ = await phones.signed_in(person)
    family = phone.create("household", area, household(risk="high"))
    await phone.sync()
    await world.leave(person, area)
    await world.pool.execute("UPDATE area_grant SET until = now() WHERE account = $1", person.id)
    await world.grant(person, "community_officer", area)
    await phone.sync()
    seen = phone.get(family)
    assert seen is not None and "risk" not in seen.values and seen.values["name"] == "张家"
    assert await phone.verify() == []


async def test_a_household_that_moves_away_leaves_the_device_with_all_that_belongs_to_it(
    phones: Phones, world: World, worker: Person, area: UUID
) -> None:
    other = await world.make_area()
    mover = await world.make_account("supervisor", area, other)
    phone, _ = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    phone.create("person", area, {"household": str(family), "name": "张三"})
    await phone.sync()
    await world.leave(worker, area)
    movers, _ = await phones.signed_in(mover)
    movers.move(family, other)
    await movers.sync()
    await phone.sync()
    moved = movers.get(family)
    assert names(phone) == {} and names(phone, "person") == {}
    assert moved is not None and moved.area == other and len(names(movers, "person")) == 1


async def test_only_the_areas_asked_for_are_pulled(phones: Phones, world: World, area: UUID) -> None:
    other = await world.make_area()
    person = await world.make_account("supervisor", area, other)
    phone, _ = await phones.signed_in(person)
    for place in (area, other):
        phone.create("household", place, household(str(place)))
    await phone.sync()
    narrow, _ = await phones.signed_in(person, terms=Terms(areas=[other]))
    assert list(names(narrow).values()) == [str(other)]


# Resets, journal, digests


def rewrite_setting(path: Path, name: str, value: str) -> None:
    """Alter a device's file behind its back."""
    file = ReplicaFile(path)
    with file.transaction():
        file.put(name, value)
    file.close()


async def test_a_cursor_that_cannot_be_used_costs_a_pull_from_the_start_and_no_work(
    phones: Phones, worker: Person, area: UUID
) -> None:
    path = phones.new_path()
    phone = phones.open(phones.link(), path)
    await phone.sign_in(worker.username, PASSWORD)
    first = phone.create("household", area, household())
    await phone.sync()
    second = phone.create("household", area, household("李家"))
    phone.close()
    rewrite_setting(path, "cursor", "from-somewhere-else")
    phone = phones.open(phones.link(), path)
    summary = await phone.sync()
    assert summary.resets == 1
    assert names(phone) == {first: "张家", second: "李家"} and phone.waiting == 0


async def test_after_the_server_lost_acknowledged_work_the_journal_brings_it_back(
    phones: Phones, world: World, worker: Person, colleague: Person, area: UUID
) -> None:
    phone, _ = await phones.signed_in(worker)
    family = phone.create("household", area, household())
    phone.edit(family, set={"address": "乙街二号"})
    await phone.sync()
    # The database as an earlier backup has it, under a new epoch.
    await world.pool.execute("TRUNCATE record, history")
    await world.pool.execute("UPDATE dataset SET epoch = gen_random_uuid()")
    summary = await phone.sync()
    other, _ = await phones.signed_in(colleague)
    seen = other.get(family)
    assert summary.resets == 1
    assert seen is not None and seen.values["address"] == "乙街二号"
    assert phone.get(family) == seen


def journal(path: Path) -> list[UUID]:
    """The changes that a device keeps although they have taken effect."""
    file = ReplicaFile(path)
    try:
        return [kept.id for kept in file.journal()]
    finally:
        file.close()


async def test_the_journal_ends_where_a_backup_covers_it(phones: Phones, worker: Person, area: UUID) -> None:
    path = phones.new_path()
    link = phones.link()
    phone = phones.open(link, path)
    await phone.sign_in(worker.username, PASSWORD)
    phone.create("household", area, household())
    await phone.sync()
    family = phone.create("household", area, household("李家"))
    await phone.sync()
    assert len(journal(path)) == 2
    held = phone.get(family)
    assert held is not None

    def covered(request: Request, reply: Reply) -> Reply:
        answer = json.loads(reply.body)
        answer["stable"] = {str(area): held.rev - 1}
        return Reply(reply.status, json.dumps(answer).encode())

    link.rewrite = covered
    await phone.sync()
    assert len(journal(path)) == 1


async def test_a_device_that_agrees_with_the_server_finds_nothing_to_repair(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, link = await phones.signed_in(worker)
    phone.create("household", area, household())
    assert await phone.verify() == []
    assert all(request.path == "/api/v1/sync" for request in link.exchanges)


async def test_a_device_that_differs_is_put_right(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    path = phones.new_path()
    phone = phones.open(phones.link(), path)
    await phone.sign_in(worker.username, PASSWORD)
    families = [phone.create("household", area, household(str(number))) for number in range(3)]
    await phone.sync()
    right = names(phone)
    phone.close()
    file = ReplicaFile(path)
    held = file.held(families[1])
    assert held is not None
    with file.transaction():
        file.let_go(families[0])
        file.hold(msgspec.structs.replace(held, rev=held.rev + 5, values={"name": "?"}))
        file.hold(msgspec.structs.replace(held, id=uuid.uuid4()))
    file.close()
    phone = phones.open(phones.link(), path)
    assert await phone.verify() == [area]
    assert names(phone) == right


async def test_two_phones_restored_from_one_backup_lose_and_double_nothing(
    phones: Phones, worker: Person, area: UUID
) -> None:
    path, copied = phones.new_path(), phones.new_path()
    phone = phones.open(phones.link(), path)
    await phone.sign_in(worker.username, PASSWORD)
    family = phone.create("household", area, household())
    await phone.sync()
    unsent = phone.create("household", area, household("李家"))
    source, target = sqlite3.connect(path), sqlite3.connect(copied)
    source.backup(target)
    source.close()
    target.close()
    copy = phones.open(phones.link(), copied)
    await phone.sync()
    await copy.sync()
    phone.edit(family, add={"needs": ["medical"]})
    copy.edit(family, add={"needs": ["heating"]})
    for _ in range(2):
        await phone.sync()
        await copy.sync()
    seen = phone.get(family)
    assert seen is not None and set(seen.values["needs"]) == {"medical", "heating"}
    assert names(phone) == names(copy) == {family: "张家", unsent: "李家"}
    assert phone.get(family) == copy.get(family)
    assert await phones.world.pool.fetchval("SELECT count(*) FROM history") == 4


# Signing in


async def test_a_second_person_cannot_use_the_first_ones_file(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    phone, _ = await phones.signed_in(worker)
    phone.create("household", area, household())
    with pytest.raises(OtherAccount):
        await phone.sign_in(colleague.username, PASSWORD)
    await phone.sync()
    assert phone.account == worker.id
    assert await phones.world.pool.fetchval("SELECT array_agg(account) FROM history") == [worker.id]


async def test_a_wrong_password_is_said(phones: Phones, worker: Person) -> None:
    phone = phones.open(phones.link())
    with pytest.raises(Refused) as refused:
        await phone.sign_in(worker.username, "not it")
    assert refused.value.problem.type == "login-failed"


async def test_who_has_not_signed_in_is_told_to(phones: Phones) -> None:
    with pytest.raises(SignInRequired):
        await phones.open(phones.link()).sync()


async def test_work_done_before_signing_in_is_sent_afterwards(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone = phones.open(phones.link())
    phone.create("household", area, household())
    await phone.sign_in(worker.username, PASSWORD)
    await phone.sync()
    assert phone.waiting == 0


class Time:
    """A phone's clock that a test can set on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return datetime.now(UTC).timestamp() + self.ahead


async def test_an_expired_token_is_replaced_and_the_new_one_kept(phones: Phones, worker: Person) -> None:
    time = Time()
    path = phones.new_path()
    phone = phones.open(phones.link(), path, wall=time)
    await phone.sign_in(worker.username, PASSWORD)
    for _ in range(2):
        time.ahead += 3600
        await phone.sync()
    phone.close()
    link = phones.link()
    await phones.open(link, path).sync()
    assert [request.path for request in link.requests] == ["/api/v1/sync"]


async def test_a_lost_answer_to_a_refresh_does_not_end_the_sign_in(phones: Phones, worker: Person) -> None:
    time = Time()
    phone, link = await phones.signed_in(worker, wall=time)
    time.ahead += 3600
    refreshes = 0

    def lose_the_first(request: Request) -> str | None:
        nonlocal refreshes
        refreshes += request.path == "/api/v1/auth/refresh"
        return "after" if refreshes == 1 and request.path == "/api/v1/auth/refresh" else None

    link.fate = lose_the_first
    await phone.sync()
    assert refreshes == 2


async def test_a_signed_out_device_keeps_its_work(phones: Phones, worker: Person, area: UUID) -> None:
    phone, _ = await phones.signed_in(worker)
    phone.create("household", area, household())
    await phone.sign_out()
    with pytest.raises(SignInRequired):
        await phone.sync()
    await phone.sign_in(worker.username, PASSWORD)
    await phone.sync()
    assert phone.waiting == 0


async def test_a_revoked_device_erases_everything(
    phones: Phones, world: World, worker: Person, area: UUID
) -> None:
    path = phones.new_path()
    phone = phones.open(phones.link(), path)
    await phone.sign_in(worker.username, PASSWORD)
    phone.create("household", area, household("只此一家"))
    await phone.sync()
    await world.pool.execute("UPDATE device SET revoked_at = now() WHERE account = $1", worker.id)
    with pytest.raises(DeviceRevoked):
        await phone.sync()
    assert names(phone) == {}
    phone.close()
    left = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    assert "只此一家".encode() not in left


async def test_what_a_revoked_device_has_still_to_send_is_not_taken(
    phones: Phones, worker: Person, area: UUID
) -> None:
    # It is presumed in other hands: what was written on it since is nobody's word.
    time = Time()
    lost, _ = await phones.signed_in(worker, wall=time)
    family = lost.create("household", area, household())
    await lost.sync()
    own, _ = await phones.signed_in(worker)
    lost.edit(family, set={"address": "他人所填"})
    revoked = await (await phones.world.sign_in(worker)).delete(f"/api/v1/auth/devices/{lost.device}")
    assert revoked.status_code == 204
    time.ahead += 8 * 24 * 3600
    with pytest.raises(Locked):
        lost.get(family)
    with pytest.raises(DeviceRevoked):
        await lost.sync()
    assert (names(lost), lost.waiting) == ({}, 0)
    await own.sync()
    held = own.get(family)
    assert held is not None and held.values["address"] == "甲街一号"
    for table in ("history", "quarantine", "withheld"):
        kept = await phones.world.pool.fetchval(f"SELECT count(*) FROM {table}")
        assert kept == (1 if table == "history" else 0)


async def test_a_410_that_is_not_the_servers_erases_nothing(
    phones: Phones, worker: Person, area: UUID
) -> None:
    phone, link = await phones.signed_in(worker)
    phone.create("household", area, household())
    link.rewrite = lambda request, reply: Reply(410, b"Gone")
    with pytest.raises(Refused):
        await phone.sync()
    assert len(names(phone)) == 1


async def test_past_the_lease_nothing_is_shown_until_the_device_has_synced(
    phones: Phones, worker: Person, area: UUID
) -> None:
    time = Time()
    phone, _ = await phones.signed_in(worker, wall=time)
    family = phone.create("household", area, household())
    time.ahead += 8 * 24 * 3600
    with pytest.raises(Locked):
        phone.get(family)
    await phone.sync()
    assert names(phone) == {family: "张家"}


async def test_setting_the_phones_clock_back_does_not_lengthen_the_lease(
    phones: Phones, worker: Person
) -> None:
    time = Time()
    phone, _ = await phones.signed_in(worker, wall=time)
    time.ahead -= 24 * 3600
    with pytest.raises(Locked):
        phone.all("household")


async def test_the_long_poll_tells_that_something_moved(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague)
    mine.create("household", area, household())
    await mine.sync()
    assert await theirs.wait(5) == [area]


async def test_a_phone_ten_years_behind_still_edits_after_what_it_has_seen(
    phones: Phones, worker: Person, colleague: Person, area: UUID
) -> None:
    time = Time()
    time.ahead = -10 * 365 * 24 * 3600
    mine, _ = await phones.signed_in(worker)
    theirs, _ = await phones.signed_in(colleague, wall=time)
    family = mine.create("household", area, household())
    await mine.sync()
    await theirs.sync()
    theirs.edit(family, set={"address": "乙街二号"})
    await theirs.sync()
    ats = await phones.world.pool.fetch("SELECT at FROM history ORDER BY rev")
    assert [row["at"] for row in ats] == sorted(row["at"] for row in ats)
