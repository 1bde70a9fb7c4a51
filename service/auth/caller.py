"""Who sends a request."""

from uuid import UUID

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """An account on a device, in one session. `device_no` stands for (account, device) in stamps."""

    account: UUID
    account_name: str
    device: UUID
    device_no: int
    session: UUID
