"""Conflicts: records of their own, made by the server, decided by an ordinary change with `resolves`.

A conflict lies wholly in the privacy class of the field it is about, so that whoever may not see the field
does not learn that people disagree on it. Its parent is the record it is about, whose file, author and child
are its own too. Each device has at most one candidate in it: a later value of the same device replaces the
earlier one, which history keeps.
"""

import hashlib
from typing import Any
from uuid import UUID

from schemas.privacy import CLASSES, Privacy
from sync.decide import Dispute, Edit
from sync.record import CREATION, Stamp, Stored

COLLECTION = "conflict"


def conflict_id(account: UUID, change: UUID, record: UUID, dispute: Dispute) -> UUID:
    """The id of the conflict that a change opens: derived, so that deciding stays without randomness.

    The account is in it because a change id is only its author's: somebody else may use the same.
    """
    seed = f"{account}/{change}/{record}/{dispute.kind}/{','.join(dispute.fields)}"
    raw = bytearray(hashlib.sha256(seed.encode()).digest()[:16])
    raw[:6] = change.bytes[:6]  # keeps the time order of the UUIDv7 it comes from
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def privacy_of(conflict: Stored) -> Privacy:
    """The one class that a conflict lies in."""
    return next(privacy for privacy, body in zip(CLASSES, conflict.bodies, strict=True) if body is not None)


def is_open(conflict: Stored) -> bool:
    """Still waits for a person."""
    return not conflict.deleted and conflict.values(privacy_of(conflict))["state"] == "open"


def find(conflicts: list[Stored], dispute: Dispute) -> Stored | None:
    """The open conflict about the same thing, if there is one."""
    for conflict in conflicts:
        if not is_open(conflict):
            continue
        values = conflict.values(privacy_of(conflict))
        if values["kind"] == dispute.kind and tuple(values["fields"]) == dispute.fields:
            return conflict
    return None


def opened(subject: Stored, dispute: Dispute, edit: Edit, account: UUID) -> Stored:
    """A new conflict, its first candidate being what `edit` sent."""
    conflict = Stored(
        subject.area,
        conflict_id(account, edit.change.id, subject.id, dispute),
        COLLECTION,
        case=subject.case,
        author=subject.author,
        parent=subject.id,
        child_until=subject.child_until,
        guard=subject.guard,
    )
    conflict.stamps[CREATION] = Stamp(edit.rev, "", edit.at)
    conflict.values(dispute.privacy).update(
        about=str(subject.id),
        about_collection=subject.collection,
        kind=dispute.kind,
        fields=list(dispute.fields),
        standing=dispute.standing,
        candidates=[_candidate(dispute, edit, account)],
        state="open",
        decided_by=None,
    )
    conflict.put(dispute.privacy, edit.rev)
    return conflict


def disputed_again(conflict: Stored, dispute: Dispute, edit: Edit, account: UUID, *, decides: bool) -> None:
    """Another value for an open conflict; the same device's earlier one makes way.

    `decides`: the author meant to decide, and somebody changed the record meanwhile. Their choice is a
    candidate like others, in place of those that they had seen.
    """
    privacy = privacy_of(conflict)
    values = conflict.values(privacy)
    new = _candidate(dispute, edit, account)
    own = [candidate for candidate in values["candidates"] if candidate["device"] == new["device"]]
    if dispute.deletion is None and any(_is_overtaken(edit, candidate) for candidate in own):
        new = own[-1]
    others = _unseen(values["candidates"], edit) if decides else values["candidates"]
    values["candidates"] = [candidate for candidate in others if candidate not in own] + [new]
    values["standing"] = dispute.standing
    conflict.put(privacy, edit.rev)


def has_candidate(conflict: Stored, by: str) -> bool:
    """The device has a value in it."""
    return any(candidate["device"] == by for candidate in conflict.values(privacy_of(conflict))["candidates"])


def withdrawn(conflict: Stored, edit: Edit) -> None:
    """The device's later value is not in dispute: its candidate goes, and with the last one the conflict."""
    candidates = conflict.values(privacy_of(conflict))["candidates"]
    _keep(conflict, [candidate for candidate in candidates if candidate["device"] != edit.by], edit)


def decided(conflict: Stored, edit: Edit) -> None:
    """`edit` resolves the conflict. Candidates that came after what the decider saw keep it open."""
    _keep(conflict, _unseen(conflict.values(privacy_of(conflict))["candidates"], edit), edit)


def stands(conflict: Stored, values: dict[str, Any], edit: Edit) -> None:
    """What is in force changed to `values` while people still disagree."""
    privacy = privacy_of(conflict)
    now = {name: values[name] for name in conflict.values(privacy)["fields"] if name in values}
    conflict.values(privacy)["standing"] = now
    conflict.put(privacy, edit.rev)


def disputed_values(conflict: Stored) -> dict[str, list[Any]]:
    """Field by field, the values that may be chosen from."""
    values = conflict.values(privacy_of(conflict))
    chosen: dict[str, list[Any]] = {}
    for source in (values["standing"], *(candidate["set"] for candidate in values["candidates"])):
        for name, value in source.items():
            chosen.setdefault(name, []).append(value)
    return chosen


def _keep(conflict: Stored, candidates: list[dict[str, Any]], edit: Edit) -> None:
    privacy = privacy_of(conflict)
    values = conflict.values(privacy)
    if candidates:
        values["candidates"] = candidates
    else:
        # The candidates stay to be read beside the decision.
        values["state"] = "decided"
        values["decided_by"] = str(edit.change.id)
    conflict.put(privacy, edit.rev)


def _unseen(candidates: list[dict[str, Any]], edit: Edit) -> list[dict[str, Any]]:
    return [
        candidate
        for candidate in candidates
        if candidate["rev"] > edit.change.base and candidate["device"] != edit.by
    ]


def _is_overtaken(edit: Edit, candidate: dict[str, Any]) -> bool:
    """The candidate is a later value of the device that made `edit`, which waited in quarantine meanwhile."""
    return candidate["rev"] > max(edit.change.base, edit.after_rev) and bool(edit.at < candidate["at"])


def _candidate(dispute: Dispute, edit: Edit, account: UUID) -> dict[str, Any]:
    deletion = dispute.deletion
    if deletion is not None:
        return {
            "change": deletion.change,
            "account": deletion.account,
            "device": deletion.by,
            "at": deletion.at,
            "rev": edit.rev,
            "op": "delete",
            "set": {},
        }
    return {
        "change": str(edit.change.id),
        "account": str(account),
        "device": edit.by,
        "at": edit.at,
        "rev": edit.rev,
        "op": edit.change.op,
        "set": dispute.sent,
    }
