"""Which passwords may be chosen, and that all ways to choose one ask the same rules."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.auth.common_passwords import is_common
from service.auth.password_rules import MIN_LENGTH, problems_in_password
from service.auth.passwords import MAX_LENGTH
from service.demo.password import made_up_password
from tests.world import PASSWORD, World

NAMES = ("zhang.wei", "张伟")
ODD = "niuroumian under the bridge"


def codes(password: str) -> list[str]:
    return [problem.code for problem in problems_in_password(password, names=NAMES)]


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        ODD,
        "三个苹果在河边唱歌跳舞睡觉吃饭",
        "qjf mzn wbl kxd ovr",
        "8316 0472 9951 3",
        "only small letters and spaces",
        "the river under lanzhou in 2026",
        "x" + "长城内外" * 16 + "y!",
    ],
)
def test_what_nobody_expects_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize(
    "password",
    [
        "password12345678",
        "Passw0rd!Passw0rd",
        "P@$$w0rd20261120",
        "qwertyuiopasdfghjkl",
        "1qaz2wsx3edc4rfv",
        "q1w2e3r4t5y6u7i8",
        "!QAZ@WSX#EDC$RFV",
        "123456789987654321",
        "aaaaaaaaaaaaaaaaaaaa",
        "122333444455555",
        "x7Kq!x7Kq!x7Kq!",
        "Lanzhou@2026shegong",
        "liandong20261120",
        "联动联动联动联动联动联动联动联动",
        "woaini1314woaini",
        "我爱你中国1234567890",
        "WelcomeToLanzhou2026",
        "zhangwei19900101",
        "Zhang.Wei.2026!!!",
        "张伟zhang.wei2026",
        "ｐａｓｓｗｏｒｄ１２３４５６７８",
    ],
)
def test_what_everybody_thinks_of_is_refused(password: str) -> None:
    assert codes(password) == ["too-common"]


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("Xq9!mZ4#kW", ["too-short"]),
        ("ﬃ ﬃ qjxw vk zb", []),  # 15 as it counts: one letter stands for three
        ("e\u0301" * 14, ["too-short"]),  # 28 as it is sent, 14 as it counts
        ("nobody would guess " * 54, ["too-long"]),
        (ODD * 4, ["too-common"]),
    ],
)
def test_length_counts_as_it_is_hashed(password: str, expected: list[str]) -> None:
    assert codes(password) == expected


@given(st.text(st.characters(codec="utf-8"), min_size=64, max_size=120))
def test_a_long_password_is_refused_only_for_being_common(password: str) -> None:
    assert (
        codes(password) in ([], ["too-common"]) or len(unicodedata.normalize("NFKC", password)) > MAX_LENGTH
    )


@given(st.text(max_size=40), st.lists(st.text(max_size=12), max_size=2))
def test_every_password_is_decided_and_capitals_change_nothing(password: str, names: list[str]) -> None:
    assert is_common(password, names) == is_common(password.casefold(), [name.casefold() for name in names])


@given(st.lists(st.sampled_from(["lanzhou", "2026", "mima", "!"]), min_size=1, max_size=3))
def test_nothing_made_of_three_expected_pieces_is_taken(pieces: list[str]) -> None:
    assert is_common("".join(pieces))


def test_passwords_that_are_made_up_for_people_may_be_chosen() -> None:
    assert all(not problems_in_password(made_up_password()) for _ in range(200))


def test_the_least_length_is_what_the_standard_asks_of_a_password_alone() -> None:
    assert MIN_LENGTH == 15


async def test_a_password_with_ones_own_name_is_refused_when_one_chooses_it(world: World) -> None:
    phone = await world.sign_in(await world.make_account(username="niuroumian.hao"))
    answer = await phone.post(
        "/api/v1/auth/password", json={"old_password": PASSWORD, "new_password": "Niuroumian.Hao2026!"}
    )
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/new_password", "too-common")


async def test_an_administrator_cannot_give_a_common_password(world: World) -> None:
    area = await world.make_area("district")
    admin = await world.sign_in(await world.make_account("administrator", area))
    worker = await world.make_account("social_worker", area, username="niuroumian")
    new_account = {
        "username": "gancao",
        "name": "甘草",
        "grants": [{"role": "social_worker", "area": str(area)}],
        "password": "gancao@lanzhou2026",
    }
    answers = [
        await admin.post(
            f"/api/v1/admin/accounts/{worker.id}/password", json={"password": "niuroumian20261120"}
        ),
        await admin.post("/api/v1/admin/accounts", json=new_account),
    ]
    assert [(answer.status_code, answer.json()["errors"][0]["code"]) for answer in answers] == [
        (422, "too-common")
    ] * 2


async def test_whose_password_may_not_be_set_is_refused_before_the_password_is(world: World) -> None:
    area = await world.make_area("district")
    admin = await world.sign_in(await world.make_account("administrator", area))
    answer = await admin.post(
        f"/api/v1/admin/accounts/{UUID(int=1)}/password", json={"password": "password12345678"}
    )
    assert answer.status_code == 404
