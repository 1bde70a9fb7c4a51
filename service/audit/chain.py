"""Adding to the audit: each entry is hashed together with all that stand before it in its chain.

The hash of an entry is SHA-256(hash of the one before ‖ digest), of the first one its digest alone; the
digest is SHA-256 over the MessagePack of everything else in the row. PostgreSQL does the first half, with
the row of `audit_head` locked: so an entry costs one statement, and nobody reads a head that moves on before
they have written theirs.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, Final
from uuid import UUID

import msgspec

from schemas.privacy import NO_CLASSES
from sync.audit import Parts
from sync.statement import Connection, statement

ERASED: Final = "erased"
"""The kind of an entry that says of which `records` the content was erased, history included."""

_encode = msgspec.msgpack.Encoder().encode
_to_json = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True):
    """One thing that somebody did. `detail` is JSON; ids, words and numbers, never anything people wrote."""

    chain: UUID
    at: datetime
    kind: str
    account: UUID | None = None
    device: str | None = None
    area: UUID | None = None
    classes: int = NO_CLASSES
    records: Sequence[UUID] = ()
    changes: Sequence[UUID] = ()
    detail: bytes = b"{}"

    def digest(self) -> bytes:
        """What the chain's hash takes of it."""
        return hashlib.sha256(_encode([*_values(self)])).digest()


def _values(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.chain,
        entry.at,
        entry.kind,
        entry.account,
        entry.device,
        entry.area,
        entry.classes,
        list(entry.records),
        list(entry.changes),
        entry.detail,
    )


def linked(before: bytes | None, digest: bytes) -> bytes:
    """The hash of an entry that comes after the one with the hash `before`; None where it is the first."""
    return digest if before is None else hashlib.sha256(before + digest).digest()


def reading_chain(account: UUID, area: UUID | None) -> UUID:
    """The chain of what `account` read in `area`; its own where there is no area."""
    return account if area is None else UUID(int=account.int ^ area.int)


def with_parts(parts: Parts, **more: Any) -> dict[str, Any]:
    """The fields `classes`, `records` and `detail` of an entry about `parts`.

    Records of the same classes stand together, and `detail.parts` says how many of which: [[classes, count]].
    """
    by_classes: dict[int, list[UUID]] = {}
    for record, classes in parts.items():
        by_classes.setdefault(classes, []).append(record)
    together = NO_CLASSES
    for classes in by_classes:
        together |= classes
    counts = [[classes, len(records)] for classes, records in by_classes.items()]
    return {
        "classes": together,
        "records": [record for records in by_classes.values() for record in records],
        "detail": _to_json({"parts": counts, **more}),
    }


class _Detail(msgspec.Struct):
    parts: list[tuple[int, int]] = []


_read_detail = msgspec.json.Decoder(_Detail).decode


def classes_of_each(detail: bytes) -> Iterator[int]:
    """The classes of each of an entry's records, in their order: what `with_parts` wrote."""
    for classes, count in _read_detail(detail).parts:
        yield from repeat(classes, count)


# In the order of chains, as everybody takes them who appends to several. An array of arrays cannot be ragged:
# ids travel as text, {…} as PostgreSQL writes arrays.
_APPEND = statement("""
    WITH entry AS MATERIALIZED (
        SELECT *
        FROM unnest(CAST(:chains AS uuid[]), CAST(:ats AS timestamptz[]), CAST(:kinds AS text[]),
                    CAST(:accounts AS uuid[]), CAST(:devices AS text[]), CAST(:areas AS uuid[]),
                    CAST(:classes AS integer[]), CAST(:records AS text[]), CAST(:changes AS text[]),
                    CAST(:details AS json[]), CAST(:digests AS bytea[]))
            AS e(chain, at, kind, account, device, area, classes, records, changes, detail, digest)
    ), head AS (
        INSERT INTO audit_head AS h (chain, no, hash)
        SELECT chain, 1, digest FROM entry ORDER BY chain
        ON CONFLICT (chain) DO UPDATE SET no = h.no + 1, hash = sha256(h.hash || excluded.hash)
        RETURNING chain, no, hash
    )
    INSERT INTO audit (chain, no, at, kind, account, device, area, classes, records, changes, detail, hash)
    SELECT e.chain, head.no, e.at, e.kind, e.account, e.device, e.area, e.classes,
           CAST(e.records AS uuid[]), CAST(e.changes AS uuid[]), e.detail, head.hash
    FROM entry e
    JOIN head ON head.chain = e.chain
""")


async def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries, each to a chain of its own. The heads stay locked until the transaction ends."""
    if not entries:
        return
    if len({entry.chain for entry in entries}) < len(entries):
        raise ValueError("an append takes one entry a chain")
    await _APPEND.execute(
        connection,
        chains=[entry.chain for entry in entries],
        ats=[entry.at for entry in entries],
        kinds=[entry.kind for entry in entries],
        accounts=[entry.account for entry in entries],
        devices=[entry.device for entry in entries],
        areas=[entry.area for entry in entries],
        classes=[entry.classes for entry in entries],
        records=[_array(entry.records) for entry in entries],
        changes=[_array(entry.changes) for entry in entries],
        details=[entry.detail for entry in entries],
        digests=[entry.digest() for entry in entries],
    )


def _array(ids: Sequence[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"
