"""What a client makes of the catalogue's rules: written from the document alone, and from nothing of ours.

Here the rules are carried out a second time, as an app in another language would, so that tests can hold the
two against each other.
"""

from calendar import isleap
from datetime import date
from typing import Any

Document = dict[str, Any]
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Reader:
    """The rules of one catalogue."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def figure(self, named: list[str], on: date) -> int | None:
        """The newest row that is in force."""
        table, key = named
        rows = [row for row in self._document["rules"]["figures"][table]["figures"] if row["key"] == key]
        begun = [row for row in rows if row["since"] is None or row["since"] <= on.isoformat()]
        newest = max(begun, key=lambda row: row["since"] or "", default=None)
        return None if newest is None else newest["value"]

    def holds(self, condition: Document, facts: Document, on: date) -> bool | None:
        """Yes, no, or not known yet."""
        if "is" in condition:
            value = _fact(facts, condition["is"])
            if value is None:
                answer: bool | None = condition.get("if_absent")
                return answer
            members = value if isinstance(value, list) else [value]
            return any(member in condition["values"] for member in members)
        if "not" in condition:
            inner = self.holds(condition["not"], facts, on)
            return None if inner is None else not inner
        if "all" in condition or "any" in condition:
            decides = "any" in condition
            answers = [self.holds(each, facts, on) for each in condition["any" if decides else "all"]]
            if decides in answers:
                return decides
            return None if None in answers else not decides
        if "at_least" in condition:
            value, least = _fact(facts, condition["at_least"]), self.figure(condition["figure"], on)
            return None if value is None or least is None else int(value) >= least
        if "under" in condition:
            born, years = _fact(facts, condition["under"]), self.figure(condition["figure"], on)
            return None if born is None or years is None else on.isoformat() < _birthday(born, years)
        assert "lasts" in condition
        return self._lasts(condition, facts, on.isoformat())

    def computed(self, rule: Document, values: Document) -> Any:
        """What a field of a record comes to."""
        if rule["rule"] == "sum":
            points = [values.get(name) for name in rule["items"]]
            return None if None in points else sum(int(each) for each in points if each is not None)
        if rule["rule"] == "graded":
            held = (each["code"] for each in rule["grades"] if self.holds(each["when"], values, date.max))
            return next(held, None)
        assert rule["rule"] == "levelled"
        since = date.fromisoformat(rule["since"])
        order = [*rule["levels"], rule["worst"]]
        worse = [each["by"] for each in rule["worsened"] if self.holds(each["when"], values, since)]
        if None in worse:
            return rule["worst"]
        points = self.computed(rule["points"], values)
        if points is None:
            return None
        place = 0
        while place < len(rule["levels"]):
            least = self.figure([rule["figures"], rule["levels"][place]], since)
            if least is not None and points >= least:
                break
            place += 1
        return order[min(place + max(worse, default=0), len(order) - 1)]

    def _lasts(self, condition: Document, facts: Document, on: str) -> bool | None:
        since = _fact(facts, condition["lasts"])
        until = _fact(facts, condition["until"]) if condition["until"] else None
        months = self.figure(condition["figure"], date.fromisoformat(on))
        if since is None or months is None:
            return None
        reached = _months_later(since, months)
        if until is not None:
            return bool(since <= on <= until and reached <= until)
        if on < since:
            return False
        if reached <= on:
            return True
        return None if condition["until"] else False


def _fact(facts: Document, path: str) -> Any:
    found: Any = facts
    for name in path.split("."):
        found = (found or {}).get(name)
    return found


def _birthday(born: str, years: int) -> str:
    year, month, day = (int(part) for part in born.split("-"))
    if year + years > 9999:
        return "9999-12-31"
    if (month, day) == (2, 29) and not isleap(year + years):
        month, day = 3, 1
    return f"{year + years:04}-{month:02}-{day:02}"


def _months_later(since: str, months: int) -> str:
    year, month, day = (int(part) for part in since.split("-"))
    month += months
    while month > 12:
        year, month = year + 1, month - 12
    if year > 9999:
        return "9999-12-31"
    if day > _DAYS[month - 1] + (month == 2 and isleap(year)):
        month, day = month + 1, 1
    return f"{year:04}-{month:02}-{day:02}"
