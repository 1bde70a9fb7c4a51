"""What the engine tells of who wrote and who read what, for whoever keeps account of it.

The engine knows which records a page held and what a push came to; who keeps that, and how it is made hard to
forge, is the business of the layer above. It is told in the transaction that writes, so that nothing is
stored of which no account was given, and before an answer is sent, so that nothing is read either.

Ids and classes, never values.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

from schemas.privacy import CLASSES, NO_CLASSES, SEALED, Privacy, class_set
from sync.batch import Batch
from sync.item import HistoryRow, Item
from sync.scope import merge_bits
from sync.statement import Connection

PERSONAL = class_set([Privacy.CONTACT, Privacy.IDENTITY, Privacy.CASE, Privacy.CONFIDENTIAL])
"""The classes of which every reading is kept account of."""

Parts: TypeAlias = dict[UUID, int]
"""By record, the classes of it that were read or written."""

Reading: TypeAlias = dict[UUID | None, Parts]
"""What one answer held, by area; None for what lies in no area that its author ever held."""

_encode = msgspec.msgpack.Encoder().encode


class Written(msgspec.Struct, frozen=True):
    """What one batch did in one area.

    `changes` took effect, at the positions `first` to `last` of the area's log, and `fold` is the hash over
    their rows of history: who alters one of them later is found out. `kept` went to quarantine or stay there,
    `dismissed` were let go. `area` is None for work of somebody who never held the area that it names.
    """

    area: UUID | None
    records: Parts
    changes: list[UUID] = []
    first: int = 0
    last: int = 0
    fold: bytes = b""
    kept: list[UUID] = []
    dismissed: list[UUID] = []


class Auditor(Protocol):
    """Keeps account of what one caller does. `device`: the copy of it that does so, if that is known."""

    async def wrote(
        self, connection: Connection, at: datetime, written: Sequence[Written], device: str | None = None
    ) -> None:
        """A batch was stored in this transaction, with the locks on its areas held."""

    async def read(
        self, connection: Connection, how: str, reading: Reading, device: str | None = None
    ) -> None:
        """`reading` is about to be sent, in the answer to `how`. Durable once this transaction is."""


def written_by(
    batch: Batch, history: Collection[HistoryRow], received: datetime, dismissed: Collection[Item] = ()
) -> list[Written]:
    """What `batch` wrote, area by area: nothing where it wrote nothing. `history`: as it was written."""
    rows: dict[UUID, list[HistoryRow]] = {}
    for row in history:
        rows.setdefault(row.area, []).append(row)
    records: dict[UUID | None, Parts] = {}
    # Conflicts that were opened and families that moved are written without a change of their own.
    for key in [*((each.area, each.id) for each in batch.dirty), *batch.removed]:
        records.setdefault(key[0], {})[key[1]] = NO_CLASSES
    for log, of_area in rows.items():
        parts = records.setdefault(log, {})
        for row in of_area:
            merge_bits(parts, row.record, _classes_sent(row))
    for each in batch.dirty:
        # Deleted, moved, or made by the server: written as a whole.
        if records[each.area][each.id] == NO_CLASSES:
            records[each.area][each.id] = each.classes()
    kept: dict[UUID | None, list[UUID]] = {}
    for left in [*batch.quarantine, *batch.still_waiting]:
        kept.setdefault(left.area, []).append(left.item.id)
        if left.item.change is not None:
            records.setdefault(left.area, {}).setdefault(left.item.change.record, NO_CLASSES)
    gone: dict[UUID | None, list[UUID]] = {}
    for item in dismissed:
        area = item.change.area if item.change is not None else None
        gone.setdefault(area, []).append(item.kept_as)
    found = []
    for area in dict.fromkeys([*records, *kept, *gone]):
        in_order = sorted(rows.get(area, ()), key=lambda row: row.rev) if area is not None else []
        found.append(
            Written(
                area,
                records.get(area, {}),
                [row.item.id for row in in_order],
                in_order[0].rev if in_order else 0,
                in_order[-1].rev if in_order else 0,
                fold(_as_stored(row, received) for row in in_order) if in_order else b"",
                kept.get(area, []),
                gone.get(area, []),
            )
        )
    return found


_DONE = (
    "area, rev, change, account, device, record, collection, op, base, at, received_at, outcome, record_rev, "
    "conflicts"
)
_SAID = ", ".join(
    ["hash", "sealed_digest", *(f"sent_{privacy.value}" for privacy in CLASSES if privacy not in SEALED)]
)
HISTORY_COLUMNS = f"{_DONE}, {_SAID}, salt, commitments"
"""What `fold` takes of a row of history, in this order: all of it, and for what is sealed its digest."""

_NAMES = HISTORY_COLUMNS.split(", ")
FOLDED: Final = slice(len(_NAMES))
"""These columns of a row that has others behind them."""

AREA, REV, CHANGE, RECORD, SEALED_DIGEST = (
    _NAMES.index(name) for name in ("area", "rev", "change", "record", "sealed_digest")
)
"""Where these stand in such a row."""

_CONTENT = slice(len(_DONE.split(", ")), -2)


def fold(rows: Iterable[Sequence[Any]]) -> bytes:
    """One hash over rows of history in the order of their positions, each as `HISTORY_COLUMNS`.

    SHA-256 over the MessagePack of who did what when, and of the commitments to what they said: so a row
    whose content was erased still proves the rest, and its neighbours. For what is sealed stands a keyed
    digest of its plain text: so a new key leaves the fold true, and to check takes no key. That the two agree
    is checked where the keys are.
    """
    digest = hashlib.sha256()
    for row in rows:
        kept = row[-1] or commitments(row)
        digest.update(_encode([*row[: _CONTENT.start], *kept]))
    return digest.digest()


def commitments(row: Sequence[Any]) -> list[bytes | None]:
    """What stands for each piece of content of a row, as `HISTORY_COLUMNS`, in the audit.

    A hash of a telephone number alone is as good as the number: whoever has it tries them all. So each piece
    is hashed behind the row's salt, which goes with the content.
    """
    salt = row[-2] or b""
    return [
        None if piece is None else hashlib.sha256(b"%b%c%b" % (salt, number, piece)).digest()
        for number, piece in enumerate(row[_CONTENT])
    ]


def is_erased(row: Sequence[Any]) -> bool:
    """Whether the content of a row, as `HISTORY_COLUMNS`, was erased."""
    return row[-1] is not None


def is_empty(row: Sequence[Any]) -> bool:
    """Whether a row has neither content nor salt."""
    return not any(row[_CONTENT]) and row[-2] is None


def _as_stored(row: HistoryRow, received: datetime) -> list[Any]:
    item, change = row.item, row.item.change
    return [
        row.area,
        row.rev,
        item.id,
        item.account,
        item.by,
        row.record,
        row.collection,
        change.op if change else "write",
        change.base if change else 0,
        item.at,
        received,
        row.outcome,
        row.record_rev,
        list(row.conflicts) or None,
        item.hash,
        row.sealed_digest,
        *(sent for privacy, sent in zip(CLASSES, row.sent, strict=True) if privacy not in SEALED),
        row.salt,
        None,
    ]


def _classes_sent(row: HistoryRow) -> int:
    return class_set(privacy for privacy, sent in zip(CLASSES, row.sent, strict=True) if sent is not None)
