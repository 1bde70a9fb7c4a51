"""What the office has set, in this process: installed once at its start, before anything is reckoned.

One value, replaced as a whole and never changed: what is derived from it (merged tables, the calendar, the
catalogue) is kept with the value that it came from, so that nothing stale is ever answered. Every process of
a server is given the same one by the process that read the files.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from schemas.figures.figure import Figure
from schemas.figures.holidays import Holiday


class OfficeFigures(msgspec.Struct, frozen=True, eq=False):
    """An office's own rows by table, and its own years of holidays. Read by `own.office_figures`."""

    figures: dict[str, tuple[Figure, ...]] = {}
    holidays: tuple[Holiday, ...] = ()


_installed = OfficeFigures()


def of_office() -> OfficeFigures:
    """What is in force beside our own rows."""
    return _installed


def install(office: OfficeFigures) -> None:
    """Let these count from now on, in this process."""
    global _installed
    _installed = office


@contextmanager
def installed(office: OfficeFigures) -> Iterator[None]:
    """Let these count for a while."""
    before = of_office()
    install(office)
    try:
        yield
    finally:
        install(before)
