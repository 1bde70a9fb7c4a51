"""WatermelonDB's messages turned into ours and back. No SQL and no merging: `sync.watermelon` asks this.

A table is a collection. A row is flat: lists, sets and what is made of several parts are JSON text in a
column, and every column but the area may be null, since what somebody may not read of a record is null too
(a column that is left out would keep what the phone had there).

A phone sends whole rows, and beside them `_changed`: the columns that its owner touched. Only these are
taken for an edit; what else is in the row is what the phone happened to have. What it had in the touched
ones before it does not say, so an edit goes by the position of the record that the phone held (`base`), and
the engine settles the rest by history and policies as it does for everybody. One column is only ever sent:
`resolves`, the conflict that the edit decides.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS, VERSION
from schemas.declare import Declaration, Field, Policy
from schemas.privacy import ALL_CLASSES
from schemas.values import Code, Day, Integer, Items, Moment, Number, Reference, Text, YesNo
from sync.mirror import Document, Told
from sync.starting import IDS_OF_SERVER

MOST: Final = 2_000
"""Rows in one answer: the app asks again while `has_more`."""

_AREA: Final = "area"
_CASE: Final = "case"
_RESOLVES: Final = "resolves"
_OWN: Final = frozenset({"id", "_status", "_changed"})
_PLAIN: Final = (Text, Code, Day, Moment, Reference)

_text = msgspec.json.Encoder(order="deterministic").encode


class Column(msgspec.Struct, frozen=True, rename={"is_optional": "isOptional", "is_indexed": "isIndexed"}):
    """A column, as `tableSchema` takes it."""

    name: str
    type: Literal["string", "number", "boolean"]
    is_optional: bool
    is_indexed: bool


class Table(msgspec.Struct, frozen=True):
    """A table, as `tableSchema` takes it."""

    name: str
    columns: list[Column]


class AppSchema(msgspec.Struct, frozen=True):
    """All tables: `appSchema({version, tables: tables.map(tableSchema)})`."""

    version: int
    tables: list[Table]


class Rows(msgspec.Struct, frozen=True, omit_defaults=False):
    """What is new of one table. Nothing is `created`: the library would undo a user's delete by it."""

    created: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    deleted: list[str] = []


class AddedColumns(msgspec.Struct, frozen=True):
    """The columns that a table has besides, since the app was brought up to date."""

    table: str
    columns: list[str]


class Migration(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """What an app that was brought up to date has room for now, and never had before."""

    since: int
    tables: list[str] = []
    columns: list[AddedColumns] = []


class Sent(NamedTuple):
    """One row that a phone sends. `id` is as it was sent, `record` the same where it is one of ours.

    `values`: its columns, as values of fields. `touched`: those of them that its owner touched since the row
    was made or last known to be with the server; None where that is not said.
    """

    collection: str
    kind: Literal["created", "updated", "deleted"]
    id: str
    record: UUID | None
    values: dict[str, Any]
    touched: frozenset[str] | None = None

    @property
    def hash(self) -> bytes:
        """Tells whether the same was sent before: what the phone had besides counts for nothing."""
        is_whole = self.kind == "created" or self.touched is None
        said = {
            name: value for name, value in self.values.items() if is_whole or name in (self.touched or ())
        }
        return hashlib.sha256(_text([self.kind, self.collection, self.id, said])).digest()


class Held(NamedTuple):
    """What is known of the record of a row: where it is and the position of it that the phone had (`base`);
    what its owner reads of it now, and in which classes they read."""

    area: UUID
    base: int
    values: Mapping[str, Any]
    reads: int = ALL_CLASSES


@cache
def app_schema() -> AppSchema:
    """The tables of all collections."""
    return AppSchema(VERSION, [Table(name, list(_columns(each))) for name, each in COLLECTIONS.items()])


def _columns(declared: Declaration) -> Iterator[Column]:
    yield Column(_AREA, "string", False, True)
    yield Column(_CASE, "string", True, True)
    yield Column(_RESOLVES, "string", True, False)
    for field in declared.fields.values():
        yield Column(field.name, _type_of(field), True, isinstance(field.kind, Reference))


def _type_of(field: Field) -> Literal["string", "number", "boolean"]:
    if isinstance(field.kind, Integer | Number):
        return "number"
    return "boolean" if isinstance(field.kind, YesNo) else "string"


def row_of(document: Document) -> dict[str, Any]:
    """A record as a row: all columns, null where there is nothing or nothing to be read."""
    case = document.case
    row: dict[str, Any] = {
        "id": str(document.id),
        _AREA: str(document.area),
        _CASE: None if case is None else str(case),
        _RESOLVES: None,
    }
    for name, field in COLLECTIONS[document.collection].fields.items():
        value = document.data.get(name)
        row[name] = value if value is None or _is_plain(field) else _text(value).decode()
    return row


def _is_plain(field: Field) -> bool:
    return isinstance(field.kind, (*_PLAIN, Integer, Number, YesNo))


def wanted_again(migration: Migration) -> dict[str, frozenset[str] | None]:
    """The tables of which what the phone was told has to be told again: rows with something in one of these
    columns, or (None) all. What this server does not know is passed over."""
    wanted: dict[str, frozenset[str] | None] = {}
    for added in migration.columns:
        if (declared := COLLECTIONS.get(added.table)) is not None:
            known = frozenset(name for name in added.columns if name in declared.fields or name == _CASE)
            wanted[added.table] = (wanted.get(added.table) or frozenset()) | known
    wanted.update(dict.fromkeys(table for table in migration.tables if table in COLLECTIONS))
    return {table: columns for table, columns in wanted.items() if columns is None or columns}


def rows_sent(changes: Mapping[str, Rows]) -> list[Sent]:
    """The rows of a push, in an order in which what belongs to something comes after it, and deletes last.

    Tables that this server does not know are passed over, as the library does with those it does not know.
    """
    found: list[Sent] = []
    for collection, declared in COLLECTIONS.items():
        rows = changes.get(collection, Rows())
        found += [_sent(declared, "created", row) for row in rows.created if "id" in row]
        found += [_sent(declared, "updated", row) for row in rows.updated if "id" in row]
    for collection in reversed(COLLECTIONS):
        rows = changes.get(collection, Rows())
        found += [Sent(collection, "deleted", id, _record(id), {}) for id in rows.deleted]
    return found


def _sent(declared: Declaration, kind: Literal["created", "updated"], row: Mapping[str, Any]) -> Sent:
    id = row["id"] if isinstance(row["id"], str) else _text(row["id"]).decode()
    values = {
        name: _value(declared.fields.get(name), value) for name, value in row.items() if name not in _OWN
    }
    said = row.get("_changed")
    touched = None
    if isinstance(said, str):
        touched = frozenset(name for name in said.split(",") if name in values)
    return Sent(declared.collection, kind, id, _record(id), values, touched)


def _record(id: str) -> UUID | None:
    try:
        found = UUID(id)
    except ValueError:
        return None
    return found if str(found) == id else None


def _value(field: Field | None, column: Any) -> Any:
    """What a column says. What cannot be read is left as it is: the engine says what is wrong with it."""
    if field is None or column is None:
        return column
    if isinstance(field.kind, YesNo):
        return bool(column) if column in (0, 1) else column
    if isinstance(field.kind, Integer) and isinstance(column, float) and column.is_integer():
        return int(column)
    if not _is_plain(field) and isinstance(column, str):
        try:
            return msgspec.json.decode(column)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return column
    return column


def change_id(device: int, sent: Sent, times: int, part: str = "") -> UUID:
    """The id of the change that a row comes to: the same when the same is sent again, another one when its
    owner does the same thing a second time. `times`: how many rows of the record came before it."""
    said = f"{device}/{sent.id}/{sent.hash.hex()}/{times}/{part}"
    raw = bytearray(hashlib.sha256(said.encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | IDS_OF_SERVER << 4
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def edited(sent: Sent, held: Held | None) -> dict[str, Any]:
    """The fields that a row changes, and to what; of a record that the phone made, all that is filled in.

    A null where its owner may not read is what they were shown, and no wish to empty anything.
    """
    declared = COLLECTIONS[sent.collection]
    found: dict[str, Any] = {}
    for name, value in sent.values.items():
        field = declared.fields.get(name)
        if field is None or field.computed is not None:
            continue
        if held is not None and sent.touched is not None and name not in sent.touched:
            continue
        if value is None:
            if held is None or sent.touched is None or not field.privacy.bit & held.reads:
                continue
            if isinstance(field.kind, Items) and not field.nullable:
                value = []
        found[name] = value
    return found


def counters(sent: Sent) -> list[str]:
    """The counters that a row may change: what others added meanwhile has to be told from what it adds."""
    fields = COLLECTIONS[sent.collection].fields
    touched = sent.values if sent.touched is None else sent.touched
    return [name for name, each in fields.items() if each.policy is Policy.COUNTER and name in touched]


def changes_of(
    sent: Sent,
    ids: tuple[UUID, UUID],
    held: Held | None,
    fields: Mapping[str, Any],
    by_others: Mapping[str, int],
    at: str,
) -> list[dict[str, Any]]:
    """The changes that a row comes to: at most a write and a move, as `POST /sync` takes them.

    `held`: None for a record that the phone made. `by_others`: what others have added to counters that its
    owner has not seen.
    """
    area = held.area if held is not None else sent.values.get(_AREA)
    change: dict[str, Any] = {
        "id": str(ids[0]),
        "collection": sent.collection,
        "record": sent.id,
        "area": str(area) if isinstance(area, UUID) else area,
        "at": at,
        "base": held.base if held is not None else 0,
    }
    if sent.touched is not None and _RESOLVES in sent.touched and sent.values[_RESOLVES]:
        change["resolves"] = sent.values[_RESOLVES]
    if sent.kind == "deleted":
        return [{**change, "op": "delete"}]
    if held is None:
        return [{**change, "set": dict(fields)}]
    found: list[dict[str, Any]] = []
    sets, increments = _counted(sent, fields, held, by_others)
    if sets or increments:
        found.append({**change, "set": sets, "increment": increments})
    to = sent.values.get(_AREA)
    if sent.touched is not None and _AREA in sent.touched and to != str(held.area):
        found.append({**change, "id": str(ids[1]), "op": "move", "to": to})
    return found


def _counted(
    sent: Sent, fields: Mapping[str, Any], held: Held, by_others: Mapping[str, int]
) -> tuple[dict[str, Any], dict[str, int]]:
    """`fields`, with numbers that are counted up and down as what was added to the one the phone had."""
    sets, increments = dict(fields), dict[str, int]()
    for name in counters(sent):
        standing, wanted = held.values.get(name), sets.get(name)
        if isinstance(standing, int) and isinstance(wanted, int):
            del sets[name]
            if amount := wanted - (standing - by_others.get(name, 0)):
                increments[name] = amount
    return sets, increments


def gathered(told: Iterable[Told]) -> dict[str, Rows]:
    """News as rows, and ids of those to let go of, by table. An id comes once, however often it is told."""
    latest = {each.id: each for each in told}
    found = {name: Rows([], [], []) for name in COLLECTIONS}
    for each in latest.values():
        if each.document is None:
            found[each.collection].deleted.append(str(each.id))
        else:
            found[each.collection].updated.append(row_of(each.document))
    return found
