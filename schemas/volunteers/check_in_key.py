"""The secret by which an organiser's phone shows the codes of an activity (签到密钥)."""

from typing import Annotated

from schemas.annotations import Ref
from schemas.declare import FIXED, Record, field
from schemas.privacy import Privacy
from schemas.volunteers.activity import Activity
from schemas.volunteers.check_in import SECRET

OPEN, CONFIDENTIAL = Privacy.OPEN, Privacy.CONFIDENTIAL


class CheckInKey(Record, collection="check_in_key", zh="签到密钥", en="Check-in key"):
    """What an organiser's phone makes of random bytes, and works out the codes of one activity by.

    That there is one everybody sees; the secret is on the phone that made it and on those of supervisors, and
    sealed on the server. Whoever else is at the activity is shown codes. Each organiser has a key of their
    own, and a code of any of them is good. One that others came to see is deleted, and another one made.
    """

    activity: Annotated[Ref[Activity], field("活动", "Activity", privacy=OPEN, merge=FIXED, parent=True)]
    secret: Annotated[str, field("密钥", "Secret", privacy=CONFIDENTIAL, merge=FIXED, form=SECRET)]
