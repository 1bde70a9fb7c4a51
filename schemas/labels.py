"""A value as people read it: in Chinese what a person is shown of what is held on them, in English beside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from schemas.codes import Unit
from schemas.declare import Field
from schemas.values import Code, Composite, Items, Kind, YesNo


def shown(field: Field | None, value: Any, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """`value` of `field` in words: codes by their labels, amounts in yuan, ids by the `names` known for them.

    None for a field that this server does not know: what it holds is given as JSON.
    """
    if field is None:
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return in_chinese(field.kind, field.unit, value, names)


def in_english(kind: Kind, unit: Unit | None, value: Any) -> str:
    """A single value in English: codes by their labels, yes or no, numbers with their unit."""
    if isinstance(kind, Items):
        return ", ".join(in_english(kind.item, unit, each) for each in value)
    if isinstance(kind, Code):
        return next((member.en for member in kind.table if member.code == value), str(value))
    if isinstance(kind, YesNo):
        return "yes" if value else "no"
    return f"{value} {unit.en}" if unit is not None else str(value)


def in_chinese(
    kind: Kind, unit: Unit | None, value: Any, names: Mapping[str, str] = MappingProxyType({})
) -> str:
    """A value of `kind` in Chinese; see `shown`."""
    if value is None:
        return ""
    if isinstance(kind, Code):
        return next((member.zh for member in kind.table if member.code == value), str(value))
    if isinstance(kind, YesNo):
        return "是" if value else "否"
    if isinstance(kind, Items):
        between = "；" if isinstance(kind.item, Composite) else "、"
        return between.join(in_chinese(kind.item, unit, each, names) for each in value)
    if isinstance(kind, Composite):
        return "，".join(_part(kind, name, each, names) for name, each in value.items() if each is not None)
    if unit is Unit.FEN:
        return f"{value // 100}.{value % 100:02} 元"
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    text = names.get(value, value) if isinstance(value, str) else str(value)
    return f"{text} {unit.zh}" if unit is not None else text


def _part(kind: Composite, name: str, value: Any, names: Mapping[str, str]) -> str:
    part = kind.parts.get(name)
    if part is None:  # of a newer client
        return f"{name}：{msgspec.json.encode(value).decode()}"
    return f"{part.zh}：{in_chinese(part.kind, part.unit, value, names)}"
