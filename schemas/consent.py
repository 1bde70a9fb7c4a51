"""Consent (知情同意): what somebody agreed to, who gave it and how, and when it was taken back.

One record a purpose, because what is sensitive asks for a consent of its own (个人信息保护法, articles 13,
14 and 29). What was agreed to stays as it was written: who agrees to more gives another consent, and one that
was taken back (article 15) is never given again in the same record, so that of any day it can be said what
held on it. That there is a consent, and for what, is open; by which papers it is proved is identity.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from schemas.age import GUARDIAN_UNTIL, age_on
from schemas.annotations import Account, Ref
from schemas.codes import CodeTable
from schemas.declare import FIXED, LATEST, UNION, Record, field
from schemas.masks import NAME, NOTHING, WHOLE
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.rules import GuardianGave, NotBefore

OPEN, BASIC, IDENTITY, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.IDENTITY, Privacy.CASE


class ConsentPurpose(CodeTable, zh="同意事项", en="Purpose of a consent"):
    """What a person's data may be used for."""

    ASSISTANCE = "assistance", "申请社会救助", "Applying for assistance"
    SERVICE = "service", "社工服务与探访", "Social work and visits"
    PHOTOS = "photos", "拍摄和保存照片", "Taking and keeping photos"
    DEPARTMENTS = "departments", "向主管部门提供", "Sharing with the departments in charge"
    AGENCY = "agency", "向社工机构提供", "Sharing with the agency"
    EVALUATION = "evaluation", "第三方评估抽样", "The evaluators' sample"
    PUBLICITY = "publicity", "宣传和展示", "Publicity"


class ConsentGiver(CodeTable, zh="同意人", en="Who consents"):
    """Whose will it is."""

    PERSON = "person", "本人", "The person"
    GUARDIAN = "guardian", "监护人", "The guardian"
    AGENT = "agent", "委托代理人", "Somebody they have empowered"


class ConsentMethod(CodeTable, zh="同意方式", en="How it was said"):
    """How consent was given, or taken back."""

    PAPER = "paper", "书面签名", "Signed on paper"
    RECORDED = "recorded", "录音或录像", "Recorded"
    WITNESSED = "witnessed", "口头并有见证人", "Spoken before a witness"
    ELECTRONIC = "electronic", "电子签名", "Signed electronically"


class Consent(
    Record,
    collection="consent",
    zh="知情同意",
    en="Consent",
    rules=(
        GuardianGave(("given_by", "under_14")),
        NotBefore(
            ("valid_until", "given_on"),
            "有效期早于同意日期，请核对",
            "It would end before it was given: check both days",
        ),
        NotBefore(
            ("withdrawn_on", "given_on"),
            "撤回日期早于同意日期，请核对",
            "Taken back before it was given: check both days",
        ),
    ),
):
    """One purpose that a person's data may be used for, from a day on, and until when."""

    person: Annotated[Ref[Person], field("当事人", "Person", privacy=OPEN, merge=FIXED, parent=True)]
    purpose: Annotated[ConsentPurpose, field("同意事项", "Purpose", privacy=OPEN, merge=FIXED)]
    given_on: Annotated[date, field("同意日期", "Given on", privacy=OPEN, merge=FIXED)]
    method: Annotated[ConsentMethod, field("同意方式", "How it was given", privacy=OPEN, merge=FIXED)]
    given_by: Annotated[
        ConsentGiver, field("同意人", "Given by", privacy=BASIC, merge=FIXED, mask=WHOLE, correctable=True)
    ]
    by: Annotated[Ref[Account], field("经办人", "Taken by", privacy=OPEN, merge=FIXED)]
    valid_until: Annotated[date | None, field("有效期至", "Valid until", privacy=OPEN, merge=FIXED)] = None
    withdrawn_on: Annotated[date | None, field("撤回日期", "Taken back on", privacy=OPEN, merge=FIXED)] = None
    withdrawn_by: Annotated[
        ConsentMethod | None, field("撤回方式", "How it was taken back", privacy=OPEN, merge=FIXED)
    ] = None
    under_14: Annotated[
        bool | None,
        field("未满十四周岁", "Under 14", privacy=BASIC, merge=FIXED, mask=WHOLE, correctable=True),
    ] = None
    giver_name: Annotated[
        str | None,
        field("同意人姓名", "Name of who consents", privacy=IDENTITY, merge=LATEST, mask=NAME, max_length=50),
    ] = None
    witness: Annotated[
        str | None, field("见证人", "Witness", privacy=IDENTITY, merge=LATEST, mask=NAME, max_length=50)
    ] = None
    papers: Annotated[
        frozenset[UUID],
        field("同意书照片", "Photos of the paper", privacy=IDENTITY, merge=UNION, mask=NOTHING),
    ] = frozenset()
    limits: Annotated[
        str | None, field("限制和说明", "Limits", privacy=CASE, merge=LATEST, max_length=1000)
    ] = None


def days_of(consent: Mapping[str, Any]) -> tuple[date, date]:
    """The day from which `consent`, by its fields, holds, and the first on which it no longer does."""
    end = date.max
    if (valid_until := consent.get("valid_until")) is not None:
        last = date.fromisoformat(valid_until)
        end = last if last == date.max else last + timedelta(days=1)
    if (withdrawn_on := consent.get("withdrawn_on")) is not None:
        end = min(end, date.fromisoformat(withdrawn_on))
    return date.fromisoformat(consent["given_on"]), end


def is_in_force(consent: Mapping[str, Any], on: date, born: date | None = None) -> bool:
    """Whether `consent`, by its fields, holds on a day.

    `born`: of the person, where it is known. Who was under 14 when it was given has a guardian's, or none.
    """
    given, end = days_of(consent)
    if not given <= on < end:
        return False
    was_under = bool(consent.get("under_14")) or (born is not None and age_on(born, given) < GUARDIAN_UNTIL)
    return not was_under or consent.get("given_by") == ConsentGiver.GUARDIAN.code
