"""Values are accepted or refused, all faults at once, each with its place and in two languages."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Policy
from schemas.limits import MAX_DEPTH, MAX_EXTRA, MAX_TEXT
from schemas.problems import FieldProblem
from tests.schemas.made import (
    HOSTILE,
    Values,
    declarations,
    extra_names,
    json_values,
    nested,
    patches,
    records,
)

HOUSEHOLD = {"community": "620102001001", "name": "王秀英户", "address": "甘肃省兰州市城关区"}
PERSON = {"household": str(uuid4()), "name": "王秀英"}
records_with_declaration = declarations.flatmap(lambda each: st.tuples(st.just(each), records(each)))
patches_with_declaration = declarations.flatmap(lambda each: st.tuples(st.just(each), patches(each)))


def in_set(collection: str, **values: Any) -> list[FieldProblem]:
    return COLLECTIONS[collection].problems_in_patch(values, {}, {}, {})


def said(problems: list[FieldProblem]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in problems]


@given(records_with_declaration)
def test_a_valid_record_has_no_problems(made: tuple[Declaration, Values]) -> None:
    declared, values = made
    assert declared.problems_in_whole(values) == []


@given(records_with_declaration)
def test_a_valid_record_is_what_its_type_says(made: tuple[Declaration, Values]) -> None:
    declared, values = made
    assert isinstance(msgspec.convert(values, declared.record), declared.record)


@given(patches_with_declaration)
def test_any_of_a_records_valid_fields_make_a_valid_edit(made: tuple[Declaration, Values]) -> None:
    declared, values = made
    assert declared.problems_in_patch(values, {}, {}, {}) == []


@given(records_with_declaration, extra_names, json_values)
def test_fields_of_newer_clients_are_let_in(made: tuple[Declaration, Values], name: str, value: Any) -> None:
    declared, values = made
    assert declared.problems_in_whole({**values, name: value}) == []
    assert declared.problems_in_patch({name: value}, {}, {}, {}) == []


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_every_required_field_that_is_missing_is_named(collection: str) -> None:
    declared = COLLECTIONS[collection]
    required = [f"/{name}" for name, each in declared.fields.items() if each.required]
    assert said(declared.problems_in_whole({})) == [(pointer, "required") for pointer in required]


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_null_empties_what_may_be_empty_and_nothing_else(collection: str) -> None:
    declared = COLLECTIONS[collection]
    code = "permanent" if declared.permanent else "required"
    for name, each in declared.fields.items():
        expected = [] if each.nullable else [(f"/set/{name}", code)]
        assert said(in_set(collection, **{name: None})) == expected


@pytest.mark.parametrize(
    ("collection", "name", "value", "code"),
    [
        ("household", "name", 7, "type"),
        ("household", "name", "", "empty"),
        ("household", "name", " \u3000\n", "empty"),
        ("household", "name", "王" * 51, "too-long"),
        ("household", "name", "王\0", "unicode"),
        ("household", "name", "王\ud800", "unicode"),
        ("household", "community", "62010200100", "community_code"),
        ("household", "community", "６２０１０２００１００１", "community_code"),
        ("household", "members", 0, "range"),
        ("household", "members", 3.0, "type"),
        ("household", "members", True, "type"),
        ("household", "kind", "village", "code"),
        ("household", "kind", ["urban"], "code"),
        ("household", "income_month", "2026-13", "month"),
        ("household", "head", "019A0000-0000-7000-8000-000000000000", "id"),
        ("household", "head", "{019a0000-0000-7000-8000-000000000000}", "id"),
        ("household", "needs", "medical", "type"),
        ("household", "needs", ["medical", "medical"], "twice"),
        ("household", "location", [103.8, 36.1], "type"),
        ("person", "phone", "12345", "phone"),
        ("person", "resident_id", "110105194912310021", "resident_id"),
        ("person", "resident_id", "600000202302290010", "resident_id"),
        ("person", "birth_date", "2023-02-29", "date"),
        ("person", "birth_date", "20230228", "date"),
        ("person", "birth_date", "２０２３-02-28", "date"),
        ("screening", "urgent", 1, "type"),
        ("screening", "income", 2, "code"),
        ("referral", "state", "posted", "code"),
        ("referral", "amount_fen", -1, "range"),
        ("referral", "amount_fen", "100", "type"),
        ("attendance", "arrived_at", "2026-11-20T09:00:00", "date-time"),
        ("attendance", "arrived_at", "2026-11-20T25:00:00Z", "date-time"),
        ("attendance", "minutes", 10**9, "range"),
    ],
)
def test_a_wrong_value_is_named_with_its_fault(collection: str, name: str, value: Any, code: str) -> None:
    assert said(in_set(collection, **{name: value})) == [(f"/set/{name}", code)]


@pytest.mark.parametrize(
    ("collection", "name", "value"),
    [
        ("person", "phone", "13919001234"),
        ("person", "phone", "0931-1234567"),
        ("person", "resident_id", "11010519491231002X"),
        ("attendance", "arrived_at", "2026-11-20T09:00:00.5+08:00"),
        ("household", "location", {"longitude": 103, "latitude": 36.05}),
        ("household", "income_items", [{"kind": "wages", "amount_fen": 250000, "note": None}]),
    ],
)
def test_a_right_value_is_accepted(collection: str, name: str, value: Any) -> None:
    assert in_set(collection, **{name: value}) == []


def test_a_line_of_a_table_is_named_by_its_place() -> None:
    lines = [{"kind": "wages", "amount_fen": 1}, {"kind": "loot", "amount_fen": -1}, {"kind": "wages"}, None]
    assert said(in_set("household", income_items=lines)) == [
        ("/set/income_items/1/kind", "code"),
        ("/set/income_items/1/amount_fen", "range"),
        ("/set/income_items/2/amount_fen", "required"),
        ("/set/income_items/3", "type"),
    ]


def test_a_line_keeps_what_newer_clients_add_to_it() -> None:
    assert in_set("household", income_items=[{"kind": "wages", "amount_fen": 1, "employer": "兰州"}]) == []


def test_nothing_is_emptied_or_removed_in_a_permanent_record() -> None:
    report = COLLECTIONS["mandatory_report"]
    values = {"police_told_at": None, "account": "", "state": "closed"}
    assert said(report.problems_in_patch(values, {}, {"situations": ["violence"]}, {})) == [
        ("/set/police_told_at", "permanent"),
        ("/set/account", "empty"),
        ("/set/state", "computed"),
        ("/remove/situations", "permanent"),
    ]


def test_what_is_said_to_have_happened_does_not_lie_ahead() -> None:
    report, now = COLLECTIONS["mandatory_report"], datetime(2026, 11, 20, 12, tzinfo=UTC)
    values = {"found_at": "2026-11-20T20:00:00+08:00", "police_told_at": "2026-11-20T20:00:01+08:00"}
    assert said(report.problems_ahead(values, now)) == [("/set/police_told_at", "ahead")]
    assert report.problems_ahead({"taken_up_at": "9999-12-31T23:59:59-14:00"}, now)


def test_all_faults_of_a_change_are_named_at_once() -> None:
    problems = COLLECTIONS["household"].problems_in_patch(
        {"name": "", "members": 0, "Bad": 1}, {"needs": ["fame"]}, {"name": ["x"]}, {"members": 1}
    )
    assert said(problems) == [
        ("/set/name", "empty"),
        ("/set/members", "range"),
        ("/set/Bad", "name"),
        ("/add/needs/0", "code"),
        ("/remove/name", "not-a-set"),
        ("/increment/members", "not-a-counter"),
    ]


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_members_are_added_to_sets_alone(collection: str) -> None:
    declared = COLLECTIONS[collection]
    for name, each in declared.fields.items():
        for add, remove in (({name: []}, {}), ({}, {name: []})):
            problems = declared.problems_in_patch({}, add, remove, {})
            assert (problems == []) == (each.policy is Policy.UNION)


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_counters_alone_are_incremented(collection: str) -> None:
    declared = COLLECTIONS[collection]
    for name, each in declared.fields.items():
        problems = declared.problems_in_patch({}, {}, {}, {name: -5})
        assert (problems == []) == (each.policy is Policy.COUNTER)


def test_an_increment_beyond_counting_is_refused() -> None:
    problems = COLLECTIONS["attendance"].problems_in_patch({}, {}, {}, {"minutes": 2**60})
    assert said(problems) == [("/increment/minutes", "range")]


def test_a_set_or_counter_that_is_not_known_cannot_be_changed_by_member() -> None:
    problems = COLLECTIONS["household"].problems_in_patch({}, {"x": ["a"]}, {"y": ["a"]}, {"z": 1})
    assert said(problems) == [
        ("/add/x", "not-a-set"),
        ("/remove/y", "not-a-set"),
        ("/increment/z", "not-a-counter"),
    ]


def test_a_birth_date_other_than_the_numbers_is_refused_in_a_new_record() -> None:
    values = {**PERSON, "resident_id": "11010519491231002X", "birth_date": "1949-12-30", "sex": "1"}
    assert said(COLLECTIONS["person"].problems_in_whole(values)) == [
        ("/birth_date", "born_as_numbered"),
        ("/sex", "sex_as_numbered"),
    ]


def test_a_birth_date_alone_is_not_held_against_a_number_that_is_not_there() -> None:
    assert (
        COLLECTIONS["person"].problems_in_whole({**PERSON, "birth_date": "1949-12-30", "resident_id": None})
        == []
    )


def test_an_edit_is_not_refused_for_disagreeing_fields() -> None:
    assert in_set("person", resident_id="11010519491231002X", birth_date="1949-12-30") == []


@pytest.mark.parametrize("sex", ["0", "9", "2"])
def test_a_sex_that_is_not_stated_agrees_with_any_number(sex: str) -> None:
    values = {**PERSON, "resident_id": "11010519491231002X", "sex": sex}
    assert COLLECTIONS["person"].problems_in_whole(values) == []


def test_who_leaves_before_arriving_is_asked_about_it() -> None:
    values = {
        "activity": str(uuid4()),
        "volunteer": str(uuid4()),
        "arrived_at": "2026-11-20T09:00:00+08:00",
        "left_at": "2026-11-20T00:59:59Z",
    }
    assert said(COLLECTIONS["attendance"].problems_in_whole(values)) == [("/left_at", "not_before")]


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: type(value).__name__)
def test_no_field_takes_a_hostile_value_or_breaks_on_it(collection: str, value: Any) -> None:
    declared = COLLECTIONS[collection]
    for name in (*declared.fields, "unknown"):
        assert declared.problems_in_patch({name: value}, {}, {}, {}), name
        assert declared.problems_in_whole({name: value}), name
    for name in declared.fields:
        assert declared.problems_in_patch({}, {name: [value]}, {}, {}), name
        assert declared.problems_in_patch({}, {}, {name: [value]}, {}), name


@given(declarations, st.data())
def test_whatever_comes_is_answered_with_problems_that_can_be_sent(
    declared: Declaration, data: st.DataObject
) -> None:
    names = st.sampled_from([*declared.fields, "unknown"]) | st.text()
    values = json_values | st.sampled_from(HOSTILE)
    sent = data.draw(st.dictionaries(names, values, max_size=5))
    members = data.draw(st.dictionaries(names, st.lists(values, max_size=3), max_size=2))
    amounts = data.draw(st.dictionaries(names, values, max_size=2))
    problems = declared.problems_in_patch(sent, members, members, amounts) + declared.problems_in_whole(sent)
    for problem in problems:
        assert problem.pointer.startswith("/") or not problem.pointer
        assert problem.code and problem.detail_zh and problem.detail_en
    msgspec.json.encode(problems).decode()


@pytest.mark.parametrize(
    "name", ["", "Name", "9th", "a-b", "a/b", "名", "a" * 65, "a\0", "a\ud800", "_a", "a\n"]
)
def test_a_field_with_an_unusable_name_is_refused(name: str) -> None:
    assert [each.code for each in in_set("household", **{name: 1})] == ["name"]


def test_a_pointer_to_a_name_with_slashes_is_escaped() -> None:
    assert said(in_set("household", **{"a/b~c": 1})) == [("/set/a~1b~0c", "name")]


def test_an_unknown_field_may_be_nested_to_the_limit_and_no_deeper() -> None:
    assert in_set("household", x=nested(MAX_DEPTH)) == []
    assert said(in_set("household", x=nested(MAX_DEPTH + 1))) == [("/set/x", "too-deep")]


def test_an_unknown_field_takes_text_to_the_limit_and_no_more() -> None:
    assert in_set("household", x={"字": "字" * MAX_TEXT}) == []
    assert said(in_set("household", x=["字" * (MAX_TEXT + 1)])) == [("/set/x", "too-long")]


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, float("inf"), float("nan")])
def test_an_unknown_field_takes_only_numbers_that_every_client_reads_the_same(value: float) -> None:
    assert said(in_set("household", x=[value])) == [("/set/x", "range")]


def test_a_change_brings_so_many_unknown_fields_and_no_more() -> None:
    many = {f"x{number}": number for number in range(MAX_EXTRA)}
    assert in_set("household", **many) == []
    assert said(in_set("household", **many, one_more=1)) == [("/set", "too-many")]
    assert said(COLLECTIONS["household"].problems_in_whole({**HOUSEHOLD, **many, "one_more": 1})) == [
        ("", "too-many")
    ]
