"""Conditions on facts: yes, no, or not known yet, and what they rest on."""

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about_person import newest
from schemas.children.figures import CHILD_AGES, CHILD_TERMS
from schemas.conditions import (
    All,
    Answer,
    AnyOf,
    AtLeast,
    Condition,
    Is,
    Lasts,
    Not,
    Under,
    known_in,
    months_after,
)
from schemas.elders.figures import ELDER_DISABILITY

TODAY = date(2026, 11, 20)
YES, NO = Is("yes", (True,)), Is("no", (True,))
OPEN = Is("open", (True,))
FACTS = {"yes": True, "no": False}


def holds(condition: Condition, **facts: Any) -> bool | None:
    return condition.answer(facts.get, TODAY).holds


def stands(condition: Condition) -> Answer:
    return condition.answer(FACTS.get, TODAY)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (All((YES, YES)), True),
        (All((YES, NO)), False),
        (All((OPEN, NO)), False),
        (All((YES, OPEN)), None),
        (AnyOf((NO, NO)), False),
        (AnyOf((OPEN, YES)), True),
        (AnyOf((NO, OPEN)), None),
        (Not(YES), False),
        (Not(NO), True),
        (Not(OPEN), None),
    ],
)
def test_what_is_not_known_decides_nothing_that_the_rest_does_not(
    condition: Condition, expected: bool | None
) -> None:
    assert stands(condition).holds is expected


def test_an_answer_names_the_facts_that_decided() -> None:
    assert stands(All((YES, NO, OPEN))) == Answer(False, ("no",))
    assert stands(AnyOf((YES, NO))) == Answer(True, ("yes",))


def test_an_answer_that_cannot_be_given_names_what_could_still_decide() -> None:
    assert stands(All((YES, AnyOf((NO, OPEN))))).missing == ("open",)


def test_a_set_has_one_of_the_members_or_none() -> None:
    poor = Is("categories", ("edge", "minimum_living"))
    assert holds(poor, categories=["veteran", "edge"]) is True
    assert holds(poor, categories=[]) is False
    assert holds(poor) is None


def test_a_fact_of_a_part_is_named_by_its_path() -> None:
    known = known_in({"child_circumstances": {"father": {"circumstance": "dead"}}})
    assert known("child_circumstances.father.circumstance") == "dead"
    assert known("child_circumstances.mother.circumstance") is None
    assert known("person.birth_date") is None


def test_the_newest_form_counts_and_none_of_days_to_come() -> None:
    forms = [
        {"on": day, "n": number} for number, day in enumerate(("2026-11-02", "2026-11-20", "2026-11-20"))
    ]
    assert newest([*forms, {"on": "2026-11-21"}], TODAY) == forms[2]
    assert newest(reversed(forms), TODAY) == forms[1]
    assert newest(forms, date(2026, 11, 1)) is None


# The day on which somebody is of an age: the birthday itself counts (民法典, art. 1259).


@pytest.mark.parametrize(
    ("born", "years", "on", "is_under"),
    [
        ("2010-11-21", "left_behind", "2026-11-20", True),  # sixteen tomorrow
        ("2010-11-20", "left_behind", "2026-11-20", False),  # sixteen today
        ("2010-11-19", "left_behind", "2026-11-20", False),
        ("2008-11-21", "child", "2026-11-20", True),
        ("2008-11-20", "child", "2026-11-20", False),
        ("2008-02-29", "child", "2026-02-28", True),  # a leap child is of age on 1 March
        ("2008-02-29", "child", "2026-03-01", False),
    ],
)
def test_a_child_is_under_an_age_until_the_day_before_the_birthday(
    born: str, years: str, on: str, is_under: bool
) -> None:
    condition = Under("born", CHILD_AGES, years)
    assert condition.answer({"born": born}.get, date.fromisoformat(on)).holds is is_under


# What lasts six months (民发〔2019〕62号)

TERM = Lasts("since", "until", CHILD_TERMS, "detained")
LOST = Lasts("since", None, CHILD_TERMS, "out_of_contact")


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-10-01", "2027-04-01", True),  # a term of six months to the day
        ("2026-10-01", "2027-03-31", False),  # a day short
        ("2026-10-01", None, None),  # nobody has seen the judgment
        ("2026-05-20", None, True),  # six months have passed today
        ("2026-05-21", None, None),
        ("2025-01-01", "2026-11-20", True),  # the last day
        ("2025-01-01", "2026-11-19", False),  # it is over
        ("2026-11-21", "2028-11-21", False),  # it has not begun
        (None, "2028-11-21", None),
    ],
)
def test_a_term_counts_from_six_months_on_and_until_it_is_over(
    since: str | None, until: str | None, expected: bool | None
) -> None:
    assert holds(TERM, since=since, until=until) is expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [("2026-05-20", True), ("2026-05-21", False), ("2025-01-01", True), (None, None)],
)
def test_lost_contact_counts_once_six_months_have_passed(since: str | None, expected: bool | None) -> None:
    assert holds(LOST, since=since) is expected


def test_a_term_whose_end_nobody_knows_asks_for_it() -> None:
    assert TERM.answer({"since": "2026-10-01"}.get, TODAY) == Answer(None, ("since",), ("until",))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-08-31", 6, "2027-03-01"),  # February is too short
        ("2027-08-31", 6, "2028-03-01"),
        ("2026-08-28", 6, "2027-02-28"),
        ("2026-10-31", 1, "2026-12-01"),
        ("2026-12-31", 12, "2027-12-31"),
        ("9999-12-01", 6, "9999-12-31"),
    ],
)
def test_a_month_is_never_over_too_early(day: str, months: int, expected: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(st.dates(max_value=date(9000, 1, 1)), st.integers(0, 240))
def test_so_many_months_are_within_a_day_of_the_calendar(day: date, months: int) -> None:
    after = months_after(day, months)
    passed = (after.year - day.year) * 12 + after.month - day.month
    assert (passed, after.day) == (months, day.day) or (passed, after.day) == (months + 1, 1)


@pytest.mark.parametrize(("level", "expected"), [("0", False), ("1", True), ("4", True), (None, None)])
def test_a_code_that_is_a_number_is_held_against_the_figure(level: str | None, expected: bool | None) -> None:
    assert holds(AtLeast("level", ELDER_DISABILITY, "from_level"), level=level) is expected


conditions: st.SearchStrategy[Condition] = st.recursive(
    st.sampled_from([Is(name, (True,)) for name in "abc"]),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda of: All(tuple(of)), st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda of: AnyOf(tuple(of)), st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=8,
)


@given(conditions, st.dictionaries(st.sampled_from("abc"), st.booleans()))
def test_an_answer_stays_whatever_is_learnt_later(condition: Condition, facts: dict[str, bool]) -> None:
    answer = condition.answer(facts.get, TODAY)
    unknown = [name for name in "abc" if name not in facts]
    later = [
        condition.answer({**facts, **dict(zip(unknown, more, strict=True))}.get, TODAY).holds
        for more in product((False, True), repeat=len(unknown))
    ]
    if answer.holds is not None:
        assert set(later) == {answer.holds}
        decided = {name: facts[name] for name in answer.facts}
        assert condition.answer(decided.get, TODAY).holds is answer.holds, "the facts named are enough"
    else:
        assert answer.missing and not set(answer.missing) & facts.keys()


@given(st.dates(date(1990, 1, 1), date(2026, 11, 20)), st.integers(0, 9_000))
def test_a_child_grows_out_of_an_age_once_and_for_all(born: date, days: int) -> None:
    condition = Under("born", CHILD_AGES, "child")
    on = [born + timedelta(days=days), born + timedelta(days=days + 1)]
    first, second = [condition.answer({"born": born.isoformat()}.get, day).holds for day in on]
    assert first or not second
