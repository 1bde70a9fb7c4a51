"""Community governance through the year: spaces, deliberations, worthies, organisations, activities."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from schemas.civil import BEIJING
from service.demo.days import moment_on, working_day, working_day_before
from service.demo.entry import Entry
from service.demo.families import BEGIN
from service.demo.ids import id_made_at
from service.demo.names import FEMALE, HAN, MALE, full_name, surname
from service.demo.office import Office
from service.demo.words.governance import CLUBS, EVENTS, FUNERALS, MATTERS, WORTHIES, Club, Event, Matter

_SPACES: Final = (
    ("党群服务中心议事厅", "meeting_room", 60, 40),
    ("社区活动室", "activity_room", 80, 50),
)


def governance(chance: random.Random, office: Office, households: int) -> Iterator[Entry]:
    """What a community does together; a small one does less of it."""
    size = min(1.0, households / 200)
    made = _Made(chance, office)
    spaces = [made.space(*each) for each in _SPACES]
    yield from spaces
    worthies = list(made.worthies(max(1, round(2 * size))))
    yield from worthies
    founders = [each.record for each in worthies if "found_on" in each.set]
    clubs = [list(made.club(club, founders)) for club in chance.sample(CLUBS, max(1, round(2 * size)))]
    for steps in clubs:
        yield from steps
    for matter in chance.sample(MATTERS, max(1, round(2 * size))):
        yield from made.deliberation(matter, spaces[0].record)
    for event in chance.sample(EVENTS, max(1, round(2 * size))):
        yield from made.event(event, spaces[1].record, clubs[0][0].record)
    for place, topics, day in FUNERALS[: max(1, round(2 * size))]:
        yield from made.funeral_talk(place, topics, day)


class _Made:
    """Writes what happens, by the workers and the officer of one community."""

    def __init__(self, chance: random.Random, office: Office) -> None:
        self._chance = chance
        self._office = office

    def space(self, name: str, kind: str, area_m2: int, holds: int) -> Entry:
        """A room, entered by the committee in the first days."""
        return self._new(
            self._office.officer,
            working_day(BEGIN + timedelta(days=self._chance.randint(0, 4))),
            "public_space",
            name=name,
            kind=kind,
            area_m2=area_m2,
            holds=holds,
            equipment=["tables", "projector"],
            hours="周一至周六 9:00–17:30",
            is_open=True,
            phone=self._office.numbers.phone(),
        )

    def worthies(self, count: int) -> Iterator[Entry]:
        """Residents whom others listen to, and how far each has come."""
        for esteem, tasks, expertise in self._chance.sample(WORTHIES, count):
            worker = self._chance.choice(self._office.workers)
            sex, born = self._chance.choice((FEMALE, MALE)), self._chance.randint(1948, 1970)
            day = working_day(BEGIN + timedelta(days=self._chance.randint(10, 60)))
            found = self._new(
                worker,
                day,
                "worthy",
                found_on=day.isoformat(),
                state="found",
                name=full_name(self._chance, surname(self._chance, HAN), HAN, sex, born),
                by=self._office.ids[worker],
                esteem=[esteem],
                tasks=list(tasks),
                expertise=expertise,
                phone=self._office.numbers.phone(),
            )
            yield found
            steps = ("invited", "taking_part", "backbone")
            for state in steps[: self._chance.randint(1, 3)]:
                day = working_day(day + timedelta(days=self._chance.randint(14, 60)))
                yield self._next(found, worker, day, state=state)

    def club(self, club: Club, founders: list[UUID]) -> Iterator[Entry]:
        """An organisation from the idea to the record, with what it was helped with."""
        worker = self._chance.choice(self._office.workers)
        day = working_day(BEGIN + timedelta(days=self._chance.randint(70, 130)))
        idea = self._new(
            worker,
            day,
            "community_organisation",
            name=f"{self._office.community.name.removesuffix('社区')}{club.name}",
            state="idea",
            by=self._office.ids[worker],
            kind=club.kind,
            aim=club.aim,
        )
        yield idea
        day = working_day(day + timedelta(days=self._chance.randint(10, 25)))
        grown = self._next(idea, worker, day, state="incubating", members=self._chance.randint(9, 32))
        grown.add = {"core": [str(self._chance.choice(founders))]}
        yield grown
        support = working_day(day + timedelta(days=self._chance.randint(5, 20)))
        yield self._new(
            worker,
            support,
            "organisation_support",
            idea.record,
            organisation=str(idea.record),
            on=support.isoformat(),
            kind=self._chance.choice(("guidance", "papers", "training")),
            by=self._office.ids[worker],
            given_by="社工站",
            text="一起商量宗旨和章程，讲解备案流程。",
        )
        day = working_day(support + timedelta(days=self._chance.randint(20, 60)))
        yield self._next(
            idea,
            self._office.officer,
            day,
            state="recorded",
            recorded_on=day.isoformat(),
            record_number=f"备{day:%Y%m%d}",
            charter=club.charter,
            charter_on=(day - timedelta(days=10)).isoformat(),
            place="社区活动室",
        )

    def deliberation(self, matter: Matter, space: UUID) -> Iterator[Entry]:
        """A meeting in the hall: booked, held, voted on, announced, and seen to."""
        officer, worker = self._office.officer, self._chance.choice(self._office.workers)
        day = working_day(BEGIN + timedelta(days=self._chance.randint(80, 260)))
        begins = datetime(day.year, day.month, day.day, 15, tzinfo=BEIJING)
        booking = self._new(
            worker,
            working_day_before(day - timedelta(days=12)),
            "space_booking",
            space,
            space=str(space),
            begins_at=begins.isoformat(),
            ends_at=(begins + timedelta(hours=2)).isoformat(),
            state="asked",
            by=self._office.ids[worker],
            for_what="deliberation",
            title=matter.title,
            expected=30,
        )
        yield booking
        yield self._next(booking, officer, working_day_before(day - timedelta(days=4)), state="confirmed")
        present = self._chance.randint(18, 34)
        agreed = self._chance.randint(present // 2 + 1, present)
        held = self._new(
            worker,
            day,
            "deliberation",
            space,
            title=matter.title,
            on=day.isoformat(),
            state="held",
            by=self._office.ids[worker],
            kind="council",
            topics=[matter.topic],
            space=str(space),
            attending=[{"side": "residents", "count": present - 2}, {"side": "committee", "count": 2}],
        )
        yield held
        proposal = self._new(
            worker,
            day,
            "proposal",
            held.record,
            deliberation=str(held.record),
            text=matter.proposal,
            state="raised",
            raised_by="residents",
            votes_for=agreed,
            votes_against=present - agreed,
        )
        proposal.moment = held.moment + timedelta(minutes=50)
        yield proposal
        used = self._next(booking, worker, day, state="used")
        used.moment = proposal.moment + timedelta(minutes=20)
        used.increment = {"came": present}
        yield used
        day = working_day(day + timedelta(days=3))
        yield self._next(proposal, worker, day, state="adopted", owner=matter.owner)
        yield self._next(
            held, officer, day, state="announced", announced_on=day.isoformat(), result=matter.proposal
        )
        yield self._next(proposal, worker, working_day(day + timedelta(days=10)), state="under_way")
        done = working_day(day + timedelta(days=45))
        yield self._next(
            proposal, worker, done, state="done", done_on=done.isoformat(), outcome=matter.outcome
        )

    def event(self, event: Event, space: UUID, club: UUID) -> Iterator[Entry]:
        """A community activity, with heads counted by two people."""
        worker = self._chance.choice(self._office.workers)
        day = working_day(event.on)
        planned = self._new(
            worker,
            working_day_before(day - timedelta(days=15)),
            "community_activity",
            space,
            title=event.title,
            on=day.isoformat(),
            state="planned",
            by=self._office.ids[worker],
            kind=event.kind,
            place="社区活动室",
            space=str(space),
            plan=event.plan,
        )
        yield planned
        held = self._next(planned, worker, day, state="held")
        asked = self._chance.randint(10, 25)
        held.increment = {
            "headcount": self._chance.randint(25, 80),
            "asked": asked,
            "satisfied": asked - self._chance.randint(0, 2),
        }
        if day > date(2023, 7, 1):
            held.add = {"organisations": [str(club)]}
        yield held
        more = self._next(planned, self._office.officer, day)
        more.moment = held.moment + timedelta(minutes=30)
        more.increment = {"headcount": self._chance.randint(4, 20)}
        yield more

    def funeral_talk(self, place: str, topics: tuple[str, ...], day: date) -> Iterator[Entry]:
        """Told to whoever comes by."""
        worker = self._chance.choice(self._office.workers)
        yield self._new(
            worker,
            working_day(day),
            "funeral_publicity",
            on=working_day(day).isoformat(),
            by=self._office.ids[worker],
            form="stall",
            place=place,
            topics=list(topics),
            headcount=self._chance.randint(20, 70),
            leaflets=self._chance.randint(30, 120),
        )

    def _new(self, by: str, day: date, collection: str, /, *needs: UUID, **values: Any) -> Entry:
        moment = moment_on(day, self._chance)
        return Entry(
            moment=moment,
            by=by,
            area=self._office.area,
            collection=collection,
            record=id_made_at(moment, self._chance),
            set=values,
            needs=needs,
        )

    def _next(self, before: Entry, by: str, day: date, /, **values: Any) -> Entry:
        """An edit of a record on a later day, or later on the same."""
        moment = max(moment_on(day, self._chance), before.moment + timedelta(minutes=5))
        return Entry(
            moment=moment,
            by=by,
            area=self._office.area,
            collection=before.collection,
            record=before.record,
            set=values,
        )
