"""The two allowances for disabled people: the golden table of 国发〔2015〕52号, and what is to be asked."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.family.allowances import QUESTIONS, Allowance, Effect, allowances
from schemas.person_codes import DisabilityGrade, DisabilityKind
from tests.schemas.made import values_for

TODAY = date(2026, 11, 20)
# Of grade 1, cared for, of a family on the minimum living allowance, with nothing that excludes.
ALL: dict[str, Any] = {
    "certificate": "held",
    "disability_kind": "4",
    "disability_grade": "1",
    "care_months": 24,
    "on_minimum_living": True,
    "in_extreme_poverty": False,
    "on_injury_nursing": False,
    "on_orphan_allowance": False,
    "on_other_allowance": False,
}


def both(on: date = TODAY, **facts: Any) -> tuple[Allowance, Allowance]:
    living, nursing = allowances({**ALL, **facts}, on)
    return living, nursing


def prospects(on: date = TODAY, **facts: Any) -> tuple[str, str]:
    living, nursing = both(on, **facts)
    return living.prospect.code, nursing.prospect.code


YES, NO, LOCAL, UNTOLD = "may_apply", "may_not", "ask_office", "not_yet_told"


# Each row by the sentence of 国发〔2015〕52号 that it rests on.
@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        # 符合条件的残疾人，可同时申领两项补贴
        ({}, (YES, YES)),
        # 低保家庭中的残疾人；低收入及其他困难残疾人由地方规定
        ({"on_minimum_living": False, "on_low_income": True}, (LOCAL, YES)),
        ({"on_minimum_living": False, "on_low_income": False}, (NO, YES)),
        # 残疾等级一级、二级；非重度智力、精神残疾人或其他残疾人由地方规定
        ({"disability_grade": "2"}, (YES, YES)),
        ({"disability_grade": "3"}, (YES, LOCAL)),
        ({"disability_grade": "4"}, (YES, LOCAL)),
        ({"disability_grade": "3", "disability_kind": "5"}, (YES, LOCAL)),
        ({"disability_grade": "3", "disability_kind": "6"}, (YES, LOCAL)),
        # 长期照护：照护支出持续 6 个月以上，以上含本数
        ({"care_months": 5}, (YES, NO)),
        ({"care_months": 6}, (YES, YES)),
        ({"care_months": 7}, (YES, YES)),
        ({"care_months": 0}, (YES, NO)),
        # 纳入特困供养、领取工伤生活护理费的，不享受两项补贴
        ({"in_extreme_poverty": True}, (NO, NO)),
        ({"on_injury_nursing": True}, (NO, NO)),
        # 享受孤儿基本生活保障的残疾儿童不享受生活补贴，可享受护理补贴
        ({"on_orphan_allowance": True}, (NO, YES)),
        # 与老年、因公致残、离休等补贴择高申领
        ({"on_other_allowance": True}, (YES, YES)),
        # 持证
        ({"certificate": "none"}, (NO, NO)),
        ({"certificate": "expired"}, (NO, NO)),
        ({"certificate": "applied"}, (NO, NO)),
        # 一项不符合即可判断，不论其他是否已知
        ({"in_extreme_poverty": True, "disability_grade": None, "certificate": None}, (NO, NO)),
    ],
)
def test_who_may_apply(facts: dict[str, Any], wanted: tuple[str, str]) -> None:
    assert prospects(**facts) == wanted


# 自2016年1月1日起全面实施
@pytest.mark.parametrize(("on", "wanted"), [("2015-12-31", (NO, NO)), ("2016-01-01", (YES, YES))])
def test_since_when_there_are_such_allowances(on: str, wanted: tuple[str, str]) -> None:
    assert prospects(date.fromisoformat(on)) == wanted


@pytest.mark.parametrize(
    ("field", "living", "nursing"),
    [
        ("certificate", ("certificate",), ("certificate",)),
        ("on_minimum_living", ("on_minimum_living",), ()),
        ("disability_grade", (), ("disability_grade",)),
        ("care_months", (), ("care_months",)),
        ("in_extreme_poverty", ("in_extreme_poverty",), ("in_extreme_poverty",)),
        ("on_injury_nursing", ("on_injury_nursing",), ("on_injury_nursing",)),
        ("on_orphan_allowance", ("on_orphan_allowance",), ()),
        ("on_other_allowance", ("on_other_allowance",), ("on_other_allowance",)),
    ],
)
def test_a_fact_that_nobody_has_asked_is_asked_for(
    field: str, living: tuple[str, ...], nursing: tuple[str, ...]
) -> None:
    facts: dict[str, Any] = {field: None}
    told = both(**facts)
    assert (told[0].missing, told[1].missing) == (living, nursing)
    assert prospects(**facts) == (UNTOLD if living else YES, UNTOLD if nursing else YES)


def test_of_a_less_severe_disability_it_is_asked_which_kind_it_is() -> None:
    assert both(disability_grade="3", disability_kind=None)[1].missing == ("disability_kind",)


def test_every_verdict_names_its_facts_in_both_languages_and_its_source() -> None:
    living, nursing = both()
    assert [ground.field for ground in living.grounds] == ["certificate", "on_minimum_living"]
    assert [ground.field for ground in nursing.grounds] == ["certificate", "disability_grade", "care_months"]
    assert {living.source, nursing.source} == {"国发〔2015〕52号"}
    assert all(ground.zh and ground.en for ground in living.grounds)


def test_that_another_allowance_is_paid_is_told_beside_the_verdict() -> None:
    living, _ = both(on_other_allowance=True)
    assert living.grounds[-1].field == "on_other_allowance"


def test_how_much_it_is_the_office_has_to_say() -> None:
    assert [each.amount_fen for each in both()] == [None, None]


def test_every_question_is_of_a_field_of_the_survey_and_of_its_codes() -> None:
    fields = COLLECTIONS["disability_survey"].fields
    for questions in QUESTIONS.values():
        for question in questions:
            for clause in question:
                assert all(fields[clause.field].check(value) is None for value in clause.values)


surveys = st.fixed_dictionaries(
    {},
    optional={
        name: values_for(COLLECTIONS["disability_survey"].fields[name]) for name in (*ALL, "on_low_income")
    },
)


@given(surveys, st.dates(date(2015, 1, 1), date(2030, 12, 31)))
def test_nothing_is_both_told_and_still_missing(survey: dict[str, Any], on: date) -> None:
    for each in allowances(survey, on):
        assert (each.prospect.code == UNTOLD) == bool(each.missing)
        assert all(survey.get(name) is None for name in each.missing)
        assert each.prospect.code == UNTOLD or each.grounds


@given(surveys, st.sampled_from(["in_extreme_poverty", "on_injury_nursing"]))
def test_what_excludes_from_both_does_so_whatever_else_is_known(survey: dict[str, Any], bar: str) -> None:
    assert {each.prospect.code for each in allowances({**survey, bar: True}, TODAY)} == {NO}


@given(surveys)
def test_to_fill_in_what_is_missing_never_turns_a_no_into_a_yes(survey: dict[str, Any]) -> None:
    filled = {**ALL, **{name: value for name, value in survey.items() if value is not None}}
    for before, after in zip(allowances(survey, TODAY), allowances(filled, TODAY), strict=True):
        assert before.prospect.code in (UNTOLD, after.prospect.code)


def test_severe_is_grade_one_or_two_of_every_kind() -> None:
    for kind in DisabilityKind:
        for grade in DisabilityGrade:
            told = both(disability_kind=kind.code, disability_grade=grade.code)[1]
            assert (told.prospect.code == YES) == (grade.code in ("1", "2"))


def test_effects_are_those_that_the_catalogue_names() -> None:
    used = {clause.effect for questions in QUESTIONS.values() for each in questions for clause in each}
    assert used == set(Effect)
