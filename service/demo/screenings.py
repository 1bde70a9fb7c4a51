"""Screenings that follow from a family's facts, and the kinds of assistance that follow from a screening."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from schemas.aid.circumstances import Circumstances
from schemas.aid.eligibility import may_apply
from schemas.aid.facts import FACTS
from schemas.aid.traits import any_of
from service.demo.caseload import Client
from service.demo.days import is_closed, moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END
from service.demo.ids import id_made_at
from service.demo.means import EDGE
from service.demo.office import Office
from service.demo.words import households


def screenings(chance: random.Random, client: Client, office: Office) -> Iterator[tuple[Entry, list[str]]]:
    """Each screening of the family, with the kinds of assistance it suggests."""
    day = client.opened_on + timedelta(days=chance.randint(2, 30))
    is_first = True
    while (day := working_day(day)) < END:
        yield _screening(chance, client, office, day, is_first)
        if not is_first or chance.random() > (0.6 if client.means.risk != "low" else 0.2):
            return
        is_first = False
        day += timedelta(days=chance.randint(160, 200))


def _screening(
    chance: random.Random, client: Client, office: Office, day: date, is_first: bool
) -> tuple[Entry, list[str]]:
    facts = _facts(chance, client, office, day)
    head_is_minor = client.family.head.is_minor
    consent = (
        "guardian" if head_is_minor else "spoken" if is_closed(day) or chance.random() < 0.3 else "written"
    )
    per_head = client.means.per_head(len(client.family.members))
    opening = "closed" if is_closed(day) else "first" if is_first else "review"
    moment = moment_on(day, chance)
    values: dict[str, Any] = {
        "household": str(client.id),
        "on": day.isoformat(),
        "by": office.ids[client.worker],
        "consent": consent,
        "purpose": "first" if is_first else chance.choice(("regular", "regular", "event", "application")),
        **_severities(chance, client),
        "urgent": bool(facts["sudden_hardship"]) and chance.random() < 0.4,
        **facts,
        "findings": households.screening(chance, client.family, client.means.needs, per_head, opening),
    }
    entry = Entry(
        moment=moment,
        by=client.worker,
        area=office.area,
        collection="screening",
        record=id_made_at(moment, chance),
        set=values,
        needs=(client.id,),
    )
    return entry, [kind.code for kind in may_apply(Circumstances(screening=values), day)]


def _severities(chance: random.Random, client: Client) -> dict[str, str]:
    family, means, line = client.family, client.means, client.means.line
    members = family.members
    per_head = means.per_head(len(members))
    lost = max(member.lost_self_care for member in members)
    jobless = sum(member.work == "none" and 18 <= member.age() < 55 for member in members)
    pupils = any(member.work in ("pupil", "student") for member in members)
    is_low = per_head < line * EDGE
    health = max(
        3
        if member.is_grave
        else 2
        if member.disability is not None and member.disability.grade <= 2
        else 1
        if member.illness is not None or member.disability is not None
        else 0
        for member in members
    )
    scores = {
        "income": 3 if per_head < line * 0.7 else 2 if per_head <= line else 1 if is_low else 0,
        "health": health,
        "housing": {"owned_dangerous": 3, "private_rental": 1}.get(means.dwelling, 0),
        "education": (2 if is_low else chance.choice((0, 0, 1))) if pupils else 0,
        "employment": 3 if "zero_employment" in means.categories else min(jobless, 2),
        "care": 3 if lost >= 4 else 2 if lost >= 2 or "guardianship" in means.needs else min(lost, 1),
        "safety": chance.choice((0, 0, 1, 1, 2)) if family.elders else chance.choice((0, 0, 0, 1)),
        "mental": 2 if "mental" in means.needs else chance.choice((0, 0, 0, 1)),
        "social": chance.choice((1, 2)) if family.form in ("elder_alone", "adult_alone") else 0,
        "legal": chance.choice((0, 1)) if family.absent == "divorce" else 0,
    }
    return {dimension: str(score) for dimension, score in scores.items()}


def _facts(chance: random.Random, client: Client, office: Office, day: date) -> dict[str, bool]:
    """What the worker answers: what the file tells as the file has it, and the rest as it was seen."""
    family, means = client.family, client.means
    counted = means.counted_per_head(len(family.members))
    income = sum(item.yuan for item in means.income)
    sick = sum(item.yuan for item in means.expenses if item.kind in ("medical", "rehabilitation"))
    rains = date(2023, 7, 1) <= day <= date(2023, 8, 31)
    seen = {
        "below_minimum_line": counted < means.line,
        "below_edge_line": counted < means.line * EDGE,
        "assets_within_limits": chance.random() < 0.92,
        "no_able_supporter": family.absent == "no_children" and family.form == "elder_alone",
        "disaster_struck": office.community.is_rural and rains and chance.random() < 0.15,
        "heavy_medical_cost": sick > 0.3 * income,
        "housing_difficulty": "housing" in means.needs,
        "sudden_hardship": chance.random() < 0.03,
        "rigid_spending": "rigid_spending" in means.categories,
        "unmet_by_policy": bool({"aids", "heating", "mental"} & set(means.needs)) and chance.random() < 0.4,
    }
    return seen | _told_by_file(client, day)


def _told_by_file(client: Client, day: date) -> dict[str, bool]:
    persons = {str(id): values for id, values in zip(client.persons, client.person_values, strict=True)}
    on_file = Circumstances(client.values, persons)
    found = {}
    for fact in FACTS.values():
        if fact.ground is not None and fact.asked:
            whom = on_file.members(day) if fact.of_member else (None,)
            truth = any_of(fact.ground.told(on_file, member, day).truth for member in whom)
            if truth is not None:
                found[fact.name] = truth
    return found
