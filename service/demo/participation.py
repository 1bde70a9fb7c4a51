"""Who signed up for an activity and was shown its code, and what became of a year's hours.

Chance of its own for each activity: what is drawn here changes nothing of what the others did.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from schemas.volunteers.check_in import Direction, code_at, proof_of, step_at
from schemas.volunteers.hours import counted, minutes_of
from service.demo.days import moment_on, working_day, working_day_before
from service.demo.entry import Entry
from service.demo.families import END
from service.demo.ids import id_made_at
from service.demo.office import Office

_LAST_DAY = END - timedelta(days=9)  # what was done later is not in the certificates of that year


class Helper(NamedTuple):
    """A volunteer, registered on a day."""

    id: UUID
    since: date


class Held(NamedTuple):
    """An activity that was held, by whom it was planned and when."""

    id: UUID
    worker: str
    planned: datetime
    begin: datetime


def sign_ups(
    office: Office, held: Held, helpers: Sequence[Helper], others: Sequence[Helper]
) -> Iterator[Entry]:
    """Those who came had a place, most of them; one or two more waited in vain."""
    chance = random.Random(f"sign-ups {held.id}")
    if chance.random() < 0.5:
        return
    yield Entry(
        moment=held.planned + timedelta(minutes=2),
        by=held.worker,
        area=office.area,
        collection="activity",
        record=held.id,
        set={"places": max(1, len(helpers)), "starts_at": held.begin.isoformat()},
    )
    day = working_day_before(held.begin.date() - timedelta(days=chance.randint(1, 3)))
    waiting = [each for each in others if each.since < day][: chance.randint(0, 2)]
    known = [each for each in helpers if each.since < day]
    for each, state in [*((each, "confirmed") for each in known), *((each, "signed_up") for each in waiting)]:
        moment = moment_on(day, chance)
        if moment <= held.planned:
            continue
        yield Entry(
            moment=moment,
            by=held.worker,
            area=office.area,
            collection="sign_up",
            record=id_made_at(moment, chance),
            set={
                "activity": str(held.id),
                "volunteer": str(each.id),
                "signed_up_at": moment.isoformat(timespec="seconds"),
                "state": state,
            },
            needs=(held.id, each.id),
        )


class Codes:
    """The code that is shown at an activity, if its organiser's phone shows one."""

    def __init__(self, held: Held) -> None:
        self._chance = random.Random(f"codes {held.id}")
        self._held = held
        shows = self._chance.random() < 0.3
        self._secret = f"{self._chance.getrandbits(160):040x}" if shows else None

    def key(self, office: Office) -> Iterator[Entry]:
        """The key, made when the activity was planned."""
        if self._secret is not None:
            moment = self._held.planned + timedelta(minutes=4)
            yield Entry(
                moment=moment,
                by=self._held.worker,
                area=office.area,
                collection="check_in_key",
                record=id_made_at(moment, self._chance),
                set={"activity": str(self._held.id), "secret": self._secret},
                needs=(self._held.id,),
            )

    def shown_to(self, volunteer: UUID, arrived: datetime) -> dict[str, str]:
        """What a phone notes down of having been shown the code on coming; now and then it forgets."""
        if self._secret is None or self._chance.random() < 0.2:
            return {}
        activity, moment = str(self._held.id), arrived.isoformat(timespec="seconds")
        clock = arrived + timedelta(seconds=self._chance.randint(-90, 90))
        code = code_at(self._secret, activity, step_at(clock))
        proof = proof_of(code, Direction.IN, activity, str(volunteer), moment)
        return {"checked_in_at": moment, "check_in_proof": proof}


def years_end(office: Office, helpers: Iterable[Helper], entries: Iterable[Entry]) -> Iterator[Entry]:
    """The three who served most have a certificate; two of them had help for some of it, or gave it away.

    `entries`: what was written of activities and who was there.
    """
    chance = random.Random(f"year's end {office.area}")
    said: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for entry in entries:
        record = said[entry.collection][str(entry.record)]
        record.update(entry.set)
        record.update({name: record.get(name, 0) + by for name, by in entry.increment.items()})
    served = {}
    for each in helpers:
        service = counted(str(each.id), said["attendance"], said["activity"])
        served[each.id] = minutes_of([line for line in service if line.on and line.on <= _LAST_DAY])
    most = sorted((id for id, minutes in served.items() if minutes), key=lambda id: (-served[id], id))[:3]
    day = working_day(_LAST_DAY + timedelta(days=1))
    for id in most:
        moment = moment_on(day, chance)
        yield Entry(
            moment=moment,
            by=chance.choice(office.workers),
            area=office.area,
            collection="service_certificate",
            record=id_made_at(moment, chance),
            set={
                "volunteer": str(id),
                "issued_on": day.isoformat(),
                "until": _LAST_DAY.isoformat(),
                "minutes": served[id],
                "issuer": office.community.name,
                "state": "issued",
            },
            needs=(id,),
        )
    for id, other in pairwise(most):
        moment = moment_on(day, chance)
        given = chance.random() < 0.4
        how = {"kind": "given", "to": str(other)} if given else {"kind": "used", "purpose": "陪诊"}
        values = {"volunteer": str(id), "on": day.isoformat(), "minutes": min(served[id], 120)}
        yield Entry(
            moment=moment,
            by=chance.choice(office.workers),
            area=office.area,
            collection="hours_spent",
            record=id_made_at(moment, chance),
            set=values | how,
            needs=(id, other) if given else (id,),
        )
