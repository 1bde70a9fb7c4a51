"""Reading what an office has set itself: files of the same shape as ours, which are checked as ours are."""

import difflib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

from schemas.figures import holidays
from schemas.figures.figure import WrongFigures
from schemas.figures.office import OfficeFigures
from schemas.figures.table import FigureTable

HOLIDAYS: Final = "holidays"
SUFFIX: Final = ".toml"


def office_figures(files: Mapping[str, bytes], tables: Mapping[str, FigureTable]) -> OfficeFigures:
    """What `files` say, by their paths: `…/decision_days.toml`, …, `…/holidays.toml`.

    Raises WrongFigures for the first that cannot be used, or that is called after none of `tables`.
    """
    figures = {}
    years: tuple[holidays.Holiday, ...] = ()
    for file, text in sorted(files.items()):
        name = PurePath(file).stem
        if name == HOLIDAYS:
            years = holidays.read(text, file)
            _must_fit(file, years)
        elif name in tables:
            figures[name] = tables[name].read(text, file, by_office=True)
        else:
            raise _unknown(file, [*tables, HOLIDAYS])
    return OfficeFigures(figures, years)


def _must_fit(file: str, own: tuple[holidays.Holiday, ...]) -> None:
    """Years meet at the end of December: what the office says of one must not contradict the next."""
    taken = {day for each in own for day in (*each.free, *each.worked)}
    for holiday in holidays.with_years_of(holidays.SHIPPED, own):
        if holiday in own:
            continue
        for day in (*holiday.free, *holiday.worked):
            if day in taken:
                raise WrongFigures(
                    file,
                    f"{day} 已由 {holiday.year} 年的安排（{holiday.source}）规定",
                    f"{day} is decided by the notice for {holiday.year}",
                )


def _unknown(file: str, names: list[str]) -> WrongFigures:
    called = PurePath(file).name
    nearest = difflib.get_close_matches(called, [f"{name}{SUFFIX}" for name in names], n=1, cutoff=0)[0]
    return WrongFigures(
        file,
        f"没有这个数据表，是否指 {nearest}？全部数据表见 liandong figures",
        f"no such table, do you mean {nearest}? `liandong figures` lists them",
    )
