"""RxDB's words and ours: documents, rows that are pushed, checkpoints, and the schema of a collection.

Two forms of one protocol: `replicateRxCollection` with the handlers that RxDB documents, and the client of
rxdb-server. They differ in what they call the two halves of a checkpoint. Ours is whole in the first, `id`:
which device's book it is of, and the number in it. The other half repeats the number, for these clients take
a checkpoint without one for the beginning.

A document is flat: `id`, `area`, `case` (the file that it lies in), the fields that its reader may see and
that have a value, and `_deleted`. One that is gone has `id` and `area` alone, which is all that the schema
asks for: so it passes whatever validates it. Two more properties are only ever sent: `written_at`, when the
person wrote it, and `resolves`, the conflict that is decided by it.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS, VERSION
from schemas.declare import Declaration, Policy
from schemas.problems import INVALID, MALFORMED, TOO_LARGE, FieldProblem, Problem
from schemas.values import JsonSchema
from sync.clients.whole import Sent, Values, same
from sync.mirror import Document, Told
from sync.wire import MAX_CHANGES

SCHEMA_VERSION: Final = VERSION - 1
"""RxDB counts versions from 0."""

ISSUES: Final = "sync_issue"
"""The collection of what was sent and could not be applied, which nobody writes."""

_BESIDE: Final = frozenset(
    {"id", "area", "case", "_deleted", "_rev", "_meta", "_attachments", "written_at", "resolves"}
)
_ID: Final = {"type": "string", "maxLength": 36}
_KEPT: Final = ("type", "items", "properties", "maxLength")
_canonical = msgspec.json.Encoder(order="deterministic").encode


class Row(NamedTuple):
    """A row as it came. `sent` is None for one that names no record or area; `id`, `area`: as it says them.

    `digest`: of the row without what the client keeps for itself; the same row sent again has the same.
    `assumed`: of what it takes the record to be, likewise.
    """

    id: Any
    area: Any
    digest: bytes
    assumed: bytes
    sent: Sent | None
    document: Values


class Checkpoint(NamedTuple):
    """How far a device has come in its book."""

    device: int
    seq: int

    @property
    def token(self) -> str:
        """As it stands in `id`: of letters that need no escape in a URL."""
        return f"{self.device}~{self.seq}"


def seq_in(token: str | None, device: int) -> int:
    """The number that a checkpoint's token stands for in the book of `device`; 0 where it says nothing of it.

    It may be another device's, or of another time: then everything is told from the start.
    """
    of, _, seq = (token or "").partition("~")
    if not (of.isascii() and of.isdecimal() and seq.isascii() and seq.isdecimal() and len(seq) < 20):
        return 0
    return int(seq) if int(of) == device else 0


def document_of(document: Document) -> Values:
    """A record as RxDB has it."""
    case = {} if document.case is None else {"case": str(document.case)}
    return {
        "id": str(document.id),
        "area": str(document.area),
        **case,
        **document.data,
        "_deleted": False,
    }


def gone(id: Any, area: Any) -> Values:
    """A record that the device is to let go of."""
    return {"id": str(id), "area": str(area), "_deleted": True}


def told_of(told: Told) -> Values:
    """One piece of news."""
    return gone(told.id, told.area) if told.document is None else document_of(told.document)


def rows_in(body: bytes, collection: str, received: datetime) -> list[Row]:
    """The rows that a device pushed: an array, or in `docs` as some of RxDB's examples have it.

    Raises `Problem` for a body that is no such array. What is wrong with one row is kept with that row, for
    a refused batch would come again for ever, and hold up everything else.
    """
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(MALFORMED, f"内容无法读取：{error}", f"{error}") from None
    if isinstance(said, dict):
        said = said.get("docs")
    if not isinstance(said, list):
        raise Problem(INVALID, errors=(_NO_ARRAY,))
    if len(said) > MAX_CHANGES:
        raise Problem(
            TOO_LARGE,
            f"一次最多 {MAX_CHANGES} 行，请调小 push.batchSize",
            f"At most {MAX_CHANGES} rows a call: lower push.batchSize",
        )
    return [_row(each, collection, received) for each in said]


def _row(said: Any, collection: str, received: datetime) -> Row:
    new = said.get("newDocumentState") if isinstance(said, dict) else None
    assumed = said.get("assumedMasterState") if isinstance(said, dict) else None
    new = new if isinstance(new, dict) else {}
    assumed = assumed if isinstance(assumed, dict) else None
    digest = hashlib.sha256(
        _canonical([collection, _said(new) if new else said, assumed and _said(assumed)])
    ).digest()
    on = hashlib.sha256(_canonical(assumed and _said(assumed))).digest()
    id, area = new.get("id"), new.get("area")
    record, place = _id(id), _id(area)
    if record is None or place is None:
        return Row(id, area, digest, on, None, new)
    was = assumed or {}
    resolves = _id(new.get("resolves")) if new.get("resolves") != was.get("resolves") else None
    sent = Sent(
        record,
        collection,
        place,
        _fields(new),
        None if assumed is None else _fields(assumed),
        new.get("_deleted") is True,
        was.get("_deleted") is True,
        _id(was.get("area")),
        min(_moment(new.get("written_at")) or received, received),
        assumed is None,
        resolves,
    )
    return Row(id, area, digest, on, sent, new)


def _said(document: Values) -> Values:
    """What a person or an app said in it, and not what RxDB notes for itself."""
    return {name: value for name, value in document.items() if name not in ("_rev", "_meta", "_attachments")}


def _fields(document: Values) -> Values:
    return {name: value for name, value in document.items() if name not in _BESIDE and value is not None}


def _id(text: Any) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) and len(text) == 36 else None
    except ValueError:
        return None


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if moment is None or moment.year < 1971:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def stands_as_sent(row: Row, master: Document | None) -> bool:
    """Whether the record is now what the row says, as far as the row says anything of it.

    What others have written in other fields comes by the next pull, and so does what the server adds.
    """
    sent = row.sent
    if sent is None:
        return False
    if master is None or master.is_deleted:
        return sent.is_deleted
    if sent.is_deleted or master.area != sent.area:
        return False
    declared = COLLECTIONS[sent.collection]
    return all(
        same(declared.policy_of(name), sent.values.get(name), master.data.get(name))
        for name in {*sent.values, *(sent.assumed or {})}
        if declared.policy_of(name) is not Policy.COMPUTED
    )


def schema_of(declared: Declaration) -> JsonSchema:
    """The RxJsonSchema of a collection. Types alone: what may be written the server says, and a newer one may
    let through more than this one, of which no document must be refused on a phone."""
    properties = {name: _plain(each.kind.schema()) for name, each in declared.fields.items()}
    return _schema(declared.collection, declared.zh, declared.en, properties, ["id", "area"])


def schema_of_issues() -> JsonSchema:
    """The RxJsonSchema of what could not be applied."""
    text = {"type": "string"}
    properties = {
        name: text
        for name in (
            "about_collection",  # of the names alone RxDB keeps some to itself, `collection` for one
            "about",
            "outcome",
            "type",
            "title",
            "title_en",
            "detail",
            "at",
        )
    }
    errors = {"type": "array", "items": {"type": "object"}}
    return _schema(
        ISSUES, "未能生效的修改", "What could not be applied", {**properties, "errors": errors}, ["id"]
    )


def _schema(
    name: str, zh: str, en: str, properties: Mapping[str, JsonSchema], required: list[str]
) -> JsonSchema:
    return {
        "title": name,
        "description": f"{zh} {en}",
        "version": SCHEMA_VERSION,
        "primaryKey": "id",
        "type": "object",
        "properties": {
            "id": _ID,
            "area": _ID,
            "case": _ID,
            "written_at": {"type": "string", "maxLength": 40},
            "resolves": _ID,
            **properties,
        },
        "required": required,
        "additionalProperties": False,
    }


def _plain(schema: JsonSchema) -> JsonSchema:
    said: JsonSchema = {name: schema[name] for name in _KEPT if name in schema}
    if "items" in said:
        said["items"] = _plain(said["items"])
    if "properties" in said:
        said["properties"] = {name: _plain(each) for name, each in said["properties"].items()}
    return said


_NO_ARRAY = FieldProblem(
    "",
    "rows",
    "应为 [{newDocumentState, assumedMasterState}] 数组",
    "Send an array of {newDocumentState, assumedMasterState}",
)
