"""Which of many records may be of one person, without holding each of them against every other.

Two are compared only where they agree in something by which people are told apart: an ID number, a birth date
or a name as it sounds. Nothing reaches `WORTH_A_LOOK` without one of these. What a great many share, as the
first of January is or a name that half a village bears, tells nothing of anybody: by that alone nobody is
compared, so that the work grows with the records and not with their square.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from itertools import combinations, product
from typing import Final, TypeVar

from schemas.duplicates.likeness import Known, Likeness, compared

K = TypeVar("K", bound=Hashable)

MOST_ALIKE: Final = 100
"""Records that share something, above which it is no reason to compare them."""

_CHARACTERS: Final = 3  # of a name, by which it is looked for: a long one has no more readings than others


def alike(known: Mapping[K, Known]) -> list[tuple[K, K, Likeness]]:
    """The pairs that are worth a look: those of most points first, then in the order of `known`."""
    places = {key: place for place, key in enumerate(known)}
    sharing: defaultdict[tuple[str, Hashable], list[K]] = defaultdict(list)
    for key, each in known.items():
        for reason in _reasons(each):
            sharing[reason].append(key)
    tried: set[tuple[K, K]] = set()
    found: list[tuple[K, K, Likeness]] = []
    for keys in sharing.values():
        if len(keys) > MOST_ALIKE:
            continue
        for pair in combinations(keys, 2):
            if pair in tried:
                continue
            tried.add(pair)
            likeness = compared(known[pair[0]], known[pair[1]])
            if likeness.is_worth_a_look:
                found.append((*pair, likeness))
    return sorted(found, key=lambda each: (-each[2].points, places[each[0]], places[each[1]]))


def _reasons(each: Known) -> Iterator[tuple[str, Hashable]]:
    if each.resident_id is not None:
        yield "resident_id", each.resident_id
    if each.birth_date is not None:
        yield "birth_date", each.birth_date
    for sounds in product(*each.sounds[:_CHARACTERS]):
        if sounds:
            yield "name", sounds
