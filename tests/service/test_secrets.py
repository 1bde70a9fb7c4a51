"""What people write stays where it belongs: it is not in logs, not in numbers, not in others' errors.

Everything that can be sent carries a secret: bodies good and bad, addresses, headers, passwords, codes, what
the database quotes in its errors. The server logs at debug level, and is searched for all of them.
"""

import io
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog

from service.logs import AccessLog, configure_logs
from service.settings import Settings
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import PASSWORD, Phone, World, login_body

NAME, STREET, WORDS = "欧阳秘密", "隐秘巷七号", "夜里听见孩子哭"
RESIDENT, PHONE, OTHER_PHONE = "600000196001010032", "13912345678", "0931-7654321"
WRONG, CODE, TOKEN = "a passphrase never told", "493817", "tokentokentoken-forged"
SECRETS = (NAME, STREET, WORDS, RESIDENT, PHONE, OTHER_PHONE, WRONG, CODE, TOKEN, PASSWORD)

LIBRARIES = ("httpx", "httpcore", "asyncio", "alembic", "uvicorn.error")
FAMILY: dict[str, Any] = {"name": NAME, "address": STREET, "note": WORDS}


class Told:
    """All that the server logged."""

    def __init__(self) -> None:
        self.shown = io.StringIO()

    def secrets(self, *more: str) -> set[str]:
        """Those that occur in it, in any spelling that a log has for them."""
        text = self.shown.getvalue()
        return {each for each in (*SECRETS, *more) if any(form in text for form in _spelt(each))}


def _spelt(secret: str) -> Iterator[str]:
    yield secret
    yield secret.encode().hex()
    yield secret.encode("unicode_escape").decode()
    yield repr(secret.encode())[2:-1]
    yield str(httpx.QueryParams({"x": secret})).removeprefix("x=")


@pytest.fixture(params=["json", "console"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """The log, at debug level, of everything: ours and of libraries."""
    root, configured, made = logging.getLogger(), structlog.get_config(), Told()
    handlers, level = root.handlers, root.level
    libraries = [logging.getLogger(name) for name in LIBRARIES]
    levels = [each.level for each in libraries]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", made.shown)
        configure_logs(Settings(log_format=request.param, log_level="debug"))
    # The test's own client is no part of the server.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    yield made
    root.handlers = handlers
    root.setLevel(level)
    for library, before in zip(libraries, levels, strict=True):
        library.setLevel(before)
    structlog.configure(**configured)


@pytest.fixture
async def address(world: World, told: Told) -> str:
    """Where the server answers, behind its log as `liandong serve` has it."""
    world.app.asgi_handler = AccessLog(world.app.asgi_handler)
    return await world.serve()


@pytest.fixture
async def area(world: World) -> UUID:
    return await world.make_area()


@pytest.fixture
async def phone(world: World, area: UUID) -> Phone:
    return await world.sign_in(await world.make_account("supervisor", area))


async def planted(phone: Phone, area: UUID) -> tuple[UUID, UUID]:
    """A family with secrets in every class: the household and a person of it."""
    family, person = new_id(), new_id()
    form = {"household": str(family), "name": NAME, "resident_id": RESIDENT, "phone": PHONE}
    await Shelf(phone).settle(
        household(area, family, **FAMILY), change("person", person, area, set={**form, "x_said": WORDS})
    )
    return family, person


def requests_with_secrets(area: UUID, record: UUID) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and the rest, of all kinds of requests that go wrong or right."""
    bad = household(area, **FAMILY, members=RESIDENT, housing=PHONE)
    edit = change("household", record, area, base=1, set={"note": WORDS, "address": STREET})
    for changes in (
        [bad],
        [edit],
        [{**bad, "id": RESIDENT}],
        [{**bad, "area": PHONE}],
        [{**bad, "at": WORDS}],
    ):
        yield "POST", "/api/v1/sync", {"json": {"cursor": TOKEN, "changes": changes}}
    yield "POST", "/api/v1/sync", {"json": {"cursor": None, "limit": RESIDENT}}
    yield "POST", "/api/v1/sync", {"content": f'{{"changes": [{{"name": "{NAME}", {WORDS}'.encode()}
    yield "POST", "/api/v1/sync", {"content": WORDS.encode("gb18030")}
    yield "POST", "/api/v1/sync/manifest", {"json": {"area": str(area), "records": {RESIDENT: 1}}}
    yield "POST", f"/api/v1/files/{record}/break-glass", {"json": {"reason": WORDS}}
    yield "POST", f"/api/v1/files/{record}/hand-over", {"json": {"to": PHONE, "reason": WORDS}}
    for path in (RESIDENT, PHONE, NAME, WORDS):
        yield "GET", f"/api/v1/files/{path}/members", {}
        yield "DELETE", f"/api/v1/admin/grants/{path}", {}
        yield "GET", f"/{path}", {}
        yield "GET", f"/api/v1/sync/history?record={path}", {}
        yield "GET", f"/api/v1/audit/record?record={record}&before={path}", {}
        yield "GET", "/api/v1/sync/wait", {"params": {"cursor": path, "seconds": 0}}
    for name in ("user-agent", "cookie", "authorization", "accept", "accept-language", "x-request-id"):
        for secret in (RESIDENT, PHONE) if name == "x-request-id" else (RESIDENT, PHONE, TOKEN):
            yield "GET", "/api/v1/areas", {"headers": {name: secret}}
    yield "POST", "/api/v1/auth/login", {"json": login_body(RESIDENT, record, WRONG)}
    yield "POST", "/api/v1/auth/login", {"json": {**login_body(NAME, record, WRONG), "otp": CODE}}
    yield "POST", "/api/v1/auth/login", {"json": {"username": [NAME], "password": WRONG}}
    yield "POST", "/api/v1/auth/refresh", {"json": {"refresh_token": TOKEN}}
    yield "POST", "/api/v1/auth/otp/confirm", {"json": {"enrolment_token": TOKEN, "otp": CODE}}
    yield "POST", "/api/v1/auth/password", {"json": {"old": WRONG, "new": PASSWORD}}


async def test_nothing_that_is_sent_is_in_the_log(
    world: World, phone: Phone, area: UUID, address: str, told: Told
) -> None:
    family, _ = await planted(phone, area)
    token = phone.answer["access_token"]
    async with httpx.AsyncClient(base_url=address, headers={"authorization": f"Bearer {token}"}) as client:
        for method, path, more in requests_with_secrets(area, family):
            answer = await client.request(method, path, **more)
            assert answer.status_code < 500, (method, path, answer.text)
        for path in ("sync/history", "audit/record"):
            await client.get(f"/api/v1/{path}", params={"record": str(family)})
        assert (await client.get("/api/v1/sync/quarantine")).json()["changes"]
    assert "request" in told.shown.getvalue()
    assert told.secrets(token, phone.answer["refresh_token"]) == set()


BROKEN = {
    # What each makes PostgreSQL quote: the row, the key, the statement's own words, or the value.
    "a row that breaks a rule": "ALTER TABLE record ADD CONSTRAINT broken CHECK (deleted) NOT VALID",
    "a key that is there": "CREATE UNIQUE INDEX broken ON record (CAST(body_basic AS text))",
    "a trigger that says it aloud": """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'no: %', convert_from(new.sent_basic, 'UTF8'); END $$;
        CREATE TRIGGER broken BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION broken()
    """,
    "a value that is no number": """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN new.rev = CAST(convert_from(new.sent_basic, 'UTF8') AS bigint); RETURN new; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION broken()
    """,
    "a right that is lost": "REVOKE INSERT ON history FROM liandong_app",
}


@pytest.mark.parametrize("how", BROKEN)
async def test_an_error_of_the_database_tells_nothing_of_what_was_to_be_stored(
    world: World, phone: Phone, area: UUID, address: str, told: Told, how: str
) -> None:
    await planted(phone, area)
    await world.pool.execute(BROKEN[how])
    token = phone.answer["access_token"]
    async with httpx.AsyncClient(base_url=address, headers={"authorization": f"Bearer {token}"}) as client:
        answer = await client.post("/api/v1/sync", json={"changes": [household(area, **FAMILY, phone=PHONE)]})
    is_put_off = answer.status_code == 200 and answer.json()["results"][0]["outcome"] == "retry"
    assert answer.status_code == 500 or is_put_off, answer.text
    # Who is put off is told what they hold as usual, and that is theirs.
    assert is_put_off or not [each for each in SECRETS if each in answer.text]
    assert is_put_off or "Error: sqlstate=" in told.shown.getvalue()
    assert told.secrets() == set()


async def test_nothing_that_is_sent_is_in_what_others_are_told(
    world: World, phone: Phone, area: UUID
) -> None:
    family, person = await planted(phone, area)
    for method, path, more in requests_with_secrets(area, family):
        await phone.request(method, path, **more)
    elsewhere = await world.make_area()
    other = await world.sign_in(await world.make_account("social_worker", elsewhere))
    answers = [
        await other.post("/api/v1/sync", json={"changes": [each]})
        for id in (family, person)
        for each in (
            change("household", id, area, base=1, set={"note": "?"}),
            change("household", id, elsewhere, base=1, set={"note": "?"}),
            change("person", id, elsewhere, set={"household": str(family), "name": "?"}),
            change("person", new_id(), elsewhere, set={"household": str(family), "name": "?", "phone": "?"}),
        )
    ]
    answers += [
        await other.get(path)
        for id in (family, person)
        for path in (
            f"/api/v1/files/{id}/members",
            f"/api/v1/sync/history?record={id}",
            f"/api/v1/audit/record?record={id}",
            "/api/v1/sync/quarantine",
            "/api/v1/admin/accounts",
        )
    ]
    found = "".join(answer.text for answer in answers)
    assert not [each for each in SECRETS if each in found]


async def test_nothing_that_is_sent_is_in_the_numbers(world: World, phone: Phone, area: UUID) -> None:
    family, _ = await planted(phone, area)
    for method, path, more in requests_with_secrets(area, family):
        await phone.request(method, path, **more)
    numbers = (await (await world.stranger("127.0.0.1")).get("/metrics")).text
    assert "liandong_requests_total" in numbers
    assert not [each for each in (*SECRETS, str(family), str(area)) if each in numbers]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", numbers)
