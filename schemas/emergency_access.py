"""The notice that somebody opened a file in an emergency (紧急查阅), with what its supervisor thinks of it.

Made by the server alone, in the transaction that opens the file, and reviewed by `POST
/files/break-glass/{id}/review`. It is declared so that it reaches those whom it concerns like any record, and
so that a phone can show what is due.
"""

from datetime import datetime
from typing import Annotated

from schemas.annotations import Account, Ref
from schemas.codes import StateTable
from schemas.declare import FIXED, LATEST, STATES, Record, field
from schemas.household import Household
from schemas.privacy import Privacy

CONFIDENTIAL = Privacy.CONFIDENTIAL


class ReviewState(StateTable, zh="核查状态", en="State of the review", initial=("pending",)):
    """What was said stays: there is no way back."""

    PENDING = "pending", "待核查", "To be reviewed", ("reviewed",)
    REVIEWED = "reviewed", "已核查", "Reviewed"


class EmergencyAccess(
    Record, collection="emergency_access", zh="紧急查阅", en="Emergency access", made_by_server=True
):
    """Somebody opened a file that is not theirs, for some hours and with a reason.

    All of it is confidential: it reaches the supervisor, the file's lead and whom the lead lets read the
    confidential part, and, being their own, whoever opened the file; nobody else learns that there was an
    emergency. One that is pending after `review_by` is overdue.
    """

    household: Annotated[
        Ref[Household], field("家庭", "Household", privacy=CONFIDENTIAL, merge=FIXED, parent=True)
    ]
    account: Annotated[Ref[Account], field("查阅人", "Opened by", privacy=CONFIDENTIAL, merge=FIXED)]
    reason: Annotated[str, field("事由", "Reason", privacy=CONFIDENTIAL, merge=FIXED, max_length=1000)]
    opened_at: Annotated[datetime, field("查阅时间", "Opened at", privacy=CONFIDENTIAL, merge=FIXED)]
    until: Annotated[datetime, field("自动关闭时间", "Closes at", privacy=CONFIDENTIAL, merge=FIXED)]
    review_by: Annotated[datetime, field("核查期限", "Review due by", privacy=CONFIDENTIAL, merge=FIXED)]
    state: Annotated[ReviewState, field("核查状态", "Review", privacy=CONFIDENTIAL, merge=STATES)]
    reviewed_at: Annotated[
        datetime | None, field("核查时间", "Reviewed at", privacy=CONFIDENTIAL, merge=LATEST)
    ] = None
    reviewed_by: Annotated[
        Ref[Account] | None, field("核查人", "Reviewed by", privacy=CONFIDENTIAL, merge=LATEST)
    ] = None
    opinion: Annotated[
        str | None, field("核查意见", "Opinion", privacy=CONFIDENTIAL, merge=LATEST, max_length=1000)
    ] = None
