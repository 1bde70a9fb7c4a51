"""Numbers that pass every check and belong to nobody."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Final

from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from service.demo.names import MALE

# Mobile ranges that have not been allotted to any operator.
PHONE_PREFIXES: Final = ("160", "161", "163", "164")


class Numbers:
    """Draws numbers of one kind each, none twice. `chance` decides which."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._phones = self._drawn_phones()
        self._order: dict[tuple[date, bool], int] = {}

    def phone(self) -> str:
        """A mobile number."""
        return next(self._phones)

    def resident_id(self, born: date, sex: str) -> str:
        """A resident ID number; of the three digits of order, the last is odd for men."""
        is_male = sex == MALE
        order = self._order.get((born, is_male), 1 if is_male else 2)
        self._order[born, is_male] = order + 2
        return with_check_digit(f"{RESERVED_PREFIX}{born:%Y%m%d}{order:03}")

    def _drawn_phones(self) -> Iterator[str]:
        drawn: set[str] = set()
        while True:
            number = f"{self._chance.choice(PHONE_PREFIXES)}{self._chance.randrange(10**8):08}"
            if number not in drawn:
                drawn.add(number)
                yield number
