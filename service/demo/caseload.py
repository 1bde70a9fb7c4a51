"""A worker's families and when each was first called on.

Files are opened quickly at first, by telephone while homes were closed, and more slowly as the year goes on.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from service.demo import files
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import BEGIN, Family, Member, family
from service.demo.ids import id_made_at
from service.demo.means import Means, means_of
from service.demo.office import Office
from service.demo.places import Home, homes_of


class Client(msgspec.Struct):
    """A family with its file: ids, who looks after it, and the moment the file was opened."""

    family: Family
    means: Means
    id: UUID
    persons: list[UUID]
    worker: str
    opened: datetime
    values: dict[str, Any]
    person_values: list[dict[str, Any]]

    @property
    def opened_on(self) -> date:
        return self.opened.date()

    def id_of(self, member: Member) -> UUID:
        """The record of a member."""
        return self.persons[next(n for n, each in enumerate(self.family.members) if each is member)]


def clients(chance: random.Random, office: Office, households: int) -> list[Client]:
    """The families of a community, shared among its workers."""
    homes = homes_of(chance, office.community)
    return [
        _client(chance, office, office.workers[number % len(office.workers)], next(homes))
        for number in range(households)
    ]


def opening(client: Client, area: UUID) -> Iterator[Entry]:
    """The file as it is opened: the household, then each person, minutes apart."""
    yield Entry(
        moment=client.opened,
        by=client.worker,
        area=area,
        collection="household",
        record=client.id,
        set=client.values,
    )
    moment = client.opened
    for id, values in zip(client.persons, client.person_values, strict=True):
        moment += timedelta(minutes=2)
        yield Entry(
            moment=moment,
            by=client.worker,
            area=area,
            collection="person",
            record=id,
            set=values,
            needs=(client.id,),
        )


def _client(chance: random.Random, office: Office, worker: str, home: Home) -> Client:
    community = office.community
    made = family(chance, community.nationalities, community.is_rural)
    means = means_of(chance, made, home, community.is_rural)
    day = working_day(BEGIN + timedelta(days=int(chance.betavariate(1.1, 2.6) * 340)))
    opened = moment_on(day, chance)
    id = id_made_at(opened, chance)
    persons = [
        id_made_at(opened + timedelta(minutes=2 * number), chance)
        for number in range(1, len(made.members) + 1)
    ]
    return Client(
        made,
        means,
        id,
        persons,
        worker,
        opened,
        files.household(
            chance,
            made,
            means,
            persons[0],
            home.address,
            office,
            day,
        ),
        [
            files.person(chance, member, made, means, id, office.numbers, is_rural=community.is_rural)
            for member in made.members
        ],
    )
