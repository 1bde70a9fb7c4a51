"""Whatever is written and whoever's access changes, a library that knows only how far it has come ends with
what a new one is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import Clock
from tests.sync.changes import change, household, new_id
from tests.sync.mirrors import holds_what_a_new_one_gets, library_of
from tests.sync.shelf import Shelf, shelf_of
from tests.world import World

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "lead",
                "co_worker",
                "viewer",
                "for an hour",
                "hours",
                "leave",
                "edit",
                "delete",
                "restore",
                "reparent",
                "move",
                "grant",
                "wider",
                "end grants",
                "pull",
                "pull one collection",
                "lose an answer",
                "own edit",
            ]
        ),
        st.integers(0, 2),
        st.booleans(),
    ),
    min_size=4,
    max_size=16,
)


@given(steps=steps, limit=st.sampled_from([1, 2, 3, 100]), is_guest=st.booleans())
@hypothesis.settings(
    max_examples=max(12, hypothesis.settings().max_examples // 8),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_after_any_writes_and_changes_of_access_a_library_holds_what_a_new_one_is_told(
    clock: Clock, world: World, steps: list[tuple[str, int, bool]], limit: int, is_guest: bool
) -> None:
    areas = [await world.make_area() for _ in range(2)]
    boss = await shelf_of(world, "supervisor", *areas)
    files, persons = [new_id() for _ in range(3)], [new_id() for _ in range(3)]
    for file, person in zip(files, persons, strict=True):
        form = {"household": str(file), "name": "张三", "health": "fair", "phone": "13800001111"}
        await boss.settle(household(areas[0], file, note="旧"), change("person", person, areas[0], set=form))
    reader = await world.make_account(*((None,) if is_guest else ("social_worker", areas[0])))
    phone = await world.sign_in(reader)
    library = await library_of(world, phone)
    for number, (what, which, flag) in enumerate(steps):
        file, person = files[which], persons[which]
        await boss.settle()
        place = boss.records.get(str(file))
        at = UUID(place["area"]) if place else areas[0]
        match what:
            case "pull":
                await library.pull(limit=limit)
            case "pull one collection":
                # A checkpoint of its own, from which nothing is kept: it must not disturb the other one's.
                await library.ask("person" if flag else "household", limit=limit)
            case "lose an answer":
                await library.ask(limit=limit)
            case "for an hour":
                until = await clock.now() + timedelta(hours=1)
                await world.join(reader, at, file, "co_worker", confidential=flag, until=until)
            case "hours":
                await clock.forward(hours=2)
            case "leave":
                await world.leave(reader, at, file)
            case "edit":
                await edit(boss, "household", file, {"note": f"{number}。"})
            case "own edit":
                await boss.settle()
                sent = change("person", person, at, base=1, set={"phone": f"1380000{number:04}"})
                await Shelf(await world.sign_in(reader)).exchange(sent)
            case "delete" if str(person) in boss.records:
                held = boss.records[str(person)]
                await boss.settle(change("person", person, UUID(held["area"]), op="delete", base=held["rev"]))
            case "restore" if str(person) not in boss.records:
                await boss.settle(change("person", person, at, op="restore", base=1))
            case "reparent":
                there = str(files[(which + 1 + flag) % 3])
                moved = boss.records.get(str(person))
                if moved and place and boss.records[there]["area"] == moved["area"]:
                    await edit(boss, "person", person, {"household": there})
            case "move":
                to = areas[1] if at == areas[0] else areas[0]
                await boss.settle(
                    change("household", file, at, op="move", to=to, base=place and place["rev"])
                )
            case "grant":
                await world.grant(reader, "community_officer", areas[flag])
            case "wider":
                await world.grant(reader, "social_worker", areas[flag])
            case "end grants":
                await world.pool.execute(
                    "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", reader.id
                )
            case "lead" | "co_worker" | "viewer":
                await world.join(reader, at, file, what, confidential=flag)
    await holds_what_a_new_one_gets(library, phone, limit)
    before = dict(library.seqs)
    assert (await library.ask(limit=limit)).told == []
    assert library.seqs == before


async def edit(boss: Shelf, collection: str, id: UUID, values: dict[str, Any]) -> None:
    """The supervisor changes something, if it is there."""
    if (held := boss.records.get(str(id))) is not None:
        await boss.settle(change(collection, id, UUID(held["area"]), base=held["rev"], set=values))
