"""No small count can be worked out from what is published: tried by an attacker with exact arithmetic."""

from collections.abc import Iterator
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
