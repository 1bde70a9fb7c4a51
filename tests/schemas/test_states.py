"""State machines: the steps of domain papers, and the laws that merging rests on."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import States, StateTable, states_of
from schemas.conflict import ConflictState
from schemas.referral import ReferralState
from schemas.volunteers.activity import ActivityState

TABLES = [ReferralState, ActivityState, ConflictState]
REFERRAL = states_of(ReferralState)
pairs = st.sampled_from(TABLES).flatmap(
    lambda table: st.tuples(
        st.just(states_of(table)), *[st.sampled_from([member.code for member in table])] * 2
    )
)


@pytest.mark.parametrize(
    "path",
    [
        "drafted consented sent received approved benefits_begun closed",
        "drafted consented sent received supplement_asked received supplement_asked received refused",
        "refused appealed approved benefits_begun",
        "refused appealed closed",
    ],
)
def test_a_referral_goes_the_declared_way(path: str) -> None:
    states = path.split()
    assert all(REFERRAL.allows(old, new) for old, new in pairwise(states))


@pytest.mark.parametrize("state", ["drafted", "consented", "sent", "received", "supplement_asked"])
def test_a_referral_is_withdrawn_until_it_is_decided(state: str) -> None:
    assert REFERRAL.allows(state, "withdrawn")


@pytest.mark.parametrize("state", ["approved", "refused", "benefits_begun", "appealed", "closed"])
def test_a_decided_referral_is_not_withdrawn(state: str) -> None:
    assert not REFERRAL.allows(state, "withdrawn")


@pytest.mark.parametrize(
    ("old", "new"),
    [("drafted", "sent"), ("sent", "approved"), ("closed", "drafted"), ("approved", "refused")],
)
def test_a_step_that_is_not_declared_is_not_allowed(old: str, new: str) -> None:
    assert not REFERRAL.allows(old, new)


def test_a_referral_begins_as_a_draft() -> None:
    assert REFERRAL.initial == {"drafted"}


def test_an_approval_and_a_refusal_are_for_a_person_to_decide() -> None:
    assert not REFERRAL.further("approved", "refused")
    assert not REFERRAL.further("refused", "approved")


def test_in_a_loop_the_order_of_writing_decides() -> None:
    assert REFERRAL.further("supplement_asked", "received")
    assert not REFERRAL.further("received", "supplement_asked")


@given(pairs)
def test_of_two_states_at_most_one_is_further_along(pair: tuple[States, str, str]) -> None:
    states, one, other = pair
    assert not (states.further(one, other) and states.further(other, one))


@given(pairs)
def test_no_state_is_further_along_than_itself(pair: tuple[States, str, str]) -> None:
    states, one, _ = pair
    assert not states.further(one, one)


@given(pairs)
def test_a_state_that_stays_is_always_allowed(pair: tuple[States, str, str]) -> None:
    states, one, _ = pair
    assert states.allows(one, one)


def test_a_step_into_an_unknown_state_is_a_wrong_declaration() -> None:
    class Lost(StateTable, zh="状态", en="State", initial=("one",)):
        ONE = "one", "一", "One", ("nowhere",)

    with pytest.raises(ValueError, match="does not declare"):
        states_of(Lost)


def test_a_state_that_nothing_leads_to_is_a_wrong_declaration() -> None:
    class Island(StateTable, zh="状态", en="State", initial=("one",)):
        ONE = "one", "一", "One"
        TWO = "two", "二", "Two"

    with pytest.raises(ValueError, match="nothing leads to"):
        states_of(Island)


def test_a_machine_without_a_beginning_is_a_wrong_declaration() -> None:
    class Endless(StateTable, zh="状态", en="State"):
        ONE = "one", "一", "One"

    with pytest.raises(ValueError, match="no state to begin in"):
        states_of(Endless)
