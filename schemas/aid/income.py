"""Income a head (家庭人均收入), as far as the file tells it: from so much to so much, and never a guess.

Some kinds of income count, some do not, and of some the office has not said; the number of members is known
or is not. So what comes out is a range. Where a line lies outside of it the family is below the line or is
not, whatever the rest turns out to be; where it lies inside, what is missing is named. Everything is reckoned
in whole fen and hundredths of them, so that a family exactly at the line is at the line.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from schemas.aid.circumstances import Circumstances, Missing, to_be_entered
from schemas.aid.standards import COUNTED_INCOME, INCOME_LINES, MEANS_AGE, RIGID_EXPENSES, district_key
from schemas.figures import FigureTable


class Sum(msgspec.Struct, frozen=True):
    """So many hundredths of a fen a month, at least and at most."""

    least: int = 0
    most: int = 0


class Income(msgspec.Struct, frozen=True):
    """What a family has a month, and how many live of it. None where nothing can be said of either.

    `missing`: what would make it exact, or tell it at all.
    """

    total: Sum | None
    members: tuple[int, int] | None
    missing: tuple[Missing, ...] = ()

    def is_below(self, line_fen: int, percent: int = 100) -> bool | None:
        """Whether income a head is below so many per cent of the line; None where the file does not tell."""
        if self.total is None or self.members is None:
            return None
        fewest, most = self.members
        # Both sides in hundredths of a fen; nothing is divided.
        if self.total.most < line_fen * percent * fewest:
            return True
        if self.total.least >= line_fen * percent * most:
            return False
        return None

    def said(self) -> tuple[str, str]:
        """The range a head, in yuan, for people."""
        if self.total is None or self.members is None:
            return "人均收入尚不清楚", "income a head is not known"
        fewest, most = self.members
        low, high = _yuan(self.total.least, most), _yuan(self.total.most, fewest)
        if low == high:
            return f"人均月收入 {low} 元", f"income a head is {low} yuan a month"
        return f"人均月收入 {low} 至 {high} 元", f"income a head is {low} to {high} yuan a month"


def income_of(family: Circumstances, on: date) -> Income:
    """The family's income by what counts on that day, and its members."""
    missing: list[Missing] = []
    total = _reckoned(family.home(), "income", COUNTED_INCOME, on, missing)
    members = _members(family, on, missing)
    return Income(total, members, tuple(missing))


def rigid_spending_of(family: Circumstances, on: date) -> tuple[Sum | None, tuple[Missing, ...]]:
    """What the family cannot but spend a month (刚性支出)."""
    missing: list[Missing] = []
    return _reckoned(family.home(), "expense", RIGID_EXPENSES, on, missing), tuple(missing)


def line_of(
    family: Circumstances, table: FigureTable, on: date
) -> tuple[int | None, str | None, Missing | None]:
    """The line in fen a head and month that applies to the family, its source, or what is missing for it."""
    key = district_key(family.home())
    if key is None:
        return None, None, Missing("household.kind", "家庭的城乡类别", "Whether the family is urban or rural")
    figure = table.figure_of(key, on)
    if figure is None or figure.value is None:
        return None, None, to_be_entered(table, key, on)
    return figure.value, figure.source, None


def share_of(key: str, on: date) -> int | None:
    """A line of income, in per cent of the minimum living line."""
    return INCOME_LINES.value_of(key, on)


def _reckoned(
    home: Mapping[str, Any], what: str, shares: FigureTable, on: date, missing: list[Missing]
) -> Sum | None:
    month: str | None = home.get(f"{what}_month")
    zh, en = ("收入", "income") if what == "income" else ("支出", "expenses")
    if month is None:
        missing.append(Missing(f"household.{what}_items", f"家庭{zh}明细和核算月份", f"The family's {en}"))
        return None
    oldest = MEANS_AGE.value_of("income" if what == "income" else "expenses", on)
    if oldest is not None and _months_between(month, on) > oldest:
        missing.append(
            Missing(
                f"household.{what}_month",
                f"{zh}是 {month} 的，已超过 {oldest} 个月，请重新核算",
                f"The {en} are of {month}, more than {oldest} months ago: reckon them anew",
            )
        )
        return None
    lines: Iterable[Mapping[str, Any]] = home.get(f"{what}_items") or ()
    least = most = 0
    unclear: set[str] = set()
    for line in lines:
        figure = shares.figure_of(line["kind"], on)
        share = None if figure is None else figure.value
        amount = line["amount_fen"]
        least += amount * (share or 0)
        most += amount * (100 if share is None else share)
        if share is None and amount:
            unclear.add(line["kind"])
    missing += [_undecided(shares, kind) for kind in sorted(unclear)]
    return Sum(least, most)


def _members(family: Circumstances, on: date, missing: list[Missing]) -> tuple[int, int] | None:
    told: int | None = family.home().get("members")
    listed = len(family.members(on)) or None
    known = [count for count in (told, listed) if count is not None]
    if not known:
        missing.append(Missing("household.members", "家庭人口", "How many live together"))
        return None
    if told is not None and listed is not None and told != listed:
        missing.append(
            Missing(
                "household.members",
                f"家庭人口填 {told} 人，已建档且计入的成员 {listed} 人，请核对",
                f"{told} members are said and {listed} are on file: check which are counted",
            )
        )
    return min(known), max(known)


def _undecided(shares: FigureTable, kind: str) -> Missing:
    code = shares.code_of(kind)
    label, english = (kind, kind) if code is None else (code.zh, code.en)
    return Missing(
        f"{shares.name}.{kind}",
        f"“{label}”是否计入须由主管部门确定；能细分的请改填具体种类",
        f"The office decides whether {english!r} counts: name a kind that says more where there is one",
        by_office=True,
    )


def _months_between(month: str, on: date) -> int:
    year, number = int(month[:4]), int(month[5:])
    return (on.year - year) * 12 + on.month - number


def _yuan(hundredths: int, members: int) -> str:
    """To the fen, rounded down: what is shown never reaches a line that is not reached."""
    fen = hundredths // (100 * members)
    return f"{fen // 100}.{fen % 100:02}"
