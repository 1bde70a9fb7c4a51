"""What of records, history and quarantine is sealed, on its way to the tables and back.

Called by the stores, with the locks held that decide which key is current. What a change did not touch is
written back as it was read: most edits seal nothing.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Policy
from schemas.privacy import CLASSES, SEALED, Privacy
from sync import sealing
from sync.blind import tokens
from sync.item import HistoryRow, QuarantineRow
from sync.keyring import NOWHERE, Keyring, keyring_of
from sync.record import Stored
from sync.sealing import SealingKey, nonces
from sync.statement import Connection

SEALED_CLASSES: Final = tuple(privacy for privacy in CLASSES if privacy in SEALED)
_PLACES: Final = tuple((CLASSES.index(privacy), privacy) for privacy in SEALED_CLASSES)
_SENT_COLUMNS: Final = tuple(f"sent_{privacy.value}" for privacy in SEALED_CLASSES)
SALT_BYTES: Final = 16
_encode = msgspec.json.Encoder().encode


Keys: TypeAlias = Mapping[UUID, SealingKey]
"""By area, what to seal with."""


class Opener:
    """Opens what is sealed of one record (`sync.record.Opening`)."""

    __slots__ = ("_keyring", "_record", "area")

    def __init__(self, keyring: Keyring, area: UUID, record: UUID) -> None:
        self._keyring = keyring
        self.area = area
        self._record = record

    def part(self, privacy: Privacy, sealed: bytes) -> bytes:
        """See `Opening`."""
        return self._keyring.unseal_part(self.area, self._record, privacy, sealed)

    def stamps(self, sealed: bytes) -> bytes:
        """See `Opening`."""
        return self._keyring.unseal(self.area, sealed, sealing.stamps_of(self.area, self._record))


class Columns(NamedTuple):
    """What is stored of a record where it may be sealed."""

    bodies: Sequence[bytes | None]
    stamps: bytes
    sealed_stamps: bytes | None
    tokens: Sequence[bytes | None]


async def met(connection: Connection, records: Collection[Stored]) -> None:
    """Have the keys ready for whatever a decision may open of `records`, which were just read."""
    await keyring_of(connection).meet_all(
        connection,
        (
            (record.area, sealed)
            for record in records
            for sealed in (record.sealed_stamps, *(record.bodies[index] for index, _ in _PLACES))
        ),
    )


async def keys_for(connection: Connection, records: Collection[Stored], rows: Collection[HistoryRow]) -> Keys:
    """What to seal `records` and rows of history with, whose areas are locked; empty if there is no need."""
    areas = {row.area for row in rows if any(row.sent[index] is not None for index, _ in _PLACES)}
    areas.update(
        record.area
        for record in records
        if any(_is_to_seal(record, index, privacy) for index, privacy in _PLACES)
        or _has_stamps_to_seal(record)
    )
    return await keyring_of(connection).current(connection, areas) if areas else {}


def of_records(keyring: Keyring, records: Collection[Stored], keys: Keys) -> list[Columns]:
    """What to write of `records`."""
    fresh = nonces(len(records) * (len(_PLACES) + 1)) if keys else iter(())
    return [_columns(record, keys, keyring, fresh) for record in records]


def _columns(record: Stored, keys: Keys, keyring: Keyring, fresh: Iterator[bytes]) -> Columns:
    stamps, values = _stamps_of(record)
    bodies = list(record.bodies)
    for index, privacy in _PLACES:
        if _is_to_seal(record, index, privacy):
            plain = record.body(privacy)
            assert plain is not None
            bound = sealing.part_of(record.area, record.id, privacy)
            bodies[index] = keys[record.area].seal(plain, bound, next(fresh))
    sealed_stamps = record.sealed_stamps
    if values is not None:
        bound = sealing.stamps_of(record.area, record.id)
        sealed_stamps = keys[record.area].seal(values, bound, next(fresh))
    return Columns(bodies, stamps, sealed_stamps, tokens(keyring.indexing, record))


def _is_to_seal(record: Stored, index: int, privacy: Privacy) -> bool:
    if record.bodies[index] is None:
        return False
    return record.has_moved or not record.is_as_read(privacy)


def _stamps_of(record: Stored) -> tuple[bytes, bytes | None]:
    """The stamps, and apart from them those to be sealed, if any are to be sealed now."""
    if _has_stamps_to_seal(record):
        return record.stamps_apart(_names_with_values(record.collection))
    return record.stamps_json, None


def _has_stamps_to_seal(record: Stored) -> bool:
    if record.sealed_stamps is not None and not record.has_moved:
        return False  # nobody asked for them
    names = _names_with_values(record.collection)
    if not names and record.sealed_stamps is None:
        return False  # without a look at the stamps: most are never decoded
    return not record.stamps.keys().isdisjoint(names)


def _names_with_values(collection: str) -> tuple[str, ...]:
    declared = COLLECTIONS.get(collection)
    return () if declared is None else _with_values(declared)


@cache
def _with_values(declared: Declaration) -> tuple[str, ...]:
    """The fields of sealed classes whose stamps say more than who and when: claims, and members of sets."""
    return tuple(
        name
        for name, field in declared.fields.items()
        if field.privacy in SEALED and field.policy in (Policy.HIGHEST, Policy.UNION)
    )


def of_history(keyring: Keyring, rows: Collection[HistoryRow], keys: Keys) -> list[HistoryRow]:
    """Rows of history as they are to be written. `keys`: see `keys_for`."""
    fresh = nonces(len(rows) * len(_PLACES)) if keys else iter(())
    written = []
    for row in rows:
        digest = sealing.sent_digest(keyring.hashing, row.area, row.rev, row.item.id, row.sent)
        parts = list(row.sent)
        for index, privacy in _PLACES:
            plain = parts[index]
            if plain is not None:
                bound = sealing.sent_in(row.area, row.record, privacy, row.item.id, row.rev)
                parts[index] = keys[row.area].seal(plain, bound, next(fresh))
        written.append(row._replace(sent=parts, sealed_digest=digest, salt=os.urandom(SALT_BYTES)))
    return written


async def met_in_history(connection: Connection, rows: Collection[asyncpg.Record]) -> None:
    """Have the keys ready that open these rows: of their columns, `area` and all `sent_` that are sealed."""
    await keyring_of(connection).meet_all(
        connection, ((row["area"], row[column]) for row in rows for column in _SENT_COLUMNS)
    )


def sent_in(
    keyring: Keyring, area: UUID, record: UUID, change: UUID, rev: int, sent: Sequence[bytes | None]
) -> list[bytes | None]:
    """What a row of history says, by class, opened; its keys were met. Raises SealBroken."""
    parts = list(sent)
    for index, privacy in _PLACES:
        sealed = parts[index]
        if sealed is not None:
            parts[index] = keyring.unseal(area, sealed, sealing.sent_in(area, record, privacy, change, rev))
    return parts


class Keeper:
    """Seals what goes to quarantine, in one transaction."""

    def __init__(self, key: SealingKey, count: int) -> None:
        self._key = key
        self._fresh = nonces(count)

    def sealed(self, column: str, plain: bytes, account: UUID, change: UUID, hash: bytes) -> bytes:
        """`plain`, to be kept in `column` of the row with this key."""
        return self._key.seal(plain, sealing.kept_as(column, account, change, hash), next(self._fresh))

    def payloads(self, rows: Iterable[QuarantineRow]) -> list[bytes]:
        """Changes as they were sent, to be kept."""
        items = [row.item for row in rows]
        return [self.sealed("payload", item.payload, item.account, item.kept_as, item.hash) for item in items]

    def problems(self, rows: Iterable[QuarantineRow]) -> list[bytes]:
        """What is wrong with changes, to be kept."""
        return [
            self.sealed("problem", _encode(row.problem), row.item.account, row.item.kept_as, row.item.hash)
            for row in rows
        ]


async def keeper(connection: Connection, count: int) -> Keeper:
    """Who seals up to `count` things of quarantine."""
    return Keeper(await keyring_of(connection).current_in_quarantine(connection), count)


async def kept(connection: Connection, rows: Collection[asyncpg.Record]) -> list[dict[str, Any]]:
    """Rows of quarantine, with what is sealed in them opened. Raises SealBroken."""
    if not rows:
        return []
    keyring = keyring_of(connection)
    found = [dict(row) for row in rows]
    columns = [column for column in ("payload", "repaired", "problem") if column in found[0]]
    await keyring.meet(connection, NOWHERE, (row[column] for row in found for column in columns))
    for row in found:
        for column in columns:
            if row[column] is not None:
                bound = sealing.kept_as(column, row["account"], row["change"], row["hash"])
                row[column] = keyring.unseal(NOWHERE, row[column], bound)
    return found
