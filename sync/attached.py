"""Files that belong to records: what the engine keeps of them, and what becomes of it with their record.

A file is named by its id in a field of a record, and is there for whoever reads the part that this field lies
in: while that is put away (sync/restricting.py) it is for nobody, and once nothing names it neither. So
nothing else has to be kept in step. What lies elsewhere than in the database, the content, is sealed with a
key of its own where its class is; the key stands here, sealed with that of the area, and goes with the row.
"""

from collections.abc import Collection
from uuid import UUID

import msgspec

from sync.item import DepartureRow, Key
from sync.keyring import keyring_of
from sync.sealing import attached_to, nonces
from sync.statement import Connection, statement

# Primary key.
_OF_RECORDS = statement("""
    SELECT a.area, a.record, a.field, a.id, a.head
    FROM unnest(CAST(:areas AS uuid[]), CAST(:records AS uuid[])) AS wanted(area, record)
    JOIN attachment a ON a.area = wanted.area AND a.record = wanted.record
""")

_MOVE = statement("""
    UPDATE attachment SET area = :to, head = :head
    WHERE area = :area AND record = :record AND field = :field AND id = :id
""")

# Primary key; ix_upload_area_record. Uploads name the area in which the record was when they began.
_FORGET = statement("""
    WITH gone AS (
        DELETE FROM attachment WHERE area = :area AND record = ANY(CAST(:records AS uuid[]))
        RETURNING address, thumbnail
    ), stopped AS (
        DELETE FROM upload u
        WHERE u.record = ANY(CAST(:records AS uuid[]))
          AND (u.area = :area OR EXISTS (
              SELECT FROM departure d WHERE d.area = u.area AND d.record = u.record
          ))
    )
    INSERT INTO content_leaving (address)
    SELECT address FROM gone
    UNION
    SELECT thumbnail FROM gone WHERE thumbnail IS NOT NULL
    ON CONFLICT DO NOTHING
""")


class Head(msgspec.Struct, frozen=True):
    """What is kept sealed of a file.

    `key`: what its content is sealed with, if it is. `digest`: SHA-256 of the content. `filename`: as its
    sender called it.
    """

    key: bytes | None
    digest: bytes
    filename: str | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Head).decode


async def sealed_head(
    connection: Connection, area: UUID, record: UUID, field: str, id: UUID, head: Head
) -> bytes:
    """`head`, to be kept. The area's lock is held."""
    key = (await keyring_of(connection).current(connection, [area]))[area]
    (nonce,) = nonces(1)
    return key.seal(_encode(head), attached_to(area, record, field, id), nonce)


async def opened_head(
    connection: Connection, area: UUID, record: UUID, field: str, id: UUID, sealed: bytes
) -> Head:
    """What was sealed. Raises SealBroken."""
    keyring = keyring_of(connection)
    await keyring.meet(connection, area, [sealed])
    return _decode(keyring.unseal(area, sealed, attached_to(area, record, field, id)))


async def go_along(connection: Connection, departures: Collection[DepartureRow]) -> None:
    """Let files go where their records went, which `departures` say in order. All areas are locked."""
    began: dict[Key, UUID] = {}
    for left in departures:
        if left.to != left.place.area:
            # A record may move on within one batch: where it was before all of that.
            began[left.to, left.record] = began.pop((left.place.area, left.record), left.place.area)
    if not began:
        return
    going = {(area, record): to for (to, record), area in began.items() if to != area}
    rows = await _OF_RECORDS.fetch(
        connection, areas=[area for area, _ in going], records=[record for _, record in going]
    )
    moves = []
    for area, record, field, id, sealed in rows:
        to = going[area, record]
        head = await opened_head(connection, area, record, field, id, sealed)
        moves.append(
            {
                "area": area,
                "record": record,
                "field": field,
                "id": id,
                "to": to,
                "head": await sealed_head(connection, to, record, field, id, head),
            }
        )
    if moves:
        await _MOVE.execute_many(connection, moves)


async def forget(connection: Connection, area: UUID, records: Collection[UUID]) -> None:
    """Erase the files of `records`, their keys at once; the contents are noted, to be removed."""
    await _FORGET.execute(connection, area=area, records=list(records))
