"""The simulation proves what it says, and does not say it where it is not so."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner, Result

from service.simulate.command import command
from service.simulate.ledger import Altered, Entry, Ledger
from service.simulate.proof import differences, places, proved, what_is_shown
from service.simulate.report import is_proved
from service.simulate.run import Outcome, Plan, simulate
from service.simulate.worker import Worker
from sync.replica import HttpTransport, Lost, Reply, Request
from tests.world import PASSWORD, World

TODAY = date(2026, 11, 20)


@pytest.fixture
async def url(world: World) -> str:
    """A server with two communities of two workers each."""
    for first in (1, 3):
        area = await world.make_area()
        for number in (first, first + 1):
            await world.make_account("social_worker", area, username=f"worker{number:02}")
    return await world.serve()


@pytest.fixture
async def transport(url: str) -> AsyncIterator[HttpTransport]:
    async with httpx.AsyncClient() as client:
        yield HttpTransport(url, client=client)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "phones"
    made.mkdir()
    return made


def nothing(_: int) -> None:
    """For progress that nobody watches."""


def plan(url: str, **others: Any) -> Plan:
    return msgspec.structs.replace(Plan(url, PASSWORD, devices=4, days=3, loss=0.3, seed=1), **others)


async def at_work(transport: HttpTransport, folder: Path, days: int = 2) -> Worker:
    """One worker who has worked and sent everything."""
    worker = Worker(1, "worker01", transport, folder, loss=0.0, seed=7)
    await worker.arrive(PASSWORD)
    family = {"community": "620102001001", "name": "马家", "address": "甲街一号", "risk": "low"}
    worker.phone.create("household", worker.community.id, family)
    for _ in range(days):
        await worker.day(TODAY, [])
    await worker.come_home()
    return worker


async def test_days_of_work_over_a_bad_link_end_in_agreement(url: str, folder: Path) -> None:
    outcomes = await simulate(plan(url), folder, TODAY, nothing)
    assert [outcome.findings.differences for outcome in outcomes] == [[]] * 4
    assert [outcome.findings.missing for outcome in outcomes] == [[]] * 4


async def test_something_was_lost_on_the_way_and_something_was_worked(url: str, folder: Path) -> None:
    outcomes = await simulate(plan(url, loss=0.5), folder, TODAY, nothing)
    lost = [
        sum(outcome.worker.link.lost[kind] for outcome in outcomes) for kind in ("before", "after", "midway")
    ]
    assert min(lost) > 0 and sum(len(outcome.worker.ledger.entries) for outcome in outcomes) > 20


async def test_every_step_is_reported(url: str, folder: Path) -> None:
    steps: list[int] = []
    await simulate(plan(url), folder, TODAY, steps.append)
    assert sum(steps) == plan(url).steps


async def test_it_can_be_run_again_on_the_same_server(url: str, tmp_path: Path) -> None:
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert is_proved(await simulate(plan(url, days=2), folder, TODAY, nothing))


async def test_a_change_that_the_server_does_not_have_is_missing(
    world: World, transport: HttpTransport, folder: Path
) -> None:
    worker = await at_work(transport, folder)
    await world.pool.execute("DELETE FROM history WHERE rev = (SELECT min(rev) FROM history)")
    findings = await proved(worker, transport, PASSWORD, folder)
    worker.phone.close()
    assert len(findings.missing) == 1 and not findings.is_proved


async def test_what_is_guarded_from_who_wrote_it_is_shown_by_their_supervisor(
    world: World, transport: HttpTransport, folder: Path
) -> None:
    worker = await at_work(transport, folder)
    await world.pool.execute(
        """
        UPDATE record SET author = NULL, guarded_from = '-infinity', guarded_until = 'infinity'
        WHERE collection = 'household'
        """
    )
    folder.joinpath("alone").mkdir()
    alone = await proved(worker, transport, PASSWORD, folder / "alone")
    await world.make_account("supervisor", worker.community.id, username="supervisor01")
    await worker.phone.sign_in(worker.username, PASSWORD)
    findings = await proved(worker, transport, PASSWORD, folder)
    worker.phone.close()
    assert alone.missing and not findings.missing


async def test_a_value_that_the_server_altered_is_missing(
    world: World, transport: HttpTransport, folder: Path
) -> None:
    worker = await at_work(transport, folder)
    entry = next(iter(worker.ledger.entries.values()))
    altered = Entry(entry.id, entry.record, entry.payload.replace(b'"set":{', b'"set":{"other":1,', 1))
    shown = await what_is_shown([entry], transport, worker.ledger.token)
    worker.phone.close()
    assert shown.has(entry) and not shown.has(altered)


async def test_a_record_that_differs_on_the_server_is_a_difference(
    world: World, transport: HttpTransport, folder: Path
) -> None:
    worker = await at_work(transport, folder)
    await world.pool.execute("UPDATE record SET body_open = '{}' WHERE id = (SELECT id FROM record LIMIT 1)")
    findings = await proved(worker, transport, PASSWORD, folder)
    worker.phone.close()
    assert len(findings.differences) == 1 and not is_proved([Outcome(worker, findings)])


async def test_each_change_is_found_in_exactly_one_place(transport: HttpTransport, folder: Path) -> None:
    worker = await at_work(transport, folder)
    sent = list(worker.ledger.entries.values())
    shown = await what_is_shown(sent, transport, worker.ledger.token)
    counted = places(sent, shown, worker.phone)
    worker.phone.close()
    assert sum(counted.values()) == len(sent)


async def test_what_was_filed_in_a_foreign_community_is_in_quarantine(
    transport: HttpTransport, folder: Path
) -> None:
    worker = await at_work(transport, folder, days=1)
    worker.phone.create(
        "household", uuid.uuid4(), {"community": "620102001001", "name": "马家", "address": "甲街"}
    )
    await worker.come_home()
    sent = list(worker.ledger.entries.values())
    shown = await what_is_shown(sent, transport, worker.ledger.token)
    counted = places(sent, shown, worker.phone)
    worker.phone.close()
    assert counted["quarantine"] == 1


def test_phones_that_hold_the_same_do_not_differ() -> None:
    held = {uuid.uuid4(): ("household", uuid.uuid4(), None, 1, {"name": "马家"})}
    assert differences(dict(held), dict(held)) == []


class Nowhere:
    """A link that loses everything."""

    async def send(self, request: Request) -> Reply:
        raise Lost("nowhere")


async def test_a_change_sent_twice_with_two_contents_is_noticed() -> None:
    ledger = Ledger(Nowhere())
    id, record = uuid.uuid4(), uuid.uuid4()
    for name in ("马家", "李家"):
        change = {"id": id, "record": record, "set": {"name": name}}
        request = Request("POST", "/api/v1/sync", msgspec.json.encode({"changes": [change]}))
        with pytest.raises(Lost if name == "马家" else Altered):
            await ledger.send(request)


# The command


async def called(*arguments: str) -> Result:
    """`liandong simulate`, in a thread of its own: the server runs in this one."""
    return await asyncio.to_thread(CliRunner().invoke, command, arguments)


async def test_the_command_says_that_it_is_proved(url: str) -> None:
    result = await called(
        "--url", url, "--password", PASSWORD, "--devices", "2", "--days", "1", "--seed", "3"
    )
    assert result.exit_code == 0, result.output
    assert "Proved" in result.output


async def test_a_wrong_password_is_said_in_words(url: str) -> None:
    result = await called("--url", url, "--password", "not it", "--devices", "1", "--days", "1")
    assert result.exit_code == 1
    assert "demo is not loaded" in result.output


async def test_a_server_that_is_not_there_is_said_in_words() -> None:
    result = await called("--url", "http://127.0.0.1:9", "--password", "x", "--devices", "1", "--days", "1")
    assert result.exit_code == 1
    assert "start it first" in result.output
