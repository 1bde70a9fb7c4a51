"""The catalogue is whole, refers to nothing outside itself, and is the same bytes everywhere."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from schemas.catalogue import catalogue, catalogue_json
from schemas.codes import CodeTable
from schemas.collections import COLLECTIONS, VERSION
from schemas.declare import LATEST, Record, collected, field
from schemas.privacy import Privacy

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = msgspec.json.decode(catalogue_json()[0])


def objects_with(key: str, within: Any) -> Iterator[dict[str, Any]]:
    if isinstance(within, dict):
        if key in within:
            yield within
        for value in within.values():
            yield from objects_with(key, value)
    elif isinstance(within, list):
        for value in within:
            yield from objects_with(key, value)


def every(key: str, within: Any) -> set[Any]:
    return {found[key] for found in objects_with(key, within)}


def test_it_has_every_collection_and_the_version() -> None:
    assert DOCUMENT["version"] == VERSION == 1
    assert set(DOCUMENT["collections"]) == set(COLLECTIONS)


def test_every_code_table_named_is_in_it_with_the_same_codes() -> None:
    fields = list(objects_with("x-codes", DOCUMENT["collections"]))
    assert fields
    for said in fields:
        table = DOCUMENT["codes"][said["x-codes"]]
        assert [row["code"] for row in table["codes"]] == said["enum"]


def test_every_state_machine_named_is_in_it_and_its_steps_lead_to_codes() -> None:
    named = every("x-states", DOCUMENT["collections"])
    assert named == set(DOCUMENT["states"])
    for name, machine in DOCUMENT["states"].items():
        codes = {row["code"] for row in DOCUMENT["codes"][name]["codes"]}
        assert set(machine["steps"]) == codes
        assert (
            set(machine["initial"]) | {new for after in machine["steps"].values() for new in after} <= codes
        )


def test_every_unit_and_reference_named_is_in_it() -> None:
    units = {row["code"] for row in DOCUMENT["codes"]["unit"]["codes"]}
    assert every("x-unit", DOCUMENT["collections"]) <= units
    assert every("x-ref", DOCUMENT["collections"]) <= {*COLLECTIONS, "account"}


def test_facts_that_are_asked_are_answers_of_a_screening_under_the_same_label() -> None:
    answers = DOCUMENT["collections"]["screening"]["properties"]
    for name, fact in DOCUMENT["rules"]["facts"].items():
        assert fact["asked"] or fact["ground"] is not None
        if fact["asked"]:
            assert answers[name]["anyOf"][0] == {"type": "boolean"}
            assert (answers[name]["title"], answers[name]["x-title-en"]) == (fact["zh"], fact["en"])


def test_entitlement_speaks_of_facts_kinds_and_papers_that_are_there() -> None:
    rules, codes = DOCUMENT["rules"], DOCUMENT["codes"]
    kinds = {row["code"] for name in ("assistance_kind", "low_income") for row in codes[name]["codes"]}
    assert {way["what"] for way in rules["entitlement"]} == set(rules["documents"]) == kinds
    assert all({*way["facts"], *way["unless"]} <= set(rules["facts"]) for way in rules["entitlement"])


def test_every_figure_that_a_rule_names_is_in_it() -> None:
    tables = DOCUMENT["rules"]["figures"]
    named = [each["figure"] for each in objects_with("figure", DOCUMENT["rules"]) if "figure" in each]
    assert named
    for table, key in named:
        assert table in tables
        keys = {figure["key"] for figure in tables[table]["figures"]}
        assert "{" in key or key in keys


def test_figures_that_the_office_decides_are_listed_as_missing() -> None:
    decision = DOCUMENT["rules"]["figures"]["decision_days"]
    assert "medical" in decision["missing"]
    assert "minimum_living" not in decision["missing"]


def test_another_process_makes_the_same_bytes() -> None:
    # Sets iterate differently from process to process; none may show through.
    script = "from schemas.catalogue import catalogue_json as c; print(c()[1])"
    etags = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert etags == {catalogue_json()[1]}


def test_the_etag_is_quoted_as_the_header_has_it() -> None:
    etag = catalogue_json()[1]
    assert etag.startswith('"') and etag.endswith('"')


def test_a_label_that_changes_changes_the_document() -> None:
    class Household(Record, collection="household", zh="住户", en="Household"):
        """A household by another label."""

        name: Annotated[str, field("户名", "Name", privacy=Privacy.OPEN, merge=LATEST)]

    assert catalogue(collected(Household)) != catalogue()


def test_two_code_tables_of_one_name_are_refused() -> None:
    class Risk(CodeTable, zh="风险", en="Risk"):
        SOME = "some", "有", "Some"

    class Bet(Record, collection="bet", zh="赌", en="Bet"):
        """A bet."""

        risk: Annotated[Risk, field("风险", "Risk", privacy=Privacy.OPEN, merge=LATEST)]

    with pytest.raises(ValueError, match="called risk"):
        catalogue({**COLLECTIONS, **collected(Bet)})


def test_how_people_are_found_who_are_there_twice_is_said() -> None:
    said = DOCUMENT["rules"]["likeness"]
    assert said["worth_a_look"] == 60
    points = {each["rule"]: each["points"] for each in said["evidence"]}
    assert (points["same_resident_id"], points["name_sounds_alike"], points["other_sex"]) == (200, 30, -40)
    assert {"heard": "zh", "as_if": "z"} in said["initials"]
    assert {"heard": "ang", "as_if": "an"} in said["finals"]
