"""Somebody who has all that is published, patience, and exact arithmetic: what they can work out of a count.

Bounds are those of linear programming over the rational numbers (Bland's rule, so that it ends), written
apart from what hides the counts.
"""

from collections.abc import Mapping
from fractions import Fraction
from uuid import UUID

from service.numbers.suppress import Hidden, Own, Tree, sums

Unknown = tuple[str, UUID, str]
"""A cell of the lowest level: table, area, value."""


class Attacker:
    """Knows the tree, which cells are hidden, and every other number of every table."""

    def __init__(
        self, tree: Tree, totals: Mapping[UUID, int], tables: Mapping[str, Own], hid: Hidden
    ) -> None:
        self._tree = tree
        parents = set(tree.values())
        # Where nothing lies in an area itself, it is known that nothing ever does.
        self._lowest = [area for area in tree if area not in parents or totals.get(area)]
        self._unknowns: list[Unknown] = []
        self._values: dict[str, list[str]] = {}
        every = {"": {area: {"": number} for area, number in totals.items()}, **tables}
        for table, own in every.items():
            self._values[table] = sorted({value for by in own.values() for value in by})
            self._unknowns += [(table, area, v) for area in self._lowest for v in self._values[table]]
        self._place = {unknown: place for place, unknown in enumerate(self._unknowns)}
        self._rows: list[list[Fraction]] = []
        self._right: list[Fraction] = []
        whole = sums(tree, totals)
        for area in tree:
            if area not in hid.areas:
                self._know(self.combination("", area, ""), whole[area])
        for table, own in tables.items():
            for area in self._lowest:
                # Each table counts the same records: of the lowest areas its cells add up to the total.
                row = self._sum([(table, area, value) for value in self._values[table]])
                row[self._place["", area, ""]] = Fraction(-1)
                self._know(row, 0)
            for value in self._values[table]:
                column = sums(tree, {area: by.get(value, 0) for area, by in own.items()})
                for area in tree:
                    if area not in hid.areas and (area, value) not in hid.cells[table]:
                        self._know(self.combination(table, area, value), column[area])
        self._feasible = Feasible(self._rows, self._right, len(self._unknowns))

    def combination(self, table: str, area: UUID, value: str) -> list[Fraction]:
        """A cell of any level as a sum over those of the lowest."""
        below = [each for each in self._lowest if self._is_in(each, area)]
        return self._sum([(table, each, value) for each in below])

    def bounds(self, table: str, area: UUID, value: str) -> tuple[Fraction, Fraction | None]:
        """The least and the greatest (None: any) that a cell can be."""
        return self._bounds(self.combination(table, area, value))

    def itself(self, table: str, area: UUID, value: str) -> tuple[Fraction, Fraction | None]:
        """The same for what lies in an area itself, and not below it."""
        return self._bounds(self._sum([(table, area, value)]))

    def _bounds(self, goal: list[Fraction]) -> tuple[Fraction, Fraction | None]:
        least = self._feasible.greatest([-each for each in goal])
        assert least is not None
        return -least, self._feasible.greatest(goal)

    def _is_in(self, area: UUID, above: UUID) -> bool:
        at: UUID | None = area
        while at is not None and at != above:
            at = self._tree[at]
        return at == above

    def _sum(self, unknowns: list[Unknown]) -> list[Fraction]:
        row = [Fraction(0)] * len(self._unknowns)
        for unknown in unknowns:
            row[self._place[unknown]] = Fraction(1)
        return row

    def _know(self, row: list[Fraction], number: int) -> None:
        self._rows.append(row)
        self._right.append(Fraction(number))


class Feasible:
    """All x ≥ 0 with `rows`·x = `right` ≥ 0, of which there are some."""

    def __init__(self, rows: list[list[Fraction]], right: list[Fraction], wide: int) -> None:
        self._wide = wide
        high = len(rows)
        table = [[*row, *(Fraction(at == k) for k in range(high)), right[at]] for at, row in enumerate(rows)]
        basis = [wide + at for at in range(high)]
        _climb(table, basis, [Fraction(0)] * wide + [Fraction(-1)] * high, wide + high)
        for at, each in enumerate(basis):
            if each >= wide:
                assert table[at][-1] == 0, "what is known is true"
                column = next((k for k in range(wide) if table[at][k]), None)
                if column is not None:
                    _pivot(table, basis, at, column)
        # What is left of the artificial variables stands in rows that say nothing.
        kept = [at for at, each in enumerate(basis) if each < wide]
        self._table = [[*table[at][:wide], table[at][-1]] for at in kept]
        self._basis = [basis[at] for at in kept]

    def greatest(self, goal: list[Fraction]) -> Fraction | None:
        """The maximum of `goal`·x; None where there is none."""
        return _climb([*self._table], [*self._basis], goal, self._wide)


def _climb(table: list[list[Fraction]], basis: list[int], goal: list[Fraction], wide: int) -> Fraction | None:
    while True:
        prices = [goal[each] for each in basis]
        entering = next(
            (
                k
                for k in range(wide)
                if k not in basis
                and goal[k] - sum(p * row[k] for p, row in zip(prices, table, strict=True) if row[k]) > 0
            ),
            None,
        )
        if entering is None:
            return sum((p * row[-1] for p, row in zip(prices, table, strict=True)), Fraction(0))
        ratios = [
            (row[-1] / row[entering], basis[at], at) for at, row in enumerate(table) if row[entering] > 0
        ]
        if not ratios:
            return None
        _pivot(table, basis, min(ratios)[2], entering)


def _pivot(table: list[list[Fraction]], basis: list[int], at: int, column: int) -> None:
    by = table[at][column]
    table[at] = [each / by for each in table[at]]
    for other, row in enumerate(table):
        if other != at and row[column]:
            factor = row[column]
            table[other] = [a - factor * b for a, b in zip(row, table[at], strict=True)]
    basis[at] = column
