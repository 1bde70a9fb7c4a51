"""Ten dimensions come to one grade, which is explained, and which silence does not lower."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aid.assessment import DIMENSIONS, NeedGrade, assessed
from schemas.aid.screening import Screening, Severity
from tests.schemas.aid import entered, figures

DAY = date(2026, 11, 24)
RANK = {grade: place for place, grade in enumerate(NeedGrade)}
scores = st.dictionaries(st.sampled_from(list(DIMENSIONS)), st.sampled_from("0123"))


def screening(*scored: int) -> dict[str, str]:
    """All ten dimensions, the first of them scored so, the others 0."""
    return dict(zip(DIMENSIONS, map(str, (*scored, *(0,) * (10 - len(scored)))), strict=True))


# By the defaults of need_grades (1, 8, 16) and need_floors (one severe: moderate, two: severe).
GOLDEN = [
    ((), "none"),
    ((1,), "mild"),
    ((2, 2, 2, 1), "mild"),  # 7
    ((2, 2, 2, 2), "moderate"),  # 8
    ((2, 2, 2, 2, 2, 2, 2, 1), "moderate"),  # 15
    ((2, 2, 2, 2, 2, 2, 2, 2), "severe"),  # 16
    ((3,), "moderate"),
    ((3, 3), "severe"),
    ((3, 2, 2, 2, 2, 2, 2), "moderate"),  # 15 with one severe
]


@pytest.mark.parametrize(("scored", "grade"), GOLDEN)
def test_the_sum_and_the_gravest_dimensions_make_the_grade(scored: tuple[int, ...], grade: str) -> None:
    found = assessed(screening(*scored), DAY)
    assert (found.grade.code, found.is_sure, found.least) == (grade, True, sum(scored))


def test_the_dimensions_are_those_of_the_screening_under_the_same_labels() -> None:
    fields = Screening.declaration.fields
    scored = {
        name: (each.zh, each.en)
        for name, each in fields.items()
        if getattr(each.kind, "table", None) is Severity
    }
    assert scored == DIMENSIONS


def test_one_severe_dimension_is_said_to_have_raised_the_grade() -> None:
    assert assessed(screening(3), DAY).raised
    assert not assessed(screening(2, 2, 2, 2), DAY).raised


def test_what_weighs_most_comes_first_and_what_does_not_weigh_is_not_named() -> None:
    found = assessed(screening(1, 3, 0, 2), DAY)
    assert [(each.dimension, each.score) for each in found.weights] == [
        ("health", 3),
        ("education", 2),
        ("income", 1),
    ]


def test_a_dimension_that_was_not_asked_leaves_the_grade_a_least() -> None:
    asked = screening(2, 2, 2, 1)
    del asked["legal"]
    found = assessed(asked, DAY)
    assert (found.grade.code, found.is_sure, found.most - found.least) == ("mild", False, 3)
    assert [each.what for each in found.missing] == ["screening.legal"]
    assert found.because().zh.startswith("至少轻度（总分 7 至 10")


def test_an_office_may_draw_the_grades_otherwise() -> None:
    with entered(figures("need_grades", moderate=5)):
        assert assessed(screening(2, 2, 1), DAY).grade is NeedGrade.MODERATE
    assert assessed(screening(2, 2, 1), DAY).grade is NeedGrade.MILD


def test_urgency_is_said_beside_the_grade() -> None:
    found = assessed({**screening(1), "urgent": True}, DAY)
    assert found.is_urgent and found.grade is NeedGrade.MILD


@given(scores, st.sampled_from(list(DIMENSIONS)))
def test_a_graver_dimension_never_lowers_the_grade(given_: dict[str, str], name: str) -> None:
    grades = [assessed({**given_, name: score}, DAY).grade for score in "0123"]
    assert [RANK[grade] for grade in grades] == sorted(RANK[grade] for grade in grades)


@given(scores, scores)
def test_what_is_sure_stays_so_whatever_else_is_asked(known: dict[str, str], more: dict[str, str]) -> None:
    before, after = assessed(known, DAY), assessed({**more, **known}, DAY)
    assert before.least <= after.least <= after.most <= before.most
    assert RANK[before.grade] <= RANK[after.grade]
    assert not before.is_sure or after.grade is before.grade
