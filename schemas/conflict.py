"""The conflict (冲突): two people's values that a person has to decide between.

Made by the server alone and decided by an ordinary change of its subject with `resolves`; see
sync/conflict.py. It is declared so that clients can read it like any record.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from schemas.annotations import Account, Ref, entry
from schemas.codes import CodeTable, StateTable
from schemas.declare import FIXED, LATEST, STATES, Record, field
from schemas.privacy import Privacy

CONFIDENTIAL = Privacy.CONFIDENTIAL


class ConflictKind(CodeTable, zh="冲突种类", en="Kind of conflict"):
    """What people disagree about."""

    FIELD = "field", "填写内容不同", "Different values"
    DELETE = "delete", "删除与修改", "A delete against an edit"


class ConflictState(StateTable, zh="冲突状态", en="State of the conflict", initial=("open",)):
    """Decided ones are kept, to be read beside the decision."""

    OPEN = "open", "待处理", "Open", ("decided",)
    DECIDED = "decided", "已处理", "Decided"


class Op(CodeTable, zh="操作", en="Operation"):
    """What a change does to its record."""

    WRITE = "write", "填写", "Write"
    DELETE = "delete", "删除", "Delete"
    RESTORE = "restore", "恢复", "Restore"
    MOVE = "move", "迁移", "Move"


class Candidate(msgspec.Struct):
    """A value that was sent and is not in force: one a device."""

    change: Annotated[UUID, entry("修改编号", "Change")]
    account: Annotated[Ref[Account], entry("填写人", "Author")]
    device: Annotated[str, entry("设备", "Device", max_length=64)]
    at: Annotated[str, entry("填写时间", "Hybrid logical clock of the edit", max_length=64)]
    rev: Annotated[int, entry("序号", "Position in the area's log", minimum=0)]
    op: Annotated[Op, entry("操作", "Operation")]
    set: Annotated[dict[str, Any], entry("填写的内容", "What was sent, by field")]


class Conflict(Record, collection="conflict", zh="冲突", en="Conflict", made_by_server=True):
    """Two people wrote without seeing each other, and a person decides.

    All of it lies in the class of the fields that it is about, whatever is declared here: the existence of a
    disagreement says something of the value. A client finds that class by `about_collection` and `fields`;
    about a delete, where `fields` is empty, it is open.
    """

    about: Annotated[UUID, field("所涉记录", "Record", privacy=CONFIDENTIAL, merge=FIXED)]
    about_collection: Annotated[
        str,
        field("所涉记录类型", "Collection of the record", privacy=CONFIDENTIAL, merge=FIXED, max_length=64),
    ]
    kind: Annotated[ConflictKind, field("种类", "Kind", privacy=CONFIDENTIAL, merge=FIXED)]
    fields: Annotated[
        tuple[str, ...], field("所涉内容", "Fields", privacy=CONFIDENTIAL, merge=FIXED, max_length=64)
    ]
    standing: Annotated[dict[str, Any], field("现行内容", "In force", privacy=CONFIDENTIAL, merge=LATEST)]
    candidates: Annotated[
        tuple[Candidate, ...], field("待选内容", "To choose from", privacy=CONFIDENTIAL, merge=LATEST)
    ]
    state: Annotated[ConflictState, field("状态", "State", privacy=CONFIDENTIAL, merge=STATES)]
    decided_by: Annotated[
        UUID | None, field("作出决定的修改", "Deciding change", privacy=CONFIDENTIAL, merge=LATEST)
    ] = None
