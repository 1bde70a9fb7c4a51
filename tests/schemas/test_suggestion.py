"""Facts suggest kinds of assistance; what is not known suggests nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.assistance import AssistanceKind
from schemas.suggestion import SUGGESTIONS, suggested_kinds

FACTS = sorted({fact for each in SUGGESTIONS for fact in each.facts})


def test_a_poor_family_within_the_limits_may_apply_for_the_minimum_allowance() -> None:
    kinds = suggested_kinds({"below_minimum_line": True, "assets_within_limits": True})
    assert kinds == [AssistanceKind.MINIMUM_LIVING]


def test_an_edge_familys_gravely_disabled_member_may_apply_alone() -> None:
    facts = {"below_edge_line": True, "assets_within_limits": True, "alone_severely_disabled_or_ill": True}
    assert AssistanceKind.MINIMUM_LIVING in suggested_kinds(facts)


def test_extreme_poverty_needs_all_of_its_conditions() -> None:
    facts = ["elder_disabled_or_under_16", "no_ability_to_work", "no_income", "no_able_supporter"]
    assert suggested_kinds(dict.fromkeys(facts, True)) == [AssistanceKind.EXTREME_POVERTY]
    for missing in facts:
        assert suggested_kinds({fact: fact != missing for fact in facts}) == []


@pytest.mark.parametrize("answer", [False, None])
def test_a_fact_that_is_denied_or_not_known_suggests_nothing(answer: bool | None) -> None:
    assert suggested_kinds(dict.fromkeys(FACTS, answer)) == []


def test_every_kind_can_be_suggested() -> None:
    assert suggested_kinds(dict.fromkeys(FACTS, True)) == list(AssistanceKind)


@given(st.dictionaries(st.sampled_from(FACTS), st.none() | st.booleans()), st.sampled_from(FACTS))
def test_another_fact_never_takes_a_suggestion_away(facts: dict[str, bool | None], more: str) -> None:
    assert set(suggested_kinds(facts)) <= set(suggested_kinds({**facts, more: True}))
