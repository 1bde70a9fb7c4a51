"""A family as it is drawn (家谱图): people, couples, children and generations. Pure.

From the persons of a file and the lines between them (`Kinship`), and where these are silent from what each
person is to the head of the household. A phone draws the same offline. What contradicts itself is drawn as
far as it can be and said as a doubt: in a family somebody is often put down wrongly, and nobody's work is
lost over that.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final, NamedTuple

import msgspec

from schemas.casework.kinship import Tie
from schemas.person import Relation

Values = Mapping[str, Any]

_PARENTS: Final = frozenset(
    tie.code for tie in (Tie.PARENT, Tie.ADOPTIVE_PARENT, Tie.STEP_PARENT, Tie.FOSTER_PARENT)
)
_COUPLES: Final = frozenset(tie.code for tie in (Tie.MARRIED, Tie.COHABITING, Tie.DIVORCED, Tie.SEPARATED))
# How many generations below the head somebody is, by what they are to the head.
_BELOW_HEAD: Final = {
    Relation.SPOUSE.code: 0,
    Relation.SIBLING.code: 0,
    Relation.SON.code: 1,
    Relation.DAUGHTER.code: 1,
    Relation.CHILD_IN_LAW.code: 1,
    Relation.GRANDCHILD.code: 2,
    Relation.PARENT.code: -1,
    Relation.PARENT_IN_LAW.code: -1,
    Relation.GRANDPARENT.code: -2,
}
_CHILDREN: Final = (Relation.SON.code, Relation.DAUGHTER.code)


class Someone(msgspec.Struct, frozen=True):
    """A person as a genogram shows them. `generation`: 0 is the oldest."""

    id: str
    name: str | None
    sex: str | None
    birth_date: str | None
    died_on: str | None
    generation: int


class Line(msgspec.Struct, frozen=True):
    """What joins two people. Of descent `one` is the parent; of others the order means nothing.

    `record`: the kinship that says so; None where it follows from what they are to the head.
    """

    one: str
    other: str
    tie: str
    closeness: str | None
    until: str | None
    record: str | None


class Couple(msgspec.Struct, frozen=True):
    """Two partners, and the children whom both are parents of, the oldest first."""

    line: Line
    children: tuple[str, ...]


class Doubt(msgspec.Struct, frozen=True):
    """A line that does not fit what others say. `record`: the kinship to look at."""

    record: str | None
    people: tuple[str, ...]
    zh: str
    en: str


class Genogram(msgspec.Struct, frozen=True):
    """`generations`: ids from left to right, partners side by side. `descents`: a line for each parent."""

    people: tuple[Someone, ...]
    generations: tuple[tuple[str, ...], ...]
    couples: tuple[Couple, ...]
    descents: tuple[Line, ...]
    siblings: tuple[Line, ...]
    doubts: tuple[Doubt, ...]


def genogram(persons: Mapping[str, Values], kinships: Mapping[str, Values]) -> Genogram:
    """The genogram of a file, from its persons and kinships by id, as a device holds them.

    A kinship whose content is not held, or that names somebody who is not held, says nothing.
    """
    doubts: list[Doubt] = []
    lines = list(_agreed(_lines(persons, kinships), doubts))
    lines += _by_head(persons, lines)
    levels = _Levels(persons)
    drawn = [line for line in lines if _fits(levels, line, doubts)]
    head = _head(persons)
    for id, below in _below_head(persons, head):
        levels.join(head or id, id, below)
    generation = levels.generations()
    doubts += _too_many_parents(drawn)
    by_age = sorted(persons, key=lambda id: (str(persons[id].get("birth_date") or "~"), id))
    couples = [line for line in drawn if line.tie in _COUPLES]
    descents = [line for line in drawn if line.tie in _PARENTS]
    return Genogram(
        people=tuple(_someone(id, persons[id], generation[id]) for id in by_age),
        generations=_rows(by_age, generation, couples),
        couples=tuple(Couple(line, tuple(_common(line, descents, by_age))) for line in couples),
        descents=tuple(descents),
        siblings=tuple(line for line in drawn if line.tie == Tie.SIBLING.code),
        doubts=tuple(doubts),
    )


def _lines(persons: Mapping[str, Values], kinships: Mapping[str, Values]) -> Iterator[Line]:
    """In the order in which they count: descent before couples, lines that last before those that ended."""
    found = []
    for id, values in kinships.items():
        one, other, tie = (str(values.get(name)) for name in ("one", "other", "tie"))
        if one == other or not {one, other} <= persons.keys() or "tie" not in values:
            continue
        if tie not in _PARENTS:
            one, other = sorted((one, other))
        line = Line(one, other, tie, values.get("closeness"), values.get("until"), id)
        found.append((_KINDS.index(_kind(tie)), _has_ended(line), _reversed(values.get("since")), id, line))
    return (line for *_, line in sorted(found, key=lambda each: each[:4]))


_KINDS: Final = ("descent", "couple", "siblings")
_PARTED: Final = frozenset({Tie.DIVORCED.code, Tie.SEPARATED.code})


def _kind(tie: str) -> str:
    return "descent" if tie in _PARENTS else "couple" if tie in _COUPLES else "siblings"


def _has_ended(line: Line) -> bool:
    return line.until is not None and line.tie not in _PARTED


def _reversed(day: str | None) -> int:
    """So that later days come first, and none last."""
    return 0 if day is None else -int(day.replace("-", ""))


def _agreed(lines: Iterable[Line], doubts: list[Doubt]) -> Iterator[Line]:
    """Of several lines of one kind between two people the first; what says otherwise is a doubt."""
    taken: dict[tuple[str, frozenset[str]], Line] = {}
    for line in lines:
        kept = taken.setdefault((_kind(line.tie), frozenset((line.one, line.other))), line)
        if kept is line:
            yield line
        elif (kept.one, kept.tie) != (line.one, line.tie) and not _has_ended(line):
            doubts.append(
                Doubt(
                    line.record,
                    (line.one, line.other),
                    "两人之间的关系有不同记录，请核对",
                    "What these two are to each other is recorded differently: check both",
                )
            )


def _head(persons: Mapping[str, Values]) -> str | None:
    heads = [id for id, values in persons.items() if values.get("relation") == Relation.HEAD.code]
    return min(heads, default=None)


def _below_head(persons: Mapping[str, Values], head: str | None) -> Iterator[tuple[str, int]]:
    if head is None:
        return
    for id in sorted(persons):
        below = _BELOW_HEAD.get(persons[id].get("relation") or "")
        if below is not None and id != head:
            yield id, below


def _by_head(persons: Mapping[str, Values], known: Iterable[Line]) -> Iterator[Line]:
    """What follows from what people are to the head, where no line of that kind says it."""
    head = _head(persons)
    joined = {(_kind(line.tie), frozenset((line.one, line.other))) for line in known}
    for id, below in _below_head(persons, head):
        assert head is not None
        relation = persons[id]["relation"]
        if relation in _CHILDREN:
            one, other, tie = head, id, Tie.PARENT
        elif relation == Relation.PARENT.code:
            one, other, tie = id, head, Tie.PARENT
        elif below == 0:
            one, other = sorted((head, id))
            tie = Tie.MARRIED if relation == Relation.SPOUSE.code else Tie.SIBLING
        else:
            continue
        if (_kind(tie.code), frozenset((one, other))) not in joined:
            yield Line(one, other, tie.code, None, None, None)


class _Place(NamedTuple):
    root: str
    below: int


class _Levels:
    """Who is how far above whom, in groups that grow together as lines are taken (a union of sets)."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._places = {id: _Place(id, 0) for id in ids}
        self._groups: dict[str, list[str]] = {id: [id] for id in self._places}

    def join(self, upper: str, lower: str, below: int) -> bool:
        """`lower` is `below` generations below `upper`; False where it is known to be otherwise."""
        one, other = self._places[upper], self._places[lower]
        shift = one.below + below - other.below
        if one.root == other.root:
            return shift == 0
        for id in self._groups.pop(other.root):
            self._places[id] = _Place(one.root, self._places[id].below + shift)
            self._groups[one.root].append(id)
        return True

    def generations(self) -> dict[str, int]:
        """From 0, the oldest, in each group."""
        top = {root: min(self._places[id].below for id in ids) for root, ids in self._groups.items()}
        return {id: place.below - top[place.root] for id, place in self._places.items()}


def _fits(levels: _Levels, line: Line, doubts: list[Doubt]) -> bool:
    if levels.join(line.one, line.other, 1 if line.tie in _PARENTS else 0):
        return True
    doubts.append(
        Doubt(
            line.record,
            (line.one, line.other),
            "按其他关系，两人不可能相差这样的辈分，请核对",
            "By what else is recorded these two cannot be that many generations apart: check",
        )
    )
    return False


def _too_many_parents(lines: Iterable[Line]) -> Iterator[Doubt]:
    parents: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.tie == Tie.PARENT.code:
            parents[line.other].append(line.one)
    for child, of_child in sorted(parents.items()):
        if len(of_child) > 2:
            yield Doubt(
                None,
                (child, *sorted(of_child)),
                "亲生父母多于两人，请核对",
                "More than two parents by birth: check",
            )


def _common(couple: Line, descents: Iterable[Line], by_age: Iterable[str]) -> Iterator[str]:
    of_each: dict[str, set[str]] = defaultdict(set)
    for line in descents:
        of_each[line.one].add(line.other)
    both = of_each[couple.one] & of_each[couple.other]
    return (id for id in by_age if id in both)


def _rows(
    by_age: Iterable[str], generation: Mapping[str, int], couples: Iterable[Line]
) -> tuple[tuple[str, ...], ...]:
    """Each generation from the oldest on, with partners next to each other."""
    partners: dict[str, list[str]] = defaultdict(list)
    for line in couples:
        partners[line.one].append(line.other)
        partners[line.other].append(line.one)
    places: dict[str, int] = {}
    order = count()
    for id in by_age:
        for each in (id, *partners[id]):
            if each not in places:
                places[each] = next(order)
    rows: dict[int, list[str]] = defaultdict(list)
    for id in sorted(places, key=places.__getitem__):
        rows[generation[id]].append(id)
    return tuple(tuple(rows[number]) for number in sorted(rows))


def _someone(id: str, values: Values, generation: int) -> Someone:
    return Someone(
        id,
        values.get("name"),
        values.get("sex"),
        values.get("birth_date"),
        values.get("died_on"),
        generation,
    )
