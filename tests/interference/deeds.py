"""What somebody does while a reader does not see it: each deed knows who might notice."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from schemas.collections import COLLECTIONS
from tests.interference.copies import Copy
from tests.interference.eyes import PERSONAL, WHOLE, Eyes, Item
from tests.interference.forms import BORN, edits, in_order, new_form, parent_of
from tests.interference.town import Town, field_of_files
from tests.scene import REASON
from tests.sending import OCTETS, PDF, TUS, UPLOADS, metadata
from tests.sync.changes import change, new_id

SEEN_ALL: Final = 2**60  # a `base` beyond every position: whoever writes has seen what there is
DONE: Final = frozenset({"applied", "merged", "conflict"})


class Deed(msgspec.Struct, frozen=True):
    """One thing done to `item`. `touches`: the classes of it that are another afterwards.

    `values`: what is written; `before`: what somebody else writes, unseen.
    """

    what: str
    item: Item
    touches: frozenset[str]
    values: dict[str, Any] = {}
    before: dict[str, Any] = {}
    to: UUID | None = None

    def is_seen_by(self, eyes: Eyes, town: Town) -> bool:
        """Whether somebody may notice."""
        match self.what:
            case "refuse":
                return eyes.supervises(self.item.area)
            case "join" | "leave" | "break glass":
                manages = eyes.supervises(self.item.area)
                return manages or "basic" in eyes.sees(self.item)
            case "grant":
                return eyes.administers(self.item.area)
            case "suspend":
                return eyes.administers(town.areas["community 0"])  # where the bystander works
            case "delete" | "restore":
                return any(eyes.sees(each) for each in town.below(self.item))
            case "move":
                there = self.to or self.item.area
                return any(
                    eyes.sees(each) | eyes.sees(each._replace(area=there)) for each in town.below(self.item)
                )
        return bool(eyes.sees(self.item) & self.touches)


def all_deeds(town: Town) -> Iterator[Deed]:
    """Everything that can be done in town."""
    number = 1000
    for item in town.items:
        declared = COLLECTIONS[item.collection]
        for privacy, one, other in edits(declared, number, item.born):
            number += 2
            for what in ("edit", "dispute", "decide"):
                yield Deed(what, item, frozenset({privacy}), one, other)
        if not declared.permanent:
            yield Deed("delete", item, WHOLE)
            yield Deed("restore", item, WHOLE)
        if (field := field_of_files(item.collection)) is not None:
            privacy = declared.privacy_of(field).value
            yield Deed("attach", item, frozenset({privacy}), {"add": {field: [str(coming(item))]}})
        yield Deed("refuse", item, WHOLE)
        yield Deed("read", item, PERSONAL)
        for child in in_order():
            parent = parent_of(child)
            if parent is not None and getattr(parent.kind, "target", None) == item.collection:
                yield from _additions(town, child.collection, item)
        if declared.opens_file:
            for what in ("join", "leave", "break glass"):
                yield Deed(what, item, WHOLE)
            for area in town.communities:
                if area != item.area:
                    yield Deed("move", item, WHOLE, to=area)
            yield from _additions(town, item.collection, item)
    for here in {item.area: item for item in town.items}.values():
        yield Deed("grant", here, frozenset())
        yield Deed("suspend", here, frozenset())


def _additions(town: Town, collection: str, near: Item) -> Iterator[Deed]:
    """A new record of `collection`, under `near`, or beside it for one that opens a file."""
    declared, author = COLLECTIONS[collection], town.boss.person.id
    made = {item.collection: item.id for item in town.items if item.area == near.area}
    for number in range(2):
        id = new_id()
        above = {} if declared.opens_file else {near.collection: near.id}
        form = new_form(declared, {**made, **above}, author, 800 + number, near.born)
        case = id if declared.opens_file else near.case
        parent, born = (None, BORN) if declared.opens_file else (near.id, near.born)
        is_guarded = near.is_guarded and not declared.permanent
        item = Item(collection, id, near.area, case, author, parent, born, is_guarded)
        yield Deed("add", item, WHOLE, {"set": form})


async def done(copy: Copy, town: Town, deeds: list[Deed]) -> int:
    """Do `deeds`, and let everybody's phone hear of it; how many of them took effect."""
    first, second, third = [], [], []
    for deed in deeds:
        item = deed.item
        match deed.what:
            case "edit" | "attach":
                second.append(_change(item, base=SEEN_ALL, **deed.values))
            case "dispute" | "decide":
                first.append(_change(item, base=SEEN_ALL, **deed.before))
                second.append(_change(item, base=1, **deed.values))
            case "add":
                second.append(_change(item, **deed.values))
            case "delete" | "restore":
                third.append(_change(item, base=SEEN_ALL, op=deed.what))
            case "move":
                third.append(_change(item, base=SEEN_ALL, op="move", to=deed.to))
            case "refuse":
                second.append(_change(item, base=SEEN_ALL, set={"household": 7, "name": 7, "x": "\0"}))
    results = await copy.push(town.deputy, *first) if first else []
    results = await copy.push(town.boss, *second) if second else []
    await _decide(copy, town, [deed for deed in deeds if deed.what == "decide"], second, results)
    results += await copy.push(town.boss, *third) if third else []
    count = sum(result["outcome"] in DONE for result in results)
    count += sum(deed.what == "refuse" for deed in deeds)
    for deed in deeds:
        count += await _by_routes(copy, town, deed)
    for device in (town.deputy, *town.workers):
        await copy.push(device)
    return count


async def _decide(
    copy: Copy,
    town: Town,
    deeds: list[Deed],
    sent: list[dict[str, Any]],
    results: list[dict[str, Any]],
) -> None:
    """Settle the conflicts that were to be."""
    wanted = {str(deed.item.id) for deed in deeds}
    changes = [
        {**each, "id": str(new_id()), "base": SEEN_ALL, "resolves": conflict}
        for each, result in zip(sent, results, strict=True)
        if each["record"] in wanted
        for conflict in result["conflicts"]
    ]
    if changes:
        await copy.push(town.boss, *changes)


async def _by_routes(copy: Copy, town: Town, deed: Deed) -> int:
    item, bystander = deed.item, town.bystander
    match deed.what:
        case "join":
            body = {"account": str(bystander.id), "kind": "viewer"}
            path = f"/api/v1/files/{item.case}/members"
            answer = await copy.ask(town.boss, "POST", path, json=body)
        case "leave":
            await copy.world.join(bystander, item.area, item.id)
            path = f"/api/v1/files/{item.case}/members/{bystander.id}"
            answer = await copy.ask(town.boss, "DELETE", path)
        case "attach":
            answer = await _attach(copy, town, item)
        case "break glass":
            worker = town.workers[1 if item.author == town.workers[0].person.id else 0]
            path = f"/api/v1/files/{item.case}/break-glass"
            answer = await copy.ask(worker, "POST", path, json={"reason": REASON})
        case "grant":
            body = {"role": "supervisor", "area": str(item.area)}
            path = f"/api/v1/admin/accounts/{bystander.id}/grants"
            answer = await copy.ask(town.administrator, "POST", path, json=body)
        case "suspend":
            path = f"/api/v1/admin/accounts/{bystander.id}/suspend"
            answer = await copy.ask(town.administrator, "POST", path)
        case "read":
            answer = await copy.ask(
                town.deputy, "GET", "/api/v1/sync/history", params={"record": str(item.id)}
            )
        case _:
            return 0
    return int(answer.status_code < 300)


def coming(item: Item) -> UUID:
    """The id of a file that may come to stand in a record."""
    return UUID(int=item.id.int ^ 0xF11E)


async def _attach(copy: Copy, town: Town, item: Item) -> httpx.Response:
    """Send the file that `coming` names."""
    place = {"record": item.id, "area": item.area, "field": field_of_files(item.collection)}
    said = metadata(id=coming(item), collection=item.collection, **place)
    headers = {**TUS, **OCTETS, "Upload-Length": str(len(PDF)), "Upload-Metadata": said}
    return await copy.ask(town.boss, "POST", UPLOADS, headers=headers, content=PDF)


def _change(item: Item, **more: Any) -> dict[str, Any]:
    return change(item.collection, item.id, item.area, **more)
