"""Ids as phones make them (UUIDv7, RFC 9562), drawn from a seed: the demo is the same on every machine."""

import random
from datetime import datetime
from uuid import UUID


def id_made_at(moment: datetime, chance: random.Random) -> UUID:
    """The id of something that was made at `moment`."""
    milliseconds = int(moment.timestamp() * 1000)
    drawn = chance.getrandbits(74)
    return UUID(
        int=milliseconds << 80 | 0x7 << 76 | (drawn >> 62) << 64 | 0b10 << 62 | (drawn & ((1 << 62) - 1))
    )
