"""That nobody stands out in a sample: whatever others may know of a family, it fits five families or none.

Pure. What links records of one file (their pseudonyms) is in the sample, so a file is looked at as one: its
area, and all quasi-identifiers of what was drawn of it. A file that shares all of these with four others is
shown with them. Of the rest the fact by which most are told apart is held back, and they are looked at again;
the area goes last, and with it who did the work, for that would tell the area. What still stands out is not
shown at all.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

K: Final = 5
"""As many files as each must be one of."""

Fact: TypeAlias = tuple[str, str]
"""A quasi-identifier: collection and field."""

AREA: Final[Fact] = ("", "")
"""The area, among the facts that may be held back."""

_as_text = msgspec.json.Encoder(order="deterministic").encode


class File(msgspec.Struct, frozen=True):
    """What was drawn of one file: its area, and the facts of it by which it might be found.

    `facts`: the quasi-identifiers that are there, as they would be shown; None for one that is empty.
    """

    area: Hashable
    facts: Mapping[Fact, Any]


def held_back(files: Sequence[File], k: int = K) -> list[frozenset[Fact] | None]:
    """For each file the facts that are not to be shown of it, the area's among them; None: nothing is."""
    order = [*_telling_most_apart(files), AREA]
    found: list[frozenset[Fact] | None] = [None] * len(files)
    ahead = list(range(len(files)))
    for place in range(len(order) + 1):
        hidden = frozenset(order[:place])
        looks = {each: _look(files[each], hidden) for each in ahead}
        alike = Counter(looks.values())
        for each in ahead:
            if alike[looks[each]] >= k:
                found[each] = hidden.intersection([*files[each].facts, AREA])
        ahead = [each for each in ahead if found[each] is None]
    return found


def _telling_most_apart(files: Sequence[File]) -> list[Fact]:
    seen: dict[Fact, set[bytes]] = {}
    for file in files:
        for fact, value in file.facts.items():
            seen.setdefault(fact, set()).add(_as_text(value))
    return sorted(seen, key=lambda fact: (-len(seen[fact]), fact))


def _look(file: File, hidden: frozenset[Fact]) -> Hashable:
    """What would be seen of it: also which facts there are."""
    facts = tuple(
        (fact, None if fact in hidden else _as_text(value)) for fact, value in sorted(file.facts.items())
    )
    return None if AREA in hidden else file.area, facts
