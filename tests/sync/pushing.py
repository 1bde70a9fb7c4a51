"""Devices that push straight into the engine, on a real database, without HTTP and grants around it."""

import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from schemas.privacy import ALL_CLASSES, CLASSES
from service.audit.accountant import Accountant
from sync.asking import AccessOf
from sync.audit import Auditor
from sync.push import Pushed, push
from sync.scope import Access, Clearance, Reach
from sync.statement import Connection
from sync.wire import Result
from tests.opening import opened_quarantine, opened_records
from tests.sync.changes import change, new_id

EVERYTHING = Reach(ALL_CLASSES, ALL_CLASSES)
CREATED = {"subject": "王某", "stage": "begun"}


class Device:
    """A device of somebody with a clearance. What a change leaves out is filled in."""

    def __init__(self, pool: asyncpg.Pool, by: str, clearance: Clearance, account: UUID) -> None:
        self.pool = pool
        self.by = by
        self.account = account
        self.clearance = clearance
        self.language = "en"

    async def push(self, *changes: dict[str, Any] | bytes) -> list[Result]:
        """Send changes; bytes go as they are."""
        return (await self.pushed(*changes)).results

    async def pushed(self, *changes: dict[str, Any] | bytes) -> Pushed:
        """Send changes, and give all that the server makes of it."""
        raws = [
            msgspec.Raw(each if isinstance(each, bytes) else msgspec.json.encode(each)) for each in changes
        ]
        return await push(
            self.pool, raws, self.account, self.by, self.access_of(), self.auditor, self.language
        )

    async def one(self, change: dict[str, Any]) -> Result:
        """Send one change."""
        (result,) = await self.push(change)
        return result

    @property
    def auditor(self) -> Auditor:
        """Who keeps account of what the device does."""
        return Accountant(self.account, self.by)

    def access_of(self) -> AccessOf:
        """What the device's owner holds."""

        async def access_of(_: Connection) -> Access:
            return Access(self.clearance, uuid.UUID(int=0), {}, {}, datetime.now(UTC))

        return access_of


class Office:
    """Areas and devices on one database. `pool` sees everything; devices have the server's connections."""

    def __init__(self, pool: asyncpg.Pool, application: asyncpg.Pool) -> None:
        self.pool = pool
        self.application = application
        self._devices = 0

    async def area(self) -> UUID:
        """A new community."""
        id = new_id()
        await self.pool.execute(
            """
            INSERT INTO area (id, level, code, name, ancestors)
            VALUES ($1, 'community', '6201', '社区', ARRAY[$1::uuid])
            """,
            id,
        )
        return id

    def device(
        self,
        *areas: UUID,
        reach: Reach = EVERYTHING,
        ended: tuple[UUID, ...] = (),
        supervised: tuple[UUID, ...] = (),
        account: UUID | None = None,
    ) -> Device:
        """A device of somebody who holds these areas."""
        self._devices += 1
        account = account or new_id()
        clearance = Clearance(dict.fromkeys(areas, reach), frozenset(ended), frozenset(supervised), account)
        return Device(self.application, str(self._devices), clearance, account)

    async def values(self, record: UUID | str) -> dict[str, Any]:
        """All parts of a record together."""
        (row,) = await opened_records(self.pool, [await self.row(record)])
        found: dict[str, Any] = {}
        for privacy in CLASSES:
            if (body := row[f"body_{privacy.value}"]) is not None:
                found.update(msgspec.json.decode(body))
        return found

    async def exists(self, record: UUID | str) -> bool:
        """Whether the record is there."""
        return bool(await self.pool.fetchval("SELECT count(*) FROM record WHERE id = $1", UUID(str(record))))

    async def row(self, record: UUID | str) -> asyncpg.Record:
        """The record as it is stored."""
        row = await self.pool.fetchrow("SELECT * FROM record WHERE id = $1", UUID(str(record)))
        assert row is not None, "there is no such record"
        return row

    async def history(self, record: UUID | str) -> list[asyncpg.Record]:
        """What was done to a record, in order."""
        return list(
            await self.pool.fetch("SELECT * FROM history WHERE record = $1 ORDER BY rev", UUID(str(record)))
        )

    async def quarantine(self, state: str = "open") -> list[dict[str, Any]]:
        """What is kept in quarantine, as it came."""
        rows = await self.pool.fetch("SELECT * FROM quarantine WHERE state = $1 ORDER BY no", state)
        return await opened_quarantine(self.pool, rows)

    async def conflicts(self, record: UUID | str) -> list[dict[str, Any]]:
        """The open conflicts about a record."""
        rows = await self.pool.fetch(
            "SELECT id FROM record WHERE parent = $1 AND collection = 'conflict' ORDER BY rev",
            UUID(str(record)),
        )
        found = [await self.values(row["id"]) for row in rows]
        return [each for each in found if each["state"] == "open"]


def sheet(area: UUID, record: UUID | None = None, **more: Any) -> dict[str, Any]:
    """A new sheet; `set` adds to what it must have."""
    values = {**CREATED, **more.pop("set", {})}
    return change("sheet", record or new_id(), area, set=values, **more)


def leaf(area: UUID, parent: UUID | str, record: UUID | None = None, **more: Any) -> dict[str, Any]:
    """A new leaf of the sheet `parent`."""
    values = {"sheet": str(parent), **more.pop("set", {})}
    return change("leaf", record or new_id(), area, set=values, **more)


def edit(of: dict[str, Any], base: int, **more: Any) -> dict[str, Any]:
    """An edit of the record that the change `of` is about."""
    return change(of["collection"], UUID(of["record"]), UUID(of["area"]), base=base, **more)
