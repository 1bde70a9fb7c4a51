"""Rows of tables with what is sealed in them opened, for tests that look into the database."""

from collections.abc import Collection
from typing import Any

import asyncpg

from schemas.privacy import CLASSES
from sync import sealed
from sync.keyring import keyring_of
from sync.record import Stored
from sync.sealed import Opener


async def opened_records(pool: asyncpg.Pool, rows: Collection[asyncpg.Record]) -> list[dict[str, Any]]:
    """Rows of `record`, of which `area`, `id` and all bodies were asked for."""
    async with pool.acquire() as connection:
        keyring = keyring_of(connection)
        stored = [
            Stored(
                row["area"],
                row["id"],
                "",
                bodies=[row[f"body_{privacy.value}"] for privacy in CLASSES],
                opening=Opener(keyring, row["area"], row["id"]),
            )
            for row in rows
        ]
        await sealed.met(connection, stored)
    return [
        {**row, **{f"body_{privacy.value}": each.body(privacy) for privacy in CLASSES}}
        for row, each in zip(rows, stored, strict=True)
    ]


async def opened_history(pool: asyncpg.Pool, rows: Collection[asyncpg.Record]) -> list[dict[str, Any]]:
    """Whole rows of `history`."""
    columns = [f"sent_{privacy.value}" for privacy in CLASSES]
    async with pool.acquire() as connection:
        await sealed.met_in_history(connection, rows)
        keyring = keyring_of(connection)
        said = [
            sealed.sent_in(
                keyring,
                row["area"],
                row["record"],
                row["change"],
                row["rev"],
                [row[column] for column in columns],
            )
            for row in rows
        ]
    return [{**row, **dict(zip(columns, sent, strict=True))} for row, sent in zip(rows, said, strict=True)]


async def opened_quarantine(pool: asyncpg.Pool, rows: Collection[asyncpg.Record]) -> list[dict[str, Any]]:
    """Rows of `quarantine`, with `account`, `change` and `hash`."""
    async with pool.acquire() as connection:
        return await sealed.kept(connection, rows)
