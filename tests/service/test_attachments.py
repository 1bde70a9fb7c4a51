"""Files of records: looked at when they come, and had in a form that nothing is done with but to save it."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image

from schemas.collections import COLLECTIONS
from service.attachments import pictures
from service.attachments.fields import field_of_files
from tests.sending import GPS, MADE_BY, PDF, box, film, had, pdf, photo, send
from tests.service import office as offices
from tests.service.office import Office
from tests.world import World

SCRIPT = b"<script>alert(document.domain)</script>"


@pytest.fixture
async def office(world: World) -> Office:
    return await offices.made(world)


def test_files_stand_in_the_fields_of_photos_and_papers_and_in_no_other() -> None:
    found = {
        (collection, name)
        for collection, declared in COLLECTIONS.items()
        for name in declared.fields
        if field_of_files(collection, name) is not None
    }
    assert found == {
        ("child_visit", "photos"),
        ("elder_visit", "photos"),
        ("referral", "photos"),
        ("case_note", "photos"),
        ("group_session", "photos"),
        ("community_activity", "photos"),
        ("deliberation", "photos"),
        ("community_organisation", "papers"),
        ("funeral_publicity", "photos"),
        ("disability_survey", "photos"),
        ("consent", "papers"),
    }


# What is taken

SOUNDS = {
    "audio/mpeg": b"ID3\x03" + bytes(200),
    "audio/aac": b"\xff\xf1\x50\x80" + bytes(200),
    "audio/amr": b"#!AMR\n" + bytes(200),
    "audio/ogg": b"OggS\0\2" + bytes(22) + b"\x01\x13OpusHead" + bytes(100),
    "audio/mp4": film(b"soun"),
    "audio/3gpp": film(b"soun", brand=b"3gp4"),
    "application/pdf": PDF,
}


@pytest.mark.parametrize("media_type", SOUNDS)
async def test_sound_and_papers_are_had_as_they_were_sent(office: Office, media_type: str) -> None:
    id = await office.keep(SOUNDS[media_type])
    answer = await had(office.phone, office.referral, id)
    assert (answer.headers["content-type"], answer.content) == (media_type, SOUNDS[media_type])


REFUSED: dict[str, bytes] = {
    "a page": b"<!DOCTYPE html><html>" + SCRIPT,
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "a program": b"\x7fELF" + bytes(200),
    "a workbook": b"PK\x03\x04" + bytes(200),
    "an animation": b"GIF89a" + bytes(200),
    "a film": film(b"soun", b"vide"),
    "a film that is called sound": film(b"vide", brand=b"M4A "),
    "a film without tracks": film(),
    "a film in Ogg": b"OggS\0\2" + bytes(22) + b"\x01\x2a\x80theora" + bytes(100),
    "a photo of Apple's": box(b"ftyp", b"heic" + bytes(8)),
    "a paper behind a page": SCRIPT + PDF,
    "words": "只是文字".encode(),
    "one byte": b"\xff",
    "a photo cut short": photo()[:-5000],
    "a photo with a broken head": b"\xff\xd8\xff\xe0" + bytes(100),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_nothing_else_is_taken_and_why_is_said_in_both_languages(office: Office, what: str) -> None:
    said = office.about(filename="photo.jpg", filetype="image/jpeg")
    answer = await send(office.phone, REFUSED[what], **said)
    assert (answer.status_code, answer.json()["type"]) == (422, "file-refused")
    assert answer.json()["detail"]
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).status_code == 404


async def test_what_is_refused_leaves_nothing_behind(office: Office) -> None:
    await send(office.phone, REFUSED["a page"], **office.about())
    depot = office.world.app.state.depot
    assert [*depot.uploads.iterdir()] == []
    assert await office.world.pool.fetchval("SELECT count(*) FROM upload") == 0
    assert await office.world.pool.fetchval("SELECT count(*) FROM attachment") == 0


# Photos

FORMS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


async def kept_of(office: Office, content: bytes, **said: Any) -> bytes:
    id = await office.keep(content, **said)
    return (await had(office.phone, office.referral, id)).content


@pytest.mark.parametrize("form", FORMS)
async def test_a_photo_tells_neither_where_nor_by_what_it_was_taken(office: Office, form: str) -> None:
    sent = photo(form)
    assert MADE_BY.encode() in sent
    kept = await kept_of(office, sent)
    assert MADE_BY.encode() not in kept
    picture = Image.open(io.BytesIO(kept))
    assert (picture.format, picture.size, dict(picture.getexif())) == (form, (640, 480), {})
    assert not {"xmp", "comment", "photoshop"} & picture.info.keys()


@pytest.mark.parametrize("form", FORMS)
async def test_where_it_was_taken_stays_where_the_form_asks_for_it(office: Office, form: str) -> None:
    kept = await kept_of(office, photo(form), keep_location="true")
    assert dict(Image.open(io.BytesIO(kept)).getexif().get_ifd(GPS))[2] == (36.0, 3.0, 39.0)


@pytest.mark.parametrize("keep_location", ["true", "false"])
async def test_a_photo_is_turned_as_its_camera_noted(office: Office, keep_location: str) -> None:
    kept = await kept_of(office, photo(turned=True), keep_location=keep_location)
    picture = Image.open(io.BytesIO(kept))
    assert (picture.size, picture.getexif().get(0x0112)) == ((480, 640), None)


@pytest.mark.parametrize("form", FORMS)
async def test_what_hides_behind_a_picture_goes(office: Office, form: str) -> None:
    sent = photo(form) + SCRIPT + b"PK\x03\x04"
    kept = await kept_of(office, sent)
    assert SCRIPT not in kept and b"PK\x03\x04" not in kept


async def test_what_hides_in_a_comment_goes(office: Office) -> None:
    content = io.BytesIO()
    Image.new("RGB", (20, 20)).save(content, "JPEG", comment=SCRIPT)
    assert SCRIPT in content.getvalue()
    assert SCRIPT not in await kept_of(office, content.getvalue())


async def test_a_photo_keeps_the_quality_that_it_had(office: Office) -> None:
    sent = photo()
    kept = await kept_of(office, sent)
    assert Image.open(io.BytesIO(kept)).quantization == Image.open(io.BytesIO(sent)).quantization  # type: ignore[attr-defined]


def bomb(width: int, height: int) -> bytes:
    """A PNG of some kilobytes that is `width` by `height` pixels of nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        said = name + content
        return len(content).to_bytes(4) + said + zlib.crc32(said).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + b"\x01\0\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8_000, 20_000, 60_000, 2**31 - 1])
async def test_a_picture_that_would_unpack_to_too_much_is_refused(office: Office, side: int) -> None:
    answer = await send(office.phone, bomb(side, side), **office.about())
    assert (answer.status_code, answer.json()["type"]) == (422, "file-refused")


async def test_a_picture_of_the_largest_size_is_taken(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 640 * 480)
    assert (await send(office.phone, photo(), **office.about())).status_code == 204
    answer = await send(office.phone, photo(size=(641, 480)), **office.about())
    assert answer.json()["type"] == "file-refused"


async def test_moving_pictures_are_refused(office: Office) -> None:
    content = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(content, "WEBP", save_all=True, append_images=frames[1:])
    assert (await send(office.phone, content.getvalue(), **office.about())).status_code == 422


@pytest.mark.parametrize("form", FORMS)
async def test_of_a_photo_there_is_a_small_one_for_slow_links(office: Office, form: str) -> None:
    sent = photo(form, (1600, 1200))
    id = await office.keep(sent)
    answer = await had(office.phone, office.referral, id, params={"small": "true"})
    small = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], small.size, dict(small.getexif())) == (
        "image/webp",
        (320, 240),
        {},
    )
    assert len(answer.content) < len(sent) / 5


async def test_of_a_paper_there_is_no_small_one(office: Office) -> None:
    id = await office.keep(PDF)
    assert (await had(office.phone, office.referral, id, params={"small": "true"})).status_code == 404


# Having a file


async def test_a_file_is_had_so_that_no_browser_runs_it(office: Office) -> None:
    id = await office.keep(PDF, filename='身份证 "复印件"\r\nX-Evil: 1.html')
    headers = (await had(office.phone, office.referral, id)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["content-disposition"].startswith("attachment; ")
    assert headers["content-disposition"].endswith(".pdf")
    assert "x-evil" not in headers


async def test_a_file_is_saved_under_the_name_that_its_sender_gave_it(office: Office) -> None:
    id = await office.keep(PDF, filename="户口簿.docx")
    said = (await had(office.phone, office.referral, id)).headers["content-disposition"]
    assert said == "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E6%88%B7%E5%8F%A3%E7%B0%BF.pdf"


SIZE = 200_000
RANGES = {
    "bytes=0-0": (0, 1),
    "bytes=0-": (0, SIZE),
    "bytes=65535-65536": (65_535, 65_537),
    "bytes=131072-131072": (131_072, 131_073),
    "bytes=199999-": (SIZE - 1, SIZE),
    "bytes=1000-999999999": (1000, SIZE),
    "bytes=-1": (SIZE - 1, SIZE),
    "bytes=-999999999": (0, SIZE),
}


@pytest.mark.parametrize("asked", RANGES)
async def test_a_part_of_a_file_is_had_by_its_range(office: Office, asked: str) -> None:
    content = pdf(SIZE)
    id = await office.keep(content)
    answer = await had(office.phone, office.referral, id, headers={"Range": asked})
    start, end = RANGES[asked]
    assert (answer.status_code, answer.content) == (206, content[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"


@pytest.mark.parametrize("asked", ["bytes=200000-", "bytes=999999-9999999", "bytes=-0"])
async def test_a_range_that_there_is_not_is_said_to_be_none(office: Office, asked: str) -> None:
    id = await office.keep(pdf(SIZE))
    answer = await had(office.phone, office.referral, id, headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("asked", ["bytes=5-3", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes", "x" * 999])
async def test_what_is_no_plain_range_is_answered_with_all(office: Office, asked: str) -> None:
    id = await office.keep(PDF)
    answer = await had(office.phone, office.referral, id, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, PDF)


async def test_a_range_of_another_file_than_this_is_answered_with_all(office: Office) -> None:
    id = await office.keep(PDF)
    etag = (await had(office.phone, office.referral, id)).headers["etag"]
    for if_range, status in ((etag, 206), ('"another"', 200), (f"W/{etag}", 200)):
        headers = {"Range": "bytes=0-3", "If-Range": if_range}
        assert (await had(office.phone, office.referral, id, headers=headers)).status_code == status


async def test_who_has_it_already_is_told_so(office: Office) -> None:
    id = await office.keep(PDF)
    etag = (await had(office.phone, office.referral, id)).headers["etag"]
    answer = await had(office.phone, office.referral, id, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
