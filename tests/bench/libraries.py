"""The same pushes and pulls as apps make them whose records are in RxDB or WatermelonDB, and files by tus.

What the libraries themselves take is not measured: these are the requests that they send (sync/README.md).
"""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from sync.clients.watermelon import app_schema
from tests.bench.documents import Document
from tests.bench.driver import Step, WrongAnswer
from tests.bench.installation import Phone
from tests.bench.work import WrongOutcome

COLLECTIONS: Final = ("household", "person", "elder_visit")
RXDB_ENTRY: Final = b'"_deleted":false'
WATERMELON_ENTRY: Final = b'"resolves":null'

_PLACE: Final = "/api/v1/clients"
_COLUMNS: Final = {table.name: [column.name for column in table.columns] for table in app_schema().tables}
_CHECKPOINT = re.compile(rb'"checkpoint":\{"id":"([^"]+)"')
_TIMESTAMP = re.compile(rb'"timestamp":(\d+),"has_more":(true|false)')

_encode = msgspec.json.Encoder().encode


class Call(Step, frozen=True, kw_only=True):
    """A request of another protocol. `path` may have a `{}` for where the device is, `start` before it is
    anywhere; `headers` are lines of the head."""

    path: str
    method: str = "POST"
    start: str = ""
    headers: str = "Content-Type: application/json\r\n"

    @property
    def needs_cursor(self) -> bool:
        return "{}" in self.path

    def request(self, cursor: bytes) -> bytes:
        path = self.path.replace("{}", cursor.decode() or self.start)
        head = (
            f"{self.method} {path} HTTP/1.1\r\nHost: bench\r\n{self.headers}"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(self.before)}\r\n\r\n"
        )
        return head.encode() + self.before

    def heard(self, body: bytes) -> tuple[bytes, bool]:
        return b"", True


class RxdbPull(Call, frozen=True, kw_only=True):
    """A page of one collection. One with fewer documents than it may have is the last."""

    limit: int

    def heard(self, body: bytes) -> tuple[bytes, bool]:
        found = _CHECKPOINT.search(body, body.rfind(b'"checkpoint":'))
        if found is None:
            raise WrongAnswer("an answer without a checkpoint")
        is_last = body.count(b'"_deleted":') < self.limit
        return b"" if is_last else found[1], is_last  # the next collection begins at its start


class WatermelonPull(Call, frozen=True, kw_only=True):
    """What `pullChanges` asks."""

    def heard(self, body: bytes) -> tuple[bytes, bool]:
        found = _TIMESTAMP.search(body, max(0, body.rfind(b'"timestamp":')))
        if found is None:
            raise WrongAnswer("an answer without a timestamp")
        return found[1], found[2] == b"false"


class Upload(Call, frozen=True, kw_only=True):
    """A file in one go: tus, creation with upload."""

    @property
    def status(self) -> int:
        return 201


def rxdb_pushes(phone: Phone, area: UUID, documents: Iterable[Document]) -> list[Step]:
    """New records as RxDB sends them, a request for each collection."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        state = {"id": str(document.id), "area": str(area), **document.fields, "_deleted": False}
        rows.setdefault(document.collection, []).append({"newDocumentState": state})
    return [
        Call(phone.token, _encode(each), path=f"{_PLACE}/rxdb/{collection}/push")
        for collection, each in rows.items()
    ]


def rxdb_pulls(phone: Phone, limit: int = 1_000) -> list[Step]:
    """Everything from the start as RxDB asks for it, collection by collection."""
    return [
        RxdbPull(
            phone.token,
            b"",
            to_the_end=True,
            method="GET",
            path=f"{_PLACE}/rxdb/{collection}/pull?updatedAt=0&id={{}}&limit={limit}",
            limit=limit,
        )
        for collection in COLLECTIONS
    ]


def watermelon_push(phone: Phone, area: UUID, documents: Iterable[Document], at: bytes) -> Step:
    """New records as WatermelonDB sends them: all columns, what has parts as text. `at`: its timestamp."""
    tables: dict[str, dict[str, list[Any]]] = {}
    for document in documents:
        row: dict[str, Any] = {
            **dict.fromkeys(_COLUMNS[document.collection]),
            **{name: _column(value) for name, value in document.fields.items()},
            "id": str(document.id),
            "area": str(area),
            "_status": "created",
            "_changed": "",
        }
        table = tables.setdefault(document.collection, {"created": [], "updated": [], "deleted": []})
        table["created"].append(row)
    return Call(
        phone.token,
        _encode(tables),
        path=f"{_PLACE}/watermelon/sync?last_pulled_at={at.decode()}",
        headers="Content-Type: text/plain;charset=UTF-8\r\n",
    )


def watermelon_pull(phone: Phone) -> Step:
    """Everything that is new, as WatermelonDB asks for it."""
    asked = "last_pulled_at={}&schema_version=1&migration=null&has_unsynced=false"
    return WatermelonPull(
        phone.token,
        b"",
        to_the_end=True,
        method="GET",
        path=f"{_PLACE}/watermelon/sync?{asked}",
        start="null",
    )


def upload(phone: Phone, area: UUID, record: UUID, id: UUID, content: bytes) -> Step:
    """A paper for an application that is on its way."""
    said = {"id": id, "record": record, "collection": "referral", "field": "photos", "area": area}
    metadata = ",".join(
        f"{name} {base64.b64encode(str(value).encode()).decode()}" for name, value in said.items()
    )
    return Upload(
        phone.token,
        content,
        path="/api/v1/uploads",
        headers=(
            "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Upload-Length: {len(content)}\r\nUpload-Metadata: {metadata}\r\n"
        ),
    )


def make_sure_taken(bodies: Iterable[bytes]) -> None:
    """Raises WrongOutcome where a push was answered with anything that does not stand as sent."""
    for body in bodies:
        if body not in (b"[]", b'{"experimentalRejectedIds":{}}'):
            raise WrongOutcome(body[:2000].decode(errors="replace"))


def _column(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
