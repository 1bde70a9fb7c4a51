"""`Replica`: a device as an app uses it. Work is local and at once; `sync` exchanges it."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from os import PathLike
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from schemas.problems import COLLECTION_MISMATCH, CONFLICT_UNKNOWN, RECORD_TOO_LARGE, WRITE_NOT_ALLOWED
from sync.clock import Clock, wall_text
from sync.conflict import COLLECTION as CONFLICT
from sync.decide import Refusal
from sync.replica import conversation
from sync.replica.backoff import Backoff
from sync.replica.conversation import Summary, Terms
from sync.replica.errors import Locked, NotHeld, NotValid, Unreachable
from sync.replica.file import Held, Kept, ReplicaFile, Trouble
from sync.replica.transport import Lost, Reply, Request, Transport
from sync.replica.view import about, changed, choices, read_change, shown
from sync.wire import MAX_CHANGES, MAX_RECORD, Change, Outcome

TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
CLOCK_SET_BACK = 3600.0  # seconds behind the last exchange: then the lease cannot be told
PATIENCE_MOST = 300.0  # seconds; a longer Retry-After is for the app to wait out

T = TypeVar("T")


class Replica:
    """One person's work on one device, in one file. Not for two processes, or two threads, at once.

    `wall`: seconds since 1970 by the device's clock, right or wrong. `chance` and `sleep` decide about
    waiting between attempts; tests and the simulator bring their own.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        transport: Transport,
        *,
        name: str = "replica",
        terms: Terms | None = None,
        backoff: Backoff | None = None,
        wall: Callable[[], float] = time.time,
        chance: random.Random | None = None,
        sleep: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._file = ReplicaFile(path)
        self._transport = transport
        self._name = name
        self._terms = terms or Terms()
        self._backoff = backoff or Backoff()
        self._wall = wall
        self._chance = chance or random.Random()
        self._sleep = sleep
        self._group: UUID | None = None
        self._one_at_a_time = asyncio.Lock()

    def close(self) -> None:
        """Close the file. Everything that was called saved is in it."""
        self._file.close()

    # Talking with the server

    async def sign_in(self, username: str, password: str, otp: str | None = None) -> None:
        """Sign in, the first time or again. Raises `OtherAccount` where the file is somebody else's."""
        device = {"id": str(self.device), "name": self._name, "platform": "python"}
        await self._carry(conversation.sign_in(self._file, username, password, otp, device, self._wall))

    async def sign_out(self) -> None:
        """End the session; nothing held or waiting to be sent is lost."""
        await self._carry(conversation.sign_out(self._file))

    async def sync(self) -> Summary:
        """One full exchange: everything that waits is sent, everything new is pulled.

        Raises `Unreachable`, `SignInRequired`, `DeviceRevoked`, `Refused`. Whatever was exchanged before
        that is kept, and the next call goes on from there.
        """
        return await self._carry(conversation.exchange(self._file, self._terms, self._wall))

    async def verify(self) -> list[UUID]:
        """Exchange, then compare with the server and repair. Gives the areas that had to be repaired."""
        return await self._carry(conversation.verification(self._file, self._terms, self._wall))

    async def wait(self, seconds: int = 25) -> list[UUID]:
        """The areas in which something has moved since the last exchange; waits for it that long."""
        return await self._carry(conversation.wait(self._file, seconds, self._wall))

    async def dismiss(self, change: UUID) -> None:
        """Let go of a change that was not applied; it stays on record. Raises `NotHeld`."""
        if self._file.trouble(change) is None:
            raise NotHeld(change)
        await self._carry(conversation.dismissal(self._file, change, self._wall))

    async def try_again(self, change: UUID, **what: Mapping[str, Any]) -> Outcome:
        """Put right a change that was rejected, and have it tried again; gives what became of it.

        `what`: `set`, `add`, `remove`, `increment`, in place of those that were sent. Raises `NotHeld`,
        and `Refused` where the server does not have it in quarantine any more.
        """
        trouble = self._file.trouble(change)
        if trouble is None:
            raise NotHeld(change)
        sent = msgspec.json.decode(trouble.payload, type=Change)
        repaired = _payload(
            msgspec.structs.replace(sent, **{name: dict(said) for name, said in what.items()})
        )
        return await self._carry(conversation.another_try(self._file, change, repaired, self._wall))

    # Reading

    @property
    def device(self) -> UUID:
        """The device's id, drawn when the file was made."""
        return UUID(self._file.setting("device"))

    @property
    def account(self) -> UUID | None:
        """Whose file this is, once somebody has signed in."""
        account = self._file.setting("account")
        return None if account is None else UUID(account)

    @property
    def areas(self) -> list[UUID]:
        """The areas held, as of the last exchange."""
        return msgspec.json.decode(self._file.setting("areas") or "[]", type=list[UUID])

    @property
    def waiting(self) -> int:
        """How many changes are not known to have reached the server."""
        return self._file.count("waiting")

    def get(self, record: UUID) -> Held | None:
        """A record as the person sees it; None where there is none, or it is deleted."""
        self._check_lease()
        seen = self._seen(record)
        return None if seen is None or seen.deleted or seen.is_new else seen

    def all(self, collection: str) -> list[Held]:
        """The live records of a collection as the person sees them, by id."""
        self._check_lease()
        seen: dict[UUID, Held | None] = {held.id: held for held in self._file.held_in(collection)}
        pending: dict[UUID, list[Kept]] = {}
        for kept in self._file.all_pending():
            if kept.record in seen or read_change(kept).collection == collection:
                pending.setdefault(kept.record, []).append(kept)
        for record, work in pending.items():
            seen[record] = shown(seen.get(record), work)
        found = [held for held in seen.values() if held and not held.deleted and not held.is_new]
        return sorted(found, key=lambda held: held.id)

    def delivered(self, collection: str) -> list[Held]:
        """The live records of a collection as the server has them, without own pending work, by id."""
        self._check_lease()
        return [held for held in self._file.held_in(collection) if not held.deleted and not held.is_new]

    def conflicts(self) -> list[Held]:
        """The conflicts that wait for a person, less those that this one has already decided."""
        decided = {read_change(kept).resolves for kept in self._file.all_pending()}
        return [
            held for held in self.all(CONFLICT) if held.values["state"] == "open" and held.id not in decided
        ]

    def problems(self) -> list[Trouble]:
        """Changes that the server did not apply: those rejected, until dismissed, and those parked."""
        self._check_lease()
        return self._file.troubles()

    # Working

    def create(self, collection: str, area: UUID, set: Mapping[str, Any], *, id: UUID | None = None) -> UUID:
        """Make a record; gives its id. Raises `NotValid`."""
        self._check_lease()
        record = id or self._new_id()
        if self._seen(record) is not None:
            raise NotValid(COLLECTION_MISMATCH.type)
        self._write(None, Change(self._new_id(), collection, record, area, "", set=dict(set)), {})
        return record

    def edit(
        self,
        record: UUID,
        *,
        set: Mapping[str, Any] | None = None,
        add: Mapping[str, list[Any]] | None = None,
        remove: Mapping[str, list[Any]] | None = None,
        increment: Mapping[str, int] | None = None,
    ) -> UUID:
        """Change a record; gives the change's id. Raises `NotHeld`, `NotValid`."""
        held = self._expect(record)
        return self._change(
            held,
            "write",
            set=dict(set or {}),
            add=dict(add or {}),
            remove=dict(remove or {}),
            increment=dict(increment or {}),
        )

    def delete(self, record: UUID) -> UUID:
        """Delete a record; gives the change's id. Raises `NotHeld`."""
        return self._change(self._expect(record), "delete")

    def restore(self, record: UUID) -> UUID:
        """Bring a deleted record back; gives the change's id. Raises `NotHeld`."""
        self._check_lease()
        held = self._seen(record)
        if held is None:
            raise NotHeld(record)
        return self._change(held, "restore")

    def move(self, record: UUID, to: UUID) -> UUID:
        """A record moves to another area, with all that belongs to it; gives the change's id."""
        return self._change(self._expect(record), "move", to=to)

    def resolve(self, conflict: UUID, set: Mapping[str, Any] | None = None, *, delete: bool = False) -> UUID:
        """Decide a conflict by the values that are to stand; gives the change's id.

        About a delete: `delete=True` carries it out, otherwise the record stays. Raises `NotHeld` where the
        conflict or its record is not held, `NotValid`.
        """
        disputed = self._expect(conflict)
        if disputed.collection != CONFLICT:
            raise NotValid(CONFLICT_UNKNOWN.type)
        held = self._expect(about(disputed))
        op: Literal["write", "delete"] = "delete" if delete else "write"
        return self._change(held, op, set=dict(set or {}), resolves=conflict, settled=choices(disputed))

    @contextmanager
    def group(self) -> Iterator[UUID]:
        """What is done inside applies together or not at all, here and on the server.

        At most as many changes as fit in one request. Nothing may be awaited inside.
        """
        if self._group is not None:
            raise RuntimeError("a group within a group")
        with self._file.transaction():
            self._group = group = self._new_id()
            before = self._file.count("waiting")
            try:
                yield group
            finally:
                self._group = None
            if self._file.count("waiting") - before > min(self._terms.changes, MAX_CHANGES):
                raise ValueError(f"a group has at most {self._terms.changes} changes")

    def _expect(self, record: UUID) -> Held:
        self._check_lease()
        held = self._seen(record)
        if held is None:
            raise NotHeld(record)
        return held

    def _seen(self, record: UUID) -> Held | None:
        return shown(self._file.held(record), self._file.pending(record))

    def _change(
        self,
        seen: Held,
        op: Literal["write", "delete", "restore", "move"],
        *,
        settled: dict[str, list[Any]] | None = None,
        **what: Any,
    ) -> UUID:
        held = self._file.held(seen.id)
        pending = self._file.pending(seen.id)
        change = Change(
            self._new_id(),
            seen.collection,
            seen.id,
            # Where the server has it, or will have made it: a move on the way is followed there.
            held.area if held is not None else read_change(pending[0]).area,
            "",
            op=op,
            base=held.base if held is not None else 0,
            after=pending[-1].id if pending else None,
            **what,
        )
        return self._write(seen, change, settled or {})

    def _write(self, seen: Held | None, change: Change, settled: dict[str, list[Any]]) -> UUID:
        """Check a change against what the person sees, and write it down."""
        declared = COLLECTIONS.get(change.collection)
        if declared is not None and declared.made_by_server:
            raise NotValid(WRITE_NOT_ALLOWED.type)
        try:
            changed(seen, change, settled)
        except Refusal as error:
            raise NotValid(error.kind.type, error.errors) from None
        with self._file.transaction():
            change = msgspec.structs.replace(change, at=self._read_clock(), group=self._group)
            payload = _payload(change)
            if len(payload) > MAX_RECORD:
                raise NotValid(RECORD_TOO_LARGE.type)
            self._file.add_change(change.id, change.record, change.area, change.group, payload)
        return change.id

    def _read_clock(self) -> str:
        node = self._file.setting("node") or ""
        clock = Clock(node, self._file.setting("clock"))
        server_time = self._file.setting("server_time")
        if server_time is not None:
            # What was pulled had happened by then: what is written now is later, whatever the phone's clock.
            seen_ms = int(datetime.fromisoformat(server_time).timestamp() * 1000)
            clock.observe(f"{wall_text(seen_ms)}-0000-{node}")
        at = clock.now(int(self._wall() * 1000))
        self._file.put("clock", at)
        return at

    def _check_lease(self) -> None:
        lease, server_time = self._file.setting("lease_until"), self._file.setting("server_time")
        if lease is None or server_time is None:
            return
        passed = self._wall() - float(self._file.setting("received") or 0)
        left = datetime.fromisoformat(lease) - datetime.fromisoformat(server_time)
        if passed > left.total_seconds() or passed < -CLOCK_SET_BACK:
            raise Locked("请联网同步后继续使用 (connect and sync to go on)")

    def _new_id(self) -> UUID:
        """A UUIDv7 (RFC 9562): its order is about that of making, which keeps indexes of the server small."""
        milliseconds = max(0, int(self._wall() * 1000)) & (2**48 - 1)
        drawn = secrets.randbits(74)
        return UUID(int=milliseconds << 80 | 7 << 76 | (drawn >> 62) << 64 | 2 << 62 | drawn & (2**62 - 1))

    async def _carry(self, talk: Generator[Request, Reply, T]) -> T:
        """Carry a conversation to its end, on whatever link there is."""
        if self._file.in_transaction:
            raise RuntimeError("a group is open")
        async with self._one_at_a_time:
            try:
                request = next(talk)
                while True:
                    request = talk.send(await self._answer(request))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    async def _answer(self, request: Request) -> Reply:
        """A whole reply that is no passing trouble. The same request goes out until there is one."""
        if request.failures:
            await self._sleep(self._backoff.delay(request.failures, self._chance))
        failures = 0
        while True:
            asked_to_wait = 0.0
            try:
                reply = await self._transport.send(request)
                if reply.status not in TRY_AGAIN and _is_whole(reply):
                    return reply
                trouble = f"HTTP {reply.status}"
                asked_to_wait = reply.retry_after or 0.0
            except Lost as error:
                trouble = str(error)
            failures += 1
            if failures >= self._backoff.attempts or asked_to_wait > PATIENCE_MOST:
                raise Unreachable(trouble)
            await self._sleep(max(asked_to_wait, self._backoff.delay(failures, self._chance)))


def _is_whole(reply: Reply) -> bool:
    """A reply that was cut short, or comes from something else on the way, is no JSON."""
    if reply.status == 204 or not 200 <= reply.status < 300:
        return True
    try:
        msgspec.json.decode(reply.body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _payload(change: Change) -> bytes:
    """The change as it is sent, without what is as if it had not been said."""
    fields = msgspec.structs.fields(Change)
    said = {field.name: value for field in fields if (value := getattr(change, field.name)) not in (None, {})}
    return msgspec.json.encode(said)
