"""What phones send: new records, edits of them, and edits that meet somebody else's unseen ones.

Bodies are made before anything is measured. Which revs an edit rests on comes from the answers to the pushes
before it.
"""

import random
from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
import zstandard

from sync.clock import Clock
from tests.bench.documents import Document, Families
from tests.bench.driver import Step
from tests.bench.installation import Phone

BATCH: Final = 40

_encode = msgspec.json.Encoder().encode
_START: Final = 1_664_240_400_000  # the morning of 27 September 2022


class Held(msgspec.Struct, frozen=True):
    """A record that was pushed, and the rev that it got."""

    document: Document
    rev: int


class _Result(msgspec.Struct):
    outcome: str
    rev: int | None = None
    problem: Any = None


class _Answered(msgspec.Struct):
    results: list[_Result]


class WrongOutcome(Exception):
    """A change became something else than what was to be measured."""


class Worker:
    """One phone's person, who makes up families and writes about them in one area."""

    def __init__(self, seed: str, phone: Phone, area: UUID) -> None:
        self.phone = phone
        self.area = area
        self._families = Families(seed, phone.account)
        self._chance = random.Random(seed)
        self._clock = Clock(f"{self._chance.randrange(1 << 16):04x}")
        self._now = _START

    def documents(self, size: int) -> list[Document]:
        """New ones."""
        return self._families.batch(size)

    def id(self) -> UUID:
        """One that nothing has yet."""
        return self._families.id()

    def creations(self, documents: Iterable[Document]) -> list[dict[str, Any]]:
        """Changes that make these records."""
        return [self._change(document, 0, set=document.fields) for document in documents]

    def edits(self, held: Iterable[Held]) -> list[dict[str, Any]]:
        """Changes of what workers change: a note, a need, a phone number, an answer."""
        return [self._change(each.document, each.rev, **self._edit(each.document)) for each in held]

    def disputes(self, held: Iterable[Held], grade: str) -> list[dict[str, Any]]:
        """Changes of what only a person can decide where two wrote unseen. `grade` tells the two apart."""
        return [
            self._change(each.document, each.rev, set=self._dispute(each.document, grade)) for each in held
        ]

    def _edit(self, document: Document) -> dict[str, Any]:
        match document.collection:
            case "household":
                note = document.fields["note"] + self._families.text(1)
                return {"set": {"note": note, "members": 3}, "add": {"needs": ["legal"]}}
            case "person":
                return {"set": {"phone": f"139{self._chance.randrange(10**8):08}", "health": "grave"}}
            case _:
                return {"set": {"place": "社区办公室", "met": "others", "findings": self._families.text(5)}}

    def _dispute(self, document: Document, grade: str) -> dict[str, Any]:
        match document.collection:
            case "household":
                return {"head": str(self._families.id())}
            case "person":
                return {"disability_kind": "4", "disability_grade": grade}
            case _:
                # The same sentence, put otherwise by each: what lies beside it would merge.
                _, stop, rest = document.fields["findings"].partition("。")
                return {"findings": f"经评定为{grade}级{stop}{rest}"}

    def _change(self, document: Document, base: int, **edit: Any) -> dict[str, Any]:
        self._now += self._chance.randint(1_000, 90_000)
        return {
            "id": str(self._families.id()),
            "collection": document.collection,
            "record": str(document.id),
            "area": str(self.area),
            "op": "write",
            "base": base,
            "at": self._clock.now(self._now),
            **edit,
        }


def push(phone: Phone, changes: Collection[dict[str, Any]], *, packed: bool = False) -> Step:
    """Send changes and ask for nothing, as the floor's writers do. `packed`: zstd both ways."""
    body = _encode({"schema": 1, "areas": [], "changes": changes})
    if packed:
        body = zstandard.ZstdCompressor().compress(body)
    return Step(phone.token, body, zstd=packed, packed=packed)


def exchange(phone: Phone, changes: Collection[dict[str, Any]]) -> Step:
    """Send changes and ask for what is new, as phones do."""
    return Step(phone.token, b'{"schema":1,"cursor":', b',"changes":' + _encode(changes) + b"}")


def pull(phone: Phone, *, limit: int = 1_000, zstd: bool = False, to_the_end: bool = False) -> Step:
    """Ask for what is new."""
    after = b',"limit":%d}' % limit
    return Step(phone.token, b'{"schema":1,"cursor":', after, zstd=zstd, to_the_end=to_the_end)


def held(documents: Iterable[Document], bodies: Iterable[bytes]) -> list[Held]:
    """The documents of some batches, with the revs that these answers to them say."""
    results = [result for body in bodies for result in msgspec.json.decode(body, type=_Answered).results]
    return [Held(document, result.rev or 0) for document, result in zip(documents, results, strict=True)]


def make_sure(bodies: Iterable[bytes], outcome: str) -> int:
    """How many changes these answers are about. Raises WrongOutcome where not all came to `outcome`."""
    count = 0
    for body in bodies:
        for result in msgspec.json.decode(body, type=_Answered).results:
            if result.outcome != outcome:
                raise WrongOutcome(f"{result.outcome}, not {outcome}: {result.problem}")
            count += 1
    return count
