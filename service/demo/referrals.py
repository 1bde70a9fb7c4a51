"""Referrals along their state machine: drafted at the kitchen table, decided by an office, seldom in a day.

The worker drafts, obtains consent, sends and follows up; the community's officer notes receipt and decision,
which lie in the open part of the record; what the family receives is noted by the worker again.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from schemas.aid.assistance import DEPARTMENTS
from schemas.deadlines import DECISION_DAYS
from service.demo.caseload import Client
from service.demo.days import (
    moment_on,
    office_day,
    working_day,
    working_day_before,
    working_days_after,
)
from service.demo.entry import Entry
from service.demo.families import END
from service.demo.ids import id_made_at
from service.demo.means import Item
from service.demo.office import Office
from service.demo.words import households

# How many of those who might apply do. Some are proud, some have applied before, some wait.
_PURSUED: Final = {
    "minimum_living": 0.8,
    "extreme_poverty": 0.9,
    "disaster_relief": 0.9,
    "medical": 0.55,
    "education": 0.45,
    "housing": 0.5,
    "employment": 0.5,
    "temporary": 0.7,
    "social_force": 0.75,
}
_DEPARTMENTS: Final = {kind.code: department.code for kind, department in DEPARTMENTS.items()}
_DOCUMENTS: Final[dict[str, list[str]]] = {
    "minimum_living": ["income", "assets"],
    "extreme_poverty": ["income"],
    "disaster_relief": ["event"],
    "medical": ["diagnosis", "medical_bills"],
    "education": ["school"],
    "housing": ["housing"],
    "employment": ["jobless"],
    "temporary": ["event", "medical_bills"],
    "social_force": [],
}
# Yuan, from and to; how it is paid.
_AMOUNTS: Final = {
    "minimum_living": (300, 1400, "monthly"),
    "extreme_poverty": (1000, 1200, "monthly"),
    "disaster_relief": (500, 3000, "once"),
    "medical": (800, 9000, "once"),
    "education": (500, 3000, "once"),
    "housing": (200, 480, "monthly"),
    "temporary": (500, 4000, "once"),
    "social_force": (100, 2000, "once"),
}


def pursued(chance: random.Random, client: Client, kinds: list[str]) -> list[str]:
    """Which of the suggested kinds the family applies for now: two at most."""
    wanted = [kind for kind in kinds if kind not in client.means.assistance]
    if "extreme_poverty" in wanted or "extreme_poverty" in client.means.assistance:
        wanted = [kind for kind in wanted if kind != "minimum_living"]
    return [kind for kind in wanted if chance.random() < _PURSUED[kind]][:2]


def referral(
    chance: random.Random, client: Client, office: Office, screened: Entry, kind: str
) -> Iterator[Entry]:
    """One application from draft to wherever it stands when the year ends."""
    way = _Way(chance, client, office, screened, kind)
    for entry in way.entries():
        if entry.moment.date() > END:
            return
        yield entry


class _Way:
    """What happens to one application, step by step."""

    def __init__(
        self, chance: random.Random, client: Client, office: Office, screened: Entry, kind: str
    ) -> None:
        self.chance = chance
        self.client = client
        self.office = office
        self.kind = kind
        self.screened = screened
        self.moment = screened.moment + timedelta(minutes=chance.randint(15, 50))
        self.id: UUID = id_made_at(self.moment, chance)
        self.in_emergency = kind == "temporary" and chance.random() < 0.4

    def entries(self) -> Iterator[Entry]:
        worker, officer = self.client.worker, self.office.officer
        chance = self.chance
        documents = ["application", "resident_id", "household_register"]
        missing = [each for each in _DOCUMENTS[self.kind] if chance.random() < 0.3]
        yield self._entry(
            worker,
            household=str(self.client.id),
            person=str(self._applicant()),
            kind=self.kind,
            state="drafted",
            department=_DEPARTMENTS[self.kind],
            facts=households.reason(chance, self.kind, self.client.family, self.client.means),
            documents=documents + [each for each in _DOCUMENTS[self.kind] if each not in missing],
            **self._emergency(),
        )
        if chance.random() < 0.04:
            yield self._later(
                worker, 3, 12, state="withdrawn", outcome="withdrawn", reason=_withdrawn(chance)
            )
            return
        yield self._later(worker, 0, 4, state="consented")
        sent = self._later(worker, 1, 6, state="sent")
        sent.set["sent_on"] = self._today()
        yield sent
        received = self._later(officer, 2, 8, state="received")
        received.set["received_on"] = self._today()
        term = DECISION_DAYS.value_of(self.kind, self.moment.date())
        if term is not None:
            received.set["due_on"] = working_days_after(self.moment.date(), term).isoformat()
        yield received
        if missing or chance.random() < 0.08:
            asked = self._later(officer, 2, 8, state="supplement_asked")
            asked.set["supplement_asked_on"] = self._today()
            yield asked
            more = self._later(worker, 2, 10, state="received", reason=households.supplement(chance) + "。")
            more.set["supplemented_on"] = self._today()
            more.add = {"documents": missing or ["other"]}
            yield more
        is_refused = chance.random() < 0.12
        decision = self._later(officer, 9, 30, state="refused" if is_refused else "approved")
        decision.set["decided_on"] = self._today()
        if self.kind == "extreme_poverty":
            decision.set["surveyed_on"] = working_day_before(
                self.moment.date() - timedelta(days=4)
            ).isoformat()
        yield decision
        if is_refused:
            yield from self._refused()
        else:
            yield from self._approved()

    def _emergency(self) -> dict[str, Any]:
        """Help on the same day, papers later: of temporary assistance some is."""
        if not self.in_emergency:
            return {}
        today = self.moment.date()
        over = working_day(today + timedelta(days=self.chance.randint(1, 3)))
        return {"emergency": True, "helped_on": today.isoformat(), "emergency_over_on": over.isoformat()}

    def _applicant(self) -> UUID:
        """For medical assistance whoever is gravely ill, otherwise the head."""
        family = self.client.family
        if self.kind == "medical":
            return self.client.id_of(next((each for each in family.members if each.is_grave), family.head))
        return self.client.id_of(family.head)

    def _refused(self) -> Iterator[Entry]:
        worker = self.client.worker
        said = households.refusal(self.chance, self.kind)
        told = self._later(worker, 0, 5, outcome="refused", reason=said + "。")
        told.set["told_on"] = self._today()
        yield told
        if self.chance.random() > 0.35:
            return
        appeal = self._later(
            worker, 3, 15, state="appealed", appeal="家庭认为核对信息有误，提出申诉，请求复核。"
        )
        appeal.set["appealed_on"] = self._today()
        yield appeal
        if self.chance.random() < 0.4:
            decision = self._later(self.office.officer, 10, 25, state="approved")
            decision.set["decided_on"] = self._today()
            yield decision
            yield from self._approved()
        else:
            yield self._later(self.office.officer, 10, 25, state="closed")

    def _approved(self) -> Iterator[Entry]:
        worker, chance = self.client.worker, self.chance
        values: dict[str, Any] = {"outcome": "granted" if chance.random() < 0.9 else "partly"}
        month = (self.moment.date().replace(day=1) + timedelta(days=32)).month
        yuan = 0
        if self.kind in _AMOUNTS:
            low, high, period = _AMOUNTS[self.kind]
            yuan = chance.randint(low // 10, high // 10) * 10
            values |= {"amount_fen": yuan * 100, "amount_period": period}
        said = households.outcome(chance, self.kind, self.client.family, yuan, month)
        yield self._later(worker, 0, 4, **values, reason=said + "。")
        begun = self._later(worker, 4, 30, state="benefits_begun")
        begun.set["benefits_begun_on"] = self._today()
        if self.kind == "minimum_living":
            able = any(member.work in ("casual", "none") for member in self.client.family.members)
            begun.set["review_basis"] = "varying" if able else "stable"
        if self.in_emergency:
            begun.set["papers_completed_on"] = self._today()
        yield begun
        yield self._benefit(yuan)
        if self.kind not in ("minimum_living", "extreme_poverty", "housing"):
            yield self._later(worker, 10, 60, state="closed")

    def _benefit(self, yuan: int) -> Entry:
        """The household's file says what it receives now."""
        means = self.client.means
        entry = Entry(
            moment=self.moment + timedelta(minutes=6),
            by=self.client.worker,
            area=self.office.area,
            collection="household",
            record=self.client.id,
        )
        if self.kind not in means.assistance:
            means.assistance.append(self.kind)
        entry.add = {"assistance": [self.kind]}
        if self.kind in ("minimum_living", "extreme_poverty"):
            entry.add["categories"] = [self.kind]
            note = "低保金" if self.kind == "minimum_living" else "特困供养金"
            means.income.append(Item("assistance", yuan, note))
            lines = self.client.values["income_items"]
            lines = [*lines, {"kind": "assistance", "amount_fen": yuan * 100, "note": note}]
            entry.set = {"income_items": lines, "income_month": f"{self.moment:%Y-%m}"}
            self.client.values = self.client.values | entry.set
        return entry

    def _later(self, by: str, soonest: int, latest: int, **values: Any) -> Entry:
        day: date = self.moment.date() + timedelta(days=self.chance.randint(soonest, latest))
        is_officer = by == self.office.officer
        moment = moment_on(office_day(day) if is_officer else working_day(day), self.chance)
        self.moment = max(moment, self.moment + timedelta(minutes=25))
        return self._entry(by, **values)

    def _entry(self, by: str, **values: Any) -> Entry:
        return Entry(
            moment=self.moment,
            by=by,
            area=self.office.area,
            collection="referral",
            record=self.id,
            set=values,
            needs=(self.client.id,),
        )

    def _today(self) -> str:
        return self.moment.date().isoformat()


def _withdrawn(chance: random.Random) -> str:
    return chance.choice(
        (
            "户主说子女能帮上，先不申请了。",
            "怕影响孩子，商量后撤回。",
            "听说要核对存款，家里人意见不一致，放弃申请。",
        )
    )
