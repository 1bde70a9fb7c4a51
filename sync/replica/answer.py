"""What an answer of the server does to the file. Each answer is taken in by one transaction or not at all."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from sync.decide import Refusal
from sync.parents import parents_named
from sync.replica.file import Held, Kept, ReplicaFile, State
from sync.replica.view import changed, read_change, without
from sync.wire import Change, Drop, Gone, Outcome, Result, SyncResponse

_STATES: dict[Outcome, State] = {
    "applied": "settling",
    "merged": "settling",
    "conflict": "settling",
    "parked": "parked",
    "rejected": "rejected",
}


class Delivered(msgspec.Struct, frozen=True):
    """One element of `records`. `data` has all fields of each part delivered; none of a deleted record."""

    collection: str
    id: UUID
    area: UUID
    rev: int
    case: UUID | None = None
    deleted: bool = False
    data: dict[str, Any] = {}


class Taken(msgspec.Struct):
    """What the answer came to, for whoever leads the exchange.

    `outcomes`: of changes that the server had not heard of before. `passing`: changes to be sent again.
    """

    outcomes: list[Outcome]
    passing: list[UUID]
    delivered: int
    was_reset: bool


_read = msgspec.json.Decoder(Delivered).decode


def take(file: ReplicaFile, batch: Sequence[Kept], response: SyncResponse, received: float) -> Taken:
    """Take in the answer to an exchange that sent `batch`. `received`: seconds since 1970 by the device."""
    with file.transaction():
        passing = _results(file, batch, response)
        file.put("areas", msgspec.json.encode(response.areas).decode())
        reset = response.reset
        if reset is not None:
            file.let_go_of_areas(reset.areas)
            file.expect_all()
            if reset.reason == "epoch":
                file.replay()
        else:
            file.let_go_of_other_areas(response.areas)
        for drop in response.drop:
            _drop(file, drop)
        for gone in response.gone:
            _let_go(file, gone)
        delivered = [_read(raw) for raw in response.records]
        for each in delivered:
            _deliver(file, each, is_new=not response.complete)
        if response.complete and reset is None:
            _settle(file)
            file.show_all()
        for area, stable in response.stable.items():
            file.trim(UUID(area), stable)
        file.put("cursor", response.cursor)
        file.put("lease_until", response.lease_until)
        file.put("server_time", response.server_time)
        file.put("received", repr(received))
        outcomes = [result.outcome for result in response.results if not result.repeated]
        return Taken(outcomes, passing, len(delivered), reset is not None)


def take_manifest(file: ReplicaFile, records: Collection[msgspec.Raw], gone: Collection[Gone]) -> None:
    """Take in the answer to a manifest: it names records whole, so they replace what is held."""
    with file.transaction():
        for each in gone:
            _let_go(file, each)
        for raw in records:
            delivered = _read(raw)
            file.let_go(delivered.id)
            _deliver(file, delivered, is_new=False)


def take_retry(file: ReplicaFile, change: UUID, result: Result) -> None:
    """Take in what became of a change that was tried again out of quarantine."""
    with file.transaction():
        file.reopen(change)
        _answered(
            file, msgspec.structs.replace(result, id=change, repeated=True), file.setting("server_time")
        )


def _results(file: ReplicaFile, batch: Sequence[Kept], response: SyncResponse) -> list[UUID]:
    answers = {result.id: result for result in response.results}
    passing = []
    for kept in batch:
        result = answers.get(kept.id)
        if result is None or result.outcome == "retry":
            passing.append(kept.id)
        else:
            _answered(file, result, response.server_time)
    file.try_again(passing)
    return passing


def _answered(file: ReplicaFile, result: Result, server_time: str | None) -> None:
    file.answered(
        result.id,
        _STATES[result.outcome],
        result.outcome,
        _covered_from(result, server_time),
        result.problem,
        # The server leaves out what the device holds by having sent it, and only the first time.
        result.outcome == "applied" and not result.repeated,
    )


def _covered_from(result: Result, server_time: str | None) -> int | None:
    """The rev from which on a backup of the area covers the change.

    One without a rev of its own is covered by whatever was written after it, and revs are times: so by any
    rev later than this answer.
    """
    if result.rev is not None:
        return result.rev
    if server_time is None:
        return None
    return int(datetime.fromisoformat(server_time).timestamp() * 1_000_000)


def _deliver(file: ReplicaFile, delivered: Delivered, *, is_new: bool) -> None:
    held = file.held(delivered.id)
    values = delivered.data
    rev = base = delivered.rev
    case = delivered.case
    if held is not None:
        rev, base = max(held.rev, rev), max(held.base, base)
        is_new = is_new and held.is_new
        if not delivered.deleted:
            values = {**held.values, **values}
        else:
            case = held.case
    file.hold(
        Held(
            delivered.id,
            delivered.collection,
            delivered.area,
            values,
            case,
            rev,
            base,
            delivered.deleted,
            is_new,
        )
    )
    file.delivered(delivered.id, delivered.rev)


def _let_go(file: ReplicaFile, gone: Gone) -> None:
    held = file.held(gone.id)
    if held is None:
        file.delivered(gone.id, None)
        return
    left = None if gone.classes is None else without(held, gone.classes)
    if left is None:
        file.let_go(gone.id)
        file.delivered(gone.id, None)
    else:
        # Its newest part may be among those that went; what is left is delivered with this, with its rev.
        file.hold(msgspec.structs.replace(left, rev=0))


def _drop(file: ReplicaFile, drop: Drop) -> None:
    for held in file.held_of(drop.area):
        if drop.case is not None and held.case != drop.case:
            continue
        left = without(held, drop.classes)
        if left is None:
            file.let_go(held.id)
        else:
            # Its newest part may be among those that went; what is left is delivered anew, with its rev.
            file.hold(msgspec.structs.replace(left, rev=0))


def _settle(file: ReplicaFile) -> None:
    """The device has everything. Work that took effect and did not come back stands as it was sent."""
    held_areas = set(msgspec.json.decode(file.setting("areas") or "[]", type=list[UUID]))
    for kept in file.settling():
        change = read_change(kept)
        held = file.held(kept.record)
        if not kept.as_sent or kept.rev is None or (held is not None and held.rev >= kept.rev):
            continue
        if held is None and change.area not in held_areas:
            continue
        try:
            after = changed(held, change, {})
        except Refusal:
            continue  # the digest will tell, should this ever be
        if after is not None:
            case = after.case if held is not None else _case_of(file, change)
            file.hold(msgspec.structs.replace(after, case=case, rev=kept.rev, base=kept.rev))
    file.all_settled()


def _case_of(file: ReplicaFile, change: Change) -> UUID | None:
    """The file that a new record lies in: the one that it opens, or that of what it belongs to."""
    declared = COLLECTIONS[change.collection]
    if declared.opens_file:
        return change.record
    parents = parents_named(change, declared)
    parent = file.held(UUID(change.set[parents[0].name])) if parents else None
    return None if parent is None else parent.case
