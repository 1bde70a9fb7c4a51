"""Where files lie, on their way and for good, and how much is taken."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from service.attachments.contents import Contents, contents_for
from service.settings import Settings

_MB: Final = 1_000_000


class Depot:
    """Of one installation, as one process has it. Made by `depot_for`.

    `largest`, `quota`: bytes, of a file, and of what one device sends a day. `lasts`: how long an upload may
    take. `looking`: held by whoever has a picture unpacked, which takes much memory.

    What is on its way lies in the data folder: several machines that answer for one installation share it.
    """

    def __init__(self, contents: Contents, uploads: Path, settings: Settings) -> None:
        self.contents = contents
        self.uploads = uploads
        self.largest = settings.attachment_mb * _MB
        self.quota = settings.attachment_quota_mb * _MB
        self.lasts = timedelta(days=settings.upload_days)
        self.looking = asyncio.Semaphore(1)

    def part(self, upload: UUID) -> Path:
        """Where an upload lies."""
        return self.uploads / f"{upload}.part"


def depot_for(settings: Settings) -> Depot:
    """The depot of an installation, its folders made if they are not there."""
    uploads = settings.data / "uploads"
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Depot(contents_for(settings), uploads, settings)
