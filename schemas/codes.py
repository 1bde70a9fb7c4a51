"""Code tables and state machines: closed lists of words, each with its Chinese and English label.

A table is an enum whose members read like the rows of the standard's own table: code, 中文, English.
"""

import re
from enum import Enum
from typing import Any, ClassVar, Self

import msgspec


class CodeTable(Enum):
    """A closed list of codes. Subclass with the table's labels and its source:

    ```python
    class Risk(CodeTable, zh="风险等级", en="Risk level", rising=True):
        LOW = "low", "低", "Low"
    ```
    `rising` says that the order of writing is an order of gravity, as the policy `highest` needs it.
    `source` names the law or standard that the codes come from.
    """

    zh: str
    en: str
    labels: ClassVar[tuple[str, str]]
    rising: ClassVar[bool]
    source: ClassVar[str | None]

    def __init_subclass__(
        cls, *, zh: str = "", en: str = "", rising: bool = False, source: str | None = None, **extra: Any
    ) -> None:
        super().__init_subclass__(**extra)
        cls.labels = (zh, en)
        cls.rising = rising
        cls.source = source

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        member = object.__new__(cls)
        member._value_ = code
        member.zh = zh
        member.en = en
        return member

    @property
    def code(self) -> str:
        """The word as it is stored and sent."""
        return str(self.value)


class StateTable(CodeTable):
    """The states of something that moves on. Each row also names the states that may come next.

    ```python
    class LinkState(StateTable, zh="对接状态", en="State of the link", initial=("offered",)):
        OFFERED = "offered", "已提出", "Offered", ("accepted", "declined")
    ```
    The order of writing is the order of progress; see `States.further`. `supervised` are the states that
    only a supervisor brings something into, such as a case that is taken up again.
    """

    next: tuple[str, ...]
    initial: ClassVar[tuple[str, ...]]
    supervised: ClassVar[tuple[str, ...]]

    def __init_subclass__(
        cls, *, initial: tuple[str, ...] = (), supervised: tuple[str, ...] = (), **extra: Any
    ) -> None:
        super().__init_subclass__(**extra)
        cls.initial = initial
        cls.supervised = supervised

    # Rows of a state table are one longer than those of a code table.
    def __new__(cls, code: str, zh: str, en: str, next: tuple[str, ...] = ()) -> Self:
        member = object.__new__(cls)
        member._value_ = code
        member.zh = zh
        member.en = en
        member.next = next
        return member


class States(msgspec.Struct, frozen=True):
    """A state machine: where a new record may begin, which steps are declared, and whose they are."""

    initial: frozenset[str]
    steps: dict[str, frozenset[str]]
    order: dict[str, int]
    reachable: dict[str, frozenset[str]]
    supervised: tuple[str, ...]

    def allows(self, old: str, new: str) -> bool:
        """There is a declared step from `old` to `new`. A state that stays is no step and always allowed."""
        return new == old or new in self.steps.get(old, frozenset())

    def further(self, new: str, old: str) -> bool:
        """`new` is further along than `old`: later in order of writing and reachable from it.

        Where steps form a loop (asked for a supplement, received again) both are reachable from each other,
        and the order of writing decides, so that every server comes to the same answer.
        """
        return new in self.reachable.get(old, frozenset()) and self.order[new] > self.order[old]


def states_of(table: type[StateTable]) -> States:
    """The machine that `table` declares. Raises ValueError where a step or a state leads nowhere known."""
    rows = {member.code: member.next for member in table}
    named = {code for after in rows.values() for code in after} | set(table.initial) | set(table.supervised)
    if unknown := named - set(rows):
        raise ValueError(f"{table.__name__} names states that it does not declare: {sorted(unknown)}")
    if not table.initial:
        raise ValueError(f"{table.__name__} says no state to begin in")
    reachable = {code: _reachable_from(code, rows) for code in rows}
    begun = set(table.initial).union(*(reachable[code] for code in table.initial))
    if lost := set(rows) - begun:
        raise ValueError(f"{table.__name__} has states that nothing leads to: {sorted(lost)}")
    return States(
        initial=frozenset(table.initial),
        steps={code: frozenset(after) for code, after in rows.items()},
        order={code: place for place, code in enumerate(rows)},
        reachable=reachable,
        supervised=table.supervised,
    )


def _reachable_from(code: str, rows: dict[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    ahead = list(rows[code])
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead.extend(rows[state])
    return frozenset(found)


class Unit(CodeTable, zh="计量单位", en="Unit of measure"):
    """What a number counts. Money is whole fen and time whole minutes, so that sums are exact."""

    FEN = "fen", "分", "fen (0.01 yuan)"
    MINUTE = "minute", "分钟", "minutes"
    HOUR = "hour", "小时", "hours"
    PERSON = "person", "人", "people"
    DAY = "day", "天", "days"
    MONTH = "month", "个月", "months"
    YEAR = "year", "周岁", "years of age"
    WORKING_DAY = "working_day", "工作日", "working days"
    TIME = "time", "次", "times"
    POINT = "point", "分值", "points"
    LEVEL = "level", "级", "level"
    METRE = "metre", "米", "metres"
    SQUARE_METRE = "square_metre", "平方米", "square metres"
    ITEM = "item", "项", "items"
    PERCENT = "percent", "％", "per cent"


def snake_case(name: str) -> str:
    """A class's name as data has it: `ReferralKind` is `referral_kind`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
