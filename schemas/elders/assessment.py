"""The ability assessment of an elder (老年人能力评估) by GB/T 42195-2022: 26 items, their sum, and the level.

Points and level are worked out and never typed, on the phone as on the server. Whether dementia or a mental
illness was diagnosed is one yes or no that the level hangs on, and lies with the assessment; of which illness
it is, and what else is to be kept close, the confidential notes of a visit are the place.
"""

from datetime import date
from typing import Annotated, Final

from schemas.about_person import AboutPerson
from schemas.annotations import Account, Ref
from schemas.codes import Unit
from schemas.computed import Levelled, Sum, Worsening
from schemas.conditions import AnyOf, AtLeast, Is
from schemas.declare import COMPUTED, LATEST, TEXT, field
from schemas.elders.ability import (
    ALL_ITEMS,
    ITEMS,
    AbilityLevel,
    AssessmentReason,
    Consciousness,
    Continence,
    Eating,
    GettingAbout,
    Independence,
    MindState,
    SeenLately,
    SenseState,
    Stairs,
    Walking,
)
from schemas.elders.figures import ABILITY_LEVELS, ACCIDENTS, EDITION
from schemas.privacy import Privacy
from schemas.rules import NotBefore

CASE, OPEN = Privacy.CASE, Privacy.OPEN

TOTAL: Final = Sum(ALL_ITEMS)
LEVEL: Final = Levelled(
    points=TOTAL,
    figures=ABILITY_LEVELS,
    levels=tuple(level.code for level in AbilityLevel if level is not AbilityLevel.COMPLETE),
    worst=AbilityLevel.COMPLETE.code,
    worsened=(
        Worsening(Is("coma", (True,)), None),
        Worsening(
            AnyOf((Is("mental_diagnosis", (True,)), AtLeast("accidents", ACCIDENTS, "worsening"))),
            1,
        ),
    ),
    since=EDITION,
)


class ElderAssessment(
    AboutPerson,
    collection="elder_assessment",
    zh="老年人能力评估",
    en="Ability assessment of an elder",
    rules=(
        NotBefore(
            ("next_on", "on"),
            "下次评估日期早于本次，请核对",
            "The next assessment lies before this one: check both days",
        ),
    ),
):
    """What an elder could do alone in the weeks before the day. The standard asks for two who assess."""

    also_by: Annotated[
        Ref[Account] | None, field("另一评估人", "The second assessor", privacy=OPEN, merge=LATEST)
    ] = None
    reason: Annotated[AssessmentReason | None, field("评估原因", "Reason", privacy=OPEN, merge=LATEST)] = None

    eating: Annotated[Eating | None, field("进食", "Eating", privacy=CASE, merge=LATEST)] = None
    grooming: Annotated[Independence | None, field("修饰", "Grooming", privacy=CASE, merge=LATEST)] = None
    bathing: Annotated[Independence | None, field("洗澡", "Bathing", privacy=CASE, merge=LATEST)] = None
    dressing_above: Annotated[
        Independence | None, field("穿脱上衣", "Upper dressing", privacy=CASE, merge=LATEST)
    ] = None
    dressing_below: Annotated[
        Independence | None, field("穿脱裤子和鞋袜", "Lower dressing", privacy=CASE, merge=LATEST)
    ] = None
    bladder: Annotated[Continence | None, field("小便控制", "Bladder", privacy=CASE, merge=LATEST)] = None
    bowel: Annotated[Continence | None, field("大便控制", "Bowel", privacy=CASE, merge=LATEST)] = None
    toilet: Annotated[Independence | None, field("如厕", "Toilet", privacy=CASE, merge=LATEST)] = None

    bed: Annotated[
        Independence | None, field("床上体位转移", "Moving in bed", privacy=CASE, merge=LATEST)
    ] = None
    transfer: Annotated[
        Independence | None, field("床椅转移", "From bed to chair", privacy=CASE, merge=LATEST)
    ] = None
    walking: Annotated[Walking | None, field("平地行走", "Walking", privacy=CASE, merge=LATEST)] = None
    stairs: Annotated[Stairs | None, field("上下楼梯", "Stairs", privacy=CASE, merge=LATEST)] = None

    time: Annotated[
        MindState | None, field("时间定向", "Orientation in time", privacy=CASE, merge=LATEST)
    ] = None
    place: Annotated[
        MindState | None, field("空间定向", "Orientation in place", privacy=CASE, merge=LATEST)
    ] = None
    people: Annotated[MindState | None, field("人物定向", "Knows people", privacy=CASE, merge=LATEST)] = None
    memory: Annotated[MindState | None, field("记忆", "Memory", privacy=CASE, merge=LATEST)] = None
    understanding: Annotated[
        MindState | None, field("理解能力", "Understanding", privacy=CASE, merge=LATEST)
    ] = None
    expression: Annotated[MindState | None, field("表达能力", "Expression", privacy=CASE, merge=LATEST)] = (
        None
    )
    aggression: Annotated[SeenLately | None, field("攻击行为", "Aggression", privacy=CASE, merge=LATEST)] = (
        None
    )
    depression: Annotated[SeenLately | None, field("抑郁症状", "Depression", privacy=CASE, merge=LATEST)] = (
        None
    )
    consciousness: Annotated[
        Consciousness | None, field("意识水平", "Consciousness", privacy=CASE, merge=LATEST)
    ] = None

    sight: Annotated[SenseState | None, field("视力", "Sight", privacy=CASE, merge=LATEST)] = None
    hearing: Annotated[SenseState | None, field("听力", "Hearing", privacy=CASE, merge=LATEST)] = None
    affairs: Annotated[
        Independence | None, field("执行日常事务", "Daily affairs", privacy=CASE, merge=LATEST)
    ] = None
    transport: Annotated[
        GettingAbout | None, field("使用交通工具外出", "Transport", privacy=CASE, merge=LATEST)
    ] = None
    company: Annotated[MindState | None, field("社会交往", "Social contact", privacy=CASE, merge=LATEST)] = (
        None
    )

    coma: Annotated[bool | None, field("昏迷", "In a coma", privacy=CASE, merge=LATEST)] = None
    mental_diagnosis: Annotated[
        bool | None,
        field(
            "确诊痴呆或其他精神和行为障碍",
            "Dementia or another mental illness was diagnosed",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    accidents: Annotated[
        int | None,
        field(
            "近 30 天内照护风险事件（跌倒、噎食、自伤、走失等）",
            "Accidents in the last 30 days (falls, choking, self-harm, getting lost)",
            privacy=CASE,
            merge=LATEST,
            minimum=0,
            maximum=100,
            unit=Unit.TIME,
        ),
    ] = None

    self_care_points: Annotated[
        int | None,
        field(
            "自理能力得分",
            "Points for self-care",
            privacy=CASE,
            merge=COMPUTED,
            unit=Unit.POINT,
            minimum=0,
            computed=Sum(tuple(ITEMS["self_care"])),
        ),
    ] = None
    movement_points: Annotated[
        int | None,
        field(
            "基础运动能力得分",
            "Points for basic movement",
            privacy=CASE,
            merge=COMPUTED,
            unit=Unit.POINT,
            minimum=0,
            computed=Sum(tuple(ITEMS["movement"])),
        ),
    ] = None
    mind_points: Annotated[
        int | None,
        field(
            "精神状态得分",
            "Points for mental state",
            privacy=CASE,
            merge=COMPUTED,
            unit=Unit.POINT,
            minimum=0,
            computed=Sum(tuple(ITEMS["mind"])),
        ),
    ] = None
    senses_points: Annotated[
        int | None,
        field(
            "感知觉与社会参与得分",
            "Points for senses and participation",
            privacy=CASE,
            merge=COMPUTED,
            unit=Unit.POINT,
            minimum=0,
            computed=Sum(tuple(ITEMS["senses"])),
        ),
    ] = None
    points: Annotated[
        int | None,
        field(
            "总分",
            "Points in all",
            privacy=CASE,
            merge=COMPUTED,
            unit=Unit.POINT,
            minimum=0,
            computed=TOTAL,
        ),
    ] = None
    level: Annotated[
        AbilityLevel | None,
        field("能力等级", "Level of ability", privacy=CASE, merge=COMPUTED, computed=LEVEL),
    ] = None
    opinion: Annotated[
        str | None, field("评估意见", "Opinion", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    next_on: Annotated[date | None, field("下次评估日期", "Next assessment", privacy=OPEN, merge=LATEST)] = (
        None
    )
