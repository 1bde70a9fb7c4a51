"""What a type says of a value: `Annotated[Risk | None, …]` stands for a code that may be empty.

Field types of records and of the composite values within them are read here, once, as their class is made.
"""

import builtins
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from schemas.codes import CodeTable, Unit, snake_case
from schemas.limits import MAX_ITEMS, SAFE_INTEGER, SHORT_TEXT
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
    Part,
    Reference,
    Text,
    YesNo,
)

T = TypeVar("T")
ACCOUNT: Final = "account"


class Account:
    """Whoever signs in. Not a record: `Ref[Account]` names one by id, and the service keeps them."""


class RefTo(msgspec.Struct, frozen=True):
    """Marks an id as naming a record: a class, or its name where importing it would go in a circle."""

    target: type | str


if TYPE_CHECKING:

    class Ref(UUID, Generic[T]):
        """The id of a record of another type."""

else:

    class Ref:
        """The id of a record of another type: `Ref[Person]`."""

        def __class_getitem__(cls, target: type | str) -> Any:
            return Annotated[UUID, RefTo(target)]


class Bounds(msgspec.Struct, frozen=True):
    """What a value must keep to; which of them apply follows from its type."""

    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    max_items: int | None = None
    form: Form | None = None


class EntryMark(msgspec.Struct, frozen=True):
    """What `entry` noted beside a type."""

    zh: str
    en: str
    bounds: Bounds
    unit: Unit | None


def entry(
    zh: str,
    en: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    form: Form | None = None,
    unit: Unit | None = None,
) -> EntryMark:
    """Declare a part of a composite value (a line of the income table, a position), inside `Annotated`."""
    return EntryMark(zh, en, Bounds(minimum, maximum, min_length, max_length, None, form), unit)


def kind_of(hint: Any, bounds: Bounds, longest_text: int) -> Kind:
    """The kind of value that a type stands for, within `bounds`.

    Raises ValueError for types that no record can have, and for bounds that say nothing of the type or that
    no value keeps to.
    """
    kind = _kind(hint, bounds, longest_text)
    given = {name for name in Bounds.__struct_fields__ if getattr(bounds, name) is not None}
    if unfit := given - _bounds_on(kind):
        raise ValueError(f"has bounds that say nothing of its type: {sorted(unfit)}")
    if isinstance(kind, Integer | Number) and kind.minimum > kind.maximum:
        raise ValueError("has a minimum above its maximum")
    if isinstance(kind, Text) and kind.min_length > kind.max_length:
        raise ValueError("has a least length above its greatest")
    return kind


def _bounds_on(kind: Kind) -> set[str]:
    match kind:
        case Items():
            return {"max_items"} | _bounds_on(kind.item)
        case Integer() | Number():
            return {"minimum", "maximum"}
        case Text():
            return {"min_length", "max_length", "form"}
    return set()


def _kind(hint: Any, bounds: Bounds, longest_text: int) -> Kind:
    plain, marks = unwrapped(hint)
    target = next((each.target for each in marks if isinstance(each, RefTo)), None)
    if target is not None:
        return Reference(_collection_of(target))
    high = bounds.max_items or MAX_ITEMS
    match typing.get_origin(plain), typing.get_args(plain):
        case (builtins.tuple, (item, builtins.Ellipsis)):
            return Items(_kind(item, bounds, longest_text), high)
        case (builtins.frozenset, (member,)):
            kind = _kind(member, bounds, longest_text)
            if not isinstance(kind, Code | Text | Reference):
                raise ValueError("is a set: its members are codes, texts or ids")
            return Items(kind, high, distinct=True)
        case (builtins.dict, (builtins.str, typing.Any)):
            return Mapped()
    kinds: dict[Any, Callable[[], Kind]] = {
        str: lambda: Text(bounds.max_length or longest_text, bounds.min_length or 0, bounds.form),
        int: lambda: Integer(_whole(bounds.minimum, -SAFE_INTEGER), _whole(bounds.maximum, SAFE_INTEGER)),
        bool: YesNo,
        date: Day,
        datetime: Moment,
        UUID: Reference,
    }
    if plain in kinds:
        return kinds[plain]()
    if plain is float and bounds.minimum is not None and bounds.maximum is not None:
        return Number(bounds.minimum, bounds.maximum)
    if isinstance(plain, type) and issubclass(plain, CodeTable):
        return Code(plain)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct) and not hasattr(plain, "declaration"):
        return Composite(_parts(plain))
    raise ValueError(f"has the type {plain}, which no field can have")


def _parts(composite: type[msgspec.Struct]) -> dict[str, Part]:
    hints = typing.get_type_hints(composite, include_extras=True)
    parts = {}
    for info in msgspec.structs.fields(composite):
        hint, marks = unwrapped(hints[info.name])
        mark = next((each for each in marks if isinstance(each, EntryMark)), None)
        if mark is None:
            raise ValueError(f"has a part {info.name} that is not declared with entry(…)")
        must_be_labelled(mark.zh, mark.en)
        plain, nullable = without_none(hint, marks)
        kind = kind_of(plain, mark.bounds, SHORT_TEXT)
        required = info.default is msgspec.NODEFAULT
        parts[info.name] = Part(kind, mark.zh, mark.en, required, nullable, mark.unit)
    return parts


def must_be_labelled(zh: str, en: str) -> None:
    if not zh.strip() or not en.strip():
        raise ValueError("needs a Chinese and an English label")


def _collection_of(target: type | str) -> str:
    if isinstance(target, str):
        return snake_case(target)
    if target is Account:
        return ACCOUNT
    if (declared := getattr(target, "declaration", None)) is not None:
        return str(declared.collection)
    raise ValueError(f"refers to {target.__name__}, which is no record")


def unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if typing.get_origin(hint) is Annotated:
        plain, *marks = typing.get_args(hint)
        return plain, tuple(marks)
    return hint, ()


def without_none(hint: Any, marks: tuple[Any, ...]) -> tuple[Any, bool]:
    """The type without its `| None`, and whether it had one. `marks` that lay around a Ref go back to it."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [each for each in typing.get_args(hint) if each is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    target = next((each for each in marks if isinstance(each, RefTo)), None)
    return (hint if target is None else Annotated[hint, target]), False


def _whole(bound: float | None, default: int) -> int:
    return default if bound is None else int(bound)
