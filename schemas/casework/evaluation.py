"""The evaluation of a case (个案评估): how far its goals were reached, and what changed for the person."""

from typing import Annotated

import msgspec

from schemas.annotations import entry
from schemas.casework.of_case import CASE, OPEN, OfCase
from schemas.codes import CodeTable
from schemas.declare import LATEST, TEXT, UNION, field
from schemas.treatment import DROPPED


class Attainment(CodeTable, zh="目标达成", en="How far a goal was reached"):
    """Goal attainment in five steps, so that worse than before can be said too."""

    BEYOND = "beyond", "超出预期", "Beyond what was hoped for"
    REACHED = "reached", "达成", "Reached"
    PARTLY = "partly", "部分达成", "Partly"
    NOT_REACHED = "not_reached", "未达成", "Not reached"
    WORSE = "worse", "较前变差", "Worse than before"


class EvaluationMethod(CodeTable, zh="评估方法", en="How it was evaluated"):
    """By what the judgement was reached."""

    TALK = "talk", "访谈", "Talking with the person"
    SCALE = "scale", "量表前后测", "A scale before and after"
    OBSERVATION = "observation", "观察", "Observation"
    FAMILY = "family", "家属反馈", "What the family says"
    SERVICES = "services", "相关部门反馈", "What other services say"
    SUPERVISOR = "supervisor", "督导评估", "By the supervisor"


class GoalReached(msgspec.Struct):
    """One goal of the plan, in its words, and how far it was reached."""

    goal: Annotated[str, entry("目标", "Goal", min_length=1, max_length=200)]
    reached: Annotated[Attainment, entry("达成情况", "How far")]


class CaseEvaluation(OfCase, collection="case_evaluation", zh="个案评估", en="Case evaluation"):
    """Whether the work has done what it was for. Where it has not, the case goes on."""

    result: Annotated[Attainment | None, field("总体结果", "On the whole", privacy=CASE, merge=LATEST)] = None
    goals: Annotated[
        tuple[GoalReached, ...],
        field("各目标达成情况", "Goal by goal", privacy=CASE, merge=LATEST, max_items=20, sample=DROPPED),
    ] = ()
    methods: Annotated[frozenset[EvaluationMethod], field("评估方法", "How", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    changes: Annotated[
        str | None,
        field("服务对象的变化", "What changed for the person", privacy=CASE, merge=TEXT, max_length=2000),
    ] = None
    text: Annotated[str | None, field("评估说明", "Findings", privacy=CASE, merge=TEXT, max_length=4000)] = (
        None
    )
