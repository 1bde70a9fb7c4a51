"""The messages of protocol.md, as structs. JSON and MessagePack share them.

Requests forbid nothing extra: a newer client may say more than this server knows. Responses are spelled out
in full so that the OpenAPI document shows them.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

Op = Literal["write", "delete", "restore", "move"]
Outcome = Literal["applied", "merged", "conflict", "parked", "rejected", "retry"]
ResetReason = Literal["epoch", "too-old", "malformed", "other-account"]

MAX_CHANGES = 500
MAX_LIMIT = 5_000
DEFAULT_LIMIT = 1_000
MAX_AREAS = 64
MAX_BODY = 8 * 1024 * 1024
MAX_RECORD = 256 * 1024  # bytes of one part


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One edit that a person made on a device, field-wise (protocol.md, One call does both).

    Defaults are left out when it is written, and so do not enter its hash: the same change sent again counts
    as the same after this server has learnt a new member, and whether or not a client writes its nulls.
    """

    id: UUID
    collection: str
    record: UUID
    area: UUID
    at: str
    op: Op = "write"
    base: int = 0
    after: UUID | None = None
    set: dict[str, Any] = {}
    add: dict[str, list[Any]] = {}
    remove: dict[str, list[Any]] = {}
    increment: dict[str, int] = {}
    group: UUID | None = None
    resolves: UUID | None = None
    to: UUID | None = None


class Entry(msgspec.Struct, frozen=True):
    """An element of `records`: the newest state of a record's delivered parts, or that it was deleted.

    The server splices these from stored JSON (sync/pull.py) and never makes one; clients read them.
    """

    collection: str
    id: UUID
    area: UUID
    rev: int
    case: UUID | None = None
    data: dict[str, Any] = {}
    deleted: bool = False


RawChange = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema=msgspec.json.schema(Change))]
RawEntry = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema=msgspec.json.schema(Entry))]


class SyncRequest(msgspec.Struct, frozen=True):
    """Push and pull in one. `changes` stay raw here: one that cannot be read must not spoil the others."""

    schema: int = 1
    cursor: str | None = None
    areas: list[UUID] | None = None
    limit: int = DEFAULT_LIMIT
    verify: bool = False
    changes: list[RawChange] = []


class ProblemDetail(msgspec.Struct, frozen=True, omit_defaults=False):
    """Why one change was not applied; the same types as in problem details of whole requests."""

    type: str
    title: str
    detail: str | None = None
    errors: list[dict[str, str]] = []


class Result(msgspec.Struct, frozen=True):
    """What became of one change."""

    id: UUID
    outcome: Outcome
    rev: int | None = None
    conflicts: list[UUID] = []
    problem: ProblemDetail | None = None
    repeated: bool = False


class Gone(msgspec.Struct, frozen=True):
    """A record, or those classes of it, that left what the caller may hold (`classes` null: all)."""

    id: UUID
    classes: list[str] | None = None


class Drop(msgspec.Struct, frozen=True):
    """Clearance that ended: remove those fields from all records of the area (or of the case)."""

    area: UUID
    case: UUID | None
    classes: list[str]


class Reset(msgspec.Struct, frozen=True):
    """Keep outbox and journal, drop the records of `areas` (all when null), pull afresh."""

    areas: list[UUID] | None
    reason: ResetReason


class SyncResponse(msgspec.Struct, frozen=True):
    """The answer to `POST /sync`. `records` are spliced from stored JSON, never decoded on the way."""

    results: list[Result]
    records: list[RawEntry]
    gone: list[Gone]
    drop: list[Drop]
    areas: list[UUID]
    cursor: str
    complete: bool
    reset: Reset | None
    stable: dict[str, int]
    digest: dict[str, str]
    server_time: str
    lease_until: str


class ManifestRequest(msgspec.Struct, frozen=True):
    """What a device holds of `area`: for each record its id and the highest rev that it saw."""

    area: UUID
    records: dict[UUID, int]


class ManifestResponse(msgspec.Struct, frozen=True):
    """What to store and what to remove. `complete` false: apply this, and list again."""

    records: list[RawEntry]
    gone: list[Gone]
    complete: bool
