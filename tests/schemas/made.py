"""Values made by hypothesis from the declarations: valid ones of every kind, and hostile ones of none."""

from datetime import UTC, date, timedelta, timezone
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.credit_code import ALPHABET, check_character
from schemas.declare import Declaration, Field
from schemas.limits import MAX_TEXT
from schemas.resident_id import RESERVED_PREFIX, with_check_digit
from schemas.rules import Differ
from schemas.values import (
    Code,
    Composite,
    Day,
    Form,
    Integer,
    Items,
    Kind,
    Mapped,
    Moment,
    Number,
    Reference,
    Text,
    YesNo,
)

Values = dict[str, Any]

declarations = st.sampled_from(list(COLLECTIONS.values()))
letters = st.characters(codec="utf-8", exclude_characters="\0")
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
extra_names = st.from_regex(r"x_[a-z0-9_]{0,20}", fullmatch=True)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(letters, max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(letters, max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
resident_ids = st.builds(
    lambda born, order: with_check_digit(f"{RESERVED_PREFIX}{born:%Y%m%d}{order:03}"),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
)

credit_codes = (
    st.text(ALPHABET, min_size=9, max_size=9)
    .map(lambda tail: f"52620103{tail}")
    .map(lambda body: body + check_character(body))
)
_CHECKED: dict[str, st.SearchStrategy[str]] = {"resident_id": resident_ids, "credit_code": credit_codes}


def nested(depth: int) -> Any:
    """A list in a list in a list …, `depth` of them."""
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


HOSTILE: tuple[Any, ...] = (
    "\0",
    "好\0",
    "\ud800",
    "好\udfff",
    "字" * (MAX_TEXT + 1),
    2**53 + 1,
    -(10**40),
    float("nan"),
    float("inf"),
    b"bytes",
    date(2026, 11, 20),
    {1: 2},
    {"\ud800": 1},
    ["\ud800"],
    {"kind": "\0"},
    nested(17),
    nested(900),
)


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Valid values of `kind`."""
    match kind:
        case Text(form=Form() as form):
            return (
                _CHECKED[form.name] if form.name in _CHECKED else st.from_regex(form.pattern, fullmatch=True)
            )
        case Text():
            texts = st.text(letters, min_size=kind.min_length, max_size=min(kind.max_length, 30))
            return texts.filter(lambda text: not kind.min_length or text.strip(" \t\r\n\u3000") != "")
        case Integer():
            return st.integers(kind.minimum, kind.maximum)
        case Number():
            return st.floats(kind.minimum, kind.maximum)
        case YesNo():
            return st.booleans()
        case Day():
            return st.dates().map(date.isoformat)
        case Moment():
            return st.datetimes(timezones=offsets | st.just(UTC)).map(lambda moment: moment.isoformat())
        case Reference():
            return st.uuids().map(str)
        case Code():
            return st.sampled_from([member.code for member in kind.table])
        case Items():
            return st.lists(values_of(kind.item), max_size=3, unique=kind.distinct)
        case Mapped():
            return st.dictionaries(extra_names, json_values, max_size=3)
        case Composite():
            parts = {name: values_of(part.kind) for name, part in kind.parts.items()}
            required = {name: parts[name] for name, part in kind.parts.items() if part.required}
            optional = {name: parts[name] for name in parts if name not in required}
            return st.fixed_dictionaries(required, optional=optional)
    raise NotImplementedError(kind)


def values_for(field: Field) -> st.SearchStrategy[Any]:
    """Valid values of a field."""
    values = values_of(field.kind)
    return st.none() | values if field.nullable else values


def patches(declared: Declaration) -> st.SearchStrategy[Values]:
    """Valid values for some of the fields."""
    return st.fixed_dictionaries(
        {},
        optional={name: values_for(each) for name, each in declared.fields.items() if each.computed is None},
    )


def records(declared: Declaration) -> st.SearchStrategy[Values]:
    """Valid new records, in which every rule between fields holds."""
    required = {name: values_for(each) for name, each in declared.fields.items() if each.required}
    optional = {
        name: values_for(each)
        for name, each in declared.fields.items()
        if not each.required and each.computed is None
    }
    made = st.fixed_dictionaries(required, optional=optional)
    return made.map(lambda values: _consistent(declared, values))


def _consistent(declared: Declaration, values: Values) -> Values:
    """`values` without optional fields that disagree with others; of two that must be there one yields."""
    kept = dict(values)
    for rule in declared.rules:
        if all(declared.fields[name].required for name in rule.fields) and not rule.holds(values):
            first, other = rule.fields
            kept[first] = (
                str(UUID(int=UUID(kept[other]).int ^ 1)) if isinstance(rule, Differ) else kept[other]
            )
    for problem in declared.problems_in_whole(kept):
        named = problem.pointer[1:]
        beside = [name for rule in declared.rules if named in rule.fields for name in rule.fields]
        for name in [named] if not declared.fields[named].required else beside:
            if not declared.fields[name].required:
                kept.pop(name, None)
    return kept
