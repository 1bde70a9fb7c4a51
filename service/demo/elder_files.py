"""How elders live and what they can still do alone, and who of the elders looks in on others."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from schemas.elders.ability import ITEMS, most
from schemas.elders.mutual_help import helps_as_elder
from service.demo.caseload import Client
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END, Family, Member
from service.demo.forms import day_after_opening, edit, form
from service.demo.office import Office

_PAIRS: Final = 4
_LIVING: Final = {
    "elder_alone": "alone",
    "empty_nest": "with_spouse",
    "grandparents": "with_grandchildren",
}
# Of the six acts that a family's story knows how many somebody has lost.
_ACTS: Final = ("eating", "dressing_above", "transfer", "toilet", "walking", "bathing")
_KINDS: Final = (("looking_in", "company"), ("calls", "errands"), ("company", "going_out"), ("meals",))
_NOTES: Final = (
    "隔天上门坐一会儿，老人话多了。",
    "早上敲门问候，听见应声才走。",
    "帮着买菜取药，有事先打社工电话。",
)


def elder_files(client: Client, office: Office) -> Iterator[Entry]:
    """Some of the elders are asked how they live, and some of those assessed."""
    chance = random.Random(f"elders {client.id}")
    for elder in client.family.elders:
        asked = day_after_opening(chance, client, 2, 15)
        if asked is None or chance.random() >= 0.15:
            continue
        lives = _lives(client.family)
        yield form(chance, client, office, "elder_circumstances", elder, asked, **lives)
        assessed = day_after_opening(chance, client, 16, 40)
        if assessed is not None and chance.random() < 0.6:
            answers = _answers(chance, elder)
            values = {"reason": "first", "coma": False, "mental_diagnosis": False, "accidents": 0, **answers}
            yield form(chance, client, office, "elder_assessment", elder, assessed, **values)


def mutual_help(office: Office, clients: Sequence[Client], volunteers: Sequence[Entry]) -> Iterator[Entry]:
    """A few volunteers of sixty and over, each matched with an elder who lives alone."""
    chance = random.Random(f"mutual help {office.area}")
    alone = [client for client in clients if client.family.form == "elder_alone"]
    able = [
        each for each in volunteers if helps_as_elder(each.set, date.fromisoformat(each.set["registered_on"]))
    ]
    pairs = min(_PAIRS, len(alone), len(able))
    for client, volunteer in zip(chance.sample(alone, pairs), chance.sample(able, pairs), strict=True):
        met = max(client.opened_on, volunteer.moment.date())
        on = working_day(met + timedelta(days=chance.randint(10, 30)))
        if on >= END:
            continue
        pair = form(
            chance,
            client,
            office,
            "mutual_help",
            client.family.head,
            moment_on(on, chance),
            volunteer=str(volunteer.record),
            state="agreed",
            kinds=list(chance.choice(_KINDS)),
            times_a_month=chance.choice((4, 8, 12)),
        )
        pair.needs = (*pair.needs, volunteer.record)
        yield pair
        begun = working_day(on + timedelta(days=7))
        if begun < END:
            yield edit(
                client,
                office,
                "mutual_help",
                pair.record,
                moment_on(begun, chance),
                state="under_way",
                note=chance.choice(_NOTES),
            )


def _lives(family: Family) -> dict[str, Any]:
    if family.absent == "no_children":
        children = "none"
    elif family.form in ("three_generations", "grown_child", "disabled_adult_child"):
        children = "together"
    else:
        children = "away" if family.away else "nearby"
    living = _LIVING.get(family.form, "with_children" if children == "together" else "with_others")
    return {"living": living, "children": children, "agreed_to_calls": True}


def _answers(chance: random.Random, elder: Member) -> dict[str, str]:
    """All points for who has lost nothing and is not old; else what age and illness have taken."""
    answers = {name: most(table) for group in ITEMS.values() for name, table in group.items()}
    for act in chance.sample(_ACTS, elder.lost_self_care):
        answers[act] = chance.choice((0, 1))
    if elder.lost_self_care:
        answers |= {"stairs": 1, "transport": 1, "affairs": 2}
    if elder.age() >= 78:
        answers |= {"memory": chance.choice((2, 3)), "hearing": 1, "sight": chance.choice((1, 2))}
    return {name: str(points) for name, points in answers.items()}
