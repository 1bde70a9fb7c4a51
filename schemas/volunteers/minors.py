"""Whether somebody may serve on a day: who is under age only with the consent of a guardian.

Who is not of age acts with the consent of whoever stands for them in law (民法典, art. 17 to 20).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.age import OF_AGE, birthday
from schemas.codes import CodeTable

SOURCE: Final = "民法典第十七条至第二十条"


class MayServe(CodeTable, zh="能否参加服务", en="May they serve"):
    """What a volunteer's record says of a day."""

    YES = "yes", "可以参加", "Yes"
    CONSENT_MISSING = "consent_missing", "未成年，须先取得监护人同意", "Under age: a guardian has to consent"
    AGE_NOT_KNOWN = "age_not_known", "出生日期未登记，不能确认是否成年", "Not known: no birth date is entered"
    LEFT = "left", "已退出志愿服务", "They have left"


def may_serve(volunteer: Mapping[str, Any], on: date) -> MayServe:
    """Whether `volunteer` may serve on that day.

    A consent counts from the day on which it was given; that of a guardian is asked for up to the eighteenth
    birthday, which is the first day without.
    """
    left = volunteer.get("left_on")
    if left is not None and date.fromisoformat(left) < on:
        return MayServe.LEFT
    born, consent = volunteer.get("birth_date"), volunteer.get("guardian_consent_on")
    if consent is not None and date.fromisoformat(consent) <= on:
        return MayServe.YES
    if born is None:
        return MayServe.AGE_NOT_KNOWN
    if on < birthday(date.fromisoformat(born), OF_AGE):
        return MayServe.CONSENT_MISSING
    return MayServe.YES


class Judged(msgspec.Struct, frozen=True):
    """The same with what it rests on, in words."""

    may: MayServe
    zh: str
    en: str
    source: str = SOURCE


def judged(volunteer: Mapping[str, Any], on: date) -> Judged:
    """Whether `volunteer` may serve on that day, explained."""
    may = may_serve(volunteer, on)
    named = ("birth_date", "出生日期"), ("guardian_consent_on", "监护人同意日期"), ("left_on", "退出日期")
    told = [(zh, name, volunteer[name]) for name, zh in named if volunteer.get(name) is not None]
    facts_zh = "；".join(f"{zh} {value}" for zh, _, value in told) or "无登记"
    facts_en = "; ".join(f"{name} {value}" for _, name, value in told) or "nothing entered"
    return Judged(may, f"{may.zh}（{facts_zh}）", f"{may.en} ({facts_en})")
