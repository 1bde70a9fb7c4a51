"""What every paper in the folder of a case has in common: which case it is of, whose it is, and of when."""

from datetime import date
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.casework.case import CASE, CONFIDENTIAL, OPEN, Case
from schemas.codes import CodeTable
from schemas.declare import FIXED, Record, field

__all__ = ["CASE", "CONFIDENTIAL", "OPEN", "CaseMethod", "OfCase"]


class CaseMethod(CodeTable, zh="工作方式", en="How the work was done"):
    """Where worker and person met."""

    HOME = "home", "入户", "At home"
    OFFICE = "office", "社工站面谈", "At the station"
    PHONE = "phone", "电话", "By phone"
    ONLINE = "online", "线上", "Online"
    ACCOMPANIED = "accompanied", "陪同办事", "Going along to an office or hospital"
    SCHOOL = "school", "到校", "At school"
    HOSPITAL = "hospital", "医院探视", "In hospital"
    CONFERENCE = "conference", "个案会议", "Case conference"
    OTHERS = "others", "与相关人员沟通", "Talking with others about it"


class OfCase(Record):
    """The head of each form."""

    of: Annotated[Ref[Case], field("所属个案", "Case", privacy=OPEN, merge=FIXED, parent=True)]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    by: Annotated[Ref[Account], field("填写人", "Written by", privacy=OPEN, merge=FIXED)]
