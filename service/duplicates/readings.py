"""How a character is read: what pypinyin's dictionary says, as far as names are concerned."""

import os
from functools import cache
from typing import Final

# Its dictionary of phrases is four times that of characters, in every process, and names are in neither.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

from pypinyin import Style, pinyin
from pypinyin.contrib.tone_convert import to_normal

MOST: Final = 2
"""Of a character as many readings as are heard in names. Behind these stand those that books alone know, by
which 王 (in one of them yù) would be taken for 于."""

SURNAMES: Final = {"单": "shan", "解": "xie", "黑": "he", "能": "nai"}
"""Those that are read as surnames in a way that stands further behind."""


@cache
def readings(character: str) -> frozenset[str]:
    """The syllables without tones of a character; none of what is not one."""
    toned = [each for found in _listed(character) for each in found][:MOST]
    surname = SURNAMES.get(character)
    return frozenset((*(to_normal(each, v_to_u=False) for each in toned), *((surname,) if surname else ())))


def _listed(character: str) -> list[list[str]]:
    return pinyin(character, style=Style.TONE, heteronym=True, errors="ignore")
