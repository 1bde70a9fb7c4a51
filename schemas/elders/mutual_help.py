"""Elders who help elders (为老助老): which volunteer of sixty or over looks in on whom.

It belongs to the file of the elder who is helped, for it says who comes to them, and how often. The hours
themselves are those of activities and attendances, as of all volunteers: nothing is counted twice.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from schemas.about_person import AboutPerson
from schemas.annotations import Ref
from schemas.codes import CodeTable, StateTable, Unit
from schemas.conditions import Not, Under
from schemas.declare import FIXED, LATEST, STATES, TEXT, UNION, field
from schemas.elders.figures import ELDER_AGES
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED
from schemas.volunteers.volunteer import Volunteer

CASE, OPEN = Privacy.CASE, Privacy.OPEN


class MutualHelpState(
    StateTable, zh="互助状态", en="State of the mutual help", initial=("proposed", "agreed")
):
    """Both have to agree before anybody comes."""

    PROPOSED = "proposed", "拟结对", "Proposed", ("agreed", "declined")
    AGREED = "agreed", "双方同意", "Agreed by both", ("under_way", "ended")
    UNDER_WAY = "under_way", "进行中", "Under way", ("paused", "ended")
    PAUSED = "paused", "暂停", "Paused", ("under_way", "ended")
    ENDED = "ended", "已结束", "Ended"
    DECLINED = "declined", "未同意", "Declined"


class HelpKind(CodeTable, zh="互助内容", en="Kind of help"):
    """What one neighbour can do for another."""

    COMPANY = "company", "陪伴聊天", "Company"
    LOOKING_IN = "looking_in", "每日问候、敲门", "Looking in every day"
    CALLS = "calls", "电话问候", "Calls"
    ERRANDS = "errands", "代购代办", "Errands"
    MEALS = "meals", "助餐", "Meals"
    GOING_OUT = "going_out", "陪同就医、外出", "Going out together"
    HOUSEWORK = "housework", "家务", "Housework"
    PHONE_LESSONS = "phone_lessons", "教用手机", "How to use a phone"
    CULTURE = "culture", "文体活动", "Arts and sports"
    OTHER = "other", "其他", "Other"


class MutualHelp(
    AboutPerson,
    collection="mutual_help",
    zh="老年互助",
    en="Mutual help among elders",
    rules=(
        NotBefore(
            ("ended_on", "on"),
            "结束日期早于结对日期，请核对",
            "It ended before it began: check both days",
        ),
    ),
):
    """A volunteer and the elder whom they help, matched on a day by a worker."""

    volunteer: Annotated[
        Ref[Volunteer],
        # Who comes to whom would tell who both are.
        field("志愿者", "Volunteer", privacy=OPEN, merge=FIXED, sample=DROPPED),
    ]
    state: Annotated[MutualHelpState, field("状态", "State", privacy=OPEN, merge=STATES)]
    kinds: Annotated[frozenset[HelpKind], field("互助内容", "Kinds of help", privacy=CASE, merge=UNION)] = (
        frozenset()
    )
    times_a_month: Annotated[
        int | None,
        field(
            "每月次数",
            "Times a month",
            privacy=CASE,
            merge=LATEST,
            minimum=1,
            maximum=100,
            unit=Unit.TIME,
        ),
    ] = None
    ended_on: Annotated[date | None, field("结束日期", "Ended on", privacy=OPEN, merge=LATEST)] = None
    note: Annotated[
        str | None, field("情况说明", "How it goes", privacy=CASE, merge=TEXT, max_length=2000)
    ] = None


def helps_as_elder(volunteer: Mapping[str, Any], on: date) -> bool | None:
    """Whether the volunteer is an elder on that day (老有所为); None where their birth date is not known."""
    return Not(Under("birth_date", ELDER_AGES, "elder")).answer(volunteer.get, on).holds
