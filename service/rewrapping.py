"""Replacing the master key: the keys that are kept in the database are wrapped anew, and stay what they are.

In batches, while the server runs: a key opens the same whichever master key wraps it, and processes that have
met it remember it. A run that was killed is taken up where it stopped.
"""

from typing import Final

from service.master_key import MasterKeys
from sync.keyring import Wrapped, area_bound, fixed_bound
from sync.statement import Connection, statement

AT_ONCE: Final = 100

_FIXED = statement("SELECT use, wrapped, master FROM fixed_key ORDER BY use")
_OF_AREAS = statement("SELECT area, id, wrapped, master FROM area_key ORDER BY area, id")

_OLD_FIXED = statement("SELECT use, wrapped, master FROM fixed_key WHERE master <> :newest ORDER BY use")
_OLD_OF_AREAS = statement(f"""
    SELECT area, id, wrapped, master FROM area_key WHERE master <> :newest ORDER BY area, id LIMIT {AT_ONCE}
""")

_REWRAP_FIXED = statement("UPDATE fixed_key SET wrapped = :wrapped, master = :master WHERE use = :use")
_REWRAP = statement(
    "UPDATE area_key SET wrapped = :wrapped, master = :master WHERE area = :area AND id = :id"
)


async def left_behind(connection: Connection, masters: MasterKeys) -> int:
    """How many keys are wrapped by another master key than the newest."""
    newest = masters.ids[-1]
    kept = [*await _FIXED.fetch(connection), *await _OF_AREAS.fetch(connection)]
    return sum(row["master"] != newest for row in kept)


async def rewrap(connection: Connection, masters: MasterKeys) -> int:
    """Wrap all keys by the newest master key; how many there were to do. As the tables' owner."""
    count = 0
    for row in await _OLD_FIXED.fetch(connection, newest=masters.ids[-1]):
        use, *wrapped = row.values()
        anew = await _anew(masters, Wrapped(*wrapped), fixed_bound(use))
        await _REWRAP_FIXED.execute(connection, use=use, wrapped=anew.key, master=anew.master)
        count += 1
    while rows := await _OLD_OF_AREAS.fetch(connection, newest=masters.ids[-1]):
        async with connection.transaction():
            for row in rows:
                area, id, *wrapped = row.values()
                anew = await _anew(masters, Wrapped(*wrapped), area_bound(area, id))
                await _REWRAP.execute(connection, area=area, id=id, wrapped=anew.key, master=anew.master)
        count += len(rows)
    return count


async def open_all(connection: Connection, masters: MasterKeys) -> int:
    """Open every key of the database, to see that it can be; how many. Raises BrokenKeys."""
    fixed, of_areas = await _FIXED.fetch(connection), await _OF_AREAS.fetch(connection)
    for use, *wrapped in fixed:
        await masters.unwrap(Wrapped(*wrapped), fixed_bound(use))
    for area, id, *wrapped in of_areas:
        await masters.unwrap(Wrapped(*wrapped), area_bound(area, id))
    return len(fixed) + len(of_areas)


async def _anew(masters: MasterKeys, wrapped: Wrapped, bound: bytes) -> Wrapped:
    return await masters.wrap(await masters.unwrap(wrapped, bound), bound)
