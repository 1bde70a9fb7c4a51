"""What a device sent as whole rows is taken: turned into changes, pushed like any other, and answered.

The engine decides as it does for `POST /sync`. Here it is only seen to that a row which comes again, because
its answer was lost, is known: by the last row of the record that was taken, and where the process ended
before that was noted, by the receipts of the changes that the row comes to.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from litestar.datastructures import State

from schemas.collections import COLLECTIONS
from schemas.problems import PASSING_TROUBLE, Problem
from service.audit.accountant import accountant_for
from service.auth.caller import Caller
from service.http.language import Language
from service.routes.sync import access_for, acknowledge
from sync import assumed, copies, mirror, quarantine, store
from sync.clients import rxdb, whole
from sync.clients.whole import Name
from sync.confine import confine
from sync.exchange import Device
from sync.mirror import Document
from sync.mirror_store import Taken
from sync.push import push
from sync.sealing import keyed_hash

_to_json = msgspec.json.Encoder().encode


class _Known(NamedTuple):
    """A row that names a record, with what is known of it before anything is done."""

    row: rxdb.Row
    name: Name
    is_repeated: bool
    before: Taken
    assumed: bytes


async def take(
    state: State, caller: Caller, rows: Sequence[rxdb.Row], language: Language
) -> list[whole.Values]:
    """Store what `rows` say, and give the documents of those that do not stand as they were sent.

    What cannot be applied is in quarantine, and the device has back what stands, or that nothing does. What
    waits for the record it belongs to is as good as applied. Raises `Problem` where nothing was stored.
    """
    device = Device(caller.account, caller.device_no)
    answer: list[whole.Values] = []
    async with mirror.taking(state.pool, device):
        for together in _rounds(rows):
            answer += await _taken(state, caller, device, together, language)
    return answer


def _rounds(rows: Sequence[rxdb.Row]) -> list[list[rxdb.Row]]:
    """The rows in order, each record at most once in a round: a later row builds on the one before it."""
    rounds: list[list[rxdb.Row]] = []
    seen: dict[str, int] = {}
    for row in rows:
        number = seen.get(str(row.id), 0)
        seen[str(row.id)] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(row)
    return rounds


async def _taken(
    state: State, caller: Caller, device: Device, rows: Sequence[rxdb.Row], language: Language
) -> list[whole.Values]:
    pool: asyncpg.Pool = state.pool
    access_of, auditor = access_for(caller), accountant_for(caller)
    wanted = {row.sent.record: row.sent.area for row in rows if row.sent is not None}
    await mirror.expect(
        pool, device, {row.sent.record: (row.sent.collection, row.sent.area) for row in rows if row.sent}
    )
    taken = await mirror.taken(pool, device, wanted)
    known = [_known(state, device, row, taken) for row in rows]
    done = await _done_before(pool, caller, [each.name for each in known if not each.is_repeated])
    fresh = [each for each in known if not each.is_repeated and each.name.change(0) not in done]
    stands = await _standing(state, caller, device, fresh)
    changes = await _changes(state, caller, device, fresh, stands)
    if changes:
        by = copies.device_key(device.no, 0)
        raws = [msgspec.Raw(_to_json(change)) for change in changes]
        pushed = await push(pool, raws, caller.account, by, access_of, auditor, language)
        if any(result.outcome == "retry" for result in pushed.results):
            raise Problem(PASSING_TROUBLE)
        await acknowledge(state, pushed)
    await mirror.take(
        pool,
        device,
        {each.name.record: _noted(each, stands) for each in known if each.row.sent},
    )
    masters = await mirror.documents(pool, device, wanted, access_of, state.terms)
    waiting = await _waiting(pool, caller, wanted)
    answered: list[whole.Values] = []
    sent: list[Document] = []
    for row in rows:
        master = None if row.sent is None else masters.get(row.sent.record)
        if rxdb.stands_as_sent(row, master) or (row.sent is not None and row.sent.record in waiting):
            continue
        if master is None or master.is_deleted:
            if row.id is not None:
                answered.append(rxdb.gone(row.id, row.area))
        else:
            answered.append(rxdb.document_of(master))
            sent.append(master)
    await mirror.account_for(pool, device, sent, auditor)
    return answered


def _known(state: State, device: Device, row: rxdb.Row, taken: Mapping[UUID, Taken]) -> _Known:
    digest = keyed_hash(state.keyring.hashing, row.digest)
    if row.sent is None:
        return _Known(row, Name(device.no, UUID(int=0), digest, 1), False, Taken(), b"")
    before = taken.get(row.sent.record, Taken())
    is_repeated = before.last == digest
    times = before.times + (0 if is_repeated else 1)
    assumed = keyed_hash(state.keyring.hashing, row.assumed)
    return _Known(row, Name(device.no, row.sent.record, digest, times), is_repeated, before, assumed)


def _noted(each: _Known, stands: Mapping[UUID, Document]) -> Taken:
    if each.is_repeated:
        return each.before
    since = each.before.since
    if each.before.assumed != each.assumed:
        document = stands.get(each.name.record)
        since = 0 if document is None else document.rev
    return Taken(each.name.times, each.name.digest, each.assumed, since)


async def _done_before(pool: asyncpg.Pool, caller: Caller, names: Sequence[Name]) -> set[UUID]:
    """Those of the rows' first changes of which there is a receipt."""
    keys = {(caller.account, name.change(0)) for name in names}
    if not keys:
        return set()
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await confine(connection, (), caller.account)
        return {change for _, change in await store.receipts(connection, keys)}


async def _standing(
    state: State, caller: Caller, device: Device, fresh: Sequence[_Known]
) -> dict[UUID, Document]:
    """The records that rows are about, and the conflicts that they decide, as the caller reads them now."""
    wanted: dict[UUID, UUID | None] = {}
    for each in fresh:
        if each.row.sent is not None:
            wanted[each.row.sent.record] = each.row.sent.area
            if each.row.sent.resolves is not None:
                wanted[each.row.sent.resolves] = each.row.sent.area
    return await mirror.documents(state.pool, device, wanted, access_for(caller), state.terms)


async def _building_on_each_other(
    state: State, caller: Caller, device: Device, fresh: Sequence[_Known]
) -> list[_Known]:
    """`fresh`, where a row that assumes what an earlier one did builds on that one: the device was not
    answered it, and would else count twice what it counted, or take nothing back."""
    since = {
        each.name.record: each.before.since
        for each in fresh
        if each.row.sent is not None and each.before.times and each.before.assumed == each.assumed
    }
    by = copies.device_key(device.no, 0)
    own = await assumed.own_since(state.pool, access_for(caller), by, since)
    found = []
    for each in fresh:
        sent = each.row.sent
        if sent is not None and (said := own.get(sent.record)):
            built = sent._replace(assumed=whole.with_own(sent.assumed or {}, said))
            each = each._replace(row=each.row._replace(sent=built))
        found.append(each)
    return found


async def _changes(
    state: State,
    caller: Caller,
    device: Device,
    fresh: Sequence[_Known],
    stands: Mapping[UUID, Document],
) -> list[dict[str, object]]:
    """The changes that rows come to, against what the caller reads now."""
    pool, access_of = state.pool, access_for(caller)
    fresh = await _building_on_each_other(state, caller, device, fresh)
    rows = {each.row.sent.record: each for each in fresh if each.row.sent is not None}
    disputed: dict[tuple[UUID, UUID], whole.Values] = {}
    deleted: list[tuple[UUID, UUID]] = []
    for id, each in rows.items():
        document, sent = stands.get(id), each.row.sent
        assert sent is not None
        if document is None or document.collection != sent.collection:
            continue
        if document.is_deleted:
            deleted.append((document.area, id))
        elif found := whole.assumptions(sent, COLLECTIONS[sent.collection], document):
            disputed[document.area, id] = found
    bases = await assumed.bases(pool, access_of, disputed)
    deletions = await assumed.deletions(pool, access_of, deleted)
    had = {id: base for (_, id), base in deletions.items()}
    in_book = await mirror.positions(pool, device, [id for id in rows if id not in stands])
    changes: list[dict[str, object]] = []
    for each in fresh:
        sent = each.row.sent
        if sent is None:
            changes.append(_unreadable(each))
            continue
        document = stands.get(sent.record)
        if document is not None and document.collection != sent.collection:
            document = None
        if sent.resolves is not None and (about := stands.get(sent.resolves)) is not None:
            sent = sent._replace(resolved_fields=tuple(about.data.get("fields", ())))
        key = (document.area if document else sent.area, sent.record)
        changes += whole.changes(
            sent,
            each.name,
            COLLECTIONS[sent.collection],
            document,
            bases.get(key, {}),
            had.get(sent.record) or max(assumed.FIRST, in_book.get(sent.record, 0)),
        )
    return changes


def _unreadable(each: _Known) -> dict[str, object]:
    """A change that the engine refuses and keeps, so that whoever sent it can see what it was."""
    row = each.row
    return {"id": str(each.name.change(0)), "record": row.id, "area": row.area, "set": row.document}


async def _waiting(pool: asyncpg.Pool, caller: Caller, records: Mapping[UUID, UUID]) -> set[UUID]:
    """Those of `records` of which something waits for what it belongs to."""
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        return await quarantine.waiting(connection, caller.account, records)
