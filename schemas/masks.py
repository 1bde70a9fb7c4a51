"""Masked forms: what is shown of a value to somebody who needs to know that it is there, and not more.

A mask is declared on a field. It says what is kept, and the masked form follows from that alone: two values
that agree on what is kept look the same. Where a value is not of the form that the mask expects, nothing is
kept of it. A field without a mask has no masked form, and is withheld entirely.

The server makes these forms for whoever reads online (access.md, Classes of fields); no phone ever holds one.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from schemas import resident_id
from schemas.forms import PHONE as PHONE_FORM
from schemas.forms import RESIDENT_ID as RESIDENT_ID_FORM
from schemas.values import Day, Kind, Text

WITHHELD: Any = object()
"""In place of a masked form: the field is not shown at all."""

STARS: Final = "**"


class Mask(msgspec.Struct, frozen=True):
    """A way to mask values. `name` is said in the catalogue; `kind`: what text it is for, None for any."""

    name: str
    form_of: Callable[[Any], Any]
    kind: type[Text] | type[Day] | None = None

    @property
    def is_whole(self) -> bool:
        """It hides nothing."""
        return self.form_of is _whole

    def fits(self, kind: Kind) -> bool:
        """Whether values of `kind` can be masked so."""
        return self.kind is None or isinstance(kind, self.kind)

    def form(self, value: Any) -> Any:
        """What is shown of `value`; WITHHELD where that is nothing. That there is no value is shown."""
        if value is None and self.form_of is not _nothing:
            return None
        if self.kind is not None and type(value) is not str:
            return WITHHELD
        return self.form_of(value)


def _whole(value: Any) -> Any:
    return value


def _nothing(_: Any) -> Any:
    return WITHHELD


# Compound surnames (复姓): those of 百家姓, and of 鲜卑 and 满 origin, that people bear now.
_COMPOUND: Final = """
    万俟 上官 东方 东郭 东门 乐正 亓官 令狐 仲孙 公冶 公孙 公羊 公良 公西 南宫 南门
    单于 叶赫 司寇 司徒 司空 司马 呼延 壤驷 夏侯 太叔 夹谷 子车 宇文 宗政 宰父 尉迟
    左丘 巫马 微生 慕容 拓跋 拓拔 诸葛 轩辕 长孙 闻人 闾丘 申屠 百里 皇甫 端木 第五
    纳兰 羊舌 谷梁 赫连 钟离 颛孙 鲜于 段干 欧阳 淳于 漆雕 澹台 濮阳 独孤 完颜 梁丘
    西门 贺兰 爱新觉罗
"""
_COMPOUND_SURNAMES: Final = frozenset(_COMPOUND.split())
# As people write the dot between the parts of a name of other nationalities.
_DOTS: Final = frozenset("·•‧・．.")


def _name(value: str) -> str:
    """The surname; of a name of several parts (阿依古丽·买买提), which begins with no surname, one character.

    Two characters that could be a compound surname may be a surname and a given name as well: one is kept.
    """
    name = value.strip()
    if not name or not name[0].isalpha():
        return STARS
    if _DOTS.isdisjoint(name):
        for length in (4, 2):
            if len(name) > length and name[:length] in _COMPOUND_SURNAMES:
                return name[:length] + STARS
    return name[0] + STARS


_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_LANDLINE: Final = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})-?[0-9]{7,8}", re.ASCII)


def _phone(value: str) -> str:
    """138****1234; of a landline the code of the city."""
    if _MOBILE.fullmatch(value) is not None:
        return f"{value[:3]}****{value[-4:]}"
    landline = _LANDLINE.fullmatch(value)
    return "****" if landline is None else f"{landline[1]}-****"


def _resident_id(value: str) -> str:
    """6201**********1234: province and city, and the end by which a clerk tells two papers apart."""
    if resident_id.matches(value) is None:
        return "*" * 18
    return f"{value[:4]}**********{value[-4:]}"


_CARD: Final = re.compile(r"[0-9]{15,19}", re.ASCII)


def _bank_card(value: str) -> str:
    """The last four digits, and nothing of how long the number is."""
    digits = value.replace(" ", "").replace("-", "")
    return "****" if _CARD.fullmatch(digits) is None else f"****{digits[-4:]}"


_PROVINCES: Final = (
    "北京市|天津市|上海市|重庆市|河北省|山西省|辽宁省|吉林省|黑龙江省|江苏省|浙江省|安徽省|福建省|江西省|山东省|河南省|湖北省|"
    "湖南省|广东省|海南省|四川省|贵州省|云南省|陕西省|甘肃省|青海省|台湾省|内蒙古自治区|广西壮族自治区|西藏自治区|宁夏回族自治区|"
    "新疆维吾尔自治区|香港特别行政区|澳门特别行政区"
)
# Cities of Gansu and districts of Lanzhou are known wherever they stand. Others count below a province or a
# city only: they might be the name of a compound (大都市, 福利区).
_CITIES: Final = (
    "兰州市|嘉峪关市|金昌市|白银市|天水市|武威市|张掖市|平凉市|酒泉市|庆阳市|定西市|陇南市|"
    "临夏回族自治州|甘南藏族自治州"
)
_DISTRICTS: Final = "城关区|七里河区|西固区|安宁区|红古区|永登县|皋兰县|榆中县"
# A letter of a name: none by which a road, a compound, a village or a house is told.
_L: Final = "(?:(?![路街巷弄号栋幢楼院室户村庄屯组队园苑市区县镇乡])[一-鿿])"
_DISTRICT: Final = f"{_L}{{1,5}}(?<![小社片校属厂矿营舍福利东西南北中新老生活])[区县]"
_UNITS: Final = re.compile(
    f"(?P<province>{_PROVINCES})?"
    f"(?P<city>{_CITIES}|(?(province){_L}{{2,3}}市|(?!)))?"
    f"(?P<district>{_DISTRICTS}|(?(city){_DISTRICT}|(?(province){_DISTRICT}|(?!))))?"
    f"(?:{_L}{{1,7}}[路街巷]?街道(?:办事处)?(?![路街巷])|(?(district){_L}{{1,5}}(?<![小古])[镇乡](?![路街巷])|(?!)))?"
    f"(?:{_L}{{1,7}}[路街巷]?社区)?"
)


def _address(value: str) -> str:
    """Down to street office and community, as far as they stand at the beginning; no road and no house."""
    found = _UNITS.match("".join(value.split()))
    return STARS if found is None else found[0] + STARS


_DAY: Final = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}", re.ASCII)


def _year(value: str) -> Any:
    day = _DAY.fullmatch(value)
    return WITHHELD if day is None else day[1]


NAME: Final = Mask("name", _name, Text)
ADDRESS: Final = Mask("address", _address, Text)
PHONE: Final = Mask("phone", _phone, Text)
RESIDENT_ID: Final = Mask("resident_id", _resident_id, Text)
BANK_CARD: Final = Mask("bank_card", _bank_card, Text)
YEAR: Final = Mask("year", _year, Day)
WHOLE: Final = Mask("whole", _whole)
"""For what tells nobody by itself who somebody is, and is what the work is planned by."""
NOTHING: Final = Mask("nothing", _nothing)
"""Withheld, and decided to be."""

_OF_FORM: Final = {PHONE_FORM.name: PHONE, RESIDENT_ID_FORM.name: RESIDENT_ID}


def mask_by_form(kind: Kind) -> Mask | None:
    """The mask of a value whose written form says what it is; None where that has to be declared."""
    return _OF_FORM.get(kind.form.name) if isinstance(kind, Text) and kind.form is not None else None
