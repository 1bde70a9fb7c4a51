"""Record types with one field a policy, for the laws of merging: a sheet, and a leaf that belongs to one."""

from typing import Annotated

import pytest

from schemas.annotations import Ref
from schemas.codes import CodeTable, StateTable
from schemas.collections import COLLECTIONS
from schemas.declare import (
    COUNTER,
    FIXED,
    HIGHEST,
    LATEST,
    REVIEW,
    STATES,
    TEXT,
    UNION,
    Record,
    field,
)
from schemas.privacy import Privacy

OPEN, BASIC, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.CASE
IDENTITY, CONFIDENTIAL = Privacy.IDENTITY, Privacy.CONFIDENTIAL


class Danger(CodeTable, zh="危险", en="Danger", rising=True):
    """From harmless to grave."""

    LOW = "low", "低", "Low"
    MEDIUM = "medium", "中", "Medium"
    HIGH = "high", "高", "High"


class Stage(StateTable, zh="阶段", en="Stage", initial=("begun",)):
    """Begun, sent, asked back and sent again, granted or refused; withdrawn from anywhere before."""

    BEGUN = "begun", "开始", "Begun", ("sent", "withdrawn")
    SENT = "sent", "已送", "Sent", ("asked", "granted", "refused", "withdrawn")
    ASKED = "asked", "补正", "Asked", ("sent", "withdrawn")
    GRANTED = "granted", "批准", "Granted"
    REFUSED = "refused", "不批准", "Refused"
    WITHDRAWN = "withdrawn", "撤回", "Withdrawn"


class Sheet(Record, collection="sheet", zh="表", en="Sheet", opens_file=True):
    """One field a policy."""

    subject: Annotated[str, field("对象", "Subject", privacy=OPEN, merge=FIXED)]
    stage: Annotated[Stage, field("阶段", "Stage", privacy=OPEN, merge=STATES)]
    title: Annotated[str | None, field("标题", "Title", privacy=BASIC, merge=LATEST)] = None
    amount: Annotated[
        int | None, field("金额", "Amount", privacy=BASIC, merge=LATEST, together="pay", unit=None)
    ] = None
    period: Annotated[str | None, field("周期", "Period", privacy=BASIC, merge=LATEST, together="pay")] = None
    danger: Annotated[Danger | None, field("危险", "Danger", privacy=CASE, merge=HIGHEST)] = None
    tags: Annotated[frozenset[str], field("标签", "Tags", privacy=BASIC, merge=UNION)] = frozenset()
    hours: Annotated[int, field("小时", "Hours", privacy=OPEN, merge=COUNTER)] = 0
    note: Annotated[str | None, field("备注", "Note", privacy=CASE, merge=TEXT)] = None
    guardian: Annotated[str | None, field("监护人", "Guardian", privacy=BASIC, merge=REVIEW)] = None
    grade: Annotated[str | None, field("等级", "Grade", privacy=CASE, merge=REVIEW, together="kind")] = None
    kind: Annotated[str | None, field("类别", "Kind", privacy=CASE, merge=REVIEW, together="kind")] = None
    number: Annotated[str | None, field("证号", "Number", privacy=IDENTITY, merge=REVIEW)] = None
    harm: Annotated[Danger | None, field("伤害", "Harm", privacy=CONFIDENTIAL, merge=HIGHEST)] = None
    signs: Annotated[frozenset[str], field("迹象", "Signs", privacy=CONFIDENTIAL, merge=UNION)] = frozenset()
    sex: Annotated[str | None, field("性别", "Sex", privacy=BASIC, merge=FIXED, correctable=True)] = None


class Leaf(Record, collection="leaf", zh="叶", en="Leaf"):
    """Belongs to a sheet."""

    sheet: Annotated[Ref[Sheet], field("所属表", "Sheet", privacy=OPEN, merge=REVIEW, parent=True)]
    text: Annotated[str | None, field("内容", "Text", privacy=BASIC, merge=LATEST)] = None


def collect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server know these types during a test."""
    for record in (Sheet, Leaf):
        monkeypatch.setitem(COLLECTIONS, record.declaration.collection, record.declaration)
