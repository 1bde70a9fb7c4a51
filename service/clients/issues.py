"""What an account sent and what could not be applied, as a collection that a library syncs like any other.

A library has no place for the result of a change. So what waits for another record or was refused is told as
documents of the collection `sync_issue`, without what was sent: which record, and why. They go when the
change is applied, put right or dismissed. Nobody writes them.
"""

import hashlib
from datetime import UTC
from typing import Any
from uuid import UUID

import asyncpg
from litestar.datastructures import State

from schemas.problems import KINDS
from service.auth.caller import Caller
from service.routes.sync import access_for
from sync import mirror, quarantine
from sync.clients import rxdb
from sync.clients.whole import Values
from sync.exchange import Device
from sync.quarantine import Kept
from sync.starting import IDS_OF_SERVER

_PAGE = 500


async def page(state: State, caller: Caller, after: int, limit: int) -> tuple[list[Values], int]:
    """News of what could not be applied behind the number `after`, and the number to show next."""
    device = Device(caller.account, caller.device_no)
    there = await notice(state, caller)
    rows, seq, _ = await mirror.page_apart(state.pool, device, after, rxdb.ISSUES, limit)
    told = [
        {"id": str(row.record), "_deleted": True}
        if row.is_gone or row.record not in there
        else _issue(row.record, there[row.record])
        for row in rows
    ]
    return told, seq


async def current(state: State, caller: Caller) -> dict[UUID, Values]:
    """All of them as they are now, by id."""
    return {id: _issue(id, kept) for id, kept in (await notice(state, caller)).items()}


async def notice(state: State, caller: Caller) -> dict[UUID, Kept]:
    """Have the device's book tell of what there is now, and give that, by id."""
    pool: asyncpg.Pool = state.pool
    found: dict[UUID, Kept] = {}
    after = 0
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await access_for(caller)(connection)
        while True:
            listed = await quarantine.list_open(connection, caller.account, (), after, _PAGE)
            found |= {_id(kept): kept for kept in listed.changes}
            if len(listed.changes) < _PAGE:
                break
            after = listed.changes[-1].no
    versions = {id: 2 * kept.no + (kept.outcome == "rejected") for id, kept in found.items()}
    await mirror.tell_apart(pool, Device(caller.account, caller.device_no), rxdb.ISSUES, versions)
    return found


def _id(kept: Kept) -> UUID:
    raw = bytearray(hashlib.sha256(f"{kept.account}/{kept.change}/{kept.no}".encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | IDS_OF_SERVER << 4
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def _issue(id: UUID, kept: Kept) -> Values:
    kind = KINDS.get(kept.problem.type)
    said: dict[str, Any] = {
        "id": str(id),
        "about_collection": kept.collection,
        "about": None if kept.record is None else str(kept.record),
        "outcome": kept.outcome,
        "type": kept.problem.type,
        "title": kind.zh if kind else kept.problem.title,
        "title_en": kind.en if kind else kept.problem.title,
        "detail": "；".join(error["detail"] for error in kept.problem.errors) or None,
        "errors": kept.problem.errors or None,
        "at": kept.received_at.astimezone(UTC).isoformat(),
        "_deleted": False,
    }
    return {name: value for name, value in said.items() if value is not None}
