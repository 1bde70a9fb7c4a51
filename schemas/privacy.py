"""The privacy classes of fields, and sets of them.

A record's fields of one class are its *part*: parts are stored, ordered and delivered apart (protocol.md,
Words). A set of classes is an `int` with one bit a class, because it travels inside cursors and notifications
and is compared on every row.
"""

from collections.abc import Iterable
from enum import Enum


class Privacy(Enum):
    """One class of fields; see access.md, Classes of fields, for who reads which."""

    OPEN = "open"  # kind, state, dates, counts, area
    BASIC = "basic"  # names, address, household composition, categories
    CONTACT = "contact"  # phone, guardian's contact, location
    IDENTITY = "identity"  # ID number, bank card, certificates
    CASE = "case"  # assessments, notes, plans, visit findings
    CONFIDENTIAL = "confidential"  # abuse, illness, criminal matters, fields unknown to this server

    bit: int

    def __init__(self, _: str) -> None:
        self.bit = 1 << len(self.__class__.__members__)


LABELS: dict[Privacy, tuple[str, str]] = {
    Privacy.OPEN: ("一般信息", "General"),
    Privacy.BASIC: ("姓名住址等基本信息", "Names, address and other basics"),
    Privacy.CONTACT: ("联系方式", "Contact"),
    Privacy.IDENTITY: ("身份证件", "Identity papers"),
    Privacy.CASE: ("个案内容", "Content of the case"),
    Privacy.CONFIDENTIAL: ("保密内容", "Confidential"),
}
"""What people call each, in Chinese and English."""

CLASSES: tuple[Privacy, ...] = tuple(Privacy)
ALL_CLASSES: int = sum(privacy.bit for privacy in CLASSES)
NO_CLASSES: int = 0
SEALED: frozenset[Privacy] = frozenset({Privacy.IDENTITY, Privacy.CONFIDENTIAL})
"""The classes whose parts are kept sealed (sync/sealing.py)."""
SEARCHABLE: tuple[Privacy, ...] = (Privacy.CONTACT, Privacy.IDENTITY)
"""The classes of which a number may be looked for (sync/blind.py); at most one field of each in a record."""


def class_set(classes: Iterable[Privacy]) -> int:
    """The bit set of `classes`."""
    bits = 0
    for privacy in classes:
        bits |= privacy.bit
    return bits


def classes_in(bits: int) -> tuple[Privacy, ...]:
    """The classes of a bit set, in declared order."""
    return tuple(privacy for privacy in CLASSES if bits & privacy.bit)


def names_in(bits: int) -> list[str]:
    """The names of the classes of a bit set, in declared order, as they go over the wire."""
    return [privacy.value for privacy in classes_in(bits)]
