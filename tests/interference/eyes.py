"""Who may see what, said once more and plainly: a second opinion, apart from `service.access`.

A row of the table in access.md is a line here. Where a role is given more, say so here as well; until then
whatever it is given more will look like a leak.
"""

from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from tests.interference.forms import BORN
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
# What they are shown of others' records in masked form, when they ask online (tests/schemas/test_masks.py).
MASKED: Final = {
    "social_worker": frozenset({"identity"}),
    "community_officer": frozenset({"identity"}),
    "agency_manager": frozenset({"basic"}),
    "street_officer": frozenset({"basic"}),
    "district_officer": frozenset({"basic"}),
}
# And of what they wrote themselves.
OF_OWN: Final = {"social_worker": WHOLE, "child_officer": frozenset({"confidential"})}


class Item(NamedTuple):
    """A record: of what, where, which file, whose, what it belongs to, and when whom it is about was born."""

    collection: str
    id: UUID
    area: UUID
    case: UUID | None
    author: UUID
    parent: UUID | None = None
    born: date = BORN

    @property
    def is_about_child(self) -> bool:
        declared = COLLECTIONS[self.collection]
        return self.born is not BORN and (declared.about_children or declared.born is not None)


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
        if item.area in self.areas and self.role is not None:
            seen |= OF_AREA[self.role]
            if self.role == "child_officer" and item.is_about_child:
                seen |= WHOLE
            if item.author == self.person.id:
                seen |= OF_OWN.get(self.role, NOTHING)
        # A record that is confidential throughout is not there for who reads what is open.
        declared = COLLECTIONS[item.collection]
        return seen & {"confidential", *(field.privacy.value for field in declared.fields.values())}

    def supervises(self, area: UUID) -> bool:
        """Whether quarantine and emergencies of `area` are theirs to look at."""
        return self.role == "supervisor" and area in self.areas

    def administers(self, area: UUID) -> bool:
        """Whether accounts of `area` are theirs to look after."""
        return self.role == "administrator" and area in self.areas
