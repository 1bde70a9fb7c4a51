"""What society offers (社会资源), and what becomes of it for a family (资源对接).

Companies, shops, institutions, charities and residents offer; the worker brings offer and need together. A
resource is the community's and names no family. The link is of the family's file: what it was given, and
whether it helped, is read by those who may read the file.
"""

from datetime import date
from typing import Annotated

from schemas.aid.referral import Referral
from schemas.aid.resource_codes import LinkState, Measure, Provider, ResourceKind, ResourceState
from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.forms import COMMUNITY_CODE, PHONE
from schemas.household import Household
from schemas.masks import NAME, WHOLE
from schemas.needs import Need
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED

OPEN, BASIC, CONTACT, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT, Privacy.CASE


class Resource(
    Record,
    collection="resource",
    zh="社会资源",
    en="Resource",
    rules=(
        NotBefore(
            ("until", "since"),
            "截止日期早于开始日期，请核对",
            "It would end before it begins: check both days",
        ),
    ),
):
    """Something that somebody outside of government offers to families in need.

    `amount` is all that is offered, None where it is not bounded; what is left of it is worked out from the
    links (`schemas.aid.matching`), so that two workers who give from it on one day do not write over each
    other.
    """

    provider: Annotated[Provider, field("提供方类别", "Kind of provider", privacy=OPEN, merge=LATEST)]
    kind: Annotated[ResourceKind, field("资源种类", "Kind", privacy=OPEN, merge=LATEST)]
    state: Annotated[ResourceState, field("状态", "State", privacy=OPEN, merge=STATES)]
    title: Annotated[
        str, field("资源名称", "Title", privacy=OPEN, merge=LATEST, min_length=1, max_length=100)
    ]
    name: Annotated[
        str | None,
        field(
            "提供方名称",
            "Name of the provider",
            privacy=BASIC,
            merge=LATEST,
            mask=NAME,
            max_length=100,
            sample=DROPPED,
        ),
    ] = None
    contact: Annotated[
        str | None,
        field("联系人", "Contact", privacy=BASIC, merge=LATEST, mask=NAME, max_length=50, sample=DROPPED),
    ] = None
    phone: Annotated[str | None, field("联系电话", "Phone", privacy=CONTACT, merge=LATEST, form=PHONE)] = None
    serves: Annotated[
        frozenset[Need],
        field("可满足的需求", "Needs that it serves", privacy=OPEN, merge=UNION),
    ] = frozenset()
    communities: Annotated[
        frozenset[str],
        field(
            "适用社区代码",
            "Communities that it is for",
            privacy=OPEN,
            merge=UNION,
            form=COMMUNITY_CODE,
            sample=DROPPED,
        ),
    ] = frozenset()
    measure: Annotated[
        Measure | None,
        field("计量方式", "Measured in", privacy=OPEN, merge=LATEST, together="amount"),
    ] = None
    amount: Annotated[
        int | None,
        field("数量", "Amount", privacy=OPEN, merge=LATEST, together="amount", minimum=0, maximum=10**11),
    ] = None
    since: Annotated[date | None, field("开始日期", "Since", privacy=OPEN, merge=LATEST)] = None
    until: Annotated[date | None, field("截止日期", "Until", privacy=OPEN, merge=LATEST)] = None
    terms: Annotated[str | None, field("使用条件", "Terms", privacy=OPEN, merge=TEXT, max_length=2000)] = None


class LinkOutcome(CodeTable, zh="对接效果", en="What came of it"):
    """Whether it met the need."""

    MET = "met", "需求已满足", "The need is met"
    PARTLY = "partly", "部分满足", "Met in part"
    UNMET = "unmet", "未满足", "Not met"
    UNFIT = "unfit", "不适合", "It did not fit"


class ResourceLink(
    Record,
    collection="resource_link",
    zh="资源对接",
    en="Resource link",
    rules=(
        NotBefore(
            ("given_on", "on"),
            "提供日期早于提出日期，请核对",
            "Given before it was proposed: check both days",
        ),
    ),
):
    """One need of a family, and one resource. `amount`: what of it is meant for them, then what they got."""

    household: Annotated[Ref[Household], field("家庭", "Household", privacy=OPEN, merge=FIXED, parent=True)]
    resource: Annotated[
        Ref[Resource],
        # A flat for one family, a job for one man: what was given would tell who they are.
        field("资源", "Resource", privacy=OPEN, merge=FIXED, sample=DROPPED),
    ]
    on: Annotated[date, field("提出日期", "Proposed on", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("对接人", "Linked by", privacy=OPEN, merge=FIXED)]
    state: Annotated[LinkState, field("状态", "State", privacy=OPEN, merge=STATES)]
    person: Annotated[Ref[Person] | None, field("受益人", "For whom", privacy=OPEN, merge=FIXED)] = None
    referral: Annotated[Ref[Referral] | None, field("救助转介", "Referral", privacy=OPEN, merge=FIXED)] = None
    need: Annotated[Need | None, field("需求", "Need", privacy=BASIC, merge=LATEST, mask=WHOLE)] = None
    amount: Annotated[
        int | None, field("数量", "Amount", privacy=OPEN, merge=LATEST, minimum=0, maximum=10**11)
    ] = None
    given_on: Annotated[date | None, field("提供日期", "Given on", privacy=OPEN, merge=LATEST)] = None
    value_fen: Annotated[
        int | None,
        field(
            "折合金额",
            "Value",
            privacy=CASE,
            merge=LATEST,
            minimum=0,
            maximum=10**11,
            unit=Unit.FEN,
        ),
    ] = None
    outcome: Annotated[
        LinkOutcome | None, field("对接效果", "What came of it", privacy=CASE, merge=LATEST)
    ] = None
    satisfaction: Annotated[
        int | None,
        field("满意度（1 至 5）", "Satisfaction, 1 to 5", privacy=CASE, merge=LATEST, minimum=1, maximum=5),
    ] = None
    note: Annotated[str | None, field("对接说明", "Note", privacy=CASE, merge=TEXT, max_length=2000)] = None
