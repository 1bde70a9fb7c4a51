"""Rows of a TOML file: `[[figure]]`, `[[figure]]`, …, each with fields of known names and types."""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any, Final, NamedTuple

from schemas.figures.figure import WrongFigures

_TYPES: Final[dict[type, tuple[str, str]]] = {
    str: ("文字", "text"),
    int: ("整数", "a whole number"),
    date: ("日期，如 2026-01-01，不加引号", "a day as 2026-01-01, without quotes"),
    list: ("列表，如 [ … ]", "a list as [ … ]"),
}


class Row(NamedTuple):
    """One row of `file`, the `number`-th, with what it says."""

    file: str
    number: int
    values: Mapping[str, Any]

    def wrong(self, zh: str, en: str) -> WrongFigures:
        """What is wrong with it, to be raised."""
        return WrongFigures(self.file, zh, en, self.number)

    def needed(self, name: str) -> Any:
        """The value of a field that must be there."""
        if name not in self.values:
            raise self.wrong(f"缺少 {name}", f"needs {name}")
        return self.values[name]


def rows_of(text: bytes, file: str, kind: str, fields: Mapping[str, type]) -> list[Row]:
    """The rows `[[kind]]` of a file, whose fields are all among `fields`. Raises WrongFigures."""
    try:
        found = tomllib.loads(text.decode())
    except UnicodeDecodeError:
        raise WrongFigures(file, "不是 UTF-8 编码，请另存为 UTF-8", "not UTF-8: save it as that") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongFigures(file, f"不是正确的 TOML：{error}", "not TOML") from None
    entries = found.pop(kind, [])
    if found or not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise WrongFigures(file, f"只能由 [[{kind}]] 组成", f"must consist of [[{kind}]] and nothing else")
    return [_checked(Row(file, number, entry), fields) for number, entry in enumerate(entries, 1)]


def shipped(name: str) -> tuple[bytes, str]:
    """A file of this package: what is in it, and what it is called."""
    file = f"{name}.toml"
    return files(__package__).joinpath(file).read_bytes(), f"schemas/figures/{file}"


def _checked(row: Row, fields: Mapping[str, type]) -> Row:
    for name, value in row.values.items():
        if name not in fields:
            known = ", ".join(fields)
            raise row.wrong(f"没有 {name} 这一项，可用：{known}", f"no such field as {name}: {known}")
        # By the very type: True is a kind of int, and a moment a kind of day.
        if type(value) is not fields[name]:
            zh, en = _TYPES[fields[name]]
            raise row.wrong(f"{name} 应为{zh}", f"{name} must be {en}")
        if value == "":
            raise row.wrong(f"{name} 不能为空", f"{name} must not be empty")
    return row
