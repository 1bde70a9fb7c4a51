"""Names that sound alike (姓名读音相同): written by who heard them, each in the characters that came to mind.

A character stands for its syllables without tones, and a syllable for the one that people hereabouts hear in
its place: in the speech of Lanzhou l and n are one, zh ch sh are often z c s, and an en in are not told from
ang eng ing. What is folded is said as data, so that a client with a pinyin dictionary of its own comes to the
same; where the readings of a character come from is not decided here.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec


class Folded(msgspec.Struct, frozen=True):
    """What begins or ends with `heard` counts as if it did with `as_if`."""

    heard: str
    as_if: str


INITIALS: Final = (
    Folded("zh", "z"),
    Folded("ch", "c"),
    Folded("sh", "s"),
    Folded("n", "l"),
)
"""At the beginning of a syllable; the first that fits."""

FINALS: Final = (
    Folded("ang", "an"),
    Folded("eng", "en"),
    Folded("ing", "in"),
)
"""At its end. `ong` stays: it is told from all others."""

Sounds = tuple[frozenset[str], ...]
"""For each character of a name, the folded syllables that it may be read as."""


def folded(syllable: str) -> str:
    """`syllable`, in small letters without a tone and with v for ü, as it is compared."""
    for each in INITIALS:
        if syllable.startswith(each.heard):
            syllable = each.as_if + syllable.removeprefix(each.heard)
            break
    for each in FINALS:
        if syllable.endswith(each.heard):
            return syllable.removesuffix(each.heard) + each.as_if
    return syllable


def sounds_of(name: str, readings: Callable[[str], Iterable[str]]) -> Sounds:
    """How `name` sounds, by the `readings` of a character: few, for each is a way to take it for another.

    What has no reading, as letters and digits, stands for itself; spaces and points for nothing.
    """
    return tuple(
        frozenset(folded(each) for each in readings(character)) or frozenset((character,))
        for character in name.casefold()
        if character not in " ·•.　"
    )


def sound_alike(one: Sounds, other: Sounds) -> bool:
    """Whether both may be one name that was heard: as long, and every character can be read alike."""
    return bool(one) and len(one) == len(other) and all(a & b for a, b in zip(one, other, strict=True))
