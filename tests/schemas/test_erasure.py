"""What is left of a record counts, and tells of nobody."""

from typing import Any

import pytest

from schemas.collections import COLLECTIONS
from schemas.erasure import remainder
from schemas.privacy import Privacy
from schemas.retention import RETENTION
from schemas.values import Text

PHRASED = "某人说的话"


def test_codes_numbers_and_ids_stay_and_days_become_months() -> None:
    visit = COLLECTIONS["elder_visit"]
    form = {"subject": "a", "on": "2026-03-17", "kind": "home", "met": "met", "place": PHRASED}
    assert remainder(visit, form) == {**form, "on": "2026-03-01", "place": None}


def test_a_community_is_counted_by_its_code() -> None:
    assert remainder(COLLECTIONS["household"], {"community": "620103001001"}) == {"community": "620103001001"}


def test_fields_that_this_server_does_not_know_go() -> None:
    assert remainder(COLLECTIONS["person"], {"later": 1}) == {"later": None}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_of_every_class_but_the_open_one_nothing_stays(collection: str) -> None:
    declared = COLLECTIONS[collection]
    values = {name: PHRASED for name, field in declared.fields.items() if field.privacy is not Privacy.OPEN}
    assert set(remainder(declared, values).values()) <= {None}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nothing_that_anybody_phrased_stays(collection: str) -> None:
    declared = COLLECTIONS[collection]
    texts = {
        name: PHRASED
        for name, field in declared.fields.items()
        if isinstance(field.kind, Text) and field.kind.form is None
    }
    assert set(remainder(declared, texts).values()) <= {None}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_how_long_it_is_kept_is_said_of_every_collection_or_said_to_be_missing(collection: str) -> None:
    keys = {figure.key for figure in RETENTION.figures}
    goes_with_its_subject = collection == "conflict"
    assert (collection in keys) != goes_with_its_subject


def test_no_term_is_of_a_collection_that_does_not_exist() -> None:
    unknown: Any = {figure.key for figure in RETENTION.figures} - COLLECTIONS.keys()
    assert not unknown
