"""What families agreed to as their files were opened, and a few who later took it back."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from schemas.age import GUARDIAN_UNTIL, OF_AGE
from service.demo.caseload import Client
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END, Member
from service.demo.ids import id_made_at
from service.demo.office import Office

_NOT_ASKED: Final = 0.05
_LIMITS: Final = ("不同意拍摄面部", "仅供社区和社工使用", "上门前先打电话", "不向邻居透露")


def consents(client: Client, office: Office) -> Iterator[Entry]:
    """The head's, and a guardian's for each child of concern or under 14, but for a few not asked yet: of
    those others than who met them read no more than what they are called."""
    chance = random.Random(f"consents {client.id}")
    family = client.family
    yield from _given(chance, client, office, family.head, "service")
    if chance.random() < 0.5:
        yield from _given(chance, client, office, family.head, "assistance")
    for child in family.minors:
        is_young = child.age(client.opened_on) < GUARDIAN_UNTIL
        if is_young and chance.random() < _NOT_ASKED:
            continue
        if is_young or child.concern is not None:
            yield from _given(chance, client, office, child, "service")
        if child.concern is not None and chance.random() < 0.3:
            yield from _given(chance, client, office, child, "photos")


def _given(
    chance: random.Random, client: Client, office: Office, member: Member, purpose: str
) -> Iterator[Entry]:
    person = client.id_of(member)
    on = client.opened_on
    moment = client.opened + timedelta(minutes=2 * len(client.persons) + chance.randint(3, 20))
    record = id_made_at(moment, chance)
    yield _entry(client, office, record, person, moment, _form(chance, client, office, member, purpose, on))
    if chance.random() < 0.03:
        day = working_day(on + timedelta(days=chance.randint(30, 200)))
        if day < END:
            taken_back = {"withdrawn_on": day.isoformat(), "withdrawn_by": "paper"}
            yield _entry(client, office, record, person, moment_on(day, chance), taken_back)


def _form(
    chance: random.Random, client: Client, office: Office, member: Member, purpose: str, on: date
) -> dict[str, Any]:
    method = chance.choices(("paper", "witnessed", "recorded"), (70, 20, 10))[0]
    values: dict[str, Any] = {
        "person": str(client.id_of(member)),
        "purpose": purpose,
        "given_on": on.isoformat(),
        "method": method,
        "by": office.ids[client.worker],
        "given_by": "guardian" if member.age(on) < OF_AGE else "person",
        "under_14": member.age(on) < GUARDIAN_UNTIL,
    }
    head = client.family.head
    if head.age(on) >= OF_AGE:
        values["giver_name"] = head.name
    if method == "witnessed":
        values["witness"] = "社区网格员"
    if purpose == "photos" or chance.random() < 0.1:
        values["limits"] = chance.choice(_LIMITS)
    return values


def _entry(
    client: Client, office: Office, record: UUID, person: UUID, moment: datetime, values: dict[str, Any]
) -> Entry:
    return Entry(
        moment=moment,
        by=client.worker,
        area=office.area,
        collection="consent",
        record=record,
        set=values,
        needs=(person, client.id),
    )
