"""The process record of a case (过程记录): what was done on a day, and what it showed."""

from typing import Annotated
from uuid import UUID

from schemas.annotations import Ref
from schemas.casework.of_case import CASE, CONFIDENTIAL, OPEN, CaseMethod, OfCase
from schemas.casework.plan import PlanStep
from schemas.codes import Unit
from schemas.declare import COUNTER, LATEST, TEXT, UNION, field
from schemas.treatment import DROPPED


class CaseNote(OfCase, collection="case_note", zh="个案过程记录", en="Case note"):
    """`minutes` is the time that all who worked on it gave, each adding their own."""

    method: Annotated[CaseMethod | None, field("工作方式", "How", privacy=OPEN, merge=LATEST)] = None
    minutes: Annotated[
        int,
        field(
            "服务时长",
            "Time given",
            privacy=OPEN,
            merge=COUNTER,
            minimum=0,
            maximum=6_000,
            unit=Unit.MINUTE,
        ),
    ] = 0
    step: Annotated[Ref[PlanStep] | None, field("对应步骤", "Step", privacy=OPEN, merge=LATEST)] = None
    text: Annotated[
        str | None, field("过程记录", "What was done and seen", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    reflection: Annotated[
        str | None, field("工作反思", "Worker's reflection", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    next: Annotated[
        str | None, field("下一步打算", "What is next", privacy=CASE, merge=TEXT, max_length=1000)
    ] = None
    concerns: Annotated[
        str | None,
        field("需保密的情况", "Confidential concerns", privacy=CONFIDENTIAL, merge=TEXT, max_length=4000),
    ] = None
    photos: Annotated[frozenset[UUID], field("照片", "Photos", privacy=CASE, merge=UNION, sample=DROPPED)] = (
        frozenset()
    )
