"""The catalogue: all record types, code tables and rules in one document, for `GET /sync/catalogue`.

A client draws its forms, offers its choices and runs its rules from it. It depends on nothing but the
declarations and the figures of the office: two processes of one version with the same figures send the same
bytes, so that its etag can be compared.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from schemas.aid import rules
from schemas.casework import progress
from schemas.children.categories import CHILD_CATEGORIES
from schemas.children.risk import CHILD_SIGNS
from schemas.children.visiting import CHILD_CHECKS
from schemas.codes import CodeTable, StateTable, Unit, snake_case
from schemas.collections import COLLECTIONS, VERSION
from schemas.declare import Declaration, Policy
from schemas.duplicates import likeness
from schemas.elders.categories import ELDER_CATEGORIES
from schemas.elders.risk import ELDER_SIGNS
from schemas.elders.visiting import ELDER_CHECKS, SPECIAL
from schemas.family import allowances
from schemas.figure_tables import TABLES
from schemas.figures import FigureTable, Standing, calendar
from schemas.figures.holidays import Festival
from schemas.figures.office import OfficeFigures, of_office
from schemas.governance import clashes
from schemas.json_schema import json_schema
from schemas.person import Tag
from schemas.privacy import CLASSES
from schemas.values import Code, Composite, Items, Kind
from schemas.volunteers import check_in, hours, minors, places, time_bank


class Catalogue(msgspec.Struct, frozen=True):
    """The document, as it is sent.

    `collections`: JSON Schema by name. `codes`: every code table by name. `states`: where each state machine
    begins, its steps, and the states that a supervisor alone brings about. `rules`: those of social
    assistance (`schemas.aid.rules`), `categories` (who belongs to which group of children or elders) and
    `risk_signs`, as `schemas/conditions.py` says them, `checks` (what a visit looks at), `visited_monthly`
    (groups who are visited in every calendar month), `case_stages` (what a case has to have before it goes
    on), `disability_allowances` (who may apply for the two allowances, and why), `booking_clashes` (which
    records stand for hours that must not overlap), `places` (who has one at an activity), `check_in` (how
    its codes are worked out), `service_hours` and `time_bank` (what a volunteer served, and has left),
    `figures` (every row of every table, of which for each key the newest counts that is in force on the day
    asked for; `missing`: keys that, as the newest row has it, wait for the office), `holidays` (free from
    `first` to `last`, and weekends `worked` instead; a year of which there are none is not known, nor is
    what follows 25 December where the next year is not), `likeness` (what speaks for two records being of
    one person, in points, and which sounds are one).
    """

    version: int
    classes: list[str]
    policies: list[str]
    collections: dict[str, Any]
    codes: dict[str, Any]
    states: dict[str, Any]
    rules: dict[str, Any]


_VERDICTS: tuple[type[CodeTable], ...] = (
    minors.MayServe,
    places.PlaceAs,
    check_in.Direction,
    check_in.CheckedAs,
    hours.CountedAs,
    time_bank.MovedAs,
)
"""What rules come to: words that no record holds, and that a phone shows."""


def catalogue(collections: dict[str, Declaration] = COLLECTIONS) -> Catalogue:
    """The catalogue of `collections`. Raises ValueError where two different code tables have one name."""
    tables = _tables(collections.values())
    return Catalogue(
        version=VERSION,
        classes=[privacy.value for privacy in CLASSES],
        policies=[policy.value for policy in Policy],
        collections={name: json_schema(declared) for name, declared in collections.items()},
        codes={name: _codes(table) for name, table in sorted(tables.items())},
        states={
            name: _steps(table) for name, table in sorted(tables.items()) if issubclass(table, StateTable)
        },
        rules={
            **rules.said(),
            "categories": {
                "child": [each.said() for each in CHILD_CATEGORIES],
                "elder": [each.said() for each in ELDER_CATEGORIES],
            },
            "risk_signs": {
                "child": [each.said() for each in CHILD_SIGNS],
                "elder": [each.said() for each in ELDER_SIGNS],
            },
            "checks": {"child_visit": CHILD_CHECKS.said(), "elder_visit": ELDER_CHECKS.said()},
            "visited_monthly": [group.code for group in Tag if group in SPECIAL],
            "case_stages": progress.said(),
            "disability_allowances": allowances.said(),
            "booking_clashes": clashes.said(),
            "places": places.said(),
            "check_in": check_in.said(),
            "service_hours": hours.said(),
            "time_bank": time_bank.said(),
            "figures": {name: _figures(table) for name, table in TABLES.items()},
            "holidays": list(calendar().holidays),
            "likeness": likeness.said(),
        },
    )


def catalogue_json() -> tuple[bytes, str]:
    """The catalogue as JSON, and its etag (with quotes, as the header has it)."""
    return _json_with(of_office())


@lru_cache(maxsize=1)
def _json_with(office: OfficeFigures) -> tuple[bytes, str]:
    document = msgspec.json.encode(catalogue())
    return document, f'"{hashlib.sha256(document).hexdigest()[:32]}"'


def _tables(declarations: Iterable[Declaration]) -> dict[str, type[CodeTable]]:
    found: dict[str, type[CodeTable]] = {"unit": Unit, "standing": Standing, "festival": Festival}
    of_figures = [table.codes for table in TABLES.values() if table.codes is not None]
    of_fields = [
        table
        for declared in declarations
        for field in declared.fields.values()
        for table in _within(field.kind)
    ]
    for table in (*of_figures, *rules.CODES, *of_fields, *_VERDICTS):
        name = snake_case(table.__name__)
        if found.setdefault(name, table) is not table:
            raise ValueError(f"two code tables are called {name}")
    return found


def _within(kind: Kind) -> Iterator[type[CodeTable]]:
    if isinstance(kind, Code):
        yield kind.table
    elif isinstance(kind, Items):
        yield from _within(kind.item)
    elif isinstance(kind, Composite):
        for part in kind.parts.values():
            yield from _within(part.kind)


def _codes(table: type[CodeTable]) -> dict[str, Any]:
    zh, en = table.labels
    return {
        "zh": zh,
        "en": en,
        "source": table.source,
        "rising": table.rising,
        "codes": [{"code": member.code, "zh": member.zh, "en": member.en} for member in table],
    }


def _steps(table: type[StateTable]) -> dict[str, Any]:
    return {
        "initial": list(table.initial),
        "steps": {member.code: list(member.next) for member in table},
        "supervised": list(table.supervised),
    }


def _figures(table: FigureTable) -> dict[str, Any]:
    return {
        "zh": table.zh,
        "en": table.en,
        "unit": table.unit.code,
        "codes": None if table.codes is None else snake_case(table.codes.__name__),
        "figures": list(table.figures),
        "missing": table.missing(date.max),
    }
