"""Which records of a family's file are about one person. Pure.

A file is the family's: its address and its means are about each of them, a visit about whom it was paid to.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from schemas.aid.referral import NOT_UNDER_WAY, Referral
from schemas.collections import COLLECTIONS
from schemas.consent import Consent, is_in_force
from schemas.family.allowance_application import AllowanceApplication
from schemas.mandatory_report import MandatoryReport, ReportState
from schemas.person import Person
from schemas.privacy import ALL_CLASSES, Privacy
from schemas.values import Kind, Reference, member_kind
from sync.record import Stored

PERSON = Person.declaration.collection
CONSENT = Consent.declaration.collection
APPLICATIONS = frozenset(each.declaration.collection for each in (Referral, AllowanceApplication))
REPORT = MandatoryReport.declaration.collection


def shown_to(person: UUID, file: Collection[Stored]) -> list[Stored]:
    """What of a file a person may be shown: all that is not another person's, unless it names them."""
    others = [each.id for each in file if each.collection == PERSON and each.id != person]
    elses = _belonging_to(others, file)
    return [each for each in file if each.id not in elses or names(each, person)]


def erased_with(person: UUID, file: Collection[Stored]) -> list[Stored]:
    """What goes with a person: all that belongs to them, and what was done in their name.

    With the last of a family its whole file, for what is left of it is about nobody else.
    """
    if not any(_is_somebody(each) and each.id != person for each in file):
        return list(file)
    going = _theirs(person, file)
    return [each for each in file if each.id in going]


def owed(records: Iterable[Stored]) -> list[Stored]:
    """The mandatory reports among `records` that are not closed: the law has them kept, and followed up."""
    return [each for each in records if _is_owed(each)]


def restricted_with(person: UUID, file: Collection[Stored]) -> list[Stored]:
    """What is restricted with a person: the same, but for consents, applications that are under way, and
    mandatory reports that are not closed."""
    concerned = _theirs(person, file)
    goes_on = {each.id for each in file if _is_under_way(each) or _is_owed(each)}
    return [
        each
        for each in file
        if each.id in concerned
        and each.collection != CONSENT
        and each.id not in goes_on
        and each.parent not in goes_on
    ]


def _theirs(person: UUID, file: Collection[Stored]) -> set[UUID]:
    persons = {each.id for each in file if each.collection == PERSON}
    theirs = [
        each.id
        for each in file
        if names(each, person) and each.id not in persons and not COLLECTIONS[each.collection].opens_file
    ]
    return _belonging_to([person, *theirs], file)


def _is_under_way(record: Stored) -> bool:
    """A department has it before itself: that goes on by law."""
    is_application = record.collection in APPLICATIONS
    return is_application and record.values(Privacy.OPEN).get("state") not in NOT_UNDER_WAY


def _is_owed(record: Stored) -> bool:
    if record.collection != REPORT or record.is_erased:
        return False
    return record.values(Privacy.CONFIDENTIAL).get("state") != ReportState.CLOSED.code


def born(person: Stored) -> date | None:
    """The day on which a person was born, where their record says so."""
    said = person.values(Person.declaration.privacy_of("birth_date")).get("birth_date")
    return None if said is None else date.fromisoformat(said)


def stands(consent: Stored, fields: Mapping[str, Any], today: date, born: date | None) -> bool:
    """Whether a consent that says this in its `fields` holds `today`; `born`: of whom it is about."""
    return not (consent.deleted or consent.is_erased) and is_in_force(fields, today, born)


def names(record: Stored, person: UUID, classes: int = ALL_CLASSES) -> bool:
    """Whether a field of the record, of one of `classes`, says that it is about `person`."""
    wanted, classes = str(person), classes & record.classes()
    for field in COLLECTIONS[record.collection].fields.values():
        if _leads_to_a_person(field.kind) and classes & field.privacy.bit:
            value = record.values(field.privacy).get(field.name)
            if value == wanted or (type(value) is list and wanted in value):
                return True
    return False


def _leads_to_a_person(kind: Kind) -> bool:
    leads_to = member_kind(kind)
    return isinstance(leads_to, Reference) and leads_to.target == PERSON


def _is_somebody(record: Stored) -> bool:
    return record.collection == PERSON and not record.deleted and not record.is_erased


def _belonging_to(roots: Iterable[UUID], file: Iterable[Stored]) -> set[UUID]:
    """`roots` and everything below them."""
    children: dict[UUID, list[UUID]] = {}
    for record in file:
        if record.parent is not None:
            children.setdefault(record.parent, []).append(record.id)
    return set(_downwards(roots, children))


def _downwards(roots: Iterable[UUID], children: dict[UUID, list[UUID]]) -> Iterator[UUID]:
    ahead, seen = list(roots), set(roots)
    while ahead:
        id = ahead.pop()
        yield id
        for child in children.get(id, ()):
            if child not in seen:
                seen.add(child)
                ahead.append(child)
