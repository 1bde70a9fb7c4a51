"""The people of the pilot who sign in: who they are, what they hold, and the device each works on."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from schemas.civil import BEIJING
from service.access.roles import Role
from service.demo.ids import id_made_at
from service.demo.names import FEMALE, HAN, MALE, full_name, surname
from service.demo.places import MADE, Place

WORKERS_A_COMMUNITY: Final = 3
SINCE: Final = datetime(2022, 9, 27, tzinfo=BEIJING)
_AGENCIES: Final = {
    "620102": "禾光社工",
    "620103": "同行社工",
    "620104": "暖西社工",
    "620105": "桃李社工",
    "620111": "湟畔社工",
}
_PHONES: Final = (
    "华为 畅享 50",
    "红米 Note 11",
    "荣耀 Play6T",
    "vivo Y76s",
    "OPPO A96",
    "华为 nova 9",
    "小米 12X",
    "荣耀 X30",
)


class Someone(msgspec.Struct, frozen=True):
    """An account of the demo, its grants as (role, area), and its device."""

    id: UUID
    username: str
    name: str
    grants: tuple[tuple[Role, UUID], ...]
    device: UUID
    device_name: str
    platform: str


def staff(places: Sequence[Place]) -> dict[str, Someone]:
    """Everybody, by the name they sign in with. The same people every time."""
    hire = _Hire()
    districts = dict.fromkeys(place.district for place in places)
    for number, place in enumerate(places):
        agency = _AGENCIES[place.community.district]
        for seat in range(WORKERS_A_COMMUNITY):
            hire("worker", number * WORKERS_A_COMMUNITY + seat + 1, agency, Role.SOCIAL_WORKER, place.area)
    for number, place in enumerate(places, 1):
        community = place.community
        hire("supervisor", number, _AGENCIES[community.district], Role.SUPERVISOR, place.area)
        hire("community", number, community.name, Role.COMMUNITY_OFFICER, place.area)
        hire("street", number, community.street, Role.STREET_OFFICER, place.street)
        hire("child", number, f"{community.name}儿童主任", Role.CHILD_OFFICER, place.area)
        hire("coordinator", number, f"{community.name}志愿服务站", Role.VOLUNTEER_COORDINATOR, place.area)
    for number, district in enumerate(districts, 1):
        theirs = [place for place in places if place.district == district]
        agency = _AGENCIES[theirs[0].community.district]
        hire("district", number, "区民政局", Role.DISTRICT_OFFICER, district)
        hire("agency", number, agency, Role.AGENCY_MANAGER, *(place.area for place in theirs))
    city = places[0].city
    hire("city", 1, "市民政局", Role.CITY_OFFICER, city)
    hire("evaluator", 1, "第三方评估", Role.EVALUATOR, city)
    hire("admin", 1, "系统管理员", Role.ADMINISTRATOR, city)
    return hire.hired


class _Hire:
    """Gives each account a person and a device, nobody's name twice."""

    def __init__(self) -> None:
        self._chance = random.Random("staff")
        self._names: set[str] = set()
        self.hired: dict[str, Someone] = {}

    def __call__(self, job: str, number: int, office: str, role: Role, *areas: UUID) -> None:
        username = f"{job}{number:02}"
        is_in_field = job in ("worker", "supervisor", "child", "coordinator")
        self.hired[username] = Someone(
            id_made_at(MADE + timedelta(seconds=len(self.hired)), self._chance),
            username,
            f"{self._name()}（{office}）",
            tuple((role, area) for area in areas),
            id_made_at(MADE + timedelta(days=7, seconds=len(self.hired)), self._chance),
            self._chance.choice(_PHONES) if is_in_field else "办公电脑",
            "android" if is_in_field else "web",
        )

    def _name(self) -> str:
        sex = self._chance.choices((FEMALE, MALE), (68, 32))[0]
        while True:
            born = self._chance.randint(1978, 1998)
            name = full_name(self._chance, surname(self._chance, HAN), HAN, sex, born)
            if name not in self._names:
                self._names.add(name)
                return name
