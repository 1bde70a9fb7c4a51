"""A family as its file has it, and figures as an office enters them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from schemas.aid.circumstances import Circumstances
from schemas.aid.eligibility import Verdict, verdicts
from schemas.figure_tables import TABLES
from schemas.figures.office import installed
from schemas.figures.own import office_figures

DAY = date(2026, 11, 24)
LINE_FEN = 80_000
"""The minimum living line that tests enter for 城关, town."""


def figures(name: str, **values: int) -> dict[str, bytes]:
    """An office's file of one table."""
    rows = [
        f'[[figure]]\nkey = "{key}"\nvalue = {value}\nsource = "某区民政局"\n'
        for key, value in values.items()
    ]
    return {f"{name}.toml": "\n".join(rows).encode()}


@contextmanager
def entered(*files: dict[str, bytes]) -> Iterator[None]:
    """The office has entered these figures."""
    together = {name: text for file in files for name, text in file.items()}
    with installed(office_figures(together, TABLES)):
        yield


def line() -> dict[str, bytes]:
    """The line of 城关, town, in fen."""
    return figures("minimum_lines", **{"620102_urban": LINE_FEN})


def person(born: str = "1980-05-06", **fields: Any) -> dict[str, Any]:
    """Somebody in good health, at work, without a disability."""
    return {"name": "张三", "birth_date": born, "health": "good", "work": "employed", **fields}


def household(*income: tuple[str, int], month: str | None = "2026-11", **fields: Any) -> dict[str, Any]:
    """A family in 城关, town, that lives on these kinds and amounts (fen a month)."""
    items = [{"kind": kind, "amount_fen": amount} for kind, amount in income]
    return {
        "community": "620102001001",
        "kind": "urban",
        "income_items": items,
        "income_month": month,
        "assistance": [],
        **fields,
    }


def family(home: dict[str, Any] | None, *people: dict[str, Any], **answers: Any) -> Circumstances:
    """A household, who lives there, and what was answered at the screening."""
    persons = {f"person {number}": each for number, each in enumerate(people, 1)}
    return Circumstances(home, persons, answers or None)


def verdict(what: str, of: Circumstances, on: date = DAY) -> Verdict:
    """What can be said of one kind."""
    return next(each for each in verdicts(of, on) if each.what == what)
