"""Figures of law and practice: deadlines and intervals, each with its source and how sure it is.

A table is data, shipped in the catalogue, so that phones compute the same offline. What a local office
decides has no value here: it is listed as missing, and nobody's guess takes its place.
"""

from datetime import date
from typing import Final

import msgspec

from schemas.assistance import AssistanceKind
from schemas.codes import CodeTable, Unit
from schemas.needs import Risk


class Standing(CodeTable, zh="数据依据", en="What a figure rests on"):
    """How far a figure may be relied on."""

    LAW = "law", "法规文件明确规定", "Written in the source named"
    TO_CONFIRM = "to_confirm", "待主管部门确认", "To be confirmed by the office"
    DEFAULT = "default", "产品默认值，可由主管部门调整", "A default of this program"
    OFFICE = "office", "由当地主管部门确定", "Missing: the local office decides"


class Figure(msgspec.Struct, frozen=True):
    """One row: `value` for the case `key`, since a day where that is known."""

    key: str
    value: int | None
    standing: Standing
    source: str | None = None
    since: date | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.standing is Standing.OFFICE):
            raise ValueError(f"{self.key}: only what the office decides has no value")
        if self.standing in (Standing.LAW, Standing.TO_CONFIRM) and not self.source:
            raise ValueError(f"{self.key} does not name its source")


class FigureTable(msgspec.Struct, frozen=True):
    """Figures of one sort. `codes`: the code table that the keys come from, where there is one."""

    name: str
    zh: str
    en: str
    unit: Unit
    figures: tuple[Figure, ...]
    codes: type[CodeTable] | None = None

    def __post_init__(self) -> None:
        keys = [figure.key for figure in self.figures]
        if len(set(keys)) < len(keys):
            raise ValueError(f"{self.name} has two figures for one key")
        if self.codes is not None and (unknown := set(keys) - {member.code for member in self.codes}):
            raise ValueError(f"{self.name} has figures for unknown codes: {sorted(unknown)}")

    def value_of(self, key: str) -> int | None:
        """The figure for `key`; None where there is none or the office has not decided."""
        return next((figure.value for figure in self.figures if figure.key == key), None)

    def missing(self) -> list[str]:
        """The keys that wait for the office."""
        return [figure.key for figure in self.figures if figure.value is None]


VISIT_INTERVALS: Final = FigureTable(
    "visit_intervals",
    "按风险等级的探访间隔",
    "Longest interval between visits, by risk",
    Unit.DAY,
    (
        Figure(Risk.LOW.code, 90, Standing.DEFAULT),
        Figure(Risk.MEDIUM.code, 30, Standing.DEFAULT),
        Figure(Risk.HIGH.code, 7, Standing.DEFAULT),
        Figure(Risk.EMERGENCY.code, 1, Standing.DEFAULT),
    ),
    Risk,
)

ELDER_VISITS: Final = FigureTable(
    "elder_visits",
    "特殊困难老年人探访",
    "Visits to elders in special difficulty",
    Unit.TIME,
    (
        Figure("least_a_month", 1, Standing.LAW, "民发〔2022〕73号"),
        Figure("unmet_before_committee_is_told", 3, Standing.DEFAULT),
    ),
)

DECISION_DAYS: Final = FigureTable(
    "decision_days",
    "受理后办结时限",
    "Time from receipt to decision, by kind",
    Unit.WORKING_DAY,
    (
        Figure(AssistanceKind.MINIMUM_LIVING.code, 30, Standing.LAW, "民发〔2021〕57号"),
        *(
            Figure(kind.code, None, Standing.OFFICE)
            for kind in AssistanceKind
            if kind is not AssistanceKind.MINIMUM_LIVING
        ),
    ),
    AssistanceKind,
)

PROCEDURE_DAYS: Final = FigureTable(
    "procedure_days",
    "办理环节时限",
    "Other time limits of procedures",
    Unit.WORKING_DAY,
    (
        Figure("minimum_living_extended_decision", 45, Standing.LAW, "民发〔2021〕57号"),
        Figure("extreme_poverty_survey", 15, Standing.TO_CONFIRM, "民发〔2021〕43号"),
        Figure("temporary_papers_after_emergency", 10, Standing.TO_CONFIRM, "民发〔2018〕23号"),
        # Order 67 of the Ministry of Civil Affairs, in force since that day.
        Figure(
            "volunteer_record_after_activity",
            10,
            Standing.TO_CONFIRM,
            "志愿服务记录与证明出具办法（试行）",
            date(2021, 2, 1),
        ),
    ),
)

POSTING_DAYS: Final = FigureTable(
    "posting_days",
    "公示天数",
    "Days of public posting",
    Unit.DAY,
    (Figure(AssistanceKind.MINIMUM_LIVING.code, 7, Standing.LAW, "民发〔2021〕57号"),),
    AssistanceKind,
)

# 个人信息保护法, article 19: no longer than the purpose needs. How long that is the law leaves to the office.
RETENTION: Final = FigureTable(
    "retention",
    "档案保存期限，自该档案最后一次改动起",
    "How long records are kept after the file was last changed, by collection",
    Unit.MONTH,
    (
        Figure("household", 120, Standing.DEFAULT),
        Figure("person", 120, Standing.DEFAULT),
        Figure("screening", 60, Standing.DEFAULT),
        Figure("referral", 120, Standing.DEFAULT),
        Figure("child_visit", 120, Standing.DEFAULT),
        Figure("elder_visit", 60, Standing.DEFAULT),
        Figure("consent", 120, Standing.DEFAULT),
        Figure("mandatory_report", None, Standing.OFFICE),
        Figure("emergency_access", 120, Standing.DEFAULT),
        Figure("volunteer", None, Standing.OFFICE),
        Figure("activity", None, Standing.OFFICE),
        Figure("attendance", None, Standing.OFFICE),
    ),
)

# The law says 立即, at once, and names no hours. This is when a report that has not gone out is overdue.
REPORT_HOURS: Final = FigureTable(
    "report_hours",
    "强制报告最迟时限",
    "When a mandatory report that has not been passed on is overdue",
    Unit.HOUR,
    (Figure("both_told", 24, Standing.DEFAULT, "高检发〔2020〕9号"),),
)

TABLES: Final = (
    VISIT_INTERVALS,
    ELDER_VISITS,
    DECISION_DAYS,
    PROCEDURE_DAYS,
    POSTING_DAYS,
    REPORT_HOURS,
    RETENTION,
)
