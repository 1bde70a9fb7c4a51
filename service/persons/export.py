"""Everything that is held on a person, to be shown to them (查阅, 复制; 个人信息保护法, article 45).

A person has a right to all of it, so it is gathered by somebody who reads the whole file, and shows the file
as it is: what others of the family or neighbours are said to have done stands in free text, and is looked
through by whoever hands it over. What lies outside the file (a volunteer's record, say) is cut to what they
may read.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration, Field
from schemas.labels import shown
from schemas.privacy import CLASSES, class_set, classes_in
from service.access import persons
from service.audit.chain import classes_of_each
from service.auth.caller import Caller
from service.persons import export_store, extent
from service.persons import store as persons_store
from sync import store
from sync.audit import Reading
from sync.confine import confine
from sync.history import Entry, Whereabouts, history_at, whereabouts_of
from sync.record import Stored
from sync.restricting import with_what_is_away
from sync.scope import Clearance, Place
from sync.statement import Connection

MOST: Final = 20_000
"""Changes, and entries on who has seen what, that one export holds: more is told page by page elsewhere."""

WARNING_ZH: Final = (
    "文字内容可能涉及家庭成员、邻里等其他人。交付前请逐条检查，遮盖与本人无关的他人信息；"
    "内容有误的，本人可要求更正，由社工在手机上按普通改动更正。"
)
WARNING_EN: Final = (
    "Free text may be about others: family, neighbours. Look through it before it is handed over. "
    "What is wrong is put right by an ordinary change."
)


class ShownField(msgspec.Struct, frozen=True):
    """A field with its label. `value` as it is stored, `text` as it is read; `privacy`: its class."""

    name: str
    label: str
    privacy: str
    value: Any
    text: str


class ShownRecord(msgspec.Struct, frozen=True):
    """A record, field by field. `is_cut`: there may be more than whoever made this export may read.
    `is_restricted`: nothing but this is done with it at present.

    `in_force`: of a consent, whether it holds today.
    """

    collection: str
    label: str
    id: UUID
    area: str
    is_deleted: bool
    is_cut: bool
    is_restricted: bool
    fields: list[ShownField]
    in_force: bool | None = None


class ShownChange(msgspec.Struct, frozen=True):
    """One change: who, when, on which device, and what they wrote. `text`: that as people read it."""

    record: UUID
    collection: str
    label: str
    at: datetime
    account: UUID
    name: str
    device: str
    op: str
    outcome: str
    said: dict[str, Any]
    text: str


class ShownReading(msgspec.Struct, frozen=True):
    """Somebody read or wrote these classes of a record."""

    record: UUID
    at: datetime
    how: str
    name: str
    device: str | None
    classes: list[str]


class ShownWaiting(msgspec.Struct, frozen=True):
    """A change that has not taken effect, as it was sent. `state`: open, or dismissed."""

    change: UUID
    record: UUID | None
    collection: str | None
    at: datetime
    state: str
    problem: str
    sent: msgspec.Raw


class Export(msgspec.Struct, frozen=True):
    """What is held on a person. `is_complete`: `changes` and `readings` were not too many for one answer;
    where they were, `GET /sync/history` and `GET /audit/record` tell all of them, page by page."""

    person: UUID
    made_at: datetime
    made_by: str
    warning: str
    is_complete: bool
    records: list[ShownRecord]
    changes: list[ShownChange]
    readings: list[ShownReading]
    waiting: list[ShownWaiting]


async def gather(
    connection: Connection, caller: Caller, person: UUID, language: str = "zh"
) -> tuple[Export, Reading]:
    """The export, and what is to be kept account of before it is sent. Raises NOT_FOUND, FORBIDDEN.

    Run it in a transaction that is one snapshot.
    """
    held, place = await persons.to_show(connection, caller, person)
    records, restricted = await _records(connection, held, place.area, place.case, person)
    confines = await confine(connection, held.held)
    places = {each.id: await whereabouts_of(connection, confines, each, held) for each in records}
    been = {area for where in places.values() for area in where.until}
    changes, all_told = await _changes(connection, places)
    labels = {each.id: each.collection for each in records}
    named = _accounts(records) | {caller.account} | {entry.account for _, entry in changes}
    names = await export_store.account_names(connection, named)
    names[str(person)] = _called(records[0]) or str(person)
    born = extent.born(records[0])
    areas = await export_store.area_names(connection, {each.area for each in records})
    seen = await export_store.seen(connection, labels, been, MOST)
    made = Export(
        person=person,
        made_at=datetime.now(UTC),
        made_by=names[str(caller.account)],
        warning=WARNING_ZH if language == "zh" else WARNING_EN,
        is_complete=all_told and len(seen) < MOST,
        records=[_shown(each, held, names, areas, born, restricted) for each in records],
        changes=[_shown_change(id, entry, labels[id], names) for id, entry in changes],
        readings=[each for row in seen for each in _readings(row, places)],
        waiting=[
            _shown_waiting(row)
            for row in await export_store.waiting(connection, labels, caller.account, held.supervised)
        ],
    )
    reading: Reading = {}
    for each in records:
        if read := each.classes() & held.reads(each.place):
            reading.setdefault(each.area, {})[each.id] = read
    return made, reading


async def _records(
    connection: Connection, held: Clearance, area: UUID, case: UUID | None, person: UUID
) -> tuple[list[Stored], set[UUID]]:
    """The person's record first, then the rest of the file that they may be shown, then what names them; and
    which of these are restricted."""
    file = await persons_store.file_of(connection, Place(area, case), person)
    restricted = {each.id for each in file.values() if each.is_restricted}
    file = await with_what_is_away(connection, area, file)
    ours = extent.shown_to(person, list(file.values()))
    keys = set(await export_store.naming(connection, person, held.held)) - file.keys()
    found = (await store.records(connection, keys)).values() if keys else []
    beside = [each for each in found if extent.names(each, person, held.reads(each.place))]
    seen = [each for each in [*ours, *beside] if each.classes() & held.reads(each.place)]
    order = {name: number for number, name in enumerate(COLLECTIONS)}
    return sorted(seen, key=lambda each: (each.id != person, order[each.collection], each.id)), restricted


async def _changes(
    connection: Connection, places: Mapping[UUID, Whereabouts]
) -> tuple[list[tuple[UUID, Entry]], bool]:
    """The changes of all records, oldest first, and whether that is all of them."""
    found: list[tuple[UUID, Entry]] = []
    for record, where in places.items():
        after = 0
        while len(found) < MOST:
            page = (await history_at(connection, record, where, after, 500)).entries
            found += [(record, entry) for entry in page]
            if len(page) < 500:
                break
            after = page[-1].rev
    found.sort(key=lambda each: each[1].received_at)
    return found[:MOST], len(found) < MOST


def _shown(
    record: Stored,
    held: Clearance,
    names: dict[str, str],
    areas: dict[UUID, str],
    born: date | None,
    restricted: Collection[UUID],
) -> ShownRecord:
    declared = COLLECTIONS[record.collection]
    reads = held.reads(record.place)
    values = {
        name: (value, privacy.value)
        for privacy in CLASSES
        if privacy.bit & reads & record.classes()
        for name, value in record.values(privacy).items()
    }
    order = {name: number for number, name in enumerate(declared.fields)}
    fields = [
        _shown_field(declared.fields.get(name), name, value, privacy, names)
        for name, (value, privacy) in sorted(values.items(), key=lambda each: order.get(each[0], len(order)))
    ]
    in_force = None
    if record.collection == extent.CONSENT:
        said = {name: value for name, (value, _) in values.items()}
        in_force = extent.stands(record, said, held.today, born)
    return ShownRecord(
        record.collection,
        declared.zh,
        record.id,
        areas[record.area],
        record.deleted,
        bool(_declared_in(declared) & ~reads),
        record.id in restricted,
        fields,
        in_force,
    )


def _declared_in(declared: Declaration) -> int:
    """The classes that such a record may have parts of: which it has is not for who does not read them."""
    return class_set(field.privacy for field in declared.fields.values())


def _shown_field(
    field: Field | None, name: str, value: Any, privacy: str, names: dict[str, str]
) -> ShownField:
    return ShownField(name, name if field is None else field.zh, privacy, value, shown(field, value, names))


def _shown_change(id: UUID, entry: Entry, collection: str, names: dict[str, str]) -> ShownChange:
    declared = COLLECTIONS[collection]
    said = {
        kind: values
        for kind in ("set", "add", "remove", "increment", "effect")
        if (values := getattr(entry, kind))
    }
    words = []
    for kind, values in said.items():
        for name, value in values.items():
            field = declared.fields.get(name)
            label = name if field is None else field.zh
            words.append(f"{_KINDS[kind]}{label}：{shown(field, value, names)}")
    return ShownChange(
        id,
        collection,
        declared.zh,
        entry.received_at,
        entry.account,
        names[str(entry.account)],
        entry.device,
        entry.op,
        entry.outcome,
        said,
        "；".join(words),
    )


_KINDS: Final = {"set": "", "add": "增加", "remove": "减去", "increment": "累加", "effect": "生效为"}


def _readings(row: asyncpg.Record, places: Mapping[UUID, Whereabouts]) -> Iterable[ShownReading]:
    for record, shown_classes in zip(row["records"], classes_of_each(row["detail"]), strict=False):
        where = places.get(record)
        if where is None or row["area"] not in where.until:
            continue
        until = where.until[row["area"]]
        if until is not None and row["at"] > datetime.fromtimestamp(until / 1_000_000, UTC):
            continue
        classes = shown_classes & where.reads
        if classes:
            named = [privacy.value for privacy in classes_in(classes)]
            yield ShownReading(record, row["at"], row["kind"], row["name"], row["device_name"], named)


def _shown_waiting(row: Mapping[str, Any]) -> ShownWaiting:
    payload = row["payload"] if row["repaired"] is None else row["repaired"]
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        payload = msgspec.json.encode(payload.decode(errors="replace"))  # not JSON at all
    title: str = msgspec.json.decode(row["problem"])["title"]
    return ShownWaiting(
        row["change"],
        row["record"],
        row["collection"],
        row["received_at"],
        row["state"],
        title,
        msgspec.Raw(payload),
    )


def _accounts(records: Collection[Stored]) -> set[UUID]:
    """The accounts that the records name: who visited, who screened."""
    found: set[UUID] = set()
    for record in records:
        for field in COLLECTIONS[record.collection].fields.values():
            if record.classes() & field.privacy.bit:
                value = record.values(field.privacy).get(field.name)
                found.update(export_store.accounts_named(field.kind, value))
    return found


def _called(person: Stored) -> Any:
    return person.values(COLLECTIONS[extent.PERSON].privacy_of("name")).get("name")
