"""Who sees what by which route: the tables of access, tried on the running server.

The tables stand in tests/service/agreed.py. Records of every collection are planted with a value of its own
in every field; then everybody asks every route that can tell of records, and is told exactly what the tables
say. What they do not decide (a new role, collection, field or route) fails here by name.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import pytest

from schemas.collections import COLLECTIONS
from schemas.masks import WITHHELD
from schemas.privacy import ALL_CLASSES, CLASSES, Privacy
from schemas.values import Items
from service.access.clearance import Grant, clearance
from service.access.roles import ACTS, MemberKind, Role, reach_in_file
from service.samples.rule import SAMPLED
from sync.scope import SHARED, Guard, Membership, Place
from sync.starting import started_id
from tests.interference.walk import operations
from tests.service.agreed import (
    ABOUT_CHILDREN,
    IN_EMERGENCY,
    IN_FILE_GUARDED,
    MEMBERS,
    READS,
    READS_GUARDED,
    READS_OF_CHILDREN,
    READS_OWN,
    READS_SENT,
    written,
)
from tests.service.canaries import Canary, Plant, canaries, number_born
from tests.sync.changes import change, new_id
from tests.sync.shelf import Shelf
from tests.world import World


def test_every_role_is_in_the_tables() -> None:
    undecided = {role.value for role in Role} - READS.keys()
    assert not undecided, f"say in READS what they read: {undecided}"
    undecided = {who.value for who in (*Role, *MemberKind)} - written().keys()
    assert not undecided, f"say in WRITES what they write: {undecided}"
    undecided = {kind.value for kind in MemberKind} - {kind for kind, _ in MEMBERS}
    assert not undecided, f"say in MEMBERS what they read: {undecided}"


def test_every_collection_is_in_the_table() -> None:
    made_by_people = {name for name, declared in COLLECTIONS.items() if not declared.made_by_server}
    for who, row in written().items():
        undecided = made_by_people ^ row.keys()
        assert not undecided, f"say in WRITES what {who} may do with {undecided}"


@pytest.mark.parametrize("who", [*Role, *MemberKind])
def test_what_is_declared_is_what_the_table_says(who: Role | MemberKind) -> None:
    declared = {name: set(actions) for name, actions in ACTS[who].items()}
    agreed = {name: actions for name, actions in written()[who.value].items() if actions}
    assert declared == agreed


def together(*rows: str) -> str:
    """What several grants and memberships give: of each class the most that one of them does."""
    return "".join(min(letters, key="FM-".index) for letters in zip(*rows, strict=True))


EMERGENCY: Final = ("viewer", False, True)
A_DAY: Final = date(2026, 11, 20)


@pytest.mark.parametrize("is_sent", [False, True])
@pytest.mark.parametrize("is_guarded", [False, True])
@pytest.mark.parametrize("is_about_child", [False, True])
@pytest.mark.parametrize("is_own", [False, True])
@pytest.mark.parametrize("member", [None, *MEMBERS, EMERGENCY])
def test_a_role_and_a_membership_add_up_to_what_each_of_them_gives(
    member: tuple[str, bool] | None, is_own: bool, is_about_child: bool, is_guarded: bool, is_sent: bool
) -> None:
    for role in (None, *READS):
        letters, rows = told_by(role, member, is_own, is_about_child, is_guarded, is_sent)
        assert letters == together(*rows), role


def told_by(
    role: str | None,
    member: tuple[Any, ...] | None,
    is_own: bool,
    is_about_child: bool,
    is_guarded: bool,
    is_sent: bool,
) -> tuple[str, list[str]]:
    """What the server decides, and the rows of the tables that say what it should."""
    now, area, case, me = datetime(2026, 11, 20, tzinfo=UTC), UUID(int=1), UUID(int=2), UUID(int=3)
    rows = ["------"]
    grants, memberships = [], []
    is_closed = is_guarded and not is_own
    if role is not None:
        grants.append(Grant(role, area, now))
        rows.append((READS_GUARDED if is_closed else READS)[role])
        rows += [READS_OWN[role]] if is_own and role in READS_OWN else []
        rows += [READS_OF_CHILDREN[role]] if is_about_child and role in READS_OF_CHILDREN else []
        rows += [READS_SENT[role]] if is_sent and role in READS_SENT else []
    if member is not None:
        memberships.append(Membership(area, case, reach_in_file(*member), 1))
        if member == EMERGENCY:
            rows.append(IN_EMERGENCY)
        else:
            rows.append(IN_FILE_GUARDED if is_closed else MEMBERS[member])
    held = clearance(grants, {area: [area]}, now, {area: memberships}, me)
    child, guard = date.max if is_about_child else None, Guard(A_DAY, date.max) if is_guarded else None
    reads = held.reads(Place(area, case, me if is_own else None, child, guard, is_sent))
    masks = held.masks(area) & ~reads & (SHARED if is_guarded else ALL_CLASSES)
    letters = ["F" if reads & each.bit else "M" if masks & each.bit else "-" for each in CLASSES]
    if is_guarded and is_own:  # a masked form of what is guarded is made for nobody
        rows = [row[:2] + row[2:].replace("M", "-") for row in rows]
    return "".join(letters), rows


class Reader(NamedTuple):
    """Somebody who asks: with a grant of `role`, or as a `member` of the file, or both."""

    name: str
    shelf: Shelf
    role: str | None
    member: tuple[str, bool] | None = None
    in_emergency: bool = False

    def letters(self, plant: Plant) -> str:
        """What the tables say of a record."""
        rows = ["------"]
        is_closed = plant.is_guarded and plant.author != self.name
        if self.in_emergency and plant.in_file:
            rows.append(IN_EMERGENCY)
        if self.member is not None and plant.in_file:
            rows.append(IN_FILE_GUARDED if is_closed else MEMBERS[self.member])
        if self.role is not None:
            rows.append((READS_GUARDED if is_closed else READS)[self.role])
            if plant.is_sent and self.role in READS_SENT:
                rows.append(READS_SENT[self.role])
            if plant.author == self.name and self.role in READS_OWN:
                rows.append(READS_OWN[self.role])
            if plant.is_about_child and self.role in READS_OF_CHILDREN:
                rows.append(READS_OF_CHILDREN[self.role])
        return together(*rows)

    def letter(self, plant: Plant, field: str) -> str:
        """What they say of a field of it."""
        if plant.collection == "conflict":
            privacy = COLLECTIONS["person"].privacy_of(DISPUTED)  # all of it lies in the class of that field
        else:
            privacy = COLLECTIONS[plant.collection].privacy_of(field)
        return self.letters(plant)[CLASSES.index(privacy)]

    def tokens(self, plants: list[Plant]) -> set[str]:
        """What they are to find of all that was planted."""
        return {
            token
            for plant in plants
            for name, found in plant.fields.items()
            if self.letter(plant, name) == "F"
            for token in found.tokens
        }


def lies_in_file(collection: str) -> bool:
    """Whether its records belong to a family's file."""
    declared = COLLECTIONS[collection]
    above = [each.kind.target for each in declared.fields.values() if each.parent]  # type: ignore[attr-defined]
    return declared.opens_file or any(lies_in_file(each) for each in above)


DISPUTED: Final = "resident_id"
UNKNOWN: Final = "of_tomorrow"  # a field that this server does not know

# Fields that name what else was planted.
NAMED: Final = {
    "household": {"head": "elder"},
    "elder": {"household": "household"},
    "child": {"household": "household"},
    "infant": {"household": "household"},
    "screening": {"household": "household", "by": "author"},
    "referral": {"household": "household", "person": "elder"},
    "child_visit": {"subject": "child", "by": "author"},
    "infant_visit": {"subject": "infant", "by": "author"},
    "elder_visit": {"subject": "elder", "by": "author"},
    "child_circumstances": {"subject": "child", "by": "author"},
    "guardianship_assessment": {"subject": "child", "by": "author"},
    "child_plan": {"subject": "child", "by": "author"},
    "child_plan_step": {"child": "child", "plan": "child_plan", "owner": "author"},
    "elder_circumstances": {"subject": "elder", "by": "author"},
    "elder_assessment": {"subject": "elder", "by": "author", "also_by": "author"},
    "consent": {"person": "elder", "by": "author"},
    "child_consent": {"person": "child", "by": "author"},
    "infant_consent": {"person": "infant", "by": "author"},
    "application": {"household": "household", "person": "elder"},
    "mandatory_report": {"child": "child", "reported_by": "author", "found_in": "child_visit"},
    "volunteer": {"person": "elder"},
    "activity": {},
    "attendance": {"activity": "activity", "volunteer": "volunteer"},
    "resource": {},
    "resource_link": {
        "household": "household",
        "resource": "resource",
        "by": "author",
        "person": "elder",
        "referral": "referral",
    },
    "policy_session": {"by": "author"},
    "mutual_help": {"subject": "elder", "by": "author", "volunteer": "volunteer"},
    "kinship": {"household": "household", "one": "elder", "other": "child"},
    "case": {"subject": "elder", "lead": "author", "others": "elder"},
    "case_plan": {"of": "case", "by": "author"},
    "plan_step": {"plan": "case_plan", "by": "author"},
    "case_note": {"of": "case", "by": "author", "step": "plan_step"},
    "case_evaluation": {"of": "case", "by": "author"},
    "closing": {"of": "case", "by": "author"},
    "follow_up": {"of": "case", "by": "author"},
    "case_transfer": {"of": "case", "by": "author", "to": "author"},
    "supervision": {"by": "author", "supervisor": "author", "attended": "author", "about": "case"},
    "group_work": {"by": "author"},
    "group_session": {"group": "group_work"},
    "group_attendance": {"subject": "elder", "session": "group_session"},
    "public_space": {},
    "space_booking": {"space": "public_space", "by": "author"},
    "deliberation": {"by": "author", "space": "public_space"},
    "proposal": {"deliberation": "deliberation"},
    "worthy": {"by": "author", "person": "elder"},
    "community_organisation": {"by": "author", "core": "worthy"},
    "organisation_support": {"organisation": "community_organisation", "by": "author"},
    "community_activity": {
        "by": "author",
        "space": "public_space",
        "organisations": "community_organisation",
    },
    "family_counselling": {"subject": "elder", "by": "author"},
    "funeral_publicity": {"by": "author"},
    "disability_survey": {"subject": "elder", "by": "author"},
    "rehabilitation_plan": {"subject": "elder", "by": "author"},
    "rehabilitation_record": {"plan": "rehabilitation_plan", "by": "author"},
    "allowance_application": {"subject": "elder", "by": "author"},
    "duplicate": {"person": "elder", "other": "child"},
    "sign_up": {"activity": "activity", "volunteer": "volunteer"},
    "check_in_key": {"activity": "activity"},
    "hours_spent": {"volunteer": "volunteer", "to": "volunteer"},
    "service_certificate": {"volunteer": "volunteer"},
}

SERVICE: Final = (
    "volunteer",
    "activity",
    "attendance",
    "sign_up",
    "check_in_key",
    "hours_spent",
    "service_certificate",
)

# What they are, where they are not called by it.
KINDS: Final = {
    **dict.fromkeys(("elder", "child", "infant"), "person"),
    **dict.fromkeys(("child_consent", "infant_consent"), "consent"),
    "infant_visit": "child_visit",
    "application": "referral",
}
BORN: Final = {"elder": "1940-05-06", "child": "2017-05-06", "infant": "2019-05-06"}
# Of somebody under 14: what a guardian has agreed to is not social work.
GUARDED: Final = {"infant", "infant_visit", "infant_consent"}


class Scene:
    """Two communities, a file and what volunteers do, and everybody who might look at it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.here = self.there = UUID(int=0)
        self.plants: list[Plant] = []
        self.ids: dict[str, str] = {}
        self.kept = ""  # what stands in quarantine, of the author's
        self.pending = ""  # why somebody opened the file, of which nobody has said yet what they think
        self.readers: list[Reader] = []

    async def fill(self) -> None:
        """Plant, and call everybody in."""
        self.here, self.there = await self.world.make_area(), await self.world.make_area()
        author, coordinator, boss = [
            await self.somebody(role) for role in ("social_worker", "volunteer_coordinator", "supervisor")
        ]
        self.readers = [
            Reader("author", author, "social_worker"),
            Reader("coordinator", coordinator, "volunteer_coordinator"),
        ]
        for what in NAMED:
            await self.plant("author", author, what)
        for what in SERVICE:
            await self.plant("coordinator", coordinator, what)
        await self.close(boss)
        await self.disagree(author, boss)
        await self.have_refused(author)
        await self.world.leave(author.phone.person, self.here)  # who opened the file leads it no longer
        await self.open_in_emergency(boss)
        for role in Role:
            self.readers.append(Reader(role.value, await self.somebody(role.value), role.value))
        for kind, confidential in MEMBERS:
            shelf = await self.somebody(None)
            await self.world.join(
                shelf.phone.person, self.here, self.ids["household"], kind, confidential=confidential
            )
            self.readers.append(Reader(f"{kind} {confidential}", shelf, None, (kind, confidential)))

    def found_in(self, said: str) -> set[str]:
        """What of all that was written is in an answer."""
        planted = {
            token for plant in self.plants for found in plant.fields.values() for token in found.tokens
        }
        return {token for token in (*planted, self.kept) if token in said}

    async def somebody(self, role: str | None) -> Shelf:
        areas = [self.here, self.there] if role else []
        return Shelf(await self.world.sign_in(await self.world.make_account(role, *areas)))

    async def plant(self, who: str, shelf: Shelf, what: str) -> None:
        """A record with a canary in every field, written by `shelf`."""
        collection = KINDS.get(what, what)
        declared = COLLECTIONS[collection]
        id = new_id()
        self.ids[what] = str(id)
        found = canaries(declared)
        for field, named in NAMED[what].items():
            value = str(shelf.phone.person.id) if named == "author" else self.ids.get(named)
            is_set = isinstance(declared.fields[field].kind, Items)
            found[field] = Canary([value] if is_set else value)
        if "birth_date" in found:
            found["birth_date"] = Canary(BORN.get(what, "1980-05-06"))
        if collection == "consent":
            found["given_by"] = Canary("guardian")  # for somebody under 14, as it says
        if what == "child_consent":
            # It stands, but for the days that are canaries.
            stands = {
                "purpose": "service",
                "given_on": "2026-01-05",
                "valid_until": None,
                "withdrawn_on": None,
            }
            found |= {name: Canary(said) for name, said in stands.items()}
        found[UNKNOWN] = Canary(f"秘 {id}", (f"秘 {id}",))
        # The number alone, for it would have to agree with sex and birth date; who heads the household later,
        # when they are there; and what the supervisor writes.
        later = {"resident_id", "head", *declared.for_supervisor, *(each.name for each in declared.computed)}
        first = {name: each.value for name, each in found.items() if name not in later}
        await self.send(shelf, change(collection, id, self.here, set=first))
        if "resident_id" in found and what != "elder":
            number = {"resident_id": found["resident_id"].value}
            await self.send(shelf, change(collection, id, self.here, base=2**60, set=number))
        if what == "elder":
            head = {"head": str(id)}
            file = UUID(self.ids["household"])
            await self.send(shelf, change("household", file, self.here, base=2**60, set=head))
            self.plants[0].fields["head"] = Canary(str(id))
        in_file = lies_in_file(collection)
        is_about_child = what in ("child", "infant") or collection in ABOUT_CHILDREN
        if what == "application":
            for state in ("consented", "sent"):
                await self.send(shelf, change(collection, id, self.here, base=2**60, set={"state": state}))
            found["state"] = Canary("sent")
        kind = is_about_child, what in GUARDED, what == "application"
        self.plants.append(Plant(collection, id, who, found, in_file, *kind))
        if declared.starting:  # the signs of harm in it have started one
            begun = COLLECTIONS["mandatory_report"]
            assert begun.started is not None
            names = [*msgspec.structs.astuple(begun.started), *(each.name for each in begun.computed)]
            fields = {name: Canary(None) for name in names}
            started = started_id(id, begun.collection)
            self.plants.append(Plant(begun.collection, started, who, fields, in_file, is_about_child))

    async def send(self, shelf: Shelf, *changes: dict[str, Any]) -> None:
        said = await shelf.exchange(*changes)
        problems = [result["problem"] for result in said["results"] if result["outcome"] != "applied"]
        assert not problems, problems

    async def close(self, boss: Shelf) -> None:
        """The supervisor closes what was reported, and writes elsewhere what they alone do."""
        for plant in self.plants:
            names = COLLECTIONS[plant.collection].for_supervisor
            if str(plant.id) in self.ids.values() and names:
                theirs = {name: plant.fields[name].value for name in names}
                await self.send(boss, change(plant.collection, plant.id, self.here, base=2**60, set=theirs))

    async def open_in_emergency(self, boss: Shelf) -> None:
        """Two open the file without being of it: the supervisor has looked at one of the emergencies."""
        for role, is_reviewed in (("child_officer", True), ("social_worker", False)):
            shelf = await self.somebody(role)
            reason, opinion = f"紧急 {new_id()}", f"属实 {new_id()}"
            path = f"/api/v1/files/{self.ids['household']}/break-glass"
            answer = await shelf.phone.post(path, json={"reason": reason})
            assert answer.status_code == 201, answer.text
            emergency = answer.json()["emergency"]
            fields = {name: Canary(None) for name in COLLECTIONS["emergency_access"].fields}
            fields["reason"] = Canary(reason, (reason,))
            if is_reviewed:
                path = f"/api/v1/files/break-glass/{emergency}/review"
                answer = await boss.phone.post(path, json={"opinion": opinion})
                assert answer.status_code == 204, answer.text
                fields["opinion"] = Canary(opinion, (opinion,))
            else:
                self.pending = reason
            who = f"{role} in an emergency"
            self.plants.append(Plant("emergency_access", UUID(emergency), who, fields, True))
            self.readers.append(Reader(who, shelf, role, in_emergency=True))

    async def disagree(self, author: Shelf, boss: Shelf) -> None:
        """Two people give an elder two numbers, neither having seen the other's."""
        elder = next(plant for plant in self.plants if str(plant.id) == self.ids["elder"])
        await boss.settle()
        base = boss.records[str(elder.id)]["rev"]
        standing, other = (number_born("1940-05-06", order) for order in (98, 99))
        for shelf, number in ((boss, standing), (author, other)):
            written = change("person", elder.id, self.here, base=base, set={DISPUTED: number})
            said = await shelf.exchange(written)
        (conflict,) = said["results"][0]["conflicts"]
        elder.fields[DISPUTED] = Canary(standing, (standing,))
        fields = {name: Canary(None) for name in COLLECTIONS["conflict"].fields}
        fields["candidates"] = Canary(None, (other,))
        self.plants.append(Plant("conflict", UUID(conflict), "author", fields, True))

    async def have_refused(self, author: Shelf) -> None:
        """A change that is kept in quarantine."""
        self.kept = f"秘 {new_id()}"
        refused = change(
            "referral",
            UUID(self.ids["referral"]),
            self.here,
            base=2**60,
            set={"state": "benefits_begun", "reason": self.kept},
        )
        said = await author.exchange(refused)
        assert said["results"][0]["problem"]["type"] == "transition-not-declared"


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world)
    await made.fill()
    return made


def test_every_field_of_every_collection_can_be_planted() -> None:
    assert {KINDS.get(what, what) for what in NAMED} == {
        name for name, declared in COLLECTIONS.items() if not declared.made_by_server
    }, "say in NAMED which records a new collection names, and have it planted"
    for declared in COLLECTIONS.values():
        if not declared.made_by_server:
            assert canaries(declared).keys() == declared.fields.keys()


# The routes

Walk = Callable[[Scene, Reader], Awaitable[list[bytes]]]


async def ask(reader: Reader, method: str, path: str, **more: Any) -> bytes:
    answer = await reader.shelf.phone.request(method, path, **more)
    assert answer.status_code < 500, answer.text
    return answer.content


async def by_sync(scene: Scene, reader: Reader) -> list[bytes]:
    return [msgspec.json.encode(said) for said in await pages(scene, reader)]


async def pages(scene: Scene, reader: Reader) -> list[dict[str, Any]]:
    newcomer = Shelf(await scene.world.sign_in(reader.shelf.phone.person))
    await newcomer.settle(verify=True)
    return newcomer.seen


async def by_manifest(scene: Scene, reader: Reader) -> list[bytes]:
    return [
        await ask(reader, "POST", "/api/v1/sync/manifest", json={"area": str(area), "records": {}})
        for area in (scene.here, scene.there)
    ]


async def by_history(scene: Scene, reader: Reader) -> list[bytes]:
    return [
        await ask(reader, "GET", "/api/v1/sync/history", params={"record": str(plant.id)})
        for plant in scene.plants
    ]


async def by_id(scene: Scene, reader: Reader) -> list[bytes]:
    return [await ask(reader, "GET", f"/api/v1/records/{plant.id}") for plant in scene.plants]


async def by_area(scene: Scene, reader: Reader) -> list[bytes]:
    return [
        await ask(reader, "GET", f"/api/v1/areas/{area}/records", params={"limit": 500})
        for area in (scene.here, scene.there)
    ]


async def by_rxdb_pull(scene: Scene, reader: Reader) -> list[bytes]:
    return [
        await ask(reader, "GET", f"/api/v1/clients/{place}/pull", params={"limit": 500})
        for place in rxdb_places("rxdb/{}", shared(scene, reader, "rxdb_pull"))
    ]


async def by_rxdb_server_pull(scene: Scene, reader: Reader) -> list[bytes]:
    return [
        await ask(reader, "GET", f"/api/v1/clients/{place}/pull", params={"limit": 500})
        for place in rxdb_places("rxdb-server/{}/0", shared(scene, reader, "rxdb_server_pull"))
    ]


async def by_rxdb_push(scene: Scene, reader: Reader) -> list[bytes]:
    return await pushed_rows(scene, reader, "rxdb/{}", shared(scene, reader, "rxdb_push"))


async def by_rxdb_server_push(scene: Scene, reader: Reader) -> list[bytes]:
    return await pushed_rows(scene, reader, "rxdb-server/{}/0", shared(scene, reader, "rxdb_server_push"))


async def by_watermelon(scene: Scene, reader: Reader) -> list[bytes]:
    return [await ask(reader, "GET", "/api/v1/clients/watermelon/sync")]


# These are asked for one collection at a time.
BY_COLLECTION: Final = ("rxdb_pull", "rxdb_push", "rxdb_server_pull", "rxdb_server_push")


def shared(scene: Scene, reader: Reader, route: str) -> list[str]:
    """The collections for which a reader asks this route: each reader asks for each by one of the four, and
    readers take turns, so that each is asked for by every route."""
    turn = scene.readers.index(reader) + BY_COLLECTION.index(route)
    share = [name for name in COLLECTIONS if name != "conflict"][
        turn % len(BY_COLLECTION) :: len(BY_COLLECTION)
    ]
    # A conflict names the values of the person that it is about.
    return [*share, "conflict"] if "person" in share else share


def rxdb_places(form: str, collections: list[str]) -> list[str]:
    # An issue tells the app's user of a conflict.
    issues = ["sync_issue"] if "conflict" in collections else []
    return [form.format(name) for name in (*collections, *issues)]


async def pushed_rows(scene: Scene, reader: Reader, form: str, collections: list[str]) -> list[bytes]:
    """Of everything there is, what a phone is answered that says it is deleted, and never had it."""
    said = []
    for collection in collections:
        rows = [
            {"newDocumentState": {"id": str(plant.id), "area": str(area), "_deleted": True}}
            for plant in scene.plants
            if plant.collection == collection
            for area in (scene.here, scene.there)
        ]
        path = f"/api/v1/clients/{form.format(collection)}/push"
        said.append(await ask(reader, "POST", path, json=rows))
    return said


# What tells of all records that one sees, and how everybody is to ask it.
TELLING: Final[dict[str, Walk]] = {
    "sync": by_sync,
    "rxdb_pull": by_rxdb_pull,
    "rxdb_push": by_rxdb_push,
    "rxdb_server_pull": by_rxdb_server_pull,
    "rxdb_server_push": by_rxdb_server_push,
    "watermelon_pull": by_watermelon,
    "manifest": by_manifest,
    "history": by_history,
    "record": by_id,
    "records": by_area,
}
# What is made by no change is in no history: who opened a file and what was thought of it stand on record.
UNTOLD: Final = {"history": {"emergency_access"}}
# What tells of no field that this server does not know: its clients would take no document that has one.
DECLARED_ONLY: Final = {
    "rxdb_pull", "rxdb_push", "rxdb_server_pull", "rxdb_server_push", "watermelon_pull",
}  # fmt: skip
# What tells of some: each is tried by a test of its own.
APART: Final = {
    "quarantine", "look_up", "emergencies", "device_held", "sample_records", "sample_texts",
    # Who may be there twice: tests/fieldwork/test_duplicates.py.
    "alike", "one_person",
    # The whole file, of lead and supervisor alone: tests/service/test_persons_export.py.
    "export_person", "export_person_workbook",
    # Of volunteers, by their own rules: tests/fieldwork/test_volunteers.py.
    "volunteer_service", "certificate", "certificate_page",
    # By roles and classes: tests/service/test_attachments_seen.py.
    "attachment",
}  # fmt: skip
# What tells nothing that is written in records. Those that anybody may ask without more are asked.
SILENT: Final = {
    "areas", "wait", "catalogue", "file_members", "audit_record", "devices", "jwks", "duplicates", "numbers",
    "samples", "list_accounts", "account_devices", "live", "ready", "metrics", "person_holds", "erasures",
    "rxdb_schema", "watermelon_schema", "verify_certificate",
}  # fmt: skip
# What answers no more than how it went with what one sent, and the streams, which name areas at most.
ANSWERING: Final = {
    "login", "refresh", "logout", "enrol_otp", "confirm_otp", "change_password", "revoke_device",
    "retry", "dismiss", "stream", "rxdb_stream", "rxdb_server_stream", "watermelon_push",
    "add_file_member", "end_file_member", "hand_over_file", "break_glass", "review_emergency",
    "create_account", "suspend_account", "resume_account", "set_account_password", "reset_otp",
    "give_grant", "end_grant", "change_grant",
    "draw_sample", "release_sample_texts",
    "hold_person", "lift_hold", "restrict_person", "lift_restriction",
    "erase_person", "confirm_erasure", "withdraw_erasure",
    "upload_options", "begin_upload", "upload_offset", "continue_upload", "stop_upload", "upload_by_post",
}  # fmt: skip


async def test_every_route_is_in_the_table(world: World) -> None:
    known = {*TELLING, *APART, *SILENT, *ANSWERING}
    routes = operations(world.app)
    undecided = [f"{each.name} ({each.method} {each.path})" for each in routes if each.name not in known]
    assert not undecided, f"say whether they tell of records (TELLING, SILENT, ANSWERING): {undecided}"
    gone = known - {each.name for each in routes}
    assert not gone, f"there are no such routes: {gone}"


async def test_everybody_finds_by_every_route_what_they_may_and_nothing_else(scene: Scene) -> None:
    assert {plant.collection for plant in scene.plants} == COLLECTIONS.keys()
    for reader in scene.readers:
        for route, walk in TELLING.items():
            told = [plant for plant in scene.plants if plant.collection not in UNTOLD.get(route, ())]
            if route in BY_COLLECTION:
                asked = shared(scene, reader, route)
                told = [plant for plant in told if plant.collection in asked]
            expected = reader.tokens(told)
            if route in DECLARED_ONLY:
                expected -= {
                    token
                    for plant in told
                    for name, found in plant.fields.items()
                    if name not in COLLECTIONS[plant.collection].fields
                    for token in found.tokens
                }
            said = b"".join(await walk(scene, reader)).decode()
            assert scene.found_in(said) == expected, f"{reader.name} by {route}"


async def test_everybody_is_shown_of_each_record_the_fields_that_they_may(scene: Scene) -> None:
    for reader in scene.readers:
        synced = {entry["id"]: entry for said in await pages(scene, reader) for entry in said["records"]}
        listed = {
            entry["id"]: entry
            for said in await by_area(scene, reader)
            for entry in msgspec.json.decode(said).get("records", ())
        }
        for plant in scene.plants:
            full, forms = expectation(reader, plant)
            where = f"{plant.collection} of {plant.author}, by {reader.name}"
            entry = synced.get(str(plant.id))
            assert fields_of(entry) == full, f"{where}, in sync"
            online = listed.get(str(plant.id))
            if not full:
                assert online is None, where
                continue
            assert online is not None, where
            assert online["data"].keys() == full | forms.keys(), f"{where}, online"
            assert {name: online["data"][name] for name in forms} == forms, where
            changed = [name for name, form in forms.items() if form != plant.fields[name].value]
            assert online["masked"] == sorted(changed), where
            alone = await reader.shelf.phone.get(f"/api/v1/records/{plant.id}")
            assert alone.json() == online, where


def fields_of(entry: dict[str, Any] | None) -> set[str]:
    return set() if entry is None else set(entry["data"])


def expectation(reader: Reader, plant: Plant) -> tuple[set[str], dict[str, Any]]:
    """The fields shown as they are, and the forms of those that are masked."""
    full = {name for name in plant.fields if reader.letter(plant, name) == "F"}
    forms = {}
    for name, found in plant.fields.items():
        known = COLLECTIONS[plant.collection].fields.get(name)
        if reader.letter(plant, name) == "M" and known is not None and known.mask is not None:
            form = known.mask.form(found.value)
            if form is not WITHHELD:
                forms[name] = form
    return full, forms


async def test_a_refused_change_is_shown_to_its_author_and_to_the_supervisor(scene: Scene) -> None:
    for reader in scene.readers:
        said = (await ask(reader, "GET", "/api/v1/sync/quarantine")).decode()
        assert (scene.kept in said) == (reader.name in ("author", "supervisor")), reader.name


async def test_a_pending_emergency_is_shown_to_the_supervisor(scene: Scene) -> None:
    for reader in scene.readers:
        said = (await ask(reader, "GET", "/api/v1/files/break-glass")).decode()
        told = {scene.pending} if reader.name == "supervisor" else set()
        assert scene.found_in(said) == told, reader.name


async def test_by_a_number_everybody_finds_who_has_it_if_they_may_read_it_and_what_else_they_may(
    scene: Scene,
) -> None:
    numbered = [
        (plant, name)
        for plant in scene.plants
        for name, field in COLLECTIONS[plant.collection].fields.items()
        if field.searchable
    ]
    assert len(numbered) == 6  # the elder's and the children's, of either kind
    for reader in scene.readers:
        for plant, name in numbered:
            number = {name: plant.fields[name].value}
            said = (await ask(reader, "POST", "/api/v1/persons/lookup", json=number)).decode()
            told = reader.tokens([plant]) if reader.letter(plant, name) == "F" else set()
            assert scene.found_in(said) == told, f"{reader.name}, {plant.collection}.{name}"


async def test_of_a_lost_phone_the_names_are_told_to_whoever_answers_for_it_and_reads_them(
    scene: Scene,
) -> None:
    lost = scene.readers[0]
    # Of people and families: what a public place is called stands in its open part.
    of_people = [
        plant
        for plant in scene.plants
        if "name" in plant.fields and COLLECTIONS[plant.collection].privacy_of("name") is Privacy.BASIC
    ]
    named = [plant for plant in of_people if lost.letter(plant, "name") == "F"]
    names = {token for plant in named for token in plant.fields["name"].tokens}
    for reader in scene.readers:
        said = (await ask(reader, "GET", f"/api/v1/auth/devices/{lost.shelf.phone.device}/held")).decode()
        told = names if reader.name in (lost.name, "supervisor") else set()
        assert scene.found_in(said) == told, reader.name


async def test_a_sample_is_there_for_its_evaluator_alone_and_without_families_that_would_be_found(
    scene: Scene,
) -> None:
    by_name = {reader.name: reader for reader in scene.readers}
    evaluator, bureau = by_name["evaluator"], by_name["city_officer"]
    wanted = {
        "account": str(evaluator.shelf.phone.person.id),
        "area": str(scene.here),
        "until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "rule": {"collections": list(SAMPLED), "size": 10, "children": True},
    }
    drawn = await bureau.shelf.phone.post("/api/v1/samples", json=wanted)
    assert drawn.status_code == 201 and drawn.json()["left_out"] > 0, drawn.text
    for reader in scene.readers:
        for what in ("records", "texts"):
            answer = await reader.shelf.phone.get(f"/api/v1/samples/{drawn.json()['id']}/{what}")
            is_theirs = reader is evaluator and what == "records"
            assert (answer.status_code == 200) == is_theirs or reader.name == "supervisor", reader.name
            assert not scene.found_in(answer.text), reader.name


async def test_routes_that_tell_of_no_record_tell_nothing_of_any(scene: Scene) -> None:
    named = {
        "case": scene.ids["household"],
        "person": scene.ids["elder"],
        "account": str(scene.readers[0].shelf.phone.person.id),
        "area": str(scene.here),
        "collection": "household",
    }
    asked = {
        "record": scene.ids["elder"], "seconds": "0", "area": named["area"], "collection": "household",
    }  # fmt: skip
    for each in operations(scene.world.app):
        if each.name in SILENT:
            for reader in scene.readers:
                said = (await ask(reader, each.method, each.path.format(**named), params=asked)).decode()
                assert not scene.found_in(said), f"{reader.name} by {each.name}"
