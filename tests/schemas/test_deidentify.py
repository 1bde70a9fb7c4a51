"""What becomes of each field in a de-identified sample, and that none is shown that nobody decided on."""

from datetime import date
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.declare import FIXED, LATEST, TEXT, UNION, Field, WrongDeclaration, field
from schemas.deidentify import deidentified, may_be_sampled, quasi_identifiers
from schemas.privacy import Privacy
from schemas.treatment import BAND, DROPPED, FIVE_YEARS, KEPT, MONTH, PSEUDONYM, WITHHELD, Treatment
from schemas.values import Code, Text, YesNo, member_kind
from tests.schemas.test_declare import declare

FIELDS = [
    pytest.param(each, id=f"{collection}.{name}")
    for collection, declared in COLLECTIONS.items()
    for name, each in declared.fields.items()
]
OPEN, BASIC, CONTACT = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT
IDENTITY, CASE, CONFIDENTIAL = Privacy.IDENTITY, Privacy.CASE, Privacy.CONFIDENTIAL


def shown(collection: str, values: dict[str, Any]) -> dict[str, Any]:
    return deidentified(COLLECTIONS[collection], values, lambda id: f"<{id}>").values


@pytest.mark.parametrize("each", FIELDS)
def test_of_every_field_it_was_decided_what_becomes_of_it(each: Field) -> None:
    assert each.is_treatment_decided, "say `sample=` in its declaration: see schemas/treatment.py"


@pytest.mark.parametrize("each", FIELDS)
def test_no_contact_no_identity_and_nothing_confidential_is_in_a_sample(each: Field) -> None:
    if each.privacy in (CONTACT, IDENTITY, CONFIDENTIAL):
        assert each.treatment is DROPPED


@pytest.mark.parametrize("each", FIELDS)
def test_only_closed_lists_and_months_are_kept_as_they_are(each: Field) -> None:
    if each.treatment is KEPT:
        kind = member_kind(each.kind)
        is_month = isinstance(kind, Text) and kind.form is not None and kind.form.name == "month"
        assert isinstance(kind, Code | YesNo) or is_month


@pytest.mark.parametrize("each", FIELDS)
def test_words_of_basic_facts_are_names_and_places_and_never_shown(each: Field) -> None:
    if each.privacy is BASIC and isinstance(each.kind, Text):
        assert each.treatment is DROPPED


@pytest.mark.parametrize(
    ("type_", "privacy", "merge", "treatment"),
    [
        (str, BASIC, LATEST, None),
        (date, BASIC, LATEST, None),
        (int, BASIC, LATEST, None),
        (frozenset[str], CASE, UNION, None),
        (str, CASE, TEXT, WITHHELD),
        (date, CASE, LATEST, MONTH),
        (bool, CASE, LATEST, KEPT),
        (bool, CONFIDENTIAL, LATEST, DROPPED),
    ],
)
def test_a_field_that_nothing_decides_on_is_left_out(
    type_: Any, privacy: Privacy, merge: Any, treatment: Treatment | None
) -> None:
    default: Any = frozenset() if merge is UNION else ...
    made = declare(Annotated[type_, field("它", "It", privacy=privacy, merge=merge)], default)
    it = made.declaration.fields["it"]
    assert (it.treatment, it.is_treatment_decided) == (treatment or DROPPED, treatment is not None)


@pytest.mark.parametrize(
    ("type_", "privacy", "sample"),
    [
        (str, IDENTITY, WITHHELD),
        (bool, CONFIDENTIAL, KEPT),
        (str, CASE, KEPT),
        (str, CASE, MONTH),
        (bool, CASE, FIVE_YEARS),
        (int, CASE, BAND),
        (date, CASE, PSEUDONYM),
    ],
)
def test_a_treatment_that_does_not_fit_is_a_mistake_in_the_program(
    type_: Any, privacy: Privacy, sample: Treatment
) -> None:
    with pytest.raises(WrongDeclaration, match="sample"):
        declare(Annotated[type_, field("它", "It", privacy=privacy, merge=FIXED, sample=sample)])


def test_a_person_is_told_by_their_pseudonym_and_coarse_facts() -> None:
    values = {
        "household": "h",
        "name": "张三",
        "sex": "1",
        "birth_date": "1953-07-02",
        "resident_id": "11010519491231002X",
        "phone": "13800001111",
        "died_on": "2026-03-09",
        "tags": ["elder_alone"],
        "nickname": "老三",
    }
    assert shown("person", values) == {
        "household": "<h>",
        "sex": "1",
        "birth_date": "1950-1954",
        "died_on": "2026-03",
        "tags": ["elder_alone"],
    }


def test_of_lines_only_codes_and_bands_are_told() -> None:
    items = [{"kind": "pension", "amount_fen": 123_456, "note": "原兰棉厂", "paid_by": "厂里"}]
    assert shown("household", {"income_items": items, "income_month": "2026-10"}) == {
        "income_items": [{"kind": "pension", "amount_fen": {"from": 100_000, "below": 200_000}}],
        "income_month": "2026-10",
    }


def test_words_are_named_and_not_told() -> None:
    values = {"findings": "张三说……", "concerns": "……", "place": "张家", "mood": "good"}
    found = deidentified(COLLECTIONS["elder_visit"], values, str)
    assert found.withheld == ("place", "findings")
    assert found.values == {"mood": "good"}


@pytest.mark.parametrize("value", ["张三", 7, ["good"], {"zh": "张三"}])
def test_a_value_that_is_not_as_declared_is_left_out(value: Any) -> None:
    assert shown("elder_visit", {"mood": value, "needs": value, "on": 7}) == {}


@pytest.mark.parametrize(
    "day", ["²²²²-01-01", "张三说……", "195", "1953-13-01", "1953-02-30", "1953-07-02T08:00"]
)
def test_a_day_that_is_none_is_left_out(day: str) -> None:
    assert shown("person", {"birth_date": day, "died_on": day}) == {}


@given(st.integers(0, 10**12))
def test_a_band_holds_its_number_and_is_as_wide_as_it_is_high(number: int) -> None:
    band = shown("referral", {"amount_fen": number})["amount_fen"]
    assert band["from"] <= number < band["below"]
    assert number == 0 or band["below"] >= 2 * band["from"]


@given(st.dates(), st.dates())
def test_days_of_one_month_are_told_alike(one: date, other: date) -> None:
    told = [shown("elder_visit", {"on": day.isoformat()}) for day in (one, other)]
    assert (told[0] == told[1]) == ((one.year, one.month) == (other.year, other.month))


def test_what_neighbours_know_is_what_people_are_told_apart_by() -> None:
    names = {name: {each.name for each in quasi_identifiers(of)} for name, of in COLLECTIONS.items()}
    assert {"sex", "birth_date", "tags", "education"} <= names["person"]
    assert "members" in names["household"] and "name" not in names["household"]
    assert names["elder_visit"] == names["referral"] == set()


def test_what_the_server_makes_is_not_drawn() -> None:
    assert not may_be_sampled(COLLECTIONS["conflict"])
    assert may_be_sampled(COLLECTIONS["household"])
