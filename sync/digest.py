"""The digest of an area: how a device and the server notice that they no longer hold the same.

Both sides compute it from (id, visible rev) alone. A rev orders everything that happened to a record, so
equal revs mean equal contents, and no field that one side may not see ever enters the hash.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID

HEX_DIGITS = 16  # 64 bits: to notice divergence, not to withstand an attacker, who could only fool themselves


def digest(revs: Iterable[tuple[UUID, int]]) -> str:
    """`count:hash` over the live records of one area, given in any order as (id, rev) pairs.

    The hash is the beginning of SHA-256 over the lines `id rev\\n`, the id in lower case with hyphens, the
    rev in decimal, sorted by the id as text. An area in which nothing is held has a digest too.
    """
    # UUIDs compare by value, and so does their text: hexadecimal digits in the same places.
    lines = [f"{id} {rev}\n" for id, rev in sorted(revs)]
    return f"{len(lines)}:{hashlib.sha256(''.join(lines).encode()).hexdigest()[:HEX_DIGITS]}"
