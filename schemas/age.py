"""How old somebody is before the law, and from which day on."""

from datetime import date
from typing import Final

OF_AGE: Final = 18
"""Years at which somebody is an adult (民法典, art. 17). One of sixteen who lives by their own work counts as
one in what they do themselves (art. 18), and is still a child to be protected (未成年人保护法, art. 2)."""
GUARDIAN_UNTIL: Final = 14
"""Years below which only a guardian consents (个人信息保护法, art. 31)."""


def birthday(born: date, years: int) -> date:
    """The first day on which somebody born on `born` has completed `years` years.

    The birthday itself counts (民法典, art. 1259: 以上 includes the number). Who was born on a 29 February
    completes a common year with its 28th, and so has the birthday on 1 March: never a day too early. Beyond
    the calendar's end it is its last day.
    """
    year = born.year + years
    if year > date.max.year:
        return date.max
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def age_on(born: date, on: date) -> int:
    """Full years of age reached on that day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
