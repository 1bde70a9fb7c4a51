"""Which cells of a table of counts are hidden, so that no small one can be worked out from the others.

A table counts by area and by the values of one field, with all its margins: of each area what lies in and
below it, of each value the total. Counts below five are hidden. That alone gives little, for a margin less
its other cells is the cell: so further cells are hidden, until everything that is published leaves each small
count anything from nought to four.

Such a table is a network (Kelly, Golden and Assad, *Cell suppression*, Networks 22, 1992). Each cell is an
arc, each sum a node: a column runs down the tree of areas to the lowest ones, meets the other columns there
in the area's total, and runs up the tree again. Another table that agrees with all that is published is then
a circulation over hidden arcs, on top of the counts. What a cell can be is what can flow around through its
arc, found exactly by augmenting paths; where that is not enough, the cheapest path that would need cells to
be hidden as well says which ones.

Tables of one collection share the totals of areas, and only these. An area whose total is hidden is hidden in
all of them; then whoever moves between two such totals can do so in every table, and what leaves one table
open the others leave open too.
"""

import heapq
from collections.abc import Collection, Hashable, Iterator, Mapping
from itertools import count
from typing import Final, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

LEAST: Final = 5
"""Counts below it are hidden."""

Tree: TypeAlias = Mapping[UUID, UUID | None]
"""Areas, each with the one above it; one of them has none."""

Own: TypeAlias = Mapping[UUID, Mapping[str, int]]
"""What lies in each area itself, not below it, by each value there is: also those that are nought.

All tables of one collection count the same records.
"""

Cell: TypeAlias = tuple[UUID, str]
_Node: TypeAlias = Hashable
_Area: TypeAlias = UUID | tuple[str, UUID]
A = TypeVar("A", bound=Hashable)

_GROUND: Final = "ground"


class Hidden(NamedTuple):
    """What tables do not tell: areas of which nothing is told, and of the others single cells, by table."""

    areas: frozenset[UUID]
    cells: dict[str, frozenset[Cell]]


def sums(tree: Mapping[A, A | None], own: Mapping[A, int]) -> dict[A, int]:
    """Of each area, what lies in and below it."""
    found = dict.fromkeys(tree, 0)
    for area, number in own.items():
        above: A | None = area
        while number and above is not None:
            found[above] += number
            above = tree[above]
    return found


def hidden(tree: Tree, totals: Mapping[UUID, int], tables: Mapping[str, Own]) -> Hidden:
    """What is to be hidden of the tables of one collection, by name, and of what they share.

    `totals`: what lies in each area itself.
    """
    parents = set(tree.values())
    # What lies in an area that has others below it is in no table, but anybody can subtract.
    whole: dict[_Area, _Area | None] = dict(tree.items())
    whole |= {("in", area): area for area, number in totals.items() if number and area in parents}

    def lowest(own: Mapping[UUID, int]) -> dict[_Area, int]:
        return {("in", area) if area in parents else area: number for area, number in own.items()}

    areas = _hidden_areas(whole, sums(whole, lowest(totals)))
    smaller, group = _together(whole, areas)
    cells = {}
    for name, own in tables.items():
        columns = {}
        for value in sorted({value for by in own.values() for value in by}):
            column = dict.fromkeys(smaller, 0)
            for area, number in lowest({area: by.get(value, 0) for area, by in own.items()}).items():
                if number:
                    column[group.get(area, area)] += number
            columns[value] = sums(smaller, column)
        cells[name] = frozenset(
            (area, value)
            for area, value in _hidden_cells(smaller, columns, areas.union(group.values()), group.values())
            if area not in areas and isinstance(area, UUID)
        )
    return Hidden(frozenset(area for area in tree if area in areas), cells)


def _together(
    tree: Mapping[_Area, _Area | None], areas: Collection[_Area]
) -> tuple[dict[_Area, _Area | None], dict[_Area, _Area]]:
    """The tree with one area for all the hidden lowest ones below another, and which that is of each.

    Of these nothing is told, so whatever they come to may lie in any of them: it is enough to know what they
    can come to. In most months most communities are such.
    """
    parents = set(tree.values())
    below: dict[UUID, list[_Area]] = {}
    for area, above in tree.items():
        if area in areas and area not in parents and isinstance(above, UUID):
            below.setdefault(above, []).append(area)
    group: dict[_Area, _Area] = {
        area: ("few", above) for above, them in below.items() if len(them) > 1 for area in them
    }
    smaller = {group.get(area, area): above for area, above in tree.items()}
    return smaller, group


def _hidden_areas(tree: Mapping[_Area, _Area | None], totals: Mapping[_Area, int]) -> set[_Area]:
    network = _Network()
    parents = set(tree.values())
    for area, above in tree.items():
        tail: _Node = area if area in parents else _GROUND
        network.add(area, tail, above or _GROUND, totals[area], totals[area] < LEAST)
    network.protect()
    return {area for area in tree if network.is_hidden(area)}


def _hidden_cells(
    tree: Mapping[_Area, _Area | None],
    columns: Mapping[str, Mapping[_Area, int]],
    areas: Collection[_Area],
    groups: Collection[_Area],
) -> Iterator[tuple[_Area, str]]:
    """`areas`: those of which nothing is told; `groups`: those among them that stand for several."""
    network = _Network()
    parents = set(tree.values())
    several = set(groups)
    for area, above in tree.items():
        tail: _Node = ("sum", area) if area in parents else area
        head: _Node = _GROUND if above is None else ("sum", above)
        total = sum(column[area] for column in columns.values())
        network.add(area, tail, head, total, area in areas, is_fixed=True)
        for value, column in columns.items():
            tail = _GROUND if above is None else (above, value)
            head = (area, value) if area in parents else area
            number = column[area]
            network.add(
                (area, value),
                tail,
                head,
                number,
                area in areas or number < LEAST,
                is_several=area in several,
            )
    network.protect()
    for area in tree:
        for value in columns:
            if network.is_hidden((area, value)):
                yield area, value


class _Arc:
    """A cell: its count flows from `tail` to `head`.

    `is_fixed`: it is not for this table to hide and to protect it. `is_several`: the cells of several areas.
    """

    __slots__ = (
        "head",
        "is_fixed",
        "is_hidden",
        "is_several",
        "least_change",
        "most_change",
        "number",
        "tail",
    )

    def __init__(
        self, tail: _Node, head: _Node, number: int, is_hidden: bool, is_fixed: bool, is_several: bool
    ) -> None:
        self.tail = tail
        self.head = head
        self.number = number
        self.is_hidden = is_hidden
        self.is_fixed = is_fixed
        self.is_several = is_several
        # How far it was shown to be able to be less, and more.
        self.least_change = self.most_change = 0


class _Step(NamedTuple):
    """Along an arc one counts one more, against it one less."""

    arc: _Arc
    is_along: bool


class _Network:
    """The arcs of a table, by the name of their cell."""

    def __init__(self) -> None:
        self._arcs: dict[Hashable, _Arc] = {}
        self._out: dict[_Node, list[_Step]] = {}

    def add(
        self,
        name: Hashable,
        tail: _Node,
        head: _Node,
        number: int,
        is_hidden: bool,
        is_fixed: bool = False,
        is_several: bool = False,
    ) -> None:
        arc = self._arcs[name] = _Arc(tail, head, number, is_hidden, is_fixed, is_several)
        self._out.setdefault(tail, []).append(_Step(arc, True))
        self._out.setdefault(head, []).append(_Step(arc, False))

    def is_hidden(self, name: Hashable) -> bool:
        return self._arcs[name].is_hidden

    def protect(self) -> None:
        """Hide arcs until each hidden one can be another number, and each small one anything below LEAST.

        More hidden arcs only ever leave more open: so what was protected once stays so.
        """
        done: set[int] = set()
        while ahead := [arc for arc in self._arcs.values() if arc.is_hidden and id(arc) not in done]:
            for arc in ahead:
                done.add(id(arc))
                if arc.is_fixed:
                    continue
                if arc.number < LEAST:
                    self._leave_open(arc, LEAST - 1 - arc.number)
                if not arc.is_several:
                    self._leave_open(arc, -arc.number if arc.number < LEAST else -1)

    def _leave_open(self, arc: _Arc, change: int) -> None:
        """Have `arc` possibly be that much more or, where it is negative, less."""
        if arc.least_change <= change <= arc.most_change:
            return
        begin, end = (arc.head, arc.tail) if change > 0 else (arc.tail, arc.head)
        amount = abs(change)
        flow: dict[_Arc, int] = {}  # how much more they are then
        while amount > 0:
            path = self._open_path(arc, begin, end, flow)
            if path is None:
                path = self._cheapest_path(arc, begin, end, flow)
            if path is None:
                raise AssertionError("a table that is hidden whole leaves everything open")
            bottleneck = amount
            for step in path:
                step.arc.is_hidden = True
                if not step.is_along:
                    bottleneck = min(bottleneck, step.arc.number + flow.get(step.arc, 0))
            for step in path:
                more = bottleneck if step.is_along else -bottleneck
                flow[step.arc] = flow.get(step.arc, 0) + more
            amount -= bottleneck
        # The same table shows what all the others in it can be.
        for other, more in flow.items():
            other.most_change = max(other.most_change, more)
            other.least_change = min(other.least_change, more)

    def _open_path(
        self, around: _Arc, begin: _Node, end: _Node, flow: Mapping[_Arc, int]
    ) -> list[_Step] | None:
        """A way from `begin` to `end`, not through `around`, that is hidden already; None for none.

        Looked for from both ends: where much is hidden this is asked thousands of times, and ways are short.
        """
        if begin == end:
            return []
        came: dict[_Node, _Step] = {}
        goes: dict[_Node, _Step] = {}
        near, far = [begin], [end]
        while near and far:
            forward = len(near) <= len(far)
            ahead: list[_Node] = []
            for node in near if forward else far:
                for step in self._out[node]:
                    arc, is_along = step.arc, step.is_along == forward
                    if arc is around or not arc.is_hidden:
                        continue
                    if not is_along and arc.number + flow.get(arc, 0) <= 0:
                        continue
                    other = arc.head if step.is_along else arc.tail
                    known, start = (came, begin) if forward else (goes, end)
                    if other == start or other in known:
                        continue
                    known[other] = _Step(arc, is_along)
                    if other == (end if forward else begin) or other in (goes if forward else came):
                        return [*_back(came, begin, other), *_onward(goes, other, end)]
                    ahead.append(other)
            if forward:
                near = ahead
            else:
                far = ahead
        return None

    def _cheapest_path(
        self, around: _Arc, begin: _Node, end: _Node, flow: Mapping[_Arc, int]
    ) -> list[_Step] | None:
        """The way from `begin` to `end`, not through `around`, that hides least of what is told."""
        order = count()
        ahead: list[tuple[int, int, _Node]] = [(0, next(order), begin)]
        cheapest: dict[_Node, int] = {begin: 0}
        came: dict[_Node, _Step] = {}
        while ahead:
            cost, _, node = heapq.heappop(ahead)
            if node == end:
                return list(_back(came, begin, end))
            if cost > cheapest[node]:
                continue
            for step in self._out[node]:
                arc = step.arc
                if arc is around or (arc.is_fixed and not arc.is_hidden):
                    continue
                if not step.is_along and arc.number + flow.get(arc, 0) <= 0:
                    continue
                # Of two ways that hide the same, the shorter one changes fewer cells.
                total = cost + (1 if arc.is_hidden else 1_000 + 1_000 * arc.number)
                other = arc.head if step.is_along else arc.tail
                if total < cheapest.get(other, total + 1):
                    cheapest[other] = total
                    came[other] = step
                    heapq.heappush(ahead, (total, next(order), other))
        return None


def _back(came: Mapping[_Node, _Step], begin: _Node, end: _Node) -> Iterator[_Step]:
    """The steps that led from `begin` to `end`, the last first."""
    node = end
    while node != begin:
        step = came[node]
        yield step
        node = step.arc.tail if step.is_along else step.arc.head


def _onward(goes: Mapping[_Node, _Step], begin: _Node, end: _Node) -> Iterator[_Step]:
    """The steps that lead from `begin` to `end`."""
    node = begin
    while node != end:
        step = goes[node]
        yield step
        node = step.arc.head if step.is_along else step.arc.tail
