"""When two records may be of one person: what counts, how much, and what counts against it."""

from datetime import date
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.duplicates.likeness import LIKENESS, WORTH_A_LOOK, Known, compared, nearly_same_day, same_place
from schemas.duplicates.pairs import MOST_ALIKE, alike
from schemas.duplicates.sounds import folded, sound_alike, sounds_of

READINGS = {
    "王": ("wang",),
    "黄": ("huang",),
    "小": ("xiao",),
    "晓": ("xiao",),
    "明": ("ming",),
    "敏": ("min",),
    "李": ("li",),
    "丽": ("li",),
    "倪": ("ni",),
    "娜": ("na",),
    "兰": ("lan",),
    "单": ("dan", "shan"),
    "山": ("shan",),
    "三": ("san",),
}
"""Of the characters of these tests, as a dictionary gives them."""


def named(name: str, **more: Any) -> Known:
    return Known(name=name, sounds=sounds_of(name, lambda each: READINGS.get(each, ())), **more)


BORN = date(1956, 3, 12)
HOME = "建兰路12号3单元501"
WANG = named("王小明", sex="1", birth_date=BORN, address=HOME, resident_id=b"one", phone=b"phone")


def rules(one: Known, other: Known) -> list[str]:
    return [each.rule for each in compared(one, other).evidence]


@pytest.mark.parametrize(
    ("heard", "as_if"),
    [
        ("zhang", "zan"),
        ("zan", "zan"),
        ("chen", "cen"),
        ("cheng", "cen"),
        ("shi", "si"),
        ("nan", "lan"),
        ("lang", "lan"),
        ("nv", "lv"),
        ("ming", "min"),
        ("liang", "lian"),
        ("guang", "guan"),
        ("hong", "hong"),
        ("feng", "fen"),
        ("hui", "hui"),
    ],
)
def test_syllables_that_are_not_told_apart_here_count_as_one(heard: str, as_if: str) -> None:
    assert folded(heard) == as_if


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("王小明", "王晓明", True),
        ("王小明", "王小敏", True),
        ("倪娜", "李兰", False),  # na is not lan
        ("倪丽", "李丽", True),
        ("单三", "山三", True),
        ("单三", "三山", True),  # with z c s for zh ch sh all four syllables are one
        ("王明", "王小明", False),
        ("王小明", "黄小明", False),
        ("王 小明", "王·小明", True),
        ("Li Na", "li na", True),
        ("", "", False),
    ],
)
def test_names_sound_alike_or_not(one: str, other: str, is_alike: bool) -> None:
    assert sound_alike(named(one).sounds, named(other).sounds) is is_alike


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (HOME, "建兰路 12 号 3 单元 501", True),
        (HOME, "建兰路１２号３单元５０１", True),
        (HOME, "甘肃省兰州市七里河区建兰路12号3单元501", True),
        (HOME, "建兰路12号3单元502", False),
        ("3单元501", HOME, True),
        ("501", HOME, False),
        ("二组", "二组", True),
    ],
)
def test_an_address_is_one_however_much_of_it_is_written(one: str, other: str, is_one: bool) -> None:
    assert same_place(one, other) is same_place(other, one) is is_one


@pytest.mark.parametrize(
    ("other", "is_near"),
    [
        (BORN, False),
        (date(1956, 3, 13), True),
        (date(1957, 3, 12), True),
        (date(1956, 12, 3), True),
        (date(1956, 3, 21), False),  # two digits
        (date(1957, 12, 3), False),
    ],
)
def test_a_day_is_nearly_another_by_one_slip(other: date, is_near: bool) -> None:
    assert nearly_same_day(BORN, other) is nearly_same_day(other, BORN) is is_near


# What an office would look into, and what it would not.
WORTH = [
    (named("王小明", resident_id=b"one"), named("黄兰", resident_id=b"one", sex="2", birth_date=BORN), 170),
    (named("王小明", birth_date=BORN), named("王晓明", birth_date=BORN), 70),
    (named("王小明", address=HOME), named("王小明", address=HOME), 65),
    (named("王小明", phone=b"p"), named("王小明", phone=b"p"), 65),
    (named("王小明", birth_date=BORN), named("王小明", birth_date=date(1957, 3, 12)), 60),
    (named("王晓明", address=HOME, phone=b"p"), named("王小明", address=HOME, phone=b"p"), 80),
]
NOT_WORTH = [
    (named("王小明"), named("王小明"), 40),
    (named("王晓明", phone=b"p"), named("王小明", phone=b"p"), 55),
    # Twins, father and son, two of one number of whom one was mistyped.
    (named("王小明", birth_date=BORN, address=HOME), named("王兰", birth_date=BORN, address=HOME), 35),
    (
        named("王小明", birth_date=BORN, address=HOME, phone=b"p"),
        named("王晓明", birth_date=date(1980, 6, 1), address=HOME, phone=b"p"),
        40,
    ),
    (
        named("王小明", birth_date=BORN, address=HOME, resident_id=b"one"),
        named("王小明", birth_date=BORN, address=HOME, resident_id=b"two"),
        5,
    ),
    (named("王小明", birth_date=BORN, sex="1"), named("王小明", birth_date=BORN, sex="2"), 40),
    (
        named("王小明", birth_date=BORN, address=HOME, phone=b"p"),
        named("黄兰", birth_date=date(1956, 12, 3), address=HOME, phone=b"p"),
        40,
    ),
    (named("王小明"), named("黄兰"), -30),
]


@pytest.mark.parametrize(("one", "other", "points"), [*WORTH, *NOT_WORTH])
def test_what_speaks_for_one_person_is_weighed(one: Known, other: Known, points: int) -> None:
    assert compared(one, other).points == points
    assert compared(one, other).is_worth_a_look is ((one, other, points) in WORTH)


def test_the_evidence_says_what_it_rests_on() -> None:
    other = named("王晓明", birth_date=BORN, resident_id=b"one")
    said = compared(WANG, other).evidence
    assert [each.zh for each in said] == ["身份证号相同", "姓名读音相同：王小明/王晓明", "出生日期相同"]
    assert [each.en for each in said] == [
        "The same ID number",
        "Names that sound alike: 王小明/王晓明",
        "Born on the same day",
    ]


def test_a_sex_that_is_not_known_or_not_said_speaks_against_nobody() -> None:
    for said in ("0", "9", None):
        assert "other_sex" not in rules(WANG, msgspec.structs.replace(WANG, sex=said))


def test_an_id_number_that_both_have_is_enough_whatever_else_differs() -> None:
    against = [each.points for each in LIKENESS if each.points < 0 and each.rule != "other_resident_id"]
    (certain,) = [each.points for each in LIKENESS if each.rule == "same_resident_id"]
    assert certain + sum(against) >= WORTH_A_LOOK


DAYS = st.sampled_from([None, BORN, date(1956, 12, 3), date(1957, 3, 12), date(1980, 6, 1)])
PEOPLE = st.builds(
    named,
    st.sampled_from(["王小明", "王晓明", "王小敏", "王明", "单三", "三山", "倪丽", "李丽"]),
    sex=st.sampled_from([None, "0", "1", "2"]),
    birth_date=DAYS,
    address=st.sampled_from([None, HOME, f"七里河区{HOME}", "二组"]),
    resident_id=st.sampled_from([None, b"one", b"two"]),
    phone=st.sampled_from([None, b"p", b"q"]),
)


@given(PEOPLE, PEOPLE)
def test_who_comes_first_makes_no_difference(one: Known, other: Known) -> None:
    assert compared(one, other).points == compared(other, one).points
    assert rules(one, other) == rules(other, one)


@given(PEOPLE, PEOPLE)
def test_what_one_may_not_read_is_as_if_it_were_not_known(one: Known, other: Known) -> None:
    for field in ("resident_id", "phone"):
        hidden = [msgspec.structs.replace(each, **{field: None}) for each in (one, other)]
        half = compared(hidden[0], other), compared(one, hidden[1])
        assert half[0] == half[1] == compared(*hidden)


@given(st.lists(PEOPLE, max_size=12))
def test_nobody_who_is_worth_a_look_is_overlooked(people: list[Known]) -> None:
    known = dict(enumerate(people))
    found = {(one, other) for one, other, _ in alike(known)}
    assert found == {
        (a, b) for a, b in combinations(known, 2) if compared(known[a], known[b]).is_worth_a_look
    }


def test_the_most_alike_come_first() -> None:
    known = {1: named("王晓明", birth_date=BORN), 2: WANG, 3: named("王小明", birth_date=BORN)}
    assert [(one, other) for one, other, _ in alike(known)] == [(2, 3), (1, 2), (1, 3)]


def test_what_a_great_many_share_makes_nobody_be_compared() -> None:
    crowd: dict[int, Known] = {
        number: named(f"{number:03}", birth_date=date(1960, 1, 1), resident_id=b"one")
        for number in range(MOST_ALIKE + 1)
    }
    assert alike(crowd) == []
    del crowd[0]
    assert len(alike(crowd)) == MOST_ALIKE * (MOST_ALIKE - 1) // 2
