"""The time limits of an application as data: which run in which state, from which day, by which figure.

What is the same in all offices is written in papers and in the tables here; what an office decides itself has
no value until it is entered. See `schemas.aid.time_limits` for what they come to.
"""

from typing import Any, Final

import msgspec

from schemas.aid.assistance import AssistanceKind
from schemas.codes import CodeTable, Unit
from schemas.deadlines import DECISION_DAYS, PROCEDURE_DAYS
from schemas.figures import FigureTable
from schemas.values import JsonSchema

SUPPLEMENT_COUNTS: Final = FigureTable(
    "supplement_counts",
    "等待补充材料的天数计入办理时限的比例",
    "How much of the days counts for which the office waits for papers",
    Unit.PERCENT,
    AssistanceKind,
)
REVIEW_MONTHS: Final = FigureTable(
    "review_months", "定期复核的间隔", "How long until a grant is reviewed", Unit.MONTH
)
BENEFIT_MONTHS: Final = FigureTable(
    "benefit_months",
    "决定后几个月内开始发给",
    "In which month after the decision benefits begin",
    Unit.MONTH,
    AssistanceKind,
)
APPEAL_DAYS: Final = FigureTable(
    "appeal_days", "对决定不服可申请行政复议的天数", "Days in which a decision can be appealed", Unit.DAY
)


class Limit(CodeTable, zh="时限", en="Time limit"):
    """What has to happen in time."""

    SURVEY = "survey", "完成调查核实", "The survey"
    DECISION = "decision", "作出决定", "The decision"
    PAPERS = "papers", "补齐紧急救助手续", "The papers after help in an emergency"
    BENEFIT = "benefit", "开始发给", "The first benefit"
    APPEAL = "appeal", "申请行政复议", "An appeal"
    REVIEW = "review", "定期复核", "The regular review"


REMINDER_DAYS: Final = FigureTable(
    "reminder_days", "到期前几天提醒", "How many days before the last one to remind", Unit.DAY, Limit
)


class Term(msgspec.Struct, frozen=True):
    """A time limit as data.

    `states`: those of the referral in which it runs. `starts`: the first of these days that is there is the
    one it runs from. `table`, `key`: for how long, in the table's unit; in `key` the referral's own value
    stands for a field in braces. `only`: fields that must have that value. `done`: the day that ends it.
    `named`: the day that the office has named instead. `longer`: in place of `key` where the office has
    extended it. `waits`: it may stand still while papers are waited for. `ends_month`: it runs to the end of
    the month.
    """

    limit: Limit
    states: tuple[str, ...]
    starts: tuple[str, ...]
    table: FigureTable
    key: str
    only: tuple[tuple[str, Any], ...] = ()
    done: str | None = None
    named: str | None = None
    longer: str | None = None
    waits: bool = False
    ends_month: bool = False

    def said(self) -> JsonSchema:
        """The term for clients."""
        return {
            "limit": self.limit.code,
            "states": list(self.states),
            "starts": list(self.starts),
            "figure": [self.table.name, self.key],
            "only": dict(self.only),
            "done": self.done,
            "named": self.named,
            "longer": self.longer,
            "waits": self.waits,
            "ends_month": self.ends_month,
        }


_WITH_OFFICE: Final = ("received", "supplement_asked")

TERMS: Final[tuple[Term, ...]] = (
    Term(
        Limit.SURVEY,
        _WITH_OFFICE,
        ("received_on",),
        PROCEDURE_DAYS,
        "{kind}_survey",
        only=(("kind", "extreme_poverty"),),
        done="surveyed_on",
    ),
    Term(
        Limit.DECISION,
        _WITH_OFFICE,
        ("received_on",),
        DECISION_DAYS,
        "{kind}",
        done="decided_on",
        named="due_on",
        longer="{kind}_extended_decision",
        waits=True,
    ),
    Term(
        Limit.PAPERS,
        ("drafted", "consented", "sent", *_WITH_OFFICE, "approved", "benefits_begun", "closed"),
        ("emergency_over_on",),
        PROCEDURE_DAYS,
        "temporary_papers_after_emergency",
        only=(("kind", "temporary"), ("emergency", True)),
        done="papers_completed_on",
    ),
    Term(
        Limit.BENEFIT,
        ("approved",),
        ("decided_on",),
        BENEFIT_MONTHS,
        "{kind}",
        done="benefits_begun_on",
        ends_month=True,
    ),
    Term(Limit.APPEAL, ("refused",), ("told_on", "decided_on"), APPEAL_DAYS, "administrative_review"),
    Term(
        Limit.REVIEW,
        ("benefits_begun",),
        ("reviewed_on", "benefits_begun_on", "decided_on"),
        REVIEW_MONTHS,
        "{kind}_{review_basis}",
        only=(("kind", "minimum_living"),),
    ),
)
CAUTIOUS: Final = {"review_basis": "varying"}
"""What is taken for a field that a key turns on and that is not filled in: the one that is sooner due."""
