"""Files as phones send them: photos, sound, papers, and tus spoken by hand."""

import base64
import io
import struct
from typing import Any, Final
from uuid import UUID

import httpx
from PIL import Image

from tests.sync.changes import new_id

UPLOADS: Final = "/api/v1/uploads"
TUS: Final = {"Tus-Resumable": "1.0.0"}
OCTETS: Final = {"Content-Type": "application/offset+octet-stream"}
PDF: Final = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
GPS: Final = 0x8825
MADE_BY: Final = "CAMERA OF THE TEST"


def photo(form: str = "JPEG", size: tuple[int, int] = (640, 480), *, turned: bool = False) -> bytes:
    """A photo that says where it was taken, and by which camera."""
    picture = Image.effect_noise(size, 60).convert("RGB")
    picture.putpixel((0, 0), (255, 0, 0))
    noted = Image.Exif()
    noted[0x010F] = MADE_BY
    if turned:
        noted[0x0112] = 6
    noted.get_ifd(GPS).update({1: "N", 2: (36.0, 3.0, 39.0), 3: "E", 4: (103.0, 50.0, 3.0)})
    content = io.BytesIO()
    picture.save(content, form, exif=noted)
    return content.getvalue()


def pdf(size: int, seed: int = 0) -> bytes:
    """A paper of exactly `size` bytes."""
    filling = bytes((seed + number * 7) % 251 for number in range(251))
    return PDF + (filling * (size // len(filling) + 1))[: size - len(PDF)]


def box(name: bytes, content: bytes = b"") -> bytes:
    """One of those that a film is made of."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def film(*tracks: bytes, brand: bytes = b"mp42") -> bytes:
    """What recorders write; `tracks`: what each holds."""
    inside = b"".join(
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + each + bytes(13)))) for each in tracks
    )
    return box(b"ftyp", brand + bytes(4) + brand) + box(b"mdat", bytes(64)) + box(b"moov", inside)


def metadata(**said: Any) -> str:
    """`Upload-Metadata`, of words and numbers."""
    return ",".join(f"{name} {base64.b64encode(str(each).encode()).decode()}" for name, each in said.items())


def about(record: UUID, area: UUID, id: UUID | None = None, **said: Any) -> dict[str, Any]:
    """What is said of a file for a referral's photos."""
    place = {"collection": "referral", "field": "photos", "record": record, "area": area}
    return {**place, "id": id or new_id(), **said}


async def begun(phone: httpx.AsyncClient, length: int, **said: Any) -> httpx.Response:
    """What is answered to who wants to send `length` bytes."""
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata(**said)}
    return await phone.post(UPLOADS, headers=headers)


async def patched(
    phone: httpx.AsyncClient, place: str, offset: int, content: bytes, **headers: str
) -> httpx.Response:
    """What is answered to who goes on."""
    more = {name.replace("_", "-"): each for name, each in headers.items()}
    return await phone.patch(
        place, content=content, headers={**TUS, **OCTETS, "Upload-Offset": str(offset), **more}
    )


async def offset_at(phone: httpx.AsyncClient, place: str) -> int:
    """How far an upload has got."""
    answer = await phone.head(place, headers=TUS)
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["upload-offset"])


async def send(phone: httpx.AsyncClient, content: bytes, **said: Any) -> httpx.Response:
    """Send a file in one go: what is answered to its last byte."""
    answer = await begun(phone, len(content), **said)
    assert answer.status_code == 201, answer.text
    return await patched(phone, answer.headers["location"], 0, content)


async def sent(phone: httpx.AsyncClient, content: bytes, **said: Any) -> UUID:
    """Send a file that is taken; its id."""
    answer = await send(phone, content, **said)
    assert answer.status_code == 204, answer.text
    id: UUID = said["id"]
    return id


def place_of(record: UUID, id: UUID) -> str:
    """Where a file of a record is to be had."""
    return f"/api/v1/records/{record}/attachments/{id}"


async def had(phone: httpx.AsyncClient, record: UUID, id: UUID, **more: Any) -> httpx.Response:
    """What is answered to who wants a file."""
    return await phone.get(place_of(record, id), **more)
