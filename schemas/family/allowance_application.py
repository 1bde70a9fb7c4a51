"""The application for one of the two allowances for disabled people (两项补贴), from the wish to the money.

Not a referral: it is one person's and not a household's, the disabled persons' federation examines it before
civil affairs decides, and what the "8+1" is worked out by has nothing to say of it. It goes through the same
states, which the two papers share.
"""

from datetime import date
from typing import Annotated

from schemas.aid.referral import ReferralState
from schemas.annotations import Account, Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, LATEST, STATES, TEXT, Record, field
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import NotBefore

OPEN, CASE = Privacy.OPEN, Privacy.CASE


class AllowanceKind(CodeTable, zh="残疾人补贴种类", en="Disability allowance", source="国发〔2015〕52号"):
    """The words are those by which a household says what it receives (`Assistance`)."""

    LIVING = "disabled_living", "困难残疾人生活补贴", "Living allowance for disabled people in need"
    NURSING = "disabled_nursing", "重度残疾人护理补贴", "Nursing allowance for severe disability"


class AllowanceApplication(
    Record,
    collection="allowance_application",
    zh="残疾人补贴申请",
    en="Application for a disability allowance",
    rules=(
        NotBefore(
            ("decided_on", "sent_on"),
            "决定日期早于送出日期，请核对",
            "Decided before it was sent: check both days",
        ),
        NotBefore(
            ("begun_on", "decided_on"),
            "开始发放早于决定日期，请核对",
            "Paid before it was decided: check both days",
        ),
    ),
):
    """One allowance for one person. Which of them tells of a disability and of poverty, so it is not open."""

    subject: Annotated[Ref[Person], field("申请人", "Applicant", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("提出日期", "Begun on", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("协助社工", "Helped by", privacy=OPEN, merge=FIXED)]
    state: Annotated[ReferralState, field("状态", "State", privacy=OPEN, merge=STATES)]
    kind: Annotated[AllowanceKind, field("补贴种类", "Kind", privacy=CASE, merge=FIXED)]
    sent_on: Annotated[date | None, field("送出日期", "Sent on", privacy=OPEN, merge=LATEST)] = None
    decided_on: Annotated[date | None, field("决定日期", "Decided on", privacy=OPEN, merge=LATEST)] = None
    begun_on: Annotated[date | None, field("开始发放日期", "Paid from", privacy=OPEN, merge=LATEST)] = None
    next_check_on: Annotated[
        date | None, field("下次复核日期", "To be checked again on", privacy=OPEN, merge=LATEST)
    ] = None
    amount_fen: Annotated[
        int | None,
        field(
            "每月金额", "Amount a month", privacy=CASE, merge=LATEST, minimum=0, maximum=10**9, unit=Unit.FEN
        ),
    ] = None
    reason: Annotated[
        str | None, field("办理情况说明", "Reason and remarks", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None
