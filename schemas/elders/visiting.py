"""How often an elder is visited, what a visit looks at, and when the committee hears of closed doors."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.checks import Checks
from schemas.codes import CodeTable
from schemas.elders.figures import ELDER_VISITS, VISIT_DAYS
from schemas.needs import Risk
from schemas.next_visit import Interval, NextVisit, by_group, by_risk, next_visit
from schemas.person import Tag
from schemas.visit import Met

SPECIAL: Final = frozenset(
    {
        Tag.ELDER_ALONE,
        Tag.EMPTY_NEST,
        Tag.LEFT_BEHIND_ELDER,
        Tag.DISABLED_ELDER,
        Tag.SEVERELY_DISABLED,
        Tag.ONE_CHILD_LOST,
    }
)
"""The groups whose members are visited every month (民发〔2022〕73号)."""

_SHORTEST_MONTH: Final = 28

ELDER_CHECKS: Final = Checks(
    always=(
        "health_change",
        "medicine",
        "food",
        "mood",
        "money",
        "fraud",
        "contact_with_children",
        "emergency_contact",
    ),
    at_home=("heating", "gas", "fire_hazards", "fall_hazards"),
)


class Unmet(msgspec.Struct, frozen=True):
    """How often in a row nobody was met. `is_to_be_told`: the committee has to know, and does not yet."""

    times: int
    since: date | None
    is_to_be_told: bool
    zh: str
    en: str


def next_elder_visit(
    visits: Iterable[Mapping[str, Any]], risk: Risk | None, groups: Iterable[CodeTable], on: date
) -> NextVisit | None:
    """When an elder of this risk, and of these groups among their tags, is to be visited next."""
    belongs = frozenset(groups)
    counted = [group for group in Tag if group in belongs]
    times = ELDER_VISITS.value_of("least_a_month", on) or 0
    is_special = not SPECIAL.isdisjoint(counted)
    intervals = [by_risk(risk, on), *by_group(VISIT_DAYS, counted, on)]
    if times > 1 and is_special:
        zh, en = f"每月至少 {times} 次", f"{times} times a month at least"
        intervals.append(Interval(max(1, _SHORTEST_MONTH // times), zh, en))
    return next_visit(visits, intervals, on, monthly=times > 0 and is_special)


def unmet(visits: Iterable[Mapping[str, Any]], on: date) -> Unmet:
    """How it stands with an elder whom nobody meets, by all visits to them up to that day.

    A visit that met relatives, or spoke with the elder by phone, ends the row: somebody knows how they are.
    So does one after which the committee was told, of which the next row is counted afresh.
    """
    made = sorted(
        (each for each in visits if date.fromisoformat(each["on"]) <= on), key=lambda each: str(each["on"])
    )
    row: list[Mapping[str, Any]] = []
    for visit in made:
        row = [*row, visit] if visit.get("met") == Met.UNMET.code else []
        if visit.get("committee_told_on") is not None:
            row = []
    since = date.fromisoformat(row[0]["on"]) if row else None
    most = ELDER_VISITS.value_of("unmet_before_committee_is_told", on)
    if most is not None and len(row) >= most:
        return Unmet(
            len(row),
            since,
            True,
            f"自 {since} 起连续 {len(row)} 次未见到本人，应告知村（居）民委员会",
            f"Not met {len(row)} times in a row since {since}: tell the residents' committee",
        )
    return Unmet(
        len(row), since, False, f"连续 {len(row)} 次未见到本人", f"Not met {len(row)} times in a row"
    )
