"""Resident ID numbers: what GB 11643 says of the check digit, and which numbers can be nobody's."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.resident_id import (
    RESERVED_PREFIX,
    birth_date,
    check_digit,
    is_male,
    is_resident_id,
    with_check_digit,
)
from tests.schemas.made import resident_ids


def test_the_standards_own_examples_are_valid() -> None:
    assert is_resident_id("11010519491231002X")
    assert is_resident_id("440524188001010014")


@given(resident_ids)
def test_a_number_with_its_check_digit_is_valid(number: str) -> None:
    assert is_resident_id(number)


@given(resident_ids, st.integers(0, 16), st.integers(1, 9))
def test_no_single_wrong_digit_goes_unnoticed(number: str, place: int, shift: int) -> None:
    wrong = str((int(number[place]) + shift) % 10)
    assert not is_resident_id(number[:place] + wrong + number[place + 1 :])


@given(resident_ids, st.integers(0, 15))
def test_no_swap_of_neighbouring_digits_goes_unnoticed(number: str, place: int) -> None:
    one, other = number[place], number[place + 1]
    swapped = number[:place] + other + one + number[place + 2 :]
    assert one == other or not is_resident_id(swapped)


@given(st.dates(date(1880, 1, 1)), st.integers(0, 999))
def test_birth_date_and_sex_are_read_back(born: date, order: int) -> None:
    number = with_check_digit(f"{RESERVED_PREFIX}{born.isoformat().replace('-', '')}{order:03}")
    assert birth_date(number) == born
    assert is_male(number) == (order % 2 == 1)


@pytest.mark.parametrize("day", ["20230229", "20231301", "20230100", "18791231", "00000000"])
def test_a_day_that_nobody_was_born_on_is_refused(day: str) -> None:
    number = with_check_digit(f"{RESERVED_PREFIX}{day}001")
    assert not is_resident_id(number)
    with pytest.raises(ValueError, match="no day of birth"):
        birth_date(number)


@pytest.mark.parametrize(
    "text", ["", "11010519491231002x", "1101051949123100", "１１０１０５19491231002X", "11010519491231002X\n"]
)
def test_other_text_is_no_number(text: str) -> None:
    assert not is_resident_id(text)


@pytest.mark.parametrize("digits", ["", "1" * 16, "1" * 18, "1" * 16 + "X", "１" * 17])
def test_a_check_digit_is_only_given_for_seventeen_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        check_digit(digits)


def test_the_reserved_prefix_is_no_province() -> None:
    provinces = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46}
    provinces |= {50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82}
    assert int(RESERVED_PREFIX[:2]) not in provinces
