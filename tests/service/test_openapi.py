"""The OpenAPI document against the running server: what it does not say, the server does not answer.

As every role, and as nobody; requests are made up from the document, right ones and wrong ones, and half of
the right ones name what is really there. LIANDONG_TEST_LONG tries fifty times as many.
"""

import asyncio
import contextlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.access.roles import Role
from tests.scene import REASON
from tests.sending import OCTETS, PDF, about, begun, sent
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS = {
    "stream",
    "wait",
    "rxdb_stream",
    "rxdb_server_stream",
}  # they hold a request for as long as nothing moves
# Whoever calls them is not who they were afterwards: these are tried as a stranger.
ENDING = {"logout", "change_password", "revoke_device"}
# Bytes of a file, as they are.
schemathesis.serializer.alias(OCTETS["Content-Type"], "application/octet-stream")
EXAMPLES = max(2, hypothesis.settings().max_examples // 50)  # of each operation, as each role


class Town:
    """One of everything that a path can name, for requests that find what they ask for."""

    def __init__(self, facts: dict[str, list[str]]) -> None:
        self.facts = facts

    def fill(self, case: schemathesis.Case[Any], number: int) -> None:
        """Have every other request name what is there instead of what was made up."""
        for parameters in (case.path_parameters, case.query):
            for name in list(parameters or {}):
                if name in self.facts:
                    parameters[name] = self.facts[name][number % len(self.facts[name])]


async def town(world: World, area: UUID) -> Town:
    """A file with a past: members, an emergency, a conflict, a refused change, a sample drawn."""
    boss = await world.make_account("supervisor", area)
    worker = await world.make_account("social_worker", area)
    colleague = await world.make_account("social_worker", area)
    shelf, other = Shelf(await world.sign_in(worker)), Shelf(await world.sign_in(boss))
    file, person = new_id(), new_id()
    form = {"household": str(file), "name": "王小明"}
    await shelf.settle(household(area, file, note="欠债"), change("person", person, area, set=form))
    await other.settle()
    for each, day in ((shelf, "1950-01-01"), (other, "1951-01-01")):
        await each.exchange(change("person", person, area, base=1, set={"birth_date": day}))
    refused = change("household", new_id(), area, set={"members": "?"})
    await shelf.exchange(refused)
    phone = await world.sign_in(colleague)
    opened = await phone.post(f"/api/v1/files/{file}/break-glass", json={"reason": REASON})
    bureau = await world.sign_in(await world.make_account("city_officer", area))
    evaluator = await world.make_account("evaluator", area)
    wanted = {
        "account": str(evaluator.id),
        "area": str(area),
        "until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "rule": {"collections": ["household", "person"], "size": 10},
    }
    drawn = await bureau.post("/api/v1/samples", json=wanted)
    referral, attachment = new_id(), new_id()
    await sent(shelf.phone, PDF, **about(referral, area, attachment))
    applied = {"household": str(file), "kind": "temporary", "state": "drafted", "photos": [str(attachment)]}
    await shelf.settle(change("referral", referral, area, set=applied))
    begun_at = await begun(shelf.phone, 100, **about(referral, area))
    return Town(
        {
            "record": [str(referral), str(file), str(person)],
            "id": [str(file), str(person)],
            "case": [str(file)],
            "account": [str(colleague.id), str(worker.id)],
            "change": [refused["id"]],
            "grant": ["1", "2"],
            "emergency": [opened.json()["emergency"]],
            "device": [str(shelf.phone.device), str(phone.device)],
            "sample": [drawn.json()["id"]],
            "attachment": [str(attachment)],
            "upload": [begun_at.headers["location"].rpartition("/")[2]],
            "collection": ["household", "person"],
            "version": ["0"],
            "area": [str(area)],
        }
    )


@pytest.mark.parametrize("role", [*(role.value for role in Role), None])
async def test_as_every_role_the_server_answers_what_it_documents(world: World, role: str | None) -> None:
    area = await world.make_area("district")
    facts = await town(world, area)
    phone = await world.sign_in(await world.make_account(role, area))
    address = await world.serve()
    await asyncio.to_thread(_try_everything, address, phone.answer["access_token"], facts)


async def test_to_a_stranger_the_server_answers_what_it_documents(world: World) -> None:
    facts = await town(world, await world.make_area("district"))
    address = await world.serve()
    await asyncio.to_thread(_try_everything, address, None, facts)


def _try_everything(address: str, token: str | None, facts: Town) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    tried = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), "every operation is sound OpenAPI"
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name in ENDLESS:
            continue
        headers = {} if token is None or name in ENDING else {"Authorization": f"Bearer {token}"}
        _try(operation, schemathesis.GenerationMode.POSITIVE, headers, facts)
        with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # takes nothing that could be wrong
            _try(operation, schemathesis.GenerationMode.NEGATIVE, headers, facts)
        tried.add(name)
    assert {"login", "sync", "create_account", "areas"} <= tried


def _try(operation: Any, mode: schemathesis.GenerationMode, headers: dict[str, str], facts: Town) -> None:
    numbers = itertools.count()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def conforms(case: schemathesis.Case[Any]) -> None:
        number = next(numbers)
        if number % 2 == 0 and mode is schemathesis.GenerationMode.POSITIVE:
            facts.fill(case, number // 2)
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=60)

    conforms()
