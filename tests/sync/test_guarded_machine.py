"""Whatever guardians agree to and take back, a phone ends with what a new one of its owner gets."""

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

# Days from the fourteenth birthday; None: nobody knows it.
AGES: list[int | None] = [-9_000, -1, 0, 1, 2, 3, 1_000, None]
# Days from today on which a consent is given, and until which it holds; None: for good.
TERMS: list[tuple[int, int | None]] = [
    *((-3, None), (0, None), (0, 0), (-9, -1), (-1, 1), (0, 2), (1, None), (2, 3), (0, 900)),
]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["day", "exchange", "consent"] * 3
            + ["birth", "end", "delete", "restore", "visit", "edit", "dispute", "reparent", "move"]
            + ["for a day", "emergency", "grant", "write", "harm"]
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
    roles=st.sampled_from(
        [("social_worker",), ("community_officer",), ("child_officer", "social_worker"), ("child_officer",)]
    ),
)
@hypothesis.settings(
    max_examples=max(15, hypothesis.settings().max_examples // 6),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_after_any_consents_and_birthdays_a_phone_holds_what_a_new_one_gets(
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
    consents: list[list[UUID]] = [[], [], []]
    for which, (file, person, age) in enumerate(zip(files, persons, ages, strict=True)):
        form: dict[str, Any] = {"household": str(file), "name": "张三", "phone": "13800001111"}
        form |= {"health": "fair", "birth_date": await born(clock, age)}
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
        a_consent = consents[which][choice % len(consents[which])] if consents[which] else None
        match what:
            case "day":
                await clock.forward(days=1)
            case "exchange" if choice % 3:
                await phone.settle(limit=limit)
                await library.pull(limit=limit)
            case "exchange":
                await phone.exchange(limit=limit)
            case "consent":
                await agree(clock, boss, consents[which], person, choice)
            case "birth":
                day = await born(clock, AGES[choice % len(AGES)])
                await edit(boss, "person", person, {"birth_date": day})
            case "end" if a_consent is not None:
                ended = (await clock.today() - timedelta(days=choice % 2)).isoformat()
                await edit(boss, "consent", a_consent, {"withdrawn_on": ended})
                await boss.phone.delete(f"/api/v1/people/{person}/restriction")
            case "delete" | "restore" if a_consent is not None and choice % 2:
                await do(boss, "consent", a_consent, what, boss.records[str(person)]["area"])
            case "delete" | "restore":
                await do(boss, "child_visit", a_visit, what, boss.records[str(person)]["area"])
            case "visit":
                await visit(boss, visits[which], person)
            case "edit":
                await edit(boss, "child_visit", a_visit, {"findings": f"{number}。"})
            case "harm":
                await edit(boss, "child_visit", a_visit, {"harm": ["violence"]})
            case "dispute":
                await other.settle()
                for shelf, age in ((boss, choice), (other, choice + 1)):
                    day = await born(clock, AGES[age % len(AGES)])
                    form = {"birth_date": day, "disability_kind": str(age % 6 + 1), "disability_grade": "1"}
                    await edit(shelf, "person", person, form, and_settle=False)
            case "reparent":
                there = str(files[(which + 1) % 3])
                if boss.records[there]["area"] == boss.records[str(person)]["area"]:
                    await edit(boss, "person", person, {"household": there})
            case "move":
                moved, kind = (
                    (file, "household") if choice % 3 or a_consent is None else (a_consent, "consent")
                )
                held = boss.records.get(str(moved))
                if held is not None:
                    at = UUID(held["area"])
                    to = areas[1] if at == areas[0] else areas[0]
                    await boss.settle(change(kind, moved, at, op="move", to=to, base=held["rev"]))
            case "for a day":
                at = UUID(boss.records[str(file)]["area"])
                until = await clock.now() + timedelta(days=1)
                await world.join(reader, at, file, "co_worker", confidential=choice % 2 == 0, until=until)
            case "emergency":
                path = f"/api/v1/files/{file}/break-glass"
                await phone.phone.post(path, json={"reason": "孩子在家中受伤，须联系家属"})
            case "grant" if choice % 3:
                await world.grant(reader, "social_worker", areas[choice % 2])
            case "grant":
                ended_now = "UPDATE area_grant SET until = clock_timestamp() WHERE account = $1 AND role = $2"
                await world.pool.execute(ended_now, reader.id, roles[0])
            case "write":
                await phone.exchange(household(areas[0]), limit=limit)
    await phone.settle(limit=limit)
    last = await agrees(world, phone, limit=limit)
    again = await phone.exchange()
    assert (again["cursor"], again["gone"], again["records"]) == (last["cursor"], [], [])
    await holds_what_a_new_one_gets(library, phone.phone, limit)


async def born(clock: Clock, age: int | None) -> str | None:
    """The birth date of somebody whose fourteenth birthday is so many days ahead."""
    if age is None:
        return None
    birthday = await clock.today() + timedelta(days=age)
    leap = (birthday.month, birthday.day) == (2, 29)
    return date(birthday.year - 14, birthday.month, 28 if leap else birthday.day).isoformat()


async def agree(clock: Clock, boss: Shelf, consents: list[UUID], person: UUID, choice: int) -> None:
    """A guardian agrees to social work, for some days or for good."""
    held = boss.records.get(str(person))
    if held is None:
        return
    consents.append(new_id())
    first, last = TERMS[choice % len(TERMS)]
    today = await clock.today()
    form = {"person": str(person), "purpose": "service", "method": "paper", "given_by": "guardian"}
    form |= {"by": str(boss.phone.person.id), "given_on": (today + timedelta(days=first)).isoformat()}
    form |= {"giver_name": "王大明"}
    if last is not None:
        form["valid_until"] = (today + timedelta(days=last)).isoformat()
    await boss.settle(change("consent", consents[-1], UUID(held["area"]), set=form))


async def visit(boss: Shelf, visits: list[UUID], person: UUID) -> None:
    """The supervisor calls on somebody as on a child."""
    visits.append(new_id())
    form = {"subject": str(person), "on": "2026-11-20", "by": str(boss.phone.person.id)}
    form |= {"findings": "发现。", "concerns": "需保密。"}
    area = UUID(boss.records[str(person)]["area"])
    await boss.settle(change("child_visit", visits[-1], area, set=form))


async def do(boss: Shelf, collection: str, id: UUID, op: str, elsewhere: str) -> None:
    """Delete something, or restore it."""
    held = boss.records.get(str(id))
    at, base = (elsewhere, 2**60) if held is None else (held["area"], held["rev"])
    await boss.settle(change(collection, id, UUID(at), base=base, op=op))


async def edit(
    shelf: Shelf, collection: str, id: UUID, values: dict[str, Any], *, and_settle: bool = True
) -> None:
    """Change something, if it is there."""
    held = shelf.records.get(str(id))
    if held is not None:
        exchange = shelf.settle if and_settle else shelf.exchange
        await exchange(change(collection, id, UUID(held["area"]), base=held["rev"], set=values))
