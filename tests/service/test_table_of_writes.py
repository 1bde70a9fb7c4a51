"""Who writes records of which collection in which way: tried by everybody, on the running server."""

from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest

from schemas.annotations import ACCOUNT
from schemas.collections import COLLECTIONS
from schemas.values import Kind, Reference
from service.access.roles import MemberKind, Role
from sync.scope import Action
from tests.service.agreed import GO_ALONG, written
from tests.service.canaries import canaries
from tests.sync.changes import change, new_id
from tests.sync.shelf import Shelf
from tests.world import World

REFUSED: Final = {"write-not-allowed", "area-not-held"}
# Told to everybody alike: of a record that stays, and of one that goes where its file goes.
NOBODYS: Final = {"record-permanent", "change-invalid"}
SEEN: Final = 2**60  # a base behind everything

# What each new record is made of, besides its required fields, and an edit of it in the part that is open.
EDITS: Final[dict[str, dict[str, Any]]] = {
    "household": {"community": "620103001009"},
    "person": {},
    "screening": {"purpose": "regular"},
    "referral": {"sent_on": "2026-11-20"},
    "child_visit": {"place": "学校"},
    "elder_visit": {"place": "家中"},
    "child_circumstances": {"next_on": "2050-11-20"},
    "guardianship_assessment": {"next_on": "2050-11-20"},
    "child_plan": {"review_on": "2050-11-20"},
    "child_plan_step": {"due_on": "2026-11-20"},
    "elder_circumstances": {"next_on": "2050-11-20"},
    "elder_assessment": {"reason": "regular"},
    "consent": {"witness": "赵六"},
    "mandatory_report": {"account": "背上有瘀伤。"},
    "volunteer": {"left_on": "2026-11-20"},
    "activity": {"title": "清扫"},
    "attendance": {"minutes": 60},
    "resource": {"title": "米面油"},
    "resource_link": {"given_on": "2026-11-20"},
    "policy_session": {"place": "社区活动室"},
    "mutual_help": {"ended_on": "2050-11-20"},
    "kinship": {"closeness": "close"},
    "case": {"kind": "family"},
    "case_plan": {"until": "2026-12-20"},
    "plan_step": {"due_on": "2026-12-20"},
    "case_note": {"method": "home"},
    "case_evaluation": {"result": "reached"},
    "closing": {"reason": "moved"},
    "follow_up": {"method": "phone"},
    "case_transfer": {"told_on": "2026-11-20"},
    "supervision": {"kind": "group"},
    "group_work": {"title": "隔代教养小组"},
    "group_session": {"topic": "相识"},
    "group_attendance": {"took_part": "active"},
    "public_space": {"name": "议事厅"},
    "space_booking": {"title": "合唱排练"},
    "deliberation": {"title": "停车"},
    "proposal": {"text": "划停车线"},
    "worthy": {"left_on": "2026-11-20"},
    "community_organisation": {"name": "合唱队"},
    "organisation_support": {"given_by": "街道"},
    "community_activity": {"title": "重阳节"},
    "family_counselling": {"minutes": 60},
    "funeral_publicity": {"place": "广场"},
    "disability_survey": {"next_on": "2026-12-20"},
    "rehabilitation_plan": {"until": "2026-12-20"},
    "rehabilitation_record": {"progress": "better"},
    "allowance_application": {"sent_on": "2026-11-20"},
    "duplicate": {"note": "同一天登记"},
    "sign_up": {"state": "confirmed"},
    "check_in_key": {},
    "hours_spent": {"purpose": "陪诊"},
    "service_certificate": {"state": "revoked"},
}


class Town(NamedTuple):
    """Two communities, and a supervisor of both who has planted what the others try their hands on."""

    world: World
    here: UUID
    there: UUID
    boss: Shelf
    ids: dict[str, UUID]
    deleted: dict[str, UUID]

    def form(self, collection: str, by: UUID) -> dict[str, Any]:
        """What a new record says."""
        declared = COLLECTIONS[collection]
        found = {
            name: each.value for name, each in canaries(declared).items() if declared.fields[name].required
        }
        form = {name: self._named(declared.fields[name].kind, by) or value for name, value in found.items()}
        if collection == "kinship":
            form["other"] = str(new_id())  # nobody is their own relative
        return form

    def _named(self, kind: Kind, by: UUID) -> str | None:
        """What a field of this kind may name: whoever writes, or what the supervisor has planted."""
        if not isinstance(kind, Reference):
            return None
        return str(by) if kind.target == ACCOUNT else str(self.ids.get(kind.target or ""))

    async def somebody(self, who: Role | MemberKind) -> Shelf:
        """With the role in both communities; or but a member of the two files, who reads them whole."""
        areas = [self.here, self.there] if isinstance(who, Role) else []
        role = who.value if isinstance(who, Role) else None
        shelf = Shelf(await self.world.sign_in(await self.world.make_account(role, *areas)))
        if isinstance(who, MemberKind):
            for file in (self.ids["household"], self.deleted["household"]):
                await self.world.join(shelf.phone.person, self.here, file, who.value, confidential=True)
        return shelf


@pytest.fixture
async def town(world: World) -> Town:
    here, there = await world.make_area(), await world.make_area()
    boss = Shelf(await world.sign_in(await world.make_account("supervisor", here, there)))
    made = Town(world, here, there, boss, {}, {})
    account = boss.phone.person.id
    for collection in EDITS:
        made.ids[collection] = new_id()
        form = made.form(collection, account)
        planted = change(collection, made.ids[collection], here, set=form)
        assert await outcomes(boss, [planted]) == [None]
    for collection in EDITS:
        made.deleted[collection] = id = new_id()
        planted = change(collection, id, here, set=made.form(collection, account))
        if COLLECTIONS[collection].permanent:
            assert await outcomes(boss, [planted]) == [None]
            continue
        deletion = change(collection, id, here, base=SEEN, op="delete")
        assert await outcomes(boss, [planted, deletion]) == [None, None]
    return made


async def outcomes(shelf: Shelf, changes: list[dict[str, Any]]) -> list[str | None]:
    """The problem of each change, or what else became of it; None for what took effect."""
    said = await shelf.exchange(*changes)
    return [
        None if result["outcome"] in ("applied", "merged") else (result["problem"] or {}).get("type", result)
        for result in said["results"]
    ]


async def tried(town: Town, who: Role | MemberKind, action: Action) -> dict[str, str | None]:
    """What became of `action` on a record of each collection.

    Where they may make records it is one of their own, of which they may write every class; else the
    supervisor's, which everybody sees who reads anything.
    """
    shelf = await town.somebody(who)
    account = shelf.phone.person.id
    agreed = written()[who.value]
    changes = []
    for collection in EDITS:
        own = action is Action.CREATE or Action.CREATE in agreed[collection]
        id = new_id() if own else town.ids[collection]
        if own:
            creation = change(collection, id, town.here, set=town.form(collection, account))
            if action is not Action.CREATE:
                assert await outcomes(shelf, [creation]) == [None], f"{who.value} creates {collection}"
        match action:
            case Action.CREATE:
                changes.append(creation)
            case Action.EDIT:
                values = EDITS[collection] or {"name": "赵六"}
                changes.append(change(collection, id, town.here, base=SEEN, set=values))
            case Action.DELETE:
                changes.append(change(collection, id, town.here, base=SEEN, op="delete"))
            case Action.RESTORE:
                if own and Action.DELETE in agreed[collection]:
                    deletion = change(collection, id, town.here, base=SEEN, op="delete")
                    assert await outcomes(shelf, [deletion]) == [None]
                else:
                    id = town.deleted[collection]
                changes.append(change(collection, id, town.here, base=SEEN, op="restore"))
            case Action.MOVE:
                move = {"base": SEEN, "op": "move", "to": str(town.there)}
                changes.append(change(collection, id, town.here, **move))
    return dict(zip(EDITS, await outcomes(shelf, changes), strict=True))


def test_every_collection_is_tried() -> None:
    untried = {name for name, each in COLLECTIONS.items() if not each.made_by_server} ^ EDITS.keys()
    assert not untried, f"say in EDITS how to edit {untried}"


@pytest.mark.parametrize("who", [*Role, *MemberKind])
async def test_everybody_writes_what_the_table_says_and_nothing_else(
    town: Town, who: Role | MemberKind
) -> None:
    for action in Action:
        if isinstance(who, MemberKind) and action is Action.MOVE:
            continue  # who holds a file and no area writes nothing in the other area
        for collection, problem in (await tried(town, who, action)).items():
            stays = COLLECTIONS[collection].permanent and action in (Action.DELETE, Action.RESTORE)
            if stays or (action is Action.MOVE and collection in GO_ALONG):
                assert problem in NOBODYS, f"nobody may {action.value} {collection} by itself"
            elif action in written()[who.value][collection]:
                assert problem is None, f"{who.value} may {action.value} {collection}"
            else:
                assert problem in REFUSED, f"{who.value} may not {action.value} {collection}"
