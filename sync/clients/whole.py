"""From a whole document, and what the device took the record to be, to changes of what a person touched.

A library that syncs whole documents sends all of one whenever anything in it is edited, beside the state that
it last had from the server. What differs between the two is what somebody touched here; the rest is left as
it is, whoever has written it meanwhile. A touched field of which the assumed value stands builds on what
there is now. One of which another value stands was written by two people who did not see each other: it
builds on where the device really was, and the engine's policies, history and conflicts decide as for any
phone.

Pure: what there is and where the device was are given.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from schemas.declare import Declaration, Policy
from schemas.privacy import ALL_CLASSES
from sync.clock import Clock, next_after
from sync.mirror import Document
from sync.starting import IDS_OF_SERVER

Values = dict[str, Any]


class Sent(NamedTuple):
    """A row that a device sent: the record as it has it, and as it took it to be on the server.

    `assumed` is None for a record that the device takes to be new (`is_new`), unless it has sent something of
    it before. `at`: when it was written, by whatever clock is believed. `resolves`: the conflict that it
    decides, and of which fields.
    """

    record: UUID
    collection: str
    area: UUID
    values: Values
    assumed: Values | None
    is_deleted: bool
    was_deleted: bool
    was_in: UUID | None
    at: datetime
    is_new: bool = False
    resolves: UUID | None = None
    resolved_fields: tuple[str, ...] = ()


class Name(NamedTuple):
    """What the ids of a row's changes follow from: the same row, sent again, comes to the same changes.

    `times`: how many rows the device had sent of the record, this one included.
    """

    device: int
    record: UUID
    digest: bytes
    times: int

    def change(self, number: int) -> UUID:
        """The id of the row's change number `number`."""
        said = f"{self.device}/{self.record}/{self.digest.hex()}/{self.times}/{number}"
        raw = bytearray(hashlib.sha256(said.encode()).digest()[:16])
        raw[6] = raw[6] & 0x0F | IDS_OF_SERVER << 4
        raw[8] = raw[8] & 0x3F | 0x80
        return UUID(bytes=bytes(raw))


class Touched(NamedTuple):
    """What a row asks for. `agreed` builds on what there is now, `disputed` on where the device was."""

    agreed: Values
    disputed: Values
    add: dict[str, list[Any]]
    remove: dict[str, list[Any]]
    increment: dict[str, int]


def touched(sent: Sent, declared: Declaration, stands: Values, reads: int = ALL_CLASSES) -> Touched:
    """What `sent` changes, where `stands` is what the caller reads now, of the classes `reads`.

    What is in a class that is not read was not taken out by whoever does not see it.
    """
    found = Touched({}, {}, {}, {}, {})
    assumed = sent.assumed or {}
    for name in dict.fromkeys([*sent.values, *assumed]):
        was, now, there = assumed.get(name), sent.values.get(name), stands.get(name)
        policy = declared.policy_of(name)
        is_hidden = not declared.privacy_of(name).bit & reads
        if name in sent.resolved_fields:
            found.agreed[name] = now
        elif same(policy, was, now) or policy is Policy.COMPUTED or (now is None and is_hidden):
            continue
        elif policy is Policy.UNION and _are_lists(was, now, there):
            add = [each for each in now or () if each not in (was or ()) and each not in (there or ())]
            remove = [each for each in was or () if each not in (now or ()) and each in (there or ())]
            if add:
                found.add[name] = add
            if remove and sent.assumed is not None:
                found.remove[name] = remove
        elif policy is Policy.COUNTER and _are_counts(was, now):
            if sent.assumed is not None:  # else it was counted when the record was made
                found.increment[name] = (now or 0) - (was or 0)
        elif same(policy, there, now):
            continue
        elif same(policy, there, was):
            found.agreed[name] = now
        else:
            found.disputed[name] = now
    for name in list(found.agreed):
        if any(each in found.disputed for each in declared.unit_of(name)):
            found.disputed[name] = found.agreed.pop(name)
    return found


def with_own(assumed: Values, said: Iterable[Mapping[str, Mapping[str, Any]]]) -> Values:
    """What the device took the record to be, and what it has sent on top of that and was not answered."""
    found = dict(assumed)
    for each in said:
        found.update(each.get("set", {}))
        for name, members in each.get("add", {}).items():
            found[name] = list(dict.fromkeys([*(found.get(name) or ()), *members]))
        for name, members in each.get("remove", {}).items():
            found[name] = [member for member in found.get(name) or () if member not in members]
        for name, amount in each.get("increment", {}).items():
            found[name] = (found.get(name) or 0) + amount
    return {name: value for name, value in found.items() if value is not None}


def same(policy: Policy | None, one: Any, other: Any) -> bool:
    """Whether two values of a field are one; of a set, in whatever order."""
    if policy is Policy.UNION and isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(each in other for each in one)
    return type(one) is type(other) and bool(one == other)


def changes(
    sent: Sent,
    name: Name,
    declared: Declaration,
    stands: Document | None,
    bases: Mapping[str, int],
    had: int,
) -> list[dict[str, Any]]:
    """The changes that `sent` comes to, to be pushed in this order; none where nothing was touched.

    `stands`: the record as the caller reads it now. `bases`: for each disputed field, where the device was.
    `had`: where it was with the record as a whole, as far as that is known.

    A device that takes a record to be new which is there has lost its notes, and sends what it had at some
    time: that counts as written when the record was made, and brings nothing back that was deleted.
    """
    made = _Changes(sent, name, is_known=stands is None or not sent.is_new)
    assumed_live = sent.assumed is not None and not sent.was_deleted
    if stands is None:
        if sent.is_deleted:
            if sent.assumed is not None:
                made.add(op="delete", base=had)
        elif sent.assumed is None:
            made.add(set=_filled(sent, declared))
        else:
            made.write(touched(sent, declared, sent.assumed), base=had)
            made.move(base=had)
        return made.done
    if stands.is_deleted:
        if sent.is_deleted or sent.is_new:
            return []
        if assumed_live:
            made.write(touched(sent, declared, sent.assumed or {}), base=had)
            return made.done
        made.add(op="restore", base=stands.rev)
        found = touched(sent, declared, sent.assumed or {}, stands.reads)
        made.write(found, base=stands.rev)
        return made.done
    if sent.is_deleted:
        if sent.assumed is not None and not sent.was_deleted:
            made.add(op="delete", base=min([stands.rev, *bases.values()]))
        return made.done
    found = touched(sent, declared, stands.data, stands.reads)
    made.write(found._replace(disputed={}), base=stands.rev)
    by_base: dict[int, Values] = {}
    for field, value in found.disputed.items():
        by_base.setdefault(min(bases.get(each, had) for each in _unit(declared, field, bases)), {})[field] = (
            value
        )
    for base, values in sorted(by_base.items(), reverse=True):
        made.add(set=values, base=base)
    if stands.area != sent.area:
        made.move(base=stands.rev)
    return made.done


def assumptions(sent: Sent, declared: Declaration, stands: Document) -> Values:
    """The fields of which it matters where the device was, each with the value that it took it to have."""
    assumed = sent.assumed or {}
    if sent.is_deleted:
        return {
            name: assumed.get(name)
            for name, field in declared.fields.items()
            if field.privacy.bit & stands.reads
            and field.policy is not Policy.COMPUTED
            and not same(field.policy, assumed.get(name), stands.data.get(name))
        }
    return {name: assumed.get(name) for name in touched(sent, declared, stands.data, stands.reads).disputed}


class _Changes:
    """Changes of one row: all take effect or none does."""

    def __init__(self, sent: Sent, name: Name, *, is_known: bool) -> None:
        self._sent = sent
        self._name = name
        made = sent.record.int >> 80 if sent.record.version == 7 else 0  # RFC 9562, 5.7: milliseconds
        written = int(sent.at.timestamp() * 1000)
        clock = Clock(f"{name.device & 0xFFFF:04x}")
        self._at = clock.now(written if is_known else min(made, written))
        self._made: list[dict[str, Any]] = []

    @property
    def done(self) -> list[dict[str, Any]]:
        if len(self._made) < 2:
            return self._made
        group = str(self._name.change(-1))
        return [{**each, "group": group} for each in self._made]

    def add(self, op: str = "write", base: int = 0, **more: Any) -> None:
        sent = self._sent
        change = {
            "id": str(self._name.change(len(self._made))),
            "collection": sent.collection,
            "record": str(sent.record),
            "area": str(sent.was_in or sent.area),
            "at": self._at,
            "op": op,
            "base": base,
            **more,
        }
        if self._made:
            change["after"] = self._made[-1]["id"]
        if sent.resolves is not None and op == "write" and not self._made:
            change["resolves"] = str(sent.resolves)
        self._made.append(change)
        self._at = next_after(self._at)

    def write(self, found: Touched, base: int) -> None:
        parts: Values = {
            "set": {**found.agreed, **found.disputed},
            "add": found.add,
            "remove": found.remove,
            "increment": found.increment,
        }
        if any(parts.values()):
            self.add("write", base, **{part: values for part, values in parts.items() if values})

    def move(self, base: int) -> None:
        if self._sent.was_in is not None and self._sent.area != self._sent.was_in:
            self.add(op="move", base=base, to=str(self._sent.area))


def _filled(sent: Sent, declared: Declaration) -> Values:
    return {
        name: value
        for name, value in sent.values.items()
        if value is not None and declared.policy_of(name) is not Policy.COMPUTED
    }


def _unit(declared: Declaration, field: str, bases: Mapping[str, int]) -> list[str]:
    return [each for each in declared.unit_of(field) if each in bases] or [field]


def _are_lists(*values: Any) -> bool:
    return all(value is None or isinstance(value, list) for value in values)


def _are_counts(*values: Any) -> bool:
    return all(value is None or type(value) is int for value in values)
