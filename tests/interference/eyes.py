"""Who may see what of a record, by the tables of tests/service/agreed.py: a second opinion, apart from
`service.access`.

Where a role is given more, say so there; until then whatever it is given more will look like a leak.
"""

from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.privacy import CLASSES
from sync.scope import Guard, Place
from tests.interference.forms import BORN
from tests.service.agreed import (
    IN_FILE_GUARDED,
    MEMBERS,
    READS,
    READS_GUARDED,
    READS_OF_CHILDREN,
    READS_OWN,
    READS_SENT,
)
from tests.world import Person

WHOLE: Final = frozenset(each.value for each in CLASSES)
PERSONAL: Final = WHOLE - {"open", "basic"}
NOTHING: Final[frozenset[str]] = frozenset()
NO_MORE: Final = "-" * len(CLASSES)


def masked_for(role: str | None) -> frozenset[str]:
    """What they are shown of others' records in masked form, when they ask online
    (tests/schemas/test_masks.py).
    """
    return NOTHING if role is None else _lettered("M", READS[role])


def read_in_file(kind: str, confidential: bool = False) -> frozenset[str]:
    """What who works on a file as that reads of its records. A lead is told the confidential part unasked."""
    return _lettered("F", MEMBERS[kind, confidential and kind != "lead"])


def _lettered(letter: str, row: str) -> frozenset[str]:
    """The classes that have `letter` in a row of a table."""
    return frozenset(each.value for each, found in zip(CLASSES, row, strict=True) if found == letter)


class Item(NamedTuple):
    """A record: of what, where, which file, whose, what it belongs to, and when whom it is about was born.

    `is_guarded`: they are under 14, and no guardian has agreed. `is_sent`: civil affairs have it.
    """

    collection: str
    id: UUID
    area: UUID
    case: UUID | None
    author: UUID
    parent: UUID | None = None
    born: date = BORN
    is_guarded: bool = False
    is_sent: bool = False

    @property
    def place(self) -> Place:
        guard = Guard(date.min, date.max) if self.is_guarded else None
        return Place(self.area, self.case, self.author, None, guard, self.is_sent)

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
        read = self.reads(item.place, item.is_about_child)
        # A record that is confidential throughout is not there for who reads what is open.
        declared = COLLECTIONS[item.collection]
        return read & {"confidential", *(field.privacy.value for field in declared.fields.values())}

    def reads(self, place: Place, is_about_child: bool) -> frozenset[str]:
        """The classes that they may read of what lies there, whatever it is."""
        is_closed = place.guard is not None and place.author != self.person.id
        read = self.files.get(place.case, NOTHING) if place.case is not None else NOTHING
        if is_closed:
            read &= _lettered("F", IN_FILE_GUARDED)
        if place.area in self.areas and self.role is not None:
            read |= _lettered("F", (READS_GUARDED if is_closed else READS)[self.role])
            if place.sent:
                read |= _lettered("F", READS_SENT.get(self.role, NO_MORE))
            if is_about_child:
                read |= _lettered("F", READS_OF_CHILDREN.get(self.role, NO_MORE))
            if place.author == self.person.id:
                read |= _lettered("F", READS_OWN.get(self.role, NO_MORE))
        return read

    def supervises(self, area: UUID) -> bool:
        """Whether quarantine and emergencies of `area` are theirs to look at."""
        return self.role == "supervisor" and area in self.areas

    def administers(self, area: UUID) -> bool:
        """Whether accounts of `area` are theirs to look after."""
        return self.role == "administrator" and area in self.areas
