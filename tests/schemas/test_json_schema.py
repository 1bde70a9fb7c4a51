"""JSON Schema says the same as validation, as far as a schema can."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.declare import Declaration
from schemas.json_schema import json_schema
from schemas.values import Code, Day, Integer, Items, Kind, Reference, Text, YesNo
from tests.schemas.made import Values, declarations, extra_names, json_values, records

SCHEMAS = {name: json_schema(declared) for name, declared in COLLECTIONS.items()}
VALIDATORS = {
    name: jsonschema_rs.validator_for(schema, validate_formats=True) for name, schema in SCHEMAS.items()
}
records_with_declaration = declarations.flatmap(lambda each: st.tuples(st.just(each), records(each)))


def says_it_all(kind: Kind) -> bool:
    """Whether JSON Schema can express the kind wholly."""
    if isinstance(kind, Items):
        return says_it_all(kind.item)
    if isinstance(kind, Text):
        return kind.form is None or kind.form.holds is None
    return isinstance(kind, Code | Day | Integer | Reference | YesNo)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_schema_is_one(name: str) -> None:
    jsonschema_rs.meta.validate(SCHEMAS[name])


@given(records_with_declaration, st.dictionaries(extra_names, json_values, max_size=2))
def test_the_schema_accepts_what_validation_accepts(made: tuple[Declaration, Values], extra: Values) -> None:
    declared, values = made
    VALIDATORS[declared.collection].validate({**values, **extra})


@given(records_with_declaration, st.data())
def test_the_schema_refuses_what_validation_refuses(
    made: tuple[Declaration, Values], data: st.DataObject
) -> None:
    declared, values = made
    fields = [each for each in declared.fields.values() if each.computed is None]  # the schema says readOnly
    names = [each.name for each in fields if says_it_all(each.kind)]
    name = data.draw(st.sampled_from(names))
    value = data.draw(without_whole_floats(json_values))
    changed = {**values, name: value}
    judged = bool(declared.problems_in_patch({name: value}, {}, {}, {}))
    assert VALIDATORS[declared.collection].is_valid(changed) == (not judged)


def test_a_phone_can_tell_which_fields_start_a_report_and_which_it_leaves_out() -> None:
    visit, report = SCHEMAS["child_visit"]["properties"], SCHEMAS["mandatory_report"]["properties"]
    starting = {name for name, said in visit.items() if "x-starts" in said}
    assert starting == {"harm", "harm_seen"}
    assert visit["harm"]["x-starts"] == "mandatory_report"
    assert SCHEMAS["mandatory_report"]["x-permanent"] is True
    computed = {name: said["x-computed"] for name, said in report.items() if said.get("readOnly")}
    assert computed.keys() == {"state", "due_at"}
    assert computed["due_at"] == {
        "rule": "hours_after",
        "field": "found_at",
        "figure": ["report_hours", "both_told"],
    }
    assert computed["state"]["states"][0] == {"code": "to_report", "facts": []}


def without_whole_floats(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """JSON Schema takes 1.0 for an integer, and validation does not: JSON that was 1 never decodes to it."""
    return values.filter(lambda value: not any(each.is_integer() for each in floats_in(value)))


def floats_in(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for item in inner for each in floats_in(item)]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_missing_required_field_is_refused_by_the_schema(name: str) -> None:
    assert not VALIDATORS[name].is_valid({})


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_field_says_labels_class_and_policy(name: str) -> None:
    for field, said in SCHEMAS[name]["properties"].items():
        declared = COLLECTIONS[name].fields[field]
        assert (said["title"], said["x-title-en"]) == (declared.zh, declared.en)
        assert (said["x-class"], said["x-policy"]) == (declared.privacy.value, declared.policy.value)


def test_marks_of_a_field_are_said() -> None:
    referral, household = SCHEMAS["referral"]["properties"], SCHEMAS["household"]["properties"]
    assert referral["household"]["x-parent"] is True
    assert referral["household"]["x-ref"] == "household"
    assert referral["state"]["x-states"] == referral["state"]["x-codes"] == "referral_state"
    assert referral["amount_fen"]["x-unit"] == "fen"
    assert referral["amount_fen"]["x-together"] == referral["amount_period"]["x-together"]
    assert household["risk"]["x-order"] == ["low", "medium", "high", "emergency"]
    assert household["community"]["x-correctable"] is True
    assert SCHEMAS["conflict"]["x-made-by"] == "server"
