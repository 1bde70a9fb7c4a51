"""WatermelonDB's `synchronize()` as its source has it, in Python: what a phone with it ends up with.

The library itself is tried in tests/clients; this one can be stopped between its steps.
"""

import json
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from tests.sync.changes import new_id
from tests.world import Phone

Lost = Literal["pull", "push", "answer"]
SYNC = "/api/v1/clients/watermelon/sync"


class Melon:
    """The rows of one phone, by table. `says`: whether it tells the server that nothing is unsent."""

    def __init__(self, phone: Phone, *, says: bool = True) -> None:
        self.phone = phone
        self.says = says
        self.last_pulled_at: int | None = None
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}
        self.deleted: dict[str, set[str]] = {}
        self.pulled: dict[str, Any] = {}
        self.pushed: dict[str, Any] = {}

    # What its owner does.

    def create(self, table: str, area: UUID, **columns: Any) -> str:
        name = str(new_id())
        row = {"id": name, "area": str(area), "_status": "created", "_changed": "", **_texts(columns)}
        self.rows.setdefault(table, {})[name] = row
        return name

    def edit(self, table: str, id: UUID | str, **columns: Any) -> None:
        row = self.rows[table][str(id)]
        row.update(_texts(columns))
        row["_changed"] = ",".join(dict.fromkeys([*row["_changed"].split(","), *columns])).strip(",")
        if row["_status"] == "synced":
            row["_status"] = "updated"

    def delete(self, table: str, id: UUID | str) -> None:
        del self.rows[table][str(id)]
        self.deleted.setdefault(table, set()).add(str(id))

    # What the library does.

    async def sync(self, lost: Lost | None = None) -> None:
        """One `synchronize()`, which ends where something is lost: a push on its way, or an answer."""
        pulled = await self.pull()
        if lost == "pull":
            return
        self.apply(pulled)
        sent = self.unsent()
        if not any(part for rows in sent.values() for part in rows.values()) or lost == "push":
            return
        answer = await self.push(sent)
        if lost != "answer":
            self.mark(sent, answer.get("experimentalRejectedIds", {}))

    async def settle(self) -> None:
        """Until there is nothing unsent and nothing more to fetch."""
        for _ in range(50):
            was_unsent = self.is_unsent
            await self.sync()
            if not self.pulled["has_more"] and not was_unsent and self.is_quiet(self.pulled):
                return
        raise AssertionError("never at rest")

    @property
    def is_unsent(self) -> bool:
        return any(part for rows in self.unsent().values() for part in rows.values())

    @staticmethod
    def is_quiet(pulled: dict[str, Any]) -> bool:
        return not any(part for rows in pulled["changes"].values() for part in rows.values())

    async def pull(self, **more: Any) -> dict[str, Any]:
        """What `pullChanges` gives."""
        asked: dict[str, Any] = {
            "last_pulled_at": "null" if self.last_pulled_at is None else self.last_pulled_at,
            "schema_version": 1,
            "migration": "null",
            **more,
        }
        if self.says:
            asked["has_unsynced"] = "true" if self.is_unsent else "false"
        query = "&".join(f"{name}={quote(str(value))}" for name, value in asked.items())
        answer = await self.phone.get(f"{SYNC}?{query}")
        assert answer.status_code == 200, answer.text
        self.pulled = answer.json()
        return self.pulled

    async def push(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What `pushChanges` does."""
        answer = await self.phone.post(
            f"{SYNC}?last_pulled_at={self.last_pulled_at}",
            content=json.dumps(changes).encode(),
            headers={"Content-Type": "text/plain;charset=UTF-8"},
        )
        assert answer.status_code == 200, answer.text
        self.pushed = answer.json()
        return self.pushed

    def apply(self, pulled: dict[str, Any]) -> None:
        """Lay what was pulled under what is unsent (applyRemoteChanges)."""
        is_replacement = pulled.get("experimentalStrategy") == "replacement"
        for table, said in pulled["changes"].items():
            assert said.keys() == {"created", "updated", "deleted"}
            ids = [*(row["id"] for row in [*said["created"], *said["updated"]]), *said["deleted"]]
            assert len(ids) == len(set(ids)), f"an id twice in {table}"
            assert not said["created"], "the library would undo a delete by it"
            held, deleted = self.rows.setdefault(table, {}), self.deleted.setdefault(table, set())
            for id in said["deleted"]:
                held.pop(id, None)
                deleted.discard(id)
            for row in said["updated"]:
                assert not row.keys() & {"_status", "_changed"}
                if row["id"] in deleted:
                    continue
                local = held.get(row["id"], {"_status": "synced", "_changed": ""})
                own = {name: local[name] for name in local["_changed"].split(",") if name}
                held[row["id"]] = {**local, **row, **own}
            if is_replacement:
                kept = {row["id"] for row in said["updated"]}
                for id in [id for id, row in held.items() if id not in kept and row["_status"] != "created"]:
                    del held[id]
                deleted &= kept
        assert type(pulled["timestamp"]) is int and 0 < pulled["timestamp"] < 2**53
        self.last_pulled_at = pulled["timestamp"]

    def unsent(self) -> dict[str, Any]:
        """The whole dirty set (fetchLocalChanges)."""
        return {
            table: {
                "created": [dict(row) for row in rows.values() if row["_status"] == "created"],
                "updated": [dict(row) for row in rows.values() if row["_status"] == "updated"],
                "deleted": sorted(self.deleted.get(table, ())),
            }
            for table, rows in self.rows.items()
        }

    def mark(self, sent: dict[str, Any], rejected: dict[str, list[str]]) -> None:
        """What was sent is synced, unless it was edited since (markLocalChangesAsSynced)."""
        for table, said in sent.items():
            refused = rejected.get(table, ())
            for row in [*said["created"], *said["updated"]]:
                if self.rows[table].get(row["id"]) == row and row["id"] not in refused:
                    self.rows[table][row["id"]] |= {"_status": "synced", "_changed": ""}
            self.deleted.get(table, set()).difference_update(set(said["deleted"]) - set(refused))

    def row(self, table: str, id: UUID | str) -> dict[str, Any]:
        return self.rows[table][str(id)]

    def held(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What it holds, to be compared."""
        return {table: rows for table, rows in self.rows.items() if rows}


def _texts(columns: dict[str, Any]) -> dict[str, Any]:
    """Lists and objects are JSON text in a column."""
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in columns.items()
    }
