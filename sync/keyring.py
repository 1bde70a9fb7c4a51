"""The keys that a process seals and opens with: kept wrapped in the database, opened once, remembered.

An area has a key of its own, so that what is copied out of one tells nothing of another. The first push that
has something to seal makes it, with the area locked; who replaces it locks the area too, so that nobody seals
with a key that is no longer current. A key is never altered, so processes remember it without end.

What wraps them is a master key outside the database (`Wrapping`): a file, the environment, or a service that
never shows it. A copy of the database, a backup say, is of no use without.

The keys come with the connection, as the role does that it works as: whoever opens a pool says which
(service/database.py), and what reads or writes something sealed asks `keyring_of`.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from schemas.privacy import Privacy
from sync import sealing
from sync.sealing import KEY_BYTES, SealBroken, SealingKey, key_id
from sync.statement import Connection, statement

NOWHERE: Final = UUID(int=0)
"""The area whose key seals what may lie in none: quarantine."""

IN_QUARANTINE: Final = 0x7365616C  # "seal"

_HASHING: Final = "hash"
_INDEXING: Final = "index"

# ix_area_key_current.
_CURRENT = statement("""
    SELECT area, id, wrapped, master
    FROM area_key
    WHERE area = ANY(CAST(:areas AS uuid[])) AND retired_at IS NULL
""")

# Whoever comes second waits for the first to commit, and then finds that key.
_MAKE = statement("""
    INSERT INTO area_key (area, id, wrapped, master)
    SELECT * FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS bigint[]), CAST(:wrapped AS bytea[]),
                         CAST(:masters AS text[]))
    ON CONFLICT DO NOTHING
""")

# Primary key.
_NAMED = statement("""
    SELECT k.area, k.id, k.wrapped, k.master
    FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS bigint[])) AS wanted(area, id)
    JOIN area_key k ON k.area = wanted.area AND k.id = wanted.id
""")

_FIXED = statement("SELECT use, wrapped, master FROM fixed_key")

_FIX = statement("""
    INSERT INTO fixed_key (use, wrapped, master) VALUES (:use, :wrapped, :master) ON CONFLICT DO NOTHING
""")

# Shared among all who write in quarantine; who replaces its key waits for them (service/resealing.py).
_HOLD_QUARANTINE = statement("SELECT pg_advisory_xact_lock_shared(:lock)")


class Wrapped(NamedTuple):
    """A key as it is kept, and the id of the master key that opens it."""

    key: bytes
    master: str


class Wrapping(Protocol):
    """Whoever holds the master key. `bound`: what the key is for; it opens for nothing else."""

    async def wrap(self, key: bytes, bound: bytes) -> Wrapped:
        """`key`, to be kept, under the newest master key."""

    async def unwrap(self, wrapped: Wrapped, bound: bytes) -> bytes:
        """The key. Raises where the master key is not there, or not the one."""


class NoKeys(RuntimeError):
    """A connection was opened without keys, and something sealed is met: a mistake in the program."""


class Keyring:
    """All keys that this process has met. Call `prepare` before anything else."""

    def __init__(self, wrapping: Wrapping) -> None:
        self._wrapping = wrapping
        self._keys: dict[tuple[UUID, int], SealingKey] = {}
        self._fixed: dict[str, bytes] = {}

    async def prepare(self, connection: Connection) -> None:
        """Have the keys that never change, made if there are none. Not in a transaction: they must stay."""
        kept = await self._read_fixed(connection)
        for use in (_HASHING, _INDEXING):
            if use not in kept:
                wrapped = await self._wrapping.wrap(secrets.token_bytes(KEY_BYTES), fixed_bound(use))
                await _FIX.execute(connection, use=use, wrapped=wrapped.key, master=wrapped.master)
                kept = await self._read_fixed(connection)
        self._fixed = kept

    async def _read_fixed(self, connection: Connection) -> dict[str, bytes]:
        return {
            row["use"]: await self._wrapping.unwrap(
                Wrapped(row["wrapped"], row["master"]), fixed_bound(row["use"])
            )
            for row in await _FIXED.fetch(connection)
        }

    @property
    def hashing(self) -> bytes:
        """The key of hashes that are kept of contents."""
        return self._fixed[_HASHING]

    @property
    def indexing(self) -> bytes:
        """The key of what stands for numbers that are looked for."""
        return self._fixed[_INDEXING]

    async def current(self, connection: Connection, areas: Collection[UUID]) -> Mapping[UUID, SealingKey]:
        """What to seal with in `areas`, made where there is none. Hold their locks, in a transaction."""
        found = await self._read_current(connection, areas)
        if missing := [area for area in areas if area not in found]:
            await keep_new(connection, {area: await self.new(area) for area in missing})
            found = await self._read_current(connection, areas)
        return found

    async def current_in_quarantine(self, connection: Connection) -> SealingKey:
        """What to seal with in quarantine, and no other until the transaction ends."""
        await _HOLD_QUARANTINE.fetchval(connection, lock=IN_QUARANTINE)
        return (await self.current(connection, [NOWHERE]))[NOWHERE]

    async def _read_current(self, connection: Connection, areas: Collection[UUID]) -> dict[UUID, SealingKey]:
        rows = await _CURRENT.fetch(connection, areas=list(areas))
        return {
            row["area"]: await self._opened(row["area"], row["id"], Wrapped(row["wrapped"], row["master"]))
            for row in rows
        }

    async def new(self, area: UUID) -> tuple[int, Wrapped]:
        """A key of `area` that nobody uses yet: its id, and how it is kept, once `keep_new` did."""
        id = secrets.randbits(32)
        return id, await self._wrapping.wrap(secrets.token_bytes(KEY_BYTES), area_bound(area, id))

    async def meet(self, connection: Connection, area: UUID, sealed: Iterable[bytes | None]) -> None:
        """Have the keys ready that open these, all of `area`."""
        await self.meet_all(connection, ((area, each) for each in sealed))

    async def meet_all(self, connection: Connection, sealed: Iterable[tuple[UUID, bytes | None]]) -> None:
        """As `meet`, of several areas. One statement, and seldom that: keys are remembered."""
        known = self._keys
        wanted = {
            (area, id)
            for area, each in sealed
            if each is not None and (id := key_id(each)) is not None and (area, id) not in known
        }
        if not wanted:
            return
        rows = await _NAMED.fetch(
            connection, areas=[area for area, _ in wanted], ids=[id for _, id in wanted]
        )
        for row in rows:
            await self._opened(row["area"], row["id"], Wrapped(row["wrapped"], row["master"]))

    async def _opened(self, area: UUID, id: int, wrapped: Wrapped) -> SealingKey:
        key = self._keys.get((area, id))
        if key is None:
            plain = await self._wrapping.unwrap(wrapped, area_bound(area, id))
            key = self._keys[area, id] = SealingKey(id, plain)
        return key

    def unseal(self, area: UUID, sealed: bytes, bound: bytes) -> bytes:
        """What was sealed in `area`; `meet` comes before. Raises SealBroken."""
        id = key_id(sealed)
        key = None if id is None else self._keys.get((area, id))
        if key is None:  # altered: no such key was ever made
            raise SealBroken(bound)
        return key.unseal(sealed, bound)

    def unseal_part(self, area: UUID, record: UUID, privacy: Privacy, sealed: bytes) -> bytes:
        """A part of a record, as `unseal`."""
        return self.unseal(area, sealed, sealing.part_of(area, record, privacy))


async def keep_new(connection: Connection, made: Mapping[UUID, tuple[int, Wrapped]]) -> None:
    """Keep what `Keyring.new` made of areas that have no key now. Hold their locks, in a transaction."""
    await _MAKE.execute(
        connection,
        areas=list(made),
        ids=[id for id, _ in made.values()],
        wrapped=[wrapped.key for _, wrapped in made.values()],
        masters=[wrapped.master for _, wrapped in made.values()],
    )


def area_bound(area: UUID, id: int) -> bytes:
    """What wraps a key of an area is bound to."""
    return b"area\0" + area.bytes + id.to_bytes(4)


def fixed_bound(use: str) -> bytes:
    """What wraps a key that never changes is bound to."""
    return b"fixed\0" + use.encode()


def keyring_of(connection: Connection) -> Keyring:
    """The keys that `connection` was opened with. Raises NoKeys."""
    keyring: Keyring | None = getattr(connection, "keyring", None)
    if keyring is None:
        raise NoKeys("open the pool with the installation's keys: something sealed is read or written here")
    return keyring
