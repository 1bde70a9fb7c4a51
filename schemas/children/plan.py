"""The plan for a child (儿童服务计划): what is to become better, what is done with whom, and by when.

A plan and its steps are records of their own, so that two people who tick off different steps in different
homes on the same day never have to be told apart.
"""

from datetime import date
from typing import Annotated

from schemas.about_person import AboutPerson
from schemas.annotations import Account, Ref
from schemas.children.visit import Theme
from schemas.codes import CodeTable, StateTable
from schemas.declare import FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.needs import Need
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore

CASE, OPEN = Privacy.CASE, Privacy.OPEN


class ChildPlanState(StateTable, zh="计划状态", en="State of the plan", initial=("drafted", "agreed")):
    """What the family has not agreed to is a draft, whatever is done meanwhile to protect the child."""

    DRAFTED = "drafted", "草拟", "Drafted", ("agreed", "dropped")
    AGREED = "agreed", "已与家庭商定", "Agreed with the family", ("under_way", "dropped")
    UNDER_WAY = "under_way", "实施中", "Under way", ("evaluated", "dropped")
    EVALUATED = "evaluated", "已评估", "Evaluated", ("under_way", "followed_up", "ended")
    FOLLOWED_UP = "followed_up", "跟进中", "Followed up", ("under_way", "ended")
    ENDED = "ended", "已结束", "Ended"
    DROPPED = "dropped", "已终止", "Dropped"


class ChildPlanStepState(
    StateTable, zh="步骤状态", en="State of the step", initial=("open", "under_way", "done")
):
    """What was done at once may be written down when it is over."""

    OPEN = "open", "待办", "To be done", ("under_way", "done", "dropped")
    UNDER_WAY = "under_way", "进行中", "Under way", ("done", "dropped")
    DONE = "done", "已完成", "Done"
    DROPPED = "dropped", "不再进行", "Dropped"


class GuardianWork(CodeTable, zh="监护人及家庭工作", en="Work with guardians and family"):
    """What is done with those who care for the child, by the pilot plan's words for it."""

    POLICY = "policy", "政策宣传", "Policies explained"
    LAW = "law", "法制宣传", "Duties of guardians by law"
    PARENTING = "parenting", "家庭教育指导", "Guidance in bringing up a child"
    GRANDPARENTS = "grandparents", "隔代教育支持", "Support for grandparents who bring up a child"
    RELATIONS = "relations", "家庭关系调适", "Family relations"
    CONTACT = "contact", "促进父母联系", "Contact with parents who are away"
    RESPITE = "respite", "临时照料和喘息", "Relief for those who care"
    ENTRUSTING = "entrusting", "委托照护签约", "Care entrusted to somebody in writing"
    RESOURCES = "resources", "资源链接", "Resources found"


class ChildPlan(
    AboutPerson,
    collection="child_plan",
    zh="儿童服务计划",
    en="Plan for a child",
    rules=(
        NotBefore(
            ("review_on", "on"),
            "评估日期早于计划日期，请核对",
            "The review lies before the plan: check both days",
        ),
    ),
    about_children=True,
):
    """What worker, child and family want to reach together, until when it is looked at again."""

    state: Annotated[ChildPlanState, field("状态", "State", privacy=OPEN, merge=STATES)]
    themes: Annotated[frozenset[Theme], field("工作主题", "Themes of work", privacy=OPEN, merge=UNION)] = (
        frozenset()
    )
    needs: Annotated[frozenset[Need], field("需求", "Needs", privacy=CASE, merge=UNION)] = frozenset()
    guardian_work: Annotated[
        frozenset[GuardianWork],
        field("监护人及家庭工作", "Work with guardians and family", privacy=CASE, merge=UNION),
    ] = frozenset()
    goals: Annotated[str | None, field("目标", "Goals", privacy=CASE, merge=TEXT, max_length=4000)] = None
    child_view: Annotated[
        str | None, field("儿童的意见", "What the child says", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
    review_on: Annotated[date | None, field("评估日期", "To be evaluated on", privacy=OPEN, merge=LATEST)] = (
        None
    )
    evaluation: Annotated[
        str | None, field("评估和跟进", "Evaluation and follow-up", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None


class ChildPlanStep(
    Record,
    collection="child_plan_step",
    zh="儿童服务计划步骤",
    en="Step of a plan for a child",
    about_children=True,
):
    """One thing to be done, by whom and by when. It belongs to the child, as the plan does."""

    child: Annotated[Ref[Person], field("儿童", "Child", privacy=OPEN, merge=FIXED, parent=True)]
    plan: Annotated[Ref[ChildPlan], field("所属计划", "Plan", privacy=OPEN, merge=FIXED)]
    state: Annotated[ChildPlanStepState, field("状态", "State", privacy=OPEN, merge=STATES)]
    due_on: Annotated[date | None, field("期限", "Due on", privacy=OPEN, merge=LATEST)] = None
    owner: Annotated[Ref[Account] | None, field("负责人", "Who does it", privacy=OPEN, merge=LATEST)] = None
    what: Annotated[
        str | None, field("内容", "What is to be done", privacy=CASE, merge=TEXT, max_length=1000)
    ] = None
    done_on: Annotated[date | None, field("完成日期", "Done on", privacy=OPEN, merge=LATEST)] = None
    outcome: Annotated[
        str | None, field("结果", "What came of it", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
