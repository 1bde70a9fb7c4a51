"""What is kept account of besides the content of files: coming in, going out, and changes of access.

Each stands in the chain of the account that it happened to, a grant in that of its area. Nothing that anybody
typed is kept: a name that is no account's may be somebody's password. A refusal is recorded for such a name
too, in one of a few chains that are nobody's and with the same statement, so that the time which a refusal
takes does not tell whether there is such an account.
"""

import random
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec

from service.audit.chain import Entry, append
from sync.statement import Connection

NOBODYS: Final = tuple(UUID(int=number) for number in range(1, 17))


class Event(Enum):
    """What happened; the word is the entry's kind."""

    SIGNED_IN = "sign-in"
    REFUSED = "sign-in-refused"
    SIGNED_OUT = "sign-out"
    SESSION_ENDED = "session-ended"
    PASSWORD_CHANGED = "password-changed"
    PASSWORD_SET = "password-set"
    SECOND_FACTOR_ENROLLED = "second-factor-enrolled"
    SECOND_FACTOR_RESET = "second-factor-reset"
    DEVICE_REVOKED = "device-revoked"
    DEVICE_LISTED = "device-held-listed"
    ACCOUNT_CREATED = "account-created"
    ACCOUNT_SUSPENDED = "account-suspended"
    ACCOUNT_RESUMED = "account-resumed"
    GRANT_GIVEN = "grant-given"
    GRANT_CHANGED = "grant-changed"
    GRANT_ENDED = "grant-ended"
    MEMBER_GIVEN = "member-given"
    MEMBER_ENDED = "member-ended"
    FILE_HANDED_OVER = "file-handed-over"
    FILE_BROKEN_INTO = "break-glass"
    EMERGENCY_REVIEWED = "break-glass-reviewed"
    RESTRICTED = "restricted"
    RESTRICTION_LIFTED = "restriction-lifted"
    HOLD_SET = "hold-set"
    HOLD_LIFTED = "hold-lifted"
    ERASURE_ASKED = "erasure-asked"
    ERASURE_CONFIRMED = "erasure-confirmed"
    ERASURE_WITHDRAWN = "erasure-withdrawn"
    SAMPLE_DRAWN = "sample-drawn"
    SAMPLE_TEXTS_RELEASED = "sample-texts-released"
    LOOKED_UP = "looked-up"
    FILE_ARRIVED = "attachment-arrived"


async def note(
    connection: Connection,
    event: Event,
    account: UUID,
    *,
    by: UUID | None,
    device: int | None = None,
    area: UUID | None = None,
    **detail: str | int | UUID | datetime | None,
) -> None:
    """`event` happened to `account`, and `by` did it (None: a command). Run it in the same transaction.

    With an `area` it stands in that area's chain: hold its lock. `detail` is ids, words and numbers.
    """
    if area is not None or by != account:
        detail["account"] = account
    await append(
        connection,
        [
            Entry(
                account if area is None else area,
                datetime.now(UTC),
                event.value,
                by,
                None if device is None else str(device),
                area,
                detail=msgspec.json.encode(detail),
            )
        ],
    )


async def note_refused(connection: Connection, account: UUID | None, because: str) -> None:
    """Somebody was not let in as `account`, or (None) as nobody that we know."""
    chain = random.choice(NOBODYS) if account is None else account
    detail = msgspec.json.encode({"because": because})
    await append(connection, [Entry(chain, datetime.now(UTC), Event.REFUSED.value, account, detail=detail)])
