"""Income a head against a line: to the fen, and where the file does not tell, not at all."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aid.circumstances import Circumstances
from schemas.aid.facts import FACTS
from schemas.aid.income import Income, Sum, income_of
from schemas.aid.means import IncomeKind
from schemas.aid.standards import COUNTED_INCOME, INCOME_LINES
from tests.schemas.aid import DAY, LINE_FEN, entered, family, figures, household, line, person, verdict

TWO = (person(), person())

# 国务院令第649号第九条: below the line. 民发〔2021〕57号第八条: below one and a half times the line.
GOLDEN = [
    # income of two people (fen), minimum living allowance, edge family
    (0, "may_apply", "does_not_apply"),
    (2 * LINE_FEN - 1, "may_apply", "does_not_apply"),
    (2 * LINE_FEN, "does_not_apply", "may_apply"),
    (2 * LINE_FEN + 1, "does_not_apply", "may_apply"),
    (3 * LINE_FEN - 1, "does_not_apply", "may_apply"),
    (3 * LINE_FEN, "does_not_apply", "does_not_apply"),
    (3 * LINE_FEN + 1, "does_not_apply", "does_not_apply"),
]


@pytest.mark.parametrize(("income", "minimum", "edge"), GOLDEN)
def test_exactly_at_a_line_is_not_below_it(income: int, minimum: str, edge: str) -> None:
    of = family(household(("wages", income), members=2), *TWO, assets_within_limits=True)
    with entered(line()):
        found = [verdict(what, of).answer.code for what in ("minimum_living", "edge")]
    assert found == [minimum, edge]


def test_without_the_offices_line_nobody_is_told_that_they_are_below_it() -> None:
    of = family(household(("wages", 1)), *TWO, assets_within_limits=True)
    found = verdict("minimum_living", of)
    assert found.answer.code == "cannot_be_told"
    assert [each.what for each in found.missing if each.by_office] == ["minimum_lines.620102_urban"]


def test_a_family_that_does_not_say_which_line_applies_is_asked() -> None:
    of = family(household(("wages", 1), kind=None), *TWO, assets_within_limits=True)
    with entered(line()):
        assert "household.kind" in [each.what for each in verdict("minimum_living", of).missing]


def test_town_and_country_have_a_line_each() -> None:
    rural = figures("minimum_lines", **{"620102_urban": 80_000, "620102_rural": 50_000})
    with entered(rural):
        for kind, answer in (("urban", "may_apply"), ("rural", "does_not_apply")):
            of = family(household(("wages", 60_000), kind=kind), person(), assets_within_limits=True)
            assert verdict("minimum_living", of).answer.code == answer


def test_the_line_of_the_day_counts() -> None:
    rows = b"""
[[figure]]
key = "620102_urban"
value = 70000
source = "2025"

[[figure]]
key = "620102_urban"
value = 80000
source = "2026"
since = 2026-07-01
"""
    of = family(household(("wages", 75_000), month="2026-06"), person(), assets_within_limits=True)
    with entered({"minimum_lines.toml": rows}):
        before, after = (verdict("minimum_living", of, date(2026, *day)) for day in ((6, 30), (7, 1)))
    assert (before.answer.code, after.answer.code) == ("does_not_apply", "may_apply")


# Which kinds count by which paper is in the table; here once more, by hand.
COUNTS = {
    "wages": 100,
    "business": 100,
    "property": 100,
    "pension": 100,
    "support": 100,
    "unemployment": 100,
    "other": 100,
    "assistance": 0,  # 57号: 政府发放的各类社会救助款物
    "preferential": 0,  # 57号: 优待抚恤金
    "reward": 0,  # 57号: 奖学金、见义勇为等奖励性补助
    "disability": 0,  # 国发〔2015〕52号
    "old_age": None,
    "allowance": None,
}


@pytest.mark.parametrize("kind", [kind for kind in IncomeKind if kind is not IncomeKind.BASIC_PENSION])
def test_kinds_of_income_count_as_the_papers_say(kind: IncomeKind) -> None:
    assert COUNTED_INCOME.value_of(kind.code, DAY) == COUNTS[kind.code]


@pytest.mark.parametrize(("day", "counts"), [(date(2025, 12, 31), 0), (date(2026, 1, 1), None)])
def test_the_basic_pension_is_left_out_to_the_end_of_2025_and_then_the_office_says(
    day: date, counts: int | None
) -> None:
    # 民发〔2021〕57号: 十四五期间
    assert COUNTED_INCOME.value_of("basic_pension", day) == counts


def test_an_edge_family_is_below_one_and_a_half_times_the_line() -> None:
    assert INCOME_LINES.value_of("edge", DAY) == 150


@pytest.mark.parametrize(
    ("doubtful", "answer"),
    [(1, "may_apply"), (9_999, "may_apply"), (10_000, "cannot_be_told"), (200_000, "cannot_be_told")],
)
def test_income_of_which_nobody_said_whether_it_counts_matters_only_where_it_decides(
    doubtful: int, answer: str
) -> None:
    home = household(("wages", LINE_FEN - 10_000), ("allowance", doubtful))
    of = family(home, person(), assets_within_limits=True)
    with entered(line()):
        found = verdict("minimum_living", of)
    assert found.answer.code == answer
    is_named = "counted_income.allowance" in [each.what for each in found.missing]
    assert is_named == (answer == "cannot_be_told")


def test_members_that_disagree_are_reckoned_either_way() -> None:
    home = household(("wages", 2 * LINE_FEN), members=3)
    with entered(line()):
        found = verdict("minimum_living", family(home, *TWO, assets_within_limits=True))
    assert found.answer.code == "cannot_be_told"
    assert "household.members" in [each.what for each in found.missing]


@pytest.mark.parametrize("gone", [{"died_on": "2026-11-24"}, {"is_counted": False}])
def test_who_died_or_is_not_counted_is_none_of_the_family(gone: dict[str, Any]) -> None:
    of = family(household(("wages", LINE_FEN)), person(), person(**gone))
    with entered(line()):
        assert income_of(of, DAY).members == (1, 1)
        assert income_of(of, DAY).is_below(LINE_FEN) is False


def test_who_dies_tomorrow_is_of_the_family_today() -> None:
    of = family(household(("wages", LINE_FEN)), person(), person(died_on="2026-11-25"))
    assert income_of(of, DAY).members == (2, 2)


@pytest.mark.parametrize(("month", "is_told"), [("2025-11", True), ("2025-10", False)])
def test_means_of_more_than_a_year_ago_are_to_be_reckoned_anew(month: str, is_told: bool) -> None:
    found = income_of(family(household(("wages", 1), month=month), person()), DAY)
    assert (found.total is not None) == is_told


def test_no_lines_under_a_month_are_no_income_and_no_month_is_no_answer() -> None:
    assert income_of(family(household(), person()), DAY).total == Sum()
    assert income_of(family(household(month=None), person()), DAY).total is None
    assert income_of(Circumstances(), DAY).total is None


@given(
    total=st.integers(0, 10**9),
    doubtful=st.integers(0, 10**6),
    members=st.tuples(st.integers(1, 9), st.integers(0, 3)),
    line_fen=st.integers(1, 10**7),
    percent=st.sampled_from([100, 150, 200]),
)
def test_it_is_below_the_line_exactly_where_every_way_to_reckon_is(
    total: int, doubtful: int, members: tuple[int, int], line_fen: int, percent: int
) -> None:
    fewest, more = members
    income = Income(Sum(total * 100, (total + doubtful) * 100), (fewest, fewest + more))
    limit = Fraction(line_fen * percent, 100)
    lowest, highest = Fraction(total, fewest + more), Fraction(total + doubtful, fewest)
    wanted = True if highest < limit else False if lowest >= limit else None
    assert income.is_below(line_fen, percent) is wanted


# 刚性支出困难家庭认定办法: rigid spending above the office's share of income, here 60 %.
RIGID = [
    (60_000, 0, False),  # exactly at the share
    (60_001, 0, True),
    (59_999, 0, False),
    (60_000, 1, None),  # of debts the office has not said whether they are rigid
    (60_001, 1, True),
    (0, 60_000, False),
]


@pytest.mark.parametrize(("medical", "debt", "is_above"), RIGID)
def test_rigid_spending_is_above_the_share_and_not_at_it(
    medical: int, debt: int, is_above: bool | None
) -> None:
    spent = [{"kind": "medical", "amount_fen": medical}, {"kind": "debt", "amount_fen": debt}]
    home = household(("wages", 100_000), expense_items=spent, expense_month="2026-11")
    ground = FACTS["rigid_spending"].ground
    assert ground is not None
    with entered(figures("rigid_share", of_income=60)):
        assert ground.told(family(home, person()), None, DAY).truth is is_above
    lacking = ground.told(family(home, person()), None, DAY).missing
    assert "rigid_share.of_income" in [each.what for each in lacking]


def test_what_is_shown_of_income_never_rounds_up_to_a_line() -> None:
    income = Income(Sum(100 * 239_999, 100 * 239_999), (3, 3))
    assert income.said() == ("人均月收入 799.99 元", "income a head is 799.99 yuan a month")
