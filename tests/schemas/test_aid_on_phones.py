"""A phone that has nothing but the catalogue comes to the same verdicts and grades as the server.

`Phone` is written from what the catalogue and `schemas.aid.rules.said` say, on the document as it is sent,
and calls nothing of ours.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.aid.assessment import DIMENSIONS, assessed
from schemas.aid.circumstances import Circumstances
from schemas.aid.eligibility import verdicts
from schemas.aid.facts import FACTS
from schemas.aid.means import ExpenseKind, IncomeKind
from schemas.aid.resource_codes import ResourceKind
from schemas.catalogue import catalogue_json
from schemas.figure_tables import TABLES
from schemas.figures.office import OfficeFigures, installed
from schemas.figures.own import office_figures
from tests.schemas.aid import figures

DAYS = st.sampled_from([date(2023, 3, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 11, 24)])
SET = office_figures(
    {
        **figures("minimum_lines", **{"620102_urban": 80_000, "620102_rural": 52_000}),
        **figures("disposable_income", **{"620102_urban": 300_000}),
        **figures("rigid_share", of_income=60),
        **figures("counted_income", old_age=100),
    },
    TABLES,
)
Truth = bool | None


class Phone:
    """What it was sent, and how it reckons by that."""

    def __init__(self) -> None:
        self.rules: dict[str, Any] = msgspec.json.decode(catalogue_json()[0])["rules"]

    def figure(self, table: str, key: str, on: date) -> int | None:
        rows = [row for row in self.rules["figures"][table]["figures"] if row["key"] == key]
        begun = [row for row in rows if row["since"] is None or row["since"] <= on.isoformat()]
        newest = max(begun, key=lambda row: row["since"] or "", default=None)
        return None if newest is None else newest["value"]

    def named(self, named: list[str], on: date) -> int | None:
        table, key = named
        return self.figure(table, key, on)

    def answers(self, home: Any, people: Mapping[str, Any], screening: Any, on: date) -> dict[str, str]:
        living = {
            id: each
            for id, each in people.items()
            if not (each.get("died_on") and each["died_on"] <= on.isoformat())
            and each.get("is_counted") is not False
        }
        found: dict[str, list[Truth]] = {}
        for way in self.rules["entitlement"]:
            names = [*way["facts"], *way["unless"]]
            alone = any(self.rules["facts"][name]["of_member"] for name in names)
            for member in (living or {"": {}}) if alone else {"": {}}:
                truths = []
                for name in names:
                    truth = self.fact(name, home or {}, living, living.get(member), screening or {}, on)
                    truths.append(truth if name in way["facts"] or truth is None else not truth)
                found.setdefault(way["what"], []).append(every(truths))
        words = {True: "may_apply", False: "does_not_apply", None: "cannot_be_told"}
        return {what: words[some(truths)] for what, truths in found.items()}

    def fact(
        self, name: str, home: Any, living: Mapping[str, Any], member: Any, screening: Any, on: date
    ) -> Truth:
        said = self.rules["facts"][name]
        asked = screening.get(name) if said["asked"] else None
        told = None if said["ground"] is None else self.ground(said["ground"], home, living, member, on)
        if asked is None or told is None or asked == told:
            return told if asked is None else asked
        return (asked or told) if said["of_member"] else None

    def ground(self, said: Any, home: Any, living: Mapping[str, Any], member: Any, on: date) -> Truth:
        people = list(living.values())
        match said["ground"]:
            case "below_line":
                percent = 100 if said["share"] is None else self.named(said["share"], on)
                line = self.line(said["line"], home, on)
                income = self.summed(home, "income", "income", "counted_income", on)
                count = [each for each in (home.get("members"), len(people) or None) if each is not None]
                if line is None or percent is None or income is None or not count:
                    return None
                if income[1] < line * percent * min(count):
                    return True
                return False if income[0] >= line * percent * max(count) else None
            case "own_income_below_line":
                line, own = self.line(said["line"], home, on), (member or {}).get(said["field"])
                return None if line is None or own is None else own < line
            case "rigid_share_above":
                share = self.named(said["figure"], on)
                income = self.summed(home, "income", "income", "counted_income", on)
                spent = self.summed(home, "expense", "expenses", "rigid_expenses", on)
                if share is None or income is None or spent is None:
                    return None
                if spent[0] * 100 > income[1] * share:
                    return True
                return False if spent[1] * 100 <= income[0] * share else None
            case "of_member":
                return None if not member else self.trait(said["trait"], member, on)
            case "of_somebody":
                return some(self.trait(said["trait"], each, on) for each in people) if people else None
            case "nobody_employed":
                able = [self.trait(said["able"], each, on) for each in people]
                asked = [each for each, is_able in zip(people, able, strict=True) if is_able is not False]
                truth = every(self.trait(said["jobless"], each, on) for each in asked)
                if truth and True not in able:
                    return False if people and not asked else None
                return truth
            case "dwells":
                return True if home.get(said["field"]) in said["codes"] else None
            case "receives":
                held = home.get(said["field"])
                return None if held is None else any(code in held for code in said["codes"])
        raise NotImplementedError(said["ground"])

    def line(self, table: str, home: Any, on: date) -> int | None:
        if home.get("kind") not in ("urban", "rural"):
            return None
        return self.figure(table, f"{home['community'][:6]}_{home['kind']}", on)

    def summed(self, home: Any, what: str, age: str, shares: str, on: date) -> tuple[int, int] | None:
        month = home.get(f"{what}_month")
        if month is None:
            return None
        months = (on.year - int(month[:4])) * 12 + on.month - int(month[5:])
        oldest = self.figure("means_age", age, on)
        if oldest is not None and months > oldest:
            return None
        least = most = 0
        for item in home.get(f"{what}_items", ()):
            share = self.figure(shares, item["kind"], on)
            least += item["amount_fen"] * (share or 0)
            most += item["amount_fen"] * (100 if share is None else share)
        return least, most

    def trait(self, said: Any, person: Any, on: date) -> Truth:
        match said["trait"]:
            case "reached":
                born, years = person.get("birth_date"), self.named(said["figure"], on)
                if born is None or years is None:
                    return None
                year, month, day = int(born[:4]) + years, int(born[5:7]), int(born[8:])
                return (year, month, day) <= (on.year, on.month, on.day)
            case "not":
                inner = self.trait(said["of"], person, on)
                return None if inner is None else not inner
            case "perhaps":
                return None if self.trait(said["of"], person, on) else False
            case "says":
                value = person.get(said["field"])
                return None if value is None else value in said["codes"]
            case "tagged":
                return any(code in person.get(said["field"], ()) for code in said["codes"])
            case "disabled":
                kind, grade = person.get("disability_kind"), person.get("disability_grade")
                if kind is None and grade is None:
                    return False
                is_told = grade is not None or len(said["grades"]) == 4
                of_grade = (grade is None or grade in said["grades"]) if is_told else None
                of_kind = True if not said["kinds"] else None if kind is None else kind in said["kinds"]
                return every([of_grade, of_kind])
            case "any_of":
                return some(self.trait(each, person, on) for each in said["of"])
            case "all_of":
                return every(self.trait(each, person, on) for each in said["of"])
        raise NotImplementedError(said["trait"])

    def grade(self, screening: Mapping[str, Any], on: date) -> str:
        said = self.rules["need_assessment"]
        scores = [int(screening[name]) for name in said["dimensions"] if screening.get(name) is not None]
        found = "none"
        for row in ("mild", "moderate", "severe"):
            by_sum, by_severe = self.figure(said["grades"], row, on), self.figure(said["floors"], row, on)
            if (by_sum is not None and sum(scores) >= by_sum) or (
                by_severe is not None and scores.count(3) >= by_severe
            ):
                found = row
        return found


def some(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


def every(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these fields, or none."""
    return st.fixed_dictionaries({}, optional=fields)


def items(kinds: Iterable[Any]) -> st.SearchStrategy[Any]:
    amounts = st.sampled_from([0, 1, 40_000, 79_999, 80_000, 119_999, 120_000, 400_000])
    line = st.fixed_dictionaries(
        {"kind": st.sampled_from([each.code for each in kinds]), "amount_fen": amounts}
    )
    return st.lists(line, max_size=3)


months = st.sampled_from(["2022-10", "2023-02", "2025-11", "2025-12", "2026-11"])
people = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    maybe(
        birth_date=st.sampled_from(
            ["2010-11-24", "2010-11-25", "2008-11-24", "2008-11-25", "1966-11-24", "1966-11-25", "1985-02-28"]
        ),
        work=st.sampled_from(["employed", "unemployed", "unable", "student"]),
        health=st.sampled_from(["good", "grave"]),
        disability_kind=st.sampled_from("1234567"),
        disability_grade=st.sampled_from("1234"),
        own_income_fen=st.sampled_from([0, 51_999, 52_000, 79_999, 80_000]),
        tags=st.lists(st.sampled_from(["extreme_poverty", "disabled"]), max_size=2, unique=True),
        is_counted=st.booleans(),
        died_on=st.sampled_from(["2026-11-24", "2026-11-25"]),
    ),
)
homes = st.builds(
    lambda told: {"community": "620102001001", **told},
    maybe(
        kind=st.sampled_from(["urban", "rural"]),
        members=st.integers(1, 4),
        housing=st.sampled_from(["owned", "owned_dangerous", "none"]),
        assistance=st.lists(st.sampled_from(["minimum_living", "medical", "extreme_poverty"]), max_size=2),
        income_items=items(IncomeKind),
        income_month=months,
        expense_items=items(ExpenseKind),
        expense_month=months,
    ),
)
screenings = st.dictionaries(
    st.sampled_from([name for name, fact in FACTS.items() if fact.asked]), st.booleans()
)


@pytest.mark.parametrize("office", [OfficeFigures(), SET], ids=["ours", "an office's"])
@given(home=st.none() | homes, people=people, screening=st.none() | screenings, on=DAYS)
def test_it_comes_to_the_same_verdicts(
    office: OfficeFigures, home: Any, people: dict[str, Any], screening: Any, on: date
) -> None:
    with installed(office):
        wanted = {
            each.what: each.answer.code for each in verdicts(Circumstances(home, people, screening), on)
        }
        assert Phone().answers(home, people, screening, on) == wanted


@given(st.dictionaries(st.sampled_from(list(DIMENSIONS)), st.sampled_from("0123")), DAYS)
def test_it_comes_to_the_same_grade_of_need(screening: dict[str, str], on: date) -> None:
    assert Phone().grade(screening, on) == assessed(screening, on).grade.code


def test_it_knows_of_every_kind_of_resource_what_it_serves() -> None:
    assert set(Phone().rules["matching"]["serves"]) == {kind.code for kind in ResourceKind}
