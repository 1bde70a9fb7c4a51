"""Sessions in which the year's policies were made known, at stalls, in halls and from door to door."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from service.demo.days import is_closed, moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import BEGIN, END
from service.demo.ids import id_made_at
from service.demo.office import Office

_SESSIONS: Final = (
    ("“8+1”社会救助政策进小区", ["minimum_living", "extreme_poverty", "temporary", "medical"], "stall"),
    ("低保和低保边缘政策讲解", ["minimum_living", "low_income"], "lecture"),
    ("大病医疗救助怎么申请", ["medical", "temporary"], "lecture"),
    ("开学前教育救助政策宣传", ["education", "children"], "activity"),
    ("公租房和危房改造政策咨询", ["housing"], "stall"),
    ("就业援助月政策宣传", ["employment"], "stall"),
    ("残疾人两项补贴政策入户宣传", ["disability"], "door_to_door"),
    ("老年人优待和养老服务政策", ["elders"], "activity"),
    ("急难救助，先救助后补手续", ["temporary", "disaster_relief"], "posters"),
)
_PLACES: Final = ("社区党群服务中心", "小区广场", "社区活动室", "居民楼院", "早市入口")
_ASKED: Final = (
    "外地户口能不能在这里申请，已解释可先到街道窗口咨询。",
    "家里有残疾人还能不能单独办，已记下门牌，约好入户。",
    "子女有车影不影响，已说明以街道核对为准。",
    "住院花费要准备哪些票据，已发一次性告知单。",
)


def sessions(chance: random.Random, office: Office, households: int) -> Iterator[Entry]:
    """The sessions of the year; a community with few files has few."""
    for title, policies, form in chance.sample(_SESSIONS, max(2, min(len(_SESSIONS), households // 40))):
        day = working_day(BEGIN + timedelta(days=chance.randint(10, 350)))
        reached = "online" if is_closed(day) else form
        if day >= END:
            continue
        worker, moment = chance.choice(office.workers), moment_on(day, chance)
        record = id_made_at(moment, chance)

        held = Entry(
            moment=moment,
            by=worker,
            area=office.area,
            collection="policy_session",
            record=record,
            set={
                "on": day.isoformat(),
                "by": office.ids[worker],
                "title": title,
                "policies": policies,
                "form": reached,
                "materials": ["leaflet", "card"] if reached != "online" else ["video"],
            },
        )
        if reached != "online":
            held.set["place"] = chance.choice(_PLACES)
        if chance.random() < 0.4:
            held.set["questions"] = chance.choice(_ASKED)
        yield held
        counted = chance.randint(12, 70)
        for by, heads in ((worker, counted), (office.colleague(chance, worker), chance.randint(0, 20))):
            yield Entry(
                moment=moment + timedelta(minutes=chance.randint(60, 150)),
                by=by,
                area=office.area,
                collection="policy_session",
                record=record,
                increment={"headcount": heads, "copies": heads, "enquiries": heads // 8},
                needs=(record,),
            )
