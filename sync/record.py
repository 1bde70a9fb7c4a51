"""A record as the engine holds it while it decides: its parts, their revs, and who last touched what."""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas.privacy import CLASSES, Privacy

Values = dict[str, Any]

_decode = msgspec.json.decode
_encode = msgspec.json.Encoder().encode

CREATION = ""
DELETION = "/deleted"  # no field is named so: names have no slash
INDEX = {privacy: index for index, privacy in enumerate(CLASSES)}


class Stamp(NamedTuple):
    """The last change of a field: its position, the device's key, and the device's clock (clamped)."""

    rev: int
    by: str
    at: str


class Stored:
    """One record of one area. Bodies and stamps are decoded only where a change touches them.

    `revs` and `bodies` have one entry a class in declared order; None where the record has no such part.
    """

    __slots__ = (
        "_decoded",
        "_stamps",
        "_stamps_json",
        "area",
        "bodies",
        "case",
        "collection",
        "deleted",
        "id",
        "parent",
        "rev",
        "revs",
    )

    def __init__(
        self,
        area: UUID,
        id: UUID,
        collection: str,
        *,
        case: UUID | None = None,
        parent: UUID | None = None,
        rev: int = 0,
        deleted: bool = False,
        stamps: bytes = b"{}",
        revs: list[int | None] | None = None,
        bodies: list[bytes | None] | None = None,
    ) -> None:
        self.area = area
        self.id = id
        self.collection = collection
        self.case = case
        self.parent = parent
        self.rev = rev
        self.deleted = deleted
        self.revs: list[int | None] = revs or [None] * len(CLASSES)
        self.bodies: list[bytes | None] = bodies or [None] * len(CLASSES)
        self._decoded: list[Values | None] = [None] * len(CLASSES)
        self._stamps_json = stamps
        self._stamps: dict[str, Any] | None = None

    def copy(self) -> "Stored":
        """An independent copy, taken before a group is tried."""
        return Stored(
            self.area,
            self.id,
            self.collection,
            case=self.case,
            parent=self.parent,
            rev=self.rev,
            deleted=self.deleted,
            stamps=self.stamps_json,
            revs=list(self.revs),
            bodies=list(self.bodies),
        )

    def values(self, privacy: Privacy) -> Values:
        """The fields of one part; write them back with `put`."""
        index = INDEX[privacy]
        decoded = self._decoded[index]
        if decoded is None:
            body = self.bodies[index]
            decoded = self._decoded[index] = {} if body is None else _decode(body)
        return decoded

    def put(self, privacy: Privacy, rev: int) -> None:
        """The part of `privacy` was changed, at position `rev`."""
        index = INDEX[privacy]
        self.bodies[index] = _encode(self._decoded[index])
        self.revs[index] = rev
        self.rev = rev

    def renew(self, privacy: Privacy, rev: int) -> None:
        """Have one part delivered again, unchanged."""
        index = INDEX[privacy]
        if self.bodies[index] is not None:
            self.revs[index] = rev
            self.rev = rev

    def renew_all(self, rev: int) -> None:
        """Have every part delivered again: the record was deleted, restored or moved."""
        self.revs = [None if body is None else rev for body in self.bodies]
        self.rev = rev

    @property
    def stamps(self) -> dict[str, Any]:
        """The stamps by field; change them in place, `stamps_json` writes them out."""
        if self._stamps is None:
            self._stamps = _decode(self._stamps_json)
        return self._stamps

    @property
    def stamps_json(self) -> bytes:
        """The stamps as stored."""
        if self._stamps is not None:
            self._stamps_json = _encode(self._stamps)
        return self._stamps_json

    def stamp(self, field: str) -> Stamp:
        """The stamp of a plain field: its own, or that of the record's creation."""
        stamp = self.stamps.get(field)
        if stamp is None or type(stamp) is dict:
            stamp = self.stamps[CREATION]
        return Stamp(*stamp)

    def member_stamp(self, field: str, member: object) -> Stamp:
        """The stamp of one member of a set."""
        members = self.stamps.get(field)
        stamp = members.get(str(member)) if type(members) is dict else None
        return Stamp(*(stamp or self.stamps[CREATION]))

    def stamp_member(self, field: str, member: object, stamp: Stamp) -> None:
        """Note who last spoke for a member of a set."""
        members = self.stamps.get(field)
        if type(members) is not dict:
            members = self.stamps[field] = {}
        members[str(member)] = stamp

    @property
    def deletion(self) -> Stamp | None:
        """Who last deleted or restored it."""
        stamp = self.stamps.get(DELETION)
        return None if stamp is None else Stamp(*stamp)

    def every_stamp(self) -> list[Stamp]:
        """The stamps of all fields and members, not of deletion."""
        found = []
        for field, stamp in self.stamps.items():
            if field == DELETION:
                continue
            found.extend(Stamp(*each) for each in (stamp.values() if type(stamp) is dict else (stamp,)))
        return found

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
