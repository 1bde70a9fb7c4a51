"""The cursor: how far a device has come, in its own hands, so that the server keeps nothing for a pull.

Opaque to clients. Inside: the epoch and the account it is bound to, which copy of the device holds it, a
nonce of its own, when it was made, and a track for every (area, classes) with the position reached in that
area's log. Files that the person works on are not named: of an area's track, one position tells up to where
the device has been told of them, and with the time follows which it holds. Nor is what is read until a day
or from one on (of children, say): the day up to which that was told tells what it holds. Signed with
HMAC-SHA-256, cut to 128 bits (RFC 2104, 5): a cursor can be neither made nor altered by a client, so nothing
in it needs to be checked again.

The tracks are also what tells the server which clearance the device knew of. Comparing them with today's
gives what to drop and what to deliver from the start, without any note kept of who held what.
"""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sync.wire import ResetReason

_VERSION = 5
_MAC = 16
_NAME = 8  # bytes of the epoch's and of the account's id that are written down
_HEAD = 1 + 2 * _NAME
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


class Track(NamedTuple):
    """How far the parts of `classes` of one area (by its short number) have been delivered.

    A record's parts move one by one, and it is delivered where the newest of them stands. So while the log
    has not been read to its end, a record further on may have other parts that lie before `position` and
    were not delivered either: all those after `position - behind`, where the reading began.

    `sight`: see `sync.scope.Reach.sight`; nothing where only files of the area are held. `told`: up to here
    in the log of the area the device has been told of files given and ended; the same on all tracks of an
    area.
    """

    area: int
    sight: int
    position: int
    behind: int = 0
    told: int = 0


class Cursor(NamedTuple):
    """What a device carries from one exchange to the next.

    `epoch` is the end of the id of the data set that it tells of. `copy` tells apart copies of one device
    that were restored from the same backup (sync/copies.py); `nonce` is drawn anew for every cursor, so that
    one which is not the last handed out shows it; `moment`, in microseconds since 1970, tells which files
    have ended by themselves since, and whether tombstones may have been cleared.
    """

    epoch: bytes
    copy: int
    nonce: int
    moment: int
    tracks: tuple[Track, ...]
    told_day: int = 0

    @property
    def day(self) -> int:
        """The day that it was made, counted from 1970."""
        return self.moment // _DAY

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return _EPOCH + timedelta(microseconds=self.moment)


class CursorError(Exception):
    """The cursor cannot be used. `reason` is a reset reason of protocol.md."""

    def __init__(self, reason: ResetReason) -> None:
        super().__init__(reason)
        self.reason: ResetReason = reason


def epoch_name(epoch: UUID) -> bytes:
    """How a cursor names an epoch."""
    return epoch.bytes[-_NAME:]


def moment_of(time: datetime) -> int:
    """How a cursor names a time."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def sealed(cursor: Cursor, *, account: UUID, key: bytes) -> str:
    """`cursor` as text for the wire, bound to `account`."""
    out = bytearray((_VERSION,))
    out += cursor.epoch + account.bytes[-_NAME:]
    for number in (cursor.copy, cursor.nonce, cursor.moment, cursor.told_day, len(cursor.tracks)):
        _put(out, number)
    for track in cursor.tracks:
        for number in track:
            _put(out, number)
    out += _mac(bytes(out), key)
    return base64.urlsafe_b64encode(bytes(out)).rstrip(b"=").decode()


def opened(text: str, *, account: UUID, key: bytes) -> Cursor:
    """Read a cursor back. Raises `CursorError` with the reason for the reset that it leads to."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise CursorError("malformed") from None
    if len(raw) < _HEAD + _MAC or raw[0] != _VERSION:
        raise CursorError("malformed")
    content, mac = raw[:-_MAC], raw[-_MAC:]
    if not hmac.compare_digest(mac, _mac(content, key)):
        raise CursorError("malformed")
    if content[1 + _NAME : _HEAD] != account.bytes[-_NAME:]:
        raise CursorError("other-account")
    numbers = _numbers(content[_HEAD:])
    copy, nonce, moment, told_day, count = numbers[:5]
    rest = numbers[5:]
    width = len(Track._fields)
    tracks = tuple(Track(*rest[i : i + width]) for i in range(0, width * count, width))
    return Cursor(content[1 : 1 + _NAME], copy, nonce, moment, tracks, told_day)


def _mac(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")[:_MAC]


def _put(out: bytearray, number: int) -> None:
    """LEB128: seven bits a byte, the high bit says that more follow."""
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _numbers(raw: bytes) -> list[int]:
    numbers = []
    number = shift = 0
    for byte in raw:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            numbers.append(number)
            number = shift = 0
    return numbers
