"""The hybrid logical clock: when a person edited, as far as a phone's clock can be believed.

Written `2026-11-20T03:14:15.926Z-0000-1f3c`: wall time in UTC to the millisecond, a counter, and the device's
node, each in four hexadecimal digits. Compared as text it orders by time, then counter, then node. After
Kulkarni et al., "Logical Physical Clocks" (2014).

Wall time alone decides nothing that matters (protocol.md, How concurrent edits meet); it breaks ties between
people who could not see each other's work.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-[0-9a-f]{4}-[0-9a-f]{4}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_COUNTER = 0xFFFF


def clamp(at: str, received_ms: int) -> str:
    """`at`, but no later than the moment it was received: a phone whose clock is ahead gains nothing by it.

    Its counter is kept, so that the edits of one batch stay in their order, and its node, so that ties are
    still broken in the same way on every server. Raises ValueError where `at` is no such clock.
    """
    if _FORM.fullmatch(at) is None:
        raise ValueError(at)
    datetime.fromisoformat(at[:24])  # the thirtieth of February, the twenty-fifth hour
    received = wall_text(received_ms)
    return at if at[:24] <= received else received + at[24:]


def next_after(at: str) -> str:
    """The reading that follows `at` directly, by the same node."""
    clock = Clock(at[30:], at)
    clock._tick()
    return clock._said()


@lru_cache(maxsize=8)  # all changes of a push are clamped to one moment
def wall_text(milliseconds: int) -> str:
    """Milliseconds since 1970 as the wall part of a clock."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class Clock:
    """A device's own clock. It never runs backwards, whatever happens to the phone's time.

    `node`: four hexadecimal digits, drawn once by the device. `last`: the last reading, kept across restarts.
    """

    def __init__(self, node: str, last: str | None = None) -> None:
        if re.fullmatch(r"[0-9a-f]{4}", node) is None:
            raise ValueError(f"a node is four hexadecimal digits, not {node!r}")
        self._node = node
        self._wall = ""
        self._counter = 0
        if last is not None:
            self.observe(last)

    def now(self, wall_ms: int) -> str:
        """The next reading, at wall time `wall_ms` (milliseconds since 1970). Later than every one before."""
        wall = wall_text(wall_ms)
        if wall > self._wall:
            self._wall, self._counter = wall, 0
        else:
            self._tick()
        return self._said()

    def observe(self, at: str) -> None:
        """Somebody else's edit was seen: what is written from now on is later. Raises ValueError."""
        if _FORM.fullmatch(at) is None:
            raise ValueError(at)
        wall, counter = at[:24], int(at[25:29], 16)
        if (wall, counter) > (self._wall, self._counter):
            self._wall, self._counter = wall, counter

    def _said(self) -> str:
        return f"{self._wall}-{self._counter:04x}-{self._node}"

    def _tick(self) -> None:
        if self._counter < _LAST_COUNTER:
            self._counter += 1
            return
        later = datetime.fromisoformat(self._wall) + timedelta(milliseconds=1)
        self._wall, self._counter = wall_text((later - _EPOCH) // timedelta(milliseconds=1)), 0
