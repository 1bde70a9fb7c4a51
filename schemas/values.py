"""What a single value may be: the kinds that fields are made of.

A kind is compiled once, at import, to a function that looks at one value and gives what is wrong with it,
None being the answer nearly always. (Typed decoders would say it in English only and stop at the first
fault; a worker needs Chinese, and all faults at once.) The same kind says itself as JSON Schema, so the two
cannot drift apart.

Values are JSON values: dates, moments and ids are text, codes are their words. Nothing here trusts its
input: it comes from phones, over MessagePack as well, where keys may be numbers and values timestamps.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from schemas.codes import CodeTable, Unit, snake_case
from schemas.faults import (
    EMPTY,
    NOT_COMPOSITE,
    NOT_DAY,
    NOT_ID,
    NOT_INTEGER,
    NOT_LIST,
    NOT_MOMENT,
    NOT_NULL,
    NOT_NUMBER,
    NOT_TEXT,
    NOT_YES_NO,
    REQUIRED,
    TOO_MANY_EXTRA,
    TWICE,
    UNPRINTABLE,
    one_fault,
)
from schemas.limits import MAX_DEPTH, MAX_EXTRA, NAME, SAFE_INTEGER
from schemas.problems import FieldProblem
from schemas.unknown import check_extra, is_unicode, pointer_token

Check = Callable[[Any], list[FieldProblem] | None]
JsonSchema = dict[str, Any]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_BLANK = " \t\r\n\u3000"


class Kind(Protocol):
    """A sort of value."""

    def compiled(self) -> Check:
        """The function that checks one value."""

    def schema(self) -> JsonSchema:
        """The kind as JSON Schema (2020-12). It may let through what only `compiled` can tell."""


class Form(msgspec.Struct, frozen=True):
    """A written form that text must have: a pattern, and where a pattern cannot say it, `holds`."""

    name: str
    pattern: str
    zh: str
    en: str
    holds: Callable[[str], bool] | None = None


class Text(msgspec.Struct, frozen=True):
    """Words. Length is in characters; a `min_length` of 1 also refuses text that is only blanks."""

    max_length: int
    min_length: int = 0
    form: Form | None = None

    def compiled(self) -> Check:
        low, high, form = self.min_length, self.max_length, self.form
        matches = re.compile(form.pattern, re.ASCII).fullmatch if form is not None else None
        holds = form.holds if form is not None else None
        wrong_form = one_fault(form.name, form.zh, form.en) if form is not None else []
        too_long = one_fault("too-long", f"最多 {high} 个字", f"At most {high} characters")
        too_short = one_fault("too-short", f"至少 {low} 个字", f"At least {low} characters")

        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not str:
                return NOT_TEXT
            if len(value) > high:
                return too_long
            if len(value) < low:
                return too_short if low > 1 else EMPTY
            if "\0" in value or not (value.isascii() or is_unicode(value)):
                return UNPRINTABLE
            if low and not value.strip(_BLANK):
                return EMPTY
            if matches is not None and (matches(value) is None or (holds is not None and not holds(value))):
                return wrong_form
            return None

        return check

    def schema(self) -> JsonSchema:
        said: JsonSchema = {"type": "string", "maxLength": self.max_length}
        if self.min_length:
            said["minLength"] = self.min_length
            said["pattern"] = "[^ \\t\\r\\n\\u3000]"
        if self.form is not None:
            said["pattern"] = f"^(?:{self.form.pattern})$"
            said["x-form"] = self.form.name
        return said


class Integer(msgspec.Struct, frozen=True):
    """A whole number."""

    minimum: int = -SAFE_INTEGER
    maximum: int = SAFE_INTEGER

    def compiled(self) -> Check:
        low, high = self.minimum, self.maximum
        out_of_range = one_fault("range", f"应在 {low} 到 {high} 之间", f"From {low} to {high}")

        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not int:
                return NOT_INTEGER
            return None if low <= value <= high else out_of_range

        return check

    def schema(self) -> JsonSchema:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


class Number(msgspec.Struct, frozen=True):
    """A number with a fraction; a whole one is fine too."""

    minimum: float
    maximum: float

    def compiled(self) -> Check:
        low, high = self.minimum, self.maximum
        out_of_range = one_fault("range", f"应在 {low:g} 到 {high:g} 之间", f"From {low:g} to {high:g}")

        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not float and type(value) is not int:
                return NOT_NUMBER
            # NaN compares false with everything, so it is out of range as well.
            return None if low <= value <= high else out_of_range

        return check

    def schema(self) -> JsonSchema:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


class YesNo(msgspec.Struct, frozen=True):
    """True or false."""

    def compiled(self) -> Check:
        return lambda value: None if value is True or value is False else NOT_YES_NO

    def schema(self) -> JsonSchema:
        return {"type": "boolean"}


class Day(msgspec.Struct, frozen=True):
    """A calendar day, `2026-11-20`."""

    def compiled(self) -> Check:
        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not str or _DAY.fullmatch(value) is None:
                return NOT_DAY
            try:
                date.fromisoformat(value)
            except ValueError:
                return NOT_DAY
            return None

        return check

    def schema(self) -> JsonSchema:
        return {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}


class Moment(msgspec.Struct, frozen=True):
    """A point in time with its offset, `2026-11-20T11:14:15+08:00` (RFC 3339)."""

    def compiled(self) -> Check:
        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not str or _MOMENT.fullmatch(value) is None:
                return NOT_MOMENT
            try:
                datetime.fromisoformat(value)
            except ValueError:
                return NOT_MOMENT
            return None

        return check

    def schema(self) -> JsonSchema:
        return {"type": "string", "format": "date-time", "pattern": f"^{_MOMENT.pattern}$"}


class Reference(msgspec.Struct, frozen=True):
    """An id, in lower case: of a record of the collection `target`, of an account, or (None) as it says."""

    target: str | None = None

    def compiled(self) -> Check:
        def check(value: Any) -> list[FieldProblem] | None:
            return None if type(value) is str and _ID.fullmatch(value) is not None else NOT_ID

        return check

    def schema(self) -> JsonSchema:
        said: JsonSchema = {"type": "string", "format": "uuid", "pattern": f"^{_ID.pattern}$"}
        if self.target is not None:
            said["x-ref"] = self.target
        return said


class Code(msgspec.Struct, frozen=True):
    """One word of a code table."""

    table: type[CodeTable]

    def compiled(self) -> Check:
        codes = frozenset(member.code for member in self.table)
        zh, en = self.table.labels
        unknown = one_fault(
            "code",
            f"不在“{zh}”代码表中",
            f"Not a code of the table {self.table.__name__} ({en}): see GET /sync/catalogue",
        )

        def check(value: Any) -> list[FieldProblem] | None:
            return None if type(value) is str and value in codes else unknown

        return check

    def schema(self) -> JsonSchema:
        return {
            "type": "string",
            "enum": [member.code for member in self.table],
            "x-codes": snake_case(self.table.__name__),
        }


class Items(msgspec.Struct, frozen=True):
    """A list, in which order means nothing or something, as the field says; `distinct`: a set."""

    item: Kind
    max_items: int
    distinct: bool = False

    def compiled(self) -> Check:
        check_item, high, distinct = self.item.compiled(), self.max_items, self.distinct
        too_many = one_fault("too-many", f"最多 {high} 项", f"At most {high} items")

        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not list:
                return NOT_LIST
            if len(value) > high:
                return too_many
            found: list[FieldProblem] = []
            for place, item in enumerate(value):
                problems = check_item(item)
                if problems is not None:
                    found += [problem.under(f"/{place}") for problem in problems]
            if not found and distinct and len(set(value)) < len(value):
                return TWICE
            return found or None

        return check

    def schema(self) -> JsonSchema:
        said: JsonSchema = {"type": "array", "items": self.item.schema(), "maxItems": self.max_items}
        if self.distinct:
            said["uniqueItems"] = True
        return said


class Mapped(msgspec.Struct, frozen=True):
    """Values by name, each any JSON value: fields of some other record."""

    def compiled(self) -> Check:
        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not dict:
                return NOT_COMPOSITE
            if len(value) > MAX_EXTRA:
                return TOO_MANY_EXTRA
            found: list[FieldProblem] = []
            for name, each in value.items():
                for problem in check_extra(name, each, MAX_DEPTH - 2) or ():
                    found.append(problem.under(f"/{pointer_token(name)}"))
            return found or None

        return check

    def schema(self) -> JsonSchema:
        return {
            "type": "object",
            "maxProperties": MAX_EXTRA,
            "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        }


class Part(msgspec.Struct, frozen=True):
    """One named part of a `Composite`."""

    kind: Kind
    zh: str
    en: str
    required: bool
    nullable: bool
    unit: Unit | None

    def schema(self) -> JsonSchema:
        """The part as JSON Schema, with its labels."""
        return labelled(self.kind, self.zh, self.en, self.nullable, self.unit)


class Composite(msgspec.Struct, frozen=True):
    """Several values that make up one, such as a position. Parts that only newer clients know are kept."""

    parts: Mapping[str, Part]

    def compiled(self) -> Check:
        checks = {name: or_null(part.kind.compiled(), part.nullable) for name, part in self.parts.items()}
        required = [name for name, part in self.parts.items() if part.required]

        def check(value: Any) -> list[FieldProblem] | None:
            if type(value) is not dict:
                return NOT_COMPOSITE
            found = [REQUIRED.under(f"/{name}") for name in required if name not in value]
            extra = 0
            for name, each in value.items():
                known = checks.get(name)
                if known is None:
                    extra += 1
                    problems = check_extra(name, each, MAX_DEPTH - 2)
                else:
                    problems = known(each)
                if problems is not None:
                    found += [problem.under(f"/{pointer_token(name)}") for problem in problems]
            if extra > MAX_EXTRA:
                return TOO_MANY_EXTRA
            return found or None

        return check

    def schema(self) -> JsonSchema:
        return {
            "type": "object",
            "properties": {name: part.schema() for name, part in self.parts.items()},
            "required": [name for name, part in self.parts.items() if part.required],
            "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        }


def member_kind(kind: Kind) -> Kind:
    """What each member of a list is; of any other kind it is the value itself."""
    return kind.item if isinstance(kind, Items) else kind


def or_null(check: Check, nullable: bool) -> Check:
    """`check`, with null answered for: fine where `nullable`, else said in words."""
    if nullable:
        return lambda value: None if value is None else check(value)
    return lambda value: check(value) if value is not None else NOT_NULL


def labelled(kind: Kind, zh: str, en: str, nullable: bool, unit: Unit | None) -> JsonSchema:
    """`kind` as JSON Schema, under the labels that people read."""
    said = kind.schema()
    if nullable:
        said = {"anyOf": [said, {"type": "null"}]}
    said = {"title": zh, "x-title-en": en, **said}
    if unit is not None:
        said["x-unit"] = unit.code
    return said
