"""The catalogue's rules are the server's: a client that knows the document alone comes to the same."""

from datetime import date
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import catalogue_json
from schemas.children.categories import CHILD_CATEGORIES, child_categories
from schemas.children.circumstances import ChildCircumstances
from schemas.children.guardianship import GuardianshipAssessment
from schemas.children.risk import CHILD_SIGNS, child_risk
from schemas.collections import COLLECTIONS
from schemas.declare import Declaration
from schemas.elders.assessment import ElderAssessment
from schemas.elders.categories import ELDER_CATEGORIES, elder_categories
from schemas.elders.circumstances import ElderCircumstances
from schemas.elders.risk import ELDER_SIGNS, elder_risk
from schemas.verdict import Ruled
from tests.schemas.catalogue_reader import Reader
from tests.schemas.made import Values, patches

DOCUMENT = msgspec.json.decode(catalogue_json()[0])
READER = Reader(DOCUMENT)
RULES = DOCUMENT["rules"]
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
births = st.dates(date(1930, 1, 1), date(2030, 12, 31)).map(date.isoformat)


def forms(declared: Declaration) -> st.SearchStrategy[Values]:
    """What may be recorded, with what is computed of it, and days that lie near enough to matter."""

    def whole(values: Values) -> Values:
        found = {each.name: each.computed.value(values) for each in declared.computed if each.computed}
        return {**values, **found}

    return patches(declared).map(whole)


near = days.map(date.isoformat)
parents = st.none() | st.fixed_dictionaries(
    {"circumstance": st.sampled_from([each["code"] for each in DOCUMENT["codes"]["circumstance"]["codes"]])},
    optional={
        "since": near,
        "until": near,
        "disability_kind": st.sampled_from("1234567"),
        "disability_grade": st.sampled_from("1234"),
    },
)
persons = st.fixed_dictionaries(
    {},
    optional={"birth_date": births, "disability_grade": st.sampled_from("1234"), "health": st.just("grave")},
)
families = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["rural", "urban"]),
        "categories": st.lists(st.sampled_from(["edge", "minimum_living", "veteran"]), unique=True),
    },
)
children = st.fixed_dictionaries(
    {
        "person": persons,
        "household": families,
        "child_circumstances": st.builds(
            lambda form, father, mother: {**form, "father": father, "mother": mother},
            forms(ChildCircumstances.declaration),
            parents,
            parents,
        ),
        "guardianship_assessment": forms(GuardianshipAssessment.declaration),
        "child_visit": forms(COLLECTIONS["child_visit"]),
    }
)
elders = st.fixed_dictionaries(
    {
        "person": persons,
        "household": families,
        "elder_circumstances": forms(ElderCircumstances.declaration),
        "elder_assessment": forms(ElderAssessment.declaration),
        "elder_visit": forms(COLLECTIONS["elder_visit"]),
    }
)


def read(rules: list[dict[str, Any]], facts: dict[str, Any], on: date) -> list[tuple[str, bool | None]]:
    return [(rule["code"], READER.holds(rule["when"], facts, on)) for rule in rules]


@given(children, days)
def test_a_client_finds_a_child_in_the_same_groups(facts: dict[str, Any], on: date) -> None:
    found = [(each.code.code, each.holds) for each in child_categories(facts, on)]
    assert read(RULES["categories"]["child"], facts, on) == found


@given(elders, days)
def test_a_client_finds_an_elder_in_the_same_groups(facts: dict[str, Any], on: date) -> None:
    found = [(each.code.code, each.holds) for each in elder_categories(facts, on)]
    assert read(RULES["categories"]["elder"], facts, on) == found


@given(children, elders, days)
def test_a_client_comes_to_the_same_risk(child: dict[str, Any], elder: dict[str, Any], on: date) -> None:
    order = [row["code"] for row in DOCUMENT["codes"]["risk"]["codes"]]
    for name, facts, judged in (("child", child, child_risk), ("elder", elder, elder_risk)):
        shown = [code for code, holds in read(RULES["risk_signs"][name], facts, on) if holds]
        assert judged(facts, on, None).suggested.code == max(shown, key=order.index, default="low")


@given(forms(GuardianshipAssessment.declaration) | forms(ElderAssessment.declaration))
def test_a_client_computes_the_same_fields(values: Values) -> None:
    for collection in ("guardianship_assessment", "elder_assessment"):
        for name, said in DOCUMENT["collections"][collection]["properties"].items():
            computed = COLLECTIONS[collection].fields[name].computed
            assert ("x-computed" in said) == (computed is not None)
            if computed is not None:
                assert READER.computed(said["x-computed"], values) == computed.value(values)


def test_every_rule_is_in_the_catalogue_with_its_source() -> None:
    for shipped, rules in (
        (RULES["categories"]["child"], CHILD_CATEGORIES),
        (RULES["categories"]["elder"], ELDER_CATEGORIES),
        (RULES["risk_signs"]["child"], CHILD_SIGNS),
        (RULES["risk_signs"]["elder"], ELDER_SIGNS),
    ):
        assert [(each["code"], each["source"]) for each in shipped] == [_named(rule) for rule in rules]


def test_codes_that_rules_speak_of_are_codes_of_the_facts_named() -> None:
    for kind in ("categories", "risk_signs"):
        for rules in RULES[kind].values():
            for rule in rules:
                for path, values in _asked(rule["when"]):
                    assert set(values) <= _codes_of(path), path


def _named(rule: Ruled) -> tuple[str, str]:
    return rule.code.code, rule.source


def _asked(condition: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    if "is" in condition:
        return [(condition["is"], condition["values"])]
    within = [*condition.get("all", ()), *condition.get("any", ())]
    if "not" in condition:
        within.append(condition["not"])
    return [each for one in within for each in _asked(one)]


def _codes_of(path: str) -> set[Any]:
    collection, name, *parts = path.split(".")
    said = DOCUMENT["collections"][collection]["properties"][name]
    for part in (None, *parts):
        if part is not None:
            said = said["properties"][part]
        said = said["anyOf"][0] if "anyOf" in said else said
        said = said.get("items", said)
    return set(said["enum"]) if "enum" in said else {True, False}
