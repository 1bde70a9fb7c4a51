"""Three-way merge of notes that two people wrote at the same time, by sentence and line.

Two edits are put together when they touch different sentences, also next to each other; where they touch the
same place differently there is no merge and a person decides. That is three-way merge as Khanna, Kunal and
Pierce describe it, "A Formal Investigation of Diff3" (2007), with a sentence as the unit that is kept whole.
"""

import re
from difflib import SequenceMatcher

# A sentence ends with Chinese or Latin punctuation and what closes behind it, or before the end of the line.
# A Latin full stop ends one only before a space or the end: "3.5" and "No.4" stay whole. The end of a line is
# a piece of its own, so that a line stays the same when another is written below it.
_PIECE = re.compile(
    r"\n|[^。！？；!?;\n.]*(?:\.(?!\s|\Z)[^。！？；!?;\n.]*)*"
    r"(?:[。！？；!?;]+[”’』」）)\"']*|\.(?=\s|\Z)|(?=\n)|\Z)[ \t]*"
)
_MOST_COMPARISONS = 250_000  # some tens of milliseconds; a note of 4,000 characters has 200 sentences


def sentences(text: str) -> list[str]:
    """Cut `text` into sentences and ends of lines; joined again they give the text, to the character."""
    return [piece for piece in _PIECE.findall(text) if piece]


def merge_texts(base: str | None, ours: str, theirs: str) -> str | None:
    """`base` with both people's edits in it, or None where they overlap.

    Insertions at the same place overlap too, except that both appended at the very end: two workers adding
    a line to the same note is the everyday case, and there both lines are kept, the one in force (`ours`)
    first. `base` is None where there was nothing before, or nobody knows what: then what both have in common
    stands for it.
    """
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    our_cut, their_cut = sentences(ours), sentences(theirs)
    base_cut = sentences(base) if base else _common(our_cut, their_cut)
    edits = _edits(base_cut, our_cut)
    edits += [edit for edit in _edits(base_cut, their_cut) if edit not in edits]
    edits.sort(key=lambda edit: edit[:2])
    end = len(base_cut)
    merged: list[str] = []
    done = 0
    for place, (start, stop, put) in enumerate(edits):
        if start < done or (place and start == stop == edits[place - 1][0]):
            before = edits[place - 1]
            if not start == stop == before[0] == before[1] == end:
                return None
            both = _both_appended(before[2], put, is_known=bool(base))
            if both is None:
                return None
            merged[-1] = both
            continue
        merged += base_cut[done:start]
        merged.append(put)
        done = stop
    return "".join(merged + base_cut[done:])


def _edits(base: list[str], edited: list[str]) -> list[tuple[int, int, str]]:
    """What was done to `base`: from sentence, to sentence, what stands there now."""
    found = []
    done = here = 0
    kept = [*sorted(_matches(base, edited).items()), (len(base), len(edited))]
    for place, there in kept:
        if place > done or there > here:
            found.append((done, place, "".join(edited[here:there])))
        done, here = place + 1, there + 1
    return found


def _both_appended(ours: str, theirs: str, is_known: bool) -> str | None:
    if is_known:
        # One may have added to the other's addition: after a restore a phone sends again what its person
        # wrote below lines that count as new themselves. Those are not written twice.
        return merge_texts(None, ours, theirs)
    if theirs.startswith("\n") or ours.endswith("\n"):
        return ours + theirs
    # Without a break the two additions would read as one sentence by one person.
    return ours + "\n" + theirs


def _common(ours: list[str], theirs: list[str]) -> list[str]:
    """The sentences that both have, in order. Blank lines alone have nothing in common."""
    return [ours[place] for place in sorted(_matches(ours, theirs)) if ours[place].strip()]


def _matches(base: list[str], edited: list[str]) -> dict[int, int]:
    """Which base sentence stands where in the edited text."""
    shorter = min(len(base), len(edited))
    head = next((i for i in range(shorter) if base[i] != edited[i]), shorter)
    tail = next((i for i in range(shorter - head) if base[-1 - i] != edited[-1 - i]), shorter - head)
    found = {place: place for place in range(head)}
    middle, other = base[head : len(base) - tail], edited[head : len(edited) - tail]
    # Comparing takes the product of the lengths where sentences repeat. Beyond it a person decides.
    if len(middle) * len(other) <= _MOST_COMPARISONS:
        matcher = SequenceMatcher(None, middle, other, autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            found.update((head + a + k, head + b + k) for k in range(size))
    found.update((len(base) - i, len(edited) - i) for i in range(tail, 0, -1))
    return found
