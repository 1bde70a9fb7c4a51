"""What a device does without any network: everything a person needs, kept through whatever happens."""

import random
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.replica import Backoff, NotHeld, NotValid, Replica, Reply, Request, Unreachable
from sync.replica.file import Held, Kept, ReplicaFile, TooNew
from sync.replica.view import by_class, without
from sync.wire import Change
from tests.sync.phones import HOUSEHOLD, Offline, at_once, household, names

AREA = uuid.uuid4()


class Time:
    """A phone's clock that a test can set."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phone.sqlite"


@pytest.fixture
def phone(path: Path) -> Iterator[Replica]:
    replica = Replica(path, Offline(), sleep=at_once)
    yield replica
    replica.close()


def changes_in(path: Path) -> list[Change]:
    """What a device has written down to be sent, oldest first."""
    file = ReplicaFile(path)
    try:
        return [msgspec.json.decode(kept.payload, type=Change) for kept in file.next_batch(1_000, 2**30)]
    finally:
        file.close()


def test_what_is_written_is_seen_at_once(phone: Replica) -> None:
    family = phone.create("household", AREA, household())
    phone.edit(family, set={"address": "乙街二号"}, add={"needs": ["medical"]})
    seen = phone.get(family)
    assert seen is not None
    assert (seen.values["address"], seen.values["needs"]) == ("乙街二号", ["medical"])


def test_what_was_called_saved_is_there_after_the_device_was_closed(phone: Replica, path: Path) -> None:
    family = phone.create("household", AREA, household("李家"))
    phone.close()
    again = Replica(path, Offline())
    assert names(again) == {family: "李家"}
    again.close()


def test_a_device_keeps_its_name_through_a_restart(phone: Replica, path: Path) -> None:
    device = phone.device
    phone.close()
    again = Replica(path, Offline())
    assert again.device == device
    again.close()


def test_own_unsent_work_is_marked_as_pending(phone: Replica) -> None:
    seen = phone.get(phone.create("household", AREA, household()))
    assert seen is not None and seen.is_pending


def test_each_edit_names_the_one_before_it(phone: Replica, path: Path) -> None:
    family = phone.create("household", AREA, household())
    for number in range(3):
        phone.edit(family, set={"address": f"{number} 号"})
    made = changes_in(path)
    assert [change.after for change in made] == [None, *(change.id for change in made[:-1])]


def test_a_deleted_record_is_hidden_and_a_restored_one_is_back(phone: Replica) -> None:
    family = phone.create("household", AREA, household())
    phone.delete(family)
    assert phone.get(family) is None
    phone.restore(family)
    assert names(phone) == {family: "张家"}


def test_a_new_record_without_what_it_needs_is_refused_with_the_field_named(phone: Replica) -> None:
    with pytest.raises(NotValid) as refused:
        phone.create("household", AREA, {"community": HOUSEHOLD["community"], "name": "张家"})
    assert [error.pointer for error in refused.value.errors] == ["/set/address"]


def test_an_edit_that_the_server_would_refuse_is_not_written(phone: Replica) -> None:
    family = phone.create("household", AREA, household())
    with pytest.raises(NotValid):
        phone.edit(family, set={"risk": "very"})
    assert phone.waiting == 1


def test_a_report_shows_its_state_and_deadline_before_it_is_sent(phone: Replica) -> None:
    form = {
        "child": str(uuid.uuid4()),
        "reported_by": str(uuid.uuid4()),
        "found_at": "2026-11-20T09:00:00+08:00",
    }
    report = phone.create("mandatory_report", AREA, form)
    held = phone.get(report)
    assert held is not None
    assert (held.values["state"], held.values["due_at"]) == ("to_report", "2026-11-21T09:00:00+08:00")
    phone.edit(report, set={"police_told_at": "2026-11-20T10:00:00+08:00"})
    told = phone.get(report)
    assert told is not None and told.values["state"] == "police_told"


def test_lowering_a_report_is_refused_on_the_device(phone: Replica) -> None:
    form = {
        "child": str(uuid.uuid4()),
        "reported_by": str(uuid.uuid4()),
        "found_at": "2026-11-20T09:00:00+08:00",
    }
    report = phone.create("mandatory_report", AREA, {**form, "situations": ["other"], "in_danger": True})
    with pytest.raises(NotValid):
        phone.delete(report)
    with pytest.raises(NotValid):
        phone.move(report, uuid.uuid4())
    lowered: list[dict[str, Any]] = [{"in_danger": False}, {"situations": []}, {"state": "to_report"}]
    for values in lowered:
        with pytest.raises(NotValid):
            phone.edit(report, set=values)


def test_a_conflict_cannot_be_made_by_a_device(phone: Replica) -> None:
    with pytest.raises(NotValid):
        phone.create("conflict", AREA, {"kind": "field"})


def test_a_record_that_is_not_held_cannot_be_edited(phone: Replica) -> None:
    with pytest.raises(NotHeld):
        phone.edit(uuid.uuid4(), set={"name": "张家"})


def test_a_group_that_fails_leaves_nothing_behind(phone: Replica) -> None:
    with pytest.raises(ZeroDivisionError), phone.group():
        phone.create("household", AREA, household())
        raise ZeroDivisionError
    assert phone.waiting == 0


def test_the_changes_of_a_group_carry_its_id(phone: Replica, path: Path) -> None:
    with phone.group() as group:
        family = phone.create("household", AREA, household())
        phone.create("person", AREA, {"household": str(family), "name": "张三"})
    phone.edit(family, set={"address": "乙街二号"})
    assert [change.group for change in changes_in(path)] == [group, group, None]


def test_a_group_too_large_for_one_request_is_refused_whole(phone: Replica) -> None:
    with pytest.raises(ValueError, match="at most"), phone.group():
        for number in range(501):
            phone.create("household", AREA, household(str(number)))
    assert phone.waiting == 0


def test_the_clock_of_edits_never_runs_backwards_though_the_phones_does(path: Path) -> None:
    time = Time()
    written = []
    for step in (0.0, -3_600.0, -3_600.0 * 24 * 365):
        time.now += step
        phone = Replica(path, Offline(), wall=time)
        phone.create("household", AREA, household(str(step)))
        phone.close()
    written = [change.at for change in changes_in(path)]
    assert written == sorted(set(written))


def test_ids_are_version_7_and_carry_the_time(path: Path) -> None:
    time = Time()
    phone = Replica(path, Offline(), wall=time)
    family = phone.create("household", AREA, household())
    phone.close()
    assert (family.version, family.variant, family.int >> 80) == (7, uuid.RFC_4122, int(time.now * 1000))


async def test_no_link_is_said_after_a_few_attempts_and_loses_nothing(phone: Replica) -> None:
    phone.create("household", AREA, household())
    with pytest.raises(Unreachable):
        await phone.sign_in("worker01", "password")
    assert phone.waiting == 1


async def test_nothing_is_sent_while_a_group_is_open(phone: Replica) -> None:
    with phone.group(), pytest.raises(RuntimeError):
        await phone.sync()


def test_a_file_from_a_newer_program_is_left_alone(phone: Replica, path: Path) -> None:
    phone.close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 1000")
    other.close()
    with pytest.raises(TooNew):
        Replica(path, Offline())


# Batches


def a_file(tmp_path: Path, groups: list[int]) -> tuple[ReplicaFile, list[UUID]]:
    """A file with as many waiting changes as `groups` say: a number over 1 is a group of so many."""
    file = ReplicaFile(tmp_path / f"{uuid.uuid4()}.sqlite")
    ids = []
    for count in groups:
        group = uuid.uuid4() if count > 1 else None
        for _ in range(count):
            ids.append(uuid.uuid4())
            file.add_change(ids[-1], uuid.uuid4(), AREA, group, b"{}")
    return file, ids


def ids(batch: list[Kept]) -> list[UUID]:
    return [kept.id for kept in batch]


def test_what_may_have_been_sent_goes_out_again_in_the_same_company(tmp_path: Path) -> None:
    file, all_ids = a_file(tmp_path, [1, 1, 1])
    sent = ids(file.next_batch(2, 1_000))
    file.add_change(uuid.uuid4(), uuid.uuid4(), AREA, None, b"{}")
    assert ids(file.next_batch(500, 1_000)) == sent == all_ids[:2]


@given(groups=st.lists(st.integers(1, 5), max_size=12), most=st.integers(5, 8))
def test_batches_keep_order_and_size_and_never_cut_a_group(
    tmp_path_factory: pytest.TempPathFactory, groups: list[int], most: int
) -> None:
    file, all_ids = a_file(tmp_path_factory.mktemp("batches"), groups)
    batches = []
    while batch := ids(file.next_batch(most, 2**30)):
        batches.append(batch)
        for id in batch:
            file.answered(id, "done", "applied", 1, None, False)
    file.close()
    starts = {0}
    for count in groups:
        starts.add(max(starts) + count)
    ends = [sum(len(batch) for batch in batches[: number + 1]) for number in range(len(batches))]
    assert [id for batch in batches for id in batch] == all_ids
    assert all(len(batch) <= most for batch in batches)
    assert starts.issuperset(ends)


def test_a_batch_that_is_too_large_for_the_server_is_halved_between_groups(tmp_path: Path) -> None:
    file, all_ids = a_file(tmp_path, [1, 3, 1])
    assert file.halve(file.next_batch(500, 1_000))
    assert ids(file.next_batch(500, 1_000)) == all_ids[:1]


def test_a_change_that_is_too_large_by_itself_cannot_be_halved(tmp_path: Path) -> None:
    file, _ = a_file(tmp_path, [1])
    assert not file.halve(file.next_batch(500, 1_000))


# Waiting between attempts


@given(st.integers(1, 60), st.integers(0, 2**32))
def test_the_whole_wait_is_drawn_below_a_bound_that_doubles(failures: int, seed: int) -> None:
    backoff = Backoff(first=0.5, most=60.0)
    assert 0 <= backoff.delay(failures, random.Random(seed)) <= min(60.0, 0.5 * 2 ** (failures - 1))


class Busy:
    """A server that asks to be left alone for a while."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after

    async def send(self, request: Request) -> Reply:
        return Reply(429, b"{}", self.retry_after)


async def waits(path: Path, retry_after: float) -> list[float]:
    """How long a device waits between its attempts to sign in, until it gives up."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    phone = Replica(path, Busy(retry_after), sleep=sleep, backoff=Backoff(first=0.1, attempts=4))
    with pytest.raises(Unreachable):
        await phone.sign_in("worker01", "password")
    phone.close()
    return waited


async def test_a_device_waits_as_long_as_the_server_asks(path: Path) -> None:
    assert await waits(path, 30.0) == [30.0, 30.0, 30.0]


async def test_a_very_long_wait_is_left_to_the_person(path: Path) -> None:
    assert await waits(path, 3_600.0) == []


# Clearance


@given(st.sets(st.sampled_from(["open", "basic", "contact", "identity", "case", "confidential"])))
def test_taking_out_classes_leaves_exactly_the_fields_of_the_others(classes: set[str]) -> None:
    values = {
        "community": HOUSEHOLD["community"],
        "name": "张家",
        "location": {"longitude": 103.8, "latitude": 36.0},
        "risk": "high",
        "from_a_newer_client": 1,
    }
    held = Held(uuid.uuid4(), "household", AREA, values)
    left = without(held, classes)
    kept = {
        privacy.value: fields for privacy, fields in by_class(held).items() if privacy.value not in classes
    }
    assert (left.values if left else {}) == {
        name: value for part in kept.values() for name, value in part.items()
    }


def test_a_conflict_goes_with_the_class_of_the_fields_that_it_is_about() -> None:
    values = {"about_collection": "household", "fields": ["risk"], "state": "open"}
    held = Held(uuid.uuid4(), "conflict", AREA, values)
    assert without(held, ["case"]) is None
    assert without(held, ["open", "basic", "confidential"]) is not None
