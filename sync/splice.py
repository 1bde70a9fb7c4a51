"""Elements of `records`, spliced from stored parts: nothing that somebody wrote is decoded on its way out.

What is sealed is opened, and only that.
"""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

import asyncpg

from schemas.privacy import NO_CLASSES, SEALED, Privacy
from sync.keyring import Keyring

_EMPTY = len(b"{}")


class Splicer:
    """Makes entries out of rows of one area. `classes`: of the parts in a row, in order.

    `keyring`: has met the keys of what is sealed in them.
    """

    __slots__ = ("_area", "_bits", "_keyring", "_lay", "_lies", "_sealed")

    def __init__(self, area: UUID, classes: Sequence[Privacy], keyring: Keyring) -> None:
        self._area = area
        self._keyring = keyring
        self._sealed = [(place, privacy) for place, privacy in enumerate(classes) if privacy in SEALED]
        self._bits = tuple(privacy.bit for privacy in classes)
        self._lies = f'","area":"{area}","case":'.encode()
        self._lay = f'","area":"{area}","rev":'.encode()

    def entry(self, row: asyncpg.Record) -> tuple[bytes, int]:
        """One element, and the classes of which something is in it; see protocol.md, One call does both.

        `row`: position, id, collection, file, whether it is deleted, then the parts, null where not shown.
        Raises SealBroken.
        """
        seen, id, collection, case, deleted, *bodies = row
        head = _head(collection) + str(id).encode()
        if deleted:
            return b'%b%b%d,"deleted":true}' % (head, self._lay, seen), NO_CLASSES
        for place, privacy in self._sealed:
            if (body := bodies[place]) is not None:
                bodies[place] = self._keyring.unseal_part(self._area, id, privacy, body)
        classes, fields = NO_CLASSES, []
        for body, bit in zip(bodies, self._bits, strict=True):
            if body is not None and len(body) > _EMPTY:
                classes |= bit
                fields.append(body[1:-1])
        file = b"null" if case is None else b'"%b"' % str(case).encode()
        return b'%b%b%b,"rev":%d,"data":{%b}}' % (head, self._lies, file, seen, b",".join(fields)), classes


@cache
def _head(collection: str) -> bytes:
    return f'{{"collection":"{collection}","id":"'.encode()
