"""A town drawn at random: areas, people of every role with grants, files with all that belongs to them.

It is made once through the engine, by people on phones, and then copied as often as somebody is to be asked.
"""

import random
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from service.access.roles import Role
from tests.interference.eyes import Eyes, Item, read_in_file
from tests.interference.forms import BORN, BORN_LATE, in_order, new_form, parent_of
from tests.scene import REASON
from tests.sending import PDF, photo, sent
from tests.sync.changes import change, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, World

PATIENCE: Final = timedelta(minutes=30)  # of a grant that is in force and will end by itself

plans = st.fixed_dictionaries(
    {
        # Each file: who opens it, in which community, who visits there.
        "files": st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 1)), min_size=2, max_size=3
        ),
        # Those who are asked: role (none: only files), of which area, and whether the grant is in force.
        "readers": st.lists(
            st.tuples(
                st.sampled_from([*(role.value for role in Role), "social_worker", None]),
                st.sampled_from(["community", "community", "street", "district"]),
                st.sampled_from(["now", "now", "now", "for a while", "ended", "to come"]),
            ),
            min_size=3,
            max_size=3,
            unique_by=lambda each: each[0],
        ),
        # Who of them works on which file, how, and whether on its confidential part too.
        "members": st.lists(
            st.tuples(
                st.integers(0, 2),
                st.integers(0, 2),
                st.sampled_from(["lead", "co_worker", "viewer"]),
                st.booleans(),
            ),
            max_size=4,
            unique_by=lambda each: each[:2],
        ),
        "seed": st.integers(0, 2**32),
    }
)


class Device(msgspec.Struct):
    """A signed-in phone, apart from any server: what it shows to whichever it calls."""

    person: Person
    token: str
    refresh_token: str
    id: UUID
    cursor: str | None = None
    held: dict[str, dict[str, Any]] = {}


class Reader(msgspec.Struct):
    """Somebody who is asked what they are told, with a phone that is up to date, and one to spare."""

    eyes: Eyes
    phone: Device
    spare: Device


class Town(msgspec.Struct):
    """All that a test may name of it. `boss` and `deputy` supervise everything; nobody else stands by.

    `idle`: a phone that lies in a drawer.
    """

    areas: dict[str, UUID]
    items: list[Item]
    readers: list[Reader]
    boss: Device
    deputy: Device
    workers: list[Device]
    administrator: Device
    bystander: Person
    evaluator: Person
    idle: Device
    chance: random.Random
    kept: list[UUID] = []
    conflicts: list[UUID] = []
    emergencies: list[UUID] = []
    samples: list[UUID] = []
    attachments: list[tuple[UUID, UUID]] = []

    @property
    def files(self) -> list[Item]:
        """The records that open a file."""
        return [item for item in self.items if COLLECTIONS[item.collection].opens_file]

    @property
    def communities(self) -> list[UUID]:
        return [area for name, area in self.areas.items() if name.startswith("community")]

    def below(self, item: Item) -> list[Item]:
        """The record with all that belongs to it."""
        found = [item]
        for each in found:
            found += [child for child in self.items if child.parent == each.id]
        return found


async def made(world: World, plan: dict[str, Any]) -> Town:
    """The town that `plan` draws."""
    areas = await _areas(world)
    communities = [areas[f"community {number}"] for number in range(3)]
    districts = areas["district"], areas["other district"]
    boss, deputy = [await world.make_account("supervisor", *districts) for _ in range(2)]
    workers = [await world.make_account("social_worker", *communities) for _ in range(2)]
    administrator = await world.make_account("administrator", *districts)
    bystander = await world.make_account("social_worker", areas["community 0"])
    eyes = [await _eyes(world, areas, *drawn) for drawn in plan["readers"]]
    shelves = [Shelf(await world.sign_in(person)) for person in (boss, deputy, *workers, administrator)]
    first, second = shelves[2:4]
    items: list[Item] = []
    for number, (opener, community, visitor) in enumerate(plan["files"]):
        items += await _file(
            communities[community], [first, second][opener], [first, second][visitor], number
        )
    for number, community in enumerate(communities):
        items += await _beside_files(community, first, 50 + number)
    for number, which, kind, confidential in plan["members"]:
        root = [item for item in items if COLLECTIONS[item.collection].opens_file][which % len(plan["files"])]
        assert root.case is not None
        await world.join(eyes[number].person, root.area, root.case, kind, confidential=confidential)
        eyes[number].files[root.case] = read_in_file(kind, confidential)
    town = Town(
        areas,
        items,
        [],
        _device(shelves[0]),
        _device(shelves[1]),
        [_device(shelf) for shelf in shelves[2:4]],
        _device(shelves[4]),
        bystander,
        await world.make_account("evaluator", *districts),
        _device(Shelf(await world.sign_in(await world.make_account("social_worker", *communities)))),
        random.Random(plan["seed"]),
    )
    town.attachments = [pair for shelf in (first, second) for pair in await _attached(shelf, items)]
    await _troubles(world, town, shelves)
    phones = [Shelf(await world.sign_in(each.person)) for each in eyes]
    for number, (each, shelf) in enumerate(zip(eyes, phones, strict=True)):
        await shelf.settle()
        if each.role == "social_worker" and each.areas:
            own = await _file(areas["community 0"], shelf, shelf, 70 + number)
            town.items += own
            each.files[own[0].id] = read_in_file("lead")
        if each.role == "child_officer" and each.areas:
            town.items += await _report(shelf, town, each.areas)
        await _own_trouble(shelf, town)
    for shelf in (*shelves, *phones):
        await shelf.settle()
    for shelf in phones:  # so that their books tell of what is new from then on
        await shelf.phone.get("/api/v1/clients/watermelon/sync")
    town.boss, town.deputy, *town.workers, town.administrator = (_device(shelf) for shelf in shelves)
    for each, shelf in zip(eyes, phones, strict=True):
        spare = Shelf(await world.sign_in(each.person))
        town.readers.append(Reader(each, _device(shelf), _device(spare)))
    rows = await world.pool.fetch("SELECT change FROM quarantine WHERE state = 'open' ORDER BY no")
    town.kept = [row["change"] for row in rows]
    rows = await world.pool.fetch("SELECT id FROM record WHERE collection = 'conflict' ORDER BY id")
    town.conflicts = [row["id"] for row in rows]
    rows = await world.pool.fetch("SELECT id FROM record WHERE collection = 'emergency_access' ORDER BY id")
    town.emergencies = [row["id"] for row in rows]
    town.samples = await _samples(world, town)
    return town


async def _report(shelf: Shelf, town: Town, areas: Collection[UUID]) -> list[Item]:
    """A report that somebody made of whom they see in these areas, if they see anybody."""
    for of in town.items:
        if of.collection == "person" and of.area in areas and str(of.id) in shelf.records:
            declared, author, id = COLLECTIONS["mandatory_report"], shelf.phone.person.id, new_id()
            form = new_form(declared, {of.collection: of.id}, author, 90)
            await _applied(shelf, change(declared.collection, id, of.area, set=form))
            return [Item(declared.collection, id, of.area, of.case, author, of.id, of.born)]
    return []


async def _samples(world: World, town: Town) -> list[UUID]:
    """One drawn for each evaluator, of where they may be shown any."""
    districts = town.areas["district"], town.areas["other district"]
    bureau = await world.sign_in(await world.make_account("city_officer", *districts))
    wanted = [(town.evaluator, town.areas["district"])]
    for reader in town.readers:
        if reader.eyes.role == "evaluator" and reader.eyes.areas:
            wanted.append((reader.eyes.person, town.areas["community 0"]))
    drawn = []
    for evaluator, area in wanted:
        answer = await bureau.post("/api/v1/samples", json=sample_of(evaluator.id, area))
        assert answer.status_code == 201, answer.text
        drawn.append(UUID(answer.json()["id"]))
    return drawn


def sample_of(evaluator: UUID, area: UUID) -> dict[str, Any]:
    """What the bureau has drawn: all that there is."""
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    rule = {"collections": ["household", "person", "child_visit"], "size": 100, "children": True}
    return {"account": str(evaluator), "area": str(area), "until": until.isoformat(), "rule": rule}


async def _areas(world: World) -> dict[str, UUID]:
    found = {name: await world.make_area("district") for name in ("district", "other district")}
    for number in range(2):
        found[f"street {number}"] = await world.make_area("street", found["district"])
    for number, street in enumerate(("street 0", "street 0", "street 1", "other district")):
        found[f"community {number}"] = await world.make_area("community", found[street])
    return found


async def _eyes(world: World, areas: dict[str, UUID], role: str | None, level: str, standing: str) -> Eyes:
    person = await world.make_account()
    eyes = Eyes(person=person, role=role)
    if role is None:
        return eyes
    below = {
        "community": ["community 0"],
        "street": ["street 0", "community 0", "community 1"],
        "district": ["district", "street 0", "street 1", *(f"community {number}" for number in range(3))],
    }[level]
    now = datetime.now(UTC)
    since = now + PATIENCE if standing == "to come" else None
    until = now + PATIENCE if standing == "for a while" else None
    if standing == "ended":
        since, until = now - PATIENCE, now - PATIENCE / 2
    await world.grant(person, role, areas[below[0]], since, until)
    if standing in ("now", "for a while"):
        eyes.areas = frozenset(areas[name] for name in below)
    return eyes


async def _file(area: UUID, opener: Shelf, visitor: Shelf, number: int) -> list[Item]:
    """A family with one record of each kind that may belong to it: of a child, where the number is odd, for
    whom a guardian has agreed to social work where the forms come to say so.

    Visits are the visitor's. Where the number is even civil affairs have the application.
    """
    found: dict[str, Item] = {}
    born = BORN_LATE if number % 2 else BORN
    for shelf in (opener, visitor):
        await shelf.settle()
        changes = []
        for declared in in_order():
            parent, name = parent_of(declared), declared.collection
            above = None if parent is None else found.get(getattr(parent.kind, "target", None) or "")
            if name in found or (above is None and not declared.opens_file):
                continue
            if shelf is opener and name.endswith("_visit"):
                continue
            made = {name: each.id for name, each in found.items()}
            author, id = shelf.phone.person.id, new_id()
            form = new_form(declared, made, author, number, born)
            changes.append(change(name, id, area, set=form))
            case = id if above is None else above.case
            found[name] = Item(name, id, area, case, author, None if above is None else above.id, born)
        await _applied(shelf, *changes)
    referral = found["referral"]
    if not number % 2:
        for state in ("consented", "sent"):
            written = {"state": state, "department": "civil_affairs"}
            await _applied(opener, change("referral", referral.id, area, base=2**60, set=written))
        found["referral"] = referral._replace(is_sent=True)
    if born is BORN_LATE and not _is_agreed(number):
        found |= {
            name: item._replace(is_guarded=True)
            for name, item in found.items()
            if found["person"].id in (item.id, item.parent) and not COLLECTIONS[name].permanent
        }
    return list(found.values())


async def _attached(shelf: Shelf, items: list[Item]) -> list[tuple[UUID, UUID]]:
    """A file for every record of somebody in which files may stand: record and file."""
    found: list[tuple[UUID, UUID]] = []
    for item in items:
        field = field_of_files(item.collection)
        if item.author == shelf.phone.person.id and field is not None:
            id = new_id()
            said = {"id": id, "record": item.id, "area": item.area, "field": field}
            content = photo("PNG", (8, 8)) if len(found) % 2 else PDF
            await sent(shelf.phone, content, collection=item.collection, **said)
            named = {field: [str(id)]}
            await _applied(shelf, change(item.collection, item.id, item.area, base=2**60, add=named))
            found.append((item.id, id))
    return found


def field_of_files(collection: str) -> str | None:
    """The field of a record in which files stand."""
    return next((name for name in COLLECTIONS[collection].fields if name in ("photos", "papers")), None)


def _is_agreed(number: int) -> bool:
    """Whether the consent with this number is a guardian's to social work."""
    form = new_form(COLLECTIONS["consent"], {}, UUID(int=0), number)
    return (form["purpose"], form["given_by"]) == ("service", "guardian")


async def _beside_files(area: UUID, shelf: Shelf, number: int) -> list[Item]:
    """One record of each kind that belongs to no family."""
    found: dict[str, Item] = {}
    changes = []
    in_files = {"household"}
    for declared in in_order():
        parent = parent_of(declared)
        target = None if parent is None else getattr(parent.kind, "target", None)
        if declared.opens_file or target in in_files:
            in_files.add(declared.collection)
            continue
        author, id = shelf.phone.person.id, new_id()
        form = new_form(declared, {name: each.id for name, each in found.items()}, author, number)
        changes.append(change(declared.collection, id, area, set=form))
        above = found[target].id if target is not None else None
        found[declared.collection] = Item(declared.collection, id, area, None, author, above)
    await _applied(shelf, *changes)
    return list(found.values())


async def _troubles(world: World, town: Town, shelves: list[Shelf]) -> None:
    """A past: a conflict, a refused change, a file opened in an emergency, somebody who has left."""
    boss, deputy, first, second, _ = shelves
    root = town.files[0]
    opener = first if root.author == first.phone.person.id else second
    await _applied(opener, change("household", root.id, root.area, base=2**60, set={"note": "第一次。"}))
    await boss.settle()
    person = next(item for item in town.below(root) if item.collection == "person")
    for shelf, day in ((boss, "1961-01-01"), (deputy, "1962-01-01")):
        await shelf.exchange(change("person", person.id, person.area, base=1, set={"died_on": day}))
    await second.exchange(change("household", new_id(), root.area, set={"members": "?"}))
    for worker in (first, second):
        for file in town.files:
            if file.author != worker.phone.person.id:
                path = f"/api/v1/files/{file.id}/break-glass"
                await worker.phone.post(path, json={"reason": REASON})
                break
    await world.join(town.bystander, root.area, root.id)
    await world.leave(town.bystander, root.area, root.id)


async def _own_trouble(shelf: Shelf, town: Town) -> None:
    """Everybody has work that was refused, and work that waits for what they may not see or is not there."""
    area = town.areas["community 0"]
    unseen = next((item for item in town.items if str(item.id) not in shelf.records), None)
    named = (new_id(), area) if unseen is None else (unseen.id, unseen.area)
    member = new_form(COLLECTIONS["person"], {"household": named[0]}, shelf.phone.person.id, 95)
    await shelf.exchange(
        change("household", new_id(), area, set={"members": "?"}),
        change("person", new_id(), named[1], set=member),
        change("household", named[0], named[1], base=1, set={"note": "看不见的。"}),
        change("household", new_id(), area, base=1, set={"note": "没有的。"}),
    )


async def _applied(shelf: Shelf, *changes: dict[str, Any]) -> None:
    for result in (await shelf.settle(*changes))["results"]:
        assert result["outcome"] in ("applied", "merged"), (result, changes)


def _device(shelf: Shelf) -> Device:
    phone = shelf.phone
    answer = phone.answer
    return Device(
        phone.person,
        answer["access_token"],
        answer["refresh_token"],
        phone.device,
        shelf.cursor,
        dict(shelf.records),
    )
