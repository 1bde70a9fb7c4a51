"""Disabled people at home (残疾人入户): what is asked, what follows for them, and how rehabilitation goes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, StateTable, Unit
from schemas.declare import (
    COUNTER,
    FIXED,
    HIGHEST,
    LATEST,
    STATES,
    SUPERVISOR,
    TEXT,
    UNION,
    Record,
    field,
)
from schemas.needs import Need, Risk
from schemas.person import Person
from schemas.person_codes import DisabilityGrade, DisabilityKind
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED

OPEN, CASE, CONFIDENTIAL = Privacy.OPEN, Privacy.CASE, Privacy.CONFIDENTIAL


class DisabilityCertificate(CodeTable, zh="残疾人证", en="Disability certificate"):
    """Whether the disability is certified (中华人民共和国残疾人证)."""

    HELD = "held", "持有有效证件", "Held and valid"
    EXPIRED = "expired", "已过期", "Run out"
    APPLIED = "applied", "正在申办", "Applied for"
    NONE = "none", "未办理", "None"
    UNWILLING = "unwilling", "不愿办理", "Not wanted"


class SelfCare(CodeTable, zh="生活自理程度", en="Self-care", rising=True):
    """How far somebody looks after themselves."""

    ABLE = "able", "自理", "Able"
    PARTLY = "partly", "部分自理", "Partly"
    UNABLE = "unable", "不能自理", "Unable"


class CarerKind(CodeTable, zh="主要照料人", en="Who cares"):
    """Who is there when something is needed."""

    NOT_NEEDED = "not_needed", "无需照料", "None needed"
    SPOUSE = "spouse", "配偶", "Spouse"
    PARENTS = "parents", "父母", "Parents"
    CHILDREN = "children", "子女", "Children"
    RELATIVES = "relatives", "其他亲属", "Other relatives"
    NEIGHBOURS = "neighbours", "邻居朋友", "Neighbours or friends"
    PAID = "paid", "雇佣照护", "Somebody paid"
    NOBODY = "nobody", "无人照料", "Nobody"


class MissingAid(CodeTable, zh="辅助器具", en="Aid"):
    """Aids that are lacking or do not fit."""

    WHEELCHAIR = "wheelchair", "轮椅", "Wheelchair"
    WALKING = "walking", "助行器、拐杖", "Walking aid"
    PROSTHESIS = "prosthesis", "假肢矫形器", "Prosthesis or orthosis"
    HEARING = "hearing", "助听器", "Hearing aid"
    SIGHT = "sight", "助视器、盲杖", "Aid for sight"
    BED = "bed", "护理床", "Nursing bed"
    BATH = "bath", "洗浴坐便器具", "Bath or toilet aid"
    COMMUNICATION = "communication", "沟通辅具", "Aid to communicate"
    CONSUMABLES = "consumables", "护理耗材", "Nursing consumables"


class HomeBarrier(CodeTable, zh="无障碍改造需求", en="Barrier to be removed"):
    """What in and before the home is in the way."""

    ENTRANCE = "entrance", "出入口坡化", "Entrance"
    DOOR = "door", "门槛门宽", "Doors and thresholds"
    TOILET = "toilet", "卫生间", "Toilet"
    KITCHEN = "kitchen", "厨房", "Kitchen"
    RAILS = "rails", "扶手", "Handrails"
    FLOOR = "floor", "地面防滑", "Floor"
    SIGNALS = "signals", "闪光门铃等提示", "Signals to be seen or heard"
    LIFT = "lift", "上下楼", "Stairs"


class RehabilitationService(CodeTable, zh="康复需求", en="Need of rehabilitation"):
    """What would help somebody to do more themselves."""

    MEDICAL = "medical", "医疗康复", "Medical"
    EXERCISE = "exercise", "运动功能训练", "Movement"
    SPEECH = "speech", "言语训练", "Speech"
    SELF_CARE = "self_care", "生活自理训练", "Self-care"
    ORIENTATION = "orientation", "定向行走训练", "Finding one's way"
    MENTAL = "mental", "精神障碍社区康复", "Mental health in the community"
    COUNSELLING = "counselling", "心理疏导", "Counselling"
    SOCIAL = "social", "社会适应训练", "Life among others"
    VOCATIONAL = "vocational", "职业康复", "Work"
    CARERS = "carers", "照护者培训", "Teaching the carers"


class DisabilitySurvey(
    Record, collection="disability_survey", zh="残疾人入户调查评估", en="Disability survey"
):
    """One visit's answers, and the assessment that they lead to.

    The facts for the two allowances (两项补贴) are asked as no, yes or not known yet; what they suggest is
    worked out where it is read (`schemas.family.allowances`). Kind and grade are those of the certificate.
    """

    subject: Annotated[Ref[Person], field("调查对象", "Person", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("调查日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("调查人", "Surveyed by", privacy=OPEN, merge=FIXED)]
    certificate: Annotated[
        DisabilityCertificate | None, field("残疾人证", "Certificate", privacy=CASE, merge=LATEST)
    ] = None
    disability_kind: Annotated[
        DisabilityKind | None,
        field("残疾类别", "Kind of disability", privacy=CASE, merge=LATEST, together="disability"),
    ] = None
    disability_grade: Annotated[
        DisabilityGrade | None,
        field("残疾等级", "Grade of disability", privacy=CASE, merge=LATEST, together="disability"),
    ] = None
    self_care: Annotated[SelfCare | None, field("生活自理程度", "Self-care", privacy=CASE, merge=LATEST)] = (
        None
    )
    carer: Annotated[CarerKind | None, field("主要照料人", "Who cares", privacy=CASE, merge=LATEST)] = None
    care_months: Annotated[
        int | None,
        field(
            "因残疾持续支出照护费用的月数",
            "Months of spending on care for the disability",
            privacy=CASE,
            merge=LATEST,
            minimum=0,
            maximum=1_200,
            unit=Unit.MONTH,
        ),
    ] = None
    on_minimum_living: Annotated[
        bool | None,
        field("属低保家庭", "The family is on the minimum living allowance", privacy=CASE, merge=LATEST),
    ] = None
    on_low_income: Annotated[
        bool | None,
        field("属低收入或其他困难残疾人", "On a low income, or in other need", privacy=CASE, merge=LATEST),
    ] = None
    in_extreme_poverty: Annotated[
        bool | None,
        field("已纳入特困供养", "Supported as in extreme poverty", privacy=CASE, merge=LATEST),
    ] = None
    on_injury_nursing: Annotated[
        bool | None,
        field(
            "领取工伤保险生活护理费", "Paid for nursing by work injury insurance", privacy=CASE, merge=LATEST
        ),
    ] = None
    on_orphan_allowance: Annotated[
        bool | None,
        field("享受孤儿基本生活保障", "On the orphans' living allowance", privacy=CASE, merge=LATEST),
    ] = None
    on_other_allowance: Annotated[
        bool | None,
        field(
            "已领取老年、因公致残、离休等福利性补贴",
            "Paid another welfare allowance: for age, injury on duty or retirement",
            privacy=CASE,
            merge=LATEST,
        ),
    ] = None
    aids: Annotated[
        frozenset[MissingAid], field("缺少的辅助器具", "Aids lacking", privacy=CASE, merge=UNION)
    ] = frozenset()
    barriers: Annotated[
        frozenset[HomeBarrier], field("无障碍改造需求", "Barriers", privacy=CASE, merge=UNION)
    ] = frozenset()
    rehabilitation: Annotated[
        frozenset[RehabilitationService], field("康复需求", "Rehabilitation", privacy=CASE, merge=UNION)
    ] = frozenset()
    needs: Annotated[frozenset[Need], field("其他需求", "Other needs", privacy=CASE, merge=UNION)] = (
        frozenset()
    )
    risk: Annotated[Risk | None, field("风险等级", "Risk level", privacy=CASE, merge=HIGHEST)] = None
    assessment: Annotated[
        str | None, field("综合评估", "Assessment", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    concerns: Annotated[
        str | None,
        field("需保密的情况", "Confidential concerns", privacy=CONFIDENTIAL, merge=TEXT, max_length=4000),
    ] = None
    next_on: Annotated[date | None, field("下次走访日期", "Next visit", privacy=OPEN, merge=LATEST)] = None
    photos: Annotated[frozenset[UUID], field("照片", "Photos", privacy=CASE, merge=UNION, sample=DROPPED)] = (
        frozenset()
    )


class RehabilitationState(
    StateTable, zh="康复计划状态", en="State of the rehabilitation plan", initial=("drafted",)
):
    """A plan begins when the person, or their guardian, has agreed to it."""

    DRAFTED = "drafted", "草拟", "Drafted", ("agreed", "dropped")
    AGREED = "agreed", "已征得同意", "Agreed", ("under_way", "dropped")
    UNDER_WAY = "under_way", "实施中", "Under way", ("paused", "finished", "dropped")
    PAUSED = "paused", "暂停", "Paused", ("under_way", "dropped")
    FINISHED = "finished", "已完成", "Finished"
    DROPPED = "dropped", "终止", "Dropped"


class RehabilitationPlan(
    Record,
    collection="rehabilitation_plan",
    zh="康复计划",
    en="Rehabilitation plan",
    rules=(
        NotBefore(
            ("until", "on"),
            "计划结束早于制订日期，请核对",
            "It would end before it was made: check both days",
        ),
    ),
):
    """What is to be trained or provided in the community, for how long and with what aim."""

    subject: Annotated[Ref[Person], field("服务对象", "Person", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("制订日期", "Made on", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("制订人", "Made by", privacy=OPEN, merge=FIXED)]
    state: Annotated[RehabilitationState, field("状态", "State", privacy=OPEN, merge=STATES)]
    services: Annotated[
        frozenset[RehabilitationService], field("康复服务", "Services", privacy=CASE, merge=UNION)
    ] = frozenset()
    aims: Annotated[str | None, field("目标", "Aims", privacy=CASE, merge=TEXT, max_length=2000)] = None
    provider: Annotated[
        str | None, field("服务提供方", "Provided by", privacy=CASE, merge=LATEST, max_length=100)
    ] = None
    until: Annotated[date | None, field("计划结束日期", "Ends on", privacy=OPEN, merge=LATEST)] = None
    result: Annotated[
        str | None, field("康复效果", "What came of it", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    opinion: Annotated[
        str | None,
        field("督导意见", "Supervisor's opinion", privacy=CASE, merge=TEXT, max_length=2000, by=SUPERVISOR),
    ] = None


class RehabilitationProgress(CodeTable, zh="康复进展", en="Progress"):
    """Against the last time."""

    BETTER = "better", "有进步", "Better"
    SAME = "same", "无明显变化", "As before"
    WORSE = "worse", "退步", "Worse"


class RehabilitationRecord(
    Record, collection="rehabilitation_record", zh="康复服务记录", en="Rehabilitation record"
):
    """One occasion. `minutes` is the time of the training itself."""

    plan: Annotated[
        Ref[RehabilitationPlan], field("所属计划", "Plan", privacy=OPEN, merge=FIXED, parent=True)
    ]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("记录人", "Written by", privacy=OPEN, merge=FIXED)]
    service: Annotated[
        RehabilitationService | None, field("康复服务", "Service", privacy=CASE, merge=LATEST)
    ] = None
    minutes: Annotated[
        int,
        field("时长", "Duration", privacy=OPEN, merge=COUNTER, minimum=0, maximum=6_000, unit=Unit.MINUTE),
    ] = 0
    progress: Annotated[
        RehabilitationProgress | None, field("进展", "Progress", privacy=CASE, merge=LATEST)
    ] = None
    text: Annotated[
        str | None, field("服务情况", "What was done", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
