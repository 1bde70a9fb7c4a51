"""One thing that somebody did on a phone in the pilot year, before it becomes a change of the protocol."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sync.wire import Op, Outcome


class Entry(msgspec.Struct, kw_only=True):
    """An edit of one record by one account.

    `unseen`: made without knowing the edit of somebody else that came before it. `decides`: it settles the
    newest conflict about the record. `hears`: made on what came of work that its author had sent before.
    `expects`: what the engine must answer, so that a demo which no longer fits the declarations is noticed
    when it is loaded.
    """

    moment: datetime
    by: str
    area: UUID
    collection: str
    record: UUID
    set: dict[str, Any] = {}
    add: dict[str, list[Any]] = {}
    remove: dict[str, list[Any]] = {}
    increment: dict[str, int] = {}
    op: Op = "write"
    needs: tuple[UUID, ...] = ()
    unseen: bool = False
    decides: bool = False
    hears: bool = False
    expects: Outcome = "applied"
