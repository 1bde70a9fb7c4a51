"""Forms about one person that are filled in some days after the file was opened."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from service.demo.caseload import Client
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END, Member
from service.demo.ids import id_made_at
from service.demo.office import Office


def day_after_opening(chance: random.Random, client: Client, least: int, most: int) -> datetime | None:
    """A time of a working day so many days after the file was opened; None where the pilot ended before."""
    day = working_day(client.opened_on + timedelta(days=chance.randint(least, most)))
    return moment_on(day, chance) if day < END else None


def form(
    chance: random.Random,
    client: Client,
    office: Office,
    collection: str,
    member: Member,
    moment: datetime,
    **values: Any,
) -> Entry:
    """A form about `member` with these values, by the family's worker."""
    subject = client.id_of(member)
    head = {"subject": str(subject), "on": moment.date().isoformat(), "by": office.ids[client.worker]}
    return Entry(
        moment=moment,
        by=client.worker,
        area=office.area,
        collection=collection,
        record=id_made_at(moment, chance),
        set=head | values,
        needs=(subject, client.id),
    )


def edit(
    client: Client,
    office: Office,
    collection: str,
    record: UUID,
    moment: datetime,
    by: str | None = None,
    **values: Any,
) -> Entry:
    """A later edit of a record of the family's, by its worker unless somebody else is named."""
    return Entry(
        moment=moment,
        by=by or client.worker,
        area=office.area,
        collection=collection,
        record=record,
        set=values,
        needs=(client.id,),
    )


def months_before(day: date, months: int) -> str:
    """The first of the month so many months before."""
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1).isoformat()
