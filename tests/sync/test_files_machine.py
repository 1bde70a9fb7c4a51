"""Whatever happens to who works on which file, a phone ends with what a new phone of the same person gets."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import Clock
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, agrees, shelf_of
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
                "reparent",
                "move",
                "grant",
                "exchange",
            ]
        ),
        st.integers(0, 2),
        st.booleans(),
    ),
    min_size=4,
    max_size=16,
)


@given(steps=steps, limit=st.sampled_from([1, 2, 1000]), is_guest=st.booleans())
@hypothesis.settings(
    max_examples=max(12, hypothesis.settings().max_examples // 8),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_after_any_changes_of_access_a_phone_holds_what_a_new_one_gets(
    clock: Clock, world: World, steps: list[tuple[str, int, bool]], limit: int, is_guest: bool
) -> None:
    areas = [await world.make_area() for _ in range(2)]
    boss = await shelf_of(world, "supervisor", *areas)
    files, persons = [new_id() for _ in range(3)], [new_id() for _ in range(3)]
    for file, person in zip(files, persons, strict=True):
        form = {"household": str(file), "name": "张三", "health": "fair", "phone": "13800001111"}
        await boss.settle(household(areas[0], file, note="旧"), change("person", person, areas[0], set=form))
    reader = await world.make_account(*((None,) if is_guest else ("social_worker", areas[0])))
    phone = Shelf(await world.sign_in(reader))
    await phone.settle(limit=limit)
    for number, (what, which, flag) in enumerate(steps):
        file = files[which]
        await boss.settle()
        at = UUID(boss.records[str(file)]["area"])
        match what:
            case "exchange":
                await phone.exchange(limit=limit)
            case "for an hour":
                until = await clock.now() + timedelta(hours=1)
                await world.join(reader, at, file, "co_worker", confidential=flag, until=until)
            case "hours":
                await clock.forward(hours=2)
            case "leave":
                await world.leave(reader, at, file)
            case "edit":
                await edit(boss, "household", file, {"note": f"{number}。"})
            case "reparent":
                there = str(files[(which + 1 + flag) % 3])
                if boss.records[there]["area"] == boss.records[str(persons[which])]["area"]:
                    await edit(boss, "person", persons[which], {"household": there})
            case "move":
                base = boss.records[str(file)]["rev"]
                to = areas[1] if at == areas[0] else areas[0]
                await boss.settle(change("household", file, at, op="move", to=to, base=base))
            case "grant" if flag:
                await world.grant(reader, "community_officer", areas[0])
            case "grant":
                await world.pool.execute(
                    "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1", reader.id
                )
            case kind:
                await world.join(reader, at, file, kind, confidential=flag)
    await phone.settle(limit=limit)
    last = await agrees(world, phone, limit=limit)
    assert (await phone.exchange())["cursor"] == last["cursor"]


async def edit(boss: Shelf, collection: str, id: UUID, values: dict[str, Any]) -> None:
    """The supervisor changes something."""
    held = boss.records[str(id)]
    await boss.settle(change(collection, id, UUID(held["area"]), base=held["rev"], set=values))
