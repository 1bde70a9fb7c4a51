"""A record type as JSON Schema (2020-12), for clients that draw forms or check values by it.

The schema describes a new record; an edit carries any of its fields. Beside the standard's words:

- `x-title-en`: the English label (`title` is the Chinese one)
- `x-class`: privacy class, and so the part that the field is delivered in
- `x-policy`, `x-order`: how concurrent values meet; for `highest` from the least to the gravest
- `x-codes`, `x-states`: the table in the catalogue that codes and steps come from
- `x-ref`, `x-parent`: the collection that an id names, and whether this record belongs to that one
- `x-together`: fields with the same word are decided together; send them together
- `x-computed`: how it follows from other fields (schemas/computed.py), with `readOnly`: it is not to be sent
- `x-starts`: a value here starts a record of that collection; warn whoever is about to write one
- `x-by`: who may write it where the class does not say: whoever reads it, or the supervisor alone
- `x-happened`: a moment that is refused where it lies ahead of the time of receipt
- `x-correctable`: a fixed field that whoever has seen it may set right
- `x-mask`: the form shown to those who see the class online in masked form only; without it, nothing is shown
- `x-unit`, `x-form`: what a number counts, and a written form checked beyond its pattern
- `x-permanent` (of a collection): never deleted, and nothing that was written in one is taken back
- `x-rules`: what holds between fields that come in one change, by name
"""

import inspect
from typing import Any

from schemas.codes import StateTable, snake_case
from schemas.declare import Declaration, Field, Policy
from schemas.limits import NAME
from schemas.values import Code, JsonSchema, labelled

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(declared: Declaration) -> JsonSchema:
    """The JSON Schema of one collection."""
    said: JsonSchema = {
        "$schema": DIALECT,
        "title": declared.zh,
        "x-title-en": declared.en,
        "description": inspect.getdoc(declared.record),
        "type": "object",
        "properties": {name: _property(each) for name, each in declared.fields.items()},
        "required": [name for name, each in declared.fields.items() if each.required],
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": True,
        "x-rules": [
            {"name": rule.name, "fields": list(rule.fields), "zh": rule.zh, "en": rule.en}
            for rule in declared.rules
        ],
    }
    if declared.opens_file:
        said["x-opens-file"] = True
    if declared.permanent:
        said["x-permanent"] = True
    if declared.made_by_server:
        said["x-made-by"] = "server"
    return said


def _property(field: Field) -> JsonSchema:
    said = labelled(field.kind, field.zh, field.en, field.nullable, field.unit)
    marks: dict[str, Any] = {"x-class": field.privacy.value, "x-policy": field.policy.value}
    if field.policy is Policy.HIGHEST and field.rank is not None:
        marks["x-order"] = sorted(field.rank, key=field.rank.__getitem__)
    if isinstance(field.kind, Code) and issubclass(field.kind.table, StateTable):
        marks["x-states"] = snake_case(field.kind.table.__name__)
    if field.parent:
        marks["x-parent"] = True
    if field.together is not None:
        marks["x-together"] = field.together
    if field.correctable:
        marks["x-correctable"] = True
    if field.computed is not None:
        marks["readOnly"] = True
        marks["x-computed"] = field.computed.said()
    if field.starts is not None:
        marks["x-starts"] = field.starts
    if field.by is not None:
        marks["x-by"] = field.by.value
    if field.happened:
        marks["x-happened"] = True
    if field.mask is not None:
        marks["x-mask"] = field.mask.name
    return said | marks
