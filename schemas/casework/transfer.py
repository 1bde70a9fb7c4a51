"""The transfer of a case (个案转移): why it changes hands, to whom, and what is left to do.

The record is the handing-over itself, written offline like any other. Who may read the family's file does not
follow from it by itself: access changes where it can be seen and taken back, by the hand-over of the file
(`POST /files/{case}/hand-over`), which the lead or the supervisor does once the transfer is approved.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

import msgspec

from schemas.annotations import Account, Ref, entry
from schemas.casework.of_case import CASE, OPEN, OfCase
from schemas.casework.plan import STEPS_TO_DO
from schemas.codes import CodeTable, StateTable
from schemas.declare import FIXED, LATEST, STATES, TEXT, field
from schemas.treatment import DROPPED


class TransferReason(CodeTable, zh="转移原因", en="Why a case changes hands"):
    """Why it goes to somebody else."""

    STAFF = "staff", "社工岗位变动", "The worker leaves or changes post"
    LEAVE = "leave", "社工休假或病假", "The worker is away"
    EXPERTISE = "expertise", "需要其他专业能力", "It needs another expertise"
    RELATION = "relation", "专业关系不宜继续", "The working relation should not go on"
    MOVED = "moved", "服务对象迁居", "The person moved"
    OTHER = "other", "其他", "Other"


class TransferState(
    StateTable, zh="转移状态", en="State of the transfer", initial=("proposed",), supervised=("approved",)
):
    """The supervisor decides; whoever is to take the case says that they have it."""

    PROPOSED = "proposed", "已提出", "Proposed", ("approved", "declined", "withdrawn")
    APPROVED = "approved", "督导已同意", "Approved by the supervisor", ("taken_over", "declined")
    TAKEN_OVER = "taken_over", "已接手", "Taken over"
    DECLINED = "declined", "未接收", "Declined"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


class OpenTask(msgspec.Struct):
    """Something that the next worker has to do."""

    text: Annotated[str, entry("事项", "Task", min_length=1, max_length=500)]
    due_on: Annotated[date | None, entry("期限", "Due on")] = None


class CaseTransfer(OfCase, collection="case_transfer", zh="个案转移", en="Transfer of a case"):
    """From whom it goes is who wrote it (`by`). `to`: of this system; `to_agency`: of somewhere else."""

    reason: Annotated[TransferReason, field("转移原因", "Reason", privacy=OPEN, merge=LATEST)]
    state: Annotated[TransferState, field("状态", "State", privacy=OPEN, merge=STATES)]
    to: Annotated[Ref[Account] | None, field("接手社工", "To", privacy=OPEN, merge=FIXED)] = None
    to_agency: Annotated[
        str | None, field("接收机构", "To the agency", privacy=CASE, merge=LATEST, max_length=100)
    ] = None
    tasks: Annotated[
        tuple[OpenTask, ...],
        field("未完成事项", "Open tasks", privacy=CASE, merge=LATEST, max_items=50, sample=DROPPED),
    ] = ()
    told_on: Annotated[
        date | None, field("告知服务对象日期", "The person was told on", privacy=OPEN, merge=LATEST)
    ] = None
    taken_over_on: Annotated[date | None, field("接手日期", "Taken over on", privacy=OPEN, merge=LATEST)] = (
        None
    )
    text: Annotated[
        str | None, field("交接说明", "What the next worker should know", privacy=CASE, merge=TEXT)
    ] = None


def open_tasks(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a transfer hands over of a plan's `steps`: all that is still to do, the earliest first.

    Lines for `tasks`. Of a step whose content the device does not hold there is nothing to hand over.
    """
    still = [step for step in steps if step.get("state") in STEPS_TO_DO and step.get("what")]
    return [
        {"text": step["what"], "due_on": step["due_on"]}
        for step in sorted(still, key=lambda step: (step["due_on"], step["what"]))
    ]
