"""How names are read, by the dictionary that is installed."""

import pytest

from schemas.duplicates.sounds import sound_alike, sounds_of
from service.duplicates.readings import readings


@pytest.mark.parametrize(
    ("character", "syllables"),
    [
        ("王", {"wang"}),
        ("单", {"dan", "chan", "shan"}),
        ("曾", {"ceng", "zeng"}),
        ("解", {"jie", "xie"}),
        ("仇", {"chou", "qiu"}),
        ("乐", {"le", "yue"}),
        ("吕", {"lv"}),
        ("A", set()),
        ("·", set()),
        ("9", set()),
    ],
)
def test_a_character_is_read_as_it_is_in_names(character: str, syllables: set[str]) -> None:
    assert readings(character) == syllables


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("王小明", "王晓铭", True),
        ("陈志强", "程子祥", False),  # qiang is not xiang
        ("陈志强", "程子强", True),
        ("牛兰英", "刘兰英", True),
        ("宁建国", "林建国", True),
        ("马文娟", "马雯娟", True),
        ("王建国", "于建国", False),
        ("买买提·吐尔逊", "买买提吐尔逊", True),
    ],
)
def test_names_that_are_heard_as_one_in_lanzhou_sound_alike(one: str, other: str, is_alike: bool) -> None:
    assert sound_alike(sounds_of(one, readings), sounds_of(other, readings)) is is_alike
