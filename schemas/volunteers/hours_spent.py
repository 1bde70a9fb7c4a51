"""What a volunteer does with hours that they served: has help for them, or gives them away (时间银行)."""

from datetime import date
from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, LATEST, Record, field
from schemas.masks import NOTHING
from schemas.privacy import Privacy
from schemas.treatment import DROPPED
from schemas.volunteers.volunteer import Volunteer

OPEN, BASIC = Privacy.OPEN, Privacy.BASIC


class SpentAs(CodeTable, zh="时长支取方式", en="How hours are spent"):
    """What becomes of hours."""

    USED = "used", "兑换服务", "Used for help received"
    GIVEN = "given", "转赠他人", "Given to somebody"


class HoursSpent(Record, collection="hours_spent", zh="时间银行支取", en="Hours spent"):
    """So many minutes were used, or given to another volunteer.

    It belongs to the volunteer whose they are. What was agreed stands: who made a mistake deletes it and
    writes it anew. Whether there were as many, `schemas.volunteers.time_bank` says: two phones without a
    network may spend the same hours, and both say so truly.
    """

    volunteer: Annotated[
        Ref[Volunteer],
        field("志愿者", "Volunteer", privacy=OPEN, merge=FIXED, parent=True, sample=DROPPED),
    ]
    on: Annotated[date, field("日期", "Day", privacy=OPEN, merge=FIXED)]
    kind: Annotated[SpentAs, field("方式", "How", privacy=OPEN, merge=FIXED)]
    minutes: Annotated[
        int,
        field(
            "时长",
            "Time",
            privacy=OPEN,
            merge=FIXED,
            minimum=1,
            maximum=60_000,
            unit=Unit.MINUTE,
        ),
    ]
    to: Annotated[
        Ref[Volunteer] | None,
        field("受赠志愿者", "Given to", privacy=OPEN, merge=FIXED, sample=DROPPED),
    ] = None
    purpose: Annotated[
        str | None,
        field(
            "用途",
            "What for",
            privacy=BASIC,
            merge=LATEST,
            mask=NOTHING,
            max_length=200,
            sample=DROPPED,
        ),
    ] = None
