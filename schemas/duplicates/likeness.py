"""Whether two records are of one person: what speaks for it and what against, in words and in points.

A pure rule over what somebody may read of both. What they may not read is left out as if it were not known,
so neither the sum nor a line of the evidence tells them anything of it. Numbers are compared as what stands
for them (sync/blind.py): nobody needs to see one to be told that both are the same.

The points are no measurement. They are set so that what an office would look into reaches `WORTH_A_LOOK`: one
of the things by which people are told apart and their name besides; and so that a family does not, whose
members share an address, a phone and half a name. A person decides, always.
"""

import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

import msgspec

from schemas.duplicates.sounds import FINALS, INITIALS, Sounds, sound_alike

WORTH_A_LOOK: Final = 60
"""Points from which two records are shown to a person."""


class Known(msgspec.Struct, frozen=True):
    """What is known of a person who has a name, as far as whoever asks may read it: None for the rest.

    `address`: of the household. `resident_id`, `phone`: what stands for the number.
    """

    name: str
    sounds: Sounds
    sex: str | None = None
    birth_date: date | None = None
    address: str | None = None
    resident_id: bytes | None = None
    phone: bytes | None = None


class Evidence(msgspec.Struct, frozen=True):
    """One thing that speaks for two records being of one person, or (points below 0) against it."""

    rule: str
    points: int
    zh: str
    en: str


class Likeness(msgspec.Struct, frozen=True):
    """All that speaks for it and against it, in the order of the rules, and the sum of the points."""

    points: int
    evidence: tuple[Evidence, ...]

    @property
    def is_worth_a_look(self) -> bool:
        """Whether a person is asked to decide."""
        return self.points >= WORTH_A_LOOK


class Comparison(msgspec.Struct, frozen=True):
    """A rule of `LIKENESS`: `finds` says whether it fits two, in either order."""

    rule: str
    points: int
    zh: str
    en: str
    finds: Callable[[Known, Known], bool]
    says_names: bool = False

    def of(self, one: Known, other: Known) -> Evidence | None:
        """What it has to say of two."""
        if not self.finds(one, other):
            return None
        if not self.says_names:
            return Evidence(self.rule, self.points, self.zh, self.en)
        both = f"{one.name}/{other.name}"
        return Evidence(self.rule, self.points, f"{self.zh}：{both}", f"{self.en}: {both}")


def normal_address(address: str) -> str:
    """`address` as it is compared: without spaces and what people put between numbers, in narrow digits."""
    return "".join(each for each in unicodedata.normalize("NFKC", address).casefold() if each.isalnum())


SHORTEST_ADDRESS: Final = 6
"""Characters in which two addresses must agree: what is shorter names a village."""


def same_place(one: str, other: str) -> bool:
    """Whether two addresses are one, or the one is the other written in full, from the province down."""
    short, long = sorted((normal_address(one), normal_address(other)), key=len)
    return short == long or (len(short) >= SHORTEST_ADDRESS and long.endswith(short))


def nearly_same_day(one: date, other: date) -> bool:
    """Whether two days are one that was mistyped: a digit, or day and month the other way round."""
    if one == other:
        return False
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return True
    return sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True)) == 1


def _agree(field: str) -> Callable[[Known, Known], bool]:
    def finds(one: Known, other: Known) -> bool:
        value = getattr(one, field)
        return value is not None and value == getattr(other, field)

    return finds


def _differ(field: str) -> Callable[[Known, Known], bool]:
    def finds(one: Known, other: Known) -> bool:
        values = getattr(one, field), getattr(other, field)
        return None not in values and values[0] != values[1]

    return finds


def _sound_alike(one: Known, other: Known) -> bool:
    return _differ("name")(one, other) and sound_alike(one.sounds, other.sounds)


def _named_otherwise(one: Known, other: Known) -> bool:
    return _differ("name")(one, other) and not sound_alike(one.sounds, other.sounds)


def _born_nearly(one: Known, other: Known) -> bool:
    if one.birth_date is None or other.birth_date is None:
        return False
    return nearly_same_day(one.birth_date, other.birth_date)


def _born_otherwise(one: Known, other: Known) -> bool:
    return _differ("birth_date")(one, other) and not _born_nearly(one, other)


def _of_other_sex(one: Known, other: Known) -> bool:
    # GB/T 2261.1: 0 and 9 say that it is not known or not said.
    return {one.sex, other.sex} == {"1", "2"}


def _live_together(one: Known, other: Known) -> bool:
    return one.address is not None and other.address is not None and same_place(one.address, other.address)


LIKENESS: Final = (
    # Alone enough, whatever else differs: of all the others the most that can speak against it is 110.
    Comparison("same_resident_id", 200, "身份证号相同", "The same ID number", _agree("resident_id")),
    Comparison("other_resident_id", -100, "身份证号不同", "Another ID number", _differ("resident_id")),
    Comparison("same_name", 40, "姓名相同", "The same name", _agree("name"), says_names=True),
    Comparison(
        "name_sounds_alike", 30, "姓名读音相同", "Names that sound alike", _sound_alike, says_names=True
    ),
    Comparison("other_name", -30, "姓名不同", "Another name", _named_otherwise, says_names=True),
    Comparison("same_birth_date", 40, "出生日期相同", "Born on the same day", _agree("birth_date")),
    Comparison(
        "birth_date_mistyped", 20, "出生日期仅一处不同", "Birth dates that differ in one place", _born_nearly
    ),
    Comparison("other_birth_date", -40, "出生日期不同", "Born on another day", _born_otherwise),
    Comparison("other_sex", -40, "性别不同", "Of the other sex", _of_other_sex),
    Comparison("same_address", 25, "住址相同", "The same address", _live_together),
    Comparison("same_phone", 25, "联系电话相同", "The same phone", _agree("phone")),
)


def compared(one: Known, other: Known) -> Likeness:
    """What speaks for two records being of one person, and what against. In either order the same points."""
    found = tuple(_said(one, other))
    return Likeness(sum(each.points for each in found), found)


def _said(one: Known, other: Known) -> Iterator[Evidence]:
    for comparison in LIKENESS:
        if (said := comparison.of(one, other)) is not None:
            yield said


def said() -> dict[str, Any]:
    """The rule as the catalogue has it: what counts and how much, and which sounds are one."""
    return {
        "worth_a_look": WORTH_A_LOOK,
        "evidence": [
            {"rule": each.rule, "points": each.points, "zh": each.zh, "en": each.en} for each in LIKENESS
        ],
        "initials": list(INITIALS),
        "finals": list(FINALS),
    }
