"""Everything that a phone ever put on the wire, whether or not it arrived: what has to be accounted for."""

from typing import Any
from uuid import UUID

import msgspec

from sync.replica import Reply, Request, Transport

OPERATIONS = ("set", "add", "remove", "increment")


class Entry(msgspec.Struct, frozen=True):
    """One change: its id and record, and the bytes that were sent, which hold all its values."""

    id: UUID
    record: UUID
    payload: bytes

    def values(self) -> dict[str, Any]:
        """What was sent, by operation and field."""
        return values_of(self.payload)


def values_of(payload: bytes | msgspec.Raw) -> dict[str, Any]:
    """The values of a change as it was sent, by operation and field."""
    sent = msgspec.json.decode(payload)
    return {name: sent[name] for name in OPERATIONS if sent.get(name)}


class _Sent(msgspec.Struct):
    changes: list[msgspec.Raw] = []


class _Named(msgspec.Struct):
    id: UUID
    record: UUID


class Altered(Exception):
    """A phone sent two different contents under one change id."""


class Ledger:
    """A transport that writes down every change before it is sent. `token`: the last one that was shown."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.entries: dict[UUID, Entry] = {}
        self.token: str | None = None

    async def send(self, request: Request) -> Reply:
        self.token = request.token or self.token
        if request.path.endswith("/sync") and request.body is not None:
            for raw in msgspec.json.decode(request.body, type=_Sent).changes:
                named = msgspec.json.decode(raw, type=_Named)
                entry = Entry(named.id, named.record, bytes(raw))
                if self.entries.setdefault(named.id, entry) != entry:
                    raise Altered(str(named.id))
        return await self._transport.send(request)
