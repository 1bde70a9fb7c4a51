"""The proof: every device and the server agree, and nothing that was ever sent is missing.

Agreement is shown twice: the digests of all areas are equal, and a new phone that pulls everything from the
start holds record by record what the old one holds after days of lost requests. A value is accounted for
when the server, sent the very same bytes once more, says that it has them already and what became of them:
it knows each change by a hash over its whole content, kept in the row that holds the content.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from schemas.collections import COLLECTIONS
from service.simulate.ledger import Entry, Ledger
from service.simulate.worker import BACKOFF, Worker
from sync.replica import Diverged, Held, Replica, Reply, Request, Transport
from sync.replica.conversation import API
from sync.wire import MAX_CHANGES, Outcome, Result

Place = Literal["in force", "history", "open conflict", "quarantine"]
PLACES: tuple[Place, ...] = ("in force", "history", "open conflict", "quarantine")
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


class _Answered(msgspec.Struct):
    results: list[Result]


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
        outcomes = await known(ledger.token, worker.ledger.entries.values(), transport)
        findings.missing = [entry for id, entry in worker.ledger.entries.items() if id not in outcomes]
        findings.places = places(worker.ledger.entries.values(), outcomes, newcomer)
        await newcomer.sign_out()
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


async def known(token: str | None, entries: Iterable[Entry], transport: Transport) -> dict[UUID, Outcome]:
    """What became of the changes that the server has, by their id; those it had not are left out."""
    outcomes: dict[UUID, Outcome] = {}
    waiting = list(entries)
    for start in range(0, len(waiting), MAX_CHANGES):
        batch = waiting[start : start + MAX_CHANGES]
        body = msgspec.json.encode(
            {"areas": [], "limit": 1, "changes": [msgspec.Raw(entry.payload) for entry in batch]}
        )
        reply: Reply = await transport.send(Request("POST", f"{API}/sync", body, token))
        for result in msgspec.json.decode(reply.body, type=_Answered).results:
            if result.repeated:
                outcomes[result.id] = result.outcome
    return outcomes


def places(entries: Iterable[Entry], outcomes: dict[UUID, Outcome], phone: Replica) -> dict[Place, int]:
    """How many changes' values stand in force, only in history, in an open conflict, or in quarantine."""
    disputed = {
        UUID(candidate["change"])
        for conflict in phone.delivered("conflict")
        if conflict.values["state"] == "open"
        for candidate in conflict.values["candidates"]
    }
    held = {each.id: each for collection in COLLECTIONS for each in phone.delivered(collection)}
    counted = dict.fromkeys(PLACES, 0)
    for entry in entries:
        if entry.id in outcomes:
            counted[_place(entry, outcomes[entry.id], entry.id in disputed, held.get(entry.record))] += 1
    return counted


def _place(entry: Entry, outcome: Outcome, is_disputed: bool, held: Held | None) -> Place:
    if outcome in ("rejected", "parked"):
        return "quarantine"
    if is_disputed:
        return "open conflict"
    return "in force" if held is not None and _is_in_force(entry.values(), held.values) else "history"


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
