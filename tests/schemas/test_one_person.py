"""What several records say of one person: nothing is lost, and all come to the same."""

import itertools
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.declare import Policy
from schemas.duplicates.one_person import Decided, Said, decided, goes_on, united
from schemas.person import Person

DECLARED = Person.declaration
A, B, C, D = IDS = [UUID(int=number) for number in range(1, 5)]
IDENTITIES = st.sampled_from(IDS)
VERDICTS = st.lists(st.builds(Decided, IDENTITIES, IDENTITIES), max_size=6)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("person_stays", Decided(A, B)),
        ("other_stays", Decided(B, A)),
        ("apart", None),
        (None, None),
        ("of_tomorrow", None),
    ],
)
def test_a_verdict_says_which_record_stands_for_which(verdict: str | None, said: Decided | None) -> None:
    assert decided(A, B, verdict) == said


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ([], {}),
        ([Decided(A, A)], {}),
        ([Decided(B, A)], {A: B, B: B}),
        ([Decided(B, A), Decided(C, B)], {A: C, B: C, C: C}),
        ([Decided(B, A), Decided(B, C)], {A: B, B: B, C: B}),
        ([Decided(B, A), Decided(C, A)], {A: B, B: B, C: B}),  # of two that stay, who was made first
        ([Decided(B, C), Decided(C, B)], {B: B, C: B}),  # each stands for the other
        ([Decided(B, A), Decided(D, C)], {A: B, B: B, C: D, D: D}),
    ],
)
def test_one_record_goes_on_for_all_that_are_joined(verdicts: list[Decided], found: dict[UUID, UUID]) -> None:
    assert goes_on(verdicts) == found


@given(VERDICTS, st.randoms())
def test_in_whatever_order_verdicts_are_heard_of_the_same_record_goes_on(
    verdicts: list[Decided], chance: Any
) -> None:
    shuffled = list(verdicts)
    chance.shuffle(shuffled)
    assert goes_on(shuffled) == goes_on(verdicts)


@given(VERDICTS)
def test_who_goes_on_goes_on_for_themselves(verdicts: list[Decided]) -> None:
    found = goes_on(verdicts)
    for stays in found.values():
        assert found[stays] == stays


@given(VERDICTS, st.builds(Decided, IDENTITIES, IDENTITIES))
def test_a_verdict_joins_two_and_taken_back_leaves_all_as_it_was(
    verdicts: list[Decided], last: Decided
) -> None:
    before, after = goes_on(verdicts), goes_on([*verdicts, last])
    assert after.get(last.stays, last.stays) == after.get(last.goes, last.goes)
    for one, other in itertools.combinations(IDS, 2):  # whom it does not touch stay as they were
        if before.get(one, one) == before.get(other, other):
            assert after.get(one, one) == after.get(other, other)
    assert goes_on(verdicts) == before


def test_what_the_one_that_goes_on_does_not_say_the_others_do() -> None:
    said = united(
        DECLARED,
        A,
        {
            A: {"name": "王小明", "phone": None, "tags": ["elder"]},
            B: {"name": "王晓明", "phone": "13800138000", "tags": ["veteran", "elder"]},
        },
    )
    assert said.values == {"name": "王小明", "phone": "13800138000", "tags": ["elder", "veteran"]}
    assert said.otherwise == {"name": (Said(B, "王晓明"),)}


def test_what_is_decided_together_is_taken_from_one_record() -> None:
    said = united(
        DECLARED,
        A,
        {A: {"disability_kind": "visual"}, B: {"disability_kind": "hearing", "disability_grade": "1"}},
    )
    assert said.values == {"disability_kind": "visual"}
    assert said.otherwise == {
        "disability_kind": (Said(B, "hearing"),),
        "disability_grade": (Said(B, "1"),),
    }


VALUES = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.sampled_from([None, "a", "b"])
            for name in ("name", "phone", "birth_date", "disability_kind", "disability_grade", "of_tomorrow")
        },
        "tags": st.lists(st.sampled_from(["elder", "veteran", "other"]), unique=True),
    },
)
RECORDS = st.dictionaries(IDENTITIES, VALUES, min_size=1)


@given(IDENTITIES, RECORDS)
def test_every_value_that_a_record_says_stands_or_is_shown_beside(
    stays: UUID, records: dict[UUID, dict[str, Any]]
) -> None:
    said = united(DECLARED, stays, records)
    for id, values in records.items():
        for name, value in values.items():
            if DECLARED.policy_of(name) is Policy.UNION:
                assert set(value) <= set(said.values[name])
            elif value is not None:
                assert said.values.get(name) == value or Said(id, value) in said.otherwise[name]


@given(IDENTITIES, RECORDS)
def test_nothing_is_said_that_no_record_says(stays: UUID, records: dict[UUID, dict[str, Any]]) -> None:
    said = united(DECLARED, stays, records)
    for name, value in said.values.items():
        told = [values.get(name) for values in records.values()]
        if DECLARED.policy_of(name) is Policy.UNION:
            assert set(value) == {member for each in told for member in each or ()}
        else:
            assert value in told
    for name, others in said.otherwise.items():
        for each in others:
            assert records[each.record][name] == each.value != said.values.get(name)


@given(IDENTITIES, RECORDS, st.randoms())
def test_in_whatever_order_records_arrive_the_same_is_said(
    stays: UUID, records: dict[UUID, dict[str, Any]], chance: Any
) -> None:
    shuffled = list(records.items())
    chance.shuffle(shuffled)
    assert united(DECLARED, stays, dict(shuffled)) == united(DECLARED, stays, records)


@given(IDENTITIES, RECORDS)
def test_what_stands_is_what_the_record_that_goes_on_says_where_it_speaks(
    stays: UUID, records: dict[UUID, dict[str, Any]]
) -> None:
    said = united(DECLARED, stays, records)
    for name, value in records.get(stays, {}).items():
        if value is not None and DECLARED.policy_of(name) is not Policy.UNION:
            assert said.values[name] == value
