"""The SQL of access: whether a caller may still come in, and what is needed to decide what they hold."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from schemas.problems import DEVICE_REVOKED, SECOND_FACTOR_REQUIRED, SIGN_IN_REQUIRED, Problem
from service.access.clearance import Grant, administered, clearance
from service.access.roles import needs_second_factor, reach_in_file
from service.auth.caller import Caller
from service.auth.tokens import CHALLENGE
from sync.scope import Access, Clearance, Membership
from sync.statement import Connection, statement


class HeldArea(msgspec.Struct, frozen=True):
    """One area that the caller holds. `parent` may be an area that they do not hold."""

    id: UUID
    parent: UUID | None
    level: str
    code: str
    name: str


class GrantShown(msgspec.Struct, frozen=True):
    """A grant as clients are told of it: for the interface only, the server asks the database each time."""

    role: str
    area: UUID
    until: datetime | None


# One row a grant, or one with nulls for an account without grants. By primary keys (session, device,
# account), then ix_area_grant_account, and for each grant ix_area_ancestors; beside it, once and for all rows
# the same, the account's work on files by ix_case_member_account, and the areas that these lie in. All in an
# order of their own: by that of the rows on disk, who is answered could tell where somebody has just written.
# A suspension ends every grant at its moment, for as long as it lasts: so a suspended person's phone is told
# to drop what it holds, and what was written on it before still arrives.
_ACCESS = statement("""
    SELECT device.revoked_at IS NOT NULL AS is_revoked,
           session.ended_at IS NOT NULL OR session.expires_at <= clock_timestamp() AS has_ended,
           session.second_factor,
           (SELECT epoch FROM dataset) AS epoch,
           clock_timestamp() AS now,
           area_grant.role, area_grant.area, area_grant.since,
           least(area_grant.until, account.suspended_at) AS until,
           below.ids, below.nos, below.last_revs,
           member.nos AS member_nos, member.cases, member.kinds, member.confidentials, member.given_revs,
           member.ended_revs, member.untils, member.emergencies,
           around.ids AS around_ids, around.nos AS around_nos, around.last_revs AS around_last_revs
    FROM session
    JOIN device ON device.account = session.account AND device.id = session.device
    JOIN account ON account.id = session.account
    LEFT JOIN area_grant ON area_grant.account = account.id
    LEFT JOIN LATERAL (
        SELECT array_agg(area.id ORDER BY area.no) AS ids, array_agg(area.no ORDER BY area.no) AS nos,
               array_agg(area.last_rev ORDER BY area.no) AS last_revs
        FROM area
        WHERE area.ancestors @> ARRAY[area_grant.area]
    ) below ON area_grant.area IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT array_agg(m.no) AS nos, array_agg(m.case_id) AS cases, array_agg(m.kind) AS kinds,
               array_agg(m.confidential) AS confidentials, array_agg(m.given_rev) AS given_revs,
               array_agg(m.ended_rev) AS ended_revs, array_agg(m.emergency IS NOT NULL) AS emergencies,
               array_agg(least(m.until, account.suspended_at)) AS untils
        FROM (
            SELECT m.*, area.no
            FROM case_member m
            JOIN area ON area.id = m.area
            WHERE m.account = account.id
            ORDER BY m.id
        ) m
    ) member
    CROSS JOIN LATERAL (
        SELECT array_agg(area.id ORDER BY area.no) AS ids, array_agg(area.no ORDER BY area.no) AS nos,
               array_agg(area.last_rev ORDER BY area.no) AS last_revs
        FROM area
        WHERE area.no = ANY(member.nos)
    ) around
    WHERE session.id = :session AND session.account = :account AND session.device = :device
    ORDER BY area_grant.id
""")

_AREAS = statement("""
    SELECT id, parent, level, code, name
    FROM area
    WHERE id = ANY(CAST(:ids AS uuid[]))
    ORDER BY code, id
""")

_GRANTS = statement("""
    SELECT area_grant.role, area_grant.area, area_grant.until
    FROM area_grant
    JOIN account ON account.id = area_grant.account
    WHERE area_grant.account = :account AND account.suspended_at IS NULL
      AND area_grant.since <= now() AND (area_grant.until IS NULL OR now() < area_grant.until)
    ORDER BY area_grant.id
""")


class Standing(msgspec.Struct, frozen=True):
    """What the database says of a caller, before anything is decided from it.

    `below`: of each area granted, itself and all below it. `memberships`: by area. They and `grants` end with
    the account's suspension.
    """

    grants: list[Grant]
    below: dict[UUID, list[UUID]]
    area_nos: dict[UUID, int]
    last_revs: dict[UUID, int]
    epoch: UUID
    now: datetime
    memberships: dict[UUID, list[Membership]]

    def clearance_of(self, account: UUID) -> Clearance:
        """What `account`, whose standing it is, holds by it."""
        return clearance(self.grants, self.below, self.now, self.memberships, account)


async def standing_of(connection: Connection, caller: Caller) -> Standing:
    """The facts about `caller` now, in one statement. Raises what `access_of` does."""
    rows = await _ACCESS.fetch(
        connection, session=caller.session, account=caller.account, device=caller.device
    )
    if not rows:
        raise Problem(SIGN_IN_REQUIRED, headers=CHALLENGE)
    first = rows[0]
    if first["is_revoked"]:
        raise Problem(DEVICE_REVOKED)
    if first["has_ended"]:
        raise Problem(SIGN_IN_REQUIRED, headers=CHALLENGE)
    grants: list[Grant] = []
    below: dict[UUID, list[UUID]] = {}
    area_nos: dict[UUID, int] = {}
    last_revs: dict[UUID, int] = {}
    for row in rows:
        ids: list[UUID] | None = row["ids"]
        if ids is None:
            continue
        grants.append(Grant(row["role"], row["area"], row["since"], row["until"]))
        if row["area"] not in below:
            below[row["area"]] = ids
            area_nos.update(zip(ids, row["nos"], strict=True))
            last_revs.update(zip(ids, row["last_revs"], strict=True))
    if first["second_factor"] is False:  # null: none is asked for here
        now = first["now"]
        if any(needs_second_factor(grant.role) and grant.is_in_force(now) for grant in grants):
            raise Problem(SECOND_FACTOR_REQUIRED, headers=CHALLENGE)
    if first["member_nos"] is not None:
        area_nos.update(zip(first["around_ids"], first["around_nos"], strict=True))
        last_revs.update(zip(first["around_ids"], first["around_last_revs"], strict=True))
    memberships = _memberships(first)
    return Standing(grants, below, area_nos, last_revs, first["epoch"], first["now"], memberships)


def _memberships(row: asyncpg.Record) -> dict[UUID, list[Membership]]:
    if row["member_nos"] is None:
        return {}
    area_of = dict(zip(row["around_nos"], row["around_ids"], strict=True))
    found: dict[UUID, list[Membership]] = {area: [] for area in area_of.values()}
    columns = (
        "member_nos",
        "cases",
        "kinds",
        "confidentials",
        "given_revs",
        "ended_revs",
        "untils",
        "emergencies",
    )
    for no, case, kind, confidential, given_rev, ended_rev, until, emergency in zip(
        *(row[name] for name in columns), strict=True
    ):
        area = area_of[no]
        reach = reach_in_file(kind, confidential, emergency)
        found[area].append(Membership(area, case, reach, given_rev, ended_rev, until))
    return found


async def access_of(connection: Connection, caller: Caller) -> Access:
    """What `caller` may do now, in one statement: call it inside the transaction that acts on the answer.

    Raises DEVICE_REVOKED once the device was revoked, SIGN_IN_REQUIRED when the session has ended or is not
    known (as after a restore to an earlier time), and SECOND_FACTOR_REQUIRED for one that was opened without
    a second factor once its account holds a role that has to show one.
    """
    found = await standing_of(connection, caller)
    decided = found.clearance_of(caller.account)
    return Access(decided, found.epoch, found.area_nos, found.last_revs, found.now, found.memberships)


async def administered_by(connection: Connection, caller: Caller) -> frozenset[UUID]:
    """The areas that `caller` administers now; raises what `access_of` does."""
    found = await standing_of(connection, caller)
    return administered(found.grants, found.below, found.now)


async def held_areas(connection: Connection, caller: Caller) -> list[HeldArea]:
    """The areas that `caller` holds or administers, as people know them, by code. Raises as `access_of`."""
    found = await standing_of(connection, caller)
    held = found.clearance_of(caller.account).held
    ids = {*held} | administered(found.grants, found.below, found.now)
    return [HeldArea(**row) for row in await _AREAS.fetch(connection, ids=list(ids))]


async def grants_in_force(connection: Connection, account: UUID) -> list[GrantShown]:
    """What `account` holds now, grant by grant; nothing while it is suspended."""
    rows: list[Any] = await _GRANTS.fetch(connection, account=account)
    return [GrantShown(**row) for row in rows]
