"""The application as a whole: errors are problems, answers are packed, health tells the truth."""

import json
import zlib
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx
import msgspec
import pytest
import structlog
import zstandard
from litestar import get

from schemas.problems import KINDS
from service.app import create_app
from service.logs import AccessLog
from service.settings import Settings
from tests.sync.changes import household, new_id
from tests.sync.shelf import Shelf
from tests.world import World, running, settings_for

PROBLEM = "application/problem+json"


async def ask(world: World, method: str, path: str, **others: Any) -> httpx.Response:
    return await (await world.stranger()).request(method, path, **others)


def assert_is_problem(answer: httpx.Response, status: int, type: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    body = answer.json()
    assert (body["type"], body["status"]) == (type, status)
    assert body["title"] == KINDS[type].zh
    assert set(body) == {"type", "title", "status", "detail", "errors", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("GET", "/schema", 404, "not-found"),
        ("GET", "/api/v1/auth/login", 405, "method-not-allowed"),
        ("DELETE", "/api/v1/sync", 405, "method-not-allowed"),
        ("BREW", "/api/v1/sync", 405, "method-not-allowed"),
        ("DELETE", "/api/v1/auth/devices/not-an-id", 404, "not-found"),
        ("GET", "/api/v1/areas", 401, "sign-in-required"),
    ],
)
async def test_every_error_is_a_problem(world: World, method: str, path: str, status: int, type: str) -> None:
    assert_is_problem(await ask(world, method, path), status, type)


async def test_a_method_that_is_not_allowed_names_those_that_are(world: World) -> None:
    answer = await ask(world, "GET", "/api/v1/auth/login")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        ("", "没有找到"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "没有找到"),
        ("en", "Not found"),
        ("en-GB, zh;q=0.5", "Not found"),
        ("fr, en;q=0.1", "Not found"),
        ("en;q=0", "没有找到"),
        ("en;q=nan", "没有找到"),
    ],
)
async def test_a_problem_is_told_in_the_language_preferred(world: World, accepted: str, title: str) -> None:
    answer = await ask(world, "GET", "/nowhere", headers={"Accept-Language": accepted})
    assert answer.json()["title"] == title
    assert answer.headers["content-language"] == ("en" if title == "Not found" else "zh-CN")


async def test_an_error_that_nobody_thought_of_is_internal_and_tells_nothing(
    database_url: str, tmp_path: Path
) -> None:
    @get("/broken")
    async def broken() -> None:
        raise KeyError("secret of a household")

    async with running(settings_for(database_url, tmp_path)) as world:
        world.app.register(broken)
        answer = await ask(world, "GET", "/broken")
        assert_is_problem(answer, 500, "internal")
        assert "secret" not in answer.text


async def test_an_internal_error_is_found_in_the_log_by_what_is_answered(
    database_url: str, tmp_path: Path
) -> None:
    @get("/broken")
    async def broken() -> None:
        raise KeyError

    async with running(settings_for(database_url, tmp_path)) as world:
        world.app.register(broken)
        logged = httpx.ASGITransport(cast(Any, AccessLog(world.app)))
        async with httpx.AsyncClient(transport=logged, base_url="http://liandong.test") as client:
            answer = await client.get("/broken", headers={"X-Request-ID": "from-the-phone-1"})
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == "from-the-phone-1"


async def test_a_broken_seal_is_said_as_such_and_tells_nothing(world: World) -> None:
    area, record = await world.make_area(), new_id()
    boss = await world.make_account("supervisor", area)
    phone = Shelf(await world.sign_in(boss))
    await phone.settle(household(area, record, from_later="酒后打人"))
    await world.pool.execute("UPDATE record SET body_confidential = body_confidential || '\\x00'")
    another = await world.sign_in(boss)
    with structlog.testing.capture_logs() as logged:
        answer = await another.post("/api/v1/sync", json={})
    assert_is_problem(answer, 500, "sealed-part-broken")
    assert "liandong audit verify" in answer.json()["detail"]
    assert [line for line in logged if line["log_level"] == "error"] == [
        {"event": "sealed part broken", "log_level": "error", "what": "part/confidential"}
    ]
    worker = await world.sign_in(await world.make_account("community_officer", area))
    assert (await worker.post("/api/v1/sync", json={})).status_code == 200


async def test_without_its_database_the_server_says_when_to_come_back(
    database_url: str, tmp_path: Path, pool: asyncpg.Pool
) -> None:
    async with running(settings_for(database_url, tmp_path)) as world:
        phone = await world.sign_in(await world.make_account())
        await world.application.close()
        answer = await phone.get("/api/v1/auth/devices")
        assert_is_problem(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert (await phone.get("/health/ready")).status_code == 503
        assert (await phone.get("/health/live")).status_code == 200


async def test_connections_that_the_database_cut_are_replaced(world: World, pool: asyncpg.Pool) -> None:
    phone = await world.sign_in(await world.make_account())
    await pool.execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        """
    )
    for _ in range(3):
        answer = await phone.get("/api/v1/auth/devices")
        assert answer.status_code in (200, 503)
    assert answer.status_code == 200


async def test_ready_means_that_the_schema_is_this_versions(world: World) -> None:
    assert (await ask(world, "GET", "/health/ready")).json() == {"status": "ready"}
    await world.pool.execute("UPDATE alembic_version SET version_num = 'other'")
    assert_is_problem(await ask(world, "GET", "/health/ready"), 503, "unavailable")


async def test_a_large_answer_is_packed_as_the_client_accepts(world: World) -> None:
    stranger = await world.stranger()
    plain = await stranger.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for accepted, encoding in {"gzip, zstd": "zstd", "gzip": "gzip", "zstd;q=0, gzip": "gzip"}.items():
        async with stranger.stream("GET", "/openapi.json", headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
        unpacked = (
            zstandard.ZstdDecompressor().decompress(raw)
            if encoding == "zstd"
            else zlib.decompress(raw, wbits=zlib.MAX_WBITS | 16)
        )
        assert unpacked == plain.content
        assert len(raw) < len(plain.content) / 3


async def test_a_small_answer_is_sent_as_it_is(world: World) -> None:
    answer = await ask(world, "GET", "/health/live", headers={"Accept-Encoding": "zstd, gzip"})
    assert "content-encoding" not in answer.headers


async def test_what_one_person_is_told_is_kept_nowhere_on_the_way(world: World) -> None:
    phone = await world.sign_in(await world.make_account("social_worker", await world.make_area()))
    assert (await phone.get("/api/v1/areas")).headers["cache-control"] == "no-store"


async def test_messagepack_is_answered_in_messagepack(world: World) -> None:
    phone = await world.sign_in(await world.make_account("social_worker", await world.make_area()))
    packed = await phone.get("/api/v1/areas", headers={"Accept": "application/msgpack"})
    assert packed.headers["content-type"] == "application/msgpack"
    assert msgspec.msgpack.decode(packed.content) == (await phone.get("/api/v1/areas")).json()


async def test_a_format_that_there_is_none_of_is_not_acceptable(world: World) -> None:
    answer = await ask(world, "GET", "/health/live", headers={"Accept": "application/xml"})
    assert_is_problem(answer, 406, "not-acceptable")


@pytest.mark.parametrize("accepted", ["*/*", "application/*", "text/html, */*;q=0.1", "application/json"])
async def test_json_is_what_one_gets_without_asking_for_more(world: World, accepted: str) -> None:
    answer = await ask(world, "GET", "/health/live", headers={"Accept": accepted})
    assert answer.headers["content-type"].startswith("application/json")


async def test_the_documentation_loads_nothing_from_elsewhere(world: World) -> None:
    answer = await ask(world, "GET", "/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


def test_every_route_documents_itself() -> None:
    document = documented_api()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            named = f"{method} {path}"
            assert operation["operationId"] and operation["description"], named
            chinese, _, english = operation["summary"].partition(" ")
            assert not chinese.isascii() and english.isascii(), named
            assert operation["tags"] and {"500", "503"} <= set(operation["responses"]), named


def test_every_route_of_the_api_that_asks_who_calls_says_so() -> None:
    signing_in = {"login", "enrol_otp", "confirm_otp", "refresh", "jwks"}
    open_to_strangers = signing_in | {"live", "ready", "metrics", "upload_options", "verify_certificate"}
    for methods in documented_api()["paths"].values():
        for operation in methods.values():
            if operation["operationId"] in open_to_strangers:
                assert not operation.get("security")
            else:
                assert operation["security"] == [{"access_token": []}]
                assert {"401", "410"} <= set(operation["responses"])


def test_every_problem_in_the_document_is_a_declared_one() -> None:
    text = json.dumps(documented_api(), ensure_ascii=False)
    assert "`malformed`" in text
    for methods in documented_api()["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                for named in response["description"].split("; "):
                    if named.startswith("`"):
                        assert named.split("`")[1] in KINDS


def documented_api() -> dict[str, Any]:
    app = create_app(Settings(data=Path("/nowhere"), database_url="postgresql://nowhere"))
    found: dict[str, Any] = app.openapi_schema.to_schema()
    return found
