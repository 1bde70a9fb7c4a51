"""What a family may be entitled to: by each kind's facts, from answers and file, and never by a guess."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aid.assistance import AssistanceKind, LowIncome
from schemas.aid.circumstances import Circumstances
from schemas.aid.conditions import WAYS
from schemas.aid.documents import DOCUMENTS
from schemas.aid.eligibility import Answer, Basis, may_apply, verdicts
from schemas.aid.facts import FACTS
from schemas.aid.screening import Screening
from tests.schemas.aid import DAY, LINE_FEN, entered, family, household, line, person, verdict

ASKED = sorted(name for name, fact in FACTS.items() if fact.asked)
OF_MEMBER = ["elder_disabled_or_under_16", "no_ability_to_work", "no_income", "no_able_supporter"]
answers = st.dictionaries(st.sampled_from(ASKED), st.booleans())


def truth(fact: str, one: dict[str, Any], on: date = DAY) -> bool | None:
    """What the file tells of somebody."""
    ground = FACTS[fact].ground
    assert ground is not None
    return ground.told(family(household(), one), "person 1", on).truth


def told(
    fact: str, *people: dict[str, Any], home: dict[str, Any] | None = None, on: date = DAY
) -> bool | None:
    """What the file tells of a family."""
    ground = FACTS[fact].ground
    assert ground is not None
    return ground.told(family(home or household(), *people), None, on).truth


# From answers alone: each kind by what the paper asks, and nothing less.
GOLDEN = [
    ("minimum_living", ["below_minimum_line", "assets_within_limits"]),  # 649号第九条
    (
        "minimum_living",  # 57号第八条: may apply alone
        ["below_edge_line", "assets_within_limits", "alone_severely_disabled_or_ill"],
    ),
    ("extreme_poverty", OF_MEMBER),  # 43号第四条
    ("disaster_relief", ["disaster_struck"]),  # 649号第二十条
    ("medical", ["below_minimum_line", "heavy_medical_cost"]),  # 649号第二十八条
    ("medical", ["below_edge_line", "heavy_medical_cost"]),  # 国办发〔2021〕42号
    ("education", ["below_minimum_line", "pupil_or_student"]),  # 649号第三十三条
    ("education", ["disabled_child", "pupil_or_student"]),
    ("housing", ["below_edge_line", "housing_difficulty"]),  # 649号第三十七条
    ("employment", ["below_minimum_line", "jobless_able_member"]),  # 649号第四十二条
    ("employment", ["nobody_employed", "jobless_able_member"]),  # 649号第四十三条
    ("temporary", ["sudden_hardship"]),  # 649号第四十七条
    ("temporary", ["rigid_spending"]),
    ("social_force", ["unmet_by_policy"]),  # 649号第五十二条
]


@pytest.mark.parametrize(("what", "facts"), GOLDEN)
def test_all_of_the_facts_that_a_paper_asks_for_open_a_kind(what: str, facts: list[str]) -> None:
    assert verdict(what, family(None, **dict.fromkeys(facts, True))).answer is Answer.MAY


@pytest.mark.parametrize(("what", "facts"), GOLDEN)
@pytest.mark.parametrize("other", [False, None])
def test_one_of_the_facts_less_opens_nothing(what: str, facts: list[str], other: bool | None) -> None:
    others = dict.fromkeys(ASKED, False)
    for missing in facts:
        found = verdict(what, family(None, **{**others, **dict.fromkeys(facts, True), missing: other}))
        assert found.answer is not Answer.MAY


def test_an_edge_family_is_not_below_the_minimum_line() -> None:
    facts = {"below_edge_line": True, "assets_within_limits": True}
    for below, answer in ((False, Answer.MAY), (True, Answer.NOT), (None, Answer.UNTOLD)):
        home = household(month=None)
        assert verdict("edge", family(home, below_minimum_line=below, **facts)).answer is answer


def test_rigid_spending_is_for_those_above_the_edge_line_with_means_below_the_regions() -> None:
    facts = {"below_disposable_income": True, "assets_within_limits": True, "rigid_spending": True}
    home = household(month=None)
    for below_edge, answer in ((False, Answer.MAY), (True, Answer.NOT)):
        assert verdict("rigid_spending", family(home, below_edge_line=below_edge, **facts)).answer is answer


def test_who_is_on_the_minimum_living_allowance_is_no_edge_family_and_has_medical_assistance() -> None:
    home = household(assistance=["minimum_living"])
    assert verdict("edge", family(home)).answer is Answer.NOT
    assert verdict("medical", family(home)).answer is Answer.MAY
    assert verdict("minimum_living", family(home)).is_received


def test_a_blank_file_tells_nothing_and_turns_nobody_away() -> None:
    assert {each.answer for each in verdicts(Circumstances(), DAY)} == {Answer.UNTOLD}


def test_what_cannot_be_told_names_what_is_missing() -> None:
    for each in verdicts(Circumstances(), DAY):
        assert each.missing and each.answer.zh in each.because().zh


def test_every_kind_comes_once_with_its_department_and_papers() -> None:
    found = verdicts(Circumstances(), DAY)
    assert [each.what for each in found] == [each.code for each in (*AssistanceKind, *LowIncome)]
    assert all(each.documents == DOCUMENTS[each.what] for each in found)
    assert {each.what: each.department.code for each in found} == {
        "minimum_living": "civil_affairs",
        "extreme_poverty": "civil_affairs",
        "disaster_relief": "emergency_management",
        "medical": "healthcare_security",
        "education": "education",
        "housing": "housing",
        "employment": "human_resources",
        "temporary": "civil_affairs",
        "social_force": "civil_affairs",
        "edge": "civil_affairs",
        "rigid_spending": "civil_affairs",
    }


def test_every_fact_that_a_screening_asks_is_used_and_every_one_used_is_asked_or_told() -> None:
    used = {name for way in WAYS for name in way.names}
    assert used == set(FACTS)
    assert set(ASKED) <= set(Screening.declaration.fields)


# 民发〔2021〕43号第五条: kind and grade of the certificate (GB/T 26341), and no ability to work.
CANNOT_WORK = [
    ("5", "1", True),
    ("5", "3", True),
    ("5", "4", False),
    ("6", "3", True),
    ("6", "4", False),
    ("4", "1", True),
    ("4", "2", True),
    ("4", "3", False),
    ("1", "1", True),
    ("1", "2", False),
    ("2", "1", False),
    ("3", "1", False),
    ("7", "2", None),  # several together: the list does not name them
    ("7", "3", False),
    ("5", None, None),
    (None, "2", None),
    (None, "4", False),
    (None, None, False),
]


@pytest.mark.parametrize(("kind", "grade", "cannot"), CANNOT_WORK)
def test_a_certificate_tells_who_cannot_work(
    kind: str | None, grade: str | None, cannot: bool | None
) -> None:
    assert truth("no_ability_to_work", person(disability_kind=kind, disability_grade=grade)) is cannot


# 民发〔2021〕57号第八条: who of an edge family applies alone.
ALONE = [
    ("4", "1", True),
    ("4", "2", True),
    ("4", "3", False),
    ("5", "3", True),
    ("6", "3", True),
    ("5", "4", False),
    ("2", "3", False),
    (None, None, False),
]


@pytest.mark.parametrize(("kind", "grade", "alone"), ALONE)
def test_the_severely_disabled_apply_alone(kind: str | None, grade: str | None, alone: bool) -> None:
    disabled = person(disability_kind=kind, disability_grade=grade)
    assert truth("alone_severely_disabled_or_ill", disabled) is alone


@pytest.mark.parametrize(("health", "alone"), [("grave", True), ("chronic", False), (None, None)])
def test_the_gravely_ill_apply_alone(health: str | None, alone: bool | None) -> None:
    assert truth("alone_severely_disabled_or_ill", person(health=health)) is alone


# 民发〔2021〕43号第五条: under 16, and 60 and over; the birthday counts (民法典第一千二百五十九条).
AGES = [
    ("2010-11-24", date(2026, 11, 23), True),
    ("2010-11-24", date(2026, 11, 24), False),
    ("2012-02-29", date(2028, 2, 28), True),
    ("2012-02-29", date(2028, 2, 29), False),
    ("1966-11-24", date(2026, 11, 23), False),
    ("1966-11-24", date(2026, 11, 24), True),
    ("1964-02-29", date(2024, 2, 28), False),
    ("1964-02-29", date(2024, 2, 29), True),
    (None, DAY, None),
]


@pytest.mark.parametrize(("born", "on", "cannot"), AGES)
@pytest.mark.parametrize("fact", ["no_ability_to_work", "elder_disabled_or_under_16"])
def test_children_cannot_work_until_the_day_they_turn_16_and_elders_from_60(
    fact: str, born: str | None, on: date, cannot: bool | None
) -> None:
    assert truth(fact, {**person(), "birth_date": born}, on) is cannot


@pytest.mark.parametrize(
    ("on", "tags", "cannot"),
    [
        (date(2026, 11, 23), ["extreme_poverty"], True),
        (date(2026, 11, 24), ["extreme_poverty"], False),
        (date(2026, 11, 23), [], False),
    ],
)
@pytest.mark.parametrize("fact", ["no_ability_to_work", "elder_disabled_or_under_16"])
def test_who_was_in_extreme_poverty_as_a_child_stays_in_it_until_18(
    fact: str, on: date, tags: list[str], cannot: bool
) -> None:
    assert truth(fact, person("2008-11-24", tags=tags), on) is cannot


@pytest.mark.parametrize(
    ("born", "on", "is_child"),
    [
        ("2008-11-24", date(2026, 11, 23), True),
        ("2008-11-24", date(2026, 11, 24), False),
        ("2008-02-29", date(2026, 2, 28), True),
        ("2008-02-29", date(2026, 3, 1), False),
    ],
)
def test_a_disabled_child_is_one_until_18(born: str, on: date, is_child: bool) -> None:
    assert told("disabled_child", person(born, disability_kind="4", disability_grade="4"), on=on) is is_child


@pytest.mark.parametrize(
    ("own", "is_below"), [(LINE_FEN - 1, True), (LINE_FEN, False), (0, True), (None, None)]
)
def test_whose_own_income_is_at_the_line_has_one(own: int | None, is_below: bool | None) -> None:
    with entered(line()):
        assert truth("no_income", person(own_income_fen=own)) is is_below


@pytest.mark.parametrize(
    ("works", "nobody", "jobless"),
    [
        (("unemployed", "unemployed"), True, True),
        (("unemployed", "employed"), False, True),
        (("employed", "employed"), False, False),
        (("unemployed", "unable"), True, True),
        (("unable", "student"), False, False),
        (("unemployed", None), None, True),
        (("unable", None), None, None),
    ],
)
def test_nobody_is_employed_where_all_who_could_work_are_out_of_it(
    works: tuple[str | None, ...], nobody: bool | None, jobless: bool | None
) -> None:
    people = [person(work=work) for work in works]
    assert told("nobody_employed", *people) is nobody
    assert told("jobless_able_member", *people) is jobless


def test_who_is_of_the_age_of_retirement_or_a_child_is_not_looked_for_work() -> None:
    assert told("nobody_employed", person("1950-01-01", work="unemployed"), person("2015-01-01")) is False


@pytest.mark.parametrize(
    ("dwelling", "difficulty"), [("owned_dangerous", True), ("none", True), ("owned", None)]
)
def test_a_dangerous_house_tells_difficulty_and_another_tells_nothing(
    dwelling: str, difficulty: bool | None
) -> None:
    assert told("housing_difficulty", home=household(housing=dwelling)) is difficulty


def test_an_answer_and_the_file_that_contradict_each_other_are_to_be_cleared() -> None:
    of = family(household(("wages", LINE_FEN)), person(), below_minimum_line=True, assets_within_limits=True)
    with entered(line()):
        found = verdict("minimum_living", of)
    finding = found.ways[0].findings[0]
    assert (found.answer, finding.basis) == (Answer.UNTOLD, Basis.CONTRADICTION)
    assert finding.missing[0].what == "screening.below_minimum_line" in [each.what for each in found.missing]


def test_an_answer_that_the_file_bears_out_rests_on_both() -> None:
    of = family(household(("wages", 1)), person(), below_minimum_line=True, assets_within_limits=True)
    with entered(line()):
        found = verdict("minimum_living", of).ways[0].findings
    assert [each.basis for each in found] == [Basis.BOTH, Basis.ANSWER]


def test_extreme_poverty_is_of_one_member_of_whom_all_of_it_is_so() -> None:
    elder = person("1950-01-01", own_income_fen=0)
    rich_elder = person("1951-01-01", own_income_fen=LINE_FEN)
    poor_worker = person("1980-01-01", own_income_fen=0)
    of = family(household(), rich_elder, elder, poor_worker, no_able_supporter=True)
    with entered(line()):
        found = verdict("extreme_poverty", of)
    assert (found.answer, found.members) == (Answer.MAY, ("person 2",))


def test_facts_of_two_members_do_not_make_one_who_is_entitled() -> None:
    of = family(
        household(),
        person("1951-01-01", own_income_fen=LINE_FEN),
        person("1980-01-01", own_income_fen=0),
        no_able_supporter=True,
    )
    with entered(line()):
        assert verdict("extreme_poverty", of).answer is Answer.NOT


def test_answers_about_that_member_are_not_of_those_of_whom_the_file_says_no() -> None:
    of = family(
        household(),
        person("1950-01-01"),
        person("1980-01-01"),
        **dict.fromkeys(OF_MEMBER, True),
    )
    found = verdict("extreme_poverty", of)
    assert (found.answer, found.members) == (Answer.MAY, ("person 1",))


def test_it_is_said_of_whom_something_is_missing() -> None:
    of = family(household(), {"name": "李四"}, no_able_supporter=True)
    with entered(line()):
        found = verdict("extreme_poverty", of)
    assert ("person.birth_date", "person 1") in {(each.what, each.person) for each in found.missing}


def test_a_verdict_explains_itself_by_the_facts_that_it_turns_on() -> None:
    of = family(household(("wages", LINE_FEN + 50)), person(), assets_within_limits=True)
    with entered(line()):
        found = verdict("minimum_living", of)
    assert "人均收入低于当地低保标准：否，人均月收入 800.50 元，线为 800.00 元" in found.because().zh
    assert "财产符合规定" not in found.because().zh


@given(answers, answers)
def test_knowing_more_never_overturns_what_was_told(known: dict[str, bool], more: dict[str, bool]) -> None:
    before = verdicts(family(None, **known), DAY)
    after = verdicts(family(None, **{**more, **known}), DAY)
    for early, late in zip(before, after, strict=True):
        assert early.answer in (Answer.UNTOLD, late.answer)


@given(answers)
def test_what_is_told_rests_on_facts_that_are_known(known: dict[str, bool]) -> None:
    for each in verdicts(family(None, **known), DAY):
        if each.answer is Answer.MAY:
            assert any(all(found.is_met for found in way.findings) for way in each.ways)
        if each.answer is Answer.NOT:
            assert all(any(found.is_met is False for found in way.findings) for way in each.ways)


@given(answers)
def test_worth_an_application_is_what_may_apply_in_the_order_of_the_law(known: dict[str, bool]) -> None:
    of = family(None, **known)
    found = may_apply(of, DAY)
    assert found == [kind for kind in AssistanceKind if verdict(kind.code, of).answer is Answer.MAY]
