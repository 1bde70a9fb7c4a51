"""What calls on elders and visits to children have in common: their days, and the foot of the form."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from service.demo.caseload import Client
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END
from service.demo.ids import id_made_at
from service.demo.office import Office

CONTACT: Final = {
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "rare": "rarely",
    "none": "never",
}


def days_of_visits(chance: random.Random, client: Client, every: int) -> Iterator[datetime]:
    """When the family is visited, about every so many days from the opening of its file."""
    day = client.opened_on + timedelta(days=chance.randint(4, every))
    while day < END:
        visited = working_day(day)
        if visited < END:
            yield moment_on(visited, chance)
        day += timedelta(days=max(7, round(chance.gauss(every, every / 7))))


def visit(
    client: Client,
    office: Office,
    collection: str,
    by: str,
    moment: datetime,
    values: dict[str, Any],
    chance: random.Random,
) -> Entry:
    """A visit's record with these values."""
    subject = UUID(values["subject"])
    return Entry(
        moment=moment,
        by=by,
        area=office.area,
        collection=collection,
        record=id_made_at(moment, chance),
        set=values,
        needs=(subject, client.id),
    )
