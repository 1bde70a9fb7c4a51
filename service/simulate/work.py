"""What a worker does in a home: the notes, the forms, the corrections. All of it on the phone alone.

How often each happens is made up, so that families are edited by several people a day and every merge
policy meets work that it has to settle.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schemas.children.guardianship import ABILITIES, SURROUNDINGS
from schemas.collections import COLLECTIONS
from schemas.elders.ability import ALL_ITEMS
from schemas.privacy import Privacy
from schemas.values import Code
from service.simulate.words import FINDINGS, GIVEN, NOTES, STREETS, SURNAMES
from sync.replica import Held, Replica

RISKS = ("low", "medium", "high", "emergency")
NEEDS = ("income", "medical", "medicine", "heating", "meals", "company", "tutoring", "legal", "policy")
KINDS = ("minimum_living", "medical", "education", "housing", "temporary")
LEVELS = ("good", "watch", "concern")
LONG_NOTE = 2_000  # characters; then the worker starts a new page
CHILD_FROM = 2010
ELDER_UNTIL = 1962


class Family(msgspec.Struct, frozen=True):
    """A household as the worker finds it in the morning, with who lives there and what is under way."""

    household: Held
    persons: Sequence[Held]
    referrals: Sequence[Held]
    screenings: Sequence[Held]
    cases: Sequence[Held]


def families(phone: Replica) -> list[Family]:
    """Every family that a phone shows, by id."""
    by_household: dict[str, dict[str, list[Held]]] = {}
    for collection in ("person", "referral", "screening", "case"):
        for held in phone.all(collection):
            # A case is its person's; whose file that lies in says the server, once it has it.
            family = held.case if collection == "case" else held.values.get("household")
            by_household.setdefault(str(family), {}).setdefault(collection, []).append(held)
    return [
        Family(
            household,
            kept.get("person", ()),
            kept.get("referral", ()),
            kept.get("screening", ()),
            kept.get("case", ()),
        )
        for household in phone.all("household")
        for kept in (by_household.get(str(household.id), {}),)
    ]


def is_on_file(household: Held) -> bool:
    """Whether the worker works on the file: others are not shown what it is about, and may not write it.

    Every family has a risk, so there is always something of that class to be seen.
    """
    return any(
        household.values.get(name) is not None and field.privacy is Privacy.CASE
        for name, field in COLLECTIONS["household"].fields.items()
    )


class Caller:
    """A worker at work: `account` signs the forms, `phone` keeps them, `chance` decides."""

    def __init__(self, phone: Replica, account: UUID, today: date, chance: random.Random) -> None:
        self._phone = phone
        self._account = account
        self._today = today
        self._chance = chance

    def call_on(self, family: Family) -> None:
        """One home visit, from the door to the last form."""
        household = self._phone.get(family.household.id)
        if household is None:
            return
        is_ours = is_on_file(household)
        if is_ours and self._happens(0.7):
            self._write_note(household)
        if self._happens(0.5):
            self._correct(household, is_ours)
        if is_ours and self._happens(0.3):
            self._look_at_means(household)
        persons = [person for person in family.persons if self._phone.get(person.id) is not None]
        if persons:
            # Whoever opens the door is mostly the same person.
            person = persons[0] if self._happens(0.6) else self._chance.choice(persons)
            if self._happens(0.5):
                self._correct_person(person, is_ours)
            if self._happens(0.5):
                self._fill_in_visit(household, person)
            if self._happens(0.2):
                self._assess(household, person)
            if is_ours and self._happens(0.25):
                self._work_on_case(household, person, family.cases)
        if self._happens(0.2):
            self._screen(household)
        if self._happens(0.35):
            self._refer(household, family.referrals if is_ours else ())
        if is_ours and self._happens(0.15):
            self._bring_together(household)
        if is_ours and family.screenings and self._happens(0.06):
            self._tear_up(self._chance.choice(family.screenings))
        if self._happens(0.08):
            self._add_person(household)

    def find_family(self, area: UUID, community: str) -> None:
        """A family that nobody had on the list: the household and its head are one piece of work."""
        with self._phone.group():
            surname = self._chance.choice(SURNAMES)
            family = self._phone.create(
                "household",
                area,
                {"community": community, "name": surname + "家", "address": self._address(), "risk": "low"},
            )
            head = self._phone.create(
                "person",
                area,
                {
                    "household": str(family),
                    "name": surname + self._chance.choice(GIVEN),
                    "relation": "head",
                    "birth_date": self._birthday(),
                },
            )
        self._phone.edit(family, set={"head": str(head)})

    def count_heads(self, activity: Held) -> None:
        """People came to an activity while several workers were counting."""
        self._phone.edit(activity.id, increment={"people_served": self._chance.randint(1, 12)})

    def hold_session(self, area: UUID) -> None:
        """Policies are made known before whoever comes."""
        session = self._phone.create(
            "policy_session",
            area,
            {
                "on": self._today.isoformat(),
                "by": str(self._account),
                "title": "救助政策宣讲",
                "policies": self._chance.sample(KINDS, 2),
            },
        )
        self._phone.edit(session, increment={"headcount": self._chance.randint(1, 40)})

    def bring_volunteer(self, activity: Held, volunteers: Sequence[Held]) -> None:
        """A volunteer who had not signed up comes along, and another worker may have written so too."""
        volunteer = self._chance.choice(volunteers)
        both = {"activity": str(activity.id), "volunteer": str(volunteer.id)}
        came = f"{activity.values['on']}T{self._chance.randint(8, 15):02}:00:00+08:00"
        went = f"{activity.values['on']}T{self._chance.randint(8, 18):02}:30:00+08:00"
        with self._phone.group():
            self._phone.create("sign_up", activity.area, {**both, "signed_up_at": came, "state": "confirmed"})
            attendance = self._phone.create("attendance", activity.area, {**both, "arrived_at": came})
            if went > came:
                self._phone.edit(attendance, set={"left_at": went})

    def decide(self, conflict: Held) -> None:
        """Two people wrote differently: look at both, and choose as somebody who was there would."""
        if conflict.values["kind"] == "delete":
            record = self._phone.get(UUID(conflict.values["about"]))
            file = self._phone.get(record.case) if record is not None and record.case is not None else None
            may_delete = file is not None and is_on_file(file)
            self._phone.resolve(conflict.id, delete=may_delete and self._happens(0.3))
            return
        offered = [conflict.values["standing"]]
        offered += [candidate["set"] for candidate in conflict.values["candidates"]]
        chosen = dict(self._chance.choice(offered))
        for name, value in chosen.items():
            texts = [values[name] for values in offered if isinstance(values.get(name), str)]
            if name in ("note", "findings", "reason") and isinstance(value, str):
                chosen[name] = "\n".join(dict.fromkeys(texts))[:LONG_NOTE]
        self._phone.resolve(conflict.id, chosen)

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share

    def _address(self) -> str:
        return f"{self._chance.choice(STREETS)}{self._chance.randint(1, 200)}号"

    def _birthday(self) -> str:
        year = self._chance.choice((1945, 1950, 1958, 1980, 1995, 2012, 2016))
        return date(year, self._chance.randint(1, 12), self._chance.randint(1, 28)).isoformat()

    def _write_note(self, household: Held) -> None:
        before = household.values.get("note") or ""
        sentence = f"{self._today.isoformat()} {self._chance.choice(NOTES)}"
        self._phone.edit(
            household.id, set={"note": sentence if len(before) > LONG_NOTE else f"{before}{sentence}"}
        )

    def _correct(self, household: Held, is_ours: bool) -> None:
        needs = household.values.get("needs") or []
        kind = self._chance.choice((0, 1, 2, 3, 4) if is_ours else (0, 2, 3, 4))
        if kind == 0:
            self._phone.edit(household.id, set={"address": self._address()})
        elif kind == 1:
            self._phone.edit(household.id, set={"risk": self._chance.choice(RISKS)})
        elif kind == 2 and needs:
            self._phone.edit(household.id, remove={"needs": [self._chance.choice(needs)]})
        elif kind == 3:
            self._phone.edit(household.id, set={"members": self._chance.randint(1, 7)})
        else:
            self._phone.edit(household.id, add={"needs": self._chance.sample(NEEDS, 2)})

    def _look_at_means(self, household: Held) -> None:
        self._phone.edit(
            household.id,
            set={
                "income_items": [{"kind": "wages", "amount_fen": self._chance.randrange(0, 400_000, 100)}],
                "income_month": self._today.strftime("%Y-%m"),
            },
        )

    def _correct_person(self, person: Held, is_ours: bool) -> None:
        kind = self._chance.randrange(5 if is_ours else 1)
        if kind == 0:
            self._phone.edit(person.id, set={"phone": f"138{self._chance.randrange(10**8):08}"})
        elif kind == 1:
            self._phone.edit(person.id, set={"birth_date": self._birthday()})
        elif kind == 2:
            self._phone.edit(
                person.id, set={"disability_kind": self._disability(), "disability_grade": self._grade()}
            )
        elif kind == 3:
            self._phone.edit(person.id, set={"health": self._chance.choice(("good", "fair", "chronic"))})
        else:
            self._phone.edit(person.id, set={"risk": self._chance.choice(RISKS)})

    def _disability(self) -> str:
        return self._chance.choice(_codes("person", "disability_kind"))

    def _grade(self) -> str:
        return self._chance.choice(_codes("person", "disability_grade"))

    def _fill_in_visit(self, household: Held, person: Held) -> None:
        born = _year_of_birth(person)
        form: dict[str, Any] = {
            "subject": str(person.id),
            "on": self._today.isoformat(),
            "by": str(self._account),
            "kind": "home",
            "met": self._chance.choice(("met", "met", "met", "others", "unmet")),
            "risk": self._chance.choice(RISKS),
            "mood": self._chance.choice(LEVELS),
            "needs": self._chance.sample(NEEDS, 1),
            "findings": self._chance.choice(FINDINGS),
            "next_on": (self._today + timedelta(days=30)).isoformat(),
        }
        if self._happens(0.1):
            form["concerns"] = "需督导关注，详见面谈。"
        if born >= CHILD_FROM:
            visit = self._phone.create("child_visit", household.area, form | {"schooling": "regular"})
        elif born <= ELDER_UNTIL:
            visit = self._phone.create("elder_visit", household.area, form | {"medicine": "regular"})
        else:
            return
        if self._happens(0.4):
            self._phone.edit(visit, set={"findings": form["findings"] + self._chance.choice(FINDINGS)})

    def _assess(self, household: Held, person: Held) -> None:
        """A form that the phone scores, and what it shows of the risk."""
        form = {
            "subject": str(person.id),
            "on": self._today.isoformat(),
            "by": str(self._account),
            "opinion": self._chance.choice(FINDINGS),
        }
        born = _year_of_birth(person)
        names: tuple[str, ...]
        if born >= CHILD_FROM:
            collection, names = "guardianship_assessment", (*ABILITIES, *SURROUNDINGS, "willingness")
        elif born <= ELDER_UNTIL:
            collection, names = "elder_assessment", ALL_ITEMS
        else:
            return
        form |= {name: self._chance.choice(_codes(collection, name)) for name in names}
        assessed = self._phone.create(collection, household.area, form)
        if self._happens(0.3):
            name = self._chance.choice(names)
            self._phone.edit(assessed, set={name: self._chance.choice(_codes(collection, name))})

    def _screen(self, household: Held) -> None:
        self._phone.create(
            "screening",
            household.area,
            {
                "household": str(household.id),
                "on": self._today.isoformat(),
                "by": str(self._account),
                "consent": "spoken",
                "purpose": "regular",
                "income": self._chance.choice("0123"),
                "health": self._chance.choice("0123"),
                "urgent": self._happens(0.1),
                "findings": self._chance.choice(FINDINGS),
            },
        )

    def _work_on_case(self, household: Held, person: Held, cases: Sequence[Held]) -> None:
        """Take a case a stage further and note what was done, or open one."""
        states = COLLECTIONS["case"].fields["stage"].states
        assert states is not None
        case = self._phone.get(self._chance.choice(cases).id) if cases else None
        if case is None:
            self._phone.create(
                "case",
                household.area,
                {
                    "subject": str(person.id),
                    "opened_on": self._today.isoformat(),
                    "stage": "intake",
                    "request": self._chance.choice(NOTES),
                },
            )
            return
        steps = states.steps[case.values["stage"]] - set(states.supervised)
        if steps:
            self._phone.edit(case.id, set={"stage": self._chance.choice(sorted(steps))})
        note = self._phone.create(
            "case_note",
            household.area,
            {
                "of": str(case.id),
                "on": self._today.isoformat(),
                "by": str(self._account),
                "method": "home",
                "text": self._chance.choice(FINDINGS),
            },
        )
        self._phone.edit(note, increment={"minutes": self._chance.choice((30, 45, 60))})

    def _refer(self, household: Held, referrals: Sequence[Held]) -> None:
        """Take an application a step further, or begin one."""
        states = COLLECTIONS["referral"].fields["state"].states
        if referrals and states is not None:
            referral = self._phone.get(self._chance.choice(referrals).id)
            if referral is None:
                return
            state = referral.values["state"]
            steps = [each for each in _codes("referral", "state") if states.allows(state, each)]
            if steps:
                self._phone.edit(
                    referral.id,
                    set={"state": self._chance.choice(steps), "reason": self._chance.choice(NOTES)},
                    add={"documents": [self._chance.choice(("income", "diagnosis", "housing"))]},
                )
                return
        self._phone.create(
            "referral",
            household.area,
            {"household": str(household.id), "kind": self._chance.choice(KINDS), "state": "drafted"},
        )

    def _bring_together(self, household: Held) -> None:
        """Propose to the family what somebody offers, or take what was proposed a step further."""
        states = COLLECTIONS["resource_link"].fields["state"].states
        links = [
            link
            for link in self._phone.all("resource_link")
            if link.values.get("household") == str(household.id) and "state" in link.values
        ]
        if links and states is not None and self._happens(0.6):
            link = self._chance.choice(links)
            steps = sorted(states.steps[link.values["state"]])
            if steps:
                self._phone.edit(link.id, set={"state": self._chance.choice(steps)})
                return
        offered = [each for each in self._phone.all("resource") if each.area == household.area]
        resource = self._chance.choice(offered).id if offered else self._offer(household.area)
        self._phone.create(
            "resource_link",
            household.area,
            {
                "household": str(household.id),
                "resource": str(resource),
                "on": self._today.isoformat(),
                "by": str(self._account),
                "state": "proposed",
                "need": self._chance.choice(NEEDS),
                "amount": 1,
            },
        )

    def _offer(self, area: UUID) -> UUID:
        return self._phone.create(
            "resource",
            area,
            {
                "provider": "shop",
                "kind": "food",
                "state": "available",
                "title": "米面油",
                "measure": "piece",
                "amount": 20,
            },
        )

    def _tear_up(self, screening: Held) -> None:
        """A form for the wrong family; sometimes it was the right one after all."""
        if self._phone.get(screening.id) is None:
            return
        self._phone.delete(screening.id)
        if self._happens(0.4):
            self._phone.restore(screening.id)

    def _add_person(self, household: Held) -> None:
        self._phone.create(
            "person",
            household.area,
            {
                "household": str(household.id),
                "name": self._chance.choice(SURNAMES) + self._chance.choice(GIVEN),
                "birth_date": self._birthday(),
                "tags": ["disabled"] if self._happens(0.2) else [],
            },
        )


def _year_of_birth(person: Held) -> int:
    return int(str(person.values.get("birth_date") or "1980")[:4])


def _codes(collection: str, field: str) -> list[str]:
    """The codes of a field's table, in the table's order."""
    kind = COLLECTIONS[collection].fields[field].kind
    return [member.code for member in kind.table] if isinstance(kind, Code) else []
