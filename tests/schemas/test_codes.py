"""Code tables are whole and labelled, as their standards have them."""

import pytest

from schemas.aid.assistance import DEPARTMENTS, AssistanceKind
from schemas.catalogue import catalogue
from schemas.nationality import Nationality
from schemas.needs import Assistance
from schemas.person_codes import DisabilityGrade, DisabilityKind, Education, MaritalStatus, Sex

CODES = catalogue().codes


@pytest.mark.parametrize("table", sorted(CODES))
def test_every_code_has_labels_in_both_languages(table: str) -> None:
    assert CODES[table]["zh"] and CODES[table]["en"]
    for row in CODES[table]["codes"]:
        assert row["zh"].strip() and row["en"].strip()
        assert not row["zh"].isascii()


@pytest.mark.parametrize("table", sorted(CODES))
def test_no_two_codes_of_a_table_read_the_same(table: str) -> None:
    rows = CODES[table]["codes"]
    for part in ("code", "zh", "en"):
        assert len({row[part] for row in rows}) == len(rows)


def test_all_56_nationalities_are_there_by_number() -> None:
    codes = [member.code for member in Nationality]
    assert codes == [f"{number:02}" for number in range(1, 57)] + ["97", "98"]


@pytest.mark.parametrize(
    ("code", "zh"),
    [
        ("01", "汉族"),
        ("03", "回族"),
        ("04", "藏族"),
        ("11", "满族"),
        ("26", "东乡族"),
        ("47", "保安族"),
        ("56", "基诺族"),
    ],
)
def test_nationalities_keep_their_numbers(code: str, zh: str) -> None:
    assert {member.code: member.zh for member in Nationality}[code] == zh


def test_the_tables_of_personal_facts_have_the_standards_codes() -> None:
    assert [member.code for member in Sex] == ["0", "1", "2", "9"]
    assert [member.code for member in MaritalStatus] == ["10", "20", "30", "40", "90"]
    assert [member.code for member in Education] == ["10", "20", "30", "40", "60", "70", "80", "90"]
    assert [member.code for member in DisabilityKind] == list("1234567")
    assert [member.code for member in DisabilityGrade] == list("1234")


def test_there_are_eight_kinds_of_assistance_and_one() -> None:
    assert len(AssistanceKind) == 9


def test_every_kind_of_assistance_has_a_department() -> None:
    assert set(DEPARTMENTS) == set(AssistanceKind)


def test_what_a_household_receives_names_every_kind_by_the_same_word() -> None:
    for kind in AssistanceKind:
        assert kind.code in {member.code for member in Assistance}
