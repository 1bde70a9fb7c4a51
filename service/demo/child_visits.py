"""Visits to children of concern through the year, each with its checklist and its text."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from service.demo.caseload import Client
from service.demo.days import after_school, is_closed, is_school_holiday, working_day
from service.demo.entry import Entry
from service.demo.families import Member
from service.demo.office import Office
from service.demo.visiting import CONTACT, days_of_visits, visit
from service.demo.words import children


def child_visits(chance: random.Random, client: Client, office: Office) -> Iterator[Entry]:
    """Visits to each child of concern, by risk."""
    for child in client.family.minors:
        if child.concern is None:
            continue
        every = 32 if child.concern in ("scattered_orphan", "de_facto_unsupported") else 58
        contact = chance.choices(("daily", "weekly", "monthly", "rare", "none"), (10, 44, 26, 14, 6))[0]
        if client.family.absent in ("orphan", "unsupported"):
            contact = "none"
        for moment in days_of_visits(chance, client, every):
            yield _visited(chance, client, office, child, moment, contact)


def _visited(
    chance: random.Random, client: Client, office: Office, child: Member, moment: datetime, contact: str
) -> Entry:
    on = moment.date()
    is_small = children.grade_of(child, on) is None and child.age(on) < 8
    kind = "home"
    if is_closed(on) or chance.random() < 0.06:
        kind = "phone"
    elif (
        not is_small and not is_school_holiday(on) and children.grade_of(child, on) and chance.random() < 0.14
    ):
        kind = "school"
    elif not is_small and not is_school_holiday(on):
        moment = after_school(on, chance)
    family = client.family
    carer = children.carer_of(family)
    met = chance.random() < 0.96
    seen = children.Visit(
        kind=kind,
        met=met,
        seen_alone=met and kind != "phone" and not is_small and chance.random() < 0.75,
        attendance="preschool"
        if is_small
        else chance.choices(("regular", "often_absent", "not_attending"), (94, 5, 1))[0],
        mood=chance.choices(("good", "low", "anxious"), (70, 18, 12))[0],
        contact=contact,
        is_bullied=not is_small and chance.random() < 0.04,
        screen=chance.choices(("little", "moderate", "much"), (30, 52, 18))[0] if not is_small else "little",
        home_is_safe=kind != "home" or chance.random() >= 0.12,
        water_is_safe=not (office.community.is_rural and 5 <= on.month <= 8 and chance.random() < 0.25),
        vaccinated=not is_small or chance.random() >= 0.06,
        money=chance.choices(("enough", "tight", "lacking"), (60, 34, 6))[0]
        if "income" in client.means.needs
        else "enough",
        guardian_is_willing=chance.random() >= 0.05,
    )
    seen.needs = _needs(seen, client.means.needs, is_small)
    values: dict[str, Any] = {
        "subject": str(client.id_of(child)),
        "on": on.isoformat(),
        "by": office.ids[client.worker],
        "kind": kind,
        "met": ("spoken" if kind == "phone" else "met") if met else "unmet",
        "next_on": working_day(on + timedelta(days=30)).isoformat(),
        "findings": children.findings(chance, child, family, on, seen),
    }
    if kind != "phone":
        values["place"] = "学校" if kind == "school" else "家中"
    if met:
        values |= _checklist(chance, child, client, carer, seen, on, is_small)
        concern = _concern(chance, child, client, seen)
        if concern is not None:
            values["concerns"] = concern
    return visit(client, office, "child_visit", client.worker, moment, values, chance)


def _needs(visit: children.Visit, needs: list[str], is_small: bool) -> list[str]:
    found = []
    if visit.mood != "good" or visit.is_bullied:
        found.append("mental")
    if visit.attendance in ("often_absent", "not_attending"):
        found.append("education")
    if not visit.home_is_safe or not visit.water_is_safe:
        found.append("safety")
    if visit.money == "lacking":
        found.append("income")
    if not visit.guardian_is_willing:
        found.append("guardianship")
    if "tutoring" in needs and not is_small:
        found.append("tutoring")
    return found


def _checklist(
    chance: random.Random,
    child: Member,
    client: Client,
    carer: Member,
    visit: children.Visit,
    on: date,
    is_small: bool,
) -> dict[str, Any]:
    family = client.family
    lives_with_parents = family.form in ("nuclear", "three_generations")
    schooling = {
        "preschool": "below_age",
        "regular": "regular",
        "often_absent": "absent_often",
        "not_attending": "dropped_out",
    }[visit.attendance]
    if not is_small and children.grade_of(child, on) is None:
        schooling = "finished"
    checked: dict[str, Any] = {
        "caregiver": "grandparents"
        if family.form == "grandparents" or carer.relation in ("father", "mother")
        else "both_parents"
        if lives_with_parents
        else "mother"
        if carer.sex == "2"
        else "father",
        "contact_with_parents": "together"
        if family.form in ("nuclear", "three_generations", "one_parent")
        else "none"
        if family.absent == "orphan"
        else CONTACT[visit.contact],
        "schooling": schooling,
        "health": "watch" if child.disability is not None or child.illness is not None else "good",
        "vaccination": "complete" if visit.vaccinated else "behind",
        "mood": {"good": "good", "low": "watch", "anxious": "watch"}[visit.mood],
        "bullying": "suspected" if visit.is_bullied else "none",
        "internet_use": {"little": "none", "moderate": "moderate", "much": "excessive"}[visit.screen],
        "money": {"enough": "good", "tight": "watch", "lacking": "concern"}[visit.money],
        "guardian_health": "concern" if carer.is_grave else "watch" if carer.illness is not None else "good",
        "guardian_wish": "willing" if visit.guardian_is_willing else "strained",
        "needs": visit.needs,
        "risk": "high" if not visit.guardian_is_willing or visit.is_bullied else "medium",
        "themes": _themes(chance, family.form, visit),
    }
    if visit.kind == "home":
        checked |= {
            "home_safety": "good" if visit.home_is_safe else "concern",
            "fire_safety": "good" if visit.home_is_safe else "watch",
        }
    if not is_small:
        checked |= {"road_safety": "good", "water_safety": "good" if visit.water_is_safe else "watch"}
    if visit.seen_alone:
        checked["seen_alone_minutes"] = chance.choice((5, 8, 10, 15))
    return checked


def _themes(chance: random.Random, form: str, visit: children.Visit) -> list[str]:
    found = ["mental_health"] if visit.mood != "good" else []
    if not visit.home_is_safe or not visit.water_is_safe or chance.random() < 0.3:
        found.append("safety")
    if form == "grandparents" and chance.random() < 0.5:
        found.append("grandparents")
    if not found or chance.random() < 0.2:
        found.append("policy")
    return found


def _concern(chance: random.Random, child: Member, client: Client, visit: children.Visit) -> str | None:
    if visit.is_bullied:
        return "孩子说被高年级学生堵过两次，不让告诉家长。已与班主任约谈，并报督导和儿童主任。"
    if client.family.absent == "unsupported" and chance.random() < 0.25:
        return chance.choice(
            (
                "父亲服刑，刑期未满；孩子不知情，谈话中请勿提及。",
                "母亲离家后失联，老人已报过案，村上正在补办证明。",
                "孩子问起爸爸在哪里，老人含糊带过，商量了以后怎么告诉孩子。",
            )
        )
    if visit.mood == "anxious" and chance.random() < 0.12:
        return f"{child.name[1:] or child.name}说家里大人吵架时会躲到柜子里，未见外伤。已报督导，两周内再访。"
    return None
