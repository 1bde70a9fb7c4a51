"""Rules reckoned from the catalogue alone, as a phone in another language does it, come to the same.

The readers here are written after the words of the catalogue, and use nothing of the rules' own code.
"""

from datetime import date, datetime
from itertools import combinations
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.casework.case import CaseStage
from schemas.casework.progress import lacks
from schemas.catalogue import catalogue_json
from schemas.collections import COLLECTIONS
from schemas.family.allowances import allowances
from schemas.governance.clashes import clashes
from tests.schemas.made import values_for

RULES: dict[str, Any] = msgspec.json.decode(catalogue_json()[0])["rules"]


def figure(table: str, key: str, on: date) -> int | None:
    """The newest row in force."""
    rows = [
        row
        for row in RULES["figures"][table]["figures"]
        if row["key"] == key and (row["since"] is None or date.fromisoformat(row["since"]) <= on)
    ]
    value: int | None = max(rows, key=lambda row: row["since"] or "")["value"] if rows else None
    return value


# The two allowances


def prospects(survey: dict[str, Any], on: date) -> dict[str, tuple[str, list[str]]]:
    """By allowance, how an application would stand, and what is still to be asked."""
    rule = RULES["disability_allowances"]
    found: dict[str, tuple[str, list[str]]] = {}
    for kind, questions in rule["questions"].items():
        effects = ["against"] if on < date.fromisoformat(rule["since"]) else []
        missing = []
        for question in questions:
            for clause in question:
                said = survey.get(clause["field"])
                if said is None:
                    missing.append(clause["field"])
                    break
                if clause["least"] is not None:
                    least = figure(rule["terms"], clause["least"], on)
                    holds = least is not None and said >= least
                else:
                    holds = not clause["values"] or said in clause["values"]
                if holds:
                    effects.append(clause["effect"])
                    break
        if "against" in effects:
            found[kind] = ("may_not", [])
        elif missing:
            found[kind] = ("not_yet_told", missing)
        else:
            found[kind] = ("ask_office" if "local" in effects else "may_apply", [])
    return found


FACTS = sorted(
    {
        clause["field"]
        for questions in RULES["disability_allowances"]["questions"].values()
        for question in questions
        for clause in question
    }
)
FIELDS = COLLECTIONS["disability_survey"].fields
surveys = st.fixed_dictionaries({}, optional={name: values_for(FIELDS[name]) for name in FACTS})


@given(surveys, st.dates(date(2015, 6, 1), date(2030, 12, 31)))
def test_a_phone_comes_to_the_same_prospects(survey: dict[str, Any], on: date) -> None:
    told = {each.kind.code: (each.prospect.code, list(each.missing)) for each in allowances(survey, on)}
    assert prospects(survey, on) == told


# What a stage asks for


def wanting(stage: str, papers: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    """Collection and field of what is missing."""
    found = []
    for each in RULES["case_stages"]:
        records = papers.get(each["collection"], [])
        if each["none_of"]:
            is_met = all(record.get(each["field"]) not in each["none_of"] for record in records)
        else:
            is_met = any(record.get(each["field"]) not in (None, "", []) for record in records)
        if each["stage"] == stage and not is_met:
            found.append((each["collection"], each["field"]))
    return found


def papers_of(collection: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    asked = {each["field"] for each in RULES["case_stages"] if each["collection"] == collection}
    fields = {name: values_for(COLLECTIONS[collection].fields[name]) for name in asked}
    return st.lists(st.fixed_dictionaries({}, optional=fields), max_size=3)


PAPERS = {each["collection"]: papers_of(each["collection"]) for each in RULES["case_stages"]}


@given(st.sampled_from([stage.code for stage in CaseStage]), st.fixed_dictionaries({}, optional=PAPERS))
def test_a_phone_names_the_same_papers_that_are_missing(
    stage: str, papers: dict[str, list[dict[str, Any]]]
) -> None:
    told = [(lack.collection, lack.field) for lack in lacks(stage, papers)]
    assert wanting(stage, papers) == told


# Bookings

moments = st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 21)).map(
    lambda at: f"{at.isoformat()}+08:00"
)
bookings = st.dictionaries(
    st.uuids().map(str),
    st.fixed_dictionaries(
        {
            "space": st.sampled_from(["room", "yard"]),
            "begins_at": moments,
            "ends_at": moments,
            "state": values_for(COLLECTIONS["space_booking"].fields["state"]),
        }
    ).filter(lambda each: each["begins_at"] <= each["ends_at"]),
    max_size=5,
)


@given(bookings)
def test_a_phone_finds_the_same_bookings_that_clash(made: dict[str, dict[str, Any]]) -> None:
    rule = RULES["booking_clashes"]
    first, last = rule["from"], rule["until"]
    holding = {id: each for id, each in made.items() if each["state"] in rule["states"]}

    def share_hours(one: dict[str, Any], other: dict[str, Any]) -> bool:
        begins, ends = (
            pick(datetime.fromisoformat(one[name]), datetime.fromisoformat(other[name]))
            for pick, name in ((max, first), (min, last))
        )
        return one[rule["of"]] == other[rule["of"]] and bool(begins < ends)

    found = {(min(a, b), max(a, b)) for a, b in combinations(holding, 2) if share_hours(made[a], made[b])}
    assert {(clash.first, clash.second) for clash in clashes(made)} == found
