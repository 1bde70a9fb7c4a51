"""Whether what is sealed opens, and says what the audit accounts for."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from schemas.privacy import CLASSES, SEALED
from sync import sealed
from sync.audit import AREA, CHANGE, RECORD, REV, SEALED_DIGEST
from sync.confine import confine, confine_to_all
from sync.keyring import Keyring, keyring_of
from sync.record import Stored
from sync.sealed import SEALED_CLASSES, Opener
from sync.sealing import SealBroken, sent_digest
from sync.statement import Connection, Statement, statement
from sync.store import all_areas

AT_ONCE: Final = 1_000  # rows in memory

_NAMES = [privacy.value for privacy in SEALED_CLASSES]

# Primary key.
_RECORDS = statement(f"""
    SELECT id, rev, sealed_stamps,
           {", ".join(f"body_{name}" for name in _NAMES)}, {", ".join(f"rev_{name}" for name in _NAMES)}
    FROM record
    WHERE area = :area AND id > :after
      AND (sealed_stamps IS NOT NULL OR {" OR ".join(f"rev_{name} IS NOT NULL" for name in _NAMES)})
    ORDER BY id
    LIMIT :limit
""")

# Primary key.
_RESTRICTED = statement(f"""
    SELECT id, restriction AS rev, sealed_stamps,
           {", ".join(f"body_{name}" for name in _NAMES)},
           {", ".join(f"NULL AS rev_{name}" for name in _NAMES)}
    FROM restricted_record
    WHERE area = :area AND id > :after
    ORDER BY id
    LIMIT :limit
""")

_QUARANTINE = statement("""
    SELECT account, no, change, hash, payload, repaired, problem
    FROM quarantine
    WHERE no > :after
    ORDER BY no
    LIMIT :limit
""")


async def says_its_digest(
    connection: Connection, keyring: Keyring, row: Sequence[Any], sealed_parts: Sequence[bytes | None]
) -> bool:
    """Whether what is sealed of a row of history, as `HISTORY_COLUMNS`, opens to what its digest is of."""
    parts = dict(zip(SEALED_CLASSES, sealed_parts, strict=True))
    digest: bytes | None = row[SEALED_DIGEST]
    if digest is None and not any(parts.values()):
        return True
    area, rev, change = row[AREA], row[REV], row[CHANGE]
    await keyring.meet(connection, area, parts.values())
    by_class = [parts[privacy] if privacy in SEALED else None for privacy in CLASSES]
    try:
        said = sealed.sent_in(keyring, area, row[RECORD], change, rev, by_class)
    except SealBroken:
        return False
    return sent_digest(keyring.hashing, area, rev, change, said) == digest


async def broken_seals(connection: Connection) -> AsyncIterator[tuple[UUID, int]]:
    """What does not open: of records their area and rev, of those put away for a while their area and
    restriction, of quarantine the author and number.

    A part that is gone though its rev is there counts too.
    """
    for area in await all_areas(connection):
        await confine(connection, [area])
        for kept in (_RECORDS, _RESTRICTED):
            async for rev in _broken_records(connection, area, kept):
                yield area, rev
    await confine_to_all(connection)
    async for found in _broken_in_quarantine(connection):
        yield found


async def _broken_records(connection: Connection, area: UUID, kept: Statement) -> AsyncIterator[int]:
    keyring, after = keyring_of(connection), UUID(int=0)
    while True:
        rows = await kept.fetch(connection, area=area, after=after, limit=AT_ONCE)
        stored = [
            Stored(
                area,
                row["id"],
                "",
                rev=row["rev"],
                bodies=[row[f"body_{p.value}"] if p in SEALED else None for p in CLASSES],
                revs=[row[f"rev_{p.value}"] if p in SEALED else None for p in CLASSES],
                sealed_stamps=row["sealed_stamps"],
                opening=Opener(keyring, area, row["id"]),
            )
            for row in rows
        ]
        await sealed.met(connection, stored)
        for record in stored:
            if not _is_whole(record):
                yield record.rev
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["id"]


def _is_whole(record: Stored) -> bool:
    try:
        _ = record.stamps
        bodies = [record.body(privacy) for privacy in CLASSES]
    except SealBroken:
        return False
    return all(body is not None or rev is None for body, rev in zip(bodies, record.revs, strict=True))


async def _broken_in_quarantine(connection: Connection) -> AsyncIterator[tuple[UUID, int]]:
    after = -1
    while True:
        rows = await _QUARANTINE.fetch(connection, after=after, limit=AT_ONCE)
        for row in rows:
            try:
                await sealed.kept(connection, [row])
            except SealBroken:
                yield row["account"], row["no"]
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["no"]
