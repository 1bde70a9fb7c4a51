"""What somebody may not see changes no byte of what they are answered.

A town with files, people and memberships is drawn at random. For each reader, what they are answered is kept;
then something that is hidden from them is changed, added or deleted, and everything is asked again. What is
hidden is said by `Eyes`, apart from `service.access.clearance`.
"""

import contextlib
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from schemas.privacy import Privacy, class_set
from sync.scope import Clearance, Place
from sync.starting import started_id
from tests.interference.eyes import WHOLE, Eyes, Item, read_in_file
from tests.interference.forms import BORN, BORN_LATE
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf, shelf_of
from tests.world import Person, World

# A field of each class, and what the hidden hand writes there: what a mask keeps of it stays as it was.
FIELDS: dict[str, dict[str, tuple[str, Any]]] = {
    "household": {"basic": ("address", "乙街二号"), "case": ("note", "新情况。")},
    "person": {"basic": ("name", "张四"), "contact": ("phone", "13900001111"), "case": ("health", "good")},
    "child_visit": {
        "open": ("place", "学校"),
        "case": ("findings", "新发现。"),
        # It starts a report, which lies where the visit does and is as hidden.
        "confidential": ("harm", ["violence"]),
    },
    "elder_visit": {
        "open": ("place", "家中"),
        "case": ("findings", "新发现。"),
        "confidential": ("concerns", "欺老"),
    },
}


class Reader(NamedTuple):
    """Somebody with a phone, and what they may see."""

    shelf: Shelf
    eyes: Eyes


class Answers(NamedTuple):
    """Everything that a reader was answered, with what tells the time left out."""

    fresh: list[dict[str, Any]]
    again: dict[str, Any]
    manifest: list[dict[str, Any]]
    moved: list[str]
    histories: list[Any]
    members: list[Any]
    exports: list[Any]
    online: list[Any]


def timeless(said: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in said.items() if name not in ("server_time", "lease_until", "stable")}


def exported(said: dict[str, Any]) -> dict[str, Any]:
    """An export without when it was made and who has read what since: asking is a reading itself."""
    return {name: each for name, each in said.items() if name not in ("made_at", "readings", "is_complete")}


async def answers(world: World, reader: Reader, items: list[Item], limit: int) -> Answers:
    """Ask everything there is to ask."""
    phone = reader.shelf.phone
    newcomer = Shelf(await world.sign_in(phone.person))
    await newcomer.settle(limit=limit, verify=True)
    fresh = [{**timeless(said), "cursor": None} for said in newcomer.seen]
    cursor = reader.shelf.cursor
    again = (await phone.post("/api/v1/sync", json={"cursor": cursor, "verify": True})).json()
    moved = (await phone.get("/api/v1/sync/wait", params={"cursor": cursor, "seconds": 0})).json()
    manifest, histories, members, exports, online = [], [], [], [], []
    for area in {item.area for item in items}:
        listing = {"area": str(area), "records": {}}
        manifest.append((await phone.post("/api/v1/sync/manifest", json=listing)).json())
        for after in ({}, {"after": str(items[0].id)}):
            said = await phone.get(f"/api/v1/areas/{area}/records", params={"limit": limit % 500, **after})
            online.append((said.status_code, said.content))
    started = [started_id(item.id, "mandatory_report") for item in items]
    for id in [*(item.id for item in items), *started]:
        said = await phone.get("/api/v1/sync/history", params={"record": str(id)})
        histories.append((said.status_code, said.json()))
    for item in items:
        said = await phone.get(f"/api/v1/files/{item.id}/members")
        members.append((said.status_code, said.json()))
        said = await phone.get(f"/api/v1/people/{item.id}/export")
        exports.append((said.status_code, exported(said.json())))
        said = await phone.get(f"/api/v1/records/{item.id}")
        online.append((said.status_code, said.content))
    return Answers(fresh, timeless(again), manifest, moved["areas"], histories, members, exports, online)


@contextlib.contextmanager
def pokes(world: World) -> Iterator[list[Any]]:
    """What is told to those who wait."""
    heard: list[Any] = []
    with world.app.state.pokes.waiting() as waiter:
        wake = waiter.wake

        def hear(moved: Any) -> None:
            heard.append(moved)
            wake(moved)

        waiter.wake = hear
        yield heard


towns = st.fixed_dictionaries(
    {
        # Each file: who opens it (0, 1), in which area (0, 1), who visits there (0, 1), a child or an elder,
        # and whether a guardian has agreed.
        "files": st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), st.booleans(), st.booleans()),
            min_size=2,
            max_size=3,
        ),
        # Who of the readers works on which file, how.
        "members": st.lists(
            st.tuples(
                st.integers(0, 4),
                st.integers(0, 3),
                st.sampled_from(["lead", "co_worker", "viewer"]),
                st.booleans(),
            ),
            max_size=5,
            unique_by=lambda each: each[:2],
        ),
        "hidden": st.lists(
            st.tuples(
                st.sampled_from(
                    ["edit", "edit", "delete", "restore", "add", "join", "leave", "age", "agree"]
                ),
                st.integers(0, 30),
                st.integers(0, 5),
            ),
            min_size=3,
            max_size=5,
        ),
        "limit": st.sampled_from([1, 3, 1000]),
    }
)


@given(town=towns)
@hypothesis.settings(
    max_examples=max(5, hypothesis.settings().max_examples // 20),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_what_is_hidden_from_a_reader_changes_nothing_that_they_are_answered(
    world: World, town: dict[str, Any]
) -> None:
    areas = [await world.make_area() for _ in range(2)]
    writers = [await world.make_account("social_worker", *areas) for _ in range(2)]
    phones = [Shelf(await world.sign_in(writer)) for writer in writers]
    boss = await shelf_of(world, "supervisor", *areas)
    items = await filled(town["files"], areas, writers, phones)
    agreed = {item.id for item in items if item.born is BORN_LATE and not item.is_guarded}
    files = [item for item in items if item.id == item.case]
    readers = await made_readers(world, areas[0], files, town["members"])
    bystander = await world.make_account("social_worker", areas[0])
    await boss.settle()
    for kind, at, which in town["hidden"]:
        item = items[at % len(items)]
        fields = FIELDS[item.collection]
        privacy = list(fields)[which % len(fields)]
        touched = {privacy} if kind == "edit" else WHOLE
        if kind in ("join", "leave"):
            # Who works on a file is told to those who may know what the family is called.
            item, touched = next(each for each in items if each.id == item.case), {"basic"}
        if kind in ("age", "agree"):
            # Of whoever is in the file: the birth date is beside the name, and what was agreed is open.
            person = next(each for each in items if (each.collection, each.case) == ("person", item.case))
            item, touched = person, {"basic"} if kind == "age" else {"open"}
        unaware = [reader for reader in readers if not reader.eyes.sees(item) & touched]
        for reader in unaware:
            await reader.shelf.settle()
        before = [await answers(world, reader, items, town["limit"]) for reader in unaware]
        with pokes(world) as heard:
            await hidden_hand(world, boss, bystander, kind, item, fields[privacy], items)
        for reader, then in zip(unaware, before, strict=True):
            now = await answers(world, reader, items[: len(then.members)], town["limit"])
            for name in Answers._fields:
                if (kind, name, reader.eyes.role) == ("age", "online", "street_officer"):
                    continue  # online the masked form tells them the year of birth
                assert getattr(now, name) == getattr(then, name), (name, kind, item, reader.eyes.role)
            held = clearance_of(reader.eyes)
            for moved in heard:
                assert not any(held.reads(place) & classes for place, classes in moved.items())
        if kind == "agree":
            agreed.add(item.id)
        if kind in ("age", "agree"):
            born = other_birthday(item) if kind == "age" else item.born
            is_guarded = born is BORN_LATE and item.id not in agreed
            items[:] = [
                each._replace(born=born, is_guarded=is_guarded) if item.id in (each.id, each.parent) else each
                for each in items
            ]


def other_birthday(item: Item) -> date:
    """That of an adult for a child, and of a child for an adult."""
    return BORN if item.is_about_child else BORN_LATE


def clearance_of(eyes: Eyes) -> Clearance:
    """By what they see, for what the stream says of each place."""

    class Plain(Clearance, frozen=True):
        def reads(self, place: Place) -> int:
            is_child = place.child_until is not None and place.child_until > date.today()
            guard = place.guard if place.guard is not None and place.guard.is_on(date.today()) else None
            return class_set(Privacy(name) for name in eyes.reads(place._replace(guard=guard), is_child))

    return Plain()


async def filled(
    files: list[tuple[int, int, int, bool, bool]],
    areas: list[UUID],
    writers: list[Person],
    phones: list[Shelf],
) -> list[Item]:
    """Families, with somebody who is visited."""
    items = []
    for opener, at, visitor, is_child, is_agreed in files:
        area, author = areas[at], writers[opener].id
        born = BORN_LATE if is_child else BORN
        file, person, visit = new_id(), new_id(), new_id()
        await phones[opener].settle(
            household(area, file, note="旧情况。", risk="low"),
            change(
                "person",
                person,
                area,
                set={
                    "household": str(file),
                    "name": "张三",
                    "phone": "13800001111",
                    "health": "fair",
                    "birth_date": born.isoformat(),
                },
            ),
        )
        is_guarded = is_child and not is_agreed
        if is_child and is_agreed:
            await phones[opener].settle(agreement(person, area, author))
        await phones[visitor].settle()
        collection = "child_visit" if is_child else "elder_visit"
        form = {"subject": str(person), "on": "2026-11-20", "by": str(writers[visitor].id)}
        form |= {"findings": "旧发现。", "concerns": "旧事。", "place": "村里"}
        await phones[visitor].settle(change(collection, visit, area, set=form))
        items += [
            Item("household", file, area, file, author),
            Item("person", person, area, file, author, file, born, is_guarded),
            Item(collection, visit, area, file, writers[visitor].id, person, born, is_guarded),
        ]
    return items


def agreement(person: UUID, area: UUID, by: UUID) -> dict[str, Any]:
    """A guardian agrees to social work."""
    form = {"person": str(person), "purpose": "service", "given_on": "2026-01-05", "method": "paper"}
    form |= {"given_by": "guardian", "by": str(by), "giver_name": "张大"}
    return change("consent", new_id(), area, set=form)


async def made_readers(
    world: World, area: UUID, files: list[Item], members: list[tuple[int, int, str, bool]]
) -> list[Reader]:
    """One of each kind, and one who holds nothing but files; some of them work on some."""
    all_eyes = []
    for role in ("social_worker", "community_officer", "child_officer", "street_officer", None):
        held = [area] if role else []
        person = await world.make_account(role, *held)
        all_eyes.append(Eyes(person=person, role=role, areas=frozenset(held)))
    for number, which, kind, confidential in members:
        root, eyes = files[which % len(files)], all_eyes[number]
        await world.join(eyes.person, root.area, root.id, kind, confidential=confidential)
        eyes.files[root.id] = read_in_file(kind, confidential)
    return [Reader(Shelf(await world.sign_in(eyes.person)), eyes) for eyes in all_eyes]


async def hidden_hand(
    world: World,
    boss: Shelf,
    bystander: Person,
    kind: str,
    item: Item,
    field: tuple[str, Any],
    items: list[Item],
) -> None:
    """Somebody who may do everything does something."""
    await boss.settle()
    base = boss.records[str(item.id)]["rev"] if str(item.id) in boss.records else 2**60
    name, value = field
    match kind:
        case "edit":
            is_text = name in ("note", "findings", "concerns", "address")
            written = f"{value}{base}" if is_text else value
            await boss.settle(change(item.collection, item.id, item.area, base=base, set={name: written}))
        case "delete":
            await boss.settle(change(item.collection, item.id, item.area, base=base, op="delete"))
        case "restore":
            await boss.settle(change(item.collection, item.id, item.area, base=base, op="restore"))
        case "age":
            day = other_birthday(item).isoformat()
            await boss.settle(change(item.collection, item.id, item.area, base=base, set={"birth_date": day}))
        case "agree":
            await boss.settle(agreement(item.id, item.area, boss.phone.person.id))
        case "add":
            person = new_id()
            form = {"household": str(item.case), "name": "新人", "phone": "13700001111", "health": "good"}
            await boss.settle(change("person", person, item.area, set=form))
            if str(item.case) in boss.records:
                items.append(Item("person", person, item.area, item.case, boss.phone.person.id, item.case))
        case "join":
            await world.join(bystander, item.area, item.id)
        case "leave":
            await world.leave(bystander, item.area, item.id)
