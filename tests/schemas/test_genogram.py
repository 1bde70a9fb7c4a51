"""Families as they are drawn: golden ones, and what holds of any, whatever was put down wrongly."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.casework.genogram import Genogram, genogram
from schemas.casework.kinship import Closeness, Tie
from schemas.collections import COLLECTIONS
from schemas.person import Relation

PARENTS = ("parent", "adoptive_parent", "step_parent", "foster_parent")
COUPLES = ("married", "cohabiting", "divorced", "separated")


def drawn(persons: dict[str, str | None], *lines: tuple[str, str, str], **more: Any) -> Genogram:
    """Of people by id, with what they are to the head, and (one, tie, other)."""
    kinships = {
        f"line {number}": {"one": one, "tie": tie, "other": other, **more}
        for number, (one, tie, other) in enumerate(lines)
    }
    return genogram({id: {"name": id, "relation": relation} for id, relation in persons.items()}, kinships)


def nobody(*ids: str) -> dict[str, str | None]:
    return dict.fromkeys(ids)


def test_grandmother_grandson_and_the_father_who_works_away() -> None:
    made = drawn(
        nobody("奶奶", "爷爷", "爸爸", "孙子"),
        ("奶奶", "parent", "爸爸"),
        ("爷爷", "parent", "爸爸"),
        ("爸爸", "parent", "孙子"),
        ("奶奶", "married", "爷爷"),
    )
    assert {frozenset(row) for row in made.generations} == {
        frozenset({"奶奶", "爷爷"}),
        frozenset({"爸爸"}),
        frozenset({"孙子"}),
    }
    assert [row for row in made.generations if "孙子" in row] == [made.generations[-1]]
    assert [(set((c.line.one, c.line.other)), c.children) for c in made.couples] == [
        ({"奶奶", "爷爷"}, ("爸爸",))
    ]
    assert made.doubts == ()


def test_a_child_of_one_partner_is_not_drawn_below_the_couple() -> None:
    made = drawn(nobody("母", "继父", "女"), ("母", "parent", "女"), ("母", "married", "继父"))
    assert made.couples[0].children == ()
    assert [(line.one, line.other, line.tie) for line in made.descents] == [("母", "女", "parent")]


def test_a_step_parent_is_a_parent_of_another_kind() -> None:
    made = drawn(
        nobody("母", "继父", "女"),
        ("母", "parent", "女"),
        ("继父", "step_parent", "女"),
        ("母", "married", "继父"),
    )
    assert made.couples[0].children == ("女",)
    assert {line.tie for line in made.descents} == {"parent", "step_parent"}


def test_without_lines_the_family_is_drawn_by_what_each_is_to_the_head() -> None:
    made = drawn(
        {"户主": "head", "妻": "spouse", "儿": "son", "母": "parent", "孙": "grandchild", "兄": "sibling"}
    )
    assert {frozenset(row) for row in made.generations} == {
        frozenset({"母"}),
        frozenset({"户主", "妻", "兄"}),
        frozenset({"儿"}),
        frozenset({"孙"}),
    }
    assert all(line.record is None for line in made.descents)
    assert made.doubts == ()


def test_a_line_that_somebody_wrote_stands_in_place_of_what_follows_from_the_head() -> None:
    made = drawn({"户主": "head", "妻": "spouse"}, ("户主", "divorced", "妻"))
    assert [(couple.line.tie, couple.line.record) for couple in made.couples] == [("divorced", "line 0")]


def test_partners_stand_next_to_each_other() -> None:
    persons = {
        id: {"birth_date": f"{year}-01-01"}
        for id, year in (("甲", 1950), ("乙", 1951), ("丙", 1952), ("丁", 1953))
    }
    lines = {
        "1": {"one": "甲", "tie": "married", "other": "丁"},
        "2": {"one": "甲", "tie": "sibling", "other": "乙"},
    }
    (row,) = [row for row in genogram(persons, lines).generations if "甲" in row]
    assert ("甲", "丁") in pairwise(row)


def test_somebody_who_would_be_their_own_grandparent_is_a_doubt_and_the_rest_is_drawn() -> None:
    made = drawn(
        nobody("甲", "乙", "丙"), ("甲", "parent", "乙"), ("乙", "parent", "丙"), ("丙", "parent", "甲")
    )
    assert [(doubt.record, doubt.people) for doubt in made.doubts] == [("line 2", ("丙", "甲"))]
    assert len(made.descents) == 2


def test_two_records_that_differ_on_the_same_two_people_are_a_doubt() -> None:
    made = drawn(nobody("甲", "乙"), ("甲", "parent", "乙"), ("甲", "adoptive_parent", "乙"))
    assert len(made.descents) == len(made.doubts) == 1


def test_a_marriage_that_ended_and_a_later_one_of_the_same_two_are_no_doubt() -> None:
    lines = {
        "1": {"one": "甲", "tie": "married", "other": "乙", "since": "1990-01-01", "until": "2000-01-01"},
        "2": {"one": "乙", "tie": "married", "other": "甲", "since": "2005-01-01"},
    }
    made = genogram({"甲": {}, "乙": {}}, lines)
    assert [couple.line.record for couple in made.couples] == ["2"]
    assert made.doubts == ()


def test_three_parents_by_birth_are_a_doubt() -> None:
    made = drawn(nobody("甲", "乙", "丙", "子"), *((each, "parent", "子") for each in ("甲", "乙", "丙")))
    assert [doubt.people for doubt in made.doubts] == [("子", "丙", "乙", "甲")]


@pytest.mark.parametrize(
    "line",
    [
        {"one": "甲", "other": "走了的人", "tie": "parent"},
        {"one": "甲", "other": "甲", "tie": "sibling"},
        {"household": "户"},
    ],
)
def test_a_line_to_nobody_that_is_held_says_nothing(line: dict[str, Any]) -> None:
    made = genogram({"甲": {}}, {"1": line})
    assert made.generations == (("甲",),)
    assert (made.couples, made.descents, made.siblings, made.doubts) == ((), (), (), ())


def test_nobody_is_put_down_as_their_own_relative() -> None:
    form = {"household": "0" * 8, "one": "x", "other": "x", "tie": "sibling"}
    id = "01a00000-0000-7000-8000-000000000001"
    declared = COLLECTIONS["kinship"]
    form = {"household": id, "one": id, "other": id, "tie": "sibling"}
    assert [each.code for each in declared.problems_in_whole(form)] == ["differ"]


IDS = [f"p{number}" for number in range(7)]
lines = st.fixed_dictionaries(
    {
        "one": st.sampled_from(IDS),
        "other": st.sampled_from(IDS),
        "tie": st.sampled_from([tie.code for tie in Tie]),
    },
    optional={
        "since": st.dates().map(str),
        "until": st.none() | st.dates().map(str),
        "closeness": st.sampled_from([each.code for each in Closeness]),
    },
)
families = st.tuples(
    st.fixed_dictionaries(
        {},
        optional={
            id: st.fixed_dictionaries(
                {}, optional={"relation": st.sampled_from([each.code for each in Relation])}
            )
            for id in IDS
        },
    ),
    st.lists(lines, max_size=9).map(lambda all_: {f"k{number}": line for number, line in enumerate(all_)}),
)


@given(families)
def test_everybody_stands_in_one_generation(family: tuple[dict[str, Any], dict[str, Any]]) -> None:
    made = genogram(*family)
    placed = [id for row in made.generations for id in row]
    assert sorted(placed) == sorted(family[0]) == sorted(each.id for each in made.people)


@given(families)
def test_parents_stand_right_above_their_children_and_couples_side_by_side(
    family: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    made = genogram(*family)
    generation = {each.id: each.generation for each in made.people}
    for line in made.descents:
        assert generation[line.other] == generation[line.one] + 1
    for line in (*(couple.line for couple in made.couples), *made.siblings):
        assert generation[line.one] == generation[line.other]


@given(families)
def test_every_line_between_people_who_are_held_is_drawn_or_doubted_or_over(
    family: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    made = genogram(*family)
    told = {line.record for line in (*made.descents, *made.siblings, *(each.line for each in made.couples))}
    told |= {doubt.record for doubt in made.doubts}
    seen = {frozenset((line.one, line.other)) for line in (*made.descents, *made.siblings)}
    seen |= {frozenset((each.line.one, each.line.other)) for each in made.couples}
    seen |= {frozenset(doubt.people) for doubt in made.doubts}
    for id, line in family[1].items():
        pair = frozenset((line["one"], line["other"]))
        if len(pair) == 2 and pair <= family[0].keys():
            assert id in told or pair in seen


@given(families, st.randoms(use_true_random=False))
def test_the_order_in_which_records_came_does_not_matter(
    family: tuple[dict[str, Any], dict[str, Any]], chance: Any
) -> None:
    persons, kinships = (list(each.items()) for each in family)
    chance.shuffle(persons)
    chance.shuffle(kinships)
    assert genogram(dict(persons), dict(kinships)) == genogram(*family)
