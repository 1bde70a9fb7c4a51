"""Files of records: sent in pieces, looked at, and given to who reads the field that they stand in."""

import io
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from tests.sending import MADE_BY, about, had, pdf, photo, sent
from tests.sync.changes import change, household, new_id
from tests.sync.shelf import Shelf
from tests.world import World


class Office:
    """A community, a family in it with a referral, and the worker who wrote that."""

    def __init__(self, world: World, area: UUID, shelf: Shelf) -> None:
        self.world = world
        self.area = area
        self.shelf = shelf
        self.file, self.referral = new_id(), new_id()

    @property
    def phone(self) -> httpx.AsyncClient:
        return self.shelf.phone

    async def name(self, *ids: UUID) -> None:
        """Have files stand in the referral."""
        base = self.shelf.records[str(self.referral)]["rev"]
        added = {"photos": [str(id) for id in ids]}
        sent = change("referral", self.referral, self.area, base=base, add=added)
        assert (await self.shelf.settle(sent))["results"][0]["outcome"] == "applied"

    async def keep(self, content: bytes, **said: Any) -> UUID:
        """Send a file for the referral, and have it stand there."""
        id = await sent(self.phone, content, **about(self.referral, self.area, **said))
        await self.name(id)
        return id


@pytest.fixture
async def office(world: World) -> Office:
    area = await world.make_area()
    made = Office(world, area, Shelf(await world.sign_in(await world.make_account("social_worker", area))))
    await made.shelf.settle(
        household(area, made.file),
        change(
            "referral",
            made.referral,
            area,
            set={"household": str(made.file), "kind": "temporary", "state": "drafted"},
        ),
    )
    return made


async def test_a_file_that_was_sent_can_be_had_by_who_sent_it(office: Office) -> None:
    content = pdf(300_000)
    id = await office.keep(content)
    answer = await had(office.phone, office.referral, id)
    assert (answer.status_code, answer.content) == (200, content)


async def test_a_photo_is_had_without_where_it_was_taken(office: Office) -> None:
    id = await office.keep(photo(turned=True))
    answer = await had(office.phone, office.referral, id)
    assert answer.headers["content-type"] == "image/jpeg"
    kept = Image.open(io.BytesIO(answer.content))
    assert (kept.size, dict(kept.getexif())) == ((480, 640), {})
    assert MADE_BY.encode() not in answer.content
