"""A rule's verdict on what is recorded, which explains itself: what it rests on, and what is missing.

A verdict is a hint for the worker and never a decision: who is recognised as what, and who gets what, an
office decides. It is worked out where it is read, from what the reader holds, and stored nowhere: so it tells
nobody of a fact that they may not see, but asks them for it, as for one that nobody has recorded.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from schemas.codes import CodeTable, Unit
from schemas.conditions import FIGURES, Condition, known_in
from schemas.declare import Declaration
from schemas.figure_tables import TABLES
from schemas.labels import in_chinese, in_english
from schemas.values import Composite, JsonSchema, Kind

Records = Mapping[str, Mapping[str, Any]]
"""What is known, by collection: of each the record that counts, its fields as they are stored."""


class Ruled(msgspec.Struct, frozen=True):
    """`code` applies where `when` holds. `source`: the law or paper that says so."""

    code: CodeTable
    when: Condition
    source: str

    def said(self) -> JsonSchema:
        """The rule for clients."""
        return {"code": self.code.code, "when": self.when.said(), "source": self.source}


class Verdict(msgspec.Struct, frozen=True):
    """Whether `code` applies; None where that cannot be told yet. `facts`, `missing`: their paths."""

    code: CodeTable
    holds: bool | None
    facts: tuple[str, ...]
    missing: tuple[str, ...]
    source: str
    zh: str
    en: str


def verdicts(
    rules: Iterable[Ruled], records: Records, on: date, declared: Mapping[str, Declaration]
) -> list[Verdict]:
    """How each rule stands on that day, in declared order, explained by the labels of what was `declared`."""
    known = known_in(records)
    found = []
    for rule in rules:
        answer = rule.when.answer(known, on)
        facts = [_fact(path, known(path), declared) for path in answer.facts if known(path) is not None]
        missing = [_label(path, declared) for path in answer.missing]
        zh, en = _OPENING[answer.holds]
        code = rule.code
        said_zh = [f"{zh}“{code.zh}”"] + [f"{label}为“{value}”" for (label, _), (value, _) in facts]
        said_en = [f"{en} “{code.en}”"] + [f"{label}: {value}" for (_, label), (_, value) in facts]
        if missing and answer.holds is None:
            said_zh.append("尚缺" + "、".join(label for label, _ in missing))
            said_en.append("not known yet: " + ", ".join(label for _, label in missing))
        found.append(
            Verdict(
                code,
                answer.holds,
                answer.facts,
                answer.missing,
                rule.source,
                "；".join(said_zh) + f"。依据：{rule.source}",
                "; ".join(said_en) + f". Source: {rule.source}",
            )
        )
    return found


class Compared(msgspec.Struct, frozen=True):
    """What was recorded of somebody, held against verdicts: their codes, in the order of the verdicts.

    `confirmed`: recorded, and so by the facts. `lacking`: so by the facts, and not recorded. `contradicted`:
    recorded, and not so by the facts. `unproven`: recorded, while facts are missing.
    """

    confirmed: tuple[str, ...]
    lacking: tuple[str, ...]
    contradicted: tuple[str, ...]
    unproven: tuple[str, ...]


def compared(recorded: Iterable[str], found: Iterable[Verdict]) -> Compared:
    """`recorded` codes against what was `found`. Codes of which there is no verdict are left alone."""
    codes, verdicts = frozenset(recorded), list(found)

    def those(is_recorded: bool, holds: bool | None) -> tuple[str, ...]:
        return tuple(
            each.code.code
            for each in verdicts
            if (each.code.code in codes) is is_recorded and each.holds is holds
        )

    return Compared(those(True, True), those(False, True), those(True, False), those(True, None))


def explained(paths: Iterable[str], declared: Mapping[str, Declaration]) -> list[tuple[str, str]]:
    """What facts are called, in Chinese and English."""
    return [_label(path, declared) for path in paths]


_OPENING = {
    True: ("符合", "Comes under"),
    False: ("不符合", "Does not come under"),
    None: ("尚不能判断是否符合", "It cannot be told yet whether this comes under"),
}


def _label(path: str, declared: Mapping[str, Declaration]) -> tuple[str, str]:
    if path.startswith(f"{FIGURES}."):
        table = TABLES[path.split(".")[1]]
        return f"{table.zh}（待主管部门确定）", f"{table.en} (for the office to decide)"
    zh, en, _, _ = _declared(path, declared)
    return zh, en


def _fact(
    path: str, value: Any, declared: Mapping[str, Declaration]
) -> tuple[tuple[str, str], tuple[str, str]]:
    zh, en, kind, unit = _declared(path, declared)
    return (zh, en), (in_chinese(kind, unit, value), in_english(kind, unit, value))


def _declared(path: str, declared: Mapping[str, Declaration]) -> tuple[str, str, Kind, Unit | None]:
    """What a fact is called, and what values it has."""
    collection, name, *parts = path.split(".")
    field = declared[collection].fields[name]
    if not parts:
        return field.zh, field.en, field.kind, field.unit
    assert isinstance(field.kind, Composite)
    part = field.kind.parts[parts[0]]
    return f"{field.zh}{part.zh}", f"{field.en}, {part.en.lower()}", part.kind, part.unit
