"""Which resource fits which need: by kind, area, day and what is left, and why not."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aid.matching import GIVEN_UP, NEEDS_SERVED, Hindrance, Left, Match, left_of, matches
from schemas.aid.resource_codes import LinkState, ResourceKind
from schemas.needs import Need

HERE, THERE = "620102001001", "620102001002"
DAY = date(2026, 11, 24)
links = st.lists(
    st.fixed_dictionaries(
        {"state": st.sampled_from([state.code for state in LinkState])},
        optional={"amount": st.none() | st.integers(0, 20)},
    ),
    max_size=8,
)


def resource(**fields: Any) -> dict[str, Any]:
    """Rice and flour of a shop, ten bags."""
    return {
        "kind": "food",
        "title": "米面",
        "state": "available",
        "measure": "piece",
        "amount": 10,
        **fields,
    }


def link(amount: int | None = None, state: str = "proposed") -> dict[str, Any]:
    return {"resource": "it", "amount": amount, "state": state}


def match(
    offered: dict[str, Any], *given: dict[str, Any], need: Need = Need.INCOME, on: date = DAY, amount: int = 1
) -> Match:
    (found,) = matches(need, HERE, {"it": offered}, given, on, amount)
    return found


FITTING: list[dict[str, Any]] = [
    {},
    {"amount": None},
    {"communities": [HERE, THERE]},
    {"until": "2026-11-24"},
    {"since": "2026-11-24"},
    {"kind": "other", "serves": ["income"]},
]
HINDERED: list[tuple[dict[str, Any], Hindrance]] = [
    ({"kind": "legal"}, Hindrance.NEED),
    ({"kind": "other"}, Hindrance.NEED),
    ({"serves": ["meals"]}, Hindrance.NEED),
    ({"communities": [THERE]}, Hindrance.AREA),
    ({"state": "offered"}, Hindrance.STATE),
    ({"state": "paused"}, Hindrance.STATE),
    ({"state": "ended"}, Hindrance.STATE),
    ({"until": "2026-11-23"}, Hindrance.DAY),
    ({"since": "2026-11-25"}, Hindrance.DAY),
    ({"amount": 0}, Hindrance.USED_UP),
]


@pytest.mark.parametrize("fields", FITTING)
def test_a_resource_that_nothing_speaks_against_fits(fields: dict[str, Any]) -> None:
    found = match(resource(**fields))
    assert found.fits and "可满足“基本生活”" in found.because.zh


@pytest.mark.parametrize(("fields", "hindrance"), HINDERED)
def test_what_speaks_against_it_is_named(fields: dict[str, Any], hindrance: Hindrance) -> None:
    found = match(resource(**fields))
    assert found.hindrances == (hindrance,) and hindrance.zh in found.because.zh


@pytest.mark.parametrize(
    ("needed", "hindrances"),
    [(3, ()), (4, (Hindrance.NOT_ENOUGH,)), (10, (Hindrance.NOT_ENOUGH,))],
)
def test_no_more_is_offered_than_is_left(needed: int, hindrances: tuple[Hindrance, ...]) -> None:
    assert match(resource(), link(5), link(2, "given"), amount=needed).hindrances == hindrances


LEFT = [
    ([], Left(10)),
    ([link(4)], Left(6)),
    ([link()], Left(9)),  # a piece, where it does not say how many
    ([link(4, "declined"), link(4, "cancelled")], Left(10)),
    ([link(4, "confirmed"), link(4, "promised")], Left(2)),
    ([link(6), link(6)], Left(0, over=2)),
]


@pytest.mark.parametrize(("given", "left"), LEFT)
def test_what_is_left_is_the_whole_less_what_stands(given: list[dict[str, Any]], left: Left) -> None:
    assert left_of(resource(), given) == left


@pytest.mark.parametrize(
    ("measure", "left"), [("fen", 10), ("minute", 10), ("piece", 9), ("place", 9), ("time", 9)]
)
def test_a_link_that_does_not_say_how_much_is_one_of_what_comes_in_ones(measure: str, left: int) -> None:
    assert left_of(resource(measure=measure), [link()]) == Left(left)


def test_those_that_fit_come_first_and_of_these_what_ends_soonest() -> None:
    offered = {
        "unbounded": resource(),
        "late": resource(until="2026-12-31"),
        "soon": resource(until="2026-11-30"),
        "over": resource(until="2026-11-01"),
    }
    found = matches(Need.INCOME, HERE, offered, (), DAY)
    assert [each.resource for each in found] == ["soon", "late", "unbounded", "over"]


def test_every_kind_says_what_it_serves() -> None:
    assert set(NEEDS_SERVED) == {kind.code for kind in ResourceKind}
    assert {state.code for state in LinkState} > GIVEN_UP


@given(links)
def test_nothing_is_given_twice_and_nothing_is_lost(given: list[dict[str, Any]]) -> None:
    left = left_of(resource(amount=30), given)
    held = sum(
        1 if each.get("amount") is None else each["amount"] for each in given if each["state"] not in GIVEN_UP
    )
    assert left.amount is not None and left.amount >= 0 <= left.over
    assert left.amount - left.over == 30 - held


@given(links, st.integers(0, 20))
def test_another_link_never_leaves_more(given: list[dict[str, Any]], amount: int) -> None:
    before, after = left_of(resource(), given), left_of(resource(), [*given, link(amount)])
    assert before.amount is not None and after.amount is not None
    assert after.amount - after.over <= before.amount - before.over
