"""How a fact follows from the file, where the worker need not be asked: by means, members and dwelling.

Each ground says what it found in words, what was missing, and on which paper it rests.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Protocol

import msgspec

from schemas.aid.circumstances import Circumstances, Missing, Said, to_be_entered
from schemas.aid.income import income_of, line_of, rigid_spending_of, share_of
from schemas.aid.standards import DISPOSABLE_INCOME, INCOME_LINES, MINIMUM_LINES, RIGID_SHARE, IncomeLine
from schemas.aid.traits import AllOf, Trait, all_of, any_of
from schemas.values import JsonSchema

_MEMBERS: Final = Missing("person", "家庭成员", "The members")


class Told(msgspec.Struct, frozen=True):
    """What a ground found: whether the fact holds, why, and what is missing where it is not told."""

    truth: bool | None
    why: Said | None = None
    missing: tuple[Missing, ...] = ()
    source: str | None = None


class Ground(Protocol):
    """A way to tell a fact of a family, or of one `member` of it."""

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        """What the file tells on that day."""

    def said(self) -> JsonSchema:
        """The ground for clients, by a stable `ground`."""


class BelowLine(msgspec.Struct, frozen=True):
    """Income a head is below a line of income: so many per cent of the district's minimum living line."""

    line: IncomeLine

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        percent = share_of(self.line.code, on)
        line, source, missing = line_of(family, MINIMUM_LINES, on)
        return _below(family, on, line, 100 if percent is None else percent, source, missing)

    def said(self) -> JsonSchema:
        return {
            "ground": "below_line",
            "line": MINIMUM_LINES.name,
            "share": [INCOME_LINES.name, self.line.code],
        }


class BelowDisposableIncome(msgspec.Struct, frozen=True):
    """Income a head is below what people of the region disposed of last year."""

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        line, source, missing = line_of(family, DISPOSABLE_INCOME, on)
        return _below(family, on, line, 100, source, missing)

    def said(self) -> JsonSchema:
        return {"ground": "below_line", "line": DISPOSABLE_INCOME.name, "share": None}


class OwnIncomeBelowLine(msgspec.Struct, frozen=True):
    """The member's own income is below the district's minimum living line (无生活来源)."""

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        own = _person(family, member).get("own_income_fen")
        line, source, lacking = line_of(family, MINIMUM_LINES, on)
        missing = () if lacking is None else (lacking,)
        if own is None:
            missing = (
                Missing("person.own_income_fen", "本人月收入", "The person's own income", person=member),
                *missing,
            )
        if own is None or line is None:
            return Told(None, missing=missing)
        why = Said(f"本人月收入 {_yuan(own)} 元", f"own income is {_yuan(own)} yuan a month")
        return Told(own < line, why, source=source)

    def said(self) -> JsonSchema:
        return {"ground": "own_income_below_line", "line": MINIMUM_LINES.name, "field": "own_income_fen"}


class RigidShareAbove(msgspec.Struct, frozen=True):
    """Rigid spending is more than the office's share of income."""

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        income, (spent, missing) = income_of(family, on), rigid_spending_of(family, on)
        figure = RIGID_SHARE.figure_of("of_income", on)
        share = None if figure is None else figure.value
        lacking = [each for each in (*income.missing, *missing) if each.what != "household.members"]
        if share is None:
            lacking.append(to_be_entered(RIGID_SHARE, "of_income", on))
        if figure is None or share is None or income.total is None or spent is None:
            return Told(None, missing=tuple(lacking))
        if spent.least * 100 > income.total.most * share:
            truth: bool | None = True
        elif spent.most * 100 <= income.total.least * share:
            truth = False
        else:
            return Told(None, missing=tuple(lacking))
        zh, en = "超过" if truth else "未超过", "is above" if truth else "is not above"
        why = Said(f"刚性支出{zh}家庭收入的 {share}%", f"rigid spending {en} {share} % of income")
        return Told(truth, why, source=figure.source)

    def said(self) -> JsonSchema:
        return {"ground": "rigid_share_above", "figure": [RIGID_SHARE.name, "of_income"]}


class OfMember(msgspec.Struct, frozen=True):
    """A trait holds of the member."""

    trait: Trait
    source: str | None = None

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        person = _person(family, member)
        truth = self.trait.holds(person, on) if person else None
        missing = () if truth is not None else _lacking(self.trait, member, person)
        return Told(truth, missing=missing, source=self.source)

    def said(self) -> JsonSchema:
        return {"ground": "of_member", "trait": self.trait.said()}


class OfSomebody(msgspec.Struct, frozen=True):
    """A trait holds of at least one who lives there."""

    trait: Trait

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        members = family.members(on)
        truth = any_of(self.trait.holds(person, on) for person in members.values()) if members else None
        if truth is not None:
            return Told(truth)
        lacks = [each for id, person in members.items() for each in _lacking(self.trait, id, person)]
        return Told(None, missing=tuple(lacks) or (_MEMBERS,))

    def said(self) -> JsonSchema:
        return {"ground": "of_somebody", "trait": self.trait.said()}


class NobodyEmployed(msgspec.Struct, frozen=True):
    """There are members who could work (`able`), and none of them is in work (零就业家庭)."""

    able: Trait
    jobless: Trait

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        members = family.members(on)
        able = {id: self.able.holds(person, on) for id, person in members.items()}
        people = {id: members[id] for id, is_able in able.items() if is_able is not False}
        truth = all_of(self.jobless.holds(person, on) for person in people.values())
        if truth and True not in able.values():
            # Nobody is known to be able: where all are known not to be, it is no such family.
            truth = False if members and not people else None
        if truth is not None:
            return Told(truth)
        both = AllOf((self.able, self.jobless))
        lacks = [each for id, person in people.items() for each in _lacking(both, id, person)]
        return Told(None, missing=tuple(lacks) or (_MEMBERS,))

    def said(self) -> JsonSchema:
        return {"ground": "nobody_employed", "able": self.able.said(), "jobless": self.jobless.said()}


class Dwells(msgspec.Struct, frozen=True):
    """By what right the family lives where it lives: one of `codes` tells it, any other tells nothing."""

    codes: tuple[str, ...]

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        return Told(True if family.home().get("housing") in self.codes else None)

    def said(self) -> JsonSchema:
        return {"ground": "dwells", "field": "housing", "codes": list(self.codes)}


class Receives(msgspec.Struct, frozen=True):
    """The family is granted one of `codes` already."""

    codes: tuple[str, ...]

    def told(self, family: Circumstances, member: str | None, on: date) -> Told:
        if family.household is None or "assistance" not in family.household:
            return Told(
                None, missing=(Missing("household.assistance", "已享受的救助", "Assistance received"),)
            )
        return Told(any(code in family.household["assistance"] for code in self.codes))

    def said(self) -> JsonSchema:
        return {"ground": "receives", "field": "assistance", "codes": list(self.codes)}


def _below(
    family: Circumstances,
    on: date,
    line: int | None,
    percent: int,
    source: str | None,
    missing: Missing | None,
) -> Told:
    income = income_of(family, on)
    lacking = income.missing if missing is None else (*income.missing, missing)
    if line is None:
        return Told(None, missing=lacking)
    truth = income.is_below(line, percent)
    if truth is None:
        return Told(None, missing=lacking)
    zh, en = income.said()
    limit = _yuan(line * percent // 100)
    why = Said(f"{zh}，线为 {limit} 元", f"{en}, the line is {limit} yuan")
    return Told(truth, why, source=source)


def _lacking(trait: Trait, member: str | None, person: Mapping[str, Any]) -> tuple[Missing, ...]:
    return tuple(msgspec.structs.replace(each, person=member) for each in trait.lacks(person))


def _person(family: Circumstances, member: str | None) -> Mapping[str, Any]:
    return {} if member is None else family.persons.get(member, {})


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
