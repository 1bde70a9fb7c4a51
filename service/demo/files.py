"""Families as records: the household and its persons, in the words of `schemas`."""

import random
from datetime import date
from typing import Any, Final
from uuid import UUID

from service.demo.families import Disability, Family, Member
from service.demo.means import Item, Means, is_counted
from service.demo.numbers import Numbers
from service.demo.office import Office
from service.demo.words import households

# GB/T 2261.2, GB/T 4658, GB/T 26341 and the words of Person.
_MARITAL: Final = {"single": "10", "married": "20", "widowed": "30", "divorced": "40"}
_EDUCATION: Final = {
    "none": "90",
    "primary": "80",
    "junior": "70",
    "senior": "60",
    "vocational": "40",
    "college": "30",
    "bachelor": "20",
}
_DISABILITY: Final = {
    "sight": "1",
    "hearing": "2",
    "speech": "3",
    "limbs": "4",
    "intellect": "5",
    "mind": "6",
}
_RELATION: Final = {
    "grandson": "grandchild",
    "granddaughter": "grandchild",
    "father": "parent",
    "mother": "parent",
}
_WORK: Final = {
    "casual": "flexible",
    "trade": "flexible",
    "pupil": "student",
    "none": "unemployed",
}
_CONCERN: Final = {
    "left_behind": "left_behind_child",
    "in_difficulty": "child_in_difficulty",
    "de_facto_unsupported": "unsupported_child",
    "scattered_orphan": "scattered_orphan",
}


def household(
    chance: random.Random,
    family: Family,
    means: Means,
    head: UUID,
    address: str,
    office: Office,
    month: date,
) -> dict[str, Any]:
    """The household's fields as its worker first fills them in."""
    community = office.community
    values: dict[str, Any] = {
        "head": str(head),
        "name": f"{family.head.name}家",
        "address": address,
        "community": office.code,
        "kind": "rural" if community.is_rural else "urban",
        "members": len(family.members),
        "housing": means.dwelling,
        "income_items": [_line(item) for item in means.income],
        "income_month": f"{month:%Y-%m}",
        "expense_items": [_line(item) for item in means.expenses],
        "expense_month": f"{month:%Y-%m}",
        "assets": means.assets,
        "asset_items": asset_lines(means.assets),
        "asset_month": f"{month:%Y-%m}",
        "debt_items": _debts(means),
        "categories": list(means.categories),
        "needs": list(means.needs),
        "assistance": list(means.assistance),
        "risk": means.risk,
        "note": households.note(chance, family, community.industry, means.needs),
    }
    if chance.random() < 0.7:
        values["location"] = {
            "longitude": round(community.centre[0] + chance.uniform(-0.004, 0.004), 6),
            "latitude": round(community.centre[1] + chance.uniform(-0.003, 0.003), 6),
            "accuracy_m": chance.randint(4, 30),
        }
    return values


# By what is said of a family's assets in a word or two.
_ASSETS: Final = (
    ("存款一万", {"kind": "deposits", "value_fen": 1_200_000}),
    ("存款三千", {"kind": "deposits", "value_fen": 300_000}),
    ("存款两千", {"kind": "deposits", "value_fen": 200_000}),
    ("住房一套", {"kind": "house", "count": 1}),
    ("房改房一套", {"kind": "house", "count": 1}),
    ("平房", {"kind": "house", "count": 1}),
    ("承包地", {"kind": "land", "note": "承包地"}),
    ("宅基地", {"kind": "land", "note": "宅基地"}),
    ("三轮", {"kind": "vehicle", "count": 1, "note": "三轮车"}),
    ("电动车", {"kind": "other", "count": 1, "note": "电动车"}),
)


def asset_lines(assets: str) -> list[dict[str, Any]]:
    """The lines of the table of assets that say the same as the words."""
    return [dict(line) for word, line in _ASSETS if word in assets]


def _debts(means: Means) -> list[dict[str, Any]]:
    """What a family that pays back owes still: some two years of it."""
    kind = "medical" if "medical" in means.needs else "housing" if "housing" in means.needs else "living"
    return [
        {"kind": kind, "amount_fen": item.yuan * 100 * 24} for item in means.expenses if item.kind == "debt"
    ]


def person(
    chance: random.Random,
    member: Member,
    family: Family,
    means: Means,
    household: UUID,
    numbers: Numbers,
    *,
    is_rural: bool,
) -> dict[str, Any]:
    """A person's fields as their worker first fills them in."""
    values: dict[str, Any] = {
        "household": str(household),
        "name": member.name,
        "sex": member.sex,
        "birth_date": member.born.isoformat(),
        "resident_id": numbers.resident_id(member.born, member.sex),
        "nationality": member.nationality,
        "relation": _RELATION.get(member.relation, member.relation),
        "marital": _MARITAL[member.marital],
        "education": _EDUCATION[member.education],
        "health": health(member),
        "work": _work(member),
        "tags": _tags(member, family, means, is_rural),
    }
    if member.age() >= 14 and chance.random() < (0.92 if member.age() < 80 else 0.7):
        values["phone"] = numbers.phone()
    if member.disability is not None:
        values.update(disability(member.disability))
    if member.is_elder or member.disability is not None:
        own = [item for item in means.income if item.note is not None and item.note.startswith(member.name)]
        values["own_income_fen"] = sum(item.yuan for item in own if is_counted(item)) * 100
    return values


def disability(certified: Disability) -> dict[str, Any]:
    """Kind and grade as the certificate numbers them."""
    return {"disability_kind": _DISABILITY[certified.kind], "disability_grade": str(certified.grade)}


def health(member: Member) -> str:
    """Health in a word."""
    if member.lost_self_care >= 4:
        return "bedridden"
    if member.is_grave:
        return "grave"
    if member.illness is not None:
        return "chronic"
    return "fair" if member.disability is not None or member.age() >= 75 else "good"


def _work(member: Member) -> str:
    if member.work == "none" and member.age() >= (60 if member.sex == "1" else 55):
        return "other"
    return _WORK.get(member.work, member.work)


def _tags(member: Member, family: Family, means: Means, is_rural: bool) -> list[str]:
    is_low = {"minimum_living", "extreme_poverty", "edge"} & set(means.categories)
    elder = member.is_elder
    tags = {
        "elder_alone": elder and family.form == "elder_alone",
        "empty_nest": elder and family.form == "empty_nest",
        "left_behind_elder": elder
        and is_rural
        and family.form in ("empty_nest", "elder_alone")
        and bool(family.away),
        "disabled_elder": elder and member.lost_self_care >= 3,
        "poor_elder": elder and bool(is_low),
        "disabled": member.disability is not None,
        "severely_disabled": member.disability is not None and member.disability.grade <= 2,
        "gravely_ill": member.is_grave,
        "minimum_living": "minimum_living" in means.categories,
        "extreme_poverty": "extreme_poverty" in means.categories,
        "edge": "edge" in means.categories,
        "left_behind_woman": family.form == "mother_at_home" and member.relation == "head",
        "jobless": member.work == "none" and 18 <= member.age() < 55,
    }
    found = [tag for tag, is_so in tags.items() if is_so]
    if member.concern is not None:
        found.append(_CONCERN[member.concern])
    return found


def _line(item: Item) -> dict[str, Any]:
    line: dict[str, Any] = {"kind": item.kind, "amount_fen": item.yuan * 100}
    return line if item.note is None else {**line, "note": item.note}
