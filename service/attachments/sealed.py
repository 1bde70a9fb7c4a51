"""What is kept sealed of a file on its way: the key of what lies on disk, and what was said of it."""

from uuid import UUID

import msgspec

from sync.keyring import keyring_of
from sync.sealing import nonces, uploaded_as
from sync.statement import Connection


class UploadHead(msgspec.Struct, frozen=True):
    """`metadata`: `Upload-Metadata` as it was sent."""

    key: bytes
    metadata: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(UploadHead).decode


async def sealed_upload(connection: Connection, area: UUID, id: UUID, head: UploadHead) -> bytes:
    """`head`, to be kept. The area's lock is held."""
    key = (await keyring_of(connection).current(connection, [area]))[area]
    (nonce,) = nonces(1)
    return key.seal(_encode(head), uploaded_as(area, id), nonce)


async def opened_upload(connection: Connection, area: UUID, id: UUID, sealed: bytes) -> UploadHead:
    """What was sealed. Raises SealBroken."""
    keyring = keyring_of(connection)
    await keyring.meet(connection, area, [sealed])
    return _decode(keyring.unseal(area, sealed, uploaded_as(area, id)))
