"""Another person's outbox, found on a phone that somebody else has signed in on.

A phone shows whose it was by its cursor. Nothing in its outbox is stored then as the present person's. But a
phone keeps its outbox through a reset, and may well send it again behind the new cursor that it was given:
so the ids are remembered, and this account is never taken for their author (protocol.md, What must always
hold, 15). When the author signs in the same changes are theirs.
"""

from collections.abc import Collection
from uuid import UUID

import msgspec

from sync.statement import Connection, statement

_WITHHOLD = statement("""
    INSERT INTO withheld (account, change)
    SELECT :account, change FROM unnest(CAST(:changes AS uuid[])) AS change
    ON CONFLICT DO NOTHING
""")


class _Identified(msgspec.Struct):
    id: UUID


_read = msgspec.json.Decoder(_Identified).decode


def id_of(change: msgspec.Raw) -> UUID | None:
    """The id of a change as it was sent; None for one that cannot be named."""
    try:
        return _read(change).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


async def withhold(connection: Connection, account: UUID, changes: Collection[UUID]) -> None:
    """Remember that these are not `account`'s."""
    await _WITHHOLD.execute(connection, account=account, changes=list(changes))
