"""The SQL of samples: what may be drawn, what was drawn, and the words that were let out of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.privacy import CLASSES
from schemas.treatment import NEVER
from service.samples.rule import PEOPLE, Candidate, Rule
from sync.audit import Reading
from sync.statement import Connection, statement

READ: Final = tuple(privacy for privacy in CLASSES if privacy not in NEVER)
"""The classes that a sample is made from; none of them is sealed."""

_BODIES = ", ".join(f"body_{privacy.value}" for privacy in READ)
_BIRTH_DATES = " ".join(f"WHEN '{of}' THEN body_basic ->> '{field}'" for of, field in PEOPLE.items())
_decode = msgspec.json.decode
_encode = msgspec.json.encode


class SampleListed(msgspec.Struct, frozen=True):
    """A sample: for whom, of which area, by which rule, until when.

    `records`: how many it holds, for the evaluator and whoever had it drawn. `left_out`: how many the lot
    fell on that would have been found in it whatever was held back; for whoever had it drawn.
    """

    id: UUID
    area: UUID
    account: UUID
    name: str
    drawn_at: datetime
    until: datetime
    rule: Rule
    records: int | None
    left_out: int | None


class ShownArea(msgspec.Struct, frozen=True):
    """Where a record lies."""

    code: str
    name: str


class SampleRecord(msgspec.Struct, frozen=True):
    """A record as the sample shows it. `id` is its pseudonym, as all ids in `data` are.

    `area`: null where it would tell too much. `suppressed`: facts that are not told, filled in or not, since
    they would, with what else is shown, fit fewer than five families. `withheld`: words that a supervisor may
    release; `texts`: those that one has.
    """

    no: int
    id: str
    collection: str
    area: ShownArea | None
    data: dict[str, Any]
    suppressed: list[str]
    withheld: list[str]
    texts: dict[str, str]


class Withheld(msgspec.Struct, frozen=True):
    """A record of a sample with words in it. `id`: what the sample calls it; `record`: which one it is."""

    id: str
    record: UUID
    area: UUID
    collection: str
    withheld: list[str]
    released: list[str]
    released_at: datetime | None


class Drawn(NamedTuple):
    """A record as it goes into a sample."""

    area: UUID
    record: UUID
    pseudonym: str
    collection: str
    classes: int
    shown_area: UUID | None
    shown: dict[str, Any]
    suppressed: list[str]
    withheld: list[str]


class Page(NamedTuple):
    """Records of a sample, and by area which ones they are, with the classes that are shown of each."""

    records: list[SampleRecord]
    of: Reading


# ix_area_ancestors.
_BELOW = statement("""
    SELECT id FROM area WHERE ancestors @> ARRAY[CAST(:area AS uuid)] ORDER BY id
""")

# The area's, by the primary key. A sample is drawn a few times a year.
_CANDIDATES = statement("""
    SELECT area, id, collection, case_id, body_open
    FROM record
    WHERE area = :area AND collection = ANY(CAST(:collections AS text[]))
      AND NOT deleted AND body_open IS NOT NULL
      AND stamps -> '/restricted' IS NULL AND stamps -> '/erased' IS NULL
    ORDER BY id
""")

# All of these areas, by the primary key.
_BIRTHS = statement(f"""
    SELECT id, CASE collection {_BIRTH_DATES} END AS born
    FROM record
    WHERE area = ANY(CAST(:areas AS uuid[])) AND collection = ANY(CAST(:people AS text[])) AND NOT deleted
""")

# Primary key.
_PARTS = statement(f"""
    SELECT record.area, record.id, {_BODIES}
    FROM unnest(CAST(:areas AS uuid[]), CAST(:ids AS uuid[])) AS drawn(area, id)
    JOIN record ON record.area = drawn.area AND record.id = drawn.id
    WHERE NOT record.deleted
""")

_KEEP = statement("""
    INSERT INTO sample (id, area, account, drawn_by, drawn_at, until, rule, seed, records, left_out)
    VALUES (:id, :area, :account, :by, :now, :until, CAST(:rule AS json), :seed, :records, :left_out)
""")

_KEEP_RECORDS = statement("""
    INSERT INTO sample_record (sample, no, account, area, record, pseudonym, collection, classes, shown_area,
                               shown, suppressed, withheld, texts)
    VALUES (:sample, :no, :account, :area, :record, :pseudonym, :collection, :classes, :shown_area,
            CAST(:shown AS json), :suppressed, :withheld, '{}')
""")

# ix_sample_account, ix_sample_area, ix_sample_record_area.
_LIST = statement("""
    SELECT s.id, s.area, s.account, account.display_name AS name, s.drawn_at, s.until, s.rule, s.records,
           s.left_out, s.area = ANY(CAST(:commissioned AS uuid[])) AS had_drawn, own.it IS TRUE AS is_own
    FROM sample s
    JOIN account ON account.id = s.account
    CROSS JOIN LATERAL (
        SELECT s.account = CAST(:account AS uuid) AND s.area = ANY(CAST(:evaluated AS uuid[]))
               AND clock_timestamp() < s.until AS it
    ) own
    WHERE own.it OR s.area = ANY(CAST(:commissioned AS uuid[])) OR (
        clock_timestamp() < s.until AND EXISTS (
            SELECT FROM sample_record r WHERE r.sample = s.id AND r.area = ANY(CAST(:supervised AS uuid[]))
        )
    )
    ORDER BY s.drawn_at, s.id
""")

# By primary key, both.
_OWN = statement("""
    SELECT true
    FROM sample
    WHERE id = :sample AND account = :account AND area = ANY(CAST(:areas AS uuid[]))
      AND clock_timestamp() < until
""")

_RECORDS = statement("""
    SELECT r.no, r.pseudonym, r.collection, r.shown, r.suppressed, r.withheld, r.texts, r.area, r.record,
           r.classes, shown_area.code, shown_area.name
    FROM sample_record r
    LEFT JOIN area shown_area ON shown_area.id = r.shown_area
    WHERE r.sample = :sample AND r.account = :account AND r.no > :after
      AND (CAST(:collection AS text) IS NULL OR r.collection = :collection)
    ORDER BY r.no
    LIMIT :limit
""")

# ix_sample_record_sample_pseudonym.
_WITHHELD = statement("""
    SELECT r.pseudonym, r.record, r.area, r.collection, r.withheld, r.texts, r.released_at
    FROM sample_record r
    JOIN sample s ON s.id = r.sample
    WHERE r.sample = :sample AND r.area = ANY(CAST(:areas AS uuid[])) AND cardinality(r.withheld) > 0
      AND clock_timestamp() < s.until AND r.pseudonym > :after
    ORDER BY r.pseudonym
    LIMIT :limit
""")

_ONE_WITHHELD = statement("""
    SELECT r.record, r.area, r.account, r.withheld, r.texts
    FROM sample_record r
    JOIN sample s ON s.id = r.sample
    WHERE r.sample = :sample AND r.pseudonym = :pseudonym AND r.area = ANY(CAST(:areas AS uuid[]))
      AND clock_timestamp() < s.until
    FOR UPDATE OF r
""")

# Where it lies now: it may have moved to another community since, whose supervisor it is then.
_WORDS = statement(f"""
    SELECT area, id, {_BODIES}
    FROM record
    WHERE id = :record AND area = ANY(CAST(:areas AS uuid[])) AND NOT deleted
""")

_RELEASE = statement("""
    UPDATE sample_record
    SET texts = CAST(:texts AS json), released_by = :by, released_at = clock_timestamp()
    WHERE sample = :sample AND pseudonym = :pseudonym
""")


async def areas_below(connection: Connection, area: UUID) -> list[UUID]:
    """The area and all below it."""
    return [row["id"] for row in await _BELOW.fetch(connection, area=area)]


async def candidates(connection: Connection, area: UUID, collections: Collection[str]) -> list[Candidate]:
    """All that could be drawn there."""
    rows = await _CANDIDATES.fetch(connection, area=area, collections=list(collections))
    return [
        Candidate(row["area"], row["id"], row["collection"], row["case_id"], _decode(row["body_open"]))
        for row in rows
    ]


async def births(connection: Connection, areas: Sequence[UUID]) -> list[tuple[UUID, str | None]]:
    """The people there, each with the day of birth, as it was written; an id may stand in several areas."""
    rows = await _BIRTHS.fetch(connection, areas=areas, people=list(PEOPLE))
    return [(row["id"], row["born"]) for row in rows]


async def values_of(
    connection: Connection, drawn: Collection[Candidate]
) -> dict[tuple[UUID, UUID], dict[str, Any]]:
    """What was written in the records drawn, in the classes of `READ`; nothing of those that are gone."""
    rows = await _PARTS.fetch(
        connection, areas=[each.area for each in drawn], ids=[each.id for each in drawn]
    )
    return {(row["area"], row["id"]): _values(row) for row in rows}


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for privacy in READ:
        body = row[f"body_{privacy.value}"]
        if body is not None:
            values |= _decode(body)
    return values


async def keep(
    connection: Connection,
    *,
    id: UUID,
    area: UUID,
    account: UUID,
    by: UUID,
    now: datetime,
    until: datetime,
    rule: Rule,
    seed: int,
    left_out: int,
    records: Sequence[Drawn],
) -> None:
    """Store a sample as it was drawn. `records` are numbered in this order."""
    await _KEEP.execute(
        connection,
        id=id,
        area=area,
        account=account,
        by=by,
        now=now,
        until=until,
        rule=_encode(rule),
        seed=seed,
        records=len(records),
        left_out=left_out,
    )
    rows = [
        {
            "sample": id,
            "no": no,
            "account": account,
            **each._asdict(),
            "shown": _encode(each.shown),
        }
        for no, each in enumerate(records, 1)
    ]
    await _KEEP_RECORDS.execute_many(connection, rows)


async def listed(
    connection: Connection,
    account: UUID,
    evaluated: Collection[UUID],
    commissioned: Collection[UUID],
    supervised: Collection[UUID],
) -> list[SampleListed]:
    """The samples that are the account's to read, to look after, or to release words of."""
    rows = await _LIST.fetch(
        connection,
        account=account,
        evaluated=list(evaluated),
        commissioned=list(commissioned),
        supervised=list(supervised),
    )
    return [
        SampleListed(
            row["id"],
            row["area"],
            row["account"],
            row["name"],
            row["drawn_at"],
            row["until"],
            _decode(row["rule"], type=Rule),
            row["records"] if row["is_own"] or row["had_drawn"] else None,
            row["left_out"] if row["had_drawn"] else None,
        )
        for row in rows
    ]


async def is_for(connection: Connection, sample: UUID, account: UUID, areas: Collection[UUID]) -> bool:
    """Whether there is such a sample for `account`, of one of `areas`, that has not ended."""
    found = await _OWN.fetchval(connection, sample=sample, account=account, areas=list(areas))
    return found is not None


async def page(
    connection: Connection, sample: UUID, account: UUID, collection: str | None, after: int, limit: int
) -> Page:
    """Records of a sample of `account` beyond the number `after`."""
    rows = await _RECORDS.fetch(
        connection, sample=sample, account=account, collection=collection, after=after, limit=limit
    )
    found = Page([], {})
    for row in rows:
        area = None if row["code"] is None else ShownArea(row["code"], row["name"])
        texts = _decode(row["texts"])
        found.records.append(
            SampleRecord(
                row["no"],
                row["pseudonym"],
                row["collection"],
                area,
                _decode(row["shown"]),
                row["suppressed"],
                [name for name in row["withheld"] if name not in texts],
                texts,
            )
        )
        found.of.setdefault(row["area"], {})[row["record"]] = row["classes"]
    return found


async def withheld(
    connection: Connection, sample: UUID, areas: Collection[UUID], after: str, limit: int
) -> list[Withheld]:
    """Records of a sample with words in them, in `areas`, beyond the pseudonym `after`."""
    rows = await _WITHHELD.fetch(connection, sample=sample, areas=list(areas), after=after, limit=limit)
    return [
        Withheld(
            row["pseudonym"],
            row["record"],
            row["area"],
            row["collection"],
            row["withheld"],
            sorted(_decode(row["texts"])),
            row["released_at"],
        )
        for row in rows
    ]


class Words(NamedTuple):
    """A record of a sample that words are to be let out of. `texts`: what was let out before."""

    record: UUID
    area: UUID
    account: UUID
    withheld: list[str]
    texts: dict[str, str]
    values: dict[str, Any]


async def words_of(
    connection: Connection, sample: UUID, pseudonym: str, areas: Collection[UUID]
) -> Words | None:
    """It, held until the transaction ends; None where there is none in `areas`, now as when it was drawn."""
    row = await _ONE_WITHHELD.fetchrow(connection, sample=sample, pseudonym=pseudonym, areas=list(areas))
    if row is None:
        return None
    where = await _WORDS.fetchrow(connection, record=row["record"], areas=list(areas))
    if where is None:
        return None
    return Words(**{**row, "texts": _decode(row["texts"])}, values=_values(where))


async def release(
    connection: Connection, sample: UUID, pseudonym: str, texts: dict[str, str], by: UUID
) -> None:
    """Have `texts` be the words that are let out of a record. It is held: see `words_of`."""
    await _RELEASE.execute(connection, sample=sample, pseudonym=pseudonym, texts=_encode(texts), by=by)
