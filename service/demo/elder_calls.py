"""Calls on elders through the year, each with its checklist and its text."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from service.demo.caseload import Client
from service.demo.days import is_closed, is_heated, working_day
from service.demo.entry import Entry
from service.demo.families import Member
from service.demo.office import Office
from service.demo.visiting import CONTACT, days_of_visits, visit
from service.demo.words import elders

_EVERY: Final = {"elder_alone": 31, "empty_nest": 45}
_CONCERNS: Final = (
    "老人说有时觉得活着没有意思，没有具体打算。已告知督导，一周内再来，请邻居留意。",
    "胳膊上有一块青紫，老人说是自己碰的，神情回避。已报督导，下次单独谈。",
    "近来常忘事，前天走失过半天，疑似认知障碍，建议到省三院检查，暂不对外说。",
    "老人说孩子喝酒后骂人，要走了存折。不愿声张，已说明可以求助。",
)


def elder_calls(chance: random.Random, client: Client, office: Office) -> Iterator[Entry]:
    """Calls on the family's elder, or in turn on both."""
    family = client.family
    visited = [member for member in family.elders if member.work != "unable"] or family.elders
    every = _EVERY.get(family.form, 75)
    if family.form not in _EVERY and not any(
        member.age() >= 78 or member.lost_self_care >= 2 for member in visited
    ):
        return
    contact = chance.choices(("daily", "weekly", "monthly", "rare", "none"), (18, 44, 24, 11, 3))[0]
    if family.absent == "no_children":
        contact = "none"
    child = chance.choice(elders.CHILDREN)
    turn = chance.randrange(len(visited))
    for moment in days_of_visits(chance, client, every):
        elder = visited[turn % len(visited)]
        turn += family.form == "empty_nest"
        by = client.worker if chance.random() < 0.9 else office.colleague(chance, client.worker)
        yield _call(chance, client, office, elder, by, moment, contact, child)


def _call(
    chance: random.Random,
    client: Client,
    office: Office,
    elder: Member,
    by: str,
    moment: datetime,
    contact: str,
    child: str,
) -> Entry:
    on = moment.date()
    by_phone = is_closed(on) or chance.random() < 0.08
    met = chance.random() < 0.97
    needs = client.means.needs
    call = elders.Call(
        met=met,
        by_phone=by_phone,
        health=chance.choices(("same", "better", "worse"), (74, 12, 14))[0],
        medicine="none_needed"
        if elder.illness is None
        else "missed"
        if chance.random() < 0.14
        else "regular",
        food=chance.choices(("enough", "plain", "lacking"), (78, 18, 4) if met else (1, 0, 0))[0],
        heating=("cold" if chance.random() < 0.1 else "warm") if is_heated(on) else "off",
        gas_is_safe=by_phone or chance.random() >= 0.11,
        may_fall=not by_phone and chance.random() < 0.12,
        mood=chance.choices(("good", "calm", "low"), (26, 62, 12))[0],
        fraud=chance.random() < 0.04,
        contact=contact,
        child=child,
    )
    call.needs = _needs(call, needs, chance)
    values: dict[str, Any] = {
        "subject": str(client.id_of(elder)),
        "on": on.isoformat(),
        "by": office.ids[by],
        "kind": "phone" if by_phone else "home",
        "met": ("spoken" if by_phone else "met") if met else "unmet",
        "next_on": working_day(on + timedelta(days=30)).isoformat(),
        "findings": elders.findings(chance, elder, client.family, on, call, office.community.is_rural),
    }
    if not by_phone:
        values["place"] = "家中"
    if met:
        values |= _checklist(chance, call, client)
    if met and call.mood == "low" and chance.random() < 0.15:
        values["concerns"] = chance.choice(
            _CONCERNS[:-1] if client.family.absent == "no_children" else _CONCERNS
        )
    return visit(client, office, "elder_visit", by, moment, values, chance)


def _needs(call: elders.Call, needs: list[str], chance: random.Random) -> list[str]:
    found = []
    if call.medicine == "missed":
        found.append("medicine")
    if call.health == "worse":
        found.append("medical")
    if call.food == "lacking":
        found.append("meals")
    if call.heating == "cold":
        found.append("heating")
    if call.may_fall:
        found.append("aids" if chance.random() < 0.4 else "safety")
    if not call.gas_is_safe:
        found.append("safety")
    if call.mood == "low" or ("company" in needs and chance.random() < 0.3):
        found.append("company")
    if "daily_care" in needs:
        found.append("daily_care")
    return list(dict.fromkeys(found))


def _checklist(chance: random.Random, call: elders.Call, client: Client) -> dict[str, Any]:
    is_low = "income" in client.means.needs
    checked: dict[str, Any] = {
        "health_change": call.health,
        "medicine": {"missed": chance.choice(("irregular", "short"))}.get(call.medicine, call.medicine),
        "food": {"enough": "good", "plain": "watch", "lacking": "concern"}[call.food],
        "mood": {"good": "good", "calm": "good", "low": "concern"}[call.mood],
        "money": "watch" if is_low else "good",
        "fraud": "concern" if call.fraud else "good",
        "contact_with_children": "none"
        if client.family.absent == "no_children"
        else "together"
        if client.family.form in ("three_generations", "disabled_adult_child", "grown_child")
        else CONTACT[call.contact],
        "emergency_contact": "none" if call.contact == "none" else "reachable",
        "needs": call.needs,
        "risk": _risk(client, call),
    }
    if not call.by_phone:
        checked |= {
            "gas": "good" if call.gas_is_safe else "concern",
            "fire_hazards": "good" if call.gas_is_safe else "watch",
            "fall_hazards": "concern" if call.may_fall else "good",
        }
        if call.heating != "off":
            checked["heating"] = "concern" if call.heating == "cold" else "good"
    return checked


def _risk(client: Client, call: elders.Call) -> str:
    order = ("low", "medium", "high")
    worse = (call.health == "worse") + (call.mood == "low") + (call.food == "lacking")
    start = min(order.index(client.means.risk), 1)
    return order[min(2, start + (worse >= 2))]
