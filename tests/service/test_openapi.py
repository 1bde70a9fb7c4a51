"""The OpenAPI document against the running server: what it does not say, the server does not answer."""

import asyncio
import contextlib
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS = {"stream", "wait"}  # they hold a request for as long as nothing moves


async def test_the_server_answers_what_it_documents_whatever_it_is_sent(world: World) -> None:
    area = await world.make_area("district")
    worker = await world.make_account("social_worker", area)
    await world.grant(worker, "administrator", area)
    phone = await world.sign_in(worker)
    address = await world.serve()
    await asyncio.to_thread(_try_everything, address, phone.answer["access_token"])


def _try_everything(address: str, token: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    tried = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), "every operation is sound OpenAPI"
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name in ENDLESS:
            continue
        headers = {} if name == "logout" else {"Authorization": f"Bearer {token}"}
        _try(operation, schemathesis.GenerationMode.POSITIVE, headers)
        with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # takes nothing that could be wrong
            _try(operation, schemathesis.GenerationMode.NEGATIVE, headers)
        tried.add(name)
    assert {"login", "sync", "create_account", "areas"} <= tried


def _try(operation: Any, mode: schemathesis.GenerationMode, headers: dict[str, str]) -> None:
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def conforms(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=20)

    conforms()
