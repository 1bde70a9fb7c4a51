"""A table of figures: what a rule asks for a case, on a day."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import msgspec

from schemas.codes import CodeTable, Unit
from schemas.figures.figure import Figure, Standing, WrongFigures
from schemas.figures.office import OfficeFigures, of_office
from schemas.figures.rows import Row, rows_of, shipped
from schemas.limits import SAFE_INTEGER

_FIELDS: Final[dict[str, type]] = {
    "key": str,
    "value": int,
    "standing": str,
    "source": str,
    "since": date,
    "confirmed": str,
    "zh": str,
    "en": str,
}
_SAID: Final = tuple(name for name in _FIELDS if name not in ("key", "standing"))
_SOURCED: Final = frozenset({Standing.LAW, Standing.TO_CONFIRM, Standing.DECIDED})
_OURS: Final = frozenset(Standing) - {Standing.DECIDED}
_THEIRS: Final = frozenset(Standing) - {Standing.DEFAULT}


class FigureTable:
    """Figures of one sort, with the rows of `<name>.toml` and those of the office.

    `codes`: the code table that the keys come from. `keys`: what they look like where they are open, such as
    the codes of districts, of which an office may add its own. With neither an office may only say what
    there is a row for already, and the first row of a key says in `zh` and `en` what it stands for. Raises
    WrongFigures where the file of this package cannot be used.
    """

    def __init__(
        self,
        name: str,
        zh: str,
        en: str,
        unit: Unit,
        codes: type[CodeTable] | None = None,
        *,
        keys: re.Pattern[str] | None = None,
    ) -> None:
        self.name = name
        self.zh = zh
        self.en = en
        self.unit = unit
        self.codes = codes
        self.keys = keys
        self.shipped: tuple[Figure, ...] = ()
        self.shipped = self.read(*shipped(name))
        self._merged: tuple[OfficeFigures | None, tuple[Figure, ...]] = (None, ())

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All rows that count in this process, of every day.

        From the first day that the office speaks of a key on, its own rows stand in place of ours.
        """
        office = of_office()
        known, figures = self._merged
        if known is not office:
            figures = self._with(office.figures.get(self.name, ()))
            self._merged = office, figures
        return figures

    def figure_of(self, key: str, on: date) -> Figure | None:
        """The row for `key` that is in force on that day, the newest where there are several."""
        found = None
        for figure in self.figures:
            if figure.key == key and figure.begins <= on and (found is None or figure.begins > found.begins):
                found = figure
        return found

    def value_of(self, key: str, on: date) -> int | None:
        """The figure for `key` on that day; None where there is none or the office has not decided."""
        figure = self.figure_of(key, on)
        return None if figure is None else figure.value

    def code_of(self, key: str) -> CodeTable | None:
        """The code that a key is; None where there is none, or the keys are no codes."""
        return next((member for member in self.codes or () if member.code == key), None)

    def zh_of(self, key: str) -> str | None:
        """What a key stands for, in Chinese."""
        if self.codes is not None:
            code = self.code_of(key)
            return None if code is None else code.zh
        return next((figure.zh for figure in self.figures if figure.key == key and figure.zh), None)

    def in_force(self, on: date) -> dict[str, Figure]:
        """By key, what is in force on that day."""
        found = {key: self.figure_of(key, on) for key in dict.fromkeys(each.key for each in self.figures)}
        return {key: figure for key, figure in found.items() if figure is not None}

    def missing(self, on: date) -> list[str]:
        """The keys that wait for the office on that day."""
        return [key for key, figure in self.in_force(on).items() if figure.value is None]

    def read(self, text: bytes, file: str, *, by_office: bool = False) -> tuple[Figure, ...]:
        """The rows of a file of this table, ours or the office's. Raises WrongFigures."""
        found: dict[tuple[str, date | None], Figure] = {}
        names = {figure.key: figure for figure in reversed(self.shipped)}
        for row in rows_of(text, file, "figure", _FIELDS):
            figure = self._figure(row, by_office)
            named = names.setdefault(figure.key, figure)
            figure = msgspec.structs.replace(figure, zh=figure.zh or named.zh, en=figure.en or named.en)
            if found.setdefault((figure.key, figure.since), figure) is not figure:
                raise row.wrong(
                    f"{figure.key} 在同一生效日有两条，请删去一条", f"two rows for {figure.key} since one day"
                )
        if not found:
            raise WrongFigures(file, "没有一条 [[figure]]", "there is no [[figure]] in it")
        return tuple(found.values())

    def _figure(self, row: Row, by_office: bool) -> Figure:
        key, code = row.needed("key"), row.values.get("standing", Standing.DECIDED.code if by_office else "")
        if not self._knows(key, by_office):
            allowed = self._allowed()
            raise row.wrong(f"key 没有 {key}，可用：{allowed}", f"no such key as {key}: {allowed}")
        standings = {each.code: each for each in Standing if each in (_THEIRS if by_office else _OURS)}
        if code not in standings:
            allowed = ", ".join(standings)
            raise row.wrong(f"{key} 的 standing 应为 {allowed} 之一", f"standing of {key}: one of {allowed}")
        standing = standings[code]
        values: dict[str, Any] = {name: row.values.get(name) for name in _SAID}
        if (values["value"] is None) != (standing is Standing.OFFICE):
            raise row.wrong(
                f"{key}：只有待主管部门确定的（standing = office）没有 value",
                f"{key}: what the office decides has no value, and everything else has one",
            )
        if values["value"] is not None and not 0 <= values["value"] <= SAFE_INTEGER:
            raise row.wrong(f"{key} 的 value 超出范围", f"value of {key} is out of range")
        if self.codes is not None and (values["zh"] or values["en"]):
            raise row.wrong(
                f"{key} 的名称由代码表给出，请去掉 zh 和 en",
                f"{key} is named by its code: leave out zh and en",
            )
        if standing in _SOURCED and values["source"] is None:
            raise row.wrong(
                f"{key} 须在 source 写明依据的文件或文号", f"{key} must name the paper it rests on as source"
            )
        return Figure(key=key, standing=standing, **values)

    def _knows(self, key: str, by_office: bool) -> bool:
        if self.codes is not None:
            return key in {member.code for member in self.codes}
        if self.keys is not None:
            return self.keys.fullmatch(key) is not None
        return not by_office or key in {figure.key for figure in self.shipped}

    def _allowed(self) -> str:
        if self.codes is not None:
            return ", ".join(member.code for member in self.codes)
        if self.keys is not None:
            return self.keys.pattern
        return ", ".join(dict.fromkeys(figure.key for figure in self.shipped))

    def _with(self, own: Iterable[Figure]) -> tuple[Figure, ...]:
        theirs = list(own)
        first: dict[str, date] = {}
        for figure in theirs:
            first[figure.key] = min(figure.begins, first.get(figure.key, date.max))
        ours = [each for each in self.shipped if each.key not in first or each.begins < first[each.key]]
        keys = list(dict.fromkeys(each.key for each in (*self.shipped, *theirs)))
        return tuple(sorted((*ours, *theirs), key=lambda each: (keys.index(each.key), each.begins)))
