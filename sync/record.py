"""A record as the engine holds it while it decides: its parts, their revs, and who last touched what."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec

from schemas.privacy import CLASSES, SEALED, SEARCHABLE, Privacy, class_set
from sync.scope import Guard, Place

Values = dict[str, Any]

_decode = msgspec.json.decode
_encode = msgspec.json.Encoder().encode

CREATION = ""
DELETION = "/deleted"  # no field is named so: names have no slash
ERASURE = "/erased"
RESTRICTION = "/restricted"
_MARKS = frozenset({DELETION, ERASURE, RESTRICTION})
_SEALED_BITS = class_set(SEALED)


class Stamp(NamedTuple):
    """The last change of a field: its position, the device's key, and the clock that it counts by.

    `by` is empty where the value is nobody's alone: two people wrote the same, or a text was merged.
    `at` is never behind what the author had seen, whatever their clock says; `written` is what it said.
    """

    rev: int
    by: str
    at: str
    written: str = ""


class Claim(NamedTuple):
    """A value that somebody stands by and nobody who saw it has replaced (policy `highest`)."""

    stamp: Stamp
    value: Any


class Deletion(NamedTuple):
    """Who last deleted or restored a record, by which change."""

    rev: int
    by: str
    at: str
    change: str
    account: str

    @property
    def stamp(self) -> Stamp:
        """Its place among the stamps of the fields."""
        return Stamp(self.rev, self.by, self.at, self.at)


class Opening(Protocol):
    """Opens what is sealed of one record, as it was read in `area`."""

    area: UUID

    def part(self, privacy: Privacy, sealed: bytes) -> bytes:
        """The body of a sealed class. Raises `sync.sealing.SealBroken`."""

    def stamps(self, sealed: bytes) -> bytes:
        """The stamps that hold values of sealed classes. Raises as `part`."""


class Stored:
    """One record of one area. Bodies and stamps are opened and decoded only where a change touches them.

    `revs` and `bodies` have one entry a class in declared order; None where the record has no such part. The
    body of a sealed class is as it was read until `put`: ask `values`. `written`: the classes that were put
    since the record was read. `tokens`: of `SEARCHABLE` classes, as they were read.
    """

    __slots__ = (
        "_decoded",
        "_opening",
        "_sealed_stamps",
        "_stamps",
        "_stamps_json",
        "area",
        "author",
        "bodies",
        "case",
        "child_until",
        "collection",
        "deleted",
        "guard",
        "id",
        "parent",
        "rev",
        "revs",
        "sent",
        "tokens",
        "written",
    )

    def __init__(
        self,
        area: UUID,
        id: UUID,
        collection: str,
        *,
        case: UUID | None = None,
        author: UUID | None = None,
        parent: UUID | None = None,
        child_until: date | None = None,
        guard: Guard | None = None,
        sent: bool = False,
        rev: int = 0,
        deleted: bool = False,
        stamps: bytes = b"{}",
        revs: list[int | None] | None = None,
        bodies: list[bytes | None] | None = None,
        sealed_stamps: bytes | None = None,
        tokens: Sequence[bytes | None] = (None,) * len(SEARCHABLE),
        written: int = 0,
        opening: Opening | None = None,
    ) -> None:
        self.area = area
        self.id = id
        self.collection = collection
        self.case = case
        self.author = author
        self.parent = parent
        self.child_until = child_until
        self.guard = guard
        self.sent = sent
        self.rev = rev
        self.deleted = deleted
        self.revs: list[int | None] = revs or [None] * len(CLASSES)
        self.bodies: list[bytes | None] = bodies or [None] * len(CLASSES)
        self._decoded: list[Values | None] = [None] * len(CLASSES)
        self._stamps_json = stamps
        self._stamps: dict[str, Any] | None = None
        self._sealed_stamps = sealed_stamps
        self.tokens = tokens
        self.written = written
        self._opening = opening

    def copy(self) -> "Stored":
        """An independent copy, taken before a group is tried."""
        return Stored(
            self.area,
            self.id,
            self.collection,
            case=self.case,
            author=self.author,
            parent=self.parent,
            child_until=self.child_until,
            guard=self.guard,
            sent=self.sent,
            rev=self.rev,
            deleted=self.deleted,
            stamps=self.stamps_json,
            revs=list(self.revs),
            bodies=list(self.bodies),
            sealed_stamps=self._sealed_stamps,
            tokens=self.tokens,
            written=self.written,
            opening=self._opening,
        )

    @property
    def place(self) -> Place:
        """What of it decides, with the classes, who may read and write it."""
        return Place(self.area, self.case, self.author, self.child_until, self.guard, self.sent)

    def values(self, privacy: Privacy) -> Values:
        """The fields of one part; write them back with `put`."""
        index = privacy.bit.bit_length() - 1
        decoded = self._decoded[index]
        if decoded is None:
            body = self.body(privacy)
            decoded = self._decoded[index] = {} if body is None else _decode(body)
        return decoded

    def body(self, privacy: Privacy) -> bytes | None:
        """One part as JSON, opened where it is sealed."""
        body = self.bodies[privacy.bit.bit_length() - 1]
        if body is not None and self._opening is not None and self.is_as_read(privacy):
            return self._opening.part(privacy, body)
        return body

    def is_as_read(self, privacy: Privacy) -> bool:
        """The part of a sealed class was not put since it was read."""
        return self._opening is not None and bool(_SEALED_BITS & privacy.bit & ~self.written)

    @property
    def has_moved(self) -> bool:
        """It is in another area than it was read in."""
        return self._opening is not None and self._opening.area != self.area

    def put(self, privacy: Privacy, rev: int) -> None:
        """The part of `privacy` was changed, at position `rev`."""
        index = privacy.bit.bit_length() - 1
        self.bodies[index] = _encode(self._decoded[index])
        self.written |= privacy.bit
        self.revs[index] = rev
        self.rev = rev

    def renew(self, privacy: Privacy, rev: int) -> None:
        """Have one part delivered again, unchanged."""
        index = privacy.bit.bit_length() - 1
        if self.bodies[index] is not None:
            self.revs[index] = rev
            self.rev = rev

    def renew_all(self, rev: int) -> None:
        """Have every part delivered again: the record was deleted, restored or moved."""
        self.revs = [None if body is None else rev for body in self.bodies]
        self.rev = rev

    def erase(self, left: Values, privacy: Privacy, rev: int) -> None:
        """Nothing is in it any more but `left`, in the part of `privacy`, from position `rev` on.

        Stamps go as well: they name members of sets, and values that somebody stood by.
        """
        self._sealed_stamps = None  # not even opened
        kept = {name: self.stamps[name] for name in (CREATION, DELETION) if name in self.stamps}
        self._stamps = {**kept, ERASURE: [rev]}
        self.bodies, self.revs = [None] * len(CLASSES), [None] * len(CLASSES)
        self.tokens = (None,) * len(SEARCHABLE)
        self._decoded = [None] * len(CLASSES)
        self._decoded[privacy.bit.bit_length() - 1] = left
        self.put(privacy, rev)

    @property
    def stamps(self) -> dict[str, Any]:
        """The stamps by field; change them in place, `stamps_json` writes them out."""
        stamps = self._stamps
        if stamps is None:
            stamps = _decode(self._stamps_json)
            if self._sealed_stamps is not None and self._opening is not None:
                stamps.update(_decode(self._opening.stamps(self._sealed_stamps)))
                self._sealed_stamps = None
            self._stamps = stamps
        return stamps

    @property
    def stamps_json(self) -> bytes:
        """The stamps, as far as they are not in `sealed_stamps`."""
        if self._stamps is not None:
            self._stamps_json = _encode(self._stamps)
        return self._stamps_json

    def stamps_apart(self, names: Collection[str]) -> tuple[bytes, bytes | None]:
        """The stamps as JSON: of all fields but `names`, and of these; None where there are none of these."""
        stamps = self.stamps
        if apart := {name: stamps[name] for name in names if name in stamps}:
            rest = {name: stamp for name, stamp in stamps.items() if name not in apart}
            return _encode(rest), _encode(apart)
        return self.stamps_json, None

    @property
    def sealed_stamps(self) -> bytes | None:
        """Those that hold values of sealed classes, as they were read; None once `stamps` was asked for."""
        return self._sealed_stamps

    def stamp(self, field: str) -> Stamp:
        """The newest stamp of a field: its own, or that of the record's creation."""
        found = _stamps_in(self.stamps.get(field)) or [Stamp(*self.stamps[CREATION])]
        return found[0] if len(found) == 1 else max(found)

    def member_stamps(self, field: str, member: object) -> list[Stamp]:
        """The stamps of those who added a member of a set, as far as nobody has seen and replaced them."""
        members = self.stamps.get(field)
        if type(members) is dict and (found := members.get(str(member))):
            return [Stamp(*stamp) for stamp in found]
        return [Stamp(*self.stamps[CREATION])]

    def claims(self, field: str, value: Any) -> list[Claim]:
        """The values of a field that are still stood by; `value` is the one in force."""
        found = self.stamps.get(field)
        if found is not None and type(found[0]) is not int:
            return [Claim(Stamp(*stamp), claimed) for stamp, claimed in found]
        return [Claim(self.stamp(field), value)]

    @property
    def deletion(self) -> Deletion | None:
        """Who last deleted or restored it."""
        found = self.stamps.get(DELETION)
        return None if found is None else Deletion(*found)

    @property
    def is_erased(self) -> bool:
        """What was in it was erased for good (sync/erasing.py)."""
        return self._is_marked(ERASURE)

    @property
    def is_restricted(self) -> bool:
        """Parts of it are kept out of reach, and it takes no change meanwhile (sync/restricting.py)."""
        return self._is_marked(RESTRICTION)

    def _is_marked(self, mark: str) -> bool:
        # Most are not, and for that need not be decoded.
        if self._stamps is None and mark.encode() not in self._stamps_json:
            return False
        return mark in self.stamps

    def restrict(self, kept: int, rev: int) -> None:
        """No part but those of `kept` is in it from position `rev` on, nor what others are looked for by."""
        for index, privacy in enumerate(CLASSES):
            if not privacy.bit & kept:
                self.bodies[index] = self._decoded[index] = None
        self.tokens = [
            found if privacy.bit & kept else None
            for privacy, found in zip(SEARCHABLE, self.tokens, strict=True)
        ]
        self.stamps[RESTRICTION] = [rev]
        self.renew_all(rev)

    def release(self, bodies: Iterable[bytes | None], tokens: Iterable[bytes | None], rev: int) -> None:
        """The parts `bodies`, by class and as they are stored, are in it again, besides what it has."""
        for index, body in enumerate(bodies):
            if body is not None:
                self.bodies[index], self._decoded[index] = body, None
        self.tokens = [away or found for away, found in zip(tokens, self.tokens, strict=True)]
        self.stamps.pop(RESTRICTION, None)
        self.renew_all(rev)

    def every_stamp(self) -> Iterator[tuple[str, Stamp]]:
        """The stamps of all fields and members, each with its field, not of deletion."""
        for field, found in self.stamps.items():
            if field not in _MARKS:
                for stamp in _stamps_in(found):
                    yield field, stamp

    def classes(self) -> int:
        """The classes of which the record has a part, as a bit set."""
        bits = 0
        for privacy, body in zip(CLASSES, self.bodies, strict=True):
            if body is not None:
                bits |= privacy.bit
        return bits

    def rev_within(self, classes: int) -> int:
        """The newest rev of the parts within `classes`: the only one that a holder of these may see."""
        newest = 0
        for privacy, rev in zip(CLASSES, self.revs, strict=True):
            if rev is not None and privacy.bit & classes and rev > newest:
                newest = rev
        return newest


def _stamps_in(found: Any) -> list[Stamp]:
    """What is kept of a field: one stamp, [stamp, value] pairs, or {member: stamps} of a set."""
    if not found:
        return []
    if type(found) is dict:
        return [Stamp(*stamp) for stamps in found.values() for stamp in stamps]
    if type(found[0]) is int:
        return [Stamp(*found)]
    return [Stamp(*stamp) for stamp, _ in found]
