"""The day by the calendar of the areas, wherever the server stands."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
"""All of China keeps one time, and no summer time since 1991: no table of zones is needed for it."""


def civil_date(moment: datetime) -> date:
    """The day that it is there at `moment`; at either end of the calendar that of the moment's own zone."""
    try:
        return moment.astimezone(BEIJING).date()
    except OverflowError:
        return moment.date()
