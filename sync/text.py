"""Three-way merge of notes that two people wrote at the same time, by sentence and line.

Two edits are put together when they touch different sentences; where they touch the same place differently
there is no merge and a person decides. Following Khanna, Kunal and Pierce, "A Formal Investigation of Diff3"
(2007): the base is cut where all three agree, and each stretch between the cuts is taken from whoever
changed it.
"""

import re
from difflib import SequenceMatcher

# A sentence ends with Chinese or Latin punctuation and what closes behind it, or with the line. A Latin full
# stop ends one only before a space or the end: "3.5" and "No.4" stay whole.
_SENTENCE = re.compile(
    r"[^。！？；!?;\n.]*(?:(?:\.(?!\s|$)[^。！？；!?;\n.]*)*)(?:[。！？；!?;]+[”’』」）)\"']*|\.(?=\s|$)|\n|$)[ \t]*"
)


def sentences(text: str) -> list[str]:
    """Cut `text` into sentences; joined again they give the text, to the character."""
    return [piece for piece in _SENTENCE.findall(text) if piece]


def merge_texts(base: str, ours: str, theirs: str) -> str | None:
    """`base` with both people's edits in it, or None where they overlap.

    Insertions at the same place overlap too, except that both appended at the very end: two workers adding
    a line to the same note is the everyday case, and there both lines are kept, the one in force first.
    """
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    base_cut, our_cut, their_cut = sentences(base), sentences(ours), sentences(theirs)
    our_match = _matches(base_cut, our_cut)
    their_match = _matches(base_cut, their_cut)
    merged: list[str] = []
    at = our_at = their_at = 0
    while True:
        # The next base sentence that both kept is where the three agree again.
        meet = next(
            (i for i in range(at, len(base_cut)) if i in our_match and i in their_match), len(base_cut)
        )
        our_meet = our_match.get(meet, len(our_cut))
        their_meet = their_match.get(meet, len(their_cut))
        stretch = base_cut[at:meet]
        our_stretch = our_cut[our_at:our_meet]
        their_stretch = their_cut[their_at:their_meet]
        if our_stretch == their_stretch or their_stretch == stretch:
            merged += our_stretch
        elif our_stretch == stretch:
            merged += their_stretch
        elif meet == len(base_cut) and not stretch:
            merged += _both_appended("".join(our_stretch), "".join(their_stretch))
        else:
            return None
        if meet == len(base_cut):
            return "".join(merged)
        merged.append(base_cut[meet])
        at, our_at, their_at = meet + 1, our_meet + 1, their_meet + 1


def _matches(base: list[str], edited: list[str]) -> dict[int, int]:
    """Which base sentence stands where in the edited text."""
    matcher = SequenceMatcher(None, base, edited, autojunk=False)
    return {a + k: b + k for a, b, size in matcher.get_matching_blocks() for k in range(size)}


def _both_appended(ours: str, theirs: str) -> list[str]:
    if "\n" in theirs[:1] or ours.endswith("\n") or not ours:
        return [ours, theirs]
    # Without a break the two additions would read as one sentence by one person.
    return [ours, "\n", theirs]
