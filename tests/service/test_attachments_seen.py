"""Who may send a file for a field, and who may have it: who writes and who reads that field, and nobody else.

By the tables of tests/service/agreed.py. Whatever hides a field hides its files.
"""

from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from schemas.collections import COLLECTIONS
from schemas.privacy import CLASSES, Privacy
from sync.scope import Action
from tests.sending import PDF, TUS, about, begun, had, patched, sent
from tests.service import family as families
from tests.service import office as offices
from tests.service.agreed import (
    IN_FILE_GUARDED,
    MEMBERS,
    READS,
    READS_GUARDED,
    READS_OF_CHILDREN,
    READS_OWN,
    READS_SENT,
    written,
)
from tests.service.family import Family
from tests.service.office import Office
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Phone, World


@pytest.fixture
async def office(world: World) -> Office:
    return await offices.made(world)


@pytest.fixture
async def family(world: World) -> Family:
    return await families.made(world)


# By roles and classes


class Kept(NamedTuple):
    """A file that stands in a record."""

    collection: str
    field: str
    record: UUID
    id: UUID

    @property
    def privacy(self) -> Privacy:
        return COLLECTIONS[self.collection].privacy_of(self.field)


FIELDS = {
    "child_visit": "photos",
    "elder_visit": "photos",
    "referral": "photos",
    "consent": "papers",
    "disability_survey": "photos",
}


GUARDED = {"child_visit"}  # of a child for whom no guardian has agreed yet


class Town:
    """Files in every field that there is for them, all of one author's."""

    def __init__(self, world: World, area: UUID, author: Phone) -> None:
        self.world = world
        self.area = area
        self.author = author
        self.file = new_id()
        self.kept: list[Kept] = []


@pytest.fixture
async def town(world: World) -> Town:
    area = await world.make_area()
    author = await world.sign_in(await world.make_account("social_worker", area))
    made = Town(world, area, author)
    shelf, elder, child = Shelf(author), new_id(), new_id()
    by = str(author.person.id)
    forms: dict[str, dict[str, Any]] = {
        "child_visit": {"subject": str(child), "by": by, "on": "2026-03-01"},
        "elder_visit": {"subject": str(elder), "by": by, "on": "2026-03-01"},
        "referral": {"household": str(made.file), "kind": "temporary", "state": "drafted"},
        "consent": {
            "person": str(elder),
            "purpose": "service",
            "given_on": "2026-03-01",
            "method": "paper",
            "given_by": "person",
            "by": by,
        },
        "disability_survey": {"subject": str(elder), "by": by, "on": "2026-03-01"},
    }
    person = {"household": str(made.file)}
    await shelf.settle(
        household(area, made.file),
        change("person", elder, area, set={**person, "name": "甲", "birth_date": "1940-01-01"}),
        change("person", child, area, set={**person, "name": "乙", "birth_date": "2017-01-01"}),
    )
    for collection, field in FIELDS.items():
        record, id = new_id(), new_id()
        said = {**about(record, area, id), "collection": collection, "field": field}
        await sent(author, PDF, **said)
        form = {**forms[collection], field: [str(id)]}
        results = (await shelf.settle(change(collection, record, area, set=form)))["results"]
        assert results[0]["outcome"] == "applied", results
        made.kept.append(Kept(collection, field, record, id))
    return made


def letter_of(row: str, privacy: Privacy) -> str:
    return row[CLASSES.index(privacy)]


async def may_have(phone: httpx.AsyncClient, kept: Kept) -> bool:
    answer = await had(phone, kept.record, kept.id)
    assert answer.status_code in (200, 404)
    assert (answer.status_code == 200) == (answer.content == PDF)
    return answer.status_code == 200


@pytest.mark.parametrize("role", READS)
async def test_each_role_has_the_files_of_the_fields_that_it_reads(town: Town, role: str) -> None:
    phone = await town.world.sign_in(await town.world.make_account(role, town.area))
    for kept in town.kept:
        rows = [READS[role]]
        if kept.collection in GUARDED:
            rows = [READS_GUARDED[role]]
            rows += [READS_OF_CHILDREN[role]] if role in READS_OF_CHILDREN else []
        expected = any(letter_of(row, kept.privacy) == "F" for row in rows)
        assert await may_have(phone, kept) == expected, (role, kept)


@pytest.mark.parametrize(("kind", "confidential"), MEMBERS)
async def test_each_member_has_the_files_of_the_fields_that_they_read(
    town: Town, kind: str, confidential: bool
) -> None:
    person = await town.world.make_account()
    await town.world.join(person, town.area, town.file, kind, confidential=confidential)
    phone = await town.world.sign_in(person)
    for kept in town.kept:
        row = IN_FILE_GUARDED if kept.collection in GUARDED else MEMBERS[kind, confidential]
        expected = letter_of(row, kept.privacy) == "F"
        assert await may_have(phone, kept) == expected, kept


async def test_who_wrote_it_has_what_they_sent_and_a_stranger_or_another_area_nothing(town: Town) -> None:
    elsewhere = await town.world.make_account("supervisor", await town.world.make_area())
    other, stranger = await town.world.sign_in(elsewhere), await town.world.stranger()
    for kept in town.kept:
        assert await may_have(town.author, kept)
        assert not await may_have(other, kept)
        assert (await had(stranger, kept.record, kept.id)).status_code == 401


async def test_an_office_has_the_papers_of_what_lies_before_it_and_no_longer(office: Office) -> None:
    id, bureau = await office.keep(PDF), await office.somebody("district_officer")
    assert letter_of(READS_SENT["district_officer"], Privacy.IDENTITY) == "F"
    assert (await had(bureau, office.referral, id)).status_code == 404
    for state in ("consented", "sent"):
        await office.change(set={"state": state})
    assert (await had(bureau, office.referral, id)).content == PDF
    await office.change(set={"state": "withdrawn"})
    assert (await had(bureau, office.referral, id)).status_code == 404


WRITTEN = written()


def writes(who: str, collection: str, action: Action, privacy: Privacy, *, is_own: bool) -> bool:
    """What the tables say: by which actions, and of the classes that are theirs to read."""
    if action not in WRITTEN[who][collection]:
        return False
    if who in ("lead", "co_worker", "viewer"):
        return letter_of(MEMBERS[who, False], privacy) == "F"
    rows = [READS[who]] + ([READS_OWN[who]] if is_own and who in READS_OWN else [])
    return any(letter_of(row, privacy) == "F" for row in rows)


@pytest.mark.parametrize("role", READS)
async def test_each_role_may_send_files_for_a_new_record_that_it_may_make(town: Town, role: str) -> None:
    phone = await town.world.sign_in(await town.world.make_account(role, town.area))
    for kept in town.kept:
        said = {**about(new_id(), town.area), "collection": kept.collection, "field": kept.field}
        answer = await begun(phone, 10, **said)
        expected = writes(role, kept.collection, Action.CREATE, kept.privacy, is_own=True)
        if role == "district_officer" or role == "community_officer":
            expected = False  # of classes beyond what they write: tests/service/test_table_of_writes.py
        assert answer.status_code == (201 if expected else 403), (role, kept, answer.text)


@pytest.mark.parametrize("who", ["lead", "co_worker", "viewer"])
async def test_each_member_may_send_files_for_what_they_may_edit(town: Town, who: str) -> None:
    person = await town.world.make_account()
    await town.world.join(person, town.area, town.file, who)
    phone = await town.world.sign_in(person)
    for kept in town.kept:
        said = {**about(kept.record, town.area), "collection": kept.collection, "field": kept.field}
        answer = await begun(phone, 10, **said)
        expected = writes(who, kept.collection, Action.EDIT, kept.privacy, is_own=False)
        expected = expected and kept.collection not in GUARDED
        assert answer.status_code == (201 if expected else 403), (who, kept, answer.text)


async def test_who_may_not_write_a_record_that_they_see_may_send_no_file_for_it(office: Office) -> None:
    colleague = await office.somebody("social_worker")
    answer = await begun(colleague, 10, **office.about())
    assert (answer.status_code, answer.json()["type"]) == (403, "write-not-allowed")


async def test_of_an_area_that_is_not_held_and_of_one_that_is_not_the_same_is_said(office: Office) -> None:
    elsewhere = await office.world.make_area()
    answers = [await begun(office.phone, 10, **about(new_id(), area)) for area in (elsewhere, new_id())]
    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {(403, "area-not-held")}
    assert answers[0].content == answers[1].content


async def test_an_upload_is_there_for_who_began_it_and_for_nobody_else(office: Office) -> None:
    where = (await begun(office.phone, len(PDF), **office.about())).headers["location"]
    supervisor = await office.somebody("supervisor")
    nowhere = f"/api/v1/uploads/{new_id()}"
    for path in (where, nowhere):
        for answer in (
            await supervisor.head(path, headers=TUS),
            await patched(supervisor, path, 0, PDF),
            await supervisor.delete(path, headers=TUS),
        ):
            assert answer.status_code == 404
    again = await office.world.sign_in(office.phone.person)  # another phone of the same person
    assert (await patched(again, where, 0, PDF)).status_code == 204


async def test_who_has_lost_the_right_goes_on_with_nothing(office: Office) -> None:
    where = (await begun(office.phone, len(PDF), **office.about())).headers["location"]
    await patched(office.phone, where, 0, PDF[:5])
    await office.world.pool.execute(
        "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", office.phone.person.id
    )
    await office.world.leave(office.phone.person, office.area)
    for answer in (
        await office.phone.head(where, headers=TUS),
        await patched(office.phone, where, 5, PDF[5:]),
    ):
        assert answer.status_code == 404


# What is hidden is not there


class Asked:
    """The statements that a connection is asked, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, record: Any) -> None:
        self.said.append(record.query)


async def statements_of(world: World, phone: Phone, record: UUID, id: UUID) -> tuple[bytes, list[str]]:
    """What somebody is answered, and the statements that this took."""
    asked = Asked()
    held = [await world.application.acquire() for _ in range(world.application.get_size())]
    for connection in held:
        connection.add_query_logger(asked)
    for connection in held:
        await world.application.release(connection)
    answer = await had(phone, record, id)
    assert answer.status_code == 404
    for connection in [await world.application.acquire() for _ in held]:
        connection.remove_query_logger(asked)
        await world.application.release(connection)
    return answer.content, asked.said


async def test_a_file_that_may_not_be_seen_is_answered_as_one_that_is_not_after_the_same_statements(
    office: Office,
) -> None:
    id = await office.keep(PDF)
    colleague = await office.somebody("social_worker")
    for id_asked in (id, new_id()):  # what a connection asks once it has asked
        await statements_of(office.world, colleague, office.referral, id_asked)
    hidden = await statements_of(office.world, colleague, office.referral, id)
    no_such_file = await statements_of(office.world, colleague, office.referral, new_id())
    no_such_record = await statements_of(office.world, colleague, new_id(), id)
    assert hidden[1] and hidden == no_such_file == no_such_record


async def test_a_file_that_stands_in_no_field_is_not_there(office: Office) -> None:
    id = await sent(office.phone, PDF, **office.about())
    assert (await had(office.phone, office.referral, id)).status_code == 404
    await office.name(id)
    assert (await had(office.phone, office.referral, id)).status_code == 200
    await office.change(remove={"photos": [str(id)]})
    assert (await had(office.phone, office.referral, id)).status_code == 404
    await office.name(id)
    assert (await had(office.phone, office.referral, id)).status_code == 200


async def test_a_file_that_was_sent_for_one_record_is_not_there_in_another(office: Office) -> None:
    id = await office.keep(PDF)
    form = {"household": str(office.file), "kind": "medical", "state": "drafted", "photos": [str(id)]}
    other = new_id()
    await office.shelf.settle(change("referral", other, office.area, set=form))
    assert (await had(office.phone, other, id)).status_code == 404


async def test_a_file_may_come_before_its_record_does(office: Office) -> None:
    record, id = new_id(), new_id()
    await sent(office.phone, PDF, **about(record, office.area, id))
    assert (await had(office.phone, record, id)).status_code == 404
    form = {"household": str(office.file), "kind": "medical", "state": "drafted", "photos": [str(id)]}
    await office.shelf.settle(change("referral", record, office.area, set=form))
    assert (await had(office.phone, record, id)).content == PDF


async def test_with_a_record_that_is_deleted_its_files_go_and_with_it_they_come_back(office: Office) -> None:
    id = await office.keep(PDF)
    base = office.shelf.records[str(office.referral)]["rev"]
    await office.shelf.settle(change("referral", office.referral, office.area, op="delete", base=base))
    assert (await had(office.phone, office.referral, id)).status_code == 404
    await office.shelf.settle(change("referral", office.referral, office.area, op="restore", base=2**60))
    assert (await had(office.phone, office.referral, id)).content == PDF


# Moves


async def moved(office: Office) -> UUID:
    """Have the family move to another area of the same worker's; where to."""
    there = await office.world.make_area()
    await office.world.grant(office.phone.person, "social_worker", there)
    await office.shelf.settle()
    base = office.shelf.records[str(office.file)]["rev"]
    said = await office.shelf.settle(
        change("household", office.file, office.area, op="move", to=there, base=base)
    )
    assert said["results"][0]["outcome"] == "applied", said["results"]
    return there


async def test_a_file_goes_where_its_record_goes(office: Office) -> None:
    id = await office.keep(PDF)
    left, there = await office.somebody("supervisor"), await moved(office)
    arrived = await office.somebody("supervisor", there)
    assert (await had(office.phone, office.referral, id)).content == PDF
    assert (await had(arrived, office.referral, id)).content == PDF
    assert (await had(left, office.referral, id)).status_code == 404


async def test_a_file_that_is_on_its_way_follows_its_record(office: Office) -> None:
    said = office.about()
    where = (await begun(office.phone, len(PDF), **said)).headers["location"]
    await patched(office.phone, where, 0, PDF[:9])
    there = await moved(office)
    assert (await patched(office.phone, where, 9, PDF[9:])).status_code == 204
    office.area = there
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == PDF


async def test_a_file_for_where_the_record_was_once_follows_it(office: Office) -> None:
    before = office.about()
    office.area = await moved(office)
    await sent(office.phone, PDF, **before)
    await office.name(before["id"])
    assert (await had(office.phone, office.referral, before["id"])).content == PDF


# Restriction


async def papers_of(family: Family) -> UUID:
    """A photo of his identity card, in his application."""
    lead = await family.shelf("lead")
    referral, id = family.his["referral"], new_id()
    await sent(lead.phone, PDF, **about(referral, family.area, id))
    base = lead.records[str(referral)]["rev"]
    named = change("referral", referral, family.area, base=base, add={"photos": [str(id)]})
    assert (await lead.settle(named))["results"][0]["outcome"] == "applied"
    return id


async def test_what_is_put_away_is_had_by_nobody_until_that_ends(family: Family) -> None:
    id, referral = await papers_of(family), family.his["referral"]
    lead, supervisor = await family.shelf("lead"), await family.shelf("supervisor")
    await family.restrict()
    for shelf in (lead, supervisor):
        assert (await had(shelf.phone, referral, id)).status_code == 404
    await family.lift()
    for shelf in (lead, supervisor):
        assert (await had(shelf.phone, referral, id)).content == PDF


async def test_for_what_is_put_away_no_file_is_taken(family: Family) -> None:
    lead, referral = await family.shelf("lead"), family.his["referral"]
    where = (await begun(lead.phone, len(PDF), **about(referral, family.area))).headers["location"]
    await family.restrict()
    answer = await begun(lead.phone, len(PDF), **about(referral, family.area))
    assert (answer.status_code, answer.json()["type"]) == (409, "record-restricted")
    assert (await patched(lead.phone, where, 0, PDF)).status_code == 404
    await family.lift()
    assert (await patched(lead.phone, where, 0, PDF)).status_code == 204


async def test_for_what_was_erased_no_file_is_taken(family: Family) -> None:
    lead, referral = await family.shelf("lead"), family.his["referral"]
    await family.decided(family.he)
    await family.run()
    answer = await begun(lead.phone, len(PDF), **about(referral, family.area))
    assert (answer.status_code, answer.json()["type"]) == (409, "record-erased")
