"""Public holidays and the weekends that are worked in exchange: the State Council's notice of each year.

The rows are in `holidays.toml`. A year is whole when each of the seven festivals of 全国年节及纪念日放假办法
has its row; half a year's calendar would count days wrong without saying so, and is refused.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from schemas.codes import CodeTable
from schemas.figures.figure import WrongFigures
from schemas.figures.rows import Row, rows_of, shipped

DAY: Final = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2008, 2999  # before 2008 there were other festivals
LONGEST: Final = 15  # days of one holiday; the longest so far had nine
# A notice also moves days at the end of the year before: that for 2019 took Monday 31 December 2018, and had
# the Saturday before it worked.
SURE_UNTIL: Final = (12, 25)
_FIELDS: Final[dict[str, type]] = {
    "year": int,
    "festivals": list,
    "first": date,
    "last": date,
    "worked": list,
    "source": str,
}


class Festival(CodeTable, zh="法定节日", en="Public holiday", source="全国年节及纪念日放假办法"):
    """What a holiday is for."""

    NEW_YEAR = "new_year", "元旦", "New Year's Day"
    SPRING_FESTIVAL = "spring_festival", "春节", "Spring Festival"
    QINGMING = "qingming", "清明节", "Qingming Festival"
    LABOUR_DAY = "labour_day", "劳动节", "Labour Day"
    DRAGON_BOAT = "dragon_boat", "端午节", "Dragon Boat Festival"
    MID_AUTUMN = "mid_autumn", "中秋节", "Mid-Autumn Festival"
    NATIONAL_DAY = "national_day", "国庆节", "National Day"


class Holiday(msgspec.Struct, frozen=True):
    """One holiday of a year's notice: free from `first` to `last`; of weekends the days `worked` instead.

    `year`: that of the notice, to which days of the December before may belong.
    """

    year: int
    festivals: tuple[Festival, ...]
    first: date
    last: date
    worked: tuple[date, ...]
    source: str

    @property
    def free(self) -> Iterator[date]:
        """The days on which nobody works."""
        return (self.first + DAY * count for count in range((self.last - self.first).days + 1))


def read(text: bytes, file: str) -> tuple[Holiday, ...]:
    """The holidays of a file, whole years. Raises WrongFigures."""
    rows = rows_of(text, file, "holiday", _FIELDS)
    found = [_holiday(row) for row in rows]
    seen: dict[date, int] = {}
    for row, holiday in zip(rows, found, strict=True):
        for day in (*holiday.free, *holiday.worked):
            if (other := seen.setdefault(day, row.number)) != row.number:
                raise row.wrong(f"{day} 与第 {other} 条重复", f"{day} is in row {other} too")
    for year in dict.fromkeys(holiday.year for holiday in found):
        _must_be_whole(file, year, [holiday for holiday in found if holiday.year == year])
    if not found:
        raise WrongFigures(file, "没有一条 [[holiday]]", "there is no [[holiday]] in it")
    return tuple(found)


def with_years_of(ours: Iterable[Holiday], own: Iterable[Holiday]) -> tuple[Holiday, ...]:
    """`ours`, with whole years of `own` in place of the same years or beside them."""
    theirs = tuple(own)
    years = {holiday.year for holiday in theirs}
    return (*(holiday for holiday in ours if holiday.year not in years), *theirs)


def _holiday(row: Row) -> Holiday:
    year, first, last = row.needed("year"), row.needed("first"), row.needed("last")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise row.wrong(
            f"year 应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间", f"year must lie in {FIRST_YEAR} to {LAST_YEAR}"
        )
    earliest, latest = date(year - 1, *SURE_UNTIL) + DAY, date(year, 12, 31)
    if not earliest <= first <= last <= latest or (last - first).days >= LONGEST:
        raise row.wrong(
            f"first 至 last 应在 {year} 年内，先后正确且不超过 {LONGEST} 天",
            f"first to last must lie in {year}, in that order, {LONGEST} days at most",
        )
    worked = _worked(row, first, last)
    if not all(earliest <= day <= latest for day in worked):
        raise row.wrong(f"worked 应在 {year} 年内", f"worked days must lie in {year}")
    return Holiday(year, _festivals(row), first, last, worked, row.needed("source"))


def _worked(row: Row, first: date, last: date) -> tuple[date, ...]:
    days: list[Any] = row.values.get("worked", [])
    for day in days:
        if type(day) is not date or day.weekday() < 5 or first <= day <= last or days.count(day) > 1:
            raise row.wrong(
                "worked 应为放假以外的周六、周日，如 [2026-01-04]，各写一次",
                "worked must be Saturdays and Sundays outside the holiday, as [2026-01-04], each once",
            )
    return tuple(days)


def _festivals(row: Row) -> tuple[Festival, ...]:
    known = {each.code: each for each in Festival}
    codes: list[Any] = row.needed("festivals")
    if not codes or not all(isinstance(code, str) and code in known for code in codes):
        allowed = ", ".join(known)
        raise row.wrong(f"festivals 应为 {allowed}", f"festivals must be of {allowed}")
    return tuple(known[code] for code in codes)


def _must_be_whole(file: str, year: int, holidays: list[Holiday]) -> None:
    named = [festival for holiday in holidays for festival in holiday.festivals]
    for festival in Festival:
        if named.count(festival) != 1:
            raise WrongFigures(
                file,
                f"{year} 年的{festival.zh}（{festival.code}）应有且只有一条，每年须录入完整",
                f"{festival.code} of {year} must have one row: a year is given whole",
            )


SHIPPED: Final = read(*shipped("holidays"))
