"""Whether an exchange would bring a device something: what a long poll waits for."""

from uuid import UUID

import asyncpg

from sync import pull_store as store
from sync.asking import AccessOf
from sync.confine import confine
from sync.cursor import CursorError, opened
from sync.plan import Leg, Plan, plan
from sync.pull import sight_of, turns
from sync.scope import Access


async def moved_since(
    pool: asyncpg.Pool, text: str | None, account: UUID, key: bytes, access_of: AccessOf
) -> list[UUID]:
    """The areas in which something moved behind the cursor `text`, clearance included; all held without one.

    A cursor that cannot be used is answered with every area held: the exchange will say what is wrong.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        access = await access_of(connection)
        held = access.clearance.held
        try:
            cursor = opened(text, account=account, key=key) if text is not None else None
        except CursorError:
            return held
        made = plan(cursor, access, wanted=None, arriving=(), today=cursor.day if cursor else 0, oldest_day=0)
        if cursor is None or made.reset is not None:
            return held
        await confine(connection, held)
        moved = list(dict.fromkeys([*(drop.area for drop in made.drop), *made.tellings]))
        if made.by_day:
            turned = await turns(connection, access.clearance, made)
            moved = list(dict.fromkeys([*moved, *(turn.area for turn in turned)]))
        told = {(track.area, track.sight) for track in cursor.tracks}
        for leg in made.legs:
            if leg.area in moved:
                continue
            is_gained = (leg.no, leg.sight) not in told
            if is_gained or await _is_behind(connection, access, made, leg):
                moved.append(leg.area)
        return moved


async def _is_behind(connection: asyncpg.Connection, access: Access, made: Plan, leg: Leg) -> bool:
    if leg.position >= access.last_revs[leg.area]:
        return False
    sight = sight_of(access.clearance, leg)
    return await store.is_behind(connection, leg.area, sight, leg.position, made.day)
