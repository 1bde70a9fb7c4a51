"""Samples: who has one drawn, who reads it, and who lets the words out.

The city bureau has them drawn, for an evaluator whom it commissioned, of an area and until a day. The
evaluator reads that and nothing else: a role without any reach in files. What people wrote in words stays
back until a supervisor of the area has read it and says that it tells nobody's name. A sample that is not the
caller's, or has ended, is answered as if it did not exist.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schemas.annotations import ACCOUNT
from schemas.civil import civil_date
from schemas.collections import COLLECTIONS
from schemas.declare import Declaration
from schemas.deidentify import deidentified, quasi_identifiers
from schemas.privacy import class_set
from schemas.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldProblem, Problem
from schemas.values import Reference, member_kind
from service.access import members
from service.access.clearance import commissioned, evaluated
from service.access.roles import Role
from service.access.store import access_of, standing_of
from service.audit.accountant import accountant_for
from service.audit.events import Event, note
from service.auth.caller import Caller
from service.samples import store
from service.samples.anonymity import AREA, Fact, File, held_back
from service.samples.rule import SAMPLED, Candidate, Rule, drawn, grown_among, is_about_grown_people
from service.samples.store import Drawn, SampleListed, SampleRecord, Withheld
from sync.confine import confine
from sync.statement import Connection
from sync.store import lock_areas

LONGEST: Final = timedelta(days=366)
MOST: Final = 20_000

Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class NewSample(msgspec.Struct, frozen=True):
    """A sample to be drawn of `area` and all below it, for the evaluator `account` to read until then."""

    account: UUID
    area: UUID
    until: Moment
    rule: Rule


class Release(msgspec.Struct, frozen=True):
    """The words of a record that may be shown: names of fields among those that were withheld."""

    fields: Annotated[list[Name], Meta(min_length=1, max_length=50)]


class SampleDrawn(msgspec.Struct, frozen=True):
    """The sample's id, how many records it holds, and how many would have been found in it and are not."""

    id: UUID
    records: int
    left_out: int


async def draw(connection: Connection, caller: Caller, wanted: NewSample) -> SampleDrawn:
    """Draw a sample, once and for all."""
    async with connection.transaction():
        standing = await standing_of(connection, caller)
        where = commissioned(standing.grants, standing.below, standing.now)
        if not where:
            raise Problem(FORBIDDEN, "由市民政局委托评估并抽样", "The city bureau has samples drawn")
        _check(wanted, standing.now)
        if wanted.area not in where:
            unknown = FieldProblem("/area", "unknown", "没有这个区域", "no such area")
            raise Problem(INVALID, errors=(unknown,))
        await _check_evaluator(connection, caller, wanted)
        areas = await store.areas_below(connection, wanted.area)
        await confine(connection, areas)
        seed = secrets.randbits(63)
        chosen = await _chosen(connection, areas, wanted.rule, seed, standing.now)
        if len(chosen) > MOST:
            much = FieldProblem(
                "/rule",
                "too-many",
                f"抽到 {len(chosen)} 条，最多 {MOST} 条，请减少",
                f"comes to {len(chosen)} records, at most {MOST}: ask for fewer",
            )
            raise Problem(INVALID, errors=(much,))
        values = await store.values_of(connection, chosen)
        there = [each for each in chosen if (each.area, each.id) in values]
        # Some seconds of work for a whole city: not while others wait for the event loop.
        records = await asyncio.to_thread(_shown, there, values)
        sample = SampleDrawn(uuid4(), len(records), len(chosen) - len(records))
        await store.keep(
            connection,
            id=sample.id,
            area=wanted.area,
            account=wanted.account,
            by=caller.account,
            now=standing.now,
            until=wanted.until,
            rule=wanted.rule,
            seed=seed,
            left_out=sample.left_out,
            records=records,
        )
        await lock_areas(connection, [wanted.area])  # for the audit of the area
        await note(
            connection,
            Event.SAMPLE_DRAWN,
            wanted.account,
            by=caller.account,
            device=caller.device_no,
            area=wanted.area,
            sample=sample.id,
            records=sample.records,
            collections=" ".join(wanted.rule.collections),
            size=wanted.rule.size,
            percent=wanted.rule.percent,
            children=int(wanted.rule.children),
            until=wanted.until,
        )
    return sample


async def list_samples(connection: Connection, caller: Caller) -> list[SampleListed]:
    """The caller's own, those drawn of areas of the caller's bureau, and those of areas supervised."""
    async with connection.transaction():
        standing = await standing_of(connection, caller)
        supervised = standing.clearance_of(caller.account).supervised
        await confine(connection, supervised, caller.account)
        return await store.listed(
            connection,
            caller.account,
            evaluated(standing.grants, standing.below, standing.now),
            commissioned(standing.grants, standing.below, standing.now),
            supervised,
        )


async def read(
    connection: Connection, caller: Caller, sample: UUID, collection: str | None, after: int, limit: int
) -> list[SampleRecord]:
    """A page of the evaluator's own sample. Each record of it is on account, as any other reading."""
    async with connection.transaction():
        standing = await standing_of(connection, caller)
        areas = evaluated(standing.grants, standing.below, standing.now)
        await confine(connection, account=caller.account)
        if not await store.is_for(connection, sample, caller.account, areas):
            raise Problem(NOT_FOUND)
        page = await store.page(connection, sample, caller.account, collection, after, limit)
        await accountant_for(caller).read(connection, "sample", page.of)
        return page.records


async def list_withheld(
    connection: Connection, caller: Caller, sample: UUID, after: str, limit: int
) -> list[Withheld]:
    """For a supervisor: which records of their areas the sample has words of, and what it calls them."""
    async with connection.transaction():
        supervised = (await access_of(connection, caller)).clearance.supervised
        await confine(connection, supervised)
        found = await store.withheld(connection, sample, supervised, after, limit)
        if not found and not after:
            raise Problem(NOT_FOUND)
        return found


async def release(
    connection: Connection, caller: Caller, sample: UUID, pseudonym: str, wanted: Release
) -> None:
    """For a supervisor: let the evaluator read these words of a record, as they stand now."""
    async with connection.transaction():
        supervised = (await access_of(connection, caller)).clearance.supervised
        await confine(connection, supervised)
        found = await store.words_of(connection, sample, pseudonym, supervised)
        if found is None:
            raise Problem(NOT_FOUND)
        words = {
            name: text
            for name in wanted.fields
            if name in found.withheld and isinstance(text := found.values.get(name), str)
        }
        wrong = tuple(
            FieldProblem(
                f"/fields/{place}", "unknown", "此项没有待放行的文字", "has no words that were withheld"
            )
            for place, name in enumerate(wanted.fields)
            if name not in words
        )
        if wrong:
            raise Problem(INVALID, errors=wrong)
        await store.release(connection, sample, pseudonym, found.texts | words, caller.account)
        await lock_areas(connection, [found.area])
        await note(
            connection,
            Event.SAMPLE_TEXTS_RELEASED,
            found.account,
            by=caller.account,
            device=caller.device_no,
            area=found.area,
            sample=sample,
            record=found.record,
            fields=" ".join(words),
        )


def _check(wanted: NewSample, now: datetime) -> None:
    wrong = []
    rule = wanted.rule
    if (rule.size is None) == (rule.percent is None):
        one = FieldProblem("/rule", "one-of", "请填 size 或 percent 之一", "takes either size or percent")
        wrong.append(one)
    for place, name in enumerate(rule.collections):
        if name not in SAMPLED or name in rule.collections[:place]:
            wrong.append(
                FieldProblem(
                    f"/rule/collections/{place}",
                    "unknown",
                    f"应为以下之一，且不重复：{'、'.join(SAMPLED)}",
                    f"must be one of {', '.join(SAMPLED)}, each once",
                )
            )
    if not now < wanted.until <= now + LONGEST:
        wrong.append(
            FieldProblem("/until", "range", "应晚于现在，一年以内", "must be after now and within a year")
        )
    if wrong:
        raise Problem(INVALID, errors=tuple(wrong))


async def _check_evaluator(connection: Connection, caller: Caller, wanted: NewSample) -> None:
    """Anybody else is as if there were no such account."""
    _, here = await members.roles_of(connection, wanted.account, wanted.area)
    if Role.EVALUATOR.value not in here or wanted.account == caller.account:
        unknown = FieldProblem(
            "/account", "unknown", "此区域没有这位评估人员", "is no evaluator of this area, or is yourself"
        )
        raise Problem(INVALID, errors=(unknown,))


async def _chosen(
    connection: Connection, areas: Sequence[UUID], rule: Rule, seed: int, now: datetime
) -> list[Candidate]:
    """What the lot falls on, area by area: what is open of a whole city's records is too much at once."""
    grown = None
    if not rule.children:
        births = await store.births(connection, areas)
        grown = await asyncio.to_thread(grown_among, births, civil_date(now))
    chosen: list[Candidate] = []
    for area in areas:
        there = await store.candidates(connection, area, rule.collections)
        chosen += await asyncio.to_thread(drawn, _allowed(there, grown), rule, seed)
    return chosen


def _allowed(candidates: Iterable[Candidate], grown: Collection[UUID] | None) -> Iterator[Candidate]:
    """Those about people who are `grown`; all where that is None."""
    return (each for each in candidates if grown is None or is_about_grown_people(each, grown))


def _shown(chosen: Sequence[Candidate], values: dict[tuple[UUID, UUID], dict[str, Any]]) -> list[Drawn]:
    """The records as the sample shows them, in the order of their pseudonyms.

    The key of the pseudonyms is made here and forgotten here: two samples have nothing in common, and nobody
    can make a pseudonym from an id that they know.
    """
    name = _pseudonyms(secrets.token_bytes(32))
    treated = [
        deidentified(COLLECTIONS[each.collection], values[each.area, each.id], name) for each in chosen
    ]
    files: dict[UUID, list[int]] = {}
    for place, each in enumerate(chosen):
        files.setdefault(each.case or each.id, []).append(place)
    looks = []
    for places in files.values():
        facts: dict[Fact, Any] = {}
        for place in places:
            collection = chosen[place].collection
            for field in quasi_identifiers(COLLECTIONS[collection]):
                facts[collection, field.name] = treated[place].values.get(field.name)
        looks.append(File(str(chosen[places[0]].area), facts))
    found: list[Drawn] = []
    for places, hidden in zip(files.values(), held_back(looks), strict=True):
        if hidden is None:
            continue
        tells_area = AREA not in hidden
        for place in places:
            each, shown = chosen[place], treated[place].values
            declared = COLLECTIONS[each.collection]
            back = {field for collection, field in hidden if collection == each.collection}
            unsaid = back if tells_area else back | _workers(declared)
            found.append(
                Drawn(
                    each.area,
                    each.id,
                    name(str(each.id)),
                    each.collection,
                    _classes(declared, [*shown, *treated[place].withheld]),
                    each.area if tells_area else None,
                    {field: value for field, value in shown.items() if field not in unsaid},
                    sorted(unsaid),
                    list(treated[place].withheld),
                )
            )
    return sorted(found, key=lambda each: each.pseudonym)


def _pseudonyms(key: bytes) -> Callable[[str], str]:
    return lambda id: hmac.new(key, id.encode(), hashlib.sha256).hexdigest()[:20]


def _workers(declared: Declaration) -> set[str]:
    """The fields that say who did something."""
    return {
        name
        for name, field in declared.fields.items()
        if isinstance(kind := member_kind(field.kind), Reference) and kind.target == ACCOUNT
    }


def _classes(declared: Declaration, names: Sequence[str]) -> int:
    return class_set(declared.privacy_of(name) for name in names)
