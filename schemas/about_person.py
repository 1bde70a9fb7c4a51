"""The head of every form that is filled in about one person and is no visit: about whom, when, by whom."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

from schemas.annotations import Account, Ref
from schemas.declare import FIXED, Record, field
from schemas.person import Person
from schemas.privacy import Privacy

OPEN = Privacy.OPEN


class AboutPerson(Record):
    """It belongs to the person's record and says how things stood on a day; the newest one counts."""

    subject: Annotated[Ref[Person], field("对象", "About whom", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("填写人", "Filled in by", privacy=OPEN, merge=FIXED)]


def newest(forms: Iterable[Mapping[str, Any]], on: date) -> Mapping[str, Any] | None:
    """Of forms or visits of one kind the one that counts on that day; of one day's the last given."""
    filled_in = [each for each in forms if date.fromisoformat(each["on"]) <= on]
    return max(reversed(filled_in), key=lambda each: str(each["on"]), default=None)
