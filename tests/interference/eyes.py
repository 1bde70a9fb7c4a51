"""Who may see what, said once more and plainly: a second opinion, apart from `service.access`.

A row of the table in access.md is a line here. Where a role is given more, say so here as well; until then
whatever it is given more will look like a leak.
"""

from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from tests.world import Person

OPEN: Final = frozenset({"open"})
COMMUNITY: Final = OPEN | {"basic", "contact"}
FILE: Final = COMMUNITY | {"identity", "case"}
WHOLE: Final = FILE | {"confidential"}
PERSONAL: Final = WHOLE - {"open", "basic"}
NOTHING: Final[frozenset[str]] = frozenset()

# What each role reads of any record in its area.
OF_AREA: Final = {
    "social_worker": COMMUNITY,
    "supervisor": WHOLE,
    "agency_manager": OPEN,
    "community_officer": COMMUNITY,
    "street_officer": OPEN,
    "child_officer": COMMUNITY,
    "district_officer": OPEN,
    "city_officer": OPEN,
    "evaluator": NOTHING,
    "volunteer_coordinator": OPEN,
    "administrator": NOTHING,
}


class Item(NamedTuple):
    """A record: of what, where, which file, whose, and what it belongs to."""

    collection: str
    id: UUID
    area: UUID
    case: UUID | None
    author: UUID
    parent: UUID | None = None


class Eyes(msgspec.Struct, kw_only=True):
    """What somebody's grant and files let them see. `areas`: of the grant and all below, if it is in force.

    `files`: the classes read of each file that they work on.
    """

    person: Person
    role: str | None = None
    areas: frozenset[UUID] = frozenset()
    files: dict[UUID, frozenset[str]] = {}

    def sees(self, item: Item) -> frozenset[str]:
        """The classes of `item` that they may read."""
        seen = self.files.get(item.case, NOTHING) if item.case is not None else NOTHING
        if item.area not in self.areas or self.role is None:
            return seen
        seen |= OF_AREA[self.role]
        if self.role == "child_officer" and COLLECTIONS[item.collection].about_children:
            seen |= WHOLE
        if self.role == "social_worker" and item.author == self.person.id:
            seen |= WHOLE
        return seen

    def supervises(self, area: UUID) -> bool:
        """Whether quarantine and emergencies of `area` are theirs to look at."""
        return self.role == "supervisor" and area in self.areas

    def administers(self, area: UUID) -> bool:
        """Whether accounts of `area` are theirs to look after."""
        return self.role == "administrator" and area in self.areas
