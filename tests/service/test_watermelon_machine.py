"""Whatever people do on phones with WatermelonDB, and whatever is lost on the way, all end with the same."""

import json
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from sync.mirror import whole
from tests.service.melon import Melon
from tests.sync.changes import change
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
        st.sampled_from(
            ["edit", "edit", "make", "delete", "sync", "lose pull", "lose push", "lose answer", "refuse"]
        ),
        st.integers(0, 2),
        VALUES,
    ),
    min_size=5,
    max_size=24,
)
FORM = {"name": "王家", "address": "新址", "community": "620103001001"}


@given(steps=STEPS)
@hypothesis.settings(
    max_examples=max(15, hypothesis.settings().max_examples // 6),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_phones_with_watermelon_that_have_exchanged_everything_hold_what_the_others_do(
    world: World, steps: list[tuple[int, str, int, tuple[str, Any]]]
) -> None:
    area = await world.make_area()
    melons = [
        Melon(await world.sign_in(await world.make_account("supervisor", area)), says=says)
        for says in (True, False)
    ]
    shelf = Shelf(await world.sign_in(await world.make_account("supervisor", area)))
    made: list[str] = []
    for who, what, which, (name, value) in steps:
        id = made[which % len(made)] if made else ""
        if who == 2:
            await native(shelf, what, id, area, name, value)
            continue
        melon = melons[who]
        is_there = id in melon.rows.get("household", {})
        match what:
            case "make":
                made.append(melon.create("household", area, **FORM))
            case "edit" if is_there:
                melon.edit("household", id, **{name: value})
            case "refuse" if is_there:
                melon.edit("household", id, members=0)
            case "delete" if is_there:
                melon.delete("household", id)
            case "sync":
                await melon.sync()
            case "lose pull":
                await melon.sync("pull")
            case "lose push":
                await melon.sync("push")
            case "lose answer":
                await melon.sync("answer")
    for _ in range(3):
        for melon in melons:
            melon.says = True  # who does not is told late what is gone
            await melon.settle()
    await shelf.settle()
    held = {
        id: whole(record["collection"], record["data"])
        for id, record in shelf.records.items()
        if record["collection"] == "household"
    }
    for melon in melons:
        assert {id: fields_of(row) for id, row in melon.rows.get("household", {}).items()} == held


async def native(shelf: Shelf, what: str, id: str, area: UUID, name: str, value: Any) -> None:
    """The same by one of our own clients."""
    held = shelf.records.get(id)
    if what == "sync":
        await shelf.settle()
    elif what == "edit" and held is not None:
        await shelf.settle(change("household", UUID(id), area, base=held["rev"], set={name: value}))
    elif what == "delete" and held is not None:
        await shelf.settle(change("household", UUID(id), area, base=held["rev"], op="delete"))


def fields_of(row: dict[str, Any]) -> dict[str, Any]:
    """The declared fields of a row that have a value, lists read from their text."""
    found = {name: row[name] for name in COLLECTIONS["household"].fields if row[name] is not None}
    return {
        name: json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
        for name, value in found.items()
    }
