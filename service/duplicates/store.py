"""The SQL of who may stand in the files twice: by what the people of one area are told apart."""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from schemas.duplicates.duplicate import Duplicate
from schemas.household import Household
from schemas.person import Person
from sync.place_store import COLUMNS, place_in
from sync.scope import Place
from sync.statement import Connection, statement

PERSON: Final = Person.declaration.collection
HOUSEHOLD: Final = Household.declaration.collection
DUPLICATE: Final = Duplicate.declaration.collection

_COLUMNS: Final = f"id, collection, parent, token_identity, token_contact, body_basic, {COLUMNS}"

# The area's records by ix_record_area_rev: a community has some thousand people. In order, for where rows lie
# in the table tells of edits that are hidden.
_OF_AREA = statement(f"""
    SELECT {_COLUMNS}
    FROM record
    WHERE area = :area AND collection IN ('{PERSON}', '{HOUSEHOLD}', '{DUPLICATE}') AND NOT deleted
    ORDER BY id
""")

# ix_record_area_duplicate.
_DUPLICATES = statement(f"""
    SELECT {_COLUMNS}
    FROM record
    WHERE area = :area AND collection = '{DUPLICATE}' AND NOT deleted
    ORDER BY id
""")


class Basic(msgspec.Struct, frozen=True):
    """Of the basic part of any of them, what is asked for here."""

    name: str | None = None
    sex: str | None = None
    birth_date: str | None = None
    address: str | None = None
    other: UUID | None = None
    verdict: str | None = None


class Row(NamedTuple):
    """A record, where it lies, and all that it says: whoever asks is yet to be held to what they may read."""

    id: UUID
    collection: str
    parent: UUID | None
    place: Place
    basic: Basic
    resident_id: bytes | None
    phone: bytes | None


_NOTHING: Final = Basic()
_decode = msgspec.json.Decoder(Basic).decode


async def records_of(connection: Connection, area: UUID) -> list[Row]:
    """People, households and possible duplicates of `area`, in the order of their ids."""
    return list(_rows(await _OF_AREA.fetch(connection, area=area), area))


async def duplicates_of(connection: Connection, area: UUID) -> list[Row]:
    """The possible duplicates of `area` alone, decided or not."""
    return list(_rows(await _DUPLICATES.fetch(connection, area=area), area))


def _rows(found: Iterable[asyncpg.Record], area: UUID) -> Iterable[Row]:
    for row in found:
        body = row["body_basic"]
        yield Row(
            row["id"],
            row["collection"],
            row["parent"],
            place_in(row, area),
            _NOTHING if body is None else _decode(body),
            row["token_identity"],
            row["token_contact"],
        )
