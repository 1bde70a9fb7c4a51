"""The proof: every device and the server agree, and nothing that was ever sent is missing.

Agreement is shown twice: the digests of all areas are equal, and a new phone that pulls everything from the
start holds record by record what the old one holds after days of lost requests. A value is accounted for
when the server shows it again: in the history of its record, which says whether it is in force, or in the
quarantine of its author. What was sent is known from the wire, not from the phone. What a worker wrote may be
guarded from them since (sync/guarding.py), and is shown to their supervisor then.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from service.simulate.ledger import OPERATIONS, Entry, Ledger, values_of
from service.simulate.worker import BACKOFF, Worker
from sync.replica import Diverged, Replica, ReplicaError, Request, Transport
from sync.replica.conversation import API

Place = Literal["in force", "history", "open conflict", "quarantine"]
PLACES: tuple[Place, ...] = ("in force", "history", "open conflict", "quarantine")
PAGE = 500
Content = dict[UUID, tuple[str, UUID, UUID | None, int, dict[str, Any]]]


class Findings(msgspec.Struct):
    """What was found of one worker. `differences` and `missing` are empty where everything is proved.

    `places`: how many changes' values stand where.
    """

    differences: list[str] = []
    missing: list[Entry] = []
    places: dict[Place, int] = {}

    @property
    def is_proved(self) -> bool:
        """Nothing differs and nothing is missing."""
        return not self.differences and not self.missing


class Shown(msgspec.Struct):
    """What the server shows of a worker's changes, by change: their values, and those in quarantine."""

    history: dict[UUID, dict[str, Any]] = {}
    quarantine: dict[UUID, dict[str, Any]] = {}

    def has(self, entry: Entry) -> bool:
        """The server shows all that was sent, as it was sent."""
        place = self.quarantine if entry.id in self.quarantine else self.history
        return place.get(entry.id) == entry.values()


class _Change(msgspec.Struct):
    change: UUID
    set: dict[str, Any] = {}
    add: dict[str, list[Any]] = {}
    remove: dict[str, list[Any]] = {}
    increment: dict[str, int] = {}

    def values(self) -> dict[str, Any]:
        return {name: said for name in OPERATIONS if (said := getattr(self, name))}


class _History(msgspec.Struct):
    entries: list[_Change]
    next: int | None


class _Kept(msgspec.Struct):
    change: UUID
    sent: msgspec.Raw


class _Quarantine(msgspec.Struct):
    changes: list[_Kept]
    next: int | None


async def proved(worker: Worker, transport: Transport, password: str, folder: Path) -> Findings:
    """Hold a worker's phone against the server. `transport`: a link that loses nothing."""
    findings = Findings(differences=await disagreements(worker.phone))
    ledger = Ledger(transport)
    newcomer = Replica(folder / f"newcomer-{worker.number}.sqlite", ledger, name="模拟核对", backoff=BACKOFF)
    try:
        await newcomer.sign_in(worker.username, password)
        await newcomer.sync()
        found = differences(content(worker.phone), content(newcomer))
        if found:
            # On a server in use, somebody else may have written between the two.
            await worker.phone.sync()
            await newcomer.sync()
            found = differences(content(worker.phone), content(newcomer))
        findings.differences += found
        sent = list(worker.ledger.entries.values())
        shown = await what_is_shown(sent, transport, ledger.token)
        if unseen := [entry for entry in sent if not shown.has(entry)]:
            shown.history |= await shown_to_supervisor(worker, unseen, transport, password, folder)
        findings.missing = [entry for entry in sent if not shown.has(entry)]
        findings.places = places(sent, shown, newcomer)
        await newcomer.sign_out()
        await worker.phone.sign_out()
    finally:
        newcomer.close()
    return findings


async def disagreements(phone: Replica) -> list[str]:
    """By digest, the areas in which a phone does not hold what the server says that it should."""
    found = [f"{phone.waiting} changes were never sent"] if phone.waiting else []
    try:
        found += [f"area {area}: another digest than the server's" for area in await phone.verify()]
    except Diverged as error:
        found += [f"area {area}: another digest than the server's, after repair" for area in error.areas]
    return found


def content(phone: Replica) -> Content:
    """Everything that a phone holds, record by record."""
    return {
        held.id: (held.collection, held.area, held.case, held.rev, held.values)
        for collection in COLLECTIONS
        for held in phone.delivered(collection)
    }


def differences(one: Content, other: Content) -> list[str]:
    """The records that two phones do not hold alike."""
    return [
        f"record {id}: {_said(one.get(id))} here, {_said(other.get(id))} on a new phone"
        for id in sorted(one.keys() | other.keys())
        if one.get(id) != other.get(id)
    ]


async def what_is_shown(sent: Iterable[Entry], transport: Transport, token: str | None) -> Shown:
    """Ask the server for the history of every record that was written to, and for the quarantine."""
    shown = Shown()
    for record in dict.fromkeys(entry.record for entry in sent):
        after: int | None = 0
        while after is not None:
            path = f"{API}/sync/history?record={record}&after={after}&limit={PAGE}"
            reply = await transport.send(Request("GET", path, token=token))
            if reply.status == 404:
                break  # it was never made; what was sent of it is in quarantine, or missing
            page = msgspec.json.decode(reply.body, type=_History)
            shown.history.update((change.change, change.values()) for change in page.entries)
            after = page.next
    after = 0
    while after is not None:
        reply = await transport.send(
            Request("GET", f"{API}/sync/quarantine?after={after}&limit={PAGE}", token=token)
        )
        kept = msgspec.json.decode(reply.body, type=_Quarantine)
        shown.quarantine.update((each.change, values_of(each.sent)) for each in kept.changes)
        after = kept.next
    return shown


async def shown_to_supervisor(
    worker: Worker, sent: Iterable[Entry], transport: Transport, password: str, folder: Path
) -> dict[UUID, dict[str, Any]]:
    """The histories of what `worker` no longer sees, as their supervisor does; none where they cannot ask."""
    ledger = Ledger(transport)
    file = folder / f"supervisor-{worker.number}.sqlite"
    supervisor = Replica(file, ledger, name="模拟核对", backoff=BACKOFF)
    try:
        await supervisor.sign_in(worker.supervisor, password)
        await supervisor.sync()
        shown = await what_is_shown(sent, transport, ledger.token)
        await supervisor.sign_out()
    except ReplicaError:
        return {}
    finally:
        supervisor.close()
    return shown.history


def places(sent: Iterable[Entry], shown: Shown, phone: Replica) -> dict[Place, int]:
    """How many changes' values stand in force, only in history, in an open conflict, or in quarantine."""
    disputed = {
        UUID(candidate["change"])
        for conflict in phone.delivered("conflict")
        if conflict.values["state"] == "open"
        for candidate in conflict.values["candidates"]
    }
    held = {each.id: each for collection in COLLECTIONS for each in phone.delivered(collection)}
    counted = dict.fromkeys(PLACES, 0)
    for entry in sent:
        if not shown.has(entry):
            continue
        if entry.id in shown.quarantine:
            counted["quarantine"] += 1
        elif entry.id in disputed:
            counted["open conflict"] += 1
        else:
            record = held.get(entry.record)
            is_in_force = record is not None and _is_in_force(entry.values(), record.values)
            counted["in force" if is_in_force else "history"] += 1
    return counted


def _is_in_force(sent: dict[str, Any], values: dict[str, Any]) -> bool:
    members = {
        name: set(map(str, values.get(name) or ())) for name in values if isinstance(values[name], list)
    }
    return (
        all(values.get(name) == value for name, value in sent.get("set", {}).items())
        and all(members.get(name, set()) >= set(added) for name, added in sent.get("add", {}).items())
        and not any(members.get(name, set()) & set(gone) for name, gone in sent.get("remove", {}).items())
    )


def _said(found: tuple[str, UUID, UUID | None, int, dict[str, Any]] | None) -> str:
    return "nothing" if found is None else f"{found[0]} at rev {found[3]}"
