"""Which resource fits which need (供需对接): by kind, by area, by day, and by what is left. Pure.

A hint, and the reasons for it; whether it is offered to a family is for the worker. What is left is the whole
less what all links that stand hold of it: from the moment it is proposed, or two families would be promised
the last of it. Where more has been promised than there is, by workers who did not see each other, that shows
as nothing left and how much too much.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.aid.circumstances import Said
from schemas.aid.resource_codes import LinkState, ResourceKind, ResourceState
from schemas.codes import CodeTable
from schemas.needs import Need

NEEDS_SERVED: Final[dict[str, tuple[Need, ...]]] = {
    ResourceKind.MONEY.code: (
        Need.INCOME,
        Need.MEDICAL,
        Need.EDUCATION,
        Need.HOUSING,
        Need.HEATING,
        Need.FUNERAL,
    ),
    ResourceKind.FOOD.code: (Need.INCOME, Need.MEALS),
    ResourceKind.MEALS.code: (Need.MEALS,),
    ResourceKind.CLOTHING.code: (Need.INCOME, Need.HEATING),
    ResourceKind.FURNITURE.code: (Need.HOUSING, Need.SAFETY),
    ResourceKind.HEATING.code: (Need.HEATING,),
    ResourceKind.STATIONERY.code: (Need.EDUCATION, Need.TUTORING),
    ResourceKind.MEDICINE.code: (Need.MEDICAL, Need.MEDICINE, Need.REHABILITATION),
    ResourceKind.AIDS.code: (Need.AIDS, Need.SAFETY, Need.REHABILITATION),
    ResourceKind.CARE.code: (Need.DAILY_CARE,),
    ResourceKind.HOUSEWORK.code: (Need.HOUSEWORK, Need.SAFETY),
    ResourceKind.COMPANY.code: (Need.COMPANY, Need.SOCIAL),
    ResourceKind.COUNSELLING.code: (Need.MENTAL, Need.FAMILY_RELATIONS),
    ResourceKind.TUTORING.code: (Need.TUTORING,),
    ResourceKind.TRAINING.code: (Need.TRAINING, Need.EMPLOYMENT),
    ResourceKind.JOB.code: (Need.EMPLOYMENT, Need.INCOME),
    ResourceKind.LEGAL.code: (Need.LEGAL,),
    ResourceKind.SPACE.code: (Need.SOCIAL,),
    ResourceKind.TRANSPORT.code: (Need.TRANSPORT,),
    ResourceKind.OTHER.code: (),
}
"""What a resource serves by its kind, where its record does not name needs of its own."""

GIVEN_UP: Final = frozenset({LinkState.DECLINED.code, LinkState.CANCELLED.code})
"""States of a link that holds nothing of the resource any more."""


class Hindrance(CodeTable, zh="不匹配的原因", en="Why it does not fit"):
    """What speaks against a resource for a need."""

    NEED = "need", "不能满足此需求", "It does not serve this need"
    AREA = "area", "不面向该社区", "It is not for this community"
    STATE = "state", "目前不可对接", "It is not available"
    DAY = "day", "不在有效期内", "Not on this day"
    USED_UP = "used_up", "已无余量", "Nothing is left"
    NOT_ENOUGH = "not_enough", "余量不足", "Not enough is left"


class Left(msgspec.Struct, frozen=True):
    """What is left: `amount` None where it is not bounded; `over`: what was promised beyond what there is."""

    amount: int | None
    over: int = 0


class Match(msgspec.Struct, frozen=True):
    """One resource held against one need. It fits where nothing hinders it."""

    resource: str
    hindrances: tuple[Hindrance, ...]
    left: Left
    because: Said

    @property
    def fits(self) -> bool:
        """Whether it can be offered."""
        return not self.hindrances


def left_of(resource: Mapping[str, Any], links: Iterable[Mapping[str, Any]]) -> Left:
    """What is left of `resource` beside `links`, those of this resource.

    A link that does not say how much counts as one piece, place or time; of money, minutes as nothing yet.
    """
    whole = resource.get("amount")
    if whole is None:
        return Left(None)
    unsaid = 0 if resource.get("measure") in ("fen", "minute") else 1
    held = sum(_held(link, unsaid) for link in links if link.get("state") not in GIVEN_UP)
    return Left(max(whole - held, 0), max(held - whole, 0))


def matches(
    need: Need,
    community: str,
    resources: Mapping[str, Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]],
    on: date,
    amount: int = 1,
) -> tuple[Match, ...]:
    """All `resources`, by id and as their fields are stored, held against a need of a family of `community`.

    Those that fit come first, of these the ones that end soonest. `links` are all that are known; `amount`:
    how much the family needs, where the resource is counted.
    """
    of_resource: dict[str, list[Mapping[str, Any]]] = {}
    for link in links:
        of_resource.setdefault(str(link.get("resource")), []).append(link)
    found = [
        _match(id, resource, left_of(resource, of_resource.get(id, ())), need, community, on, amount)
        for id, resource in resources.items()
    ]
    return tuple(
        sorted(
            found,
            key=lambda each: (not each.fits, resources[each.resource].get("until") or "9", each.resource),
        )
    )


def _match(
    id: str,
    resource: Mapping[str, Any],
    left: Left,
    need: Need,
    community: str,
    on: date,
    amount: int,
) -> Match:
    serves = set(resource.get("serves") or ()) or {each.code for each in NEEDS_SERVED[resource["kind"]]}
    communities = resource.get("communities") or ()
    against = {
        Hindrance.NEED: need.code not in serves,
        Hindrance.AREA: bool(communities) and community not in communities,
        Hindrance.STATE: resource.get("state") != ResourceState.AVAILABLE.code,
        Hindrance.DAY: not _is_on(resource, on),
        Hindrance.USED_UP: left.amount == 0,
        Hindrance.NOT_ENOUGH: left.amount is not None and 0 < left.amount < amount,
    }
    hindrances = tuple(each for each, is_so in against.items() if is_so)
    return Match(id, hindrances, left, _sentence(resource, hindrances, left, need))


def _is_on(resource: Mapping[str, Any], on: date) -> bool:
    """Both the first and the last day belong to it."""
    since, until = resource.get("since"), resource.get("until")
    return (since is None or date.fromisoformat(since) <= on) and (
        until is None or on <= date.fromisoformat(until)
    )


def _held(link: Mapping[str, Any], unsaid: int) -> int:
    amount = link.get("amount")
    return unsaid if amount is None else int(amount)


def _sentence(resource: Mapping[str, Any], hindrances: tuple[Hindrance, ...], left: Left, need: Need) -> Said:
    title = resource.get("title") or resource["kind"]
    if hindrances:
        zh = "、".join(each.zh for each in hindrances)
        en = "; ".join(each.en for each in hindrances)
        return Said(f"{title}：{zh}", f"{title}: {en}")
    rest_zh = "数量不限" if left.amount is None else f"余 {left.amount}"
    rest_en = "unbounded" if left.amount is None else f"{left.amount} left"
    until = resource.get("until")
    end_zh, end_en = ("", "") if until is None else (f"，{until} 截止", f", until {until}")
    return Said(
        f"{title}：可满足“{need.zh}”，{rest_zh}{end_zh}", f"{title}: serves {need.en!r}, {rest_en}{end_en}"
    )
