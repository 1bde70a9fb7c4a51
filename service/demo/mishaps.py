"""What happens to files beside the plan: corrections, colleagues who edit at the same time, mistakes.

Two people who work offline on one family sooner or later write over each other. Most of it settles itself by
the declared policies; some is left for a supervisor to decide, and some changes are refused and wait to be
put right.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from service.demo import files
from service.demo.caseload import Client
from service.demo.days import moment_after, moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import BEGIN, END, Disability
from service.demo.ids import id_made_at
from service.demo.names import FEMALE, HAN, full_name, surname
from service.demo.office import Office
from service.demo.places import homes_of
from sync.wire import Outcome

_EVERY: Final = 9  # households to one that something happens to


def mishaps(
    chance: random.Random, office: Office, clients: list[Client], neighbour: Office
) -> Iterator[Entry]:
    """One after the other of `_STORIES` befalls families of the community; one happens next door."""
    settled = [client for client in clients if (END - client.opened_on).days > 150]
    chance.shuffle(settled)
    count = max(len(_STORIES), len(settled) // _EVERY)
    for number, client in enumerate(settled[:count]):
        story = _STORIES[number % len(_STORIES)]
        day = working_day(client.opened_on + timedelta(days=chance.randint(95, 130)))
        yield from story(_Scene(chance, office, client, moment_on(day, chance).replace(hour=9)))
    yield _opened_next_door(chance, office, neighbour)


def _opened_next_door(chance: random.Random, office: Office, neighbour: Office) -> Entry:
    """A worker who helps out in the next community opens a file there, which they do not hold: refused."""
    moment = moment_after(BEGIN, 80, 200, chance)
    head = full_name(chance, surname(chance, HAN), HAN, FEMALE, 1950)
    address = next(homes_of(chance, neighbour.community)).address
    return Entry(
        moment=moment,
        by=office.workers[0],
        area=neighbour.area,
        collection="household",
        record=id_made_at(moment, chance),
        set={"community": neighbour.code, "name": f"{head}家", "address": address},
        expects="rejected",
    )


class _Scene:
    """Where a story plays; makes its entries, each some time after the one before."""

    def __init__(self, chance: random.Random, office: Office, client: Client, moment: datetime) -> None:
        self.chance = chance
        self.office = office
        self.client = client
        self.moment = moment
        self.colleague = office.colleague(chance, client.worker)

    def edit(
        self,
        by: str,
        collection: str,
        record: UUID,
        *,
        after: timedelta = timedelta(hours=3),
        unseen: bool = False,
        decides: bool = False,
        expects: Outcome = "applied",
        add: dict[str, list[Any]] | None = None,
        remove: dict[str, list[Any]] | None = None,
        **values: Any,
    ) -> Entry:
        self.moment += after
        return Entry(
            moment=self.moment,
            by=by,
            area=self.office.area,
            collection=collection,
            record=record,
            set=values,
            add=add or {},
            remove=remove or {},
            needs=(self.client.id,),
            unseen=unseen,
            decides=decides,
            expects=expects,
        )

    def household(self, by: str, **how: Any) -> Entry:
        return self.edit(by, "household", self.client.id, **how)

    def head(self, by: str, **how: Any) -> Entry:
        return self.edit(by, "person", self.client.persons[0], **how)


def _phone_changed(scene: _Scene) -> Iterator[Entry]:
    yield scene.head(scene.colleague, phone=scene.office.numbers.phone())


def _phone_told_to_two(scene: _Scene) -> Iterator[Entry]:
    """Both note a new number; the later one stands, whichever phone comes into reach first."""
    yield scene.head(scene.client.worker, phone=scene.office.numbers.phone())
    yield scene.head(scene.colleague, phone=scene.office.numbers.phone(), unseen=True, expects="merged")


def _needs_from_both(scene: _Scene) -> Iterator[Entry]:
    """Two visits on one day find different needs: all of them stand."""
    yield scene.household(scene.client.worker, add={"needs": ["policy"]})
    yield scene.household(
        scene.colleague, add={"needs": ["transport", "social"]}, unseen=True, expects="merged"
    )


def _risk_raised(scene: _Scene) -> Iterator[Entry]:
    """The worker lowers the risk while the supervisor raises it: the graver stands."""
    graver = {"low": "medium", "medium": "high", "high": "emergency"}[scene.client.means.risk]
    yield scene.household(scene.office.supervisor, risk=graver)
    yield scene.household(scene.client.worker, risk="low", unseen=True, expects="merged")


def _note_by_two(scene: _Scene) -> Iterator[Entry]:
    """Worker and supervisor write into the note, at its head and at its end: both are kept."""
    note = scene.client.values["note"]
    yield scene.household(scene.client.worker, note=f"{_visit_plan(scene)}{note}")
    yield scene.household(
        scene.office.supervisor,
        note=f"{note}督导意见：{scene.chance.choice(_ADVICE)}。",
        unseen=True,
        expects="merged",
    )


_ADVICE: Final = (
    "先处理用药和安全，再谈参加活动",
    "与社区民政专干对一次低保动态",
    "下次两人同去，注意自身安全",
    "记录要写看到的和听到的，少写评价",
    "联系家属开一次家庭会议",
)


def _visit_plan(scene: _Scene) -> str:
    return scene.chance.choice(("约好每月第一周上门。", "联系时间以下午为宜。", "上门前先打电话。"))


def _grade_in_doubt(scene: _Scene) -> Iterator[Entry]:
    """Two read a new disability certificate differently: a supervisor looks at it and decides."""
    member = next((each for each in scene.client.family.members if each.disability is not None), None)
    if member is None or member.disability is None:
        yield from _phone_changed(scene)
        return
    grade = member.disability.grade
    first, second = (
        Disability(member.disability.kind, each) for each in (grade % 4 + 1, (grade + 1) % 4 + 1)
    )
    person = scene.client.id_of(member)
    yield scene.edit(scene.client.worker, "person", person, **files.disability(first))
    yield scene.edit(
        scene.colleague, "person", person, unseen=True, expects="conflict", **files.disability(second)
    )
    if scene.chance.random() < 0.6:
        yield scene.edit(
            scene.office.supervisor,
            "person",
            person,
            after=timedelta(days=6),
            decides=True,
            **files.disability(second),
        )


def _birthday_in_doubt(scene: _Scene) -> Iterator[Entry]:
    """One takes the birth date from the register, the other from what the family says: left open."""
    born = scene.client.family.head.born
    yield scene.head(scene.client.worker, birth_date=born.replace(day=born.day % 28 + 1).isoformat())
    yield scene.head(
        scene.colleague,
        birth_date=born.replace(year=born.year - 1).isoformat(),
        unseen=True,
        expects="conflict",
    )


def _mistyped_number(scene: _Scene) -> Iterator[Entry]:
    """A digit is wrong, the change is refused; the next day it is entered again from the card."""
    head = scene.client.family.head
    number: str = scene.client.person_values[0]["resident_id"]
    wrong = number[:16] + str((int(number[16]) + 2) % 10) + number[17:]
    yield scene.head(scene.client.worker, resident_id=wrong, expects="rejected")
    yield scene.head(
        scene.client.worker,
        after=timedelta(days=1),
        resident_id=scene.office.numbers.resident_id(head.born, head.sex),
    )


def _entered_twice(scene: _Scene) -> Iterator[Entry]:
    """A person was entered a second time and is deleted again."""
    twin = dict(scene.client.person_values[0])
    twin.pop("resident_id")
    scene.moment += timedelta(hours=1)
    id = id_made_at(scene.moment, scene.chance)
    yield scene.edit(scene.client.worker, "person", id, **twin)
    deleted = scene.edit(scene.client.worker, "person", id, after=timedelta(days=2))
    deleted.op = "delete"
    yield deleted


def _entered_by_two(scene: _Scene) -> Iterator[Entry]:
    """A colleague out of reach entered the head as well; it is noticed, and in most cases decided by now."""
    twin = {
        name: value
        for name, value in scene.client.person_values[0].items()
        if name in ("household", "name", "sex", "birth_date")
    }
    scene.moment += timedelta(hours=1)
    other = id_made_at(scene.moment, scene.chance)
    yield scene.edit(scene.colleague, "person", other, **twin, phone=scene.office.numbers.phone())
    duplicate = id_made_at(scene.moment, scene.chance)
    person = str(scene.client.persons[0])
    noticed = scene.edit(
        scene.client.worker,
        "duplicate",
        duplicate,
        after=timedelta(days=3),
        person=person,
        other=str(other),
        note="同名同生日，两人先后入户登记。",
    )
    noticed.needs += (other,)
    yield noticed
    if scene.chance.random() < 0.7:
        yield scene.edit(
            scene.office.supervisor, "duplicate", duplicate, after=timedelta(days=4), verdict="person_stays"
        )


def _address_completed(scene: _Scene) -> Iterator[Entry]:
    address = scene.client.values["address"]
    yield scene.household(scene.colleague, address=f"{address}（从后门进）")


def _no_longer_needed(scene: _Scene) -> Iterator[Entry]:
    if scene.client.means.needs:
        need = scene.chance.choice(scene.client.means.needs)
        yield scene.household(scene.client.worker, remove={"needs": [need]})


def _died(scene: _Scene) -> Iterator[Entry]:
    """An elder has died; the household is one fewer."""
    family = scene.client.family
    if len(family.members) < 2 or not family.elders:
        return
    elder = max(family.elders, key=lambda member: member.age())
    scene.moment = moment_on(END, scene.chance)  # after the last visit
    yield scene.edit(
        scene.client.worker,
        "person",
        scene.client.id_of(elder),
        after=timedelta(),
        died_on=END.isoformat(),
    )
    yield scene.household(scene.client.worker, after=timedelta(minutes=3), members=len(family.members) - 1)


_STORIES: Final[tuple[Callable[[_Scene], Iterator[Entry]], ...]] = (
    _phone_changed,
    _needs_from_both,
    _grade_in_doubt,
    _note_by_two,
    _mistyped_number,
    _phone_told_to_two,
    _risk_raised,
    _entered_twice,
    _birthday_in_doubt,
    _address_completed,
    _no_longer_needed,
    _died,
    _entered_by_two,
)
