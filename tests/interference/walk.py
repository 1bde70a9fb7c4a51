"""Everything that somebody can ask of the server, asked: every operation of the OpenAPI document.

What a parameter may be follows from its name (`FACTS`), so a new route that is asked by an id of a known
kind needs nothing here. A route that takes a body has a line in `BODIES`; a parameter of a new kind has one
in `FACTS`; what is more of a conversation than a question is in `CONVERSATIONS`. A test fails with the name
of an operation that lacks its line. What only asks, though by POST, is in `READING`.
"""

import itertools
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Litestar

from schemas.collections import COLLECTIONS
from tests.interference.copies import Copy
from tests.interference.deeds import coming
from tests.interference.eyes import Item, masked_for
from tests.interference.forms import BORN, BORN_LATE, edits, new_form, value_of
from tests.interference.masks import without_forms
from tests.interference.town import Device, Reader, Town, field_of_files, sample_of
from tests.scene import REASON
from tests.sending import OCTETS, PDF, TUS, metadata
from tests.world import PASSWORD, login_body

NOBODY: Final = UUID("00000000-0000-7000-8000-00000000dead")
PAGES: Final = 4  # of a list, when it is leafed through
AT: Final = "2026-11-24T00:00:00.{:03}Z-0000-7e57"


class Walk:
    """One reader's round of questions on one copy. `said` is all that they were answered, in order.

    `asked`: the records that each route is asked about.
    """

    def __init__(self, copy: Copy, town: Town, reader: Reader, asked: list[Item]) -> None:
        self.copy = copy
        self.town = town
        self.reader = reader
        self.asked = asked
        self.said: list[str] = []
        self.has_written = False
        self._ids = itertools.count(1)
        self._order = itertools.count(1)
        self.operations = operations(copy.world.app)

    @property
    def phone(self) -> Device:
        return self.reader.phone

    @property
    def places(self) -> list[UUID]:
        """Areas to name: some held, some not, one that there is not."""
        return [self.town.areas[name] for name in ("district", "community 0", "community 3")] + [NOBODY]

    async def read(self) -> None:
        """Ask everything that only asks."""
        for operation in self.operations:
            if operation.is_reading:
                await self._ask(operation)

    async def write(self) -> None:
        """Do everything that can be done, look again at what needs no id to be asked for, and do the rest."""
        for operation in self.operations:
            if operation.name == "sync":
                await _push(self, operation)
            elif not operation.is_reading and operation.name not in LAST:
                await self._ask(operation)
        self.has_written = True
        for operation in self.operations:
            if operation.is_reading and not operation.required:
                await self._ask(operation)
        for operation in self.operations:
            if operation.name in LAST:
                await self._ask(operation)

    async def say(
        self,
        operation: "Operation",
        path: str,
        device: Device | None,
        body: Any = None,
        sent: Mapping[str, str] = MappingProxyType({}),
        **query: Any,
    ) -> Any:
        """Ask once, with the headers `sent`, and note what was answered."""
        more = {} if body is None else {"content" if isinstance(body, bytes) else "json": body}
        answer = await self.copy.ask(device, operation.method, path, headers=sent, params=query, **more)
        headers = sorted((name, value) for name, value in answer.headers.items() if name != "content-length")
        length = int(answer.headers.get("content-length", 0))
        assert operation.method == "HEAD" or length == len(answer.content)
        asked = " ".join([operation.method, path, *(_written(each) for each in (query, body, dict(sent)))])
        text = answer.text
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        said = answer.json() if is_json else None
        forms = masked_for(self.reader.eyes.role)
        if forms and operation.name in ONLINE and answer.status_code == 200:
            text = msgspec.json.encode(without_forms(said, forms)).decode()
        self.said.append(f"{operation.name}: {asked}\n{answer.status_code} {headers}\n{text}\n")
        return said

    def new_id(self) -> str:
        """An id as a phone chooses it: the same one in every walk."""
        return f"01a20d00-0000-7000-8000-{next(self._ids):012x}"

    def change(self, item: Item, **more: Any) -> dict[str, Any]:
        """A change of `item`, the same one in every walk."""
        return {
            "id": self.new_id(),
            "collection": item.collection,
            "record": str(item.id),
            "area": str(item.area),
            "at": AT.format(next(self._order)),
            **more,
        }

    async def _ask(self, operation: "Operation") -> None:
        if operation.name in CONVERSATIONS:
            await CONVERSATIONS[operation.name](self, operation)
            return
        facts = [FACTS[name](self) for name in operation.required]
        for number, values in enumerate(itertools.product(*facts)):
            named = dict(zip(operation.required, values, strict=True))
            path = operation.path.format(**{name: named.get(name, "") for name in operation.in_path})
            query = {name: value for name, value in named.items() if name not in operation.in_path}
            for body in BODIES.get(operation.name, _no_body)(self):
                await self.say(operation, path, self.phone, body, **query)
            if "limit" in operation.optional and number % 5 == 0:
                await self._leaf(operation, path, query)

    async def _leaf(self, operation: "Operation", path: str, query: dict[str, Any]) -> None:
        """The same in short pages."""
        place: dict[str, Any] = {}
        further = "before" if "before" in operation.optional else "after"
        for _ in range(PAGES):
            page = await self.say(operation, path, self.phone, **query, **place, limit=1)
            if not isinstance(page, dict) or page.get("next") is None:
                return
            place = {further: page["next"]}


class Operation:
    """One operation of the document."""

    def __init__(self, method: str, path: str, told: dict[str, Any]) -> None:
        self.method = method
        self.path = path
        self.name: str = told["operationId"]
        parameters = told.get("parameters", [])
        self.required = [each["name"] for each in parameters if each.get("required")]
        self.optional = [each["name"] for each in parameters if not each.get("required")]
        self.in_path = [each["name"] for each in parameters if each["in"] == "path"]
        self.takes_body = "requestBody" in told

    @property
    def is_reading(self) -> bool:
        """Whether asking changes nothing but the account of who has read what."""
        return self.method == "GET" or self.name in READING

    @property
    def lacks(self) -> list[str]:
        """What the walk would have to be told to ask this."""
        if self.name in CONVERSATIONS:
            return []
        lacking = [f"FACTS[{name!r}]" for name in self.required if name not in FACTS]
        if self.takes_body and self.name not in BODIES:
            lacking.append(f"BODIES[{self.name!r}]")
        return lacking


def operations(app: Litestar) -> list[Operation]:
    """All operations that the OpenAPI document of `app` knows, in its order."""
    return [
        Operation(method.upper(), path, told)
        for path, methods in app.openapi_schema.to_schema()["paths"].items()
        for method, told in methods.items()
    ]


def _written(said: Any) -> str:
    return msgspec.json.encode(said).decode()


def _no_body(_: Walk) -> Iterator[Any]:
    yield None


def _ids(items: list[Item]) -> list[UUID]:
    return [item.id for item in items] + [NOBODY]


def _records(walk: Walk) -> list[UUID]:
    return [*_ids(walk.asked), *walk.town.conflicts, *walk.town.emergencies]


FACTS: Final[Mapping[str, Callable[[Walk], list[Any]]]] = {
    "record": lambda walk: _records(walk),
    "id": lambda walk: _records(walk),
    "case": lambda walk: _ids(walk.town.files),
    "person": lambda walk: _ids(walk.asked),
    "account": lambda walk: [walk.town.workers[1].person.id, walk.phone.person.id, NOBODY],
    "change": lambda walk: [*walk.town.kept, NOBODY],
    "device": lambda walk: [walk.town.workers[1].id, NOBODY],
    "area": lambda walk: walk.places,
    "emergency": lambda walk: [*walk.town.emergencies, NOBODY],
    "sample": lambda walk: [walk.town.samples[-1], NOBODY],  # an evaluator's who is asked, if any is
    "collection": lambda walk: ["household", "mandatory_report"],
    "version": lambda walk: [0],
    # Small numbers that the database dealt out before, and one that it never will.
    "grant": lambda walk: [1, 5, 9, 2**40],
    "hold": lambda walk: [1, 2**40],
    "erasure": lambda walk: [1, 2**40],
    "upload": lambda walk: [NOBODY],
}
"""By the name of a parameter, what is tried for it: what is there, seen or not, and what is not."""


def _manifests(walk: Walk) -> Iterator[Any]:
    for area in walk.places:
        held = {id: each["rev"] for id, each in walk.phone.held.items() if each["area"] == str(area)}
        yield {"area": str(area), "records": {}}
        yield {"area": str(area), "records": {**held, str(NOBODY): 1}}


def _members(walk: Walk) -> Iterator[Any]:
    yield {"account": str(walk.town.workers[1].person.id), "kind": "viewer"}
    yield {"account": str(NOBODY), "kind": "co_worker"}


def _numbers(walk: Walk) -> Iterator[Any]:
    """Numbers that somebody has, and those that are given to somebody unseen."""
    for name in ("resident_id", "phone"):
        field = COLLECTIONS["person"].fields[name]
        for number in (0, 1, 800):
            for born in (BORN, BORN_LATE):
                yield {name: value_of(field, {}, NOBODY, number, born)}
    yield {"resident_id": "1"}


def _repairs(walk: Walk) -> Iterator[Any]:
    yield {}
    yield {"change": {"id": 7}}


BODIES: Final[Mapping[str, Callable[[Walk], Iterator[Any]]]] = {
    "enrol_otp": lambda walk: iter([{"enrolment_token": "none"}]),
    "confirm_otp": lambda walk: iter([{"enrolment_token": "none", "otp": "123456"}]),
    "refresh": lambda walk: iter(
        [{"refresh_token": walk.reader.spare.refresh_token}, {"refresh_token": "-"}]
    ),
    "change_password": lambda walk: iter([{"old": "wrong", "new": "a wholly new one"}]),
    "manifest": _manifests,
    "look_up": _numbers,
    "verify_certificate": lambda walk: iter([{"number": "A" * 42, "minutes": 60}]),
    "draw_sample": lambda walk: (sample_of(walk.town.evaluator.id, area) for area in walk.places),
    "release_sample_texts": lambda walk: iter([{"fields": ["note"]}]),
    "continue_upload": lambda walk: iter([PDF]),
    "upload_by_post": lambda walk: iter([PDF]),
    "retry": _repairs,
    "add_file_member": _members,
    "hand_over_file": lambda walk: iter([{"to": str(walk.town.workers[1].person.id), "reason": "调离"}]),
    "break_glass": lambda walk: iter([{"reason": REASON}]),
    "hold_person": lambda walk: iter([{"reason": REASON}]),
    "restrict_person": lambda walk: iter([{"reason": REASON}]),
    "erase_person": lambda walk: iter([{"reason": REASON}]),
    "review_emergency": lambda walk: iter([{"opinion": "属实"}]),
    "create_account": lambda walk: iter(
        {
            "username": f"new-{area}",
            "name": "新来的",
            "grants": [{"role": "social_worker", "area": str(area)}],
        }
        for area in walk.places
    ),
    "set_account_password": lambda walk: iter([{"password": "a wholly new one"}]),
    "give_grant": lambda walk: iter({"role": "social_worker", "area": str(area)} for area in walk.places),
    "change_grant": lambda walk: iter([{"until": "2999-01-01T00:00:00Z"}]),
}
"""By operation, the bodies that are tried with each set of parameters."""


async def _log_in(walk: Walk, operation: Operation) -> None:
    person = walk.phone.person
    for password in (PASSWORD, "wrong"):
        body = login_body(person.username, NOBODY, password)
        await walk.say(operation, operation.path, None, body)


async def _log_out(walk: Walk, operation: Operation) -> None:
    await walk.say(operation, operation.path, walk.reader.spare)


async def _sync(walk: Walk, operation: Operation) -> None:
    """What is new to a phone that is up to date, then what a new one is given; in pages of every size."""
    cursor = walk.phone.cursor
    # A digest is over positions: it is compared as long as these are all from before.
    for verify in {False, not walk.has_written}:
        body: dict[str, Any] = {"cursor": cursor, "verify": verify}
        await walk.say(operation, operation.path, walk.phone, body)
    for limit, start in ((1000, None), (7, None), (1, cursor)):
        at = start
        for _ in range(20):
            body = {"cursor": at, "limit": limit, "verify": not walk.has_written}
            page = await walk.say(operation, operation.path, walk.reader.spare, body)
            if page is None or page["complete"]:
                break
            at = page["cursor"]


async def _push(walk: Walk, operation: Operation) -> None:
    """Edits of everything, seen or not, and new records under everything; sent twice."""
    changes = []
    for item in [*walk.town.items, _nothing(walk)]:
        declared = COLLECTIONS[item.collection]
        changes += [
            walk.change(item, base=base, **values)
            for base, (_, values, _) in zip((1, 2**60), edits(declared, 300, item.born), strict=False)
        ]
        form = new_form(declared, _named_by(walk, item), walk.phone.person.id, 400, item.born)
        changes.append(walk.change(item, set=form))  # under an id that is taken
        changes.append(walk.change(item._replace(id=UUID(walk.new_id())), set=form))
        changes.append(walk.change(item, base=1, op="delete"))
    for _ in range(2):
        body = {"cursor": walk.phone.cursor, "changes": changes}
        await walk.say(operation, operation.path, walk.phone, body)


async def _push_rows(walk: Walk, operation: Operation) -> None:
    """Whole documents of everything, seen or not: edited, new under a taken id, and deleted; sent twice.

    A row is taken in by itself, which takes long: of a fourth of the collections, another one for each route,
    reader and town.
    """
    turn = zlib.crc32(f"{operation.name} {walk.reader.eyes.role} {len(walk.town.items)}".encode())
    for collection in [*COLLECTIONS][turn % 4 :: 4]:
        declared = COLLECTIONS[collection]
        rows: list[dict[str, Any]] = []
        for item in [each for each in walk.town.items if each.collection == collection]:
            document = {"id": str(item.id), "area": str(item.area), "_deleted": False}
            for _, values, _ in itertools.islice(edits(declared, 500, item.born), 2):
                edited = {**document, **values.get("set", {})}
                rows.append({"newDocumentState": edited, "assumedMasterState": document})
            form = new_form(declared, _named_by(walk, item), walk.phone.person.id, 600, item.born)
            rows.append({"newDocumentState": {**document, **form}})
            rows.append({"newDocumentState": {**document, **form, "id": walk.new_id()}})
            rows.append({"newDocumentState": {**document, "_deleted": True}, "assumedMasterState": document})
        path = operation.path.format(collection=collection, version=0)
        for _ in range(2):
            await walk.say(operation, path, walk.phone, rows)


async def _pull_tables(walk: Walk, operation: Operation) -> None:
    """Everything, then what is new, to a phone that says that it has nothing unsent and to one that says
    nothing."""
    said = await walk.say(operation, operation.path, walk.phone)
    if said is not None:
        shown = {"last_pulled_at": said["timestamp"]}
        await walk.say(operation, operation.path, walk.phone, **shown)
        await walk.say(operation, operation.path, walk.phone, **shown, has_unsynced=False)
    migration = msgspec.json.encode({"from": 1, "tables": list(COLLECTIONS)}).decode()
    await walk.say(operation, operation.path, walk.phone, migration=migration)


async def _push_tables(walk: Walk, operation: Operation) -> None:
    """Rows of everything, seen or not: edited, made under an id that is taken, and deleted; sent twice."""
    parts: list[dict[str, dict[str, list[Any]]]] = [{}, {}, {}]
    for item in [*walk.town.items, _nothing(walk)]:
        declared = COLLECTIONS[item.collection]
        row = {"id": str(item.id), "area": str(item.area), "_status": "updated", "_changed": ""}
        _, values, _ = next(iter(edits(declared, 700, item.born)))
        edited = {**row, **_columns(values.get("set", {})), "_changed": ",".join(values.get("set", {}))}
        form = _columns(new_form(declared, _named_by(walk, item), walk.phone.person.id, 800, item.born))
        for part, (kind, said) in zip(
            parts, (("updated", edited), ("created", {**row, **form}), ("deleted", str(item.id))), strict=True
        ):
            rows = part.setdefault(item.collection, {"created": [], "updated": [], "deleted": []})
            rows[kind].append(said)
            if kind == "created":
                rows[kind].append({**row, **form, "id": walk.new_id()})
    for part in parts:
        for _ in range(2):
            await walk.say(operation, operation.path, walk.phone, part, last_pulled_at=1)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Lists and objects are JSON text in a column."""
    return {
        name: msgspec.json.encode(value).decode() if isinstance(value, list | dict) else value
        for name, value in values.items()
    }


def _nothing(walk: Walk) -> Item:
    return walk.town.files[0]._replace(id=NOBODY)


def _named_by(walk: Walk, item: Item) -> dict[str, UUID]:
    made = {each.collection: each.id for each in walk.town.items if each.case == item.case}
    return {"household": NOBODY, "person": NOBODY, "activity": NOBODY, "volunteer": NOBODY, **made}


async def _held(walk: Walk, operation: Operation) -> None:
    """Of one's own phone and others. Who administers where a phone was used is told of all that it was sent,
    seen or not: they are asked of one that is sent nothing.
    """
    devices = [walk.phone.id, walk.town.idle.id, NOBODY]
    if walk.reader.eyes.role != "administrator":
        devices.append(walk.town.workers[1].id)
    for device in devices:
        path = operation.path.format(device=device)
        await walk.say(operation, path, walk.phone)
        await walk.say(operation, path, walk.phone, limit=1)


async def _workbook(walk: Walk, operation: Operation) -> None:
    """Whether there is one: what it says is what `export_person` says, packed with the time of day."""
    for person in FACTS["person"](walk):
        answer = await walk.copy.ask(walk.phone, operation.method, operation.path.format(person=person))
        walk.said.append(f"{operation.name}: {person}\n{answer.status_code}\n")


async def _nothing_to_add(walk: Walk, operation: Operation) -> None:
    """Told by `tests.interference.listening`, since it stays open while something happens."""


async def _attachments(walk: Walk, operation: Operation) -> None:
    """Those that there are, those that may have come, and one that there is not; small ones, and in part."""
    may_have_come = [
        (item.id, coming(item)) for item in walk.town.items if field_of_files(item.collection) is not None
    ]
    for record, id in [*walk.town.attachments, *may_have_come, (walk.asked[0].id, NOBODY)]:
        path = operation.path.format(record=record, attachment=id)
        await walk.say(operation, path, walk.phone)
        await walk.say(operation, path, walk.phone, small=True)
        await walk.say(operation, path, walk.phone, sent={"Range": "bytes=3-7"})


async def _uploads(walk: Walk, operation: Operation) -> None:
    """A file for every record that may have one, seen or not, and for one that there is not."""
    items = [item for item in walk.town.items if field_of_files(item.collection) is not None]
    for item in [*items, *(item._replace(id=UUID(walk.new_id())) for item in items)]:
        place = {"record": item.id, "area": item.area, "field": field_of_files(item.collection)}
        for id in (coming(item), UUID(walk.new_id())):
            said = metadata(id=id, collection=item.collection, **place)
            headers = {**TUS, "Upload-Length": str(len(PDF)), "Upload-Metadata": said}
            await walk.say(operation, operation.path, walk.phone, sent=headers)
            await walk.say(operation, operation.path, walk.phone, PDF, sent={**headers, **OCTETS})


CONVERSATIONS: Final[Mapping[str, Callable[[Walk, Operation], Awaitable[None]]]] = {
    "login": _log_in,
    "logout": _log_out,
    "device_held": _held,
    "export_person_workbook": _workbook,
    "sync": _sync,
    "rxdb_push": _push_rows,
    "rxdb_server_push": _push_rows,
    "watermelon_pull": _pull_tables,
    "watermelon_push": _push_tables,
    "rxdb_stream": _nothing_to_add,
    "rxdb_server_stream": _nothing_to_add,
    "attachment": _attachments,
    "begin_upload": _uploads,
    "stream": _nothing_to_add,
    "wait": _nothing_to_add,
}
"""What is more than one question: by operation, how it is led."""

ONLINE: Final = frozenset({"record", "records"})
"""What shows masked forms."""

READING: Final = frozenset({"sync", "manifest", "look_up", "verify_certificate"})
# In an emergency a file that was hidden is opened: what is in it is theirs to see from then on.
LAST: Final = frozenset({"break_glass", "logout"})
