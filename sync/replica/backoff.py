"""How long to wait before trying again: exponential, with full jitter.

All phones of a district lose the same server at the same moment. Drawing the whole delay at random, and not
only its end, keeps them from coming back at the same moment too (Brooker, "Exponential Backoff And Jitter",
AWS Architecture Blog, 2015).
"""

import random

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """`first`: at most so many seconds before the second attempt, doubling up to `most`.

    `attempts`: after so many in a row a conversation is given up, and the app is told.
    """

    first: float = 0.5
    most: float = 60.0
    attempts: int = 8

    def delay(self, failures: int, chance: random.Random) -> float:
        """Seconds to wait after `failures` failures in a row (1 or more)."""
        return chance.uniform(0, min(self.most, self.first * 2 ** min(failures - 1, 32)))
