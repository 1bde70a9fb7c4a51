"""How concurrent edits meet: the laws of protocol.md, over one field of every policy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sync.ledger import Ledger, at, id_of

CREATED = {"subject": "王某", "stage": "begun"}


pytestmark = pytest.mark.usefixtures("sheets")


def begun(**values: Any) -> tuple[Ledger, int]:
    """A ledger with one sheet, and its rev."""
    ledger = Ledger()
    (result,) = ledger.push(0, {"set": {**CREATED, **values}, "at": at(0)})
    assert result.outcome == "applied"
    assert result.rev is not None
    return ledger, result.rev


# Policies that need no person: the order in which the server hears of edits does not matter.

plain_edits = st.one_of(
    st.fixed_dictionaries({"set": st.fixed_dictionaries({"title": st.sampled_from(["甲", "乙", None])})}),
    st.fixed_dictionaries({"set": st.fixed_dictionaries({"amount": st.integers(0, 2)})}),
    st.fixed_dictionaries({"set": st.fixed_dictionaries({"period": st.sampled_from(["月", "年"])})}),
    st.fixed_dictionaries(
        {"set": st.fixed_dictionaries({"amount": st.integers(0, 2), "period": st.sampled_from(["月", "年"])})}
    ),
    st.fixed_dictionaries(
        {"set": st.fixed_dictionaries({"danger": st.sampled_from(["low", "medium", "high"])})}
    ),
    st.fixed_dictionaries(
        {"add": st.fixed_dictionaries({"tags": st.lists(st.sampled_from("abc"), min_size=1, unique=True)})}
    ),
    st.fixed_dictionaries(
        {"remove": st.fixed_dictionaries({"tags": st.lists(st.sampled_from("abc"), min_size=1, unique=True)})}
    ),
    st.fixed_dictionaries(
        {"set": st.fixed_dictionaries({"tags": st.lists(st.sampled_from("abc"), unique=True)})}
    ),
    st.fixed_dictionaries({"increment": st.fixed_dictionaries({"hours": st.integers(-3, 3)})}),
)


@st.composite
def offline_days(draw: st.DrawFn) -> tuple[dict[str, Any], list[list[dict[str, Any]]], list[int], list[int]]:
    """A sheet as three devices left with it, what each wrote, and two orders in which it may arrive."""
    created = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "title": st.just("旧"),
                "amount": st.just(9),
                "period": st.just("周"),
                "danger": st.just("medium"),
                "tags": st.just(["a"]),
            },
        )
    )
    written = draw(st.lists(st.lists(plain_edits, max_size=3), min_size=2, max_size=3))
    chained = draw(st.booleans())
    seconds = iter(draw(st.permutations(range(1, 10))))
    number = 0
    for device, edits in enumerate(written, start=1):
        clocks = sorted(next(seconds) for _ in edits)
        before = None
        for edit, second in zip(edits, clocks, strict=True):
            number += 1
            edit = edits[edits.index(edit)] = dict(edit)
            edit.update(id=str(id_of(number)), at=at(second, device), base=1)
            if chained and before is not None:
                edit["after"] = before
            before = edit["id"]
    turns = [device for device, edits in enumerate(written, start=1) for _ in edits]
    return created, written, draw(st.permutations(turns)), draw(st.permutations(turns))


def played(created: dict[str, Any], written: list[list[dict[str, Any]]], turns: list[int]) -> Ledger:
    ledger, _ = begun(**created)
    waiting = [iter(edits) for edits in written]
    for device in turns:
        ledger.push(device, next(waiting[device - 1]))
    return ledger


def as_sets(values: dict[str, Any]) -> dict[str, Any]:
    """Sets without their order, and nothing for what is empty."""
    return {
        name: sorted(value) if name == "tags" else value
        for name, value in values.items()
        if value is not None
    }


@given(offline_days())
def test_the_order_of_arrival_does_not_matter_where_no_person_is_needed(
    day: tuple[dict[str, Any], list[list[dict[str, Any]]], list[int], list[int]],
) -> None:
    created, written, one, other = day
    first, second = played(created, written, one), played(created, written, other)
    assert as_sets(first.values()) == as_sets(second.values())
    assert not first.conflict_ids()


@given(offline_days())
def test_changes_sent_again_in_any_order_change_nothing(
    day: tuple[dict[str, Any], list[list[dict[str, Any]]], list[int], list[int]],
) -> None:
    created, written, turns, _ = day
    ledger = played(created, written, turns)
    before, position = ledger.values(), ledger.position
    for device, edits in enumerate(written, start=1):
        for result in ledger.push(device, *reversed(edits)):
            assert result.repeated
    assert (ledger.values(), ledger.position) == (before, position)


@given(offline_days())
def test_the_same_edits_in_the_same_order_come_to_the_same(
    day: tuple[dict[str, Any], list[list[dict[str, Any]]], list[int], list[int]],
) -> None:
    created, written, turns, _ = day
    one, other = played(created, written, turns), played(created, written, turns)
    assert {key: (r.rev, r.bodies, r.stamps) for key, r in one.records.items()} == {
        key: (r.rev, r.bodies, r.stamps) for key, r in other.records.items()
    }


# What everybody may rely on, whatever the policy.

VALUES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "title": ({"title": "甲"}, {"title": "乙"}, {"title": "丙"}),
    "pay": ({"amount": 1, "period": "月"}, {"amount": 2, "period": "年"}, {"amount": 3, "period": "周"}),
    "danger": ({"danger": "high"}, {"danger": "medium"}, {"danger": "low"}),
    "note": ({"note": "甲。"}, {"note": "乙。"}, {"note": "丙。"}),
    "guardian": ({"guardian": "甲"}, {"guardian": "乙"}, {"guardian": "丙"}),
    "kind": ({"grade": "1", "kind": "a"}, {"grade": "2", "kind": "b"}, {"grade": "3", "kind": "c"}),
    "sex": ({"sex": "1"}, {"sex": "2"}, {"sex": "9"}),
}
every_field = pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)


@every_field
def test_who_has_seen_a_value_replaces_it_whatever_the_clocks_say(values: Any) -> None:
    first, second, _ = values
    ledger, base = begun(**first)
    (result,) = ledger.push(1, {"set": second, "base": base, "at": at(-1_000_000, 1)})
    assert (result.outcome, ledger.values()) == ("applied", {**CREATED, **second})


@every_field
def test_two_who_write_the_same_do_not_disagree(values: Any) -> None:
    first, second, _ = values
    ledger, base = begun(**first)
    ledger.push(1, {"set": second, "base": base})
    (result,) = ledger.push(2, {"set": second, "base": base})
    assert result.outcome == "merged"
    assert ledger.values() == {**CREATED, **second}
    assert not ledger.conflict_ids()


@every_field
@pytest.mark.parametrize("chained", [True, False])
def test_offline_edits_of_one_device_never_conflict_with_each_other(values: Any, chained: bool) -> None:
    ledger, base = begun()
    before: dict[str, Any] = {}
    for number, each in enumerate((*values, values[0]), start=1):
        change = {"id": str(id_of(number)), "set": each, "base": base, **before}
        (result,) = ledger.push(1, change)
        assert result.outcome == "applied"
        if chained:
            before = {"after": str(id_of(number))}
    assert ledger.values() == {**CREATED, **values[0]}


@pytest.mark.parametrize("field", ["guardian", "kind", "note", "sex"])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("as_one_batch", [True, False])
def test_one_foreign_edit_among_offline_edits_raises_exactly_one_conflict(
    field: str, place: int, as_one_batch: bool
) -> None:
    ledger, base = begun(**dict.fromkeys(VALUES[field][0], "始"))
    # Each sentence differs: nothing can be put together.
    names = list(VALUES[field][0])
    edits = [
        {
            "id": str(id_of(number)),
            "set": dict.fromkeys(names, f"我{number}"),
            "base": base,
            **({"after": str(id_of(number - 1))} if number > 1 else {}),
        }
        for number in (1, 2, 3)
    ]
    foreign = {"set": dict.fromkeys(names, "他"), "base": base}
    if as_one_batch:
        ledger.push(1, *edits[:place])
        ledger.push(2, foreign)
        ledger.push(1, *edits[place:])
    else:
        for edit in edits[:place]:
            ledger.push(1, edit)
        ledger.push(2, foreign)
        for edit in edits[place:]:
            ledger.push(1, edit)
    (conflict,) = ledger.conflicts()
    said = [conflict["standing"], *(candidate["set"] for candidate in conflict["candidates"])]
    assert sorted(each[names[0]] for each in said) == ["他", "我3"]
    assert ledger.values()[names[0]] == conflict["standing"][names[0]]


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["guardian", "kind"])), max_size=8))
def test_of_values_in_dispute_each_devices_last_one_can_be_chosen(writes: list[tuple[int, str]]) -> None:
    ledger, base = begun()
    last: dict[tuple[int, str], str] = {}
    for number, (device, field) in enumerate(writes):
        value = last[(device, field)] = f"{device}之{number}"
        ledger.push(device, {"set": dict.fromkeys(VALUES[field][0], value), "base": base})
    on_offer = {(name, ledger.values().get(name)) for name in ("guardian", "kind")}
    for conflict in ledger.conflicts():
        for candidate in conflict["candidates"]:
            on_offer.update(candidate["set"].items())
    assert {(field, value) for (_, field), value in last.items()} <= on_offer
    assert len(ledger.conflicts()) <= 2


# latest


def test_of_two_concurrent_facts_the_later_stands() -> None:
    ledger, base = begun(title="旧")
    ledger.push(1, {"set": {"title": "早"}, "base": base, "at": at(10, 1)})
    (late,) = ledger.push(2, {"set": {"title": "晚"}, "base": base, "at": at(20, 2)})
    (early,) = ledger.push(3, {"set": {"title": "更早"}, "base": base, "at": at(5, 3)})
    assert (late.outcome, early.outcome, ledger.values()["title"]) == ("merged", "merged", "晚")


def test_a_clock_ten_years_ahead_loses_to_work_received_after_it() -> None:
    ledger, base = begun(title="旧")
    ledger.push(1, {"set": {"title": "未来"}, "base": base, "at": "2036-11-20T00:00:00.000Z-0000-0001"})
    assert ledger.records[next(iter(ledger.records))].stamp("title").at.startswith("2026-11-20T00:00:00")


def test_edits_of_one_batch_ahead_of_time_keep_their_order() -> None:
    ledger, base = begun()
    ledger.push(
        1,
        {"set": {"title": "一"}, "base": base, "at": "2036-11-20T00:00:00.000Z-0007-0001"},
        {"set": {"title": "二"}, "base": base, "at": "2036-11-20T00:00:00.001Z-0000-0001"},
    )
    assert ledger.values()["title"] == "二"


def test_a_clock_ten_years_behind_does_not_lose_what_its_owner_had_read() -> None:
    ledger, base = begun()
    (seen,) = ledger.push(1, {"set": {"title": "一"}, "base": base, "at": at(50, 1)})
    ledger.push(2, {"set": {"title": "二"}, "base": seen.rev, "at": "2016-11-20T00:00:00.000Z-0000-0002"})
    (result,) = ledger.push(3, {"set": {"title": "三"}, "base": base, "at": at(40, 3)})
    assert (result.outcome, ledger.values()["title"]) == ("merged", "二")


def test_fields_decided_together_are_never_mixed() -> None:
    ledger, base = begun(amount=1, period="月")
    ledger.push(1, {"set": {"amount": 12, "period": "年"}, "base": base, "at": at(10, 1)})
    ledger.push(2, {"set": {"amount": 2}, "base": base, "at": at(20, 2)})
    assert (ledger.values()["amount"], ledger.values()["period"]) == (2, "月")


def test_what_the_author_wrote_before_stays_with_what_they_write_after_a_colleague() -> None:
    ledger, base = begun()
    ledger.push(1, {"set": {"period": "月"}, "base": base, "at": at(10, 1)})
    ledger.push(2, {"set": {"amount": 1}, "base": base, "at": at(20, 2)})
    ledger.push(1, {"set": {"amount": 1}, "base": base, "at": at(30, 1)})
    assert (ledger.values()["amount"], ledger.values()["period"]) == (1, "月")


# highest


def test_a_warning_stays_until_somebody_who_has_read_it_takes_it_back() -> None:
    ledger, base = begun(danger="low")
    (warned,) = ledger.push(1, {"set": {"danger": "medium"}, "base": base})
    ledger.push(2, {"set": {"danger": "high"}, "base": base, "id": str(id_of(1))})
    (lowered,) = ledger.push(2, {"set": {"danger": "low"}, "base": base, "after": str(id_of(1))})
    assert (lowered.outcome, ledger.values()["danger"]) == ("merged", "medium")
    assert lowered.rev is not None
    assert warned.rev is not None
    (read,) = ledger.push(2, {"set": {"danger": "low"}, "base": lowered.rev})
    assert (read.outcome, ledger.values()["danger"]) == ("applied", "low")


# union


def test_members_that_the_author_never_saw_stay_when_a_set_is_written_whole() -> None:
    ledger, base = begun()
    ledger.push(1, {"set": {"tags": ["a"]}, "base": base})
    ledger.push(2, {"set": {"tags": ["b"]}, "base": base})
    assert sorted(ledger.values()["tags"]) == ["a", "b"]


def test_an_add_beats_a_remove_that_did_not_know_of_it() -> None:
    ledger, base = begun(tags=["a"])
    ledger.push(1, {"add": {"tags": ["a"]}, "base": base})
    (removed,) = ledger.push(2, {"remove": {"tags": ["a"]}, "base": base})
    assert (removed.outcome, ledger.values()["tags"]) == ("merged", ["a"])


def test_one_persons_remove_does_not_take_away_anothers_add() -> None:
    ledger, base = begun()
    ledger.push(1, {"add": {"tags": ["a"]}, "base": base})
    ledger.push(2, {"add": {"tags": ["a"]}, "base": base})
    ledger.push(2, {"remove": {"tags": ["a"]}, "base": base})
    assert ledger.values()["tags"] == ["a"]


# counter


def test_a_counter_begun_twice_is_kept_for_a_person() -> None:
    ledger, base = begun()
    ledger.push(1, {"set": {"hours": 3}, "base": base})
    (second,) = ledger.push(2, {"set": {"hours": 2}, "base": base})
    assert second.outcome == "rejected"
    assert second.problem is not None
    assert second.problem.errors[0]["code"] == "counter"


def test_a_counter_stays_within_whole_numbers_that_every_client_can_count() -> None:
    ledger, base = begun(hours=2**53 - 1)
    (result,) = ledger.push(1, {"increment": {"hours": 2}, "base": base})
    assert result.outcome == "rejected"
    assert ledger.values()["hours"] == 2**53 - 1


# text


def test_notes_on_different_sentences_are_put_together_from_what_both_had() -> None:
    ledger, base = begun(note="独居。血压高。")
    ledger.push(1, {"set": {"note": "独居。血压已正常。"}, "base": base})
    (result,) = ledger.push(2, {"set": {"note": "与女儿同住。血压高。"}, "base": base})
    assert (result.outcome, ledger.values()["note"]) == ("merged", "与女儿同住。血压已正常。")


def test_lines_below_a_note_that_waits_in_a_conflict_do_not_hide_it() -> None:
    ledger, base = begun(note="甲。子。")
    ledger.push(1, {"set": {"note": "乙。子。"}, "base": base})
    ledger.push(2, {"set": {"note": "丙。子。"}, "base": base, "id": str(id_of(1))})
    ledger.push(2, {"set": {"note": "丙。子。丑。"}, "base": base, "after": str(id_of(1))})
    (conflict,) = ledger.conflicts()
    assert conflict["candidates"][0]["set"] == {"note": "丙。子。丑。"}
    assert ledger.values()["note"] == "乙。子。"


def test_work_built_on_a_merged_note_continues_it() -> None:
    ledger, base = begun(note="甲。")
    ledger.push(1, {"set": {"note": "甲。乙。"}, "base": base, "id": str(id_of(1))})
    ledger.push(2, {"set": {"note": "零。甲。"}, "base": base})
    ledger.push(1, {"set": {"note": "甲。乙。丙。"}, "base": base, "after": str(id_of(1))})
    assert ledger.values()["note"] == "零。甲。乙。丙。"
    assert not ledger.conflict_ids()


def test_emptying_a_note_against_new_words_goes_before_a_person() -> None:
    ledger, base = begun(note="甲。")
    ledger.push(1, {"set": {"note": "甲。乙。"}, "base": base})
    (result,) = ledger.push(2, {"set": {"note": None}, "base": base})
    assert (result.outcome, ledger.values()["note"]) == ("conflict", "甲。乙。")


# states


def test_of_two_concurrent_steps_the_one_further_along_stands_in_either_order() -> None:
    ends = []
    for one, other in (("sent", "withdrawn"), ("withdrawn", "sent")):
        ledger, base = begun()
        ledger.push(1, {"set": {"stage": one}, "base": base})
        (result,) = ledger.push(2, {"set": {"stage": other}, "base": base})
        assert result.outcome == "merged"
        ends.append(ledger.values()["stage"])
    assert ends == ["withdrawn", "withdrawn"]


def test_steps_that_exclude_each_other_go_before_a_person() -> None:
    ledger, base = begun()
    (sent,) = ledger.push(1, {"set": {"stage": "sent"}, "base": base})
    ledger.push(1, {"set": {"stage": "granted"}, "base": sent.rev})
    (result,) = ledger.push(2, {"set": {"stage": "refused"}, "base": sent.rev})
    assert (result.outcome, ledger.values()["stage"]) == ("conflict", "granted")


def test_a_step_that_is_not_declared_is_refused() -> None:
    ledger, base = begun()
    (result,) = ledger.push(1, {"set": {"stage": "granted"}, "base": base})
    assert result.outcome == "rejected"
    assert result.problem is not None
    assert result.problem.type == "transition-not-declared"


def test_a_step_that_is_not_declared_is_refused_also_where_somebody_went_the_way_meanwhile() -> None:
    ledger, base = begun()
    ledger.push(1, {"set": {"stage": "sent"}, "base": base})
    (result,) = ledger.push(2, {"set": {"stage": "granted"}, "base": base})
    assert (result.outcome, ledger.values()["stage"]) == ("rejected", "sent")


def test_a_chain_of_offline_steps_is_followed_although_the_first_lost() -> None:
    ledger, base = begun()
    (sent,) = ledger.push(1, {"set": {"stage": "sent"}, "base": base})
    ledger.push(1, {"set": {"stage": "asked"}, "base": sent.rev})
    ledger.push(2, {"set": {"stage": "sent"}, "base": base, "id": str(id_of(1))})
    (last,) = ledger.push(2, {"set": {"stage": "granted"}, "base": base, "after": str(id_of(1))})
    assert (last.outcome, ledger.values()["stage"]) == ("merged", "granted")


# fixed


def test_what_is_fixed_takes_no_other_value_seen_or_unseen() -> None:
    ledger, base = begun()
    for seen in (0, base):
        (result,) = ledger.push(1, {"set": {"subject": "李某"}, "base": seen})
        assert result.problem is not None
        assert result.problem.type == "field-fixed"
    assert ledger.values()["subject"] == "王某"


def test_a_correctable_value_that_two_correct_at_once_goes_before_a_person() -> None:
    ledger, base = begun(sex="1")
    ledger.push(1, {"set": {"sex": "2"}, "base": base})
    (result,) = ledger.push(2, {"set": {"sex": "9"}, "base": base})
    assert (result.outcome, ledger.values()["sex"]) == ("conflict", "2")


# delete and restore


def test_an_edit_unseen_by_a_delete_stays_and_the_delete_waits_in_either_order() -> None:
    for edit_first in (True, False):
        ledger, base = begun()
        edit = {"set": {"title": "新"}, "base": base}
        delete = {"op": "delete", "base": base, "id": str(id_of(1))}
        if edit_first:
            ledger.push(1, edit)
            (result,) = ledger.push(2, delete)
        else:
            ledger.push(2, delete)
            (result,) = ledger.push(1, edit)
        assert result.outcome == "conflict"
        assert not ledger.records[next(iter(ledger.records))].deleted
        assert ledger.values()["title"] == "新"
        (conflict,) = ledger.conflicts()
        (candidate,) = conflict["candidates"]
        assert (candidate["change"], candidate["op"], candidate["device"]) == (str(id_of(1)), "delete", "2")


def test_who_has_seen_everything_deletes_and_restores() -> None:
    ledger, base = begun(title="在")
    (deleted,) = ledger.push(1, {"op": "delete", "base": base})
    (again,) = ledger.push(2, {"op": "delete", "base": base})
    assert (deleted.outcome, again.outcome) == ("applied", "applied")
    (refused,) = ledger.push(2, {"set": {"title": "改"}, "base": deleted.rev})
    assert refused.problem is not None
    assert refused.problem.type == "record-deleted"
    ledger.push(2, {"op": "restore", "base": deleted.rev})
    assert ledger.values()["title"] == "在"


def test_a_delete_by_somebody_who_has_read_everything_ends_the_conflict_about_it() -> None:
    ledger, base = begun()
    ledger.push(1, {"set": {"title": "新"}, "base": base})
    (waiting,) = ledger.push(2, {"op": "delete", "base": base})
    ledger.push(3, {"op": "delete", "base": waiting.rev})
    assert ledger.records[next(iter(ledger.records))].deleted
    assert not ledger.conflicts()


# A person decides


def disputed() -> tuple[Ledger, int, str]:
    """A ledger in which two disagree on the guardian, the sheet's rev, and the conflict."""
    ledger, base = begun()
    ledger.push(1, {"set": {"guardian": "甲"}, "base": base})
    (result,) = ledger.push(2, {"set": {"guardian": "乙"}, "base": base})
    assert result.rev is not None
    return ledger, result.rev, str(result.conflicts[0])


@pytest.mark.parametrize("chosen", [{"guardian": "甲"}, {"guardian": "乙"}, {"guardian": "丙"}, {}])
def test_a_conflict_is_decided_by_an_ordinary_change(chosen: dict[str, str]) -> None:
    ledger, seen, conflict = disputed()
    (result,) = ledger.push(3, {"set": chosen, "base": seen, "resolves": conflict})
    assert result.outcome == "applied"
    assert not ledger.conflicts()
    assert ledger.values()["guardian"] == chosen.get("guardian", "甲")


def test_a_value_that_the_decider_had_not_seen_keeps_the_conflict_open() -> None:
    ledger, seen, conflict = disputed()
    ledger.push(4, {"set": {"guardian": "丁"}, "base": 1})
    ledger.push(3, {"set": {"guardian": "乙"}, "base": seen, "resolves": conflict})
    (still,) = ledger.conflicts()
    assert [candidate["set"] for candidate in still["candidates"]] == [{"guardian": "丁"}]


def test_a_decision_on_a_record_changed_meanwhile_is_one_more_value_to_decide_on() -> None:
    ledger, seen, conflict = disputed()
    ledger.push(1, {"set": {"guardian": "戊"}, "base": seen})
    (result,) = ledger.push(3, {"set": {"guardian": "乙"}, "base": seen, "resolves": conflict})
    assert result.outcome == "conflict"
    (still,) = ledger.conflicts()
    assert [candidate["device"] for candidate in still["candidates"]] == ["3"]
    assert still["standing"] == {"guardian": "戊"}


def test_of_two_decisions_that_did_not_know_of_each_other_a_person_decides_again() -> None:
    ledger, seen, conflict = disputed()
    ledger.push(3, {"set": {"guardian": "乙"}, "base": seen, "resolves": conflict})
    (second,) = ledger.push(4, {"set": {"guardian": "丙"}, "base": seen, "resolves": conflict})
    assert second.outcome == "conflict"
    assert len(ledger.conflicts()) == 1
    assert ledger.values()["guardian"] == "乙"


def test_a_disputed_step_may_be_decided_where_no_step_is_declared() -> None:
    ledger, base = begun()
    (sent,) = ledger.push(1, {"set": {"stage": "sent"}, "base": base})
    ledger.push(1, {"set": {"stage": "granted"}, "base": sent.rev})
    (result,) = ledger.push(2, {"set": {"stage": "refused"}, "base": sent.rev})
    (decision,) = ledger.push(
        3, {"set": {"stage": "refused"}, "base": result.rev, "resolves": str(result.conflicts[0])}
    )
    assert (decision.outcome, ledger.values()["stage"]) == ("applied", "refused")


def test_a_conflict_of_another_record_or_none_cannot_be_decided() -> None:
    ledger, seen, conflict = disputed()
    ledger.push(3, {"record": str(id_of(9)), "set": CREATED})
    for change in (
        {"record": str(id_of(9)), "base": seen + 9, "resolves": conflict},
        {"base": seen, "resolves": str(id_of(77))},
        {"record": str(id_of(10)), "set": CREATED, "resolves": conflict},
        {"base": seen, "resolves": str(id_of(1))},
    ):
        (result,) = ledger.push(3, change)
        assert result.problem is not None
        assert result.problem.type == "conflict-unknown"


def test_a_device_that_agrees_later_takes_its_value_back() -> None:
    ledger, seen, _ = disputed()
    (result,) = ledger.push(2, {"set": {"guardian": "甲"}, "base": seen})
    assert result.outcome == "applied"
    assert not ledger.conflicts()


def test_two_accounts_that_use_the_same_change_id_open_conflicts_of_their_own() -> None:
    ledger, base = begun()
    ledger.push(1, {"set": {"guardian": "甲", "sex": "1", "grade": "1", "kind": "a"}, "base": base})
    shared = str(id_of(5))
    ledger.push(2, {"set": {"guardian": "乙"}, "base": base, "id": shared})
    (first,) = ledger.conflict_ids()
    other = Ledger()
    other.push(0, {"set": CREATED, "at": at(0)})
    other.push(1, {"set": {"guardian": "甲"}, "base": base})
    other.push(3, {"set": {"guardian": "乙"}, "base": base, "id": shared})
    assert other.conflict_ids() != [first]


def test_journals_sent_again_to_a_restored_server_come_to_the_same_and_double_nothing() -> None:
    before, base = begun(note="甲。")
    first: dict[str, Any] = {
        "id": str(id_of(1)),
        "set": {"note": "甲。乙。", "title": "一"},
        "base": base,
        "at": at(10, 1),
    }
    (result,) = before.push(1, first)
    second: dict[str, Any] = {
        "id": str(id_of(2)),
        "set": {"note": "甲。乙。丙。", "title": "二"},
        "increment": {"hours": 2},
        "base": result.rev,
        "at": at(20, 2),
    }
    before.push(2, second)
    for journals in ([(1, first), (2, second)], [(2, second), (1, first)]):
        restored, _ = begun(note="甲。")
        restored.position += 1_000  # positions are times: all that comes now lies behind every base of before
        for device, change in [*journals, *journals]:
            restored.push(device, change)
        assert restored.values() == before.values()
        assert not restored.conflict_ids()
