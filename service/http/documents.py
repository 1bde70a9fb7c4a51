"""OpenAPI for bodies that a route reads or writes itself, derived from the same structs that decode them.

Litestar documents a body that it decodes. The sync routes decode theirs themselves, because one change that
cannot be read must not spoil the others and stored JSON is sent on undecoded; their documents come from here.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)

from service.http.answer import JSON, MESSAGEPACK

_NAMES = {
    "anyOf": "any_of",
    "allOf": "all_of",
    "oneOf": "one_of",
    "additionalProperties": "additional_properties",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "propertyNames": "property_names",
    "prefixItems": "prefix_items",
}


def operation(
    *,
    takes: Any = None,
    gives: Any = None,
    gives_what: str = "",
    media: tuple[str, ...] = (JSON, MESSAGEPACK),
    takes_media: tuple[str, ...] | None = None,
    texts: tuple[str, ...] = (),
) -> type[Operation]:
    """A handler's `operation_class`: documents the body it takes and the one that it answers 200 with.

    `takes_media`: media types of the body, where they are not those of the answer. `texts`: media types in
    which it may answer as well, as plain text.
    """
    as_text = {name: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)) for name in texts}

    @dataclass  # anew, because a dataclass calls only a __post_init__ that it knew when it was made
    class Documented(Operation):
        def __post_init__(self) -> None:
            if takes is not None:
                self.request_body = RequestBody(_content(takes, takes_media or media), required=True)
            if gives is not None and self.responses is not None:
                self.responses["200"] = OpenAPIResponse(gives_what, content=_content(gives, media) | as_text)

    return Documented


def in_headers(status: int, what: str, takes: str | None = None) -> type[Operation]:
    """A handler's `operation_class`: what it answers, with `status`, is in headers alone.

    `takes`: the media type of bytes that it may be sent.
    """

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            if takes is not None:
                self.request_body = RequestBody(_content(bytes, (takes,)))
            if self.responses is not None:
                self.responses[str(status)] = OpenAPIResponse(what)

    return Documented


def _content(type: Any, media: tuple[str, ...]) -> dict[str, OpenAPIMediaType]:
    # A file is sent as it is; msgspec would say that it is text in base64.
    binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
    schema = binary if type is bytes else schema_of(type)
    return {name: OpenAPIMediaType(schema=schema) for name in media}


def schema_of(type: Any) -> Schema:
    """The JSON Schema of `type` with every reference put in place."""
    schema = msgspec.json.schema(type)
    found = _converted(schema, schema.get("$defs", {}))
    assert isinstance(found, Schema)
    return found


def _converted(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_converted(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    definitions = {**definitions, **node.get("$defs", {})}
    if (reference := node.get("$ref")) is not None:
        name = str(reference).rpartition("/")[2]
        return _converted(definitions[name], definitions)
    known: dict[str, Any] = {}
    for name, value in node.items():
        if name in ("$defs", "default", "title"):
            continue
        if name == "properties":
            known[name] = {key: _converted(each, definitions) for key, each in value.items()}
        elif name == "type":
            known[name] = (
                [OpenAPIType(each) for each in value] if isinstance(value, list) else OpenAPIType(value)
            )
        elif name in ("enum", "required", "examples"):
            known[name] = value
        else:
            known[_NAMES.get(name, str(name))] = _converted(value, definitions)
    return Schema(**known)
