"""Numbers: how many records were made in a month, for all who may know of an area what is open.

An area that the caller does not hold with all below it is answered as if it did not exist.
"""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from schemas.faults import one_of
from schemas.problems import INVALID, NOT_FOUND, FieldProblem, Problem
from service.access.clearance import evaluated, may_count, may_count_exactly
from service.access.store import standing_of
from service.auth.caller import Caller
from service.numbers import store
from service.numbers.counting import ByValue, Count, Counts, counted, last_closed, stretch_of, told
from service.numbers.published import PUBLISHED
from sync.confine import confine

MONTHS: Final = 36
"""How many months back numbers are told."""
_ONLY_TOTAL: Final = FieldProblem(
    "", "unknown", "此类记录只有总数", "only the total is told of this collection"
)


class AreaNumbers(msgspec.Struct, frozen=True):
    """What an area and all below it come to. `values`: by the field asked for, those not filled in last."""

    id: UUID
    level: str
    code: str
    name: str
    total: Count
    values: list[ByValue]


class Numbers(msgspec.Struct, frozen=True):
    """Of the records of `collection` that were made in `month`: `areas` are the one asked for, and its parts.

    `exact`: the caller may read the records themselves, so nothing is suppressed. `counted_at`: the state of
    things that was counted; it stays so.
    """

    collection: str
    by: str | None
    month: str
    exact: bool
    counted_at: datetime
    areas: list[AreaNumbers]


async def numbers(
    pool: asyncpg.Pool, caller: Caller, area: UUID, collection: str, by: str | None, month: str | None
) -> Numbers:
    """The numbers of `area` and of the areas right below it, by the field `by`, of a month that is over."""
    _check(collection, by)
    async with pool.acquire() as connection, connection.transaction():
        standing = await standing_of(connection, caller)
        held = standing.clearance_of(caller.account)
        tree = await store.tree_of(connection, area)
        below = [each.id for each in tree if area in each.ancestors]
        of = evaluated(standing.grants, standing.below, standing.now)
        if not below or not may_count(held, of, below):
            raise Problem(NOT_FOUND)
        month = _closed(month, standing.now)
        (root,) = (each.id for each in tree if each.parent is None)
        areas = [each.id for each in tree]
        await confine(connection, areas)
        kept = await store.kept(connection, root, month, collection)
        if kept is None:
            records = await store.made_between(connection, areas, collection, *stretch_of(month))
    if kept is None:
        parents = {each.id: each.parent for each in tree}
        # Seconds of work for a large city, once a month: not while others wait for the event loop.
        counts = await asyncio.to_thread(counted, parents, collection, records)
        kept = await _kept(pool, root, month, collection, standing.now, counts)
    counts, counted_at = kept
    if area not in counts.parents:
        raise Problem(NOT_FOUND)  # it was made after the month was counted
    is_exact = may_count_exactly(held, below)
    here = {each.id: each for each in tree if each.id == area or each.parent == area}
    try:
        found = told(counts, by, [id for id in here if id in counts.parents], is_exact)
    except LookupError:
        raise Problem(NOT_FOUND) from None  # it is counted by this field since a later version
    shown = [
        AreaNumbers(each.id, each.level, each.code, each.name, of_area.total, of_area.values)
        for of_area in found
        if (each := here[of_area.area])
    ]
    return Numbers(collection, by, month, is_exact, counted_at, shown)


async def _kept(
    pool: asyncpg.Pool, root: UUID, month: str, collection: str, now: datetime, counts: Counts
) -> tuple[Counts, datetime]:
    async with pool.acquire() as connection, connection.transaction():
        await confine(connection, [root])
        await store.keep(connection, root, month, collection, now, counts)
        kept = await store.kept(connection, root, month, collection)
        assert kept is not None
        return kept


def _check(collection: str, by: str | None) -> None:
    if collection not in PUBLISHED:
        raise Problem(INVALID, errors=(one_of(PUBLISHED).under("/collection"),))
    if by is not None and by not in PUBLISHED[collection]:
        fields = PUBLISHED[collection]
        unknown = one_of(fields) if fields else _ONLY_TOTAL
        raise Problem(INVALID, errors=(unknown.under("/by"),))


def _closed(month: str | None, now: datetime) -> str:
    latest = last_closed(now)
    if month is None:
        return latest
    year, number = (int(part) for part in latest.split("-"))
    months = year * 12 + number - MONTHS
    earliest = f"{months // 12:04}-{months % 12 + 1:02}"
    if not earliest <= month <= latest:
        wrong = FieldProblem(
            "/month",
            "range",
            f"只有已结束的月份，{earliest} 至 {latest}",
            f"months that are over, {earliest} to {latest}",
        )
        raise Problem(INVALID, errors=(wrong,))
    return month
