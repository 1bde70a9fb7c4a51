"""Cases of the year: from the request to the follow-up, as far as each had come when the year ended."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from service.demo.caseload import Client
from service.demo.days import moment_after, moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END
from service.demo.ids import id_made_at
from service.demo.office import Office
from service.demo.words.casework import QUESTIONS, STORIES, Story

CASES: Final = 3  # a community with two hundred families
_TIES: Final = {"spouse": "married", "son": "parent", "daughter": "parent", "sibling": "sibling"}
_LATEST: Final = timedelta(days=45)  # before the end: a case that has hardly begun tells nothing


def casework(chance: random.Random, office: Office, families: Sequence[Client]) -> Iterator[Entry]:
    """The cases of a community, and what its workers asked in supervision."""
    able = [each for each in families if not each.family.head.is_minor and each.opened_on < END - _LATEST]
    count = min(len(able), max(1, round(CASES * len(families) / 200)))
    for number, client in enumerate(chance.sample(able, count)):
        yield from _Case(chance, office, client).worked(number)
    for worker in office.workers:
        yield from _supervised(chance, office, worker)


class _Case:
    """One case being worked on: where it is in the calendar, and the worker's pen."""

    def __init__(self, chance: random.Random, office: Office, client: Client) -> None:
        self._chance = chance
        self._office = office
        self._client = client
        self._moment = moment_after(client.opened_on, 8, 30, chance)
        self._person = client.persons[0]
        self._id = id_made_at(self._moment, chance)

    def worked(self, number: int) -> Iterator[Entry]:
        """All of it, until the year is over."""
        for entry in self._all(number):
            if entry.moment.date() >= END:
                return
            yield entry

    def _all(self, number: int) -> Iterator[Entry]:
        story = self._chance.choice(STORIES[_kind(self._client)])
        yield from self._opened(story)
        yield from self._lines()
        self._later(3, 12)
        yield self._edit(assessment=story.assessment, risk=self._client.means.risk)
        yield self._stage("assessing")
        self._later(2, 10)
        plan = self._paper(
            "case_plan",
            goals=[{"text": text, "measure": measure} for text, measure in story.goals],
            agreed_on=self._day,
            until=(self._moment.date() + timedelta(days=120)).isoformat(),
        )
        yield plan
        steps = [self._step(plan.record, what, due) for due, (what, _) in enumerate(story.steps, 1)]
        yield from steps
        yield self._stage("planned")
        yield self._reviewed(plan, opinion="计划可行，注意尊重本人意愿。", approved_on=self._day)
        self._later(3, 8)
        yield self._stage("intervening")
        if number % 3 == 2:
            yield from self._passed_on(story)
        for step, (_, result), text in zip(steps, story.steps, story.notes, strict=True):
            self._later(10, 24)
            yield self._note(text, step.record)
            yield self._of(step, state="done", done_on=self._day, result=result)
        yield from self._closed(story, number)

    def _closed(self, story: Story, number: int) -> Iterator[Entry]:
        self._later(8, 20)
        yield self._stage("evaluating")
        reached = self._chance.choice(("reached", "reached", "partly"))
        yield self._paper(
            "case_evaluation",
            result=reached,
            goals=[{"goal": text, "reached": reached} for text, _ in story.goals],
            methods=["talk", "observation"],
            text=story.summary,
        )
        follow_up = working_day(self._moment.date() + timedelta(days=30))
        closing = self._paper(
            "closing",
            reason="reached",
            summary=story.summary,
            satisfaction=self._chance.choice(("very_satisfied", "satisfied", "satisfied", "fair")),
            follow_up_on=follow_up.isoformat(),
        )
        yield closing
        yield self._stage("closed")
        yield self._reviewed(closing, opinion="同意结案，按期跟进。", approved_on=self._day)
        self._moment = moment_on(follow_up, self._chance)
        is_slipping = number % 3 == 1
        yield self._stage("following_up")
        yield self._paper(
            "follow_up",
            method="phone",
            state="slipping" if is_slipping else "kept",
            text="又有反复，建议重新开案。" if is_slipping else "情况稳定，老邻居常来往。",
        )
        if is_slipping:
            self._later(1, 3)
            yield self._edit(
                by=self._office.supervisor, stage="reopened", opinion="同意重新开启，先重新预估。"
            )
            self._later(1, 3)
            yield self._stage("assessing")

    def _opened(self, story: Story) -> Iterator[Entry]:
        yield self._entry(
            "case",
            self._id,
            self._client.worker,
            subject=str(self._person),
            opened_on=self._day,
            stage="intake",
            kind=story.kind,
            source=self._chance.choice(("self", "visit", "committee", "neighbours")),
            lead=self._office.ids[self._client.worker],
            needs=list(story.needs),
            request=story.request,
        )

    def _lines(self) -> Iterator[Entry]:
        """The genogram, as far as it is asked for on the first visits."""
        for member, id in zip(self._client.family.members[1:], self._client.persons[1:], strict=True):
            if member.relation in _TIES:
                yield self._made(
                    "kinship",
                    household=str(self._client.id),
                    one=str(self._person),
                    other=str(id),
                    tie=_TIES[member.relation],
                    closeness=self._chance.choice(("close", "ordinary", "ordinary", "distant", "tense")),
                )

    def _passed_on(self, story: Story) -> Iterator[Entry]:
        """Handed to a colleague: proposed, approved by the supervisor, taken over."""
        colleague = self._office.colleague(self._chance, self._client.worker)
        transfer = self._paper(
            "case_transfer",
            to=self._office.ids[colleague],
            reason="staff",
            state="proposed",
            tasks=[{"text": what} for what, _ in story.steps],
            text="岗位调整，已当面介绍接手的同事，服务对象认可。",
        )
        yield transfer
        yield self._reviewed(transfer, state="approved")
        self._later(1, 4)
        yield self._of(transfer, by=colleague, state="taken_over", taken_over_on=self._day)

    @property
    def _day(self) -> str:
        return self._moment.date().isoformat()

    def _later(self, least: int, most: int) -> None:
        """Go on, some days later."""
        self._moment = moment_after(self._moment.date(), least, most, self._chance)

    def _stage(self, stage: str) -> Entry:
        return self._edit(stage=stage)

    def _edit(self, by: str | None = None, **values: Any) -> Entry:
        return self._entry("case", self._id, by or self._client.worker, **values)

    def _step(self, plan: UUID, what: str, number: int) -> Entry:
        due = self._moment.date() + timedelta(days=25 * number)
        return self._made(
            "plan_step",
            plan=str(plan),
            what=what,
            due_on=due.isoformat(),
            state="due",
            by=self._office.ids[self._client.worker],
        )

    def _note(self, text: str, step: UUID) -> Entry:
        note = self._paper(
            "case_note",
            method=self._chance.choice(("home", "home", "accompanied", "office", "phone")),
            minutes=self._chance.choice((30, 45, 60, 90, 120)),
            text=text,
        )
        note.set["step"] = str(step)
        return note

    def _paper(self, collection: str, /, **values: Any) -> Entry:
        """A new paper of the case, written by its worker."""
        head = {"of": str(self._id), "on": self._day, "by": self._office.ids[self._client.worker]}
        return self._made(collection, **head, **values)

    def _made(self, collection: str, /, **values: Any) -> Entry:
        self._moment += timedelta(minutes=self._chance.randint(2, 9))
        id = id_made_at(self._moment, self._chance)
        return self._entry(collection, id, self._client.worker, **values)

    def _reviewed(self, paper: Entry, **values: Any) -> Entry:
        """What the supervisor writes into it, the same afternoon."""
        self._moment += timedelta(minutes=self._chance.randint(20, 90))
        return self._of(paper, by=self._office.supervisor, **values)

    def _of(self, paper: Entry, by: str | None = None, **values: Any) -> Entry:
        return self._entry(paper.collection, paper.record, by or self._client.worker, **values)

    def _entry(self, collection: str, record: UUID, by: str, /, **values: Any) -> Entry:
        self._moment += timedelta(minutes=1)
        return Entry(
            moment=self._moment,
            by=by,
            area=self._office.area,
            collection=collection,
            record=record,
            set=values,
            needs=(self._client.id, self._person, self._id),
        )


def _kind(client: Client) -> str:
    family = client.family
    if family.head.is_elder:
        return "elder"
    if any(member.disability is not None for member in family.members):
        return "disability"
    return "family" if family.minors else "assistance"


def _supervised(chance: random.Random, office: Office, worker: str) -> Iterator[Entry]:
    """A worker and the supervisor, once in each half of the year."""
    for begin in (date(2022, 12, 12), date(2023, 5, 8)):
        topic, question, advice = chance.choice(QUESTIONS)
        moment = moment_after(begin, 0, 50, chance)
        record = id_made_at(moment, chance)
        values = {
            "by": office.ids[worker],
            "on": moment.date().isoformat(),
            "kind": "individual",
            "supervisor": office.ids[office.supervisor],
            "topics": [topic],
            "minutes": chance.choice((45, 60, 90)),
            "questions": question,
        }
        yield _session(office, worker, moment, record, values)
        yield _session(office, office.supervisor, moment + timedelta(hours=1), record, {"advice": advice})


def _session(office: Office, by: str, moment: datetime, record: UUID, values: dict[str, Any]) -> Entry:
    return Entry(moment=moment, by=by, area=office.area, collection="supervision", record=record, set=values)
