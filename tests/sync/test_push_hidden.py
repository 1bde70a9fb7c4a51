"""What an author may not see has no part in what they are answered, and their work none in it."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from schemas.privacy import ALL_CLASSES, Privacy, class_set
from sync.scope import Reach
from sync.wire import Result
from tests.sync.changes import new_id
from tests.sync.pushing import Office, edit, leaf, sheet

BASICS = class_set([Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT])
OFFICER = Reach(BASICS, BASICS)
NOBODY = UUID(int=0)


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
