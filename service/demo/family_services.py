"""Disabled people surveyed, told what to apply for and trained; couples who came to talk."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from schemas.family.allowances import Prospect, allowances
from service.demo import files
from service.demo.caseload import Client
from service.demo.days import moment_after, working_day
from service.demo.entry import Entry
from service.demo.families import END, Member
from service.demo.ids import id_made_at
from service.demo.office import Office

SURVEYS: Final = 2  # a community with two hundred families
TALKS: Final = 2
_TRAINING: Final = {"limbs": "exercise", "speech": "speech", "sight": "orientation", "mind": "mental"}
_SITUATIONS: Final = (
    ("marriage", ("communication", "money"), "为家用和各自父母的事常争吵，分房睡了一个月，都不愿先开口。"),
    ("parenting", ("children",), "对孩子学习要求不一，一个管一个护，孩子两头瞒。"),
    ("family", ("in_laws", "care"), "照顾老人谁出力谁出钱谈不拢，兄弟之间不来往。"),
)
_ADVICE: Final = "练习先说感受再说要求，约定每周一次不带指责的谈话。"


def family_services(chance: random.Random, office: Office, families: Sequence[Client]) -> Iterator[Entry]:
    """Surveys of disabled people, and talks with couples, of a few of the families."""
    share = len(families) / 200
    early = [each for each in families if each.opened_on < END - timedelta(days=100)]
    disabled = [
        (each, member)
        for each in early
        for member in each.family.members
        if member.disability is not None and not member.is_minor
    ]
    for client, member in chance.sample(disabled, min(len(disabled), max(1, round(SURVEYS * share)))):
        yield from _Served(chance, office, client, member).surveyed()
    couples = [each for each in early if any(m.relation == "spouse" for m in each.family.members)]
    for client in chance.sample(couples, min(len(couples), max(1, round(TALKS * share)))):
        yield from _Served(chance, office, client, client.family.head).talked()


class _Served:
    """One person served, and how far the calendar has come with them."""

    def __init__(self, chance: random.Random, office: Office, client: Client, member: Member) -> None:
        self._chance = chance
        self._office = office
        self._client = client
        self._member = member
        self._person = client.id_of(member)
        self._moment = moment_after(client.opened_on, 10, 60, chance)

    def surveyed(self) -> Iterator[Entry]:
        """The survey, what is applied for by it, and the training."""
        disability = self._member.disability
        assert disability is not None
        receives = self._client.means.assistance
        training = _TRAINING.get(disability.kind, "self_care")
        facts: dict[str, Any] = {
            "certificate": "held",
            **files.disability(disability),
            "self_care": "able" if self._member.lost_self_care == 0 else "partly",
            "care_months": self._chance.choice((0, 3, 12, 24, 60)),
            "on_minimum_living": "minimum_living" in receives,
            "on_low_income": "edge" in self._client.means.categories,
            "in_extreme_poverty": "extreme_poverty" in receives,
            "on_injury_nursing": False,
            "on_orphan_allowance": False,
            "on_other_allowance": False,
        }
        yield self._form(
            "disability_survey",
            **facts,
            rehabilitation=[training],
            assessment="本人有训练意愿，家属支持，建议先从每周一次开始。",
        )
        for allowance in allowances(facts, self._moment.date()):
            if allowance.prospect is Prospect.MAY_APPLY and allowance.kind.code not in receives:
                yield from self._applied(allowance.kind.code)
        yield from self._trained(training)

    def talked(self) -> Iterator[Entry]:
        """One session of counselling."""
        kind, topics, situation = self._chance.choice(_SITUATIONS)
        yield self._form(
            "family_counselling",
            kind=kind,
            came=self._chance.choice(("one", "both", "both")),
            topics=list(topics),
            minutes=self._chance.choice((50, 60, 90)),
            risk="low",
            situation=situation,
            advice=_ADVICE,
            next_on=working_day(self._moment.date() + timedelta(days=14)).isoformat(),
        )

    def _applied(self, kind: str) -> Iterator[Entry]:
        application = self._form("allowance_application", kind=kind, state="drafted")
        yield application
        yield self._edit(application, state="consented")
        self._later(1, 5)
        sent = self._edit(application, state="sent", sent_on=self._moment.date().isoformat())
        yield sent
        self._later(5, 12)
        if self._moment.date() < END:
            yield self._edit(application, by=self._office.officer, state="received")

    def _trained(self, service: str) -> Iterator[Entry]:
        plan = self._form("rehabilitation_plan", state="drafted", services=[service], aims="能更多地自己来。")
        yield plan
        for state in ("agreed", "under_way"):
            yield self._edit(plan, state=state)
        for _ in range(self._chance.randint(1, 3)):
            self._later(7, 20)
            if self._moment.date() >= END:
                return
            yield self._new(
                "rehabilitation_record",
                plan=str(plan.record),
                on=self._moment.date().isoformat(),
                by=self._office.ids[self._client.worker],
                service=service,
                minutes=self._chance.choice((30, 40, 60)),
                progress=self._chance.choice(("better", "same", "same")),
                text="按计划训练，家属在旁学习。",
            )

    def _later(self, least: int, most: int) -> None:
        self._moment = moment_after(self._moment.date(), least, most, self._chance)

    def _form(self, collection: str, **values: Any) -> Entry:
        """A form about the person, signed by the worker."""
        head = {
            "subject": str(self._person),
            "on": self._moment.date().isoformat(),
            "by": self._office.ids[self._client.worker],
        }
        return self._new(collection, **head, **values)

    def _new(self, collection: str, **values: Any) -> Entry:
        self._moment += timedelta(minutes=self._chance.randint(3, 10))
        return self._entry(collection, id_made_at(self._moment, self._chance), self._client.worker, values)

    def _edit(self, before: Entry, by: str | None = None, **values: Any) -> Entry:
        self._moment += timedelta(minutes=self._chance.randint(3, 10))
        return self._entry(before.collection, before.record, by or self._client.worker, values)

    def _entry(self, collection: str, record: UUID, by: str, values: dict[str, Any]) -> Entry:
        return Entry(
            moment=self._moment,
            by=by,
            area=self._office.area,
            collection=collection,
            record=record,
            set=values,
            needs=(self._client.id, self._person),
        )
