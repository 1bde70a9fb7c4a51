"""What an author may not see has no part in what they are answered, and their work none in it."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from schemas.privacy import ALL_CLASSES, Privacy, class_set
from sync.quarantine import dismiss
from sync.scope import Reach
from sync.wire import Result
from tests.sync.changes import new_id
from tests.sync.pushing import EVERYTHING, Device, Office, edit, leaf, sheet

BASICS = class_set([Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT])
OFFICER = Reach(BASICS, BASICS)
NOBODY = UUID(int=0)
SEEN_ALL = 2**60  # a `base` beyond every position


def said_again(result: Result) -> Result:
    """The answer as it was the first time."""
    assert result.repeated
    return msgspec.structs.replace(result, repeated=False)


def masked(result: Result) -> Result:
    """The answer without what is its own in every answer: id and rev."""
    return msgspec.structs.replace(result, id=NOBODY, rev=None)


@pytest.mark.parametrize("op", ["write", "delete", "restore", "move"])
async def test_an_edit_of_a_hidden_record_is_answered_as_one_of_none(office: Office, op: str) -> None:
    area, there = await office.area(), await office.area()
    hidden = sheet(area)
    await office.device(area).push(hidden)
    blind = office.device(area, there, reach=Reach(Privacy.CONTACT.bit, ALL_CLASSES))
    every: dict[str, dict[str, Any]] = {"write": {"set": {"title": "一"}}, "move": {"to": there}}
    more = every.get(op, {})
    of_hidden = await blind.one(edit(hidden, 99, op=op, **more))
    of_none = await blind.one(edit(sheet(area), 99, op=op, **more))
    assert masked(of_hidden) == masked(of_none)
    rows = await office.quarantine()
    assert [(row["outcome"], row["area"]) for row in rows] == [("parked", area)] * 2


async def test_a_child_of_a_hidden_record_waits_as_one_of_none(office: Office) -> None:
    area = await office.area()
    hidden = sheet(area)
    worker = office.device(area)
    rev = (await worker.one(hidden)).rev
    assert rev
    blind = office.device(area, reach=Reach(Privacy.CONTACT.bit, ALL_CLASSES))
    child = leaf(area, hidden["record"])
    assert masked(await blind.one(child)) == masked(await blind.one(leaf(area, new_id())))
    await worker.push(edit(hidden, rev, set={"title": "一"}))
    assert not await office.exists(child["record"])


HAPPENINGS: dict[str, list[dict[str, Any]]] = {
    "it is edited": [{"set": {"title": "新"}}],
    "it is deleted and restored": [{"op": "delete"}, {"op": "restore"}],
    "it moves": [{"op": "move"}],
    "it moves, is deleted and restored": [{"op": "move"}, {"op": "delete"}, {"op": "restore"}],
}


@pytest.mark.parametrize("in_one_call", [True, False])
@pytest.mark.parametrize("happening", HAPPENINGS)
async def test_what_waits_for_a_hidden_record_waits_on_whatever_happens_to_it(
    office: Office, happening: str, in_one_call: bool
) -> None:
    area, there = await office.area(), await office.area()
    worker, hidden = office.device(area, there), sheet(area)
    await worker.push(hidden)
    blind = office.device(area, reach=Reach(Privacy.CONTACT.bit, ALL_CLASSES))
    waiting = [edit(hidden, 99, set={"title": "一"}), leaf(area, hidden["record"])]
    told = await blind.push(*waiting)
    before = await office.quarantine()
    done = [edit(hidden, SEEN_ALL, **what) for what in HAPPENINGS[happening]]
    done = [{**each, "to": str(there)} if each.get("op") == "move" else each for each in done]
    for call in [done] if in_one_call else [[each] for each in done]:
        assert {result.outcome for result in await worker.push(*call)} == {"applied"}
    assert await office.quarantine() == before
    assert [said_again(each) for each in await blind.push(*waiting)] == told


async def test_a_group_that_waits_is_not_told_that_a_hidden_record_moved_as_its_own_arrived(
    office: Office,
) -> None:
    area, there, group = await office.area(), await office.area(), new_id()
    worker, hidden, awaited = office.device(area, there), sheet(area), sheet(area)
    await worker.push(hidden)
    blind = office.device(area, reach=Reach(Privacy.CONTACT.bit, ALL_CLASSES))
    waiting = [
        leaf(area, awaited["record"], group=group),
        edit(hidden, 99, set={"title": "一"}, group=group),
    ]
    told = await blind.push(*waiting)
    await worker.push(edit(hidden, SEEN_ALL, op="move", to=there), awaited)
    assert [said_again(each) for each in await blind.push(*waiting)] == told


async def test_what_waits_on_is_kept_to_the_byte_as_it_was_told(office: Office) -> None:
    area, id = await office.area(), new_id()
    blind = office.device(area, reach=Reach(Privacy.CONTACT.bit, ALL_CLASSES))
    await blind.push(leaf(area, id))
    before = await office.quarantine()
    worker = office.device(area)
    worker.language = "zh"
    await worker.push(sheet(area, id))
    assert await office.quarantine() == before


async def test_what_is_done_to_a_record_beyond_where_its_author_sees_it_changes_no_answer(
    office: Office,
) -> None:
    area, there, farther = await office.area(), await office.area(), await office.area()
    worker, made = office.device(area, there, farther), sheet(area)
    await worker.push(made)
    author = office.device(area)
    gone = edit(made, SEEN_ALL, op="move", to=there)
    assert (await worker.one(gone)).outcome == "applied"
    first = await author.one(edit(made, 1, set={"title": "一"}))
    assert first.problem is not None and first.problem.type == "access-ended"
    assert (await worker.one({**gone, "id": str(new_id()), "to": str(farther)})).outcome == "applied"
    again = await author.one(edit(made, 1, set={"title": "一"}))
    assert masked(again) == masked(first)
    assert [row["area"] for row in await office.quarantine()] == [there, farther]


def lead_of(office: Office, area: UUID, *files: str) -> Device:
    """Somebody who works on these files of an area and holds no more of it."""
    lead = office.device()
    lead.clearance = msgspec.structs.replace(
        lead.clearance, files={area: {UUID(file): EVERYTHING for file in files}}
    )
    return lead


async def test_a_lead_is_not_told_that_a_file_that_they_named_was_opened(office: Office) -> None:
    area = await office.area()
    worker, own, opened = office.device(area), sheet(area), sheet(area)
    mine = leaf(area, own["record"])
    await worker.push(own, mine)
    lead = lead_of(office, area, own["record"])
    refiling = edit(mine, SEEN_ALL, set={"sheet": opened["record"]})
    told = await lead.one(refiling)
    await worker.push(opened)
    assert said_again(await lead.one(refiling)) == told
    assert (await office.row(mine["record"]))["case_id"] == UUID(own["record"])


@pytest.mark.parametrize("was_theirs", [True, False])
async def test_what_goes_on_by_itself_finds_a_hidden_file_no_more_than_what_is_sent(
    office: Office, was_theirs: bool
) -> None:
    area = await office.area()
    worker, own, foreign = office.device(area), sheet(area), sheet(area)
    mine = leaf(area, own["record"])
    lead = lead_of(office, area, own["record"], foreign["record"])
    await worker.push(own, mine)
    await (lead if was_theirs else worker).push(foreign)
    lead.clearance = msgspec.structs.replace(lead.clearance, files={area: {UUID(own["record"]): EVERYTHING}})
    stuck = edit(mine, SEEN_ALL, set={"sheet": str(new_id())})
    of_hidden = edit(mine, SEEN_ALL, set={"sheet": foreign["record"]}, after=stuck["id"])
    of_none = edit(mine, SEEN_ALL, set={"sheet": str(new_id())}, after=stuck["id"])
    await lead.push(stuck, of_hidden, of_none)
    await dismiss(lead.pool, lead.account, lead.access_of(), lead.auditor, UUID(stuck["id"]), "en")
    answers = await lead.push(of_hidden, of_none)
    assert masked(answers[0]) == masked(answers[1])
    assert (await office.row(mine["record"]))["case_id"] == UUID(own["record"])


async def test_a_conflict_that_the_author_may_not_see_cannot_be_decided_by_them(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"grade": "1", "kind": "a"})
    rev = (await office.device(area).one(made)).rev
    assert rev
    await office.device(area).one(edit(made, rev, set={"grade": "2", "kind": "b"}))
    disputed = await office.device(area).one(edit(made, rev, set={"grade": "3", "kind": "c"}))
    officer = office.device(area, reach=OFFICER)
    of_hidden = await officer.one(edit(made, rev, resolves=disputed.conflicts[0]))
    of_none = await officer.one(edit(made, rev, resolves=new_id()))
    assert masked(of_hidden) == masked(of_none)
    assert of_hidden.outcome == "rejected"


async def test_a_conflict_lies_in_the_class_of_what_it_is_about_and_in_no_other(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"grade": "1", "kind": "a"})
    rev = (await office.device(area).one(made)).rev
    assert rev
    await office.device(area).one(edit(made, rev, set={"grade": "2", "kind": "b"}))
    disputed = await office.device(area).one(edit(made, rev, set={"grade": "3", "kind": "c"}))
    row = await office.row(disputed.conflicts[0])
    parts = [privacy for privacy in Privacy if row[f"body_{privacy.value}"] is not None]
    assert parts == [Privacy.CASE]


@pytest.mark.parametrize("hidden_edit", [{"note": "甲。"}, {"danger": "high"}, {"from_later": "好" * 15_000}])
async def test_an_answer_is_the_same_whatever_was_written_in_hidden_parts(
    office: Office, hidden_edit: dict[str, str]
) -> None:
    area = await office.area()
    answers = []
    for is_edited in (False, True):
        made = sheet(area)
        worker, officer = office.device(area), office.device(area, reach=OFFICER)
        rev = (await worker.one(made)).rev
        assert rev
        if is_edited:
            for number in range(6):
                changed = {
                    name + (str(number) if name == "from_later" else ""): v for name, v in hidden_edit.items()
                }
                await worker.one(edit(made, rev, set=changed))
        answers.append(
            [
                masked(await officer.one(edit(made, rev, set={"title": "一"}))),
                masked(await officer.one(edit(made, rev, set={"title": "二"}, add={"tags": ["a"]}))),
                masked(await officer.one(edit(made, rev, op="delete"))),
                masked(await officer.one(edit(made, rev, set={"guardian": "甲"}))),
            ]
        )
    assert answers[0] == answers[1]


async def test_the_rev_answered_is_that_of_the_parts_that_the_author_may_see(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"title": "一"})
    worker, officer = office.device(area), office.device(area, reach=OFFICER)
    rev = (await worker.one(made)).rev
    assert rev
    shown = await officer.one(edit(made, rev, op="restore"))
    assert shown.problem is not None  # who may not see all of it restores nothing
    first = await officer.one(edit(made, rev, set={"title": "二"}))
    await worker.one(edit(made, rev, set={"note": "甲。"}))
    again = await officer.one(edit(made, first.rev or 0, set={"title": "三"}))
    row = await office.row(made["record"])
    assert again.rev == row["rev_basic"]


async def test_who_may_not_write_a_class_is_refused_it(office: Office) -> None:
    area = await office.area()
    result = await office.device(area, reach=OFFICER).one(sheet(area, set={"note": "甲。"}))
    assert result.problem is not None
    assert (result.outcome, result.problem.type) == ("rejected", "write-not-allowed")


async def test_a_record_made_over_a_hidden_one_of_another_type_changes_nothing_of_it(office: Office) -> None:
    area = await office.area()
    made = sheet(area, set={"grade": "1", "kind": "a"})
    rev = (await office.device(area).one(made)).rev
    assert rev
    await office.device(area).one(edit(made, rev, set={"grade": "2", "kind": "b"}))
    disputed = await office.device(area).one(edit(made, rev, set={"grade": "3", "kind": "c"}))
    before = dict(await office.row(disputed.conflicts[0]))
    officer = office.device(area, reach=OFFICER)
    assert (await officer.one(sheet(area, disputed.conflicts[0]))).outcome == "rejected"
    assert dict(await office.row(disputed.conflicts[0])) == before


async def test_work_sent_ahead_of_a_record_is_not_let_into_it_as_into_ones_own(office: Office) -> None:
    # Whoever knows an id before there is such a record may write of it, once it is somebody else's, what they
    # may write of everybody's records and no more.
    area = await office.area()
    worker = office.device(area, reach=Reach(BASICS, BASICS, own=Privacy.CASE.bit))
    foreign, own = sheet(area), sheet(area)
    for ahead in (foreign, own):
        assert (await worker.one(edit(ahead, 1, set={"note": "早写的"}))).outcome == "parked"
    await office.device(area).push(foreign)
    await worker.push(own)
    assert "note" not in await office.values(foreign["record"])
    assert (await office.values(own["record"]))["note"] == "早写的"
    (row,) = await office.quarantine()
    assert row["outcome"] == "rejected"
