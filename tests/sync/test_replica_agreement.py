"""Whatever several devices do, in whatever order, over whatever link: in the end they and the server agree.

Laws of protocol.md (What must always hold: 1 to 4, 7, 9 and 10), tried on random days of three workers, a
community officer, who sees fewer classes, and a child officer, who sees more of whoever is a child that day.
"""

import contextlib
import random
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.replica import NotHeld, NotValid, Replica, Unreachable
from sync.replica.conversation import Terms
from sync.replica.file import ReplicaFile
from sync.replica.link import PatchyLink
from tests.clock import Clock
from tests.sync.family import FOUND_AT
from tests.sync.phones import COMMUNITY, Phones, phones_in
from tests.world import PASSWORD, Person, World

COLLECTIONS = ("household", "person", "child_visit", "mandatory_report", "conflict")
HARM = ("violence", "abandoned", "begging")
NOTES = ("独居。", "已联系物业。", "血压偏高。", "")


@pytest.fixture
async def phones(clock: Clock, world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_in(world, tmp_path) as made:
        yield made


class Device:
    """A replica on a bad link, and the file that it keeps. `began`: the day on which all this begins."""

    def __init__(
        self, person: Person, phone: Replica, link: PatchyLink, path: Path, area: UUID, began: date
    ) -> None:
        self.person = person
        self.began = began
        self.phone = phone
        self.link = link
        self.path = path
        self.area = area

    async def sync(self) -> None:
        try:
            await self.phone.sync()
        except Unreachable:
            return

    def a(self, collection: str, number: int) -> UUID | None:
        """One of the records shown."""
        shown = self.phone.all(collection)
        return shown[number % len(shown)].id if shown else None

    def journal(self) -> list[UUID]:
        """Every change that was ever made here: nothing is trimmed within a week."""
        file = ReplicaFile(self.path)
        try:
            return [kept.id for kept in file.journal()]
        finally:
            file.close()


def new_family(device: Device, number: int) -> None:
    family = {"community": COMMUNITY, "name": f"{number}家", "address": "甲街"}
    with device.phone.group():
        household = device.phone.create("household", device.area, family)
        device.phone.create("person", device.area, {"household": str(household), "name": f"{number}人"})


def rename(device: Device, number: int) -> None:
    if (family := device.a("household", number)) is not None:
        device.phone.edit(family, set={"name": f"{number}家", "members": 1 + number % 9})


def judge(device: Device, number: int) -> None:
    if (family := device.a("household", number)) is not None:
        device.phone.edit(family, set={"risk": ("low", "medium", "high", "emergency")[number % 4]})


def need(device: Device, number: int) -> None:
    if (family := device.a("household", number)) is not None:
        device.phone.edit(family, add={"needs": [("medical", "meals", "heating")[number % 3]]})


def need_no_more(device: Device, number: int) -> None:
    if (family := device.a("household", number)) is not None:
        device.phone.edit(family, remove={"needs": [("medical", "meals", "heating")[number % 3]]})


def note(device: Device, number: int) -> None:
    if (family := device.a("household", number)) is not None:
        held = device.phone.get(family)
        before = (held.values.get("note") or "") if held is not None else ""
        device.phone.edit(family, set={"note": before[:200] + NOTES[number % 4]})


def rewrite(device: Device, number: int) -> None:
    if (family := device.a("household", number)) is not None:
        device.phone.edit(family, set={"note": NOTES[number % 4]})


def birthday(device: Device, number: int) -> None:
    if (person := device.a("person", number)) is not None:
        eighteen = device.began + timedelta(days=(number % 8) - 1)
        born = eighteen - timedelta(days=6574)  # eighteen years and a day or two
        device.phone.edit(person, set={"birth_date": (date(1970, 1, 1) if number > 30 else born).isoformat()})


def dawn(_: Device, __: int) -> None:
    """Another day begins."""


def visit(device: Device, number: int) -> None:
    if (person := device.a("person", number)) is not None:
        form = {"subject": str(person), "on": "2026-11-20", "by": str(device.person.id)}
        said = {"findings": f"{number}。", "concerns": "密"}
        device.phone.create(
            "child_visit", device.area, form | said | ({"harm": [HARM[number % 3]]} if number % 2 else {})
        )


def harm(device: Device, number: int) -> None:
    if (call := device.a("child_visit", number)) is not None:
        device.phone.edit(call, add={"harm": [HARM[number % 3]]}, set={"harm_seen": NOTES[number % 4]})


def no_harm(device: Device, number: int) -> None:
    """Signs of harm are taken back, or the visit altogether; what they started is not."""
    if (call := device.a("child_visit", number)) is not None:
        if number % 2:
            device.phone.edit(call, set={"harm": []})
        else:
            device.phone.delete(call)


def report(device: Device, number: int) -> None:
    if (child := device.a("person", number)) is not None:
        form = {"child": str(child), "reported_by": str(device.phone.account), "found_at": FOUND_AT}
        device.phone.create("mandatory_report", device.area, form | {"situations": [HARM[number % 3]]})


def tell(device: Device, number: int) -> None:
    if (told := device.a("mandatory_report", number)) is not None:
        name = ("police_told_at", "civil_affairs_told_at", "taken_up_at")[number % 3]
        device.phone.edit(told, set={name: FOUND_AT, "account": NOTES[number % 3]})


def lower(device: Device, number: int) -> None:
    """It is said at once that this cannot be."""
    if (told := device.a("mandatory_report", number)) is not None:
        with pytest.raises(NotValid):
            device.phone.delete(told)
        with pytest.raises(NotValid):
            device.phone.edit(told, set={"police_told_at": None})
        with pytest.raises(NotValid):
            device.phone.edit(told, set={"state": "to_report"})


def delete(device: Device, number: int) -> None:
    if (record := device.a("person", number)) is not None:
        device.phone.delete(record)


def revive(device: Device, number: int) -> None:
    """Delete by mistake, and bring back at once."""
    if (record := device.a("person", number)) is not None:
        device.phone.delete(record)
        device.phone.restore(record)


def decide(device: Device, number: int) -> None:
    conflicts = device.phone.conflicts()
    if not conflicts:
        return
    conflict = conflicts[number % len(conflicts)]
    if conflict.values["kind"] == "delete":
        device.phone.resolve(conflict.id, delete=number % 2 == 0)
    else:
        device.phone.resolve(conflict.id, conflict.values["candidates"][0]["set"])


WORK: tuple[Callable[[Device, int], None], ...] = (
    new_family,
    rename,
    judge,
    need,
    need_no_more,
    note,
    rewrite,
    birthday,
    visit,
    harm,
    no_harm,
    report,
    tell,
    lower,
    birthday,
    dawn,
    delete,
    revive,
    decide,
)
steps = st.tuples(st.integers(0, 4), st.sampled_from([None, None, *WORK]), st.integers(0, 40))


@given(st.lists(steps, max_size=40), st.integers(0, 2**32), st.sampled_from([1, 3, 1_000]))
@hypothesis.settings(
    max_examples=hypothesis.settings().max_examples // 3,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
    ],
)
async def test_devices_that_have_exchanged_everything_agree_and_nothing_is_lost(
    clock: Clock,
    phones: Phones,
    days: list[tuple[int, Callable[[Device, int], None] | None, int]],
    seed: int,
    limit: int,
) -> None:
    world, chance = phones.world, random.Random(seed)
    area, began = await world.make_area(), await clock.today()
    devices = []
    for role in ("supervisor", "supervisor", "supervisor", "community_officer", "child_officer"):
        person = await world.make_account(role, area)
        link = PatchyLink(phones.link(), 0.0, chance)
        path = phones.new_path()
        phone = phones.open(link, path, chance=chance, terms=Terms(limit=limit))
        await phone.sign_in(person.username, PASSWORD)
        await phone.sync()
        link.loss = 0.4
        devices.append(Device(person, phone, link, path, area, began))
    for number, work, choice in days:
        if work is dawn:
            await clock.forward(days=1)
        # A child officer only reads.
        if work is None or devices[number].person is devices[4].person:
            await devices[number].sync()
            continue
        # What cannot be is said at once to the person, and never written.
        with contextlib.suppress(NotValid, NotHeld):
            work(devices[number], choice)
    for device in devices:
        device.link.loss = 0.0
    for _ in range(3):
        for device in devices:
            await device.phone.sync()
    workers, officer, child_officer = devices[:3], devices[3], devices[4]

    for device in devices:
        assert await device.phone.verify() == []
        assert device.phone.waiting == 0
    first = {name: workers[0].phone.delivered(name) for name in COLLECTIONS}
    for device in workers[1:]:
        assert {name: without_base(device.phone, name) for name in COLLECTIONS} == {
            name: without_base(workers[0].phone, name) for name in COLLECTIONS
        }
    of_officer = {held.id: held.values for held in officer.phone.delivered("household")}
    for held in first["household"]:
        assert of_officer[held.id].items() <= held.values.items()

    for device in (officer, child_officer):
        newcomer, _ = await phones.signed_in(device.person)
        for name in COLLECTIONS:
            assert without_base(device.phone, name) == without_base(newcomer, name)

    made = [change for device in devices for change in device.journal()]
    stored = await world.pool.fetch(
        """
        SELECT change FROM history WHERE change = ANY($1)
        UNION ALL
        SELECT change FROM quarantine WHERE change = ANY($1) AND state <> 'applied'
        """,
        made,
    )
    assert sorted(row["change"] for row in stored) == sorted(made)


def without_base(phone: Replica, collection: str) -> list[tuple[object, ...]]:
    """What a device holds of a collection, but not when it first heard of it."""
    return [(held.id, held.area, held.case, held.rev, held.values) for held in phone.delivered(collection)]
