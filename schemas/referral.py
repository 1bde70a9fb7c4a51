"""The referral (救助转介): an application for one kind of assistance, from the kitchen table to the money."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from schemas.annotations import Ref
from schemas.assistance import DEPARTMENTS, AssistanceKind, Department
from schemas.codes import CodeTable, StateTable, Unit
from schemas.declare import FIXED, LATEST, STATES, TEXT, UNION, Record, field
from schemas.household import Household
from schemas.masks import NOTHING
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.sending import Sending

OPEN, IDENTITY, CASE = Privacy.OPEN, Privacy.IDENTITY, Privacy.CASE


class ReferralState(StateTable, zh="转介状态", en="State of the referral", initial=("drafted",)):
    """Until it is decided the family may withdraw; after a refusal it may appeal."""

    DRAFTED = "drafted", "草拟", "Drafted", ("consented", "withdrawn")
    CONSENTED = "consented", "已获同意", "Consented", ("sent", "withdrawn")
    SENT = "sent", "已送出", "Sent", ("received", "withdrawn")
    RECEIVED = "received", "已受理", "Received", ("supplement_asked", "approved", "refused", "withdrawn")
    SUPPLEMENT_ASKED = "supplement_asked", "需补充材料", "Supplement asked for", ("received", "withdrawn")
    APPROVED = "approved", "已批准", "Approved", ("benefits_begun",)
    REFUSED = "refused", "未批准", "Refused", ("appealed",)
    BENEFITS_BEGUN = "benefits_begun", "已开始享受", "Benefits begun", ("closed",)
    APPEALED = "appealed", "已申诉", "Appealed", ("approved", "closed")
    CLOSED = "closed", "已结束", "Closed"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


NOT_UNDER_WAY: Final = frozenset(
    state.code
    for state in (
        ReferralState.DRAFTED,
        ReferralState.CONSENTED,
        ReferralState.CLOSED,
        ReferralState.WITHDRAWN,
    )
)
"""States in which no department has the application before itself."""


class Period(CodeTable, zh="发放方式", en="Period of an amount"):
    """How often an amount is paid."""

    ONCE = "once", "一次性", "Once"
    MONTHLY = "monthly", "按月", "Monthly"
    QUARTERLY = "quarterly", "按季", "Quarterly"
    YEARLY = "yearly", "按年", "Yearly"


class Document(CodeTable, zh="申请材料", en="Document"):
    """Papers that go with an application."""

    APPLICATION = "application", "申请书", "Application"
    AUTHORISATION = "authorisation", "家庭经济状况核对授权书", "Authorisation to check the family's means"
    RESIDENT_ID = "resident_id", "身份证复印件", "Copy of the identity card"
    HOUSEHOLD_REGISTER = "household_register", "户口簿复印件", "Copy of the household register"
    MARRIAGE = "marriage", "婚姻证明", "Proof of marriage or divorce"
    INCOME = "income", "收入证明", "Proof of income"
    ASSETS = "assets", "财产证明", "Proof of assets"
    DIAGNOSIS = "diagnosis", "诊断证明", "Diagnosis"
    MEDICAL_BILLS = "medical_bills", "医疗费用票据", "Medical bills"
    DISABILITY = "disability", "残疾人证", "Disability certificate"
    SCHOOL = "school", "在校证明", "Proof of schooling"
    HOUSING = "housing", "住房证明", "Proof of housing"
    JOBLESS = "jobless", "失业登记证明", "Proof of registered unemployment"
    EVENT = "event", "突发事件证明", "Proof of the event"
    OTHER = "other", "其他材料", "Other"


class Outcome(CodeTable, zh="办理结果", en="Outcome"):
    """What came of it for the family."""

    GRANTED = "granted", "全部获批", "Granted"
    PARTLY = "partly", "部分获批", "Granted in part"
    OTHER_KIND = "other_kind", "转为其他救助", "Granted as another kind"
    REFUSED = "refused", "未获批", "Refused"
    WITHDRAWN = "withdrawn", "本人放弃", "Given up by the family"
    UNREACHABLE = "unreachable", "失去联系", "Could not be reached"


class Referral(
    Record,
    collection="referral",
    zh="救助转介",
    en="Assistance referral",
    rules=(
        NotBefore(
            ("received_on", "sent_on"),
            "受理日期早于送出日期，请核对",
            "Received before it was sent: check both days",
        ),
        NotBefore(
            ("decided_on", "received_on"),
            "决定日期早于受理日期，请核对",
            "Decided before it was received: check both days",
        ),
        NotBefore(
            ("appealed_on", "decided_on"),
            "申诉日期早于决定日期，请核对",
            "Appealed before it was decided: check both days",
        ),
    ),
    sending=Sending(
        state="state",
        not_there=NOT_UNDER_WAY,
        office="department",
        kind="kind",
        by_kind={kind.code: department.code for kind, department in DEPARTMENTS.items()},
        ours=Department.CIVIL_AFFAIRS.code,
    ),
):
    """One application by a household, or by one person of it who may apply alone.

    Its department follows from the kind (`departments` in the catalogue) where the office does not do it
    otherwise. `due_on` is counted in working days from the day of receipt, by `decision_days`; it is a field
    because an office may name another day.
    """

    household: Annotated[Ref[Household], field("家庭", "Household", privacy=OPEN, merge=FIXED, parent=True)]
    kind: Annotated[AssistanceKind, field("救助种类", "Kind", privacy=OPEN, merge=FIXED)]
    state: Annotated[ReferralState, field("状态", "State", privacy=OPEN, merge=STATES)]
    person: Annotated[Ref[Person] | None, field("申请人", "Applicant", privacy=OPEN, merge=FIXED)] = None
    department: Annotated[Department | None, field("主管部门", "Department", privacy=OPEN, merge=LATEST)] = (
        None
    )
    sent_on: Annotated[date | None, field("送出日期", "Sent on", privacy=OPEN, merge=LATEST)] = None
    received_on: Annotated[date | None, field("受理日期", "Received on", privacy=OPEN, merge=LATEST)] = None
    due_on: Annotated[date | None, field("应办结日期", "Due on", privacy=OPEN, merge=LATEST)] = None
    decided_on: Annotated[date | None, field("决定日期", "Decided on", privacy=OPEN, merge=LATEST)] = None
    appealed_on: Annotated[date | None, field("申诉日期", "Appealed on", privacy=OPEN, merge=LATEST)] = None
    facts: Annotated[str | None, field("申请事由", "Facts", privacy=CASE, merge=LATEST, max_length=2000)] = (
        None
    )
    documents: Annotated[frozenset[Document], field("申请材料", "Documents", privacy=CASE, merge=UNION)] = (
        frozenset()
    )
    photos: Annotated[
        frozenset[UUID], field("材料照片", "Photos of papers", privacy=IDENTITY, merge=UNION, mask=NOTHING)
    ] = frozenset()
    outcome: Annotated[Outcome | None, field("办理结果", "Outcome", privacy=CASE, merge=LATEST)] = None
    amount_fen: Annotated[
        int | None,
        field(
            "救助金额",
            "Amount",
            privacy=CASE,
            merge=LATEST,
            together="amount",
            minimum=0,
            maximum=10**11,
            unit=Unit.FEN,
        ),
    ] = None
    amount_period: Annotated[
        Period | None,
        field("发放方式", "Period of the amount", privacy=CASE, merge=LATEST, together="amount"),
    ] = None
    reason: Annotated[str | None, field("办理说明", "Reason", privacy=CASE, merge=TEXT, max_length=2000)] = (
        None
    )
    appeal: Annotated[
        str | None, field("申诉理由", "Grounds of the appeal", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
