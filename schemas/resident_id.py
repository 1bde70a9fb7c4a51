"""Resident ID numbers (公民身份号码) after GB 11643: place, day of birth, order, check digit.

Numbers for demonstrations and tests begin with RESERVED_PREFIX. The first two digits are the province's code
of GB/T 2260; its second digit runs from 1 to 6 (one number a province within each of the eight regions), so
60 has never named a province, and a number that begins so can belong to nobody while everything else about
it is checked as usual.
"""

import re
from datetime import date
from typing import Final

RESERVED_PREFIX: Final = "600000"
PATTERN: Final = "[1-9][0-9]{16}[0-9X]"
matches: Final = re.compile(PATTERN, re.ASCII).fullmatch
# Nobody alive was born before. The other end is open: a check without a clock cannot know what is still to
# come, and a phone whose clock is behind must not refuse a newborn.
EARLIEST_BIRTH: Final = date(1880, 1, 1)

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"


def check_digit(digits: str) -> str:
    """The 18th digit for the 17 `digits` before it (ISO 7064, MOD 11-2). Raises ValueError for other text."""
    if len(digits) != 17 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("a resident ID number has 17 digits before its check digit")
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def with_check_digit(digits: str) -> str:
    """The whole number for its first 17 `digits`."""
    return digits + check_digit(digits)


def is_resident_id(number: str) -> bool:
    """Whether `number` is well formed: its check digit is right and it names a day that existed."""
    return (
        matches(number) is not None and check_digit(number[:17]) == number[17] and _birth(number) is not None
    )


def birth_date(number: str) -> date:
    """The birth date that a number names. Raises ValueError where it names none."""
    found = _birth(number)
    if found is None:
        raise ValueError("this resident ID number names no day of birth")
    return found


def is_male(number: str) -> bool:
    """The 17th digit is odd for men and even for women."""
    return int(number[16]) % 2 == 1


def _birth(number: str) -> date | None:
    try:
        day = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return day if day >= EARLIEST_BIRTH else None
