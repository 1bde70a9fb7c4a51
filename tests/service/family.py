"""A family with two people, what is written about them, and a stranger's family beside it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID

from service.persons.retention import Done, carry_out, due
from tests.callers import Callers
from tests.opening import opened_history, opened_quarantine, opened_records
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import Person, World

REASON = "本人书面申请删除，已核对身份"
# Planted in every class of what is about 王五, and of what is about others.
HIS = {
    "name": "王五之名",
    "resident_id": "620102195001011235",
    "phone": "13811112222",
    "findings": "王五近来咳嗽",
    "concerns": "王五被人欺负",
    "facts": "王五申请临时救助",
    "witness": "王五的见证人",
    "limits": "王五不同意拍照",
    "place": "王五家的院子",
}
FAMILYS = {"note": "家庭负债", "screening": "入户所见"}
HERS = {"name": "赵六之名", "findings": "赵六膝盖疼"}
STRANGERS = {"name": "陌生人之名", "note": "陌生人之事", "findings": "陌生人之状"}


_OPENED: Final[dict[str, Callable[..., Awaitable[list[dict[str, Any]]]]]] = {
    "record": opened_records,
    "restricted_record": opened_records,
    "history": opened_history,
    "quarantine": opened_quarantine,
}


class Family(Callers):
    """Made by `made`. `his`: what belongs to 王五, by collection; `hers`: to 赵六."""

    def __init__(self, world: World, area: UUID, people: dict[str, Person]) -> None:
        super().__init__(world, people)
        self.area = area
        self.file, self.he, self.she, self.stranger = new_id(), new_id(), new_id(), new_id()
        self.his: dict[str, UUID] = {}
        self.hers: dict[str, UUID] = {}
        self.strange_file = new_id()
        self.shelves: dict[str, Shelf] = {}

    async def shelf(self, who: str) -> Shelf:
        """The phone of somebody, with all that they may hold."""
        if who not in self.shelves:
            self.shelves[who] = Shelf(await self.world.sign_in(self.people[who]))
        await self.shelves[who].settle()
        return self.shelves[who]

    async def restrict(self, who: str = "lead") -> None:
        """Have what there is about him restricted."""
        answer = await self.ask(who, "POST", f"people/{self.he}/restriction", {"reason": REASON})
        assert answer.status_code == 204, answer.text

    async def lift(self, who: str = "lead") -> None:
        """Have the restriction ended."""
        answer = await self.ask(who, "DELETE", f"people/{self.he}/restriction")
        assert answer.status_code == 204, answer.text

    def consent(
        self, id: UUID, person: UUID, *, by: str = "lead", area: UUID | None = None, **said: Any
    ) -> dict[str, Any]:
        """A change that writes down what `person` agreed to: social work, where nothing else is `said`."""
        form = {
            "person": str(person),
            "purpose": "service",
            "given_on": "2026-05-01",
            "method": "paper",
            "by": str(self.people[by].id),
            "given_by": "person",
        }
        return change("consent", id, area or self.area, set=form | said)

    async def decided(self, person: UUID) -> int:
        """Have an erasure asked for and confirmed; its number."""
        asked = await self.ask("supervisor", "POST", f"people/{person}/erase", {"reason": REASON})
        assert asked.status_code == 202, asked.text
        number: int = asked.json()["id"]
        confirmed = await self.ask("administrator", "POST", f"erasures/{number}/confirm")
        assert confirmed.status_code == 204, confirmed.text
        return number

    async def run(self, now: Any = None) -> Done:
        """What `liandong retention --do` does, at `now`."""
        async with self.world.pool.acquire() as connection:
            moment = now or await connection.fetchval("SELECT clock_timestamp()")
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                plan = await due(connection, moment)
            return await carry_out(connection, plan)

    async def everything_stored(self) -> str:
        """All tables with content, as text: what a dump of the database shows to who has the keys too."""
        pool, found = self.world.pool, []
        for table in [*_OPENED, "departure", "case_member", "audit"]:
            rows: Collection[Mapping[str, Any]] = await pool.fetch(f"SELECT * FROM {table}")
            if (opened := _OPENED.get(table)) is not None:
                rows = await opened(pool, rows)
            for row in rows:
                for value in row.values():
                    found.append(value.decode(errors="replace") if type(value) is bytes else str(value))
        return "\n".join(found)


async def made(world: World) -> Family:
    """The family, as its lead wrote it down."""
    area = await world.make_area()
    roles = {
        "lead": "social_worker",
        "colleague": "social_worker",
        "member": "social_worker",
        "officer": "community_officer",
        "supervisor": "supervisor",
        "administrator": "administrator",
    }
    people = {name: await world.make_account(role, area) for name, role in roles.items()}
    people["elsewhere"] = await world.make_account("supervisor", await world.make_area())
    family = Family(world, area, people)
    lead = await family.shelf("lead")
    by = str(people["lead"].id)
    await lead.settle(
        household(area, family.file, note=FAMILYS["note"]),
        change(
            "person",
            family.he,
            area,
            set={
                "household": str(family.file),
                "name": HIS["name"],
                "sex": "1",
                "birth_date": "1950-01-01",
                "resident_id": HIS["resident_id"],
                "phone": HIS["phone"],
                "health": "chronic",
                "tags": ["elder_alone"],
            },
        ),
        change("person", family.she, area, set={"household": str(family.file), "name": HERS["name"]}),
        household(area, family.strange_file, name=STRANGERS["name"], note=STRANGERS["note"]),
        change(
            "person",
            family.stranger,
            area,
            set={"household": str(family.strange_file), "name": STRANGERS["name"]},
        ),
    )
    forms: dict[str, dict[str, Any]] = {
        "elder_visit": {
            "subject": str(family.he),
            "on": "2026-03-17",
            "by": by,
            "place": HIS["place"],
            "risk": "high",
            "findings": HIS["findings"],
            "concerns": HIS["concerns"],
        },
        "referral": {
            "household": str(family.file),
            "person": str(family.he),
            "kind": "temporary",
            "state": "drafted",
            "facts": HIS["facts"],
        },
        "consent": {
            "person": str(family.he),
            "purpose": "service",
            "given_on": "2026-03-17",
            "method": "witnessed",
            "by": by,
            "given_by": "person",
            "witness": HIS["witness"],
            "limits": HIS["limits"],
        },
    }
    others = [
        ("elder_visit", family.she, HERS["findings"]),
        ("elder_visit", family.stranger, STRANGERS["findings"]),
    ]
    sent = []
    for collection, values in forms.items():
        family.his[collection] = new_id()
        sent.append(change(collection, family.his[collection], area, set=values))
    for collection, subject, findings in others:
        id = new_id()
        if subject == family.she:
            family.hers[collection] = id
        form = {"subject": str(subject), "on": "2026-04-01", "by": by, "findings": findings}
        sent.append(change(collection, id, area, set=form))
    screening = {
        "household": str(family.file),
        "on": "2026-03-10",
        "by": by,
        "consent": "spoken",
        "findings": FAMILYS["screening"],
    }
    sent.append(change("screening", new_id(), area, set=screening))
    said = await lead.settle(*sent)
    assert {result["outcome"] for result in said["results"]} == {"applied"}, said["results"]
    await world.join(people["member"], area, family.file, confidential=True)
    return family
