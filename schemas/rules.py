"""What must hold between the fields of one record, said as data so that phones can ask it too.

A rule looks only at values that are there; see `Declaration.problems_in_whole` for when it is asked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from schemas import resident_id
from schemas.problems import FieldProblem


class Rule(Protocol):
    """Something that holds between `fields`. `name` is stable: clients carry out rules by name."""

    @property
    def name(self) -> str:
        """What kind of rule it is."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it holds against each other; a fault is put to the first."""

    @property
    def zh(self) -> str:
        """What is wrong when it does not hold, and what to do."""

    @property
    def en(self) -> str:
        """The same in English."""

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds of `values`, each valid by itself and none of them empty."""


class NotBefore(msgspec.Struct, frozen=True):
    """The first field is the same day or moment as the second, or later."""

    fields: tuple[str, str]
    zh: str
    en: str
    name: str = "not_before"

    def holds(self, values: Mapping[str, Any]) -> bool:
        later, earlier = (datetime.fromisoformat(values[name]) for name in self.fields)
        return later >= earlier


class Differ(msgspec.Struct, frozen=True):
    """Two fields name different records: nobody is their own relative."""

    fields: tuple[str, str]
    zh: str
    en: str
    name: str = "differ"

    def holds(self, values: Mapping[str, Any]) -> bool:
        one, other = (values[name] for name in self.fields)
        return one != other  # type: ignore[no-any-return]  # ids


class BornAsNumbered(msgspec.Struct, frozen=True):
    """The birth date is the one that the resident ID number names. Fields: birth date, number."""

    fields: tuple[str, str]
    zh: str = "与身份证号中的出生日期不一致，请核对"
    en: str = "Differs from the birth date in the resident ID number: check both"
    name: str = "born_as_numbered"

    def holds(self, values: Mapping[str, Any]) -> bool:
        born, number = (values[name] for name in self.fields)
        return resident_id.birth_date(number).isoformat() == str(born)


class SexAsNumbered(msgspec.Struct, frozen=True):
    """The sex is the one that the resident ID number says. Fields: sex (GB/T 2261.1), number."""

    fields: tuple[str, str]
    zh: str = "与身份证号中的性别不一致，请核对"
    en: str = "Differs from the sex in the resident ID number: check both"
    name: str = "sex_as_numbered"

    def holds(self, values: Mapping[str, Any]) -> bool:
        sex, number = (values[name] for name in self.fields)
        # 0 and 9 say that it is not known or not said, which agrees with any number.
        return sex in ("0", "9") or (sex == "1") == resident_id.is_male(number)


class GuardianGave(msgspec.Struct, frozen=True):
    """For whoever is under 14 a guardian consents (个人信息保护法, article 31).

    Fields: who did, and whether the person is under 14.
    """

    fields: tuple[str, str]
    zh: str = "未满十四周岁须由监护人单独同意，请改由监护人签署"
    en: str = "For a child under 14 the guardian consents: have the guardian sign"
    name: str = "guardian_gave"

    def holds(self, values: Mapping[str, Any]) -> bool:
        given_by, under_14 = (values[name] for name in self.fields)
        return not under_14 or given_by == "guardian"


def problems_between(rules: tuple[Rule, ...], values: Mapping[str, Any]) -> list[FieldProblem]:
    """The rules that do not hold. A rule with a field that is not there says nothing."""
    return [
        FieldProblem(f"/{rule.fields[0]}", rule.name, rule.zh, rule.en)
        for rule in rules
        if all(values.get(name) is not None for name in rule.fields) and not rule.holds(values)
    ]
