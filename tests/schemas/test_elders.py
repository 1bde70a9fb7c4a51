"""Elders by what is recorded of them: groups, ability, risk, visits. Each table names its source."""

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.elders.ability import ALL_ITEMS, ITEMS, AbilityLevel, most
from schemas.elders.assessment import LEVEL, TOTAL, ElderAssessment
from schemas.elders.categories import DECLARED, ELDER_CATEGORIES, elder_categories
from schemas.elders.figures import ABILITY_ITEMS, ABILITY_LEVELS, EDITION, VISIT_DAYS
from schemas.elders.mutual_help import helps_as_elder
from schemas.elders.risk import DECLARED as OF_RISK
from schemas.elders.risk import ELDER_SIGNS, elder_risk
from schemas.elders.visiting import ELDER_CHECKS, SPECIAL, next_elder_visit, unmet
from schemas.figure_tables import TABLES as ALL_TABLES
from schemas.figures import Standing
from schemas.figures.office import installed
from schemas.figures.own import office_figures
from schemas.needs import Risk
from schemas.person import Tag

TODAY = date(2026, 11, 20)
SINCE_1942 = "1942-05-06"
TABLES = {name: table for group in ITEMS.values() for name, table in group.items()}
FIELDS = COLLECTIONS["elder_assessment"].fields


def facts(
    born: str = SINCE_1942,
    *,
    elder: dict[str, Any] | None = None,
    lives: dict[str, Any] | None = None,
    family: dict[str, Any] | None = None,
    level: str | None = None,
) -> dict[str, dict[str, Any]]:
    return {
        "person": {"birth_date": born, **(elder or {})},
        "elder_circumstances": lives or {},
        "household": family or {},
        "elder_assessment": {} if level is None else {"level": level},
    }


def verdict(group: Tag, records: dict[str, dict[str, Any]], on: date = TODAY) -> bool | None:
    return next(each.holds for each in elder_categories(records, on) if each.code is group)


# 特殊困难老年人 (民发〔2022〕73号), and poor and disabled elders (the pilot's plan)


@pytest.mark.parametrize(
    ("group", "records", "expected"),
    [
        (Tag.ELDER_ALONE, facts(lives={"living": "alone"}), True),
        (Tag.ELDER_ALONE, facts(lives={"living": "with_spouse"}), False),
        (Tag.ELDER_ALONE, facts(), None),
        (Tag.EMPTY_NEST, facts(lives={"living": "with_spouse", "children": "nearby"}), True),
        (Tag.EMPTY_NEST, facts(lives={"living": "alone", "children": "away"}), True),
        (Tag.EMPTY_NEST, facts(lives={"living": "with_spouse", "children": "none"}), False),
        (Tag.EMPTY_NEST, facts(lives={"living": "with_children", "children": "away"}), False),
        (Tag.EMPTY_NEST, facts(lives={"living": "with_spouse"}), None),
        (Tag.LEFT_BEHIND_ELDER, facts(lives={"living": "alone", "children": "away"}), None),
        (
            Tag.LEFT_BEHIND_ELDER,
            facts(lives={"living": "with_grandchildren", "children": "away"}, family={"kind": "rural"}),
            True,
        ),
        (
            Tag.LEFT_BEHIND_ELDER,
            facts(lives={"living": "alone", "children": "away"}, family={"kind": "urban"}),
            False,
        ),
        (
            Tag.LEFT_BEHIND_ELDER,
            facts(lives={"living": "institution", "children": "away"}, family={"kind": "rural"}),
            False,
        ),
        (Tag.DISABLED_ELDER, facts(level="0"), False),
        (Tag.DISABLED_ELDER, facts(level="1"), True),
        (Tag.DISABLED_ELDER, facts(level="4"), True),
        (Tag.DISABLED_ELDER, facts(), None),
        (Tag.SEVERELY_DISABLED, facts(elder={"disability_grade": "2"}), True),
        (Tag.SEVERELY_DISABLED, facts(elder={"disability_grade": "3"}), False),
        (Tag.SEVERELY_DISABLED, facts(), False),  # who has no certificate has none on file
        (Tag.ONE_CHILD_LOST, facts(lives={"only_child_lost": True}), True),
        (Tag.ONE_CHILD_LOST, facts(lives={"only_child_lost": False}), False),
        (Tag.POOR_ELDER, facts(family={"categories": ["edge"]}), True),
        (Tag.POOR_ELDER, facts(family={"categories": ["veteran"]}), False),
        (Tag.DISABLED, facts(elder={"disability_grade": "4"}), True),
    ],
)
def test_an_elder_is_of_a_group_by_the_facts_that_make_it(
    group: Tag, records: dict[str, dict[str, Any]], expected: bool | None
) -> None:
    assert verdict(group, records) is expected


@pytest.mark.parametrize(
    ("born", "expected"), [("1966-11-21", False), ("1966-11-20", True), ("1966-11-19", True)]
)
def test_one_is_an_elder_from_the_sixtieth_birthday_on(born: str, expected: bool) -> None:
    assert verdict(Tag.ELDER_ALONE, facts(born, lives={"living": "alone"})) is expected


def test_every_group_that_a_rule_makes_has_an_interval_and_a_source() -> None:
    for rule in ELDER_CATEGORIES:
        assert VISIT_DAYS.value_of(rule.code.code, TODAY) is not None
        assert rule.source


def test_a_verdict_explains_itself_in_both_languages() -> None:
    found = elder_categories(facts(lives={"living": "alone", "children": "away"}), TODAY)[1]
    assert found.zh == (
        "符合“空巢老年人”；出生日期为“1942-05-06”；居住情况为“独自居住”；子女情况为“子女均长期在外”。依据：民发〔2022〕73号"
    )
    assert "With whom: Alone; Where the children are: All of them away for long." in found.en


def test_every_fact_that_a_rule_asks_for_is_a_field_of_a_form() -> None:
    for rules, declared in ((ELDER_CATEGORIES, DECLARED), (ELDER_SIGNS, OF_RISK)):
        for rule in rules:
            for path in rule.when.facts:
                collection, name = path.split(".")
                assert name in declared[collection].fields, path


# 老年人能力评估 (GB/T 42195-2022)


def test_the_assessment_has_the_standards_items_in_its_four_groups() -> None:
    assert {group: len(items) for group, items in ITEMS.items()} == {
        "self_care": 8,
        "movement": 4,
        "mind": 9,
        "senses": 5,
    }
    assert len(set(ALL_ITEMS)) == 26


def test_the_most_points_add_up_to_ninety() -> None:
    by_group = {group: sum(most(table) for table in items.values()) for group, items in ITEMS.items()}
    assert by_group == {"self_care": 32, "movement": 15, "mind": 28, "senses": 15}
    assert sum(by_group.values()) == 90


def test_the_figures_are_those_of_the_form_and_are_to_be_confirmed() -> None:
    assert {key: figure.value for key, figure in ABILITY_ITEMS.in_force(EDITION).items()} == {
        name: most(table) for name, table in TABLES.items()
    }
    assert {figure.standing for figure in ABILITY_ITEMS.figures} == {Standing.TO_CONFIRM}
    assert {figure.standing for figure in ABILITY_LEVELS.figures} == {Standing.TO_CONFIRM}


def test_every_item_of_the_form_offers_each_number_of_points_down_to_nought() -> None:
    for name, table in TABLES.items():
        assert [member.code for member in table] == [str(number) for number in range(most(table), -1, -1)]
        assert getattr(FIELDS[name].kind, "table", None) is table


def scored(points: int) -> dict[str, Any]:
    """Answers that come to so many points, taken off at random."""
    answers = {name: most(table) for name, table in TABLES.items()}
    chance = random.Random(points)
    while sum(answers.values()) > points:
        name = chance.choice([name for name, left in answers.items() if left])
        answers[name] -= 1
    return {name: str(left) for name, left in answers.items()}


@pytest.mark.parametrize(
    ("points", "level"),
    [
        (90, AbilityLevel.ABLE),
        (89, AbilityLevel.MILD),
        (66, AbilityLevel.MILD),
        (65, AbilityLevel.MODERATE),
        (46, AbilityLevel.MODERATE),
        (45, AbilityLevel.SEVERE),
        (30, AbilityLevel.SEVERE),
        (29, AbilityLevel.COMPLETE),
        (0, AbilityLevel.COMPLETE),
    ],
)
def test_the_level_follows_from_the_points(points: int, level: AbilityLevel) -> None:
    assert TOTAL.value(scored(points)) == points
    assert LEVEL.value(scored(points)) == level.code


@pytest.mark.parametrize(
    ("points", "more", "level"),
    [
        (90, {"mental_diagnosis": True}, "1"),
        (66, {"mental_diagnosis": True}, "2"),
        (46, {"mental_diagnosis": True}, "3"),
        (30, {"mental_diagnosis": True}, "4"),
        (0, {"mental_diagnosis": True}, "4"),
        (90, {"accidents": 1}, "0"),
        (90, {"accidents": 2}, "1"),
        (90, {"accidents": 3}, "1"),
        (90, {"accidents": 2, "mental_diagnosis": True}, "1"),
        (90, {"accidents": 0, "mental_diagnosis": False, "coma": False}, "0"),
        (90, {"coma": True}, "4"),
        (65, {"coma": True, "mental_diagnosis": True}, "4"),
    ],
)
def test_coma_dementia_and_accidents_make_the_level_worse(
    points: int, more: dict[str, Any], level: str
) -> None:
    assert LEVEL.value({**scored(points), **more}) == level


def test_there_are_no_points_and_no_level_until_every_item_is_answered() -> None:
    for name in ALL_ITEMS:
        answers = {**scored(90), name: None}
        assert (TOTAL.value(answers), LEVEL.value(answers)) == (None, None)


def test_coma_needs_no_points() -> None:
    assert LEVEL.value({"coma": True}) == AbilityLevel.COMPLETE.code


answers = st.fixed_dictionaries(
    {name: st.sampled_from([member.code for member in table]) for name, table in TABLES.items()}
)
circumstances = st.fixed_dictionaries(
    {},
    optional={
        "coma": st.booleans(),
        "mental_diagnosis": st.booleans(),
        "accidents": st.integers(0, 4),
    },
)


@given(answers, circumstances, st.sampled_from(ALL_ITEMS))
def test_fewer_points_and_worse_news_never_make_a_level_better(
    said: dict[str, str], news: dict[str, Any], item: str
) -> None:
    worse = {**said, item: "0"}
    assert LEVEL.value({**worse, **news}) >= LEVEL.value({**said, **news}) >= LEVEL.value(said)


@given(answers)
def test_the_groups_points_add_up_to_the_whole(said: dict[str, str]) -> None:
    groups = [name for name in FIELDS if name.endswith("_points")]
    computed = {name: FIELDS[name].computed for name in (*groups, "points")}
    found = {name: rule.value(said) for name, rule in computed.items() if rule is not None}
    assert len(groups) == 4
    assert found["points"] == sum(found[name] for name in groups) == sum(int(each) for each in said.values())


def test_nobody_types_points_or_a_level() -> None:
    form = {"subject": "018f0000-0000-7000-8000-000000000001", "on": "2026-11-20"}
    problems = ElderAssessment.declaration.problems_in_whole({**form, "by": form["subject"], "level": "0"})
    assert [problem.code for problem in problems] == ["computed"]


# Risk

CALM = {
    "health_change": "same",
    "medicine": "regular",
    "food": "good",
    "heating": "good",
    "gas": "good",
    "fire_hazards": "good",
    "fall_hazards": "good",
    "mood": "good",
    "money": "good",
    "fraud": "good",
    "contact_with_children": "weekly",
    "emergency_contact": "reachable",
}


@pytest.mark.parametrize(
    ("visit", "others", "expected"),
    [
        ({}, {}, Risk.LOW),
        ({"heating": "watch"}, {}, Risk.LOW),
        ({"heating": "concern"}, {}, Risk.MEDIUM),
        ({"heating": "danger"}, {}, Risk.EMERGENCY),
        ({"gas": "danger"}, {}, Risk.EMERGENCY),
        ({"health_change": "worse"}, {}, Risk.MEDIUM),
        ({"health_change": "sudden"}, {}, Risk.HIGH),
        ({"medicine": "irregular"}, {}, Risk.MEDIUM),
        ({"medicine": "short"}, {}, Risk.HIGH),
        ({"mood": "watch"}, {}, Risk.MEDIUM),
        ({"mood": "concern"}, {}, Risk.HIGH),
        ({"emergency_contact": "none"}, {}, Risk.MEDIUM),
        ({}, {"elder_assessment": {"level": "2"}, "elder_circumstances": {"living": "alone"}}, Risk.LOW),
        ({}, {"elder_assessment": {"level": "3"}}, Risk.MEDIUM),
        ({}, {"elder_assessment": {"level": "3"}, "elder_circumstances": {"living": "alone"}}, Risk.HIGH),
    ],
)
def test_the_gravest_sign_decides_on_the_risk(
    visit: dict[str, Any], others: dict[str, Any], expected: Risk
) -> None:
    assert elder_risk({"elder_visit": {**CALM, **visit}, **others}, TODAY, None).suggested is expected


@given(
    st.dictionaries(st.sampled_from(sorted(CALM)), st.just("danger")),
    st.sampled_from(Risk),
)
def test_no_visit_lowers_a_recorded_risk(visit: dict[str, str], recorded: Risk) -> None:
    counts = elder_risk({"elder_visit": visit}, TODAY, recorded).counts
    assert list(Risk).index(counts) >= list(Risk).index(recorded)


# Visits


def visited(*days: str, met: str = "met") -> list[dict[str, Any]]:
    return [{"on": day, "met": met} for day in days]


@pytest.mark.parametrize(
    ("last", "risk", "groups", "due"),
    [
        # By risk alone: 90, 30, 7 and 1 days, defaults of this program.
        ("2026-09-01", Risk.LOW, [], "2026-11-30"),
        ("2026-09-01", None, [], "2026-11-30"),
        ("2026-10-21", Risk.MEDIUM, [], "2026-11-20"),
        ("2026-11-19", Risk.HIGH, [], "2026-11-26"),
        ("2026-11-19", Risk.EMERGENCY, [], "2026-11-20"),
        # In special difficulty (民发〔2022〕73号): thirty days, and in every calendar month.
        ("2026-11-01", Risk.LOW, [Tag.ELDER_ALONE], "2026-12-01"),
        ("2026-01-31", Risk.LOW, [Tag.ELDER_ALONE], "2026-02-28"),
        ("2024-01-31", Risk.LOW, [Tag.ELDER_ALONE], "2024-02-29"),
        ("2026-01-30", Risk.LOW, [Tag.LEFT_BEHIND_ELDER, Tag.EMPTY_NEST], "2026-02-28"),
        ("2026-01-29", Risk.LOW, [Tag.ELDER_ALONE], "2026-02-28"),
        ("2026-01-28", Risk.LOW, [Tag.ELDER_ALONE], "2026-02-27"),
        ("2026-01-30", Risk.HIGH, [Tag.ELDER_ALONE], "2026-02-06"),
        # Of the plan alone: thirty days, whatever month that is.
        ("2026-01-30", Risk.LOW, [Tag.POOR_ELDER], "2026-03-01"),
        # What is no group of elders asks for nothing.
        ("2026-09-01", Risk.LOW, [Tag.VETERAN], "2026-11-30"),
        ("2026-12-31", Risk.MEDIUM, [Tag.ELDER_ALONE], "2027-01-30"),
    ],
)
def test_the_shortest_interval_counts(last: str, risk: Risk | None, groups: list[Tag], due: str) -> None:
    found = next_elder_visit(visited(last), risk, groups, date(2026, 12, 31))
    assert found is not None
    assert (found.due_on, found.last_on) == (date.fromisoformat(due), date.fromisoformat(last))


def test_an_office_that_wants_two_visits_a_month_has_them_a_fortnight_apart() -> None:
    rows = """
    [[figure]]
    key = "least_a_month"
    value = 2
    source = "通知"
    """
    with installed(office_figures({"elder_visits.toml": rows.encode()}, ALL_TABLES)):
        found = next_elder_visit(visited("2026-11-03"), Risk.LOW, [Tag.ELDER_ALONE], TODAY)
    assert found is not None
    assert (found.due_on, found.en.split("; ")[1]) == (date(2026, 11, 17), "2 times a month at least")


def test_an_interval_that_no_calendar_holds_is_never_due() -> None:
    rows = """
    [[figure]]
    key = "low"
    value = 9007199254740991
    source = "通知"
    """
    with installed(office_figures({"visit_intervals.toml": rows.encode()}, ALL_TABLES)):
        found = next_elder_visit(visited("2026-11-03"), Risk.LOW, [], TODAY)
    assert found is not None and found.due_on == date.max


def test_a_visit_is_overdue_from_the_day_after_it_was_due() -> None:
    found = next_elder_visit(visited("2026-10-21"), Risk.MEDIUM, [], TODAY)
    assert found is not None
    assert [found.is_overdue(date(2026, 11, day)) for day in (19, 20, 21)] == [False, False, True]


def test_a_door_that_nobody_opened_puts_nothing_off() -> None:
    visits = [
        *visited("2026-10-01"),
        *visited("2026-11-10", met="unmet"),
        *visited("2026-11-12", met="others"),
    ]
    found = next_elder_visit(visits, Risk.LOW, [], TODAY)
    assert found is not None and found.last_on == date(2026, 10, 1)


def test_whom_nobody_has_met_yet_is_to_be_visited_at_once() -> None:
    found = next_elder_visit(visited("2026-11-10", met="unmet"), Risk.LOW, [Tag.ELDER_ALONE], TODAY)
    assert found is not None
    assert (found.due_on, found.last_on) == (TODAY, None)


def test_a_next_visit_says_by_which_rule() -> None:
    found = next_elder_visit(visited("2026-01-30"), Risk.LOW, [Tag.ELDER_ALONE], TODAY)
    assert found is not None
    assert found.zh == "上次见到：2026-01-30；每月至少一次；最迟：2026-02-28"
    assert found.en == "Last met: 2026-01-30; once a month at least; at the latest: 2026-02-28"


@given(
    st.lists(st.dates(date(2024, 1, 1), date(2026, 11, 20)), min_size=1),
    st.none() | st.sampled_from(Risk),
    st.sets(st.sampled_from(sorted(SPECIAL, key=list(Tag).index)), min_size=1),
)
def test_no_calendar_month_passes_between_visits_to_an_elder_in_special_difficulty(
    days: list[date], risk: Risk | None, groups: set[Tag]
) -> None:
    found = next_elder_visit([{"on": day.isoformat(), "met": "met"} for day in days], risk, groups, TODAY)
    assert found is not None
    last = max(days)
    assert found.last_on == last
    months = (found.due_on.year - last.year) * 12 + found.due_on.month - last.month
    assert months in (0, 1) and 1 <= (found.due_on - last).days <= 31


# Nobody answers: three times in a row, and the committee is told (a default of this program).


@pytest.mark.parametrize(
    ("met", "times", "is_to_be_told"),
    [
        ([], 0, False),
        (["unmet"], 1, False),
        (["unmet", "unmet"], 2, False),
        (["unmet", "unmet", "unmet"], 3, True),
        (["unmet", "unmet", "unmet", "unmet"], 4, True),
        (["unmet", "unmet", "met"], 0, False),
        (["unmet", "met", "unmet", "unmet"], 2, False),
        (["unmet", "unmet", "others", "unmet"], 1, False),
        (["unmet", "unmet", "spoken", "unmet"], 1, False),
    ],
)
def test_the_committee_is_told_once_nobody_was_met_three_times_in_a_row(
    met: list[str], times: int, is_to_be_told: bool
) -> None:
    visits = [{"on": f"2026-11-{day:02}", "met": each} for day, each in enumerate(met, 1)]
    random.Random(0).shuffle(visits)
    found = unmet(visits, TODAY)
    assert (found.times, found.is_to_be_told) == (times, is_to_be_told)


def test_a_committee_that_was_told_is_told_again_only_after_three_more() -> None:
    visits = visited("2026-11-01", "2026-11-03", "2026-11-05", met="unmet")
    told = [*visits[:2], {**visits[2], "committee_told_on": "2026-11-05"}]
    assert unmet(told, TODAY).is_to_be_told is False
    later = visited("2026-11-07", "2026-11-09", "2026-11-11", met="unmet")
    assert unmet([*told, *later[:2]], TODAY).is_to_be_told is False
    found = unmet([*told, *later], TODAY)
    assert (found.is_to_be_told, found.since) == (True, date(2026, 11, 7))


def test_what_lies_ahead_does_not_count() -> None:
    visits = visited("2026-11-18", "2026-11-19", "2026-11-21", met="unmet")
    assert unmet(visits, TODAY).times == 2


def test_a_visit_names_the_checks_that_were_left_out() -> None:
    assert ELDER_CHECKS.missing({**CALM, "kind": "home", "met": "met"}) == []
    assert ELDER_CHECKS.missing({**CALM, "kind": "home", "met": "met", "gas": None}) == ["gas"]
    by_phone = {name: value for name, value in CALM.items() if name not in ELDER_CHECKS.at_home}
    assert ELDER_CHECKS.missing({**by_phone, "kind": "phone", "met": "spoken"}) == []


def test_every_check_is_a_field_of_the_form() -> None:
    fields = COLLECTIONS["elder_visit"].fields
    assert {*ELDER_CHECKS.always, *ELDER_CHECKS.at_home} <= fields.keys()


# 为老助老


@pytest.mark.parametrize(("born", "expected"), [("1966-11-20", True), ("1966-11-21", False), (None, None)])
def test_a_volunteer_helps_as_an_elder_from_sixty_on(born: str | None, expected: bool | None) -> None:
    assert helps_as_elder({"birth_date": born}, TODAY) is expected
