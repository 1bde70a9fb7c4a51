"""What a client sends: bounded, unpacked, decoded, and what is wrong with it named. Never a 500."""

import asyncio
import json
import random
import tracemalloc
import uuid
import zlib
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from schemas.problems import INVALID, MALFORMED, UNSUPPORTED_MEDIA, Problem
from service.http.body import decoded
from sync.wire import MAX_BODY
from tests.world import World, login_body

LOGIN = "/api/v1/auth/login"
BODY = json.dumps(login_body("nobody", uuid.UUID(int=1))).encode()


def gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


def zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


PACKERS = {"gzip": gzipped, "zstd": zstd}


async def send(world: World, content: Any, **headers: str) -> httpx.Response:
    stranger = await world.stranger()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await stranger.post(LOGIN, content=content, headers={"content-type": "application/json"} | named)


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


@pytest.mark.parametrize("encoding", PACKERS)
async def test_a_packed_body_is_unpacked(world: World, encoding: str) -> None:
    answer = await send(world, PACKERS[encoding](BODY), content_encoding=encoding)
    assert kind(answer) == (401, "login-failed")


async def test_a_body_in_messagepack_is_understood(world: World) -> None:
    body = msgspec.msgpack.encode(json.loads(BODY))
    answer = await send(world, body, content_type="application/msgpack")
    assert kind(answer) == (401, "login-failed")


@pytest.mark.parametrize("encoding", PACKERS)
async def test_a_bomb_is_refused_before_it_unfolds(world: World, encoding: str) -> None:
    bomb = PACKERS[encoding](bytes(400 * 1024 * 1024))
    assert len(bomb) < 500 * 1024
    tracemalloc.start()
    answer = await send(world, bomb, content_encoding=encoding)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kind(answer) == (413, "too-large")
    assert most < 6 * MAX_BODY


@pytest.mark.parametrize("encoding", [None, *PACKERS])
async def test_nine_mebibytes_are_too_large_however_they_are_packed(
    world: World, encoding: str | None
) -> None:
    body = random.Random(1).randbytes(9 * 1024 * 1024)
    packed = PACKERS[encoding](body) if encoding else body
    answer = await send(world, packed, **({"content_encoding": encoding} if encoding else {}))
    assert kind(answer) == (413, "too-large")


async def test_a_body_without_a_length_is_stopped_at_the_limit(world: World) -> None:
    chunk = bytes(64 * 1024)

    async def endless() -> Any:
        for _ in range(100 * 1024 * 1024 // len(chunk)):
            yield chunk

    address = await world.serve()
    tracemalloc.start()
    async with httpx.AsyncClient() as client:
        answer = await client.post(address + LOGIN, content=endless())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kind(answer) == (413, "too-large")
    assert most < 4 * MAX_BODY


async def test_an_announced_length_beyond_the_limit_is_refused_unread(world: World) -> None:
    answer = await send(world, b"{}", content_length=str(MAX_BODY + 1))
    assert kind(answer) == (413, "too-large")


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize("cut", [1, 10, -1], ids=["one byte", "ten bytes", "all but one"])
async def test_a_stream_that_is_cut_short_is_malformed(world: World, encoding: str, cut: int) -> None:
    answer = await send(world, PACKERS[encoding](BODY)[:cut], content_encoding=encoding)
    assert kind(answer) == (400, "malformed")


@pytest.mark.parametrize("encoding", PACKERS)
async def test_a_stream_with_something_behind_it_is_malformed(world: World, encoding: str) -> None:
    answer = await send(world, PACKERS[encoding](BODY) + b"more", content_encoding=encoding)
    assert kind(answer) == (400, "malformed")


@pytest.mark.parametrize("encoding", PACKERS)
async def test_a_body_that_is_not_packed_as_it_says_is_malformed(world: World, encoding: str) -> None:
    assert kind(await send(world, BODY, content_encoding=encoding)) == (400, "malformed")
    assert kind(await send(world, b"", content_encoding=encoding)) == (400, "malformed")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, zstd", "nonsense"])
async def test_another_packing_is_refused_with_those_that_are_taken(world: World, encoding: str) -> None:
    answer = await send(world, BODY, content_encoding=encoding)
    assert kind(answer) == (415, "unsupported-media")
    assert answer.headers["accept-encoding"] == "zstd, gzip"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "x"])
async def test_another_content_type_is_refused(world: World, content_type: str) -> None:
    answer = await send(world, BODY, content_type=content_type)
    assert kind(answer) == (415, "unsupported-media")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"more": ' + b"[" * 200_000,
        b"\xff\xfe",
        b'{"username": "\xff"}',
        b'{"username": "\\ud800"}',
        b"nul",
        b"\0",
    ],
    ids=["cut", "deep", "bytes", "not utf-8", "lone surrogate", "no word", "nul"],
)
async def test_a_body_that_cannot_be_read_is_malformed(world: World, body: bytes) -> None:
    assert kind(await send(world, body)) == (400, "malformed")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"1e999", b'"text"', b"{}"])
async def test_a_body_that_is_something_else_is_invalid(world: World, body: bytes) -> None:
    answer = await send(world, body)
    assert kind(answer) == (422, "invalid")
    assert answer.json()["errors"]


async def test_a_body_that_is_missing_is_named(world: World) -> None:
    [error] = (await send(world, b"")).json()["errors"]
    assert (error["pointer"], error["code"]) == ("", "required")


async def test_a_client_that_goes_away_in_mid_body_leaves_no_error_behind(world: World) -> None:
    address = await world.serve()
    host, _, port = address.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)
    async with httpx.AsyncClient() as client:
        assert (await client.get(address + "/health/live")).status_code == 200


class Inner(msgspec.Struct):
    numbers: list[int]


class Outer(msgspec.Struct):
    inner: Inner
    named: dict[str, Inner] = {}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b"[]", "", "type"),
        (b"{}", "/inner", "required"),
        (b'{"inner": {}}', "/inner/numbers", "required"),
        (b'{"inner": {"numbers": [1, "2"]}}', "/inner/numbers/1", "type"),
        (b'{"inner": {"numbers": []}, "named": {"a": {"numbers": [true]}}}', "/named", "type"),
        (b'{"inner": {"numbers": [1.5]}}', "/inner/numbers/0", "type"),
    ],
)
def test_a_pointer_leads_to_the_value_at_fault(body: bytes, pointer: str, code: str) -> None:
    with pytest.raises(Problem) as raised:
        decoded(body, Outer)
    [error] = raised.value.errors
    assert (error.pointer, error.code) == (pointer, code)


@given(st.binary(max_size=300), st.sampled_from(["application/json", "application/msgpack"]))
def test_no_bytes_do_more_than_raise_a_problem(body: bytes, content_type: str) -> None:
    try:
        decoded(body, Outer, content_type)
    except Problem as problem:
        assert problem.kind in (MALFORMED, INVALID)


@given(st.text(max_size=40))
def test_a_content_type_is_understood_or_refused(content_type: str) -> None:
    try:
        decoded(b'{"inner": {"numbers": []}}', Outer, content_type)
    except Problem as problem:
        assert problem.kind in (UNSUPPORTED_MEDIA, MALFORMED, INVALID)
