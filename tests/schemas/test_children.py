"""Children by what is recorded of them: groups, guardianship, risk. Each row of a table names its source."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.children.categories import CHILD_CATEGORIES, DECLARED, child_categories
from schemas.children.guardianship import (
    BY_CARE,
    BY_CONDUCT,
    MISCONDUCT,
    Guardianship,
    GuardianshipAssessment,
    guardianship,
)
from schemas.children.risk import CHILD_SIGNS, child_risk
from schemas.children.risk import DECLARED as OF_RISK
from schemas.children.visiting import CHILD_CHECKS
from schemas.collections import COLLECTIONS
from schemas.figure_tables import TABLES
from schemas.figures.office import installed
from schemas.figures.own import office_figures
from schemas.needs import Risk
from schemas.person import Tag
from schemas.verdict import compared
from tests.schemas.made import patches

TODAY = date(2026, 11, 20)
TWELVE = "2014-05-06"

AWAY, CARING = {"circumstance": "none"}, {"circumstance": "none"}
PRISON = {"circumstance": "prison", "since": "2025-01-01", "until": "2029-01-01"}


def facts(
    born: str = TWELVE,
    *,
    child: dict[str, Any] | None = None,
    parents: dict[str, Any] | None = None,
    family: dict[str, Any] | None = None,
    assessment: dict[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    return {
        "person": {"birth_date": born, **(child or {})},
        "child_circumstances": parents or {},
        "household": family or {},
        "guardianship_assessment": assessment or {},
    }


def verdict(group: Tag, records: dict[str, dict[str, Any]], on: date = TODAY) -> bool | None:
    return next(each.holds for each in child_categories(records, on) if each.code is group)


def parents(father: dict[str, Any] | None, mother: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    return facts(parents={"father": father, "mother": mother})


# 留守儿童 (国发〔2016〕13号): both parents away for work, or one away and the other unable to guard.


@pytest.mark.parametrize(
    ("circumstances", "expected"),
    [
        ({"father_away": True, "mother_away": True}, True),
        ({"father_away": True, "mother_away": False, "mother_able": False}, True),
        ({"father_away": False, "father_able": False, "mother_away": True}, True),
        ({"father_away": True, "mother_away": False, "mother_able": True}, False),
        ({"father_away": False, "mother_away": False}, False),
        ({"father_away": True}, None),
        ({"father_away": True, "mother_away": False}, None),
        ({}, None),
    ],
)
def test_a_child_is_left_behind_by_both_parents_or_by_the_one_who_could_care(
    circumstances: dict[str, bool], expected: bool | None
) -> None:
    records = facts(parents=circumstances, family={"kind": "rural"})
    assert verdict(Tag.LEFT_BEHIND_CHILD, records) is expected


@pytest.mark.parametrize(
    ("born", "expected"), [("2010-11-21", True), ("2010-11-20", False), ("2010-11-19", False)]
)
def test_a_left_behind_child_is_none_from_its_sixteenth_birthday_on(born: str, expected: bool) -> None:
    records = facts(born, parents={"father_away": True, "mother_away": True}, family={"kind": "rural"})
    assert verdict(Tag.LEFT_BEHIND_CHILD, records) is expected


@pytest.mark.parametrize(("kind", "expected"), [("rural", True), ("urban", False), (None, None)])
def test_left_behind_are_children_of_the_countryside(kind: str | None, expected: bool | None) -> None:
    records = facts(parents={"father_away": True, "mother_away": True}, family={"kind": kind})
    assert verdict(Tag.LEFT_BEHIND_CHILD, records) is expected


# 事实无人抚养儿童 (民发〔2019〕62号, 〔2020〕125号): each parent kept from caring, or one gone.

KEPT = {
    "severe disability of grade 1": {"circumstance": "severe_disability", "disability_grade": "1"},
    "severe disability of grade 2": {"circumstance": "severe_disability", "disability_grade": "2"},
    "intellect, grade 3": {
        "circumstance": "severe_disability",
        "disability_grade": "3",
        "disability_kind": "5",
    },
    "mind, grade 4": {"circumstance": "severe_disability", "disability_grade": "4", "disability_kind": "6"},
    "grave illness": {"circumstance": "grave_illness"},
    "prison": PRISON,
    "prison for six months to the day": {
        "circumstance": "prison",
        "since": "2026-08-01",
        "until": "2027-02-01",
    },
    "compulsory rehabilitation": {
        "circumstance": "rehabilitation",
        "since": "2026-01-10",
        "until": "2028-01-10",
    },
    "other detention": {"circumstance": "detention", "since": "2026-05-20"},
    "out of contact for six months": {"circumstance": "out_of_contact", "since": "2026-05-20"},
    "guardianship revoked": {"circumstance": "guardianship_revoked"},
    "deported": {"circumstance": "deported"},
}
NOT_KEPT = {
    "none of these": {"circumstance": "none"},
    "limbs, grade 3": {"circumstance": "severe_disability", "disability_grade": "3", "disability_kind": "4"},
    "prison for a day less than six months": {
        "circumstance": "prison",
        "since": "2026-08-01",
        "until": "2027-01-31",
    },
    "prison that is over": {"circumstance": "prison", "since": "2024-01-01", "until": "2026-11-19"},
    "out of contact for a day less": {"circumstance": "out_of_contact", "since": "2026-05-21"},
}
GONE = {
    "dead": {"circumstance": "dead"},
    "declared missing": {"circumstance": "declared_missing"},
    "never found": {"circumstance": "not_found"},
}
UNSURE = {
    "grade not known": {"circumstance": "severe_disability"},
    "kind not known": {"circumstance": "severe_disability", "disability_grade": "3"},
    "term not known": {"circumstance": "prison", "since": "2026-10-01"},
    "not asked": None,
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_parent_who_is_kept_from_caring_and_one_who_is_gone_leave_a_child_unsupported(kept: str) -> None:
    for gone in GONE.values():
        assert verdict(Tag.UNSUPPORTED_CHILD, parents(KEPT[kept], gone)) is True
        assert verdict(Tag.UNSUPPORTED_CHILD, parents(gone, KEPT[kept])) is True


def test_two_parents_kept_from_caring_leave_a_child_unsupported_whatever_keeps_each() -> None:
    for father, mother in product(KEPT.values(), repeat=2):
        assert verdict(Tag.UNSUPPORTED_CHILD, parents(father, mother)) is True


@pytest.mark.parametrize("caring", NOT_KEPT)
def test_one_parent_who_can_care_is_enough(caring: str) -> None:
    for other in (*KEPT.values(), *GONE.values(), *UNSURE.values()):
        assert verdict(Tag.UNSUPPORTED_CHILD, parents(NOT_KEPT[caring], other)) is False
        assert verdict(Tag.UNSUPPORTED_CHILD, parents(other, NOT_KEPT[caring])) is False


@pytest.mark.parametrize("unsure", UNSURE)
def test_what_is_not_known_of_one_parent_is_asked_where_the_other_does_not_care(unsure: str) -> None:
    found = child_categories(parents(UNSURE[unsure], {"circumstance": "dead"}), TODAY)
    unsupported = next(each for each in found if each.code is Tag.UNSUPPORTED_CHILD)
    assert unsupported.holds is None
    assert unsupported.missing and all("father" in path for path in unsupported.missing)


@pytest.mark.parametrize(("born", "expected"), [("2008-11-21", True), ("2008-11-20", False)])
def test_a_child_is_unsupported_until_the_day_before_it_is_eighteen(born: str, expected: bool) -> None:
    records = facts(born, parents={"father": PRISON, "mother": {"circumstance": "dead"}})
    assert verdict(Tag.UNSUPPORTED_CHILD, records) is expected


# 社会散居孤儿 (国办发〔2010〕54号): parents lost or not found, not in an institution.


def test_a_child_whose_parents_are_both_gone_is_an_orphan_and_not_unsupported() -> None:
    for father, mother in product(GONE.values(), repeat=2):
        records = facts(parents={"father": father, "mother": mother, "in_institution": False})
        assert verdict(Tag.SCATTERED_ORPHAN, records) is True
        assert verdict(Tag.UNSUPPORTED_CHILD, records) is False


@pytest.mark.parametrize(("in_institution", "expected"), [(False, True), (True, False), (None, None)])
def test_an_orphan_in_an_institution_is_no_scattered_one(
    in_institution: bool | None, expected: bool | None
) -> None:
    gone = {"father": {"circumstance": "dead"}, "mother": {"circumstance": "not_found"}}
    assert (
        verdict(Tag.SCATTERED_ORPHAN, facts(parents={**gone, "in_institution": in_institution})) is expected
    )


@pytest.mark.parametrize(("born", "expected"), [("2008-11-21", True), ("2008-11-20", False)])
def test_an_orphan_is_one_until_the_day_before_it_is_eighteen(born: str, expected: bool) -> None:
    gone = {"father": {"circumstance": "dead"}, "mother": {"circumstance": "dead"}, "in_institution": False}
    assert verdict(Tag.SCATTERED_ORPHAN, facts(born, parents=gone)) is expected


# 困境儿童 (国发〔2016〕36号): by poverty, by its own disability, by missing or improper guardianship.


@pytest.mark.parametrize(
    "records",
    [
        facts(family={"categories": ["minimum_living"]}),
        facts(family={"categories": ["edge", "veteran"]}),
        facts(child={"disability_grade": "4", "disability_kind": "1"}),
        facts(child={"health": "grave"}),
        facts(assessment={"result": "absent"}),
        facts(assessment={"result": "good", "conduct": "improper"}),
    ],
)
def test_a_child_is_in_difficulty_for_each_of_the_three_reasons(records: dict[str, dict[str, Any]]) -> None:
    assert verdict(Tag.CHILD_IN_DIFFICULTY, records) is True


def test_a_child_is_in_no_difficulty_only_once_each_reason_was_asked() -> None:
    asked = facts(
        child={"health": "good"},
        family={"categories": ["veteran"]},
        assessment={"result": "good", "conduct": "good"},
    )
    assert verdict(Tag.CHILD_IN_DIFFICULTY, asked) is False
    del asked["guardianship_assessment"]["conduct"]
    found = next(each for each in child_categories(asked, TODAY) if each.code is Tag.CHILD_IN_DIFFICULTY)
    assert (found.holds, found.missing) == (None, ("guardianship_assessment.conduct",))


def test_nobody_of_unknown_age_is_counted() -> None:
    records = parents(PRISON, {"circumstance": "dead"})
    del records["person"]["birth_date"]
    assert verdict(Tag.UNSUPPORTED_CHILD, records) is None


# What a verdict says


def test_a_verdict_explains_itself_in_both_languages_with_its_source() -> None:
    found = child_categories(parents(PRISON, {"circumstance": "dead"}), TODAY)
    unsupported = next(each for each in found if each.code is Tag.UNSUPPORTED_CHILD)
    assert unsupported.zh == (
        "符合“事实无人抚养儿童”；出生日期为“2014-05-06”；父亲情形为“服刑在押”；父亲起始日期为“2025-01-01”；"
        "父亲截止日期为“2029-01-01”；母亲情形为“死亡或被宣告死亡”。依据：民发〔2019〕62号、民发〔2020〕125号"
    )
    assert unsupported.en.startswith("Comes under “Child de facto unsupported”; Birth date: 2014-05-06")
    assert "Father, circumstance: In prison" in unsupported.en


def test_a_verdict_that_cannot_be_given_says_what_is_missing() -> None:
    records = facts(parents={"father_away": True}, family={"kind": "rural"})
    left_behind = child_categories(records, TODAY)[0]
    assert left_behind.zh.startswith("尚不能判断是否符合“留守儿童”")
    assert "尚缺母亲外出务工、母亲有监护能力" in left_behind.zh
    assert "not known yet: Mother works away from home, Mother is able to guard" in left_behind.en


def test_a_figure_that_the_office_has_yet_to_decide_is_said_to_be_missing() -> None:
    rows = """
    [[figure]]
    key = "left_behind"
    standing = "office"
    """
    with installed(office_figures({"child_ages.toml": rows.encode()}, TABLES)):
        found = child_categories(
            facts(parents={"father_away": True, "mother_away": True}, family={"kind": "rural"}), TODAY
        )[0]
    assert (found.holds, found.missing) == (None, ("figures.child_ages.left_behind",))
    assert "尚缺儿童类别的年龄界限（未满）（待主管部门确定）" in found.zh
    assert "Ages below which children belong to a group (for the office to decide)" in found.en


def test_a_reader_who_may_not_see_why_is_told_nothing_of_it() -> None:
    whole = facts(
        parents={"father": PRISON, "mother": {"circumstance": "dead"}, "father_away": False},
        family={"kind": "rural", "categories": ["veteran"]},
        assessment={"result": "good", "conduct": "improper", "violence": "found"},
    )
    seen = {
        collection: {
            name: value
            for name, value in values.items()
            if DECLARED[collection].privacy_of(name).value != "confidential"
        }
        for collection, values in whole.items()
    }
    empty = facts(
        parents={"father_away": False},
        family={"kind": "rural", "categories": ["veteran"]},
        assessment={"result": "good"},
    )
    assert child_categories(seen, TODAY) == child_categories(empty, TODAY)


def test_every_fact_that_a_rule_asks_for_is_a_field_of_a_form() -> None:
    for rules, declared in ((CHILD_CATEGORIES, DECLARED), (CHILD_SIGNS, OF_RISK)):
        for rule in rules:
            for path in rule.when.facts:
                collection, name, *_ = path.split(".")
                assert name in declared[collection].fields, path


def test_groups_that_were_recorded_are_held_against_the_facts() -> None:
    records = facts(
        parents={"father": PRISON, "mother": {"circumstance": "none"}, "in_institution": False},
        family={"kind": "rural", "categories": ["minimum_living"]},
    )
    found = compared(
        ["unsupported_child", "left_behind_child", "migrant_child"], child_categories(records, TODAY)
    )
    assert found.contradicted == ("unsupported_child",)
    assert found.lacking == ("child_in_difficulty",)
    assert found.unproven == ("left_behind_child",)
    assert found.confirmed == ()


# Guardianship

GOOD = {
    "guardian": "grandparents",
    "willingness": "willing",
    **dict.fromkeys(("health", "income", "time", "understanding", "environment", "bond"), "good"),
}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "good"),
        ({"health": "watch", "bond": "watch"}, "good"),
        ({"income": "concern"}, "at_risk"),
        ({"willingness": "strained"}, "at_risk"),
        ({"willingness": "unwilling"}, "improper"),
        ({"environment": "danger"}, "improper"),
        ({"environment": "danger", "guardian": "nobody"}, "absent"),
        ({"time": None}, None),
        ({"time": None, "income": "concern"}, "at_risk"),
        ({"guardian": None, "health": "danger"}, "improper"),
    ],
)
def test_guardianship_is_as_bad_as_its_worst_answer(answers: dict[str, Any], expected: str | None) -> None:
    assert BY_CARE.value({**GOOD, **answers}) == expected


@pytest.mark.parametrize(
    ("violence", "neglect", "addiction", "expected"),
    [
        ("none", "none", "none", "good"),
        ("none", "suspected", "none", "at_risk"),
        ("found", "none", "suspected", "improper"),
        ("none", "none", None, None),
        (None, "suspected", None, "at_risk"),
        (None, None, None, None),
    ],
)
def test_misconduct_decides_by_itself(
    violence: str | None, neglect: str | None, addiction: str | None, expected: str | None
) -> None:
    said = dict(zip(MISCONDUCT, (violence, neglect, addiction), strict=True))
    assert BY_CONDUCT.value(said) == expected


@pytest.mark.parametrize(
    ("result", "conduct", "expected"),
    [
        ("good", "good", Guardianship.GOOD),
        ("good", "improper", Guardianship.IMPROPER),
        ("absent", "at_risk", Guardianship.ABSENT),
        ("good", None, None),
        (None, "at_risk", Guardianship.AT_RISK),
        (None, None, None),
    ],
)
def test_the_graver_of_two_results_counts_and_good_takes_both(
    result: str | None, conduct: str | None, expected: Guardianship | None
) -> None:
    assert guardianship({"result": result, "conduct": conduct}) is expected


ASSESSMENT = GuardianshipAssessment.declaration
answers = patches(ASSESSMENT)
ORDER = [None, "good", "at_risk", "improper", "absent"]


@given(answers, answers)
def test_an_answer_more_never_makes_guardianship_better(before: dict[str, Any], more: dict[str, Any]) -> None:
    asked = {name for name, value in before.items() if value is not None}
    after = {**more, **{name: before[name] for name in asked}}
    for rule in (BY_CARE, BY_CONDUCT):
        first, second = rule.value(before), rule.value(after)
        if first not in (None, "good"):
            assert ORDER.index(second) >= ORDER.index(first)


# Risk

CALM = {
    "caregiver": "grandparents",
    "contact_with_parents": "weekly",
    "schooling": "regular",
    "health": "good",
    "vaccination": "complete",
    "home_safety": "good",
    "road_safety": "good",
    "water_safety": "good",
    "fire_safety": "good",
    "mood": "good",
    "bullying": "none",
    "internet_use": "moderate",
    "money": "good",
    "guardian_health": "good",
    "guardian_wish": "willing",
}


@pytest.mark.parametrize(
    ("visit", "assessment", "expected"),
    [
        ({}, {}, Risk.LOW),
        ({"mood": "watch"}, {}, Risk.MEDIUM),
        ({"mood": "concern"}, {}, Risk.HIGH),
        ({"mood": "danger"}, {}, Risk.EMERGENCY),
        ({"water_safety": "watch"}, {}, Risk.LOW),
        ({"water_safety": "concern"}, {}, Risk.MEDIUM),
        ({"water_safety": "danger"}, {}, Risk.EMERGENCY),
        ({"schooling": "absent_often"}, {}, Risk.MEDIUM),
        ({"schooling": "dropped_out"}, {}, Risk.HIGH),
        ({"bullying": "suspected"}, {}, Risk.MEDIUM),
        ({"bullying": "suffers"}, {}, Risk.HIGH),
        ({"caregiver": "nobody"}, {}, Risk.EMERGENCY),
        ({"harm": ["begging"]}, {}, Risk.EMERGENCY),
        ({"harm": []}, {}, Risk.LOW),
        ({}, {"result": "at_risk"}, Risk.MEDIUM),
        ({}, {"conduct": "improper"}, Risk.HIGH),
        ({}, {"result": "absent"}, Risk.EMERGENCY),
        ({"mood": "watch"}, {"violence": "found"}, Risk.EMERGENCY),
    ],
)
def test_the_gravest_sign_decides_on_the_risk(
    visit: dict[str, Any], assessment: dict[str, Any], expected: Risk
) -> None:
    records = {"child_visit": {**CALM, **visit}, "guardianship_assessment": assessment}
    assert child_risk(records, TODAY, None).suggested is expected


def test_a_risk_names_its_signs_and_what_could_make_it_graver() -> None:
    found = child_risk({"child_visit": {**CALM, "bullying": "suffers"}}, TODAY, Risk.MEDIUM)
    assert (found.suggested, found.recorded, found.counts) == (Risk.HIGH, Risk.MEDIUM, Risk.HIGH)
    assert [sign.facts for sign in found.signs] == [("child_visit.bullying",)]
    assert "guardianship_assessment.violence" in found.missing
    assert found.zh.startswith("风险等级按“高”计；现有情况提示“高”；已评定为“中”；符合“高”；欺凌为“遭受欺凌”")
    assert "Bullying: Suffers it" in found.en


def test_a_sign_that_is_a_set_is_said_with_its_members() -> None:
    found = child_risk({"child_visit": {"harm": ["begging", "violence"]}}, TODAY, None)
    assert "疑似侵害情形为“被他人组织乞讨、" in found.signs[0].zh
    assert "Signs of harm: Made to beg by others, " in found.signs[0].en


def test_a_better_visit_lowers_nothing_that_was_recorded() -> None:
    found = child_risk({"child_visit": CALM}, TODAY, Risk.EMERGENCY)
    assert (found.suggested, found.counts, found.to_record) == (Risk.LOW, Risk.EMERGENCY, None)


def test_what_has_risen_is_to_be_recorded() -> None:
    found = child_risk({"child_visit": {**CALM, "mood": "concern"}}, TODAY, Risk.LOW)
    assert found.to_record is Risk.HIGH


visits = patches(COLLECTIONS["child_visit"])


@given(visits, answers, st.none() | st.sampled_from(Risk))
def test_no_form_whatever_it_says_lowers_a_recorded_risk(
    visit: dict[str, Any], assessment: dict[str, Any], recorded: Risk | None
) -> None:
    order = list(Risk)
    found = child_risk({"child_visit": visit, "guardianship_assessment": assessment}, TODAY, recorded)
    assert order.index(found.counts) >= order.index(found.suggested)
    assert recorded is None or order.index(found.counts) >= order.index(recorded)
    assert found.to_record is None or found.to_record is found.counts


# What a visit looks at


def test_a_visit_names_the_checks_that_were_left_out() -> None:
    visit = {**CALM, "kind": "home", "met": "met", "seen_alone_minutes": 0}
    assert CHILD_CHECKS.missing(visit) == []
    del visit["fire_safety"], visit["mood"]
    assert CHILD_CHECKS.missing(visit) == ["mood", "fire_safety"]


def test_at_school_nobody_asks_for_the_home_and_where_nobody_was_met_for_anything() -> None:
    visit = {**CALM, "kind": "school", "met": "met", "seen_alone_minutes": 8, "home_safety": None}
    assert CHILD_CHECKS.missing(visit) == []
    assert CHILD_CHECKS.missing({"kind": "home", "met": "unmet"}) == []


def test_every_check_is_a_field_of_the_form() -> None:
    fields = COLLECTIONS["child_visit"].fields
    assert {*CHILD_CHECKS.always, *CHILD_CHECKS.at_home} <= fields.keys()
