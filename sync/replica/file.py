"""The device's memory: one SQLite file an account, and all of its SQL.

A change is written down before the app is told that it is saved, and never altered afterwards: sent again,
it is the same bytes. What becomes of it is its state:

    waiting    not known to have reached the server
    settling   took effect there; the records held do not show it yet
    parked     the server keeps it until what it depends on arrives
    rejected   the server keeps it in quarantine, and says why
    done       nothing more to show

All but `waiting` are the journal: kept until a backup of the server covers them, and sent again should the
server come back without them. Every step from one state of the file to the next is one transaction, so the
device may be killed anywhere.
"""

import secrets
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any, Literal
from uuid import UUID

import msgspec

from sync.wire import Outcome, ProblemDetail

State = Literal["waiting", "settling", "parked", "rejected", "done"]

# One entry a version of the file; a file is brought up to date when it is opened.
_VERSIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE record (
            id TEXT PRIMARY KEY,
            collection TEXT NOT NULL,
            area TEXT NOT NULL,
            case_id TEXT,
            -- The newest rev of the parts held, 0 while it is not known: what the digest is made of.
            rev INTEGER NOT NULL,
            -- The newest rev ever held: what the person may have seen.
            base INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            -- Arrived with an exchange that is not complete: not shown yet.
            is_new INTEGER NOT NULL,
            body BLOB NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX record_collection ON record (collection)",
        "CREATE INDEX record_area ON record (area)",
        """
        CREATE TABLE change (
            no INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            record TEXT NOT NULL,
            area TEXT NOT NULL,
            group_id TEXT,
            payload BLOB NOT NULL,
            state TEXT NOT NULL DEFAULT 'waiting',
            -- Changes that went out in one request go out in one request again.
            batch INTEGER,
            outcome TEXT,
            -- Covered by a backup of the area that reaches this rev.
            rev INTEGER,
            -- Nobody else's work is in what it came to: the device may carry it out on its own copy.
            as_sent INTEGER NOT NULL DEFAULT 0,
            problem TEXT
        )
        """,
        "CREATE INDEX change_state ON change (state, no)",
        "CREATE INDEX change_record ON change (record) WHERE state IN ('waiting', 'settling', 'parked')",
    ),
)

_PENDING = "state IN ('waiting', 'settling', 'parked')"
_NOT_APPLIED = "outcome IN ('parked', 'rejected')"
_HELD = "id, collection, area, case_id, rev, base, deleted, is_new, body"


class Held(msgspec.Struct, frozen=True):
    """A record on the device: what was delivered, or what the person sees with their own work on top.

    `rev`: 0 where it is not known. `base`: the newest rev ever held. `is_pending`: some of it is the person's
    own work, of which the server has not yet said what became.
    """

    id: UUID
    collection: str
    area: UUID
    values: dict[str, Any]
    case: UUID | None = None
    rev: int = 0
    base: int = 0
    deleted: bool = False
    is_new: bool = False
    is_pending: bool = False


class Kept(msgspec.Struct, frozen=True):
    """A change in the file. `rev`: what the server answered, once it did."""

    id: UUID
    record: UUID
    payload: bytes
    state: State
    rev: int | None
    as_sent: bool


class Trouble(msgspec.Struct, frozen=True):
    """A change that the server did not apply, as the person is shown it. `payload`: as it was sent."""

    change: UUID
    record: UUID
    outcome: Outcome
    problem: ProblemDetail
    payload: bytes


class TooNew(Exception):
    """The file was written by a newer version of this program."""


class ReplicaFile:
    """An open file. Not for two processes at once."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10.0)
        # A phone that loses power must not lose what it called saved; and what is erased is overwritten.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._bring_up_to_date()
        with self.transaction():
            if self.setting("device") is None:
                self.put("device", str(uuid.uuid4()))
                self.put("node", secrets.token_hex(2))

    def _bring_up_to_date(self) -> None:
        with self.transaction():
            version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(_VERSIONS):
                raise TooNew(f"version {version} of the file, {len(_VERSIONS)} known")
            for statements in _VERSIONS[version:]:
                for statement in statements:
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {len(_VERSIONS)}")

    def close(self) -> None:
        """Close the file; what was not committed is forgotten."""
        self._db.close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._db.in_transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Within another one it is part of that."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # Settings: identity, tokens, cursor, clock

    def setting(self, name: str) -> str | None:
        """One value, None where it was never set."""
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def put(self, name: str, value: str | None) -> None:
        """Set one value; None removes it."""
        if value is None:
            self._db.execute("DELETE FROM setting WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    # Records

    def held(self, id: UUID) -> Held | None:
        """The record as it was delivered."""
        row = self._db.execute(f"SELECT {_HELD} FROM record WHERE id = ?", (str(id),)).fetchone()
        return None if row is None else _held(row)

    def held_in(self, collection: str) -> list[Held]:
        """The records of a collection as they were delivered, by id."""
        rows = self._db.execute(f"SELECT {_HELD} FROM record WHERE collection = ? ORDER BY id", (collection,))
        return [_held(row) for row in rows]

    def held_of(self, area: UUID) -> list[Held]:
        """The records of an area as they were delivered, by id."""
        rows = self._db.execute(f"SELECT {_HELD} FROM record WHERE area = ? ORDER BY id", (str(area),))
        return [_held(row) for row in rows]

    def live_revs(self, area: UUID) -> list[tuple[UUID, int]]:
        """Every record of an area that is not deleted, and its rev."""
        rows = self._db.execute("SELECT id, rev FROM record WHERE area = ? AND NOT deleted", (str(area),))
        return [(UUID(id), rev) for id, rev in rows]

    def hold(self, held: Held) -> None:
        """Write a record, whole."""
        self._db.execute(
            f"INSERT OR REPLACE INTO record ({_HELD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(held.id),
                held.collection,
                str(held.area),
                None if held.case is None else str(held.case),
                held.rev,
                held.base,
                held.deleted,
                held.is_new,
                msgspec.json.encode(held.values),
            ),
        )

    def let_go(self, id: UUID) -> None:
        """Erase a record."""
        self._db.execute("DELETE FROM record WHERE id = ?", (str(id),))

    def let_go_of_areas(self, areas: Collection[UUID] | None) -> None:
        """Erase the records of some areas, or all records."""
        if areas is None:
            self._db.execute("DELETE FROM record")
        else:
            self._db.executemany("DELETE FROM record WHERE area = ?", [(str(area),) for area in areas])

    def let_go_of_other_areas(self, areas: Collection[UUID]) -> None:
        """Erase the records of every area but these."""
        held = {UUID(row[0]) for row in self._db.execute("SELECT DISTINCT area FROM record")}
        self.let_go_of_areas(held.difference(areas))

    def show_all(self) -> None:
        """The exchange is complete: what came with it is shown."""
        self._db.execute("UPDATE record SET is_new = 0 WHERE is_new")

    # Changes

    def add_change(self, id: UUID, record: UUID, area: UUID, group: UUID | None, payload: bytes) -> None:
        """Write down what the person did."""
        self._db.execute(
            "INSERT INTO change (id, record, area, group_id, payload) VALUES (?, ?, ?, ?, ?)",
            (str(id), str(record), str(area), None if group is None else str(group), payload),
        )

    def pending(self, record: UUID) -> list[Kept]:
        """The person's own work on a record which the records held do not show yet, oldest first."""
        return self._kept(f"record = ? AND {_PENDING}", (str(record),))

    def all_pending(self) -> list[Kept]:
        """The same for all records."""
        return self._kept(_PENDING)

    def settling(self) -> list[Kept]:
        """Changes that took effect and are not shown by the records held, oldest first."""
        return self._kept("state = 'settling'")

    def journal(self) -> list[Kept]:
        """Changes that reached the server and are kept in case it loses them, oldest first."""
        return self._kept("state <> 'waiting'")

    def count(self, state: State) -> int:
        """How many changes are in `state`."""
        count: int = self._db.execute("SELECT count(*) FROM change WHERE state = ?", (state,)).fetchone()[0]
        return count

    def next_batch(self, most: int, room: int) -> list[Kept]:
        """The changes to send now: those that went out together before, or the oldest that are waiting.

        At most `most`, of at most `room` bytes together, and no group cut in two unless it is larger than
        that by itself. They are marked as one batch.
        """
        with self.transaction():
            sent = self._db.execute(
                "SELECT min(batch) FROM change WHERE state = 'waiting' AND batch IS NOT NULL"
            ).fetchone()[0]
            if sent is not None:
                return self._kept("state = 'waiting' AND batch = ?", (sent,))
            chosen = _fitting(self._sizes("state = 'waiting'", (), most + 1), most, room)
            if not chosen:
                return []
            batch = 1 + (self._db.execute("SELECT max(batch) FROM change").fetchone()[0] or 0)
            self._db.executemany(
                "UPDATE change SET batch = ? WHERE no = ?", [(batch, number) for number in chosen]
            )
            return self._kept("state = 'waiting' AND batch = ?", (batch,))

    def halve(self, batch: Collection[Kept]) -> bool:
        """The batch was too large for the server: about half goes later. False if it is one piece."""
        rows = self._sizes("state = 'waiting' AND batch IS NOT NULL", (), -1)
        kept = set(_fitting(rows, max(1, len(batch) // 2), 2**62))
        later = [(number,) for number, _, _ in rows if number not in kept]
        self._db.executemany("UPDATE change SET batch = NULL WHERE no = ?", later)
        return bool(later)

    def try_again(self, changes: Iterable[UUID]) -> None:
        """The server took none of these; they go out again, perhaps in other company."""
        self._db.executemany(
            "UPDATE change SET batch = NULL WHERE id = ? AND state = 'waiting'",
            [(str(id),) for id in changes],
        )

    def answered(
        self,
        change: UUID,
        state: State,
        outcome: Outcome,
        rev: int | None,
        problem: ProblemDetail | None,
        as_sent: bool,
    ) -> None:
        """The server said what became of a change."""
        self._db.execute(
            """
            UPDATE change SET state = ?, batch = NULL, outcome = ?, rev = ?, problem = ?, as_sent = ?
            WHERE id = ? AND state = 'waiting'
            """,
            (
                state,
                outcome,
                rev,
                None if problem is None else msgspec.json.encode(problem).decode(),
                as_sent,
                str(change),
            ),
        )

    def delivered(self, record: UUID, rev: int | None) -> None:
        """The record as held shows all that took effect up to `rev`; None: it has left the device."""
        self._db.execute(
            "UPDATE change SET state = 'done' WHERE record = ? AND state = 'settling' AND rev <= ?",
            (str(record), 2**63 - 1 if rev is None else rev),
        )

    def expect_all(self) -> None:
        """The device starts over: whatever took effect will be delivered."""
        self._db.execute("UPDATE change SET as_sent = 0 WHERE state = 'settling'")

    def all_settled(self) -> None:
        """The records held show everything that took effect."""
        self._db.execute("UPDATE change SET state = 'done' WHERE state = 'settling'")

    def ask_again(self) -> None:
        """Send parked changes once more, to hear what became of them."""
        self._db.execute("UPDATE change SET state = 'waiting', batch = NULL WHERE state = 'parked'")

    def replay(self) -> None:
        """Send the whole journal once more, in its old order: the server may have lost it."""
        self._db.execute("UPDATE change SET state = 'waiting', batch = NULL, as_sent = 0")

    def trim(self, area: UUID, stable: int) -> None:
        """Forget journal entries of `area` that a backup covers."""
        self._db.execute(
            "DELETE FROM change WHERE area = ? AND state = 'done' AND rev <= ?", (str(area), stable)
        )

    def troubles(self) -> list[Trouble]:
        """Changes that were rejected or parked, and not dismissed, oldest first."""
        rows = self._db.execute(
            f"""
            SELECT id, record, outcome, problem, payload FROM change
            WHERE {_NOT_APPLIED} AND state <> 'done' ORDER BY no
            """
        )
        return [
            Trouble(
                UUID(id), UUID(record), outcome, msgspec.json.decode(problem, type=ProblemDetail), payload
            )
            for id, record, outcome, problem, payload in rows
        ]

    def trouble(self, change: UUID) -> Trouble | None:
        """One of these."""
        return next((trouble for trouble in self.troubles() if trouble.change == change), None)

    def dismiss(self, change: UUID) -> None:
        """A change that was not applied is let go; it stays in the journal."""
        self._db.execute(
            f"UPDATE change SET state = 'done', batch = NULL WHERE id = ? AND {_NOT_APPLIED}",
            (str(change),),
        )

    def reopen(self, change: UUID) -> None:
        """A change that was not applied is being tried again: take its answer like that of one just sent."""
        self._db.execute(
            f"UPDATE change SET state = 'waiting', batch = NULL WHERE id = ? AND {_NOT_APPLIED}",
            (str(change),),
        )

    def wipe(self) -> None:
        """Erase everything but the device's own name, from the disk too."""
        with self.transaction():
            self._db.execute("DELETE FROM record")
            self._db.execute("DELETE FROM change")
            self._db.execute("DELETE FROM setting WHERE name <> 'device' AND name <> 'node'")
        # Pages written before may still stand in the write-ahead log.
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _sizes(self, where: str, values: tuple[object, ...], most: int) -> list[tuple[int, str | None, int]]:
        """Number, group and bytes of changes, oldest first."""
        return self._db.execute(
            f"SELECT no, group_id, length(payload) FROM change WHERE {where} ORDER BY no LIMIT ?",
            (*values, most),
        ).fetchall()

    def _kept(self, where: str, values: tuple[object, ...] = ()) -> list[Kept]:
        rows = self._db.execute(
            f"SELECT id, record, payload, state, rev, as_sent FROM change WHERE {where} ORDER BY no", values
        )
        return [
            Kept(UUID(id), UUID(record), payload, state, rev, bool(as_sent))
            for id, record, payload, state, rev, as_sent in rows
        ]


def _held(row: tuple[Any, ...]) -> Held:
    id, collection, area, case, rev, base, deleted, is_new, body = row
    return Held(
        UUID(id),
        collection,
        UUID(area),
        msgspec.json.decode(body),
        None if case is None else UUID(case),
        rev,
        base,
        bool(deleted),
        bool(is_new),
    )


def _fitting(rows: list[tuple[int, str | None, int]], most: int, room: int) -> list[int]:
    """The numbers of the changes that go out together, out of the oldest that wait."""
    chosen: list[int] = []
    start_of_group = 0
    group: str | None = None
    for number, its_group, size in rows:
        if its_group is None or its_group != group:
            group, start_of_group = its_group, len(chosen)
        room -= size + 1  # and the comma
        if len(chosen) == most or (room < 0 and chosen):
            # The rest of a group waits, and the part of it that would fit waits with it.
            return chosen[:start_of_group] if its_group is not None and start_of_group else chosen
        chosen.append(number)
    return chosen
