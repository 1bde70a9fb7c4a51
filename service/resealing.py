"""Replacing the keys of areas while the server runs: new ones first, then everything sealed anew, in batches.

All areas get their new key in one short transaction that holds their locks: whatever is sealed from then on
is sealed with it, and what stands under an older one is found by the id that it begins with. So a run that
was killed is taken up where it stopped.

Nothing else about a row is touched: no rev moves and no phone is sent anything. What the audit accounts for
of history stays true, since that is taken over the plain text (`sync.sealing.sent_digest`).

Run by the tables' owner: the server's role may not touch history (service/rights.py).
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from schemas.privacy import Privacy
from service.database import connect, open_pool
from sync import sealing, store
from sync.attempts import carried_out
from sync.confine import confine, confine_to_all, rewrite_history
from sync.keyring import IN_QUARANTINE, NOWHERE, Keyring, keep_new, keyring_of
from sync.sealed import SEALED_CLASSES
from sync.sealing import SealBroken, SealingKey, nonces
from sync.statement import Connection, Statement, statement

AT_ONCE: Final = 200  # rows a transaction: an area's lock is held for some milliseconds

Done = Callable[[int], None]

_IDENTITY, _CONFIDENTIAL = (privacy.value for privacy in SEALED_CLASSES)

LOCK: Final = 0x726573656C  # "resel"
_ALONE = statement("SELECT pg_try_advisory_lock(:lock)")

_UNFINISHED = statement("""
    SELECT DISTINCT area FROM area_key WHERE retired_at IS NOT NULL AND emptied_at IS NULL ORDER BY area
""")

_HAVE_KEYS = statement("SELECT area FROM area_key WHERE retired_at IS NULL ORDER BY area")

# Who is at quarantine has a shared lock (sync/keyring.py).
_HOLD_QUARANTINE = statement("SELECT pg_advisory_xact_lock(:lock)")

_RETIRE = statement("""
    UPDATE area_key SET retired_at = clock_timestamp()
    WHERE area = ANY(CAST(:areas AS uuid[])) AND retired_at IS NULL
""")

_EMPTIED = statement("""
    UPDATE area_key SET emptied_at = clock_timestamp()
    WHERE area = :area AND retired_at IS NOT NULL AND emptied_at IS NULL
""")


def _is_old(column: str) -> str:
    """Whether what stands in `column` was sealed with another key than the one that is current."""
    return f"substring({column} FROM 2 FOR 4) <> CAST(:current AS bytea)"


def _with_older_keys(table: str) -> Statement:
    """By primary key, from where the batch before ended."""
    body_is_old = " OR ".join(_is_old(f"body_{name}") for name in (_IDENTITY, _CONFIDENTIAL))
    return statement(f"""
        SELECT id AS place, id, body_{_IDENTITY}, body_{_CONFIDENTIAL}, sealed_stamps
        FROM {table}
        WHERE area = :area AND id > :after AND ({body_is_old} OR {_is_old("sealed_stamps")})
        ORDER BY id
        LIMIT :limit
    """)


def _sealing_anew(table: str) -> Statement:
    return statement(f"""
        UPDATE {table} r
        SET body_{_IDENTITY} = anew.one, body_{_CONFIDENTIAL} = anew.two, sealed_stamps = anew.three
        FROM unnest(CAST(:places AS uuid[]), CAST(:ones AS bytea[]), CAST(:twos AS bytea[]),
                    CAST(:threes AS bytea[])) AS anew(id, one, two, three)
        WHERE r.area = :area AND r.id = anew.id
    """)


_RECORDS, _RESTRICTED = _with_older_keys("record"), _with_older_keys("restricted_record")
_RESEAL_RECORDS, _RESEAL_RESTRICTED = _sealing_anew("record"), _sealing_anew("restricted_record")

# Primary key, from where the batch before ended. Each row locked: whoever erases a record also empties the
# history that it left behind elsewhere, without the lock of that area, and what they emptied stays empty.
_HISTORY = statement(f"""
    SELECT rev AS place, record, change, sent_{_IDENTITY}, sent_{_CONFIDENTIAL}
    FROM history
    WHERE area = :area AND rev > :after
      AND ({_is_old(f"sent_{_IDENTITY}")} OR {_is_old(f"sent_{_CONFIDENTIAL}")})
    ORDER BY rev
    LIMIT :limit
    FOR UPDATE
""")

_RESEAL_HISTORY = statement(f"""
    UPDATE history h SET sent_{_IDENTITY} = anew.one, sent_{_CONFIDENTIAL} = anew.two
    FROM unnest(CAST(:places AS bigint[]), CAST(:ones AS bytea[]), CAST(:twos AS bytea[]))
        AS anew(rev, one, two)
    WHERE h.area = :area AND h.rev = anew.rev AND h.commitments IS NULL
""")

# Primary key, all of the area's: there are not many. A file's content stays as it is: what is sealed anew is
# the key of its own that opens it.
_PLACE: Final = "record || '/' || field || '/' || id"
_ATTACHMENTS = statement(f"""
    SELECT {_PLACE} AS place, record, field, id, head
    FROM attachment
    WHERE area = :area AND ({_PLACE}) COLLATE "C" > :after AND {_is_old("head")}
    ORDER BY ({_PLACE}) COLLATE "C"
    LIMIT :limit
""")

_RESEAL_ATTACHMENTS = statement(f"""
    UPDATE attachment a SET head = anew.one
    FROM unnest(CAST(:places AS text[]), CAST(:ones AS bytea[])) AS anew(place, one)
    WHERE a.area = :area AND {_PLACE} = anew.place
""")

# ix_upload_area_record.
_UPLOADS = statement(f"""
    SELECT id AS place, id, head
    FROM upload
    WHERE area = :area AND id > :after AND {_is_old("head")}
    ORDER BY id
    LIMIT :limit
""")

_RESEAL_UPLOADS = statement("""
    UPDATE upload u SET head = anew.one
    FROM unnest(CAST(:places AS uuid[]), CAST(:ones AS bytea[])) AS anew(id, one)
    WHERE u.area = :area AND u.id = anew.id
""")

# Locked: whoever tries one of these again at the moment writes what is wrong with it now.
_QUARANTINE = statement(f"""
    SELECT no AS place, account, change, hash, payload, repaired, problem
    FROM quarantine
    WHERE no > :after
      AND ({_is_old("payload")} OR {_is_old("repaired")} OR {_is_old("problem")})
    ORDER BY no
    LIMIT :limit
    FOR UPDATE
""")

_RESEAL_QUARANTINE = statement("""
    UPDATE quarantine q SET payload = anew.one, repaired = anew.two, problem = anew.three
    FROM unnest(CAST(:places AS bigint[]), CAST(:ones AS bytea[]), CAST(:twos AS bytea[]),
                CAST(:threes AS bytea[])) AS anew(no, one, two, three)
    WHERE q.no = anew.no
""")


class AlreadyAtIt(Exception):
    """Somebody else is replacing keys."""


class Resealed(msgspec.Struct):
    """What a run came to. `broken`: what does not open and was left as it is, each as a table and its key."""

    areas: int = 0
    rows: int = 0
    broken: list[tuple[str, str]] = []


async def unfinished(connection: Connection) -> list[UUID]:
    """The areas in which something may still be sealed with a key that was replaced."""
    return [row["area"] for row in await _UNFINISHED.fetch(connection)]


async def reseal(url: str, keyring: Keyring, done: Done = lambda _: None) -> Resealed:
    """Finish what a run before has begun, or else give all areas a new key; then seal everything with it.

    `url`: the database, as the owner of its tables. `done` is called with how many rows were sealed anew
    since the last time. Raises AlreadyAtIt, and PassingTrouble where the database is away for long: run it
    again.
    """
    async with _alone(url), await open_pool(url, 1, keyring) as pool:
        async with pool.acquire() as connection:
            begun = await unfinished(connection)
        came_to = await _reseal_areas(pool, begun, done)
        only_broken = came_to.rows == 0 and came_to.broken  # which must not hold this up for ever
        if came_to.areas == 0 or only_broken:
            came_to = await _reseal_areas(pool, await _replace(pool), done)
        return came_to


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[None]:
    guard = await connect(url)
    try:
        if not await _ALONE.fetchval(guard, lock=LOCK):
            raise AlreadyAtIt
        yield
    finally:
        await guard.close()


async def _reseal_areas(pool: asyncpg.Pool, areas: Sequence[UUID], done: Done) -> Resealed:
    came_to = Resealed()
    for area in areas:
        await _reseal_area(pool, area, came_to, done)
    return came_to


async def _replace(pool: asyncpg.Pool) -> list[UUID]:
    """Give all areas that have a key a new one; which they are."""
    async with pool.acquire() as connection:
        areas = [row["area"] for row in await _HAVE_KEYS.fetch(connection)]
        keyring = keyring_of(connection)
        made = {area: await keyring.new(area) for area in areas}

    async def attempt(connection: Connection, _: set[UUID]) -> list[UUID]:
        await store.lock_areas(connection, areas)
        await _HOLD_QUARANTINE.fetchval(connection, lock=IN_QUARANTINE)
        await _RETIRE.execute(connection, areas=areas)
        await keep_new(connection, made)
        return areas

    return await carried_out(pool, attempt)


async def _reseal_area(pool: asyncpg.Pool, area: UUID, came_to: Resealed, done: Done) -> None:
    before = len(came_to.broken)
    for batches in (_Quarantine,) if area == NOWHERE else _OF_AN_AREA:
        batch = batches(area)
        while (sealed := await carried_out(pool, batch.seal_some)).after is not None:
            batch.after = sealed.after
            came_to.rows += sealed.rows
            came_to.broken += [each for each in sealed.broken if each not in came_to.broken]
            done(sealed.rows)
    came_to.areas += 1
    if len(came_to.broken) == before:
        async with pool.acquire() as connection:
            await _EMPTIED.execute(connection, area=area)


class _Sealed(msgspec.Struct):
    """What one transaction sealed anew, and where it ended; None where nothing was left."""

    after: Any
    rows: int = 0
    broken: list[tuple[str, str]] = []


class _Batch:
    """One table's rows of an area, batch by batch."""

    table: str
    columns: tuple[str, ...]
    after: Any

    def __init__(self, area: UUID) -> None:
        self.area = area

    async def rows(self, connection: Connection, current: bytes) -> Sequence[asyncpg.Record]:
        """The next rows of which something is sealed with an older key, with what guards them locked."""
        raise NotImplementedError

    async def write(self, connection: Connection, columns: dict[str, list[Any]]) -> None:
        """Put what was sealed anew in its place."""
        raise NotImplementedError

    def bound(self, row: asyncpg.Record, column: str) -> bytes:
        """What is bound to what stands in `column`."""
        raise NotImplementedError

    async def seal_some(self, connection: Connection, _: set[UUID]) -> _Sealed:
        """Seal the next rows anew (`sync.attempts.carried_out`)."""
        keyring = keyring_of(connection)
        key = (await keyring.current(connection, [self.area]))[self.area]
        rows = await self.rows(connection, key.id.to_bytes(4))
        if not rows:
            return _Sealed(None)
        await keyring.meet(connection, self.area, (row[column] for row in rows for column in self.columns))
        fresh = nonces(len(rows) * len(self.columns))
        places: list[Any] = []
        written: list[list[bytes | None]] = [[] for _ in self.columns]
        broken = []
        for row in rows:
            try:
                anew = [self._anew(keyring, key, row, column, next(fresh)) for column in self.columns]
            except SealBroken:
                broken.append((self.table, f"{self.area} {row['place']}"))
                continue
            places.append(row["place"])
            for values, value in zip(written, anew, strict=True):
                values.append(value)
        names = ("ones", "twos", "threes")
        await self.write(
            connection, {"places": places, **dict(zip(names[: len(written)], written, strict=True))}
        )
        return _Sealed(rows[-1]["place"], len(places), broken)

    def _anew(
        self, keyring: Keyring, key: SealingKey, row: asyncpg.Record, column: str, nonce: bytes
    ) -> bytes | None:
        sealed = row[column]
        if sealed is None:
            return None
        bound = self.bound(row, column)
        return key.seal(keyring.unseal(self.area, sealed, bound), bound, nonce)


class _Records(_Batch):
    table = "record"
    reading, writing = _RECORDS, _RESEAL_RECORDS
    columns: tuple[str, ...] = (f"body_{_IDENTITY}", f"body_{_CONFIDENTIAL}", "sealed_stamps")
    after: Any = UUID(int=0)

    async def rows(self, connection: Connection, current: bytes) -> Sequence[asyncpg.Record]:
        # With the area locked nobody pushes: what is read here is what stands when it is written.
        await store.lock_areas(connection, [self.area])
        await confine(connection, [self.area])
        return await self.reading.fetch(
            connection, area=self.area, after=self.after, current=current, limit=AT_ONCE
        )

    async def write(self, connection: Connection, columns: dict[str, list[Any]]) -> None:
        await self.writing.execute(connection, area=self.area, **columns)

    def bound(self, row: asyncpg.Record, column: str) -> bytes:
        if column == "sealed_stamps":
            return sealing.stamps_of(self.area, row["id"])
        return sealing.part_of(self.area, row["id"], _privacy_of(column))


class _Restricted(_Records):
    table = "restricted_record"
    reading, writing = _RESTRICTED, _RESEAL_RESTRICTED


class _History(_Batch):
    table = "history"
    columns = (f"sent_{_IDENTITY}", f"sent_{_CONFIDENTIAL}")
    after = -1

    async def rows(self, connection: Connection, current: bytes) -> Sequence[asyncpg.Record]:
        await confine(connection, [self.area])
        await rewrite_history(connection)
        return await _HISTORY.fetch(
            connection, area=self.area, after=self.after, current=current, limit=AT_ONCE
        )

    async def write(self, connection: Connection, columns: dict[str, list[Any]]) -> None:
        await _RESEAL_HISTORY.execute(connection, area=self.area, **columns)

    def bound(self, row: asyncpg.Record, column: str) -> bytes:
        return sealing.sent_in(self.area, row["record"], _privacy_of(column), row["change"], row["place"])


class _Attachments(_Records):
    table = "attachment"
    reading, writing = _ATTACHMENTS, _RESEAL_ATTACHMENTS
    columns = ("head",)
    after: Any = ""

    def bound(self, row: asyncpg.Record, column: str) -> bytes:
        return sealing.attached_to(self.area, row["record"], row["field"], row["id"])


class _Uploads(_Records):
    table = "upload"
    reading, writing = _UPLOADS, _RESEAL_UPLOADS
    columns = ("head",)

    def bound(self, row: asyncpg.Record, column: str) -> bytes:
        return sealing.uploaded_as(self.area, row["id"])


class _Quarantine(_Batch):
    table = "quarantine"
    columns = ("payload", "repaired", "problem")
    after = -1

    async def rows(self, connection: Connection, current: bytes) -> Sequence[asyncpg.Record]:
        await confine_to_all(connection)
        return await _QUARANTINE.fetch(connection, after=self.after, current=current, limit=AT_ONCE)

    async def write(self, connection: Connection, columns: dict[str, list[Any]]) -> None:
        await _RESEAL_QUARANTINE.execute(connection, **columns)

    def bound(self, row: asyncpg.Record, column: str) -> bytes:
        return sealing.kept_as(column, row["account"], row["change"], row["hash"])


# Records once more: a restriction may have been lifted meanwhile, and have put back what was away while these
# were gone through.
_OF_AN_AREA: Final = (_Records, _Restricted, _Records, _Attachments, _Uploads, _History)


def _privacy_of(column: str) -> Privacy:
    return Privacy(column.partition("_")[2])
