"""Until which day a record is about a child, which is kept with it. Pure.

Who reads a child's record for the child's sake ceases to read it on the child's eighteenth birthday. Nobody
writes anything on that day, so the day itself stands beside the record, is worked out whenever something is
written that it hangs on, and is held against the calendar by whoever reads (sync/scope.py).

A birth date that nobody knows is read in two ways, and both keep to what is sure. A person of unknown age is
no child: else every adult whose card is not filled in yet would be open to the child officer. But what was
written on a form about children (a visit to a child) is about one as long as nobody has said otherwise: else
the officer who is to protect a child would miss what was found there for want of a date.
"""

from datetime import date
from typing import Final

from schemas.age import OF_AGE, birthday
from schemas.collections import COLLECTIONS
from schemas.privacy import Privacy, class_set
from sync.conflict import COLLECTION as CONFLICT
from sync.record import Stored

UNKNOWN: Final = date.max
"""In place of the day: about a child whose birth date is not known. PostgreSQL keeps it as `infinity`."""

CLOSE: Final = class_set([Privacy.IDENTITY, Privacy.CASE, Privacy.CONFIDENTIAL])
"""The classes that are read for the child's sake: `Reach.children` lies within them.

Whoever reads one of these reads the birth date too, so that what follows from it tells nobody anything new.
"""


def child_until(record: Stored, parent: Stored | None) -> date | None:
    """The first day on which `record` is about a child no longer; None where it never was.

    `parent`: what it belongs to. Where that lies in another area the record's own day stays as it is.
    """
    declared = COLLECTIONS[record.collection]
    if declared.born is not None:
        born = record.values(declared.privacy_of(declared.born)).get(declared.born)
        return None if born is None else birthday(date.fromisoformat(born), OF_AGE)
    if record.collection != CONFLICT and not declared.about_children:
        return None
    if parent is None:
        return record.child_until if record.parent is not None else UNKNOWN
    if record.collection == CONFLICT:
        return parent.child_until
    return UNKNOWN if parent.child_until is None else parent.child_until
