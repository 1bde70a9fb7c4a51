"""tus 1.0.0, by its own words, by hand and by a client that is not ours, over links that break."""

import asyncio
import base64
import hashlib
import io
import itertools
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tusclient import client as tusclient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from service.attachments.part import PIECE
from service.routes import attachments as routes
from tests.cutting import cutting
from tests.sending import (
    OCTETS,
    PDF,
    TUS,
    UPLOADS,
    begun,
    had,
    metadata,
    offset_at,
    patched,
    pdf,
    photo,
    place_of,
    sent,
)
from tests.service import office as offices
from tests.service.office import Office
from tests.sync.changes import new_id
from tests.world import World


@pytest.fixture
async def office(world: World) -> Office:
    return await offices.made(world)


async def place(office: Office, length: int, **said: Any) -> str:
    """Where an upload that has begun is to be sent."""
    answer = await begun(office.phone, length, **office.about(**said))
    assert answer.status_code == 201, answer.text
    found: str = answer.headers["location"]
    return found


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


# What is spoken


async def test_whoever_asks_is_told_what_is_spoken_here(world: World) -> None:
    answer = await (await world.stranger()).options(UPLOADS)
    assert answer.status_code == 204
    assert {name: answer.headers[name] for name in answer.headers if name.startswith("tus-")} == {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": "creation,creation-with-upload,checksum,expiration,termination",
        "tus-max-size": "50000000",
        "tus-checksum-algorithm": "sha1,sha256",
    }


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0", ""])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
async def test_another_version_is_refused_with_the_one_that_is_spoken(
    office: Office, method: str, version: str | None
) -> None:
    path = UPLOADS if method == "POST" else await place(office, 10)
    headers = {} if version is None else {"Tus-Resumable": version}
    answer = await office.phone.request(method, path, headers=headers)
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


async def test_every_answer_says_which_tus_it_is_errors_too(office: Office) -> None:
    stranger = await office.world.stranger()
    answers = [
        await begun(office.phone, 10, **office.about()),
        await begun(stranger, 10, **office.about()),
        await office.phone.head(f"{UPLOADS}/{new_id()}", headers=TUS),
        await office.phone.post(UPLOADS, headers=TUS),
    ]
    assert [answer.status_code for answer in answers] == [201, 401, 404, 400]
    assert {answer.headers.get("tus-resumable") for answer in answers} == {"1.0.0"}


# Creation


async def test_an_upload_begins_at_nothing_and_says_when_it_ends(office: Office) -> None:
    said = office.about(filename="户口簿.pdf")
    answer = await begun(office.phone, 100, **said)
    assert answer.status_code == 201
    ends = parsedate_to_datetime(answer.headers["upload-expires"])
    assert 6 < (ends - datetime.now(UTC)).days + 1 <= 7
    told = await office.phone.head(answer.headers["location"], headers=TUS)
    assert {name: told.headers[name] for name in ("upload-offset", "upload-length", "upload-metadata")} == {
        "upload-offset": "0",
        "upload-length": "100",
        "upload-metadata": metadata(**said),
    }
    assert told.headers["cache-control"] == "no-store"
    assert parsedate_to_datetime(told.headers["upload-expires"]) == ends


async def test_the_first_bytes_may_come_along(office: Office) -> None:
    content, said = pdf(100_000), office.about()
    headers = {**TUS, **OCTETS, "Upload-Length": str(len(content)), "Upload-Metadata": metadata(**said)}
    answer = await office.phone.post(UPLOADS, content=content[:60_000], headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "60000")
    rest = await patched(office.phone, answer.headers["location"], 60_000, content[60_000:])
    assert (rest.status_code, rest.headers["upload-offset"]) == (204, "100000")
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == content


async def test_all_of_it_may_come_along(office: Office) -> None:
    said = office.about()
    headers = {**TUS, **OCTETS, "Upload-Length": str(len(PDF)), "Upload-Metadata": metadata(**said)}
    answer = await office.phone.post(UPLOADS, content=PDF, headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(PDF)))
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == PDF


BAD_HEADERS: dict[str, tuple[dict[str, str], int]] = {
    "no length": ({"Upload-Length": ""}, 400),
    "a length that is no number": ({"Upload-Length": "many"}, 400),
    "a length below nothing": ({"Upload-Length": "-1"}, 400),
    "a length in other digits": ({"Upload-Length": "٣"}, 400),
    "a length that is told later": ({"Upload-Defer-Length": "1"}, 400),
    "a part of a file": ({"Upload-Concat": "partial"}, 400),
    "nothing at all": ({"Upload-Length": "0"}, 422),
    "more than a file may be": ({"Upload-Length": "50000001"}, 413),
    "no metadata": ({"Upload-Metadata": ""}, 422),
    "metadata that is no base64": ({"Upload-Metadata": "id ???"}, 422),
    "metadata that is no text": ({"Upload-Metadata": "id /w=="}, 422),
    "a key twice": ({"Upload-Metadata": "id YQ==,id YQ=="}, 422),
    "an id that is none": ({"Upload-Metadata": "id YQ=="}, 422),
    "metadata without end": ({"Upload-Metadata": "a " + "YQ==" * 2000}, 422),
}


@pytest.mark.parametrize("what", BAD_HEADERS)
async def test_what_is_wrong_with_a_beginning_is_said(office: Office, what: str) -> None:
    given, status = BAD_HEADERS[what]
    right = {**TUS, "Upload-Length": "10", "Upload-Metadata": metadata(**office.about())}
    encoded = {name.encode(): value.encode() for name, value in {**right, **given}.items()}
    answer = await office.phone.post(UPLOADS, headers=encoded)
    assert answer.status_code == status, answer.text
    assert answer.json()["title"]


FIELDS = {
    "no such collection": {"collection": "nothing"},
    "no such field": {"field": "nothing"},
    "a field in which words stand": {"field": "reason"},
    "a record that the server makes": {"collection": "conflict", "field": "change"},
}


@pytest.mark.parametrize("what", FIELDS)
async def test_a_field_in_which_no_files_stand_is_named(office: Office, what: str) -> None:
    answer = await begun(office.phone, 10, **{**office.about(), **FIELDS[what]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Upload-Metadata/field"


# Going on


@given(cuts=st.lists(st.integers(1, 700_000), max_size=8), with_checksums=st.booleans())
@hypothesis.settings(
    max_examples=max(5, hypothesis.settings().max_examples // 10),
    suppress_health_check=list(hypothesis.HealthCheck),
)
async def test_in_whatever_pieces_a_file_comes_it_is_the_same(
    office: Office, cuts: list[int], with_checksums: bool
) -> None:
    content, said = pdf(700_001), office.about()
    where = (await begun(office.phone, len(content), **said)).headers["location"]
    edges = sorted({0, *cuts, len(content)})
    for start, end in itertools.pairwise(edges):
        piece = content[start:end]
        more = {"Upload_Checksum": checksum(piece)} if with_checksums else {}
        answer = await patched(office.phone, where, start, piece, **more)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        assert await offset_at(office.phone, where) == end
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == content


@pytest.mark.parametrize("offset", [0, 4, 6, 99])
async def test_who_is_elsewhere_than_the_upload_is_told_where_it_is(office: Office, offset: int) -> None:
    where = await place(office, 10)
    await patched(office.phone, where, 0, b"%PDF-")
    answer = await patched(office.phone, where, offset, b"1")
    assert (answer.status_code, answer.headers["upload-offset"]) == (409, "5")
    assert await offset_at(office.phone, where) == 5


@pytest.mark.parametrize("media_type", ["application/json", "application/octet-stream", ""])
async def test_other_content_than_bytes_at_an_offset_is_refused(office: Office, media_type: str) -> None:
    where = await place(office, 10)
    answer = await patched(office.phone, where, 0, b"12345", Content_Type=media_type)
    assert answer.status_code == 415
    assert await offset_at(office.phone, where) == 0


async def test_packed_bytes_are_refused(office: Office) -> None:
    where = await place(office, 10)
    answer = await patched(office.phone, where, 0, b"12345", Content_Encoding="gzip")
    assert answer.status_code == 415


async def test_more_than_was_announced_is_refused(office: Office) -> None:
    where = await place(office, 10)
    answer = await patched(office.phone, where, 0, bytes(11))
    assert (answer.status_code, answer.json()["type"]) == (413, "file-too-large")

    async def unannounced() -> AsyncIterator[bytes]:
        yield bytes(6)
        yield bytes(6)

    headers = {**TUS, **OCTETS, "Upload-Offset": "0"}
    answer = await office.phone.patch(where, content=unannounced(), headers=headers)
    assert answer.status_code == 413
    assert await offset_at(office.phone, where) < 10


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_what_was_damaged_on_its_way_never_came(office: Office, algorithm: str) -> None:
    content = pdf(600_000)
    where = await place(office, len(content))
    first = content[:300_000]
    await patched(office.phone, where, 0, first, Upload_Checksum=checksum(first, algorithm))
    damaged = content[300_000:-1] + b"?"
    right = checksum(content[300_000:], algorithm)
    answer = await patched(office.phone, where, 300_000, damaged, Upload_Checksum=right)
    assert (answer.status_code, answer.json()["type"]) == (460, "checksum-mismatch")
    assert await offset_at(office.phone, where) == 300_000
    answer = await patched(office.phone, where, 300_000, content[300_000:], Upload_Checksum=right)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "600000")


@pytest.mark.parametrize("said", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 ???", "sha256 YQ==", "sha1", ""])
async def test_a_checksum_that_cannot_be_checked_is_refused(office: Office, said: str) -> None:
    where = await place(office, 10)
    answer = await patched(office.phone, where, 0, b"12345", Upload_Checksum=said)
    assert answer.status_code == 400
    assert await offset_at(office.phone, where) == 0


async def test_of_two_who_send_at_once_one_is_told_to_wait(office: Office) -> None:
    content, said = pdf(2 * PIECE), office.about()
    where = (await begun(office.phone, len(content), **said)).headers["location"]
    has_begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield content[:PIECE]
        has_begun.set()
        await go_on.wait()
        yield content[PIECE:]

    headers = {**TUS, **OCTETS, "Upload-Offset": "0"}
    first = asyncio.create_task(office.phone.patch(where, content=slowly(), headers=headers))
    await has_begun.wait()
    while await offset_at(office.phone, where) < PIECE:
        await asyncio.sleep(0.01)
    second = await patched(office.phone, where, PIECE, content[PIECE:])
    taking_back = await office.phone.delete(where, headers=TUS)
    go_on.set()
    assert (second.status_code, second.json()["type"]) == (423, "upload-busy")
    assert taking_back.status_code == 423
    assert (await first).status_code == 204
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == content


async def test_who_falls_silent_does_not_hold_the_upload(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "SILENT_SECONDS", 0.2)
    content = pdf(2 * PIECE)
    where = await place(office, len(content))
    ever = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield content[:100]
        await ever.wait()

    headers = {**TUS, **OCTETS, "Upload-Offset": "0"}
    hanging = asyncio.create_task(office.phone.patch(where, content=silent(), headers=headers))
    answer = await hanging
    assert answer.headers["upload-offset"] == "100"
    assert (await patched(office.phone, where, 100, content[100:])).status_code == 204


async def test_what_has_arrived_is_there_when_it_is_asked_for_again(office: Office) -> None:
    where = await place(office, len(PDF))
    await patched(office.phone, where, 0, PDF)
    assert await offset_at(office.phone, where) == len(PDF)
    assert (await patched(office.phone, where, len(PDF), b"")).status_code == 204
    assert (await patched(office.phone, where, 0, PDF)).status_code == 409


# For who can only POST


async def test_another_method_may_be_named(office: Office) -> None:
    where = await place(office, len(PDF))

    async def post(method: str, content: bytes = b"", **headers: str) -> httpx.Response:
        named = {**TUS, "X-HTTP-Method-Override": method, **headers}
        return await office.phone.post(where, content=content, headers=named)

    answer = await post("PATCH", PDF[:9], **{**OCTETS, "Upload-Offset": "0"})
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "9")
    assert (await post("HEAD")).headers["upload-offset"] == "9"
    assert (await post("PUT")).status_code == 405
    assert (await post("DELETE")).status_code == 204
    assert (await office.phone.head(where, headers=TUS)).status_code == 404


# Ends


async def test_an_upload_may_be_taken_back_until_it_has_arrived(office: Office) -> None:
    depot = office.world.app.state.depot
    where = await place(office, len(PDF))
    await patched(office.phone, where, 0, PDF[:9])
    assert [*depot.uploads.iterdir()]
    assert (await office.phone.delete(where, headers=TUS)).status_code == 204
    assert [*depot.uploads.iterdir()] == []
    for answer in (
        await office.phone.head(where, headers=TUS),
        await patched(office.phone, where, 9, PDF[9:]),
        await office.phone.delete(where, headers=TUS),
    ):
        assert answer.status_code == 404
    where = await place(office, len(PDF))
    await patched(office.phone, where, 0, PDF)
    answer = await office.phone.delete(where, headers=TUS)
    assert (answer.status_code, answer.json()["type"]) == (409, "upload-finished")


async def test_an_upload_whose_time_is_up_is_gone(office: Office) -> None:
    where = await place(office, len(PDF))
    await patched(office.phone, where, 0, PDF[:9])
    await office.world.pool.execute("UPDATE upload SET expires_at = clock_timestamp() - interval '1 s'")
    for answer in (
        await office.phone.head(where, headers=TUS),
        await patched(office.phone, where, 9, PDF[9:]),
        await office.phone.delete(where, headers=TUS),
    ):
        assert answer.status_code == 410


async def test_the_same_file_may_be_sent_again_and_another_under_its_id_may_not(office: Office) -> None:
    said = office.about()
    await sent(office.phone, PDF, **said)
    await sent(office.phone, PDF, **said)
    where = (await begun(office.phone, 1000, **said)).headers["location"]
    answer = await patched(office.phone, where, 0, pdf(1000))
    assert (answer.status_code, answer.json()["type"]) == (409, "file-differs")
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == PDF


async def test_a_device_sends_no_more_than_its_share_a_day(office: Office) -> None:
    depot = office.world.app.state.depot
    depot.quota = 2_000
    assert (await begun(office.phone, 1_500, **office.about())).status_code == 201
    answer = await begun(office.phone, 501, **office.about())
    assert (answer.status_code, answer.json()["type"]) == (429, "quota-exceeded")
    assert int(answer.headers["retry-after"]) > 0
    assert (await begun(office.phone, 500, **office.about())).status_code == 201
    other = await office.world.sign_in(office.phone.person)
    assert (await begun(other, 500, **office.about())).status_code == 201
    await office.world.pool.execute("UPDATE upload SET made_at = made_at - interval '25 hours'")
    assert (await begun(office.phone, 2_000, **office.about())).status_code == 201


async def test_of_many_that_begin_at_once_only_what_is_its_share_does(office: Office) -> None:
    office.world.app.state.depot.quota = 5_000
    answers = await asyncio.gather(*(begun(office.phone, 1_000, **office.about()) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 7


# A client that is not ours, over links that break


def uploaded(address: str, token: str, content: bytes, said: dict[str, Any], **options: Any) -> int:
    """Send a file as tuspy does, and begin it again wherever it breaks off; how often it did."""
    client = tusclient.TusClient(f"{address}{UPLOADS}", headers={"Authorization": f"Bearer {token}"})
    words = {name: str(each) for name, each in said.items()}
    url, breaks = None, 0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            uploader = client.uploader(file_stream=io.BytesIO(content), metadata=words, url=url, **options)
            url = uploader.url
            if url is None:
                url = uploader.create_url()
                continue
            uploader.upload()
            return breaks
        except (TusCommunicationError, TusUploadFailed, OSError):
            breaks += 1
    raise AssertionError("it never arrives")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("with_checksums", [False, True])
async def test_a_file_arrives_whole_over_a_link_that_breaks_at_any_byte(
    office: Office, seed: int, with_checksums: bool
) -> None:
    content, said = pdf(400_000 + seed, seed), office.about()
    token = office.phone.answer["access_token"]
    size = (30_000, 90_000, 400_006)[seed % 3] if not with_checksums else 30_000
    options = {"chunk_size": size, "upload_checksum": with_checksums}
    async with cutting(await office.world.serve(), seed, 120_000) as (address, link):
        breaks = await asyncio.to_thread(uploaded, address, token, content, said, **options)
    assert breaks > 0 and link.cuts > 0
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == content


async def test_what_came_before_a_cut_stays(office: Office) -> None:
    content = pdf(3 * PIECE)
    where = await place(office, len(content))
    address = (await office.world.serve()).removeprefix("http://")
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = {
        **TUS,
        **OCTETS,
        "Host": address,
        "Authorization": f"Bearer {office.phone.answer['access_token']}",
        "Upload-Offset": "0",
        "Content-Length": str(len(content)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"PATCH {where} HTTP/1.1\r\n{head}\r\n".encode() + content[: 2 * PIECE + 1000])
    await writer.drain()
    while await offset_at(office.phone, where) < 2 * PIECE:
        await asyncio.sleep(0.01)
    writer.transport.abort()
    while (answer := await patched(office.phone, where, 0, b"")).status_code == 423:
        await asyncio.sleep(0.01)
    offset = int(answer.headers["upload-offset"])
    assert 2 * PIECE <= offset <= 2 * PIECE + 1000
    assert (await patched(office.phone, where, offset, content[offset:])).status_code == 204
    del reader


async def test_a_photo_is_sent_by_that_client_and_had_small(office: Office) -> None:
    said = office.about(filename="照片.jpg")
    address, token = await office.world.serve(), office.phone.answer["access_token"]
    assert await asyncio.to_thread(uploaded, address, token, photo(), said, chunk_size=10_000) == 0
    await office.name(said["id"])
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        answer = await client.get(place_of(office.referral, said["id"]), params={"small": "true"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
