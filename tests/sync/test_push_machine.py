"""Three devices, any interleaving of work, loss and repetition: what must always hold of a push.

The devices here know only protocol.md: they hold records and revs, keep an outbox until it is answered, name
the change before as `after`, and send again what got no answer.
"""

import asyncio
import json
import os
import random
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from schemas.privacy import Privacy
from service.database import open_pool
from service.master_key import load_keyring
from service.rights import ROLE
from service.settings import Settings
from sync.clock import Clock
from tests.opening import opened_history, opened_quarantine, opened_records
from tests.postgres import TestServer
from tests.sync import sheet as types
from tests.sync.changes import new_id
from tests.sync.pushing import CREATED, Device, Office

T = TypeVar("T")

NOW_MS = 1_790_000_000_000
TEN_YEARS_MS = 10 * 365 * 86_400_000
SKEWS = (0, TEN_YEARS_MS, -TEN_YEARS_MS)
STAGES = ("begun", "sent", "asked", "granted", "refused", "withdrawn")

which_device = st.integers(0, 2)
which = st.integers(0, 1_000)
values = st.one_of(
    st.fixed_dictionaries({"title": st.sampled_from(["甲", "乙", "丙"])}),
    st.fixed_dictionaries({"amount": st.integers(1, 3)}),
    st.fixed_dictionaries({"amount": st.integers(1, 3), "period": st.sampled_from(["月", "年"])}),
    st.fixed_dictionaries({"danger": st.sampled_from(["low", "medium", "high"])}),
    st.fixed_dictionaries({"stage": st.sampled_from(STAGES)}),
    st.fixed_dictionaries({"guardian": st.sampled_from(["甲", "乙", "丙"]), "sex": st.sampled_from("129")}),
    st.fixed_dictionaries({"grade": st.sampled_from("123"), "kind": st.sampled_from("ab")}),
    st.fixed_dictionaries({"tags": st.lists(st.sampled_from("abc"), unique=True)}),
    st.fixed_dictionaries({"subject": st.sampled_from(["王某", "李某"])}),
    st.fixed_dictionaries({"number": st.sampled_from(["一号", "二号"])}),
    st.fixed_dictionaries({"harm": st.sampled_from(["low", "medium", "high"])}),
    st.fixed_dictionaries({"signs": st.lists(st.sampled_from("abc"), unique=True)}),
    st.fixed_dictionaries({"danger": st.just("unheard of")}),
)
fates = st.sampled_from(["answered", "answered", "answer lost", "request lost", "sent twice", "first half"])


class Phone:
    """What one device holds and has not been answered on."""

    def __init__(self, device: Device, number: int) -> None:
        self.device = device
        self.clock = Clock(f"{number:04x}")
        self.skew = SKEWS[number]
        self.held: dict[str, tuple[int, dict[str, Any]]] = {}
        self.made: dict[str, str] = {}
        self.outbox: list[dict[str, Any]] = []

    def write(self, second: int, collection: str, record: str, area: UUID, **more: Any) -> dict[str, Any]:
        """A change put into the outbox."""
        after = next((each["id"] for each in reversed(self.outbox) if each["record"] == record), None)
        change = {
            "id": str(new_id()),
            "collection": collection,
            "record": record,
            "area": str(area),
            "at": self.clock.now(NOW_MS + self.skew + second * 1000),
            "base": self.held[record][0] if record in self.held else 0,
            "after": after,
            **more,
        }
        self.outbox.append(change)
        self.made[record] = collection
        return change


class Machine(RuleBasedStateMachine):
    """One area on a database of its own."""

    def __init__(self, server: TestServer) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.database = server.database()
        url = self.run(self.database.__aenter__())
        self.keys = TemporaryDirectory()
        keyring = load_keyring(Settings(data=Path(self.keys.name)))
        self.office = Office(
            self.run(open_pool(url, 3, keyring)), self.run(open_pool(url, 3, keyring, role=ROLE))
        )
        self.area = self.run(self.office.area())
        self.phones = [Phone(self.office.device(self.area), number) for number in range(3)]
        self.second = 0
        self.sent: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, set[str]] = {}
        self.last_rev = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        try:
            self.all_exchanged()
            self.nothing_is_lost_or_doubled()
            self.conflicts_are_what_is_in_dispute()
            self.what_waits_has_something_to_wait_for()
        finally:
            self.run(self.office.pool.close())
            self.run(self.office.application.close())
            self.keys.cleanup()
            self.run(self.database.__aexit__(None, None, None))
            self.loop.close()

    def all_exchanged(self) -> None:
        for phone in self.phones:
            self.deliver(phone, phone.outbox[:])
            assert not phone.outbox

    def phone(self, number: int) -> Phone:
        self.second += 1
        return self.phones[number]

    def choose(self, phone: Phone, place: int, collection: str = "sheet") -> str | None:
        known = sorted(
            {id for id, made in phone.made.items() if made == collection}
            | {
                id
                for id, (_, values) in phone.held.items()
                if ("subject" in values) == (collection == "sheet")
            }
        )
        return known[place % len(known)] if known else None

    # Work

    @rule(device=which_device, more=values)
    def make_a_sheet(self, device: int, more: dict[str, Any]) -> None:
        phone = self.phone(device)
        phone.write(self.second, "sheet", str(new_id()), self.area, set={**CREATED, **more})

    @rule(device=which_device, place=which, stray=st.booleans())
    def make_a_leaf(self, device: int, place: int, stray: bool) -> None:
        phone = self.phone(device)
        parent = self.choose(phone, place)
        if stray or parent is None:
            # Its sheet is in somebody else's outbox.
            parent = next(
                (
                    each["record"]
                    for other in self.phones
                    for each in other.outbox
                    if each["collection"] == "sheet"
                ),
                None,
            )
        if parent is not None:
            phone.write(self.second, "leaf", str(new_id()), self.area, set={"sheet": parent, "text": "一"})

    @rule(device=which_device, place=which, more=values)
    def edit(self, device: int, place: int, more: dict[str, Any]) -> None:
        phone = self.phone(device)
        if (record := self.choose(phone, place)) is not None:
            phone.write(self.second, "sheet", record, self.area, set=more)

    @rule(device=which_device, place=which, sentence=st.sampled_from("子丑寅卯"), at_end=st.booleans())
    def write_a_note(self, device: int, place: int, sentence: str, at_end: bool) -> None:
        phone = self.phone(device)
        if (record := self.choose(phone, place)) is not None:
            note = phone.held[record][1].get("note") or "" if record in phone.held else ""
            added = f"{sentence}{self.second}。"
            phone.write(
                self.second,
                "sheet",
                record,
                self.area,
                set={"note": note + added if at_end else added + note},
            )

    @rule(
        device=which_device,
        place=which,
        hours=st.integers(-2, 2),
        tag=st.sampled_from("abc"),
        out=st.booleans(),
    )
    def count_and_tag(self, device: int, place: int, hours: int, tag: str, out: bool) -> None:
        phone = self.phone(device)
        if (record := self.choose(phone, place)) is not None:
            tags = {"remove" if out else "add": {"tags": [tag]}}
            phone.write(self.second, "sheet", record, self.area, increment={"hours": hours}, **tags)

    @rule(device=which_device, place=which, op=st.sampled_from(["delete", "restore"]))
    def delete_or_restore(self, device: int, place: int, op: str) -> None:
        phone = self.phone(device)
        if (record := self.choose(phone, place)) is not None:
            phone.write(self.second, "sheet", record, self.area, op=op)

    @rule(device=which_device, place=which, other=which, good=st.booleans())
    def write_a_group(self, device: int, place: int, other: int, good: bool) -> None:
        phone = self.phone(device)
        one, two = self.choose(phone, place), self.choose(phone, other)
        if one is not None and two is not None:
            group = str(new_id())
            phone.write(self.second, "sheet", one, self.area, set={"title": "组"}, group=group)
            danger = "high" if good else "unheard of"
            phone.write(self.second, "sheet", two, self.area, set={"danger": danger}, group=group)

    @rule(device=which_device, place=which, choice=which)
    def decide_a_conflict(self, device: int, place: int, choice: int) -> None:
        phone = self.phone(device)
        conflicts = sorted(id for id, (_, values) in phone.held.items() if values.get("state") == "open")
        if not conflicts:
            return
        conflict = conflicts[place % len(conflicts)]
        seen = phone.held[conflict][1]
        offered = [seen["standing"], *(candidate["set"] for candidate in seen["candidates"])]
        phone.write(
            self.second,
            "sheet",
            seen["about"],
            self.area,
            set=offered[choice % len(offered)],
            resolves=conflict,
        )

    # The link

    @rule(device=which_device, fate=fates)
    def send(self, device: int, fate: str) -> None:
        phone = self.phone(device)
        changes = phone.outbox[:]
        if fate == "first half":
            changes = changes[: len(changes) // 2]
            # A group goes out whole.
            while changes and len(changes) < len(phone.outbox):
                group = phone.outbox[len(changes)].get("group")
                if group is None or group != changes[-1].get("group"):
                    break
                changes.append(phone.outbox[len(changes)])
        if fate == "request lost" or not changes:
            return
        self.deliver(phone, changes, is_answered=fate != "answer lost", again=fate == "sent twice")

    def deliver(
        self, phone: Phone, changes: list[dict[str, Any]], is_answered: bool = True, again: bool = False
    ) -> None:
        results = self.run(phone.device.push(*changes))
        if again:
            results = self.run(phone.device.push(*changes))
            assert all(result.repeated for result in results)
        for change, result in zip(changes, results, strict=True):
            assert str(result.id) == change["id"]
            assert result.outcome != "retry"
            self.sent[change["id"]] = {**change, "account": phone.device.account}
            self.answers.setdefault(change["id"], set()).add(result.outcome)
            if is_answered:
                phone.outbox.remove(change)
        self.pull(phone) if is_answered else None

    @rule(device=which_device)
    def pull_everything(self, device: int) -> None:
        self.pull(self.phone(device))

    def pull(self, phone: Phone) -> None:
        rows = self.records()
        phone.held = {str(row["id"]): (row["rev"], _values(row)) for row in rows}

    def records(self, collection: str = "%") -> list[dict[str, Any]]:
        pool = self.office.pool
        rows = self.run(pool.fetch("SELECT * FROM record WHERE collection LIKE $1", collection))
        return self.run(opened_records(pool, rows))

    # What must always hold

    @invariant()
    def positions_only_rise(self) -> None:
        rows = self.run(
            self.office.pool.fetch("SELECT rev FROM history WHERE rev > $1 ORDER BY rev", self.last_rev)
        )
        head = self.run(self.office.pool.fetchval("SELECT last_rev FROM area WHERE id = $1", self.area))
        revs = [row["rev"] for row in rows]
        assert len(set(revs)) == len(revs)
        assert head >= max(revs, default=0)
        self.last_rev = head

    def nothing_is_lost_or_doubled(self) -> None:
        pool = self.office.pool
        history = self.run(opened_history(pool, self.run(pool.fetch("SELECT * FROM history"))))
        done = {str(row["change"]): row for row in history}
        assert len(done) == len(history)
        quarantine = self.run(pool.fetch("SELECT * FROM quarantine"))
        kept = {str(row["change"]): row for row in self.run(opened_quarantine(pool, quarantine))}
        counted: dict[UUID, int] = {}
        for id, change in self.sent.items():
            row = done.get(id)
            if row is None:
                assert kept[id]["state"] == "open"
                assert json.loads(kept[id]["payload"]) == {k: v for k, v in change.items() if k != "account"}
                assert not self.answers[id] & {"applied", "merged", "conflict"}
                continue
            assert id not in kept or kept[id]["state"] == "applied"
            assert row["account"] == change["account"]
            said: dict[str, dict[str, Any]] = {}
            for privacy in Privacy:
                if (body := row[f"sent_{privacy.value}"]) is not None:
                    for kind, fields in msgspec.json.decode(body).items():
                        if kind != "resolves":
                            said.setdefault(kind, {}).update(fields)
            for kind in ("set", "add", "remove", "increment"):
                assert said.get(kind, {}) == change.get(kind, {})
            counted[row["record"]] = counted.get(row["record"], 0) + change.get("increment", {}).get(
                "hours", 0
            )
        for record in self.records("sheet"):
            assert _values(record).get("hours", 0) == counted.get(record["id"], 0)
        groups: dict[str, set[bool]] = {}
        for id, change in self.sent.items():
            if change.get("group"):
                groups.setdefault(change["group"], set()).add(id in done)
        assert all(len(fates) == 1 for fates in groups.values()), "a group took effect in part"

    def conflicts_are_what_is_in_dispute(self) -> None:
        rows = self.records()
        held = {str(row["id"]): row for row in rows}
        seen: set[tuple[str, str, tuple[str, ...]]] = set()
        for row in rows:
            conflict = _values(row)
            if row["collection"] != "conflict" or conflict["state"] != "open":
                continue
            about = (conflict["about"], conflict["kind"], tuple(conflict["fields"]))
            assert about not in seen, "two conflicts about one thing"
            seen.add(about)
            devices = [candidate["device"] for candidate in conflict["candidates"]]
            assert len(devices) == len(set(devices)) > 0
            subject = _values(held[conflict["about"]])
            for name, value in conflict["standing"].items():
                assert subject.get(name) == value, "the conflict does not say what is in force"

    def what_waits_has_something_to_wait_for(self) -> None:
        pool = self.office.pool
        for row in self.run(
            pool.fetch("SELECT * FROM quarantine WHERE state = 'open' AND outcome = 'parked'")
        ):
            first = row["waits_for"]
            assert not self.run(pool.fetchval("SELECT count(*) FROM record WHERE id = $1", first))
            assert not self.run(pool.fetchval("SELECT count(*) FROM history WHERE change = $1", first))


def _values(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for privacy in Privacy:
        if (body := row[f"body_{privacy.value}"]) is not None:
            found.update(msgspec.json.decode(body))
    return found


def test_what_devices_push_is_kept_once_whatever_the_link_does(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    types.collect(monkeypatch)
    random.seed(0)
    long = bool(os.environ.get("LIANDONG_TEST_LONG"))

    class OnThisServer(Machine):
        def __init__(self) -> None:
            super().__init__(postgres)

    run_state_machine_as_test(
        OnThisServer,
        settings=settings(
            max_examples=1_000 if long else 20,
            stateful_step_count=60 if long else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
