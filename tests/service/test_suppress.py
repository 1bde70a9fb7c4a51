"""No small count can be worked out from what is published: tried by an attacker with exact arithmetic."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from service.numbers.suppress import LEAST, Hidden, Own, Tree, hidden, sums
from tests.service.attacker import Attacker

TOP, LEFT, RIGHT, A, B, C, D = (UUID(int=number) for number in range(1, 8))
SHALLOW: Tree = {TOP: None, A: TOP, B: TOP, C: TOP}
DEEP: Tree = {TOP: None, LEFT: TOP, RIGHT: TOP, A: LEFT, B: LEFT, C: RIGHT, D: RIGHT}
LONE: Tree = {TOP: None}
CHAIN: Tree = {TOP: None, LEFT: TOP, A: LEFT}


class Counted(NamedTuple):
    """What one collection comes to: in each area itself, and by the values of two fields."""

    tree: Tree
    totals: dict[UUID, int]
    tables: dict[str, Own]

    def hidden(self) -> Hidden:
        return hidden(self.tree, self.totals, self.tables)

    def cells(self) -> Iterator[tuple[str, UUID, str, int]]:
        """Every cell of every table, and its count."""
        for area, number in sums(self.tree, self.totals).items():
            yield "", area, "", number
        for table, own in self.tables.items():
            for value in sorted({value for by in own.values() for value in by}):
                column = sums(self.tree, {area: by.get(value, 0) for area, by in own.items()})
                for area, number in column.items():
                    yield table, area, value, number


def is_hidden(hid: Hidden, table: str, area: UUID, value: str) -> bool:
    return area in hid.areas or (table != "" and (area, value) in hid.cells[table])


few_or_many = st.one_of(st.integers(0, 6), st.sampled_from([0, 0, 5, 7, 12, 30]))


@st.composite
def counted(draw: st.DrawFn, trees: tuple[Tree, ...] = (SHALLOW, DEEP, LONE, CHAIN)) -> Counted:
    """Records by kind and by state, in any tree: also in areas that have others below them."""
    tree = draw(st.sampled_from(trees))
    totals, kinds, states = {}, {}, {}
    inner = {above for above in tree.values() if above is not None}
    for area in tree:
        if area in inner and draw(st.integers(0, 3)):
            continue
        by_kind = [draw(few_or_many) for _ in range(3)]
        number = totals[area] = sum(by_kind)
        kinds[area] = dict(zip("xyz", by_kind, strict=True))
        first = draw(st.integers(0, number))
        states[area] = {"begun": first, "done": number - first}
    return Counted(tree, totals, {"kind": kinds, "state": states})


@given(counted())
def test_every_count_below_five_is_hidden(made: Counted) -> None:
    hid = made.hidden()
    small = [(table, area, value) for table, area, value, number in made.cells() if number < LEAST]
    assert all(is_hidden(hid, *cell) for cell in small)


@given(counted())
@hypothesis.settings(max_examples=max(30, hypothesis.settings().max_examples // 3))
def test_whoever_knows_all_that_is_published_finds_no_small_count(made: Counted) -> None:
    hid = made.hidden()
    attacker = Attacker(*made, hid)
    for table, area, value, number in made.cells():
        if not is_hidden(hid, table, area, value):
            continue
        least, most = attacker.bounds(table, area, value)
        assert least <= number and (most is None or number <= most)
        assert most is None or least < most, "each hidden cell can be another number"
        if number < LEAST:
            assert least <= 0 and (most is None or most >= LEAST - 1), "and a small one any below five"


def evenly(tree: Tree, number: int) -> dict[UUID, dict[str, int]]:
    """So many of each of three kinds in each of the lowest areas."""
    lowest = tree.keys() - set(tree.values())
    return {area: dict.fromkeys("xyz", number) for area in sorted(lowest)}


def hidden_of(tree: Tree, own: dict[UUID, dict[str, int]]) -> Hidden:
    return hidden(tree, {area: sum(by.values()) for area, by in own.items()}, {"kind": own})


def test_where_all_counts_are_large_all_are_told() -> None:
    assert hidden_of(DEEP, evenly(DEEP, LEAST)) == Hidden(frozenset(), {"kind": frozenset()})


def test_one_small_count_takes_three_others_with_it() -> None:
    own = evenly(SHALLOW, 20)
    own[A]["x"] = 2
    hid = hidden_of(SHALLOW, own)
    assert hid.areas == frozenset()
    (area,) = {area for area, _ in hid.cells["kind"]} - {A}
    (value,) = {value for _, value in hid.cells["kind"]} - {"x"}
    assert hid.cells["kind"] == {(A, "x"), (A, value), (area, "x"), (area, value)}


def test_a_small_area_is_hidden_with_a_neighbour_and_not_with_the_whole_district() -> None:
    own = evenly(DEEP, 20)
    own[A] = dict.fromkeys("xyz", 1)
    own[B] = dict.fromkeys("xyz", 7)
    assert hidden_of(DEEP, own).areas == {A, B}


def test_the_only_area_below_another_is_hidden_as_that_is() -> None:
    own = evenly(CHAIN, 1)
    assert hidden_of(CHAIN, own).areas == CHAIN.keys()


def test_what_lies_in_an_area_itself_cannot_be_found_by_subtracting_those_below_it() -> None:
    own = evenly(SHALLOW, 20)
    own[TOP] = {"x": 1, "y": 0, "z": 0}
    made = Counted(SHALLOW, {area: sum(by.values()) for area, by in own.items()}, {"kind": own})
    hid = made.hidden()
    attacker = Attacker(*made, hid)
    least, most = attacker.itself("", TOP, "")
    assert least <= 0 and (most is None or most >= LEAST - 1)


def test_without_hiding_more_the_attacker_does_find_it() -> None:
    own = evenly(SHALLOW, 20)
    own[A]["x"] = 2
    made = Counted(SHALLOW, {area: sum(by.values()) for area, by in own.items()}, {"kind": own})
    only_small = Hidden(frozenset(), {"kind": frozenset({(A, "x")})})
    assert Attacker(*made, only_small).bounds("kind", A, "x") == (Fraction(2), Fraction(2))
