"""Whatever people do on phones of every kind, and whatever answers are lost, all end with the same."""

from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from sync.mirror import whole
from tests.service.rx import Rx
from tests.sync.changes import change, new_id
from tests.sync.shelf import Shelf
from tests.world import World

VALUES = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(["甲", "乙"])),
    st.tuples(st.just("members"), st.sampled_from([1, 2, None])),
    st.tuples(st.just("risk"), st.sampled_from(["low", "medium", "high"])),
    st.tuples(st.just("note"), st.sampled_from(["一。", "一。二。", "一改。二。", None])),
    st.tuples(
        st.just("categories"), st.lists(st.sampled_from(["edge", "disabled", "minimum_living"]), unique=True)
    ),
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["edit", "edit", "make", "delete", "push", "lose", "restart", "pull", "pull late"]),
        st.integers(0, 2),
        VALUES,
    ),
    min_size=5,
    max_size=24,
)


class Phone:
    """An app over RxDB: what is on its way is sent again, as it was, until it is answered."""

    def __init__(self, rx: Rx) -> None:
        self.rx = rx
        self.on_its_way: list[dict[str, Any]] = []

    async def push(self, *, is_lost: bool = False) -> None:
        rows = self.on_its_way or self.rx.rows()
        instead = await self.rx.send(rows)
        if is_lost:
            self.on_its_way = rows
            return
        self.on_its_way = []
        for row in rows:
            document = row["newDocumentState"]
            self.rx.masters[document["id"]] = document
        for document in instead:
            sent = next(
                row["newDocumentState"] for row in rows if row["newDocumentState"]["id"] == document["id"]
            )
            if self.rx.local[document["id"]] == sent:
                self.rx.put(document)

    async def settle(self, limit: int) -> bool:
        """Push and pull; whether there was anything to push."""
        had = bool(self.on_its_way or self.rx.rows())
        await self.push()
        await self.rx.pull(limit)
        return had or bool(self.rx.rows())


@given(steps=STEPS, limit=st.sampled_from([1, 2, 100]))
@hypothesis.settings(
    max_examples=max(15, hypothesis.settings().max_examples // 6),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_phones_of_every_kind_that_have_exchanged_everything_hold_the_same(
    world: World, steps: list[tuple[int, str, int, tuple[str, Any]]], limit: int
) -> None:
    area = await world.make_area()
    phones = [
        Phone(Rx(await world.sign_in(await world.make_account("supervisor", area)), "household", version))
        for version in (None, 0)
    ]
    shelf = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    ids = [str(new_id()) for _ in range(3)]
    for who, what, which, (name, value) in steps:
        id = ids[which]
        if who == 2:
            await native(shelf, what, id, area, name, value)
            continue
        phone = phones[who]
        is_there = phone.rx.local.get(id, {"_deleted": True})["_deleted"] is False
        match what:
            case "make" if id not in phone.rx.local:
                phone.rx.edit(id, area=str(area), name="王家", address="新址", community="620103001001")
            case "edit" if is_there and not (name == "name" and value is None):
                phone.rx.edit(id, **{name: value})
            case "delete" if is_there:
                phone.rx.edit(id, _deleted=True)
            case "push":
                await phone.push()
            case "lose":
                await phone.push(is_lost=True)
            case "restart":
                phone.on_its_way = []
            case "pull":
                await phone.rx.pull(limit)
            case "pull late":
                await phone.rx.ask(limit=limit)
    for _ in range(6):
        busy = [await phone.settle(limit) for phone in phones]
        if not any(busy):
            break
    else:
        raise AssertionError("the phones never come to rest")
    await shelf.settle()
    one, other = (phone.rx.live() for phone in phones)
    assert one == other
    native_documents = {
        id: whole("household", record["data"])
        for id, record in shelf.records.items()
        if record["collection"] == "household"
    }
    assert {id: fields_of(document) for id, document in one.items()} == native_documents


async def native(shelf: Shelf, what: str, id: str, area: UUID, name: str, value: Any) -> None:
    """The same by one of our own clients."""
    held = shelf.records.get(id)
    if what in ("pull", "push"):
        await shelf.settle()
    elif what == "edit" and held is not None:
        await shelf.settle(change("household", UUID(id), area, base=held["rev"], set={name: value}))
    elif what == "delete" and held is not None:
        await shelf.settle(change("household", UUID(id), area, base=held["rev"], op="delete"))


def fields_of(document: dict[str, Any]) -> dict[str, Any]:
    """The fields of a document."""
    return {name: value for name, value in document.items() if name not in ("id", "area", "case", "_deleted")}
