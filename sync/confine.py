"""What a transaction is about, said once to PostgreSQL, which then shows it no other rows (sync/policies.py).

Whoever opens a transaction that touches records says so as soon as it is known what the caller holds. It ends
with the transaction: nothing of it is left on the connection for the next one.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sync.scope import Clearance
from sync.statement import Connection, statement

_CONFINE = statement("""
    SELECT set_config('liandong.areas', CAST(:areas AS text), true),
           set_config('liandong.accounts', CAST(:accounts AS text), true)
""")

_CONFINE_TO_ALL = statement("""
    SELECT set_config('liandong.areas', CAST(ARRAY(SELECT id FROM area) AS text), true),
           set_config('liandong.accounts', CAST(ARRAY(SELECT id FROM account) AS text), true)
""")

# The policy of history lets nobody alter a row who does not say so (sync/policies.py).
_REWRITE = statement("SELECT set_config('liandong.rewriting', 'on', true)")


class Confines:
    """The areas, and the accounts whose own work, that a transaction may touch."""

    def __init__(self) -> None:
        self.areas: set[UUID] = set()
        self.accounts: set[UUID] = set()

    async def widen(
        self, connection: Connection, areas: Collection[UUID] = (), accounts: Collection[UUID] = ()
    ) -> bool:
        """Let the transaction touch these too, and give whether that is anything more than before."""
        if self.areas.issuperset(areas) and self.accounts.issuperset(accounts):
            return False
        self.areas.update(areas)
        self.accounts.update(accounts)
        await _CONFINE.fetchrow(connection, areas=_array(self.areas), accounts=_array(self.accounts))
        return True


async def confine(
    connection: Connection, areas: Iterable[UUID] = (), account: UUID | None = None
) -> Confines:
    """Let this transaction touch what lies in `areas`, and what `account` itself wrote."""
    confines = Confines()
    await confines.widen(connection, set(areas), () if account is None else (account,))
    return confines


async def confine_to_all(connection: Connection) -> None:
    """Let this transaction, of the tables' owner, touch everything, whoever's it is and wherever it lies."""
    await _CONFINE_TO_ALL.fetchrow(connection)


async def rewrite_history(connection: Connection) -> None:
    """Let this transaction, of the tables' owner, alter history where it may touch it."""
    await _REWRITE.fetchval(connection)


def known_to(held: Clearance) -> frozenset[UUID]:
    """The areas that the holder of a clearance may have work in: held, or held once."""
    return held.ended.union(held.areas, held.supervised, held.files)


def _array(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"
