"""What RxDB keeps and does on a phone, as far as the server sees it."""

from typing import Any

import httpx

from tests.world import Phone

Doc = dict[str, Any]


class Rx:
    """One replicated collection on one phone: the documents, and what each was on the server when last told.

    `version`: speak as rxdb-server's client of that version of the schema.
    """

    def __init__(self, phone: Phone, collection: str, version: int | None = None) -> None:
        self.phone = phone
        self.at = (
            f"/api/v1/clients/rxdb/{collection}"
            if version is None
            else f"/api/v1/clients/rxdb-server/{collection}/{version}"
        )
        self.checkpoint: Doc = {}
        self.local: dict[str, Doc] = {}
        self.masters: dict[str, Doc] = {}

    async def ask(self, **parameters: Any) -> httpx.Response:
        """One page, of which nothing is kept."""
        return await self.phone.get(f"{self.at}/pull", params={**self.checkpoint, **parameters})

    async def pull(self, limit: int = 100) -> int:
        """Pull until a page is not full: how many pages that took."""
        for pages in range(1, 1000):
            answer = await self.ask(limit=limit)
            assert answer.status_code == 200, answer.text
            said = answer.json()
            for doc in said["documents"]:
                if self.local.get(doc["id"]) == self.masters.get(doc["id"]):
                    self.put(doc)
            if said["documents"]:
                self.checkpoint = {**self.checkpoint, **said["checkpoint"]}
            if len(said["documents"]) < limit:
                return pages
        raise AssertionError("the server never comes to an end")

    def put(self, doc: Doc) -> None:
        """The server says that this is the document."""
        self.masters[doc["id"]] = self.local[doc["id"]] = doc

    def edit(self, id: str, **fields: Any) -> Doc:
        """Somebody edits a document, or makes one; None takes a field out."""
        doc = {"id": id, "_deleted": False, **self.local.get(id, {}), **fields}
        self.local[id] = {name: value for name, value in doc.items() if value is not None}
        return self.local[id]

    def rows(self) -> list[Doc]:
        """What is to be pushed."""
        return [
            {"newDocumentState": doc}
            | ({"assumedMasterState": self.masters[id]} if id in self.masters else {})
            for id, doc in self.local.items()
            if doc != self.masters.get(id)
        ]

    async def send(self, rows: list[Doc]) -> list[Doc]:
        """Push `rows`, and keep nothing of the answer: what it said."""
        answer = await self.phone.post(f"{self.at}/push", json=rows)
        assert answer.status_code == 200, answer.text
        found: list[Doc] = answer.json()
        return found

    async def push(self) -> list[Doc]:
        """Push what is unsent; what stands instead is taken over, as RxDB's own conflict handler does."""
        rows = self.rows()
        instead = await self.send(rows)
        for row in rows:
            self.put(row["newDocumentState"])
        for doc in instead:
            self.put(doc)
        return instead

    def live(self) -> dict[str, Doc]:
        """The documents that the app shows."""
        return {id: doc for id, doc in self.local.items() if not doc["_deleted"]}
