"""What a case has to have before it goes a stage further, by MZ/T 094-2017.

Said as data, so that a phone shows it offline as the supervisor sees it. It is a hint and refuses nothing: a
paper may have been written by a colleague whose phone has not come by a network yet.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from schemas.casework.case import CaseStage
from schemas.casework.plan import STEPS_TO_DO


class Lack(msgspec.Struct, frozen=True):
    """Something that is not there yet. `collection`, `field`: what to fill in; no field: a record of it."""

    collection: str
    field: str | None
    zh: str
    en: str
    source: str


class Wanted(msgspec.Struct, frozen=True):
    """What `stage` asks for: a record of `collection`, with `field` filled in where one is named.

    `none_of`: instead, that no record of `collection` has `field` in one of these states.
    """

    stage: CaseStage
    collection: str
    zh: str
    en: str
    field: str | None = None
    none_of: tuple[str, ...] = ()
    source: str = "MZ/T 094-2017"

    def is_met(self, records: Iterable[Mapping[str, Any]]) -> bool:
        """Whether `records` of the collection have it."""
        if self.none_of:
            return not any(each.get(self.field or "") in self.none_of for each in records)
        return any(self.field is None or each.get(self.field) not in (None, [], "") for each in records)


WANTED: Final[tuple[Wanted, ...]] = (
    Wanted(CaseStage.ASSESSING, "case", "填写求助问题", "Say what was asked for", "request"),
    Wanted(CaseStage.PLANNED, "case", "填写预估", "Write down the assessment", "assessment"),
    Wanted(CaseStage.PLANNED, "case_plan", "制订含目标的服务计划", "Make a plan with goals", "goals"),
    Wanted(
        CaseStage.INTERVENING,
        "case_plan",
        "计划须征得服务对象同意",
        "The person agrees to the plan",
        "agreed_on",
    ),
    Wanted(
        CaseStage.INTERVENING, "plan_step", "计划中至少有一个步骤", "The plan has a step at least", "due_on"
    ),
    Wanted(CaseStage.EVALUATING, "case_note", "有介入的过程记录", "There is a note of the work", "on"),
    Wanted(CaseStage.CLOSED, "closing", "填写结案记录", "Write the closing", "reason"),
    Wanted(
        CaseStage.CLOSED,
        "plan_step",
        "还有未完成的步骤：请完成、改期或注明不再需要",
        "Steps are still open: do them, or say that they are not needed any more",
        "state",
        tuple(sorted(STEPS_TO_DO)),
    ),
    Wanted(CaseStage.FOLLOWING_UP, "follow_up", "填写跟进记录", "Write down the follow-up", "on"),
    Wanted(CaseStage.TRANSFERRED, "case_transfer", "填写转移记录", "Write the transfer", "reason"),
)
"""In the order of the stages. A case that is closed early, because somebody died or moved, needs its closing
alone; one that has been worked on is evaluated first, for there is no other way (`CaseStage`)."""


def lacks(stage: str, papers: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[Lack]:
    """What the case lacks to go on to `stage`. `papers`: its records by collection, the case among them."""
    return [
        Lack(each.collection, each.field, each.zh, each.en, each.source)
        for each in WANTED
        if each.stage.code == stage and not each.is_met(papers.get(each.collection, ()))
    ]


def said() -> list[dict[str, Any]]:
    """The rule for clients."""
    return [
        {
            "stage": each.stage.code,
            "collection": each.collection,
            "field": each.field,
            "none_of": list(each.none_of),
            "zh": each.zh,
            "en": each.en,
            "source": each.source,
        }
        for each in WANTED
    ]
