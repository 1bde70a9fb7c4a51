"""A log of one area in memory, for laws that need no database: what the store would keep between pushes."""

import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from schemas.privacy import ALL_CLASSES, CLASSES
from sync.batch import Batch
from sync.clock import wall_text
from sync.conflict import COLLECTION
from sync.item import Key, Read, Receipt, Version
from sync.push import read_changes
from sync.reading import historic_fields
from sync.record import Stored
from sync.scope import Clearance, Reach
from sync.store import versions_in
from sync.wire import Result

AREA = uuid.UUID(int=0xA)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def id_of(number: int) -> UUID:
    """A fixed id."""
    return UUID(int=7 << 76 | 2 << 62 | number)


def at(second: int, node: int = 0) -> str:
    """A clock reading on the day of the tests."""
    return f"{wall_text(int(NOW.timestamp() * 1000) - 86_400_000 + second * 1000)}-0000-{node:04x}"


SHEET = id_of(1)


class Ledger:
    """Everything that pushes leave behind. Devices are numbered; each is an account of its own."""

    def __init__(self) -> None:
        self.records: dict[Key, Stored] = {}
        self.versions: dict[tuple[UUID, str], list[Version]] = {}
        self.read_whole: set[UUID] = set()
        self.receipts: dict[tuple[UUID, UUID], list[Receipt]] = {}
        self.position = 0
        self.kept: list[Any] = []
        self._made = 0

    def push(self, device: int, *changes: dict[str, Any]) -> list[Result]:
        """Push as device `device`; what the changes leave out is filled in."""
        whole = []
        for change in changes:
            self._made += 1
            whole.append(
                {
                    "id": str(id_of(0x1000 + self._made)),
                    "collection": "sheet",
                    "record": str(SHEET),
                    "area": str(AREA),
                    "at": at(self._made, device),
                    **change,
                }
            )
        account = id_of(0x100 + device)
        raws = [msgspec.Raw(msgspec.json.encode(change)) for change in whole]
        items = read_changes(raws, account, str(device), NOW, "en")
        for item in items:
            item.clearance = Clearance({AREA: Reach(ALL_CLASSES, ALL_CLASSES)})
        read = Read(
            self.records,
            self.receipts,
            versions=self.versions,
            read_whole=self.read_whole,
            positions={AREA: self.position},
        )
        batch = Batch(read, "en")
        batch.decide(items)
        self.position = batch.positions.get(AREA, self.position)
        for row in batch.history:
            self.read_whole.add(row.record)
            for name, version in versions_in(row.rev, row.item.by, row.sent, historic_fields()):
                self.versions.setdefault((row.record, name), []).insert(0, version)
            self.receipts.setdefault(row.item.key, []).append(
                Receipt(row.item.hash, row.outcome, row.record_rev, row.conflicts, None, True, True)
            )
        self.kept += batch.quarantine
        return batch.results

    def values(self, record: UUID = SHEET) -> dict[str, Any]:
        """All parts of a record together."""
        return values_of(self.records[(AREA, record)])

    def conflicts(self, state: str = "open") -> list[dict[str, Any]]:
        """The conflicts in `state`."""
        found = [values_of(each) for each in self.records.values() if each.collection == COLLECTION]
        return [each for each in found if each["state"] == state]

    def conflict_ids(self) -> list[UUID]:
        """The ids of all conflicts."""
        return [each.id for each in self.records.values() if each.collection == COLLECTION]


def values_of(record: Stored) -> dict[str, Any]:
    """All parts of a record together."""
    found: dict[str, Any] = {}
    for privacy, body in zip(CLASSES, record.bodies, strict=True):
        if body is not None:
            found.update(record.values(privacy))
    return found
