"""Keeps account of what one caller writes and reads, for the engine (`sync.audit.Auditor`)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from service.audit.chain import Entry, append, reading_chain, with_parts
from service.auth.caller import Caller
from sync.audit import Reading, Written
from sync.statement import Connection


class Accountant:
    """Of `account`, on the device named. One entry an area for each batch and each answer."""

    def __init__(self, account: UUID, device: str) -> None:
        self._account = account
        self._device = device

    async def wrote(
        self, connection: Connection, at: datetime, written: Sequence[Written], device: str | None = None
    ) -> None:
        """See `Auditor`. What lies in no area is the author's own affair, and stands in their chain."""
        await append(
            connection,
            [
                Entry(
                    each.area or self._account,
                    at,
                    "write",
                    self._account,
                    device or self._device,
                    each.area,
                    changes=each.changes,
                    **with_parts(each.records, **_more(each)),
                )
                for each in written
            ],
        )

    async def read(
        self, connection: Connection, how: str, reading: Reading, device: str | None = None
    ) -> None:
        """See `Auditor`. `how` is the kind of the entry: sync, manifest, history and so on."""
        at = datetime.now(UTC)
        await append(
            connection,
            [
                Entry(
                    reading_chain(self._account, area),
                    at,
                    how,
                    self._account,
                    device or self._device,
                    area,
                    **with_parts(parts),
                )
                for area, parts in reading.items()
                if parts
            ],
        )


def _more(written: Written) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if written.changes:
        more |= {"first": written.first, "last": written.last, "fold": written.fold.hex()}
    if written.kept:
        more["kept"] = written.kept
    if written.dismissed:
        more["dismissed"] = written.dismissed
    return more


def accountant_for(caller: Caller) -> Accountant:
    """Who keeps account of what `caller` does."""
    return Accountant(caller.account, str(caller.device_no))
