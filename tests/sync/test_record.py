"""A record knows what was done to it before it is stored."""

import uuid

from schemas.privacy import CLASSES, NO_CLASSES, SEARCHABLE, Privacy
from sync.record import CREATION, Stored

STAMPS = b'{"":[1,"1","2026-01-01T00:00:00.000Z-0000-0001"]}'


def stored() -> Stored:
    record = Stored(uuid.uuid4(), uuid.uuid4(), "household", rev=1, stamps=STAMPS)
    assert not record.is_restricted and not record.is_erased
    assert CREATION in record.stamps
    return record


def test_a_record_that_was_just_restricted_is_restricted() -> None:
    record = stored()
    record.restrict(NO_CLASSES, 2)
    assert record.is_restricted and not record.is_erased


def test_a_record_that_was_just_released_is_restricted_no_more() -> None:
    record = stored()
    record.restrict(NO_CLASSES, 2)
    record.release((None,) * len(CLASSES), (None,) * len(SEARCHABLE), 3)
    assert not record.is_restricted


def test_a_record_that_was_just_erased_is_erased() -> None:
    record = stored()
    record.erase({}, Privacy.OPEN, 2)
    assert record.is_erased and not record.is_restricted
