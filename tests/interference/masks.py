"""What of an answer may differ between two runs of the same questions, and is therefore not compared.

Masked, and nothing else:

- moments that were not there when the copies were made: when an answer was given, when something was done in
  this run, when an upload ends. Older ones, of what had happened before, are compared as they are;
- positions in logs that were not there before (`rev`, `stable`, `next`): they are times, of areas that know
  nothing of each other. Older ones are compared as they are;
- running numbers that the database deals out (`no`, `id` and `next` of what is listed): they count what
  others do as well. Their order is compared;
- ids that the server drew in this run, each by the order in which it first came up;
- tokens, which are signed with a time;
- online, the fields of classes that the reader is shown in masked form (`without_forms`): by a form one
  learns of the value what it is declared to keep, and no more, as tests/schemas/test_masks.py shows;
- of a cursor its position, time and nonce: what is left are the areas, what is seen of each, and how far the
  device was told of its files; and that it is the same cursor as before, where it is. Not the latter for who
  sees all classes of an area: theirs follow its log, in which a grant to somebody else has a place too.

Everything else is compared byte for byte: status, every header, every key and value and their order.
"""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas.collections import COLLECTIONS
from schemas.privacy import ALL_CLASSES
from sync.cursor import CursorError, opened
from sync.scope import always_in

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?")
_HTTP_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_POSITION: Final = re.compile(r"(?<![\w.-])1[789]\d{14}(?![\w.-])")  # microseconds, from 2023 to 2033
_NUMBER: Final = re.compile(r'"(no|id|next|after)":(\d{1,15})(?=[,}\]])')
_TOKEN: Final = re.compile(r'"(access_token|refresh_token)":"[^"]{9,}"')
_CURSOR: Final = re.compile(r'"cursor":"([\w-]+)"')
# Where a page of a trail ended: a moment, a chain and a number in it.
_PLACE: Final = re.compile(r'"(next|before)":"[\w=-]{40,}"')


class Known:
    """What had happened before: moments, positions and ids that are compared as they are."""

    def __init__(self, text: str) -> None:
        self.ids = set(_ID.findall(text))
        self.moments = {_microseconds(each) for each in _MOMENT.findall(text)}
        self.positions = set(re.findall(r"\d{16}", text))


async def known_in(pool: asyncpg.Pool) -> Known:
    """Everything in a database that a mask might be taken for."""
    tables = await pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    said = []
    for table in tables:
        rows = await pool.fetch(f'SELECT to_jsonb(t)::text AS row FROM "{table["relname"]}" t')
        said += [row["row"] for row in rows]
    return Known("\n".join(said))


def without_forms(answer: Any, classes: Collection[str]) -> Any:
    """An answer that gives records, without what is shown of these classes."""
    if not isinstance(answer, dict):
        return answer
    if "masked" in answer:
        declared = COLLECTIONS[answer["collection"]]
        kept = {
            name: value
            for name, value in answer["data"].items()
            if declared.privacy_of(name).value not in classes
        }
        return {**answer, "data": kept, "masked": None}
    if "records" in answer:
        return {**answer, "records": [without_forms(each, classes) for each in answer["records"]]}
    return answer


def masked(transcript: str, known: Known, account: UUID, key: bytes) -> str:
    """`transcript`, of what was said to `account`, without what differs from run to run."""
    transcript = _TOKEN.sub(r'"\1":"<token>"', transcript)
    transcript = _PLACE.sub(r'"\1":"<place>"', transcript)
    transcript = _named(
        _CURSOR,
        transcript,
        lambda text, number: _tracks(text, account, key).format(number=number),
    )
    transcript = _HTTP_DATE.sub("<moment>", transcript)
    transcript = _MOMENT.sub(lambda found: _moment(found[0], known), transcript)
    transcript = _named(_ID, transcript, lambda _, number: f"<id {number}>", known.ids)
    transcript = _POSITION.sub(
        lambda found: found[0] if found[0] in known.positions else "<position>", transcript
    )
    return _numbered(transcript)


def _tracks(text: str, account: UUID, key: bytes) -> str:
    try:
        cursor = opened(text, account=account, key=key)
    except CursorError as error:
        return f"<cursor {{number}}: {error.reason}>"
    said = ", ".join(f"{track.area} sees {track.sight:x} told {track.told}" for track in cursor.tracks)
    sees_all = any(always_in(track.sight) == ALL_CLASSES for track in cursor.tracks)
    return f"<cursor: {said}>" if sees_all else f"<cursor {{number}}: {said}>"


def _moment(text: str, known: Known) -> str:
    return text if _microseconds(text) in known.moments else "<moment>"


def _microseconds(text: str) -> int:
    text = text.replace(" ", "T")
    text = re.sub(r"([+-]\d\d)$", r"\1:00", text)
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def _named(
    what: re.Pattern[str],
    transcript: str,
    name: Callable[[str, int], str],
    known: set[str] | frozenset[str] = frozenset(),
) -> str:
    """Each by the order in which it first came up."""
    names: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        text = found[found.lastindex or 0]
        if text in known:
            return found[0]
        return names.setdefault(text, name(text, len(names)))

    return what.sub(named, transcript)


def _numbered(transcript: str) -> str:
    kinds: dict[str, set[int]] = {}
    for name, number in _NUMBER.findall(transcript):
        kinds.setdefault(name, set()).add(int(number))
    kinds["next"] = kinds["after"] = kinds.get("next", set()) | kinds.get("after", set())
    ranks = {name: {number: rank for rank, number in enumerate(sorted(all_))} for name, all_ in kinds.items()}
    return _NUMBER.sub(lambda found: f'"{found[1]}":<number {ranks[found[1]][int(found[2])]}>', transcript)
