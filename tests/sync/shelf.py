"""What a phone holds after what it was answered, by protocol.md's words and nothing else.

Written apart from `sync.replica`, so that the two can be set against each other.
"""

from typing import Any
from uuid import UUID

from schemas.collections import COLLECTIONS
from sync.digest import digest
from tests.world import Phone, World


class Shelf:
    """The records of one phone, and its cursor. `exchange` asks once, `settle` until complete."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.cursor: str | None = None
        self.records: dict[str, dict[str, Any]] = {}
        self.areas: list[str] = []
        self.seen: list[dict[str, Any]] = []

    async def exchange(self, *changes: dict[str, Any], **more: Any) -> dict[str, Any]:
        """One call; applies the answer and gives it."""
        answer = await self.phone.post(
            "/api/v1/sync", json={"schema": 1, "cursor": self.cursor, "changes": list(changes), **more}
        )
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        self.apply(said)
        sent = {change["id"]: change for change in changes}
        for result in said["results"]:
            self._take_as_sent(sent[result["id"]], result)
        return said

    async def settle(self, *changes: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Exchange until nothing is left to fetch; gives the last answer."""
        said = await self.exchange(*changes, **more)
        for _ in range(1000):
            if said["complete"]:
                return said
            said = await self.exchange(**more)
        raise AssertionError("the server never completes")

    def apply(self, said: dict[str, Any]) -> None:
        """Do what an answer says."""
        self.seen.append(said)
        if said["reset"] is not None:
            assert said["records"] == []
            named = said["reset"]["areas"]
            self._keep(lambda record: named is not None and record["area"] not in named)
        self.areas = said["areas"]
        for gone in said["gone"]:
            self._drop([gone["id"]], gone["classes"])
        for drop in said["drop"]:
            named = [
                id
                for id, record in self.records.items()
                if record["area"] == drop["area"] and drop["case"] in (None, record["case"])
            ]
            self._drop(named, drop["classes"])
        for entry in said["records"]:
            self._put(entry)
        self._keep(lambda record: record["area"] in self.areas)
        self.cursor = said["cursor"]

    def data(self, id: UUID | str) -> dict[str, Any]:
        """The fields held of a record."""
        fields: dict[str, Any] = self.records[str(id)]["data"]
        return fields

    def digest(self, area: UUID) -> str:
        """What the phone computes of an area."""
        return digest(
            (UUID(id), record["rev"]) for id, record in self.records.items() if record["area"] == str(area)
        )

    def _put(self, entry: dict[str, Any]) -> None:
        held = self.records.get(entry["id"])
        if entry.get("deleted"):
            if held is not None and held["rev"] <= entry["rev"]:
                del self.records[entry["id"]]
            return
        if held is None:
            self.records[entry["id"]] = {**entry, "data": dict(entry["data"])}
            return
        held["data"].update(entry["data"])
        held["rev"] = max(held["rev"], entry["rev"])
        held["area"], held["case"] = entry["area"], entry["case"]

    def _take_as_sent(self, change: dict[str, Any], result: dict[str, Any]) -> None:
        """A change that was applied need not come back: the phone has it already."""
        if result["outcome"] != "applied":
            return
        held = self.records.get(change["record"])
        if change.get("op", "write") == "delete":
            self.records.pop(change["record"], None)
        elif held is None:
            self.records[change["record"]] = {
                "collection": change["collection"],
                "id": change["record"],
                "area": change["area"],
                "case": self._case_of(change),
                "rev": result["rev"],
                "data": _written(change, {}),
            }
        elif held["rev"] < result["rev"]:
            held["data"] = _written(change, held["data"])
            held["rev"] = result["rev"]

    def _case_of(self, change: dict[str, Any]) -> str | None:
        """The file of a new record: its own, or that of what it belongs to."""
        declared = COLLECTIONS[change["collection"]]
        if declared.opens_file:
            case: str = change["record"]
            return case
        named = [change["set"].get(field.name) for field in declared.fields.values() if field.parent]
        parent = self.records.get(named[0]) if named else None
        return None if parent is None else parent["case"]

    def _drop(self, ids: list[str], classes: list[str] | None) -> None:
        for id in ids:
            held = self.records.get(id)
            if held is None:
                continue
            held["data"] = {
                name: value
                for name, value in held["data"].items()
                if classes is not None and _class_of(held, name) not in classes
            }
            held["rev"] = 0
            if not held["data"]:
                del self.records[id]

    def _keep(self, which: Any) -> None:
        self.records = {id: record for id, record in self.records.items() if which(record)}


async def shelf_of(world: World, role: str | None, *areas: UUID) -> Shelf:
    """A new phone of somebody new, who holds `role`, if any, in each of `areas`."""
    return Shelf(await world.sign_in(await world.make_account(role, *areas)))


async def agrees(world: World, shelf: Shelf, **more: Any) -> dict[str, Any]:
    """A phone that exchanges everything holds what a new one gets, and digests agree; the last answer."""
    last = await shelf.settle(verify=True, **more)
    newcomer = Shelf(await world.sign_in(shelf.phone.person))
    await newcomer.settle()
    assert shelf.records == newcomer.records
    assert last["digest"] == {area: shelf.digest(UUID(area)) for area in last["areas"]}
    return last


def _written(change: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The fields after a change that stands as it was sent."""
    after = {**data, **change.get("set", {})}
    for name, members in change.get("add", {}).items():
        after[name] = list(dict.fromkeys([*(after.get(name) or ()), *members]))
    for name, members in change.get("remove", {}).items():
        after[name] = [member for member in after.get(name) or () if member not in members]
    return after


def _class_of(record: dict[str, Any], name: str) -> str:
    """The class that a field lies in; all of a conflict lies in that of the fields that it is about."""
    data = record["data"]
    if record["collection"] != "conflict":
        return _named(record["collection"], name)
    if not data["fields"]:
        return "open"
    return _named(data["about_collection"], data["fields"][0])


def _named(collection: str, field: str) -> str:
    privacy: str = COLLECTIONS[collection].privacy_of(field).value
    return privacy
