"""Records that were found to be of one person are read as one, and stay as they were written.

Merging two files in place would rewrite what people wrote: it could be undone by halves only, a phone that
still edits the record that went would write into nothing or into another's, and the values of a file would
come before whoever works on the other one. So a verdict rewrites nothing. It says that one record stands for
the other, and what follows from all verdicts is reckoned by whoever reads: which record goes on, what is
known of the person, and in what their records differ. From that

- both keep their values and their history, and each file its readers: what somebody reads of the person is
  what they may read of its records;
- a late edit, of whichever record, is an edit of the person, in whatever order it arrives;
- what names a record that does not go on, such as a visit, is of the one that `goes_on` gives for it;
- taking a verdict back leaves two people, each with all that was written of them since.

Pure, for phones as for the server.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from schemas.declare import Declaration, Policy
from schemas.duplicates.duplicate import Verdict


class Decided(msgspec.Struct, frozen=True):
    """What a record of collection `duplicate` says: that `stays` stands for `goes`, as one person."""

    stays: UUID
    goes: UUID


class Said(msgspec.Struct, frozen=True):
    """What a record says that is not what stands."""

    record: UUID
    value: Any


class United(msgspec.Struct, frozen=True):
    """What several records say of one person, and by field what any of them says otherwise."""

    values: dict[str, Any]
    otherwise: dict[str, tuple[Said, ...]]


def decided(person: UUID, other: UUID, verdict: str | None) -> Decided | None:
    """What follows from a verdict; None where nobody was found to be one person."""
    if verdict == Verdict.PERSON_STAYS.code:
        return Decided(person, other)
    if verdict == Verdict.OTHER_STAYS.code:
        return Decided(other, person)
    return None


def goes_on(verdicts: Iterable[Decided]) -> dict[UUID, UUID]:
    """For every record that a verdict speaks of, the one that goes on for it: itself, or another.

    All that verdicts join are of one person, however long the chain. Of them the one goes on for which no
    other stands. Where verdicts leave several such, or none (each was said to stand for the other), it is the
    one that was made first, by its id: so all come to the same, in whatever order they hear of the verdicts.
    """
    joined: dict[UUID, set[UUID]] = {}
    gone: set[UUID] = set()
    for each in verdicts:
        if each.stays == each.goes:
            continue
        joined.setdefault(each.stays, set()).add(each.goes)
        joined.setdefault(each.goes, set()).add(each.stays)
        gone.add(each.goes)
    found: dict[UUID, UUID] = {}
    for start in joined:
        if start not in found:
            person = _joined_with(start, joined)
            stays = min(person - gone or person)
            found.update(dict.fromkeys(person, stays))
    return found


def _joined_with(start: UUID, joined: Mapping[UUID, set[UUID]]) -> set[UUID]:
    person = {start}
    ahead = [start]
    while ahead:
        further = joined[ahead.pop()] - person
        person |= further
        ahead += further
    return person


def united(declared: Declaration, stays: UUID, records: Mapping[UUID, Mapping[str, Any]]) -> United:
    """What `records`, by their fields, say of one person of whom `stays` goes on.

    It says what stands; on what it is silent the others are asked, those made first before the rest. Sets are
    put together. Fields that are decided together are taken from one record.
    """
    order = sorted(records, key=lambda id: (id != stays, id))
    values: dict[str, Any] = {}
    for name in dict.fromkeys(name for id in order for name in records[id]):
        if name in values:
            continue
        if declared.policy_of(name) is Policy.UNION:
            members = (member for id in order for member in records[id].get(name) or ())
            values[name] = list(dict.fromkeys(members))
            continue
        unit = declared.unit_of(name)
        said = next((records[id] for id in order if _speaks(records[id], unit)), records[order[0]])
        values.update({each: said[each] for each in unit if said.get(each) is not None})
    otherwise = {}
    for name in dict.fromkeys(name for id in order for name in records[id]):
        if declared.policy_of(name) is not Policy.UNION:
            different = [
                Said(id, value)
                for id in order
                if (value := records[id].get(name)) is not None and value != values.get(name)
            ]
            if different:
                otherwise[name] = tuple(different)
    return United(values, otherwise)


def _speaks(record: Mapping[str, Any], unit: Iterable[str]) -> bool:
    return any(record.get(name) is not None for name in unit)
