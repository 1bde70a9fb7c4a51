"""The columns that say of a row what decides, with the classes, who may know of it: those of `Place`."""

from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from sync.scope import Guard, Place

COLUMNS: Final = "case_id, author, child_until, guarded_from, guarded_until, sent"
"""Besides the area."""


def place_in(row: asyncpg.Record, area: UUID | None = None) -> Place:
    """What `row` says of its record. `area`: where the row does not say it."""
    guard = guard_between(row["guarded_from"], row["guarded_until"])
    return Place(area or row["area"], row["case_id"], row["author"], row["child_until"], guard, row["sent"])


def guard_between(since: date | None, until: date | None) -> Guard | None:
    """The guard that two columns tell of."""
    return None if since is None or until is None else Guard(since, until)
