"""Where the pilot works: Lanzhou, its five districts, and in ten streets ten communities.

The plan has them in 城关 3, 七里河 2, 西固 2, 安宁 2 and 红古 1.

City and districts carry their real codes (GB/T 2260). Districts, streets and roads are public geography. The
communities are made up, and so are the codes of streets and communities: they take the numbers 901 and up,
which the statistical code leaves unused, so that none is taken for a real one.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from service.access.areas import NewArea
from service.demo.ids import id_made_at
from service.demo.names import DONGXIANG, HAN, HUI, TIBETAN

CITY: Final = ("620100", "兰州市")
DISTRICTS: Final = {
    "620102": "城关区",
    "620103": "七里河区",
    "620104": "西固区",
    "620105": "安宁区",
    "620111": "红古区",
}
MADE: Final = datetime(2022, 8, 30, 1, 0, tzinfo=UTC)  # the end of the plan's preparation


class Estate(NamedTuple):
    """A housing estate or a village group, where doors are numbered in one way.

    `road` is empty for a village group. `blocks`: how many buildings of `floors`, 0 for houses.
    """

    road: str
    name: str
    blocks: int = 0
    floors: int = 6
    housing: str = "owned"


class Community(NamedTuple):
    """A pilot community as its workers know it.

    `centre`: longitude and latitude. `is_rural`: its families live from land or from work away.
    """

    name: str
    street: str
    district: str
    estates: tuple[Estate, ...]
    nationalities: dict[str, int]
    industry: str
    centre: tuple[float, float]
    is_rural: bool = False


_MOSTLY_HAN: Final = {HAN: 93, HUI: 6, TIBETAN: 1}

COMMUNITIES: Final = (
    Community(
        "水北门社区",
        "临夏路街道",
        "620102",
        (
            Estate("临夏路", "水北门小区", 9, 7),
            Estate("永昌路", "永昌里家属院", 5, 6),
            Estate("中山路", "桥门小区", 4, 18),
            Estate("新关街", "新关平房区"),
        ),
        {HAN: 62, HUI: 33, DONGXIANG: 4, TIBETAN: 1},
        "原兰州皮革厂",
        (103.813, 36.06),
    ),
    Community(
        "团新东社区",
        "团结新村街道",
        "620102",
        (
            Estate("定西路", "省建家属院", 8, 6),
            Estate("和政东街", "和政小区", 6, 7),
            Estate("天水南路", "铁路新村", 12, 6),
            Estate("团结新村", "团新廉租小区", 3, 18, "public_rental"),
        ),
        _MOSTLY_HAN,
        "省建公司",
        (103.853, 36.047),
    ),
    Community(
        "碱水沟社区",
        "青白石街道",
        "620102",
        (
            Estate("", "碱水沟一社"),
            Estate("", "碱水沟二社"),
            Estate("", "碱水沟三社"),
            Estate("北环路", "青白石安置小区", 6, 11, "resettlement"),
        ),
        {HAN: 97, HUI: 3},
        "白兰瓜地",
        (103.905, 36.082),
        is_rural=True,
    ),
    Community(
        "柏树台社区",
        "西园街道",
        "620103",
        (
            Estate("西园街", "柏树台平房区"),
            Estate("西津东路", "小西湖家属院", 7, 6),
            Estate("硷沟沿路", "硷沟沿自建房"),
            Estate("文化宫路", "文化宫小区", 4, 14),
        ),
        {HAN: 34, HUI: 41, DONGXIANG: 24, TIBETAN: 1},
        "小西湖市场",
        (103.79, 36.06),
    ),
    Community(
        "坪西社区",
        "晏家坪街道",
        "620103",
        (
            Estate("晏家坪", "兰石坪西家属院", 14, 5),
            Estate("晏家坪二村", "坪西二村", 9, 6),
            Estate("武威路", "坪西公租房小区", 4, 24, "public_rental"),
        ),
        _MOSTLY_HAN,
        "兰石厂",
        (103.77, 36.035),
    ),
    Community(
        "福东社区",
        "福利路街道",
        "620104",
        (
            Estate("福利东路", "兰化福东家属区", 18, 5),
            Estate("玉门街", "玉门街小区", 8, 7),
            Estate("合水路", "合水路高层", 3, 26),
        ),
        _MOSTLY_HAN,
        "兰化公司",
        (103.625, 36.102),
    ),
    Community(
        "官营社区",
        "陈坪街道",
        "620104",
        (
            Estate("西固东路", "官营家属院", 7, 6),
            Estate("陈官营", "陈官营自建房"),
            Estate("环行东路", "官营安置小区", 5, 17, "resettlement"),
        ),
        {HAN: 88, HUI: 9, DONGXIANG: 3},
        "兰铝机修厂",
        (103.662, 36.093),
    ),
    Community(
        "驿前社区",
        "沙井驿街道",
        "620105",
        (
            Estate("沙井驿", "砖瓦厂家属院", 10, 4),
            Estate("安宁西路", "驿前小区", 6, 7),
            Estate("沙井驿", "驿前平房区"),
        ),
        _MOSTLY_HAN,
        "沙井驿砖瓦厂",
        (103.64, 36.125),
    ),
    Community(
        "桃林社区",
        "安宁堡街道",
        "620105",
        (
            Estate("", "桃林一社"),
            Estate("", "桃林二社"),
            Estate("建宁西路", "桃林安置小区", 8, 11, "resettlement"),
            Estate("安宁堡", "仁寿山家属院", 4, 6),
        ),
        {HAN: 96, HUI: 4},
        "桃园",
        (103.69, 36.125),
        is_rural=True,
    ),
    Community(
        "川口社区",
        "花庄镇",
        "620111",
        (
            Estate("", "川口一社"),
            Estate("", "川口二社"),
            Estate("", "川口三社"),
            Estate("花庄路", "湟水小区", 5, 6),
        ),
        {HAN: 89, HUI: 9, TIBETAN: 2},
        "窑街煤矿",
        (103.062, 36.232),
        is_rural=True,
    ),
)


class Place(NamedTuple):
    """A community with its area and those above it."""

    area: UUID
    street: UUID
    district: UUID
    city: UUID
    community: Community


def areas() -> tuple[list[NewArea], list[Place]]:
    """All areas of the pilot, and the ten places, in the plan's order. The same ids every time."""
    chance = random.Random("lanzhou")
    code, name = CITY
    city = NewArea(id_made_at(MADE, chance), None, "city", code, name)
    made = [city]
    districts: dict[str, NewArea] = {}
    for code, name in DISTRICTS.items():
        districts[code] = NewArea(id_made_at(MADE, chance), city.id, "district", code, name)
    made += districts.values()
    places = []
    numbers = dict.fromkeys(DISTRICTS, 900)
    for community in COMMUNITIES:
        district = districts[community.district]
        numbers[community.district] += 1
        code = f"{community.district}{numbers[community.district]}"
        street = NewArea(id_made_at(MADE, chance), district.id, "street", code + "000", community.street)
        area = NewArea(id_made_at(MADE, chance), street.id, "community", code + "901", community.name)
        made += [street, area]
        places.append(Place(area.id, street.id, district.id, city.id, community))
    return made, places


class Home(NamedTuple):
    """Where a family lives. `housing`: how the homes of the estate are held."""

    address: str
    housing: str
    is_house: bool


def homes_of(chance: random.Random, community: Community) -> Iterator[Home]:
    """Endlessly a home whose address was not given yet."""
    given: set[str] = set()
    while True:
        estate = chance.choices(community.estates, [each.blocks or 5 for each in community.estates])[0]
        address = f"{estate.road}{estate.name}{_door(chance, estate)}"
        if address not in given:
            given.add(address)
            yield Home(address, estate.housing, not estate.blocks)


def _door(chance: random.Random, estate: Estate) -> str:
    if not estate.blocks:
        return f"{chance.randint(1, 160)}号"
    block = chance.randint(1, estate.blocks)
    floor = chance.randint(1, estate.floors)
    if estate.floors > 9:
        return f"{block}号楼{floor}{chance.randint(1, 8):02}室"
    return f"{block}号楼{chance.randint(1, 4)}单元{floor}0{chance.randint(1, 2)}"
