"""Changes as a phone writes them."""

import time
import uuid
from itertools import count
from typing import Any
from uuid import UUID

from sync.clock import Clock

_clock = Clock("7e57")
_order = count()


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    tail = uuid.uuid4().int & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | (next(_order) & 0xFFF) << 64 | 2 << 62 | tail)


def change(collection: str, record: UUID, area: UUID, **more: Any) -> dict[str, Any]:
    """One change, now. `more` overrides and adds: `set`, `base`, `after`, `op` …"""
    return {
        "id": str(new_id()),
        "collection": collection,
        "record": str(record),
        "area": str(area),
        "at": _clock.now(time.time_ns() // 1_000_000),
        **{name: str(value) if isinstance(value, UUID) else value for name, value in more.items()},
    }


def household(area: UUID, record: UUID | None = None, **fields: Any) -> dict[str, Any]:
    """A new household."""
    values = {"name": "王家", "address": "西津东路 575 号", "community": "620103001001", **fields}
    return change("household", record or new_id(), area, set=values)
