"""A group of each community, session by session, and who of the families came."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from service.demo.caseload import Client
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.ids import id_made_at
from service.demo.office import Office
from service.demo.words.casework import GROUPS

_PHASES = ("forming", "turning", "mature", "mature", "ending")


def groups(chance: random.Random, office: Office, families: Sequence[Client]) -> Iterator[Entry]:
    """Five weeks in spring."""
    group, worker = chance.choice(GROUPS), chance.choice(office.workers)
    day = working_day(date(2023, 4, 10) + timedelta(days=chance.randint(0, 30)))
    planned = moment_on(working_day(day - timedelta(days=14)), chance)
    id, phase = id_made_at(planned, chance), "preparing"

    def entry(collection: str, record: UUID, day: date, /, *needs: UUID, **values: Any) -> Entry:
        return Entry(
            moment=moment_on(day, chance),
            by=worker,
            area=office.area,
            collection=collection,
            record=record,
            set=values,
            needs=needs,
        )

    founded = entry(
        "group_work",
        id,
        planned.date(),
        title=group.title,
        phase=phase,
        opened_on=planned.date().isoformat(),
        by=office.ids[worker],
        kind=group.kind,
        for_whom=list(group.for_whom),
        planned_sessions=len(group.topics),
        planned_members=12,
        aims=group.aims,
    )
    yield founded
    elders = [each for each in families if each.family.head.is_elder and each.opened_on < day]
    members = chance.sample(elders, min(2, len(elders)))
    for number, (topic, process) in enumerate(zip(group.topics, group.processes, strict=True), 1):
        session = entry(
            "group_session",
            id_made_at(moment_on(day, chance), chance),
            day,
            id,
            group=str(id),
            on=day.isoformat(),
            number=number,
            topic=topic,
            place="社区活动室",
            minutes=90,
            attended=chance.randint(7, 13),
            process=process,
        )
        yield session
        if _PHASES[number - 1] != phase:
            phase = _PHASES[number - 1]
            moved = entry("group_work", id, day, phase=phase)
            moved.moment = max(moved.moment, session.moment + timedelta(minutes=1))
            yield moved
        for client in members:
            if chance.random() < 0.8:
                came = entry(
                    "group_attendance",
                    id_made_at(session.moment, chance),
                    day,
                    client.id,
                    client.persons[0],
                    session.record,
                    subject=str(client.persons[0]),
                    on=day.isoformat(),
                    session=str(session.record),
                    took_part=chance.choice(("active", "willing", "willing", "quiet")),
                )
                came.moment = session.moment + timedelta(minutes=chance.randint(10, 60))
                yield came
        day = working_day(day + timedelta(days=7))
    yield entry("group_work", id, day, phase="ended", evaluation="目标基本达成，组员自发约定每月再聚。")
