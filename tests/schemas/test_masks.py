"""What a masked form shows: what its mask keeps, and of the rest nothing."""

from datetime import date
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.declare import LATEST, Field, Record, WrongDeclaration, field
from schemas.masks import (
    ADDRESS,
    BANK_CARD,
    NAME,
    NOTHING,
    PHONE,
    RESIDENT_ID,
    WHOLE,
    WITHHELD,
    YEAR,
    Mask,
)
from schemas.privacy import Privacy
from schemas.resident_id import with_check_digit

META: Any = type(Record)
MASKS = [NAME, ADDRESS, PHONE, RESIDENT_ID, BANK_CARD, YEAR, NOTHING]

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
digits = st.characters(min_codepoint=0x30, max_codepoint=0x39)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=40)
    | st.lists(st.text(max_size=5), max_size=3)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
)


def numbers(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(digits, min_size=least, max_size=most or least)


def test_every_field_that_some_see_masked_says_how() -> None:
    undecided = [
        f"{declared.collection}.{each.name}"
        for declared in COLLECTIONS.values()
        for each in declared.fields.values()
        if each.privacy in (Privacy.BASIC, Privacy.IDENTITY) and each.mask is None
    ]
    assert not undecided, f"declare mask=… (NOTHING withholds it): {undecided}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张**"),
        ("张小三丰", "张**"),
        ("张", "张**"),
        (" 张三 ", "张**"),
        ("欧阳修", "欧阳**"),
        ("欧阳震华", "欧阳**"),
        ("爱新觉罗溥杰", "爱新觉罗**"),
        ("阿依古丽·买买提", "阿**"),
        ("司马义·买买提", "司**"),
        ("马·穆罕默德", "马**"),
        ("John Smith", "J**"),
        ("13800001234", "**"),
    ],
)
def test_of_a_name_the_surname_is_shown(name: str, shown: str) -> None:
    assert NAME.form(name) == shown


def test_a_name_of_two_characters_is_not_taken_for_a_compound_surname() -> None:
    assert NAME.form("欧阳") == "欧**"


@given(han, st.text(han, min_size=1, max_size=3), st.text(han, min_size=1, max_size=3))
def test_the_given_name_changes_nothing(surname: str, one: str, other: str) -> None:
    compound = (len(NAME.form(surname + name)) > 3 for name in (one, other))
    if not any(compound):
        assert NAME.form(surname + one) == NAME.form(surname + other)


@given(st.text(han, min_size=1, max_size=3), st.text(han, min_size=1, max_size=3))
def test_after_a_compound_surname_it_changes_nothing_either(one: str, other: str) -> None:
    assert NAME.form("诸葛" + one) == NAME.form("诸葛" + other) == "诸葛**"


@given(st.text(max_size=30))
def test_a_name_never_shows_more_than_a_surname(name: str) -> None:
    shown = NAME.form(name)
    kept = shown.removesuffix("**")
    assert shown.endswith("**")
    assert name.strip().startswith(kept)
    assert len(kept) <= 1 or (len(kept) in (2, 4) and len(kept) < len(name.strip()))


@given(st.sampled_from(["138", "139", "186"]), numbers(4), numbers(4), numbers(4))
def test_the_middle_of_a_mobile_number_changes_nothing(head: str, one: str, other: str, end: str) -> None:
    assert PHONE.form(head + one + end) == PHONE.form(head + other + end) == f"{head}****{end}"


@given(
    st.sampled_from(["010", "020", "0931", "0937"]), st.sampled_from(["-", ""]), numbers(7, 8), numbers(7, 8)
)
def test_of_a_landline_only_the_city_is_shown(code: str, dash: str, one: str, other: str) -> None:
    assert PHONE.form(code + dash + one) == PHONE.form(code + other) == f"{code}-****"


@given(numbers(1, 10))
def test_of_any_other_number_nothing_is_shown(number: str) -> None:
    assert PHONE.form(number) in ("****", f"{number[:3]}-****", f"{number[:4]}-****")
    assert RESIDENT_ID.form(number) == "*" * 18
    assert BANK_CARD.form(number) == "****"


births = st.dates(date(1900, 1, 1), date(2026, 1, 1))


@given(births, births, numbers(2), numbers(2))
def test_of_a_resident_id_the_ten_digits_with_the_birth_date_are_hidden(
    one: date, other: date, place: str, another: str
) -> None:
    shown = {
        RESIDENT_ID.form(f"6201{where}{day:%Y%m%d}1234") for day in (one, other) for where in (place, another)
    }
    assert shown == {"6201**********1234"}


@given(births)
def test_a_resident_id_keeps_its_length(born: date) -> None:
    shown = RESIDENT_ID.form(with_check_digit(f"600000{born:%Y%m%d}123"))
    assert len(shown) == 18
    assert f"{born:%Y%m%d}" not in shown


@given(numbers(11, 15), numbers(11, 15), numbers(4))
def test_of_a_bank_card_the_last_four_digits_are_shown(one: str, other: str, end: str) -> None:
    assert BANK_CARD.form(one + end) == BANK_CARD.form(other + end) == f"****{end}"
    assert BANK_CARD.form(f"6222 {one} {end}"[:30]) in (f"****{end}", "****")


units = st.sampled_from(
    [
        "兰州市七里河区",
        "甘肃省兰州市七里河区",
        "兰州市七里河区西湖街道",
        "西湖街道",
        "甘肃省兰州市城关区西津路街道雁滩社区",
        "西津东路社区",
        "榆中县和平镇",
        "四川省成都市武侯区玉林街道玉林北路社区",
        "新疆维吾尔自治区喀什市",
        "北京市朝阳区",
    ]
)
# How a house is told, after the last unit.
tails = st.builds(
    lambda name, word, number, rest: f"{name}{word} {number} {rest}",
    st.sampled_from(["西津", "建国", "金城", "袁家营", "阳光"]),
    st.sampled_from(["路", "大街", "巷", "小区", "花园", "家园", "新村", "家属院", "号楼", "东区", "村"]),
    numbers(1, 3),
    st.sampled_from(["", "号", "单元 502", "-2-301 张三家", "社区门口"]),
)


@given(units, tails, tails)
def test_of_an_address_only_street_office_and_community_are_shown(unit: str, one: str, other: str) -> None:
    assert ADDRESS.form(unit + one) == ADDRESS.form(unit + other) == f"{unit}**"


@given(tails)
def test_an_address_that_names_no_unit_is_hidden_whole(tail: str) -> None:
    assert ADDRESS.form(tail) == "**"


@pytest.mark.parametrize(
    "address",
    [
        "大都市花园 5 号",
        "福利区 12 号",
        "金城小区",
        "西津东路西湖社区",
        "水墨丹霞小镇 3-2",
        "甲街一号",
        "7 号",
    ],
)
def test_what_might_be_the_name_of_a_compound_or_a_road_is_hidden(address: str) -> None:
    assert ADDRESS.form(address) == "**"


def test_blanks_in_an_address_make_no_difference() -> None:
    assert ADDRESS.form("兰州市 七里河区 西湖街道 12 号") == "兰州市七里河区西湖街道**"


@given(st.text(max_size=60))
def test_an_address_never_shows_a_digit_or_a_road(address: str) -> None:
    kept = ADDRESS.form(address).removesuffix("**")
    assert "".join(address.split()).startswith(kept)
    assert not any(letter.isdigit() for letter in kept)
    assert not kept or kept.endswith(("省", "市", "区", "县", "州", "街道", "办事处", "镇", "乡", "社区"))


@given(births, births)
def test_of_a_day_the_year_is_shown(one: date, other: date) -> None:
    assert YEAR.form(one.isoformat()) == f"{one:%Y}"
    if one.year == other.year:
        assert YEAR.form(one.isoformat()) == YEAR.form(other.isoformat())


@given(values, values)
def test_of_what_is_withheld_not_even_whether_there_is_a_value_is_shown(one: Any, other: Any) -> None:
    assert NOTHING.form(one) is NOTHING.form(other) is WITHHELD


@given(st.sampled_from([each for each in MASKS if each is not NOTHING]), values)
def test_a_value_that_is_no_such_thing_is_withheld(mask: Mask, value: Any) -> None:
    if value is not None and not isinstance(value, str):
        assert mask.form(value) is WITHHELD


def test_that_there_is_no_value_is_shown() -> None:
    assert NAME.form(None) is None


@given(values)
def test_what_tells_nobody_is_shown_as_it_is(value: Any) -> None:
    assert WHOLE.is_whole
    assert WHOLE.form(value) == value


def one_field(annotation: Any) -> Field:
    body = {"__annotations__": {"it": annotation}, "__doc__": "One."}
    made: Any = META("One", (Record,), body, collection="one", zh="一", en="One")
    found: Field = made.declaration.fields["it"]
    return found


def test_a_mask_for_another_kind_of_value_does_not_come_through_import() -> None:
    day: Any = Annotated[date, field("日", "Day", privacy=Privacy.BASIC, merge=LATEST, mask=NAME)]
    with pytest.raises(WrongDeclaration, match="mask"):
        one_field(day)


def test_the_written_form_of_a_number_tells_its_mask() -> None:
    assert COLLECTIONS["person"].fields["resident_id"].mask is RESIDENT_ID
    assert COLLECTIONS["person"].fields["phone"].mask is PHONE


def test_a_new_field_has_no_masked_form() -> None:
    text: Any = Annotated[str, field("字", "Text", privacy=Privacy.BASIC, merge=LATEST)]
    assert one_field(text).mask is None
