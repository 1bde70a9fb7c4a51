"""Nobody stands out in a sample, and the lot that it is drawn by is nobody's to turn."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.samples.anonymity import AREA, Fact, File, K, held_back
from service.samples.rule import Candidate, Rule, drawn, is_about_grown_people, is_grown

SEX, BORN, TAGS = ("person", "sex"), ("person", "birth_date"), ("person", "tags")

facts = st.fixed_dictionaries(
    {},
    optional={
        SEX: st.sampled_from(["1", "2", None]),
        BORN: st.sampled_from([None, *(f"{year}-{year + 4}" for year in range(1930, 1990, 5))]),
        TAGS: st.lists(st.sampled_from(["elder_alone", "disabled"]), max_size=2, unique=True),
    },
)
files = st.lists(st.builds(File, st.sampled_from("ABC"), facts), max_size=60)


def looks(made: list[File]) -> Counter[Any]:
    """What is seen of each file that is shown."""
    found: Counter[Any] = Counter()
    for file, hidden in zip(made, held_back(made), strict=True):
        if hidden is not None:
            told = {fact: repr(value) for fact, value in file.facts.items() if fact not in hidden}
            back = {fact: "held back" for fact in file.facts if fact in hidden}
            area = "held back" if AREA in hidden else file.area
            found[area, tuple(sorted((told | back).items()))] += 1
    return found


@given(files)
def test_every_family_that_is_shown_looks_like_four_others(made: list[File]) -> None:
    assert all(number >= K for number in looks(made).values())


@given(files, st.integers(0, 60))
def test_families_that_are_all_alike_are_shown_whole(made: list[File], number: int) -> None:
    alike = [File("A", {SEX: "1"})] * number
    expected: list[frozenset[Fact] | None] = [frozenset() if number >= K else None] * number
    assert held_back(alike) == expected


def test_what_tells_most_apart_is_held_back_first_and_the_area_last() -> None:
    made = [File("A", {SEX: "1", BORN: f"19{place}0-19{place}4"}) for place in range(5)]
    assert held_back(made) == [frozenset({BORN})] * 5
    made = [File("ABCDE"[place], {SEX: "12"[place % 2]}) for place in range(5)]
    assert held_back(made) == [frozenset({SEX, AREA})] * 5


def candidates(number: int, collection: str = "household", files: int | None = None) -> list[Candidate]:
    """So many records in one area, each in a file of its own or in so many files."""
    area = UUID(int=1)
    cases = [uuid4() for _ in range(files or number)]
    return [Candidate(area, uuid4(), collection, cases[at % len(cases)], {}) for at in range(number)]


@given(st.integers(0, 2**63 - 1), st.randoms())
def test_the_same_seed_draws_the_same_in_whatever_order_records_are_stored(seed: int, random: Any) -> None:
    made = candidates(30)
    shuffled = random.sample(made, len(made))
    rule = Rule(["household"], size=7)
    assert drawn(made, rule, seed) == drawn(shuffled, rule, seed)


@given(st.integers(0, 2**63 - 1))
def test_areas_drawn_one_after_the_other_come_to_the_same_as_all_at_once(seed: int) -> None:
    areas = [UUID(int=number) for number in range(3)]
    made = [each._replace(area=areas[at % 3]) for at, each in enumerate(candidates(30, "person", files=5))]
    rule = Rule(["person"], percent=40)
    one_by_one = [
        each for area in areas for each in drawn((one for one in made if one.area == area), rule, seed)
    ]
    assert one_by_one == drawn(made, rule, seed)


def test_every_record_comes_up_about_as_often() -> None:
    made = candidates(20)
    rule = Rule(["household"], size=5)
    times = Counter(each.id for seed in range(4_000) for each in drawn(made, rule, seed))
    assert all(850 < times[each.id] < 1_150 for each in made)  # 1,000 expected; five deviations are 137


@pytest.mark.parametrize(("percent", "number"), [(1, 1), (10, 2), (50, 10), (100, 20)])
def test_a_share_is_rounded_up(percent: int, number: int) -> None:
    assert len(drawn(candidates(20), Rule(["household"], percent=percent), 1)) == number


def test_of_one_family_at_most_one_person_is_drawn() -> None:
    made = drawn(candidates(12, "person", files=4), Rule(["person"], size=12), 1)
    assert len(made) == len({each.case for each in made}) == 4


def test_of_one_family_any_number_of_visits_is_drawn() -> None:
    assert len(drawn(candidates(12, "elder_visit", files=4), Rule(["elder_visit"], size=12), 1)) == 12


@pytest.mark.parametrize(
    ("born", "grown"),
    [("2012-11-24", True), ("2012-11-25", False), ("2020-01-01", False), (None, False), ("不详", False)],
)
def test_somebody_is_grown_on_their_fourteenth_birthday_and_not_where_it_is_not_known(
    born: str | None, grown: bool
) -> None:
    assert is_grown(born, date(2026, 11, 24)) is grown


def test_a_record_that_names_a_child_is_about_a_child() -> None:
    area, child, elder = UUID(int=1), uuid4(), uuid4()
    referral = Candidate(area, uuid4(), "referral", None, {"person": str(child)})
    visit = Candidate(area, uuid4(), "elder_visit", None, {"subject": str(elder)})
    assert not is_about_grown_people(referral, {elder})
    assert is_about_grown_people(visit, {elder})
    assert not is_about_grown_people(Candidate(area, child, "person", None, {}), {elder})
    assert is_about_grown_people(Candidate(area, uuid4(), "household", None, {"head": None}), set())
