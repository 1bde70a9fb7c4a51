"""Copies of a device: a phone's backup restored on a second phone holds the same sign-in, cursor and outbox.

Each cursor carries a nonce. For every copy of a device the server keeps the nonce that it last showed and
the one that it was last given. A device shows the one it was given; or the one before, when the answer was
lost; anything older belongs to a copy that went its own way, and gets a number of its own. From then on the
two count as different devices: their outboxes are still recognised change by change, and what they write
later meets as two people's work does (protocol.md, What must always hold, 14).
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sync.cursor import Cursor
from sync.statement import Connection, statement


class Copy(NamedTuple):
    """One copy of a device."""

    copy: int
    shown: int
    given: int


# Primary key.
_COPIES = statement("SELECT copy, shown, given FROM device_copy WHERE device = :device")

# Primary keys. The second half is almost always empty.
_COPIES_BESIDES = statement("""
    SELECT copy, shown, given, CAST(NULL AS uuid) AS change FROM device_copy WHERE device = :device
    UNION ALL
    SELECT NULL, NULL, NULL, change
    FROM withheld
    WHERE account = :account AND change = ANY(CAST(:changes AS uuid[]))
""")

# Nothing waits for the disk here: should the row be lost in a crash, the device counts as one more copy,
# which is harmless.
_GIVE = statement("""
    INSERT INTO device_copy (device, copy, shown, given)
    SELECT :device, :copy, :shown, :given
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quickly
    ON CONFLICT (device, copy) DO UPDATE SET shown = excluded.shown, given = excluded.given
""")


def copy_of(known: Sequence[Copy], cursor: Cursor | None) -> int:
    """Which copy of the device shows `cursor`: one of those known, or the next.

    Without a cursor it is the latest one, starting again or repeating a first exchange whose answer was lost.
    """
    latest = max((each.copy for each in known), default=0)
    if cursor is None:
        return latest
    for each in known:
        if cursor.nonce in (each.shown, each.given):
            return each.copy
    if all(each.copy != cursor.copy for each in known):
        return cursor.copy  # the row was lost with a restored database, or its first answer is under way
    return latest + 1


def device_key(device: int, copy: int) -> str:
    """How a copy of a device is named in stamps and history."""
    return str(device) if copy == 0 else f"{device}.{copy}"


async def copies(connection: Connection, device: int) -> list[Copy]:
    """What is known of the copies of `device` (its short number)."""
    return [Copy(*row.values()) for row in await _COPIES.fetch(connection, device=device)]


async def copies_besides(
    connection: Connection, device: int, account: UUID, changes: Collection[UUID]
) -> tuple[list[Copy], set[UUID]]:
    """What is known of the copies of `device`, and which of `changes` are not `account`'s to send."""
    rows = await _COPIES_BESIDES.fetch(connection, device=device, account=account, changes=list(changes))
    known = [Copy(row["copy"], row["shown"], row["given"]) for row in rows if row["change"] is None]
    return known, {row["change"] for row in rows if row["change"] is not None}


async def give(connection: Connection, device: int, copy: int, shown: int, given: int) -> None:
    """A copy showed the cursor `shown` (0: none) and is about to be given `given`."""
    await _GIVE.execute(connection, device=device, copy=copy, shown=shown, given=given)
