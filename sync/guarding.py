"""From when until when a record is guarded, which is kept with it. Pure.

What a child under 14 told is shared only where a guardian has agreed to it (个人信息保护法, article 31; their
consent to social work, `service`). As long as nobody has, what lies beyond open and basic stays with whoever
wrote it down and with those who are to protect the child (`sync.scope.Reach.guarded`): for the person's own
record and for all that belongs to it. What the law has reported, and what people disagree on in that, is
held back from nobody by the want of a consent. A consent is guarded like the rest: that it was given, and for
what, everybody reads who reads anything of it, and the guardian's name and papers are no less the family's
than their phone is.

It is a birthday, and the last day of a consent, on which that changes without anybody's doing. So the days
stand beside the record, are worked out whenever something is written that they hang on, and are held against
the calendar by whoever reads, as the day is on which a child comes of age (sync/minority.py).

Of a person whose birth date nobody knows nothing is guarded: else no adult whose card is not filled in yet
could be helped by anybody but the worker who met them. How old a child is, its family says first.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from operator import attrgetter
from typing import Any, Final

from schemas.age import GUARDIAN_UNTIL, birthday
from schemas.collections import COLLECTIONS
from schemas.consent import Consent, ConsentGiver, ConsentPurpose, days_of
from schemas.privacy import ALL_CLASSES, Privacy
from sync.record import Stored
from sync.scope import SHARED, Guard

CONSENT: Final = Consent.declaration.collection

BEYOND: Final = ALL_CLASSES & ~SHARED
"""The classes that are guarded.

Whoever reads one of them of every record reads the birth date, and that there are consents: what follows from
these tells nobody anything new.
"""


def guard_of(record: Stored, parent: Stored | None, consents: Iterable[Stored], today: date) -> Guard | None:
    """When `record` is guarded, as far as can be told on `today`; None where it is not, and will not be.

    `parent`: what it belongs to. Where that lies in another area the record's own days stay as they are.
    `consents`: those that belong to it.
    """
    declared = COLLECTIONS[record.collection]
    if declared.permanent or record.is_erased:
        return None
    if declared.born is not None:
        born = record.values(declared.privacy_of(declared.born)).get(declared.born)
        given = [_said(each) for each in sorted(consents, key=attrgetter("id")) if _counts(each)]
        return None if born is None else guarded(date.fromisoformat(born), given, today)
    if parent is None:
        return record.guard if record.parent is not None else None
    return parent.guard


def guarded(born: date, consents: Iterable[Mapping[str, Any]], today: date) -> Guard | None:
    """On which days, from `today` on, no guardian's consent to social work stands for who was born then.

    None where there is no such day before they are 14. Where a consent stands it is the first day on which
    none does any more. Where none does, one that is dated ahead is believed only if with it consents last
    until the birthday: so one stretch of days tells it, and never one too short.
    """
    until = birthday(born, GUARDIAN_UNTIL)
    if today >= until:
        return None
    stretches = sorted(days_of(each) for each in consents if _is_guardians(each))
    covered = _covered(stretches, today)
    if covered >= until:
        return None
    if covered > today:
        return Guard(covered, until)
    ahead = [each for each in stretches if each[0] > today]
    if ahead and _covered(ahead, ahead[0][0]) >= until:
        return Guard(date.min, min(ahead[0][0], until))
    return Guard(date.min, until)


def _covered(stretches: Iterable[tuple[date, date]], day: date) -> date:
    """The first day from `day` on that is in none of these stretches, which are in order."""
    for first, end in stretches:
        if first <= day:
            day = max(day, end)
    return day


def _is_guardians(consent: Mapping[str, Any]) -> bool:
    by_guardian = consent.get("given_by") == ConsentGiver.GUARDIAN.code
    return by_guardian and consent.get("purpose") == ConsentPurpose.SERVICE.code


def _counts(record: Stored) -> bool:
    return record.collection == CONSENT and not record.deleted and not record.is_erased


def _said(record: Stored) -> dict[str, Any]:
    return {**record.values(Privacy.BASIC), **record.values(Privacy.OPEN)}
