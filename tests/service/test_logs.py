"""The log tells what went wrong, and nothing that people are not cleared for."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

import asyncpg
import msgspec
import pytest
import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import AccessLog, configure_logs, described_error
from service.settings import Settings

ID_NUMBER = "62010219550307002X"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What was logged since the last call, as data."""
    root, configured, shown = logging.getLogger(), structlog.get_config(), io.StringIO()
    handlers, level = root.handlers, root.level
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", shown)
        configure_logs(Settings(log_format="json"))

    def read() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in shown.getvalue().splitlines()]
        shown.truncate(shown.seek(0))
        return found

    yield read
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configured)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers everything alike."""
    cast(dict[str, Any], scope)["path_template"] = "/records/{record}"
    structlog.get_logger("test").info("answering")
    await send(cast(Message, {"type": "http.response.start", "status": 204, "headers": []}))
    await send(cast(Message, {"type": "http.response.body", "body": b""}))


async def die(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that ends without an answer."""
    raise ZeroDivisionError


def request(app: ASGIApp, *headers: tuple[bytes, bytes]) -> list[dict[str, Any]]:
    """What `app` behind the log answers to a request."""
    sent: list[dict[str, Any]] = []

    async def send(message: Message) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        raise AssertionError("nobody reads a body here")

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/records/{ID_NUMBER}",
        "query_string": f"resident_id={ID_NUMBER}".encode(),
        "headers": list(headers),
    }
    asyncio.run(AccessLog(app)(cast(Scope, scope), receive, send))
    return sent


def id_of(answered: list[dict[str, Any]]) -> str:
    headers: dict[bytes, bytes] = dict(answered[0]["headers"])
    return headers[b"x-request-id"].decode()


def test_a_request_is_one_line_with_its_route_and_nothing_of_its_address(lines: Lines) -> None:
    request(answer)
    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/records/{record}", 204)
    assert ID_NUMBER not in json.dumps(line)


def test_the_answer_and_every_line_of_a_request_carry_its_id(lines: Lines) -> None:
    answered = request(answer)
    assert {line["request_id"] for line in lines()} == {id_of(answered)}


def test_an_id_sent_along_is_kept(lines: Lines) -> None:
    assert id_of(request(answer, (b"x-request-id", b"phone-0001"))) == "phone-0001"


@pytest.mark.parametrize(
    "sent",
    [
        b"short",
        b"x" * 65,
        b"a\nforged=line",
        b"<script>alert",
        "号码号码号码".encode(),
        ID_NUMBER.encode(),
        b"phone-13800138000",
    ],
)
def test_an_id_that_could_do_harm_is_replaced(lines: Lines, sent: bytes) -> None:
    assert id_of(request(answer, (b"x-request-id", sent))).encode() != sent


def test_a_request_that_dies_is_logged_as_500(lines: Lines) -> None:
    with pytest.raises(ZeroDivisionError):
        request(die)
    [line] = [line for line in lines() if line["event"] == "request"]
    assert line["status"] == 500


@pytest.mark.parametrize(
    "name", ["password", "refresh_token", "Authorization", "resident_id", "cursor", "body"]
)
def test_values_with_telling_names_are_masked(lines: Lines, name: str) -> None:
    structlog.get_logger("test").warning("event", **{name: ID_NUMBER})
    [line] = lines()
    assert name in line and ID_NUMBER not in json.dumps(line)


def test_what_libraries_log_goes_the_same_way(lines: Lines) -> None:
    logging.getLogger("some.library").warning("a word of %s", "warning")
    [line] = lines()
    assert line["event"] == "a word of warning" and line["level"] == "warning"


def test_libraries_do_not_chatter(lines: Lines) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET http://…?token=…")
    assert lines() == []


def test_a_failure_is_logged_with_its_place_and_without_its_variables(lines: Lines) -> None:
    def fail(resident_id: str) -> None:
        raise ValueError("no such household")

    try:
        fail(ID_NUMBER)
    except ValueError:
        structlog.get_logger("test").exception("failed")
    [line] = lines()
    assert "no such household" in line["exception"] and "in fail" in line["exception"]
    assert ID_NUMBER not in json.dumps(line)


async def test_a_database_error_is_described_without_the_values_it_quotes(pool: asyncpg.Pool) -> None:
    statement = "insert into login_attempt (budget, whole_at) values ($1, now())"
    await pool.execute(statement, ID_NUMBER.encode())
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        await pool.execute(statement, ID_NUMBER.encode())
    described = described_error(raised.value)
    assert "login_attempt" in described and "23505" in described
    assert ID_NUMBER.encode().hex() in str(raised.value.detail), "PostgreSQL quotes the value"
    assert ID_NUMBER not in described and ID_NUMBER.encode().hex() not in described


@pytest.mark.parametrize(
    "error",
    [
        KeyError(ID_NUMBER),
        ValueError(f"no household of '{ID_NUMBER}' here"),
        ValueError(f"no household of {ID_NUMBER[:-1]} here"),
        LookupError(f'"{ID_NUMBER}" is nobody'),
        msgspec.ValidationError(f"Invalid enum value '{ID_NUMBER}' - at `$.{ID_NUMBER}`"),
    ],
)
def test_an_error_is_described_without_what_it_quotes(error: Exception) -> None:
    assert ID_NUMBER[:-1] not in described_error(error)


async def test_an_argument_that_the_database_cannot_take_is_not_described(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.DataError) as raised:
        await pool.fetch("SELECT CAST($1 AS bigint)", ID_NUMBER)
    assert ID_NUMBER in str(raised.value)
    assert ID_NUMBER not in described_error(raised.value)


def test_a_description_begins_with_the_first_cause() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error
    except ValueError as error:
        described = described_error(error)
    assert described.index("first") < described.index("which led to") < described.index("second")
