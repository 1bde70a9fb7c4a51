"""What volunteers have of hours, served, received, given and used: never less than nothing (时间银行).

Taken day by day. What was served on a day is there on that day; what is spent is covered as far as there is
anything, and the rest is shown as short. Only what was covered reaches whoever it was given to: so no hours
come from nowhere, whatever phones wrote without knowing of each other. This is a record and no currency:
nobody owes anything for it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from schemas.codes import CodeTable
from schemas.values import JsonSchema
from schemas.volunteers.hours import Counted
from schemas.volunteers.hours_spent import SpentAs


class MovedAs(CodeTable, zh="时长变动", en="What moved hours"):
    """Why there are more or fewer."""

    EARNED = "earned", "服务所得", "Served"
    RECEIVED = "received", "他人转赠", "Received"
    GIVEN = "given", "转赠他人", "Given"
    USED = "used", "兑换服务", "Used"


class Moved(msgspec.Struct, frozen=True):
    """One line of somebody's account. `short`: minutes that were wanted and not there.

    `record`: the attendance, or the `hours_spent`.
    """

    on: date
    as_: MovedAs = msgspec.field(name="as")
    minutes: int
    short: int
    record: str


class Account(msgspec.Struct):
    """All that one volunteer has, in minutes."""

    earned: int = 0
    received: int = 0
    given: int = 0
    used: int = 0
    short: int = 0
    lines: list[Moved] = []

    @property
    def balance(self) -> int:
        """What is left."""
        return self.earned + self.received - self.given - self.used


def accounts(
    served: Mapping[str, Iterable[Counted]], spent: Mapping[str, Mapping[str, Any]]
) -> dict[str, Account]:
    """The account of each volunteer who has one.

    `served`: by volunteer, what their attendances come to. `spent`: the records of `hours_spent` by id; of a
    gift to nobody in particular nobody's account grows.
    """
    found: dict[str, Account] = {}
    earned = [
        (each.on, 0, each.attendance, volunteer, each.minutes)
        for volunteer, service in served.items()
        for each in service
        if each.on is not None and each.minutes
    ]
    spending = [
        (date.fromisoformat(values["on"]), 1, id, values["volunteer"], values["minutes"])
        for id, values in spent.items()
    ]
    for on, is_spent, id, volunteer, minutes in sorted(earned + spending):
        account = found.setdefault(volunteer, Account())
        if not is_spent:
            account.earned += minutes
            account.lines.append(Moved(on, MovedAs.EARNED, minutes, 0, id))
            continue
        covered = min(minutes, account.balance)
        account.short += minutes - covered
        if spent[id]["kind"] == SpentAs.USED.code:
            account.used += covered
            account.lines.append(Moved(on, MovedAs.USED, covered, minutes - covered, id))
            continue
        account.given += covered
        account.lines.append(Moved(on, MovedAs.GIVEN, covered, minutes - covered, id))
        if (to := spent[id].get("to")) is not None:
            receiver = found.setdefault(to, Account())
            receiver.received += covered
            receiver.lines.append(Moved(on, MovedAs.RECEIVED, covered, 0, id))
    return found


def said() -> JsonSchema:
    """The rule for clients."""
    return {"order": ["on", "earned_first", "id"], "never_below": 0, "gifts": "as_far_as_covered"}
