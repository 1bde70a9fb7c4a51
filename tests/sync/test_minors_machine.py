"""Whatever happens to children and their birthdays, a phone ends with what a new one of its owner gets."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import Clock
from tests.sync.changes import change, household, new_id
from tests.sync.mirrors import holds_what_a_new_one_gets, library_of
from tests.sync.shelf import Shelf, agrees, shelf_of
from tests.world import World

# Days from the eighteenth birthday; None: nobody knows it.
AGES: list[int | None] = [-9_000, -1, 0, 1, 2, 3, 4_000, None]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["day", "exchange", "birth"] * 3
            + ["visit", "edit", "rename", "delete", "restore", "dispute", "reparent", "move"]
            + ["for a day", "grant", "write"]
        ),
        st.integers(0, 2),
        st.integers(0, 20),
    ),
    min_size=6,
    max_size=18,
)


@given(
    steps=steps,
    limit=st.sampled_from([1, 2, 3, 1000]),
    ages=st.lists(st.sampled_from(AGES), min_size=3, max_size=3),
    roles=st.sampled_from([("child_officer",), ("child_officer", "social_worker")]),
)
@hypothesis.settings(
    max_examples=max(15, hypothesis.settings().max_examples // 6),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_after_any_birthdays_and_corrections_a_phone_holds_what_a_new_one_gets(
    clock: Clock,
    world: World,
    steps: list[tuple[str, int, int]],
    limit: int,
    ages: list[int | None],
    roles: tuple[str, ...],
) -> None:
    areas = [await world.make_area() for _ in range(2)]
    boss = await shelf_of(world, "supervisor", *areas)
    other = await shelf_of(world, "supervisor", *areas)
    files, persons = [new_id() for _ in range(3)], [new_id() for _ in range(3)]
    visits: list[list[UUID]] = [[], [], []]
    for which, (file, person, age) in enumerate(zip(files, persons, ages, strict=True)):
        form: dict[str, Any] = {"household": str(file), "name": "张三", "health": "fair"}
        form["birth_date"] = await born(clock, age)
        await boss.settle(household(areas[0], file, note="旧"), change("person", person, areas[0], set=form))
        await visit(boss, visits[which], person)
    reader = await world.make_account()
    for role in roles:
        await world.grant(reader, role, areas[0])
    phone = Shelf(await world.sign_in(reader))
    await phone.settle(limit=limit)
    library = await library_of(world, await world.sign_in(reader))
    for number, (what, which, choice) in enumerate(steps):
        await boss.settle()
        file, person = files[which], persons[which]
        a_visit = visits[which][choice % len(visits[which])]
        match what:
            case "day":
                await clock.forward(days=1)
            case "exchange" if choice % 3:
                await phone.settle(limit=limit)
                await library.pull(limit=limit)
            case "exchange":
                await phone.exchange(limit=limit)
            case "birth":
                day = await born(clock, AGES[choice % len(AGES)])
                await edit(boss, "person", person, {"birth_date": day})
            case "dispute":
                await other.settle()
                for shelf, age in ((boss, choice), (other, choice + 1)):
                    day = await born(clock, AGES[age % len(AGES)])
                    await edit(shelf, "person", person, {"birth_date": day}, and_settle=False)
            case "visit":
                await visit(boss, visits[which], person)
            case "edit":
                await edit(boss, "child_visit", a_visit, {"findings": f"{number}。"})
            case "rename":
                await edit(boss, "person", person, {"name": f"张{number}"})
            case "delete" | "restore":
                held = boss.records.get(str(a_visit))
                at = UUID(boss.records[str(person)]["area"]) if held is None else UUID(held["area"])
                base = 2**60 if held is None else held["rev"]
                await boss.settle(change("child_visit", a_visit, at, base=base, op=what))
            case "reparent":
                there = str(files[(which + 1) % 3])
                if boss.records[there]["area"] == boss.records[str(person)]["area"]:
                    await edit(boss, "person", person, {"household": there})
            case "move":
                at = UUID(boss.records[str(file)]["area"])
                to = areas[1] if at == areas[0] else areas[0]
                base = boss.records[str(file)]["rev"]
                await boss.settle(change("household", file, at, op="move", to=to, base=base))
            case "for a day":
                at = UUID(boss.records[str(file)]["area"])
                until = await clock.now() + timedelta(days=1)
                await world.join(reader, at, file, "co_worker", confidential=choice % 2 == 0, until=until)
            case "grant" if choice % 3:
                await world.grant(reader, "child_officer", areas[choice % 2])
            case "grant":
                ended = "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1 AND role = $2"
                await world.pool.execute(ended, reader.id, "child_officer")
            case "write":
                await phone.exchange(household(areas[0]), limit=limit)
    await phone.settle(limit=limit)
    last = await agrees(world, phone, limit=limit)
    again = await phone.exchange()
    assert (again["cursor"], again["gone"], again["records"]) == (last["cursor"], [], [])
    await holds_what_a_new_one_gets(library, phone.phone, limit)


async def born(clock: Clock, age: int | None) -> str | None:
    """The birth date of somebody whose eighteenth birthday is so many days ahead."""
    if age is None:
        return None
    birthday = await clock.today() + timedelta(days=age)
    leap = (birthday.month, birthday.day) == (2, 29)
    return date(birthday.year - 18, birthday.month, 28 if leap else birthday.day).isoformat()


async def visit(boss: Shelf, visits: list[UUID], person: UUID) -> None:
    """The supervisor calls on somebody as on a child."""
    visits.append(new_id())
    form = {"subject": str(person), "on": "2026-11-20", "by": str(boss.phone.person.id)}
    form |= {"findings": "发现。", "concerns": "需保密。"}
    area = UUID(boss.records[str(person)]["area"])
    await boss.settle(change("child_visit", visits[-1], area, set=form))


async def edit(
    shelf: Shelf, collection: str, id: UUID, values: dict[str, Any], *, and_settle: bool = True
) -> None:
    """Change something, if it is there."""
    held = shelf.records.get(str(id))
    if held is not None:
        exchange = shelf.settle if and_settle else shelf.exchange
        await exchange(change(collection, id, UUID(held["area"]), base=held["rev"], set=values))
