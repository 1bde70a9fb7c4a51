"""What shops, companies and residents offer in a community, and the families that it reaches."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.aid.matching import NEEDS_SERVED
from service.demo.caseload import Client
from service.demo.days import moment_after, moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import BEGIN, END
from service.demo.ids import id_made_at
from service.demo.office import Office


class _Offer(NamedTuple):
    provider: str
    kind: str
    title: str
    name: str
    measure: str
    amount: int
    terms: str
    portion: int = 1


_OFFERS: Final = (
    _Offer("shop", "food", "米面油爱心包", "门口的粮油店", "piece", 30, "每户每月一份，凭社区介绍信领取。"),
    _Offer(
        "company", "money", "冬季取暖补助", "辖区企业工会", "fen", 1_500_000, "每户不超过五百元。", 50_000
    ),
    _Offer("charity", "aids", "助行器和坐便椅", "慈善协会", "piece", 12, "试用合适后登记领取。"),
    _Offer(
        "institution",
        "medicine",
        "上门测血压血糖",
        "社区卫生服务站",
        "time",
        60,
        "每周三上午，提前一天预约。",
    ),
    _Offer("organisation", "tutoring", "四点半课堂", "大学生志愿者协会", "place", 15, "周一至周四放学后。"),
    _Offer("resident", "company", "结对陪伴", "热心居民", "place", 8, "每周一次，由社工先介绍认识。"),
    _Offer("organisation", "counselling", "心理疏导", "心理咨询机构", "time", 20, "每人可约四次，免费。", 4),
    _Offer("company", "job", "保洁和后厨岗位", "附近餐饮企业", "place", 5, "离家近，可半天班。"),
    _Offer("institution", "legal", "法律援助咨询", "司法所", "time", 24, "每月第一个周五。"),
)


class _Resource(msgspec.Struct):
    id: UUID
    offer: _Offer
    since: date
    left: int


def resources(chance: random.Random, office: Office, clients: Sequence[Client]) -> Iterator[Entry]:
    """The offers of the year, and each link from the proposal to what came of it."""
    share = max(3, round(len(_OFFERS) * min(1.0, len(clients) / 100)))
    offered = []
    for offer in chance.sample(_OFFERS, share):
        resource, entries = _offered(chance, office, offer)
        offered.append(resource)
        yield from entries
    for client in clients:
        fitting = [
            (need, resource)
            for need in client.means.needs
            for resource in offered
            if need in {each.code for each in NEEDS_SERVED[resource.offer.kind]}
            and resource.left >= resource.offer.portion
        ]
        if fitting and chance.random() < 0.08:
            need, resource = chance.choice(fitting)
            yield from _linked(chance, office, client, resource, need)


def _offered(chance: random.Random, office: Office, offer: _Offer) -> tuple[_Resource, list[Entry]]:
    day = working_day(BEGIN + timedelta(days=chance.randint(8, 90)))
    moment = moment_on(day, chance)
    id = id_made_at(moment, chance)
    worker = chance.choice(office.workers)

    def entry(minutes: int, by: str, **values: Any) -> Entry:
        return Entry(
            moment=moment + timedelta(minutes=minutes),
            by=by,
            area=office.area,
            collection="resource",
            record=id,
            set=values,
        )

    first = entry(
        0,
        worker,
        provider=offer.provider,
        kind=offer.kind,
        state="offered",
        title=offer.title,
        name=offer.name,
        phone=office.numbers.phone(),
        measure=offer.measure,
        amount=offer.amount,
        since=day.isoformat(),
        until=END.isoformat(),
        terms=offer.terms,
        communities=[office.code],
    )
    looked_at = entry(chance.randint(30, 90), worker, state="available")
    return _Resource(id, offer, day, offer.amount), [first, looked_at]


def _linked(
    chance: random.Random, office: Office, client: Client, resource: _Resource, need: str
) -> Iterator[Entry]:
    """Proposed to the family, promised by the provider, given, and looked at afterwards."""
    offer = resource.offer
    day = working_day(max(client.opened_on, resource.since) + timedelta(days=chance.randint(5, 60)))
    moment = moment_on(day, chance)
    id = id_made_at(moment, chance)

    def entry(**values: Any) -> Entry:
        return Entry(
            moment=moment,
            by=client.worker,
            area=office.area,
            collection="resource_link",
            record=id,
            set=values,
            needs=(client.id, resource.id),
        )

    def later(soonest: int, latest: int) -> None:
        nonlocal moment
        later = moment_after(moment.date(), soonest, latest, chance)
        moment = max(later, moment + timedelta(minutes=20))

    way = [
        entry(
            household=str(client.id),
            resource=str(resource.id),
            on=day.isoformat(),
            by=office.ids[client.worker],
            state="proposed",
            need=need,
            amount=offer.portion,
        )
    ]
    if chance.random() < 0.1:
        later(0, 3)
        way.append(entry(state="declined", note="家里说暂时用不上，让给更困难的人家。"))
    else:
        resource.left -= offer.portion
        for state in ("accepted", "promised"):
            later(0, 5)
            way.append(entry(state=state))
        later(1, 10)
        way.append(entry(state="given", given_on=moment.date().isoformat()))
        later(5, 20)
        outcome = chance.choices(("met", "partly", "unfit"), (62, 32, 6))[0]
        way.append(
            entry(
                state="confirmed",
                outcome=outcome,
                satisfaction={"met": 5, "partly": 4, "unfit": 2}[outcome],
                note=_AFTER[outcome],
            )
        )
    yield from (each for each in way if each.moment.date() <= END)


_AFTER: Final = {
    "met": "回访：东西用上了，家里很满意。",
    "partly": "回访：缓解了一些，还需要继续想办法。",
    "unfit": "回访：不太合适，已另找资源。",
}
