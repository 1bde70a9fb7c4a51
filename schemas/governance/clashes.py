"""Two bookings of one space at one time, found and shown. Pure.

Two people who book on phones without a network cannot know of each other, and neither did anything wrong. So
nothing is refused and nobody's booking is dropped: whoever sees both sees that they clash, which was asked
for first, and moves or gives up one. The same on every phone and on the server, from what each of them holds.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from schemas.governance.space import HOLDS_HOURS

Bookings = Mapping[str, Mapping[str, Any]]


class Clash(msgspec.Struct, frozen=True):
    """Two bookings that overlap, from `begins_at` on and until `ends_at`. `first`: was entered first.

    Ids are made in the order of time (UUIDv7), as far as the phones' clocks are right: it is a hint, and who
    gives way is for people to settle.
    """

    space: str
    first: str
    second: str
    begins_at: datetime
    ends_at: datetime
    zh: str
    en: str


def clashes(bookings: Bookings) -> list[Clash]:
    """The bookings that clash, the earliest hours first. `bookings`: by id, of any spaces.

    One that ends as another begins does not clash with it; one that takes no time clashes with none.
    """
    by_space: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for id, values in bookings.items():
        if values.get("state") in HOLDS_HOURS:
            begins, ends = (datetime.fromisoformat(values[name]) for name in ("begins_at", "ends_at"))
            by_space[values["space"]].append((begins, ends, id))
    found = [clash for space, booked in by_space.items() for clash in _of_space(space, sorted(booked))]
    return sorted(found, key=lambda each: (each.begins_at, each.space, each.first, each.second))


def _of_space(space: str, booked: list[tuple[datetime, datetime, str]]) -> Iterator[Clash]:
    for number, (begins, ends, id) in enumerate(booked):
        for other_begins, other_ends, other in booked[number + 1 :]:
            if other_begins >= ends:
                break
            until = min(ends, other_ends)
            if begins < ends and other_begins < until:
                yield _clash(space, min(id, other), max(id, other), other_begins, until)


def _clash(space: str, first: str, second: str, begins_at: datetime, ends_at: datetime) -> Clash:
    hours = f"{begins_at:%Y-%m-%d %H:%M}–{ends_at:%H:%M}"
    return Clash(
        space,
        first,
        second,
        begins_at,
        ends_at,
        f"同一空间 {hours} 有两个预约，请与登记人商量，改期或取消其中一个",
        f"Two bookings of this space at {hours}: agree with who entered them, and move or cancel one",
    )


def said() -> dict[str, Any]:
    """The rule for clients: of one collection and parent, whatever is in one of these states and overlaps."""
    return {
        "collection": "space_booking",
        "of": "space",
        "from": "begins_at",
        "until": "ends_at",
        "states": sorted(HOLDS_HOURS),
    }
